"""The demo recogniser through the product's own checks, on sentences it was never trained on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from demo_models.synthesis import Conversation, spoken_line

from cubb_desktop.domain.errors import ModelIncomplete
from cubb_desktop.domain.repetition import plain
from cubb_desktop.domain.transcript import Interval, RecognisedSegment, RecognisedWord
from cubb_desktop.speech import transcriber as module
from cubb_desktop.speech.silences import RATE_HZ, Listening, listen
from cubb_desktop.speech.transcriber import Clip, Transcriber, make_clips


def words_of(segments: Sequence[RecognisedSegment]) -> list[RecognisedWord]:
    return [word for segment in segments for word in segment.words]


def matched(truth: Sequence[str], found: Sequence[str]) -> list[tuple[int, int]]:
    """Index pairs of the words that a least-edits alignment keeps."""
    costs = np.zeros((len(truth) + 1, len(found) + 1), int)
    costs[:, 0], costs[0] = range(len(truth) + 1), range(len(found) + 1)
    for i, true in enumerate(truth):
        for j, word in enumerate(found):
            costs[i + 1, j + 1] = min(costs[i, j] + (true != word), costs[i, j + 1] + 1, costs[i + 1, j] + 1)
    pairs, i, j = [], len(truth), len(found)
    while i and j:
        if costs[i, j] == costs[i - 1, j - 1] + (truth[i - 1] != found[j - 1]):
            if truth[i - 1] == found[j - 1]:
                pairs.append((i - 1, j - 1))
            i, j = i - 1, j - 1
        elif costs[i, j] == costs[i - 1, j] + 1:
            i -= 1
        else:
            j -= 1
    return pairs[::-1]


@pytest.mark.parametrize("batched", [True, False])
def test_held_out_sentences_are_recognised_with_exact_word_times(
    transcriber: Transcriber, talk: Conversation, batched: bool
) -> None:
    found = words_of(transcriber.recognise(talk.samples, listen(talk.samples), language="da", batched=batched).segments)
    truth = talk.words
    pairs = matched([plain(w.text) for w in truth], [plain(w.text) for w in found])
    assert len(pairs) >= 0.93 * len(truth)
    starts = np.array([abs(truth[i].start_s * 1000 - found[j].start_ms) for i, j in pairs])
    assert np.median(starts) <= 30
    assert np.mean(starts <= 100) >= 0.95
    after_silence = [n for n, (i, _) in enumerate(pairs) if i and truth[i].start_s - truth[i - 1].end_s > 0.3]
    assert np.mean(starts[after_silence] <= 100) >= 0.9


def test_text_and_progress_come_while_the_work_goes_on(transcriber: Transcriber, talk: Conversation) -> None:
    seen: list[str] = []
    shares: list[float] = []

    def on_progress(share: float) -> None:
        shares.append(share)
        seen.append("progress")

    recognition = transcriber.recognise(
        talk.samples,
        listen(talk.samples),
        language="da",
        on_segment=lambda segment: seen.append("text"),
        on_progress=on_progress,
    )
    assert seen.count("text") == len(recognition.segments) >= 3
    assert seen.index("text") < seen.index("progress")
    assert shares == sorted(shares)
    assert shares[-1] == pytest.approx(1.0, abs=0.1)


def test_a_callback_that_raises_stops_the_run(transcriber: Transcriber, talk: Conversation) -> None:
    def stop(_share: float) -> None:
        raise InterruptedError

    with pytest.raises(InterruptedError):
        transcriber.recognise(talk.samples, listen(talk.samples), language="da", on_progress=stop)


def test_the_language_is_detected_when_none_is_given(transcriber: Transcriber) -> None:
    samples, _ = spoken_line("Jeg har talt med min læge om mit arbejde.", "da")
    assert transcriber.recognise(samples, listen(samples), language=None).language == "da"


def test_a_model_that_does_not_fit_is_not_given_chance_after_chance(
    transcriber: Transcriber, talk: Conversation, monkeypatch: pytest.MonkeyPatch
) -> None:
    safely: list[Clip] = []

    def decode_safely(_samples: Any, clip: Clip, language: str) -> list[RecognisedWord]:
        safely.append(clip)
        return []

    monkeypatch.setattr(transcriber, "_decode_batch", lambda samples, group, language: [[] for _ in group])
    monkeypatch.setattr(transcriber, "_decode_safely", decode_safely)
    listening = listen(np.tile(talk.samples, 3))
    found = transcriber.recognise(np.tile(talk.samples, 3), listening, language="da")
    clips = make_clips(listening, transcriber.window_ms)
    assert len(found.flagged) == len(clips) > 8
    assert max(clip.end_ms for clip in safely) <= clips[3].end_ms
    assert found.blank


@pytest.mark.parametrize("kind", ["silence", "noise", "nothing", "one sample", "50 ms"])
def test_where_nobody_speaks_there_are_no_words(transcriber: Transcriber, kind: str) -> None:
    rng = np.random.default_rng(1)
    samples = {
        "silence": np.zeros(5 * RATE_HZ, np.float32),
        "noise": (rng.standard_normal(5 * RATE_HZ) * 0.05).astype(np.float32),
        "nothing": np.zeros(0, np.float32),
        "one sample": np.ones(1, np.float32),
        "50 ms": (rng.standard_normal(800) * 0.1).astype(np.float32),
    }[kind]
    recognition = transcriber.recognise(samples, listen(samples), language=None)
    assert recognition.segments == ()
    assert not recognition.blank


def test_speech_that_gets_no_words_is_decoded_again_and_then_told(
    transcriber: Transcriber, monkeypatch: pytest.MonkeyPatch
) -> None:
    samples, _ = spoken_line("Du skal huske at svare på brevet.", "da")
    monkeypatch.setattr(transcriber, "_decode_batch", lambda samples, group, language: [[] for _ in group])
    again = transcriber.recognise(samples, listen(samples), language="da")
    assert len(words_of(again.segments)) == 7
    assert "empty" in again.segments[0].flags
    monkeypatch.setattr(transcriber, "_decode_safely", lambda samples, clip, language: [])
    blank = transcriber.recognise(samples, listen(samples), language="da")
    assert blank.blank
    assert blank.flagged


def test_a_loop_is_decoded_again_with_safe_settings(transcriber: Transcriber, monkeypatch: pytest.MonkeyPatch) -> None:
    samples, truth = spoken_line("Du skal huske at svare på brevet.", "da")

    def looping(*_: Any) -> list[list[RecognisedWord]]:
        return [[RecognisedWord("tak", 600 + 20 * n, 610 + 20 * n, 0.1) for n in range(30)]]

    monkeypatch.setattr(transcriber, "_decode_batch", looping)
    found = transcriber.recognise(samples, listen(samples), language="da")
    assert [w.text for w in words_of(found.segments)] == [w.text for w in truth]
    assert "loop" in found.segments[0].flags
    monkeypatch.setattr(transcriber, "_decode_safely", lambda *_, **__: looping()[0])
    stuck = transcriber.recognise(samples, listen(samples), language="da")
    assert [w.text for w in words_of(stuck.segments)] == ["tak"]


def test_what_a_person_really_says_twice_is_kept(transcriber: Transcriber) -> None:
    line, _ = spoken_line("Du skal huske at svare på brevet.", "da")
    samples = np.concatenate((line, np.zeros(12 * RATE_HZ, np.float32), line))
    found = transcriber.recognise(samples, listen(samples), language="da")
    assert len(found.segments) == 2
    assert found.segments[1].flags == ("repeated",)
    assert [w.text for w in found.segments[0].words] == [w.text for w in found.segments[1].words]


def test_a_folder_that_cannot_be_loaded_says_what_is_missing(tmp_path: Path) -> None:
    with pytest.raises(ModelIncomplete):
        Transcriber(tmp_path, threads=1)


# --- stretches -------------------------------------------------------------------------------------------------------


def measured(speech: Sequence[tuple[int, int]], duration_ms: int) -> Listening:
    empty = listen(np.zeros(duration_ms * 16, np.float32))
    return replace(empty, speech=tuple(Interval(*span) for span in speech))


def test_clips_gather_speech_that_is_near_and_fits() -> None:
    clips = make_clips(measured([(1000, 3000), (3500, 6000), (9000, 10_000), (10_500, 19_000)], 20_000), 12_000)
    assert clips == [Clip(800, 6200), Clip(8800, 19_200)]


def test_clips_never_overlap_and_never_leave_the_recording() -> None:
    clips = make_clips(measured([(0, 11_500), (11_600, 23_000)], 23_000), 12_000)
    assert clips == [Clip(0, 11_550), Clip(11_550, 23_000)]


def test_speech_without_a_pause_is_cut_where_it_is_quietest() -> None:
    whole = measured([(0, 30_000)], 30_000)
    levels = whole.levels.copy()
    levels[:] = -20
    levels[905:915] = -50
    clips = make_clips(replace(whole, levels=levels), 12_000)
    assert 9_050 <= clips[0].end_ms <= 9_150
    assert all(clip.end_ms - clip.start_ms <= 12_000 for clip in clips)
    assert clips[-1].end_ms == 30_000


class Piece:
    def __init__(self, word: str, start: float, end: float, probability: float = 0.9) -> None:
        self.word, self.start, self.end, self.probability = word, start, end, probability


def test_pieces_without_a_leading_space_belong_to_the_word_before() -> None:
    pieces = [Piece(" 50", 0.1, 0.3), Piece("%", 0.3, 0.4, 0.5), Piece(" af", 0.5, 0.6), Piece(" ...", 0.6, 0.7)]
    found = module._words(pieces, 1000)
    assert found == [RecognisedWord("50%", 1100, 1400, 0.5), RecognisedWord("af...", 1500, 1700, 0.9)]
