"""The keys: unlock a library, derive what each part needs, wrap and unwrap; the only import of `cryptography`.

    passphrase   --Argon2id--> KEK --+
                                     +-- unwraps --> library master key (32 random bytes, never changes)
    recovery key --HKDF------> KEK --+                 --HKDF--> database, key store, audit log, wraps, MAC

`library.json` and its twin `library.json.bak` hold the wrapped master key (one slot per way in), the salts of the
databases and the costs. Nothing in them is secret without a passphrase; without either of them everything is lost.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import logging
import os
import secrets
import unicodedata
import uuid
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from cubb_desktop.domain.errors import (
    LibraryDamaged,
    LibraryExists,
    LibraryLocked,
    LibraryNewer,
    LibraryNotFound,
    PassphraseTooShort,
    RecoveryKeyMistyped,
    WrongPassphrase,
    WrongRecoveryKey,
    from_os_error,
)

log = logging.getLogger(__name__)

KEY_FILE = "library.json"
KEY_FILE_COPY = "library.json.bak"
FORMAT = 1
KEY_BYTES = 32
SALT_BYTES = 16
NONCE_BYTES = 12
LEAST_PASSPHRASE = 8

_CHACHA20_POLY1305 = 1  # the algorithm byte in front of every wrap
_LARGEST_KEY_FILE = 65_536
_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
_TO_CROCKFORD = str.maketrans(_BASE32, _CROCKFORD)
_FROM_CROCKFORD = str.maketrans(_CROCKFORD, _BASE32)
_RECOVERY_BYTES = 20
_GROUP = 4


class SealBroken(ValueError):  # noqa: N818 - what happened, as all faults here are named
    """A sealed piece was changed, belongs elsewhere or was sealed with another key."""


@dataclass(frozen=True, slots=True)
class KdfCost:
    """What one try at the passphrase costs (Argon2id)."""

    memory_kib: int
    passes: int
    lanes: int


DEFAULT_COST = KdfCost(memory_kib=256 * 1024, passes=3, lanes=4)
LEAST_COST = KdfCost(memory_kib=64 * 1024, passes=3, lanes=4)
_LARGEST_COST = KdfCost(memory_kib=2 * 1024 * 1024, passes=16, lanes=16)


def new_recording_key() -> bytes:
    """Return 32 random bytes for one recording."""
    return secrets.token_bytes(KEY_BYTES)


class SegmentCipher:
    """Seals the chunks of one segment of sound (STREAM): the key depends on every byte of the segment's header.

    A key never serves two segments, so a chunk's number and whether it is the last are its nonce.
    """

    def __init__(self, recording_key: bytes, salt: bytes, header: bytes) -> None:
        """`recording_key` and `salt` have 32 bytes; `header` is the segment's header as it stands in the file."""
        if len(recording_key) != KEY_BYTES or len(salt) != KEY_BYTES:
            raise ValueError("a segment needs a key and a salt of 32 bytes")
        info = b"cubb segment 1" + hashlib.sha256(header).digest()
        self._cipher = ChaCha20Poly1305(HKDF(SHA256(), KEY_BYTES, salt, info).derive(recording_key))

    def seal(self, index: int, last: bool, plaintext: bytes, aad: bytes) -> bytes:
        """Return the sealed chunk, 16 bytes longer than `plaintext`."""
        return self._cipher.encrypt(self._nonce(index, last), plaintext, aad)

    def open(self, index: int, last: bool, ciphertext: bytes, aad: bytes) -> bytes:
        """Return the chunk's bytes, or raise `SealBroken`."""
        try:
            return self._cipher.decrypt(self._nonce(index, last), ciphertext, aad)
        except InvalidTag:
            raise SealBroken from None

    @staticmethod
    def _nonce(index: int, last: bool) -> bytes:
        return index.to_bytes(NONCE_BYTES - 1, "big") + bytes([last])


