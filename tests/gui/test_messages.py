"""What the window says at its foot: whole, beside what the page says there, and for a fair time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QPoint, QRect
from PySide6.QtWidgets import QApplication, QLabel, QWidget

from cubb_desktop.domain.ids import RecordingId
from cubb_desktop.gui.main_window import MainWindow
from cubb_desktop.gui.widgets.messages import Toast
from tests.gui.conftest import OpenWindow

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

LONG = "Lyden kan ikke afspilles på denne computer. Tilslut en højttaler eller hovedtelefoner, og prøv så igen."


def place(widget: QWidget, over: QWidget) -> QRect:
    return QRect(widget.mapTo(over, QPoint()), widget.size())


@pytest.mark.parametrize("scale", [1.0, 2.0])
def test_a_message_is_shown_whole_at_every_text_size(open_window: OpenWindow, scale: float, qtbot: QtBot) -> None:
    window = open_window(text_scale=scale)
    window.notices.fault_text(LONG)
    QApplication.processEvents()
    label = next(one for one in window.main.toasts.findChildren(QLabel) if one.text() == LONG)
    qtbot.waitUntil(lambda: label.height() >= label.heightForWidth(label.width()))
    lines = label.fontMetrics().boundingRect(QRect(0, 0, label.width(), 10_000), 0x1000, LONG)  # by words
    assert lines.height() <= label.height()
    toasts = window.main.toasts
    assert place(toasts, window.main).intersected(window.main.rect()) == place(toasts, window.main)


def test_a_message_covers_no_hint_and_no_strip_at_the_foot(
    open_window: OpenWindow, seeded: dict[str, RecordingId], qtbot: QtBot
) -> None:
    main = open_window().main
    page = main.page("conversations")
    main._notices.fault_text(LONG)
    qtbot.waitUntil(main.toasts.isVisible)
    page.table.choose(seeded["ready"])  # type: ignore[attr-defined]
    qtbot.waitUntil(page.strip.isVisible)  # type: ignore[attr-defined]
    feet = (page.hint, page.strip)  # type: ignore[attr-defined]
    qtbot.waitUntil(lambda: not any(place(foot, main).intersects(place(main.toasts, main)) for foot in feet))


def test_a_message_goes_with_the_page_it_was_about(main: MainWindow) -> None:
    main._notices.fault_text(LONG)
    main.show_page("conversations")
    assert main.toasts.shown() is not None
    main.show_page("concepts")
    assert main.toasts.shown() is None


def test_a_fault_goes_by_itself_but_not_while_the_keyboard_is_in_it(main: MainWindow, qtbot: QtBot) -> None:
    main._notices.fault_text(LONG)
    toast = main.toasts.findChild(Toast)
    assert toast is not None
    assert 10_000 <= toast.timer.interval() <= 60_000
    toast.timer.setInterval(1)
    main.activateWindow()
    qtbot.waitUntil(main.isActiveWindow)
    close = toast.findChildren(QWidget)[-1]
    close.setFocus()
    with qtbot.waitSignal(toast.timer.timeout):
        pass
    assert main.toasts.shown() is not None
    assert main._rail is not None
    main._rail.buttons["conversations"].setFocus()
    qtbot.waitUntil(lambda: main.toasts.shown() is None)
