"""The concepts in use as chips: pressed with a number key, clicked, or dragged onto words and lines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QMimeData, QModelIndex, QPersistentModelIndex, QRect, QSize, Qt, Signal, Slot
from PySide6.QtGui import QColor, QFontMetrics, QKeyEvent, QPainter, QResizeEvent
from PySide6.QtWidgets import (
    QFrame,
    QListView,
    QListWidget,
    QListWidgetItem,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
)

from cubb_desktop.domain.ids import ConceptId
from cubb_desktop.gui.theme import Theme
from cubb_desktop.gui.widgets.text import plain_tooltip
from cubb_desktop.gui.widgets.transcript_view import CONCEPT
from cubb_desktop.i18n import _

NUMBERED = 9  # concepts with a key of their own
_HEIGHT, _GAP, _KEY, _PAD = 28, 5, 18, 9  # lengths at 100 %
_ID = Qt.ItemDataRole.UserRole
_TOKEN = Qt.ItemDataRole.UserRole + 1
# ink and ground of a concept's name, by the colour of its marks
GROUNDS = {
    "accent": ("accent-ink", "accent-soft"),
    "third": ("third", "third-bg"),
    "citizen": ("citizen", "citizen-bg"),
}


@dataclass(frozen=True, slots=True)
class Choice:
    """A concept that can be chosen, with what to listen for and the colour of its marks."""

    id: ConceptId
    name: str
    hint: str
    token: str


class ConceptChips(QListWidget):
    """One chip per concept, in the book's order; the first nine show their number key."""

    concept_chosen = Signal(str)  # ConceptId

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.setAccessibleName(_("Begreber i brug"))
        self.setAccessibleDescription(_("Vælg ord i udskriften, og tryk begrebets tal, eller træk begrebet derhen."))
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFlow(QListView.Flow.LeftToRight)
        self.setWrapping(True)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setMovement(QListView.Movement.Static)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setDragEnabled(True)
        self.setDragDropMode(QListView.DragDropMode.DragOnly)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setItemDelegate(_Chip(theme, self))
        self.setStyleSheet("QListWidget { background: transparent; border: none; padding: 0; }")
        self.itemClicked.connect(self._on_item)

    def show_choices(self, choices: Sequence[Choice]) -> None:
        """Show these concepts."""
        row = self.currentRow()
        self.clear()
        for n, choice in enumerate(choices):
            item = QListWidgetItem(choice.name, self)
            item.setData(_ID, choice.id)
            item.setData(_TOKEN, choice.token)
            item.setToolTip(plain_tooltip(choice.hint))
            if n < NUMBERED:
                item.setData(
                    Qt.ItemDataRole.AccessibleTextRole,
                    _("{concept}, tast {number}").format(concept=choice.name, number=n + 1),
                )
        if 0 <= row < self.count():
            self.setCurrentRow(row)
        self._fit()

    def numbered(self, number: int) -> ConceptId | None:
        """Return the concept whose key is `number` (1 to 9), None where there is none."""
        item = self.item(number - 1) if 1 <= number <= NUMBERED else None
        return None if item is None else ConceptId(item.data(_ID))

    def mimeData(self, items: Sequence[QListWidgetItem]) -> QMimeData:
        data = QMimeData()
        if items:
            data.setData(CONCEPT, str(items[0].data(_ID)).encode())
        return data

    def mimeTypes(self) -> list[str]:
        return [CONCEPT]

    def keyPressEvent(self, event: QKeyEvent) -> None:
        item = self.currentItem()
        if event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space} and item is not None:
            self._on_item(item)
        elif event.text().isalnum():
            event.ignore()  # keys of the page, not a search in the list
        else:
            super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    @Slot(QListWidgetItem)
    def _on_item(self, item: QListWidgetItem) -> None:
        self.concept_chosen.emit(item.data(_ID))

    def _fit(self) -> None:
        """Be as high as the chips are at this width."""
        self.doItemsLayout()
        bottom = max((self.visualItemRect(self.item(n)).bottom() for n in range(self.count())), default=-1)
        if self.height() != bottom + 1 and bottom >= 0:
            self.setFixedHeight(bottom + 1)


class _Chip(QStyledItemDelegate):
    """Paints a chip: its number as a small key, its name, in the colour of its marks."""

    def __init__(self, theme: Theme, parent: ConceptChips) -> None:
        super().__init__(parent)
        self._theme = theme

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        theme = self._theme
        name = QFontMetrics(theme.font(13)).horizontalAdvance(str(index.data()))
        key = theme.px(_KEY + 4) if index.row() < NUMBERED else 0
        most = option.widget.width()
        width = min(name + key + theme.px(2 * _PAD + _GAP), max(theme.px(80), most))
        return QSize(width, theme.px(_HEIGHT + _GAP))

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        theme = self._theme
        ink, ground = (theme.color(token) for token in GROUNDS.get(index.data(_TOKEN), ("soft", "rail")))
        state, rect = option.state, option.rect
        chip = rect.adjusted(0, 0, -theme.px(_GAP), -theme.px(_GAP))
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        at_hand = state & QStyle.StateFlag.State_HasFocus or state & QStyle.StateFlag.State_MouseOver
        painter.setPen(ink if at_hand else ground)
        painter.setBrush(ground)
        painter.drawRoundedRect(chip.adjusted(1, 1, -1, -1), chip.height() / 2, chip.height() / 2)
        inside = chip.adjusted(theme.px(_PAD), 0, -theme.px(_PAD), 0)
        if index.row() < NUMBERED:
            inside.setLeft(self._paint_key(painter, inside, str(index.row() + 1), ink))
        painter.setFont(theme.font(13))
        painter.setPen(ink)
        name = painter.fontMetrics().elidedText(str(index.data()), Qt.TextElideMode.ElideRight, inside.width())
        painter.drawText(inside, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, name)
        painter.restore()

    def _paint_key(self, painter: QPainter, inside: QRect, key: str, ink: QColor) -> int:
        theme = self._theme
        side = theme.px(_KEY)
        cap = QRect(inside.left() - theme.px(2), inside.center().y() - side // 2 + 1, side, side)
        painter.setPen(theme.color("line"))
        painter.setBrush(theme.color("card"))
        painter.drawRoundedRect(cap, theme.px(4), theme.px(4))
        painter.setFont(theme.mono_font(11.5))
        painter.setPen(ink)
        painter.drawText(cap, Qt.AlignmentFlag.AlignCenter, key)
        return cap.right() + theme.px(6)
