"""The unlocked library's keys, and the ways to make and unlock it."""

from __future__ import annotations

import secrets
import uuid
from contextlib import suppress
from pathlib import Path
from typing import Any, Self

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from cubb_desktop.domain.errors import (
    LibraryDamaged,
    LibraryExists,
    LibraryLocked,
    WrongPassphrase,
    WrongRecoveryKey,
)
from cubb_desktop.vault.keyfile import FORMAT, heal, is_library, mac_holds, read, signed, write
from cubb_desktop.vault.recovery import RECOVERY_BYTES, recovery_bytes, recovery_text
from cubb_desktop.vault.sealing import KEY_BYTES, SALT_BYTES, SealBroken, subkey, unwrap, wrap
from cubb_desktop.vault.slots import (
    DEFAULT_COST,
    KdfCost,
    allowed,
    open_passphrase_slot,
    open_slot,
    passphrase_slot,
    recovery_slot,
)


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
        content = read(folder)
        if not mac_holds(content, key):
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
        return wrap(self._derive("wrap"), key, recording_id.encode())

    def unwrap_recording_key(self, recording_id: str, wrapped: bytes) -> bytes:
        """Return the recording's key, or raise `SealBroken`."""
        return unwrap(self._derive("wrap"), wrapped, recording_id.encode())

    def change_passphrase(self, old: str, new: str, cost: KdfCost = DEFAULT_COST, *, allow_weak: bool = False) -> None:
        """Let `new` open the library instead of `old`; a wrong `old` changes nothing (`WrongPassphrase`)."""
        if open_passphrase_slot(self._content, old) is None:
            raise WrongPassphrase
        self.set_passphrase(new, cost, allow_weak=allow_weak)

    def set_passphrase(self, new: str, cost: KdfCost = DEFAULT_COST, *, allow_weak: bool = False) -> None:
        """Replace the passphrase of an unlocked library, as after unlocking with the recovery key."""
        slot = passphrase_slot(self.library_id, self.master_key(), new, allowed(cost, allow_weak))
        others = [s for s in self._content["slots"] if s["kind"] != "passphrase"]
        self._content = signed({**self._content, "slots": [slot, *others]}, self.master_key())
        write(self.folder, self._content)

    def lock(self) -> None:
        """Overwrite the master key; everything that needs it raises `LibraryLocked` from now on."""
        for place in range(len(self._key)):
            self._key[place] = 0
        self._key = bytearray()

    def save(self) -> None:
        """Write `library.json` and its twin; raises `DiskFull`, `FolderReadOnly`."""
        write(self.folder, self._content)

    def _derive(self, purpose: str) -> bytes:
        return subkey(self.master_key(), purpose)


def new_vault(
    folder: Path, passphrase: str, cost: KdfCost = DEFAULT_COST, *, allow_weak: bool = False
) -> tuple[Vault, str]:
    """Return a vault that is not on disk yet (`Vault.save` puts it there) and its recovery key as text."""
    master_key = secrets.token_bytes(KEY_BYTES)
    library_id = str(uuid.uuid4())
    recovery = secrets.token_bytes(RECOVERY_BYTES)
    slots = [
        passphrase_slot(library_id, master_key, passphrase, allowed(cost, allow_weak)),
        recovery_slot(library_id, master_key, recovery),
    ]
    content = {
        "format": FORMAT,
        "library": library_id,
        "database_salt": secrets.token_hex(SALT_BYTES),
        "keystore_salt": secrets.token_hex(SALT_BYTES),
        "slots": slots,
    }
    return Vault(folder, master_key, signed(content, master_key)), recovery_text(recovery)


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
    content = read(folder)
    master_key = open_passphrase_slot(content, passphrase)
    if master_key is None:
        raise WrongPassphrase
    return _unlocked(folder, master_key, content)


def unlock_with_recovery_key(folder: Path, text: str) -> Vault:
    """Return the vault of `folder`; raises `RecoveryKeyMistyped` before and `WrongRecoveryKey` after trying the key."""
    content = read(folder)
    recovery = recovery_bytes(text)
    for slot in content["slots"]:
        if slot["kind"] == "recovery":
            kek = HKDF(SHA256(), KEY_BYTES, bytes.fromhex(slot["kdf"]["salt"]), b"cubb recovery 1").derive(recovery)
            with suppress(SealBroken):
                return _unlocked(folder, open_slot(content["library"], slot, kek), content)
    raise WrongRecoveryKey


def _unlocked(folder: Path, master_key: bytes, content: dict[str, Any]) -> Vault:
    if not mac_holds(content, master_key):
        raise LibraryDamaged
    healed = heal(folder, content)
    vault = Vault(folder, master_key, content)
    vault.healed = healed
    return vault
