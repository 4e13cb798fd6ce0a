"""Guessing at a library's keys, and damaging its key files byte by byte: small in the tests, large in `bench vault`."""

from __future__ import annotations

import random
import secrets
from dataclasses import dataclass, field
from pathlib import Path

from cubb_desktop import vault
from cubb_desktop.domain.errors import (
    CubbError,
    KeyringForgot,
    LibraryDamaged,
    LibraryNewer,
    RecoveryKeyMistyped,
    WrongPassphrase,
    WrongRecoveryKey,
)
from cubb_desktop.vault import KEY_FILE, KEY_FILE_COPY, Vault
from tests.builders import CHEAP, PASSPHRASE

LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


@dataclass
class Library:
    """A library's key files, what opens them, and what they must open to."""

    folder: Path
    recovery: str
    master_key: bytes
    secret: bytes


@dataclass
class Outcome:
    """What a campaign found; empty lists are the bar."""

    tries: int = 0
    told: int = 0  # refused with one of the sentences for it
    healed: int = 0
    opened: list[str] = field(default_factory=list)
    odd: list[str] = field(default_factory=list)
    written: list[str] = field(default_factory=list)


def make(folder: Path) -> Library:
    """Make key files with a slot of each kind; a try at the passphrase costs next to nothing."""
    folder.mkdir()
    made, recovery = vault.create_vault(folder, PASSPHRASE, CHEAP, allow_weak=True)
    secret = secrets.token_bytes(32)
    made.add_keyring_secret(secret)
    return Library(folder, recovery, made.master_key(), secret)


def snapshot(folder: Path) -> dict[str, tuple[bytes, int, int]]:
    """What a write of any kind would change."""
    return {
        path.name: (path.read_bytes() if path.is_file() else b"", path.stat().st_mtime_ns, path.stat().st_ino)
        for path in [folder, *folder.iterdir()]
    }


def guess(library: Library, tries: int, seed: int = 1) -> Outcome:
    """Try wrong passphrases, recovery keys, slips of the right ones, keyring secrets and master keys in turn."""
    chance, outcome = random.Random(seed), Outcome()
    before = snapshot(library.folder)
    ways = (_passphrase, _recovery_key, _slip, _keyring_secret, _master_key, _slipped_passphrase)
    for number in range(tries):
        way = ways[number % len(ways)]
        outcome.tries += 1
        try:
            way(library, chance)
        except (WrongPassphrase, WrongRecoveryKey, RecoveryKeyMistyped, KeyringForgot):
            outcome.told += 1
        except Exception as error:
            outcome.odd.append(f"{way.__name__} #{number}: {type(error).__name__}")
        else:
            outcome.opened.append(f"{way.__name__} #{number}")
    after = snapshot(library.folder)
    outcome.written = sorted(name for name in {**before, **after} if before.get(name) != after.get(name))
    return outcome


def _passphrase(library: Library, chance: random.Random) -> None:
    vault.unlock(library.folder, "".join(chr(chance.randrange(32, 0x1F6)) for _ in range(chance.randrange(40))))


def _slipped_passphrase(library: Library, chance: random.Random) -> None:
    at = chance.randrange(len(PASSPHRASE))
    slips = (
        PASSPHRASE[:at] + PASSPHRASE[at + 1 :],
        PASSPHRASE[:at] + chance.choice("qQ9_") + PASSPHRASE[at + 1 :],
        PASSPHRASE.upper(),
        PASSPHRASE + " ",
    )
    vault.unlock(library.folder, chance.choice(slips))


def _recovery_key(library: Library, chance: random.Random) -> None:
    vault.unlock_with_recovery_key(library.folder, vault.recovery_text(chance.randbytes(20)))


def _slip(library: Library, chance: random.Random) -> None:
    """One letter wrong, two groups swapped, one left out."""
    groups = library.recovery.split("-")
    kind = chance.randrange(3)
    if kind == 0:
        at = chance.randrange(len(groups))
        place = chance.randrange(4)
        other = chance.choice([letter for letter in LETTERS if letter != groups[at][place]])
        groups[at] = groups[at][:place] + other + groups[at][place + 1 :]
    elif kind == 1:
        one, other_group = chance.sample(range(len(groups)), 2)
        groups[one], groups[other_group] = groups[other_group], groups[one]
        if "-".join(groups) == library.recovery:
            groups[one] = "0000"
    else:
        del groups[chance.randrange(len(groups))]
    vault.unlock_with_recovery_key(library.folder, "-".join(groups))


def _keyring_secret(library: Library, chance: random.Random) -> None:
    vault.unlock_with_keyring_secret(library.folder, chance.randbytes(32))


def _master_key(library: Library, chance: random.Random) -> None:
    Vault.from_master_key(library.folder, chance.randbytes(32))


def damage(library: Library, step: int = 1, seed: int = 1) -> Outcome:
    """Damage each `step`th byte, and cut at each `step`th length: one twin, the other, and both alike.

    With one whole twin the library opens and the damaged one is mended; with none it opens to the same key or says so.
    """
    chance, outcome = random.Random(seed), Outcome()
    whole = (library.folder / KEY_FILE).read_bytes()
    for at in range(0, len(whole), step):
        flipped = bytearray(whole)
        flipped[at] ^= chance.randrange(1, 256)
        for bad in (bytes(flipped), whole[:at]):
            for names in ((KEY_FILE,), (KEY_FILE_COPY,), (KEY_FILE, KEY_FILE_COPY)):
                _damaged(library, whole, bad, names, outcome, f"byte {at} of {' and '.join(names)}")
    return outcome


def _damaged(library: Library, whole: bytes, bad: bytes, names: tuple[str, ...], outcome: Outcome, where: str) -> None:
    for name in (KEY_FILE, KEY_FILE_COPY):
        (library.folder / name).write_bytes(bad if name in names else whole)
    outcome.tries += 1
    try:
        opened = vault.unlock_with_recovery_key(library.folder, library.recovery)
    except (LibraryDamaged, LibraryNewer) as error:
        outcome.told += 1
        if len(names) == 1:
            outcome.odd.append(f"{where}: {error.code} although its twin is whole")
        return
    except (CubbError, Exception) as error:
        outcome.odd.append(f"{where}: {type(error).__name__}")
        return
    outcome.healed += bool(opened.healed)
    if opened.master_key() != library.master_key:
        outcome.opened.append(where)
    if len(names) == 1 and any((library.folder / name).read_bytes() != whole for name in opened.healed):
        outcome.written.append(where)
