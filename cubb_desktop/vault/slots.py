"""Slots: each wraps the library's master key under one way in, with what that way costs."""

from __future__ import annotations

import json
import secrets
import unicodedata
import uuid
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import Any

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from cubb_desktop.domain.errors import PassphraseTooShort
from cubb_desktop.vault.sealing import KEY_BYTES, SALT_BYTES, SealBroken, unwrap, wrap

LEAST_PASSPHRASE = 8


@dataclass(frozen=True, slots=True)
class KdfCost:
    """What one try at the passphrase costs (Argon2id)."""

    memory_kib: int
    passes: int
    lanes: int


DEFAULT_COST = KdfCost(memory_kib=256 * 1024, passes=3, lanes=4)
LEAST_COST = KdfCost(memory_kib=64 * 1024, passes=3, lanes=4)
LARGEST_COST = KdfCost(memory_kib=2 * 1024 * 1024, passes=16, lanes=16)


def allowed(cost: KdfCost, allow_weak: bool) -> KdfCost:
    too_cheap = cost.memory_kib < LEAST_COST.memory_kib or cost.passes < LEAST_COST.passes
    if too_cheap and not allow_weak:
        raise ValueError("the passphrase must cost at least 64 MiB and 3 passes")
    return cost


def _stretch(passphrase: str, salt: bytes, cost: KdfCost) -> bytes:
    secret = unicodedata.normalize("NFC", passphrase).encode()
    kdf = Argon2id(salt=salt, length=KEY_BYTES, iterations=cost.passes, lanes=cost.lanes, memory_cost=cost.memory_kib)
    return kdf.derive(secret)


def passphrase_slot(library_id: str, master_key: bytes, passphrase: str, cost: KdfCost) -> dict[str, Any]:
    if len(passphrase) < LEAST_PASSPHRASE:
        raise PassphraseTooShort(least=LEAST_PASSPHRASE)
    salt = secrets.token_bytes(SALT_BYTES)
    kdf = {"name": "argon2id", "salt": salt.hex(), **asdict(cost)}
    return _new_slot(library_id, "passphrase", kdf, _stretch(passphrase, salt, cost), master_key)


def recovery_slot(library_id: str, master_key: bytes, recovery: bytes) -> dict[str, Any]:
    salt = secrets.token_bytes(SALT_BYTES)
    kek = HKDF(SHA256(), KEY_BYTES, salt, b"cubb recovery 1").derive(recovery)
    return _new_slot(library_id, "recovery", {"name": "hkdf-sha256", "salt": salt.hex()}, kek, master_key)


def _new_slot(library_id: str, kind: str, kdf: dict[str, Any], kek: bytes, master_key: bytes) -> dict[str, Any]:
    slot: dict[str, Any] = {"id": str(uuid.uuid4()), "kind": kind, "kdf": kdf}
    slot["box"] = wrap(kek, master_key, _slot_aad(library_id, slot)).hex()
    return slot


def open_slot(library_id: str, slot: dict[str, Any], kek: bytes) -> bytes:
    return unwrap(kek, bytes.fromhex(slot["box"]), _slot_aad(library_id, slot))


def open_passphrase_slot(content: dict[str, Any], passphrase: str) -> bytes | None:
    for slot in content["slots"]:
        if slot["kind"] == "passphrase":
            kdf = slot["kdf"]
            cost = KdfCost(kdf["memory_kib"], kdf["passes"], kdf["lanes"])
            with suppress(SealBroken):
                return open_slot(content["library"], slot, _stretch(passphrase, bytes.fromhex(kdf["salt"]), cost))
    return None


def _slot_aad(library_id: str, slot: dict[str, Any]) -> bytes:
    return canonical({"library": library_id, "slot": slot["id"], "kind": slot["kind"], "kdf": slot["kdf"]})


def canonical(content: dict[str, Any]) -> bytes:
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode()
