"""The recovery key as text: eight groups of four characters and a ninth that checks them."""

from __future__ import annotations

import base64
import hashlib

from cubb_desktop.domain.errors import RecoveryKeyMistyped

RECOVERY_BYTES = 20

_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
_TO_CROCKFORD = str.maketrans(_BASE32, _CROCKFORD)
_FROM_CROCKFORD = str.maketrans(_CROCKFORD, _BASE32)
_GROUP = 4


def recovery_text(recovery: bytes) -> str:
    """Return 20 bytes as eight groups of four characters (Crockford base32) and a ninth that checks them."""
    characters = base64.b32encode(recovery).decode().translate(_TO_CROCKFORD) + _check_group(recovery)
    return "-".join(characters[at : at + _GROUP] for at in range(0, len(characters), _GROUP))


def recovery_bytes(text: str) -> bytes:
    """Return the 20 bytes of a recovery key as somebody typed it; raises `RecoveryKeyMistyped`."""
    folded = text.upper().translate(str.maketrans("OIL", "011"))
    characters = "".join(c for c in folded if not c.isspace() and c not in "-–—")
    length = RECOVERY_BYTES * 8 // 5
    if len(characters) != length + _GROUP or any(c not in _CROCKFORD for c in characters):
        raise RecoveryKeyMistyped
    recovery = base64.b32decode(characters[:length].translate(_FROM_CROCKFORD))
    if characters[length:] != _check_group(recovery):
        raise RecoveryKeyMistyped
    return recovery


def _check_group(recovery: bytes) -> str:
    digest = hashlib.sha256(b"cubb recovery check" + recovery).digest()
    return base64.b32encode(digest).decode().translate(_TO_CROCKFORD)[:_GROUP]
