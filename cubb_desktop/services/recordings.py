"""Conversations: bring a sound file in, record one, list, rename, open, forget; and tidy up after a crash.

Order of writes for a new one: its folder's lock, its key in `keys.db`, its row (state RECORDING), its first segment.
A crash in between leaves what `reconcile` knows how to finish: a half import is removed (it can be repeated), a
microphone's recording is kept as INTERRUPTED, a half deletion is completed.
"""

from __future__ import annotations

import time
import unicodedata
import uuid
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

from cubb_desktop.audio import chunks
from cubb_desktop.audio import peaks as waveform
from cubb_desktop.audio.chunks import SegmentWriter, SoundFormat, SoundReader, SoundState
from cubb_desktop.audio.container import HEADER_BYTES
from cubb_desktop.audio.files import SoundFile
from cubb_desktop.audio.peaks import PeakBuilder, Peaks, PeaksDamaged
from cubb_desktop.audio.recorder import OnEvent, Recorder, fault
from cubb_desktop.domain.changes import Changes
from cubb_desktop.domain.consent import Consent, require
from cubb_desktop.domain.errors import (
    N_,
    AudioMissing,
    CaptureFailed,
    CubbError,
    DiskFull,
    ImportCancelled,
    InvalidInput,
    NotYetStored,
    RecordingNotFound,
    SourceEmpty,
    from_os_error,
)
from cubb_desktop.domain.ids import ConsentId, RecordingId
from cubb_desktop.domain.recording import Participant, Recording, RecordingState, Source
from cubb_desktop.domain.retention import last_day
from cubb_desktop.i18n import _, format_date
from cubb_desktop.library import consents, recordings
from cubb_desktop.services.consents import refuse_withdrawn, require_consent
from cubb_desktop.services.locks import FileLock
from cubb_desktop.services.workspace import Workspace
from cubb_desktop.vault import new_recording_key

LONGEST_TITLE = 200
_OWNER_LOCK = "owner.lock"
_ERASING = ".erasing"
_SILENT_BELOW = 33  # of 32768: -60 dBFS
_SEALING_TIMEOUT_S = 3.0

OnProgress = Callable[[float], None]
Cancelled = Callable[[], bool]


class ImportNote(StrEnum):
    """What a person should know about a file that was brought in all the same."""

    CUT_SHORT = "cut-short"
    DAMAGED = "damaged"
    SILENT = "silent"
    ALREADY_THERE = "already-there"


_NOTES: dict[ImportNote, str] = {
    ImportNote.CUT_SHORT: N_("Filen slutter før tid. Det, der kunne læses, er hentet ind."),
    ImportNote.DAMAGED: N_("Dele af filen kunne ikke læses. Resten er hentet ind."),
    ImportNote.SILENT: N_("Der er ingen lyd at høre i filen. Se efter, om det er den rigtige."),
    ImportNote.ALREADY_THERE: N_("Den samme fil er hentet ind før. Slet den ene, hvis det var en fejl."),
}


@dataclass(frozen=True, slots=True)
class ImportResult:
    """A conversation that was brought in, and what to tell the person about it."""

    recording: Recording
    notes: tuple[ImportNote, ...]


@dataclass(frozen=True, slots=True)
class Reconciled:
    """What was found unfinished: kept recordings, removed half imports, completed deletions."""

    interrupted: tuple[RecordingId, ...] = ()
    removed: tuple[RecordingId, ...] = ()
    erased: tuple[RecordingId, ...] = ()


class OwnerLock(FileLock):
    """Held by the process that is bringing a recording into being; others get `NotYetStored`."""

    refusal = NotYetStored

    def __init__(self, ws: Workspace, recording_id: RecordingId) -> None:
        super().__init__(chunks.recording_folder(ws.audio_folder, recording_id) / _OWNER_LOCK)


def note_sentence(note: ImportNote) -> str:
    """Return the sentence for a note, in the person's language."""
    return _(_NOTES[note])


# --- files -----------------------------------------------------------------------------------------------------------


def import_file(
    ws: Workspace,
    path: Path,
    consent_id: ConsentId | None,
    title: str | None = None,
    *,
    on_progress: OnProgress | None = None,
    cancelled: Cancelled | None = None,
) -> Recording:
    """Bring a sound file in; see `import_sound`."""
    return import_sound(ws, path, consent_id, title, on_progress=on_progress, cancelled=cancelled).recording


