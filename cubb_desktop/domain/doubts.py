"""Where a text is in doubt: words the machine was unsure of and speech it did not understand, in the order of time.

A place is out of the queue when a person has typed it, said that it is right, or listened its line through.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby

from cubb_desktop.domain.errors import N_
from cubb_desktop.domain.ids import TurnId, WordId
from cubb_desktop.domain.reading import LOW_CONFIDENCE
from cubb_desktop.domain.transcript import Origin, Transcript, Turn

LEAST_DOUBT, MOST_DOUBT = 0.1, 0.9  # what the threshold can be set to


class DoubtKind(StrEnum):
    """What is in doubt."""

    WORDS = "words"
    UNHEARD = "unheard"


DOUBT_LABELS: dict[DoubtKind, str] = {
    DoubtKind.WORDS: N_("ord, maskinen var usikker på"),
    DoubtKind.UNHEARD: N_("tale, som ikke blev forstået"),
}


@dataclass(frozen=True, slots=True)
class Doubt:
    """One place in doubt: unsure words that follow each other in a turn, or an unheard stretch (no turn, no words).

    `confidence` is the lowest of the words', 0..1.
    """

    kind: DoubtKind
    start_ms: int
    end_ms: int
    said: str = ""
    turn_id: TurnId | None = None
    words: tuple[WordId, ...] = ()
    confidence: float | None = None


def doubts(transcript: Transcript, below: float = LOW_CONFIDENCE) -> list[Doubt]:
    """Return what is in doubt in a text as it stands, words by a confidence below `below` (0..1)."""
    found = [Doubt(DoubtKind.UNHEARD, stretch.start_ms, stretch.end_ms) for stretch in transcript.unheard]
    for turn in transcript.turns:
        if turn.origin is not Origin.LISTENED:
            found += _unsure(turn, below)
    return sorted(found, key=lambda doubt: (doubt.start_ms, doubt.end_ms))


def _unsure(turn: Turn, below: float) -> Iterator[Doubt]:
    for unsure, group in groupby(turn.words, key=lambda word: word.confidence < below):
        words = tuple(group)
        if unsure:
            yield Doubt(
                kind=DoubtKind.WORDS,
                start_ms=words[0].start_ms,
                end_ms=max(word.end_ms for word in words),
                said=" ".join(word.text for word in words),
                turn_id=turn.id,
                words=tuple(word.id for word in words),
                confidence=min(word.confidence for word in words),
            )
