"""Three views of the same words: to read, in the notation with line numbers, as a table; and the lines that are frozen.

The numbered lines are where everything is done. The other two show the same place, choice and sounding word, and hand
on what is done in them; they never change the text.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

from PySide6.QtCore import QObject, QPoint, Qt, Signal, Slot
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QButtonGroup, QFrame, QHBoxLayout, QMenu, QStackedWidget, QVBoxLayout, QWidget

from cubb_desktop.domain.changes import Changes
from cubb_desktop.domain.errors import N_
from cubb_desktop.gui.context import PageContext
from cubb_desktop.gui.theme import Theme
from cubb_desktop.gui.widgets.controls import Button
from cubb_desktop.gui.widgets.dialogs import Form
from cubb_desktop.gui.widgets.lines_table import LinesTable
from cubb_desktop.gui.widgets.prose_view import ProseView
from cubb_desktop.gui.widgets.review_lines import Bar
from cubb_desktop.gui.widgets.review_source import Conversation
from cubb_desktop.gui.widgets.text import ElidedLabel, PlainLabel
from cubb_desktop.gui.widgets.transcript_view import TO_THE_END, TranscriptView
from cubb_desktop.i18n import _
from cubb_desktop.services.lines import freeze_lines, frozen_note
from cubb_desktop.settings import TextView

_WORDS: dict[TextView, tuple[str, str]] = {
    "reading": (N_("Læs"), N_("Ren læsetekst uden tegn")),
    "jefferson": (N_("Jefferson"), N_("Nummererede linjer med pauser, overlap og tegn")),
    "table": (N_("Tabel"), N_("Tid, taler, tekst, og hvem der står inde for linjen")),
}


class ViewBar(QFrame):
    """Which view is shown, and whether the line numbers are kept."""

    chosen = Signal(str)
    freeze_requested = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setProperty("role", "header")
        row = QHBoxLayout(self)
        self._spacing, self._edges = theme.px(6), theme.px(60)
        self.may_freeze = False
        self.setMinimumWidth(1)
        row.setContentsMargins(theme.px(24), theme.px(6), theme.px(16), theme.px(6))
        row.setSpacing(self._spacing)
        self._group = QButtonGroup(self)
        self.buttons: dict[TextView, Button] = {}
        for number, (name, (word, tooltip)) in enumerate(_WORDS.items(), 1):
            button = Button(_(word), "quiet", key=f"Alt+{number}", tooltip=_(tooltip), name=_(word))
            button.setCheckable(True)
            button.clicked.connect(partial(self.chosen.emit, name))
            self._group.addButton(button)
            self.buttons[name] = button
            row.addWidget(button)
        row.addSpacing(theme.px(8))
        self.note = ElidedLabel("", "sub")
        row.addWidget(self.note, 1)
        self.freeze = Button(
            _("Brugt i et møde…"),
            "quiet",
            tooltip=_("Læg linjenumrene fast, så de kan citeres"),
            name=_("Brugt i et møde"),
        )
        self.freeze.clicked.connect(self.freeze_requested)
        row.addWidget(self.freeze, 0, Qt.AlignmentFlag.AlignRight)

    def show_view(self, name: TextView) -> None:
        """Mark the view that is shown."""
        self.buttons[name].setChecked(True)

    def show_conversation(self, conversation: Conversation) -> None:
        """Offer to keep the line numbers, or say since when they are kept."""
        frozen = conversation.frozen
        self.note.setText(frozen_note(frozen) if frozen is not None else "")
        self.may_freeze = frozen is None and conversation.final and not conversation.withdrawn
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """Where it is narrow the views come first; the rest is in the menu over the text."""
        views = sum(button.sizeHint().width() + self._spacing for button in self.buttons.values())
        self.freeze.setVisible(self.may_freeze and views + self.freeze.sizeHint().width() + self._edges <= self.width())


class FreezeForm(Form):
    """Asks whether the line numbers are to be kept, and says plainly that it is for good."""

    def __init__(self, parent: QWidget, theme: Theme) -> None:
        super().__init__(parent, theme, _("Er udskriften brugt i et møde?"), _("Læg linjenumrene fast"))
        told = _("Så beholder hver linje sit nummer, også når teksten rettes: andre kan have skrevet numrene ned.")
        rule = _(
            "Det, der skrives til, bliver på sin linje. En linje, der ikke var der, får et bogstav efter nummeret, "
            "fx 12a. En linje, der fjernes, efterlader et hul."
        )
        self.add(PlainLabel(told, wrap=True))
        self.add(PlainLabel(rule, wrap=True))
        self.add(PlainLabel(_("Det kan ikke fortrydes."), wrap=True))
        self.finish_rows()


class ReviewViews(QObject):
    """Keeps the three views of one conversation in step; `column` is what the page shows, with the bar above."""

    def __init__(
        self,
        context: PageContext,
        view: TranscriptView,
        stack: QStackedWidget,
        conversation: Callable[[], Conversation | None],
    ) -> None:
        super().__init__(stack)
        self._context, self._view, self._stack, self._conversation = context, view, stack, conversation
        self._copying = False
        self._position_ms: int | None = None  # of the sound, None while nothing is marked as sounding
        self.active: TextView = "jefferson"
        self.prose = ProseView(context.theme)
        self.table = LinesTable(context.theme)
        self.bar = ViewBar(context.theme)
        self.column = QWidget()
        column = QVBoxLayout(self.column)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.bar)
        column.addWidget(stack, 1)
        self._widgets: dict[TextView, QWidget] = {"reading": self.prose, "jefferson": view, "table": self.table}
        for widget in (self.prose, self.table):
            stack.addWidget(widget)
        stack.currentChanged.connect(lambda _index: self.bar.setVisible(self.shows_text))
        self.bar.hide()
        self.bar.chosen.connect(self.choose)
        self.bar.freeze_requested.connect(self.ask_to_freeze)
        self._connect_lines()
        self._connect_prose()
        self._connect_table()
        self._set_active(context.settings_store.value.text_view)

    def _connect_lines(self) -> None:
        view = self._view
        view.sheet_shown.connect(self._on_sheet_shown)
        view.cleared.connect(self._on_cleared)
        view.place_changed.connect(self._on_place_changed)
        view.positioned.connect(self._on_positioned)
        view.silenced.connect(self._on_silenced)
        view.bars_shown.connect(self._show_bars)
        view.followed.connect(self.prose.follow)
        view.followed.connect(self.table.follow)

    def _connect_prose(self) -> None:
        prose, view = self.prose, self._view
        prose.hear_requested.connect(view.hear_requested)
        prose.mark_chosen.connect(view.mark_chosen)
        prose.painted.connect(view.painted)
        prose.place_changed.connect(self._on_prose_moved)
        prose.menu_requested.connect(lambda place: self._ask_menu(prose.viewport().mapToGlobal(place)))

    def _connect_table(self) -> None:
        table = self.table
        table.painted.connect(self._view.painted)
        table.chosen.connect(self._on_rows_chosen)
        table.hear_requested.connect(self._on_row_heard)
        table.menu_requested.connect(self._ask_menu)

    # --- which one ---------------------------------------------------------------------------------------------------

    @property
    def current(self) -> QWidget:
        """The view that shows the text."""
        return self._widgets[self.active]

    @property
    def shows_text(self) -> bool:
        """Whether the text is on the page, in any view."""
        return self._stack.currentWidget() in self._widgets.values()

    @Slot(str)
    def choose(self, name: TextView) -> None:
        """Show a view at the place where the last one was, and remember it."""
        if name == self.active:
            self.bar.show_view(name)
            return
        shown, had_focus = self.shows_text, self.current.hasFocus()
        top = self.top_place()
        self._set_active(name)
        self._context.settings_store.change(text_view=name)
        self._fill()
        if shown:
            self._stack.setCurrentWidget(self.current)
            if top is not None:
                self.show_top(top)
            self._copy_place()
            if self._position_ms is not None:
                self._on_positioned(self._position_ms, True)
        if shown or had_focus:
            self.current.setFocus()

    def _set_active(self, name: TextView) -> None:
        self.active = name
        self.bar.show_view(name)
        proxy = None if name == "jefferson" else self.current  # none: Qt takes that, its stubs don't say so
        self._view.setFocusProxy(proxy)  # type: ignore[arg-type]  # None takes it back

    def edit(self, begin: Callable[[], None]) -> None:
        """Type the line that is marked anew: in the numbered lines, wherever the person is."""
        self.choose("jefferson")
        begin()

    def top_place(self) -> tuple[int, int] | None:
        """Return the time of the topmost line on the screen and how far it is scrolled past."""
        if self.active == "reading":
            return self.prose.top_place()
        if self.active == "jefferson":
            return self._view.top_place()
        row = self.table.top_row()
        return (self._view.sheet.rows[row].start_ms, 0) if 0 <= row < len(self._view.sheet.rows) else None

    def show_top(self, top: tuple[int, int]) -> None:
        """Put that line at the top that `top_place` told of, perhaps in another view."""
        if self.active == "reading":
            self.prose.show_top(top)
        elif self.active == "jefferson":
            self._view.show_top(top)
        else:
            stop = self._view.sheet.nearest_stop(top[0])
            if stop is not None:
                self.table.show_top(self._view.sheet.stops[stop].row)

    # --- from the numbered lines to the others -----------------------------------------------------------------------

    def show_conversation(self, conversation: Conversation) -> None:
        """Say what is kept of the line numbers."""
        self.bar.show_conversation(conversation)

    def _fill(self) -> None:
        """Let the view that is shown have the text; the others get it when they are chosen."""
        conversation = self._conversation()
        if conversation is None or conversation.transcript is None or conversation.withdrawn:
            return
        if self.active == "reading":
            self.prose.show_talk(self._view.sheet, conversation.transcript)
            self._show_bars()
        elif self.active == "table":
            self.table.show_talk(self._view.sheet, conversation.transcript)

    @Slot()
    def _on_sheet_shown(self) -> None:
        with self._quiet():
            top = self.top_place()
            self._fill()
            if self.active == "table" and top is not None:
                self.show_top(top)
        self._copy_place()

    @Slot()
    def _on_cleared(self) -> None:
        self._position_ms = None
        with self._quiet():
            self.prose.clear()
            self.table.clear()

    @Slot()
    def _on_place_changed(self) -> None:
        if not self._copying:
            self._copy_place()

    def _copy_place(self) -> None:
        with self._quiet():
            row = self._view.current_row()
            if self.active == "reading":
                self.prose.take_place(self._view)
            elif self.active == "table" and row is not None:
                chosen = self._view.chosen_rows()
                self.table.take(*((chosen[0], chosen[-1]) if chosen else (-1, -1)), row.place)
                if self.table.following or row.place != self.table.lines.heard:
                    self.table.show_row(row.place)

    @Slot(int, bool)
    def _on_positioned(self, position_ms: int, stay: bool) -> None:
        self._position_ms = position_ms
        with self._quiet():
            if self.active == "reading":
                self.prose.set_position(position_ms, stay=stay)
            elif self.active == "table":
                stop = self._view.sheet.stop_at(position_ms)
                self.table.set_heard(-1 if stop is None else self._view.sheet.stops[stop].row)

    @Slot()
    def _on_silenced(self) -> None:
        self._position_ms = None
        self.prose.stop_marking()
        self.table.set_heard(-1)

    @Slot()
    def _show_bars(self) -> None:
        if self.active != "reading":
            return
        rows, bars = self._view.sheet.rows, []
        for bar in self._view.bars:
            if bar.last < len(rows):
                beside = self.prose.sheet.rows_between(rows[bar.first].start_ms, rows[bar.last].end_ms)
                bars += [Bar(bar.annotation_id, beside[0], beside[-1], bar.token)] if beside else []
        self.prose.set_bars(bars)

    # --- from the others to the numbered lines -----------------------------------------------------------------------

    @contextmanager
    def _quiet(self) -> Iterator[None]:
        """While one view follows another, it does not lead."""
        before, self._copying = self._copying, True
        try:
            yield
        finally:
            self._copying = before

    @Slot()
    def _on_prose_moved(self) -> None:
        if not self._copying and self.active == "reading":
            with self._quiet():
                self._view.take_place(self.prose)

    @Slot(int, int)
    def _on_rows_chosen(self, first: int, last: int) -> None:
        with self._quiet():
            self._view.choose_rows(first, last)

    @Slot(int)
    def _on_row_heard(self, row: int) -> None:
        self.table.follow()
        if row < len(self._view.sheet.rows):
            self._view.hear_requested.emit(self._view.sheet.rows[row].start_ms, TO_THE_END)

    def _ask_menu(self, place: QPoint) -> None:
        self._view.menu_requested.emit(self._view.viewport().mapFromGlobal(place))

    # --- lines that are kept -----------------------------------------------------------------------------------------

    def add_to_menu(self, menu: QMenu) -> None:
        """Add what the bar may have no room for."""
        if self.bar.may_freeze:
            menu.addSeparator()
            menu.addAction(_("Brugt i et møde…")).triggered.connect(self.ask_to_freeze)

    @Slot()
    def ask_to_freeze(self) -> None:
        """Ask whether the line numbers are to be kept."""
        form = FreezeForm(self._stack, self._context.theme)
        form.accepted.connect(self._freeze)
        form.open()

    @Slot()
    def _freeze(self) -> None:
        conversation, workspace = self._conversation(), self._context.workspace()
        if conversation is None:
            return
        recording_id = conversation.recording.id
        self._context.background.run_write(
            lambda: freeze_lines(workspace, recording_id),
            lambda _frozen: self._context.notices.tell(_("Linjenumrene ligger nu fast.")),
            self._context.notices.fault,
            changes=Changes(transcripts=frozenset({recording_id})),
        )
