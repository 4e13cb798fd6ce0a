"""The queue of doubtful places: what is in it, in which order, and what takes a place out of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from cubb_desktop.domain import corrections
from cubb_desktop.domain.corrections import Hand
from cubb_desktop.domain.doubts import Doubt, DoubtKind, doubts
from cubb_desktop.domain.editing import Edit, EditedText
from cubb_desktop.domain.ids import RecordingId
from cubb_desktop.domain.transcript import Origin, Transcript, Turn
from tests import builders

HAND = Hand("Mette", datetime(2026, 11, 3, 13, 2, tzinfo=UTC), builders.new_id)


def unsure(turn: Turn, *places: int, confidence: float = 0.3) -> Turn:
    words = [replace(w, confidence=confidence) if n in places else w for n, w in enumerate(turn.words)]
    return replace(turn, words=tuple(words))


def conversation() -> Transcript:
    """Three turns with four unsure words in three places, and an unheard stretch before the last."""
    return builders.transcript(
        RecordingId("r"),
        (
            unsure(builders.turn("hvad tænker du selv om det", 0), 1, 2, 5),
            unsure(builders.turn("jeg vil ud at køre", 3_000), 0, confidence=0.6),
            unsure(builders.turn("fint", 9_000), 0),
        ),
    )


def said(found: list[Doubt]) -> list[str]:
    return [one.said or one.kind.value for one in found]


def done(text: EditedText, edit: Edit | None) -> None:
    assert edit is not None
    text.apply(edit)


def test_the_queue_is_in_the_order_of_time_and_words_beside_each_other_are_one_place() -> None:
    found = doubts(conversation())
    assert said(found) == ["tænker du", "det", "unheard", "fint"]
    assert (found[0].start_ms, found[0].end_ms, found[0].confidence, len(found[0].words)) == (300, 900, 0.3, 2)
    assert found[2].kind is DoubtKind.UNHEARD


def test_the_threshold_decides() -> None:
    assert said(doubts(conversation(), 0.7)) == ["tænker du", "det", "jeg", "unheard", "fint"]
    assert said(doubts(conversation(), 0.3)) == ["unheard"]


def test_typing_confirming_and_listening_take_a_place_out_and_undoing_puts_it_back() -> None:
    text = EditedText(conversation())
    before = doubts(text.transcript)
    turns = text.transcript.turns
    edits = (
        corrections.retype(text, turns[0].id, "hvad mener du selv om det", HAND),
        corrections.confirm(text, [turns[0].words[5].id]),
        corrections.write_unheard(text, 0, "nå", None, HAND),
        corrections.vouch(text, [turns[2].id], Origin.LISTENED, HAND),
    )
    left = [["du", "det", "unheard", "fint"], ["du", "unheard", "fint"], ["du", "fint"], ["du"]]
    applied = []
    for make, expected in zip(range(4), left, strict=True):
        edit = edits[make] if make != 1 else corrections.confirm(text, [text.turns[0].words[5].id])
        done(text, edit)
        applied.append(edit)
        assert said(doubts(text.transcript)) == expected
    for edit in reversed(applied):
        assert edit is not None
        text.undo(edit)
    assert doubts(text.transcript) == before


def test_a_text_without_doubt_has_no_places() -> None:
    assert doubts(replace(conversation(), turns=(builders.turn("helt sikkert", 0),), unheard=())) == []
