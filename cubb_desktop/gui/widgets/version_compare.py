"""Two versions of a text side by side where they differ: walked with arrow keys, heard, taken over one at a time."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import QAbstractItemView, QHBoxLayout, QHeaderView, QTableWidget, QTableWidgetItem, QWidget

from cubb_desktop.domain.comparing import Difference
from cubb_desktop.gui.theme import Theme
from cubb_desktop.gui.widgets.controls import Button
from cubb_desktop.gui.widgets.dialogs import Form
from cubb_desktop.gui.widgets.text import PlainLabel
from cubb_desktop.i18n import _, format_clock_ms

_WIDTH, _HEIGHT = 760, 330  # at 100 %
_NOTHING = "–"


class DifferenceTable(QTableWidget):
    """Walked with arrow keys; says which key was pressed on a place."""

    hear_requested = Signal()
    take_requested = Signal()
    undo_requested = Signal()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Space:
            self.hear_requested.emit()
        elif event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter}:
            self.take_requested.emit()
        elif event.matches(QKeySequence.StandardKey.Undo):
            self.undo_requested.emit()
        else:
            super().keyPressEvent(event)


class ComparisonDialog(Form):
    """Lists the differences; says which is to be heard and which is to be taken."""

    hear_requested = Signal(int, int)  # from, to
    take_requested = Signal(object)  # Difference
    undo_requested = Signal()

    def __init__(self, parent: QWidget, theme: Theme, current: int, other: int) -> None:
        heading = _("Version {current} og version {other}").format(current=current, other=other)
        super().__init__(parent, theme, heading, _("Tag denne"))
        self.widen(_WIDTH)
        self._found: list[Difference] = []
        self._other = other
        self.table = DifferenceTable(0, 3)
        self.table.setProperty("role", "differences")
        self.table.setAccessibleName(_("Steder, hvor versionerne er forskellige"))
        self.table.setHorizontalHeaderLabels(
            [
                _("Tid"),
                _("Nu (version {number})").format(number=current),
                _("Version {number}").format(number=other),
            ]
        )
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.setTabKeyNavigation(False)
        self.table.setShowGrid(False)
        self.table.verticalHeader().hide()
        self.table.horizontalHeader().setHighlightSections(False)
        self.table.horizontalHeader().setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        for column in (1, 2):
            self.table.horizontalHeader().setSectionResizeMode(column, QHeaderView.ResizeMode.Stretch)
        self.table.setMinimumHeight(theme.px(_HEIGHT))
        self.table.currentCellChanged.connect(self._on_row)
        self.table.hear_requested.connect(self._on_hear)
        self.table.take_requested.connect(self.submit)
        self.table.undo_requested.connect(self.undo_requested)
        self.status = PlainLabel(_("Sammenligner …"), "sub", wrap=True)
        self.context = PlainLabel("", wrap=True)
        self.hear = Button(_("Hør stedet"), tooltip=_("Hør stedet · Mellemrum"))
        self.hear.setAutoDefault(False)
        self.hear.clicked.connect(self._on_hear)
        for widget in (self.status, self.table, self.context):
            self.add(widget)
        row = QHBoxLayout()
        row.addWidget(self.hear)
        row.addStretch(1)
        self.add(row)
        self.add(PlainLabel(_("Pilene går gennem stederne · Mellemrum afspiller · Enter tager det nye"), "label"))
        self.finish_rows()
        self.cancel_button.setText(_("Luk"))
        self.cancel_button.setAccessibleName(_("Luk"))
        self._allowed = True
        self._renew()
        self.table.setFocus()

    # --- what it shows -----------------------------------------------------------------------------------------------

    def show_differences(self, found: Sequence[Difference], *, may_take: bool) -> None:
        """Show where the versions differ; the row one is at stays, or the one that came after it."""
        at = max(0, self.table.currentRow())
        self._found, self._allowed = list(found), may_take
        self.table.setRowCount(len(found))
        for n, one in enumerate(found):
            shown = (format_clock_ms(one.start_ms), one.said_before or _NOTHING, one.said_after or _NOTHING)
            for column, text in enumerate(shown):
                self.table.setItem(n, column, QTableWidgetItem(text))
        self.table.resizeColumnToContents(0)
        if found:
            self.table.setCurrentCell(min(at, len(found) - 1), 0)
        self.status.setText(_("De to versioner siger det samme.") if not found else _count(len(found)))
        self._renew()

    def current(self) -> Difference | None:
        """The place one is at."""
        row = self.table.currentRow()
        return self._found[row] if 0 <= row < len(self._found) else None

    @Slot()
    def _on_row(self) -> None:
        self._renew()

    def _renew(self) -> None:
        one = self.current()
        self.accept_button.setEnabled(one is not None and self._allowed)
        self.hear.setEnabled(one is not None)
        text = ""
        if one is not None:
            now, then = (
                " ".join(part for part in (one.lead, f"[{said}]", one.trail) if part)
                for said in (one.said_before or _NOTHING, one.said_after or _NOTHING)
            )
            text = _("Nu: {now}\nMed version {number}: {then}").format(now=now, number=self._other, then=then)
        self.context.setText(text)
        self.table.setAccessibleDescription(text)

    # --- acting ------------------------------------------------------------------------------------------------------

    def submit(self) -> None:
        one = self.current()
        if one is not None and self._allowed:
            self._allowed = False  # until the text is there that this makes
            self._renew()
            self.take_requested.emit(one)

    @Slot()
    def _on_hear(self) -> None:
        one = self.current()
        if one is not None:
            self.hear_requested.emit(one.start_ms, one.end_ms)


def _count(number: int) -> str:
    return _("{number} steder. Store bogstaver, tegn og talere er ikke sammenlignet.").format(number=number)
