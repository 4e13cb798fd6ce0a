"""The window as a whole: rail, keys, languages, text as text, names for screen readers, and a clean end."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QShortcut
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSlider,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QTextEdit,
    QWidget,
)

from cubb_desktop.domain.changes import Changes
from cubb_desktop.domain.ids import RecordingId
from cubb_desktop.gui.library_watch import EVERY_MS
from cubb_desktop.gui.main_window import PAGES, MainWindow
from cubb_desktop.gui.pages.review_page import ReviewPage
from cubb_desktop.i18n import _
from cubb_desktop.library import recordings
from cubb_desktop.services.workspace import open_workspace
from tests import builders
from tests.guards import eventually
from tests.gui import hands, review_seed
from tests.gui.conftest import OpenWindow

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

KEYS = [key for key, _word in PAGES]
CONTROLS = (QAbstractButton, QLineEdit, QComboBox, QAbstractSpinBox, QAbstractItemView, QPlainTextEdit)
MARKUP = '<img src="http://192.0.2.1/x.png"><b>fed</b> &amp; <a href="x">link</a>'


def controls(root: QWidget) -> Iterator[QWidget]:
    """Every control a person can reach, without the parts that Qt's own controls are made of."""
    for widget in root.findChildren(QWidget):
        owner = widget.parentWidget()
        owners = (owner, owner.parentWidget() if owner is not None else None)
        inner = any(isinstance(one, (QAbstractSpinBox, QComboBox)) for one in owners)
        inner = inner or widget.objectName().startswith("qt_")
        if isinstance(widget, CONTROLS) and not inner and widget.focusPolicy() != Qt.FocusPolicy.NoFocus:
            yield widget


def every_page(main: MainWindow) -> list[QWidget]:
    for key in KEYS:
        main.show_page(key)
    return [main.page(key) for key in KEYS]


# --- what it shows ---------------------------------------------------------------------------------------------------


def test_pages_are_built_when_they_are_first_shown(main: MainWindow) -> None:
    assert list(main._pages) == ["conversations"]
    main.show_page("concepts")
    assert main.shown_page() == "concepts"
    assert len(main._pages) == 2


def test_the_rail_works_by_key_and_by_click(main: MainWindow, qtbot: QtBot) -> None:
    main.activateWindow()
    qtbot.waitUntil(main.isActiveWindow)
    assert main._rail is not None
    for number, key in enumerate(KEYS, 1):
        hands.press(main, getattr(Qt.Key, f"Key_{number}"), Qt.KeyboardModifier.ControlModifier)
        assert main.shown_page() == key
        assert main._rail.buttons[key].isChecked()
    hands.click(main._rail.buttons["feedback"])
    assert main.shown_page() == "feedback"


def test_no_key_means_two_things_on_a_page(main: MainWindow) -> None:
    for key in KEYS:
        main.show_page(key)
        QApplication.processEvents()
        shown = [
            shortcut.key().toString()
            for shortcut in main.findChildren(QShortcut)
            if shortcut.isEnabled() and isinstance(parent := shortcut.parent(), QWidget) and parent.isVisible()
        ]
        twice = {keys for keys in shown if shown.count(keys) > 1}
        assert not twice, f"{key}: {twice}"


def test_ctrl_l_locks_from_every_page(main: MainWindow, qtbot: QtBot) -> None:
    main.show_page("settings")
    main.activateWindow()
    qtbot.waitUntil(main.isActiveWindow)
    with qtbot.waitSignal(main.locked):
        hands.press(main, Qt.Key.Key_L, Qt.KeyboardModifier.ControlModifier)


@pytest.mark.parametrize("language", ["da", "en"])
@pytest.mark.usefixtures("seeded")
def test_every_control_has_an_accessible_name(open_window: OpenWindow, language: str) -> None:
    main = open_window(language=language).main
    for page in [*every_page(main), main]:
        nameless = [
            f"{type(widget).__name__} in {type(widget.parent()).__name__}"
            for widget in controls(page)
            if not (widget.accessibleName() or getattr(widget, "text", str)())
        ]
        assert not nameless, f"{type(page).__name__}: {nameless}"


@pytest.mark.usefixtures("seeded")
def test_every_text_is_shown_as_text(open_window: OpenWindow) -> None:
    main = open_window().main
    for page in every_page(main):
        labels = page.findChildren(QLabel)
        assert labels
        rich = [label.text() for label in labels if label.textFormat() is not Qt.TextFormat.PlainText]
        assert not rich, f"{type(page).__name__}: {rich}"
        assert not page.findChildren(QTextEdit)


