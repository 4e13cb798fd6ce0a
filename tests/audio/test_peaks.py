"""The waveform: right at every rate and block size, small to keep, cheap to draw."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from cubb_desktop.audio import peaks
from cubb_desktop.audio.chunks import SoundReader
from cubb_desktop.audio.flac import Samples
from cubb_desktop.audio.peaks import PeakBuilder, Peaks, PeaksDamaged
from tests.audio import sounds


def expected(samples: Samples, rate_hz: int) -> list[list[int]]:
    """The definition, word for word: what is lowest and highest in each hundredth of a second."""
    buckets = np.arange(len(samples)) * 100 // rate_hz
    found = []
    for bucket in range(int(buckets[-1]) + 1):
        part = samples[buckets == bucket]
        found.append([int(part.min()) >> 8, min(127, -(-int(part.max()) >> 8))])
    return found


@pytest.mark.parametrize("rate_hz", [8_000, 11_025, 22_050, 48_000])
@pytest.mark.parametrize("block", [1, 79, 4_001, 1_000_000])
def test_peaks_are_the_extremes_of_each_hundredth(rate_hz: int, block: int) -> None:
    samples = sounds.noise(2.345 if block > 1 else 0.1, rate_hz=rate_hz, channels=2)
    builder = PeakBuilder(rate_hz)
    for start in range(0, len(samples), block):
        builder.add(samples[start : start + block])
    assert builder.finish().extremes.tolist() == expected(samples, rate_hz)
    assert builder.loudest == np.abs(samples.astype(int)).max()


def test_the_loudest_and_the_softest_sound_are_seen() -> None:
    extremes = np.array([[-32_768], [32_767]], np.int16).repeat(1_000, axis=0)
    assert peaks.build_from([extremes], 1_000).extremes.tolist()[0] == [-128, -128]
    assert peaks.build_from([extremes], 1_000).extremes.tolist()[-1] == [127, 127]
    whisper = np.array([[3], [-3]], np.int16).repeat(1_000, axis=0)
    assert peaks.build_from([whisper], 1_000).extremes[0].tolist() == [0, 1]
    assert not peaks.build_from([np.zeros((1_000, 1), np.int16)], 1_000).extremes.any()


def test_no_sound_has_no_peaks() -> None:
    empty = PeakBuilder(8_000).finish()
    assert (empty.duration_ms, empty.view(0, 1_000, 5).tolist()) == (0, [[0, 0]] * 5)


def test_a_reader_gives_the_same_as_the_sound_itself(tmp_path: Path) -> None:
    samples = sounds.noise(11)
    with SoundReader.open(tmp_path, sounds.store(tmp_path, samples), sounds.KEY) as reader:
        assert np.array_equal(peaks.build(reader).extremes, peaks.build_from([samples], 8_000).extremes)


@pytest.mark.parametrize("columns", [1, 7, 333, 1_000, 5_000])
def test_a_view_shows_every_extreme_whatever_its_width(columns: int) -> None:
    samples = sounds.noise(60)
    samples[123_456] = 32_000
    made = peaks.build_from([samples], 8_000)
    view = made.view(0, 60_000, columns)
    assert view.shape == (columns, 2)
    assert view[:, 1].max() == 125
    assert view[:, 0].min() == made.extremes[:, 0].min()
    assert abs(int(view[:, 1].argmax()) - 123_456 / 480_000 * columns) <= max(1, columns / 60)


def test_a_view_beyond_the_sound_is_flat() -> None:
    made = peaks.build_from([sounds.noise(1)], 8_000)
    view = made.view(-1_000, 2_000, 30)
    assert not view[:10].any()
    assert view[10:20].any()
    assert not view[21:].any()


def test_stored_peaks_are_the_same_again() -> None:
    made = peaks.build_from([sounds.noise(30)], 8_000)
    again = Peaks.from_bytes(made.to_bytes())
    assert again.per_second == made.per_second
    assert np.array_equal(again.extremes, made.extremes)


@pytest.mark.parametrize("cut", [0, 3, 16, 40])
def test_damaged_peaks_are_refused(cut: int) -> None:
    stored = peaks.build_from([sounds.noise(30)], 8_000).to_bytes()
    for untrusted in (stored[:cut], b"x" + stored[1:], stored[:16] + b"\xff" * 200):
        with pytest.raises(PeaksDamaged):
            Peaks.from_bytes(untrusted)
