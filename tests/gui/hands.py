"""What a person's hands do to the window: click, press a key, write."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

NO_KEY = Qt.KeyboardModifier.NoModifier


def click(widget: QWidget) -> None:
    """Click in the middle of a widget."""
    QTest.mouseClick(widget, Qt.MouseButton.LeftButton)


def press(widget: QWidget, key: Qt.Key, with_key: Qt.KeyboardModifier = NO_KEY) -> None:
    """Press one key."""
    QTest.keyClick(widget, key, with_key)


def write(widget: QWidget, text: str) -> None:
    """Write a text, key by key."""
    QTest.keyClicks(widget, text)


def turn_wheel(widget: QWidget, by: int) -> None:
    """Turn the wheel over a widget, 120 a notch, up if positive; the event comes in by the window, as a real one."""
    window = widget.window()
    at = widget.mapTo(window, widget.rect().center())
    QTest.wheelEvent(window.windowHandle(), QPointF(at), QPoint(0, by))
    QApplication.processEvents()
