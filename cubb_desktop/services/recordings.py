"""Conversations: bring a sound file in, list, rename, open, forget."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

from cubb_desktop.audio import chunks
from cubb_desktop.audio import peaks as waveform
from cubb_desktop.audio.chunk_index import write_index
from cubb_desktop.audio.chunks import SegmentWriter, SoundFormat, SoundReader, SoundState
from cubb_desktop.audio.files import SoundFile
from cubb_desktop.audio.peaks import PeakBuilder, Peaks, PeaksDamaged
from cubb_desktop.domain.changes import Changes
from cubb_desktop.domain.consent import Use
from cubb_desktop.domain.cpr import holds_cpr
from cubb_desktop.domain.errors import (
    N_,
    ConsentWithdrawn,
    DiskFull,
    ImportCancelled,
    NotYetStored,
    RecordingNotFound,
    SourceEmpty,
    from_os_error,
)
from cubb_desktop.domain.ids import ConsentId, RecordingId
from cubb_desktop.domain.recording import ConversationKind, Recording, RecordingState, Source
from cubb_desktop.domain.tombstone import Reason
from cubb_desktop.i18n import _
from cubb_desktop.library import recordings, tombstones
from cubb_desktop.services.gate import gate_in, gate_start
from cubb_desktop.services.keeping import kept_one, refuse_held
from cubb_desktop.services.new_recordings import (
    OwnerLock,
    begin,
    clean_title,
    new_recording,
    participant_of,
    read_sound,
    undo,
    usual_title,
)
from cubb_desktop.services.openings import opened, refusals_logged
from cubb_desktop.services.workspace import Workspace

ERASING = ".erasing"
_DELETED = {
    Reason.DELETED: "recording.deleted",
    Reason.EXPIRED: "recording.expired",
    Reason.WITHDRAWN: "recording.forgotten",
}
_SILENT_BELOW = 33  # of 32768: -60 dBFS

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
    kind: ConversationKind = ConversationKind.CITIZEN_MEETING,
    also: Sequence[ConsentId] = (),
    on_progress: OnProgress | None = None,
    cancelled: Cancelled | None = None,
) -> Recording:
    """Bring a sound file in; see `import_sound`."""
    return import_sound(
        ws, path, consent_id, title, kind=kind, also=also, on_progress=on_progress, cancelled=cancelled
    ).recording


def import_sound(
    ws: Workspace,
    path: Path,
    consent_id: ConsentId | None,
    title: str | None = None,
    *,
    kind: ConversationKind = ConversationKind.CITIZEN_MEETING,
    also: Sequence[ConsentId] = (),
    on_progress: OnProgress | None = None,
    cancelled: Cancelled | None = None,
) -> ImportResult:
    """Copy a sound file into the library, sealed, under agreements that are valid today: `also` of others in it.

    Without a title it gets the file's name, unless that holds a CPR number. `on_progress` gets the share 0..1 from
    this thread; `cancelled` is asked several times a second. Raises the `NotAllowed` family, the `Source...` family,
    `DiskFull`, `FolderReadOnly`, `ImportCancelled`: nothing is then left.
    """
    agreed = gate_start(ws, (consent_id, *also), Use.IMPORT)
    stopped = cancelled or (lambda: False)
    given = title or (usual_title(ws.today()) if holds_cpr(path.stem) else path.stem)
    with SoundFile(path, stopped) as sound:
        recording = new_recording(ws, agreed, given, Source.FILE, kind)
        recording = _described(recording, sound, min(_modified_at(path), ws.clock()))
        notes = [ImportNote.ALREADY_THERE] if _is_known(ws, sound.digest) else []
        lock, key = begin(ws, recording, [participant_of(consent) for consent in agreed])
        with ExitStack() as unless_stored:
            unless_stored.callback(undo, ws, recording.id, lock)
            peaks, found = _copy(ws, recording, key, sound, on_progress or (lambda _share: None), stopped)
            duration_ms = sound.frames * 1000 // sound.info.rate_hz
            if kept_one(ws, recording.id).withdrawn:
                raise ConsentWithdrawn
            with ws.library.change(ws.actor, "recording.imported", recording.id) as change:
                recordings.put_peaks(change, recording.id, peaks.to_bytes())
                recording = recordings.update(change, recording, state=RecordingState.STORED, duration_ms=duration_ms)
            unless_stored.pop_all()
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
    if writer.trail is not None:
        write_index(chunks.recording_folder(ws.audio_folder, recording.id), recording.id, key, [writer.trail])
    peaks = builder.finish()
    on_progress(1.0)
    cut_short = sound.is_cut_short
    notes = {
        ImportNote.CUT_SHORT: cut_short,
        ImportNote.DAMAGED: sound.damaged_packets > (1 if cut_short else 0),  # the packet that was cut through
        ImportNote.SILENT: builder.loudest < _SILENT_BELOW,
    }
    return peaks, [note for note, holds in notes.items() if holds]


def _described(recording: Recording, sound: SoundFile, recorded_at: datetime) -> Recording:
    return replace(
        recording,
        recorded_at=recorded_at,
        rate_hz=sound.info.rate_hz,
        channels=sound.info.channels,
        source_sha256=sound.digest,
    )


def _modified_at(path: Path) -> datetime:
    """Return when the file was last changed: the best guess at when the conversation was held."""
    return datetime.fromtimestamp(path.stat().st_mtime, UTC)


def _is_known(ws: Workspace, digest: str) -> bool:
    with ws.library.read() as reading:
        return any(known.source_sha256 == digest for known in recordings.all(reading))


# --- going ------------------------------------------------------------------------------------------------------


def delete_recording(ws: Workspace, recording_id: RecordingId) -> Changes:
    """Forget a conversation: its key, its rows and all that hangs on them, its sound. What was begun is completed.

    Raises `RecordingNotFound`, `HeldBack` and `NotJournalised` for what must stay, `NotYetStored` while somebody
    records it, and the faults of the disk.
    """
    refuse_held(ws, recording_id)
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
    return complete_deletion(ws, recording_id)


def _erasing(folder: Path) -> Path:
    return folder.with_name(folder.name + ERASING)


def complete_deletion(ws: Workspace, recording_id: RecordingId) -> Changes:
    """Do what is left of a deletion that was begun, in this process or in one that died; its tombstone says why."""
    changes = Changes()
    ws.keys.destroy(recording_id)
    with suppress(RecordingNotFound):
        reason = kept_one(ws, recording_id).reason(ws.today())
        with ws.library.change(ws.actor, _DELETED[reason], recording_id) as change:
            recordings.remove(change, recording_id)
            tombstones.add(change, recording_id, reason)
        changes = change.changes
    if chunks.erase(ws.audio_folder, recording_id):
        with suppress(OSError):
            mark = _erasing(chunks.recording_folder(ws.audio_folder, recording_id))
            mark.rmdir()
            mark.parent.rmdir()
    return changes


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
    kept = clean_title(title)
    with ws.library.change(ws.actor, "recording.renamed", recording_id) as change:
        return recordings.update(change, recordings.get(change, recording_id), title=kept)


def open_sound(ws: Workspace, recording_id: RecordingId) -> SoundReader:
    """Open a conversation's sound for a person; the caller closes it. The opening is logged, and so is a refusal.

    Raises `RecordingNotFound`, `ConsentWithdrawn`, `NotYetStored` while it is coming into being, `AudioMissing`.
    """
    with refusals_logged(ws, recording_id):
        reader = sound_of(ws, recording_id)
    with ExitStack() as unless_logged:
        unless_logged.callback(reader.close)
        opened(ws, recording_id)
        unless_logged.pop_all()
    return reader


def sound_of(ws: Workspace, recording_id: RecordingId) -> SoundReader:
    """Open a conversation's sound for an act that has a line of its own in the log, as an export has.

    Raises `RecordingNotFound`, `ConsentWithdrawn`, `NotYetStored` while it is coming into being, `AudioMissing`.
    """
    with ws.library.read() as reading:
        recording = recordings.get(reading, recording_id)
        gate_in(reading, recording_id, Use.OPEN)
    if recording.state is RecordingState.RECORDING:
        raise NotYetStored
    return read_sound(ws, recording_id)


def sound_state(ws: Workspace, recording_id: RecordingId) -> SoundState:
    """Authenticate all of a stored sound and return how it is; whatever the agreement says, for nothing is heard.

    Raises `AudioMissing`.
    """
    with read_sound(ws, recording_id) as reader:
        return reader.state


def peaks(ws: Workspace, recording_id: RecordingId) -> Peaks:
    """Return a conversation's waveform; built from the sound and kept if it is not there yet (seconds per hour)."""
    with ws.library.read() as reading:
        gate_in(reading, recording_id, Use.OPEN)
        stored = recordings.get_peaks(reading, recording_id)
    if stored is not None:
        with suppress(PeaksDamaged):
            return Peaks.from_bytes(stored)
    with sound_of(ws, recording_id) as reader:
        built = waveform.build(reader)
    with ws.library.change(ws.actor, None) as change:
        recordings.get(change, recording_id)
        recordings.put_peaks(change, recording_id, built.to_bytes())
    return built
