"""`find` and `correct`: what a transcript says; the lines are numbered as in `transcript --format jefferson`."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from cubb_desktop.cli.opening import Run
from cubb_desktop.domain import corrections
from cubb_desktop.domain.editing import ACT_LABELS, Edit
from cubb_desktop.domain.errors import InvalidInput
from cubb_desktop.domain.ids import RecordingId, SpeakerId
from cubb_desktop.domain.reading import Row, RowKind
from cubb_desktop.domain.transcript import Origin
from cubb_desktop.i18n import _, format_clock_ms, ngettext
from cubb_desktop.services.corrections import Editing, Saving
from cubb_desktop.services.lines import sheet_of
from cubb_desktop.services.transcripts import get_transcript
from cubb_desktop.services.workspace import Workspace


def correct(run: Run) -> None:
    """Correct one line, or replace a text everywhere, or undo or redo."""
    options = run.options
    with run.open() as workspace:
        editing = Editing(workspace, RecordingId(options.recording))
        if options.undo or options.redo:
            act = editing.to_undo if options.undo else editing.to_redo
            saving = editing.undo() if options.undo else editing.redo()
            text = _("Fortrudt: {act}.") if options.undo else _("Gjort igen: {act}.")
            _store(run, saving, text.format(act=_(ACT_LABELS[act]) if act is not None else ""))
        elif options.replace is not None:
            _replace(run, editing)
        else:
            edit = _of_line(run, workspace, editing)
            if edit is None:
                run.output.made(_document(run, ()), _("Der er ikke noget at rette: det står der allerede."))
            else:
                _store(run, editing.do(edit), _("Rettet: {act}.").format(act=_(ACT_LABELS[edit.act])))


def find(run: Run) -> None:
    """Show where a text stands in a conversation, line by line."""
    options = run.options
    with run.open() as workspace:
        transcript = get_transcript(workspace, RecordingId(options.recording))
        sheet = sheet_of(workspace, transcript)
    found = corrections.find(
        transcript.turns, options.text, match_case=options.match_case, whole_words=options.whole_words
    )
    stops = (sheet.stop_of(one.in_words[0][0]) for one in found)
    lines = [sheet.rows[sheet.stops[stop].row] for stop in stops if stop is not None]
    if run.output.as_json:
        run.output.document(
            [
                {
                    "line": line.name,
                    "turn": one.turn_id,
                    "start_ms": one.start_ms,
                    "end_ms": one.end_ms,
                    "said": one.said,
                }
                for line, one in zip(lines, found, strict=True)
            ]
        )
        return
    rows = [
        (_("linje {number}").format(number=line.name), format_clock_ms(one.start_ms), line.text.strip())
        for line, one in zip(lines, found, strict=True)
    ]
    run.output.table(rows, _("Det står der ikke."))


def _replace(run: Run, editing: Editing) -> None:
    options = run.options
    if options.instead is None:
        raise InvalidInput(field="--replace", problem=_("Skriv også, hvad der skal stå i stedet (--with)."))
    edit, times = corrections.replace_all(
        editing.text, options.replace, options.instead, editing.hand(),
        match_case=options.match_case, whole_words=options.whole_words,
    )  # fmt: skip
    if edit is None:
        run.output.made(_document(run, (), replaced=0), _("Det står der ikke. Intet er rettet."))
        return
    told = ngettext("{times} sted er rettet.", "{times} steder er rettet.", times).format(times=times)
    _store(run, editing.do(edit), told, replaced=times)


def _of_line(run: Run, workspace: Workspace, editing: Editing) -> Edit | None:
    options = run.options
    if options.line is None:
        raise InvalidInput(field="correct", problem=_("Skriv, hvilken linje det gælder (--line)."))
    if [options.text is not None, options.speaker is not None, options.listened].count(True) != 1:
        raise InvalidInput(field="correct", problem=_("Skriv én af --text, --speaker og --listened."))
    row = _row(workspace, editing, options.line)
    if row.kind is RowKind.SILENCE:
        return _of_silence(editing, row, options.speaker)
    if row.kind is RowKind.UNHEARD:
        return _of_unheard(editing, row, options.text)
    if row.turn_id is None:
        raise InvalidInput(field="--line", problem=_("Den linje kan ikke rettes."))
    if options.listened:
        return corrections.vouch(editing.text, [row.turn_id], Origin.LISTENED, editing.hand())
    words = [piece.word.id for piece in row.pieces if piece.word is not None]
    if options.speaker is not None:
        speaker = _speaker(editing, options.speaker)
        return corrections.give(editing.text, words[0], words[-1], speaker, editing.hand())
    return corrections.retype_words(editing.text, row.turn_id, words, options.text, editing.hand())


def _of_silence(editing: Editing, row: Row, label: str | None) -> Edit | None:
    if label is None:
        problem = _("Linjen er en stilhed. Skriv, hvis den er, med --speaker; »ingen« er ingens.")
        raise InvalidInput(field="--line", problem=problem)
    place = next(n for n, silence in enumerate(editing.text.silences) if silence.start_ms == row.start_ms)
    nobody = label.casefold() in {"ingen", "nobody"}
    return corrections.assign_silence(editing.text, place, None if nobody else _speaker(editing, label))


def _of_unheard(editing: Editing, row: Row, typed: str | None) -> Edit:
    if typed is None:
        raise InvalidInput(
            field="--line", problem=_("På linjen mangler der ord. Skriv dem med --text; tom er ingen tale.")
        )
    found = enumerate(editing.text.unheard)
    place = next(n for n, stretch in found if stretch is not None and stretch.start_ms == row.start_ms)
    return corrections.write_unheard(editing.text, place, typed, None, editing.hand())


def _row(workspace: Workspace, editing: Editing, name: str) -> Row:
    rows = sheet_of(workspace, editing.transcript).rows
    named = [row for row in rows if row.name == name.lower()]
    if not named:
        most = max((row.number for row in rows), default=0)
        problem = _("Skriv et linjenummer fra 1 til {most}, som udskriften har.").format(most=most)
        raise InvalidInput(field="--line", problem=problem)
    first = named[0]
    whole = (piece for row in named if row.turn_id == first.turn_id for piece in row.pieces)
    return replace(first, pieces=tuple(whole))


def _speaker(editing: Editing, label: str) -> SpeakerId:
    speakers = editing.transcript.speakers
    for speaker in speakers:
        if speaker.label.casefold() == label.casefold() or speaker.id == label:
            return speaker.id
    named = ", ".join(speaker.label for speaker in speakers)
    raise InvalidInput(field="--speaker", problem=_("Talerne hedder: {names}.").format(names=named))


def _store(run: Run, saving: Saving, text: str, **more: Any) -> None:
    saving.save()
    run.output.made(_document(run, saving.turn_ids, **more), text)


def _document(run: Run, turn_ids: tuple[str, ...], **more: Any) -> dict[str, Any]:
    return {"id": run.options.recording, "turns": list(turn_ids), **more}
