"""The waveform: the lowest and highest sample of each hundredth of a second, and coarser views made from them."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np
import numpy.typing as npt

from cubb_desktop.audio.chunks import SoundReader
from cubb_desktop.audio.flac import Samples

Extremes = npt.NDArray[np.int8]
PER_SECOND = 100
_MAGIC = b"CUBBPEA1"
_FRONT = struct.Struct("<8sII")
_COARSER = 4
_LEAST_BUCKETS = 256
_MOST_BUCKETS = 100_000_000
_BLOCK_S = 4


class PeaksDamaged(ValueError):  # noqa: N818 - reads as what happened
    """Stored peaks are not what they should be; they can be built again."""


@dataclass(frozen=True)
class Peaks:
    """`extremes` (buckets, 2) holds the lowest and highest sample of each bucket, all channels together, -128..127."""

    per_second: int
    extremes: Extremes

    @property
    def duration_ms(self) -> int:
        return len(self.extremes) * 1000 // self.per_second

    @cached_property
    def levels(self) -> tuple[Extremes, ...]:
        """The pyramid: each level holds a quarter of the buckets of the one before, the finest first."""
        levels = [self.extremes]
        while len(levels[-1]) > _LEAST_BUCKETS:
            levels.append(_merged(levels[-1], np.arange(0, len(levels[-1]), _COARSER)))
        return tuple(levels)

    def view(self, start_ms: float, end_ms: float, columns: int) -> Extremes:
        """Return (columns, 2) for drawing a stretch; outside the recording it is zero. Costs little at any length."""
        wanted = (end_ms - start_ms) / 1000 * self.per_second / max(1, columns)
        step, level = 1, self.levels[0]
        for coarser in self.levels[1:]:
            if step * _COARSER > wanted:
                break
            step, level = step * _COARSER, coarser
        edges = np.linspace(start_ms, end_ms, columns + 1) / 1000 * self.per_second / step
        first = np.floor(edges[:-1]).astype(np.int64)
        stop = np.maximum(np.ceil(edges[1:]).astype(np.int64), first + 1)
        view = np.zeros((columns, 2), np.int8)
        inside = (stop > 0) & (first < len(level))
        if inside.any():
            first, stop = np.clip(first[inside], 0, len(level) - 1), np.clip(stop[inside], 1, len(level))
            padded = np.concatenate([level, level[-1:]])  # reduceat wants every border to be an index
            borders = np.stack([first, stop], axis=1).ravel()
            view[inside, 0] = np.minimum.reduceat(padded[:, 0], borders)[::2]
            view[inside, 1] = np.maximum.reduceat(padded[:, 1], borders)[::2]
        return view

    def to_bytes(self) -> bytes:
        """Return the finest level, compressed."""
        front = _FRONT.pack(_MAGIC, self.per_second, len(self.extremes))
        return front + zlib.compress(self.extremes.T.tobytes(), 6)

    @classmethod
    def from_bytes(cls, stored: bytes) -> Self:
        """Return what `to_bytes` stored; raises `PeaksDamaged`."""
        try:
            magic, per_second, buckets = _FRONT.unpack(stored[: _FRONT.size])
            if magic != _MAGIC or not per_second or buckets > _MOST_BUCKETS:
                raise PeaksDamaged
            inflater = zlib.decompressobj()
            raw = inflater.decompress(stored[_FRONT.size :], 2 * buckets + 1)
        except (struct.error, zlib.error):
            raise PeaksDamaged from None
        if len(raw) != 2 * buckets:
            raise PeaksDamaged
        return cls(per_second, np.frombuffer(raw, np.int8).reshape(2, buckets).T)


class PeakBuilder:
    """Builds peaks from sound as it comes by."""

    def __init__(self, rate_hz: int, per_second: int = PER_SECOND) -> None:
        self._rate_hz = rate_hz
        self._per_second = per_second
        self._frames = 0
        self.loudest = 0  # the largest sample so far, 0..32768
        self._gathered: list[Samples] = []
        self._gathered_frames = 0
        self._done: list[Extremes] = []
        self._open: Samples = np.zeros((0, 2), np.int16)  # lowest and highest so far of the bucket that is not full

    def add(self, samples: Samples) -> None:
        """Take the next samples (frames, channels); short blocks are gathered, for they cost as much as long ones."""
        self._gathered.append(samples)
        self._gathered_frames += len(samples)
        if self._gathered_frames >= self._rate_hz:
            self._take_gathered()

    def finish(self) -> Peaks:
        """Return the peaks of everything that was added."""
        self._take_gathered()
        return Peaks(self._per_second, np.concatenate([*self._done, _to_int8(self._open)]))

    def _take_gathered(self) -> None:
        if not self._gathered_frames:
            return
        samples = np.concatenate(self._gathered)
        self._gathered, self._gathered_frames = [], 0
        frames = np.arange(self._bucket(self._frames) + 1, self._bucket(self._frames + len(samples) - 1) + 1)
        starts = -(-frames * self._rate_hz // self._per_second) - self._frames
        borders = np.concatenate([[0], starts])
        low = np.minimum.reduceat(samples.min(axis=1), borders)
        high = np.maximum.reduceat(samples.max(axis=1), borders)
        self.loudest = max(self.loudest, -int(low.min()), int(high.max()))
        found = np.stack([low, high], axis=1)
        if len(self._open) and self._bucket(self._frames - 1) == self._bucket(self._frames):
            found[0] = min(found[0, 0], self._open[0, 0]), max(found[0, 1], self._open[0, 1])
        elif len(self._open):
            self._done.append(_to_int8(self._open))
        self._done.append(_to_int8(found[:-1]))
        self._open = found[-1:]
        self._frames += len(samples)

    def _bucket(self, frame: int) -> int:
        return frame * self._per_second // self._rate_hz


def build(reader: SoundReader, per_second: int = PER_SECOND) -> Peaks:
    """Return a recording's peaks, reading all of it (some seconds per hour)."""
    return build_from(reader.blocks(reader.rate_hz * _BLOCK_S), reader.rate_hz, per_second)


def build_from(blocks: Iterable[Samples], rate_hz: int, per_second: int = PER_SECOND) -> Peaks:
    """Return the peaks of sound that comes in blocks (frames, channels)."""
    builder = PeakBuilder(rate_hz, per_second)
    for block in blocks:
        builder.add(block)
    return builder.finish()


def _merged(level: Extremes, borders: npt.NDArray[np.int64]) -> Extremes:
    return np.stack([np.minimum.reduceat(level[:, 0], borders), np.maximum.reduceat(level[:, 1], borders)], axis=1)


def _to_int8(extremes: Samples) -> Extremes:
    """Scale to a byte; the highest is rounded up, so that quiet sound is still seen."""
    low, high = extremes[:, 0] >> 8, -(-extremes[:, 1].astype(np.int32) >> 8)
    return np.stack([low, np.clip(high, -128, 127)], axis=1).astype(np.int8)
