"""The transcript as a table: line, time, speaker, text, and who vouches for it; only what is on screen is asked for."""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum
from typing import Any

from PySide6.QtCore import (
    QAbstractTableModel,
    QItemSelection,
    QItemSelectionModel,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    Qt,
    Signal,
)
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QFont,
    QKeyEvent,
    QMouseEvent,
    QPaintEvent,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QAbstractButton, QAbstractItemView, QHeaderView, QTableView

from cubb_desktop.domain.ids import SpeakerId, TurnId
from cubb_desktop.domain.reading import Row, RowKind, Sheet, words_of
from cubb_desktop.domain.transcript import Transcript, Turn
from cubb_desktop.gui.theme import Theme
from cubb_desktop.gui.widgets.review_lines import speaker_tokens
from cubb_desktop.gui.widgets.text import plain_tooltip
from cubb_desktop.i18n import N_, _, format_clock_ms, format_seconds
from cubb_desktop.services.lines import status_text

Index = QModelIndex | QPersistentModelIndex
_ROW = 30  # at 100 %


class Column(IntEnum):
    """The columns, from left to right."""

    LINE = 0
    TIME = 1
    SPEAKER = 2
    TEXT = 3
    STATUS = 4


_HEADINGS = {
    Column.LINE: N_("Linje"),
    Column.TIME: N_("Tid"),
    Column.SPEAKER: N_("Taler"),
    Column.TEXT: N_("Tekst"),
    Column.STATUS: N_("Status"),
}
_WIDTHS = {Column.LINE: 72, Column.TIME: 84, Column.SPEAKER: 132, Column.STATUS: 214}
_LEAST_TEXT = 260


