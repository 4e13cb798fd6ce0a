"""A file from outside, opened once: its digest, and afterwards only the very bytes that the digest is of."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Self

from cubb_desktop.audio.decode_messages import BLOCK_BYTES, block_length
from cubb_desktop.domain.errors import (
    SourceChanged,
    SourceEmpty,
    SourceNotFound,
    SourceNotSound,
    SourceUnreadable,
)

_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0) | getattr(os, "O_BINARY", 0)


class Source:
    """One regular file, read in blocks of `BLOCK_BYTES`; `take_digest` must be called before `block`."""

    def __init__(self, path: Path) -> None:
        """Open `path`, or raise `SourceNotFound`, `SourceUnreadable`, `SourceNotSound` or `SourceEmpty`."""
        self._descriptor = _opened(path)
        self.size_bytes = os.fstat(self._descriptor).st_size
        self._digests: list[bytes] = []
        if not self.size_bytes:
            self.close()
            raise SourceEmpty

    def take_digest(self, stopped: Callable[[], bool]) -> str | None:
        """Read the whole file; return the hex SHA-256 of its bytes, None if `stopped` says so on the way.

        Raises `SourceUnreadable`, `SourceChanged`.
        """
        whole = hashlib.sha256()
        for index in range(-(-self.size_bytes // BLOCK_BYTES)):
            block = self._read(index)
            whole.update(block)
            self._digests.append(hashlib.sha256(block).digest())
            if stopped():
                return None
        return whole.hexdigest()

    def block(self, index: int) -> bytes:
        """Return a block as it was when the digest was taken; raises `SourceChanged`, `SourceUnreadable`."""
        block = self._read(index)
        if hashlib.sha256(block).digest() != self._digests[index]:
            raise SourceChanged
        return block

    def close(self) -> None:
        """Close the file; once is enough, twice does no harm."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _read(self, index: int) -> bytes:
        wanted = block_length(index, self.size_bytes)
        try:
            os.lseek(self._descriptor, index * BLOCK_BYTES, os.SEEK_SET)
            parts = [os.read(self._descriptor, wanted)]
            while parts[-1] and (missing := wanted - sum(map(len, parts))):
                parts.append(os.read(self._descriptor, missing))
        except OSError:  # a stick pulled out, a share gone
            raise SourceUnreadable from None
        block = b"".join(parts)
        if len(block) < wanted:
            raise SourceChanged
        return block


def _opened(path: Path) -> int:
    """Open a regular file for reading; pipes and devices could wait for ever, and some do things when opened."""
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise SourceNotSound
        descriptor = os.open(path, _FLAGS)
    except (FileNotFoundError, NotADirectoryError):
        raise SourceNotFound from None
    except (OSError, ValueError):  # ValueError: a name no file can have
        raise SourceUnreadable from None
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):  # another was put in its place meanwhile
        os.close(descriptor)
        raise SourceNotSound
    return descriptor
