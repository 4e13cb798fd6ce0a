"""A passage of sound as a WAV file, block by block: an hour of stereo need not fit in memory."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

_SAMPLE_BYTES = 2
LARGEST_BYTES = 2**32 - 1 - 36  # a WAV file counts its bytes in 32 bits


def wav_bytes(frames: int, channels: int) -> int:
    """How many bytes of sound a WAV file of so many 16-bit frames holds; more than `LARGEST_BYTES` can't be written."""
    return frames * channels * _SAMPLE_BYTES


def wav_of(blocks: Iterable[NDArray[np.int16]], frames: int, channels: int, rate_hz: int) -> Iterator[bytes]:
    """Blocks of samples (n, channels), `frames` in all, as the bytes of a WAV file without any metadata."""
    length = wav_bytes(frames, channels)
    if length > LARGEST_BYTES:
        raise ValueError("too long for a WAV file")
    row = channels * _SAMPLE_BYTES
    about = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, channels, rate_hz, rate_hz * row, row, 8 * _SAMPLE_BYTES)
    yield struct.pack("<4sI4s", b"RIFF", 36 + length, b"WAVE") + about + struct.pack("<4sI", b"data", length)
    for block in blocks:
        yield np.ascontiguousarray(block, dtype="<i2").tobytes()
