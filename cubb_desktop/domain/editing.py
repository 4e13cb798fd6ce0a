"""The human transcript: what people changed, laid over a machine's text that is never touched.

An edit says, for each turn, silence or unheard stretch it touches, what is there afterwards; what was there before lies
beneath it. So an edit costs what it touches and not what the conversation holds, and taking it back is lifting it off.
Turns stand in the order of their times, which needs no storing.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import NamedTuple

from cubb_desktop.domain.errors import N_
from cubb_desktop.domain.ids import TurnId, WordId
from cubb_desktop.domain.transcript import Overlap, Silence, Transcript, Turn, Unheard

_NEAR_MS = 1000  # a machine names turns beside an overlap too, where none sounds in it
_NEAR_TURNS = 16  # turns that may begin before an overlap and still sound in it


class Act(StrEnum):
    """What a person did; the name of an edit in the list of what can be undone."""

    WORDS = "words"
    SPLIT = "split"
    JOIN = "join"
    SPEAKER = "speaker"
    BORDER = "border"
    SILENCE = "silence"
    UNHEARD = "unheard"
    STATUS = "status"
    REPLACE = "replace"
    CONFIRM = "confirm"
    TAKE = "take"


ACT_LABELS: dict[Act, str] = {
    Act.WORDS: N_("ord er rettet"),
    Act.SPLIT: N_("en tur er delt"),
    Act.JOIN: N_("to ture er samlet"),
    Act.SPEAKER: N_("et stykke har fået en anden taler"),
    Act.BORDER: N_("en grænse er flyttet"),
    Act.SILENCE: N_("en stilhed er rettet"),
    Act.UNHEARD: N_("et sted uden ord er afklaret"),
    Act.STATUS: N_("linjer er mærket"),
    Act.REPLACE: N_("ord er erstattet"),
    Act.CONFIRM: N_("usikre ord er bekræftet"),
    Act.TAKE: N_("ord er taget fra en anden version"),
}


class Kind(StrEnum):
    """What an edit can touch."""

    TURN = "turn"
    SILENCE = "silence"
    UNHEARD = "unheard"


class Element(NamedTuple):
    """One thing in a transcript: a turn by its id, a silence or unheard stretch by its place in the machine's list."""

    kind: Kind
    key: str


Content = Turn | Silence | Unheard | None  # None: it is not there


class Part(NamedTuple):
    """What an edit leaves of one element."""

    element: Element
    content: Content


@dataclass(frozen=True, slots=True)
class Edit:
    """One act of a person; each element at most once."""

    act: Act
    parts: tuple[Part, ...]

    @property
    def turn_ids(self) -> tuple[TurnId, ...]:
        """The turns it touches, those it makes and those it removes included."""
        return tuple(TurnId(part.element.key) for part in self.parts if part.element.kind is Kind.TURN)


def turn_element(turn_id: TurnId) -> Element:
    """Return how a turn is named in an edit."""
    return Element(Kind.TURN, turn_id)


def _order(turn: Turn) -> tuple[int, int, str]:
    return turn.start_ms, turn.end_ms, turn.id


