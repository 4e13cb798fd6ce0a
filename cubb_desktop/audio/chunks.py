"""A recording's encrypted sound on disk: append and seal, read a range, recover what is whole, erase.

`audio/<aa>/<recording>/<segment>.cba`, one file for each continuous stretch from one device; see `container` for the
bytes. A segment is written once and never appended to: a torn chunk followed by another of the same number would use
a nonce twice. What is forgotten while it is recorded is taken away by `cuts`.
"""

from __future__ import annotations

import os
import secrets
import shutil
import sys
import threading
from array import array
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Self

import numpy as np
import numpy.typing as npt
import soxr

from cubb_desktop.audio.chunk_index import read_index
from cubb_desktop.audio.container import (
    CHUNK_HEADER_BYTES,
    TAG_BYTES,
    Chunk,
    ChunkFlags,
    Header,
    HeaderError,
    Segment,
    SoundFormat,
    SoundState,
    Trail,
    sealed_chunk,
)
from cubb_desktop.audio.flac import Samples
from cubb_desktop.domain.errors import AudioMissing, CubbError, from_os_error
from cubb_desktop.domain.ids import RecordingId
from cubb_desktop.vault import SegmentCipher, sync_folder

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

__all__ = [
    "ChunkFlags",
    "GapCause",
    "Reserve",
    "Samples",
    "SegmentWriter",
    "SoundFormat",
    "SoundGap",
    "SoundReader",
    "SoundState",
    "erase",
    "is_being_written",
    "recording_folder",
    "segment_files",
]

CHUNK_MS = 250
SUFFIX = ".cba"
RESERVE = "reserve"
RESERVE_BYTES = 128 * 1024  # the last chunk of two channels at 96 kHz, and some marks
_GATHERED_BYTES = 1 << 20  # how much an import gathers before it writes
_SYNCED_BYTES = 32 << 20  # ... and writes before it makes sure that it is on disk
_CACHED_CHUNKS = 16
_LOCKED_BYTE = 1 << 40  # a place no segment reaches, for systems whose locks keep readers out
_MONO_BLOCK_S = 10


def recording_folder(audio_folder: Path, recording_id: RecordingId) -> Path:
    """Return where a recording's segments lie; the two letters keep folders small."""
    return audio_folder / recording_id[:2] / recording_id


def segment_files(audio_folder: Path, recording_id: RecordingId) -> dict[int, Path]:
    """Return the recording's segments by number, in order; empty when there are none."""
    folder = recording_folder(audio_folder, recording_id)
    found = {int(path.stem): path for path in folder.glob(f"*{SUFFIX}") if path.stem.isdigit()}
    return dict(sorted(found.items()))


def erase(audio_folder: Path, recording_id: RecordingId) -> bool:
    """Remove everything that is kept for a recording; return whether all of it is gone (a player may hold a file)."""
    folder = recording_folder(audio_folder, recording_id)
    if not folder.is_dir():
        return True
    for path in folder.iterdir():
        with suppress(OSError):
            path.unlink()
    with suppress(OSError):
        folder.rmdir()
        sync_folder(folder.parent)
        folder.parent.rmdir()  # refuses unless this was the last recording in it
    return not folder.exists()


def is_being_written(audio_folder: Path, recording_id: RecordingId) -> bool:
    """Whether a living process, this one included, is recording it (in a pause, too) or has a segment open to write."""
    reserve = recording_folder(audio_folder, recording_id) / RESERVE
    for path in [reserve, *segment_files(audio_folder, recording_id).values()]:
        with suppress(FileNotFoundError), path.open("rb+") as file:
            try:
                _lock(file.fileno())
            except OSError:
                return True
    return False


def _lock(descriptor: int) -> None:
    """Hold a segment for its writer; the system lets go when the process ends, however it ends."""
    if sys.platform == "win32":
        os.lseek(descriptor, _LOCKED_BYTE, os.SEEK_SET)
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        finally:
            os.lseek(descriptor, 0, os.SEEK_SET)
    else:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


