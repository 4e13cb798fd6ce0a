"""The file that a decode child is offered, as FFmpeg reads it: block by block from its parent, never opened."""

from __future__ import annotations

import io
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from cubb_desktop.audio.decode_messages import BLOCK_BYTES

_CACHED_BLOCKS = 8


class Blocks(Protocol):
    """Where a file's bytes come from."""

    size_bytes: int

    def block(self, index: int) -> bytes:
        """Return a block of the file."""


class OfferedFile:
    """The file as FFmpeg reads it: `read`, `seek` and `tell` over the parent's blocks."""

    def __init__(self, blocks: Blocks) -> None:
        self._blocks = blocks
        self._kept: OrderedDict[int, bytes] = OrderedDict()
        self._place = 0
        self.size_bytes = blocks.size_bytes

    def read(self, length: int = -1) -> bytes:
        """Return up to `length` bytes, fewer at the end of a block, none at the end of the file."""
        index, offset = divmod(self._place, BLOCK_BYTES)
        if length == 0 or self._place >= self.size_bytes:
            return b""
        block = self._kept.pop(index, None)
        if block is None:
            block = self._blocks.block(index)
        self._kept[index] = block
        if len(self._kept) > _CACHED_BLOCKS:
            self._kept.popitem(last=False)
        found = block[offset : offset + length] if length > 0 else block[offset:]
        self._place += len(found)
        return found

    def read_exactly(self, length: int) -> bytes:
        """Return `length` bytes, fewer only at the end of the file."""
        found = b""
        while len(found) < length and (part := self.read(length - len(found))):
            found += part
        return found

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to a place and return it."""
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._place, io.SEEK_END: self.size_bytes}[whence]
        self._place = max(0, start + offset)
        return self._place

    def tell(self) -> int:
        return self._place


@contextmanager
def from_the_start(file: OfferedFile) -> Iterator[None]:
    """Read a file from its start, and put it back to where it was."""
    before = file.tell()
    file.seek(0)
    try:
        yield
    finally:
        file.seek(before)
