"""Words set in lines: wrapped at a width, broken where a silence is, what sounds at once in brackets under each other.

Where a turn follows another speaker's within `LATCH_MS`, "=" stands at the end of the one and before the other. A line
is at most `columns` wide; brackets may push it `SPARE` columns further, and what would go beyond begins a line.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from heapq import heapify, heappop, heappush
from itertools import pairwise
from typing import NamedTuple

from cubb_desktop.domain.ids import TurnId
from cubb_desktop.domain.together import Together, together, width_of
from cubb_desktop.domain.transcript import Transcript, Turn, Word

COLUMNS = 64  # with number and label a line fits an A4 page at ten points
SPARE = 6  # columns that brackets may push a line beyond that; it still fits
LATCH_MS = 50  # by the times of the words; more is a gap, less than nothing an overlap
NEAR_LINES = 8  # within so many lines brackets in the same columns belong together

Numbers = Callable[[Turn], Sequence[int]]  # the line that each word of a turn keeps


class Piece(NamedTuple):  # a tuple: there are as many as words, and an hour must be on the screen at once
    """Characters that stand together from `column` on: a word, or a sign of the notation (`word` None).

    `width` is 0 where every character takes one column; in another face it is how many the whole piece takes.
    """

    column: int
    text: str
    word: Word | None = None
    width: int = 0

    @property
    def end(self) -> int:
        return self.column + (self.width or len(self.text))


class _Atom(NamedTuple):
    """What no line break comes into: a word, or the words in a pair of brackets (`group` says which)."""

    words: tuple[Word, ...]
    width: int
    group: int = -1
    before: str = ""
    after: str = ""


@dataclass(slots=True)
class Line:
    """A turn's words in one line; `number` is that of the frozen line it belongs to, 0 where none is frozen."""

    turn: Turn
    atoms: list[_Atom]
    number: int = 0
    columns: list[int] = field(default_factory=list)  # where each atom begins
    widths: dict[int, int] = field(default_factory=dict)  # between the brackets, by group

    @property
    def start_ms(self) -> int:
        return self.atoms[0].words[0].start_ms

    @property
    def bracketed(self) -> bool:
        return any(atom.group >= 0 for atom in self.atoms)

    def set(self) -> SetLine:
        """Return the line with its characters in their columns."""
        made: list[Piece] = []
        at = 0
        for n, atom in enumerate(self.atoms):
            at = self.columns[n] if self.columns else at
            if atom.group < 0:
                at = _put(made, atom, at)
            else:
                made.append(Piece(at, "["))
                closing = at + 1 + self.widths.get(atom.group, atom.width - 2)
                _put(made, atom, at + 1)
                made.append(Piece(closing, "]"))
                at = closing + 1
            at += 1
        end_ms = max(word.end_ms for atom in self.atoms for word in atom.words)
        return SetLine(self.turn, self.number, self.start_ms, end_ms, tuple(made))


class SetLine(NamedTuple):
    """A line that is ready to be shown."""

    turn: Turn
    number: int
    start_ms: int
    end_ms: int
    pieces: tuple[Piece, ...]


def _put(made: list[Piece], atom: _Atom, at: int) -> int:
    if atom.before:
        made.append(Piece(at, atom.before))
        at += len(atom.before)
    for word in atom.words:
        made.append(Piece(at, word.text, word))
        at += len(word.text) + 1
    at -= 1
    if atom.after:
        made.append(Piece(at, atom.after))
        at += len(atom.after)
    return at


def lines_of(transcript: Transcript, columns: int, breaks: Sequence[int], numbers: Numbers | None) -> list[SetLine]:
    """Return the lines of all turns in the order they are read; `breaks` are the times where other lines begin."""
    groups = together(transcript.turns, transcript.overlaps, columns + SPARE - 2)
    spans: dict[TurnId, dict[int, tuple[int, int]]] = {}
    for n, group in enumerate(groups):
        for turn_id, first, last in group.sides:
            spans.setdefault(turn_id, {})[n] = (first, last)
    opening, closing = latches(transcript.turns, groups)
    plain: list[SetLine] = []
    lines: list[Line] = []
    for turn in transcript.turns:
        if numbers is None and turn.id not in spans and turn.id not in opening and turn.id not in closing:
            plain += _plain(turn, breaks, columns)
            continue
        signs = "=" if turn.id in opening else "", "=" if turn.id in closing else ""
        kept = numbers(turn) if numbers is not None else ()
        made = _wrapped(turn, _atoms(turn, spans.get(turn.id, {}), signs, kept), kept, breaks, columns)
        plain += [line.set() for line in made if not line.bracketed]
        lines += [line for line in made if line.bracketed]
    if lines:
        lines = _settled(lines, columns + SPARE)
        order = [(line.number, line.start_ms) for line in plain] + [(line.number, line.start_ms) for line in lines]
        order.sort()
        _align(lines, [bisect_left(order, (line.number, line.start_ms)) for line in lines])
    rank = {turn.id: n for n, turn in enumerate(transcript.turns)}
    ready = (*plain, *(line.set() for line in lines))
    return sorted(ready, key=lambda line: (line.number, line.start_ms, rank[line.turn.id]))


