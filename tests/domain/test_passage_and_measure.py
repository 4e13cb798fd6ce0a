"""Cutting a passage out of a transcript, and measuring a transcript against the truth."""

from __future__ import annotations

import pytest

from cubb_desktop.domain.ids import RecordingId
from cubb_desktop.domain.measure import TrueWord, compare, edit_distance
from cubb_desktop.domain.passage import cut
from cubb_desktop.domain.transcript import Silence
from tests import builders

TALK = builders.transcript(RecordingId("00000000-0000-4000-8000-000000000001"))


def _truth() -> list[TrueWord]:
    return [TrueWord(w.text, w.start_ms, w.end_ms, str(w.speaker)) for w in TALK.words()]


def test_a_passage_keeps_what_lies_in_it_and_whole_recording_times() -> None:
    passage = cut(TALK, 2_500, 4_400)
    assert [turn.text for turn in passage.turns] == ["jeg vil gerne ud at køre", "ja"]
    assert passage.turns[0].start_ms == 2_500
    assert passage.overlaps == TALK.overlaps
    assert {speaker.id for speaker in passage.speakers} == {builders.WORKER.id, builders.CITIZEN.id}


def test_a_passage_through_a_turn_takes_the_words_whose_middle_it_holds() -> None:
    passage = cut(TALK, 2_600, 3_100)
    assert [turn.text for turn in passage.turns] == ["jeg vil"]
    assert passage.overlaps == ()
    assert passage.speakers == (builders.CITIZEN,)


def test_the_whole_is_a_passage_of_itself_and_an_empty_one_is_empty() -> None:
    assert cut(TALK, 0, TALK.duration_ms + 1) == TALK
    nothing = cut(TALK, 0, 0)
    assert (nothing.turns, nothing.silences, nothing.speakers) == ((), (), ())


def test_a_silence_is_clipped_to_the_passage() -> None:
    silence = TALK.silences[0]
    middle = (silence.start_ms + silence.end_ms) // 2
    assert cut(TALK, 0, middle).silences[0] == Silence(silence.start_ms, middle)


@pytest.mark.parametrize(
    ("truth", "found", "distance"), [("", "", 0), ("abc", "abc", 0), ("abc", "ac", 1), ("ko", "so", 1)]
)
def test_edit_distance(truth: str, found: str, distance: int) -> None:
    assert edit_distance(truth, found) == distance


def test_a_perfect_transcript_has_no_errors() -> None:
    accuracy = compare(TALK, _truth(), TALK.silences)
    assert accuracy.word_error_rate == 0
    assert accuracy.right_speaker == 1
    assert accuracy.start_error_ms == 0
    assert (accuracy.silences_found, accuracy.silences_false) == (accuracy.silences, 0)


def test_errors_are_counted_by_kind() -> None:
    truth = _truth()
    truth[0] = TrueWord("noget", truth[0].start_ms, truth[0].end_ms, truth[0].speaker)
    truth = [TrueWord(w.text, w.start_ms - 30, w.end_ms, w.speaker) for w in truth[:-1]]
    accuracy = compare(TALK, truth, [Silence(900_000, 901_000)])
    assert accuracy.word_errors == 2
    assert accuracy.start_error_ms == 30
    assert accuracy.silences == 1
    assert accuracy.silences_found == 0
    assert accuracy.silences_false == sum(s.length_ms >= 300 for s in TALK.silences)


def test_the_error_of_a_silence_is_that_of_its_length() -> None:
    truth = [Silence(s.start_ms - 10, s.end_ms + 30) for s in TALK.silences]
    accuracy = compare(TALK, _truth(), truth)
    assert accuracy.silences_found == len(truth)
    assert accuracy.silence_error_ms == 40


def test_swapped_names_of_speakers_are_no_error_but_a_wrong_word_is() -> None:
    swapped = {str(builders.WORKER.id): "X", str(builders.CITIZEN.id): "Y"}
    truth = [TrueWord(w.text, w.start_ms, w.end_ms, swapped[w.speaker]) for w in _truth()]
    assert compare(TALK, truth, ()).right_speaker == 1
    truth[0] = TrueWord(truth[0].text, truth[0].start_ms, truth[0].end_ms, "Y")
    assert compare(TALK, truth, ()).right_speaker == pytest.approx(1 - 1 / len(truth))
