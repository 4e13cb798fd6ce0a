"""Frozen lines: no word that was there ever leaves its line, whatever is corrected; what comes later is told apart."""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import replace

import pytest

from cubb_desktop.domain import corrections
from cubb_desktop.domain.editing import Edit, EditedText
from cubb_desktop.domain.errors import EditImpossible
from cubb_desktop.domain.frozen import Frozen
from cubb_desktop.domain.ids import RecordingId, SpeakerId, TurnId, WordId
from cubb_desktop.domain.notation import check, render
from cubb_desktop.domain.reading import Row, RowKind, excerpt, freeze, read, short_labels
from cubb_desktop.domain.transcript import Silence, Transcript, Unheard
from tests import builders
from tests.domain.talks import any_talk
from tests.domain.test_corrections import NOW, any_edit, hand, made_conversation, turn

MED, BOR = SpeakerId("med"), SpeakerId("bor")


@pytest.fixture
def machine() -> Transcript:
    """Five lines: a turn, a silence, two turns, and one that was not understood."""
    turns = (turn("a", MED, 0, "hvad tænker du"), turn("b", BOR, 1500, "det er svært"), turn("c", MED, 2500, "ja"))
    return builders.transcript(
        RecordingId("r"), turns, silences=(Silence(750, 1450),), overlaps=(), unheard=(Unheard(3000, 3500),)
    )


def shown(text: EditedText, frozen: Frozen) -> list[tuple[str, str]]:
    return [(row.numeral, row.text) for row in read(text.transcript, frozen=frozen).rows]


def done(text: EditedText, edit: Edit | None) -> None:
    assert edit is not None
    text.apply(edit)


def test_nothing_changes_when_lines_are_frozen(machine: Transcript) -> None:
    assert read(machine, frozen=freeze(machine, "Mette", NOW)).rows == read(machine).rows
    for seed in range(20):
        talk = any_talk(random.Random(seed), turns=20)
        assert read(talk, frozen=freeze(talk, "Mette", NOW)).rows == read(talk).rows


def test_words_put_in_stay_in_their_line_and_a_removed_line_leaves_a_gap(machine: Transcript) -> None:
    frozen, text = freeze(machine, "Mette", NOW), EditedText(machine)
    done(text, corrections.retype(text, TurnId("a"), "æh hvad tænker du selv", hand()))
    done(text, corrections.retype(text, TurnId("b"), "", hand()))
    assert shown(text, frozen) == [
        ("1", "æh hvad tænker du selv"), ("2", "(0.7)"), ("4", "ja"), ("5", "(?)"),
    ]  # fmt: skip


def test_what_has_no_room_goes_on_below_without_a_number(machine: Transcript) -> None:
    frozen, text = freeze(machine, "Mette", NOW), EditedText(machine)
    done(text, corrections.retype(text, TurnId("a"), "hvad tænker du " + " ".join(["beskæftigelse"] * 6), hand()))
    rows = read(text.transcript, frozen=frozen).rows
    assert [(row.numeral, row.name) for row in rows[:3]] == [("1", "1"), ("", "1"), ("2", "2")]
    assert [row.number for row in rows] == [1, 1, 2, 3, 4, 5]


def test_a_part_given_to_somebody_else_stays_under_the_same_number(machine: Transcript) -> None:
    frozen, text = freeze(machine, "Mette", NOW), EditedText(machine)
    done(text, corrections.give(text, WordId("a1"), WordId("a1"), BOR, hand()))
    rows = read(text.transcript, frozen=frozen).rows
    assert [(row.numeral, row.speaker, row.text) for row in rows[:3]] == [
        ("1", MED, "hvad="), ("", BOR, "=tænker="), ("", MED, "=du"),
    ]  # fmt: skip


def test_what_was_not_understood_gets_its_words_under_its_own_number(machine: Transcript) -> None:
    frozen, text = freeze(machine, "Mette", NOW), EditedText(machine)
    done(text, corrections.write_unheard(text, 0, "nå okay", BOR, hand()))
    assert shown(text, frozen)[-1] == ("5", "nå okay")


