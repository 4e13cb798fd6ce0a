"""The rail at the left: the pages, each an icon and a word."""

from __future__ import annotations

import math
from collections.abc import Iterable

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QButtonGroup, QFrame, QSizePolicy, QVBoxLayout

from cubb_desktop.gui.theme import Theme
from cubb_desktop.gui.widgets.controls import add_key, key_text
from cubb_desktop.gui.widgets.text import set_tooltip

_WIDTH = 104
_SIDE = 8


class RailButton(QAbstractButton):
    """One page on the rail; painted, so that long words fit at any text size."""

    def __init__(self, theme: Theme, icon: str, text: str, key: str) -> None:
        super().__init__()
        self._theme, self._icon = theme, icon
        self.live = False  # something is being recorded on this page
        self.setText(text)
        self.setCheckable(True)
        self.setAccessibleName(text)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        set_tooltip(self, f"{text} · {key_text(key)}")
        add_key(self, key, self.click)
        theme.changed.connect(self.updateGeometry)

    def _icon_px(self) -> float:
        return 22 / math.sqrt(max(1.0, self._theme.scale))  # at 200 % the word matters, not the drawing

    def _padding(self) -> int:
        return round(9 * math.sqrt(math.sqrt(max(1.0, self._theme.scale))))

    def sizeHint(self) -> QSize:
        words = QFontMetrics(self._theme.font(12, strong=True))
        height = self._theme.px(self._icon_px()) + 3 + words.height() + 2 * self._padding()
        return QSize(words.horizontalAdvance(self.text()) + 2 * self._theme.px(6), height)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        theme = self._theme
        frame = QRectF(self.rect()).adjusted(1, 1, -1, -1)
        if self.isChecked():
            painter.setPen(theme.color("line"))
            painter.setBrush(theme.color("card"))
            painter.drawRoundedRect(frame, theme.px(10), theme.px(10))
        if self.hasFocus():
            painter.setPen(QPen(theme.color("accent"), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(frame, theme.px(10), theme.px(10))
        token = "accent-ink" if self.isChecked() else ("ink" if self.underMouse() else "soft")
        icon = theme.pixmap(self._icon, "recording" if self.live else token, self._icon_px())
        size = icon.deviceIndependentSize()
        top = self._padding()
        painter.drawPixmap(round((self.width() - size.width()) / 2), top, icon)
        painter.setFont(theme.font(12, strong=self.isChecked()))
        painter.setPen(theme.color("recording" if self.live else token))
        words = self.rect().adjusted(0, top + round(size.height()) + 3, 0, 0)
        painter.drawText(words, Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop, self.text())
        painter.end()


class Rail(QFrame):
    """All pages; exactly one is chosen. The last one stands at the foot."""

    chosen = Signal(str)

    def __init__(self, theme: Theme, items: Iterable[tuple[str, str, str]]) -> None:
        """`items` are (key, icon, word)."""
        super().__init__()
        self._theme = theme
        self.setProperty("role", "rail")
        self._group = QButtonGroup(self)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(_SIDE, theme.px(12), _SIDE, theme.px(12))
        self._column.setSpacing(4)
        self.buttons: dict[str, RailButton] = {}
        entries = list(items)
        for number, (key, icon, word) in enumerate(entries, 1):
            button = RailButton(theme, icon, word, f"Ctrl+{number}")
            button.clicked.connect(lambda _=False, key=key: self.chosen.emit(key))
            self._group.addButton(button)
            if number == len(entries):
                self._column.addStretch(1)
            self._column.addWidget(button)
            self.buttons[key] = button
        theme.changed.connect(self._fit)
        self._fit()

    def choose(self, key: str) -> None:
        """Show `key` as the chosen page, without telling anybody."""
        self.buttons[key].setChecked(True)

    def set_live(self, key: str, live: bool) -> None:
        """Show that something is being recorded on a page, also while another one is shown."""
        self.buttons[key].live = live
        self.buttons[key].update()

    def _fit(self) -> None:
        widest = max(button.sizeHint().width() for button in self.buttons.values())
        self.setFixedWidth(max(_WIDTH, widest + 2 * _SIDE + 2))