def test_markup_in_titles_reaches_the_screen_as_it_is(
    open_window: OpenWindow, library_folder: Path, qtbot: QtBot
) -> None:
    with open_workspace(library_folder, builders.PASSPHRASE, actor="en") as workspace:
        builders.stored_recording(workspace.library, title=MARKUP)
    main = open_window().main
    model = main.page("conversations").table.conversations  # type: ignore[attr-defined]
    assert model.index(0, 0).data() == MARKUP
    tooltip = model.index(0, 0).data(Qt.ItemDataRole.ToolTipRole)
    assert "<img" not in tooltip
    assert "&lt;img" in tooltip


@pytest.mark.usefixtures("seeded")
def test_the_language_switches_while_the_window_runs(open_window: OpenWindow, qtbot: QtBot) -> None:
    window = open_window()
    main = window.main

    def dates() -> str:
        model = main.page("conversations").table.conversations  # type: ignore[attr-defined]
        return " ".join(str(model.index(row, 1).data()) for row in range(model.rowCount()))

    assert re.search(r"\d+\. [a-z]{3}\.", dates())
    main.show_page("settings")
    before = main.page("settings")
    window.settings_store.change(language="en")
    qtbot.waitUntil(lambda: main.page("settings") is not before)
    assert main.shown_page() == "settings"
    assert main._rail is not None
    assert main._rail.buttons["conversations"].text() == _("Samtaler")
    qtbot.waitUntil(lambda: bool(re.search(r"\d+ [A-Z][a-z]{2}", dates())))


@pytest.mark.parametrize("change", [{"language": "en"}, {"text_scale": 1.25}])
@pytest.mark.parametrize("page", ["review", "settings"])
def test_a_conversation_stays_open_when_words_or_lengths_change(
    open_window: OpenWindow, qtbot: QtBot, page: str, change: dict[str, object]
) -> None:
    window = open_window()
    main = window.main
    recording = review_seed.long_conversation(main.workspace(), words=1_000)
    main.open_recording(recording.id, 5_100)
    before = main.page("review")
    assert isinstance(before, ReviewPage)
    qtbot.waitUntil(lambda: before.view.current_line() is not None)
    qtbot.waitUntil(lambda: not window.background._running and not window.background._outcomes)  # nor do strips come
    before.view.verticalScrollBar().triggerAction(QAbstractSlider.SliderAction.SliderToMaximum)
    before.view.verticalScrollBar().triggerAction(QAbstractSlider.SliderAction.SliderPageStepSub)
    qtbot.waitUntil(lambda: not before.view._following)
    top = before.view.top_place()
    assert top is not None
    main.show_page(page)
    focused = main.page(page).findChildren(QAbstractButton)[3]
    focused.setFocus()
    kind, name = type(focused), focused.property("role")
    window.settings_store.change(**change)
    qtbot.waitUntil(lambda: main._pages.get("review") is not before)
    assert main.shown_page() == page
    if page == "settings":
        now = main.focusWidget()
        assert (type(now), now.property("role")) == (kind, name)
        assert main.page(page).isAncestorOf(now)
        main.show_page("review")
    after = main.page("review")
    assert isinstance(after, ReviewPage)
    qtbot.waitUntil(lambda: after.view.current_line() is not None)
    assert after.recording_id == recording.id
    assert after.place_ms == 5_100
    place = after.view.top_place()
    assert place is not None
    assert place[0] == top[0]


def test_a_library_that_is_opened_after_locking_shows_nothing_of_before(
    open_window: OpenWindow, seeded: dict[str, RecordingId], qtbot: QtBot
) -> None:
    window = open_window()
    window.main.open_recording(seeded["marked"], 5_100)
    with qtbot.waitSignal(window.main.locked):
        window.main.lock()
    assert window.main._reviewed is None
    assert window.main._review_again is None


@pytest.mark.parametrize("language", ["da", "en"])
def test_words_on_the_rail_fit_at_200_percent(open_window: OpenWindow, language: str) -> None:
    main = open_window(text_scale=2.0, language=language).main
    rail = main._rail
    assert rail is not None
    for button in rail.buttons.values():
        assert button.width() >= button.sizeHint().width()
        assert button.geometry().bottom() <= rail.height()
    every_page(main)
    assert main.minimumSizeHint().width() <= 1366
    assert main.minimumSizeHint().height() <= 700  # a title bar and a task bar leave no more of 768


