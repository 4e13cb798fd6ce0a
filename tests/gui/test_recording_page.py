"""Optag: nothing without everybody's agreement and a microphone; red only while recording; what was said is kept."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QDialog

from cubb_desktop.audio.recorder import DiskLow, Gap, Level, Moved
from cubb_desktop.domain.consent import Consent, Purpose
from cubb_desktop.domain.recording import ConversationKind, MarkKind, RecordingState, Role
from cubb_desktop.gui.main_window import MainWindow
from cubb_desktop.gui.pages.recording_page import RecordingPage, State
from cubb_desktop.gui.widgets.dialogs import Confirm
from cubb_desktop.gui.widgets.forget_dialog import ForgetDialog
from cubb_desktop.gui.widgets.level_bar import LevelWords
from cubb_desktop.gui.widgets.live_warnings import PowerWatch, power_sentence, room_sentence
from cubb_desktop.library import consents as agreements
from cubb_desktop.services.consents import add_consent, withdraw_consent
from cubb_desktop.services.noticed import marks_of
from cubb_desktop.services.recordings import list_recordings
from cubb_desktop.services.transcripts import list_jobs
from tests import builders
from tests.gui import hands
from tests.gui.conftest import OpenWindow
from tests.sound_server import SoundServer

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot


def recording_page(main: MainWindow) -> RecordingPage:
    main.show_page("record")
    page = main.page("record")
    assert isinstance(page, RecordingPage)
    return page


def window_of(page: RecordingPage) -> MainWindow:
    main = page.window()
    assert isinstance(main, MainWindow)
    return main


def question() -> QDialog:
    found = [w for w in QApplication.topLevelWidgets() if isinstance(w, QDialog) and w.isVisible()]
    assert len(found) == 1
    return found[0]


def agree(main: MainWindow) -> Consent:
    workspace = main.workspace()
    return add_consent(workspace, "B-1", [Purpose.OWN_LEARNING], workspace.today() + timedelta(days=30))


def sit_in(main: MainWindow, name: str = "Anders") -> Consent:
    """A colleague's agreement to be heard."""
    workspace = main.workspace()
    agreed = builders.consent(citizen=name, role=Role.COLLEAGUE, until=workspace.today() + timedelta(days=30))
    with workspace.library.change("test", "consent.added", agreed.id) as change:
        agreements.add(change, agreed)
    return agreed


@pytest.fixture
def page(open_window: OpenWindow, sound_server: SoundServer, qtbot: QtBot) -> RecordingPage:
    """The page with a microphone and an agreement chosen."""
    assert sound_server.pid
    main = open_window().main
    agree(main)
    sit_in(main)
    page = recording_page(main)
    first = page.setup.present.rows[0]
    qtbot.waitUntil(lambda: first.box.count() == 1)
    first.box.setCurrentIndex(0)
    qtbot.waitUntil(page.setup.microphone.ready)
    return page


def begin(page: RecordingPage, qtbot: QtBot) -> None:
    hands.press(page.window(), Qt.Key.Key_R, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: page._state is State.LIVE and page._position_ms > 0)


def end(page: RecordingPage, qtbot: QtBot) -> None:
    with qtbot.waitSignal(page.stored):
        page.finish()


# --- without what it takes -------------------------------------------------------------------------------------------


def test_without_an_agreement_nothing_can_begin(main: MainWindow) -> None:
    page = recording_page(main)
    assert not page.button.isEnabled()
    assert page.hint.text() == "Vælg først en aftale med borgeren."
    assert not page.button.live