class Reserve:
    """A little room on the disk that a recording can be finished with when there is no other; locked by its recorder.

    The lock tells that somebody is recording, in a pause as well. Neither room nor file is promised to be there.
    """

    def __init__(self, audio_folder: Path, recording_id: RecordingId) -> None:
        """Take the lock; raises `DiskFull`, `FolderReadOnly`."""
        self._path = recording_folder(audio_folder, recording_id) / RESERVE
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o600)
        except OSError as error:
            raise from_os_error(error) or error from None
        with suppress(OSError):
            _lock(self._descriptor)

    def fill(self) -> None:
        """Take the room, unless that would be a good part of what is left."""
        with suppress(OSError):
            if shutil.disk_usage(self._path.parent).free > 4 * RESERVE_BYTES:
                os.write(self._descriptor, bytes(RESERVE_BYTES))

    def spend(self) -> bool:
        """Give the room back to the disk and return whether there was any; the lock stays."""
        with suppress(OSError):
            taken = os.fstat(self._descriptor).st_size
            os.ftruncate(self._descriptor, 0)
            return taken > 0
        return False

    def release(self) -> None:
        """Give back room and lock, and leave nothing behind."""
        os.close(self._descriptor)
        with suppress(OSError):
            self._path.unlink()


# --- writing ---------------------------------------------------------------------------------------------------------


