"""The transcript as numbered lines: as long as it may be, read with mouse, keyboard and ear."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, Qt, QTimer, Signal, Slot
from PySide6.QtGui import (
    QAccessible,
    QAccessibleAnnouncementEvent,
    QContextMenuEvent,
    QDragEnterEvent,
    QDragMoveEvent,
    QDropEvent,
    QFocusEvent,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
)
from PySide6.QtWidgets import QApplication, QToolTip, QWidget

from cubb_desktop.domain.ids import TurnId, WordId
from cubb_desktop.domain.notation import render
from cubb_desktop.domain.reading import Row, RowKind, Sheet, short_labels
from cubb_desktop.domain.transcript import Origin, Speaker
from cubb_desktop.gui.clipboard import put_text
from cubb_desktop.gui.theme import Theme
from cubb_desktop.gui.widgets.review_lines import Bar, Looks, Span, speaker_tokens
from cubb_desktop.gui.widgets.review_scroll import LineArea, Passage
from cubb_desktop.gui.widgets.text import plain_tooltip
from cubb_desktop.i18n import _, format_date, format_seconds, format_time
from cubb_desktop.services.lines import latch_note

CONCEPT = "application/x-cubb-concept"  # what is dragged: a concept's id
TO_THE_END = -1
_AUTO_SCROLL_MS = 40
_Q = Qt.Key


def vouched_text(row: Row) -> str:
    """Return who has put a line right or listened it through, and when: "rettet af Mette, 3. november 2026 14.02"."""
    listened = row.origin is Origin.LISTENED
    if row.at is None or not row.by:
        return _("aflyttet") if listened else _("rettet")
    text = _("aflyttet af {who}, {day} {time}") if listened else _("rettet af {who}, {day} {time}")
    return text.format(who=row.by, day=format_date(row.at), time=format_time(row.at))


class TranscriptView(LineArea):
    """Shows a sheet; says what is to be heard, which passage is chosen and which mark was pointed at."""

    hear_requested = Signal(int, int)  # from, to (TO_THE_END to go on)
    selection_changed = Signal()
    mark_chosen = Signal(str)  # AnnotationId
    concept_dropped = Signal(str, object)  # ConceptId, the Passage it was dropped on
    menu_requested = Signal(QPoint)  # in the view's coordinates
    sheet_shown = Signal()  # other lines are here
    moved = Signal()  # the lines stand elsewhere on the screen
    cleared = Signal()  # another conversation comes, or none
    place_changed = Signal()  # another line is marked, or something else is chosen

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self._speakers: tuple[Speaker, ...] = ()
        self._cursor: int | None = None  # a stop
        self._anchor: int | None = None  # the stop where the selection began
        self._pressed: QPoint | None = None
        self._keys_used = False
        self._auto_scroll = QTimer(self, interval=_AUTO_SCROLL_MS)
        self._auto_scroll.timeout.connect(self._on_auto_scroll)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.viewport().setAcceptDrops(True)
        self.viewport().setMouseTracking(True)
        self.viewport().setCursor(Qt.CursorShape.ArrowCursor)
        self.setAccessibleName(_("Udskrift"))
        self._move_keys = self._keys()
        self.verticalScrollBar().valueChanged.connect(self.moved)

    # --- what it shows -----------------------------------------------------------------------------------------------

    def show_sheet(self, sheet: Sheet, speakers: Sequence[Speaker]) -> None:
        """Show lines; a newer reading of the same conversation keeps place, cursor and selection."""
        top = self.top_place()
        old, chosen = self.sheet, self._chosen()
        self.sheet, self._speakers = sheet, tuple(speakers)
        self._looks.labels, self._looks.tokens = short_labels(speakers), speaker_tokens(speakers)
        self._looks.heard = None
        self._looks.current_row = self._moved_row(old, self._looks.current_row)
        self._cursor, self._anchor = self._moved(old, self._cursor), self._moved(old, self._anchor)
        self._refold(top)
        self._painted = False
        if len(chosen) != len(self._chosen()):
            self.selection_changed.emit()
        self._show_chosen()
        self.sheet_shown.emit()

    def show_row(self, row: Row) -> None:
        """Show one line otherwise, at once; all lines follow set anew (`show_sheet`)."""
        top = self.top_place()
        self._select(None, None)
        self.sheet = self.sheet.with_row(row)
        self._looks.heard = None
        self._show_chosen()
        self._refold(top)
        self.place_changed.emit()

    def clear(self) -> None:
        """Show nothing, and forget place and selection: another conversation comes."""
        self._cursor = self._anchor = None
        self.sheet, self._looks = Sheet(()), Looks(unsure_below=self._looks.unsure_below)
        self._following = True
        self._refold(None)
        self.verticalScrollBar().setValue(0)
        self.cleared.emit()

    def labels(self) -> list[tuple[str, str]]:
        """Return label and colour of each speaker."""
        return [(self._looks.labels[s.id], self._looks.tokens[s.id]) for s in self._speakers]

    def take_place(self, other: TranscriptView) -> None:
        """Mark, choose and point at what another view of the same talk does."""
        chosen = self._chosen()
        self._keys_used = other._keys_used
        self._cursor, self._anchor = self._moved(other.sheet, other._cursor), self._moved(other.sheet, other._anchor)
        row = self._moved_row(other.sheet, other._looks.current_row)
        if row != self._looks.current_row:
            super()._set_current_row(row)
            if row >= 0 and not self.row_visible(row):
                self.scroll_to_row(row)
        self._show_chosen()
        if chosen != self._chosen():
            self.selection_changed.emit()

    def _set_current_row(self, row: int) -> None:
        super()._set_current_row(row)
        self.place_changed.emit()

    def _moved(self, old: Sheet, stop: int | None) -> int | None:
        """Return where a stop of the old lines is in the new ones."""
        if stop is None or stop >= len(old.stops):
            return None
        was = old.stops[stop]
        found = self.sheet.stop_of(was.word.id) if was.word is not None else None
        return found if found is not None else self.sheet.nearest_stop(was.start_ms)

    def _moved_row(self, old: Sheet, row: int) -> int:
        if not 0 <= row < len(old.rows):
            return -1
        stop = self._moved(old, next(iter(old.stops_in(row)), None))
        return -1 if stop is None else self.sheet.stops[stop].row

    def go_to(self, position_ms: int) -> None:
        """Show and mark the line of a time; the keyboard goes on from there."""
        super().go_to(position_ms)
        self._cursor = self.sheet.nearest_stop(position_ms)

    # --- the selection -----------------------------------------------------------------------------------------------

    def _chosen(self) -> range:
        if self._anchor is None or self._cursor is None:
            return range(0)
        return range(min(self._anchor, self._cursor), max(self._anchor, self._cursor) + 1)

    def selection(self) -> Passage | None:
        """The chosen passage, None if nothing is chosen."""
        stops = [self.sheet.stops[n] for n in self._chosen()]
        if not stops:
            return None
        rows = self.sheet.rows
        start_ms, end_ms = min(s.start_ms for s in stops), max(s.end_ms for s in stops)
        words = tuple(stop.word.id for stop in stops if stop.word is not None)
        return Passage(start_ms, end_ms, rows[stops[0].row].name, rows[stops[-1].row].name, words)

    def passage_at_hand(self) -> Passage | None:
        """The chosen passage, else the line that is marked."""
        return self.selection() or self.current_line()

    def select_passage(self, start_ms: int, end_ms: int) -> None:
        """Choose the words of a passage and show them."""
        self.select_stops(self.sheet.stops_between(start_ms, end_ms))

    def select_stops(self, stops: range) -> None:
        """Choose these stops and show them; none changes nothing."""
        if stops:
            self._select(stops[0], stops[-1])
            self._set_current_row(self.sheet.stops[stops[0]].row)
            self.scroll_to_row(self.sheet.stops[stops[0]].row)

    def chosen_rows(self) -> range:
        """The rows that hold what is chosen."""
        chosen = self._chosen()
        stops = self.sheet.stops
        return range(stops[chosen[0]].row, stops[chosen[-1]].row + 1) if chosen else range(0)

    def choose_rows(self, first: int, last: int) -> None:
        """Mark a row, or choose everything in more than one."""
        if not 0 <= first <= last < len(self.sheet.rows):
            return
        here = self.sheet.stops_in(first)[0]
        if first == last:
            self._select(None, here)
        else:
            self._select(here, self.sheet.stops_in(last)[-1])
        self._set_current_row(first)

    def clear_selection(self) -> None:
        """Choose nothing; the cursor stays."""
        self._select(None, self._cursor)

    def selected_text(self) -> str:
        """The chosen words; with numbers and labels where more than one line is chosen."""
        chosen = self._chosen()
        if not chosen:
            return ""
        rows = self.sheet.rows[self.sheet.stops[chosen[0]].row : self.sheet.stops[chosen[-1]].row + 1]
        if len(rows) > 1:
            return render(rows, self._looks.labels)
        return " ".join(rows[0].pieces[self.sheet.stops[n].piece].text for n in chosen)

    def selected_words(self) -> str:
        """The chosen words alone, in reading order."""
        words = (self.sheet.stops[n].word for n in self._chosen())
        return " ".join(word.text for word in words if word is not None)

    def copy(self) -> None:
        """Put the chosen words on the clipboard as plain text."""
        if text := self.selected_text():
            put_text(text)

    def _select(self, anchor: int | None, cursor: int | None) -> None:
        before = self._chosen()
        self._anchor, self._cursor = anchor, cursor
        self._show_chosen()
        if before != self._chosen():
            self.selection_changed.emit()
        self.place_changed.emit()

    def _show_chosen(self) -> None:
        self._looks.chosen = self._chosen()
        shown = self._cursor is not None and self._keys_used and self.hasFocus()
        stop = self.sheet.stops[self._cursor] if shown and self._cursor is not None else None
        self._looks.cursor = None if stop is None else (stop.row, stop.piece)
        self.viewport().update()

    # --- for who searches and who walks through ----------------------------------------------------------------------

    def show_found(self, found: Mapping[WordId, Sequence[Span]]) -> None:
        """Mark letters of words softly, in the place of those that were marked."""
        self._looks.found = found
        self.viewport().update()

    def set_unsure_below(self, confidence: float) -> None:
        """Show words below a confidence (0..1) as guesses."""
        self._looks.unsure_below = confidence
        self.viewport().update()

    def go_to_words(self, words: Sequence[WordId], start_ms: int, *, choose: bool = False) -> None:
        """Show words, or where they are gone what stands at a time; the keyboard goes on from the first of them.

        With `choose` they are chosen too.
        """
        stops = [stop for stop in map(self.sheet.stop_of, words) if stop is not None]
        first = stops[0] if stops else self.sheet.nearest_stop(start_ms)
        if first is None:
            return
        self._select((stops[-1] if stops else first) if choose else None, first)
        row = self.sheet.stops[first].row
        self._set_current_row(row)
        self.scroll_to_row(row)
        self._tell(row)

    # --- for who edits -----------------------------------------------------------------------------------------------

    def current_row(self) -> Row | None:
        """The line that is marked, None where there is none."""
        row = self._looks.current_row
        return self.sheet.rows[row] if 0 <= row < len(self.sheet.rows) else None

    def row_at(self, y: int) -> Row | None:
        """Return the line that stands at a height of the viewport."""
        strip = self._strip_at(y)
        return None if strip is None else self.sheet.rows[self._fold.strip(strip).row]

    def row_rect(self, row: Row) -> QRect:
        """Return where a line's words stand in the viewport."""
        strips = self._fold.strips_of(row.place)
        top = self._strip_top(strips[0]) - self.verticalScrollBar().value()
        width = self.viewport().width() - self._lines.text_left - self._lines.margin
        return QRect(self._lines.text_left, top, width, len(strips) * self._lines.line)

    def row_of(self, words: Sequence[WordId], start_ms: int) -> Row | None:
        """Return the line in which the first of some words stands; where none is left, the one of a time."""
        stops = (self.sheet.stop_of(word_id) for word_id in words)
        stop = next((stop for stop in stops if stop is not None), self.sheet.nearest_stop(start_ms))
        return None if stop is None else self.sheet.rows[self.sheet.stops[stop].row]

    def start_beside(self, step: int) -> int | None:
        """Return when the next line (1) or the one before (-1) begins, silences left out; None at the ends."""
        row = self._looks.current_row + step
        while 0 <= row < len(self.sheet.rows):
            if self.sheet.rows[row].kind is not RowKind.SILENCE:
                return self.sheet.rows[row].start_ms
            row += step
        return None

    def go_to_line(self, start_ms: int) -> None:
        """Mark the line that begins at a time, and show it."""
        stop = self.sheet.nearest_stop(start_ms)
        if stop is not None:
            self._move_cursor(stop, extend=False)

    def cursor_word(self) -> WordId | None:
        """The word that the keyboard or the mouse was at last."""
        word = self.sheet.stops[self._cursor].word if self._cursor is not None else None
        return None if word is None else word.id

    def chosen_words(self) -> list[WordId]:
        """The chosen words, else those of the line that is marked."""
        chosen = self._chosen()
        row = self.current_row()
        stops = chosen or (self.sheet.stops_in(row.place) if row is not None else ())
        words = (self.sheet.stops[n].word for n in stops)
        return [word.id for word in words if word is not None]

    def chosen_turns(self) -> list[TurnId]:
        """The turns that the chosen words belong to, each once, in order."""
        rows = {
            self.sheet.stops[stop].row for word in self.chosen_words() if (stop := self.sheet.stop_of(word)) is not None
        }
        turns = (self.sheet.rows[row].turn_id for row in sorted(rows))
        return list(dict.fromkeys(turn for turn in turns if turn is not None))

    # --- mouse -------------------------------------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        point = event.position().toPoint()
        if event.button() is not Qt.MouseButton.LeftButton or self._press_on_bar(event.position()):
            return
        self._keys_used = False
        stop = self.stop_at_point(point)
        if stop is None:
            self.clear_selection()
        elif event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            self._select(self._anchor if self._anchor is not None else self._cursor or 0, stop)
        elif point.x() < self._lines.text_left:
            self._select_row(self.sheet.stops[stop].row)
        else:
            self._pressed = point
            self._select(None, stop)
            self._set_current_row(self.sheet.stops[stop].row)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        point = event.position().toPoint()
        if self._pressed is None:
            self._show_pointer(point)
            return
        if self._anchor is None and (point - self._pressed).manhattanLength() < QApplication.startDragDistance():
            return
        self._drag_to(point)
        outside = not 0 <= point.y() < self.viewport().height()
        self._auto_scroll.start() if outside else self._auto_scroll.stop()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._auto_scroll.stop()
        pressed, self._pressed = self._pressed, None
        if pressed is None or self._anchor is not None:
            return
        stop = self.stop_at_point(pressed, exact=True)
        if stop is not None:
            self._hear(stop)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        stop = self.stop_at_point(event.position().toPoint(), exact=True)
        if stop is not None:
            self._select(stop, stop)

    def _drag_to(self, point: QPoint) -> None:
        height = self.viewport().height()
        inside = QPoint(point.x(), min(max(point.y(), 0), height - 1))
        stop = self.stop_at_point(inside)
        start = self._anchor
        if start is None and self._pressed is not None:
            start = self.stop_at_point(self._pressed)
        if stop is not None and start is not None:
            self._select(start, stop)

    @Slot()
    def _on_auto_scroll(self) -> None:
        point = self.viewport().mapFromGlobal(self.cursor().pos())
        step = self._lines.line * (1 if point.y() > 0 else -1)
        self.verticalScrollBar().setValue(self.verticalScrollBar().value() + step)
        self._drag_to(point)

    def _select_row(self, row: int) -> None:
        stops = self.sheet.stops_in(row)
        self._select(stops[0], stops[-1])
        self._set_current_row(row)

    def _press_on_bar(self, point: QPointF) -> bool:
        bar = self._bar_at(point)
        if bar is not None:
            self.mark_chosen.emit(bar.annotation_id)
        return bar is not None

    def _bar_at(self, point: QPointF) -> Bar | None:
        for bar, top, height in self._bars_on_screen():
            rect = self._lines.bar_rect(self.viewport().width(), top, height, bar.lane)
            if rect.adjusted(-2, 0, 2, 0).contains(point):
                return bar
        return None

    def _show_pointer(self, point: QPoint) -> None:
        on_bar = self._bar_at(point.toPointF()) is not None
        shape = (
            Qt.CursorShape.PointingHandCursor
            if on_bar or self.stop_at_point(point, exact=True) is not None
            else (Qt.CursorShape.ArrowCursor)
        )
        self.viewport().setCursor(shape)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        if event.reason() is QContextMenuEvent.Reason.Mouse and not self._chosen():
            stop = self.stop_at_point(event.pos())
            if stop is not None:
                self._select(None, stop)
                self._set_current_row(self.sheet.stops[stop].row)
        self.menu_requested.emit(event.pos())

    # --- concepts that are dropped here ------------------------------------------------------------------------------

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if event.mimeData().hasFormat(CONCEPT):
            event.acceptProposedAction()

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        """Point out what the concept would be dropped on: the chosen words, or the line under the hand."""
        stop = self.stop_at_point(event.position().toPoint())
        if stop is None:
            event.ignore()
            return
        if stop not in self._chosen():
            self._set_current_row(self.sheet.stops[stop].row)
        event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        stop = self.stop_at_point(event.position().toPoint())
        if stop is None or not event.mimeData().hasFormat(CONCEPT):
            return
        chosen = self.selection() if stop in self._chosen() else None
        passage = chosen or self.line_passage(self.sheet.stops[stop].row)
        event.acceptProposedAction()
        self.concept_dropped.emit(bytes(event.mimeData().data(CONCEPT).data()).decode(), passage)

    # --- keyboard ----------------------------------------------------------------------------------------------------

    def _keys(self) -> dict[Qt.Key, Callable[[bool], int | None]]:
        return {
            _Q.Key_Left: lambda _c: self._beside(-1),
            _Q.Key_Right: lambda _c: self._beside(1),
            _Q.Key_Up: lambda _c: self._in_row(-1),
            _Q.Key_Down: lambda _c: self._in_row(1),
            _Q.Key_PageUp: lambda _c: self._in_row(-self._rows_on_screen()),
            _Q.Key_PageDown: lambda _c: self._in_row(self._rows_on_screen()),
            _Q.Key_Home: lambda control: 0 if control else self._end_of_row(0),
            _Q.Key_End: lambda control: len(self.sheet.stops) - 1 if control else self._end_of_row(-1),
        }

    def keyPressEvent(self, event: QKeyEvent) -> None:
        control = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        shift = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        move = self._move_keys.get(Qt.Key(event.key()))
        if not self.sheet.stops:
            event.ignore()
        elif move is not None:
            self._move_cursor(move(control), extend=shift)
        elif event.key() in {_Q.Key_Return, _Q.Key_Enter}:
            self._hear(self._here())
        elif control and event.key() == _Q.Key_C:
            self.copy()
        elif control and event.key() == _Q.Key_A:
            self._select(0, len(self.sheet.stops) - 1)
        else:
            event.ignore()

    def _here(self) -> int:
        """Return the stop that the keyboard starts from."""
        if self._cursor is not None:
            return self._cursor
        row = self._looks.current_row
        return self.sheet.stops_in(row)[0] if 0 <= row < len(self.sheet.rows) else 0

    def _beside(self, step: int) -> int:
        if self._cursor is None:
            return self._here()
        return min(max(self._here() + step, 0), len(self.sheet.stops) - 1)

    def _in_row(self, step: int) -> int | None:
        here = self.sheet.stops[self._here()]
        if self._cursor is None and abs(step) == 1:
            return self._here()
        row = min(max(here.row + step, 0), len(self.sheet.rows) - 1)
        column = self.sheet.rows[here.row].pieces[here.piece].column
        pieces = self.sheet.rows[row].pieces
        return min(self.sheet.stops_in(row), key=lambda n: abs(pieces[self.sheet.stops[n].piece].column - column))

    def _end_of_row(self, which: int) -> int:
        return self.sheet.stops_in(self.sheet.stops[self._here()].row)[which]

    def _rows_on_screen(self) -> int:
        return max(1, self.viewport().height() // self._lines.line - 2)

    def _move_cursor(self, stop: int | None, *, extend: bool) -> None:
        if stop is None:
            return
        self._keys_used = True
        anchor = (self._anchor if self._anchor is not None else self._here()) if extend else None
        self._select(anchor, stop)
        row = self.sheet.stops[stop].row
        self._set_current_row(row)
        self.scroll_to_row(row)
        self._tell(row)

    def _hear(self, stop: int) -> None:
        place = self.sheet.stops[stop]
        self._following = True
        unheard = self.sheet.rows[place.row].kind is RowKind.UNHEARD
        self.hear_requested.emit(place.start_ms, place.end_ms if unheard else TO_THE_END)

    # --- for screen readers ------------------------------------------------------------------------------------------

    def line_text(self, row: int) -> str:
        """Return a line as it is read aloud: number, speaker, words, the marks that begin there."""
        line = self.sheet.rows[row]
        if line.kind is RowKind.SILENCE:
            said = _("stilhed {length} s").format(length=format_seconds(line.length_ms))
        elif line.kind is RowKind.UNHEARD:
            said = _("tale, som ikke blev forstået, {length} s").format(length=format_seconds(line.length_ms))
        else:
            said = " ".join(piece.text for piece in line.pieces)
        names = {speaker.id: speaker.label for speaker in self._speakers}
        parts = [_("linje {number}").format(number=line.name)]
        if line.origin is not Origin.MACHINE:
            parts.append(vouched_text(line))
        if line.speaker is not None and line.speaker in names:
            parts.append(names[line.speaker])
        marks = "".join(f"; {bar.spoken}" for bar in self._looks.bars if bar.first == row and bar.spoken)
        return f"{', '.join(parts)}: {said}{marks}"

    def _tell(self, row: int) -> None:
        text = self.line_text(row)
        if text != self.accessibleDescription():
            self.setAccessibleDescription(text)
            if QAccessible.isActive():
                QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(self, text))

    def viewportEvent(self, event: QEvent) -> bool:
        if event.type() is QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            stop = self.stop_at_point(event.pos(), exact=True)
            word = self.sheet.stops[stop].word if stop is not None else None
            guess = word is not None and word.confidence < self._looks.unsure_below
            row = self.row_at(event.pos().y())
            bar = self._bar_at(event.pos().toPointF())
            parts = [_("Ordet er usikkert. Lyt efter.") if guess else "", bar.spoken if bar is not None else ""]
            parts.append(latch_note() if self.sign_at_point(event.pos()) == "=" else "")
            if row is not None and row.origin is not Origin.MACHINE:
                said = vouched_text(row)
                parts.append(said[:1].upper() + said[1:])
            text = plain_tooltip("\n".join(part for part in parts if part))
            QToolTip.showText(event.globalPos(), text, self.viewport())
            return True
        return super().viewportEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        self._keys_used = event.reason() in {Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason}
        if self._keys_used and self._cursor is None and self.sheet.stops:
            self._cursor = self._here()
        if self._cursor is not None:
            self._tell(self.sheet.stops[self._cursor].row)
        self._show_chosen()
        super().focusInEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self._show_chosen()
        super().focusOutEvent(event)
