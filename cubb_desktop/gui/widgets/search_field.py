"""The field that searches; its key stands in it until something is written."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QSizePolicy, QWidget

from cubb_desktop.gui.theme import Theme
from cubb_desktop.gui.widgets.controls import KeyCap, add_key
from cubb_desktop.gui.widgets.text import plain_tooltip

_PAUSE_MS = 150


class SearchField(QLineEdit):
    """Tells what to search for when the person has stopped typing; Escape empties it."""

    searched = Signal(str)

    def __init__(self, theme: Theme, placeholder: str, name: str, key: str = "Ctrl+F") -> None:
        super().__init__()
        self.setPlaceholderText(placeholder)
        self.setAccessibleName(name)
        self.setToolTip(plain_tooltip(name))
        self._theme = theme
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.setMinimumWidth(theme.px(84))
        self._caps = QWidget(self)
        row = QHBoxLayout(self._caps)
        row.setContentsMargins(0, 0, theme.px(8), 0)
        row.setSpacing(3)
        for part in key.split("+"):
            row.addWidget(KeyCap(part))
        self._wait = QTimer(self, singleShot=True, interval=_PAUSE_MS)
        self._wait.timeout.connect(lambda: self.searched.emit(self.text().strip()))
        self.textChanged.connect(self._on_typed)
        add_key(self, key, self._on_key)

    def sizeHint(self) -> QSize:
        return QSize(self._theme.px(290), super().sizeHint().height())

    def _on_key(self) -> None:
        self.setFocus()
        self.selectAll()

    def _on_typed(self) -> None:
        self._place()
        self._wait.start()

    def _place(self) -> None:
        size = self._caps.sizeHint()
        needed = self.fontMetrics().horizontalAdvance(self.placeholderText()) + size.width() + 30
        self._caps.setVisible(not self.text() and self.width() >= needed)
        self._caps.setGeometry(self.width() - size.width(), (self.height() - size.height()) // 2, *size.toTuple())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self.text():
            self.clear()
            return
        super().keyPressEvent(event)
