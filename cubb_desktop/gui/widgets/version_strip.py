"""The strip that says which version of the text is read where that is not plain, with the way back."""

from __future__ import annotations

from PySide6.QtCore import QSize, Signal, SignalInstance
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLayout, QSizePolicy

from cubb_desktop.gui.theme import Theme
from cubb_desktop.gui.widgets.controls import Button
from cubb_desktop.gui.widgets.text import ElidedLabel
from cubb_desktop.i18n import _

_WIDE = 980  # with room for all buttons, at 100 %


class VersionStrip(QFrame):
    """One line, only where there is something to say."""

    back_requested = Signal()
    read_requested = Signal()
    compare_requested = Signal()
    use_requested = Signal()
    keep_requested = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.setProperty("role", "header")
        self.setAccessibleName(_("Versioner af udskriften"))
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        row = QHBoxLayout(self)
        row.setContentsMargins(theme.px(24), theme.px(3), theme.px(16), theme.px(3))
        row.setSpacing(theme.px(6))
        row.setSizeConstraint(QLayout.SizeConstraint.SetNoConstraint)  # it gives way by itself, see _fit
        self.line = ElidedLabel("", "sub")
        row.addWidget(self.line, 1)
        self.back = self._button(row, _("Tilbage til den gældende"), self.back_requested)
        self.use = self._button(row, _("Gør den til den gældende"), self.use_requested)
        self.read = self._button(row, _("Læs den"), self.read_requested)
        self.keep = self._button(row, _("Behold den gældende"), self.keep_requested)
        self.compare = self._button(row, _("Sammenlign"), self.compare_requested)
        self._offered: tuple[Button, ...] = ()
        self.hide()

    def _button(self, row: QHBoxLayout, text: str, asked: SignalInstance) -> Button:
        button = Button(text, "quiet", tooltip="")
        button.setProperty("tight", True)
        button.clicked.connect(asked)
        row.addWidget(button)
        return button

    def show_reading(self, text: str) -> None:
        """Another version than the one that counts is read."""
        self._show(text, self.back, self.use, self.compare)

    def show_newer(self, text: str) -> None:
        """The machine has made a newer one than the one that counts."""
        self._show(text, self.read, self.keep, self.compare)

    def _show(self, text: str, *offered: Button) -> None:
        self.line.setText(text)
        self.setAccessibleDescription(text)
        self._offered = offered
        self.show()
        self._fit()

    def minimumSizeHint(self) -> QSize:
        return QSize(self._theme.px(200), self.sizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """Where it is narrow the menu of the versions has what does not fit here."""
        wide = self.width() >= self._theme.px(_WIDE)
        for button in (self.back, self.use, self.read, self.keep, self.compare):
            button.setVisible(button in self._offered and (wide or button is self._offered[0]))
