"""The folder a backup lies in: objects with random names, a sealed manifest and keys for each time it was made.

    library.json, library.json.bak      the key slots, as in the library
    objects/<aa>/<32 hex>               sound as it lies in the library; rows, agreements and the rest as sealed blobs
    manifests/<number>.sealed           what belongs to one backup: objects, sizes, digests, when
    keys/<number>.sealed                the recordings' keys of one backup, apart, so that they go before the rest does
    tombstones.json, tombstones.json.bak   what has been forgotten since: ids without meaning, obeyed first at a restore

An object is written once, made sure of, and only then named by a manifest; the manifest takes its name in one step. So
whatever interrupts a backup, the one before it is whole.
"""

from __future__ import annotations

import base64
import errno
import hashlib
import json
import os
import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, fields, replace
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from cubb_desktop.domain.errors import (
    BackupNoRoom,
    BackupNotFound,
    BackupRunning,
    BackupUnwritable,
    DiskFull,
    LibraryNewer,
    from_os_error,
)
from cubb_desktop.services.locks import FileLock
from cubb_desktop.vault import BlobCipher, SealBroken, is_library, sync_folder

FORMAT = 1
OBJECTS, MANIFESTS, KEYS = "objects", "manifests", "keys"
SUFFIX = ".sealed"
FOLDER_MARK = "cubb-backup-"
BLOCK_BYTES = 1 << 20
_NAME_BYTES = 16
_UNSYNCABLE = {errno.EINVAL, getattr(errno, "ENOTSUP", errno.EINVAL)}

OnBytes = Callable[[int], None]


class Kind(StrEnum):
    """What an object holds; the first two are sealed under their recording's key."""

    SOUND = "sound"
    ROWS = "rows"
    CONSENT = "consent"
    REST = "rest"


@dataclass(frozen=True, slots=True)
class Entry:
    """One object of a backup.

    `owner` is the recording's or agreement's id, `name` a sound file's name, `source` what tells whether the original
    has changed since, `checked_at` when the object was last read back.
    """

    kind: Kind
    owner: str
    name: str
    object: str
    bytes: int
    sha256: str
    source: str
    checked_at: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """What one backup consists of; `left_out` are recordings that were being made."""

    number: int
    made_at: datetime
    revision: str
    left_out: int
    entries: tuple[Entry, ...]


class ObjectUnreadable(ValueError):  # noqa: N818 - what happened, as all faults here are named
    """An object is missing, altered or not what the manifest says."""


class BackupLock(FileLock):
    """Held by the one process that writes in a backup's folder; others get `BackupRunning`."""

    refusal = BackupRunning

    def __init__(self, folder: Path) -> None:
        super().__init__(folder / "backup.lock")


# --- where -----------------------------------------------------------------------------------------------------------


def is_backup(folder: Path) -> bool:
    """Whether `folder` is one that a backup lies in."""
    return is_library(folder) and (folder / MANIFESTS).is_dir()


def place_for(folder: Path, library_id: str) -> Path:
    """Return where in the chosen `folder` the library's backup lies or is to lie.

    The folder itself if it is absent, empty or that backup; else (a stick with other things on it) a folder in it.
    """
    inside = folder / f"{FOLDER_MARK}{library_id[:8]}"
    if is_backup(inside):
        return inside
    try:
        free = not folder.exists() or not any(folder.iterdir())
    except OSError:
        raise BackupUnwritable from None
    return folder if free or holds(folder, library_id) else inside


def place_of(folder: Path) -> Path:
    """Return the backup in `folder` or in the only one of its folders that is one; raises `BackupNotFound`."""
    if is_backup(folder):
        return folder
    with suppress(OSError):
        inside = [path for path in folder.glob(f"{FOLDER_MARK}*") if is_backup(path)]
        if len(inside) == 1:
            return inside[0]
    raise BackupNotFound


def holds(folder: Path, library_id: str) -> bool:
    """Whether `folder` is this library's backup, or one that was begun."""
    for name in ("library.json", "library.json.bak"):
        with suppress(OSError, ValueError, TypeError, KeyError):
            if json.loads((folder / name).read_bytes())["library"] == library_id:
                return True
    return False


# --- writing and reading ---------------------------------------------------------------------------------------------


@contextmanager
def faults_told() -> Iterator[None]:
    """Turn what the backup's drive refuses into a sentence."""
    try:
        yield
    except OSError as error:
        raise (BackupNoRoom if isinstance(from_os_error(error), DiskFull) else BackupUnwritable) from None


