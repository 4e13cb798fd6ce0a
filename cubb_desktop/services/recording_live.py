"""Record a conversation from a microphone."""

from __future__ import annotations

from cubb_desktop.audio.recorder import OnEvent, Recorder, fault
from cubb_desktop.domain.errors import CaptureFailed, CubbError
from cubb_desktop.domain.ids import ConsentId
from cubb_desktop.domain.recording import Recording, RecordingState, Source
from cubb_desktop.i18n import _, format_date
from cubb_desktop.library import recordings
from cubb_desktop.services.consents import require_consent
from cubb_desktop.services.new_recordings import OwnerLock, begin, new_recording, undo
from cubb_desktop.services.workspace import Workspace


class LiveRecording:
    """A conversation that is being recorded; ends with `finish` or `abandon`."""

    def __init__(self, ws: Workspace, recording: Recording, recorder: Recorder, lock: OwnerLock) -> None:
        """Use `begin_recording`."""
        self.recording = recording
        self.recorder = recorder
        self._ws = ws
        self._lock = lock

    @property
    def failure(self) -> CubbError | None:
        """What ended the recording by itself, if something did; what was on disk is kept all the same."""
        failed = self.recorder.failure
        return fault(failed.code) if failed is not None else None

    def finish(self) -> Recording:
        """Stop and keep what was recorded: STORED, or INTERRUPTED when a fault had ended it (see `failure`).

        Raises that fault when nothing at all was stored; the recording is then gone.
        """
        sound = self.recorder.stop()
        if not sound.frames:
            undo(self._ws, self.recording.id, self._lock)
            raise self.failure or CaptureFailed
        state = RecordingState.STORED if sound.failure is None else RecordingState.INTERRUPTED
        with self._ws.library.change(self._ws.actor, "recording.recorded", self.recording.id) as change:
            self.recording = recordings.update(
                change,
                self.recording,
                state=state,
                duration_ms=sound.frames * 1000 // sound.rate_hz,
                rate_hz=sound.rate_hz,
                channels=sound.channels,
            )
        self._lock.release()
        return self.recording

    def abandon(self) -> None:
        """Stop and forget what was recorded."""
        self.recorder.stop()
        undo(self._ws, self.recording.id, self._lock)


def begin_recording(
    ws: Workspace,
    consent_id: ConsentId | None,
    title: str | None = None,
    device: str | None = None,
    *,
    on_event: OnEvent | None = None,
    channels: int = 1,
) -> LiveRecording:
    """Record from a microphone (None: the default) under a valid agreement; returns when the first sound is on disk.

    `on_event` is called from the recorder's own thread. Raises the `NotAllowed` family, `MicrophoneNotFound`,
    `SoundSystemMissing`, `DiskFull`, `FolderReadOnly`, `CaptureFailed`: nothing is then left.
    """
    consent = require_consent(ws, consent_id)
    named = title or _("Samtale den {date}").format(date=format_date(ws.today()))
    recording = new_recording(ws, consent, named, Source.MICROPHONE)
    lock, key = begin(ws, recording)
    recorder = Recorder(ws.audio_folder, recording.id, key, device, on_event, channels=channels)
    try:
        started = recorder.start()
        with ws.library.change(ws.actor, None) as change:
            recording = recordings.update(change, recording, rate_hz=started.rate_hz, channels=started.channels)
    except BaseException:
        if recorder.pid is not None:
            recorder.stop()
        undo(ws, recording.id, lock)
        raise
    return LiveRecording(ws, recording, recorder, lock)
