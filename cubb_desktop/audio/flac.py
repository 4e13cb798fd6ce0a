"""A stretch of samples as one complete little FLAC in memory, and back; lossless."""

from __future__ import annotations

import io

import numpy as np
import numpy.typing as npt
import soundfile

Samples = npt.NDArray[np.int16]


class FlacError(ValueError):
    """The bytes are no FLAC of the expected shape."""


def encode(samples: Samples, rate_hz: int) -> bytes:
    """Return `samples` (frames, channels) as FLAC; no samples are no bytes."""
    if not len(samples):
        return b""
    encoded = io.BytesIO()
    soundfile.write(encoded, samples, rate_hz, format="FLAC", subtype="PCM_16")
    return encoded.getvalue()


def decode(flac: bytes, frames: int, channels: int) -> Samples:
    """Return the samples (frames, channels); raises `FlacError` unless they are exactly `frames` of `channels`."""
    if not flac:
        samples = np.zeros((0, channels), np.int16)
    else:
        try:
            samples, _rate = soundfile.read(io.BytesIO(flac), frames=frames + 1, dtype="int16", always_2d=True)
        except (soundfile.LibsndfileError, ValueError):
            raise FlacError from None
    if samples.shape != (frames, channels):
        raise FlacError
    return samples