class Vault:
    """An unlocked library's keys, in memory only; `lock` overwrites the master key (Python may hold copies)."""

    def __init__(self, folder: Path, master_key: bytes | bytearray, content: dict[str, Any]) -> None:
        self.folder = folder
        self._key = bytearray(master_key)
        self._content = content
        self.healed: tuple[str, ...] = ()  # key files that were found missing or damaged and are written again

    @classmethod
    def from_master_key(cls, folder: Path, key: bytes) -> Self:
        """Return the vault of `folder` for a process that was handed the master key; raises `WrongPassphrase`."""
        content = _read(folder)
        if not _mac_holds(content, key):
            raise WrongPassphrase
        return cls(folder, key, content)

    @property
    def library_id(self) -> str:
        """The library's UUID, as text."""
        return str(self._content["library"])

    @property
    def locked(self) -> bool:
        return not self._key

    def master_key(self) -> bytes:
        """Return the 32 bytes to hand to a worker over its standard input."""
        if not self._key:
            raise LibraryLocked
        return bytes(self._key)

    def database_key(self) -> tuple[bytes, bytes]:
        """Return key (32 bytes) and salt (16 bytes) of `library.db`."""
        return self._derive("db"), bytes.fromhex(self._content["database_salt"])

    def keystore_key(self) -> tuple[bytes, bytes]:
        """Return key (32 bytes) and salt (16 bytes) of `keys.db`."""
        return self._derive("keys.db"), bytes.fromhex(self._content["keystore_salt"])

    def audit_key(self) -> bytes:
        """Return the key that chains the audit log."""
        return self._derive("audit")

    def wrap_recording_key(self, recording_id: str, key: bytes) -> bytes:
        """Return `key` sealed for `recording_id` only: algorithm byte, nonce, box."""
        return _wrap(self._derive("wrap"), key, recording_id.encode())

    def unwrap_recording_key(self, recording_id: str, wrapped: bytes) -> bytes:
        """Return the recording's key, or raise `SealBroken`."""
        return _unwrap(self._derive("wrap"), wrapped, recording_id.encode())

    def change_passphrase(self, old: str, new: str, cost: KdfCost = DEFAULT_COST, *, allow_weak: bool = False) -> None:
        """Let `new` open the library instead of `old`; a wrong `old` changes nothing (`WrongPassphrase`)."""
        if _open_passphrase_slot(self._content, old) is None:
            raise WrongPassphrase
        self.set_passphrase(new, cost, allow_weak=allow_weak)

    def set_passphrase(self, new: str, cost: KdfCost = DEFAULT_COST, *, allow_weak: bool = False) -> None:
        """Replace the passphrase of an unlocked library, as after unlocking with the recovery key."""
        slot = _passphrase_slot(self.library_id, self.master_key(), new, _allowed(cost, allow_weak))
        others = [s for s in self._content["slots"] if s["kind"] != "passphrase"]
        self._content = _signed({**self._content, "slots": [slot, *others]}, self.master_key())
        _write(self.folder, self._content)

    def lock(self) -> None:
        """Overwrite the master key; everything that needs it raises `LibraryLocked` from now on."""
        for place in range(len(self._key)):
            self._key[place] = 0
        self._key = bytearray()

    def save(self) -> None:
        """Write `library.json` and its twin; raises `DiskFull`, `FolderReadOnly`."""
        _write(self.folder, self._content)

    def _derive(self, purpose: str) -> bytes:
        return _subkey(self.master_key(), purpose)


def is_library(folder: Path) -> bool:
    """Whether `folder` holds a library's key file."""
    return any((folder / name).is_file() for name in (KEY_FILE, KEY_FILE_COPY))


def new_vault(
    folder: Path, passphrase: str, cost: KdfCost = DEFAULT_COST, *, allow_weak: bool = False
) -> tuple[Vault, str]:
    """Return a vault that is not on disk yet (`Vault.save` puts it there) and its recovery key as text."""
    master_key = secrets.token_bytes(KEY_BYTES)
    library_id = str(uuid.uuid4())
    recovery = secrets.token_bytes(_RECOVERY_BYTES)
    slots = [
        _passphrase_slot(library_id, master_key, passphrase, _allowed(cost, allow_weak)),
        _recovery_slot(library_id, master_key, recovery),
    ]
    content = {
        "format": FORMAT,
        "library": library_id,
        "database_salt": secrets.token_hex(SALT_BYTES),
        "keystore_salt": secrets.token_hex(SALT_BYTES),
        "slots": slots,
    }
    return Vault(folder, master_key, _signed(content, master_key)), recovery_text(recovery)


def create_vault(
    folder: Path, passphrase: str, cost: KdfCost = DEFAULT_COST, *, allow_weak: bool = False
) -> tuple[Vault, str]:
    """Make `library.json` in `folder`; return the vault and the recovery key, which is shown once and kept nowhere."""
    if is_library(folder):
        raise LibraryExists
    vault, recovery = new_vault(folder, passphrase, cost, allow_weak=allow_weak)
    vault.save()
    return vault, recovery


