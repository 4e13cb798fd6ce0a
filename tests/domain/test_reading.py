"""Lines to read: numbers, silences in their own lines, brackets under each other, look-up by word and time."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cubb_desktop.domain.ids import RecordingId, SpeakerId
from cubb_desktop.domain.lines import COLUMNS
from cubb_desktop.domain.notation import render
from cubb_desktop.domain.reading import Row, RowKind, Sheet, pause, read, short_labels, typed_row
from cubb_desktop.domain.recording import Role
from cubb_desktop.domain.transcript import Overlap, Silence, Speaker, Turn, Unheard
from tests import builders
from tests.builders import CITIZEN, WORKER

RECORDING = RecordingId("r")
MED, BOR = builders.WORKER.id, builders.CITIZEN.id


def lines(*turns: Turn, **fields: object) -> list[str]:
    given_fields = {"silences": (), "overlaps": (), "unheard": (), **fields}
    return [row.text for row in read(builders.transcript(RECORDING, turns, **given_fields)).rows]


def test_a_silence_and_unheard_speech_stand_in_lines_of_their_own() -> None:
    sheet = read(builders.transcript(RECORDING))
    kinds = [row.kind for row in sheet.rows]
    assert kinds.count(RowKind.SILENCE) == 2
    assert [row.text for row in sheet.rows if row.kind is RowKind.UNHEARD] == ["(?)"]
    assert [row.number for row in sheet.rows] == list(range(1, len(sheet.rows) + 1))


def test_a_silence_inside_a_turn_breaks_its_line() -> None:
    turn = builders.turn("først noget så mere", 0, MED, word_ms=300)
    later = Turn(turn.id, MED, 0, 2_200, (*turn.words[:2], *(builders.word("så", 1_600, 1_900), turn.words[3])))
    assert lines(later, silences=(Silence(600, 1_600),))[:2] == ["først noget", "(1.0)"]


def test_a_long_turn_wraps_into_lines_of_equal_width_without_losing_a_word() -> None:
    turn = builders.turn(" ".join(["beskæftigelse"] * 40), 0, MED)
    wrapped = lines(turn)
    assert len(wrapped) > 1
    assert all(len(line) <= COLUMNS for line in wrapped)
    assert " ".join(wrapped).split() == ["beskæftigelse"] * 40


def test_only_the_first_line_of_a_turn_bears_its_label() -> None:
    turn = builders.turn(" ".join(["ord"] * 40), 0, MED)
    rows = read(builders.transcript(RECORDING, (turn,), silences=(), overlaps=(), unheard=())).rows
    assert [row.opens for row in rows] == [True] + [False] * (len(rows) - 1)


def test_a_turn_goes_on_after_what_was_said_into_it_and_is_labelled_again() -> None:
    long = builders.turn(" ".join(["vejledning"] * 14), 0, MED)
    into = builders.turn("ja", 600, BOR)
    rows = read(builders.transcript(RECORDING, (long, into), silences=(), overlaps=(), unheard=())).rows
    assert [(row.speaker, row.opens) for row in rows] == [(MED, True), (BOR, True), (MED, True), (MED, False)]


def test_brackets_of_an_overlap_stand_under_each_other() -> None:
    first = builders.turn("og så skal jeg lige vejlede dig", 0, MED, word_ms=300)
    second = builders.turn("ja", 1_250, BOR, word_ms=500)
    upper, lower = lines(first, second, overlaps=(Overlap(1_250, 1_750, (first.id, second.id)),))
    assert upper == "og så skal jeg [lige vejlede] dig"
    assert lower.index("[") == upper.index("[")
    assert lower.index("]") == upper.index("]")
    assert lower.replace(" ", "") == "[ja]"


def test_an_overlap_in_which_one_side_has_no_word_gets_no_bracket() -> None:
    first, second = builders.turn("og så", 0, MED), builders.turn("ja", 5_000, BOR)
    assert lines(first, second, overlaps=(Overlap(100, 500, (first.id, second.id)),)) == ["og så", "ja"]


@pytest.mark.parametrize(("ms", "sign"), [(140, "(.)"), (150, "(0.2)"), (1_240, "(1.2)"), (12_960, "(13.0)")])
def test_a_pause_is_written_in_tenths(ms: int, sign: str) -> None:
    assert pause(ms) == sign


def test_a_time_leads_to_the_word_that_sounds_and_where_two_do_to_the_later_one() -> None:
    sheet = read(builders.transcript(RECORDING))
    at = sheet.stop_at(3_050)
    assert at is not None
    word = sheet.stops[at].word
    assert word is not None
    assert word.text == "ja"
    assert sheet.stop_at(59_000) is None
    assert sheet.nearest_stop(59_000) == len(sheet.stops) - 1


def test_a_passage_leads_to_its_lines_and_stops() -> None:
    sheet = read(builders.transcript(RECORDING))
    rows = sheet.rows_between(1_800, 2_700)
    assert [sheet.rows[n].kind for n in rows] == [RowKind.SILENCE, RowKind.TURN]
    assert len(sheet.stops_between(1_800, 2_700)) == 2
    assert [sheet.rows[n].kind for n in sheet.rows_between(1_790, 2_510)] == [RowKind.SILENCE]  # touched is not held
    assert len(sheet.stops_between(2_000, 2_010)) == 1
    assert not sheet.rows_between(50_000, 51_000)


def test_every_word_can_be_found_by_its_id() -> None:
    transcript = builders.long_transcript(RECORDING, words=600)
    sheet = read(transcript)
    for word in transcript.words():
        stop = sheet.stop_of(word.id)
        assert stop is not None
        assert sheet.stops[stop].word == word
        assert stop in sheet.stops_in(sheet.stops[stop].row)


def test_an_empty_transcript_has_no_lines() -> None:
    sheet = read(builders.transcript(RECORDING, (), silences=(), overlaps=(), unheard=()))
    assert not sheet.rows
    assert sheet.nearest_stop(0) is None
    assert sheet.stop_at(0) is None


def speaker(number: int, label: str) -> Speaker:
    return Speaker(SpeakerId(str(number)), label, Role.OTHER)


def test_labels_are_short_and_different() -> None:
    names = ["Medarbejder", "Borger", "Taler 1", "Taler 2", "Anna", "Anne", "Anna B", "", "…"]
    labels = list(short_labels(speaker(n, name) for n, name in enumerate(names)).values())
    assert labels[:6] == ["MED", "BOR", "T1", "T2", "ANN", "ANNE"]
    assert len(set(labels)) == len(labels)


def test_lines_leave_as_plain_text_with_number_and_label() -> None:
    transcript = builders.transcript(RECORDING)
    text = render(read(transcript).rows, short_labels(transcript.speakers))
    assert text.splitlines()[0] == "   1  T1:  hvad tænker du selv om arbejde?"
    assert text.splitlines()[1] == "   2       (0.7)"


spoken = st.text(st.characters(exclude_categories=["Z", "C"]), min_size=1, max_size=90)
texts = st.lists(spoken, min_size=1, max_size=30)
times = st.integers(0, 60_000)


@given(texts, texts, times, st.lists(st.tuples(times, times), max_size=6))
def test_no_word_is_lost_or_moved_whatever_the_times(
    one: list[str], two: list[str], start: int, spans: list[tuple[int, int]]
) -> None:
    turns = (builders.turn(" ".join(one), 0, MED), builders.turn(" ".join(two), start, BOR))
    ordered = [(min(span), max(span) + 1) for span in spans]
    transcript = builders.transcript(
        RECORDING,
        turns,
        silences=tuple(Silence(*span) for span in ordered),
        overlaps=tuple(Overlap(*span, (turns[0].id, turns[1].id)) for span in ordered),
        unheard=(Unheard(start, start + 500),),
    )
    sheet = read(transcript)
    for turn in turns:
        shown = [s.word for s in sheet.stops if s.word is not None and s.word in turn.words]
        assert shown == list(turn.words)
    assert all(_pieces_in_order(row) for row in sheet.rows)


def _pieces_in_order(row: Row) -> bool:
    ends = [0, *(piece.end for piece in row.pieces)]
    return all(piece.column >= end for piece, end in zip(row.pieces, ends, strict=False))


def test_a_line_that_was_typed_is_looked_up_as_if_all_were_set_anew() -> None:
    rng = random.Random(5)
    for _ in range(40):
        words = [f"ord{n}" for n in range(rng.randint(6, 60))]
        turns = tuple(
            builders.turn(" ".join(words[n : n + 5]), n * 400, (WORKER, CITIZEN)[n // 5 % 2].id)
            for n in range(0, len(words), 5)
        )
        sheet = read(builders.transcript(RECORDING, turns, silences=(), unheard=(), overlaps=()))
        row = rng.choice(sheet.rows)
        count = rng.randint(1, 8)
        step = (row.end_ms - row.start_ms) // count
        typed = [builders.word("nyt", row.start_ms + n * step, row.start_ms + (n + 1) * step) for n in range(count)]
        changed = sheet.with_row(typed_row(row, typed))
        again = Sheet(changed.rows)
        assert changed.stops == again.stops
        assert changed._starts == again._starts
        assert changed._stop_rows == again._stop_rows
        assert [changed.stop_of(word.id) for word in typed] == [again.stop_of(word.id) for word in typed]
        assert [changed.stop_at(ms) for ms in range(0, 20_000, 130)] == [
            again.stop_at(ms) for ms in range(0, 20_000, 130)
        ]
        assert sheet.rows[row.number - 1] is row  # the lines there were stay as they were
        passages = [(rng.randint(0, 24_000), rng.randint(1, 3_000)) for _ in range(20)]
        assert [changed.stops_between(ms, ms + length) for ms, length in passages] == [
            again.stops_between(ms, ms + length) for ms, length in passages
        ]


def test_a_passage_is_found_as_by_looking_at_every_stop() -> None:
    rng = random.Random(8)
    for _ in range(60):
        turns = tuple(
            builders.turn(
                "et to tre fire fem", rng.randint(0, 20_000), rng.choice((WORKER, CITIZEN)).id, rng.randint(1, 900)
            )
            for _turn in range(rng.randint(1, 12))
        )
        sheet = read(builders.transcript(RECORDING, turns, silences=(Silence(3_000, 9_000),), unheard=(), overlaps=()))
        for _passage in range(30):
            start_ms = rng.randint(0, 24_000)
            end_ms = start_ms + rng.choice((1, 40, 700, 5_000))
            sounding = [n for n, s in enumerate(sheet.stops) if s.start_ms < end_ms and s.end_ms > start_ms]
            inside = [
                n for n in sounding if start_ms <= (sheet.stops[n].start_ms + sheet.stops[n].end_ms) // 2 < end_ms
            ]
            wanted = inside or sounding
            assert sheet.stops_between(start_ms, end_ms) == (range(wanted[0], wanted[-1] + 1) if wanted else range(0))
