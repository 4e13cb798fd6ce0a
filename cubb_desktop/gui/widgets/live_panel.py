"""What is on the page while it is recorded: that it is, how loud, what to watch out for, and what was noticed."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QWidget

from cubb_desktop.gui.theme import Theme
from cubb_desktop.gui.widgets.controls import Button, Card
from cubb_desktop.gui.widgets.level_bar import LevelBar
from cubb_desktop.gui.widgets.live_marks import LiveMarks
from cubb_desktop.gui.widgets.messages import NoticeStrip
from cubb_desktop.gui.widgets.text import ElidedLabel, PlainLabel
from cubb_desktop.i18n import _

_MOST_WARNINGS = 3


class Dot(QWidget):
    """Red while sound is being kept, hollow in a pause; only after the first of it is on disk."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme, self.live = theme, False
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        return QSize(self._theme.px(20), self._theme.px(20))

    def set_live(self, live: bool) -> None:
        """Fill the dot, or leave it hollow."""
        self.live = live
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colour = self._theme.color("recording" if self.live else "edge")
        painter.setPen(colour)
        painter.setBrush(colour if self.live else Qt.BrushStyle.NoBrush)
        painter.drawEllipse(self.rect().adjusted(2, 2, -2, -2))
        painter.end()


class LivePanel(Card):
    """The left side of the page while something is recorded."""

    talk_requested = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme, spacing=14)
        self._warnings: dict[str, str] = {}
        first = QHBoxLayout()
        first.setSpacing(theme.px(10))
        self.dot = Dot(theme)
        self.what = PlainLabel("", "title")
        self.title = ElidedLabel("", "sub")
        first.addWidget(self.dot)
        first.addWidget(self.what)
        first.addWidget(self.title, 1)
        self.add(first)
        self.guide = PlainLabel(
            _("Læs aftalen højt, og lad hver enkelt sige ja. Den gemmes som et stykke for sig, før samtalen."),
            wrap=True,
        )
        self.add(self.guide)
        self.talk_button = Button(_("Videre til samtalen  (V)"), "primary", key="V", name=_("Videre til samtalen"))
        self.talk_button.clicked.connect(self.talk_requested)
        self.rows.addWidget(self.talk_button, 0, Qt.AlignmentFlag.AlignLeft)
        self.level = LevelBar(theme)
        self.add(self.level)
        self.level_words = PlainLabel("", "sub", wrap=True)
        self.add(self.level_words)
        self.strip = NoticeStrip(theme)
        self.strip.hide()
        self.add(self.strip)
        self.marks = LiveMarks(theme)
        self.add(self.marks, 1)

    def begin(self, title: str, *, spoken: bool) -> None:
        """Start with nothing to warn of."""
        self.title.setText(title)
        self._warnings.clear()
        self._show_warnings()
        self.set_spoken(spoken)

    def set_spoken(self, spoken: bool) -> None:
        """Show the step of the spoken agreement, or the conversation."""
        for widget in (self.guide, self.talk_button):
            widget.setVisible(spoken)
        self.marks.setVisible(not spoken)
        self.talk_button.setEnabled(True)

    def warn(self, about: str, text: str) -> None:
        """Say one thing about a subject instead of what was said about it before; "" takes it back."""
        self._warnings.pop(about, None)
        if text:
            self._warnings[about] = text
        self._show_warnings()

    def warnings(self) -> str:
        """What is being warned of."""
        return "\n".join(list(self._warnings.values())[-_MOST_WARNINGS:])

    def _show_warnings(self) -> None:
        self.strip.text.setText(self.warnings())
        self.strip.setAccessibleName(self.warnings())
        self.strip.setVisible(bool(self._warnings))