def unlock(folder: Path, passphrase: str) -> Vault:
    """Return the vault of `folder`; raises `WrongPassphrase` and changes nothing when the passphrase is wrong."""
    content = _read(folder)
    master_key = _open_passphrase_slot(content, passphrase)
    if master_key is None:
        raise WrongPassphrase
    return _unlocked(folder, master_key, content)


def unlock_with_recovery_key(folder: Path, text: str) -> Vault:
    """Return the vault of `folder`; raises `RecoveryKeyMistyped` before and `WrongRecoveryKey` after trying the key."""
    content = _read(folder)
    recovery = recovery_bytes(text)
    for slot in content["slots"]:
        if slot["kind"] == "recovery":
            kek = HKDF(SHA256(), KEY_BYTES, bytes.fromhex(slot["kdf"]["salt"]), b"cubb recovery 1").derive(recovery)
            with suppress(SealBroken):
                return _unlocked(folder, _open_slot(content["library"], slot, kek), content)
    raise WrongRecoveryKey


def _unlocked(folder: Path, master_key: bytes, content: dict[str, Any]) -> Vault:
    if not _mac_holds(content, master_key):
        raise LibraryDamaged
    healed = _heal(folder, content)
    vault = Vault(folder, master_key, content)
    vault.healed = healed
    return vault


# --- the recovery key as text ----------------------------------------------------------------------------------------


def recovery_text(recovery: bytes) -> str:
    """Return 20 bytes as eight groups of four characters (Crockford base32) and a ninth that checks them."""
    characters = base64.b32encode(recovery).decode().translate(_TO_CROCKFORD) + _check_group(recovery)
    return "-".join(characters[at : at + _GROUP] for at in range(0, len(characters), _GROUP))


def recovery_bytes(text: str) -> bytes:
    """Return the 20 bytes of a recovery key as somebody typed it; raises `RecoveryKeyMistyped`."""
    folded = text.upper().translate(str.maketrans("OIL", "011"))
    characters = "".join(c for c in folded if not c.isspace() and c not in "-–—")
    length = _RECOVERY_BYTES * 8 // 5
    if len(characters) != length + _GROUP or any(c not in _CROCKFORD for c in characters):
        raise RecoveryKeyMistyped
    recovery = base64.b32decode(characters[:length].translate(_FROM_CROCKFORD))
    if characters[length:] != _check_group(recovery):
        raise RecoveryKeyMistyped
    return recovery


def _check_group(recovery: bytes) -> str:
    digest = hashlib.sha256(b"cubb recovery check" + recovery).digest()
    return base64.b32encode(digest).decode().translate(_TO_CROCKFORD)[:_GROUP]


# --- slots -----------------------------------------------------------------------------------------------------------


def _allowed(cost: KdfCost, allow_weak: bool) -> KdfCost:
    too_cheap = cost.memory_kib < LEAST_COST.memory_kib or cost.passes < LEAST_COST.passes
    if too_cheap and not allow_weak:
        raise ValueError("the passphrase must cost at least 64 MiB and 3 passes")
    return cost


def _stretch(passphrase: str, salt: bytes, cost: KdfCost) -> bytes:
    secret = unicodedata.normalize("NFC", passphrase).encode()
    kdf = Argon2id(salt=salt, length=KEY_BYTES, iterations=cost.passes, lanes=cost.lanes, memory_cost=cost.memory_kib)
    return kdf.derive(secret)


def _passphrase_slot(library_id: str, master_key: bytes, passphrase: str, cost: KdfCost) -> dict[str, Any]:
    if len(passphrase) < LEAST_PASSPHRASE:
        raise PassphraseTooShort(least=LEAST_PASSPHRASE)
    salt = secrets.token_bytes(SALT_BYTES)
    kdf = {"name": "argon2id", "salt": salt.hex(), **asdict(cost)}
    return _new_slot(library_id, "passphrase", kdf, _stretch(passphrase, salt, cost), master_key)


def _recovery_slot(library_id: str, master_key: bytes, recovery: bytes) -> dict[str, Any]:
    salt = secrets.token_bytes(SALT_BYTES)
    kek = HKDF(SHA256(), KEY_BYTES, salt, b"cubb recovery 1").derive(recovery)
    return _new_slot(library_id, "recovery", {"name": "hkdf-sha256", "salt": salt.hex()}, kek, master_key)


