"""Small sealed files beside a recording's sound: marks, a cut that is to be done, the index of chunks.

    file     header (80 bytes), entries
    header   magic 8 | version u16 | cipher u8 | 0 | recording 16 | salt 32 | 16 zeros | crc32
    entry    as a chunk of `container` without frames; the sealed bytes are the entry's content

Files come into being whole (`put_file`): only the end of one can be torn, and what is wrong elsewhere was done to it.
"""

from __future__ import annotations

import os
import secrets
import struct
import uuid
import zlib
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from cubb_desktop.audio.container import (
    CHACHA20_POLY1305,
    CHUNK_HEADER_BYTES,
    SYNC,
    TAG_BYTES,
    VERSION,
    ChunkFlags,
    pack_chunk,
    parse_chunk,
)
from cubb_desktop.domain.errors import MarksDamaged, from_os_error
from cubb_desktop.domain.ids import RecordingId
from cubb_desktop.vault import SealBroken, SegmentCipher, sync_folder

SEALED_SUFFIX = ".cbm"
FRESH = ".new"  # ends the name of a file that is not in its place yet
_HEADER = struct.Struct("<8sHBx16s32s16xI")
HEADER_BYTES = _HEADER.size


class Sealing:
    """The header of one sealed file, and the seal of its entries."""

    def __init__(self, magic: bytes, recording_id: RecordingId, key: bytes) -> None:
        """Begin a file under a salt of its own."""
        salt = secrets.token_bytes(32)
        body = _HEADER.pack(magic, VERSION, CHACHA20_POLY1305, uuid.UUID(recording_id).bytes, salt, 0)[:-4]
        self.header = body + struct.pack("<I", zlib.crc32(body))
        self._cipher = SegmentCipher(key, salt, self.header)
        self._index = 0

    def entry(self, content: bytes, *, last: bool = False) -> bytes:
        """Return the next entry's bytes."""
        front = pack_chunk(self._index, 0, len(content), last=last, flags=ChunkFlags.NONE)
        sealed = self._cipher.seal(self._index, last, content, front)
        self._index += 1
        return front + sealed


def open_entries(untrusted: bytes, magic: bytes, recording_id: RecordingId, key: bytes) -> list[bytes]:
    """Return what a sealed file's entries hold, without a torn end; raises `MarksDamaged` for all else."""
    header = untrusted[:HEADER_BYTES]
    cipher = SegmentCipher(key, _salt(header, magic, recording_id), header)
    found: list[bytes] = []
    offset = HEADER_BYTES
    while offset < len(untrusted):
        entry = _entry_at(untrusted, offset, cipher)
        if entry is None:
            if any(_entry_at(untrusted, place, cipher) for place in _syncs(untrusted, offset + 1)):
                raise MarksDamaged
            break
        index, last, content = entry
        offset += CHUNK_HEADER_BYTES + len(content) + TAG_BYTES
        if index != len(found) or (last and offset < len(untrusted)):
            raise MarksDamaged
        if not last:
            found.append(content)
    if not found:
        raise MarksDamaged  # no file begins without an entry
    return found


def put_file(path: Path, content: bytes) -> None:
    """Put a file in the place of what has its name; it is there whole, and on disk, or not at all.

    Raises `DiskFull`, `FolderReadOnly`, or the `OSError` it is.
    """
    fresh = path.with_suffix(FRESH)
    try:
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_BINARY", 0), 0o600)
        try:
            write_all(descriptor, content)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        os.replace(fresh, path)  # noqa: PTH105 - the calls that matter here are all of `os`
        sync_folder(path.parent)
    except OSError as error:
        with suppress(OSError):
            fresh.unlink()
        raise from_os_error(error) or error from None


def write_all(descriptor: int, content: bytes) -> None:
    """Write every byte, however many calls it takes."""
    place = 0
    while place < len(content):
        place += os.write(descriptor, memoryview(content)[place:])


def _salt(untrusted: bytes, magic: bytes, recording_id: RecordingId) -> bytes:
    if len(untrusted) != HEADER_BYTES or struct.pack("<I", zlib.crc32(untrusted[:-4])) != untrusted[-4:]:
        raise MarksDamaged
    *fixed, salt, _ = _HEADER.unpack(untrusted)
    if fixed != [magic, VERSION, CHACHA20_POLY1305, uuid.UUID(recording_id).bytes]:
        raise MarksDamaged
    return bytes(salt)


def _entry_at(untrusted: bytes, offset: int, cipher: SegmentCipher) -> tuple[int, bool, bytes] | None:
    """Return index, last and content of an entry that authenticates."""
    front = untrusted[offset : offset + CHUNK_HEADER_BYTES]
    chunk = parse_chunk(front, offset)
    if chunk is None:
        return None
    try:
        content = cipher.open(chunk.index, chunk.last, untrusted[offset + CHUNK_HEADER_BYTES : chunk.end], front)
    except SealBroken:
        return None
    return chunk.index, chunk.last, content


def _syncs(untrusted: bytes, offset: int) -> Iterable[int]:
    while (offset := untrusted.find(SYNC, offset)) >= 0:
        yield offset
        offset += 1
