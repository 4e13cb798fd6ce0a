"""One run of the network per chunk gives what pyannote gets from one run per voice."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from demo_models.synthesis import Conversation

from cubb_desktop.speech.diarizer import RATE_HZ, Diarizer, SpeakerCount, _segments, prepare_imports

prepare_imports()
from pyannote.audio import Model  # noqa: E402 - needs what has just been prepared
from pyannote.audio.pipelines.speaker_verification import PyannoteAudioPretrainedSpeakerEmbedding  # noqa: E402 - the display is chosen first

from cubb_desktop.speech.shared_frames import SharedFrames, can_share  # noqa: E402 - the display is chosen first

CHUNK = 4 * RATE_HZ


@pytest.fixture
def model(diarizer: Diarizer) -> Model:
    model: Model = diarizer._pipeline._embedding.model_
    return model


def rows(talk: Conversation) -> tuple[torch.Tensor, torch.Tensor]:
    """Two chunks of sound, the first with three voices and the second with two; one of them never speaks."""
    sound = torch.from_numpy(talk.samples)
    chunks = [sound[:CHUNK], sound[CHUNK : 2 * CHUNK]]
    waveforms = torch.stack([chunks[n] for n in (0, 0, 0, 1, 1)])[:, None]
    masks = (torch.rand(5, 200, generator=torch.Generator().manual_seed(3)) > 0.5).float()
    masks[1] = 0
    return waveforms, masks


def test_vectors_are_those_of_pyannote(model: Model, talk: Conversation) -> None:
    waveforms, masks = rows(talk)
    theirs = PyannoteAudioPretrainedSpeakerEmbedding(model)(waveforms, masks=masks)
    np.testing.assert_allclose(SharedFrames(model)(waveforms, masks=masks), theirs, atol=1e-5)


def test_each_chunk_is_heard_once(model: Model, talk: Conversation, monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[int] = []
    forward_frames = model.forward_frames

    def counted(sound: torch.Tensor) -> torch.Tensor:
        heard.append(len(sound))
        frames: torch.Tensor = forward_frames(sound)
        return frames

    monkeypatch.setattr(model, "forward_frames", counted)
    waveforms, masks = rows(talk)
    SharedFrames(model)(waveforms, masks=masks)
    assert heard == [2]


def test_without_masks_it_is_pyannotes_own(model: Model, talk: Conversation) -> None:
    waveforms, _ = rows(talk)
    np.testing.assert_array_equal(
        SharedFrames(model)(waveforms), PyannoteAudioPretrainedSpeakerEmbedding(model)(waveforms)
    )


def test_a_model_without_frames_of_its_own_is_left_alone(model: Model) -> None:
    assert can_share(model)
    assert not can_share(torch.nn.Linear(1, 1))


@pytest.mark.parametrize("count", [SpeakerCount(2), SpeakerCount(None, 1, 4)])
def test_the_whole_pipeline_finds_what_the_bare_one_finds(
    diarizer: Diarizer, talk: Conversation, count: SpeakerCount
) -> None:
    ours = diarizer.diarise(talk.samples, count)
    pipeline = diarizer._pipeline
    shared = pipeline._embedding
    pipeline._embedding = PyannoteAudioPretrainedSpeakerEmbedding(shared.model_)
    try:
        sound = {"waveform": torch.from_numpy(talk.samples)[None], "sample_rate": RATE_HZ}
        bare = pipeline(sound, **count.arguments())
    finally:
        pipeline._embedding = shared
    assert ours.overlapping == _segments(bare.speaker_diarization)
    assert ours.exclusive == _segments(bare.exclusive_speaker_diarization)
