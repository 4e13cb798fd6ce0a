"""Which stretches of a conversation are played."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from cubb_desktop.domain.ids import RecordingId
from cubb_desktop.domain.playing import Stretch, common, voice, within, without_silences
from cubb_desktop.domain.transcript import Silence
from tests import builders
from tests.builders import CITIZEN, WORKER

RECORDING = RecordingId("00000000-0000-4000-8000-00000000000a")
LENGTH_MS = 60_000


def ends(numbers: list[int]) -> list[Stretch]:
    """Stretches in order, none touching another."""
    chosen = sorted(set(numbers))
    return [Stretch(a, b) for a, b in zip(chosen[::2], chosen[1::2], strict=False)]


stretches = st.lists(st.integers(0, 400), max_size=20).map(ends)


def sounds(some: list[Stretch]) -> set[int]:
    return {ms for stretch in some for ms in range(stretch.start_ms, 401 if stretch.end_ms is None else stretch.end_ms)}


@given(stretches, stretches)
def test_what_is_common_sounds_in_both(one: list[Stretch], other: list[Stretch]) -> None:
    both = common(one, other)
    assert sounds(both) == sounds(one) & sounds(other)
    assert both == sorted(both)


@given(stretches, st.integers(0, 400), st.one_of(st.none(), st.integers(0, 400)))
def test_what_is_within_a_passage_sounds_there(some: list[Stretch], start: int, end: int | None) -> None:
    assert sounds(within(some, start, end)) == sounds(some) & set(range(start, 401 if end is None else end))


def test_one_voice_is_where_its_words_are_with_a_little_around_them() -> None:
    turns = (
        builders.turn("hvad tænker du", 0, WORKER.id),
        builders.turn("ja", 2_000, CITIZEN.id),
        builders.turn("om det", 2_400, WORKER.id),
        builders.turn("og så", 2_950, WORKER.id),
    )
    transcript = builders.transcript(RECORDING, turns, duration_ms=3_500)
    assert voice(transcript, WORKER.id) == [(0, 980), (2_320, 3_500)]  # words nearer than half a second are one
    assert voice(transcript, CITIZEN.id) == [(1_920, 2_380)]
    assert voice(builders.transcript(RECORDING, turns[:1]), CITIZEN.id) == []


def test_long_silences_are_skipped_but_for_a_little_and_short_ones_are_heard() -> None:
    silences = (Silence(1_000, 1_700), Silence(3_000, 4_000), Silence(9_000, 12_000))
    transcript = builders.transcript(RECORDING, (builders.turn("nå", 0, WORKER.id),), silences=silences)
    assert without_silences(transcript) == [(0, 3_200), (3_800, 9_200), (11_800, None)]


def test_a_silence_at_the_very_start_leaves_nothing_backwards() -> None:
    transcript = builders.transcript(RECORDING, (builders.turn("nå", 5_000),), silences=(Silence(0, 4_000),))
    assert without_silences(transcript) == [(0, 200), (3_800, None)]
