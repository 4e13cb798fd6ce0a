"""Indstillinger: every change counts at once; a folder that is no model says what is wrong."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PySide6.QtWidgets import QApplication, QScrollArea

from cubb_desktop.gui.app import Window
from cubb_desktop.gui.pages.settings_page import SettingsPage
from cubb_desktop.gui.widgets.passphrase_form import PassphraseForm
from cubb_desktop.services.workspace import open_workspace
from cubb_desktop.settings import load_settings
from tests import builders
from tests.conftest import DemoModels
from tests.gui import hands
from tests.gui.conftest import OpenWindow

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot


@pytest.fixture
def window(open_window: OpenWindow) -> Window:
    return open_window()


@pytest.fixture
def page(window: Window) -> SettingsPage:
    window.main.show_page("settings")
    shown = window.main.page("settings")
    assert isinstance(shown, SettingsPage)
    return shown


def test_changes_count_at_once_and_are_kept(page: SettingsPage, window: Window, qtbot: QtBot) -> None:
    page.person.setText("  Mette   Holm ")
    page.person.editingFinished.emit()
    page.speakers.setValue(3)
    page.unsure.setValue(35)
    page.speech_language.setCurrentIndex(2)
    page.speech_language.activated.emit(2)
    settings = window.settings_store.value
    assert settings.unsure_below == 0.35
    assert (settings.person, settings.speakers, settings.speech_language) == ("Mette Holm", 3, "auto")
    assert window.main.workspace().actor == "Mette Holm"
    qtbot.waitUntil(lambda: (load_settings().speakers, load_settings().unsure_below) == (3, 0.35))
    assert load_settings().person == "Mette Holm"


@pytest.mark.parametrize("name", ["speech_language", "speakers", "appearance", "text_scale", "language"])
def test_the_wheel_over_a_field_scrolls_the_page_and_changes_nothing(
    page: SettingsPage, window: Window, name: str
) -> None:
    window.main.resize(1000, 500)
    QApplication.processEvents()
    control = getattr(page, name)
    scroller = page.findChild(QScrollArea)
    assert scroller is not None
    bar = scroller.verticalScrollBar()
    scroller.ensureWidgetVisible(control)
    control.setFocus()
    before = window.settings_store.value
    turns = 240 if bar.value() == bar.maximum() else -240
    scrolled = bar.value()
    hands.turn_wheel(control, turns)
    assert (bar.value() < scrolled) if turns > 0 else (bar.value() > scrolled)
    assert window.settings_store.value == before


@pytest.mark.qt_log_ignore("This plugin does not support grabbing the keyboard")
@pytest.mark.parametrize("scale", [0.8, 1.0])  # there is room for all of it, so nothing may need to scroll
def test_an_open_list_shows_every_choice_whole(open_window: OpenWindow, scale: float, qtbot: QtBot) -> None:
    main = open_window(text_scale=scale, appearance="dark").main
    main.resize(1366, 768)
    main.show_page("settings")
    shown = main.page("settings")
    assert isinstance(shown, SettingsPage)
    for box in (shown.appearance, shown.text_scale, shown.speech_language):
        box.showPopup()
        view = box.view()
        qtbot.waitUntil(view.isVisible)
        rows = [view.visualRect(box.model().index(row, 0)) for row in range(box.count())]
        assert rows[0].top() == 0
        assert abs(rows[-1].bottom() + 1 - view.viewport().height()) <= 1
        assert view.size() == view.window().size()  # no raw frame and no scrolling arrows around it
        box.hidePopup()


def test_the_demo_models_say_what_they_are(page: SettingsPage, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: page.recogniser.name.text() == "Demomodel")
    assert "Kender kun demoens ord" in page.recogniser.notes.text()
    assert not page.recogniser.use_demo.isVisible()


def test_a_model_folder_can_be_chosen_and_unchosen(
    page: SettingsPage, window: Window, demo_models: DemoModels, qtbot: QtBot
) -> None:
    page.recogniser.try_folder(demo_models.recogniser)
    qtbot.waitUntil(lambda: window.settings_store.value.recogniser == demo_models.recogniser)
    qtbot.waitUntil(page.recogniser.use_demo.isVisible)
    hands.click(page.recogniser.use_demo)
    assert window.settings_store.value.recogniser is None


@pytest.mark.parametrize(
    ("folder", "said"),
    [("nothing", "findes ikke"), ("empty", "ikke en model"), ("half", "ufuldstændig"), ("diariser", "genkende tale")],
)
def test_a_folder_that_is_no_such_model_says_what_is_wrong(
    page: SettingsPage, window: Window, demo_models: DemoModels, tmp_path: Path, qtbot: QtBot, folder: str, said: str
) -> None:
    (tmp_path / "empty").mkdir()
    half = tmp_path / "half"
    half.mkdir()
    for name in ("config.json", "tokenizer.json", "vocabulary.json"):
        (half / name).write_bytes((demo_models.recogniser / name).read_bytes())
    (half / "model.bin").write_bytes((demo_models.recogniser / "model.bin").read_bytes()[:5000])
    chosen = demo_models.diariser if folder == "diariser" else tmp_path / folder
    qtbot.waitUntil(lambda: page.recogniser.name.text() == "Demomodel")
    page.recogniser.try_folder(chosen)
    qtbot.waitUntil(page.recogniser.problem.isVisible)
    assert said in page.recogniser.problem.text()
    assert window.settings_store.value.recogniser is None


def test_the_passphrase_is_changed_after_the_old_one_was_right(
    page: SettingsPage, window: Window, library_folder: Path, qtbot: QtBot
) -> None:
    hands.click(page.library.change_passphrase)
    form = next(w for w in QApplication.topLevelWidgets() if isinstance(w, PassphraseForm))
    form.old.setText("forkert gammel sætning")
    form.new.setText("en helt ny sætning")
    form.repeated.setText("en helt anden")
    hands.click(form.accept_button)
    assert "ikke ens" in form.problem.text()
    form.repeated.setText("en helt ny sætning")
    hands.click(form.accept_button)
    qtbot.waitUntil(lambda: "passer ikke" in form.problem.text())
    form.old.setText(builders.PASSPHRASE)
    with qtbot.waitSignal(form.changed):
        hands.click(form.accept_button)
    window.main.lock()
    with open_workspace(library_folder, "en helt ny sætning", actor="en"):
        pass


def test_the_text_size_is_kept_when_the_page_is_built_anew(page: SettingsPage, window: Window, qtbot: QtBot) -> None:
    page.text_scale.setCurrentIndex(page.text_scale.findData(1.5))
    page.text_scale.activated.emit(page.text_scale.currentIndex())
    qtbot.waitUntil(lambda: window.main.page("settings") is not page)
    again = window.main.page("settings")
    assert isinstance(again, SettingsPage)
    assert again.text_scale.currentData() == 1.5
    assert window.main.shown_page() == "settings"
