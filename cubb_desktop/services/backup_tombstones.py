"""Forgetting in backups: what was forgotten in the library goes from those that can be reached, at once."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from cubb_desktop.domain.errors import CubbError, TombstonesUnreadable
from cubb_desktop.domain.tombstone import Tombstone
from cubb_desktop.services import tombstone_file
from cubb_desktop.services.backup_store import BackupFolder, BackupLock, Kind, ObjectUnreadable, faults_told, holds
from cubb_desktop.services.known_backups import known_backups
from cubb_desktop.services.workspace import Workspace
from cubb_desktop.vault import BlobCipher

TOMBSTONES, TOMBSTONES_COPY = "tombstones.json", "tombstones.json.bak"


@dataclass(frozen=True, slots=True)
class ForgottenInBackups:
    """The backups that have forgotten too, and those that could not be reached: they will at the next backup."""

    reached: tuple[Path, ...] = ()
    unreachable: tuple[Path, ...] = ()


def open_store(ws: Workspace, place: Path) -> BackupFolder:
    """Return the library's backup in `place`."""
    return BackupFolder(place, ws.vault.library_id, BlobCipher(ws.vault.backup_key()))


def forget_in_backups(ws: Workspace, tombstones: Iterable[Tombstone]) -> ForgottenInBackups:
    """Forget in every backup of this library that this machine knows and that can be reached now."""
    given = list(tombstones)
    done = {backup.folder: apply_tombstones(ws, backup.folder, given) for backup in known_backups(ws.folder)}
    return ForgottenInBackups(
        tuple(folder for folder, reached in done.items() if reached),
        tuple(folder for folder, reached in done.items() if not reached),
    )


def apply_tombstones(ws: Workspace, folder: Path, tombstones: Iterable[Tombstone]) -> bool:
    """Remove the tombstones' objects and keys from the backup in `folder`; return whether that was done.

    Whatever else happens, the tombstones are then in the backup, and a restore obeys them first.
    """
    if not holds(folder, ws.vault.library_id):
        return False
    try:
        with BackupLock(folder):
            apply(open_store(ws, folder), tombstones)
    except (CubbError, OSError):  # a drive that fails must not stop a person from being forgotten here
        return False
    return True


def apply(store: BackupFolder, tombstones: Iterable[Tombstone]) -> None:
    """Forget in the backup of `store`, for the holder of its lock."""
    gone = {tombstone.id: tombstone for tombstone in tombstones}
    _note_tombstones(store, gone)
    for manifest in store.manifests():
        for entry in manifest.entries:
            if entry.owner in gone and (entry.kind is not Kind.CONSENT or manifest.made_at <= gone[entry.owner].at):
                store.remove(entry.object)
        with suppress(ObjectUnreadable):
            keys = store.keys(manifest.number)
            if gone.keys() & keys.keys():
                store.put_keys(manifest.number, {name: key for name, key in keys.items() if name not in gone})


def _note_tombstones(store: BackupFolder, gone: dict[str, Tombstone]) -> None:
    """Write the tombstones into the backup's folder, unless both twins know them all."""
    path, twin = store.folder / TOMBSTONES, store.folder / TOMBSTONES_COPY
    with suppress(TombstonesUnreadable):
        known = [{stone.id for stone in tombstone_file.read_file(name)} for name in (path, twin)]
        if all(gone.keys() <= ids for ids in known) and known[0] == known[1]:
            return
    with suppress(TombstonesUnreadable):  # if both twins are unreadable: what is not in the library is lost anyhow
        gone = {**{stone.id: stone for stone in read_tombstones(store.folder)}, **gone}
    with faults_told():
        for name in (path, twin):
            tombstone_file.write_file(name, store.library_id, gone.values())


def read_tombstones(place: Path) -> list[Tombstone]:
    """Return the tombstones in a backup's folder: those of both twins, or of the one that can be read.

    Raises `TombstonesUnreadable` when what is there can't be read: nothing may then be restored from it.
    """
    found: list[Tombstone] = []
    unreadable = 0
    for name in (TOMBSTONES, TOMBSTONES_COPY):
        try:
            found += tombstone_file.read_file(place / name)
        except TombstonesUnreadable:
            unreadable += 1
    if unreadable and not found:
        raise TombstonesUnreadable
    return found
