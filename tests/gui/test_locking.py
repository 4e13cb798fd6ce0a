"""Locking: by itself after a while, by hand; nothing readable stays on the screen or the clipboard."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import pytest
from PySide6.QtCore import QObject, QPoint, QPointF, Qt, QTimer
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QLabel, QLineEdit

from cubb_desktop.domain.ids import RecordingId
from cubb_desktop.gui import clipboard, session
from cubb_desktop.gui.idle import IdleWatch, seconds
from cubb_desktop.gui.main_window import MainWindow
from cubb_desktop.gui.widgets.dialogs import AskText
from cubb_desktop.gui.worker_process import WorkerProcess
from cubb_desktop.library import audit
from cubb_desktop.services.workspace import open_workspace
from tests import builders
from tests.gui.conftest import OpenWindow

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

MINUTE = 60.0


class Clock:
    """A clock that a test turns."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


def turned(main: MainWindow, clock: Clock) -> None:
    """Let the window go by the test's clock."""
    main.idle._clock = clock
    main.idle._last = clock.now


def texts() -> str:
    """Everything that any widget of the program shows."""
    shown = [widget.text() for widget in QApplication.allWidgets() if isinstance(widget, QLabel | QLineEdit)]
    return "\n".join([*shown, *(widget.windowTitle() for widget in QApplication.topLevelWidgets())])


def settle() -> None:
    from PySide6.QtCore import QCoreApplication, QEvent

    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    QCoreApplication.processEvents()


# --- by itself -------------------------------------------------------------------------------------------------------


def test_the_window_locks_after_the_time_of_the_settings_and_says_why(main: MainWindow, qtbot: QtBot) -> None:
    clock = Clock()
    turned(main, clock)
    clock.now += 15 * MINUTE - 1
    main.idle.look()
    assert main.shown_page()
    clock.now += 1
    with qtbot.waitSignal(main.locked):
        main.idle.look()
    assert main.shown_page() == ""
    assert "ikke var i brug i 15 minutter" in main.unlock_page.note.text()
    clock.now += 60 * MINUTE
    main.idle.look()  # there is nothing to lock any more
    assert main.unlock_page.note.isVisible()


