"""A transcript as numbered lines to read: turns wrapped at a fixed width, silences and the unheard in their own lines.

The width is counted in characters of a fixed-pitch face, so that line numbers are the same in every window and every
text size. What sounds at once is bracketed, and the later speaker's bracket stands under the earlier one's. A turn that
somebody talks into goes on after the line that was said meanwhile: lines stand in the order they began.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Sequence
from copy import copy
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from functools import cached_property
from typing import NamedTuple

from cubb_desktop.domain.frozen import Frozen, FrozenLine
from cubb_desktop.domain.ids import SpeakerId, TurnId, WordId
from cubb_desktop.domain.lines import COLUMNS, Piece, SetLine, lines_of
from cubb_desktop.domain.transcript import Origin, Silence, Speaker, Transcript, Unheard, Word

LOW_CONFIDENCE = 0.5  # below it a word is shown as the guess it is
_LABEL_LETTERS = 3
_NEAR_STOPS = 8  # no more than so many sound at once


class RowKind(StrEnum):
    """What a line holds."""

    TURN = "turn"
    SILENCE = "silence"
    UNHEARD = "unheard"


ALONE = re.compile(r"\((?:\.|\?|\d+\.\d)\)")  # a silence or unheard speech in a line of its own


@dataclass(frozen=True, slots=True)
class Row:
    """One numbered line; `opens` says that the speaker's label stands before it, `place` is its index among all.

    `origin` says who vouches for its turn, `by` and `at` who said so and when. `letter` and `continues` occur only
    where lines are frozen: 12a came after line 12 was frozen, and a row that continues is a part of its line that is
    set below without a number.
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
    begins: bool = False  # the first row of its turn
    letter: str = ""
    continues: bool = False
    place: int = -1
    by: str = ""
    at: datetime | None = None

    @property
    def name(self) -> str:
        """What the line is called: "12", "12a"."""
        return f"{self.number}{self.letter}"

    @property
    def numeral(self) -> str:
        """What stands before it: its name, nothing where it continues a line."""
        return "" if self.continues else self.name

    @property
    def text(self) -> str:
        """The line as characters, each piece in its column."""
        line = ""
        for piece in self.pieces:
            line = line.ljust(piece.column) + piece.text
        return line

    @property
    def words(self) -> tuple[WordId, ...]:
        """The ids of its words."""
        return tuple(piece.word.id for piece in self.pieces if piece.word is not None)

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
        self.columns = max((row.pieces[-1].end for row in self.rows), default=0)  # that the widest row takes

    def with_row(self, row: Row) -> Sheet:
        """Return the same lines with another one in its place; costs next to nothing.

        It shows at once what somebody typed; the lines around it are set anew afterwards.
        """
        place = row.place
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
        changed._longest_ms = max([self._longest_ms, *(stop.end_ms - stop.start_ms for stop in new)])
        return changed

    def prepare(self) -> None:
        """Make the look-ups now, where there is time, and not at the first question."""
        self.stop_of(WordId(""))
        self.stops_between(0, 1)

    @cached_property
    def _of_word(self) -> dict[WordId, int]:
        return {stop.word.id: n for n, stop in enumerate(self.stops) if stop.word is not None}

    @cached_property
    def _by_start(self) -> list[int]:
        return sorted(range(len(self.stops)), key=lambda n: self.stops[n].start_ms)

    @cached_property
    def _longest_ms(self) -> int:
        return max((stop.end_ms - stop.start_ms for stop in self.stops), default=0)

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
        first = bisect_left(self._starts, start_ms - self._longest_ms)
        near = self._by_start[first : bisect_left(self._starts, end_ms)]
        sounding = [n for n in near if self.stops[n].end_ms > start_ms]
        found = [n for n in sounding if start_ms <= (self.stops[n].start_ms + self.stops[n].end_ms) // 2 < end_ms]
        found = found or sounding
        return range(min(found), max(found) + 1) if found else range(0)


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


def read(transcript: Transcript, columns: int = COLUMNS, frozen: Frozen | None = None) -> Sheet:
    """Set a transcript in numbered lines of about `columns` characters (a longer single word stands alone).

    With `frozen` every line has the number it had when the lines were frozen; see `domain.frozen`.
    """
    breaks = sorted([s.start_ms for s in transcript.silences] + [u.start_ms for u in transcript.unheard])
    numbers = frozen.numbers if frozen is not None else None
    rows = [_turn_row(line) for line in lines_of(transcript, columns, breaks, numbers)]
    silences = frozen.of_silences(transcript) if frozen is not None else [0] * len(transcript.silences)
    unheard = frozen.of_unheard(transcript) if frozen is not None else [0] * len(transcript.unheard)
    rows += [_silence_row(silence, number) for silence, number in zip(transcript.silences, silences, strict=True)]
    rows += [_unheard_row(stretch, number) for stretch, number in zip(transcript.unheard, unheard, strict=True)]
    rows.sort(key=lambda row: (row.number, row.start_ms))
    return Sheet(list(_labelled(rows if frozen is None else _kept(rows, frozen))))


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


def _turn_row(line: SetLine) -> Row:
    turn, number, start_ms, end_ms, pieces = line
    return Row(
        number, RowKind.TURN, start_ms, end_ms, pieces, turn.id, turn.speaker,
        origin=turn.origin, by=turn.by, at=turn.at,
    )  # fmt: skip


def _silence_row(silence: Silence, number: int) -> Row:
    piece = Piece(0, pause(silence.length_ms))
    return Row(number, RowKind.SILENCE, silence.start_ms, silence.end_ms, (piece,), speaker=silence.speaker)


def _unheard_row(stretch: Unheard, number: int) -> Row:
    return Row(number, RowKind.UNHEARD, stretch.start_ms, stretch.end_ms, (Piece(0, "(?)"),))


def _kept(rows: Iterable[Row], frozen: Frozen) -> list[Row]:
    """Say which rows go on a frozen line, and give those that came later the letter behind its number."""
    of_number: dict[int, list[Row]] = {}
    for row in rows:
        of_number.setdefault(row.number, []).append(row)
    kept: list[Row] = []
    for number, same in of_number.items():
        if len(same) == 1:
            kept += same
            continue
        own = [row for row in same if frozen.holds(number, row.words)] or same[:1]
        turns = {row.turn_id for row in own}
        own = [row for row in same if row in own or (row.turn_id is not None and row.turn_id in turns)]
        later = [row for row in same if row not in own]
        kept += [replace(row, continues=True) if n else row for n, row in enumerate(own)]
        kept += [replace(row, letter=_letter(n)) for n, row in enumerate(later)]
    return kept


def _letter(n: int) -> str:
    return _letter(n // 26 - 1) + chr(ord("a") + n % 26) if n >= 26 else chr(ord("a") + n)


def _labelled(rows: Iterable[Row]) -> Iterable[Row]:
    """Number rows that have no number yet, and say where a label stands: where another line than the speaker's own
    came before, and at somebody's silence. A line of words that reads like a silence bears its label too.
    """
    before: TurnId | None = None
    begun: set[TurnId] = set()
    for place, row in enumerate(rows):
        turn = row.turn_id
        begins = turn not in begun if turn is not None else row.speaker is not None
        alone = turn is not None and len(row.pieces) == 1 and ALONE.fullmatch(row.pieces[0].text) is not None
        opens = begins or alone or (turn is not None and turn != before)
        yield Row(
            row.number or place + 1, row.kind, row.start_ms, row.end_ms, row.pieces, turn, row.speaker, opens,
            row.origin, begins, row.letter, row.continues, place, row.by, row.at,
        )  # fmt: skip
        before = turn
        if turn is not None:
            begun.add(turn)


def words_of(row: Row) -> str:
    """Return what a line says without the room that brackets take."""
    text = ""
    for piece in row.pieces:
        glued = not text or (piece.word is None and piece.text != "[") or text.endswith(("[", "="))
        text += piece.text if glued else f" {piece.text}"
    return text


def excerpt(sheet: Sheet, start_ms: int, end_ms: int) -> Sheet:
    """Return what sounds between two times in the lines it has; a word belongs where its middle is."""
    rows: list[Row] = []
    for row in sheet.rows:
        if row.kind is RowKind.TURN:
            pieces = _pieces_within(row.pieces, start_ms, end_ms)
            if pieces:
                rows.append(replace(row, pieces=pieces))
        elif row.start_ms < end_ms and row.end_ms > start_ms:
            first, last = max(start_ms, row.start_ms), min(end_ms, row.end_ms)
            sign = pause(last - first) if row.kind is RowKind.SILENCE else row.text
            rows.append(replace(row, start_ms=first, end_ms=last, pieces=(Piece(0, sign),)))
    return Sheet(list(_labelled(rows)))


def _pieces_within(pieces: Sequence[Piece], start_ms: int, end_ms: int) -> tuple[Piece, ...]:
    """Return the pieces of a row from its first to its last word in a passage; a bracket that is cut is closed."""
    words = [(n, piece.word) for n, piece in enumerate(pieces) if piece.word is not None]
    kept = [n for n, word in words if start_ms <= (word.start_ms + word.end_ms) // 2 < end_ms]
    if not kept:
        return ()
    first, last = kept[0], kept[-1]
    first -= first > 0 and pieces[first - 1].word is None and pieces[first - 1].text != "]"
    last += last + 1 < len(pieces) and pieces[last + 1].word is None and pieces[last + 1].text != "["
    part = list(pieces[first : last + 1])
    signs = [piece.text for piece in part if piece.word is None and piece.text in "[]"]
    if signs and signs[0] == "]":
        part.insert(0, Piece(part[0].column - 1, "["))
    if signs and signs[-1] == "[":
        part.append(Piece(part[-1].end, "]"))
    return tuple(part)


def freeze(transcript: Transcript, by: str, at: datetime) -> Frozen:
    """Return the lines of a transcript as they stand, to be kept for good."""
    places = {silence.start_ms: place for place, silence in enumerate(transcript.silences)}
    lines = []
    for row in read(transcript).rows:
        silence = places[row.start_ms] if row.kind is RowKind.SILENCE else None
        lines.append(FrozenLine(row.number, row.start_ms, row.words, silence))
    return Frozen(transcript.id, tuple(lines), by, at)


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
