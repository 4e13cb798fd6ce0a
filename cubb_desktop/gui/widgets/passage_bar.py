"""The foot of the patterns page: what sounds, pause, and the way to the next passage."""

from __future__ import annotations

from PySide6.QtCore import QSize, Slot
from PySide6.QtWidgets import QFrame, QHBoxLayout

from cubb_desktop.gui.theme import Theme
from cubb_desktop.gui.widgets.controls import Button
from cubb_desktop.gui.widgets.passage_player import PassagePlayer, Piece
from cubb_desktop.gui.widgets.text import ElidedLabel, set_tooltip
from cubb_desktop.i18n import _


class PassageBar(QFrame):
    """Shows a player and works it; hidden while there is nothing to hear."""

    def __init__(self, theme: Theme, player: PassagePlayer) -> None:
        super().__init__()
        self._theme, self._player = theme, player
        self.setProperty("role", "footer")
        self.setAccessibleName(_("Afspilning"))
        row = QHBoxLayout(self)
        row.setContentsMargins(theme.px(24), theme.px(8), theme.px(24), theme.px(8))
        row.setSpacing(theme.px(10))
        self.play = Button(_("Esc"), name=_("Afspil"), key="Esc")
        self.play.clicked.connect(player.toggle)
        self.previous = Button(_("Forrige"), "quiet", key="Alt+Left", name=_("Forrige sted"))
        self.previous.clicked.connect(player.previous)
        self.next = Button(_("Næste"), "quiet", key="Alt+Right", name=_("Næste sted"))
        self.next.clicked.connect(player.next)
        self.label = ElidedLabel("", "sub")
        self.stop = Button(_("Luk lyden"), "quiet")
        self.stop.clicked.connect(player.stop)
        for button in (self.play, self.previous, self.next):
            row.addWidget(button)
        row.addWidget(self.label, 1)
        row.addWidget(self.stop)
        player.sounding.connect(self._on_sounding)
        player.playing_changed.connect(self._on_playing)
        theme.changed.connect(self._renew)
        self._renew()
        self.hide()

    @Slot(object)
    def _on_sounding(self, piece: Piece | None) -> None:
        self.setVisible(piece is not None)
        self.label.setText(piece.label if piece is not None else "")
        self.previous.setEnabled(self._player.has_previous)
        self.next.setEnabled(self._player.has_next)

    @Slot(bool)
    def _on_playing(self, _playing: bool) -> None:
        self._renew()

    def _renew(self) -> None:
        playing = self._player.playing
        name = _("Pause") if playing else _("Afspil")
        self.play.setIcon(self._theme.icon("pause" if playing else "play", "ink", 16))
        self.play.setIconSize(QSize(self._theme.px(15), self._theme.px(15)))
        self.play.setAccessibleName(name)
        set_tooltip(self.play, f"{name} · Esc")
