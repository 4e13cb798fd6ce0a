"""Sealing: subkeys from the master key, wraps of keys, and the chunks of a segment of sound."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterator
from contextlib import contextmanager

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

KEY_BYTES = 32
SALT_BYTES = 16
NONCE_BYTES = 12
TAG_BYTES = 16

_CHACHA20_POLY1305 = 1  # the algorithm byte in front of every wrap

Secret = bytes | bytearray  # what is zeroed after use is a bytearray


class SealBroken(ValueError):  # noqa: N818 - what happened, as all faults here are named
    """A sealed piece was changed, belongs elsewhere or was sealed with another key."""


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


def wrap(key: Secret, secret: Secret, aad: bytes) -> bytes:
    """Return `secret` sealed under `key` for what `aad` names: algorithm byte, nonce, box."""
    nonce = secrets.token_bytes(NONCE_BYTES)
    algorithm = bytes([_CHACHA20_POLY1305])
    return algorithm + nonce + ChaCha20Poly1305(key).encrypt(nonce, secret, algorithm + aad)


def unwrap(key: Secret, wrapped: bytes, aad: bytes) -> bytearray:
    """Return what was wrapped, in a buffer that its owner may zero, or raise `SealBroken`."""
    algorithm, nonce, box = wrapped[:1], wrapped[1 : 1 + NONCE_BYTES], wrapped[1 + NONCE_BYTES :]
    if algorithm != bytes([_CHACHA20_POLY1305]) or len(nonce) != NONCE_BYTES or len(box) < TAG_BYTES:
        raise SealBroken
    secret = bytearray(len(box) - TAG_BYTES)
    try:
        ChaCha20Poly1305(key).decrypt_into(nonce, box, algorithm + aad, secret)
    except InvalidTag:
        raise SealBroken from None
    return secret


def derive(secret: Secret, salt: bytes | None, info: bytes) -> bytearray:
    """Return 32 bytes from a secret that is already hard to guess (HKDF-SHA256), in a buffer to be zeroed."""
    key = bytearray(KEY_BYTES)
    HKDF(SHA256(), KEY_BYTES, salt, info).derive_into(secret, key)
    return key


def subkey(master_key: Secret, purpose: str) -> bytearray:
    """Return the library's key for `purpose`, in a buffer to be zeroed."""
    return derive(master_key, None, b"cubb library 1/" + purpose.encode())


def wipe(secret: bytearray) -> None:
    """Overwrite a buffer with zeroes, in place."""
    for place in range(len(secret)):
        secret[place] = 0


@contextmanager
def wiped(secret: bytearray) -> Iterator[bytearray]:
    """Use a key and overwrite it afterwards, however that ends."""
    try:
        yield secret
    finally:
        wipe(secret)
