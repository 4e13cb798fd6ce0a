"""Where lines stand: numbered lines folded to the columns there is room for; arithmetic only, a fixed-pitch face."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass

from cubb_desktop.domain.reading import Row, Sheet

_INDENT = 2  # columns that a folded line's continuation stands in
_LEAST_COLUMNS = 12


@dataclass(frozen=True, slots=True)
class Strip:
    """One painted line: pieces `first` up to `last` of a row, moved `shift` columns to the left."""

    row: int
    first: int
    last: int
    shift: int

    @property
    def opens(self) -> bool:
        """Whether it is the first strip of its row, which bears the number and the label."""
        return self.first == 0


class Fold:
    """All strips of a sheet at a width in columns; a row that fits is one strip."""

    def __init__(self, sheet: Sheet, columns: int) -> None:
        self.columns = max(_LEAST_COLUMNS, columns)
        self.strips: list[Strip] = []
        self._first_of: list[int] = []
        for number, row in enumerate(sheet.rows):
            self._first_of.append(len(self.strips))
            if row.pieces[-1].end <= self.columns:
                self.strips.append(Strip(number, 0, len(row.pieces), 0))
            else:
                self._fold(number, row)

    def _fold(self, number: int, row: Row) -> None:
        first, shift = 0, 0
        for n, piece in enumerate(row.pieces):
            if n > first and piece.end - shift > self.columns and not _belongs_before(row, n):
                self.strips.append(Strip(number, first, n, shift))
                first, shift = n, piece.column - _INDENT
        self.strips.append(Strip(number, first, len(row.pieces), shift))

    def strip_of(self, row: int, piece: int = 0) -> int:
        """Return the index of the strip that shows a piece of a row."""
        strip = self._first_of[row]
        while strip + 1 < len(self.strips) and self.strips[strip + 1].row == row and piece >= self.strips[strip].last:
            strip += 1
        return strip

    def strips_of(self, row: int) -> range:
        """Return the indices of all strips of a row."""
        end = self._first_of[row + 1] if row + 1 < len(self._first_of) else len(self.strips)
        return range(self._first_of[row], end)

    def row_of(self, strip: int) -> int:
        """Return the row that a strip belongs to."""
        return max(0, bisect_right(self._first_of, strip) - 1)


def _belongs_before(row: Row, piece: int) -> bool:
    """Whether a piece is a closing bracket, which stays with its word."""
    return row.pieces[piece].word is None and row.pieces[piece].text == "]"
