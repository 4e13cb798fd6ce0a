"""Slower and faster at the same pitch."""

from __future__ import annotations

import numpy as np
import pytest

from cubb_desktop.audio.flac import Samples
from cubb_desktop.audio.stretch import Stretcher
from tests.audio import sounds

RATE_HZ = 16_000


def stretched(samples: Samples, rate: float) -> Samples:
    stretcher = Stretcher(lambda start, frames: samples[start : start + frames], RATE_HZ, samples.shape[1])
    steps = []
    while stretcher.place < len(samples):
        steps.append(stretcher.next(rate))
    return np.concatenate(steps)


def test_at_its_own_rate_sound_is_what_it_was() -> None:
    samples = sounds.noise(1.5, rate_hz=RATE_HZ, channels=2)
    assert np.array_equal(stretched(samples, 1.0)[: len(samples)], samples)


@pytest.mark.parametrize("rate", [0.5, 0.75, 0.9, 1.25, 1.5])
def test_another_rate_changes_the_length_and_not_the_pitch(rate: float) -> None:
    samples = sounds.tone(4, hz=210, rate_hz=RATE_HZ)
    slower = stretched(samples, rate)
    assert len(slower) == pytest.approx(len(samples) / rate, rel=0.01)
    middle = slower[RATE_HZ // 2 :][: 2 * RATE_HZ, 0].astype(float)
    spectrum = np.abs(np.fft.rfft(middle))
    assert int(spectrum.argmax()) / 2 == pytest.approx(210, abs=0.5)
    assert middle.std() == pytest.approx(samples.std(), rel=0.02)
    clean = (spectrum[400:441] ** 2).sum() / (spectrum[1:] ** 2).sum()
    assert clean > 0.97  # steps that did not fit would spread the tone


def test_what_was_said_when_stays_in_its_order() -> None:
    beeps = np.zeros((4 * RATE_HZ, 1), np.int16)
    for second in range(4):
        beeps[second * RATE_HZ : second * RATE_HZ + 1_600] = sounds.tone(0.1, hz=500, rate_hz=RATE_HZ)
    slower = np.abs(stretched(beeps, 0.5)[:, 0])
    starts = [int(np.argmax(slower[second * 2 * RATE_HZ :] > 3_000)) for second in range(4)]
    assert max(starts) < 0.05 * RATE_HZ


def test_the_rate_may_change_between_two_steps_without_a_click() -> None:
    samples = sounds.tone(3, hz=150, rate_hz=RATE_HZ)
    stretcher = Stretcher(lambda start, frames: samples[start : start + frames], RATE_HZ, 1)
    heard = np.concatenate([stretcher.next(rate) for rate in [1.0] * 20 + [0.6] * 40 + [1.0] * 20 + [1.4] * 20])
    steepest = np.abs(np.diff(samples[:, 0].astype(int))).max()
    assert np.abs(np.diff(heard[:, 0].astype(int))).max() < 1.5 * steepest


def test_beyond_the_end_there_is_silence() -> None:
    stretcher = Stretcher(lambda start, frames: sounds.noise(1)[start : start + frames], RATE_HZ, 1)
    stretcher.seek(50_000)
    assert not stretcher.next(0.5).any()
