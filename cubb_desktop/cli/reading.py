"""`transcript`, `search`, `annotate`: reading closely."""

from __future__ import annotations

from cubb_desktop.cli.opening import Run
from cubb_desktop.domain.ids import ConceptId, RecordingId
from cubb_desktop.domain.reading import plain_text, read, short_labels
from cubb_desktop.export.documents import text_of
from cubb_desktop.i18n import _, format_clock_ms, format_date
from cubb_desktop.services import annotations as marks
from cubb_desktop.services import transcripts
from cubb_desktop.services.recordings import get_recording


def transcript(run: Run) -> None:
    """Show a transcript as text, in Jefferson-like lines or as JSON (`--json` means the same)."""
    form = "json" if run.output.as_json else run.options.format
    with run.open() as workspace:
        found = transcripts.get_transcript(workspace, RecordingId(run.options.recording))
        recording = get_recording(workspace, found.recording_id)
    if form == "json":
        run.output.document(transcripts.transcript_document(found))
        return
    day, length = format_date(recording.recorded_at), format_clock_ms(recording.duration_ms)
    run.output.say(f"# {recording.title} · {day} · {length}")
    run.output.say(f"# {transcripts.origin_note(found)}")
    for note in transcripts.engine_notes(found.engine):
        run.output.say(f"# {note}")
    if form == "jefferson":
        run.output.say("# " + _("Tegn og store bogstaver er sat automatisk; de viser ikke tonefald."))
        run.output.say()
        run.output.say(plain_text(read(found).rows, short_labels(found.speakers)))
    else:
        run.output.say()
        run.output.say(text_of(found))


def search(run: Run) -> None:
    """Show the turns that hold every word of the query."""
    with run.open() as workspace:
        hits = transcripts.search(workspace, run.options.query)
        titles = {hit.recording_id: get_recording(workspace, hit.recording_id).title for hit in hits}
    if run.output.as_json:
        run.output.document(
            [
                {"recording": h.recording_id, "turn": h.turn_id, "start_ms": h.start_ms, "snippet": h.snippet}
                for h in hits
            ]
        )
        return
    rows = [(titles[h.recording_id], format_clock_ms(h.start_ms), h.snippet, h.recording_id) for h in hits]
    run.output.table(rows, _("Ingen samtaler indeholder det."))


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
