"""How long frames take on the review page: `python -m tests.gui.frame_times WORDS MARKS`.

A frame is what is done between a step (of the wheel, of the picture, of a key) and the painted result, on the main
thread, in milliseconds. One JSON line comes out. It runs on the display there is.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from cubb_desktop.gui.background import Background
from cubb_desktop.gui.context import Notices, PageContext, SettingsStore
from cubb_desktop.gui.pages.review_page import ReviewPage
from cubb_desktop.gui.theme import Theme
from cubb_desktop.settings import Settings
from tests import builders
from tests.gui.review_seed import long_conversation

STEPS = 400
KEYS = 60
PATIENCE_S = 60.0


def measure(folder: Path, words: int, marks: int) -> dict[str, object]:
    """Return the milliseconds of each frame by what was done, and the bytes of the waveform's pyramid."""
    application = QApplication([])
    theme, background = Theme(application, "light"), Background()
    with builders.new_workspace(folder) as workspace:
        recording = long_conversation(workspace, words, marks)
        settings = SettingsStore(Settings(), background)
        page = ReviewPage(PageContext(background, theme, settings, lambda: workspace, Notices()))
        page.resize(1262, 768)
        page.show()
        page.open(recording.id)
        until(lambda: page.editing.may and page.waveform._peaks is not None and bool(page.waveform._blocks))
        rest(background)
        peaks = page.waveform._peaks
        found: dict[str, object] = {
            "scroll_lines": _frames(lambda step: _scroll(page, 3 * page.view._lines.line), page.view.viewport()),
            "scroll_far": _frames(lambda step: _jump(page, step), page.view.viewport()),
            "wave_pan": _frames(lambda step: page.waveform._show_from(step * 7_000.0), page.waveform),
            "wave_zoom": _frames(lambda step: page.waveform.zoom((-1) ** (step // 25)), page.waveform),
            "typing_ms": _typing(page, recording.duration_ms // 2),
            "storing_ms": _storing(page, recording.duration_ms // 2, background),
            "peaks_mb": sum(level.nbytes for level in getattr(peaks, "levels", ())) / 1e6,
        }
        page.leave()
        page.close()
        background.close()
    return found


def _scroll(page: ReviewPage, pixels: int) -> None:
    bar = page.view.verticalScrollBar()
    bar.setValue(bar.value() + pixels)


def _jump(page: ReviewPage, step: int) -> None:
    bar = page.view.verticalScrollBar()
    bar.setValue(step * 7_919 % max(1, bar.maximum()))


def _frames(act: Callable[[int], object], shown: QWidget) -> list[float]:
    taken = []
    for step in range(STEPS):
        began = time.perf_counter()
        act(step)
        shown.repaint()
        taken.append((time.perf_counter() - began) * 1000)
        QApplication.processEvents()
    return taken


def _typing(page: ReviewPage, at_ms: int) -> list[float]:
    """Letters typed into a line in the middle, each until it is painted."""
    page.view.go_to(at_ms)
    page.editing.begin()
    field = page.editing.editor.field
    taken = []
    for _ in range(KEYS):
        QApplication.processEvents()
        began = time.perf_counter()
        QTest.keyClick(field, Qt.Key.Key_A)
        field.repaint()
        taken.append((time.perf_counter() - began) * 1000)
    page.editing.end()
    return taken


def _storing(page: ReviewPage, at_ms: int, background: Background) -> list[float]:
    """Lines in the middle whose first word gets a letter more: from Enter to the new word on the screen."""
    taken = []
    for n in range(KEYS // 4):
        page.view.go_to(at_ms)
        page.editing.begin()
        line, field = page.editing.line, page.editing.editor.field
        assert line is not None
        first = f"x{n}"
        field.setText(" ".join([first, *line.shown.split()[1:]]))
        began = time.perf_counter()
        QTest.keyClick(field, Qt.Key.Key_Return)
        until(partial(_begins_with, page, line.start_ms, first))
        page.view.viewport().repaint()
        taken.append((time.perf_counter() - began) * 1000)
        page.editing.end()
        rest(background)
    return taken


def _begins_with(page: ReviewPage, start_ms: int, first: str) -> bool:
    stop = page.view.sheet.nearest_stop(start_ms)
    word = page.view.sheet.stops[stop].word if stop is not None else None
    return word is not None and word.text == first


def until(done: Callable[[], bool], patience_s: float = PATIENCE_S) -> None:
    deadline = time.monotonic() + patience_s
    while not done():
        if time.monotonic() > deadline:
            raise TimeoutError
        QApplication.processEvents()


def rest(background: Background) -> None:
    until(lambda: not background._running and not background._outcomes)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as place:
        print(json.dumps(measure(Path(place) / "bibliotek", *(int(number) for number in sys.argv[1:3]))))