class LinesModel(QAbstractTableModel):
    """The lines of a sheet as Qt asks for them."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.sheet = Sheet(())
        self._turns: Mapping[TurnId, Turn] = {}
        self._names: Mapping[SpeakerId, str] = {}
        self._tokens: Mapping[SpeakerId, str] = {}
        self.heard = -1

    def show_talk(self, sheet: Sheet, transcript: Transcript) -> None:
        """Show other lines."""
        self.beginResetModel()
        self.sheet, self.heard = sheet, -1
        self._turns = {turn.id: turn for turn in transcript.turns}
        self._names = {speaker.id: speaker.label for speaker in transcript.speakers}
        self._tokens = speaker_tokens(transcript.speakers)
        self.endResetModel()

    def clear(self) -> None:
        """Show nothing."""
        self.beginResetModel()
        self.sheet, self._turns, self._names, self.heard = Sheet(()), {}, {}, -1
        self.endResetModel()

    def set_heard(self, row: int) -> None:
        """Say which line sounds, -1 for none."""
        old, self.heard = self.heard, row
        for changed in {old, row}:
            if changed >= 0:
                self.dataChanged.emit(self.index(changed, 0), self.index(changed, len(Column) - 1))

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own way to say "no parent"
        return 0 if parent.isValid() else len(self.sheet.rows)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - as above
        return 0 if parent.isValid() else len(Column)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation is Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return _(_HEADINGS[Column(section)])
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        row, column = self.sheet.rows[index.row()], Column(index.column())
        if role == Qt.ItemDataRole.DisplayRole:
            return self.text(row, column)
        if role == Qt.ItemDataRole.ToolTipRole and column in {Column.TEXT, Column.STATUS, Column.SPEAKER}:
            parts = [self.text(row, column), self.text(row, Column.STATUS) if column is Column.TEXT else ""]
            return plain_tooltip("\n".join(part for part in parts if part))
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{_(_HEADINGS[column])}: {self.text(row, column)}"
        if role == Qt.ItemDataRole.ForegroundRole:
            return self._ink(row, column)
        if role == Qt.ItemDataRole.BackgroundRole and index.row() == self.heard:
            return self._theme.color("heard")
        if role == Qt.ItemDataRole.FontRole and column is Column.SPEAKER:
            return self._theme.font(14, strong=True)
        return None

    def text(self, row: Row, column: Column) -> str:
        """Return what a cell says."""
        if column is Column.LINE:
            return row.numeral
        if column is Column.TIME:
            return format_clock_ms(row.start_ms)
        if column is Column.SPEAKER:
            return self._names.get(row.speaker, "") if row.speaker is not None else ""
        if column is Column.STATUS:
            turn = self._turns.get(row.turn_id) if row.turn_id is not None else None
            return status_text(turn) if turn is not None else ""
        if row.kind is RowKind.UNHEARD:
            return _("(?)  tale, som ikke blev forstået · {length} s").format(length=format_seconds(row.length_ms))
        return words_of(row)

    def _ink(self, row: Row, column: Column) -> QColor:
        if column is Column.SPEAKER and row.speaker is not None:
            return self._theme.color(self._tokens.get(row.speaker, "soft"))
        plain = column is Column.TEXT and row.kind is RowKind.TURN
        return self._theme.color("ink" if plain else "soft")


class LinesTable(QTableView):
    """Shows the lines in a table; says which were chosen, what is to be heard, and where a menu was asked for."""

    painted = Signal()
    chosen = Signal(int, int)  # the first and the last row; the same where only one is marked
    hear_requested = Signal(int)  # a row
    menu_requested = Signal(QPoint)  # on the screen

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.lines = LinesModel(theme)
        self._following = True
        self._painted = True
        self._taking = False
        self.setModel(self.lines)
        self.setAccessibleName(_("Udskrift som tabel"))
        self.setProperty("role", "lines")
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ContiguousSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.setCornerButtonEnabled(False)
        for corner in self.findChildren(QAbstractButton):  # nobody sees it
            corner.setAccessibleName(_("Alle linjer"))
        self.verticalHeader().hide()
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        heading = self.horizontalHeader()
        heading.setHighlightSections(False)
        heading.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        heading.setSectionsClickable(False)
        heading.setSectionResizeMode(Column.TEXT, QHeaderView.ResizeMode.Stretch)
        self.selectionModel().selectionChanged.connect(self._on_selection)
        self.verticalScrollBar().actionTriggered.connect(lambda _action: self._stop_following())
        theme.changed.connect(self._renew)
        self._renew()

    def _renew(self) -> None:
        theme = self._theme
        self.setFont(self._text_font())
        self.verticalHeader().setDefaultSectionSize(theme.px(_ROW))
        for column, width in _WIDTHS.items():
            self.horizontalHeader().resizeSection(column, theme.px(width))
        self.horizontalHeader().setMinimumSectionSize(theme.px(56))
        self.viewport().update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Give the text its room: where it is narrow, who vouches for a line is told in its tooltip."""
        needed = sum(map(self._theme.px, (*_WIDTHS.values(), _LEAST_TEXT)))
        self.setColumnHidden(Column.STATUS, self.viewport().width() < needed)
        super().resizeEvent(event)

    def _text_font(self) -> QFont:
        return self._theme.font(14)

    def show_talk(self, sheet: Sheet, transcript: Transcript) -> None:
        """Show the lines, unless they are on the screen already."""
        if self.lines.sheet is not sheet:
            self._taking = True
            self.lines.show_talk(sheet, transcript)
            self._taking = False
            self._painted = False

    def clear(self) -> None:
        """Show nothing: another conversation comes."""
        self._taking = True
        self.lines.clear()
        self._taking = False

    # --- what is chosen, and where it is -----------------------------------------------------------------------------

    def take(self, first: int, last: int, current: int) -> None:
        """Choose rows (none where `first` is -1) and mark one of them."""
        if not 0 <= current < self.lines.rowCount():
            return
        self._taking = True
        self.setAutoScroll(False)  # whether it goes along is decided by who asks
        selection = self.selectionModel()
        flags = QItemSelectionModel.SelectionFlag
        selection.setCurrentIndex(self.lines.index(current, Column.TEXT), flags.ClearAndSelect | flags.Rows)
        if 0 <= first < last:
            top, bottom = self.lines.index(first, 0), self.lines.index(last, len(Column) - 1)
            selection.select(QItemSelection(top, bottom), flags.ClearAndSelect | flags.Rows)
        self.setAutoScroll(True)
        self._taking = False

    def top_row(self) -> int:
        """Return the topmost row on the screen, -1 where there is none."""
        return self.rowAt(1)

    def show_top(self, row: int) -> None:
        """Put a row at the top."""
        self.scrollTo(self.lines.index(row, 0), QAbstractItemView.ScrollHint.PositionAtTop)

    def show_row(self, row: int) -> None:
        """Bring a row into view, with air around it where it was not."""
        index = self.lines.index(row, Column.TEXT)
        rect = self.visualRect(index)
        if rect.top() < 0 or rect.bottom() > self.viewport().height():
            self.scrollTo(index, QAbstractItemView.ScrollHint.PositionAtCenter)

    def set_heard(self, row: int) -> None:
        """Mark the row that sounds, and go along with it unless the person has scrolled away."""
        if row == self.lines.heard:
            return
        self.lines.set_heard(row)
        if row >= 0 and self._following:
            self.show_row(row)

    @property
    def following(self) -> bool:
        """Whether it goes along with the sound."""
        return self._following

    def follow(self) -> None:
        """Go along with the sound again."""
        self._following = True

    def _stop_following(self) -> None:
        self._following = False

    def wheelEvent(self, event: QWheelEvent) -> None:
        super().wheelEvent(event)
        self._stop_following()

    def _on_selection(self) -> None:
        rows = sorted({index.row() for index in self.selectionModel().selectedRows()})
        if rows and not self._taking:
            self.chosen.emit(rows[0], rows[-1])

    # --- hands -------------------------------------------------------------------------------------------------------

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Play with Enter; leave letters to the page, which marks and corrects with them."""
        if event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter}:
            self._hear(self.currentIndex())
        elif event.text().strip() and not event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            event.ignore()
        else:
            super().keyPressEvent(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self._hear(self.indexAt(event.position().toPoint()))

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        self.menu_requested.emit(event.globalPos())

    def _hear(self, index: QModelIndex) -> None:
        if index.isValid():
            self._following = True
            self.hear_requested.emit(index.row())

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not self._painted and self.lines.rowCount():
            self._painted = True
            self.painted.emit()