def test_a_key_or_a_move_starts_the_time_again(main: MainWindow, qtbot: QtBot) -> None:
    clock = Clock()
    turned(main, clock)
    handle = main.windowHandle()
    main.idle._on_focus(handle)
    middle = QPoint(handle.width() // 2, handle.height() // 2)

    def press() -> None:
        QTest.keyClick(handle, Qt.Key.Key_Shift)

    def click() -> None:
        QTest.mouseClick(handle, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, middle)

    def turn() -> None:
        QTest.wheelEvent(handle, QPointF(middle), QPoint(0, 120))

    for act in (press, click, turn):
        clock.now += 14 * MINUTE
        act()
        QApplication.processEvents()
        assert main.idle._last == clock.now, act.__name__
        main.idle.look()
        assert main.shown_page()


def test_never_is_never_and_a_change_counts_at_once(open_window: OpenWindow, qtbot: QtBot) -> None:
    window = open_window(lock_minutes=0)
    clock = Clock()
    turned(window.main, clock)
    clock.now += 24 * 60 * MINUTE
    window.main.idle.look()
    assert window.main.shown_page()
    window.settings_store.change(lock_minutes=5)
    clock.now += 5 * MINUTE
    with qtbot.waitSignal(window.main.locked):
        window.main.idle.look()


@pytest.mark.parametrize("what", ["recording_now", "_playing"])
def test_what_goes_on_is_never_cut_off(main: MainWindow, monkeypatch: pytest.MonkeyPatch, what: str) -> None:
    clock = Clock()
    turned(main, clock)
    goes_on = [True]
    monkeypatch.setattr(main, what, lambda: goes_on[0])
    main.idle._in_use = main.in_use
    clock.now += 60 * MINUTE
    main.idle.look()
    assert main.shown_page()
    goes_on[0] = False
    clock.now += 15 * MINUTE - 1  # counted from the end of what went on
    main.idle.look()
    assert main.shown_page()
    clock.now += 1
    main.idle.look()
    assert main.shown_page() == ""


def test_an_import_under_way_is_finished_first(main: MainWindow, qtbot: QtBot) -> None:
    import threading

    clock, let_go = Clock(), threading.Event()
    turned(main, clock)
    main._background.run_errand(lambda _errand: let_go.wait(20))
    clock.now += 60 * MINUTE
    main.idle.look()
    assert main.shown_page()
    let_go.set()
    qtbot.waitUntil(lambda: not main._background.on_errand)
    clock.now += 60 * MINUTE
    main.idle.look()
    assert main.shown_page() == ""


def test_sleep_counts_as_time_without_use() -> None:
    import time

    if hasattr(time, "CLOCK_BOOTTIME"):
        assert abs(seconds() - time.clock_gettime(time.CLOCK_BOOTTIME)) < 5


def test_an_idle_watch_needs_no_window(qtbot: QtBot) -> None:
    owner, clock = QObject(), Clock()
    watch = IdleWatch(1, lambda: False, owner, clock)
    clock.now += MINUTE
    with qtbot.waitSignal(watch.expired):
        watch.look()
    owner.deleteLater()


# --- what is left ----------------------------------------------------------------------------------------------------


def test_nothing_readable_is_left_on_the_screen(
    open_window: OpenWindow, seeded: dict[str, RecordingId], qtbot: QtBot
) -> None:
    main = open_window().main
    main.open_recording(seeded["ready"])
    title = "Samtale"
    qtbot.waitUntil(lambda: title in texts())
    form = AskText(main, main._theme, "Omdøb", "Titel", "Hemmelig titel om borgeren", "Gem")
    form.open()
    assert "Hemmelig titel" in texts()
    main.lock()
    qtbot.waitUntil(lambda: main.shown_page() == "" and main.unlock_page.isVisible())
    settle()
    assert "Hemmelig titel" not in texts()
    assert "Samtale om" not in texts()
    assert {type(widget).__name__ for widget in QApplication.topLevelWidgets() if widget.isVisible()} == {"MainWindow"}


def test_a_choice_of_files_that_is_open_is_closed_too(main: MainWindow, qtbot: QtBot) -> None:
    chosen: list[str] = []

    def choose() -> None:
        dialog = QFileDialog(main)
        dialog.setOption(QFileDialog.Option.DontUseNativeDialog)
        QTimer.singleShot(0, main, main._on_idle)
        chosen.append(str(dialog.exec()))
        dialog.deleteLater()

    with qtbot.waitSignal(main.locked):
        QTimer.singleShot(0, main, choose)
    assert chosen == ["0"]
    assert main.shown_page() == ""


def test_what_was_put_on_the_clipboard_goes_when_the_library_is_locked(main: MainWindow) -> None:
    clipboard.put_text("hvad borgeren sagde")
    main.lock()
    assert QGuiApplication.clipboard().text() == ""


def test_locking_and_unlocking_are_logged_with_the_failed_tries(
    open_window: OpenWindow, library_folder: Path, qtbot: QtBot
) -> None:
    window = open_window(unlocked=False)
    page = window.main.unlock_page
    for _try in range(2):
        page.open_with("helt forkert sætning")
        qtbot.waitUntil(page.card.isEnabled)
    with qtbot.waitSignal(window.main.ready):
        page.open_with(builders.PASSPHRASE)
    window.main.lock()
    with open_workspace(library_folder, builders.PASSPHRASE, actor="en") as opened, opened.library.read() as reading:
        lines = [(line.action, line.outcome) for line in audit.lines(reading)]
    assert lines[:2] == [("library.locked", "done"), ("library.unlocked", "after-failed-tries-2")]


# --- the worker ------------------------------------------------------------------------------------------------------

BUSY = "import sys, pathlib\nsys.stdin.read()\npathlib.Path(sys.argv[1]).read_text()"  # a pipe: until it is written to


def test_a_transcription_is_finished_while_the_library_is_locked(
    open_window: OpenWindow, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = tmp_path / "færdig"
    os.mkfifo(done)
    monkeypatch.setattr(session, "worker_command", lambda _folder: [sys.executable, "-c", BUSY, str(done)])
    main = open_window().main
    assert main._session is not None
    worker = main._session.worker
    with qtbot.waitSignal(worker.started):
        pass
    process = psutil.Process(worker.pid)
    main.lock()
    assert process.is_running()
    main._tell_finishing()
    assert "gjort færdig" in main.unlock_page.note.text()
    with qtbot.waitSignal(main.ready):  # unlocked meanwhile: the next worker waits for this one
        main.unlock_page.open_with(builders.PASSPHRASE)
    following = main._session.worker
    main._session._start_worker()
    assert not following.running
    with qtbot.waitSignal(following.started):
        done.write_text("færdig", encoding="utf-8")
    assert main._finishing == {}


def test_a_worker_that_still_works_is_ended_when_the_window_closes(
    open_window: OpenWindow, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cubb_desktop.gui.worker_process._POLITE_MS", 50)
    os.mkfifo(tmp_path / "x")
    monkeypatch.setattr(session, "worker_command", lambda _folder: [sys.executable, "-c", BUSY, str(tmp_path / "x")])
    main = open_window().main
    assert main._session is not None
    with qtbot.waitSignal(main._session.worker.started):
        pass
    process = psutil.Process(main._session.worker.pid)
    main.lock()
    assert process.is_running()
    main.close()
    assert not process.is_running()


def test_a_worker_without_a_job_is_gone_at_once_and_nothing_is_said(main: MainWindow, qtbot: QtBot) -> None:
    assert main._session is not None
    worker: WorkerProcess = main._session.worker
    if not worker.running:
        with qtbot.waitSignal(worker.started):
            pass
    main.lock()
    qtbot.waitUntil(lambda: not main._finishing)
    main._tell_finishing()
    assert main.unlock_page.note.text() == ""
