"""The container of sealed sound (`.cba`): what its bytes mean, and how one segment is read, damaged or not.

    segment  header (80 bytes), chunks
    header   "CUBBAUD1" | version u16 | cipher u8 | codec u8 | recording 16 | segment u32 | salt 32
             | rate u32 | channels u8 | bits u8 | 2 zeros | frames per chunk u32 | crc32
    chunk    C5 BB 63 6B | index u64 | frames u32 | sealed length u32 | last u8 | flags u8 | 2 zeros
             | sealed bytes: ChaCha20-Poly1305 of one FLAC, with tag; the 24 bytes before it are authenticated too

Numbers are little-endian. Every chunk but the last holds exactly the header's frames per chunk, so that a chunk's
index is its place in time whatever happened to its neighbours. The last chunk (last = 1) holds the rest, which may be
nothing; a segment without one was interrupted. What does not authenticate is never returned as sound.
"""

from __future__ import annotations

import os
import struct
import threading
import uuid
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from enum import IntFlag, StrEnum
from pathlib import Path
from typing import Self

import numpy as np

from cubb_desktop.audio import flac
from cubb_desktop.vault import SealBroken, SegmentCipher

MAGIC = b"CUBBAUD1"
SYNC = b"\xc5\xbb\x63\x6b"
VERSION = 1
CHACHA20_POLY1305 = 1
FLAC = 1
TAG_BYTES = 16
LARGEST_RATE_HZ = 192_000
MOST_CHANNELS = 8

_HEADER = struct.Struct("<8sHBB16sI32sIBB2xII")
_CHUNK = struct.Struct("<4sQIIBB2x")
HEADER_BYTES = _HEADER.size
CHUNK_HEADER_BYTES = _CHUNK.size
_WINDOW_BYTES = 1 << 20


class SoundState(StrEnum):
    """What a verified segment or recording turned out to be."""

    COMPLETE = "complete"
    INTERRUPTED = "interrupted"  # nothing is wrong with what is there, but nobody closed it
    DAMAGED = "damaged"  # something was altered or is missing in between


class ChunkFlags(IntFlag):
    """What the recorder wants remembered about a chunk; authenticated with it."""

    NONE = 0
    OVERFLOW = 1  # the sound card reported that it lost sound shortly before or in this chunk
    LOST = 2  # part of this chunk is silence put in for sound that is known to be lost


_FLAGS = tuple(ChunkFlags(flags) for flags in range(256))  # hours of sound are indexed in a second


class HeaderError(ValueError):
    """A segment's header is cut off, damaged beyond repair or belongs to something else."""


@dataclass(frozen=True, slots=True)
class SoundFormat:
    """Samples per second, channels and bits per sample (always 16)."""

    rate_hz: int
    channels: int
    bits: int = 16


@dataclass(frozen=True, slots=True)
class Header:
    """A segment's first 80 bytes."""

    recording_id: str
    segment: int
    salt: bytes
    format: SoundFormat
    frames_per_chunk: int

    def pack(self) -> bytes:
        """Return the 80 bytes."""
        sound = self.format
        body = _HEADER.pack(
            MAGIC, VERSION, CHACHA20_POLY1305, FLAC, uuid.UUID(self.recording_id).bytes, self.segment, self.salt,
            sound.rate_hz, sound.channels, sound.bits, self.frames_per_chunk, 0,
        )[:-4]  # fmt: skip
        return body + struct.pack("<I", zlib.crc32(body))

    @classmethod
    def parse(cls, untrusted: bytes) -> Self | None:
        """Return the header that 80 bytes hold, or None if they hold none."""
        if len(untrusted) != HEADER_BYTES or struct.pack("<I", zlib.crc32(untrusted[:-4])) != untrusted[-4:]:
            return None
        magic, version, cipher, codec, owner, segment, salt, rate, channels, bits, frames, _ = _HEADER.unpack(untrusted)
        known = (magic, version, cipher, codec, bits) == (MAGIC, VERSION, CHACHA20_POLY1305, FLAC, 16)
        payable = 0 < rate <= LARGEST_RATE_HZ and 0 < channels <= MOST_CHANNELS and 0 < frames <= 10 * LARGEST_RATE_HZ
        if not known or not payable:
            return None
        return cls(str(uuid.UUID(bytes=owner)), segment, salt, SoundFormat(rate, channels), frames)


