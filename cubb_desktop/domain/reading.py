"""A transcript as numbered lines to read: turns wrapped at a fixed width, silences and the unheard in their own lines.

The width is counted in characters of a fixed-pitch face, so that line numbers are the same in every window and every
text size. What sounds at once is bracketed, and the later speaker's bracket stands under the earlier one's. A turn that
somebody talks into goes on after the line that was said meanwhile: lines stand in the order they began.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from functools import cached_property
from typing import NamedTuple

from cubb_desktop.domain.ids import SpeakerId, TurnId, WordId
from cubb_desktop.domain.transcript import Origin, Overlap, Silence, Speaker, Transcript, Turn, Unheard, Word

COLUMNS = 64  # with number and label a line fits an A4 page at ten points
LOW_CONFIDENCE = 0.5  # below it a word is shown as the guess it is
_LEAST_SHARED_MS = 80  # less sounding at once is a border, not an overlap
_LABEL_LETTERS = 3
_LAST_START = 1 << 62
_NEAR_STOPS = 8  # no more than so many sound at once


class RowKind(StrEnum):
    """What a line holds."""

    TURN = "turn"
    SILENCE = "silence"
    UNHEARD = "unheard"


class Piece(NamedTuple):  # a tuple: there are as many as words, and an hour must be on the screen at once
    """Characters that stand together from `column` on: a word, or a sign of the notation (`word` None)."""

    column: int
    text: str
    word: Word | None = None

    @property
    def end(self) -> int:
        return self.column + len(self.text)


@dataclass(frozen=True, slots=True)
class Row:
    """One numbered line; `opens` says that the speaker's label stands before it.

    `origin` says who vouches for its turn, `by` and `at` who said so and when.
    """

    number: int
    kind: RowKind
    start_ms: int
    end_ms: int
    pieces: tuple[Piece, ...]
    turn_id: TurnId | None = None
    speaker: SpeakerId | None = None
    opens: bool = False
    origin: Origin = Origin.MACHINE
    by: str = ""
    at: datetime | None = None

    @property
    def text(self) -> str:
        """The line as characters, each piece in its column."""
        line = ""
        for piece in self.pieces:
            line = line.ljust(piece.column) + piece.text
        return line

    @property
    def length_ms(self) -> int:
        return self.end_ms - self.start_ms


class Stop(NamedTuple):  # a tuple for the same reason
    """Something a reader can stop at and hear: a word, or the sign of a silence or of unheard speech (`word` None)."""

    row: int  # index of its row, from 0
    piece: int  # index of its piece in that row
    start_ms: int
    end_ms: int
    word: Word | None


class Sheet:
    """The lines of a transcript with look-up by word and by time; immutable once made."""

    def __init__(self, rows: Sequence[Row]) -> None:
        self.rows = tuple(rows)
        self.stops = tuple(_stops(self.rows))
        self._stop_rows = [stop.row for stop in self.stops]
        self._row_starts = [row.start_ms for row in self.rows]
        self.columns = max((row.pieces[-1].end for row in self.rows), default=0)  # that the widest row takes

    def with_row(self, row: Row) -> Sheet:
        """Return the same lines with another one in the place of that with its number; costs next to nothing.

        It shows at once what somebody typed; the lines around it are set anew afterwards.
        """
        place = row.number - 1
        old = self.stops_in(place)
        new = [stop._replace(row=place) for stop in _stops([row])]
        more = len(new) - len(old)
        starts = [stop.start_ms for stop in (*self.stops[old.start : old.stop], *new)]
        first, last = bisect_left(self._starts, min(starts)), bisect_right(self._starts, max(starts))

        def moved(indices: Sequence[int]) -> Sequence[int]:
            return indices if not more else [n + more if n >= old.stop else n for n in indices]

        changed = copy(self)
        vars(changed).pop("_of_word", None)
        changed.rows = (*self.rows[:place], row, *self.rows[place + 1 :])
        changed.stops = (*self.stops[: old.start], *new, *self.stops[old.stop :])
        changed._stop_rows = [*self._stop_rows[: old.start], *[place] * len(new), *self._stop_rows[old.stop :]]
        changed.columns = max(self.columns, row.pieces[-1].end)
        near = [
            *moved([n for n in self._by_start[first:last] if n not in old]),
            *range(old.start, old.start + len(new)),
        ]
        near.sort(key=lambda n: changed.stops[n].start_ms)
        changed._by_start = [*moved(self._by_start[:first]), *near, *moved(self._by_start[last:])]
        near_starts = (changed.stops[n].start_ms for n in near)
        changed._starts = [*self._starts[:first], *near_starts, *self._starts[last:]]
        return changed

    def prepare(self) -> None:
        """Make the look-ups now, where there is time, and not at the first question."""
        self.stop_of(WordId(""))
        self.stop_at(0)

    @cached_property
    def _of_word(self) -> dict[WordId, int]:
        return {stop.word.id: n for n, stop in enumerate(self.stops) if stop.word is not None}

    @cached_property
    def _by_start(self) -> list[int]:
        return sorted(range(len(self.stops)), key=lambda n: self.stops[n].start_ms)

    @cached_property
    def _starts(self) -> list[int]:
        return [self.stops[n].start_ms for n in self._by_start]

    def stop_of(self, word_id: WordId) -> int | None:
        """Return the index of a word's stop, None for a word that is not in this transcript."""
        return self._of_word.get(word_id)

    def stops_in(self, row: int) -> range:
        """Return the indices of the stops in one row."""
        return range(bisect_left(self._stop_rows, row), bisect_right(self._stop_rows, row))

    def stop_at(self, position_ms: int) -> int | None:
        """Return what sounds at a time, None between words; where two do, the one that began last."""
        last = bisect_right(self._starts, position_ms)
        for n in reversed(self._by_start[max(0, last - _NEAR_STOPS) : last]):
            if position_ms < self.stops[n].end_ms:
                return n
        return None

    def nearest_stop(self, position_ms: int) -> int | None:
        """Return what sounds at a time, else what began last before it; None in an empty transcript."""
        last = bisect_right(self._starts, position_ms)
        sounding = self.stop_at(position_ms)
        if sounding is not None or not self.stops:
            return sounding
        return self._by_start[max(0, last - 1)]

    def first_word(self, position_ms: int, is_sought: Callable[[str], bool]) -> int | None:
        """Return the first word from a time on of which `is_sought` says yes, None if there is none."""
        for n in self._by_start[bisect_left(self._starts, position_ms) :]:
            word = self.stops[n].word
            if word is not None and is_sought(word.text):
                return n
        return None

    def rows_between(self, start_ms: int, end_ms: int) -> range:
        """Return the rows that hold anything of a passage; empty where it holds nothing."""
        rows = [self.stops[n].row for n in self.stops_between(start_ms, end_ms)]
        return range(rows[0], rows[-1] + 1) if rows else range(0)

    def stops_between(self, start_ms: int, end_ms: int) -> range:
        """Return the first to the last stop with its middle in a passage; in a very short one, what sounds in it."""
        rows = [n for n in range(bisect_left(self._row_starts, end_ms)) if self.rows[n].end_ms > start_ms]
        near = [n for row in rows for n in self.stops_in(row)]
        found = [n for n in near if start_ms <= (self.stops[n].start_ms + self.stops[n].end_ms) // 2 < end_ms]
        found = found or [n for n in near if self.stops[n].start_ms < end_ms and self.stops[n].end_ms > start_ms]
        return range(found[0], found[-1] + 1) if found else range(0)


def _stops(rows: Sequence[Row]) -> Iterable[Stop]:
    for number, row in enumerate(rows):
        if row.kind is not RowKind.TURN:
            yield Stop(number, 0, row.start_ms, row.end_ms, None)
            continue
        for n, piece in enumerate(row.pieces):
            word = piece.word
            if word is not None:
                yield Stop(number, n, word.start_ms, word.end_ms, word)


# --- making lines ----------------------------------------------------------------------------------------------------


def read(transcript: Transcript, columns: int = COLUMNS) -> Sheet:
    """Set a transcript in numbered lines of at most `columns` characters (a longer single word stands alone)."""
    marks = _overlap_marks(transcript.turns, transcript.overlaps)
    breaks = sorted([s.start_ms for s in transcript.silences] + [u.start_ms for u in transcript.unheard])
    rows: list[Row] = []
    for turn in transcript.turns:
        rows += _turn_rows(turn, marks, breaks, columns)
    rows += [_silence_row(silence) for silence in transcript.silences]
    rows += [_unheard_row(stretch) for stretch in transcript.unheard]
    rows.sort(key=lambda row: row.start_ms)
    return Sheet(_numbered(_aligned(rows, transcript.overlaps, columns)))


def typed_row(row: Row, words: Sequence[Word]) -> Row:
    """Return a line with other words in it, as it looks until the lines are set anew: without what sounds at once."""
    pieces: list[Piece] = []
    column = row.pieces[0].column
    for word in words:
        pieces.append(Piece(column, word.text, word))
        column = pieces[-1].end + 1
    return replace(row, start_ms=words[0].start_ms, end_ms=max(w.end_ms for w in words), pieces=tuple(pieces))


def pause(length_ms: int) -> str:
    """Return a silence as conversation analysis writes it: tenths of a second, "(.)" below two."""
    tenths = (length_ms + 50) // 100
    return "(.)" if tenths < 2 else f"({tenths // 10}.{tenths % 10})"


def _silence_row(silence: Silence) -> Row:
    piece = Piece(0, pause(silence.length_ms))
    return Row(0, RowKind.SILENCE, silence.start_ms, silence.end_ms, (piece,), speaker=silence.speaker)


def _unheard_row(stretch: Unheard) -> Row:
    return Row(0, RowKind.UNHEARD, stretch.start_ms, stretch.end_ms, (Piece(0, "(?)"),))


def _overlap_marks(turns: Iterable[Turn], overlaps: Iterable[Overlap]) -> dict[WordId, str]:
    """Return "[", "]" or "[]" for each word that begins or ends an overlap in which both turns have words."""
    by_id = {turn.id: turn for turn in turns}
    marks: dict[WordId, str] = {}
    for overlap in overlaps:
        sides = [_sounding(by_id[turn], overlap) if turn in by_id else () for turn in overlap.turns]
        if not all(sides):
            continue
        for words in sides:
            marks[words[0].id] = "[" + marks.get(words[0].id, "").replace("[", "")
            marks[words[-1].id] = marks.get(words[-1].id, "").replace("]", "") + "]"
    return marks


def _sounding(turn: Turn, overlap: Overlap) -> tuple[Word, ...]:
    """Return the words of a turn that sound during an overlap: by enough time, or by half their own length."""
    found = []
    for word in turn.words:
        shared = min(word.end_ms, overlap.end_ms) - max(word.start_ms, overlap.start_ms)
        if shared >= _LEAST_SHARED_MS or 0 < word.end_ms - word.start_ms <= 2 * shared:
            found.append(word)
    return tuple(found)


def _turn_rows(turn: Turn, marks: Mapping[WordId, str], breaks: Sequence[int], columns: int) -> list[Row]:
    inside = breaks[bisect_left(breaks, turn.start_ms) : bisect_left(breaks, turn.end_ms)]
    rows: list[Row] = []
    pieces: list[Piece] = []
    end = -1  # the column after the last piece
    previous: Word | None = None
    for word in turn.words:
        mark = marks.get(word.id, "")
        broken = inside and previous is not None and _between(inside, previous, word)
        if pieces and (broken or end + 1 + len(word.text) + len(mark) > columns):
            rows.append(_turn_row(turn, pieces))
            pieces, end = [], -1
        column = end + 1
        if "[" in mark:
            pieces.append(Piece(column, "["))
            column += 1
        pieces.append(Piece(column, word.text, word))
        end = column + len(word.text)
        if "]" in mark:
            pieces.append(Piece(end, "]"))
            end += 1
        previous = word
    return [*rows, _turn_row(turn, pieces)] if pieces else rows


def _between(breaks: Sequence[int], before: Word, after: Word) -> bool:
    """Whether a line of its own begins after `before` has begun and before `after` does."""
    first = bisect_right(breaks, (before.start_ms + before.end_ms) // 2)
    return first < len(breaks) and breaks[first] < after.start_ms


def _turn_row(turn: Turn, pieces: Sequence[Piece]) -> Row:
    words = [piece.word for piece in pieces if piece.word is not None]
    end_ms = max(word.end_ms for word in words)
    return Row(
        0, RowKind.TURN, words[0].start_ms, end_ms, tuple(pieces), turn.id, turn.speaker,
        origin=turn.origin, by=turn.by, at=turn.at,
    )  # fmt: skip


def _numbered(rows: Iterable[Row]) -> list[Row]:
    """Number the rows from 1; a label stands where another line than the speaker's own came before.

    It also stands at a silence that a person has said whose it is.
    """
    numbered: list[Row] = []
    before: TurnId | None = None
    for number, row in enumerate(rows, 1):
        opens = row.turn_id != before if row.kind is RowKind.TURN else row.speaker is not None
        numbered.append(replace(row, number=number, opens=opens))
        before = row.turn_id
    return numbered


# --- brackets under each other ---------------------------------------------------------------------------------------


def _aligned(rows: list[Row], overlaps: Iterable[Overlap], columns: int) -> list[Row]:
    """Move the later turn of each overlap so that its brackets stand under the earlier turn's, where there is room."""
    of_turn: dict[TurnId, list[int]] = {}
    for n, row in enumerate(rows):
        if row.turn_id is not None:
            of_turn.setdefault(row.turn_id, []).append(n)
    moved: set[int] = set()
    for overlap in overlaps:
        first, second = sorted(overlap.turns, key=lambda turn: _first_start(rows, of_turn.get(turn, ())))
        above = _opening(rows, of_turn.get(first, ()), overlap)
        below = _opening(rows, of_turn.get(second, ()), overlap)
        if above is None or below is None or below[1] != 0 or below[0] in moved:
            continue
        width = _inner_width(rows[above[0]].pieces[above[1] :])
        rows[below[0]] = _shifted(rows[below[0]], rows[above[0]].pieces[above[1]].column, width, columns)
        moved.add(below[0])
    return rows


def _first_start(rows: Sequence[Row], indices: Sequence[int]) -> int:
    return rows[indices[0]].start_ms if indices else _LAST_START


def _opening(rows: Sequence[Row], indices: Iterable[int], overlap: Overlap) -> tuple[int, int] | None:
    """Return row and piece of a turn's opening bracket for this overlap."""
    for n in indices:
        pieces = rows[n].pieces
        for p, piece in enumerate(pieces[:-1]):
            word = pieces[p + 1].word
            if piece.word is None and piece.text == "[" and word is not None and word.end_ms > overlap.start_ms:
                return n, p
    return None


def _inner_width(pieces: Sequence[Piece]) -> int | None:
    """Return how many characters stand between an opening bracket, the first piece, and its end in the same row."""
    closing = next((p for p in pieces if p.word is None and p.text == "]"), None)
    return None if closing is None else closing.column - pieces[0].end


def _shifted(row: Row, column: int, width: int | None, columns: int) -> Row:
    inner = _inner_width(row.pieces)
    spare = max(0, width - inner) if width is not None and inner is not None else 0
    length = row.pieces[-1].end
    if column + length + spare > columns:
        spare = 0
        column = max(0, min(column, columns - length))
    before, after = spare // 2, spare - spare // 2
    pieces: list[Piece] = []
    shift = column
    closed = False
    for n, piece in enumerate(row.pieces):
        if n == 1:
            shift += before
        if not closed and piece.word is None and piece.text == "]":
            shift += after
            closed = True
        pieces.append(piece._replace(column=piece.column + shift))
    return replace(row, pieces=tuple(pieces))


# --- names before the lines ------------------------------------------------------------------------------------------


def short_labels(speakers: Iterable[Speaker]) -> dict[SpeakerId, str]:
    """Return a label of a few capitals per speaker, all different: "MED", "BOR"; "T1" for "Taler 1"."""
    given: dict[SpeakerId, str] = {}
    for speaker in speakers:
        taken = set(given.values())
        given[speaker.id] = next(label for label in _candidates(speaker.label) if label not in taken)
    return given


def _candidates(label: str) -> Iterable[str]:
    parts = label.upper().split()
    letters = "".join(c for c in "".join(parts) if c.isalnum()) or "?"
    if len(parts) > 1 and parts[-1].isdigit():
        yield parts[0][0] + parts[-1]
    yield letters[:_LABEL_LETTERS]
    yield letters[: _LABEL_LETTERS + 1]
    number = 2
    while True:
        yield f"{letters[: _LABEL_LETTERS - 1]}{number}"
        number += 1


def plain_text(rows: Iterable[Row], labels: Mapping[SpeakerId, str]) -> str:
    """Return rows as text for another program: number, label and line, in columns."""
    width = max([len(label) for label in labels.values()], default=0)
    lines = []
    for row in rows:
        label = labels.get(row.speaker, "") if row.opens and row.speaker is not None else ""
        lines.append(f"{row.number:>4}  {label:<{width}}  {row.text}".rstrip())
    return "\n".join(lines)