def latches(turns: Iterable[Turn], groups: Iterable[Together]) -> tuple[set[TurnId], set[TurnId]]:
    """Return the turns that begin with "=", and those that end with it; what is bracketed there says it already."""
    spoken = [turn for turn in turns if turn.words]
    firsts = {side.turn for group in groups for side in group.sides if side.first == 0}
    lasts = {(side.turn, side.last) for group in groups for side in group.sides}
    ended = sorted(spoken, key=lambda turn: turn.words[-1].end_ms)
    ends = [turn.words[-1].end_ms for turn in ended]
    opening: set[TurnId] = set()
    closing: set[TurnId] = set()
    for turn in spoken:
        start = turn.words[0].start_ms
        near = ended[bisect_left(ends, start - LATCH_MS) : bisect_right(ends, start)]
        before = next((one for one in reversed(near) if one.speaker != turn.speaker), None)
        if before is None or turn.id in firsts or (before.id, len(before.words) - 1) in lasts or before.id in closing:
            continue
        if before.words[0].start_ms >= start:
            continue
        if not turn.words[0].text.startswith("="):
            opening.add(turn.id)
        if not before.words[-1].text.endswith("="):
            closing.add(before.id)
    return opening, closing


# --- breaking --------------------------------------------------------------------------------------------------------


def _atoms(
    turn: Turn, spans: Mapping[int, tuple[int, int]], signs: tuple[str, str], kept: Sequence[int]
) -> list[_Atom]:
    first_of = {}
    for group, (first, last) in spans.items():
        low, high = _on_one_line(kept, first, last) if kept else (first, last)
        first_of[low] = group, high
    atoms: list[_Atom] = []
    n, end = 0, len(turn.words) - 1
    while n <= end:
        group, last = first_of.get(n, (-1, n))
        words = turn.words[n : last + 1]
        before, after = signs[0] if n == 0 else "", signs[1] if last == end else ""
        width = width_of(words) + len(before) + len(after) + (2 if group >= 0 else 0)
        atoms.append(_Atom(words, width, group, before, after))
        n = last + 1
    return atoms


def _on_one_line(kept: Sequence[int], first: int, last: int) -> tuple[int, int]:
    """Return the longest part of some words that stands in one frozen line."""
    runs: list[tuple[int, int]] = []
    for n in range(first, last + 1):
        if runs and kept[n] == kept[runs[-1][1]]:
            runs[-1] = runs[-1][0], n
        else:
            runs.append((n, n))
    return max(runs, key=lambda run: run[1] - run[0])


def _plain(turn: Turn, breaks: Sequence[int], columns: int) -> Iterable[SetLine]:
    """Wrap a turn that nobody else talks into: nearly all are such, and there may be thousands."""
    inside = breaks[bisect_left(breaks, turn.start_ms) : bisect_left(breaks, turn.end_ms)]
    pieces: list[Piece] = []
    column, end_ms = 0, 0
    previous: Word | None = None
    for word in turn.words:
        broken = inside and previous is not None and _between(inside, previous, word)
        if pieces and (broken or column + len(word.text) > columns):
            yield SetLine(turn, 0, _start(pieces), end_ms, tuple(pieces))
            pieces, column, end_ms = [], 0, 0
        pieces.append(Piece(column, word.text, word))
        column += len(word.text) + 1
        end_ms = max(end_ms, word.end_ms)
        previous = word
    if pieces:
        yield SetLine(turn, 0, _start(pieces), end_ms, tuple(pieces))


def _start(pieces: Sequence[Piece]) -> int:
    word = pieces[0].word
    return 0 if word is None else word.start_ms


def _wrapped(
    turn: Turn, atoms: Iterable[_Atom], kept: Sequence[int], breaks: Sequence[int], columns: int
) -> list[Line]:
    if kept:
        return _as_kept(turn, atoms, kept, columns)
    inside = breaks[bisect_left(breaks, turn.start_ms) : bisect_left(breaks, turn.end_ms)]
    lines: list[Line] = []
    filled = 0
    for atom in atoms:
        broken = inside and lines and _between(inside, lines[-1].atoms[-1].words[-1], atom.words[0])
        if not lines or broken or filled + 1 + atom.width > columns:
            lines.append(Line(turn, [atom]))
            filled = atom.width
        else:
            lines[-1].atoms.append(atom)
            filled += 1 + atom.width
    return lines


