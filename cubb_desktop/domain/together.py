"""Which words sound together: overlaps between pairs of turns as stretches in which two, three or more are bracketed.

Pairs that share a word on a turn become one stretch, so that a turn's brackets never cross: `[` and `]` stand in turn.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from cubb_desktop.domain.ids import TurnId
from cubb_desktop.domain.transcript import Overlap, Turn, Word

_LEAST_SHARED_MS = 80  # less sounding at once is a border, not an overlap
_LONGEST_WORD_MS = 20_000  # no word sounds longer; where to begin to look

Span = tuple[int, int]  # a turn's first and last word in it, from 0


class Side(NamedTuple):
    """A turn's part in a stretch: its words from `first` to `last`."""

    turn: TurnId
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Together:
    """Words of two or more turns that sound at once, the turn that began first before the others."""

    sides: tuple[Side, ...]


def together(turns: Iterable[Turn], overlaps: Iterable[Overlap], widest: int) -> list[Together]:
    """Return the stretches in order of time; what is wider than `widest` characters on a side is cut where it can be.

    An overlap in which one side has no word is left out.
    """
    by_id = {turn.id: turn for turn in turns}
    pairs = []
    for overlap in overlaps:
        spans = {turn: span for turn in overlap.turns if turn in by_id and (span := _sounding(by_id[turn], overlap))}
        if len(spans) > 1:
            pairs.append(spans)
    cut = [piece for spans in _merged(pairs) for piece in _cut(spans, by_id, widest)]
    found = [Together(_sides(spans, by_id)) for spans in cut]
    return sorted(found, key=lambda one: min(by_id[s.turn].words[s.first].start_ms for s in one.sides))


def _sides(spans: Mapping[TurnId, Span], by_id: Mapping[TurnId, Turn]) -> tuple[Side, ...]:
    order = sorted(spans, key=lambda turn: (by_id[turn].words[spans[turn][0]].start_ms, turn))
    return tuple(Side(turn, *spans[turn]) for turn in order)


def _sounding(turn: Turn, overlap: Overlap) -> Span | None:
    """Return the words of a turn that sound during an overlap: by enough time, or by half their own length."""
    first = bisect_left(turn.words, overlap.start_ms - _LONGEST_WORD_MS, key=lambda word: word.start_ms)
    found = []
    for n in range(first, len(turn.words)):
        word = turn.words[n]
        if word.start_ms >= overlap.end_ms:
            break
        shared = min(word.end_ms, overlap.end_ms) - max(word.start_ms, overlap.start_ms)
        if shared >= _LEAST_SHARED_MS or 0 < word.end_ms - word.start_ms <= 2 * shared:
            found.append(n)
    return (found[0], found[-1]) if found else None


def _merged(pairs: Sequence[dict[TurnId, Span]]) -> list[dict[TurnId, Span]]:
    """Join what shares a word on any turn, until nothing does."""
    groups = [dict(spans) for spans in pairs]
    while True:
        of_turn: dict[TurnId, list[tuple[int, int, int]]] = {}
        for n, spans in enumerate(groups):
            for turn, (first, last) in spans.items():
                of_turn.setdefault(turn, []).append((first, last, n))
        into = list(range(len(groups)))
        for known in of_turn.values():
            _join_neighbours(sorted(known), into)
        joined: dict[int, dict[TurnId, Span]] = {}
        for n, spans in enumerate(groups):
            whole = joined.setdefault(_root(into, n), {})
            for turn, (first, last) in spans.items():
                low, high = whole.get(turn, (first, last))
                whole[turn] = min(low, first), max(high, last)
        if len(joined) == len(groups):
            return groups
        groups = list(joined.values())


def _join_neighbours(spans: Sequence[tuple[int, int, int]], into: list[int]) -> None:
    for n, (first, _last, group) in enumerate(spans[1:], 1):
        before = max(spans[:n][-8:], key=lambda span: span[1])
        if before[1] >= first:
            into[_root(into, group)] = _root(into, before[2])


def _root(into: Sequence[int], n: int) -> int:
    while into[n] != n:
        n = into[n]
    return n


# --- what no line has room for ---------------------------------------------------------------------------------------


def width_of(words: Iterable[Word]) -> int:
    """Return how many characters words take with a space between them."""
    return sum(len(word.text) + 1 for word in words) - 1


def _cut(spans: dict[TurnId, Span], by_id: Mapping[TurnId, Turn], widest: int) -> list[dict[TurnId, Span]]:
    """Cut a stretch in two where every side has words before and after, until each is narrow enough or can't be cut."""
    widths = {turn: width_of(by_id[turn].words[first : last + 1]) for turn, (first, last) in spans.items()}
    widest_turn = max(widths, key=lambda turn: widths[turn])
    if widths[widest_turn] <= widest:
        return [spans]
    first, last = spans[widest_turn]
    middle = by_id[widest_turn].words[(first + last + 1) // 2].start_ms
    early, late = {}, {}
    for turn, (low, high) in spans.items():
        words = by_id[turn].words
        at = bisect_left(words, middle, low, high + 1, key=lambda word: word.start_ms)
        at = min(max(at, low + 1), high)
        if low < at <= high:
            early[turn], late[turn] = (low, at - 1), (at, high)
        else:
            early[turn] = (low, high)
    if len(late) < 2 or late[widest_turn] == spans[widest_turn]:
        return [spans]
    return [*_cut(early, by_id, widest), *_cut(late, by_id, widest)]
