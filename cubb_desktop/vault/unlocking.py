"""The unlocked library's keys, and the ways to make and unlock it."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Self

from cubb_desktop.domain.errors import (
    KeyringForgot,
    LibraryDamaged,
    LibraryExists,
    LibraryLocked,
    WrongPassphrase,
    WrongRecoveryKey,
)
from cubb_desktop.vault.calibration import cost_here
from cubb_desktop.vault.keyfile import FORMAT, Content, heal, is_library, mac_holds, read, signed, write
from cubb_desktop.vault.recovery import new_recovery_key, recovery_bytes
from cubb_desktop.vault.sealing import KEY_BYTES, SALT_BYTES, Secret, subkey, unwrap, wipe, wiped, wrap
from cubb_desktop.vault.slots import (
    KEYRING,
    PASSPHRASE,
    RECOVERY,
    KdfCost,
    allowed,
    of_kind,
    open_with_passphrase,
    open_with_secret,
    passphrase_slot,
    require_strong,
    secret_slot,
    without_kind,
)

_CONFIRMED = "recovery_confirmed"  # absent in libraries made before it was asked for: those count as confirmed


class Vault:
    """An unlocked library's keys, in memory only.

    The master key is in one buffer, which `lock` zeroes. Keys that are handed out as `bytes` (for the databases, a
    recording, the worker's standard input) are copies that Python frees but does not overwrite.
    """

    def __init__(self, folder: Path, master_key: Secret, content: Content) -> None:
        """A `bytearray` is taken over as it is, and zeroed by `lock`."""
        self.folder = folder
        self._key = master_key if isinstance(master_key, bytearray) else bytearray(master_key)
        self._content = content
        self.healed: tuple[str, ...] = ()  # key files that were found missing or damaged and are written again

    @classmethod
    def from_master_key(cls, folder: Path, key: Secret) -> Self:
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

    # --- keys --------------------------------------------------------------------------------------------------------

    def master_key(self) -> bytes:
        """Return the 32 bytes to hand to a worker over its standard input."""
        return bytes(self._master())

    def database_key(self) -> tuple[bytes, bytes]:
        """Return key (32 bytes) and salt (16 bytes) of `library.db`."""
        return self._subkey("db"), bytes.fromhex(self._content["database_salt"])

    def keystore_key(self) -> tuple[bytes, bytes]:
        """Return key (32 bytes) and salt (16 bytes) of `keys.db`."""
        return self._subkey("keys.db"), bytes.fromhex(self._content["keystore_salt"])

    def audit_key(self) -> bytes:
        """Return the key that chains the audit log."""
        return self._subkey("audit")

    def backup_key(self) -> bytes:
        """Return the key that seals what a backup holds besides the recordings' own."""
        return self._subkey("backup")

    def wrap_recording_key(self, recording_id: str, key: bytes) -> bytes:
        """Return `key` sealed for `recording_id` only: algorithm byte, nonce, box."""
        with wiped(subkey(self._master(), "wrap")) as kek:
            return wrap(kek, key, recording_id.encode())

    def unwrap_recording_key(self, recording_id: str, wrapped: bytes) -> bytes:
        """Return the recording's key, or raise `SealBroken`."""
        with wiped(subkey(self._master(), "wrap")) as kek, wiped(unwrap(kek, wrapped, recording_id.encode())) as key:
            return bytes(key)

    def _subkey(self, purpose: str) -> bytes:
        with wiped(subkey(self._master(), purpose)) as key:
            return bytes(key)

    def _master(self) -> bytearray:
        if not self._key:
            raise LibraryLocked
        return self._key

    def lock(self) -> None:
        """Overwrite the master key; everything that needs it raises `LibraryLocked` from now on."""
        wipe(self._key)
        self._key = bytearray()

    # --- ways in -----------------------------------------------------------------------------------------------------

    def require_passphrase(self, passphrase: str) -> None:
        """Raise `WrongPassphrase` unless `passphrase` opens the library; takes as long as unlocking."""
        key = open_with_passphrase(read(self.folder), passphrase)
        if key is None:
            raise WrongPassphrase
        wipe(key)

    def change_passphrase(self, old: str, new: str, cost: KdfCost | None = None, *, allow_weak: bool = False) -> None:
        """Let `new` open the library instead of `old`; a wrong `old` changes nothing (`WrongPassphrase`)."""
        self.require_passphrase(old)
        self.set_passphrase(new, cost, allow_weak=allow_weak)

    def set_passphrase(self, new: str, cost: KdfCost | None = None, *, allow_weak: bool = False) -> None:
        """Replace the passphrase of an unlocked library, as after unlocking with the recovery key.

        `cost` None is what takes about a second on this machine. Raises `PassphraseTooShort`,
        `PassphraseGuessable`, `DiskFull`, `FolderReadOnly`; the old passphrase then still opens the library.
        """
        require_strong(new)
        paid = cost_here() if cost is None else allowed(cost, allow_weak=allow_weak)
        slot = passphrase_slot(self.library_id, self._master(), new, paid)
        self._rewrite(lambda content: {**content, "slots": [slot, *without_kind(content, PASSPHRASE)]})

    @property
    def recovery_confirmed(self) -> bool:
        """Whether the recovery key has been typed back; a library is not finished before that."""
        return self._content.get(_CONFIRMED, True) is True

    def confirm_recovery_key(self) -> None:
        """Remember that the recovery key has been typed back, or was handed to a program that keeps it."""
        self._rewrite(lambda content: {**content, _CONFIRMED: True})

    def replace_recovery_key(self, text: str, *, confirmed: bool = True) -> None:
        """Let the recovery key `text` open the library; the one before opens nothing any more.

        Show `new_recovery_key()` and have it typed back first: until this is called the old one holds.
        """
        slot = secret_slot(RECOVERY, self.library_id, self._master(), recovery_bytes(text))
        self._rewrite(
            lambda content: {**content, "slots": [*without_kind(content, RECOVERY), slot], _CONFIRMED: confirmed}
        )

    @property
    def opens_by_keyring(self) -> bool:
        """Whether a secret in the system's keyring opens the library."""
        return bool(of_kind(self._content, KEYRING))

    def add_keyring_secret(self, secret: Secret) -> None:
        """Let a secret that the system's keyring keeps open the library, instead of one before."""
        slot = secret_slot(KEYRING, self.library_id, self._master(), secret)
        self._rewrite(lambda content: {**content, "slots": [*without_kind(content, KEYRING), slot]})

    def remove_keyring_secret(self) -> None:
        """Let no secret of the system's keyring open the library any more."""
        self._rewrite(lambda content: {**content, "slots": without_kind(content, KEYRING)})

    def save(self) -> None:
        """Write `library.json` and its twin; raises `DiskFull`, `FolderReadOnly`."""
        write(self.folder, self._content)

    def _rewrite(self, change: Callable[[Content], Content]) -> None:
        """Change what is on the disk now, for another process may have changed it, and remember it once it is there."""
        content = read(self.folder)
        if not mac_holds(content, self._master()):
            raise LibraryDamaged
        changed = signed(change(content), self._master())
        write(self.folder, changed)
        self._content = changed


def new_vault(
    folder: Path, passphrase: str, cost: KdfCost | None = None, *, allow_weak: bool = False
) -> tuple[Vault, str]:
    """Return a vault that is not on disk yet (`Vault.save` puts it there) and its recovery key as text.

    The recovery key counts as unconfirmed. `cost` None is what takes about a second on this machine.
    """
    require_strong(passphrase)
    paid = cost_here() if cost is None else allowed(cost, allow_weak=allow_weak)
    master_key = secrets.token_bytes(KEY_BYTES)
    library_id = str(uuid.uuid4())
    recovery = new_recovery_key()
    slots = [
        passphrase_slot(library_id, master_key, passphrase, paid),
        secret_slot(RECOVERY, library_id, master_key, recovery_bytes(recovery)),
    ]
    content = {
        "format": FORMAT,
        "library": library_id,
        "database_salt": secrets.token_hex(SALT_BYTES),
        "keystore_salt": secrets.token_hex(SALT_BYTES),
        "slots": slots,
        _CONFIRMED: False,
    }
    return Vault(folder, master_key, signed(content, master_key)), recovery


def create_vault(
    folder: Path, passphrase: str, cost: KdfCost | None = None, *, allow_weak: bool = False
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
    master_key = open_with_passphrase(content, passphrase)
    if master_key is None:
        raise WrongPassphrase
    return _unlocked(folder, master_key, content)


def unlock_with_recovery_key(folder: Path, text: str) -> Vault:
    """Return the vault of `folder`; raises `RecoveryKeyMistyped` before and `WrongRecoveryKey` after trying the key."""
    content = read(folder)
    master_key = open_with_secret(RECOVERY, content, recovery_bytes(text))
    if master_key is None:
        raise WrongRecoveryKey
    return _unlocked(folder, master_key, content)


def unlock_with_keyring_secret(folder: Path, secret: Secret) -> Vault:
    """Return the vault of `folder`; raises `KeyringForgot` where what the system's keyring kept does not open it."""
    content = read(folder)
    master_key = open_with_secret(KEYRING, content, secret)
    if master_key is None:
        raise KeyringForgot
    return _unlocked(folder, master_key, content)


def _unlocked(folder: Path, master_key: bytearray, content: Content) -> Vault:
    if not mac_holds(content, master_key):
        wipe(master_key)
        raise LibraryDamaged
    vault = Vault(folder, master_key, content)
    vault.healed = heal(folder, content)
    return vault
