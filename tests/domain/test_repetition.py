"""Loops of a recogniser, told from what people repeat."""

from __future__ import annotations

import pytest

from cubb_desktop.domain.repetition import Loop, find_loops, is_repeat, plain


def test_people_may_say_yes_many_times() -> None:
    assert find_loops("Ja, ja, ja, ja. Det er jo det. Nej nej nej!".split()) == []


def test_a_phrase_over_and_over_is_a_loop_whatever_its_case_and_punctuation() -> None:
    words = "Hej. Tak for det. tak for det Tak, for det! Og så videre".split()
    assert find_loops(words) == [Loop(1, 10, 3)]


@pytest.mark.parametrize(("times", "looped"), [(7, False), (8, True)])
def test_one_word_needs_eight_times(times: int, looped: bool) -> None:
    assert bool(find_loops(["nemlig"] * times)) is looped


def test_two_loops_after_each_other_are_both_found() -> None:
    words = ["a", "b", "c"] * 3 + ["x"] + ["ja"] * 9
    assert find_loops(words) == [Loop(0, 9, 3), Loop(10, 19, 1)]


def test_a_stretch_that_says_the_same_as_the_one_before_is_suspicious_only_when_long_enough() -> None:
    said = "Tak fordi du kom i dag.".split()
    assert is_repeat(said, [word.upper() for word in said])
    assert not is_repeat(said, said[:-1])
    assert not is_repeat(["Ja,", "tak."], ["Ja", "tak"])


def test_plain_keeps_danish_letters() -> None:
    assert plain("»Åh,«") == "åh"