def import_sound(
    ws: Workspace,
    path: Path,
    consent_id: ConsentId | None,
    title: str | None = None,
    *,
    on_progress: OnProgress | None = None,
    cancelled: Cancelled | None = None,
) -> ImportResult:
    """Copy a sound file into the library, sealed, under an agreement that is valid today.

    `on_progress` gets the share 0..1 from this thread; `cancelled` is asked several times a second. Raises the
    `NotAllowed` family, the `Source...` family, `DiskFull`, `FolderReadOnly`, `ImportCancelled`: nothing is then left.
    """
    consent = require_consent(ws, consent_id)
    stopped = cancelled or (lambda: False)
    with SoundFile(path) as sound:
        digest = sound.sha256(stopped)
        if digest is None:
            raise ImportCancelled
        recording = _new_recording(ws, consent, title or path.stem, Source.FILE)
        recording = _described(recording, sound, digest, min(_modified_at(path), ws.clock()))
        notes = [ImportNote.ALREADY_THERE] if _is_known(ws, digest) else []
        lock, key = _begin(ws, recording)
        try:
            peaks, found = _copy(ws, recording, key, sound, on_progress or (lambda _share: None), stopped)
            duration_ms = sound.frames * 1000 // sound.info.rate_hz
            with ws.library.change(ws.actor, "recording.imported", recording.id) as change:
                recordings.put_peaks(change, recording.id, peaks.to_bytes())
                recording = recordings.update(change, recording, state=RecordingState.STORED, duration_ms=duration_ms)
        except BaseException:
            _undo(ws, recording.id, lock)
            raise
        lock.release()
    return ImportResult(recording, (*notes, *found))


def _copy(
    ws: Workspace, recording: Recording, key: bytes, sound: SoundFile, on_progress: OnProgress, stopped: Cancelled
) -> tuple[Peaks, list[ImportNote]]:
    sound_format = SoundFormat(recording.rate_hz, recording.channels)
    builder = PeakBuilder(recording.rate_hz)
    told_at = 0
    with SegmentWriter.create(ws.audio_folder, recording.id, 0, key, sound_format, sync_each_chunk=False) as writer:
        for block in sound.blocks():
            writer.append(block)
            builder.add(block)
            if sound.frames - told_at >= recording.rate_hz:
                told_at = sound.frames
                on_progress(sound.share_read)
                if stopped():
                    raise ImportCancelled
        if not sound.frames:
            raise SourceEmpty
    peaks = builder.finish()
    on_progress(1.0)
    cut_short = sound.is_cut_short
    notes = {
        ImportNote.CUT_SHORT: cut_short,
        ImportNote.DAMAGED: sound.damaged_packets > (1 if cut_short else 0),  # the packet that was cut through
        ImportNote.SILENT: builder.loudest < _SILENT_BELOW,
    }
    return peaks, [note for note, holds in notes.items() if holds]


def _described(recording: Recording, sound: SoundFile, digest: str, recorded_at: datetime) -> Recording:
    return replace(
        recording,
        recorded_at=recorded_at,
        rate_hz=sound.info.rate_hz,
        channels=sound.info.channels,
        source_sha256=digest,
    )


def _modified_at(path: Path) -> datetime:
    """Return when the file was last changed: the best guess at when the conversation was held."""
    return datetime.fromtimestamp(path.stat().st_mtime, UTC)


def _is_known(ws: Workspace, digest: str) -> bool:
    with ws.library.read() as reading:
        return any(known.source_sha256 == digest for known in recordings.all(reading))


# --- the microphone --------------------------------------------------------------------------------------------------


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
            _undo(self._ws, self.recording.id, self._lock)
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
        _undo(self._ws, self.recording.id, self._lock)


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
    recording = _new_recording(ws, consent, named, Source.MICROPHONE)
    lock, key = _begin(ws, recording)
    recorder = Recorder(ws.audio_folder, recording.id, key, device, on_event, channels=channels)
    try:
        started = recorder.start()
        with ws.library.change(ws.actor, None) as change:
            recording = recordings.update(change, recording, rate_hz=started.rate_hz, channels=started.channels)
    except BaseException:
        if recorder.pid is not None:
            recorder.stop()
        _undo(ws, recording.id, lock)
        raise
    return LiveRecording(ws, recording, recorder, lock)


