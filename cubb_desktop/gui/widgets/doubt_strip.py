"""The strip that says in words what is in doubt here, and walks through it."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent, QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QSizePolicy

from cubb_desktop.gui.theme import Theme
from cubb_desktop.gui.widgets.controls import Button, IconButton, KeyCap
from cubb_desktop.gui.widgets.text import ElidedLabel
from cubb_desktop.i18n import _

NEXT_KEY, BEFORE_KEY = "Ctrl+Down", "Ctrl+Up"
_WIDE = 860  # with room for keys and words, at 100 %


class DoubtStrip(QFrame):
    """One line: the place that is shown and what can be done about it, or how many there are."""

    stepped = Signal(int)
    confirm_requested = Signal()
    edit_requested = Signal()
    listened_requested = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.setProperty("role", "header")
        self.setAccessibleName(_("Steder i tvivl"))
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        self.setMinimumHeight(theme.px(41))  # with and without buttons, so that the text does not jump
        row = QHBoxLayout(self)
        row.setContentsMargins(theme.px(24), theme.px(3), theme.px(16), theme.px(3))
        row.setSpacing(theme.px(6))
        self.line = ElidedLabel("", "sub")
        row.addWidget(self.line, 1)
        self._caps: list[KeyCap] = []
        self.confirm = self._act(row, "X", _("Det er rigtigt"), _("Ordet er rigtigt, som det står"))
        self.edit = self._act(row, "E", _("Ret"), _("Ret linjen"))
        self.listened = self._act(row, "A", _("Lyttet igennem"), _("Linjen er lyttet igennem"))
        self.before = IconButton(theme, "back", _("Stedet før, der er i tvivl"), key=BEFORE_KEY, size=14)
        self.next = IconButton(theme, "forward", _("Næste sted, der er i tvivl"), key=NEXT_KEY, size=14)
        self.keys = KeyCap(_("Ctrl ↑↓"))
        row.addWidget(self.keys)
        row.addWidget(self.before)
        row.addWidget(self.next)
        self.confirm.clicked.connect(self.confirm_requested)
        self.edit.clicked.connect(self.edit_requested)
        self.listened.clicked.connect(self.listened_requested)
        self.before.clicked.connect(lambda: self.stepped.emit(-1))
        self.next.clicked.connect(lambda: self.stepped.emit(1))
        self._acts_on: tuple[Button, ...] = ()
        self.hide()

    def _act(self, row: QHBoxLayout, key: str, text: str, name: str) -> Button:
        cap = KeyCap(key)
        button = Button(text, "quiet", tooltip=f"{name} · {key}", name=name)
        button.setProperty("tight", True)
        self._caps.append(cap)
        row.addWidget(cap)
        row.addWidget(button)
        return button

    def show_place(self, text: str, *, words: bool, turn: bool) -> None:
        """Show the place one is at: `words` can be right as they stand, a line of a `turn` listened through."""
        acts = [button for button, fits in ((self.confirm, words), (self.edit, True), (self.listened, turn)) if fits]
        self._show(text, tuple(acts), walking=True)
        if QAccessible.isActive():
            QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(self, text))

    def show_summary(self, text: str, *, walking: bool) -> None:
        """Show how many places there are; `walking` offers to go to them."""
        self._show(text, (), walking=walking)

    def _show(self, text: str, acts: tuple[Button, ...], *, walking: bool) -> None:
        self.line.setText(text)
        self.setAccessibleDescription(text)
        self.before.setEnabled(walking)
        self.next.setEnabled(walking)
        self._acts_on = acts
        self.show()
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """Where it is narrow the keys do it alone."""
        wide = self.width() >= self._theme.px(_WIDE)
        self.keys.setVisible(wide and self.next.isEnabled())
        for cap, button in zip(self._caps, (self.confirm, self.edit, self.listened), strict=True):
            cap.setVisible(wide and button in self._acts_on)
            button.setVisible(wide and button in self._acts_on)
