"""`annotations`, `annotation`: marks shown and filtered, changed, talked about, and first made each by themselves."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cubb_desktop.cli.opening import Run
from cubb_desktop.domain.annotating import BlindRound, MarkFilter, Reply, Thread, rows_of, shown
from cubb_desktop.domain.annotating_errors import RepliesGoToo
from cubb_desktop.domain.codebook import MarkStatus
from cubb_desktop.domain.errors import InvalidInput
from cubb_desktop.domain.ids import AnnotationId, ConceptId, RecordingId, ReplyId
from cubb_desktop.domain.reading import Sheet
from cubb_desktop.i18n import _, format_clock_ms, ngettext
from cubb_desktop.services import annotations as marks
from cubb_desktop.services import blind_rounds, replies, transcripts
from cubb_desktop.services.annotations import Extent
from cubb_desktop.services.lines import sheet_of
from cubb_desktop.services.replies import known_people
from cubb_desktop.services.round_words import joined, round_sentence
from cubb_desktop.services.workspace import Workspace

# --- showing ---------------------------------------------------------------------------------------------------------


def listing(run: Run) -> None:
    """Show the marks that one may see, as far as they pass the filter."""
    options = run.options
    recording_id = RecordingId(options.recording)
    wanted = MarkFilter(
        frozenset(options.by), frozenset(map(ConceptId, options.concept)), options.status,
        options.mine, options.mentions_me, options.unanswered,
    )  # fmt: skip
    with run.open() as workspace:
        every, me = marks.list_threads(workspace, recording_id), workspace.actor
        found = shown(every, wanted, me, known_people(workspace))
        blind = blind_rounds.get_round(workspace, recording_id)
        sheet = _sheet(workspace, recording_id)
    if run.output.as_json:
        run.output.document([_document(thread, sheet) for thread in found])
        return
    if blind is not None and not blind.is_open:
        run.output.say(round_sentence(blind, me))
    for thread in found:
        _say(run, thread, sheet)
    if not found:
        run.output.say(_("Ingen mærker passer til det.") if every else _("Ingen mærker endnu."))


def _sheet(workspace: Workspace, recording_id: RecordingId) -> Sheet | None:
    if not transcripts.has_transcript(workspace, recording_id):
        return None
    return sheet_of(workspace, transcripts.read_transcript(workspace, recording_id))


def _lines(thread: Thread, sheet: Sheet | None) -> tuple[str, str] | None:
    """Return the names of a mark's first and last line."""
    if sheet is None:
        return None
    rows = rows_of(sheet, thread.mark)
    return (sheet.rows[rows[0]].name, sheet.rows[rows[-1]].name) if rows else None


def _say(run: Run, thread: Thread, sheet: Sheet | None) -> None:
    mark, lines = thread.mark, _lines(thread, sheet)
    parts = [format_clock_ms(mark.start_ms)]
    if lines is not None:
        first, last = lines
        text = _("linje {number}") if first == last else _("linje {first}–{last}")
        parts.append(text.format(number=first, first=first, last=last))
    parts += [mark.concept_id, mark.author]
    if mark.status is MarkStatus.DISCUSSED:
        parts.append(_("drøftet"))
    run.output.say("  ".join([*parts, f"[{mark.id}]"]))
    if mark.note:
        run.output.say(f"    {mark.note}")
    for reply in thread.replies:
        run.output.say(f"    > {reply.author}: {reply.text}  [{reply.id}]")


def _document(thread: Thread, sheet: Sheet | None) -> dict[str, Any]:
    mark, lines = thread.mark, _lines(thread, sheet)
    return {
        "id": mark.id,
        "recording": mark.recording_id,
        "concept": mark.concept_id,
        "start_ms": mark.start_ms,
        "end_ms": mark.end_ms,
        "lines": None if lines is None else list(lines),
        "words": list(mark.word_ids),
        "note": mark.note,
        "status": mark.status.value,
        "author": mark.author,
        "created_at": mark.created_at.isoformat(),
        "replies": [_reply_document(reply) for reply in thread.replies],
    }


def _reply_document(reply: Reply) -> dict[str, Any]:
    return {
        "id": reply.id,
        "author": reply.author,
        "created_at": reply.created_at.isoformat(),
        "text": reply.text,
        "edited": reply.version > 1,
    }


# --- changing --------------------------------------------------------------------------------------------------------