# --- coming into being, and going ------------------------------------------------------------------------------------


def _new_recording(ws: Workspace, consent: Consent, title: str, source: Source) -> Recording:
    return Recording(
        id=RecordingId(str(uuid.uuid4())),
        consent_id=consent.id,
        title=_title(title),
        state=RecordingState.RECORDING,
        source=source,
        recorded_at=ws.clock(),
        duration_ms=0,
        rate_hz=0,
        channels=0,
        author=ws.actor,
        delete_after=last_day(ws.today(), [consent.until]),
    )


def _title(text: str) -> str:
    """Return a title as it is kept: one line of composed characters, at most 200; raises `InvalidInput` when empty."""
    composed = unicodedata.normalize("NFC", text.encode("utf-8", "replace").decode())
    title = " ".join("".join(c if c.isprintable() else " " for c in composed).split())[:LONGEST_TITLE]
    if not title:
        raise InvalidInput(field=_("Titel"), problem=_("Skriv en titel."))
    return title


def _begin(ws: Workspace, recording: Recording) -> tuple[OwnerLock, bytes]:
    """Make folder, key and row of a new recording; its lock tells other processes that somebody is at it."""
    lock = OwnerLock(ws, recording.id)
    try:
        lock.path.parent.mkdir(mode=0o700, parents=True)
    except OSError as error:
        raise from_os_error(error) or error from None
    lock.acquire()
    key = new_recording_key()
    try:
        ws.keys.put(recording.id, key)
        with ws.library.change(ws.actor, "recording.begun", recording.id) as change:
            consent = consents.get(change, recording.consent_id)
            require(consent, ws.today())
            recordings.add(change, recording)
            recordings.put_participants(change, recording.id, [Participant(consent.role, consent.citizen, consent.id)])
    except BaseException:
        _undo(ws, recording.id, lock)
        raise
    return lock, key


def _undo(ws: Workspace, recording_id: RecordingId, lock: OwnerLock | None = None) -> None:
    """Take away a recording that did not come to be; sound first, for the disk may be full."""
    if lock is not None:
        lock.release()
    chunks.erase(ws.audio_folder, recording_id)
    with suppress(CubbError):
        ws.keys.destroy(recording_id)
    with suppress(CubbError), ws.library.change(ws.actor, "recording.undone", recording_id) as change:
        recordings.remove(change, recording_id)


def delete_recording(ws: Workspace, recording_id: RecordingId) -> Changes:
    """Forget a conversation: its key, its rows and all that hangs on them, its sound. What was begun is completed.

    Raises `RecordingNotFound`, `NotYetStored` while somebody records it, and the faults of the disk.
    """
    get_recording(ws, recording_id)
    folder = chunks.recording_folder(ws.audio_folder, recording_id)
    if folder.is_dir():
        with OwnerLock(ws, recording_id):  # nobody is at it
            if chunks.is_being_written(ws.audio_folder, recording_id):
                raise NotYetStored
    try:
        folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _erasing(folder).mkdir(exist_ok=True)  # from here on a crash can't bring it back
    except OSError as error:
        fault = from_os_error(error)
        if fault is not None and not isinstance(fault, DiskFull):
            raise fault from None
    return _complete_deletion(ws, recording_id)


def _erasing(folder: Path) -> Path:
    return folder.with_name(folder.name + _ERASING)


def _complete_deletion(ws: Workspace, recording_id: RecordingId) -> Changes:
    changes = Changes()
    ws.keys.destroy(recording_id)
    with suppress(RecordingNotFound):
        with ws.library.change(ws.actor, "recording.deleted", recording_id) as change:
            recordings.remove(change, recording_id)
        changes = change.changes
    if chunks.erase(ws.audio_folder, recording_id):
        with suppress(OSError):
            mark = _erasing(chunks.recording_folder(ws.audio_folder, recording_id))
            mark.rmdir()
            mark.parent.rmdir()
    return changes


