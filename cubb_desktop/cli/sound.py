"""`import`, `recordings`: sound into the library, and what is there."""

from __future__ import annotations

from typing import Any

from cubb_desktop.cli.opening import Run
from cubb_desktop.cli.output import ProgressLine, warn
from cubb_desktop.cli.policy import warn_of_open_basis
from cubb_desktop.domain.errors import N_, ConsentMissing, InvalidInput
from cubb_desktop.domain.ids import ConsentId
from cubb_desktop.domain.recording import Recording, RecordingState
from cubb_desktop.i18n import _, format_clock_ms, format_day
from cubb_desktop.services import recordings as service

STATES: dict[RecordingState, str] = {
    RecordingState.RECORDING: N_("optages"),
    RecordingState.INTERRUPTED: N_("afbrudt"),
    RecordingState.STORED: N_("gemt"),
    RecordingState.QUEUED: N_("i kø"),
    RecordingState.TRANSCRIBING: N_("udskrives"),
    RecordingState.READABLE: N_("teksten kan læses"),
    RecordingState.READY: N_("klar"),
    RecordingState.FAILED: N_("mislykket"),
}


def import_sound(run: Run) -> None:
    """Bring a sound file in under an agreement."""
    options = run.options
    if not options.consent:
        raise ConsentMissing
    first, *others = map(ConsentId, options.consent)
    progress = ProgressLine()
    with run.open() as workspace:
        result = service.import_sound(
            workspace,
            options.file,
            first,
            options.title,
            kind=options.kind,
            also=others,
            on_progress=lambda share: progress.show(_("Henter ind"), share),
        )
        progress.done()
        warn_of_open_basis(workspace)
    notes = [service.note_sentence(note) for note in result.notes]
    for note in notes:
        warn(note)
    document = {"id": result.recording.id, "duration_ms": result.recording.duration_ms, "notes": notes}
    run.output.made(document, result.recording.id)


def recordings(run: Run) -> None:
    """Show the conversations."""
    state = RecordingState(run.options.state) if run.options.state in list(RecordingState) else None
    if run.options.state is not None and state is None:
        raise InvalidInput(field="--state", problem=_("Vælg en af: {states}.").format(states=", ".join(RecordingState)))
    with run.open() as workspace:
        found = service.list_recordings(workspace, state)
    if run.output.as_json:
        run.output.document([document_of(recording) for recording in found])
        return
    rows = [
        (r.id, format_day(r.recorded_at), format_clock_ms(r.duration_ms), _(STATES[r.state]), r.title) for r in found
    ]
    none = _("Der er ingen samtaler endnu. Optag en, eller hent en lydfil ind.")
    run.output.table(rows, none if state is None else _("Ingen samtaler er i den tilstand."))


def document_of(recording: Recording) -> dict[str, Any]:
    """A recording as JSON."""
    return {
        "id": recording.id,
        "title": recording.title,
        "state": recording.state.value,
        "source": recording.source.value,
        "kind": recording.kind.value,
        "consent": recording.consent_id,
        "recorded_at": recording.recorded_at.isoformat(),
        "duration_ms": recording.duration_ms,
        "rate_hz": recording.rate_hz,
        "channels": recording.channels,
        "spoken_ms": recording.spoken_ms,
        "delete_after": recording.delete_after.isoformat(),
        "journalised_on": recording.journalised_on.isoformat() if recording.journalised_on is not None else None,
        "hold_reason": recording.hold_reason,
        "source_sha256": recording.source_sha256,
    }
