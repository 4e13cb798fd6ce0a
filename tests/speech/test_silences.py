"""Silences measured on the signal, against conversations whose silences are known to the sample."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from demo_models.synthesis import Conversation

from cubb_desktop.domain.transcript import Interval
from cubb_desktop.speech.silences import FRAME_MS, LEAST_SILENCE_MS, RATE_HZ, frame_levels, listen, runs

LEAST_MS = 300


def noise(seconds: float, level_db: float, seed: int = 1) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return (rng.standard_normal(int(seconds * RATE_HZ)) * 10 ** (level_db / 20)).astype(np.float32)


@pytest.mark.parametrize("which", ["talk", "noisy_talk"])
def test_silences_are_found_and_as_long_as_they_are(which: str, request: pytest.FixtureRequest) -> None:
    conversation: Conversation = request.getfixturevalue(which)
    found = listen(conversation.samples).silences
    truth = [s for s in conversation.silences() if s.end_ms - s.start_ms >= LEAST_MS]
    assert len(truth) >= 8
    errors = []
    for true in truth:
        best = max(found, key=lambda s: min(s.end_ms, true.end_ms) - max(s.start_ms, true.start_ms))
        shared = min(best.end_ms, true.end_ms) - max(best.start_ms, true.start_ms)
        if shared > (true.end_ms - true.start_ms) / 2:
            errors.append(abs(best.length_ms - (true.end_ms - true.start_ms)))
    false = [
        s
        for s in found
        if s.length_ms >= LEAST_MS
        and not any(
            min(s.end_ms, t.end_ms) - max(s.start_ms, t.start_ms) > s.length_ms / 2 for t in conversation.silences()
        )
    ]
    assert len(errors) >= 0.95 * len(truth)
    assert float(np.median(errors)) <= 50
    assert len(false) <= 0.05 * len(found)


def test_speech_and_silences_cover_the_recording_without_overlap(talk: Conversation) -> None:
    measured = listen(talk.samples)
    spans = [(i.start_ms, i.end_ms) for i in measured.speech]
    spans = sorted(spans + [(s.start_ms, s.end_ms) for s in measured.silences])
    assert spans[0][0] == 0
    assert spans[-1][1] == measured.duration_ms == len(talk.samples) * 1000 // 16_000
    assert all(a[1] == b[0] for a, b in pairwise(spans))
    assert all(s.length_ms >= LEAST_SILENCE_MS for s in measured.silences)
    assert measured.speech_ms == pytest.approx(sum(s.end_ms - s.start_ms for s in measured.speech), abs=FRAME_MS)


def test_the_method_is_told_with_its_thresholds(talk: Conversation) -> None:
    method = listen(talk.samples).method
    assert "silero" in method.name
    assert (method.least_ms, method.threshold_db) == (LEAST_SILENCE_MS, 6.0)


@pytest.mark.parametrize("level_db", [-60.0, -40.0, -20.0])
def test_noise_alone_is_one_silence(level_db: float) -> None:
    measured = listen(noise(6, level_db))
    assert measured.speech == ()
    assert [(s.start_ms, s.end_ms) for s in measured.silences] == [(0, 6000)]


def test_clicks_and_bangs_are_no_speech() -> None:
    samples = noise(5, -60)
    for at in (8000, 30_000, 61_000):
        samples[at : at + 400] += 0.8
    assert listen(samples).speech == ()


@pytest.mark.parametrize("length", [0, 1, 159, 161, 3000])
def test_any_length_can_be_measured(length: int) -> None:
    measured = listen(np.zeros(length, np.float32))
    assert measured.speech == ()
    assert measured.duration_ms == length * 1000 // RATE_HZ


def test_a_constant_offset_and_rumble_are_not_sound() -> None:
    seconds = np.arange(3 * RATE_HZ) / RATE_HZ
    rumble = (0.3 + 0.05 * np.sin(2 * np.pi * 20 * seconds)).astype(np.float32)
    assert frame_levels(rumble)[5:-5].max() < -35
    assert listen(rumble).speech == ()


def test_speech_far_below_full_scale_is_still_speech(talk: Conversation) -> None:
    loud, quiet = listen(talk.samples), listen(talk.samples * np.float32(0.05))
    assert abs(loud.speech_ms - quiet.speech_ms) < 0.1 * loud.speech_ms


def test_a_long_recording_is_measured_in_pieces_with_the_same_result(talk: Conversation) -> None:
    """The detector works on 320 s at a time; what lies beyond the first piece must come out as it does alone."""
    gap = np.zeros(330 * RATE_HZ, np.float32)
    late = listen(np.concatenate((gap, talk.samples)))
    alone = listen(talk.samples)
    moved = [Interval(s.start_ms - 330_000, s.end_ms - 330_000) for s in late.speech]
    assert abs(len(moved) - len(alone.speech)) <= 1
    assert abs(sum(s.end_ms - s.start_ms for s in moved) - sum(s.end_ms - s.start_ms for s in alone.speech)) < 500


def test_runs_are_half_open() -> None:
    assert runs(np.array([True, True, False, True])) == [(0, 2), (3, 4)]
    assert runs(np.zeros(0, bool)) == []
