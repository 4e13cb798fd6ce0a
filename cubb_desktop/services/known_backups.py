"""Where this machine's libraries were backed up to; kept outside them, for it is asked when one can't be read."""

from __future__ import annotations

import json
import logging
import os
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cubb_desktop import settings

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


def _file(library_folder: Path) -> Path:
    """One file per library folder: its name must be found when nothing in the folder can be read."""
    import hashlib

    name = hashlib.sha256(os.path.realpath(library_folder).encode("utf-8", "surrogateescape")).hexdigest()[:32]
    return settings.state_folder() / "backups" / f"{name}.json"
