"""Optag: nothing without an agreement and a microphone; red only while recording; what was said is kept."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QDialog

from cubb_desktop.audio.recorder import Level
from cubb_desktop.domain.consent import Purpose
from cubb_desktop.domain.recording import RecordingState
from cubb_desktop.gui.main_window import MainWindow
from cubb_desktop.gui.pages.recording_page import RecordingPage, State
from cubb_desktop.gui.widgets.dialogs import Confirm
from cubb_desktop.gui.widgets.level_bar import LevelWords
from cubb_desktop.services.consents import add_consent
from cubb_desktop.services.recordings import list_recordings
from cubb_desktop.services.transcripts import list_jobs
from tests.gui import hands
from tests.gui.conftest import OpenWindow
from tests.sound_server import SoundServer

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

PATIENCE_MS = 20_000


def recording_page(main: MainWindow) -> RecordingPage:
    main.show_page("record")
    page = main.page("record")
    assert isinstance(page, RecordingPage)
    return page


def question() -> QDialog:
    found = [w for w in QApplication.topLevelWidgets() if isinstance(w, QDialog) and w.isVisible()]
    assert len(found) == 1
    return found[0]


def agree(main: MainWindow) -> None:
    workspace = main.workspace()
    add_consent(workspace, "B-1", [Purpose.OWN_LEARNING], workspace.today() + timedelta(days=30))


@pytest.fixture
def page(open_window: OpenWindow, sound_server: SoundServer, qtbot: QtBot) -> RecordingPage:
    """The page with a microphone and an agreement chosen."""
    assert sound_server.pid
    main = open_window().main
    agree(main)
    page = recording_page(main)
    qtbot.waitUntil(lambda: page.consent.box.count() == 1, timeout=PATIENCE_MS)
    page.consent.box.setCurrentIndex(0)
    qtbot.waitUntil(page.microphone.ready, timeout=PATIENCE_MS)
    return page


def begin(page: RecordingPage, qtbot: QtBot) -> None:
    hands.press(page.window(), Qt.Key.Key_R, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: page._state is State.LIVE and page.clock.text() != "0:00", timeout=PATIENCE_MS)


# --- without what it takes -------------------------------------------------------------------------------------------


def test_without_an_agreement_nothing_can_begin(main: MainWindow, monkeypatch: pytest.MonkeyPatch) -> None:
    page = recording_page(main)
    assert not page.button.isEnabled()
    assert page.hint.text() == "Vælg først en aftale med borgeren."
    assert not page.button.live


def test_without_a_microphone_a_sentence_says_what_to_do(
    open_window: OpenWindow, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    monkeypatch.setattr("cubb_desktop.gui.widgets.microphone.inputs", list)
    page = recording_page(open_window().main)
    qtbot.waitUntil(page.microphone.problem.isVisible)
    assert "Sæt en mikrofon til" in page.microphone.problem.text()
    assert not page.microphone.box.isEnabled()
    assert page.microphone.again.isEnabled()


# --- the level in words ----------------------------------------------------------------------------------------------


def test_silence_and_too_loud_a_sound_are_said_calmly() -> None:
    words = LevelWords()
    assert words.sentence(-30, clipped=False) == "Fint niveau."
    assert "for højt" in words.sentence(-3, clipped=True)
    assert "for højt" in words.sentence(-20, clipped=False)  # stays long enough to be read
    for _level in range(8):
        words.sentence(-20, clipped=False)
    assert words.sentence(-20, clipped=False) == "Fint niveau."
    said = [words.sentence(-70, clipped=False) for _level in range(14)]
    assert said[0] == "Fint niveau."  # a pause is no silence
    assert "hører ingenting" in said[-1]


def test_the_level_is_shown_before_anything_is_recorded(page: RecordingPage, qtbot: QtBot) -> None:
    with qtbot.waitSignal(page.source.heard, timeout=PATIENCE_MS):
        pass
    page._on_heard(Level(-20, -10, False, 0))
    assert page.level.accessibleDescription() == "67 procent"
    assert not page.live


# --- recording -------------------------------------------------------------------------------------------------------


def test_a_conversation_is_recorded_stopped_once_and_transcribed(page: RecordingPage, qtbot: QtBot) -> None:
    main = page.window()
    assert isinstance(main, MainWindow)
    page.title.setText("Første samtale")
    begin(page, qtbot)
    assert page.button.live
    assert main._rail is not None
    assert main._rail.buttons["record"].live
    hands.click(page.button)
    asked = question()
    with qtbot.waitSignal(page.stored, timeout=PATIENCE_MS):
        asked.accept()
    assert not page.live
    assert main.shown_page() == "conversations"
    recording = list_recordings(main.workspace())[0]
    assert recording.title == "Første samtale"
    assert recording.duration_ms > 200
    assert recording.state is RecordingState.QUEUED
    assert [job.recording_id for job in list_jobs(main.workspace())] == [recording.id]


def test_a_pause_closes_the_microphone_and_can_be_ended(
    page: RecordingPage, sound_server: SoundServer, qtbot: QtBot
) -> None:
    begin(page, qtbot)
    page.button.setFocus()
    hands.press(page.window(), Qt.Key.Key_P)
    qtbot.waitUntil(lambda: page._state is State.PAUSED, timeout=PATIENCE_MS)
    assert not page.button.live
    assert sound_server.recorders() == 0
    qtbot.waitUntil(page.pause_button.isEnabled, timeout=PATIENCE_MS)
    hands.click(page.pause_button)
    qtbot.waitUntil(lambda: page._state is State.LIVE, timeout=PATIENCE_MS)
    with qtbot.waitSignal(page.stored, timeout=PATIENCE_MS):
        page.finish()


def test_a_discarded_recording_is_gone(page: RecordingPage, qtbot: QtBot) -> None:
    main = page.window()
    assert isinstance(main, MainWindow)
    begin(page, qtbot)
    hands.click(page.discard_button)
    asked = question()
    assert isinstance(asked, Confirm)
    assert asked.cancel_button.isDefault()
    hands.click(asked.accept_button)
    qtbot.waitUntil(lambda: page._state is State.IDLE, timeout=PATIENCE_MS)
    assert list_recordings(main.workspace()) == []


def test_a_microphone_that_goes_keeps_what_was_said(
    page: RecordingPage, sound_server: SoundServer, qtbot: QtBot
) -> None:
    main = page.window()
    assert isinstance(main, MainWindow)
    begin(page, qtbot)
    try:
        sound_server.unplug()
        with qtbot.waitSignal(page.stored, timeout=PATIENCE_MS):
            pass
    finally:
        sound_server.plug_in()
    assert list_recordings(main.workspace())[0].duration_ms > 0
    notice = main.toasts.shown()
    assert notice is not None
    assert notice.fault


def test_closing_while_recording_asks_and_keeps_what_was_said(page: RecordingPage, qtbot: QtBot) -> None:
    main = page.window()
    assert isinstance(main, MainWindow)
    folder = main.workspace().folder
    begin(page, qtbot)
    main.close()
    assert main.isVisible()
    asked = question()
    assert isinstance(asked, Confirm)
    hands.click(asked.accept_button)
    qtbot.waitUntil(lambda: not main.isVisible(), timeout=PATIENCE_MS)
    from cubb_desktop.services.workspace import open_workspace
    from tests import builders

    with open_workspace(folder, builders.PASSPHRASE, actor="en") as workspace:
        recordings = list_recordings(workspace)
    assert [recording.state for recording in recordings] == [RecordingState.STORED]


def test_leaving_the_page_lets_the_microphone_go(page: RecordingPage, sound_server: SoundServer, qtbot: QtBot) -> None:
    with qtbot.waitSignal(page.source.heard, timeout=PATIENCE_MS):
        pass
    main = page.window()
    assert isinstance(main, MainWindow)
    main.show_page("concepts")
    qtbot.waitUntil(lambda: sound_server.recorders() == 0, timeout=PATIENCE_MS)