@dataclass(frozen=True, slots=True)
class Chunk:
    """Where a chunk lies in its file and what its header says."""

    offset: int
    index: int
    frames: int
    sealed_bytes: int
    last: bool
    flags: ChunkFlags

    @property
    def end(self) -> int:
        return self.offset + CHUNK_HEADER_BYTES + self.sealed_bytes


@dataclass(frozen=True, slots=True)
class Trail:
    """Where a closed segment's chunks lie, from whoever wrote them; `seal` is the tag of the last one."""

    segment: int
    seal: bytes
    last_frames: int
    sealed_bytes: Sequence[int]  # of each chunk, in order
    flags: bytes


def pack_chunk(index: int, frames: int, plaintext_bytes: int, *, last: bool, flags: ChunkFlags) -> bytes:
    """Return the 24 bytes in front of a sealed chunk; they are what the seal authenticates besides the sound."""
    return _CHUNK.pack(SYNC, index, frames, plaintext_bytes + TAG_BYTES, last, flags)


def parse_chunk(untrusted: bytes, offset: int) -> Chunk | None:
    """Return the chunk whose 24 bytes these are, or None if they can't be any's."""
    if len(untrusted) != CHUNK_HEADER_BYTES:
        return None
    sync, index, frames, sealed, last, flags = _CHUNK.unpack(untrusted)
    if sync != SYNC or last > 1 or sealed < TAG_BYTES or index > 1 << 40:
        return None
    return Chunk(offset, index, frames, sealed, bool(last), _FLAGS[flags])


def sealed_chunk(
    cipher: SegmentCipher, index: int, samples: flac.Samples, rate_hz: int, *, last: bool, flags: ChunkFlags
) -> bytes:
    """Return a whole chunk as it stands in the file; the same index and `last` must never seal anything else."""
    encoded = flac.encode(samples, rate_hz)
    front = pack_chunk(index, len(samples), len(encoded), last=last, flags=flags)
    return front + cipher.seal(index, last, encoded, front)


def sealed_segment(header: Header, key: bytes, samples: flac.Samples, flags: ChunkFlags) -> bytes:
    """Return a whole closed segment of one chunk."""
    raw = header.pack()
    cipher = SegmentCipher(key, header.salt, raw)
    return raw + sealed_chunk(cipher, 0, samples, header.format.rate_hz, last=True, flags=flags)


