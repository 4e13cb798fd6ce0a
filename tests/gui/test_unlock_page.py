"""Opening, making and recovering a library in the window, with the sentences for what can go wrong."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QFont, QImage, QPainter
from PySide6.QtPrintSupport import QPrintDialog
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit

from cubb_desktop.domain.errors import DiskFull, WrongRecoveryKey
from cubb_desktop.gui.app import Window
from cubb_desktop.gui.pages.unlock_page import UnlockPage, offers_keyring
from cubb_desktop.gui.tries import Tries
from cubb_desktop.gui.widgets.controls import Button
from cubb_desktop.gui.widgets.recovery_key import RecoveryKeySteps
from cubb_desktop.gui.widgets.recovery_sheet import draw_sheet
from cubb_desktop.services.workspace import create_workspace, open_workspace
from cubb_desktop.settings import load_settings
from cubb_desktop.vault import SystemKeyring, keyfile, new_recovery_key, unlock_with_recovery_key, use_keyring
from tests import builders
from tests.gui import hands
from tests.gui.conftest import OpenWindow
from tests.vault.test_keyring import stand_in

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
    with qtbot.waitSignal(window.main.ready):
        written(qtbot, page.passphrase, builders.PASSPHRASE)
        hands.press(page.passphrase, Qt.Key.Key_Return)
    assert window.main.shown_page() == "conversations"


def test_a_wrong_passphrase_says_so_and_lets_one_try_again(open_window: OpenWindow, qtbot: QtBot) -> None:
    window = open_window(unlocked=False)
    page = window.main.unlock_page
    page.open_with("helt forkert sætning")
    assert not page.card.isEnabled()
    qtbot.waitUntil(page.problem.isVisible)
    assert "passer ikke" in page.problem.text()
    assert page.card.isEnabled()
    with qtbot.waitSignal(window.main.ready):
        page.open_with(builders.PASSPHRASE)


def test_a_wrong_passphrase_of_the_environment_says_nothing(open_window: OpenWindow, qtbot: QtBot) -> None:
    window = open_window(unlocked=False)
    page = window.main.unlock_page
    window.open_with("helt forkert sætning")
    assert not page.card.isEnabled()
    qtbot.waitUntil(page.card.isEnabled)
    assert not page.problem.isVisible()
    assert window.main.focusWidget() is page.passphrase


def test_what_was_wrong_is_forgotten_when_it_is_being_mended(open_window: OpenWindow, qtbot: QtBot) -> None:
    page = open_window(unlocked=False).main.unlock_page
    page.open_with("helt forkert sætning")
    qtbot.waitUntil(page.problem.isVisible)
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
        qtbot.waitUntil(window.main.unlock_page.problem.isVisible)
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
    qtbot.waitUntil(lambda: page.steps is not None)
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
    with qtbot.waitSignal(window.main.ready):
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
    qtbot.waitUntil(page.problem.isVisible)
    assert "skrevet rigtigt af" in page.problem.text()
    assert window.main.focusWidget() is page.recovery
    written(qtbot, page.recovery, key)
    with qtbot.waitSignal(window.main.ready):
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


# --- the recovery key is confirmed -----------------------------------------------------------------------------------


def unconfirmed(folder: Path) -> str:
    """Make a library whose recovery key nobody confirmed; return the key."""
    workspace, recovery = create_workspace(
        folder, builders.PASSPHRASE, actor="en", cost=builders.CHEAP, allow_weak=True
    )
    workspace.close()
    return recovery


def steps_of(page: UnlockPage, qtbot: QtBot) -> RecoveryKeySteps:
    qtbot.waitUntil(lambda: page.steps is not None)
    assert page.steps is not None
    return page.steps


def typed_back(page: UnlockPage, qtbot: QtBot) -> str:
    """Type the groups that are asked for; return the key that was shown."""
    steps = steps_of(page, qtbot)
    key = steps._groups
    if not steps.asking:
        hands.click(page.button)
    for number, line in steps.asked.items():
        written(qtbot, line, key[number - 1])
    return "-".join(key)


def test_a_library_whose_key_was_never_confirmed_shows_a_new_one_that_voids_the_old(
    open_window: OpenWindow, tmp_path: Path, qtbot: QtBot
) -> None:
    folder = tmp_path / "afbrudt"
    old = unconfirmed(folder)
    window = open_window(unlocked=False, folder=folder)
    page = window.main.unlock_page
    page.open_with(builders.PASSPHRASE)
    new = typed_back(page, qtbot)
    assert new != old
    assert unlock_with_recovery_key(folder, old)  # until the new one is confirmed
    with qtbot.waitSignal(window.main.ready):
        hands.click(page.button)
    window.main.lock()
    assert unlock_with_recovery_key(folder, new).recovery_confirmed
    with pytest.raises(WrongRecoveryKey):
        unlock_with_recovery_key(folder, old)
    with qtbot.waitSignal(window.main.ready):  # asked once, not again
        window.main.unlock_page.open_with(builders.PASSPHRASE)


@pytest.mark.parametrize("left", ["close", "lock"])
def test_who_leaves_before_confirming_is_asked_again_with_another_key(
    open_window: OpenWindow, tmp_path: Path, qtbot: QtBot, left: str
) -> None:
    folder = tmp_path / "afbrudt"
    unconfirmed(folder)
    window = open_window(unlocked=False, folder=folder)
    page = window.main.unlock_page
    page.open_with(builders.PASSPHRASE)
    first = "-".join(steps_of(page, qtbot)._groups)
    getattr(window.main, left)()
    if left == "close":
        window = open_window(unlocked=False, folder=folder)
        page = window.main.unlock_page
    else:
        qtbot.waitUntil(page.passphrase.isVisible)
        assert page.steps is None
    page.open_with(builders.PASSPHRASE)
    assert "-".join(steps_of(page, qtbot)._groups) != first
    with pytest.raises(WrongRecoveryKey):
        unlock_with_recovery_key(folder, first)


def test_the_key_is_hidden_while_groups_are_asked_for_and_others_are_asked_the_next_time(
    open_window: OpenWindow, tmp_path: Path, qtbot: QtBot
) -> None:
    folder = tmp_path / "afbrudt"
    unconfirmed(folder)
    page = open_window(unlocked=False, folder=folder).main.unlock_page
    page.open_with(builders.PASSPHRASE)
    steps = steps_of(page, qtbot)

    def shown() -> set[str]:
        return {label.text() for label in steps.findChildren(QLabel) if label.isVisible()}

    asked = set()
    for _time in range(8):
        qtbot.waitUntil(lambda: set(steps._groups) <= shown())
        hands.click(page.button)
        qtbot.waitUntil(next(iter(steps.asked.values())).isVisible)
        assert not set(steps._groups) & shown()
        asked.add(tuple(steps.asked))
        hands.click(next(b for b in steps.findChildren(Button) if b.isVisible()))
    assert len(asked) > 1
    assert page.button.text() == "Jeg har skrevet den ned"


def test_a_disk_that_is_full_keeps_asking(
    open_window: OpenWindow, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "afbrudt"
    unconfirmed(folder)
    window = open_window(unlocked=False, folder=folder)
    page = window.main.unlock_page
    page.open_with(builders.PASSPHRASE)
    typed_back(page, qtbot)

    def full(*_given: object) -> None:
        raise DiskFull

    with monkeypatch.context() as disk:
        disk.setattr(keyfile, "replace_files", full)
        disk.setattr("cubb_desktop.vault.unlocking.write", full)
        hands.click(page.button)
        qtbot.waitUntil(page.problem.isVisible)
    assert "Disken er fuld" in page.problem.text()
    with qtbot.waitSignal(window.main.ready):
        hands.click(page.button)


def test_the_recovery_key_that_opened_the_library_counts_as_confirmed(
    open_window: OpenWindow, tmp_path: Path, qtbot: QtBot
) -> None:
    folder = tmp_path / "glemt"
    key = unconfirmed(folder)
    window = open_window(unlocked=False, folder=folder)
    page = _cheap(window)
    page._show_recover()
    written(qtbot, page.recovery, key)
    written(qtbot, page.passphrase, "kort")
    written(qtbot, page.repeated, "kort")
    hands.click(page.button)
    qtbot.waitUntil(page.problem.isVisible)
    assert "for kort" in page.problem.text()
    written(qtbot, page.passphrase, NEW)
    written(qtbot, page.repeated, NEW)
    with qtbot.waitSignal(window.main.ready):
        hands.click(page.button)
    assert window.main.workspace().vault.recovery_confirmed


def test_the_sheet_is_drawn_with_every_group_and_never_saved_by_itself(tmp_path: Path, qapp: object) -> None:
    key = new_recovery_key().split("-")
    drawn: list[str] = []

    class Paper(QPainter):
        """A painter that also notes what is written."""

        def drawText(self, place: QRectF, *rest: object) -> QRectF:  # type: ignore[override]  # noqa: N802 - Qt's name
            drawn.append(next(part for part in rest if isinstance(part, str)))
            return QPainter.drawText(self, place, *rest) or QRectF()  # type: ignore[call-overload]

    image = QImage(1240, 1754, QImage.Format.Format_RGB32)
    image.fill(Qt.GlobalColor.white)
    painter = Paper(image)
    draw_sheet(painter, QRectF(image.rect()), tuple(key), builders.new_id(), QFont("DejaVu Sans Mono"))
    painter.end()
    assert [text for text in drawn if text in key] == key
    assert [text for text in drawn if text.isdigit() and len(text) == 1] == list("123456789")
    assert list(tmp_path.iterdir()) == []


def test_printing_asks_which_printer_first(open_window: OpenWindow, tmp_path: Path, qtbot: QtBot) -> None:
    folder = tmp_path / "afbrudt"
    unconfirmed(folder)
    page = open_window(unlocked=False, folder=folder).main.unlock_page
    page.open_with(builders.PASSPHRASE)
    hands.click(steps_of(page, qtbot).print_button)
    dialog = QApplication.activeModalWidget()
    assert isinstance(dialog, QPrintDialog)
    dialog.reject()


# --- guessing --------------------------------------------------------------------------------------------------------


def test_a_wrong_passphrase_changes_no_file_and_makes_none(
    open_window: OpenWindow, library_folder: Path, qtbot: QtBot
) -> None:
    page = open_window(unlocked=False).main.unlock_page
    before = {path: path.stat().st_mtime_ns for path in [library_folder, *library_folder.iterdir()]}
    page.open_with("helt forkert sætning")
    qtbot.waitUntil(page.problem.isVisible)
    assert {path: path.stat().st_mtime_ns for path in [library_folder, *library_folder.iterdir()]} == before


def test_after_five_failed_tries_the_next_one_waits_also_on_another_card(
    open_window: OpenWindow, library_folder: Path, qtbot: QtBot
) -> None:
    window = open_window(unlocked=False)
    page, now = window.main.unlock_page, [1_000.0]
    page._tries[library_folder] = Tries(lambda: now[0])
    for _try in range(5):
        assert page.button.isEnabled()
        page.open_with("helt forkert sætning")
        qtbot.waitUntil(page.card.isEnabled)
    assert not page.button.isEnabled()
    assert page.button.text() == "Vent 3 s"
    hands.press(page.passphrase, Qt.Key.Key_Return)
    assert page.card.isEnabled()  # nothing was tried
    page._show_recover()
    assert not page.button.isEnabled()
    page.show_start()
    now[0] += 2.5
    qtbot.waitUntil(page.button.isEnabled)
    assert page.button.text() == "Åbn"
    with qtbot.waitSignal(window.main.ready):
        page.open_with(builders.PASSPHRASE)
    assert page._tries[library_folder].failed == 0


def test_tries_are_remembered_for_each_library_and_over_a_new_card(
    open_window: OpenWindow, tmp_path: Path, qtbot: QtBot
) -> None:
    window = open_window(unlocked=False)
    page = window.main.unlock_page
    folder = page.folder
    page.open_with("helt forkert sætning")
    qtbot.waitUntil(page.problem.isVisible)
    unconfirmed(tmp_path / "andet")
    page.choose_folder(tmp_path / "andet")
    page.choose_folder(folder)
    assert window.main._tries[folder].failed == 1
    assert window.main._tries[tmp_path / "andet"].failed == 0


# --- the system's keyring --------------------------------------------------------------------------------------------


def with_keyring(folder: Path, tmp_path: Path) -> SystemKeyring:
    keyring = stand_in(tmp_path, "keeps")
    with open_workspace(folder, builders.PASSPHRASE, actor="en") as workspace:
        use_keyring(workspace.vault, keyring)
    return keyring


def test_one_press_opens_by_the_keyring(
    open_window: OpenWindow, library_folder: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    keyring = with_keyring(library_folder, tmp_path)
    window = open_window(unlocked=False)
    page = window.main.unlock_page
    page.keyring = keyring
    assert window.main.focusWidget() is page.keyring_button
    with qtbot.waitSignal(window.main.ready):
        hands.press(page.keyring_button, Qt.Key.Key_Return)


def test_trouble_with_the_keyring_is_a_sentence_and_the_passphrase_opens(
    open_window: OpenWindow, library_folder: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    with_keyring(library_folder, tmp_path)
    window = open_window(unlocked=False)
    page = window.main.unlock_page
    page.keyring = stand_in(tmp_path, "blocks", limit_s=1.0)
    hands.click(page.keyring_button)
    qtbot.waitUntil(page.problem.isVisible)
    assert "Skriv adgangssætningen i stedet" in page.problem.text()
    assert page.problem.property("role") == "strong"
    assert QApplication.activeModalWidget() is None
    assert window.main._tries[page.folder].failed == 0
    assert window.main.focusWidget() is page.passphrase
    with qtbot.waitSignal(window.main.ready):
        written(qtbot, page.passphrase, builders.PASSPHRASE)
        hands.press(page.passphrase, Qt.Key.Key_Return)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"slots": 7}', b'{"slots": [7]}', b"[" * 50_000])
def test_a_strange_key_file_offers_no_keyring(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "library.json").write_bytes(content)
    assert not offers_keyring(tmp_path)
