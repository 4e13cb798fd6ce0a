"""Numbered lines that scroll: where each stands, what is painted, which one sounds; without selection and keys."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPoint, QRect, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import QAbstractScrollArea, QFrame, QWidget

from cubb_desktop.domain.ids import WordId
from cubb_desktop.domain.reading import RowKind, Sheet
from cubb_desktop.gui.theme import Theme
from cubb_desktop.gui.widgets.review_layout import Fold
from cubb_desktop.gui.widgets.review_lines import Bar, LinePainter, Looks, lanes


@dataclass(frozen=True, slots=True)
class Passage:
    """A stretch of a conversation that a person has chosen: its words, and the names of its first and last line."""

    start_ms: int
    end_ms: int
    first_line: str
    last_line: str
    words: tuple[WordId, ...] = ()


class LineArea(QAbstractScrollArea):
    """Paints the strips that are on screen and keeps the line that sounds in view."""

    painter_of: type[LinePainter] = LinePainter
    painted = Signal()  # lines are on the screen for the first time since they were given
    positioned = Signal(int, bool)  # the sound is at a time; whether the line that is marked is kept to
    followed = Signal()  # it goes along with the sound again
    silenced = Signal()  # nothing sounds any more
    bars_shown = Signal()  # other marks are in the margin

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._lines = self.painter_of(theme)
        self._looks = Looks()
        self.sheet = Sheet(())
        self._fold = Fold(self.sheet, 0)
        self._following = True
        self._painted = True
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.verticalScrollBar().actionTriggered.connect(self._on_scrolled_by_hand)
        theme.changed.connect(self._on_theme_changed)

    @property
    def bars(self) -> Sequence[Bar]:
        """The marks in the margin."""
        return self._looks.bars

    def set_bars(self, bars: Sequence[Bar]) -> None:
        """Show marks in the margin."""
        self._looks.bars = lanes(bars)
        self.bars_shown.emit()
        self.viewport().update()

    # --- where it is -------------------------------------------------------------------------------------------------

    def top_place(self) -> tuple[int, int] | None:
        """Return the time of the topmost line and how far it is scrolled past."""
        if not len(self._fold):
            return None
        value, line = self.verticalScrollBar().value(), self._lines.line
        number = min(len(self._fold) - 1, max(0, value - self._padding()) // line)
        time_ms, first = self._named(number)
        return time_ms, value - self._strip_top(first)

    def _named(self, strip: int) -> tuple[int, int]:
        """Return the time that leads back to a strip, here that of its line, and the strip that it leads to."""
        row = self._fold.strip(strip).row
        return self.sheet.rows[row].start_ms, self._fold.strips_of(row)[0]

    def show_top(self, top: tuple[int, int]) -> None:
        """Put that line at the top that `top_place` told of, perhaps in another view or text size."""
        self._refold(top)
        self._look_whether_followed()

    def _refold(self, top: tuple[int, int] | None) -> None:
        self._fold = Fold(self.sheet, self._lines.columns(self.viewport().width()), self._lines.indent)
        height = len(self._fold) * self._lines.line + 2 * self._padding()
        bar = self.verticalScrollBar()
        bar.setRange(0, max(0, height - self.viewport().height()))
        bar.setPageStep(self.viewport().height())
        bar.setSingleStep(self._lines.line)
        if top is not None and self.sheet.rows:
            stop = self.sheet.nearest_stop(top[0])
            row, piece = (0, 0) if stop is None else self.sheet.stops[stop][:2]
            bar.setValue(self._strip_top(self._fold.strip_of(row, piece)) + top[1])
        self.viewport().update()

    def _padding(self) -> int:
        return self._lines.padding

    def _strip_top(self, strip: int) -> int:
        return self._padding() + strip * self._lines.line

    def _strip_at(self, y: int) -> int | None:
        strip = (y + self.verticalScrollBar().value() - self._padding()) // self._lines.line
        return strip if 0 <= strip < len(self._fold) else None

    def stop_at_point(self, point: QPoint, *, exact: bool = False) -> int | None:
        """Return the stop under a point of the viewport; the nearest in its line unless `exact`."""
        strip_number = self._strip_at(point.y())
        if strip_number is None:
            return None
        strip = self._fold.strip(strip_number)
        row = self.sheet.rows[strip.row]
        column = (point.x() - self._lines.text_left) / self._lines.advance + strip.shift
        stops = [n for n in self.sheet.stops_in(strip.row) if strip.first <= self.sheet.stops[n].piece < strip.last]
        if row.kind is RowKind.UNHEARD:
            return stops[0] if stops and (not exact or point.x() >= self._lines.text_left) else None

        def distance(n: int) -> float:
            piece = row.pieces[self.sheet.stops[n].piece]
            return max(piece.column - column, column - piece.end, 0.0)

        nearest = min(stops, key=distance, default=None)
        return None if nearest is None or (exact and distance(nearest) > self._lines.slack) else nearest

    def sign_at_point(self, point: QPoint) -> str:
        """Return the sign of the notation under a point of the viewport, "" where there is none."""
        number = self._strip_at(point.y())
        if number is None:
            return ""
        strip = self._fold.strip(number)
        column = (point.x() - self._lines.text_left) / self._lines.advance + strip.shift
        pieces = self.sheet.rows[strip.row].pieces[strip.first : strip.last]
        return next((p.text for p in pieces if p.word is None and p.column <= column < p.end), "")

    def stop_rect(self, stop: int) -> QRect:
        """Return where a stop is painted, in the viewport."""
        place = self.sheet.stops[stop]
        number = self._fold.strip_of(place.row, place.piece)
        piece = self.sheet.rows[place.row].pieces[place.piece]
        x = self._lines.column_x(piece.column - self._fold.strip(number).shift)
        top = self._strip_top(number) - self.verticalScrollBar().value()
        return QRect(round(x), top, round((piece.end - piece.column) * self._lines.advance), self._lines.line)

    def scroll_to_row(self, row: int, *, centre: bool = False) -> None:
        """Bring a row into view, with air around it."""
        strips = self._fold.strips_of(row)
        top, bottom = self._strip_top(strips[0]), self._strip_top(strips[-1] + 1)
        bar, height = self.verticalScrollBar(), self.viewport().height()
        air = min(3 * self._lines.line, height // 4)
        if centre or not bar.value() <= top <= bottom <= bar.value() + height:
            bar.setValue(top - height // 3)
        elif bottom + air > bar.value() + height:
            bar.setValue(bottom + air - height)
        elif top - air < bar.value():
            bar.setValue(top - air)

    def row_visible(self, row: int) -> bool:
        """Whether a row is wholly on screen."""
        if not 0 <= row < len(self.sheet.rows):
            return False
        strips = self._fold.strips_of(row)
        top = self._strip_top(strips[0]) - self.verticalScrollBar().value()
        return top >= 0 and top + len(strips) * self._lines.line <= self.viewport().height()

    # --- what sounds -------------------------------------------------------------------------------------------------

    def set_position(self, position_ms: int, *, stay: bool = False) -> None:
        """Mark what sounds at a time; the view goes along unless the person has scrolled away.

        `stay` keeps to the line that is marked: lines meet and overlap where one that is heard again ends.
        """
        self.positioned.emit(position_ms, stay)
        stop = self.sheet.stop_at(position_ms)
        if stay and stop is not None and self.sheet.stops[stop].row != self._looks.current_row:
            stop = None
        heard = None if stop is None else (self.sheet.stops[stop].row, self.sheet.stops[stop].piece)
        if heard == self._looks.heard:
            return
        old, self._looks.heard = self._looks.heard, heard
        for place in (old, heard):
            if place is not None:
                self._update_row(place[0])
        if heard is not None and heard[0] != self._looks.current_row:
            self._set_current_row(heard[0])
            if self._following:
                self.scroll_to_row(heard[0])

    def stop_marking(self) -> None:
        """Nothing sounds any more; the line stays marked."""
        if self._looks.heard is not None:
            self._update_row(self._looks.heard[0])
            self._looks.heard = None
        self.silenced.emit()

    def follow(self) -> None:
        """Go along with the sound again."""
        self._following = True
        self.followed.emit()

    def go_to(self, position_ms: int) -> None:
        """Show and mark the line of a time."""
        stop = self.sheet.nearest_stop(position_ms)
        if stop is not None:
            self._set_current_row(self.sheet.stops[stop].row)
            self.scroll_to_row(self.sheet.stops[stop].row, centre=True)

    def current_line(self) -> Passage | None:
        """The line that is marked."""
        row = self._looks.current_row
        return self.line_passage(row) if 0 <= row < len(self.sheet.rows) else None

    def line_passage(self, row: int) -> Passage:
        """Return a whole line as a passage."""
        line = self.sheet.rows[row]
        words = tuple(piece.word.id for piece in line.pieces if piece.word is not None)
        return Passage(line.start_ms, line.end_ms, line.name, line.name, words)

    @Slot(int)
    def _on_scrolled_by_hand(self, _action: int = 0) -> None:
        QTimer.singleShot(0, self, self._look_whether_followed)

    def _look_whether_followed(self) -> None:
        self._following = self._looks.current_row < 0 or self.row_visible(self._looks.current_row)

    def _set_current_row(self, row: int) -> None:
        old, self._looks.current_row = self._looks.current_row, row
        for changed in {old, row}:
            self._update_row(changed)

    def _update_row(self, row: int) -> None:
        if 0 <= row < len(self.sheet.rows):
            strips = self._fold.strips_of(row)
            top = self._strip_top(strips[0]) - self.verticalScrollBar().value()
            self.viewport().update(0, top - 1, self.viewport().width(), len(strips) * self._lines.line + 2)

    def wheelEvent(self, event: QWheelEvent) -> None:
        super().wheelEvent(event)
        self._look_whether_followed()

    # --- painting ----------------------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self.viewport())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(event.rect(), self._theme.color("paper"))
        scrolled, width = self.verticalScrollBar().value(), self.viewport().width()
        line = self._lines.line
        first = max(0, (event.rect().top() + scrolled - self._padding()) // line)
        last = min(len(self._fold), (event.rect().bottom() + scrolled - self._padding()) // line + 1)
        if 0 <= self._looks.current_row < len(self.sheet.rows):
            strips = self._fold.strips_of(self._looks.current_row)
            self._lines.paint_current(painter, self._strip_top(strips[0]) - scrolled, len(strips) * line, width)
        for number in range(first, last):
            top = self._strip_top(number) - scrolled
            self._lines.paint(painter, self.sheet, self._fold.strip(number), top, self._looks)
        self._lines.paint_bars(painter, self._bars_on_screen(), width)
        painter.end()
        if not self._painted and last > first:
            self._painted = True
            self.painted.emit()

    def _bars_on_screen(self) -> list[tuple[Bar, float, float]]:
        """Return each mark that is to be seen, with its top and its height."""
        scrolled, last = self.verticalScrollBar().value(), len(self._fold) - 1
        if last < 0:
            return []
        shown = (scrolled - self._padding(), scrolled - self._padding() + self.viewport().height())
        first_row, last_row = (self._fold.strip(min(max(0, y // self._lines.line), last)).row for y in shown)
        found = []
        for bar in self._looks.bars:
            if bar.first <= last_row and first_row <= bar.last < len(self.sheet.rows):
                top = self._strip_top(self._fold.strip_of(bar.first)) - scrolled
                bottom = self._strip_top(self._fold.strips_of(bar.last)[-1] + 1) - scrolled
                found.append((bar, float(top), float(bottom - top)))
        return found

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._refold(self.top_place())
        if self._following and self._looks.current_row >= 0:
            self.scroll_to_row(self._looks.current_row)

    @Slot()
    def _on_theme_changed(self) -> None:
        top = self.top_place()
        self._lines.renew()
        self._refold(top)