def _new_slot(library_id: str, kind: str, kdf: dict[str, Any], kek: bytes, master_key: bytes) -> dict[str, Any]:
    slot: dict[str, Any] = {"id": str(uuid.uuid4()), "kind": kind, "kdf": kdf}
    slot["box"] = _wrap(kek, master_key, _slot_aad(library_id, slot)).hex()
    return slot


def _open_slot(library_id: str, slot: dict[str, Any], kek: bytes) -> bytes:
    return _unwrap(kek, bytes.fromhex(slot["box"]), _slot_aad(library_id, slot))


def _open_passphrase_slot(content: dict[str, Any], passphrase: str) -> bytes | None:
    for slot in content["slots"]:
        if slot["kind"] == "passphrase":
            kdf = slot["kdf"]
            cost = KdfCost(kdf["memory_kib"], kdf["passes"], kdf["lanes"])
            with suppress(SealBroken):
                return _open_slot(content["library"], slot, _stretch(passphrase, bytes.fromhex(kdf["salt"]), cost))
    return None


def _slot_aad(library_id: str, slot: dict[str, Any]) -> bytes:
    return _canonical({"library": library_id, "slot": slot["id"], "kind": slot["kind"], "kdf": slot["kdf"]})


def _wrap(key: bytes, secret: bytes, aad: bytes) -> bytes:
    nonce = secrets.token_bytes(NONCE_BYTES)
    algorithm = bytes([_CHACHA20_POLY1305])
    return algorithm + nonce + ChaCha20Poly1305(key).encrypt(nonce, secret, algorithm + aad)


def _unwrap(key: bytes, wrapped: bytes, aad: bytes) -> bytes:
    algorithm, nonce, box = wrapped[:1], wrapped[1 : 1 + NONCE_BYTES], wrapped[1 + NONCE_BYTES :]
    if algorithm != bytes([_CHACHA20_POLY1305]) or len(nonce) != NONCE_BYTES:
        raise SealBroken
    try:
        return ChaCha20Poly1305(key).decrypt(nonce, box, algorithm + aad)
    except InvalidTag:
        raise SealBroken from None


def _subkey(master_key: bytes, purpose: str) -> bytes:
    return HKDF(SHA256(), KEY_BYTES, None, b"cubb library 1/" + purpose.encode()).derive(master_key)


# --- library.json ----------------------------------------------------------------------------------------------------


def _canonical(content: dict[str, Any]) -> bytes:
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode()


def _body(content: dict[str, Any]) -> bytes:
    return _canonical({name: value for name, value in content.items() if name not in ("check", "mac")})


def _signed(content: dict[str, Any], master_key: bytes) -> dict[str, Any]:
    """Add `check` (damage is seen without a key, so that the twin can step in) and `mac` (tampering is seen)."""
    body = _body(content)
    mac = hmac.new(_subkey(master_key, "library.json"), body, hashlib.sha256).hexdigest()
    return {**json.loads(body), "check": hashlib.sha256(body + mac.encode()).hexdigest(), "mac": mac}


def _mac_holds(content: dict[str, Any], master_key: bytes) -> bool:
    mac = hmac.new(_subkey(master_key, "library.json"), _body(content), hashlib.sha256).hexdigest()
    return hmac.compare_digest(mac, content["mac"])


def _read(folder: Path) -> dict[str, Any]:
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
    most = (_LARGEST_COST.memory_kib, _LARGEST_COST.passes, _LARGEST_COST.lanes)
    return all(isinstance(cost, int) and 0 < cost <= limit for cost, limit in zip(costs, most, strict=True)) and (
        kdf["memory_kib"] >= 8 * kdf["lanes"]
    )


def _write(folder: Path, content: dict[str, Any]) -> None:
    untidy = json.dumps(content, indent=1, sort_keys=True).encode() + b"\n"
    try:
        for name in (KEY_FILE, KEY_FILE_COPY):
            _replace(folder / name, untidy)
    except OSError as error:
        fault = from_os_error(error)
        if fault is None:
            raise
        raise fault from None


def _replace(path: Path, content: bytes) -> None:
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


def _heal(folder: Path, content: dict[str, Any]) -> tuple[str, ...]:
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
                _replace(folder / name, json.dumps(content, indent=1, sort_keys=True).encode() + b"\n")
                healed.append(name)
    return tuple(healed)
