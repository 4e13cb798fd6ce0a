"""The window forgets: the daily check, a withdrawal with its letters, and what holds a conversation back."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import TypeVar

import pytest
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from cubb_desktop.domain.consent import Purpose
from cubb_desktop.domain.ids import RecordingId
from cubb_desktop.gui import clipboard, forgetting
from cubb_desktop.gui.main_window import REVIEW, MainWindow
from cubb_desktop.gui.pages.library_page import LibraryPage
from cubb_desktop.gui.pages.review_page import ReviewPage
from cubb_desktop.gui.widgets.keeping_dialogs import KeepingDialog, SoonDialog
from cubb_desktop.gui.widgets.withdrawal_dialog import WithdrawalDialog, WithdrawnDialog
from cubb_desktop.services import erasure, keeping, recordings
from cubb_desktop.services.consents import get_consent
from cubb_desktop.services.workspace import Workspace, open_workspace
from tests import builders
from tests.gui.conftest import OpenWindow
from tests.services import forgettable
from tests.services.forgettable import Citizen, citizen

T = TypeVar("T")


@pytest.fixture
def someone(library_folder: Path, tmp_path: Path) -> Citizen:
    """A citizen with a conversation and two copies that have left."""
    with open_workspace(library_folder, builders.PASSPHRASE, actor=builders.ACTOR) as ws:
        return citizen(ws, tmp_path, export=True)


@pytest.fixture
def case(library_folder: Path, tmp_path: Path) -> Citizen:
    """A citizen whose conversation documents a case."""
    with open_workspace(library_folder, builders.PASSPHRASE, actor=builders.ACTOR) as ws:
        return citizen(ws, tmp_path, Purpose.OWN_LEARNING, Purpose.FLIP, Purpose.CASE_DOCUMENTATION)


def shown(kind: type[T]) -> T:
    return next(one for one in QApplication.topLevelWidgets() if isinstance(one, kind) and one.isVisible())


def is_open(kind: type) -> bool:
    return any(isinstance(one, kind) and one.isVisible() for one in QApplication.topLevelWidgets())


def gone(ws: Workspace, recording_id: RecordingId) -> bool:
    return recording_id not in {recording.id for recording in recordings.list_recordings(ws)}


def ask(main: MainWindow, someone: Citizen, qtbot: QtBot) -> WithdrawalDialog:
    dialog = WithdrawalDialog(main, main.context(), someone.consent_id)
    dialog.open()
    qtbot.waitUntil(lambda: dialog._loss is not None)
    return dialog


# --- withdrawal ------------------------------------------------------------------------------------------------------


def test_a_withdrawal_says_what_is_lost_wants_a_word_and_does_it(
    open_window: OpenWindow, someone: Citizen, qtbot: QtBot
) -> None:
    main = open_window().main
    dialog = ask(main, someone, qtbot)
    assert "1 samtale" in dialog.lost.text()
    assert "2 kopier" in dialog.also.text()
    assert not dialog.accept_button.isEnabled()
    assert dialog.cancel_button.isDefault()
    dialog.typed.setText(" slet ")
    assert dialog.accept_button.isEnabled()
    with qtbot.waitSignal(dialog.withdrawn):
        dialog.accept_button.click()
    qtbot.waitUntil(lambda: is_open(WithdrawnDialog))
    shown(WithdrawnDialog).accept()
    assert gone(main.workspace(), someone.recording_id)
    assert get_consent(main.workspace(), someone.consent_id).citizen == ""


def test_letters_and_receipt_are_saved_and_a_copy_is_marked_as_called_back(
    open_window: OpenWindow, someone: Citizen, qtbot: QtBot, tmp_path: Path
) -> None:
    main = open_window().main
    withdrawal = erasure.withdraw(main.workspace(), someone.consent_id)
    dialog = WithdrawnDialog(main, main.context(), withdrawal)
    dialog.open()
    assert len(dialog.letter_buttons) == 2
    letter, receipt = tmp_path / "brev.docx", tmp_path / "kvittering.txt"
    dialog.choose_file = lambda _parent, _name: letter
    dialog.letter_buttons[0].click()
    qtbot.waitUntil(lambda: "brev.docx" in dialog.told.text())
    dialog.name.setText("Karen")
    dialog.choose_file = lambda _parent, _name: receipt
    dialog.receipt_button.click()
    qtbot.waitUntil(lambda: "kvittering.txt" in dialog.told.text())
    assert "Karen" in receipt.read_text(encoding="utf-8")
    assert letter.read_bytes()[:2] == b"PK"
    dialog.recalled_buttons[0].click()
    qtbot.waitUntil(lambda: "Skrevet ned" in dialog.told.text())
    assert len(erasure.recalls(main.workspace())) == 1
    assert not dialog.recalled_buttons[0].isEnabled()
    dialog.choose_file = lambda _parent, _name: None
    dialog.receipt_button.click()
    dialog.choose_file = lambda _parent, _name: tmp_path
    dialog.receipt_button.click()
    qtbot.waitUntil(dialog.problem.isVisible)
    dialog.accept()


def test_one_purpose_is_taken_back_without_a_word(open_window: OpenWindow, someone: Citizen, qtbot: QtBot) -> None:
    main = open_window().main
    dialog = ask(main, someone, qtbot)
    dialog.some.setChecked(True)
    assert not dialog.accept_button.isEnabled()
    dialog.purposes[Purpose.LEARNING_ROOM].setChecked(True)
    assert dialog.word == ""
    assert dialog.accept_button.isEnabled()
    for box in dialog.purposes.values():
        box.setChecked(True)
    assert dialog.word == "SLET"  # all of it is the whole
    for purpose, box in dialog.purposes.items():
        box.setChecked(purpose is Purpose.LEARNING_ROOM)
    with qtbot.waitSignal(dialog.withdrawn):
        dialog.accept_button.click()
    qtbot.waitUntil(lambda: is_open(WithdrawnDialog))
    assert "læringsrum" in shown(WithdrawnDialog).done_text.text()
    shown(WithdrawnDialog).accept()
    assert not gone(main.workspace(), someone.recording_id)


def test_what_is_open_is_put_down_and_the_clipboard_emptied(
    open_window: OpenWindow, someone: Citizen, qtbot: QtBot
) -> None:
    main = open_window().main
    main.open_recording(someone.recording_id)
    page = main.page(REVIEW)
    assert isinstance(page, ReviewPage)
    qtbot.waitUntil(lambda: page.stack.currentWidget() is page.view)
    page.view.select_passage(0, 1_500)
    page.view.copy()
    assert forgettable.NAME in QGuiApplication.clipboard().text()
    dialog = ask(main, someone, qtbot)
    dialog.typed.setText("SLET")
    with qtbot.waitSignal(dialog.withdrawn):
        dialog.accept_button.click()
    assert page.recording_id is None
    assert page.stack.currentWidget() is page.empty
    assert page.view.sheet.rows == ()
    assert QGuiApplication.clipboard().text() == ""
    qtbot.waitUntil(lambda: is_open(WithdrawnDialog))
    shown(WithdrawnDialog).accept()


def test_a_fault_is_told_in_the_dialog_and_may_be_tried_again(
    open_window: OpenWindow, someone: Citizen, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    from cubb_desktop.domain.errors import DiskFull

    main = open_window().main
    dialog = ask(main, someone, qtbot)

    def full(*_: object) -> None:
        raise DiskFull

    monkeypatch.setattr(erasure, "withdraw", full)
    dialog.typed.setText("SLET")
    dialog.accept_button.click()
    qtbot.waitUntil(dialog.problem.isVisible)
    assert dialog.accept_button.isEnabled()
    dialog.reject()


# --- the daily check -------------------------------------------------------------------------------------------------


def test_at_opening_what_has_had_its_time_goes_and_what_will_is_told(
    open_window: OpenWindow, library_folder: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    with open_workspace(library_folder, builders.PASSPHRASE, actor=builders.ACTOR) as ws:
        old, new = citizen(ws, tmp_path), citizen(ws, tmp_path)
        with ws.library.change(ws.actor, None) as change:
            from cubb_desktop.library import recordings as stored

            for one, days in ((old, -1), (new, 5)):
                day = ws.today() + timedelta(days=days)
                stored.update(change, stored.get(change, one.recording_id), delete_after=day)
    main = open_window().main
    told: list[str] = []
    main._notices.posted.connect(lambda notice: told.append(notice.text))
    qtbot.waitUntil(lambda: bool(told))
    assert "1 samtale er slettet" in told[0]
    assert "1 samtale slettes inden for 14 dage" in told[0]
    assert gone(main.workspace(), old.recording_id)
    assert not gone(main.workspace(), new.recording_id)
    library = main.page("conversations")
    assert isinstance(library, LibraryPage)
    qtbot.waitUntil(lambda: "inden for 14 dage" in library.soon_strip.text.text())
    library.soon_strip.button.click()
    qtbot.waitUntil(lambda: bool(shown(SoonDialog).rows_of))
    assert set(shown(SoonDialog).rows_of) == {new.recording_id}
    shown(SoonDialog).rows_of[new.recording_id].click()
    qtbot.waitUntil(lambda: is_open(KeepingDialog))
    shown(KeepingDialog).reject()


def test_the_check_is_made_again_when_a_day_has_gone_by_the_clock(
    open_window: OpenWindow, someone: Citizen, qtbot: QtBot
) -> None:
    main = open_window().main
    session = main._session
    assert session is not None
    qtbot.waitUntil(lambda: session.forgetting._checked_at is not None)
    first = session.forgetting._checked_at
    session.forgetting.look()
    assert session.forgetting._checked_at == first
    real = main.workspace().clock
    main.workspace().clock = lambda: real() + timedelta(days=1, minutes=1)
    session.forgetting.look()
    assert session.forgetting._checked_at != first
    assert not gone(main.workspace(), someone.recording_id)


def test_nothing_to_tell_is_not_told() -> None:
    assert forgetting.summary(0, 0, 0) == ""
    assert "3 samtaler venter på journalisering" in forgetting.summary(0, 0, 3)


# --- what holds back -------------------------------------------------------------------------------------------------


def test_a_conversation_is_journalised_held_back_and_released(
    open_window: OpenWindow, case: Citizen, qtbot: QtBot
) -> None:
    main = open_window().main
    ws = main.workspace()

    def opened() -> KeepingDialog:
        dialog = KeepingDialog(main, main.context(), case.recording_id)
        dialog.open()
        qtbot.waitUntil(dialog.accept_button.isEnabled)
        return dialog

    dialog = opened()
    assert "Dette er ikke journalen" in dialog.duty.text()
    dialog.journalised.setChecked(True)
    dialog.reason.setText("aktindsigt")
    with qtbot.waitSignal(dialog.accepted):
        dialog.accept_button.click()
    recording = recordings.get_recording(ws, case.recording_id)
    assert (recording.journalised_on, recording.hold_reason) == (ws.today(), "aktindsigt")
    dialog = opened()
    dialog.journalised.setChecked(False)
    dialog.reason.setText("")
    with qtbot.waitSignal(dialog.accepted):
        dialog.accept_button.click()
    recording = recordings.get_recording(ws, case.recording_id)
    assert (recording.journalised_on, recording.hold_reason) == (None, None)


def test_the_end_of_the_last_hold_deletes_what_was_withdrawn(
    open_window: OpenWindow, case: Citizen, qtbot: QtBot
) -> None:
    main = open_window().main
    ws = main.workspace()
    assert erasure.withdraw(ws, case.consent_id).erased.held == (case.recording_id,)
    assert keeping.kept_one(ws, case.recording_id).waits(ws.today())
    dialog = KeepingDialog(main, main.context(), case.recording_id)
    dialog.open()
    qtbot.waitUntil(dialog.accept_button.isEnabled)
    assert "Venter på journalisering" in dialog.fate.text()
    dialog.journalised.setChecked(True)
    with qtbot.waitSignal(dialog.accepted):
        dialog.accept_button.click()
    assert gone(ws, case.recording_id)


def test_the_list_says_when_the_chosen_conversation_goes(
    open_window: OpenWindow, someone: Citizen, qtbot: QtBot
) -> None:
    main = open_window().main
    page = main.page("conversations")
    assert isinstance(page, LibraryPage)
    page.select(someone.recording_id)
    qtbot.waitUntil(lambda: "Slettes efter" in page.hint.text())


def test_what_somebody_else_put_on_the_clipboard_stays(qapp: QApplication) -> None:
    clipboard.put_text("det borgeren sagde")
    QGuiApplication.clipboard().setText("en opskrift")
    clipboard.clear_clipboard()
    assert QGuiApplication.clipboard().text() in {"en opskrift", ""}  # X11 sees both as this program's
    clipboard.put_text("det borgeren sagde")
    clipboard.clear_clipboard()
    assert QGuiApplication.clipboard().text() == ""