class BackupFolder:
    """One backup's folder, for one process at a time; its faults are `BackupNoRoom` and `BackupUnwritable`."""

    def __init__(self, folder: Path, library_id: str, cipher: BlobCipher) -> None:
        self.folder = folder
        self.library_id = library_id
        self._cipher = cipher
        self._made: list[Path] = []

    def prepare(self) -> None:
        """Make the folders, for the owner's eyes only."""
        with faults_told():
            for path in (self.folder, self.folder / OBJECTS, self.folder / MANIFESTS, self.folder / KEYS):
                path.mkdir(mode=0o700, parents=True, exist_ok=True)

    # --- objects -----------------------------------------------------------------------------------------------------

    def path(self, object_name: str) -> Path:
        """Return where an object lies."""
        return self.folder / OBJECTS / object_name[:2] / object_name

    def add(self, blocks: Iterable[bytes]) -> tuple[str, int, str]:
        """Write a new object and make sure of it; return its name, its bytes and their SHA-256."""
        name = secrets.token_hex(_NAME_BYTES)
        path, digest, written = self.path(name), hashlib.sha256(), 0
        with faults_told():
            path.parent.mkdir(mode=0o700, exist_ok=True)
            self._made.append(path)
            with open(path, "xb", opener=_for_the_owner) as file:
                for block in blocks:
                    file.write(block)
                    digest.update(block)
                    written += len(block)
                file.flush()
                os.fsync(file.fileno())
                _let_go(file.fileno())
        return name, written, digest.hexdigest()

    def seal(self, content: bytes, kind: Kind, owner: str, cipher: BlobCipher | None = None) -> tuple[str, int, str]:
        """Add `content` as a sealed object, under `cipher` or the library's own."""
        return self.add([(cipher or self._cipher).seal(content, self._name(kind, owner))])

    def check(self, entry: Entry, on_bytes: OnBytes = lambda _count: None) -> None:
        """Read an object back from the drive; raises `ObjectUnreadable`."""
        for block in self.blocks(entry):
            on_bytes(len(block))

    def blocks(self, entry: Entry) -> Iterator[bytes]:
        """Yield an object's bytes; raises `ObjectUnreadable`, at the end at the latest, unless they are as written."""
        digest, left = hashlib.sha256(), entry.bytes
        try:
            with self.path(entry.object).open("rb", buffering=0) as file:
                if os.fstat(file.fileno()).st_size != entry.bytes:
                    raise ObjectUnreadable
                while left and (block := file.read(min(BLOCK_BYTES, left))):
                    digest.update(block)
                    left -= len(block)
                    yield block
        except OSError:
            raise ObjectUnreadable from None
        if digest.hexdigest() != entry.sha256:
            raise ObjectUnreadable

    def open(self, entry: Entry, cipher: BlobCipher | None = None) -> bytes:
        """Return a sealed object's content; raises `ObjectUnreadable`."""
        try:
            return (cipher or self._cipher).open(b"".join(self.blocks(entry)), self._name(entry.kind, entry.owner))
        except SealBroken:
            raise ObjectUnreadable from None

    def is_there(self, entry: Entry) -> bool:
        """Whether an object lies there with its length."""
        with suppress(OSError):
            return self.path(entry.object).stat().st_size == entry.bytes
        return False

    def remove(self, object_name: str) -> None:
        """Remove an object, if it is there."""
        with suppress(OSError):
            self.path(object_name).unlink(missing_ok=True)

    def take_back(self) -> None:
        """Remove the objects this process has added: no manifest names them."""
        for path in self._made:
            with suppress(OSError):
                path.unlink(missing_ok=True)
        self._made.clear()

    def sync(self) -> None:
        """Make the new objects' names last."""
        with faults_told():
            for folder in sorted({path.parent for path in self._made}):
                _sync_names(folder)
            for folder in (self.folder / OBJECTS, self.folder, self.folder.parent):
                _sync_names(folder)

    def _name(self, kind: Kind, owner: str) -> str:
        return f"backup/{self.library_id}/{kind}/{owner}"

    # --- manifests and keys ------------------------------------------------------------------------------------------

    def numbers(self) -> list[int]:
        """Return the numbers of the backups, the newest first, readable or not."""
        with faults_told():
            names = [path.name.removesuffix(SUFFIX) for path in (self.folder / MANIFESTS).glob(f"*{SUFFIX}")]
        return sorted((int(name) for name in names if name.isascii() and name.isdigit()), reverse=True)

    def manifests(self) -> list[Manifest]:
        """Return the manifests that can be read, the newest first; raises `LibraryNewer`."""
        found = []
        for number in self.numbers():
            with suppress(ObjectUnreadable):
                found.append(self._manifest(number))
        return found

    def _manifest(self, number: int) -> Manifest:
        document = self._read_sealed(MANIFESTS, number)
        try:
            if document["format"] > FORMAT:
                raise LibraryNewer
            return Manifest(
                number,
                datetime.fromisoformat(document["made_at"]),
                document["revision"],
                document["left_out"],
                tuple(_entry(row) for row in document["entries"]),
            )
        except (KeyError, TypeError, ValueError):
            raise ObjectUnreadable from None

    def put_manifest(self, manifest: Manifest) -> None:
        """Name a backup's objects; from now on this is the newest."""
        document = {
            "format": FORMAT,
            "made_at": manifest.made_at.isoformat(),
            "revision": manifest.revision,
            "left_out": manifest.left_out,
            "entries": [asdict(entry) for entry in manifest.entries],
        }
        self._write_sealed(MANIFESTS, manifest.number, document)

    def keys(self, number: int) -> dict[str, bytes]:
        """Return a backup's wrapped keys by recording; raises `ObjectUnreadable`."""
        document = self._read_sealed(KEYS, number)
        try:
            return {name: base64.b64decode(wrapped, validate=True) for name, wrapped in document["keys"].items()}
        except (KeyError, TypeError, ValueError, AttributeError):
            raise ObjectUnreadable from None

    def put_keys(self, number: int, wrapped: Mapping[str, bytes]) -> None:
        """Keep a backup's wrapped keys, instead of earlier ones of the same number."""
        named = {name: base64.b64encode(key).decode() for name, key in wrapped.items()}
        self._write_sealed(KEYS, number, {"format": FORMAT, "keys": named})

    def drop(self, number: int) -> None:
        """Forget a backup; its keys go first."""
        for place in (KEYS, MANIFESTS):
            with suppress(OSError):
                (self.folder / place / f"{number:08}{SUFFIX}").unlink(missing_ok=True)

    def sweep(self, kept: Iterable[Manifest]) -> int:
        """Remove every object that none of `kept` names, and keys without a manifest; return how many objects went."""
        named = {entry.object for manifest in kept for entry in manifest.entries}
        swept = 0
        for path in (self.folder / OBJECTS).glob("??/*"):
            if path.name not in named:
                with suppress(OSError):
                    path.unlink()
                    swept += 1
        numbers = {f"{number:08}{SUFFIX}" for number in self.numbers()}
        for path in (self.folder / KEYS).iterdir():
            if path.name not in numbers:
                with suppress(OSError):
                    path.unlink()
        return swept

    def _read_sealed(self, place: str, number: int) -> dict[str, Any]:
        try:
            sealed = (self.folder / place / f"{number:08}{SUFFIX}").read_bytes()
            document = json.loads(self._cipher.open(sealed, f"backup/{self.library_id}/{place}/{number}"))
        except (OSError, SealBroken, ValueError):
            raise ObjectUnreadable from None
        if not isinstance(document, dict):
            raise ObjectUnreadable
        return document

    def _write_sealed(self, place: str, number: int, document: dict[str, Any]) -> None:
        content = json.dumps(document, separators=(",", ":")).encode()
        sealed = self._cipher.seal(content, f"backup/{self.library_id}/{place}/{number}")
        replace_whole(self.folder / place / f"{number:08}{SUFFIX}", sealed)


