"""The bundled demo conversation: its truth agrees with itself, with the sound and with the script that makes it."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from demo_models import conversation, language

RATE_HZ = 16_000


@pytest.fixture(scope="module")
def truth(demo_folder: Path) -> dict[str, Any]:
    read: dict[str, Any] = json.loads((demo_folder / "conversation.json").read_text(encoding="utf-8"))
    return read


@pytest.fixture(scope="module")
def sound(demo_folder: Path) -> np.ndarray[Any, Any]:
    samples, rate_hz = soundfile.read(demo_folder / "conversation.flac", dtype="float32")
    assert rate_hz == RATE_HZ
    return np.asarray(samples)


def _part(sound: np.ndarray[Any, Any], span: dict[str, Any]) -> np.ndarray[Any, Any]:
    return np.asarray(sound[span["start_ms"] * RATE_HZ // 1000 : span["end_ms"] * RATE_HZ // 1000])


def test_the_sound_is_mono_and_as_long_as_the_truth_says(truth: dict[str, Any], sound: np.ndarray[Any, Any]) -> None:
    assert sound.ndim == 1
    assert abs(len(sound) * 1000 / RATE_HZ - truth["duration_ms"]) < 1
    assert 120_000 <= truth["duration_ms"] <= 240_000


def test_two_speakers_have_labels_and_roles(truth: dict[str, Any]) -> None:
    assert [(s["id"], s["role"]) for s in truth["speakers"]] == [("S", "sagsbehandler"), ("B", "borger")]
    assert {u["speaker"] for u in truth["utterances"]} == {"S", "B"}


def test_utterances_come_in_order_and_hold_their_words(truth: dict[str, Any]) -> None:
    starts = [utterance["start_ms"] for utterance in truth["utterances"]]
    assert starts == sorted(starts)
    for utterance in truth["utterances"]:
        words = utterance["words"]
        assert " ".join(word["text"] for word in words) == utterance["text"]
        assert (words[0]["start_ms"], words[-1]["end_ms"]) == (utterance["start_ms"], utterance["end_ms"])
        assert all(word["start_ms"] < word["end_ms"] for word in words)
        assert all(a["end_ms"] <= b["start_ms"] for a, b in itertools.pairwise(words))


def test_every_utterance_sounds(truth: dict[str, Any], sound: np.ndarray[Any, Any]) -> None:
    assert all(np.abs(_part(sound, utterance)).max() > 0.1 for utterance in truth["utterances"])


def test_silences_are_silent_and_the_sound_between_is_not(truth: dict[str, Any], sound: np.ndarray[Any, Any]) -> None:
    for silence in truth["silences"]:
        assert silence["end_ms"] - silence["start_ms"] >= 200
        assert np.abs(_part(sound, silence)).max() < 0.005
    for one, other in itertools.pairwise(truth["silences"]):
        assert np.abs(_part(sound, {"start_ms": one["end_ms"], "end_ms": other["start_ms"]})).max() > 0.1


def test_no_word_is_spoken_in_a_silence(truth: dict[str, Any]) -> None:
    for silence in truth["silences"]:
        for utterance in truth["utterances"]:
            for word in utterance["words"]:
                shared_ms = min(silence["end_ms"], word["end_ms"]) - max(silence["start_ms"], word["start_ms"])
                assert shared_ms < 100  # a word may begin or end with a breath of silence


def test_it_has_long_silences_overlaps_and_a_backchannel(truth: dict[str, Any]) -> None:
    lengths = [silence["end_ms"] - silence["start_ms"] for silence in truth["silences"]]
    assert sum(length >= 1000 for length in lengths) >= 5
    assert max(lengths) >= 2500
    assert 2 <= len(truth["overlaps"]) <= 4
    spans = [(u["start_ms"], u["end_ms"], u["speaker"]) for u in truth["utterances"]]
    assert any(a < c and d < b and s != t for (a, b, s), (c, d, t) in itertools.permutations(spans, 2))


def test_overlaps_are_where_two_utterances_meet(truth: dict[str, Any]) -> None:
    for overlap in truth["overlaps"]:
        meeting = [
            utterance["speaker"]
            for utterance in truth["utterances"]
            if utterance["start_ms"] <= overlap["start_ms"] and overlap["end_ms"] <= utterance["end_ms"]
        ]
        assert sorted(meeting) == overlap["speakers"] == ["B", "S"]


def test_it_gives_what_close_reading_looks_for(truth: dict[str, Any]) -> None:
    text = " ".join(utterance["text"] for utterance in truth["utterances"])
    assert all(part in text for part in ("Man skal", "ikk os", "sanktion", "Jeg drømmer om at arbejde"))


def test_it_is_made_by_the_bundled_script(truth: dict[str, Any]) -> None:
    made = conversation.make()
    assert abs(made.duration_ms - truth["duration_ms"]) < 250  # versions of espeak-ng differ a little
    assert [turn.text for turn in sorted(made.turns, key=lambda turn: turn.start_s)] == [
        utterance["text"] for utterance in truth["utterances"]
    ]


def test_the_language_holds_out_at_most_half_of_each_template() -> None:
    for template in language.TEMPLATES:
        assert 2 * len(language.held_out_fillings(template)) <= len(language.fillings(template))
