"""A passage of sound as a WAV file."""

from __future__ import annotations

import io
import wave

import numpy as np
import pytest

from cubb_desktop.export.audio import LARGEST_BYTES, wav_bytes, wav_of


@pytest.mark.parametrize(("channels", "rate_hz"), [(1, 8_000), (2, 48_000), (6, 16_000)])
def test_blocks_become_one_file_that_others_read(channels: int, rate_hz: int) -> None:
    samples = np.random.default_rng(2).integers(-32768, 32767, (1_000, channels), dtype=np.int16)
    content = b"".join(wav_of([samples[:400], samples[400:]], 1_000, channels, rate_hz))
    with wave.open(io.BytesIO(content)) as file:
        assert (file.getnchannels(), file.getframerate(), file.getsampwidth()) == (channels, rate_hz, 2)
        assert np.array_equal(np.frombuffer(file.readframes(2_000), np.int16).reshape(-1, channels), samples)
    assert len(content) == 44 + wav_bytes(1_000, channels)


def test_what_a_wav_file_can_not_hold_is_refused_before_the_first_byte() -> None:
    frames = LARGEST_BYTES // 4 + 1
    with pytest.raises(ValueError, match="too long"):
        next(wav_of([], frames, 2, 48_000))
