"""Where this machine's libraries were backed up to; kept outside them, for it is asked when one can't be read."""

from __future__ import annotations

import hashlib
import json
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cubb_desktop import settings
from cubb_desktop.domain.errors import LibraryDamaged, LibraryDamagedHasBackup
from cubb_desktop.i18n import format_date

_FORMAT = 1
_MOST = 8

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class KnownBackup:
    """A folder that a backup was last made in, and when."""

    folder: Path
    at: datetime


def known_backups(library_folder: Path) -> list[KnownBackup]:
    """Return where the library in `library_folder` was backed up to, the newest first; [] when nothing is known."""
    found: list[KnownBackup] = []
    with suppress(OSError, ValueError, KeyError, TypeError):
        document = json.loads(_file(library_folder).read_bytes())
        for row in document["backups"]:
            at = datetime.fromisoformat(row["at"])
            if at.tzinfo is not None:
                found.append(KnownBackup(Path(row["folder"]), at))
    return sorted(found, key=lambda backup: backup.at, reverse=True)


def note_backup(library_folder: Path, folder: Path, at: datetime) -> None:
    """Remember that a verified backup was made in `folder`; a machine that can't remember is no fault."""
    others = [backup for backup in known_backups(library_folder) if backup.folder != folder]
    rows = [{"folder": str(b.folder), "at": b.at.isoformat()} for b in [KnownBackup(folder, at), *others][:_MOST]]
    path = _file(library_folder)
    beside = path.with_name(f".{path.name}.new")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        beside.write_text(json.dumps({"format": _FORMAT, "backups": rows}), encoding="utf-8")
        beside.replace(path)
    except OSError as error:
        log.warning("where the backup lies was not noted (errno %s)", error.errno)


@contextmanager
def backup_named(library_folder: Path) -> Iterator[None]:
    """Let the sentence for a library that can't be read say where its last verified backup lies, if one is known."""
    try:
        yield
    except LibraryDamagedHasBackup:
        raise
    except LibraryDamaged:
        known = known_backups(library_folder)
        if not known:
            raise
        day = format_date(known[0].at.astimezone().date())
        raise LibraryDamagedHasBackup(date=day, folder=known[0].folder) from None


def _file(library_folder: Path) -> Path:
    """One file per library folder: its name must be found when nothing in the folder can be read."""
    name = hashlib.sha256(os.path.realpath(library_folder).encode("utf-8", "surrogateescape")).hexdigest()[:32]
    return settings.state_folder() / "backups" / f"{name}.json"
