"""The hint about Caps Lock follows from what the keys give, with and without Shift."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication, QLineEdit, QVBoxLayout, QWidget

from cubb_desktop.gui.widgets.caps_lock import CapsLockHint

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

PLAIN, SHIFT = Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ShiftModifier


@pytest.fixture
def place(qtbot: QtBot) -> Iterator[tuple[QLineEdit, CapsLockHint]]:
    owner, line, hint = QWidget(), QLineEdit(), CapsLockHint()
    rows = QVBoxLayout(owner)
    rows.addWidget(line)
    rows.addWidget(hint)
    hint.watch(line)
    owner.show()
    yield line, hint
    owner.close()
    owner.deleteLater()


def give(line: QLineEdit, text: str, key: Qt.Key, modifiers: Qt.KeyboardModifier) -> None:
    """Send a key as the system does; the test kit's own would press Shift for a capital."""
    QApplication.sendEvent(line, QKeyEvent(QEvent.Type.KeyPress, key, modifiers, text))


@pytest.mark.parametrize(
    ("text", "modifiers", "shown"),
    [
        ("A", PLAIN, True),
        ("Å", PLAIN, True),
        ("a", SHIFT, True),
        ("a", PLAIN, False),
        ("A", SHIFT, False),
        ("1", PLAIN, False),
        ("!", SHIFT, False),
        ("", PLAIN, False),
    ],
)
def test_the_hint_is_shown_for_letters_the_wrong_way_round(
    place: tuple[QLineEdit, CapsLockHint], text: str, modifiers: Qt.KeyboardModifier, shown: bool
) -> None:
    line, hint = place
    give(line, text, Qt.Key.Key_A, modifiers)
    assert hint.isVisible() is shown
    assert line.text() == text


def test_the_hint_goes_with_the_key_and_comes_back_only_with_letters(place: tuple[QLineEdit, CapsLockHint]) -> None:
    line, hint = place
    give(line, "", Qt.Key.Key_CapsLock, PLAIN)
    assert not hint.isVisible()  # nobody knows how it was before
    give(line, "A", Qt.Key.Key_A, PLAIN)
    give(line, "1", Qt.Key.Key_1, PLAIN)
    assert hint.isVisible()
    give(line, "", Qt.Key.Key_CapsLock, PLAIN)
    assert not hint.isVisible()
    give(line, "a", Qt.Key.Key_A, PLAIN)
    assert not hint.isVisible()
