"""`transcript`, `annotate`, `candidates`: reading closely."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from cubb_desktop.cli.opening import Run
from cubb_desktop.domain.finders import FinderId
from cubb_desktop.domain.frozen import Frozen
from cubb_desktop.domain.ids import ConceptId, RecordingId
from cubb_desktop.domain.notation import render
from cubb_desktop.domain.reading import read, short_labels, words_of
from cubb_desktop.domain.thresholds import thresholds_from
from cubb_desktop.domain.transcript import Transcript
from cubb_desktop.export.documents import text_of
from cubb_desktop.i18n import _, format_clock_ms, format_date
from cubb_desktop.services import annotations as marks
from cubb_desktop.services import candidates as suggested
from cubb_desktop.services import lines, transcripts
from cubb_desktop.services.recordings import get_recording


def transcript(run: Run) -> None:
    """Show a transcript as text, in the Jefferson notation, as a table or as JSON (`--json` means the same)."""
    form = "json" if run.output.as_json else run.options.format
    with run.open() as workspace:
        found = transcripts.get_transcript(workspace, RecordingId(run.options.recording))
        recording = get_recording(workspace, found.recording_id)
        frozen = lines.frozen_of(workspace, found.recording_id)
    if form == "json":
        run.output.document(transcripts.transcript_document(found, vouched=True))
        return
    day, length = format_date(recording.recorded_at), format_clock_ms(recording.duration_ms)
    run.output.say(f"# {recording.title} · {day} · {length}")
    run.output.say(f"# {transcripts.origin_note(found)}")
    for note in transcripts.engine_notes(found.engine):
        run.output.say(f"# {note}")
    if form == "jefferson":
        run.output.say("# " + _("Tegn og store bogstaver er sat automatisk; de viser ikke tonefald."))
        run.output.say(f"# {lines.latch_note()}")
        if frozen is not None:
            run.output.say("# " + lines.frozen_note(frozen))
        run.output.say()
        run.output.say(render(read(found, frozen=frozen).rows, short_labels(found.speakers)))
    elif form == "table":
        run.output.say()
        run.output.table(_table(found, frozen), _("Udskriften er tom."))
    else:
        run.output.say()
        run.output.say(text_of(found))


def _table(found: Transcript, frozen: Frozen | None) -> list[tuple[str, ...]]:
    """The lines with number, time, speaker, words and who vouches for them."""
    names = {speaker.id: speaker.label for speaker in found.speakers}
    turns = {turn.id: turn for turn in found.turns}
    heading = (_("Linje"), _("Tid"), _("Taler"), _("Tekst"), _("Status"))
    rows: list[tuple[str, ...]] = []
    for row in read(found, frozen=frozen).rows:
        status = lines.status_text(turns[row.turn_id]) if row.turn_id is not None else ""
        speaker = names.get(row.speaker, "") if row.speaker is not None else ""
        rows.append((row.numeral, format_clock_ms(row.start_ms), speaker, words_of(row), status))
    return [heading, *rows] if rows else []


def annotate(run: Run) -> None:
    """Mark a passage with a concept."""
    options = run.options
    with run.open() as workspace:
        annotation = marks.annotate(
            workspace,
            RecordingId(options.recording),
            options.from_ms,
            options.to_ms,
            ConceptId(options.concept),
            options.note,
        )
    document = {"id": annotation.id, "recording": annotation.recording_id, "words": list(annotation.word_ids)}
    run.output.made(document, annotation.id)


def candidates(run: Run) -> None:
    """Show what the finders suggest; accept, dismiss or bring back what is named."""
    options = run.options
    recording_id, finders = RecordingId(options.recording), options.finder or tuple(FinderId)
    names = options.name or ()
    limits = thresholds_from({**run.settings.thresholds, **dict(options.threshold)})
    with run.open() as workspace:
        found = suggested.suggestions(workspace, recording_id, finders, names, limits)
        accepted = [suggested.named(found, place) for place in options.accept or ()]
        dismissed = [suggested.named(found, place) for place in options.dismiss or ()]
        for one in accepted:
            suggested.accept(workspace, recording_id, one, options.note)
        for one in dismissed:
            suggested.dismiss(workspace, recording_id, one)
        for place in options.restore or ():
            suggested.bring_back(workspace, recording_id, place)
        if accepted or dismissed or options.restore:
            found = suggested.suggestions(workspace, recording_id, finders, names, limits)
    shown = [one for one in found if options.all or one.decision is None]
    if run.output.as_json:
        run.output.document([_suggestion(one) for one in shown])
        return
    run.output.say(_("Forslag efter faste regler. De er ikke mærker, før du har sagt ja til dem."))
    for rule in dict.fromkeys(one.rule for one in shown):
        of_rule = [one for one in shown if one.rule == rule]
        run.output.say()
        run.output.say(f"{of_rule[0].candidate.finder}: {rule} ({of_rule[0].finder.source})")
        for one in of_rule:
            parts = [format_clock_ms(one.candidate.start_ms), one.candidate.form, one.quote, f"[{one.place}]"]
            run.output.say("  " + "  ".join(part for part in parts if part))
    if not shown:
        run.output.say(_("Ingen forslag."))


def _suggestion(one: suggested.Suggestion) -> dict[str, Any]:
    decided = None if one.decision is None else "accepted" if one.decision.accepted else "dismissed"
    return {
        "id": one.place,
        "finder": one.candidate.finder.value,
        "concept": one.finder.concept,
        "rule": one.rule,
        "thresholds": asdict(one.thresholds),
        "source": one.finder.source,
        "start_ms": one.candidate.start_ms,
        "end_ms": one.candidate.end_ms,
        "words": list(one.candidate.word_ids),
        "form": one.candidate.form,
        "quote": one.quote,
        "decision": decided,
    }
