"""Slower or faster at the same pitch: WSOLA (Verhelst and Roelands 1993), one short step at a time.

Each step overlaps the sound that would have come next with the stretch near the wanted place that resembles it most.
At rate 1 that is the very same sound, so what comes out is what went in, sample for sample.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from cubb_desktop.audio.flac import Samples

Floats = npt.NDArray[np.float32]
_STEP_S = 0.015
_SEARCH_S = 0.008  # each way: more than half a period of the lowest voices


class Stretcher:
    """Gives a sound in steps of 15 ms from any place on, at a rate that may change between two steps."""

    def __init__(self, read: Callable[[int, int], Samples], rate_hz: int, channels: int) -> None:
        """`read(start_frame, frames)` returns int16 samples (frames, channels), fewer at the end."""
        self._read = read
        self._channels = channels
        self.step = max(1, round(rate_hz * _STEP_S))
        self._search = round(rate_hz * _SEARCH_S)
        rising = np.sin(np.pi / 2 * (np.arange(self.step) + 0.5) / self.step) ** 2
        self._rise = rising.astype(np.float32)[:, None]
        self.seek(0)

    def seek(self, frame: int) -> None:
        """Go on from `frame`, without a fade."""
        self.place = float(frame)  # the frame that the next step stands for
        self._follows = frame  # the frame that would come next if nothing were stretched
        self._tail = self._samples(frame, self.step) * (1 - self._rise)

    def jump(self, frame: int) -> None:
        """Go on from `frame`; what would have come next is faded out meanwhile, so that nothing clicks."""
        self.place, self._follows = float(frame), frame

    def next(self, rate: float) -> Samples:
        """Return the next 15 ms that are heard, (step, channels), having gone on by `rate` times as much."""
        start = self._follows if rate == 1 else self._most_alike(round(self.place))
        found = self._samples(start, 2 * self.step)
        heard = self._tail + found[: self.step] * self._rise
        self._tail = found[self.step :] * (1 - self._rise)
        self._follows = start + self.step
        self.place = float(self._follows) if rate == 1 else self.place + rate * self.step
        return np.asarray(np.clip(np.rint(heard), -32_768, 32_767), np.int16)

    def _most_alike(self, wanted: int) -> int:
        """Return the frame near `wanted` from which the sound resembles what would come next the most."""
        follows = self._samples(self._follows, self.step).sum(axis=1)
        first = max(0, wanted - self._search)
        near = self._samples(first, self.step + 2 * self._search).sum(axis=1)
        alike = np.correlate(near, follows, "valid")
        energy = np.convolve(near * near, np.ones(self.step, np.float32), "valid")
        return first + int(np.argmax(alike / np.sqrt(energy + 1)))

    def _samples(self, start: int, frames: int) -> Floats:
        """Return float32 samples in int16's range; beyond the end there is silence."""
        read = self._read(start, frames)
        if len(read) < frames:
            read = np.concatenate([read, np.zeros((frames - len(read), self._channels), np.int16)])
        return read.astype(np.float32)
