"""The lines of a concordance: the hit in the middle, what was said around it, and where it was said."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QKeyEvent, QPainter, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem

from cubb_desktop.domain.concordance import KwicLine
from cubb_desktop.gui.theme import Theme
from cubb_desktop.gui.widgets.text import plain_tooltip
from cubb_desktop.i18n import _, format_clock_ms, format_short_date

Index = QModelIndex | QPersistentModelIndex
_ROW, _ROW_OF_TWO, _TITLE, _WHEN, _SPEAKER, _GAP, _SIDE = 34, 52, 180, 104, 92, 14, 12  # lengths at 100 %
_BEFORE_SHARE = 0.46
_LEAST_CONTEXT = 460  # where there is less room for the words, what says whose they are stands under them


def where_text(line: KwicLine) -> str:
    """Return where a hit is: "4:12 · 24. nov. · Title"."""
    return f"{format_clock_ms(line.turn_start_ms)} · {format_short_date(line.recorded_at)} · {line.title}"


class KwicModel(QAbstractListModel):
    """The lines that have been read."""

    def __init__(self) -> None:
        super().__init__()
        self._lines: list[KwicLine] = []

    @property
    def lines(self) -> Sequence[KwicLine]:
        """The lines in the order shown."""
        return self._lines

    def set_lines(self, lines: Sequence[KwicLine]) -> None:
        """Show other lines; where they begin with those that are shown, the rest is added."""
        known = len(self._lines)
        if known and list(lines[:known]) == self._lines:
            if len(lines) > known:
                self.beginInsertRows(QModelIndex(), known, len(lines) - 1)
                self._lines = list(lines)
                self.endInsertRows()
            return
        self.beginResetModel()
        self._lines = list(lines)
        self.endResetModel()

    def rowCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self._lines)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        line = self._lines[index.row()]
        if role == Qt.ItemDataRole.UserRole:
            return line
        words = " ".join(part for part in (line.before, line.hit, line.after) if part)
        if role == Qt.ItemDataRole.DisplayRole:
            return words
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return " · ".join(part for part in (where_text(line), line.speaker, words) if part)
        if role == Qt.ItemDataRole.ToolTipRole:
            return plain_tooltip(where_text(line))
        return None


class _LineDelegate(QStyledItemDelegate):
    """Paints a line; the hits stand under each other."""

    def __init__(self, theme: Theme, parent: KwicTable) -> None:
        super().__init__(parent)
        self._theme, self._list = theme, parent

    def sizeHint(self, _option: QStyleOptionViewItem, _index: Index) -> QSize:
        return QSize(self._theme.px(300), self._theme.px(_ROW_OF_TWO if self._list.narrow() else _ROW))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        theme, line = self._theme, index.data(Qt.ItemDataRole.UserRole)
        rect: QRect = option.rect
        state: QStyle.StateFlag = option.state
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if state & QStyle.StateFlag.State_Selected:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.color("accent-soft"))
            painter.drawRoundedRect(QRectF(rect).adjusted(1, 1, -1, -1), theme.px(8), theme.px(8))
        place = rect.adjusted(theme.px(_SIDE), 0, -theme.px(_SIDE), 0)
        if self._list.narrow():
            half = place.height() // 2
            said_by = " · ".join(part for part in (where_text(line), line.speaker) if part)
            self._text(painter, place.adjusted(0, half, 0, 0), said_by, small=True)
            place.setHeight(half)
        else:
            when = f"{format_clock_ms(line.turn_start_ms)} · {format_short_date(line.recorded_at)}"
            for text, width in ((line.title, _TITLE), (when, _WHEN), (line.speaker, _SPEAKER)):
                column = QRect(place.left(), place.top(), theme.px(width - _GAP), place.height())
                self._text(painter, column, text, small=True)
                place.setLeft(place.left() + theme.px(width))
        self._words(painter, place, line)
        painter.restore()

    def _words(self, painter: QPainter, place: QRect, line: KwicLine) -> None:
        theme = self._theme
        strong, plain = theme.font(strong=True), theme.font()
        space = QFontMetrics(plain).horizontalAdvance(" ") + theme.px(3)
        middle = place.left() + round(place.width() * _BEFORE_SHARE)
        width = min(QFontMetrics(strong).horizontalAdvance(line.hit) + theme.px(3), place.right() - middle)
        before = QRect(place.left(), place.top(), middle - space - place.left(), place.height())
        painter.setFont(plain)
        painter.setPen(theme.color("ink"))
        cut = QFontMetrics(plain).elidedText(line.before, Qt.TextElideMode.ElideLeft, before.width())
        painter.drawText(before, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, cut)
        hit = QRect(middle, place.top(), width, place.height())
        painter.setFont(strong)
        painter.setPen(theme.color("accent-ink"))
        shown = QFontMetrics(strong).elidedText(line.hit, Qt.TextElideMode.ElideRight, width)
        painter.drawText(hit, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, shown)
        after = hit.right() + space
        self._text(painter, QRect(after, place.top(), place.right() - after, place.height()), line.after)

    def _text(self, painter: QPainter, place: QRect, text: str, *, small: bool = False) -> None:
        font = self._theme.font(13) if small else self._theme.font()
        painter.setFont(font)
        painter.setPen(self._theme.color("soft" if small else "ink"))
        cut = QFontMetrics(font).elidedText(text, Qt.TextElideMode.ElideRight, max(0, place.width()))
        painter.drawText(place, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, cut)


class KwicTable(QListView):
    """Shows the lines; Enter opens, Space plays, C collects, O keeps to the conversation."""

    open_asked = Signal(object)  # KwicLine
    play_asked = Signal(object)
    collect_asked = Signal(object)
    only_asked = Signal(object)
    end_reached = Signal()
    chosen = Signal(object)  # KwicLine, or None

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme, self._was_narrow = theme, False
        self.lines = KwicModel()
        self.setModel(self.lines)
        self.setItemDelegate(_LineDelegate(theme, self))
        self.setUniformItemSizes(True)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setAccessibleName(_("Steder, der er fundet"))
        self.setMinimumHeight(1)
        self.doubleClicked.connect(lambda index: self.open_asked.emit(index.data(Qt.ItemDataRole.UserRole)))
        self.verticalScrollBar().valueChanged.connect(self._on_scrolled)
        self.selectionModel().currentChanged.connect(lambda _new, _old: self.chosen.emit(self.line()))
        self.lines.modelReset.connect(lambda: self.chosen.emit(self.line()))
        theme.changed.connect(self.viewport().update)

    def narrow(self) -> bool:
        """Whether a line takes two rows: the words, and below them where they were said."""
        return self.viewport().width() < self._theme.px(_TITLE + _WHEN + _SPEAKER + _LEAST_CONTEXT)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self.narrow() != self._was_narrow:
            self._was_narrow = self.narrow()
            self.scheduleDelayedItemsLayout()

    def line(self) -> KwicLine | None:
        """The line that is chosen."""
        index = self.currentIndex()
        found = index.data(Qt.ItemDataRole.UserRole) if index.isValid() else None
        return found if isinstance(found, KwicLine) else None

    def show_lines(self, lines: Sequence[KwicLine]) -> None:
        """Show lines; the one that was chosen stays so where it is among them, else the first is."""
        chosen = self.line()
        self.lines.set_lines(lines)
        if self.line() is None and lines:
            keys = [line.key for line in lines]
            at = keys.index(chosen.key) if chosen is not None and chosen.key in keys else 0
            self.setCurrentIndex(self.lines.index(at))

    def _on_scrolled(self, value: int) -> None:
        if value == self.verticalScrollBar().maximum() and value:
            self.end_reached.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        asks = {
            Qt.Key.Key_Return: self.open_asked,
            Qt.Key.Key_Enter: self.open_asked,
            Qt.Key.Key_Space: self.play_asked,
            Qt.Key.Key_C: self.collect_asked,
            Qt.Key.Key_O: self.only_asked,
        }
        plain = event.modifiers() in {Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.KeypadModifier}
        signal = asks.get(Qt.Key(event.key())) if plain else None
        line = self.line()
        if signal is None:
            super().keyPressEvent(event)
        elif line is not None:
            signal.emit(line)
