"""The table of conversations: its rows, how they sort, and how they are painted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import IntEnum
from typing import Any

from PySide6.QtCore import (
    QAbstractTableModel,
    QEvent,
    QModelIndex,
    QPersistentModelIndex,
    QRect,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QFontMetrics, QKeyEvent, QPainter, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
)

from cubb_desktop.domain.consent import ConsentState, state_on
from cubb_desktop.domain.transcript import Hit
from cubb_desktop.gui.theme import Theme
from cubb_desktop.gui.widgets.conversation_texts import Pill, Standing, speakers_text, standing
from cubb_desktop.gui.widgets.text import plain_tooltip
from cubb_desktop.i18n import N_, _, format_clock_ms, format_date, format_day, format_short_date
from cubb_desktop.services.conversations import Conversation

Index = QModelIndex | QPersistentModelIndex


class Column(IntEnum):
    """The columns, from left to right."""

    TITLE = 0
    DATE = 1
    LENGTH = 2
    WHO = 3
    STATE = 4
    UNTIL = 5


_HEADINGS = {
    Column.TITLE: N_("Samtale"),
    Column.DATE: N_("Dato"),
    Column.LENGTH: N_("Længde"),
    Column.WHO: N_("Hvem"),
    Column.STATE: N_("Tilstand"),
    Column.UNTIL: N_("Aftale til"),
}
_WIDTHS = {Column.DATE: 156, Column.LENGTH: 92, Column.WHO: 176, Column.STATE: 392, Column.UNTIL: 132}
_TITLE_LEAST = 220
_GIVE_WAY = (Column.WHO, Column.UNTIL, Column.LENGTH, Column.DATE)  # the columns that go first when it gets narrow


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the table: a conversation (with the place that was searched for), or a file that is coming in."""

    key: str
    title: str
    standing: Standing
    conversation: Conversation | None = None
    hit: Hit | None = None

    @property
    def snippet(self) -> str:
        """What was said where the words were found, "" where nothing was searched for."""
        return self.hit.snippet if self.hit is not None else ""

    @property
    def hit_ms(self) -> int | None:
        """When what was found begins."""
        return self.hit.start_ms if self.hit is not None else None


def row_of(conversation: Conversation, today: date, hit: Hit | None = None) -> Row:
    """Return the line of a conversation, with the place that was found in it."""
    recording = conversation.recording
    return Row(recording.id, recording.title, standing(conversation, today), conversation, hit)


class ConversationModel(QAbstractTableModel):
    """The rows as Qt asks for them; sorting keeps files that are coming in at the top."""

    def __init__(self) -> None:
        super().__init__()
        self._rows: list[Row] = []
        self._today = date.today()  # noqa: DTZ011 - the day where the person is
        self._sorted_by: tuple[int, Qt.SortOrder] = (Column.DATE, Qt.SortOrder.DescendingOrder)

    def rows(self) -> Sequence[Row]:
        """The rows in the order shown."""
        return self._rows

    def set_rows(self, rows: Sequence[Row], today: date) -> None:
        """Show `rows`; where they are the same conversations in the same order, only what is in them is renewed."""
        self._today = today
        ordered = self._ordered(rows)
        if [row.key for row in ordered] == [row.key for row in self._rows]:
            changed = [at for at, (old, new) in enumerate(zip(self._rows, ordered, strict=True)) if old != new]
            self._rows = ordered
            for at in changed:
                self.dataChanged.emit(self.index(at, 0), self.index(at, len(Column) - 1))
            return
        self.beginResetModel()
        self._rows = ordered
        self.endResetModel()

    def row_of_key(self, key: str) -> int:
        """Where a conversation stands, -1 if it does not."""
        return next((at for at, row in enumerate(self._rows) if row.key == key), -1)

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        self._sorted_by = (column, order)
        self.layoutAboutToBeChanged.emit()
        before = {index: self._rows[index.row()].key for index in self.persistentIndexList()}
        self._rows = self._ordered(self._rows)
        for index, key in before.items():
            self.changePersistentIndex(index, self.index(self.row_of_key(key), index.column()))
        self.layoutChanged.emit()

    def _ordered(self, rows: Sequence[Row]) -> list[Row]:
        column, order = self._sorted_by
        incoming = [row for row in rows if row.conversation is None]
        known = [row for row in rows if row.conversation is not None]
        known.sort(key=lambda row: _sort_key(row, Column(column)), reverse=order is Qt.SortOrder.DescendingOrder)
        return incoming + known

    # --- as Qt asks --------------------------------------------------------------------------------------------------

    def rowCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(Column)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation is not Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return _(_HEADINGS[Column(section)])
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        row = self._rows[index.row()]
        if role == Qt.ItemDataRole.UserRole:
            return row
        column = Column(index.column())
        if role in {Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole}:
            return self._text(row, column)
        if role == Qt.ItemDataRole.ToolTipRole:
            return plain_tooltip(self._tooltip(row, column))
        return None

    def _text(self, row: Row, column: Column) -> str:
        if column is Column.TITLE:
            return row.title
        if column is Column.STATE:
            return row.standing.text
        conversation = row.conversation
        if conversation is None:
            return ""
        if column is Column.DATE:
            return format_day(conversation.recording.recorded_at, today=self._today)
        if column is Column.LENGTH:
            return format_clock_ms(conversation.recording.duration_ms)
        if column is Column.WHO:
            return speakers_text(conversation.speakers)
        return format_short_date(conversation.consent.until, today=self._today)

    def _tooltip(self, row: Row, column: Column) -> str:
        if column is Column.UNTIL and row.conversation is not None:
            consent = row.conversation.consent
            return _("Aftale med {citizen}, til og med {until}").format(
                citizen=consent.citizen, until=format_date(consent.until)
            )
        return self._text(row, column)

    def faded(self, row: Row) -> bool:
        """Whether the agreement no longer allows the conversation to be used."""
        conversation = row.conversation
        return conversation is not None and state_on(conversation.consent, self._today) is not ConsentState.VALID