class SegmentWriter:
    """Writes one segment, for one thread. Faults of the disk are raised as `DiskFull` or `FolderReadOnly`."""

    def __init__(self, descriptor: int, header: Header, key: bytes, *, sync_each_chunk: bool) -> None:
        """Use `create`."""
        self._descriptor = descriptor
        self._header = header
        self._cipher = SegmentCipher(key, header.salt, header.pack())
        self._sync_each_chunk = sync_each_chunk
        self._waiting = np.zeros((header.frames_per_chunk, header.format.channels), np.int16)
        self._filled = 0
        self._flags = ChunkFlags.NONE
        self._index = 0
        self._gathered = bytearray()
        self._unsynced = 0
        self._written = 0
        self._failed = False
        self._lengths = array("I")  # sealed bytes of each chunk
        self._all_flags = bytearray()
        self.trail: Trail | None = None  # once it is closed: where its chunks lie

    @classmethod
    def create(
        cls,
        audio_folder: Path,
        recording_id: RecordingId,
        segment: int,
        key: bytes,
        format: SoundFormat,
        *,
        sync_each_chunk: bool = True,
    ) -> Self:
        """Begin a new segment, which must not exist; its header and its name are on disk when this returns.

        `sync_each_chunk=False` is for imports, which can be repeated: they are on disk after `finish`.
        """
        folder = recording_folder(audio_folder, recording_id)
        frames_per_chunk = max(1, format.rate_hz * CHUNK_MS // 1000)
        header = Header(recording_id, segment, secrets.token_bytes(32), format, frames_per_chunk)
        path = folder / f"{segment:06d}{SUFFIX}"
        descriptor = None
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
            descriptor = os.open(path, flags, 0o600)
            _lock(descriptor)
            writer = cls(descriptor, header, key, sync_each_chunk=sync_each_chunk)
            writer._write(header.pack())
            writer._sync()
            for place in (folder, folder.parent, audio_folder):
                sync_folder(place)
        except (OSError, CubbError) as error:
            if descriptor is not None:
                os.close(descriptor)
                with suppress(OSError):
                    path.unlink()
            raise (from_os_error(error) if isinstance(error, OSError) else None) or error from None
        return writer

    @property
    def frames(self) -> int:
        """The frames in whole chunks so far; with `sync_each_chunk` they are on disk."""
        return self._index * self._header.frames_per_chunk

    @property
    def failed(self) -> bool:
        """Whether the disk has refused something; only `finish` makes sense then."""
        return self._failed

    @property
    def waiting(self) -> int:
        """The frames that are not yet a whole chunk, in memory only."""
        return self._filled

    @property
    def frames_per_chunk(self) -> int:
        return self._header.frames_per_chunk

    def drop_waiting(self, frames: int) -> None:
        """Forget the last `frames` of those that wait."""
        self._filled = max(0, self._filled - frames)
        self._waiting[self._filled :] = 0

    def append(self, samples: Samples, flags: ChunkFlags = ChunkFlags.NONE) -> None:
        """Add int16 samples (frames, channels); whole chunks are sealed and written; `flags` mark theirs."""
        place = 0
        while place < len(samples):
            self._flags |= flags
            taken = min(len(samples) - place, self._header.frames_per_chunk - self._filled)
            self._waiting[self._filled : self._filled + taken] = samples[place : place + taken]
            self._filled += taken
            place += taken
            if self._filled == self._header.frames_per_chunk:
                self._put(last=False)

    def mark(self, flags: ChunkFlags) -> None:
        """Put `flags` on the chunk that the next frame goes into."""
        self._flags |= flags

    def finish(self, *, with_rest: bool = False) -> int:
        """Seal the rest as the last chunk and close the segment; return its frames.

        After a fault it still tries to close the segment with an empty last chunk, so that the rest is complete; or
        `with_rest`, when there is reason to believe that what failed can be written now. There is one try only, for a
        second last chunk of the same number would use a nonce twice.
        """
        if self._failed and not with_rest:
            self._filled, self._flags = 0, ChunkFlags.NONE
        frames = self.frames + self._filled
        try:
            self._put(last=True)
            self._flush()
            self._sync()
        finally:
            self.abandon()
        return frames

    def abandon(self) -> None:
        """Close the file as it is, as a crash would leave it."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if self._descriptor >= 0:
            if kind is None:
                self.finish()
            else:
                self.abandon()

    def _put(self, *, last: bool) -> None:
        samples, rate_hz = self._waiting[: self._filled], self._header.format.rate_hz
        chunk = sealed_chunk(self._cipher, self._index, samples, rate_hz, last=last, flags=self._flags)
        self._gathered += chunk
        if self._sync_each_chunk or len(self._gathered) >= _GATHERED_BYTES:
            self._flush()
        self._lengths.append(len(chunk) - CHUNK_HEADER_BYTES)
        self._all_flags.append(self._flags)
        if last:
            seal, flags = chunk[-TAG_BYTES:], bytes(self._all_flags)
            self.trail = Trail(self._header.segment, seal, self._filled, self._lengths, flags)
        self._index += 1
        self._filled, self._flags = 0, ChunkFlags.NONE
        if self._sync_each_chunk or self._unsynced >= _SYNCED_BYTES:
            self._sync()

    def _flush(self) -> None:
        gathered, self._gathered = bytes(self._gathered), bytearray()
        self._write(gathered)
        self._unsynced += len(gathered)

    def _write(self, content: bytes) -> None:
        place = 0
        try:
            while place < len(content):
                place += os.write(self._descriptor, memoryview(content)[place:])
        except OSError as error:
            self._failed = True
            with suppress(OSError):  # take a torn chunk away, so that the segment can still be closed
                os.ftruncate(self._descriptor, self._written)
                os.lseek(self._descriptor, self._written, os.SEEK_SET)
            raise from_os_error(error) or error from None
        self._written += place

    def _sync(self) -> None:
        try:
            getattr(os, "fdatasync", os.fsync)(self._descriptor)
        except OSError as error:
            self._failed = True
            raise from_os_error(error) or error from None
        self._unsynced = 0


# --- reading ---------------------------------------------------------------------------------------------------------


class GapCause(StrEnum):
    """Why there is silence where sound should be."""

    DAMAGED = "damaged"  # the file was altered or cut there
    LOST = "lost"  # the recorder already missed it


@dataclass(frozen=True, slots=True)
class SoundGap:
    """A stretch without its sound; times after it are right all the same."""

    start_frame: int
    frames: int
    cause: GapCause


class SoundReader:
    """A recording's sound as one line of frames, decrypted in memory only; any thread may use it.

    What can't be authenticated reads as silence of the right length and is listed in `gaps`.
    """

    def __init__(self, segments: list[Segment], *, missing: bool) -> None:
        """Use `open`; `missing` tells that a segment is gone or unreadable as a whole."""
        self._segments = segments
        self._missing = missing
        self.rate_hz = segments[0].header.format.rate_hz
        self.channels = segments[0].header.format.channels
        self._starts = [0]
        for segment in segments:
            self._starts.append(self._starts[-1] + segment.frames)
        self._verified = False
        self._cache: OrderedDict[tuple[int, int], Samples] = OrderedDict()
        self._caching = threading.Lock()

    @classmethod
    def open(cls, audio_folder: Path, recording_id: RecordingId, key: bytes) -> Self:
        """Open a recording's segments; raises `AudioMissing` when none of them can be read."""
        found = segment_files(audio_folder, recording_id)
        trails = read_index(recording_folder(audio_folder, recording_id), recording_id, key) if found else {}
        segments: list[Segment] = []
        unreadable = list(found) != list(range(len(found)))
        for number, path in found.items():
            try:
                segment = Segment(path, recording_id, number, key, trails.get(number))
            except (HeaderError, OSError):
                unreadable = unreadable or number + 1 != len(found)  # the last may have died over its header
                continue
            if segments and segment.header.format != segments[0].header.format:
                segment.close()
                unreadable = True
                continue
            segments.append(segment)
        if not segments:
            raise AudioMissing
        return cls(segments, missing=unreadable)

    @property
    def frames(self) -> int:
        return self._starts[-1]

    @property
    def duration_ms(self) -> int:
        return self.frames * 1000 // self.rate_hz

    @property
    def state(self) -> SoundState:
        """Whether the sound is all there; the first look reads and authenticates every chunk (0.3 s per hour)."""
        self._verify()
        states = [segment.state for segment in self._segments]
        if self._missing or SoundState.DAMAGED in states:
            return SoundState.DAMAGED
        return SoundState.INTERRUPTED if SoundState.INTERRUPTED in states else SoundState.COMPLETE

    @property
    def gaps(self) -> tuple[SoundGap, ...]:
        """Where sound is missing, in order of time; looks at every chunk, as `state` does."""
        self._verify()
        found: list[SoundGap] = []
        for start, segment in zip(self._starts, self._segments, strict=False):
            size = segment.header.frames_per_chunk
            for index in range(-(-segment.frames // size)):
                cause = _cause(segment.chunks.get(index))
                if cause is None:
                    continue
                frames = min(size, segment.frames - index * size)
                at = start + index * size
                if found and found[-1].cause is cause and found[-1].start_frame + found[-1].frames == at:
                    found[-1] = SoundGap(found[-1].start_frame, found[-1].frames + frames, cause)
                else:
                    found.append(SoundGap(at, frames, cause))
        return tuple(found)

    def place(self, frame: int) -> tuple[Segment, int]:
        """Return the segment that a frame of the recording lies in, and its number there."""
        number = bisect_right(self._starts, frame) - 1
        return self._segments[number], frame - self._starts[number]

    @property
    def seams(self) -> tuple[int, ...]:
        """The frames at which a new segment begins: after a pause or on another device."""
        return tuple(self._starts[1:-1])

    def read(self, start_frame: int, frames: int) -> Samples:
        """Return up to `frames` int16 samples (frames, channels) from `start_frame`; fewer at the end."""
        start = min(max(0, start_frame), self.frames)
        end = min(max(start, start_frame + frames), self.frames)
        samples = np.zeros((end - start, self.channels), np.int16)
        for number, segment in enumerate(self._segments):
            origin, size = self._starts[number], segment.header.frames_per_chunk
            first, stop = max(start, origin) - origin, min(end, self._starts[number + 1]) - origin
            for index in range(first // size, -(-stop // size) if stop > first else 0):
                chunk = self._chunk(number, index)
                if chunk is not None:
                    a, b = max(first, index * size), min(stop, index * size + len(chunk))
                    samples[origin + a - start : origin + b - start] = chunk[a - index * size : b - index * size]
        return samples

    def blocks(self, frames: int) -> Iterator[Samples]:
        """Yield the whole sound as samples (up to `frames`, channels), in order."""
        for start in range(0, self.frames, frames):
            yield self.read(start, frames)

    def mono(self, rate_hz: int = 16_000) -> npt.NDArray[np.float32]:
        """Return the whole sound as float32 in -1..1, channels mixed evenly, resampled to `rate_hz`, shape (n,)."""
        length = -(-self.frames * rate_hz // self.rate_hz)
        mixed = np.zeros(length, np.float32)
        resampler = soxr.ResampleStream(self.rate_hz, rate_hz, 1, dtype="float32")
        place = read = 0
        for block in self.blocks(self.rate_hz * _MONO_BLOCK_S):
            read += len(block)
            part = block.mean(axis=1, dtype=np.float32) / np.float32(32_768)
            part = resampler.resample_chunk(part, last=read >= self.frames)[: length - place]
            mixed[place : place + len(part)] = part
            place += len(part)
        return mixed

    def close(self) -> None:
        for segment in self._segments:
            segment.close()
        self._cache.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _verify(self) -> None:
        if not self._verified:
            for segment in self._segments:
                segment.verify()
            self._verified = True

    def _chunk(self, number: int, index: int) -> Samples | None:
        with self._caching:
            if (number, index) in self._cache:
                self._cache.move_to_end((number, index))
                return self._cache[number, index]
        samples = self._segments[number].samples(index)
        if samples is not None:
            with self._caching:
                self._cache[number, index] = samples
                if len(self._cache) > _CACHED_CHUNKS:
                    self._cache.popitem(last=False)
        return samples


def _cause(chunk: Chunk | None) -> GapCause | None:
    if chunk is None:
        return GapCause.DAMAGED
    return GapCause.LOST if chunk.flags & ChunkFlags.LOST else None
