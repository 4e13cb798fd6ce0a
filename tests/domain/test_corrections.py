"""Edits by hand: what changes, what keeps its id and its time, and that all of it can be taken back."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count, pairwise

import pytest

from cubb_desktop.domain import corrections
from cubb_desktop.domain.corrections import Hand
from cubb_desktop.domain.editing import Act, Edit, EditedText, Kind
from cubb_desktop.domain.errors import EditImpossible
from cubb_desktop.domain.ids import RecordingId, SpeakerId, TurnId, WordId
from cubb_desktop.domain.transcript import Origin, Overlap, Silence, Transcript, Turn, Unheard, Word
from tests import builders

NOW = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
MED, BOR, TRE = SpeakerId("med"), SpeakerId("bor"), SpeakerId("tre")
_VOCABULARY = ["ja", "nej", "altså", "°måske°", "arbejde", "(.)", "hva'", "jeg", "ikk", "os", "£godt£", "æh"]


def hand() -> Hand:
    numbers = count(1)
    return Hand("Mette", NOW, lambda: f"ny{next(numbers)}")


def turn(name: str, speaker: SpeakerId | None, start_ms: int, text: str, each_ms: int = 200, gap_ms: int = 50) -> Turn:
    """Return a turn whose words are `name`0, `name`1 …, each of the same length."""
    words = []
    at = start_ms
    for n, token in enumerate(text.split()):
        words.append(Word(WordId(f"{name}{n}"), token, at, at + each_ms, 0.8, speaker))
        at += each_ms + gap_ms
    return Turn(TurnId(name), speaker, start_ms, at - gap_ms, tuple(words))


def conversation(*turns: Turn, overlaps: tuple[Overlap, ...] = ()) -> Transcript:
    known = builders.transcript(RecordingId("r"))
    end = max(t.end_ms for t in turns)
    silences = (Silence(100, 500), Silence(700, 900), Silence(2000, 3000))
    return replace(
        known, turns=turns, overlaps=overlaps, silences=silences, unheard=(Unheard(400, 900), Unheard(2500, 3100)),
        duration_ms=max(end, 4000),
    )  # fmt: skip


@pytest.fixture
def text() -> EditedText:
    return EditedText(
        conversation(
            turn("a", MED, 0, "hvad tænker du selv om det"),
            turn("b", BOR, 1600, "det er svært at sige"),
            turn("c", BOR, 3000, "men altså"),
            turn("d", MED, 6000, "ja"),
        )
    )


def told(text: EditedText) -> list[tuple[str, str | None, str]]:
    return [(t.id, t.speaker, t.text) for t in text.turns]


def unheard(text: EditedText) -> tuple[Unheard, ...]:
    return text.transcript.unheard


def overlaps(text: EditedText) -> tuple[Overlap, ...]:
    return text.transcript.overlaps


def done(text: EditedText, edit: Edit | None) -> Edit:
    assert edit is not None
    text.apply(edit)
    return edit


# --- words -----------------------------------------------------------------------------------------------------------


def test_words_that_stay_keep_their_times_and_what_is_typed_is_marked(text: EditedText) -> None:
    before = text.turns[0].words
    done(text, corrections.retype(text, TurnId("a"), "hvad tænker I selv om det her", hand()))
    after = text.turns[0].words
    assert [w.text for w in after] == ["hvad", "tænker", "I", "selv", "om", "det", "her"]
    assert [w for w in after if not w.edited] == [before[n] for n in (0, 1, 3, 4, 5)]
    assert (after[2].id, after[2].start_ms, after[2].end_ms) == (before[2].id, before[2].start_ms, before[2].end_ms)
    assert after[6].id == "ny1"
    assert after[6].start_ms == after[6].end_ms == text.turns[0].end_ms
    assert (text.turns[0].origin, text.turns[0].by, text.turns[0].at) == (Origin.CORRECTED, "Mette", NOW)


def test_a_stretch_of_another_length_is_shared_out_by_letters(text: EditedText) -> None:
    done(text, corrections.retype(text, TurnId("b"), "det er ss llll", hand()))
    words = text.turns[1].words
    assert [(w.text, w.start_ms, w.end_ms) for w in words[2:]] == [("ss", 2100, 2333), ("llll", 2333, 2800)]
    assert [w.id for w in words] == ["b0", "b1", "b2", "b3"]


def test_a_word_fits_between_two_others(text: EditedText) -> None:
    done(text, corrections.retype(text, TurnId("b"), "det er (.) svært at sige", hand()))
    put_in = text.turns[1].words[2]
    assert (put_in.start_ms, put_in.end_ms, put_in.id) == (2050, 2100, "ny1")


def test_typing_the_same_changes_nothing(text: EditedText) -> None:
    assert corrections.retype(text, TurnId("d"), " ja  ", hand()) is None


def test_a_turn_without_words_goes_and_comes_back(text: EditedText) -> None:
    before = text.transcript
    edit = done(text, corrections.retype(text, TurnId("c"), "  ", hand()))
    assert [t.id for t in text.turns] == ["a", "b", "d"]
    assert text.words_gone([WordId("c0"), WordId("a0")]) == {"c0"}
    text.undo(edit)
    assert text.transcript == before


# --- turns -----------------------------------------------------------------------------------------------------------


def test_a_turn_is_split_at_a_word_and_joined_again(text: EditedText) -> None:
    words = text.turns[0].words
    done(text, corrections.split(text, TurnId("a"), WordId("a3"), hand()))
    assert told(text)[:2] == [("a", MED, "hvad tænker du"), ("ny1", MED, "selv om det")]
    assert (text.turns[0].end_ms, text.turns[1].start_ms) == (700, 750)
    done(text, corrections.join(text, TurnId("a"), hand()))
    assert told(text)[0] == ("a", MED, "hvad tænker du selv om det")
    assert text.turns[0].words == words


def test_turns_of_two_speakers_become_the_first_ones(text: EditedText) -> None:
    done(text, corrections.join(text, TurnId("a"), hand()))
    assert told(text)[0] == ("a", MED, "hvad tænker du selv om det det er svært at sige")
    assert {w.speaker for w in text.turns[0].words} == {MED}


def test_a_stretch_inside_a_turn_is_given_away(text: EditedText) -> None:
    done(text, corrections.give(text, WordId("a2"), WordId("a3"), TRE, hand()))
    assert told(text)[:3] == [("a", MED, "hvad tænker"), ("ny2", TRE, "du selv"), ("ny1", MED, "om det")]
    assert {w.speaker for w in text.turns[1].words} == {TRE}


def test_the_tail_of_a_sentence_goes_to_the_turn_it_belongs_to(text: EditedText) -> None:
    edit = done(text, corrections.give(text, WordId("a4"), WordId("a5"), BOR, hand()))
    assert told(text)[:2] == [("a", MED, "hvad tænker du selv"), ("ny1", BOR, "om det det er svært at sige")]
    text.undo(edit)
    assert told(text)[:2] == [("a", MED, "hvad tænker du selv om det"), ("b", BOR, "det er svært at sige")]


def test_a_stretch_over_several_turns_is_given_away(text: EditedText) -> None:
    done(text, corrections.give(text, WordId("a5"), WordId("c0"), TRE, hand()))
    assert [(s, said) for _id, s, said in told(text)] == [
        (MED, "hvad tænker du selv om"), (TRE, "det"), (TRE, "det er svært at sige"), (TRE, "men"), (BOR, "altså"),
        (MED, "ja"),
    ]  # fmt: skip
    assert corrections.give(text, WordId("a5"), WordId("c0"), TRE, hand()) is None


def test_a_border_moves_and_words_cross_it(text: EditedText) -> None:
    done(text, corrections.move_border(text, TurnId("a"), 1200, hand()))
    assert told(text)[:2] == [("a", MED, "hvad tænker du selv om"), ("b", BOR, "det det er svært at sige")]
    assert (text.turns[0].end_ms, text.turns[1].start_ms) == (1200, 1200)
    assert text.turns[1].words[0].speaker == BOR


@pytest.mark.parametrize(
    "act",
    [
        lambda text: corrections.split(text, TurnId("a"), WordId("a0"), hand()),
        lambda text: corrections.split(text, TurnId("a"), WordId("b0"), hand()),
        lambda text: corrections.join(text, TurnId("d"), hand()),
        lambda text: corrections.join(text, TurnId("findes ikke"), hand()),
        lambda text: corrections.give(text, WordId("b0"), WordId("a0"), TRE, hand()),
        lambda text: corrections.give(text, WordId("a1"), WordId("a0"), TRE, hand()),
        lambda text: corrections.give(text, WordId("x"), WordId("a0"), TRE, hand()),
        lambda text: corrections.move_border(text, TurnId("a"), 0, hand()),
        lambda text: corrections.move_border(text, TurnId("a"), 90, hand()),
        lambda text: corrections.move_border(text, TurnId("d"), 6100, hand()),
        lambda text: corrections.adjust_silence(text, 1, 400, 900),
        lambda text: corrections.adjust_silence(text, 1, 800, 800),
        lambda text: corrections.adjust_silence(text, 2, 2000, 99_999),
    ],
)
def test_what_cannot_be_is_refused_and_changes_nothing(
    text: EditedText, act: Callable[[EditedText], Edit | None]
) -> None:
    before = text.transcript
    with pytest.raises(EditImpossible):
        act(text)
    assert text.transcript == before


# --- silences, the unheard, and who vouches --------------------------------------------------------------------------


def test_a_silence_is_given_to_somebody_and_adjusted(text: EditedText) -> None:
    done(text, corrections.assign_silence(text, 1, BOR))
    done(text, corrections.adjust_silence(text, 1, 650, 950))
    assert text.transcript.silences[1] == Silence(650, 950, BOR, edited=True)
    assert corrections.assign_silence(text, 1, BOR) is None
    assert corrections.adjust_silence(text, 1, 650, 950) is None


def test_what_was_not_understood_is_written(text: EditedText) -> None:
    edit = done(text, corrections.write_unheard(text, 1, "det gør", BOR, hand()))
    assert unheard(text) == (Unheard(400, 900),)
    written = text.turn(TurnId("ny3"))
    assert written is not None
    assert [(w.text, w.start_ms, w.end_ms) for w in written.words] == [("det", 2500, 2800), ("gør", 2800, 3100)]
    with pytest.raises(EditImpossible):
        corrections.write_unheard(text, 1, "igen", BOR, hand())
    text.undo(edit)
    assert unheard(text) == (Unheard(400, 900), Unheard(2500, 3100))
    done(text, corrections.write_unheard(text, 0, "", None, hand()))
    assert unheard(text) == (Unheard(2500, 3100),)
    assert len(text.turns) == 4


def test_a_line_that_was_listened_through_says_so_until_it_is_edited(text: EditedText) -> None:
    edit = done(text, corrections.vouch(text, [TurnId("a"), TurnId("b"), TurnId("a")], Origin.LISTENED, hand()))
    assert len(edit.parts) == 2
    assert [t.origin for t in text.turns] == [Origin.LISTENED, Origin.LISTENED, Origin.MACHINE, Origin.MACHINE]
    assert corrections.vouch(text, [TurnId("a")], Origin.LISTENED, hand()) is None
    done(text, corrections.retype(text, TurnId("a"), "hvad", hand()))
    assert text.turns[0].origin is Origin.CORRECTED


# --- finding and replacing -------------------------------------------------------------------------------------------


def test_all_places_are_replaced_in_one_act(text: EditedText) -> None:
    assert [one.turn_id for one in corrections.find(text.turns, "DET")] == ["a", "b"]
    assert corrections.find(text.turns, "DET", match_case=True) == []
    edit, times = corrections.replace_all(text, "det", "dét", hand(), whole_words=True)
    assert times == 2
    applied = done(text, edit)
    assert [t.text for t in text.turns[:2]] == ["hvad tænker du selv om dét", "dét er svært at sige"]
    text.undo(applied)
    assert text.turns[0].text == "hvad tænker du selv om det"


def test_an_edge_of_a_word_is_found_beside_danish_letters_and_signs(text: EditedText) -> None:
    done(text, corrections.retype(text, TurnId("d"), "°så° såå æså >så< så", hand()))
    assert corrections.replace_all(text, "så", "nå", hand(), whole_words=True)[1] == 3
    assert corrections.replace_all(text, "så", "nå", hand())[1] == 6  # and in "altså"
    assert corrections.replace_all(text, "så", "nå", hand(), among=[TurnId("a")]) == (None, 0)
    assert corrections.replace_all(text, "  ", "nå", hand()) == (None, 0)
    [found] = corrections.find(text.turns, "du   selv")
    assert (found.turn_id, found.said, found.in_words) == ("a", "du selv", (("a2", 0, 2), ("a3", 0, 4)))
    assert corrections.find(text.turns, "det det") == []  # one ends a turn, the other begins the next


def test_one_place_is_replaced_and_not_where_something_else_stands_by_now(text: EditedText) -> None:
    [found] = corrections.find(text.turns, "vært")
    assert found.in_words == (("b2", 1, 5),)
    edit = done(text, corrections.replace_found(text, found, "ær", hand()))
    assert text.turns[1].text == "det er sær at sige"
    assert edit.act is Act.REPLACE
    with pytest.raises(EditImpossible):
        corrections.replace_found(text, found, "ær", hand())


def test_an_unsure_word_is_right_as_it_stands(text: EditedText) -> None:
    unsure = replace(text.turns[0].words[1], confidence=0.2)
    machine = replace(text.transcript, turns=(replace(text.turns[0], words=(text.turns[0].words[0], unsure)),))
    text = EditedText(machine)
    done(text, corrections.confirm(text, [unsure.id]))
    [turn] = text.turns
    assert (turn.words[1].confidence, turn.words[1].edited, turn.origin) == (1.0, False, Origin.MACHINE)
    assert corrections.confirm(text, [unsure.id]) is None
    with pytest.raises(EditImpossible):
        corrections.confirm(text, [WordId("x")])


def test_what_was_listened_through_stays_beyond_doubt_when_it_is_corrected(text: EditedText) -> None:
    unsure = tuple(replace(word, confidence=0.2) for word in text.turns[0].words)
    text = EditedText(replace(text.transcript, turns=(replace(text.turns[0], words=unsure),)))
    done(text, corrections.vouch(text, [TurnId("a")], Origin.LISTENED, hand()))
    done(text, corrections.retype(text, TurnId("a"), "hvad tænker I selv om det", hand()))
    assert text.turns[0].origin is Origin.CORRECTED
    assert {word.confidence for word in text.turns[0].words} == {1.0}


def other(said: str, start_ms: int, confidence: float = 0.4) -> list[Word]:
    """Return words of another version, 100 ms each."""
    return [
        Word(WordId(f"x{n}"), one, start_ms + n * 100, start_ms + (n + 1) * 100, confidence, TRE)
        for n, one in enumerate(said.split())
    ]


def test_words_of_another_version_are_taken_with_their_times_and_doubt(text: EditedText) -> None:
    turn = text.turns[1]
    gone = [turn.words[2].id, turn.words[3].id]
    start = turn.words[2].start_ms + 20
    done(text, corrections.take(text, gone, other("så tungt og", start), hand()))
    after = text.turns[1]
    assert after.text == "det er så tungt og sige"
    assert [w.start_ms for w in after.words[2:5]] == [start, start + 100, start + 200]
    assert {(w.confidence, w.edited, w.speaker) for w in after.words[2:5]} == {(0.4, True, turn.speaker)}
    assert after.origin is Origin.CORRECTED
    with pytest.raises(EditImpossible):
        corrections.take(text, [WordId("b9")], [], hand())


def test_words_are_taken_in_between_over_a_border_and_away(text: EditedText) -> None:
    first, second = text.turns[:2]
    done(text, corrections.take(text, [], other("øh", first.words[1].end_ms), hand()))
    assert text.turns[0].text == "hvad tænker øh du selv om det"
    both = [first.words[-1].id, second.words[0].id]
    taken = [*other("dét", first.words[-1].start_ms), *other("ja", second.words[0].start_ms)]
    done(text, corrections.take(text, both, [taken[0], replace(taken[1], id=WordId("y0"))], hand()))
    assert text.turns[0].text.endswith("om dét")
    assert text.turns[1].text.startswith("ja er")
    done(text, corrections.take(text, [word.id for word in text.turns[3].words], [], hand()))
    assert len(text.turns) == 3
    assert corrections.take(text, [], [], hand()) is None


def test_what_is_put_in_is_text_not_a_pattern(text: EditedText) -> None:
    edit, _times = corrections.replace_all(text, "ja", r"\1 \g<0>", hand())
    done(text, edit)
    assert text.turns[3].text == r"\1 \g<0>"


# --- who sounds together ---------------------------------------------------------------------------------------------


def test_an_overlap_follows_the_turn_that_sounds_in_it() -> None:
    together = Overlap(1000, 1200, (TurnId("a"), TurnId("b")))
    text = EditedText(
        conversation(turn("a", MED, 0, "en to tre fire fem seks"), turn("b", BOR, 1000, "mm ja"), overlaps=(together,))
    )
    edit = done(text, corrections.split(text, TurnId("a"), WordId("a3"), hand()))
    assert overlaps(text) == (Overlap(1000, 1200, (TurnId("ny1"), TurnId("b"))),)
    joined = done(text, corrections.join(text, TurnId("ny1"), hand()))
    assert overlaps(text) == ()
    text.undo(joined)
    text.undo(edit)
    assert overlaps(text) == (together,)


# --- any sequence ----------------------------------------------------------------------------------------------------


def made_conversation(rng: random.Random, turns: int) -> Transcript:
    made: list[Turn] = []
    together: list[Overlap] = []
    at = 0
    for n in range(turns):
        said = " ".join(rng.choices(_VOCABULARY, k=rng.randint(1, 9)))
        one = turn(f"t{n}_", rng.choice([MED, BOR, TRE]), at, said, rng.randint(20, 300), rng.choice([0, 0, 60, 400]))
        made.append(one)
        at = one.end_ms + rng.choice([-250, 0, 30, 400, 1500])
        at = max(at, one.start_ms + 10)
    for one, two in pairwise(made):
        if two.start_ms < one.end_ms:
            together.append(Overlap(two.start_ms, min(one.end_ms, two.end_ms), (one.id, two.id)))
    return conversation(*made, overlaps=tuple(together))


def any_edit(rng: random.Random, text: EditedText, by: Hand) -> Edit | None:
    one = rng.choice(text.turns)
    words = [w for t in text.turns for w in t.words]
    tokens = one.text.split()
    for _ in range(rng.randint(1, 3)):
        spot = rng.randint(0, len(tokens))
        tokens[spot : spot + rng.randint(0, 2)] = rng.choices(_VOCABULARY, k=rng.randint(0, 3))
    first = rng.randrange(len(words))
    last = min(len(words) - 1, first + rng.randint(0, 12))
    place = rng.randrange(len(text.silences))
    acts: list[Callable[[], Edit | None]] = [
        lambda: corrections.retype(text, one.id, " ".join(tokens), by),
        lambda: corrections.split(text, one.id, rng.choice(one.words).id, by),
        lambda: corrections.join(text, one.id, by),
        lambda: corrections.give(text, words[first].id, words[last].id, rng.choice([MED, BOR, TRE, None]), by),
        lambda: corrections.move_border(text, one.id, rng.randint(one.start_ms, one.end_ms + 500), by),
        lambda: corrections.assign_silence(text, place, rng.choice([MED, BOR, None])),
        lambda: corrections.adjust_silence(text, place, rng.randint(0, 3000), rng.randint(0, 3000)),
        lambda: corrections.write_unheard(text, rng.randrange(len(text.unheard)), rng.choice(["", "ja det"]), BOR, by),
        lambda: corrections.vouch(text, [one.id], rng.choice(list(Origin)), by),
        lambda: corrections.replace_all(text, rng.choice(_VOCABULARY), rng.choice(_VOCABULARY), by)[0],
        lambda: corrections.confirm(text, [w.id for w in words[first:last]]),
        lambda: corrections.take(
            text, [w.id for w in words[first:last]], other("nå så", words[first].start_ms + rng.randint(-900, 900)), by
        ),
    ]
    return rng.choice(acts)()


def check(text: EditedText) -> None:
    """Raise AssertionError unless the text is in order: times, ids, and who sounds together."""
    seen = text.transcript
    assert list(seen.turns) == sorted(seen.turns, key=lambda t: (t.start_ms, t.end_ms, t.id))
    ids = [w.id for t in seen.turns for w in t.words]
    assert len(ids) == len(set(ids))
    known = {t.id for t in seen.turns}
    assert len(known) == len(seen.turns)
    for one in seen.turns:
        assert one.words
        assert one.start_ms <= one.words[0].start_ms
        assert all(w.end_ms <= one.end_ms for w in one.words)
        assert all(w.start_ms <= w.end_ms for w in one.words)
        assert all(a.start_ms <= b.start_ms for a, b in pairwise(one.words))
        assert {w.speaker for w in one.words} == {one.speaker}
    for overlap in seen.overlaps:
        assert set(overlap.turns) <= known
        assert overlap.turns[0] != overlap.turns[1]
    for a, b in pairwise(seen.silences):
        assert a.end_ms <= b.start_ms


def any_sequence(seed: int, steps: int) -> int:
    """Edit at random, check after each step, take all back; return how many edits were made.

    Unchanged words keep their time, and a word never becomes another: what is anchored to it stays where it was.
    """
    rng = random.Random(seed)
    machine = made_conversation(rng, rng.randint(2, 25))
    text = EditedText(machine)
    start, by = text.transcript, hand()
    edits: list[Edit] = []
    times = {w.id: (w.start_ms, w.end_ms) for w in machine.words()}
    for _ in range(steps):
        if not text.turns:
            break
        try:
            edit = any_edit(rng, text, by)
        except EditImpossible:
            continue
        if edit is None:
            continue
        if edits and rng.random() < 0.2:
            text.undo(edits.pop())
        else:
            text.apply(edit)
            edits.append(edit)
        check(text)
        for word in text.transcript.words():
            if not word.edited:
                assert times[word.id] == (word.start_ms, word.end_ms)
    made = len(edits)
    after = text.transcript
    again = EditedText(machine)
    for edit in edits:
        again.apply(edit)
    assert again.transcript == after
    while edits:
        text.undo(edits.pop())
        check(text)
    assert text.transcript == start
    return made


@pytest.mark.parametrize("block", range(10))
def test_any_sequence_of_edits_keeps_order_and_can_be_taken_back(block: int) -> None:
    made = [any_sequence(block * 1000 + n, steps=12) for n in range(60)]
    assert sum(made) > 200


def test_parts_name_what_they_touch(text: EditedText) -> None:
    edit = corrections.join(text, TurnId("b"), hand())
    assert edit.turn_ids == ("b", "c")
    assert all(part.element.kind is Kind.TURN for part in edit.parts)
