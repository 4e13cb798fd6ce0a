"""Where a library may lie: on this machine's own disk, not where another program or machine writes too."""

from __future__ import annotations

import ctypes
import os
import sys
from pathlib import Path, PurePath

_NETWORK_TYPES = frozenset(
    {"nfs", "nfs4", "cifs", "smb3", "smbfs", "afs", "ncpfs", "davfs", "fuse.sshfs", "fuse.rclone"}
)
_SYNCED_NAMES = ("onedrive", "dropbox", "google drive", "googledrive", "icloud", "nextcloud", "owncloud")
_SYNCED_VARIABLES = ("OneDrive", "OneDriveCommercial", "OneDriveConsumer")
_MOUNTS = Path("/proc/self/mounts")
_DRIVE_REMOTE = 4


def is_unsafe(folder: Path) -> bool:
    """Whether `folder` (which need not exist) lies in a synchronised folder or on a network drive."""
    whole = Path(os.path.realpath(folder))
    return is_synchronised(whole) or _is_remote(whole)


def is_synchronised(folder: PurePath) -> bool:
    """Whether a part of the path is what the common synchronisation programs call their folder."""
    if any(part.casefold().startswith(_SYNCED_NAMES) for part in folder.parts):
        return True
    roots = [os.environ[name] for name in _SYNCED_VARIABLES if os.environ.get(name)]
    return any(folder.is_relative_to(root) for root in roots)


def filesystem_type(folder: PurePath, mounts: str) -> str:
    """Return the type of the file system that holds `folder`, given the text of /proc/self/mounts."""
    found, longest = "", -1
    for line in mounts.splitlines():
        fields = line.split()
        if len(fields) < 3:
            continue
        point = fields[1].encode().decode("unicode_escape")
        if folder.is_relative_to(point) and len(point) >= longest:
            found, longest = fields[2], len(point)
    return found


def _is_remote(folder: Path) -> bool:
    if sys.platform == "win32":
        root = folder.anchor
        return root.startswith("\\\\") or ctypes.windll.kernel32.GetDriveTypeW(root) == _DRIVE_REMOTE
    try:
        mounts = _MOUNTS.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    return filesystem_type(folder, mounts) in _NETWORK_TYPES
