"""After a crash: finish what was left unfinished, and let the person choose what becomes of it.

A half import is removed, for it can be repeated; a half deletion is completed; a microphone's recording is verified and
kept as INTERRUPTED until somebody has chosen. Its files are not touched, except that a "forget the last minutes" which
the crash cut off is completed: that was chosen before.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass

from cubb_desktop.audio import chunks
from cubb_desktop.audio.chunks import SoundState
from cubb_desktop.audio.container import HEADER_BYTES
from cubb_desktop.audio.cuts import complete_cuts
from cubb_desktop.domain.errors import AudioMissing, MarksDamaged, NotYetStored, RecordingNotFound
from cubb_desktop.domain.ids import RecordingId
from cubb_desktop.domain.recording import Recording, RecordingState, Source
from cubb_desktop.library import recordings
from cubb_desktop.services.new_recordings import OwnerLock, read_sound, undo
from cubb_desktop.services.recording_live import merged_marks
from cubb_desktop.services.recordings import ERASING, complete_deletion, get_recording, list_recordings
from cubb_desktop.services.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Reconciled:
    """What was found unfinished: kept recordings, removed half imports, completed deletions, and what is still busy.

    `busy` are being written by a living process, maybe a recorder that has lost its window and seals; ask again later.
    """

    interrupted: tuple[RecordingId, ...] = ()
    removed: tuple[RecordingId, ...] = ()
    erased: tuple[RecordingId, ...] = ()
    busy: tuple[RecordingId, ...] = ()


def reconcile(ws: Workspace) -> Reconciled:
    """Finish what a crash left unfinished; what living processes are at is left alone. Safe to call at any time."""
    erased = [RecordingId(mark.name.removesuffix(ERASING)) for mark in ws.audio_folder.glob(f"??/*{ERASING}")]
    for recording_id in erased:
        complete_deletion(ws, recording_id)
    found: dict[bool | None, list[RecordingId]] = {True: [], False: [], None: []}
    for recording in list_recordings(ws, RecordingState.RECORDING):
        found[_settle(ws, recording)].append(recording.id)
    _drop_stray_keys(ws)
    return Reconciled(tuple(found[True]), tuple(found[False]), tuple(erased), tuple(found[None]))


def _settle(ws: Workspace, recording: Recording) -> bool | None:
    """Return True if an unfinished recording was kept, False if it was removed, None if somebody is at it."""
    lock = OwnerLock(ws, recording.id)
    if lock.path.parent.is_dir():
        try:
            lock.acquire()
        except NotYetStored:
            return None
    try:
        if chunks.is_being_written(ws.audio_folder, recording.id) or not _is_unfinished(ws, recording.id):
            return None
        if recording.source is Source.FILE:
            undo(ws, recording.id, lock)
            return False
        return _keep_interrupted(ws, recording, lock)
    finally:
        lock.release()


def _is_unfinished(ws: Workspace, recording_id: RecordingId) -> bool:
    """Whether it is so still, now that nobody else can be at it: it may have been finished since it was listed."""
    with suppress(RecordingNotFound):
        return get_recording(ws, recording_id).state is RecordingState.RECORDING
    return False


def _keep_interrupted(ws: Workspace, recording: Recording, lock: OwnerLock) -> bool:
    """Give an unfinished recording its verified length and its marks; one that never held sound is removed."""
    duration_ms = rate_hz = channels = 0  # of sound that is there and can't be read
    with suppress(AudioMissing, MarksDamaged):
        complete_cuts(ws.audio_folder, recording.id, ws.keys.get(recording.id))
    try:
        with read_sound(ws, recording.id) as reader:
            worthless = reader.state is not SoundState.DAMAGED and not reader.frames
            duration_ms, rate_hz, channels = reader.duration_ms, reader.rate_hz, reader.channels
    except AudioMissing:
        files = chunks.segment_files(ws.audio_folder, recording.id).values()
        worthless = all(path.stat().st_size < HEADER_BYTES for path in files)
    if worthless:
        undo(ws, recording.id, lock)
        return False
    marks = merged_marks(ws, recording, duration_ms)
    with ws.library.change(ws.actor, "recording.interrupted", recording.id) as change:
        if marks is not None:
            recordings.put_marks(change, recording.id, marks)
        recordings.update(
            change,
            recording,
            state=RecordingState.INTERRUPTED,
            duration_ms=duration_ms,
            rate_hz=rate_hz,
            channels=channels,
            spoken_ms=min(recording.spoken_ms, duration_ms),
        )
    return True


def _drop_stray_keys(ws: Workspace) -> None:
    """Destroy keys that never got a row or a folder; a folder tells that somebody may be about to make the row."""
    known = {recording.id for recording in list_recordings(ws)}
    for recording_id in ws.keys.ids() - known:
        if not chunks.recording_folder(ws.audio_folder, recording_id).exists():
            ws.keys.destroy(recording_id)


def list_unfinished(ws: Workspace) -> list[Recording]:
    """Return the recordings that were interrupted and that nobody has chosen about, the newest first."""
    return list_recordings(ws, RecordingState.INTERRUPTED)


def keep_recording(ws: Workspace, recording_id: RecordingId) -> Recording:
    """Keep an interrupted recording as it is; raises `RecordingNotFound`."""
    with ws.library.change(ws.actor, "recording.kept", recording_id) as change:
        recording = recordings.get(change, recording_id)
        if recording.state is not RecordingState.INTERRUPTED:
            return recording
        return recordings.update(change, recording, state=RecordingState.STORED)
