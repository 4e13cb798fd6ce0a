"""Slots: each wraps the library's master key under one way in, with what that way costs."""

from __future__ import annotations

import json
import secrets
import unicodedata
import uuid
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import Any

from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from cubb_desktop.domain.errors import PassphraseGuessable, PassphraseTooShort
from cubb_desktop.vault.sealing import KEY_BYTES, SALT_BYTES, SealBroken, Secret, derive, unwrap, wipe, wiped, wrap

PASSPHRASE, RECOVERY, KEYRING = "passphrase", "recovery", "keyring"
LEAST_PASSPHRASE = 8
_LEAST_SCORE = 2  # of zxcvbn's 0 to 4: at least a million guesses
_JUDGED = 72  # characters; zxcvbn's time grows faster than the length, and a longer one is strong enough
# zxcvbn knows English lists only: the first words that somebody in a Danish job centre would try.
_TRIED_FIRST = [
    "adgangskode", "adgangssætning", "kodeord", "velkommen", "sommer", "vinter", "efterår", "forår", "kommune",
    "kommunen", "jobcenter", "jobcentret", "danmark", "samtale", "samtaler", "borger", "bibliotek", "cubb",
]  # fmt: skip

_INFO = {RECOVERY: b"cubb recovery 1", KEYRING: b"cubb keyring 1"}

Slot = dict[str, Any]


@dataclass(frozen=True, slots=True)
class KdfCost:
    """What one try at the passphrase costs (Argon2id)."""

    memory_kib: int
    passes: int
    lanes: int


DEFAULT_COST = KdfCost(memory_kib=256 * 1024, passes=3, lanes=4)
LEAST_COST = KdfCost(memory_kib=64 * 1024, passes=3, lanes=4)
LARGEST_COST = KdfCost(memory_kib=2 * 1024 * 1024, passes=16, lanes=16)


def allowed(cost: KdfCost, *, allow_weak: bool) -> KdfCost:
    """Return `cost`; one below the floor is a bug (`ValueError`) unless a test asks for it."""
    too_cheap = cost.memory_kib < LEAST_COST.memory_kib or cost.passes < LEAST_COST.passes
    if too_cheap and not allow_weak:
        raise ValueError("the passphrase must cost at least 64 MiB and 3 passes")
    return cost


def stretch(passphrase: str, salt: bytes, cost: KdfCost) -> bytearray:
    """Return the 32 bytes that a passphrase stands for, in a buffer to be zeroed; takes what `cost` says."""
    secret = unicodedata.normalize("NFC", passphrase).encode("utf-8", "surrogatepass")
    key = bytearray(KEY_BYTES)
    kdf = Argon2id(salt=salt, length=KEY_BYTES, iterations=cost.passes, lanes=cost.lanes, memory_cost=cost.memory_kib)
    kdf.derive_into(secret, key)
    return key


def require_strong(passphrase: str) -> None:
    """Raise `PassphraseTooShort` or `PassphraseGuessable` for one that is not worth stretching."""
    from zxcvbn import zxcvbn

    if len(passphrase) < LEAST_PASSPHRASE:
        raise PassphraseTooShort(least=LEAST_PASSPHRASE)
    if zxcvbn(passphrase[:_JUDGED], user_inputs=_TRIED_FIRST)["score"] < _LEAST_SCORE:
        raise PassphraseGuessable


def passphrase_slot(library_id: str, master_key: Secret, passphrase: str, cost: KdfCost) -> Slot:
    """Return a slot that `passphrase` opens."""
    salt = secrets.token_bytes(SALT_BYTES)
    kdf = {"name": "argon2id", "salt": salt.hex(), **asdict(cost)}
    return _new_slot(library_id, PASSPHRASE, kdf, stretch(passphrase, salt, cost), master_key)


def secret_slot(kind: str, library_id: str, master_key: Secret, secret: Secret) -> Slot:
    """Return a slot that a random `secret` opens: the recovery key's bytes, or what the system's keyring keeps."""
    salt = secrets.token_bytes(SALT_BYTES)
    kdf = {"name": "hkdf-sha256", "salt": salt.hex()}
    return _new_slot(library_id, kind, kdf, derive(secret, salt, _INFO[kind]), master_key)


def _new_slot(library_id: str, kind: str, kdf: dict[str, Any], kek: bytearray, master_key: Secret) -> Slot:
    slot: Slot = {"id": str(uuid.uuid4()), "kind": kind, "kdf": kdf}
    with wiped(kek):
        slot["box"] = wrap(kek, master_key, _aad(library_id, slot)).hex()
    return slot


def open_with_passphrase(content: dict[str, Any], passphrase: str) -> bytearray | None:
    """Return the master key, in a buffer to be zeroed, or None where `passphrase` opens no slot of `content`."""
    for slot in of_kind(content, PASSPHRASE):
        kdf = slot["kdf"]
        cost = KdfCost(kdf["memory_kib"], kdf["passes"], kdf["lanes"])
        if (key := _open(content["library"], slot, stretch(passphrase, bytes.fromhex(kdf["salt"]), cost))) is not None:
            return key
    return None


def open_with_secret(kind: str, content: dict[str, Any], secret: Secret) -> bytearray | None:
    """Return the master key, in a buffer to be zeroed, or None where `secret` opens no slot of that kind."""
    for slot in of_kind(content, kind):
        kek = derive(secret, bytes.fromhex(slot["kdf"]["salt"]), _INFO[kind])
        if (key := _open(content["library"], slot, kek)) is not None:
            return key
    return None


def of_kind(content: dict[str, Any], kind: str) -> list[Slot]:
    """Return the slots of one kind."""
    return [slot for slot in content["slots"] if slot["kind"] == kind]


def without_kind(content: dict[str, Any], kind: str) -> list[Slot]:
    """Return the slots of every other kind."""
    return [slot for slot in content["slots"] if slot["kind"] != kind]


def _open(library_id: str, slot: Slot, kek: bytearray) -> bytearray | None:
    with wiped(kek), suppress(SealBroken):
        key = unwrap(kek, bytes.fromhex(slot["box"]), _aad(library_id, slot))
        if len(key) == KEY_BYTES:
            return key
        wipe(key)
    return None


def _aad(library_id: str, slot: Slot) -> bytes:
    return canonical({"library": library_id, "slot": slot["id"], "kind": slot["kind"], "kdf": slot["kdf"]})


def canonical(content: dict[str, Any]) -> bytes:
    """Return the one way to write `content` as bytes, for seals and checks."""
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode()
