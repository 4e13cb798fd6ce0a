"""Tombstones outside the library: on this machine and in each backup, so that whatever is restored obeys them first.

A file says nothing but random ids, times and reasons. On this machine it lies in the state folder, beside its twin.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

from cubb_desktop import settings
from cubb_desktop.domain.errors import TombstonesUnreadable
from cubb_desktop.domain.tombstone import Reason, Tombstone
from cubb_desktop.vault import sync_folder

FORMAT = 1
_LARGEST_FILE = 64 << 20

log = logging.getLogger(__name__)


def machine_file(library_id: str) -> Path:
    """Return where this machine remembers what was forgotten in a library, whatever becomes of its folder."""
    return settings.state_folder() / "tombstones" / f"{library_id}.json"


def read_machine(library_id: str) -> list[Tombstone]:
    """Return what this machine knows to be forgotten; raises `TombstonesUnreadable` when neither twin can be read."""
    path = machine_file(library_id)
    if not path.exists():
        return read_file(_twin(path))
    try:
        return read_file(path)
    except TombstonesUnreadable:
        if not _twin(path).exists():
            raise
        return read_file(_twin(path))


def note_machine(library_id: str, every: Iterable[Tombstone]) -> bool:
    """Remember on this machine all of a library's tombstones beside those it knew; return whether it could.

    A machine that can't be written on is no fault of the forgetting: it is tried again whenever the library is opened.
    """
    path = machine_file(library_id)
    try:
        known = read_machine(library_id)
    except TombstonesUnreadable:
        log.warning("the list of what was forgotten could not be read and is written anew from the library")
        known = []
    wanted = list({**{stone.id: stone for stone in every}, **{stone.id: stone for stone in known}}.values())
    if len(wanted) == len(known) and (not wanted or (path.exists() and _twin(path).exists())):
        return True
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        for name in (_twin(path), path):
            write_file(name, library_id, wanted)
    except OSError as error:
        log.warning("what was forgotten was not noted on this machine (errno %s)", error.errno)
        return False
    return True


def read_file(path: Path) -> list[Tombstone]:
    """Return the tombstones in a file, [] where there is none.

    Raises `TombstonesUnreadable` for one that can't be read: it may hold what must not come back.
    """
    try:
        with path.open("rb") as file:
            untrusted = json.loads(file.read(_LARGEST_FILE))
        if untrusted["format"] != FORMAT:
            raise TombstonesUnreadable
        return [_tombstone(row) for row in untrusted["tombstones"]]
    except (FileNotFoundError, NotADirectoryError):
        return []
    except (OSError, ValueError, KeyError, TypeError):
        raise TombstonesUnreadable from None


def write_file(path: Path, library_id: str, tombstones: Iterable[Tombstone]) -> None:
    """Write a file of tombstones in one step, on disk when this returns; raises `OSError`."""
    rows = [{"id": stone.id, "at": stone.at.isoformat(), "reason": stone.reason.value} for stone in tombstones]
    beside = path.with_name(f".{path.name}.new")
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump({"format": FORMAT, "library": library_id, "tombstones": rows}, file)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
    sync_folder(path.parent)


def _twin(path: Path) -> Path:
    return path.with_name(f"{path.name}.bak")


def _tombstone(untrusted: dict[str, Any]) -> Tombstone:
    at = datetime.fromisoformat(untrusted["at"])
    if at.tzinfo is None:
        raise ValueError("a time without its zone")
    return Tombstone(str(untrusted["id"]), at, Reason(untrusted["reason"]))
