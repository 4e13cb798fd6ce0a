"""`record`, `import`, `recordings`: sound into the library."""

from __future__ import annotations

import threading
from contextlib import suppress
from typing import Any

from cubb_desktop.cli.opening import Run
from cubb_desktop.cli.output import ProgressLine, warn
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
    if options.consent is None:
        raise ConsentMissing
    progress = ProgressLine()
    with run.open() as workspace:
        result = service.import_sound(
            workspace,
            options.file,
            ConsentId(options.consent),
            options.title,
            on_progress=lambda share: progress.show(_("Henter ind"), share),
        )
    progress.done()
    notes = [service.note_sentence(note) for note in result.notes]
    for note in notes:
        warn(note)
    document = {"id": result.recording.id, "duration_ms": result.recording.duration_ms, "notes": notes}
    run.output.made(document, result.recording.id)


def record(run: Run) -> None:
    """Record until the given seconds have passed, Enter is pressed or Ctrl+C comes; what was recorded is kept."""
    options = run.options
    with run.open() as workspace:
        live = service.begin_recording(workspace, ConsentId(options.consent), options.title, options.device)
        warn(_("Optager. Enter eller Ctrl+C stopper."))
        try:
            live.wait(seconds=options.seconds, stop=_enter_pressed() if options.seconds is None else None)
        except KeyboardInterrupt:
            warn(_("Stopper og gemmer."))
        recording = live.finish()
    run.output.made({"id": recording.id, "duration_ms": recording.duration_ms}, recording.id)


def _enter_pressed() -> threading.Event:
    """An event that is set when a line (or the end) comes on stdin."""
    pressed = threading.Event()

    def wait() -> None:
        with suppress(EOFError):
            input()
        pressed.set()

    threading.Thread(target=wait, daemon=True, name="enter").start()
    return pressed


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
    run.output.table(rows, _("Der er ingen samtaler endnu. Optag en, eller hent en lydfil ind."))


def document_of(recording: Recording) -> dict[str, Any]:
    """A recording as JSON."""
    return {
        "id": recording.id,
        "title": recording.title,
        "state": recording.state.value,
        "source": recording.source.value,
        "consent": recording.consent_id,
        "recorded_at": recording.recorded_at.isoformat(),
        "duration_ms": recording.duration_ms,
        "rate_hz": recording.rate_hz,
        "channels": recording.channels,
        "source_sha256": recording.source_sha256,
    }
