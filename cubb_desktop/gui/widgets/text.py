"""Text on screen, always shown as text: nothing that comes from data is ever read as markup."""

from __future__ import annotations

import html
from typing import Literal

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget

Role = Literal[
    "", "title", "heading", "strong", "sub", "label", "soft", "accent", "fault", "mono", "clock", "key", "keycap",
    "pill", "pill-accent",
]  # fmt: skip


class PlainLabel(QLabel):
    """A label that shows its text as it is; `role` picks its look from the style sheet."""

    def __init__(self, text: str = "", role: Role = "", *, wrap: bool = False, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setWordWrap(wrap)
        if role:
            self.setProperty("role", role)
        self.setText(text)
        if role.startswith("pill"):
            self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Maximum)
        if wrap:
            policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
            policy.setHeightForWidth(True)
            self.setSizePolicy(policy)

    def set_role(self, role: Role) -> None:
        """Change the look, for a text whose weight changes (a hint that becomes a fault)."""
        self.setProperty("role", role)
        self.style().unpolish(self)
        self.style().polish(self)


class ElidedLabel(PlainLabel):
    """One line that gives way when there is no room; the whole text is in its tooltip."""

    def __init__(self, text: str = "", role: Role = "", parent: QWidget | None = None) -> None:
        super().__init__(text, role, parent=parent)
        self._cut = False
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)

    def minimumSizeHint(self) -> QSize:
        return QSize(0, super().minimumSizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        shown = self.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, self.width())
        painter.setPen(self.palette().windowText().color())
        painter.drawText(self.rect(), int(self.alignment()), shown)
        painter.end()
        self._cut = shown != self.text()

    def event(self, event: QEvent) -> bool:
        if event.type() is QEvent.Type.ToolTip:
            self.setToolTip(plain_tooltip(self.text()) if self._cut else "")
        return super().event(event)


def set_tooltip(widget: QWidget, text: str) -> None:
    """Set a tooltip that is shown as text, also where it looks like markup."""
    widget.setToolTip(plain_tooltip(text))


def plain_tooltip(text: str) -> str:
    """Return `text` for a place that guesses whether it is markup."""
    return f"<span>{html.escape(text)}</span>" if "<" in text or "&" in text else text


def plain_button_text(text: str) -> str:
    """Return `text` for a button or a menu, where an ampersand would mark a key."""
    return text.replace("&", "&&")
