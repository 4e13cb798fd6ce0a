"""Bring a library back from a backup into a new folder; what was forgotten is left out before anything else is done.

The folder becomes a library in the last step, when its key file is written; what an interrupted restore leaves behind
is no library, says so by a mark, and is cleared away by the next try.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from cubb_desktop.audio import chunks
from cubb_desktop.domain.errors import (
    BackupDamaged,
    BackupUnreadable,
    LibraryDamaged,
    LibraryExists,
    LibraryNotFound,
    RestoreCancelled,
    UnsafePlace,
    from_os_error,
)
from cubb_desktop.domain.ids import ConsentId, RecordingId
from cubb_desktop.domain.tombstone import Tombstone
from cubb_desktop.library import consents, objects, queue
from cubb_desktop.library import tombstones as stored_tombstones
from cubb_desktop.library.access import Change, utc_now
from cubb_desktop.library.keys import DATABASE as KEY_DATABASE
from cubb_desktop.library.keys import KeyStore
from cubb_desktop.library.places import is_unsafe
from cubb_desktop.library.session import DATABASE
from cubb_desktop.services import tombstone_file
from cubb_desktop.services.backup import Cancelled, Meter, OnProgress
from cubb_desktop.services.backup_store import BackupFolder, Entry, Kind, Manifest, ObjectUnreadable, place_of
from cubb_desktop.services.backup_tombstones import read_tombstones
from cubb_desktop.services.known_backups import note_backup
from cubb_desktop.services.workspace import AUDIO, open_unlocked, prepare_folder
from cubb_desktop.vault import (
    BlobCipher,
    SealBroken,
    Vault,
    is_library,
    rows_cipher,
    sync_folder,
    unlock,
    unlock_with_recovery_key,
)

MARK = "restoring.mark"

Rows = dict[str, dict[str, Any]]


@dataclass(frozen=True, slots=True)
class RestoreResult:
    """What came back: `made_at` is the backup's time.

    `forgotten` conversations were in it and have been forgotten since, `lost` ones could not be read (only with
    `salvage`), `damaged` ones have holes in their sound. `newer_unreadable` tells that a newer one could not be read.
    """

    folder: Path
    library_id: str
    made_at: datetime
    recordings: int
    forgotten: int
    lost: int
    damaged: tuple[RecordingId, ...]
    newer_unreadable: bool


def restore_library(
    backup_folder: Path,
    target: Path,
    *,
    passphrase: str | None = None,
    recovery_key: str | None = None,
    actor: str,
    clock: Callable[[], datetime] = utc_now,
    tombstones: Path | None = None,
    salvage: bool = False,
    on_progress: OnProgress | None = None,
    cancelled: Cancelled | None = None,
) -> RestoreResult:
    """Restore the backup in `backup_folder` into `target`, which is absent or empty; everything is checked on the way.

    `tombstones` is a file of further tombstones; the backup's own and this machine's are obeyed anyhow. With `salvage`
    what is whole comes back although something is damaged. Raises `BackupNotFound`, `WrongPassphrase`,
    `RecoveryKeyMistyped`, `WrongRecoveryKey`, `BackupUnreadable`, `BackupDamaged`, `TombstonesUnreadable`,
    `LibraryExists`, `FolderNotEmpty`, `NotAFolder`, `FolderReadOnly`,
    `UnsafePlace`, `LibraryNewer`, `DiskFull`, `RestoreCancelled`: nothing is then left in `target`.
    """
    place = place_of(backup_folder)
    if is_library(target):
        raise LibraryExists
    if is_unsafe(target):
        raise UnsafePlace
    vault = _unlocked(place, passphrase, recovery_key)
    try:
        gone = _forgotten(place, vault.library_id, tombstones)
        run = _Restore(vault, place, target, gone, salvage, Meter(on_progress, cancelled, RestoreCancelled))
        run.choose()
        _clear_leftovers(target)
        made = prepare_folder(target)
        with ExitStack() as unless_restored:
            unless_restored.callback(_clear, target, made)
            result = run.bring_back(actor, clock)
            unless_restored.pop_all()
        return result
    except OSError as error:
        raise from_os_error(error) or error from None
    finally:
        vault.lock()


def _unlocked(place: Path, passphrase: str | None, recovery_key: str | None) -> Vault:
    try:
        if recovery_key is not None:
            return unlock_with_recovery_key(place, recovery_key)
        return unlock(place, passphrase or "")
    except (LibraryDamaged, LibraryNotFound):
        raise BackupUnreadable from None


def _forgotten(place: Path, library_id: str, more: Path | None) -> dict[str, Tombstone]:
    """Return every tombstone that is known: the backup's, this machine's, those of the file `more`."""
    known = [*read_tombstones(place), *tombstone_file.read_machine(library_id)]
    if more is not None:
        known += tombstone_file.read_file(more)
    return {tombstone.id: tombstone for tombstone in known}


def _clear_leftovers(target: Path) -> None:
    """Remove what an interrupted restore left in `target`; a folder without its mark is not touched."""
    if (target / MARK).is_file():
        _clear(target, made=False)


def _clear(target: Path, made: bool) -> None:
    for name in (DATABASE, KEY_DATABASE):
        for path in target.glob(f"{name}*"):
            with suppress(OSError):
                path.unlink()
    shutil.rmtree(target / AUDIO, ignore_errors=True)
    with suppress(OSError):
        (target / MARK).unlink(missing_ok=True)
    if made:
        with suppress(OSError):
            target.rmdir()


@dataclass
class _Restore:
    """One restore: first what is to come back is chosen and checked, then it is written."""

    vault: Vault
    place: Path
    target: Path
    gone: dict[str, Tombstone]
    salvage: bool
    meter: Meter
    keys: dict[RecordingId, bytes] = field(default_factory=dict)
    rows: list[Entry] = field(default_factory=list)
    agreements: list[Entry] = field(default_factory=list)
    sounds: list[Entry] = field(default_factory=list)
    forgotten: set[str] = field(default_factory=set)
    lost: set[str] = field(default_factory=set)
    damaged: set[RecordingId] = field(default_factory=set)

    # --- choosing ----------------------------------------------------------------------------------------------------

    def choose(self) -> None:
        """Choose what comes back and read all of its rows; raises `BackupUnreadable`, `BackupDamaged`."""
        self.store = BackupFolder(self.place, self.vault.library_id, BlobCipher(self.vault.backup_key()))
        self.manifest, wrapped = self._newest()
        self.newer_unreadable = self.manifest.number != self.store.numbers()[0]
        entries = self.manifest.entries
        self.meter.whole = 1 + sum(entry.bytes for entry in entries if entry.owner not in self.gone)
        rest = [entry for entry in entries if entry.kind is Kind.REST]
        if len(rest) != 1 or self._content(rest[0], None) is None:
            raise BackupUnreadable
        self.rest = rest[0]
        self._choose_agreements(entries)
        for entry in entries:
            if entry.kind is Kind.ROWS:
                self._choose_recording(entry, wrapped.get(entry.owner))
        self.sounds = [e for e in entries if e.kind is Kind.SOUND and e.owner in self.keys]
        if self.lost and not self.salvage:
            raise BackupDamaged(count=len(self.lost), how="")

    def _newest(self) -> tuple[Manifest, dict[str, bytes]]:
        for manifest in self.store.manifests():
            with suppress(ObjectUnreadable):
                return manifest, self.store.keys(manifest.number)
        raise BackupUnreadable

    def _choose_agreements(self, entries: tuple[Entry, ...]) -> None:
        self.agreed: set[str] = set()
        for entry in entries:
            if entry.kind is Kind.CONSENT and self._content(entry, None) is not None:
                self.agreements.append(entry)
                self.agreed.add(entry.owner)

    def _choose_recording(self, entry: Entry, wrapped: bytes | None) -> None:
        if entry.owner in self.gone or wrapped is None:
            self.forgotten.add(entry.owner)
            return
        try:
            key = self.vault.unwrap_recording_key(entry.owner, wrapped)
        except SealBroken:
            self.lost.add(entry.owner)
            return
        content = self._content(entry, rows_cipher(key))
        missing = set() if content is None else _agreements_of(content) - self.agreed
        if missing & self.gone.keys():
            self.forgotten.add(entry.owner)
        elif content is None or missing:
            self.lost.add(entry.owner)
        else:
            self.keys[RecordingId(entry.owner)] = key
            self.rows.append(entry)

    def _content(self, entry: Entry, cipher: BlobCipher | None) -> Rows | None:
        """Return an object's rows, None when it can't be read or was made at another revision."""
        try:
            revision, rows = objects.unpack(self.store.open(entry, cipher))
        except (ObjectUnreadable, objects.DumpUnreadable):
            return None
        self.meter.add(entry.bytes)
        return rows if revision == self.manifest.revision else None

    # --- writing -----------------------------------------------------------------------------------------------------

    def bring_back(self, actor: str, clock: Callable[[], datetime]) -> RestoreResult:
        """Write the library; its key file comes last."""
        (self.target / MARK).write_bytes(b"")
        sync_folder(self.target)
        (self.target / AUDIO).mkdir(mode=0o700)
        for entry in self.sounds:
            self._put_sound(entry)
        objects.load(self.target, *self.vault.database_key(), self._dumps(), self.manifest.revision)
        self._put_keys()
        self._finish(actor, clock)
        return RestoreResult(
            self.target,
            self.vault.library_id,
            self.manifest.made_at,
            len(self.keys),
            len(self.forgotten),
            len(self.lost),
            tuple(sorted(self.damaged)),
            self.newer_unreadable,
        )

    def _put_sound(self, entry: Entry) -> None:
        """Write one file of sound; when salvaging a damaged one too, for its own seals tell what is left of it."""
        owner = RecordingId(entry.owner)
        folder = chunks.recording_folder(self.target / AUDIO, owner)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(
            folder / entry.name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600
        )
        with os.fdopen(descriptor, "wb") as file:
            try:
                for block in self.store.blocks(entry):
                    file.write(block)
                    self.meter.add(len(block))
            except ObjectUnreadable:
                if not self.salvage:
                    raise BackupDamaged(count=1, how="") from None
                self.damaged.add(owner)
            file.flush()
            os.fsync(file.fileno())
        sync_folder(folder)
        sync_folder(folder.parent)

    def _dumps(self) -> Iterator[bytes]:
        """Yield the dumps in an order in which nothing points at what has not come yet."""
        for entry in self.agreements:
            yield self.store.open(entry)
        for entry in self.rows:
            yield self.store.open(entry, rows_cipher(self.keys[RecordingId(entry.owner)]))
        yield self.store.open(self.rest)

    def _put_keys(self) -> None:
        wraps = self.vault.wrap_recording_key, self.vault.unwrap_recording_key
        keys = KeyStore.create(self.target, *self.vault.keystore_key(), *wraps)
        for recording_id, key in self.keys.items():
            keys.put(recording_id, key)
        keys.close()

    def _finish(self, actor: str, clock: Callable[[], datetime]) -> None:
        vault = Vault.from_master_key(self.place, self.vault.master_key())
        vault.folder = self.target
        with open_unlocked(vault, actor=actor, clock=clock) as ws:
            with ws.library.change(actor, "library.restored", vault.library_id) as change:
                objects.fill_search(change)
                queue.take_back(change)
                self._forget_again(change)
            if ws.library.verify():
                raise BackupUnreadable
            with ws.library.read() as reading:
                tombstone_file.note_machine(vault.library_id, stored_tombstones.all(reading))
            vault.save()
        (self.target / MARK).unlink()
        sync_folder(self.target)
        note_backup(self.target, self.place, self.manifest.made_at)

    def _forget_again(self, change: Change) -> None:
        """Let the restored library know what was forgotten since the backup, and forget the agreements too."""
        for tombstone in self.gone.values():
            stored_tombstones.add(change, tombstone.id, tombstone.reason)
            if tombstone.id in self.agreed:
                consents.forget(change, ConsentId(tombstone.id))


def _agreements_of(rows: Rows) -> set[str]:
    """Return the agreements that a recording's rows point at."""
    found: set[str] = set()
    for content in rows.values():
        if "consent_id" in content["columns"]:
            place = content["columns"].index("consent_id")
            found |= {row[place] for row in content["rows"] if row[place] is not None}
    return found
