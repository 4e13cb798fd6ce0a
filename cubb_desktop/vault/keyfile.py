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
from cubb_desktop.vault.sealing import SALT_BYTES, subkey
from cubb_desktop.vault.slots import LARGEST_COST, canonical

log = logging.getLogger(__name__)

KEY_FILE = "library.json"
KEY_FILE_COPY = "library.json.bak"
FORMAT = 1

_LARGEST_KEY_FILE = 65_536


def is_library(folder: Path) -> bool:
    """Whether `folder` holds a library's key file."""
    return any((folder / name).is_file() for name in (KEY_FILE, KEY_FILE_COPY))


def _body(content: dict[str, Any]) -> bytes:
    return canonical({name: value for name, value in content.items() if name not in ("check", "mac")})


def signed(content: dict[str, Any], master_key: bytes) -> dict[str, Any]:
    """Add `check` (damage is seen without a key, so that the twin can step in) and `mac` (tampering is seen)."""
    body = _body(content)
    mac = hmac.new(subkey(master_key, "library.json"), body, hashlib.sha256).hexdigest()
    return {**json.loads(body), "check": hashlib.sha256(body + mac.encode()).hexdigest(), "mac": mac}


def mac_holds(content: dict[str, Any], master_key: bytes) -> bool:
    mac = hmac.new(subkey(master_key, "library.json"), _body(content), hashlib.sha256).hexdigest()
    return hmac.compare_digest(mac, content["mac"])


def read(folder: Path) -> dict[str, Any]:
    """Return the key file's content, or its twin's when it is missing or damaged."""
    found = False
    for name in (KEY_FILE, KEY_FILE_COPY):
        try:
            with (folder / name).open("rb") as file:
                untrusted_bytes = file.read(_LARGEST_KEY_FILE + 1)
        except (FileNotFoundError, NotADirectoryError):
            continue
        except OSError:
            found = True
            continue
        found = True
        content = _checked(untrusted_bytes)
        if content is not None:
            return content
    raise LibraryDamaged if found else LibraryNotFound


def _checked(untrusted_bytes: bytes) -> dict[str, Any] | None:
    """Return a whole and well-formed key file's content, None for a damaged one; raises `LibraryNewer`."""
    if len(untrusted_bytes) > _LARGEST_KEY_FILE:
        return None
    try:
        content = json.loads(untrusted_bytes)
        if not isinstance(content, dict):
            return None
        if isinstance(content.get("format"), int) and content["format"] > FORMAT:
            raise LibraryNewer
        whole = hashlib.sha256(_body(content) + content["mac"].encode()).hexdigest() == content["check"]
        return content if whole and _well_formed(content) else None
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None


def _well_formed(content: dict[str, Any]) -> bool:
    """Whether the fields have their kinds and the costs are payable; the check has already excluded damage."""
    slots = content["slots"]
    salts = [content["database_salt"], content["keystore_salt"]]
    if content["format"] != FORMAT or any(len(bytes.fromhex(salt)) != SALT_BYTES for salt in salts):
        return False
    if not isinstance(content["library"], str) or not isinstance(slots, list) or not 0 < len(slots) <= 16:
        return False
    return all(_well_formed_slot(slot) for slot in slots)


def _well_formed_slot(slot: dict[str, Any]) -> bool:
    kdf = slot["kdf"]
    bytes.fromhex(slot["box"])
    if not isinstance(slot["id"], str) or len(bytes.fromhex(kdf["salt"])) != SALT_BYTES:
        return False
    if slot["kind"] != "passphrase":
        return True
    costs = (kdf["memory_kib"], kdf["passes"], kdf["lanes"])
    most = (LARGEST_COST.memory_kib, LARGEST_COST.passes, LARGEST_COST.lanes)
    return all(isinstance(cost, int) and 0 < cost <= limit for cost, limit in zip(costs, most, strict=True)) and (
        kdf["memory_kib"] >= 8 * kdf["lanes"]
    )


def write(folder: Path, content: dict[str, Any]) -> None:
    untidy = json.dumps(content, indent=1, sort_keys=True).encode() + b"\n"
    try:
        for name in (KEY_FILE, KEY_FILE_COPY):
            replace_file(folder / name, untidy)
    except OSError as error:
        fault = from_os_error(error)
        if fault is None:
            raise
        raise fault from None


def replace_file(path: Path, content: bytes) -> None:
    """Put `content` under `path` so that after a power cut either the old or the new bytes are there, whole."""
    new = path.with_name(path.name + ".new")
    try:
        descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_BINARY", 0), 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        new.replace(path)
    except OSError:
        with suppress(OSError):
            new.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make names that were created, replaced or removed in `folder` survive a power cut (not needed on Windows)."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def heal(folder: Path, content: dict[str, Any]) -> tuple[str, ...]:
    """Bring both twins back to `content`, which has just opened the library; a folder that refuses is left alone.

    Returns the names of those that were not whole and are now.
    """
    healed = []
    for name in (KEY_FILE, KEY_FILE_COPY):
        try:
            whole = _checked((folder / name).read_bytes()) == content
        except LibraryNewer:
            continue
        except OSError:
            whole = False
        if not whole:
            log.info("%s was missing or damaged and is written again", name)
            with suppress(OSError):
                replace_file(folder / name, json.dumps(content, indent=1, sort_keys=True).encode() + b"\n")
                healed.append(name)
    return tuple(healed)
