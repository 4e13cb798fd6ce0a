"""Sealed pieces of bytes that are kept as files: what a backup consists of besides sound."""

from __future__ import annotations

from cubb_desktop.vault.sealing import KEY_BYTES, Secret, derive, unwrap, wrap


class BlobCipher:
    """Seals whole pieces under one key (32 bytes), each bound to its `name`, so that none passes as another."""

    def __init__(self, key: Secret) -> None:
        if len(key) != KEY_BYTES:
            raise ValueError("a blob's key has 32 bytes")
        self._key = bytes(key)

    def seal(self, content: bytes, name: str) -> bytes:
        """Return `content` sealed as `name`, 29 bytes longer."""
        return wrap(self._key, content, b"cubb blob 1/" + name.encode())

    def open(self, sealed: bytes, name: str) -> bytes:
        """Return the content, or raise `SealBroken`."""
        return bytes(unwrap(self._key, sealed, b"cubb blob 1/" + name.encode()))


def rows_cipher(recording_key: Secret) -> BlobCipher:
    """Return what seals a recording's rows: without the recording's key nobody opens them."""
    return BlobCipher(derive(recording_key, None, b"cubb recording 1/rows"))
