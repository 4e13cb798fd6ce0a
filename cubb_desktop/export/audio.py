"""A passage of sound as a WAV file, made in memory."""

from __future__ import annotations

import io
import wave

import numpy as np
from numpy.typing import NDArray


def wav_of(samples: NDArray[np.int16], rate_hz: int) -> bytes:
    """16-bit samples (frames, channels) as a WAV file without any metadata."""
    target = io.BytesIO()
    with wave.open(target, "wb") as writer:
        writer.setnchannels(samples.shape[1])
        writer.setsampwidth(2)
        writer.setframerate(rate_hz)
        writer.writeframes(np.ascontiguousarray(samples, dtype="<i2").tobytes())
    return target.getvalue()
