"""What the log says of reading and listening in the window: one line per opening, one for the first playing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from cubb_desktop.library import audit
from tests.gui import review_seed
from tests.gui.review_desk import Desk, review_desk

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot


@pytest.fixture
def desk(qtbot: QtBot, tmp_path: Path) -> Iterator[Desk]:
    with review_desk(qtbot, tmp_path) as made:
        yield made


def looked_at(desk: Desk) -> list[str]:
    """Return the lines about opening and listening."""
    with desk.workspace.library.read() as reading:
        lines = audit.lines(reading)[::-1]
    return [line.action for line in lines if line.action in {"recording.opened", "recording.played"}]


def test_reading_and_listening_leave_one_line_each(desk: Desk) -> None:
    recording = review_seed.demo_recording(desk.workspace)
    desk.open(recording.id)
    desk.page.reload()
    desk.rest()
    assert looked_at(desk) == ["recording.opened"]
    for start_ms in (0, 1_000, 2_000):
        desk.page.playback.play(start_ms)
        desk.page.playback.pause()
    desk.rest()
    assert looked_at(desk) == ["recording.opened", "recording.played"]
    other = review_seed.demo_recording(desk.workspace)
    desk.open(other.id)
    desk.open(recording.id)
    desk.page.playback.play(0)
    desk.page.playback.pause()
    desk.rest()
    assert looked_at(desk)[2:] == ["recording.opened", "recording.opened", "recording.played"]
