"""The recovery key as text: eight groups of four characters and a ninth that checks them."""

from __future__ import annotations

import base64
import hashlib
import secrets

from cubb_desktop.domain.errors import RecoveryKeyMistyped

RECOVERY_BYTES = 20
GROUPS = 8  # that carry the key; the ninth checks them
ASKED_GROUPS = 3

_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
_TO_CROCKFORD = str.maketrans(_BASE32, _CROCKFORD)
_FROM_CROCKFORD = str.maketrans(_CROCKFORD, _BASE32)
_LIKENESSES = str.maketrans("OIL", "011")
_GROUP = 4
_CHARACTERS = RECOVERY_BYTES * 8 // 5  # without the checking group


def new_recovery_key() -> str:
    """Return a new recovery key as text; it opens nothing before a vault is told of it."""
    return recovery_text(secrets.token_bytes(RECOVERY_BYTES))


def recovery_text(recovery: bytes) -> str:
    """Return 20 bytes as eight groups of four characters (Crockford base32) and a ninth that checks them."""
    characters = base64.b32encode(recovery).decode().translate(_TO_CROCKFORD) + _check_group(recovery)
    return "-".join(characters[at : at + _GROUP] for at in range(0, len(characters), _GROUP))


def recovery_bytes(text: str) -> bytes:
    """Return the 20 bytes of a recovery key as somebody typed it; raises `RecoveryKeyMistyped`."""
    characters = _folded(text)
    if len(characters) != _CHARACTERS + _GROUP or any(c not in _CROCKFORD for c in characters):
        raise RecoveryKeyMistyped
    recovery = base64.b32decode(characters[:_CHARACTERS].translate(_FROM_CROCKFORD))
    if characters[_CHARACTERS:] != _check_group(recovery):
        raise RecoveryKeyMistyped
    return recovery


def groups(text: str) -> tuple[str, ...]:
    """Return the nine groups of a recovery key's text, the first first."""
    return tuple(text.split("-"))


def groups_to_ask() -> tuple[int, ...]:
    """Return the numbers (from 1, ascending) of three of the eight groups, chosen at random, to be typed back."""
    return tuple(sorted(secrets.SystemRandom().sample(range(1, GROUPS + 1), ASKED_GROUPS)))


def is_group(text: str, number: int, typed: str) -> bool:
    """Whether `typed` is group `number` (from 1) of the recovery key `text`, however it is written."""
    return _folded(typed) == groups(text)[number - 1]


def _folded(typed: str) -> str:
    """Return what was meant: in capitals, without blanks and hyphens, letters that look like digits as digits."""
    return "".join(c for c in typed.upper().translate(_LIKENESSES) if not c.isspace() and c not in "-–—")


def _check_group(recovery: bytes) -> str:
    digest = hashlib.sha256(b"cubb recovery check" + recovery).digest()
    return base64.b32encode(digest).decode().translate(_TO_CROCKFORD)[:_GROUP]
