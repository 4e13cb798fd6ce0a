"""Keys of one's own on the review page."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtTest import QTest

from cubb_desktop.gui.keys import ACTS, FIXED, is_typed, keys_of
from cubb_desktop.gui.main_window import MainWindow
from cubb_desktop.gui.pages.settings_page import SettingsPage
from cubb_desktop.i18n import set_language
from cubb_desktop.settings import Settings, read_settings, save_settings, settings_file
from tests.gui import review_seed
from tests.gui.review_desk import Desk, review_desk

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot


@pytest.fixture
def desk(qtbot: QtBot, tmp_path: Path) -> Iterator[Desk]:
    with review_desk(qtbot, tmp_path) as made:
        made.open(review_seed.demo_conversation(made.workspace).id)
        yield made


@pytest.fixture
def card(main: MainWindow) -> SettingsPage:
    main.show_page("settings")
    page = main.page("settings")
    assert isinstance(page, SettingsPage)
    return page


def test_no_key_stands_for_two_things() -> None:
    usual = [act.key for act in ACTS]
    assert len({*usual, *FIXED}) == len(usual) + len(FIXED)
    assert all(QKeySequence(key).toString() == key for key in (*usual, *FIXED))


@pytest.mark.parametrize(
    ("key", "typed"), [("L", True), ("Shift+L", True), ("Ctrl+L", False), ("F1", False), ("", False)]
)
def test_a_key_that_writes_acts_only_where_nothing_is_written(key: str, typed: bool) -> None:
    assert is_typed(QKeySequence(key)) is typed


def test_a_key_of_ones_own_counts_at_once_and_the_usual_one_no_more(desk: Desk) -> None:
    store = desk.page._context.settings_store
    store.change(keys={"play": "F9", "repeat": "G"})
    told: list[bool] = []
    desk.page.playback.playing_changed.connect(told.append)
    for key in (Qt.Key.Key_F9, Qt.Key.Key_Escape, Qt.Key.Key_F9):
        QTest.keyClick(desk.view, key)
    assert told == [True, False]
    desk.view.go_to(20_000)
    played = len(desk.player.played)
    QTest.keyClick(desk.view, Qt.Key.Key_L)
    assert len(desk.player.played) == played
    QTest.keyClick(desk.view, Qt.Key.Key_G)
    assert len(desk.player.played) == played + 1
    assert desk.page.player_bar.play.text() == "F9"
    store.change(keys={})
    QTest.keyClick(desk.view, Qt.Key.Key_L)
    assert len(desk.player.played) == played + 2


def test_an_act_without_a_key_is_still_a_button(desk: Desk) -> None:
    desk.page._context.settings_store.change(keys={"back": ""})
    desk.page.playback.seek(10_000)
    QTest.keyClick(desk.view, Qt.Key.Key_F1)
    assert desk.page.playback.position_ms == 10_000
    desk.page.player_bar.buttons["back"].click()
    assert desk.page.playback.position_ms == 8_000


def test_a_chosen_key_is_kept_and_one_that_is_taken_is_refused(card: SettingsPage) -> None:
    field, store = card.keys.fields["play"], card._context.settings_store
    field.setKeySequence(QKeySequence("F9"))
    assert keys_of(store.value)["play"] == "F9"
    assert card.keys.usual.isEnabled()
    field.setKeySequence(QKeySequence("M"))
    assert "Mærk linjen" in card.keys.problem.text()
    assert field.keySequence() == QKeySequence("F9")
    field.setKeySequence(QKeySequence("Ctrl+L"))
    assert "Lås biblioteket" in card.keys.problem.text()
    field.setKeySequence(QKeySequence("Esc"))
    assert store.value.keys == {}
    assert not card.keys.problem.text()
    field.clear()
    assert keys_of(store.value)["play"] == ""
    card.keys.usual.click()
    assert keys_of(store.value)["play"] == "Esc"
    assert field.keySequence() == QKeySequence("Esc")


def test_the_card_has_names_for_all_and_speaks_english(card: SettingsPage) -> None:
    assert all(field.accessibleName().startswith("Tast: ") for field in card.keys.fields.values())
    set_language("en")
    assert card.keys.fields.keys() == {act.id for act in ACTS}


@pytest.mark.expected_log("the setting keys is not usable")
def test_keys_are_read_back_and_rubbish_among_them_is_left_out() -> None:
    save_settings(Settings(keys={"play": "F9"}))
    assert read_settings().settings.keys == {"play": "F9"}
    save_settings(Settings())
    assert "keys" not in settings_file().read_text(encoding="utf-8")
    settings_file().write_text("keys = { play = 3 }\n", encoding="utf-8")
    assert read_settings().settings.keys == {}