def _sort_key(row: Row, column: Column) -> tuple[Any, ...]:
    conversation = row.conversation
    if conversation is None:
        return ()
    recording = conversation.recording
    keys: dict[Column, Any] = {
        Column.TITLE: row.title.casefold(),
        Column.DATE: recording.recorded_at,
        Column.LENGTH: recording.duration_ms,
        Column.WHO: speakers_text(conversation.speakers),
        Column.STATE: row.standing.text,
        Column.UNTIL: conversation.consent.until,
    }
    return keys[column], recording.recorded_at, recording.id


class RowDelegate(QStyledItemDelegate):
    """Paints a line as the design has it: hairlines, a bold title, pills, and progress where it belongs."""

    def __init__(self, theme: Theme, table: QTableView, model: ConversationModel) -> None:
        super().__init__(table)
        self._theme, self._table, self._model = theme, table, model
        self.hovered = -1

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(0, self.height(index.data(Qt.ItemDataRole.UserRole)))

    def height(self, row: Row) -> int:
        """The height of a line in pixels; one with the place that was found is taller."""
        theme = self._theme
        lines = QFontMetrics(theme.font(14.5)).height() + (QFontMetrics(theme.font(13)).height() if row.snippet else 0)
        return lines + 2 * theme.px(14)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        theme, row, rect = self._theme, index.data(Qt.ItemDataRole.UserRole), option.rect
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._ground(painter, option, index)
        inner = rect.adjusted(theme.px(14), 0, -theme.px(8), 0)
        column = Column(index.column())
        if column is Column.STATE:
            chosen = bool(option.state & QStyle.StateFlag.State_Selected)
            self._paint_standing(painter, inner, row.standing, chosen=chosen)
        elif column is Column.TITLE:
            self._paint_title(painter, inner, row)
        else:
            mono = column is Column.LENGTH
            painter.setFont(theme.mono_font(13.5) if mono else theme.font(14.5))
            painter.setPen(theme.color("soft" if self._model.faded(row) and column is not Column.UNTIL else "ink"))
            _draw_line(painter, inner, str(index.data()))
        painter.restore()

    def _ground(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        theme, rect = self._theme, option.rect
        chosen = bool(option.state & QStyle.StateFlag.State_Selected)
        if chosen or index.row() == self.hovered:
            painter.fillRect(rect, theme.color("accent-soft" if chosen else "rail"))
        if chosen and index.column() == 0 and self._table.hasFocus():
            painter.fillRect(QRect(rect.left(), rect.top(), theme.px(3), rect.height()), theme.color("accent"))
        painter.fillRect(QRect(rect.left(), rect.bottom(), rect.width(), 1), theme.color("line"))

    def _paint_title(self, painter: QPainter, rect: QRect, row: Row) -> None:
        theme = self._theme
        painter.setFont(theme.font(14.5, strong=True))
        painter.setPen(theme.color("soft" if self._model.faded(row) or row.conversation is None else "ink"))
        if row.hit is None:
            _draw_line(painter, rect, row.title)
            return
        top = QRect(rect.left(), rect.top() + theme.px(12), rect.width(), painter.fontMetrics().height())
        _draw_line(painter, top, row.title)
        below = QRect(rect.left(), top.bottom() + 3, rect.width(), QFontMetrics(theme.font(13)).height())
        self._paint_hit(painter, below, row.hit)

    def _paint_hit(self, painter: QPainter, rect: QRect, hit: Hit) -> None:
        """Paint when it was said and as much around the word that was found as there is room for."""
        theme = self._theme
        plain, strong = theme.font(13), theme.font(13, strong=True)
        place = f"{format_clock_ms(hit.start_ms)}  "
        room = rect.width() - QFontMetrics(plain).horizontalAdvance(place)
        before, word, after = around(hit, QFontMetrics(plain), QFontMetrics(strong), room)
        left = rect.left()
        for text, font, token in ((place + before, plain, "soft"), (word, strong, "ink"), (after, plain, "soft")):
            painter.setFont(font)
            painter.setPen(theme.color(token))
            _draw_line(painter, QRect(left, rect.top(), rect.right() + 1 - left, rect.height()), text)
            left += painter.fontMetrics().horizontalAdvance(text)

    def _paint_standing(self, painter: QPainter, rect: QRect, shown: Standing, *, chosen: bool) -> None:
        theme = self._theme
        if shown.share is not None:
            self._paint_progress(painter, rect, shown)
            return
        left = rect.left()
        for pill in shown.pills:
            left += paint_pill(painter, theme, left, rect, pill, on_accent=chosen) + theme.px(6)
        if shown.line:
            painter.setFont(theme.font(13))
            painter.setPen(theme.color("soft"))
            _draw_line(painter, QRect(left + theme.px(2), rect.top(), rect.right() - left, rect.height()), shown.line)

    def _paint_progress(self, painter: QPainter, rect: QRect, shown: Standing) -> None:
        theme, share = self._theme, shown.share or 0.0
        painter.setFont(theme.font(13))
        words = painter.fontMetrics().height()
        bar_height = theme.px(6)
        top = rect.top() + (rect.height() - bar_height - words - theme.px(4)) / 2
        bar = QRectF(rect.left(), top, min(theme.px(170), rect.width()), bar_height)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.color("line"))
        painter.drawRoundedRect(bar, bar_height / 2, bar_height / 2)
        painter.setBrush(theme.color("accent"))
        done = QRectF(bar.left(), bar.top(), max(float(bar_height), bar.width() * share), bar_height)
        painter.drawRoundedRect(done, bar_height / 2, bar_height / 2)
        painter.setPen(theme.color("soft"))
        _draw_line(painter, QRect(rect.left(), int(bar.bottom()) + theme.px(4), rect.width(), words), shown.line)