def _as_kept(turn: Turn, atoms: Iterable[_Atom], kept: Sequence[int], columns: int) -> list[Line]:
    """Set words in the lines they had when those were frozen; what has no room there goes on below."""
    of_number: dict[int, list[Line]] = {}
    place = 0
    for atom in atoms:
        lines = of_number.setdefault(kept[place], [])
        place += len(atom.words)
        filled = sum(one.width + 1 for one in lines[-1].atoms) if lines else 0
        if not lines or filled + atom.width > columns + SPARE:
            lines.append(Line(turn, [atom], kept[place - len(atom.words)]))
        else:
            lines[-1].atoms.append(atom)
    return [line for lines in of_number.values() for line in lines]


def _between(breaks: Sequence[int], before: Word, after: Word) -> bool:
    """Whether a line of its own begins after `before` has begun and before `after` does."""
    first = bisect_right(breaks, (before.start_ms + before.end_ms) // 2)
    return first < len(breaks) and breaks[first] < after.start_ms


# --- brackets under each other ---------------------------------------------------------------------------------------


def _settled(lines: list[Line], most: int) -> list[Line]:
    """Break lines until all of them, with their brackets under each other, are at most `most` columns wide."""
    while True:
        members = _align(lines, None)
        broken = {id(line): at for line in lines for at in _where_to_break(line, members, most)}
        if not broken:
            return lines
        made: list[Line] = []
        for line in lines:
            at = broken.get(id(line), 0)
            parts = [line.atoms[:at], line.atoms[at:]] if at else [line.atoms]
            made += [Line(line.turn, part, line.number) for part in parts]
        lines = made


def _where_to_break(line: Line, members: Mapping[int, Sequence[tuple[Line, int]]], most: int) -> Iterable[int]:
    """Yield the atom before which a line that is too wide is broken, by itself or by those it stands under."""
    for n, atom in enumerate(line.atoms):
        pushed = atom.group >= 0 and any(_end(other, m) > most for other, m in members[atom.group])
        if n and (_end(line, n) > most or pushed):
            yield n
            return


def _end(line: Line, n: int) -> int:
    atom = line.atoms[n]
    width = atom.width if atom.group < 0 else line.widths[atom.group] + 2
    return line.columns[n] + width


def _align(lines: Sequence[Line], places: Sequence[int] | None) -> dict[int, list[tuple[Line, int]]]:
    """Give every atom its column, both brackets of each group the same in all its lines; return the groups' members.

    With `places`, each line's place among all of words, no two groups near each other get both columns alike: who reads
    the lines tells by the columns what belongs together.
    """
    members: dict[int, list[tuple[Line, int]]] = {}
    for line in lines:
        line.columns = []
        for n, atom in enumerate(line.atoms):
            if atom.group >= 0:
                members.setdefault(atom.group, []).append((line, n))
    place_of = {id(line): place for line, place in zip(lines, places or (), strict=False)}
    taken: deque[tuple[int, int, int, int]] = deque(maxlen=8 * NEAR_LINES)
    for group in _in_order(lines, members):
        at = [(line, n, _filled(line, n)) for line, n in members[group]]
        column = max(filled for _line, _n, filled in at)
        width = max(line.atoms[n].width - 2 for line, n, _filled in at)
        if places is not None:
            rows = [place_of[id(line)] for line, _n, _filled in at]
            low, high = min(rows) - NEAR_LINES, max(rows) + NEAR_LINES
            near = {(c, w) for c, w, first, last in taken if first <= high and last >= low}
            while (column, width) in near:
                width += 1
            taken.append((column, width, min(rows), max(rows)))
        for line, n, _was in at:
            if len(line.columns) == n:  # not passed already, as it may be where times contradict each other
                line.columns.append(column)
            line.widths[group] = width
    for line in lines:
        _filled(line, len(line.atoms))
    return members


def _filled(line: Line, until: int) -> int:
    """Set the atoms before one that have no column yet; return the first column behind them."""
    columns, atoms = line.columns, line.atoms
    while len(columns) < until:
        columns.append(_behind(line, len(columns)))
    return _behind(line, until) if until < len(atoms) and until == len(columns) else 0


def _behind(line: Line, n: int) -> int:
    if n == 0:
        return 0
    before = line.atoms[n - 1]
    width = before.width if before.group < 0 else line.widths.get(before.group, before.width - 2) + 2
    return line.columns[n - 1] + width + 1


def _in_order(lines: Iterable[Line], members: Mapping[int, object]) -> Iterable[int]:
    """Yield groups so that in each line one comes after the one before it; where that can't be, by their number."""
    after: dict[int, set[int]] = {group: set() for group in members}
    waiting = dict.fromkeys(members, 0)
    for line in lines:
        groups = [atom.group for atom in line.atoms if atom.group >= 0]
        for one, two in pairwise(groups):
            if two not in after[one]:
                after[one].add(two)
                waiting[two] += 1
    ready = [group for group, count in waiting.items() if not count]
    heapify(ready)
    left = dict.fromkeys(sorted(members))
    while left:
        group = heappop(ready) if ready else next(iter(left))
        if group not in left:
            continue
        del left[group]
        yield group
        for following in after[group]:
            waiting[following] -= 1
            if not waiting[following]:
                heappush(ready, following)
