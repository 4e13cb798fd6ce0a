"""What the window says: messages over the page, an empty page's one sentence and button, and a strip of notice."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QPoint, Qt, QTimer, Signal, Slot
from PySide6.QtWidgets import QApplication, QFrame, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget
from shiboken6 import isValid

from cubb_desktop.gui.context import Notice
from cubb_desktop.gui.theme import Theme
from cubb_desktop.gui.widgets.controls import Button, IconButton
from cubb_desktop.gui.widgets.text import PlainLabel
from cubb_desktop.i18n import _

_SHOWN_MS = 7000
_FAULT_SHOWN_MS = 20_000
_MOVES = frozenset({QEvent.Type.Show, QEvent.Type.Hide, QEvent.Type.Move, QEvent.Type.Resize})


class Toast(QFrame):
    """One message at the foot of the window; it goes by itself, a fault later than the rest."""

    closed = Signal()

    def __init__(self, theme: Theme, notice: Notice) -> None:
        super().__init__()
        self.notice = notice
        self.setProperty("role", "toast-fault" if notice.fault else "toast")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setAccessibleName(notice.text)
        row = QHBoxLayout(self)
        row.setContentsMargins(theme.px(18), theme.px(10), theme.px(10), theme.px(10))
        row.setSpacing(theme.px(12))
        row.addWidget(PlainLabel(notice.text, wrap=True), 1)
        if notice.action:
            self.action = Button(notice.action)
            self.action.clicked.connect(self._on_act)
            row.addWidget(self.action)
        close = IconButton(theme, "close", _("Luk beskeden"), size=16)
        close.clicked.connect(self.closed)
        row.addWidget(close)
        self.timer = QTimer(self, interval=_FAULT_SHOWN_MS if notice.fault else _SHOWN_MS)
        self.timer.timeout.connect(self._on_time)
        self.timer.start()

    @Slot()
    def _on_time(self) -> None:
        """Go, unless the keyboard is here right now; then look again later."""
        focus = QApplication.focusWidget()
        if focus is None or not self.isAncestorOf(focus):
            self.closed.emit()

    def _on_act(self) -> None:
        self.closed.emit()
        if self.notice.act is not None:
            self.notice.act()


class Toasts(QWidget):
    """The newest message, at the foot of its parent but above what the page itself says there.

    That is every visible frame with the role "footer" and every widget with the property "foot".
    """

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme
        self._toast: Toast | None = None
        self._feet: list[QWidget] = []
        self._rows = QVBoxLayout(self)
        self._rows.setContentsMargins(0, 0, 0, 0)
        parent.installEventFilter(self)
        self.hide()

    def show_notice(self, notice: Notice) -> None:
        """Show `notice` instead of the one before it."""
        self.clear()
        toast = Toast(self._theme, notice)
        toast.closed.connect(lambda: self._on_closed(toast))
        self._toast = toast
        self._rows.addWidget(toast)
        self._watch_feet()
        self.show()
        self._place()
        self.raise_()
        QTimer.singleShot(0, self, self._place)  # once more, when the text has the style sheet's size

    def shown(self) -> Notice | None:
        """The message on screen."""
        return self._toast.notice if self._toast is not None else None

    def clear(self) -> None:
        """Take the message away."""
        if self._toast is not None:
            self._rows.removeWidget(self._toast)
            self._toast.hide()
            self._toast.deleteLater()
            self._toast = None
        for foot in self._feet:
            if isValid(foot):
                foot.removeEventFilter(self)
        self._feet.clear()
        self.hide()

    def _on_closed(self, toast: Toast) -> None:
        if toast is self._toast:
            self.clear()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self.parent():
            if event.type() is QEvent.Type.Resize:
                self._place()
        elif event.type() in _MOVES:
            QTimer.singleShot(0, self, self._place)
        return False

    def event(self, event: QEvent) -> bool:
        if event.type() is QEvent.Type.LayoutRequest:
            self._place()
        return super().event(event)

    def _watch_feet(self) -> None:
        page = self.parentWidget()
        found = page.findChildren(QWidget) if page is not None else []
        self._feet = [one for one in found if one.property("role") == "footer" or one.property("foot")]
        for foot in self._feet:
            foot.installEventFilter(self)

    @Slot()
    def _place(self) -> None:
        parent = self.parentWidget()
        if parent is None or self._toast is None:
            return
        width = min(self._theme.px(680), parent.width() - self._theme.px(40))
        row = self._toast.layout()
        height = row.totalHeightForWidth(width) if row is not None else 0
        tops = [foot.mapTo(parent, QPoint()).y() for foot in self._feet if isValid(foot) and foot.isVisible()]
        above = min([parent.height(), *tops]) - self._theme.px(10)
        self.setGeometry((parent.width() - width) // 2, max(0, above - height), width, height)


class EmptyState(QWidget):
    """What an empty page shows: a drawing, one sentence, and the one thing to do."""

    chosen = Signal()

    def __init__(self, theme: Theme, icon: str, text: str, button: str = "", hint: str = "") -> None:
        super().__init__()
        self._theme, self._icon = theme, icon
        column = QVBoxLayout(self)
        column.setSpacing(theme.px(14))
        column.addStretch(2)
        self._drawing = PlainLabel()
        self._drawing.setAlignment(Qt.AlignmentFlag.AlignCenter)
        column.addWidget(self._drawing)
        sentence = PlainLabel(text, "heading", wrap=True)
        sentence.setAlignment(Qt.AlignmentFlag.AlignCenter)
        column.addWidget(sentence)
        if hint:
            below = PlainLabel(hint, "sub", wrap=True)
            below.setAlignment(Qt.AlignmentFlag.AlignCenter)
            column.addWidget(below)
        if button:
            self.button = Button(button)
            self.button.clicked.connect(self.chosen)
            column.addWidget(self.button, 0, Qt.AlignmentFlag.AlignCenter)
        column.addStretch(3)
        theme.changed.connect(self._renew)
        self._renew()

    def _renew(self) -> None:
        self._drawing.setPixmap(self._theme.pixmap(self._icon, "faint", 44))


class NoticeStrip(QFrame):
    """A calm strip that says something about everything below it (a demo model made these texts)."""

    def __init__(self, theme: Theme, text: str = "", button: str = "") -> None:
        super().__init__()
        self.setProperty("role", "notice")
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        row = QHBoxLayout(self)
        row.setContentsMargins(theme.px(14), theme.px(7), theme.px(10), theme.px(7))
        self.text = PlainLabel(text, wrap=True)
        row.addWidget(self.text, 1)
        if button:
            self.button = Button(button, "quiet")
            row.addWidget(self.button)
