"""Short stretches of speech that the diariser gave to nobody go to the voice they touch."""

from __future__ import annotations

from cubb_desktop.domain.transcript import Diarisation, Silence, SpeakerSegment
from cubb_desktop.domain.voices import LONGEST_BLIP_MS, LONGEST_GAP_MS, give_gaps, settled, without_blips


def given(segments: list[tuple[int, int, str]], *silences: tuple[int, int]) -> list[tuple[int, int, str]]:
    """The segments after `give_gaps`, both outputs alike, those of one voice that touch joined."""
    made = tuple(SpeakerSegment(*segment) for segment in segments)
    found = give_gaps(Diarisation(made, made), [Silence(*silence) for silence in silences])
    assert found.overlapping == found.exclusive
    joined: list[tuple[int, int, str]] = []
    for one in found.exclusive:
        if joined and joined[-1][2] == one.voice and joined[-1][1] >= one.start_ms:
            joined[-1] = (joined[-1][0], max(joined[-1][1], one.end_ms), one.voice)
        else:
            joined.append((one.start_ms, one.end_ms, one.voice))
    return joined


def test_a_short_gap_inside_one_voice_is_closed() -> None:
    assert given([(1000, 2000, "A"), (2400, 3000, "A")], (0, 1000), (3000, 9000)) == [(1000, 3000, "A")]


def test_a_short_gap_between_two_voices_is_halved() -> None:
    found = given([(1000, 2000, "A"), (2400, 3000, "B")], (0, 1000), (3000, 9000))
    assert found == [(1000, 2200, "A"), (2200, 3000, "B")]


def test_speech_before_and_after_belongs_to_the_voice_it_touches() -> None:
    assert given([(1000, 2000, "A")], (0, 700), (2300, 9000)) == [(700, 2300, "A")]


def test_nothing_is_given_in_a_silence_nor_across_one() -> None:
    found = given([(1000, 2000, "A"), (3000, 4000, "B")], (0, 1000), (2100, 2900), (4000, 9000))
    assert found == [(1000, 2100, "A"), (2900, 4000, "B")]


def test_longer_speech_of_nobody_stays_nobodys() -> None:
    long = LONGEST_GAP_MS + 1
    segments = [(1000, 2000, "A"), (2000 + long, 3000 + long, "A")]
    assert given(segments, (0, 1000), (3000 + long, 9000)) == segments
    assert given([(long, 2000, "A")], (2000, 9000)) == [(long, 2000, "A")]


def test_speech_between_silences_that_touches_nobody_stays_nobodys() -> None:
    segments = [(0, 1000, "A"), (3000, 4000, "A")]
    assert given(segments, (1000, 1500), (1700, 3000), (4000, 9000)) == segments


def test_voices_that_overlap_leave_no_gap_and_nothing_gives_nothing() -> None:
    segments = [(0, 3000, "A"), (1000, 2000, "B")]
    assert given(segments, (3000, 9000)) == segments
    assert given([]) == []


def settle(*segments: tuple[int, int, str]) -> list[tuple[int, int, str]]:
    made = tuple(SpeakerSegment(*segment) for segment in segments)
    found = without_blips(Diarisation(made, made))
    assert found.overlapping == found.exclusive
    return [(one.start_ms, one.end_ms, one.voice) for one in found.exclusive]


def test_a_blip_over_another_voice_is_dropped() -> None:
    assert settle((0, 3000, "A"), (1000, 1000 + LONGEST_BLIP_MS, "B")) == [(0, 3000, "A")]


def test_a_blip_between_two_stretches_of_one_voice_becomes_part_of_it() -> None:
    assert settle((0, 1000, "A"), (1000, 1150, "B"), (1160, 2000, "A")) == [
        (0, 1000, "A"),
        (1000, 1150, "A"),
        (1160, 2000, "A"),
    ]


def test_what_is_long_enough_for_a_word_or_stands_in_a_pause_or_between_two_voices_stays() -> None:
    word = [(0, 3000, "A"), (1000, 1001 + LONGEST_BLIP_MS, "B")]
    assert settle(*word) == word
    apart = [(0, 1000, "A"), (1300, 1400, "B"), (1700, 3000, "A")]
    assert settle(*apart) == apart
    change = [(0, 1000, "A"), (1000, 1100, "B"), (1100, 2000, "C")]
    assert settle(*change) == change


def test_settling_first_takes_blips_and_then_gives_gaps() -> None:
    made = (SpeakerSegment(0, 1000, "A"), SpeakerSegment(1050, 1200, "B"), SpeakerSegment(1300, 2000, "A"))
    found = settled(Diarisation(made, made), [])
    assert {one.voice for one in found.exclusive} == {"A"}
    assert sum(one.end_ms - one.start_ms for one in found.exclusive) >= 2000
