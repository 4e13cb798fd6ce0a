"""Make a backup of the open library: only what has changed is written, and all of it is read back before it counts.

The rows come from one view of the library, so that a backup beside a transcription is of one moment. Sound is copied as
it lies there, sealed. Recordings that are being made are left out; those that are forgotten meanwhile, too.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from io import FileIO
from pathlib import Path

from cubb_desktop.audio import chunks
from cubb_desktop.audio.container import HeaderError, Segment, SoundState
from cubb_desktop.domain.errors import (
    AudioMissing,
    BackupCancelled,
    BackupInsideLibrary,
    BackupNoRoom,
    BackupUnverified,
    CubbError,
    DiskFull,
    FolderReadOnly,
    LibraryBusy,
)
from cubb_desktop.domain.ids import RecordingId
from cubb_desktop.domain.recording import RecordingState
from cubb_desktop.domain.tombstone import Tombstone
from cubb_desktop.library import objects, recordings
from cubb_desktop.library import tombstones as stored_tombstones
from cubb_desktop.services.backup_store import (
    BLOCK_BYTES,
    BackupFolder,
    BackupLock,
    Entry,
    Kind,
    Manifest,
    ObjectUnreadable,
    faults_told,
    place_for,
    replace_whole,
)
from cubb_desktop.services.backup_tombstones import (
    ForgottenInBackups,
    apply,
    apply_tombstones,
    forget_in_backups,
    open_store,
)
from cubb_desktop.services.known_backups import note_backup
from cubb_desktop.services.workspace import Workspace
from cubb_desktop.vault import KEY_FILE, KEY_FILE_COPY, BlobCipher, SealBroken, rows_cipher

__all__ = [
    "BackupProgress",
    "BackupResult",
    "ForgottenInBackups",
    "apply_tombstones",
    "backup_library",
    "forget_in_backups",
]

KEPT_FOR = timedelta(days=30)  # how long an older backup's keys, and with them the backup, stay in the folder
READ_AGAIN_AFTER = timedelta(days=30)  # how long it is trusted that an object that was not written anew can be read
SOUND_FILES = (".cba", ".cbm")
_ROOM_TO_SPARE = 16 << 20
_DUMP_WEIGHT = 64 << 10  # what a sealed dump counts in the progress, whatever its size
_FIRST_ESTIMATE_S = 2.0


@dataclass(frozen=True, slots=True)
class BackupProgress:
    """How far a backup or a restore is: a share 0..1, and the seconds left once there is something to go by."""

    share: float
    seconds_left: float | None


@dataclass(frozen=True, slots=True)
class BackupResult:
    """What a backup did. `damaged` are recordings whose sound was already damaged in the library."""

    folder: Path
    made_at: datetime
    recordings: int
    written_objects: int
    written_bytes: int
    kept_objects: int
    left_out: int
    damaged: tuple[RecordingId, ...]
    same_disk: bool


OnProgress = Callable[[BackupProgress], None]
Cancelled = Callable[[], bool]


class Meter:
    """Counts bytes towards a whole, tells how far it is and stops when the person wants to."""

    def __init__(self, on_progress: OnProgress | None, cancelled: Cancelled | None, fault: type[CubbError]) -> None:
        self._on_progress = on_progress or (lambda _progress: None)
        self._cancelled = cancelled or (lambda: False)
        self._fault = fault
        self._started = time.monotonic()
        self._done = 0
        self.whole = 1

    def add(self, done: int) -> None:
        """Note that `done` more is done; raises the fault of a person who has had enough."""
        if self._cancelled():
            raise self._fault
        self._done += done
        share = min(1.0, self._done / max(1, self.whole))
        elapsed = time.monotonic() - self._started
        known = elapsed > _FIRST_ESTIMATE_S and share > 0
        self._on_progress(BackupProgress(share, elapsed * (1 - share) / share if known else None))


# --- making one ------------------------------------------------------------------------------------------------------


def backup_library(
    ws: Workspace, folder: Path, *, on_progress: OnProgress | None = None, cancelled: Cancelled | None = None
) -> BackupResult:
    """Back the library up in `folder`, or in a folder of its own there; see `backup_store` for what then lies there.

    Raises `BackupInsideLibrary`, `BackupNoRoom`, `BackupUnwritable`, `BackupUnverified`, `BackupCancelled`,
    `BackupRunning`; the backup before this one is then whole and still the newest.
    """
    place = place_for(_allowed(ws, folder), ws.vault.library_id)
    store = open_store(ws, place)
    store.prepare()
    with BackupLock(place):
        _put_key_files(ws, place)
        with ExitStack() as unless_made:
            unless_made.callback(store.take_back)
            apply(store, _all_tombstones(ws))
            result = _Run(ws, store, Meter(on_progress, cancelled, BackupCancelled)).make()
            apply(store, _all_tombstones(ws))  # what was forgotten meanwhile
            unless_made.pop_all()
    note_backup(ws.folder, place, result.made_at)
    with suppress(DiskFull, FolderReadOnly, LibraryBusy):  # the backup is made all the same
        ws.library.note(ws.actor, "library.backed_up", ws.vault.library_id)
    return result


def _allowed(ws: Workspace, folder: Path) -> Path:
    library, chosen = Path(os.path.realpath(ws.folder)), Path(os.path.realpath(folder))
    if chosen.is_relative_to(library):
        raise BackupInsideLibrary
    return chosen


def _put_key_files(ws: Workspace, place: Path) -> None:
    """Copy the key slots as they are: with them and the passphrase, or the recovery key, the backup opens."""
    for name in (KEY_FILE, KEY_FILE_COPY):
        with suppress(FileNotFoundError):
            replace_whole(place / name, (ws.folder / name).read_bytes())


@dataclass
class _Sound:
    """One sound file to be in the backup."""

    owner: RecordingId
    path: Path
    size: int
    source: str


class _Run:
    """One backup in the making."""

    def __init__(self, ws: Workspace, store: BackupFolder, meter: Meter) -> None:
        self.ws, self.store, self.meter = ws, store, meter
        self.entries: list[Entry] = []
        self.written: list[Entry] = []
        self.keys: dict[RecordingId, bytes] = {}
        self.damaged: set[RecordingId] = set()
        self._now = ws.clock()
        self._earlier = store.manifests()
        self._known = {(e.kind, e.owner, e.name, e.source): e for m in reversed(self._earlier) for e in m.entries}

    def make(self) -> BackupResult:
        left_out = self._put_rows()
        sounds = self._sounds()
        self._require_room(sounds)
        for sound in sounds:
            self._put_sound(sound)
        self._check()
        self._drop_forgotten()
        number = max(self.store.numbers(), default=0) + 1
        self.store.sync()
        wrapped: dict[str, bytes] = {
            name: self.ws.vault.wrap_recording_key(name, key) for name, key in self.keys.items()
        }
        self.store.put_keys(number, wrapped)
        manifest = Manifest(number, self._now, objects.THIS_REVISION, left_out, tuple(self.entries))
        self.store.put_manifest(manifest)
        self._tidy(manifest)
        return BackupResult(
            self.store.folder,
            self._now,
            len(self.keys),
            len(self.written),
            sum(entry.bytes for entry in self.written),
            len(self.entries) - len(self.written),
            left_out,
            tuple(sorted(self.damaged)),
            _same_disk(self.ws.folder, self.store.folder),
        )

    # --- rows --------------------------------------------------------------------------------------------------------

    def _put_rows(self) -> int:
        """Put the rows as they are at one moment; return how many recordings are being made and were left out."""
        left_out = 0
        with self.ws.library.read() as reading:
            found = recordings.all(reading)
            agreements = objects.consent_ids(reading)
            self.meter.whole = (len(found) + len(agreements) + 1) * _DUMP_WEIGHT
            for recording in found:
                key = self._key(recording.id)
                if recording.state is RecordingState.RECORDING or key is None:
                    left_out += recording.state is RecordingState.RECORDING
                    continue
                self.keys[recording.id] = key
                self._put_dump(objects.dump_recording(reading, recording.id), Kind.ROWS, recording.id, rows_cipher(key))
            for consent_id in agreements:
                self._put_dump(objects.dump_consent(reading, consent_id), Kind.CONSENT, consent_id)
            self._put_dump(objects.dump_rest(reading), Kind.REST, "")
        return left_out

    def _key(self, recording_id: RecordingId) -> bytes | None:
        try:
            return self.ws.keys.get(recording_id)
        except (AudioMissing, SealBroken):
            return None

    def _put_dump(self, dump: bytes, kind: Kind, owner: str, cipher: BlobCipher | None = None) -> None:
        self.meter.add(_DUMP_WEIGHT)
        source = hashlib.sha256(dump).hexdigest()
        if not self._keep(kind, owner, "", source):
            self._note(Entry(kind, owner, "", *self.store.seal(dump, kind, owner, cipher), source, self._stamp()))

    # --- sound -------------------------------------------------------------------------------------------------------

    def _sounds(self) -> list[_Sound]:
        """Return the sound files that the backup does not hold yet; those it holds are kept."""
        wanted = []
        for recording_id in self.keys:
            folder = chunks.recording_folder(self.ws.audio_folder, recording_id)
            for path in sorted(path for path in folder.glob("*") if path.suffix in SOUND_FILES):
                with suppress(FileNotFoundError):
                    facts = path.stat()
                    sound = _Sound(recording_id, path, facts.st_size, f"{facts.st_size}:{facts.st_mtime_ns}")
                    if not self._keep(Kind.SOUND, recording_id, path.name, sound.source):
                        wanted.append(sound)
        return wanted

    def _require_room(self, sounds: list[_Sound]) -> None:
        needed = sum(sound.size for sound in sounds)
        self.meter.whole += 2 * needed + sum(entry.bytes for entry in self.written)
        with faults_told():
            free = shutil.disk_usage(self.store.folder).free
        if needed + _ROOM_TO_SPARE > free:
            raise BackupNoRoom

    def _put_sound(self, sound: _Sound) -> None:
        try:
            file = sound.path.open("rb", buffering=0)
        except OSError:  # forgotten meanwhile, or the library's own disk fails here
            self.damaged.add(sound.owner)
            return
        with file:
            name, size, digest = self.store.add(self._blocks(file))
        entry = Entry(Kind.SOUND, sound.owner, sound.path.name, name, size, digest, sound.source, self._stamp())
        self._note(entry)

    def _blocks(self, file: FileIO) -> Iterator[bytes]:
        while block := file.read(BLOCK_BYTES):
            self.meter.add(len(block))
            yield block

    # --- keeping and checking ----------------------------------------------------------------------------------------

    def _keep(self, kind: Kind, owner: str, name: str, source: str) -> bool:
        """Keep an object of an earlier backup that is there; one that was not read for long is read now."""
        entry = self._known.get((kind, owner, name, source))
        if entry is None or not self.store.is_there(entry):
            return False
        if self._now - datetime.fromisoformat(entry.checked_at) >= READ_AGAIN_AFTER:
            try:
                self.store.check(entry)
            except ObjectUnreadable:
                return False
            entry = replace(entry, checked_at=self._stamp())
        self.entries.append(entry)
        return True

    def _note(self, entry: Entry) -> None:
        self.entries.append(entry)
        self.written.append(entry)

    def _stamp(self) -> str:
        return self._now.isoformat()

    def _check(self) -> None:
        """Read everything back that was written: its bytes, and every seal in it."""
        for entry in self.written:
            try:
                if entry.kind is Kind.SOUND:
                    self.store.check(entry, self.meter.add)
                    self._check_sound(entry)
                else:
                    self.meter.add(entry.bytes)
                    key = self.keys.get(RecordingId(entry.owner))
                    cipher = rows_cipher(key) if entry.kind is Kind.ROWS and key else None
                    objects.unpack(self.store.open(entry, cipher))
            except (ObjectUnreadable, objects.DumpUnreadable):
                raise BackupUnverified from None

    def _check_sound(self, entry: Entry) -> None:
        """Open every seal of a segment; one that is broken was so in the library, for the bytes are the same."""
        owner = RecordingId(entry.owner)
        if not entry.name.endswith(chunks.SUFFIX):
            return
        try:
            segment = Segment(self.store.path(entry.object), owner, int(Path(entry.name).stem), self.keys[owner])
        except (HeaderError, ValueError, OSError):
            self.damaged.add(owner)
            return
        if segment.verify() is SoundState.DAMAGED:
            self.damaged.add(owner)
        segment.close()

    def _drop_forgotten(self) -> None:
        """Leave out what was forgotten while the backup was made: its key is gone, and its objects go too."""
        gone = self.keys.keys() - self.ws.keys.ids()
        for entry in [entry for entry in self.entries if entry.owner in gone]:
            self.store.remove(entry.object)
            self.entries.remove(entry)
        for recording_id in gone:
            del self.keys[recording_id]
        self.damaged -= gone

    def _tidy(self, newest: Manifest) -> None:
        """Forget backups that are older than is allowed, or that can't be read, and what only they named."""
        kept = [m for m in self._earlier if newest.made_at - m.made_at < KEPT_FOR]
        for number in set(self.store.numbers()) - {m.number for m in [newest, *kept]}:
            self.store.drop(number)
        self.store.sweep([newest, *kept])


def _same_disk(library: Path, place: Path) -> bool:
    with suppress(OSError):
        return library.stat().st_dev == place.stat().st_dev
    return False


def _all_tombstones(ws: Workspace) -> list[Tombstone]:
    with ws.library.read() as reading:
        return stored_tombstones.all(reading)