def test_without_a_microphone_a_sentence_says_what_to_do(
    open_window: OpenWindow, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    monkeypatch.setattr("cubb_desktop.gui.widgets.microphone.inputs", list)
    page = recording_page(open_window().main)
    qtbot.waitUntil(page.setup.microphone.problem.isVisible)
    assert "Sæt en mikrofon til" in page.setup.microphone.problem.text()
    assert not page.setup.microphone.box.isEnabled()
    assert page.setup.microphone.again.isEnabled()


# --- who is present --------------------------------------------------------------------------------------------------


def choose_kind(page: RecordingPage, kind: ConversationKind) -> None:
    page.setup.kind.choose(kind)


def test_an_open_room_needs_the_colleague_who_sits_in(page: RecordingPage) -> None:
    choose_kind(page, ConversationKind.OPEN_ROOM)
    assert [row.role for row in page.setup.present.rows] == [Role.CITIZEN, Role.COLLEAGUE]
    assert page.hint.text() == "Vælg først en aftale med kollegaen."
    page.setup.present.rows[1].box.setCurrentIndex(0)
    assert page.button.isEnabled()
    assert [(person.role, person.label) for person in page.plan().participants] == [
        (Role.CITIZEN, "B-1"),
        (Role.COLLEAGUE, "Anders"),
    ]
    assert page.plan().kind is ConversationKind.OPEN_ROOM


def test_a_kind_keeps_those_who_are_chosen_and_asks_for_those_it_needs(page: RecordingPage) -> None:
    choose_kind(page, ConversationKind.MUS)
    assert [row.role for row in page.setup.present.rows] == [Role.CITIZEN, Role.COLLEAGUE]
    assert page.setup.present.rows[0].remove.isVisible()
    assert not page.setup.present.rows[1].remove.isVisible()
    hands.click(page.setup.present.rows[0].remove)
    assert [row.role for row in page.setup.present.rows] == [Role.COLLEAGUE]


def test_nobody_is_chosen_twice(page: RecordingPage) -> None:
    hands.click(page.setup.present.add_button)
    added = page.setup.present.rows[1]
    added.role_box.setCurrentIndex(added.role_box.findData(Role.CITIZEN.value))
    added.show_agreements(page.setup.present._agreements)
    added.box.setCurrentIndex(0)
    assert page.hint.text() == "Den samme aftale er valgt to gange."
    assert not page.button.isEnabled()


def test_an_agreement_that_is_withdrawn_meanwhile_stops_the_start(page: RecordingPage, qtbot: QtBot) -> None:
    main = window_of(page)
    chosen = page.setup.present.rows[0].chosen()
    assert chosen is not None
    withdraw_consent(main.workspace(), chosen.id)
    page._on_button()
    qtbot.waitUntil(lambda: main.toasts.shown() is not None)
    assert page._state is State.IDLE
    assert list_recordings(main.workspace()) == []


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
    with qtbot.waitSignal(page.source.heard):
        pass
    page._on_heard(Level(-20, -10, False, 0))
    assert page.setup.level.accessibleDescription() == "67 procent"
    assert not page.live
    assert not page.panel.isVisible()


# --- recording -------------------------------------------------------------------------------------------------------


def test_a_conversation_is_recorded_stopped_once_and_transcribed(page: RecordingPage, qtbot: QtBot) -> None:
    main = window_of(page)
    page.setup.title.setText("Første samtale")
    begin(page, qtbot)
    assert page.button.live
    assert page.panel.dot.live
    assert page.panel.what.text() == "Der optages"
    assert main._rail is not None
    assert main._rail.buttons["record"].live
    hands.click(page.button)
    asked = question()
    with qtbot.waitSignal(page.stored):
        asked.accept()
    assert not page.live
    assert main.shown_page() == "conversations"
    recording = list_recordings(main.workspace())[0]
    assert recording.title == "Første samtale"
    assert recording.duration_ms > 200
    assert recording.state is RecordingState.QUEUED
    assert [job.recording_id for job in list_jobs(main.workspace())] == [recording.id]
    assert page.setup.present.participants() == ()  # nobody is taken for granted next time


def test_a_pause_closes_the_microphone_and_can_be_ended(
    page: RecordingPage, sound_server: SoundServer, qtbot: QtBot
) -> None:
    begin(page, qtbot)
    page.button.setFocus()
    hands.press(page.window(), Qt.Key.Key_P)
    qtbot.waitUntil(lambda: page._state is State.PAUSED)
    assert not page.button.live
    assert not page.panel.dot.live
    assert sound_server.recorders() == 0
    qtbot.waitUntil(page.pause_button.isEnabled)
    hands.click(page.pause_button)
    qtbot.waitUntil(lambda: page._state is State.LIVE)
    end(page, qtbot)


def test_a_discarded_recording_is_gone(page: RecordingPage, qtbot: QtBot) -> None:
    main = window_of(page)
    begin(page, qtbot)
    hands.click(page.discard_button)
    asked = question()
    assert isinstance(asked, Confirm)
    assert asked.cancel_button.isDefault()
    hands.click(asked.accept_button)
    qtbot.waitUntil(lambda: page._state is State.IDLE)
    assert list_recordings(main.workspace()) == []


def test_a_microphone_that_goes_for_good_stops_loudly_and_keeps_what_was_said(
    page: RecordingPage, sound_server: SoundServer, qtbot: QtBot
) -> None:
    main = window_of(page)
    begin(page, qtbot)
    try:
        sound_server.unplug()
        with qtbot.waitSignal(page.stored):
            pass
    finally:
        sound_server.plug_in()
    (kept,) = list_recordings(main.workspace())
    assert (kept.state, kept.duration_ms > 0) == (RecordingState.INTERRUPTED, True)
    notice = main.toasts.shown()
    assert notice is not None
    assert notice.fault
    assert not page.live


def test_closing_while_recording_asks_and_keeps_what_was_said(page: RecordingPage, qtbot: QtBot) -> None:
    main = window_of(page)
    folder = main.workspace().folder
    begin(page, qtbot)
    main.close()
    assert main.isVisible()
    asked = question()
    assert isinstance(asked, Confirm)
    hands.click(asked.accept_button)
    qtbot.waitUntil(lambda: not main.isVisible())
    from cubb_desktop.services.workspace import open_workspace

    with open_workspace(folder, builders.PASSPHRASE, actor="en") as workspace:
        recordings = list_recordings(workspace)
    assert [recording.state for recording in recordings] == [RecordingState.STORED]


def test_leaving_the_page_lets_the_microphone_go(page: RecordingPage, sound_server: SoundServer, qtbot: QtBot) -> None:
    with qtbot.waitSignal(page.source.heard):
        pass
    window_of(page).show_page("concepts")
    qtbot.waitUntil(lambda: sound_server.recorders() == 0)


# --- marks and notes -------------------------------------------------------------------------------------------------


def test_one_key_sets_a_mark_at_once_and_its_word_comes_after(page: RecordingPage, qtbot: QtBot) -> None:
    main = window_of(page)
    begin(page, qtbot)
    own = page.panel.marks.own
    assert own is not None
    hands.press(main, Qt.Key.Key_B)
    assert own.list.count() == 1
    assert own.word.hasFocus()
    hands.write(own.word, "gribning bp")  # the page's keys are letters here
    hands.press(own.word, Qt.Key.Key_Return)
    assert "gribning bp" in own.list.item(0).text()
    assert page.button.hasFocus()
    assert page._state is State.LIVE
    hands.press(main, Qt.Key.Key_B)
    hands.press(own.word, Qt.Key.Key_Escape)  # without a word
    assert own.list.count() == 2
    end(page, qtbot)
    found = marks_of(main.workspace(), list_recordings(main.workspace())[0].id)
    assert [(mark.kind, mark.text) for mark in found] == [(MarkKind.BOOKMARK, "gribning bp"), (MarkKind.BOOKMARK, "")]


def test_a_colleagues_notes_stand_apart_until_afterwards(page: RecordingPage, qtbot: QtBot) -> None:
    main = window_of(page)
    choose_kind(page, ConversationKind.OPEN_ROOM)
    page.setup.present.rows[1].box.setCurrentIndex(0)
    begin(page, qtbot)
    (notes,), own = page.panel.marks.notes, page.panel.marks.own
    assert own is not None
    assert page.panel.marks.tabs.tabText(1) == "Noter fra Anders"
    hands.press(main, Qt.Key.Key_N)
    assert notes.word.hasFocus()
    hands.write(notes.word, "lang pause")
    assert notes.list.count() == 1  # its time is that of the first letter
    hands.press(notes.word, Qt.Key.Key_Return)
    hands.press(main, Qt.Key.Key_N)
    hands.write(notes.word, "nej")
    hands.press(notes.word, Qt.Key.Key_Escape)
    assert own.list.count() == 0
    end(page, qtbot)
    (note,) = marks_of(main.workspace(), list_recordings(main.workspace())[0].id)
    assert (note.kind, note.text, note.author) == (MarkKind.NOTE, "lang pause", "Anders")


# --- forgetting ------------------------------------------------------------------------------------------------------


def forget_dialog() -> ForgetDialog:
    asked = question()
    assert isinstance(asked, ForgetDialog)
    return asked


def test_the_last_stretch_is_forgotten_after_one_question_that_says_what_goes(
    page: RecordingPage, qtbot: QtBot
) -> None:
    main = window_of(page)
    begin(page, qtbot)
    qtbot.waitUntil(lambda: page._position_ms >= 1_500)
    hands.press(main, Qt.Key.Key_B)
    own = page.panel.marks.own
    assert own is not None
    hands.press(own.word, Qt.Key.Key_Escape)
    hands.press(main, Qt.Key.Key_G)
    asked = forget_dialog()
    hands.click(asked.buttons[5])
    assert asked.minutes.value() == 5
    assert "fra 0:00 til 0:0" in asked.what.text()
    assert "1 mærke følger med" in asked.what.text()
    assert not asked.accept_button.isDefault()
    hands.click(asked.accept_button)
    qtbot.waitUntil(lambda: own.list.count() == 0)
    notice = main.toasts.shown()
    assert notice is not None
    assert "er slettet" in notice.text
    qtbot.waitUntil(lambda: page._position_ms > 250)
    end(page, qtbot)
    assert marks_of(main.workspace(), list_recordings(main.workspace())[0].id) == []


def test_the_dialog_counts_back_from_now_and_leaves_the_spoken_agreement(main: MainWindow) -> None:
    asked = ForgetDialog(main, main._theme, 600_000, 0, lambda _start: 0)
    assert asked.wanted_ms() == 120_000
    assert "fra 8:00 til 10:00 (2:00)" in asked.what.text()
    asked.set_position(605_000)
    assert "fra 8:05 til 10:05 (2:00)" in asked.what.text()
    asked.minutes.setValue(0.5)
    assert asked.wanted_ms() == 30_000
    assert not any(button.isChecked() for button in asked.buttons.values())
    asked.reject()
    spoken = ForgetDialog(main, main._theme, 100_000, 40_000, lambda _start: 2)
    spoken.choose(10)
    assert spoken.wanted_ms() == 60_000
    assert "Aftalen, der blev sagt højt, bliver stående." in spoken.what.text()
    assert "2 mærker følger med" in spoken.what.text()
    spoken.reject()


# --- the spoken agreement --------------------------------------------------------------------------------------------


def test_a_spoken_agreement_comes_first_and_stays_a_piece_of_its_own(page: RecordingPage, qtbot: QtBot) -> None:
    main = window_of(page)
    page.setup.spoken.setChecked(True)
    begin(page, qtbot)
    assert page.panel.what.text() == "Aftalen optages"
    assert page.panel.talk_button.isVisible()
    assert not page.mark_button.isEnabled()
    assert not page.forget_button.isEnabled()
    hands.press(main, Qt.Key.Key_V)
    qtbot.waitUntil(lambda: page.panel.what.text() == "Der optages")
    assert not page.panel.talk_button.isVisible()
    assert page.mark_button.isEnabled()
    end(page, qtbot)
    recording = list_recordings(main.workspace())[0]
    assert 0 < recording.spoken_ms < recording.duration_ms


# --- what is said in time --------------------------------------------------------------------------------------------


def test_lost_sound_another_microphone_and_little_room_are_said_in_one_sentence_each(page: RecordingPage) -> None:
    page._on_happened(Gap(767_000, 800))
    assert page.panel.warnings() == "Der mangler 0,8 s lyd ved 12:47. Stedet er mærket."
    page._on_happened(Moved("Indbygget mikrofon", 768_000, 1_200))
    assert page.panel.warnings() == (
        "Mikrofonen forsvandt. Nu optages der med Indbygget mikrofon. Her mangler 1,2 s lyd."
    )
    page._on_happened(DiskLow(12))
    assert page.panel.warnings().splitlines()[1].startswith("Der er kun plads til 12 minutter mere.")


def test_power_is_warned_of_only_while_it_runs_low(main: MainWindow, qtbot: QtBot) -> None:
    assert power_sentence(None) == ""
    assert power_sentence((19.0, True)) == ""
    assert power_sentence((20.0, False)) == ""
    assert "19 %" in power_sentence((19.4, False))
    said: list[str] = []
    found = [(19.0, False)]
    watch = PowerWatch(main, lambda: found[0])
    watch.said.connect(said.append)
    watch.start()
    found[0] = (19.0, True)
    watch._on_time()
    watch.stop()
    assert [bool(text) for text in said] == [True, False]


def test_room_is_told_in_hours_and_near_the_end_in_minutes() -> None:
    assert room_sentence(1.5) == "Plads til 90 minutter"
    assert room_sentence(61.2) == "Plads til 61 timer"
    assert room_sentence(500) == "Plads til over 100 timer"
