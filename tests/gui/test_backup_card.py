"""A backup from the settings, and a restore from the first page, with a real library and real threads."""

from __future__ import annotations

import random
import time
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PySide6.QtWidgets import QFileDialog

from cubb_desktop.domain.errors import BackupCancelled, BackupInsideLibrary
from cubb_desktop.gui.app import Window
from cubb_desktop.gui.pages.settings_page import SettingsPage
from cubb_desktop.gui.pages.unlock_page import UnlockPage
from cubb_desktop.gui.widgets.backup_card import BackupCard
from cubb_desktop.gui.widgets.restore_form import RestoreForm
from cubb_desktop.i18n import sentence
from cubb_desktop.library import consents
from cubb_desktop.services.backup import backup_library
from cubb_desktop.services.backup_store import Kind
from cubb_desktop.services.backup_tombstones import open_store
from cubb_desktop.services.workspace import open_workspace
from tests import builders
from tests.gui.conftest import OpenWindow
from tests.library_states import add_recording

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

    from cubb_desktop.domain.ids import RecordingId


@pytest.fixture
def window(open_window: OpenWindow, seeded: dict[str, RecordingId]) -> Window:
    return open_window()


@pytest.fixture
def card(window: Window, qtbot: QtBot) -> BackupCard:
    window.main.show_page("settings")
    page = window.main.page("settings")
    assert isinstance(page, SettingsPage)
    qtbot.waitUntil(lambda: bool(page.backup.last.text()))
    return page.backup


def choose(monkeypatch: pytest.MonkeyPatch, *folders: Path | None) -> None:
    answers = iter(str(folder or "") for folder in folders)
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: next(answers))


def test_a_backup_is_made_where_the_person_says_and_again_in_the_same_place(
    card: BackupCard, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    assert "endnu" in card.last.text()
    assert not card.again.isVisibleTo(card)
    choose(monkeypatch, None, tmp_path / "kopi")
    card.choose.click()
    assert card._errand is None
    card.choose.click()
    assert card.progress.isVisibleTo(card)
    qtbot.waitUntil(lambda: card.again.isVisibleTo(card))
    assert str(tmp_path / "kopi") in card.last.text()
    assert "samme disk" in card.said.text()
    assert not card.reminder.isVisibleTo(card)
    card.again.click()
    second = tmp_path / "kopi" / "manifests" / "00000002.sealed"
    qtbot.waitUntil(second.exists)
    qtbot.waitUntil(lambda: card._errand is None)


def test_a_refusal_is_told_on_the_card(card: BackupCard, window: Window, qtbot: QtBot) -> None:
    card.back_up_to(window.main.workspace().folder)
    qtbot.waitUntil(lambda: card.said.text() == sentence(BackupInsideLibrary()))
    assert card.choose.isVisibleTo(card)


def test_a_backup_can_be_stopped(card: BackupCard, tmp_path: Path, qtbot: QtBot) -> None:
    card.back_up_to(tmp_path / "kopi")
    card.cancel.click()
    qtbot.waitUntil(lambda: card._errand is None)
    assert card.said.text() == sentence(BackupCancelled())


def test_the_time_left_is_told_when_it_is_known(card: BackupCard) -> None:
    card._started = time.monotonic() - 60
    card._on_progress(0.5)
    assert card.progress.value() == 500
    assert "50" in card.left.text()
    assert "min" in card.left.text() or "sek" in card.left.text()


def test_a_person_is_reminded_after_a_month(
    card: BackupCard, window: Window, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace = window.main.workspace()
    backup_library(workspace, tmp_path / "kopi")
    now = workspace.clock()
    monkeypatch.setattr(workspace, "clock", lambda: now + timedelta(days=40))
    card.reload()
    qtbot.waitUntil(lambda: card.reminder.isVisibleTo(card))
    assert "40 dage" in card.reminder.text() or "39 dage" in card.reminder.text()


# --- restoring -------------------------------------------------------------------------------------------------------


@pytest.fixture
def backup(library_folder: Path, seeded: dict[str, RecordingId], tmp_path: Path) -> Path:
    with open_workspace(library_folder, builders.PASSPHRASE, actor=builders.ACTOR) as workspace:
        with workspace.library.read() as reading:
            agreement = consents.all(reading)[0]
        add_recording(workspace, random.Random(1), agreement.id)
        return backup_library(workspace, tmp_path / "kopi").folder


def form_of(window: Window) -> RestoreForm:
    page = window.main.findChild(UnlockPage)
    assert page is not None
    page._on_restore()
    form = page.findChild(RestoreForm)
    assert form is not None
    return form


def test_a_library_is_restored_from_the_first_page(
    open_window: OpenWindow, backup: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    window = open_window(unlocked=False)
    form = form_of(window)
    form.submit()
    assert "først" in form.problem.text()
    choose(monkeypatch, None, backup, None, tmp_path / "igen")
    for button in (form.choose_source, form.choose_source, form.choose_target, form.choose_target):
        button.click()
    assert (form.source, form.target) == (backup, tmp_path / "igen")
    form.secret.setText("en forkert sætning")
    form.submit()
    form.submit()  # a second press while it works does nothing
    qtbot.waitUntil(lambda: "passer ikke" in form.problem.text())
    form.secret.setText(builders.PASSPHRASE)
    with qtbot.waitSignal(form.restored):
        form.submit()
    page = window.main.findChild(UnlockPage)
    assert page is not None
    assert page.folder == tmp_path / "igen"
    assert "gendannet" in page.note.text()
    with qtbot.waitSignal(window.main.ready):
        window.open_with(builders.PASSPHRASE)
    assert window.main.workspace().folder == tmp_path / "igen"


def test_what_is_whole_is_offered_when_the_backup_is_damaged(
    open_window: OpenWindow, backup: Path, library_folder: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    with open_workspace(library_folder, builders.PASSPHRASE, actor=builders.ACTOR) as workspace:
        store = open_store(workspace, backup)
        rows = next(entry for entry in store.manifests()[0].entries if entry.kind is Kind.ROWS)
    store.path(rows.object).write_bytes(b"")
    form = form_of(open_window(unlocked=False))
    form.choose(source=backup, target=tmp_path / "igen")
    form.secret.setText(builders.PASSPHRASE)
    form.submit()
    qtbot.waitUntil(lambda: form.accept_button.text() == "Hent resten")
    with qtbot.waitSignal(form.restored):
        form.submit()


def test_a_restore_can_be_stopped_and_the_form_closed(
    open_window: OpenWindow, backup: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    form = form_of(open_window(unlocked=False))
    form.choose(source=backup, target=tmp_path / "igen")
    form.secret.setText(builders.PASSPHRASE)
    form.submit()
    form.reject()
    qtbot.waitUntil(lambda: "annulleret" in form.problem.text())
    assert not (tmp_path / "igen").exists()
    with qtbot.waitSignal(form.finished):
        form.reject()
