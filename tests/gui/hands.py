"""What a person's hands do to the window: click, press a key, write."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget

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
