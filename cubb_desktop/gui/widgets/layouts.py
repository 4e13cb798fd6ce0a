"""How pages are laid out: a header, a column that scrolls, and columns that go under each other when it gets narrow."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QFrame, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from cubb_desktop.gui.theme import Theme
from cubb_desktop.gui.widgets.text import ElidedLabel, PlainLabel


class Header(QFrame):
    """The strip at the top of a page: its title, a line about it, and what can be done (the primary button last)."""

    def __init__(self, theme: Theme, title: str, *, sub: str = "") -> None:
        super().__init__()
        self.setProperty("role", "header")
        self.title = PlainLabel(title, "title")
        self.sub = ElidedLabel(sub, "sub")
        self.row = QHBoxLayout(self)
        self.row.setContentsMargins(theme.px(24), theme.px(13), theme.px(24), theme.px(12))
        self.row.setSpacing(theme.px(14))
        self.row.addWidget(self.title)
        self.row.addWidget(self.sub, 1)
        self.setMinimumHeight(theme.px(60))

    def add(self, widget: QWidget) -> None:
        """Add something at the right."""
        self.row.addWidget(widget)


class Page(QWidget):
    """A page with a header; `self.body` is what lies below it, with the page's padding."""

    def __init__(self, theme: Theme, title: str, *, scrolls: bool = True) -> None:
        super().__init__()
        self.setProperty("role", "page")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setAccessibleName(title)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(0)
        self.header = Header(theme, title)
        outer.addWidget(self.header)
        content = QWidget()
        content.setProperty("role", "page")
        self.body = QVBoxLayout(content)
        self.body.setContentsMargins(theme.px(24), theme.px(22), theme.px(24), theme.px(22))
        self.body.setSpacing(theme.px(18))
        outer.addWidget(scrolling(content) if scrolls else content, 1)


class Scroller(QScrollArea):
    """Scrolls up and down only, and gives its content the height that its texts need at the width there is."""

    def __init__(self, content: QWidget) -> None:
        super().__init__()
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setWidget(content)
        content.installEventFilter(self)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self.widget() and event.type() is QEvent.Type.LayoutRequest:
            self._fit()
        return super().eventFilter(watched, event)

    def _fit(self) -> None:
        content = self.widget()
        layout = content.layout() if content is not None else None
        if content is None or layout is None:
            return
        room = self.viewport().size()
        by_width = layout.hasHeightForWidth()
        needed = layout.totalHeightForWidth(room.width()) if by_width else layout.totalSizeHint().height()
        content.resize(room.width(), max(room.height(), needed))


def bring_into_sight(widget: QWidget) -> None:
    """Scroll what `widget` stands in until it is seen; Qt does that for the Tab key only."""
    around = widget.parentWidget()
    while around is not None:
        if isinstance(around, QScrollArea):
            around.ensureWidgetVisible(widget)
        around = around.parentWidget()


def scrolling(content: QWidget) -> Scroller:
    """Return `content` in an area that scrolls up and down only."""
    return Scroller(content)


class Columns(QWidget):
    """Columns beside each other, or under each other where the widget is narrower than `least` (at 100 %).

    `last_on_top` puts the last column first then, where it holds what one reaches for.
    """

    def __init__(self, theme: Theme, least: float, *, spacing: float = 22, last_on_top: bool = False) -> None:
        super().__init__()
        self._theme, self._least = theme, least
        self._stacked = QBoxLayout.Direction.BottomToTop if last_on_top else QBoxLayout.Direction.TopToBottom
        self._layout = QBoxLayout(QBoxLayout.Direction.LeftToRight, self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(theme.px(spacing))

    def add(self, widget: QWidget, stretch: int = 0, *, top: bool = False) -> None:
        """Add a column; `top` keeps it at its own height."""
        alignment = Qt.AlignmentFlag.AlignTop if top else Qt.AlignmentFlag(0)
        self._layout.addWidget(widget, stretch, alignment)

    def resizeEvent(self, event: QResizeEvent) -> None:
        narrow = event.size().width() < self._theme.px(self._least)
        direction = self._stacked if narrow else QBoxLayout.Direction.LeftToRight
        if self._layout.direction() != direction:
            self._layout.setDirection(direction)
        super().resizeEvent(event)