# --- after a crash ---------------------------------------------------------------------------------------------------


def reconcile(ws: Workspace) -> Reconciled:
    """Finish what a crash left unfinished; what living processes are at is left alone. Safe to call at any time."""
    erased = [RecordingId(mark.name.removesuffix(_ERASING)) for mark in ws.audio_folder.glob(f"??/*{_ERASING}")]
    for recording_id in erased:
        _complete_deletion(ws, recording_id)
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
            _undo(ws, recording.id, lock)
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
        with _sound(ws, recording.id) as reader:
            worthless = not reader.frames and reader.state is not SoundState.DAMAGED
            held = {"duration_ms": reader.duration_ms, "rate_hz": reader.rate_hz, "channels": reader.channels}
    except AudioMissing:
        files = chunks.segment_files(ws.audio_folder, recording.id).values()
        worthless = all(path.stat().st_size < HEADER_BYTES for path in files)
    if worthless:
        _undo(ws, recording.id, lock)
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


# --- looking ---------------------------------------------------------------------------------------------------------


def list_recordings(ws: Workspace, state: RecordingState | None = None, query: str | None = None) -> list[Recording]:
    """Return the conversations, the newest first: in one state, or with `query` in the title, if given."""
    with ws.library.read() as reading:
        found = recordings.all(reading, state)
    wanted = unicodedata.normalize("NFC", query or "").casefold().split()
    return [recording for recording in found if all(word in recording.title.casefold() for word in wanted)]


def get_recording(ws: Workspace, recording_id: RecordingId) -> Recording:
    """Return one conversation, or raise `RecordingNotFound`."""
    with ws.library.read() as reading:
        return recordings.get(reading, recording_id)


def rename_recording(ws: Workspace, recording_id: RecordingId, title: str) -> Recording:
    """Give a conversation another title; raises `RecordingNotFound`, `InvalidInput`."""
    kept = _title(title)
    with ws.library.change(ws.actor, "recording.renamed", recording_id) as change:
        return recordings.update(change, recordings.get(change, recording_id), title=kept)


def keep_recording(ws: Workspace, recording_id: RecordingId) -> Recording:
    """Keep an interrupted recording as it is; raises `RecordingNotFound`."""
    with ws.library.change(ws.actor, "recording.kept", recording_id) as change:
        recording = recordings.get(change, recording_id)
        if recording.state is not RecordingState.INTERRUPTED:
            return recording
        return recordings.update(change, recording, state=RecordingState.STORED)


def open_sound(ws: Workspace, recording_id: RecordingId) -> SoundReader:
    """Open a conversation's sound; the caller closes it.

    Raises `RecordingNotFound`, `ConsentWithdrawn`, `NotYetStored` while it is coming into being, `AudioMissing`.
    """
    with ws.library.read() as reading:
        recording = recordings.get(reading, recording_id)
        refuse_withdrawn(reading, recording.consent_id)
    if recording.state is RecordingState.RECORDING:
        raise NotYetStored
    return _sound(ws, recording_id)


def sound_state(ws: Workspace, recording_id: RecordingId) -> SoundState:
    """Authenticate all of a stored sound and return how it is; whatever the agreement says, for nothing is heard.

    Raises `AudioMissing`.
    """
    with _sound(ws, recording_id) as reader:
        return reader.state


def peaks(ws: Workspace, recording_id: RecordingId) -> Peaks:
    """Return a conversation's waveform; built from the sound and kept if it is not there yet (seconds per hour)."""
    with ws.library.read() as reading:
        refuse_withdrawn(reading, recordings.get(reading, recording_id).consent_id)
        stored = recordings.get_peaks(reading, recording_id)
    if stored is not None:
        with suppress(PeaksDamaged):
            return Peaks.from_bytes(stored)
    with open_sound(ws, recording_id) as reader:
        built = waveform.build(reader)
    with ws.library.change(ws.actor, None) as change:
        recordings.get(change, recording_id)
        recordings.put_peaks(change, recording_id, built.to_bytes())
    return built


def _sound(ws: Workspace, recording_id: RecordingId) -> SoundReader:
    return SoundReader.open(ws.audio_folder, recording_id, ws.keys.get(recording_id))
