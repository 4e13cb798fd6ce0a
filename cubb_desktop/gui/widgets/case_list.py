"""The cases of a collection under each other: what is said in each, where it is from, and what was noted."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QDropEvent, QFontMetrics, QKeyEvent, QPainter
from PySide6.QtWidgets import (
    QAbstractItemView,
    QListWidget,
    QListWidgetItem,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
)

from cubb_desktop.domain.ids import PassageId
from cubb_desktop.gui.theme import Theme
from cubb_desktop.i18n import _, format_clock_ms, format_short_date, sentence
from cubb_desktop.services.collected import Case

Index = QModelIndex | QPersistentModelIndex
_PAD, _BAR, _LINE_GAP = 12, 4, 4  # lengths at 100 %


def case_place(case: Case) -> str:
    """Return where a case is from: "4:12–4:20 · 24. nov. · Title"."""
    passage = case.passage
    times = f"{format_clock_ms(passage.start_ms)}–{format_clock_ms(passage.end_ms)}"
    return f"{times} · {format_short_date(case.recorded_at)} · {case.title}"


def case_words(case: Case) -> str:
    """Return what is said in a case, or why it is not shown."""
    if case.refused is not None:
        return sentence(case.refused)
    return case.quote or _("Her er ingen ord i udskriften.")


class _CaseDelegate(QStyledItemDelegate):
    def __init__(self, theme: Theme, parent: CaseList) -> None:
        super().__init__(parent)
        self._theme, self._list = theme, parent

    def sizeHint(self, _option: QStyleOptionViewItem, index: Index) -> QSize:
        case = index.data(Qt.ItemDataRole.UserRole)
        lines = QFontMetrics(self._theme.font()).height() + QFontMetrics(self._theme.font(13)).height()
        if case.passage.note:
            lines += QFontMetrics(self._theme.font(13)).height() + self._theme.px(_LINE_GAP)
        return QSize(self._theme.px(200), lines + self._theme.px(2 * _PAD + _LINE_GAP))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        theme, case = self._theme, index.data(Qt.ItemDataRole.UserRole)
        rect: QRect = option.rect
        state: QStyle.StateFlag = option.state
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        frame = QRectF(rect).adjusted(1, 2, -1, -2)
        sounds = self._list.sounding == case.passage.id
        chosen = bool(state & QStyle.StateFlag.State_Selected)
        painter.setPen(theme.color("accent" if chosen and self._list.hasFocus() else "line"))
        painter.setBrush(theme.color("heard" if sounds else "accent-soft" if chosen else "card"))
        painter.drawRoundedRect(frame, theme.px(9), theme.px(9))
        inner = rect.adjusted(theme.px(_PAD + _BAR), theme.px(_PAD), -theme.px(_PAD), -theme.px(_PAD))
        if case.passage.deviant:
            inner.setRight(inner.right() - self._deviant(painter, inner))
        self._lines(painter, inner, case)
        painter.restore()

    def _lines(self, painter: QPainter, place: QRect, case: Case) -> None:
        theme, refused = self._theme, case.refused is not None
        top = place.top()
        texts = [(case_words(case), 15, "soft" if refused else "ink"), (case_place(case), 13, "soft")]
        if case.passage.note and not refused:
            texts.append((_("Note: {note}").format(note=" ".join(case.passage.note.split())), 13, "ink"))
        for text, size, token in texts:
            font = theme.font(size)
            metrics = QFontMetrics(font)
            painter.setFont(font)
            painter.setPen(theme.color(token))
            shown = metrics.elidedText(text, Qt.TextElideMode.ElideRight, place.width())
            painter.drawText(
                QRect(place.left(), top, place.width(), metrics.height()), Qt.AlignmentFlag.AlignLeft, shown
            )
            top += metrics.height() + theme.px(_LINE_GAP)

    def _deviant(self, painter: QPainter, place: QRect) -> int:
        """Paint the mark of a deviant case at the right; return the width it takes."""
        theme, text = self._theme, _("afvigende")
        font = theme.font(12.5)
        metrics = QFontMetrics(font)
        width, height = metrics.horizontalAdvance(text) + theme.px(16), metrics.height() + theme.px(4)
        pill = QRectF(place.right() - width, place.top(), width, height)
        painter.setPen(theme.color("third"))
        painter.setBrush(theme.color("third-bg"))
        painter.drawRoundedRect(pill, height / 2, height / 2)
        painter.setFont(font)
        painter.drawText(pill, Qt.AlignmentFlag.AlignCenter, text)
        return width + theme.px(10)


class CaseList(QListWidget):
    """Shows cases; drag or Alt+Up and Alt+Down order them, Space plays, Enter opens, Delete takes one out."""

    play_asked = Signal(object)  # Case
    open_asked = Signal(object)
    remove_asked = Signal(object)
    deviant_asked = Signal(object)
    moved = Signal(str, int)  # PassageId, position from 0
    chosen = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.sounding: PassageId | None = None
        self.setItemDelegate(_CaseDelegate(theme, self))
        self.setAccessibleName(_("Steder i samlingen"))
        self.setDragDropMode(QAbstractItemView.DragDropMode.InternalMove)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setMinimumHeight(1)
        self.currentItemChanged.connect(lambda _new, _old: self.chosen.emit())
        self.itemDoubleClicked.connect(lambda item: self.open_asked.emit(item.data(Qt.ItemDataRole.UserRole)))
        theme.changed.connect(self.viewport().update)

    def cases(self) -> list[Case]:
        """The cases in the order shown."""
        return [self.item(row).data(Qt.ItemDataRole.UserRole) for row in range(self.count())]

    def case(self) -> Case | None:
        """The case that is chosen."""
        item: QListWidgetItem | None = self.currentItem()
        found = item.data(Qt.ItemDataRole.UserRole) if item is not None else None
        return found if isinstance(found, Case) else None

    def show_cases(self, cases: Sequence[Case], *, wanted: PassageId | None = None) -> None:
        """Show cases; the one that was chosen stays so, else the one in its place."""
        chosen, row = self.case(), self.currentRow()
        wanted = wanted or (chosen.passage.id if chosen is not None else None)
        self.blockSignals(True)  # filling it is nobody's choice
        self.clear()
        for case in cases:
            item = QListWidgetItem()
            item.setData(Qt.ItemDataRole.UserRole, case)
            said = [_("afvigende")] if case.passage.deviant else []
            spoken = " · ".join([*said, case_words(case), case_place(case)])
            item.setData(Qt.ItemDataRole.AccessibleTextRole, spoken)
            self.addItem(item)
        ids = [case.passage.id for case in cases]
        at = ids.index(wanted) if wanted in ids else min(max(row, 0), len(ids) - 1)
        self.setCurrentRow(at)
        self.blockSignals(False)
        self.chosen.emit()

    def show_sounding(self, passage_id: PassageId | None) -> None:
        """Mark the case that sounds, and bring it into sight."""
        self.sounding = passage_id
        for row in range(self.count()):
            item = self.item(row)
            if item.data(Qt.ItemDataRole.UserRole).passage.id == passage_id:
                self.scrollToItem(item)
        self.viewport().update()

    def dropEvent(self, event: QDropEvent) -> None:
        case = self.case()
        super().dropEvent(event)
        if case is not None:
            ids = [one.passage.id for one in self.cases()]
            self.moved.emit(case.passage.id, ids.index(case.passage.id))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        case, key = self.case(), Qt.Key(event.key())
        alt = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier == Qt.KeyboardModifier.AltModifier
        if case is not None and alt and key in {Qt.Key.Key_Up, Qt.Key.Key_Down}:
            self.move_by(case, -1 if key is Qt.Key.Key_Up else 1)
            return
        asks = {
            Qt.Key.Key_Return: self.open_asked,
            Qt.Key.Key_Enter: self.open_asked,
            Qt.Key.Key_Space: self.play_asked,
            Qt.Key.Key_Delete: self.remove_asked,
            Qt.Key.Key_D: self.deviant_asked,
        }
        if case is not None and not alt and key in asks:
            asks[key].emit(case)
        else:
            super().keyPressEvent(event)

    def move_by(self, case: Case, step: int) -> None:
        """Ask for a case to stand one place up (-1) or down (1)."""
        position = [one.passage.id for one in self.cases()].index(case.passage.id) + step
        if 0 <= position < self.count():
            self.moved.emit(case.passage.id, position)
