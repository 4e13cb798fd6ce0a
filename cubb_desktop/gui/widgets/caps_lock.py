"""Whether Caps Lock seems to be on: Qt doesn't say, but what is typed gives it away."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QLineEdit

from cubb_desktop.gui.widgets.text import PlainLabel
from cubb_desktop.i18n import _


class CapsLockHint(PlainLabel):
    """A line that is shown while letters come out the wrong way round in one of the fields it watches."""

    def __init__(self) -> None:
        super().__init__(_("Caps Lock ser ud til at være slået til."), "fault", wrap=True)
        self._on = False
        self.hide()

    def watch(self, line: QLineEdit) -> None:
        """Look at what is typed in `line`."""
        line.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QKeyEvent) and event.type() is QEvent.Type.KeyPress:
            self._look(event)
        return super().eventFilter(watched, event)

    def _look(self, event: QKeyEvent) -> None:
        text = event.text()
        if event.key() == Qt.Key.Key_CapsLock:
            self._on = not self._on if self.isVisible() else self._on
        elif len(text) == 1 and text.lower() != text.upper():
            shifted = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
            self._on = text.isupper() is not shifted
        self.setVisible(self._on)