def test_a_line_that_was_not_there_gets_a_letter(machine: Transcript) -> None:
    frozen = freeze(machine, "Mette", NOW)
    later = replace(machine, turns=(*machine.turns, turn("ny", BOR, 2600, "okay så"), turn("nyere", MED, 2800, "mm")))
    marked = replace(later, turns=tuple(
        replace(t, words=tuple(replace(w, edited=True) for w in t.words)) if t.id.startswith("ny") else t
        for t in later.turns
    ))  # fmt: skip
    rows = read(marked, frozen=frozen).rows
    assert [(row.numeral, row.text) for row in rows[3:6]] == [("4", "ja"), ("4a", "okay så"), ("4b", "mm")]
    assert check(render(rows, short_labels(marked.speakers)))


def test_another_transcript_of_the_same_talk_takes_the_numbers_by_time(machine: Transcript) -> None:
    frozen = freeze(machine, "Mette", NOW)
    again = builders.transcript(
        RecordingId("r"),
        (turn("x", MED, 10, "hvad tænker I"), turn("y", BOR, 1510, "det svært"), turn("z", MED, 2520, "ja ja")),
        silences=(Silence(760, 1440),), overlaps=(), unheard=(),
    )  # fmt: skip
    rows = read(again, frozen=frozen).rows
    assert [(row.numeral, row.text) for row in rows] == [
        ("1", "hvad tænker I"), ("2", "(0.7)"), ("3", "det svært"), ("4", "ja ja"),
    ]  # fmt: skip


def test_a_passage_shows_the_numbers_of_the_whole_talk(machine: Transcript) -> None:
    frozen = freeze(machine, "Mette", NOW)
    part = excerpt(read(machine, frozen=frozen), 1000, 2700)
    assert [(row.numeral, row.text, row.place, row.begins) for row in part.rows] == [
        ("2", "(0.5)", 0, False), ("3", "det er svært", 1, True), ("4", "ja", 2, True),
    ]  # fmt: skip


def test_a_bracket_that_a_passage_cuts_is_closed() -> None:
    for seed in range(30):
        sheet = read(any_talk(random.Random(seed), turns=16))
        for start in range(0, 20_000, 1_700):
            for row in excerpt(sheet, start, start + 3_000).rows:
                signs = [piece.text for piece in row.pieces if piece.word is None and piece.text in "[]"]
                assert signs == ["[", "]"] * (len(signs) // 2)


def numbers_of(rows: Iterable[Row]) -> dict[WordId, int]:
    return {word: row.number for row in rows for word in row.words}


@pytest.mark.parametrize("block", range(4))
def test_no_sequence_of_edits_moves_a_word_or_a_silence_to_another_line(block: int) -> None:
    for seed in range(block * 1000, block * 1000 + 40):
        rng = random.Random(seed)
        machine = made_conversation(rng, rng.randint(2, 25))
        text, by = EditedText(machine), hand()
        done_before = [edit for _ in range(4) if (edit := _one(rng, text, by)) is not None]
        frozen = freeze(text.transcript, "Mette", NOW)
        before = numbers_of(read(text.transcript).rows)
        silences = [row.number for row in read(text.transcript).rows if row.kind is RowKind.SILENCE]
        edits = list(done_before)
        for _ in range(10):
            if edits and rng.random() < 0.2:
                text.undo(edits.pop())
            elif (edit := _one(rng, text, by)) is not None:
                edits.append(edit)
            sheet = read(text.transcript, frozen=frozen)
            after = numbers_of(sheet.rows)
            assert all(after[word] == number for word, number in before.items() if word in after)
            kept = [row.number for row in sheet.rows if row.kind is RowKind.SILENCE]
            assert sorted(kept) == sorted(silences)
            assert [row.place for row in sheet.rows] == list(range(len(sheet.rows)))
            names = [row.numeral for row in sheet.rows if row.numeral]
            assert len(set(names)) == len(names)
            assert {w.id for t in text.turns for w in t.words} == set(after)


def _one(rng: random.Random, text: EditedText, by: corrections.Hand) -> Edit | None:
    """Do one edit at random, None where it can't be done."""
    if not text.turns:
        return None
    try:
        edit = any_edit(rng, text, by)
    except EditImpossible:
        return None
    if edit is not None:
        text.apply(edit)
    return edit
