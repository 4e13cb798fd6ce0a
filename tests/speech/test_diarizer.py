"""The real pyannote pipeline with the demo models."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from demo_models.synthesis import Conversation

from cubb_desktop.domain.errors import ModelIncomplete
from cubb_desktop.domain.transcript import Diarisation, SpeakerSegment
from cubb_desktop.speech.diarizer import RATE_HZ, Diarizer, SpeakerCount
from tests.speech.conftest import DEMO


def voice_at(segments: tuple[SpeakerSegment, ...], at_ms: float) -> str | None:
    return next((s.voice for s in segments if s.start_ms <= at_ms < s.end_ms), None)


def test_long_utterances_get_the_right_voice(diarizer: Diarizer, talk: Conversation) -> None:
    found = diarizer.diarise(talk.samples, SpeakerCount(exactly=2))
    long = [t for t in talk.turns if t.end_s - t.start_s >= 1.5]
    heard = [(t.speaker, voice_at(found.exclusive, (t.start_s + t.end_s) * 500)) for t in long]
    mapping = {
        speaker: max({v for s, v in heard if s == speaker}, key=[v for _, v in heard].count) for speaker, _ in heard
    }
    assert len(set(mapping.values())) == 2
    assert sum(mapping[s] == v for s, v in heard) >= 0.9 * len(heard)


def test_exclusive_output_has_one_voice_at_a_time(diarizer: Diarizer, talk: Conversation) -> None:
    found = diarizer.diarise(talk.samples, SpeakerCount(exactly=2))
    assert all(a.end_ms <= b.start_ms + 1 for a, b in zip(found.exclusive, found.exclusive[1:], strict=False))
    assert {s.voice for s in found.overlapping} == {s.voice for s in found.exclusive}


@pytest.mark.parametrize("count", [SpeakerCount(), SpeakerCount(3), SpeakerCount(None, 2, 4)])
@pytest.mark.parametrize("kind", ["nothing", "one sample", "silence", "noise", "a blip"])
def test_sound_without_people_does_no_harm(diarizer: Diarizer, kind: str, count: SpeakerCount) -> None:
    noise = np.random.default_rng(0).standard_normal(3 * RATE_HZ).astype(np.float32)
    samples = {
        "nothing": noise[:0],
        "one sample": noise[:1],
        "silence": np.zeros(3 * RATE_HZ, np.float32),
        "noise": noise * np.float32(0.1),
        "a blip": noise[: RATE_HZ // 8] * np.float32(0.3),
    }[kind]
    found = diarizer.diarise(samples, count)
    if kind in {"nothing", "one sample", "silence"}:
        assert found == Diarisation((), ())


def test_progress_rises_to_the_end_and_threads_are_asked_for(diarizer: Diarizer, talk: Conversation) -> None:
    shares: list[float] = []
    asked: list[int] = []

    def threads() -> int:
        asked.append(1)
        return 1

    diarizer.diarise(talk.samples[: 20 * RATE_HZ], SpeakerCount(), on_progress=shares.append, threads=threads)
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    assert len(shares) >= 10
    assert asked


def test_a_run_can_be_stopped_and_the_next_is_as_if_nothing_had_happened(
    diarizer: Diarizer, talk: Conversation
) -> None:
    samples = talk.samples[: 15 * RATE_HZ]
    before = diarizer.diarise(samples, SpeakerCount())

    def stop(share: float) -> None:
        if share > 0.5:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        diarizer.diarise(samples, SpeakerCount(), on_progress=stop)
    assert diarizer.diarise(samples, SpeakerCount()) == before


def test_two_voices_are_looked_for_unless_something_else_was_said() -> None:
    assert SpeakerCount.of(None, None, None).arguments() == {"num_speakers": 2}
    assert SpeakerCount.of(3, None, None).arguments() == {"num_speakers": 3}
    assert SpeakerCount.of(None, 2, 4).arguments() == {"min_speakers": 2, "max_speakers": 4}
    assert SpeakerCount.of(None, None, 4).arguments() == {"max_speakers": 4}


def test_a_folder_without_its_plda_is_incomplete(tmp_path: Path) -> None:
    folder = tmp_path / "model æøå"
    shutil.copytree(DEMO / "diariser", folder)
    shutil.rmtree(folder / "plda")
    with pytest.raises(ModelIncomplete):
        Diarizer(folder, threads=1)
