"""Opening, making and recovering a library in the window, with the sentences for what can go wrong."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLineEdit

from cubb_desktop.gui.app import Window
from cubb_desktop.gui.pages.unlock_page import UnlockPage
from cubb_desktop.services.workspace import create_workspace, open_workspace
from cubb_desktop.settings import load_settings
from tests import builders
from tests.gui import hands
from tests.gui.conftest import OpenWindow

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

NEW = "fire stille røde cykler"


def written(qtbot: QtBot, line: QLineEdit, text: str) -> None:
    line.clear()
    hands.write(line, text)


def test_the_right_passphrase_opens_the_library_and_is_forgotten(open_window: OpenWindow, qtbot: QtBot) -> None:
    window = open_window(unlocked=False)
    page = window.main.unlock_page
    assert page.passphrase.echoMode() is QLineEdit.EchoMode.Password
    with qtbot.waitSignal(window.main.ready, timeout=15_000):
        written(qtbot, page.passphrase, builders.PASSPHRASE)
        hands.press(page.passphrase, Qt.Key.Key_Return)
    assert window.main.shown_page() == "conversations"


def test_a_wrong_passphrase_says_so_and_lets_one_try_again(open_window: OpenWindow, qtbot: QtBot) -> None:
    window = open_window(unlocked=False)
    page = window.main.unlock_page
    page.open_with("helt forkert sætning")
    assert not page.card.isEnabled()
    qtbot.waitUntil(page.problem.isVisible, timeout=15_000)
    assert "passer ikke" in page.problem.text()
    assert page.card.isEnabled()
    with qtbot.waitSignal(window.main.ready, timeout=15_000):
        page.open_with(builders.PASSPHRASE)


def test_a_wrong_passphrase_of_the_environment_says_nothing(open_window: OpenWindow, qtbot: QtBot) -> None:
    window = open_window(unlocked=False)
    page = window.main.unlock_page
    window.open_with("helt forkert sætning")
    assert not page.card.isEnabled()
    qtbot.waitUntil(page.card.isEnabled, timeout=15_000)
    assert not page.problem.isVisible()
    assert window.main.focusWidget() is page.passphrase


def test_what_was_wrong_is_forgotten_when_it_is_being_mended(open_window: OpenWindow, qtbot: QtBot) -> None:
    page = open_window(unlocked=False).main.unlock_page
    page.open_with("helt forkert sætning")
    qtbot.waitUntil(page.problem.isVisible, timeout=15_000)
    hands.write(page.passphrase, "d")
    assert not page.problem.isVisible()


def test_a_missing_recovery_key_is_asked_for_where_it_belongs(open_window: OpenWindow) -> None:
    main = open_window(unlocked=False).main
    page = main.unlock_page
    page._show_recover()
    page.passphrase.setFocus()
    hands.click(page.button)
    assert "Gendannelsesnøglen er ikke skrevet rigtigt" in page.problem.text()
    assert main.focusWidget() is page.recovery


def test_unlocking_is_done_beside_the_main_thread(
    open_window: OpenWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    from cubb_desktop import vault

    threads = []
    real = vault.unlock

    def watched(folder: Path, passphrase: str) -> vault.Vault:
        threads.append(threading.current_thread())
        return real(folder, passphrase)

    monkeypatch.setattr(vault, "unlock", watched)
    open_window()
    assert threads
    assert threading.main_thread() not in threads


def test_a_second_window_on_the_same_library_is_refused_with_a_sentence(
    open_window: OpenWindow, library_folder: Path, qtbot: QtBot
) -> None:
    with open_workspace(library_folder, builders.PASSPHRASE, actor="anden", window=True):
        window = open_window(unlocked=False)
        window.open_with(builders.PASSPHRASE)
        qtbot.waitUntil(window.main.unlock_page.problem.isVisible, timeout=15_000)
        assert "allerede åbent i et andet vindue" in window.main.unlock_page.problem.text()


def test_making_a_library_shows_the_recovery_key_and_wants_it_confirmed(
    open_window: OpenWindow, tmp_path: Path, qtbot: QtBot
) -> None:
    folder = tmp_path / "nyt"
    window = open_window(unlocked=False)
    page = _cheap(window)
    page.choose_folder(folder)
    written(qtbot, page.passphrase, NEW)
    written(qtbot, page.repeated, "noget andet")
    hands.click(page.button)
    assert "ikke ens" in page.problem.text()
    written(qtbot, page.repeated, NEW)
    hands.click(page.button)
    qtbot.waitUntil(lambda: page.steps is not None, timeout=30_000)
    assert page.steps is not None
    key = page.steps._groups
    assert [len(group) for group in key] == [4] * 9
    hands.click(page.button)
    asked = page.steps.asked
    assert len(asked) == 3
    hands.click(page.button)
    assert f"Gruppe {min(asked)} passer ikke" in page.problem.text()
    for number, line in asked.items():
        written(qtbot, line, key[number - 1].lower())
    with qtbot.waitSignal(window.main.ready, timeout=15_000):
        hands.click(page.button)
    assert load_settings().library == folder
    window.main.lock()
    with open_workspace(folder, NEW, actor="en"):
        pass


def test_the_recovery_key_opens_and_sets_a_new_passphrase(
    open_window: OpenWindow, tmp_path: Path, qtbot: QtBot
) -> None:
    folder = tmp_path / "glemt"
    workspace, key = create_workspace(folder, "den gamle sætning", actor="en", cost=builders.CHEAP, allow_weak=True)
    workspace.close()
    window = open_window(unlocked=False, folder=folder)
    page = _cheap(window)
    page._show_recover()
    written(qtbot, page.recovery, key[:-1])
    written(qtbot, page.passphrase, NEW)
    written(qtbot, page.repeated, NEW)
    hands.click(page.button)
    qtbot.waitUntil(page.problem.isVisible, timeout=15_000)
    assert "skrevet rigtigt af" in page.problem.text()
    assert window.main.focusWidget() is page.recovery
    written(qtbot, page.recovery, key)
    with qtbot.waitSignal(window.main.ready, timeout=15_000):
        hands.click(page.button)
    window.main.lock()
    with open_workspace(folder, NEW, actor="en"):
        pass


def test_another_folder_can_be_chosen(open_window: OpenWindow, tmp_path: Path) -> None:
    page = open_window(unlocked=False).main.unlock_page
    page.choose_folder(tmp_path / "andet sted")
    assert page.button.text() == "Opret bibliotek"


def test_locking_asks_for_the_passphrase_again_and_lets_others_in(
    open_window: OpenWindow, library_folder: Path, qtbot: QtBot
) -> None:
    window = open_window()
    with qtbot.waitSignal(window.main.locked):
        window.main.lock()
    assert window.main.unlock_page.isVisible()
    assert window.main.shown_page() == ""
    with open_workspace(library_folder, builders.PASSPHRASE, actor="anden", window=True):
        pass


def _cheap(window: Window) -> UnlockPage:
    """The first page with the lowest cost of a passphrase that the vault allows."""
    from cubb_desktop.vault import LEAST_COST

    window.main.unlock_page.cost = LEAST_COST
    return window.main.unlock_page
