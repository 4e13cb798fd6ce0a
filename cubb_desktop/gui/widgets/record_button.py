"""The big round button: teal while nothing is recorded, red while something is."""

from __future__ import annotations

import math

from PySide6.QtCore import QPointF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QSizePolicy

from cubb_desktop.gui.theme import Theme
from cubb_desktop.gui.widgets.controls import add_key, key_text
from cubb_desktop.gui.widgets.text import set_tooltip

_ACROSS, _RING = 148, 10


class RecordButton(QAbstractButton):
    """Painted; its word says what a press does."""

    def __init__(self, theme: Theme, text: str, key: str) -> None:
        super().__init__()
        self._theme, self._key = theme, key
        self.live = False
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        add_key(self, key, self.click)
        theme.changed.connect(self.updateGeometry)
        self.say(text, live=False)

    def say(self, text: str, *, live: bool) -> None:
        """Show what a press does now, and whether something is being recorded."""
        self.live = live
        self.setText(text)
        self.setAccessibleName(text)
        set_tooltip(self, f"{text} · {key_text(self._key)}")
        self.update()

    def sizeHint(self) -> QSize:
        side = round(self._big(_ACROSS + 2 * _RING))
        return QSize(side, side)

    def _big(self, length: float) -> float:
        """A length that grows less than the text does: at 200 % the words beside it need the room."""
        return length * math.sqrt(self._theme.scale)

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = self._theme
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        middle = QPointF(self.width() / 2, self.height() / 2)
        ground, ink = ("recording", "on-recording") if self.live else ("accent", "on-accent")
        disc = theme.color(ground if self.isEnabled() else "line")
        ring = QColor(disc)
        ring.setAlphaF(0.12 if self.isEnabled() else 0.4)
        outer, inner = self._big(_ACROSS / 2 + _RING), self._big(_ACROSS / 2)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(ring)
        painter.drawEllipse(middle, outer, outer)
        painter.setBrush(disc.darker(108) if self.isDown() else disc)
        painter.drawEllipse(middle, inner, inner)
        if self.hasFocus():
            painter.setPen(QPen(theme.color("ink"), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawEllipse(middle, outer - 2, outer - 2)
        painter.setFont(theme.font(17, strong=True))
        painter.setPen(theme.color(ink if self.isEnabled() else "soft"))
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, self.text())
        painter.end()
