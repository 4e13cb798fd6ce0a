"""Mønstre: find the same in several conversations, gather the places, and hear them after each other."""

from __future__ import annotations

from PySide6.QtCore import Signal, Slot
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QTabWidget

from cubb_desktop.domain.ids import RecordingId
from cubb_desktop.gui.context import PageContext
from cubb_desktop.gui.widgets.collecting import Collecting
from cubb_desktop.gui.widgets.collections_panel import CollectionsPanel
from cubb_desktop.gui.widgets.controls import Button
from cubb_desktop.gui.widgets.layouts import Page
from cubb_desktop.gui.widgets.passage_bar import PassageBar
from cubb_desktop.gui.widgets.passage_player import PassagePlayer
from cubb_desktop.gui.widgets.search_panel import SearchPanel
from cubb_desktop.i18n import _


class PatternsPage(Page):
    """The search and the collections, each on a tab, and one player for both."""

    open_requested = Signal(object, object, str)  # RecordingId, place in ms, words

    def __init__(self, context: PageContext) -> None:
        super().__init__(context.theme, _("Mønstre"), scrolls=False)
        theme = context.theme
        self.header.sub.setText(_("Find det samme i flere samtaler"))
        self.begin = Button(_("Ny samling"), "primary", key="Ctrl+N")
        self.header.add(self.begin)
        self.player = PassagePlayer(
            context.background, context.workspace, lambda: context.settings_store.value.output, self
        )
        self.collecting = Collecting(context, self)
        self.search = SearchPanel(context, self.player, self.collecting)
        self.collections = CollectionsPanel(context, self.player)
        self.tabs = QTabWidget()
        self.tabs.setAccessibleName(_("Mønstre"))
        self.tabs.addTab(self.search, _("Søg"))
        self.tabs.addTab(self.collections, _("Samlinger"))
        self.body.setContentsMargins(theme.px(24), theme.px(6), theme.px(24), theme.px(12))
        self.body.addWidget(self.tabs, 1)
        self.bar = PassageBar(theme, self.player)
        outer = self.layout()
        if outer is not None:
            outer.addWidget(self.bar)
        self.begin.clicked.connect(self._on_begin)
        self.search.open_requested.connect(self.open_requested)
        self.collections.open_requested.connect(self.open_requested)
        self.player.failed.connect(context.notices.fault)
        context.background.forgetting.connect(self._on_forgetting)

    @property
    def playback(self) -> PassagePlayer:
        """What sounds here; the window does not lock while it does."""
        return self.player

    @Slot()
    def _on_begin(self) -> None:
        self.tabs.setCurrentWidget(self.collections)
        self.collections.begin()

    @Slot(object)
    def _on_forgetting(self, going: frozenset[RecordingId]) -> None:
        self.player.forget(going)
        self.search.forget(going)
        self.collections.forget(going)

    def leave(self) -> None:
        """Put the sound down and keep what was noted."""
        self.collections.keep_note()
        self.player.stop()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.search.refresh()

    def hideEvent(self, event: QHideEvent) -> None:
        self.player.pause()
        self.collections.keep_note()
        super().hideEvent(event)