def around(hit: Hit, plain: QFontMetrics, strong: QFontMetrics, room: int) -> tuple[str, str, str]:
    """Return what stands before, as and after the word that was found, cut so that it lies in the middle of `room`.

    `room` is in pixels; whole words go, from the longer side first, and … stands where they were.
    """
    first, last = hit.found
    before, word, after = hit.snippet[:first].lstrip("…"), hit.snippet[first:last], hit.snippet[last:].rstrip("…")
    cut_before, cut_after = hit.snippet.startswith("…"), hit.snippet.endswith("…")
    while True:
        shown = "…" * cut_before + before, word, after + "…" * cut_after
        widths = [plain.horizontalAdvance(shown[0]), plain.horizontalAdvance(shown[2])]
        if sum(widths) + strong.horizontalAdvance(word) <= room or not before.strip() + after.strip():
            return shown
        if before.strip() and (widths[0] >= widths[1] or not after.strip()):
            before, cut_before = before.partition(" ")[2], True
        else:
            after, cut_after = after.rstrip().rpartition(" ")[0], True


def paint_pill(painter: QPainter, theme: Theme, left: int, rect: QRect, pill: Pill, *, on_accent: bool = False) -> int:
    """Paint a pill at `left`, in the middle of `rect`; return how wide it is."""
    painter.setFont(theme.font(12.5))
    metrics = painter.fontMetrics()
    room = max(0, rect.right() - left - theme.px(20))
    text = metrics.elidedText(pill.text, Qt.TextElideMode.ElideRight, room)
    width, height = metrics.horizontalAdvance(text) + theme.px(20), metrics.height() + theme.px(4)
    box = QRectF(left + 0.5, rect.top() + (rect.height() - height) / 2, width, height)
    ground, edge, ink = {
        "plain": ("rail", "line", "soft"),
        "accent": ("accent-soft", "accent-soft", "accent-ink"),
        "recording": ("recording-bg", "recording-bg", "recording"),
    }[pill.tone]
    painter.setPen(theme.color(edge))
    painter.setBrush(theme.color("card" if on_accent else ground))
    painter.drawRoundedRect(box, height / 2, height / 2)
    painter.setPen(theme.color(ink))
    painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)
    return width


