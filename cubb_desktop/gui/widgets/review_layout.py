"""Where lines stand: lines folded to the columns there is room for; arithmetic only, whatever a column is."""

from __future__ import annotations

from dataclasses import dataclass

from cubb_desktop.domain.reading import Row, Sheet

INDENT = 2  # columns that a folded line's continuation stands in
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
    """The strips of a sheet at a width in columns. Where every row fits, strip and row are the same number."""

    def __init__(self, sheet: Sheet, columns: int, indent: int = INDENT) -> None:
        self._sheet, self._indent = sheet, indent
        self.columns = max(_LEAST_COLUMNS, columns)
        self._strips: list[Strip] | None = None
        self._first_of: list[int] = []
        if sheet.columns > self.columns:
            self._strips = []
            for number, row in enumerate(sheet.rows):
                self._first_of.append(len(self._strips))
                self._strips += self._folded(number, row)

    def _folded(self, number: int, row: Row) -> list[Strip]:
        strips: list[Strip] = []
        first, shift = 0, 0
        for n, piece in enumerate(row.pieces):
            if n > first and piece.end - shift > self.columns and not _belongs_before(row, n):
                strips.append(Strip(number, first, n, shift))
                first, shift = n, piece.column - self._indent
        return [*strips, Strip(number, first, len(row.pieces), shift)]

    def __len__(self) -> int:
        return len(self._sheet.rows) if self._strips is None else len(self._strips)

    def strip(self, number: int) -> Strip:
        """Return one strip."""
        if self._strips is None:
            return Strip(number, 0, len(self._sheet.rows[number].pieces), 0)
        return self._strips[number]

    def strip_of(self, row: int, piece: int = 0) -> int:
        """Return the number of the strip that shows a piece of a row."""
        return next((n for n in self.strips_of(row) if piece < self.strip(n).last), self.strips_of(row)[-1])

    def strips_of(self, row: int) -> range:
        """Return the numbers of all strips of a row."""
        if self._strips is None:
            return range(row, row + 1)
        end = self._first_of[row + 1] if row + 1 < len(self._first_of) else len(self._strips)
        return range(self._first_of[row], end)


def _belongs_before(row: Row, piece: int) -> bool:
    """Whether a piece is a closing bracket, which stays with its word."""
    return row.pieces[piece].word is None and row.pieces[piece].text == "]"
