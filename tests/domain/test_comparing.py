"""Two versions laid beside each other: equal words nearby in time, and what differs between them."""

from __future__ import annotations

import time
from dataclasses import replace

from cubb_desktop.domain.comparing import Difference, differences
from cubb_desktop.domain.ids import RecordingId
from cubb_desktop.domain.transcript import Transcript, Turn
from tests import builders

R = RecordingId("r")


def version(*turns: Turn) -> Transcript:
    return builders.transcript(R, turns, overlaps=())


def said(found: list[Difference]) -> list[tuple[str, str]]:
    return [(one.said_before, one.said_after) for one in found]


def test_the_same_text_differs_nowhere_whatever_its_capitals_and_signs() -> None:
    one = version(builders.turn("Ja, det er godt.", 0))
    other = version(builders.turn("ja det Er godt", 120))
    assert differences(one, other) == []
    assert differences(version(), version()) == []


def test_words_that_are_others_more_or_fewer_are_found_with_their_time() -> None:
    one = version(builders.turn("hvad tænker du om praktik nu", 0), builders.turn("ja", 4_000))
    other = version(builders.turn("hvad mener du om nu altså", 0), builders.turn("ja", 4_000))
    found = differences(one, other)
    assert said(found) == [("tænker", "mener"), ("praktik", ""), ("", "altså")]
    assert [(d.start_ms, d.end_ms) for d in found] == [(300, 600), (1_200, 1_500), (1_500, 1_800)]


def test_a_word_is_not_held_against_one_that_is_said_much_later() -> None:
    one = version(builders.turn("ja", 0))
    other = version(builders.turn("ja", 30_000))
    assert said(differences(one, other)) == [("ja", "ja")]


def test_all_words_are_either_the_same_or_in_one_difference() -> None:
    one = builders.long_transcript(R, words=600)
    turns = [
        replace(turn, words=tuple(replace(w, text="andet") if n % 7 == 0 else w for n, w in enumerate(turn.words)))
        for turn in one.turns
    ]
    other = replace(one, turns=tuple(turns))
    found = differences(one, other)
    assert sum(len(d.before) for d in found) == sum(len(d.after) for d in found) == 100
    assert all(d.said_after == "andet" for d in found)
    assert [d.said_before for d in differences(other, one)] == ["andet"] * len(found)


def test_an_hour_is_compared_within_a_second() -> None:
    one = builders.long_transcript(R)
    began = time.perf_counter()
    assert differences(one, one) == []
    assert time.perf_counter() - began < 1