@pytest.mark.parametrize("language", ["da", "en"])
@pytest.mark.usefixtures("seeded")
def test_no_button_is_cut_at_200_percent(open_window: OpenWindow, language: str) -> None:
    main = open_window(text_scale=2.0, language=language).main
    main.resize(1366, 768)
    for key in [key for key in KEYS if key != "review"]:
        main.show_page(key)
        page = main.page(key)
        QApplication.sendPostedEvents()
        QApplication.processEvents()
        cut = [
            button.text()
            for button in page.findChildren(QAbstractButton)
            if button.isVisible() and button.text() and button.width() < button.minimumSizeHint().width()
        ]
        assert not cut, f"{key}: {cut}"
        assert page.width() <= 1366


# --- what others change ----------------------------------------------------------------------------------------------


def test_the_window_shows_what_another_process_has_written(
    open_window: OpenWindow, seeded: dict[str, RecordingId], library_folder: Path, qtbot: QtBot
) -> None:
    main = open_window().main
    model = main.page("conversations").table.conversations  # type: ignore[attr-defined]
    with open_workspace(library_folder, builders.PASSPHRASE, actor="arbejder") as other:
        with other.library.change("arbejder", "recording.renamed", seeded["stored"]) as change:
            recordings.update(change, recordings.get(change, seeded["stored"]), title="Et nyt navn")
        qtbot.waitUntil(lambda: any(row.title == "Et nyt navn" for row in model.rows()), timeout=20 * EVERY_MS)


def test_the_watch_names_only_what_changed(
    open_window: OpenWindow, seeded: dict[str, RecordingId], library_folder: Path, qtbot: QtBot
) -> None:
    window = open_window()
    with open_workspace(library_folder, builders.PASSPHRASE, actor="arbejder") as other:

        def rename(title: str) -> None:
            with other.library.change("arbejder", "recording.renamed", seeded["stored"]) as change:
                recordings.update(change, recordings.get(change, seeded["stored"]), title=title)

        with qtbot.waitSignal(window.background.changed):
            rename("Første")  # the first look has nothing to compare with
        with qtbot.waitSignal(window.background.changed) as told:
            rename("Anden")
    assert told.args is not None
    changes: Changes = told.args[0]
    assert changes.recordings == {seeded["stored"]}
    assert not changes.jobs
    assert not changes.consents


# --- the end ---------------------------------------------------------------------------------------------------------


def test_closing_leaves_no_thread_and_no_process(open_window: OpenWindow, qtbot: QtBot) -> None:
    threads = set(threading.enumerate())
    window = open_window()
    session = window.main._session
    assert session is not None
    with qtbot.waitSignal(session.worker.started):
        pass
    worker = psutil.Process(session.worker.pid)
    for key in KEYS:
        window.main.show_page(key)
    window.main.close()
    assert eventually(lambda: not worker.is_running())
    assert eventually(lambda: not {t for t in set(threading.enumerate()) - threads if t.is_alive()})


def test_a_closed_library_can_be_opened_by_another_window(open_window: OpenWindow, library_folder: Path) -> None:
    open_window().main.close()
    with open_workspace(library_folder, builders.PASSPHRASE, actor="anden", window=True):
        pass


def test_a_bug_is_told_without_content_and_the_window_stays(
    open_window: OpenWindow, caplog: pytest.LogCaptureFixture
) -> None:
    from cubb_desktop.gui.app import _report_to

    window = open_window()
    try:
        raise ValueError("Sonja sagde noget")
    except ValueError as error:
        with caplog.at_level("CRITICAL", logger="cubb_desktop.gui.app"):
            _report_to(window)(type(error), error, error.__traceback__)
    shown = window.main.toasts.shown()
    assert shown is not None
    assert "Sonja" not in shown.text
    assert window.main.isVisible()


@pytest.mark.expected_log("a bug: ValueError at test_main_window")
def test_the_log_of_a_bug_holds_its_kind_and_place_only(
    open_window: OpenWindow, caplog: pytest.LogCaptureFixture
) -> None:
    from cubb_desktop.gui.app import _report_to

    window = open_window(unlocked=False)
    try:
        raise ValueError("Sonja sagde noget")
    except ValueError as error:
        _report_to(window)(type(error), error, error.__traceback__)
    assert "ValueError at test_main_window.py:" in caplog.text
    assert "Sonja" not in caplog.text
