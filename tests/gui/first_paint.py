"""How soon a conversation's lines are painted after the click: `python -m tests.gui.first_paint WORDS MARKS`.

A fresh process with a library of its own, the list of conversations and the code of the review page loaded, as some
moments after unlocking (`gui.app`). The click builds the page, reads the words from the encrypted library in the
background, sets them in lines and paints. 9,000 words are an hour, 30,000 three hours.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QStackedWidget

from cubb_desktop.gui.background import Background
from cubb_desktop.gui.context import Notices, PageContext, SettingsStore
from cubb_desktop.gui.theme import Theme
from cubb_desktop.settings import Settings

if TYPE_CHECKING:
    from cubb_desktop.domain.ids import RecordingId
    from cubb_desktop.services.workspace import Workspace

GIVE_UP_MS = 60_000


def measure(folder: Path, words: int, marks: int) -> dict[str, float]:
    """Return the milliseconds from the click to the painted lines, of these the page's building, and the
    processor time of all threads, which other programs on the machine change less."""
    _make_library(folder, words, marks)
    import cubb_desktop.gui.pages.library_page  # noqa: F401 - where the click happens
    from cubb_desktop.gui.app import load_review

    application = QApplication([])
    theme = Theme(application, "light")
    background = Background()
    window = QStackedWidget()
    window.resize(1262, 768)
    window.show()
    workspace, recording_id = _open_library(folder)
    context = PageContext(background, theme, SettingsStore(Settings(), background), lambda: workspace, Notices())
    background.run_read(load_review)
    _rest(application)
    clicked, worked = time.perf_counter(), time.process_time()
    from cubb_desktop.gui.pages.review_page import ReviewPage

    page = ReviewPage(context)
    window.addWidget(page)
    window.setCurrentWidget(page)
    built = time.perf_counter()
    painted: list[float] = []
    page.view.painted.connect(lambda: painted.append(time.perf_counter()))
    page.view.painted.connect(application.quit)
    page.open(recording_id)
    QTimer.singleShot(GIVE_UP_MS, application.quit)
    application.exec()
    worked = time.process_time() - worked
    page.leave()
    background.close()
    workspace.close()
    window.close()
    return {
        "first_paint_ms": (painted[0] - clicked) * 1000,
        "page_built_ms": (built - clicked) * 1000,
        "cpu_ms": worked * 1000,
    }


def _make_library(folder: Path, words: int, marks: int) -> None:
    """Fill the library in another process, so that this one has imported nothing it would not have."""
    command = [sys.executable, "-m", "tests.gui.first_paint", str(words), str(marks), "--fill", str(folder)]
    subprocess.run(command, check=True, timeout=120)


def _fill(folder: Path, words: int, marks: int) -> None:
    from tests import builders
    from tests.gui.review_seed import long_conversation

    with builders.new_workspace(folder) as workspace:
        long_conversation(workspace, words, marks)


def _open_library(folder: Path) -> tuple[Workspace, RecordingId]:
    from cubb_desktop.library import recordings
    from cubb_desktop.services.workspace import open_workspace

    workspace = open_workspace(folder, "rolig blå cykel æøå", actor="bench", window=True)
    with workspace.library.read() as reading:
        return workspace, recordings.all(reading)[0].id


def _rest(application: QApplication) -> None:
    deadline = time.monotonic() + 0.3
    while time.monotonic() < deadline:
        application.processEvents()


if __name__ == "__main__":
    words, marks = (int(number) for number in sys.argv[1:3])
    if sys.argv[3:4] == ["--fill"]:
        _fill(Path(sys.argv[4]), words, marks)
    else:
        with tempfile.TemporaryDirectory() as place:
            print(json.dumps(measure(Path(place) / "bibliotek", words, marks)))
