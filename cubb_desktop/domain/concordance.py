"""Words in their context: what is sought, where it stands in a text, and the lines of a concordance (KWIC)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from cubb_desktop.domain.ids import RecordingId, TurnId

CONTEXT_WORDS = 12
MOST_TERMS = 16
_QUOTED_OR_WORD = re.compile(r"[\"“”„»«]([^\"“”„»«]*)[\"“”„»«]?|([^\s\"“”„»«]+)")


class Mode(StrEnum):
    """Whether the forms of a word belong to it: "arbejde" finds "arbejder" too, or only what is written."""

    INFLECTED = "inflected"
    EXACT = "exact"


class Order(StrEnum):
    """How the lines of a concordance stand: as said (the newest conversation first), or by what is beside the hit."""

    TIME = "time"
    LEFT = "left"
    RIGHT = "right"


@dataclass(frozen=True, slots=True)
class Sought:
    """One word that is sought, in small letters; `begins` says that any word that begins so will do ("arbejd*")."""

    text: str
    begins: bool = False


@dataclass(frozen=True, slots=True)
class Slot:
    """What may stand at one place of what is sought."""

    forms: frozenset[str]
    beginnings: tuple[str, ...] = ()

    def holds(self, token: str) -> bool:
        return token in self.forms or (bool(self.beginnings) and token.startswith(self.beginnings))


Term = tuple[Sought, ...]  # words that follow each other
Pattern = tuple[tuple[Slot, ...], ...]  # the first is what the lines are about, the others stand in the same turn


@dataclass(frozen=True, slots=True)
class Found:
    """Where a hit stands among a turn's words: the first and the last of them, from 0."""

    first: int
    last: int


@dataclass(frozen=True, slots=True)
class KwicLine:
    """A hit with what was said before and after it in the same turn.

    `turn_start_ms` is where the turn begins; where exactly the word sounds is looked up when it is played.
    `speaker` is what the voice is called, "" for a voice that nobody has told apart.
    """

    recording_id: RecordingId
    title: str
    recorded_at: datetime
    turn_id: TurnId
    turn_start_ms: int
    speaker: str
    before: str
    hit: str
    after: str
    found: Found

    @property
    def key(self) -> tuple[TurnId, int]:
        """What tells this line from every other."""
        return self.turn_id, self.found.first


def tokens(text: str) -> list[str]:
    """Return the words of a text as the index cuts them, in small letters: letters, digits and marks, nothing else."""
    plain = unicodedata.normalize("NFC", text)
    return "".join(c if unicodedata.category(c)[0] in "LNM" else " " for c in plain).casefold().split()


def parse(query: str) -> tuple[Term, ...]:
    """Return what a query asks for: words, and phrases in quotation marks; any text is a valid query."""
    terms: list[Term] = []
    for quoted, word in _QUOTED_OR_WORD.findall(query):
        part = quoted or word
        found = tokens(part)
        if found:
            last = Sought(found[-1], begins=part.rstrip().endswith("*"))
            terms.append((*(Sought(token) for token in found[:-1]), last))
    return tuple(terms[:MOST_TERMS])


def find(text: str, pattern: Pattern) -> list[Found]:
    """Return where the first term stands in a text that holds every term; none otherwise."""
    spoken = [(token, n) for n, word in enumerate(text.split()) for token in tokens(word)]
    if not all(_places(spoken, term) for term in pattern[1:]):
        return []
    size = len(pattern[0])
    return [Found(spoken[n][1], spoken[n + size - 1][1]) for n in _places(spoken, pattern[0])]


def _places(spoken: Sequence[tuple[str, int]], term: Sequence[Slot]) -> list[int]:
    """Return the tokens at which a term begins; one that lies in another is not found twice."""
    found, n = [], 0
    while n + len(term) <= len(spoken):
        if all(slot.holds(spoken[n + k][0]) for k, slot in enumerate(term)):
            found.append(n)
            n += len(term)
        else:
            n += 1
    return found


def around(text: str, found: Found, most: int = CONTEXT_WORDS) -> tuple[str, str, str]:
    """Return what stands before a hit, the hit as it is written, and what stands after it; … where it is cut."""
    words = text.split()
    before, after = words[: found.first], words[found.last + 1 :]
    cut_before = "… " * (len(before) > most) + " ".join(before[-most:])
    cut_after = " ".join(after[:most]) + " …" * (len(after) > most)
    return cut_before, " ".join(words[found.first : found.last + 1]), cut_after


def in_order(lines: Sequence[KwicLine], order: Order) -> list[KwicLine]:
    """Return the lines sorted by what stands at one side of the hit, nearest word first; as said for `TIME`."""
    if order is Order.TIME:
        return list(lines)
    side: Callable[[KwicLine], list[str]] = _left if order is Order.LEFT else _right
    return sorted(lines, key=lambda line: (side(line), tokens(line.hit)))


def _left(line: KwicLine) -> list[str]:
    return tokens(line.before)[::-1]


def _right(line: KwicLine) -> list[str]:
    return tokens(line.after)
