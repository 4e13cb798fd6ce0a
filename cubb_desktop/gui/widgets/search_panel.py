"""Searching for a pattern: the field, how words are taken, the lines that were found, and what to do with one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial

from PySide6.QtCore import Signal, Slot
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from cubb_desktop.domain.changes import Changes
from cubb_desktop.domain.concordance import KwicLine, Mode, Order, in_order
from cubb_desktop.domain.errors import CubbError
from cubb_desktop.domain.ids import RecordingId
from cubb_desktop.gui.context import PageContext
from cubb_desktop.gui.widgets.collecting import Collecting, Wanted
from cubb_desktop.gui.widgets.controls import Button, Choice, KeyCap
from cubb_desktop.gui.widgets.kwic_table import KwicTable, where_text
from cubb_desktop.gui.widgets.layouts import scrolling
from cubb_desktop.gui.widgets.messages import EmptyState
from cubb_desktop.gui.widgets.passage_player import PassagePlayer, Piece
from cubb_desktop.gui.widgets.search_field import SearchField
from cubb_desktop.gui.widgets.text import ElidedLabel, PlainLabel
from cubb_desktop.i18n import N_, _, ngettext
from cubb_desktop.library.concordance import Place
from cubb_desktop.services import patterns

ORDERS: tuple[tuple[Order, str], ...] = (
    (Order.TIME, N_("Som det blev sagt")),
    (Order.LEFT, N_("Efter ordet før")),
    (Order.RIGHT, N_("Efter ordet efter")),
)
_LEAST_WITH_KEYS = 900  # wide at 100 %: the keys work all the same
SORTED_AT_ONCE = 1_000  # lines that are read at a time where they are sorted by what stands beside the hit


@dataclass(frozen=True, slots=True)
class Asked:
    """What is searched for, and where."""

    query: str = ""
    mode: Mode = Mode.INFLECTED
    order: Order = Order.TIME
    only: RecordingId | None = None


@dataclass(frozen=True, slots=True)
class _Result:
    asked: Asked
    lines: tuple[KwicLine, ...]
    rest: Place | None
    own: bool = field(default=False)  # one conversation, and it is the person's own: then hits are counted


class SearchPanel(QWidget):
    """What was found is read a page at a time; nothing is counted over several conversations."""

    open_requested = Signal(object, object, str)  # RecordingId, place in ms, words
    shown = Signal()

    def __init__(self, context: PageContext, player: PassagePlayer, collecting: Collecting) -> None:
        super().__init__()
        self._context, self._player, self._collecting = context, player, collecting
        self._asked = Asked()
        self._only_title = ""
        self._result = _Result(Asked(), (), None)
        self._reading = self._stale = False
        self._build()
        context.background.changed.connect(self._on_changed)
        self._show()

    # --- layout ------------------------------------------------------------------------------------------------------

    def _build(self) -> None:
        theme = self._context.theme
        self.field = SearchField(theme, _("Ord, eller flere ord i »anførselstegn«"), _("Søg i alt, du må åbne"))
        self.field.searched.connect(self._on_searched)
        self.inflected = QCheckBox(_("Også bøjede former"))
        self.inflected.setChecked(True)
        self.inflected.setToolTip(_("»arbejde« finder også »arbejder« og »arbejdede«"))
        self.inflected.toggled.connect(self._on_mode)
        self.order = Choice()
        self.order.setAccessibleName(_("Rækkefølge"))
        for order, text in ORDERS:
            self.order.addItem(_(text), order.value)
        self.order.currentIndexChanged.connect(self._on_order)
        top = QHBoxLayout()
        top.setSpacing(theme.px(14))
        top.addWidget(self.field, 1)
        top.addWidget(self.inflected)
        top.addWidget(self.order)
        self.table = KwicTable(theme)
        self.table.open_asked.connect(self._on_open)
        self.table.play_asked.connect(self._on_play)
        self.table.collect_asked.connect(self._on_collect)
        self.table.only_asked.connect(self._on_only)
        self.table.end_reached.connect(self.read_more)
        self.table.chosen.connect(lambda _line: self._show_acts())
        self.start = EmptyState(
            theme, "patterns", _("Søg efter et ord eller en vending i alle samtaler, du må åbne."),
            hint=_("Fx »det kan jeg godt forstå«. Skriv arbejd* for alle ord, der begynder sådan."),
        )  # fmt: skip
        self.nothing = EmptyState(
            theme, "search", _("Ingen har sagt det i de samtaler, du må åbne."), _("Ryd søgningen")
        )
        self.nothing.chosen.connect(self.field.clear)
        self.stack = QStackedWidget()
        for widget in (scrolling(self.start), self.table, scrolling(self.nothing)):
            self.stack.addWidget(widget)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, theme.px(14), 0, 0)
        column.setSpacing(theme.px(8))
        column.addLayout(top)
        column.addWidget(self._scope())
        column.addWidget(self.stack, 1)
        column.addWidget(self._acts())

    def _scope(self) -> QWidget:
        """The strip that says that only one conversation is searched."""
        self.scope = QWidget()
        row = QHBoxLayout(self.scope)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(self._context.theme.px(10))
        self.scope_text = ElidedLabel("", "sub")
        self.count = PlainLabel("", "sub")
        self.play_all = Button(_("Afspil alle"))
        self.play_all.clicked.connect(self._on_play_all)
        self.everywhere = Button(_("Alle samtaler"), "quiet")
        self.everywhere.clicked.connect(lambda: self._ask(replace(self._asked, only=None)))
        row.addWidget(self.scope_text, 1)
        for widget in (self.count, self.play_all, self.everywhere):
            row.addWidget(widget)
        return self.scope

    def _acts(self) -> QWidget:
        self.acts = QWidget()
        self.acts.setProperty("foot", True)
        row = QHBoxLayout(self.acts)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(self._context.theme.px(8))
        self.play = Button(_("Hør herfra"), tooltip=_("Mellemrum"))
        self.collect = Button(_("Læg i samling…"), tooltip="C")
        self.open = Button(_("Åbn"), name=_("Åbn samtalen"), tooltip=_("Åbn samtalen") + " · Enter")
        self.only = Button(_("Kun denne"), name=_("Kun denne samtale"), tooltip=_("Kun denne samtale") + " · O")
        asks = ((self.play, self._on_play), (self.collect, self._on_collect), (self.open, self._on_open),
                (self.only, self._on_only))  # fmt: skip
        self._caps: list[KeyCap] = []
        for (button, act), key in zip(asks, (_("Mellemrum"), "C", "Enter", "O"), strict=True):
            button.clicked.connect(partial(self._with_line, act))
            self._caps.append(KeyCap(key))
            row.addWidget(button)
            row.addWidget(self._caps[-1])
        self.note = ElidedLabel("", "sub")
        self.more = Button(_("Vis flere"))
        self.more.clicked.connect(self.read_more)
        row.addWidget(self.note, 1)
        row.addWidget(self.more)
        return self.acts

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        roomy = self.width() >= self._context.theme.px(_LEAST_WITH_KEYS)
        for extra in (*self._caps, self.note):
            extra.setVisible(roomy)

    def _with_line(self, act: Callable[[KwicLine], object], _checked: bool = False) -> None:
        line = self.table.line()
        if line is not None:
            act(line)

    # --- asking ------------------------------------------------------------------------------------------------------

    def search(self, query: str) -> None:
        """Search for something else."""
        self.field.setText(query)

    @Slot(str)
    def _on_searched(self, query: str) -> None:
        self._ask(replace(self._asked, query=query))

    @Slot(bool)
    def _on_mode(self, inflected: bool) -> None:
        self._ask(replace(self._asked, mode=Mode.INFLECTED if inflected else Mode.EXACT))

    @Slot(int)
    def _on_order(self, _index: int) -> None:
        self._ask(replace(self._asked, order=Order(self.order.currentData())))

    def _on_only(self, line: KwicLine) -> None:
        self._only_title = line.title
        self._ask(replace(self._asked, only=line.recording_id))

    def _ask(self, asked: Asked) -> None:
        if asked != self._asked:
            self._asked = asked
            self._read()

    @Slot(object)
    def _on_changed(self, changes: Changes) -> None:
        if self._asked.query and (changes.transcripts or changes.recordings or changes.consents):
            self._stale = True
            if self.isVisible():
                self._read()

    def refresh(self) -> None:
        """Search again if something has changed since."""
        if self._stale:
            self._read()

    # --- reading -----------------------------------------------------------------------------------------------------

    def _read(self, after: Place | None = None) -> None:
        self._stale = True
        if self._reading:
            return
        self._reading, self._stale = True, False
        workspace, asked = self._context.workspace(), self._asked
        known = self._result.lines if after is not None else ()

        def work() -> _Result:
            own = asked.only is not None and patterns.is_own(workspace, asked.only)
            most = patterns.MOST_COUNTED if own else SORTED_AT_ONCE if asked.order is not Order.TIME else patterns.PAGE
            page = patterns.concordance(
                workspace, asked.query, asked.mode, after=after, most=most, recording_id=asked.only
            )
            return _Result(asked, tuple(in_order((*known, *page.lines), asked.order)), page.rest, own)

        self._context.background.run_read(work, self._on_read, self._on_unread)

    @Slot(object)
    def _on_read(self, result: _Result) -> None:
        self._reading = False
        if self._stale or result.asked != self._asked:  # it may hold what has been deleted meanwhile
            self._read()
            return
        self._result = result
        self._show()
        self.shown.emit()

    @Slot(object)
    def _on_unread(self, error: CubbError) -> None:
        self._reading = False
        if self._asked.only is not None:  # the conversation may not be opened any more
            self._ask(replace(self._asked, only=None))
        self._context.notices.fault(error)

    @Slot()
    def read_more(self) -> None:
        """Read the next page, if there is one."""
        if self._result.rest is not None and not self._reading:
            self._read(self._result.rest)

    def forget(self, going: frozenset[RecordingId]) -> None:
        """Let nothing stay on the screen of what is about to be deleted."""
        self._stale = bool(self._asked.query)
        kept = tuple(line for line in self._result.lines if line.recording_id not in going)
        only = None if self._asked.only in going else self._asked.only
        self._asked = replace(self._asked, only=only)
        self._result = replace(self._result, lines=kept, asked=self._asked)
        self._show()

    # --- showing -----------------------------------------------------------------------------------------------------

    def _show(self) -> None:
        result = self._result
        self.table.show_lines(result.lines)
        self.stack.setCurrentIndex(1 if result.lines else 2 if result.asked.query else 0)
        self.scope.setVisible(result.asked.only is not None and bool(result.asked.query))
        self.scope_text.setText(_("Kun i »{title}«").format(title=self._only_title))
        counted = result.own and result.rest is None
        number = len(result.lines)
        self.count.setText(ngettext("{number} sted", "{number} steder", number).format(number=number))
        self.count.setVisible(counted)
        self.play_all.setVisible(counted and bool(number))
        self.acts.setVisible(bool(result.lines))
        self.more.setVisible(result.rest is not None)
        by_side = result.rest is not None and result.asked.order is not Order.TIME
        told = _("Rækkefølgen gælder de linjer, der er hentet.") if by_side else ""
        self.note.setText(told or _("Maskinel tekst, hvor den ikke er rettet. Lyt."))
        self._show_acts()

    def _show_acts(self) -> None:
        chosen = self.table.line() is not None
        for button in (self.play, self.collect, self.open):
            button.setEnabled(chosen)
        self.only.setEnabled(chosen and self._asked.only is None)

    # --- what is done with a line ------------------------------------------------------------------------------------

    def _on_open(self, line: KwicLine) -> None:
        self._located(line, lambda found: self.open_requested.emit(line.recording_id, found.start_ms, ""))

    def _on_play(self, line: KwicLine) -> None:
        key = "\n".join(map(str, line.key))
        piece = self._player.piece
        if piece is not None and piece.key == key and self._player.playing:
            self._player.pause()
            return
        self._located(
            line,
            lambda found: self._player.play([Piece(key, line.recording_id, found.start_ms, None, where_text(line))]),
        )

    def _located(self, line: KwicLine, then: Callable[[patterns.Stretch], object]) -> None:
        workspace = self._context.workspace()
        self._context.background.run_read(
            lambda: patterns.stretch_of(workspace, line), then, self._context.notices.fault
        )

    def _on_collect(self, line: KwicLine) -> None:
        workspace = self._context.workspace()

        def ask(found: patterns.Stretch) -> None:
            self._collecting.collect(Wanted(line.recording_id, found.start_ms, found.end_ms, found.word_ids))

        self._context.background.run_read(lambda: patterns.turn_of(workspace, line), ask, self._context.notices.fault)

    @Slot()
    def _on_play_all(self) -> None:
        workspace, result = self._context.workspace(), self._result
        only = result.asked.only
        if only is None:
            return
        lines = in_order(result.lines, Order.TIME)

        def play(found: list[patterns.Stretch]) -> None:
            self._player.play([
                Piece(f"{stretch.start_ms}", only, stretch.start_ms, stretch.end_ms, self._only_title)
                for stretch in sorted(found)
            ])  # fmt: skip

        self._context.background.run_read(
            lambda: patterns.stretches_of(workspace, only, lines), play, self._context.notices.fault
        )