class EditedText:
    """A transcript with edits on top; one writer, no thread of its own."""

    def __init__(self, machine: Transcript) -> None:
        self._machine = machine
        self._turns = sorted(machine.turns, key=_order)
        self._by_id = {turn.id: turn for turn in self._turns}
        self._silences = list(machine.silences)
        self._unheard: list[Unheard | None] = list(machine.unheard)
        self._overlaps: list[Overlap | None] = list(machine.overlaps)
        self._overlap_starts = [overlap.start_ms for overlap in machine.overlaps]
        self._beneath: dict[Element, list[Content]] = {}

    @property
    def transcript(self) -> Transcript:
        """What a person sees, as one value."""
        return replace(
            self._machine,
            turns=tuple(self._turns),
            silences=tuple(self._silences),
            unheard=tuple(stretch for stretch in self._unheard if stretch is not None),
            overlaps=tuple(overlap for overlap in self._overlaps if overlap is not None),
        )

    @property
    def turns(self) -> Sequence[Turn]:
        """The turns in the order of their times; not to be changed."""
        return self._turns

    @property
    def silences(self) -> Sequence[Silence]:
        """The silences, each in its place in the machine's list; not to be changed."""
        return self._silences

    @property
    def unheard(self) -> Sequence[Unheard | None]:
        """The unheard stretches by their place in the machine's list, None where a person has heard what was said."""
        return self._unheard

    def turn(self, turn_id: TurnId) -> Turn | None:
        """Return a turn as it stands now."""
        return self._by_id.get(turn_id)

    def place(self, turn: Turn) -> int:
        """Return where a turn stands among `turns`."""
        return bisect_left(self._turns, _order(turn), key=_order)

    def content(self, element: Element) -> Content:
        """Return what stands in an element's place now."""
        if element.kind is Kind.TURN:
            return self._by_id.get(TurnId(element.key))
        if element.kind is Kind.SILENCE:
            return self._silences[int(element.key)]
        return self._unheard[int(element.key)]

    def apply(self, edit: Edit) -> None:
        """Lay an edit on top."""
        for element, _content in edit.parts:
            self._beneath.setdefault(element, []).append(self.content(element))
        self._put(edit.parts)

    def undo(self, edit: Edit) -> None:
        """Lift off the edit that lies on top."""
        self._put([Part(part.element, self._beneath[part.element].pop()) for part in edit.parts])

    def words_gone(self, ids: Iterable[WordId]) -> set[WordId]:
        """Return which of some words no turn holds any more."""
        wanted = set(ids)
        return wanted - {word.id for turn in self._turns for word in turn.words}

    # --- one element at a time ---------------------------------------------------------------------------------------

    def _put(self, parts: Sequence[Part]) -> None:
        touched: list[Turn] = []
        for element, content in parts:
            if element.kind is Kind.TURN:
                touched += self._put_turn(TurnId(element.key), content if isinstance(content, Turn) else None)
            elif isinstance(content, Silence):
                self._silences[int(element.key)] = content
            else:
                self._unheard[int(element.key)] = content if isinstance(content, Unheard) else None
        if touched:
            self._settle_overlaps(min(turn.start_ms for turn in touched), max(turn.end_ms for turn in touched))

    def _put_turn(self, turn_id: TurnId, content: Turn | None) -> list[Turn]:
        touched = []
        before = self._by_id.pop(turn_id, None)
        if before is not None:
            del self._turns[self.place(before)]
            touched.append(before)
        if content is not None:
            insort(self._turns, content, key=_order)
            self._by_id[turn_id] = content
            touched.append(content)
        return touched

    def _settle_overlaps(self, start_ms: int, end_ms: int) -> None:
        """Say anew which turns sound together between two times: a turn that was split or joined has another name."""
        machine = self._machine.overlaps
        first = max(0, bisect_left(self._overlap_starts, start_ms) - _NEAR_TURNS)
        for n in range(first, len(machine)):
            if machine[n].start_ms > end_ms + _NEAR_MS:
                break
            self._overlaps[n] = self._settled(machine[n])

    def _settled(self, overlap: Overlap) -> Overlap | None:
        one, two = (self._side(overlap, turn_id) for turn_id in overlap.turns)
        if one is None or two is None or one == two:
            return None
        return overlap if (one, two) == overlap.turns else replace(overlap, turns=(one, two))

    def _side(self, overlap: Overlap, turn_id: TurnId) -> TurnId | None:
        """Return the turn that stands for one side of an overlap: its own, else what sounds longest in it."""
        known = self._by_id.get(turn_id)
        if known is not None:
            untouched = not self._beneath.get(turn_element(turn_id))
            if untouched or (known.start_ms < overlap.end_ms and overlap.start_ms < known.end_ms):
                return turn_id
        last = bisect_left(self._turns, (overlap.end_ms, 0, ""), key=_order)
        others = [t for t in self._turns[max(0, last - _NEAR_TURNS) : last] if t.id not in overlap.turns]
        shared = {t.id: min(t.end_ms, overlap.end_ms) - max(t.start_ms, overlap.start_ms) for t in others}
        best = max(shared, key=lambda found: shared[found], default=None)
        return best if best is not None and shared[best] > 0 else None
