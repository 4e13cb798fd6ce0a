"""The real window, off screen, recording by itself: a process to be measured, or killed.

`python -m tests.recording_window LIBRARY press N` presses the button N times and prints each wait for the red dot;
`... record` presses it once, sets a mark, and prints {"started": ...}, {"marked": ...}, {"on_disk_ms": ...} as it goes.
Times are of the machine's monotonic clock, so that the parent can compare them with its own.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from unittest import mock

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QEventLoop, QTimer
from PySide6.QtWidgets import QApplication

from cubb_desktop.audio.recorder import Event, Level, Marked
from cubb_desktop.gui import session
from cubb_desktop.gui.app import Window
from cubb_desktop.gui.pages.recording_page import RecordingPage, State
from cubb_desktop.settings import Settings

PASSPHRASE = "fire tilfældige ord her"
PATIENCE_MS = 60_000
WAITING_WORKER = [sys.executable, "-c", "import sys; sys.stdin.read()"]


def say(**words: object) -> None:
    """Write one line for the parent."""
    sys.stdout.write(json.dumps(words) + "\n")
    sys.stdout.flush()


def wait_for(condition: Callable[[], bool]) -> None:
    """Let the window work until something is so."""
    loop = QEventLoop()
    look = QTimer(interval=1)
    look.timeout.connect(lambda: loop.quit() if condition() else None)
    look.start()
    QTimer.singleShot(PATIENCE_MS, loop, lambda: loop.exit(1))
    if not condition() and loop.exec() != 0:
        raise TimeoutError
    look.stop()


def open_page(window: Window) -> RecordingPage:
    """Unlock and go to the page."""
    ready: list[bool] = []
    window.main.ready.connect(lambda: ready.append(True))
    window.main.resize(1366, 768)
    window.main.show()
    window.open_with(PASSPHRASE)
    wait_for(lambda: bool(ready))
    window.main.show_page("record")
    page = window.main.page("record")
    assert isinstance(page, RecordingPage)
    return page


def make_ready(page: RecordingPage) -> None:
    """Choose the agreement, and wait until the microphone is heard."""
    heard: list[bool] = []
    page.source.heard.connect(lambda _level: heard.append(True))
    wait_for(lambda: page.setup.present.rows[0].box.count() > 0)
    page.setup.present.rows[0].box.setCurrentIndex(0)
    wait_for(lambda: page.button.isEnabled() and len(heard) >= 3)


def press(page: RecordingPage, times: int) -> None:
    """Press the button and wait for the red dot, again and again."""
    for _time in range(times):
        page.setup.present.reload()
        make_ready(page)
        pressed = time.monotonic()
        page.button.click()
        wait_for(lambda: page.panel.dot.live)
        say(waited_ms=round((time.monotonic() - pressed) * 1000))
        page._discard()
        wait_for(lambda: page._state is State.IDLE)


def record(page: RecordingPage) -> None:
    """Record until somebody ends this process."""

    def tell(event: Event) -> None:
        if isinstance(event, Level):
            say(on_disk_ms=event.position_ms)
        elif isinstance(event, Marked):
            say(marked=event.id)

    make_ready(page)
    page._happened.connect(tell)
    page.button.click()
    wait_for(lambda: page.panel.dot.live)
    say(started=time.monotonic())
    page.mark_button.click()
    QApplication.exec()


def main(library: Path, what: str, times: int = 0) -> int:
    """Do what is asked for in a window of its own; the worker is a stand-in."""
    mock.patch.object(session, "worker_command", return_value=WAITING_WORKER).start()
    application = QApplication([])
    window = Window(application, replace(Settings(), library=library))
    page = open_page(window)
    if what == "press":
        press(page, times)
        window.main.close()
    else:
        record(page)
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2], *map(int, sys.argv[3:])))