def edit(run: Run) -> None:
    """Change one's own mark, or word one's own reply anew."""
    options = run.options
    times = (options.from_ms, options.to_ms)
    if times.count(None) == 1:
        raise InvalidInput(field="--from-ms, --to-ms", problem=_("Skriv begge tider eller ingen af dem."))
    of_mark = options.concept is not None or options.from_ms is not None
    if not of_mark and options.note is None:
        raise InvalidInput(field="edit", problem=_("Skriv, hvad der skal ændres: --concept, --note eller tiderne."))
    with run.open() as workspace:
        if _is_reply(workspace, options.id):
            if of_mark:
                raise InvalidInput(field="edit", problem=_("Et svar har kun en tekst (--note)."))
            replies.edit_reply(workspace, ReplyId(options.id), options.note)
        else:
            marks.edit_annotation(
                workspace,
                AnnotationId(options.id),
                concept_id=None if options.concept is None else ConceptId(options.concept),
                note=options.note,
                extent=None if options.from_ms is None else Extent(options.from_ms, options.to_ms),
            )
    run.output.made({"id": options.id}, _("Ændret."))


def remove(run: Run) -> None:
    """Take one's own mark or reply away; a mark that has replies only where that is said."""
    given = run.options.id
    with run.open() as workspace:
        if _is_reply(workspace, given):
            replies.remove_reply(workspace, ReplyId(given))
            gone = 0
        else:
            if marks.get_thread(workspace, AnnotationId(given)).replies and not run.options.with_replies:
                raise RepliesGoToo
            gone = len(marks.remove_annotation(workspace, AnnotationId(given)).thread.replies)
    told = ngettext("Fjernet, med {number} svar.", "Fjernet, med {number} svar.", gone).format(number=gone)
    run.output.made({"id": given, "replies": gone}, told if gone else _("Fjernet."))


def reply(run: Run) -> None:
    """Reply to a mark."""
    with run.open() as workspace:
        made = replies.reply(workspace, AnnotationId(run.options.id), run.options.text)
    run.output.made({"id": made.id, "annotation": made.annotation_id}, made.id)


def status(run: Run) -> None:
    """Say whether a mark has been talked about."""
    chosen: MarkStatus = run.options.status
    with run.open() as workspace:
        marks.set_status(workspace, AnnotationId(run.options.id), chosen)
    told = _("Mærket er drøftet.") if chosen is MarkStatus.DISCUSSED else _("Mærket er åbent.")
    run.output.made({"id": run.options.id, "status": chosen.value}, told)


def _is_reply(workspace: Workspace, given: str) -> bool:
    return replies.find_reply(workspace, ReplyId(given)) is not None


# --- each by themselves first ----------------------------------------------------------------------------------------


def _state(run: Run, workspace: Workspace, recording_id: RecordingId) -> BlindRound | None:
    return blind_rounds.get_round(workspace, recording_id)


def _start(run: Run, workspace: Workspace, recording_id: RecordingId) -> BlindRound:
    return blind_rounds.begin_round(workspace, recording_id, run.options.people)


def _ready(run: Run, workspace: Workspace, recording_id: RecordingId) -> BlindRound:
    return blind_rounds.say_ready(workspace, recording_id)


def _not_ready(run: Run, workspace: Workspace, recording_id: RecordingId) -> BlindRound:
    return blind_rounds.say_ready(workspace, recording_id, ready=False)


def _open(run: Run, workspace: Workspace, recording_id: RecordingId) -> BlindRound:
    blind = blind_rounds.get_round(workspace, recording_id)
    if blind is not None and not blind.is_open and blind.waits_for and not run.options.now:
        problem = _("Vi venter på {names}. Skriv --now for at åbne alligevel; det kan ikke gøres om.")
        raise InvalidInput(field="open", problem=problem.format(names=joined(blind.waits_for)))
    return blind_rounds.open_round(workspace, recording_id)


_ROUND: dict[str, Callable[[Run, Workspace, RecordingId], BlindRound | None]] = {
    "state": _state,
    "start": _start,
    "ready": _ready,
    "not-ready": _not_ready,
    "open": _open,
}


def blind(run: Run) -> None:
    """Begin a round, say that one is done, open it for all, or show how it stands."""
    recording_id = RecordingId(run.options.recording)
    with run.open() as workspace:
        found = _ROUND[run.options.act](run, workspace, recording_id)
        told = round_sentence(found, workspace.actor)
    run.output.made(_round_document(recording_id, found), told)


def _round_document(recording_id: RecordingId, blind: BlindRound | None) -> dict[str, Any]:
    if blind is None:
        return {"recording": recording_id, "state": "none"}
    return {
        "recording": recording_id,
        "state": "opened" if blind.is_open else "blind",
        "begun_by": blind.begun_by,
        "begun_at": blind.begun_at.isoformat(),
        "people": [{"name": person.name, "ready": person.ready_at is not None} for person in blind.people],
        "opened_by": blind.opened_by,
        "opened_at": None if blind.opened_at is None else blind.opened_at.isoformat(),
    }
