"""Recordings that were interrupted wait on Samtaler, untouched, until the person has chosen."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QApplication, QLabel

from cubb_desktop.domain.ids import RecordingId
from cubb_desktop.domain.recording import RecordingState
from cubb_desktop.gui.main_window import MainWindow
from cubb_desktop.gui.pages.library_page import LibraryPage
from cubb_desktop.gui.widgets.dialogs import Confirm
from cubb_desktop.gui.widgets.unfinished import UnfinishedRow
from cubb_desktop.services.recordings import get_recording
from cubb_desktop.services.workspace import open_workspace
from tests import builders
from tests.gui import hands
from tests.gui.conftest import OpenWindow

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot


def page(main: MainWindow) -> LibraryPage:
    library = main.page("conversations")
    assert isinstance(library, LibraryPage)
    return library


def unfinished(library: LibraryPage, qtbot: QtBot, number: int) -> list[UnfinishedRow]:
    qtbot.waitUntil(lambda: len(library.unfinished.rows) == number)
    return library.unfinished.rows


def test_an_interrupted_recording_is_offered_with_its_length_and_three_choices(
    open_window: OpenWindow, seeded: dict[str, RecordingId], qtbot: QtBot
) -> None:
    main = open_window().main
    library = page(main)
    (row,) = unfinished(library, qtbot, 1)
    assert library.unfinished.isVisible()
    assert not library.unfinished.keep_all.isVisible()
    assert row.recording.id == seeded["interrupted"]
    assert "5:12" in row.findChildren(QLabel)[0].text()
    assert [button.text() for button in (row.keep, row.listen, row.delete)] == ["Behold", "Hør først", "Slet"]
    with qtbot.waitSignal(library.open_requested) as opened:
        hands.click(row.listen)
    assert opened.args == [seeded["interrupted"], None, ""]
    assert get_recording(main.workspace(), seeded["interrupted"]).state is RecordingState.INTERRUPTED


def test_an_interrupted_recording_that_is_kept_is_offered_no_more(
    open_window: OpenWindow, seeded: dict[str, RecordingId], qtbot: QtBot
) -> None:
    main = open_window().main
    library = page(main)
    (row,) = unfinished(library, qtbot, 1)
    hands.click(row.keep)
    qtbot.waitUntil(lambda: not library.unfinished.isVisible())
    assert get_recording(main.workspace(), seeded["interrupted"]).state is not RecordingState.INTERRUPTED


def test_deleting_an_interrupted_recording_asks_first(
    open_window: OpenWindow, seeded: dict[str, RecordingId], qtbot: QtBot
) -> None:
    library = page(open_window().main)
    (row,) = unfinished(library, qtbot, 1)
    hands.click(row.delete)
    asked = QApplication.activeModalWidget()
    assert isinstance(asked, Confirm)
    asked.reject()
    assert library.unfinished.isVisible()


def test_several_interrupted_recordings_can_be_kept_at_once(
    open_window: OpenWindow, library_folder: Path, qtbot: QtBot
) -> None:
    with open_workspace(library_folder, builders.PASSPHRASE, actor="Mette") as workspace:
        for number in range(5):
            builders.stored_recording(
                workspace.library, title=f"Samtale {number}", state=RecordingState.INTERRUPTED, duration_ms=61_000
            )
    library = page(open_window().main)
    unfinished(library, qtbot, 3)  # the others come when these are settled
    assert library.unfinished.heading.text().startswith("5 optagelser blev afbrudt.")
    hands.click(library.unfinished.keep_all)
    qtbot.waitUntil(lambda: not library.unfinished.isVisible())
