"""The library's card among the settings: recovery key, keyring, and when it locks."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from cubb_desktop.domain.errors import WrongRecoveryKey
from cubb_desktop.gui.app import Window
from cubb_desktop.gui.pages.settings_page import SettingsPage
from cubb_desktop.gui.widgets.library_card import LibraryCard
from cubb_desktop.gui.widgets.recovery_form import RecoveryKeyForm
from cubb_desktop.settings import load_settings
from cubb_desktop.vault import Vault, unlock_with_keyring, unlock_with_recovery_key
from tests import builders
from tests.gui import hands
from tests.gui.conftest import OpenWindow
from tests.vault.test_keyring import stand_in

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot


@pytest.fixture
def window(open_window: OpenWindow) -> Window:
    return open_window()


@pytest.fixture
def card(window: Window) -> LibraryCard:
    window.main.show_page("settings")
    page = window.main.page("settings")
    assert isinstance(page, SettingsPage)
    return page.library


@pytest.fixture
def form(card: LibraryCard) -> RecoveryKeyForm:
    hands.click(card.new_recovery_key)
    return next(w for w in QApplication.topLevelWidgets() if isinstance(w, RecoveryKeyForm))


def test_a_new_recovery_key_needs_the_passphrase_and_is_typed_back(
    form: RecoveryKeyForm, window: Window, library_folder: Path, qtbot: QtBot
) -> None:
    form.passphrase.setText("helt forkert sætning")
    hands.click(form.accept_button)
    qtbot.waitUntil(lambda: "passer ikke" in form.problem.text())
    form.passphrase.setText(builders.PASSPHRASE)
    hands.click(form.accept_button)
    qtbot.waitUntil(lambda: form.steps is not None)
    assert form.steps is not None
    key = form.steps._groups
    assert form.passphrase.text() == ""
    hands.click(form.accept_button)
    hands.click(form.accept_button)
    assert f"Gruppe {min(form.steps.asked)} passer ikke" in form.problem.text()
    for number, line in form.steps.asked.items():
        line.setText(key[number - 1])
    with pytest.raises(WrongRecoveryKey):  # not before it has been typed back
        unlock_with_recovery_key(library_folder, "-".join(key))
    with qtbot.waitSignal(form.changed):
        hands.click(form.accept_button)
    opened = unlock_with_recovery_key(library_folder, "-".join(key))
    assert opened.master_key() == window.main.workspace().vault.master_key()


def test_who_cancels_keeps_the_old_recovery_key(form: RecoveryKeyForm, window: Window, qtbot: QtBot) -> None:
    before = (window.main.workspace().folder / "library.json").read_bytes()
    form.passphrase.setText(builders.PASSPHRASE)
    hands.click(form.accept_button)
    qtbot.waitUntil(lambda: form.steps is not None)
    hands.click(form.cancel_button)
    assert (window.main.workspace().folder / "library.json").read_bytes() == before


def test_the_keyring_is_off_until_it_is_asked_for_and_can_be_turned_off(
    card: LibraryCard, library_folder: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    card.keyring = stand_in(tmp_path, "keeps")
    assert not card.by_keyring.isChecked()
    hands.press(card.by_keyring, Qt.Key.Key_Space)
    qtbot.waitUntil(card.by_keyring.isEnabled)
    assert card.by_keyring.isChecked()
    assert unlock_with_keyring(library_folder, card.keyring)
    hands.press(card.by_keyring, Qt.Key.Key_Space)
    qtbot.waitUntil(card.by_keyring.isEnabled)
    assert not card.by_keyring.isChecked()
    assert not card.keyring_said.isVisible()
    assert '"keyring"' not in (library_folder / "library.json").read_text()


def test_a_keyring_that_is_no_good_says_so_on_the_card_and_stays_off(
    card: LibraryCard, tmp_path: Path, qtbot: QtBot
) -> None:
    card.keyring = stand_in(tmp_path, "plain")
    hands.press(card.by_keyring, Qt.Key.Key_Space)
    qtbot.waitUntil(card.keyring_said.isVisible)
    assert "ingen nøglering, som programmet stoler på" in card.keyring_said.text()
    assert not card.by_keyring.isChecked()
    assert QApplication.activeModalWidget() is None


def test_a_keyring_that_no_longer_answers_can_be_turned_off(card: LibraryCard, tmp_path: Path, qtbot: QtBot) -> None:
    vault: Vault = card._context.workspace().vault
    vault.add_keyring_secret(bytes(32))
    card._show_keyring()
    card.keyring = stand_in(tmp_path, "silent")
    hands.press(card.by_keyring, Qt.Key.Key_Space)
    qtbot.waitUntil(card.keyring_said.isVisible)
    assert "den kan ikke bruges til noget" in card.keyring_said.text()
    assert not vault.opens_by_keyring


def test_the_time_until_it_locks_counts_at_once(card: LibraryCard, window: Window, qtbot: QtBot) -> None:
    assert [card.lock_minutes.itemData(n) for n in range(card.lock_minutes.count())] == [5, 15, 30, 60, 0]
    assert card.lock_minutes.currentText() == "15 minutter"
    never = card.lock_minutes.findData(0)
    card.lock_minutes.setCurrentIndex(never)
    card.lock_minutes.activated.emit(never)
    assert window.main.idle.minutes == 0
    qtbot.waitUntil(lambda: load_settings().lock_minutes == 0)