def replace_whole(path: Path, content: bytes) -> None:
    """Put `content` under `path` in one step, and make sure of it."""
    beside = path.with_name(f".{path.name}.new")
    try:
        with faults_told():
            with open(beside, "wb", opener=_for_the_owner) as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            beside.replace(path)
            _sync_names(path.parent)
    finally:  # after the replacement there is nothing beside it any more
        with suppress(OSError):
            beside.unlink(missing_ok=True)


def _entry(untrusted: dict[str, Any]) -> Entry:
    entry = Entry(**{field.name: untrusted[field.name] for field in fields(Entry)})
    is_plain = Path(entry.name).name == entry.name and not entry.name.startswith(".")
    if not is_plain or len(bytes.fromhex(entry.object)) != _NAME_BYTES:
        raise ValueError("no entry of a manifest")
    return replace(entry, kind=Kind(entry.kind))


def _for_the_owner(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _let_go(descriptor: int) -> None:
    """Ask the system to forget a file's bytes, so that reading it back reads the drive."""
    if hasattr(os, "posix_fadvise"):
        with suppress(OSError):
            os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)


def _sync_names(folder: Path) -> None:
    """Make a folder's names last; some drives cannot, and say so."""
    try:
        sync_folder(folder)
    except OSError as error:
        if error.errno not in _UNSYNCABLE:
            raise