class Segment:
    """One segment file open for reading; any thread may use it."""

    def __init__(self, path: Path, recording_id: str, number: int, key: bytes, trail: Trail | None = None) -> None:
        """Index the chunks of `path`, by `trail` where it fits; raises `HeaderError`, or `OSError` on a bad read."""
        self._file = path.open("rb", buffering=0)
        self._lock = threading.Lock()
        with ExitStack() as unless_read:
            unless_read.callback(self._file.close)
            self._size = os.fstat(self._file.fileno()).st_size
            raw = self._bytes(0, HEADER_BYTES)
            self.damaged = Header.parse(raw) is None
            raw = repaired(raw) if self.damaged else raw
            header = Header.parse(raw)
            if header is None or (header.recording_id, header.segment) != (recording_id, number):
                raise HeaderError
            unless_read.pop_all()
        self.header = header
        self._cipher = SegmentCipher(key, header.salt, raw)
        self._verified: set[int] = set()  # offsets of chunks that authenticated
        self.chunks = self._scan() if trail is None or not self._fits(trail) else self._followed(trail)
        self._drop_unproven_end()

    @property
    def frames(self) -> int:
        """The frames from the start to the end of the last chunk that is there, gaps included."""
        if not self.chunks:
            return 0
        final = self.chunks[max(self.chunks)]
        return final.index * self.header.frames_per_chunk + final.frames

    @property
    def state(self) -> SoundState:
        """What is known so far; only `verify` looks at every byte."""
        if self.damaged or len(self.chunks) != max(self.chunks, default=-1) + 1:
            return SoundState.DAMAGED
        closed = bool(self.chunks) and self.chunks[len(self.chunks) - 1].last
        return SoundState.COMPLETE if closed else SoundState.INTERRUPTED

    def verify(self) -> SoundState:
        """Authenticate every chunk that has not been yet and forget those that fail."""
        for chunk in [chunk for chunk in self.chunks.values() if chunk.offset not in self._verified]:
            if not self._is_authentic(chunk):
                self._forget(chunk)
        return self.state

    def samples(self, index: int) -> flac.Samples | None:
        """Return the samples (frames, channels) of a chunk, or None where there is a gap."""
        chunk = self.chunks.get(index)
        if chunk is None:
            return None
        try:
            opened = self._opened(chunk)
            return flac.decode(opened, chunk.frames, self.header.format.channels)
        except (SealBroken, flac.FlacError):
            self._forget(chunk)
            return None

    def shortened(self, index: int, frames: int) -> tuple[int, bytes]:
        """Return where in the file chunk `index` begins, and the bytes that end the segment `frames` frames after that.

        To be used once for an index, and never for one that a last chunk of this segment has had: see `cuts`.
        """
        samples, flags = self.first_frames(index, frames)
        offset = max((chunk.end for chunk in self.chunks.values() if chunk.index < index), default=HEADER_BYTES)
        rate_hz = self.header.format.rate_hz
        return offset, sealed_chunk(self._cipher, index, samples, rate_hz, last=True, flags=flags)

    def first_frames(self, index: int, frames: int) -> tuple[flac.Samples, ChunkFlags]:
        """Return the first frames of a chunk and its flags; silence that is flagged as lost where there is a gap."""
        flags = self.chunks[index].flags if index in self.chunks else ChunkFlags.LOST
        samples = self.samples(index) if frames else np.zeros((0, self.header.format.channels), np.int16)
        if samples is None:
            return np.zeros((frames, self.header.format.channels), np.int16), ChunkFlags.LOST
        return samples[:frames], flags if frames else ChunkFlags.NONE

    def close(self) -> None:
        self._file.close()

    # --- the index ---------------------------------------------------------------------------------------------------

    def _fits(self, trail: Trail) -> bool:
        """Whether the file is as long as the trail says and ends with the seal that it names."""
        length = HEADER_BYTES + len(trail.flags) * CHUNK_HEADER_BYTES + sum(trail.sealed_bytes)
        return not self.damaged and self._size == length and self._bytes(length - TAG_BYTES, TAG_BYTES) == trail.seal

    def _followed(self, trail: Trail) -> dict[int, Chunk]:
        chunks: dict[int, Chunk] = {}
        offset, final, frames = HEADER_BYTES, len(trail.flags) - 1, self.header.frames_per_chunk
        for index, (sealed_bytes, flags) in enumerate(zip(trail.sealed_bytes, trail.flags, strict=True)):
            chunks[index] = Chunk(offset, index, frames, sealed_bytes, False, _FLAGS[flags])
            offset += CHUNK_HEADER_BYTES + sealed_bytes
        chunks[final] = replace(chunks[final], frames=trail.last_frames, last=True)
        return chunks

    def _scan(self) -> dict[int, Chunk]:
        """Follow the chunks from header to header; where the chain breaks, trust only what authenticates."""
        chunks: dict[int, Chunk] = {}
        offset, expected, closed = HEADER_BYTES, 0, False
        while offset < self._size:
            chunk = self._chunk_at(offset)
            fits = chunk is not None and chunk.index == expected and expected not in chunks and not closed
            if chunk is not None and fits and (not chunk.last or self._is_authentic(chunk)):
                chunks[expected], closed = chunk, chunk.last
                offset, expected = chunk.end, expected + 1
                continue
            before = chunks.get(expected - 1)
            if before is not None and not self._is_authentic(before):
                del chunks[before.index]
                self.damaged, offset = True, before.offset + 1
            found = self._next_authentic(offset)
            if found is None:
                self.damaged = self.damaged or closed or not self._is_torn_tail(offset)
                break
            self.damaged = True
            chunks[found.index] = found
            offset, expected = found.end, found.index + 1
        return chunks

    def _drop_unproven_end(self) -> None:
        """Make sure that the length rests on a chunk that authenticates."""
        while self.chunks:
            final = self.chunks[max(self.chunks)]
            if self._is_authentic(final):
                break
            self._forget(final)

    def _chunk_at(self, offset: int, raw: bytes | None = None) -> Chunk | None:
        chunk = parse_chunk(self._bytes(offset, CHUNK_HEADER_BYTES) if raw is None else raw, offset)
        if chunk is None or chunk.end > self._size:
            return None
        most, channels = self.header.frames_per_chunk, self.header.format.channels
        plausible = chunk.frames == most or (chunk.last and chunk.frames < most)
        largest = 2 * most * channels + most // 4 + 16_384
        return chunk if plausible and chunk.sealed_bytes <= largest else None

    def _next_authentic(self, offset: int) -> Chunk | None:
        for place, raw in self._syncs(offset):
            chunk = self._chunk_at(place, raw)
            if chunk is not None and self._is_authentic(chunk):
                return chunk
        return None

    def _syncs(self, offset: int) -> Iterator[tuple[int, bytes]]:
        """Yield where the sync word stands, from `offset` on, with the header-sized bytes there."""
        while offset < self._size:
            window = self._bytes(offset, _WINDOW_BYTES + CHUNK_HEADER_BYTES)
            place = window.find(SYNC)
            while 0 <= place < _WINDOW_BYTES:
                yield offset + place, window[place : place + CHUNK_HEADER_BYTES]
                place = window.find(SYNC, place + 1)
            offset += _WINDOW_BYTES

    def _is_torn_tail(self, offset: int) -> bool:
        """Whether the rest is what a writer leaves that was stopped inside a chunk, or a file system's zeros."""
        raw = self._bytes(offset, CHUNK_HEADER_BYTES)
        if raw[: len(SYNC)] == SYNC[: len(raw)]:
            announced = _CHUNK.unpack(raw)[3] if len(raw) == CHUNK_HEADER_BYTES else self._size
            return offset + CHUNK_HEADER_BYTES + int(announced) > self._size
        rest = self._size - offset
        return rest <= _WINDOW_BYTES and not self._bytes(offset, rest).strip(b"\0")

    # --- bytes -------------------------------------------------------------------------------------------------------

    def _opened(self, chunk: Chunk) -> bytes:
        raw = self._bytes(chunk.offset, CHUNK_HEADER_BYTES + chunk.sealed_bytes)
        aad, sealed = raw[:CHUNK_HEADER_BYTES], raw[CHUNK_HEADER_BYTES:]
        if len(sealed) != chunk.sealed_bytes:
            raise SealBroken
        opened = self._cipher.open(chunk.index, chunk.last, sealed, aad)
        self._verified.add(chunk.offset)
        return opened

    def _is_authentic(self, chunk: Chunk) -> bool:
        try:
            self._opened(chunk)
        except SealBroken:
            return False
        return True

    def _forget(self, chunk: Chunk) -> None:
        self.chunks.pop(chunk.index, None)
        self.damaged = True

    def _bytes(self, offset: int, length: int) -> bytes:
        with self._lock:
            self._file.seek(offset)
            found: bytes = self._file.read(length)
            while len(found) < length and (part := self._file.read(length - len(found))):
                found += part
        return found


def repaired(raw: bytes, holds: Callable[[bytes], object] = Header.parse) -> bytes:
    """Return a header with its one wrong bit put right if there is exactly one, else the bytes as they are.

    The checksum finds the bit, and the seal of every chunk proves that it was the right one.
    """
    for bit in range(8 * len(raw)):
        flipped = bytearray(raw)
        flipped[bit // 8] ^= 1 << bit % 8
        if holds(bytes(flipped)) is not None:
            return bytes(flipped)
    return raw
