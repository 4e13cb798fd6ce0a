"""The bundled demo models: complete, small, marked as demo models, and able to do what they are for."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from demo_models import evaluate, language
from demo_models.synthesis import held_out_conversation, spoken_line
from faster_whisper import WhisperModel

FILES = {
    "whisper": ("model.bin", "config.json", "tokenizer.json", "vocabulary.json", "preprocessor_config.json"),
    "diariser": (
        "config.yaml",
        "segmentation/pytorch_model.bin",
        "embedding/pytorch_model.bin",
        "plda/plda.npz",
        "plda/xvec_transform.npz",
    ),
}


def _json(path: Path) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return read


@pytest.fixture(scope="module")
def recogniser(demo_folder: Path) -> WhisperModel:
    return WhisperModel(str(demo_folder / "whisper"), device="cpu", compute_type="int8", cpu_threads=1)


def _heard(recogniser: WhisperModel, samples: Any) -> list[Any]:
    segments, _ = recogniser.transcribe(
        samples, language="da", vad_filter=True, word_timestamps=True, condition_on_previous_text=False
    )
    return [word for segment in segments for word in segment.words or ()]


@pytest.mark.parametrize(("folder", "most_megabytes"), [("whisper", 6), ("diariser", 4)])
def test_a_model_folder_is_complete_and_small(demo_folder: Path, folder: str, most_megabytes: float) -> None:
    assert all((demo_folder / folder / name).is_file() for name in FILES[folder])
    assert evaluate.megabytes(demo_folder / folder) <= most_megabytes


@pytest.mark.parametrize(("folder", "kind"), [("whisper", "recogniser"), ("diariser", "diariser")])
def test_a_model_says_that_it_is_a_demo_model(demo_folder: Path, folder: str, kind: str) -> None:
    marker = _json(demo_folder / folder / "cubb_model.json")
    assert (marker["kind"], marker["demo"], marker["language"], marker["licence"]) == (kind, True, ["da"], "MPL-2.0")
    assert marker["name"]
    assert "Demo" in marker["note_da"]
    assert "Demo" in marker["note_en"]


def test_the_measured_figures_reach_the_bars(demo_folder: Path) -> None:
    missed = evaluate.misses(_json(demo_folder / "measured.json"))
    assert missed == []


def test_the_recogniser_writes_a_sentence_it_never_met(recogniser: WhisperModel) -> None:
    text = "Har du talt med din søn om dit arbejde på mandag?"
    assert text in {filling for template in language.TEMPLATES for filling in language.held_out_fillings(template)}
    samples, words = spoken_line(text, "da")
    heard = _heard(recogniser, samples)
    assert "".join(word.word for word in heard).strip() == text
    off_s = [abs(found.start - said.start_s) for found, said in zip(heard, words, strict=True)]
    assert max(off_s[1:]) < 0.1  # the first word of a window starts early; the product clips it


def test_the_recogniser_hears_nothing_in_silence(recogniser: WhisperModel) -> None:
    assert _heard(recogniser, np.zeros(10 * 16_000, np.float32)) == []


@pytest.mark.outlives("OtelBatchSpanRecordProcessor")
def test_the_diariser_needs_no_class_that_the_product_lacks(demo_folder: Path) -> None:
    from demo_models import offline

    offline.prepare()
    import torch
    from pyannote.audio import Pipeline

    from cubb_desktop.speech.tiny_embedding import TinySpeakerEmbedding

    pipeline = Pipeline.from_pretrained(demo_folder / "diariser")
    assert pipeline is not None
    assert isinstance(pipeline._embedding.model_, TinySpeakerEmbedding)
    conversation = held_out_conversation(30, 3, ("da+m3", "da+f4"))
    sound = {"waveform": torch.from_numpy(conversation.samples)[None], "sample_rate": 16_000}
    found = pipeline(sound, num_speakers=2).exclusive_speaker_diarization
    assert len(found.labels()) == 2
    label_of = {
        speaker: {
            found.crop(_segment(turn)).argmax()
            for turn in conversation.turns
            if turn.speaker == speaker and turn.end_s - turn.start_s >= 1.5
        }
        for speaker in ("da+m3", "da+f4")
    }
    assert all(len(labels) == 1 for labels in label_of.values())
    assert label_of["da+m3"] != label_of["da+f4"]


def _segment(turn: Any) -> Any:
    from pyannote.core import Segment

    return Segment(turn.start_s, turn.end_s)
