"""Annotating together: who sees what, who is mentioned, what is shown, and that corrections never move a mark."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from cubb_desktop.domain import corrections
from cubb_desktop.domain.annotating import (
    BlindRound,
    MarkFilter,
    Mention,
    Participant,
    Reply,
    Thread,
    each_once,
    may_see,
    mentions_in,
    mentions_person,
    rows_of,
    shown,
    stops_of,
)
from cubb_desktop.domain.codebook import Annotation, MarkStatus
from cubb_desktop.domain.editing import Edit, EditedText
from cubb_desktop.domain.errors import EditImpossible
from cubb_desktop.domain.ids import AnnotationId, ConceptId, RecordingId, ReplyId, WordId
from cubb_desktop.domain.reading import Sheet, read
from tests import builders
from tests.domain.test_corrections import any_edit, hand, made_conversation

NOW = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
NAMES = ("Mette", "Mette Holm", "Anders", "Bodil K. Lund")


def thread(author: str, note: str = "", *texts: str, **fields: object) -> Thread:
    mark = builders.annotation(RecordingId("r"), author=author, note=note, **fields)
    answers = [Reply(ReplyId(f"s{n}"), mark.id, text, "Anders", NOW) for n, text in enumerate(texts)]
    return Thread(mark, tuple(answers))


# --- people ----------------------------------------------------------------------------------------------------------


def test_until_it_is_open_one_sees_ones_own_and_afterwards_all() -> None:
    blind = BlindRound(RecordingId("r"), (Participant("Mette"), Participant("Anders", NOW)), "Mette", NOW)
    assert may_see("Mette", "  mette ", blind)
    assert not may_see("Anders", "Mette", blind)
    assert may_see("Anders", "Mette", None)
    assert may_see("Anders", "Mette", replace(blind, opened_at=NOW))
    assert blind.waits_for == ("Mette",)
    assert blind.takes_part("anders")
    assert not blind.waits_for_person("Anders")
    assert blind.was_begun_by("METTE")


def test_names_are_kept_once_in_their_first_spelling() -> None:
    assert each_once(["Mette  Holm", "mette holm", "", " ", "Anders"]) == ["Mette Holm", "Anders"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("@Mette, hør her", [Mention(0, 6, "Mette")]),
        ("hør, @mette holm!", [Mention(5, 16, "Mette Holm")]),
        ("(@Anders) og @bodil k. lund", [Mention(1, 8, "Anders"), Mention(13, 27, "Bodil K. Lund")]),
        ("@Mette  Holm og @Metteline", [Mention(0, 12, "Mette Holm")]),
        ("skriv til anders@anders.dk", []),
        ("ingen her", []),
    ],
)
def test_people_are_mentioned_by_the_longest_name_that_fits(text: str, found: list[Mention]) -> None:
    assert mentions_in(text, NAMES) == found
    assert mentions_in(text, ()) == []


def test_a_person_is_mentioned_in_the_note_or_in_a_reply() -> None:
    assert mentions_person(thread("Anders", "@Mette, hør"), "mette", NAMES)
    assert mentions_person(thread("Anders", "", "ja", "og du, @Mette?"), "Mette", ())
    assert not mentions_person(thread("Anders", "@Mette Holm"), "Mette", NAMES)


# --- what is shown ---------------------------------------------------------------------------------------------------


def test_each_filter_lets_its_own_pass_and_together_they_must_all_hold() -> None:
    mine = thread("mette", "@Anders", concept_id=ConceptId("pause"))
    theirs = thread("Anders", "", "@Mette, ja", status=MarkStatus.DISCUSSED)
    every = [mine, theirs]
    for wanted, left in (
        (MarkFilter(), every),
        (MarkFilter(people=frozenset({"ANDERS"})), [theirs]),
        (MarkFilter(concepts=frozenset({ConceptId("pause")})), [mine]),
        (MarkFilter(status=MarkStatus.OPEN), [mine]),
        (MarkFilter(mine=True), [mine]),
        (MarkFilter(mentions_me=True), [theirs]),
        (MarkFilter(unanswered=True), [mine]),
        (MarkFilter(mine=True, mentions_me=True), []),
    ):
        assert shown(every, wanted, "Mette", NAMES) == left
    assert not MarkFilter()
    assert MarkFilter(mine=True)


# --- corrections -----------------------------------------------------------------------------------------------------


def marks_on(text: EditedText, rng: random.Random) -> list[Annotation]:
    """Return a few marks on stretches of words, as people make them: some overlap, some cross turns."""
    words = list(text.transcript.words())
    made = []
    for n in range(4):
        first = rng.randrange(len(words))
        chosen = words[first : first + rng.randint(1, 4)]
        made.append(
            builders.annotation(
                RecordingId("r"),
                id=AnnotationId(f"m{n}"),
                start_ms=min(word.start_ms for word in chosen),
                end_ms=max(word.end_ms for word in chosen),
                word_ids=tuple(word.id for word in chosen),
            )
        )
    return made


def check_marks(text: EditedText, marks: list[Annotation]) -> int:
    """Raise AssertionError unless each mark lies on those of its words that are left, else on its times.

    Return how many have none of their words left.
    """
    sheet = read(text.transcript)
    fallen_back = 0
    for mark in marks:
        left = set(mark.word_ids) - text.words_gone(mark.word_ids)
        stops = stops_of(sheet, mark.word_ids, mark.start_ms, mark.end_ms)
        if left:
            places = sorted(place for word_id in left if (place := sheet.stop_of(word_id)) is not None)
            assert len(places) == len(left)
            assert (stops[0], stops[-1]) == (places[0], places[-1])
        else:
            fallen_back += 1
            between = sheet.stops_between(mark.start_ms, mark.end_ms)
            assert stops == between if between else len(stops) == (1 if sheet.stops else 0)
        if sheet.rows:
            assert rows_of(sheet, mark)  # the margin shows it still
    return fallen_back


def test_no_sequence_of_corrections_moves_a_mark_and_without_its_words_it_falls_back_on_its_times() -> None:
    edits_made = fallen_back = 0
    for seed in range(250):
        rng = random.Random(seed)
        text, by = EditedText(made_conversation(rng, rng.randint(2, 12))), hand()
        marks = marks_on(text, rng)
        spoken = {word.id: word.text for word in text.transcript.words()}
        edits: list[Edit] = []
        for _ in range(10):
            if not text.turns:
                break
            try:
                edit = any_edit(rng, text, by)
            except EditImpossible:
                continue
            if edit is None:
                continue
            text.apply(edit)
            edits.append(edit)
            fallen_back += check_marks(text, marks)
            for word in text.transcript.words():  # a word that nobody touched is the word it was
                assert word.edited or word.text == spoken[word.id]
        edits_made += len(edits)
        while edits:
            text.undo(edits.pop())
        assert check_marks(text, marks) == 0
    assert edits_made > 1_000
    assert fallen_back > 5


def test_where_the_words_were_deleted_the_margin_still_shows_the_mark() -> None:
    text, by = EditedText(builders.transcript(RecordingId("r"))), hand()
    turn = text.turns[1]
    mark = builders.annotation(
        RecordingId("r"), start_ms=turn.start_ms, end_ms=turn.end_ms, word_ids=tuple(w.id for w in turn.words)
    )
    before = rows_of(read(text.transcript), mark)
    edit = corrections.retype(text, turn.id, "", by)
    assert edit is not None
    text.apply(edit)
    sheet = read(text.transcript)
    rows = rows_of(sheet, mark)
    assert rows
    assert abs(rows[0] - before[0]) <= 1
    text.undo(edit)
    assert rows_of(read(text.transcript), mark) == before


def test_a_transcript_made_anew_has_other_words_and_the_mark_its_times() -> None:
    mark = builders.annotation(RecordingId("r"), start_ms=2_500, end_ms=3_000, word_ids=(WordId("fra før"),))
    sheet = read(builders.transcript(RecordingId("r")))
    assert stops_of(sheet, mark.word_ids, mark.start_ms, mark.end_ms) == sheet.stops_between(2_500, 3_000)
    assert rows_of(Sheet(()), mark) == range(0)