def _draw_line(painter: QPainter, rect: QRect, text: str) -> None:
    """Draw one line of plain text, cut with an ellipsis where it does not fit."""
    shown = painter.fontMetrics().elidedText(text.replace("\n", " "), Qt.TextElideMode.ElideRight, rect.width())
    flags = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft | Qt.TextFlag.TextSingleLine
    painter.drawText(rect, int(flags), shown)


class ConversationTable(QTableView):
    """The table itself: whole rows, sorted by its headings, with columns that give way when it gets narrow."""

    chosen = Signal()  # Enter or a double click
    selection_changed = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.conversations = ConversationModel()
        self.conversations.setParent(self)
        self.setModel(self.conversations)
        self._delegate = RowDelegate(theme, self, self.conversations)
        self.setItemDelegate(self._delegate)
        self.setAccessibleName(_("Samtaler"))
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setMouseTracking(True)
        self.setTabKeyNavigation(False)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.verticalHeader().hide()
        self.verticalHeader().setMinimumSectionSize(1)
        heading = self.horizontalHeader()
        heading.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        heading.setSectionResizeMode(Column.TITLE, QHeaderView.ResizeMode.Stretch)
        heading.setHighlightSections(False)
        heading.setMinimumSectionSize(1)
        heading.setSortIndicator(Column.DATE, Qt.SortOrder.DescendingOrder)
        heading.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setSortingEnabled(True)
        self.doubleClicked.connect(self.chosen)
        self.conversations.modelReset.connect(self.fit_rows)
        self.selectionModel().selectionChanged.connect(self.selection_changed)

    def current(self) -> Row | None:
        """The chosen row."""
        rows = self.selectionModel().selectedRows()
        return self.conversations.rows()[rows[0].row()] if rows else None

    def show_rows(self, rows: Sequence[Row], today: date) -> None:
        """Show `rows` and keep what was chosen."""
        chosen, place = self.current(), self.verticalScrollBar().value()
        self.conversations.set_rows(rows, today)
        if chosen is not None and (self.current() is None or self.current() != chosen):
            self.choose(chosen.key, scroll=False)
        self.verticalScrollBar().setValue(place)
        self.selection_changed.emit()

    def choose(self, key: str, *, scroll: bool = True) -> None:
        """Choose a row, if it is there."""
        at = self.conversations.row_of_key(key)
        if at >= 0:
            self.selectRow(at)
            if scroll:
                self.scrollTo(self.conversations.index(at, 0))

    def fit_rows(self) -> None:
        """Give every row the height it needs (all the same, unless places were searched for)."""
        rows = self.conversations.rows()
        plain = Row("", "", Standing())
        self.verticalHeader().setDefaultSectionSize(self._delegate.height(plain))
        for at, row in enumerate(rows):
            if row.snippet:
                self.setRowHeight(at, self._delegate.height(row))

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._fit_columns(event.size().width())
        super().resizeEvent(event)

    def _fit_columns(self, width: int) -> None:
        px = self._theme.px
        shown = set(_WIDTHS)
        for column in _GIVE_WAY:
            if px(_TITLE_LEAST) + sum(px(_WIDTHS[c]) for c in shown) <= width:
                break
            shown.discard(column)
        for column, least in _WIDTHS.items():
            self.setColumnHidden(column, column not in shown)
            self.setColumnWidth(column, min(px(least), max(px(120), width - px(_TITLE_LEAST))))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter} and self.current() is not None:
            self.chosen.emit()
            return
        super().keyPressEvent(event)

    def viewportEvent(self, event: QEvent) -> bool:
        if event.type() in {QEvent.Type.HoverMove, QEvent.Type.HoverLeave, QEvent.Type.HoverEnter}:
            position = event.position().toPoint() if hasattr(event, "position") else None
            at = self.rowAt(position.y()) if position and event.type() is not QEvent.Type.HoverLeave else -1
            if at != self._delegate.hovered:
                self._delegate.hovered = at
                self.viewport().update()
        return super().viewportEvent(event)
