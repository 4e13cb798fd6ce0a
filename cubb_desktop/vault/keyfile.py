"""`library.json` and its twin: read, checked, signed, written twice and healed from each other."""

from __future__ import annotations

import hashlib
import hmac
import json
import logging
import os
from contextlib import suppress
from pathlib import Path
from typing import Any

from cubb_desktop.domain.errors import LibraryDamaged, LibraryNewer, LibraryNotFound, from_os_error
from cubb_desktop.vault.sealing import SALT_BYTES, Secret, subkey, wiped
from cubb_desktop.vault.slots import LARGEST_COST, PASSPHRASE, canonical

log = logging.getLogger(__name__)

KEY_FILE = "library.json"
KEY_FILE_COPY = "library.json.bak"
FORMAT = 1

_NAMES = (KEY_FILE, KEY_FILE_COPY)
_LARGEST_KEY_FILE = 65_536
_MOST_SLOTS = 16
_MAC_BYTES = 32

Content = dict[str, Any]


def is_library(folder: Path) -> bool:
    """Whether `folder` holds a library's key file."""
    return any((folder / name).is_file() for name in _NAMES)


# --- what it says ----------------------------------------------------------------------------------------------------


def signed(content: Content, master_key: Secret) -> Content:
    """Add `check` (damage is seen without a key, so that the twin can step in) and `mac` (tampering is seen)."""
    body = _body(content)
    mac = _mac(body, master_key)
    return {**json.loads(body), "check": _check(body, mac), "mac": mac}


def mac_holds(content: Content, master_key: Secret) -> bool:
    """Whether `content` is as it was signed with `master_key`."""
    return hmac.compare_digest(_mac(_body(content), master_key), content["mac"])


def _body(content: Content) -> bytes:
    return canonical({name: value for name, value in content.items() if name not in ("check", "mac")})


def _mac(body: bytes, master_key: Secret) -> str:
    with wiped(subkey(master_key, "library.json")) as key:
        return hmac.new(key, body, hashlib.sha256).hexdigest()


def _check(body: bytes, mac: str) -> str:
    return hashlib.sha256(body + mac.encode()).hexdigest()


# --- reading ---------------------------------------------------------------------------------------------------------


def read(folder: Path) -> Content:
    """Return the key file's content, or its twin's when it is missing or damaged.

    Raises `LibraryNotFound` where there is neither, `LibraryDamaged` where neither is whole, `LibraryNewer`.
    """
    seen: list[bytes] = []
    for name in _NAMES:
        try:
            untrusted_bytes = _bytes_of(folder / name)
        except (FileNotFoundError, NotADirectoryError):
            continue
        except OSError:
            untrusted_bytes = b""
        content = _checked(untrusted_bytes)
        if content is not None:
            return content
        seen.append(untrusted_bytes)
    if not seen:
        raise LibraryNotFound
    raise LibraryNewer if all(_claims_newer(untrusted_bytes) for untrusted_bytes in seen) else LibraryDamaged


def _bytes_of(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(_LARGEST_KEY_FILE + 1)


def _checked(untrusted_bytes: bytes) -> Content | None:
    """Return a whole and well-formed key file's content, None for any other; raises `LibraryNewer` for a whole one."""
    if len(untrusted_bytes) > _LARGEST_KEY_FILE:
        return None
    try:
        content: Content = json.loads(untrusted_bytes)
        if content["check"] != _check(_body(content), content["mac"]):
            return None
        if _is_newer(content):
            raise LibraryNewer
        return content if _well_formed(content) else None
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None


def _claims_newer(untrusted_bytes: bytes) -> bool:
    """Whether what fails the check says that it is newer: where its twin says so too, it is rather that than damage."""
    try:
        return _is_newer(json.loads(untrusted_bytes))
    except (ValueError, KeyError, TypeError, RecursionError):
        return False


def _is_newer(content: Content) -> bool:
    return isinstance(content["format"], int) and content["format"] > FORMAT


def _well_formed(content: Content) -> bool:
    """Whether the fields have their kinds and the costs are payable; the check has already excluded damage."""
    slots = content["slots"]
    salts = [content["database_salt"], content["keystore_salt"]]
    if content["format"] != FORMAT or any(len(bytes.fromhex(salt)) != SALT_BYTES for salt in salts):
        return False
    if not isinstance(content["library"], str) or len(bytes.fromhex(content["mac"])) != _MAC_BYTES:
        return False
    return 0 < len(slots) <= _MOST_SLOTS and all(_well_formed_slot(slot) for slot in slots)


def _well_formed_slot(slot: dict[str, Any]) -> bool:
    kdf = slot["kdf"]
    bytes.fromhex(slot["box"])
    if not isinstance(slot["id"], str) or len(bytes.fromhex(kdf["salt"])) != SALT_BYTES:
        return False
    if slot["kind"] != PASSPHRASE:
        return True
    costs = (kdf["memory_kib"], kdf["passes"], kdf["lanes"])
    most = (LARGEST_COST.memory_kib, LARGEST_COST.passes, LARGEST_COST.lanes)
    return all(isinstance(cost, int) and 0 < cost <= limit for cost, limit in zip(costs, most, strict=True)) and (
        kdf["memory_kib"] >= 8 * kdf["lanes"]
    )


# --- writing ---------------------------------------------------------------------------------------------------------


def write(folder: Path, content: Content) -> None:
    """Write both twins, neither before there was room for both; raises `DiskFull`, `FolderReadOnly`."""
    try:
        replace_files([folder / name for name in _NAMES], _as_bytes(content))
    except OSError as error:
        fault = from_os_error(error)
        if fault is None:
            raise
        raise fault from None


def heal(folder: Path, content: Content) -> tuple[str, ...]:
    """Bring both twins back to `content`, which has just opened the library; a folder that refuses is left alone.

    Returns the names of those that were not whole and are now.
    """
    healed = []
    for name in _NAMES:
        try:
            whole = _checked(_bytes_of(folder / name)) == content
        except LibraryNewer:
            continue
        except OSError:
            whole = False
        if not whole:
            log.info("%s was missing or damaged and is written again", name)
            with suppress(OSError):
                replace_files([folder / name], _as_bytes(content))
                healed.append(name)
    return tuple(healed)


def _as_bytes(content: Content) -> bytes:
    return json.dumps(content, indent=1, sort_keys=True).encode() + b"\n"


def replace_files(paths: list[Path], content: bytes) -> None:
    """Put `content` under each of `paths`, in one folder: each has its old or its new bytes after a power cut, whole.

    A disk that is full, or a folder that may not be written in, is noticed before the first is replaced.
    """
    new = [path.with_name(path.name + ".new") for path in paths]
    try:
        for path in new:
            _write_whole(path, content)
        for path, name in zip(new, paths, strict=True):
            path.replace(name)
            sync_folder(name.parent)
    except OSError:
        for path in new:
            with suppress(OSError):
                path.unlink(missing_ok=True)
        raise


def _write_whole(path: Path, content: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_BINARY", 0), 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def sync_folder(folder: Path) -> None:
    """Make names that were created, replaced or removed in `folder` survive a power cut (not needed on Windows)."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
