"""An open microphone, whose sound comes in the recording's rate and channels whatever the device can do."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import soxr

from cubb_desktop.audio import device
from cubb_desktop.audio.container import SoundFormat
from cubb_desktop.audio.flac import Samples
from cubb_desktop.audio.ring import Ring
from cubb_desktop.domain.errors import MicrophoneNotFound

GONE_AFTER_S = 0.9  # without a block for so long, it is gone
FIRST_BLOCK_S = 5.0  # a wireless headset takes its time
_STALL_S = 0.3  # a process that was itself held up for so long can't tell yet


class Microphone:
    """One device, listened to from the moment it is made until `close`; for one thread.

    `format` is that of what `take` gives. Raises `MicrophoneNotFound` when there is no such device or it refuses.
    """

    def __init__(self, device_id: str | None, channels: int = 1, known: SoundFormat | None = None) -> None:
        """Open a device (None: the default) as it is best, or so that its sound comes as `known`."""
        ring: list[Ring] = []

        def on_block(block: Any, frames: int, overflow: bool) -> None:
            if ring:
                ring[0].put(block, frames, overflow)

        self._stream = _opened(device_id, on_block, channels, known)
        self.device = self._stream.device
        self.format = known or SoundFormat(self._stream.rate_hz, self._stream.channels)
        self.ring = Ring(self._stream.rate_hz, self._stream.channels)
        self.opened_at = self._looked_at = self._alive_at = time.monotonic()
        self._resampler: Any = None
        if self._stream.rate_hz != self.format.rate_hz:
            rates = self._stream.rate_hz, self.format.rate_hz
            self._resampler = soxr.ResampleStream(*rates, self.format.channels, dtype="int16")
        ring.append(self.ring)

    @property
    def gone(self) -> bool:
        """Whether it has stopped giving sound; to be asked often."""
        now = time.monotonic()
        if now - self._looked_at > _STALL_S:
            self._alive_at = now
        self._looked_at = now
        silent_s = now - max(self.ring.last_block_at, self._alive_at)
        return not self._stream.active or silent_s > (GONE_AFTER_S if self.ring.blocks else FIRST_BLOCK_S)

    def take(self) -> tuple[Samples, int | None]:
        """Return what was heard up to the next loss, and that loss in frames (None: there was none)."""
        samples, lost = self.ring.take()
        if self._stream.channels != self.format.channels:
            mixed = samples.mean(axis=1, keepdims=True).round().astype(np.int16)
            samples = np.repeat(mixed, self.format.channels, axis=1)
        if self._resampler is not None:
            samples = self._resampled(samples)
            lost = None if lost is None else lost * self.format.rate_hz // self._stream.rate_hz
        return samples, lost

    def rest(self) -> Samples:
        """Return what a closed microphone has left after everything was taken; once."""
        nothing = np.zeros((0, self.format.channels), np.int16)
        return self._resampled(nothing, last=True) if self._resampler is not None else nothing

    def close(self) -> None:
        """Let go of the device; what it gave before can still be taken."""
        self._stream.close(at_once=self.gone)

    def _resampled(self, samples: Samples, *, last: bool = False) -> Samples:
        given = self._resampler.resample_chunk(samples if self.format.channels > 1 else samples[:, 0], last=last)
        return np.asarray(given, np.int16).reshape(-1, self.format.channels)


def _opened(
    device_id: str | None, on_block: device.InputCallback, channels: int, known: SoundFormat | None
) -> device.InputStream:
    if known is not None:
        try:
            return device.open_input(device_id, on_block, rate_hz=known.rate_hz, channels=known.channels)
        except MicrophoneNotFound:  # perhaps it can't do this rate
            channels = known.channels
    return device.open_input(device_id, on_block, channels=channels)
