"""Between the sound system's thread and the one that writes: a ring of some seconds, and how loud it is."""

from __future__ import annotations

import time
from collections import deque
from typing import Any

import numpy as np

from cubb_desktop.audio.flac import Samples

RING_S = 12
_LEVELS_PER_SECOND = 10
_FLOOR_DB = -120.0


class Ring:
    """Carries sound from the callback's thread (`put`) to one other (`take`) without a lock; holds `RING_S` seconds."""

    def __init__(self, rate_hz: int, channels: int, seconds: float = RING_S) -> None:
        self._kept = np.zeros((round(rate_hz * seconds), channels), np.int16)
        self._rate_hz = rate_hz
        self._written = 0
        self._taken = 0
        self._lost: deque[tuple[int, int]] = deque()  # (frames written before it, frames lost; 0: the card lost some)
        self.blocks = 0
        self.first_frame_at = 0.0  # when the first frame was heard, by the monotonic clock
        self.last_block_at = time.monotonic()
        self.fullest = 0.0

    def put(self, block: Any, frames: int, overflow: bool) -> None:
        """Copy a block in; what finds no room is counted and becomes silence."""
        self.last_block_at = time.monotonic()
        if not self.blocks:
            self.first_frame_at = self.last_block_at - frames / self._rate_hz
        self.blocks += 1
        if overflow:
            self._lost.append((self._written, 0))
        size = len(self._kept)
        if frames > size - (self._written - self._taken):
            self._lost.append((self._written, frames))
            return
        samples = np.frombuffer(block, np.int16).reshape(frames, -1)
        place = self._written % size
        first = min(frames, size - place)
        self._kept[place : place + first] = samples[:first]
        self._kept[: frames - first] = samples[first:]
        self._written += frames

    def take(self) -> tuple[Samples, int | None]:
        """Return what came up to the next loss (frames, channels), and that loss in frames (None: there was none)."""
        written = self._written
        self.fullest = max(self.fullest, (written - self._taken) / len(self._kept))
        lost = None
        if self._lost:
            written, lost = self._lost.popleft()
        size = len(self._kept)
        place, frames = self._taken % size, written - self._taken
        first = min(frames, size - place)
        samples = np.concatenate([self._kept[place : place + first], self._kept[: frames - first]])
        self._taken = written
        return samples, lost


class Loudness:
    """Measures how loud it is, a tenth of a second at a time."""

    def __init__(self, rate_hz: int) -> None:
        self._wanted = rate_hz // _LEVELS_PER_SECOND
        self._frames = self._count = 0
        self._squares = 0.0
        self._peak = 0

    def add(self, samples: Samples) -> dict[str, Any] | None:
        """Take samples; return the level of the stretch since the last one when it is long enough."""
        if len(samples):
            wide = samples.astype(np.float32)
            self._squares += float(np.dot(wide.ravel(), wide.ravel()))
            self._peak = max(self._peak, int(np.abs(wide).max()))
            self._frames += len(samples)
            self._count += samples.size
        if self._frames < self._wanted:
            return None
        told = {
            "rms_db": _decibels((self._squares / self._count) ** 0.5),
            "peak_db": _decibels(self._peak),
            "clipped": self._peak >= 32_767,
        }
        self._frames = self._count = self._peak = 0
        self._squares = 0.0
        return told


def _decibels(amplitude: float) -> float:
    return round(max(_FLOOR_DB, 20 * float(np.log10(max(amplitude, 1e-6) / 32_768))), 1)
