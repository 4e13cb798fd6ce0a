"""Buttons and fields with a name for screen readers, a tooltip, and their key shown where they are used."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeySequence, QShortcut, QWheelEvent
from PySide6.QtWidgets import (
    QAbstractSpinBox,
    QComboBox,
    QDateTimeEdit,
    QFrame,
    QHBoxLayout,
    QLayout,
    QLineEdit,
    QPushButton,
    QSizePolicy,
    QSlider,
    QStyledItemDelegate,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from cubb_desktop.gui.theme import Theme
from cubb_desktop.gui.widgets.text import PlainLabel, plain_button_text, set_tooltip

Kind = Literal["plain", "primary", "danger", "quiet", "voice"]
_MOST_SHOWN = 12  # choices in an open list; more than that scroll


class Button(QPushButton):
    """A button; `key` is a shortcut that works in the whole page and is told in the tooltip."""

    def __init__(self, text: str, kind: Kind = "plain", *, key: str = "", tooltip: str = "", name: str = "") -> None:
        super().__init__(plain_button_text(text))
        self.setProperty("kind", kind)
        self.setAccessibleName(name or text)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        if key:
            add_key(self, key, self.click)
        shown = key_text(key)
        set_tooltip(self, " · ".join(part for part in (tooltip or (text if key else ""), shown) if part))


class IconButton(QToolButton):
    """A button with only an icon; its name is its tooltip."""

    def __init__(self, theme: Theme, icon: str, name: str, *, key: str = "", size: float = 20) -> None:
        super().__init__()
        self._theme, self._icon, self._size = theme, icon, size
        self.setAccessibleName(name)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        if key:
            add_key(self, key, self.click)
        shown = key_text(key)
        set_tooltip(self, f"{name} · {shown}" if shown else name)
        theme.changed.connect(self._renew)
        self._renew()

    def _renew(self) -> None:
        self.setIcon(self._theme.icon(self._icon, "soft", self._size))
        self.setIconSize(self._theme.pixmap(self._icon, "soft", self._size).deviceIndependentSize().toSize())


def add_key(widget: QWidget, key: str, act: Callable[[], object]) -> QShortcut:
    """Let `key` ("Ctrl+F") do `act` while the page that `widget` is on is shown."""
    shortcut = QShortcut(QKeySequence(key), widget)
    shortcut.setContext(Qt.ShortcutContext.WindowShortcut)
    shortcut.activated.connect(act)
    return shortcut


def key_text(key: str) -> str:
    """Return a key as the system writes it."""
    return QKeySequence(key).toString(QKeySequence.SequenceFormat.NativeText) if key else ""


class KeyCap(PlainLabel):
    """One key, drawn as a small cap."""

    def __init__(self, key: str) -> None:
        super().__init__(key, "keycap")
        self.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Maximum)


def key_row(keys: str, text: str = "") -> QWidget:
    """Return keycaps for `keys` ("Ctrl+R") with what they do behind them."""
    row = QWidget()
    layout = QHBoxLayout(row)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(5)
    for key in keys.split("+"):
        layout.addWidget(KeyCap(key))
    if text:
        layout.addSpacing(5)
        layout.addWidget(PlainLabel(text))
    layout.addStretch(1)
    return row


class Card(QFrame):
    """A white card with rows under each other; `dashed` is for what the machine suggests."""

    def __init__(self, theme: Theme, heading: str = "", *, dashed: bool = False, spacing: float = 12) -> None:
        super().__init__()
        self.setProperty("role", "card-dashed" if dashed else "card")
        self.rows = QVBoxLayout(self)
        self.rows.setContentsMargins(theme.px(22), theme.px(18), theme.px(22), theme.px(20))
        self.rows.setSpacing(theme.px(spacing))
        if heading:
            self.rows.addWidget(PlainLabel(heading, "heading", wrap=True))

    def add(self, item: QWidget | QLayout, stretch: int = 0) -> None:
        """Add a widget or a layout as the next row."""
        if isinstance(item, QLayout):
            self.rows.addLayout(item, stretch)
        else:
            self.rows.addWidget(item, stretch)


class Rule(QFrame):
    """A hairline."""

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("role", "rule")
        self.setFixedHeight(1)


class Choice(QComboBox):
    """A drop-down list; the wheel belongs to the page until the list is open, so that scrolling changes nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.setItemDelegate(QStyledItemDelegate(self))  # the usual one does not know the style sheet's item height
        self.setMaxVisibleItems(_MOST_SHOWN)

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()


class _WheelToPage(QObject):
    """Lets the wheel scroll the page that a control stands on, instead of changing what it holds."""

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() is not QEvent.Type.Wheel:
            return False
        event.ignore()  # handled here, but not used up: the page gets it next
        return True


def field(label: str, control: QWidget, hint: str = "", *, also: QWidget | None = None) -> QVBoxLayout:
    """Return a control under its label, with a hint below; the label is also the control's accessible name.

    `also` stands beside the control (a button that chooses for it).
    """
    column = QVBoxLayout()
    column.setSpacing(6)
    shown = PlainLabel(label, "label", wrap=True)
    shown.setBuddy(control)
    column.addWidget(shown)
    if also is None:
        column.addWidget(control)
    else:
        row = QHBoxLayout()
        row.setSpacing(10)
        row.addWidget(control, 1)
        row.addWidget(also)
        column.addLayout(row)
    if not control.accessibleName():
        control.setAccessibleName(label)
    if isinstance(control, QAbstractSpinBox | QSlider):
        control.installEventFilter(_WheelToPage(control))
    if isinstance(control, QAbstractSpinBox) and not (isinstance(control, QDateTimeEdit) and control.calendarPopup()):
        line = control.findChild(QLineEdit)  # the style sheet's padding does not reach it
        if line is not None:
            line.setTextMargins(control.fontMetrics().height() // 2, 0, 0, 0)
    if hint:
        control.setAccessibleDescription(hint)
        column.addWidget(PlainLabel(hint, "sub", wrap=True))
    return column
