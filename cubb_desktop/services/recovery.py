"""After a crash: finish what was left unfinished. A half import is removed, for it can be repeated; a microphone's
recording is kept as INTERRUPTED; a half deletion is completed.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

from cubb_desktop.audio import chunks
from cubb_desktop.audio.chunks import SoundState
from cubb_desktop.audio.container import HEADER_BYTES
from cubb_desktop.domain.errors import AudioMissing, NotYetStored
from cubb_desktop.domain.ids import RecordingId
from cubb_desktop.domain.recording import Recording, RecordingState, Source
from cubb_desktop.library import recordings
from cubb_desktop.services.new_recordings import OwnerLock, read_sound, undo
from cubb_desktop.services.recordings import ERASING, complete_deletion, list_recordings
from cubb_desktop.services.workspace import Workspace

_SEALING_TIMEOUT_S = 3.0


@dataclass(frozen=True, slots=True)
class Reconciled:
    """What was found unfinished: kept recordings, removed half imports, completed deletions."""

    interrupted: tuple[RecordingId, ...] = ()
    removed: tuple[RecordingId, ...] = ()
    erased: tuple[RecordingId, ...] = ()


def reconcile(ws: Workspace) -> Reconciled:
    """Finish what a crash left unfinished; what living processes are at is left alone. Safe to call at any time."""
    erased = [RecordingId(mark.name.removesuffix(ERASING)) for mark in ws.audio_folder.glob(f"??/*{ERASING}")]
    for recording_id in erased:
        complete_deletion(ws, recording_id)
    interrupted: list[RecordingId] = []
    removed: list[RecordingId] = []
    for recording in list_recordings(ws, RecordingState.RECORDING):
        kept = _settle(ws, recording)
        if kept is not None:
            (interrupted if kept else removed).append(recording.id)
    _drop_stray_keys(ws)
    return Reconciled(tuple(interrupted), tuple(removed), tuple(erased))


def _settle(ws: Workspace, recording: Recording) -> bool | None:
    """Return True if an unfinished recording was kept, False if it was removed, None if somebody is at it."""
    lock = OwnerLock(ws, recording.id)
    if lock.path.parent.is_dir():
        try:
            lock.acquire()
        except NotYetStored:
            return None
    try:
        if not _wait_until_sealed(ws, recording.id):
            return None
        if recording.source is Source.FILE:
            undo(ws, recording.id, lock)
            return False
        return _keep_interrupted(ws, recording, lock)
    finally:
        lock.release()


def _wait_until_sealed(ws: Workspace, recording_id: RecordingId) -> bool:
    """Wait for a recorder that has lost its window and is sealing what it has; return whether it is done."""
    deadline = time.monotonic() + _SEALING_TIMEOUT_S
    while chunks.is_being_written(ws.audio_folder, recording_id):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def _keep_interrupted(ws: Workspace, recording: Recording, lock: OwnerLock) -> bool:
    """Give an unfinished recording its verified length; one that never held sound is removed."""
    held = {"duration_ms": 0, "rate_hz": 0, "channels": 0}  # of sound that is there and can't be read
    try:
        with read_sound(ws, recording.id) as reader:
            worthless = not reader.frames and reader.state is not SoundState.DAMAGED
            held = {"duration_ms": reader.duration_ms, "rate_hz": reader.rate_hz, "channels": reader.channels}
    except AudioMissing:
        files = chunks.segment_files(ws.audio_folder, recording.id).values()
        worthless = all(path.stat().st_size < HEADER_BYTES for path in files)
    if worthless:
        undo(ws, recording.id, lock)
        return False
    with ws.library.change(ws.actor, "recording.interrupted", recording.id) as change:
        recordings.update(
            change,
            recording,
            state=RecordingState.INTERRUPTED,
            duration_ms=held["duration_ms"],
            rate_hz=held["rate_hz"],
            channels=held["channels"],
        )
    return True


def _drop_stray_keys(ws: Workspace) -> None:
    """Destroy keys that never got a row or a folder; a folder tells that somebody may be about to make the row."""
    known = {recording.id for recording in list_recordings(ws)}
    for recording_id in ws.keys.ids() - known:
        if not chunks.recording_folder(ws.audio_folder, recording_id).exists():
            ws.keys.destroy(recording_id)


def keep_recording(ws: Workspace, recording_id: RecordingId) -> Recording:
    """Keep an interrupted recording as it is; raises `RecordingNotFound`."""
    with ws.library.change(ws.actor, "recording.kept", recording_id) as change:
        recording = recordings.get(change, recording_id)
        if recording.state is not RecordingState.INTERRUPTED:
            return recording
        return recordings.update(change, recording, state=RecordingState.STORED)
