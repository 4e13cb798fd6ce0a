"""Versions in the window: the human's text stays, another is read, chosen, compared, and taken over word by word."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QWidget

from cubb_desktop.domain.recording import Recording
from cubb_desktop.gui.widgets.review_versions import ReviewVersions
from cubb_desktop.gui.widgets.version_compare import ComparisonDialog
from cubb_desktop.services.transcripts import list_jobs, read_transcript
from cubb_desktop.services.versions import list_versions
from tests.gui import review_seed
from tests.gui.hands import press
from tests.gui.review_desk import WAIT_MS, Desk

CONTROL = Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def talk(desk: Desk) -> Recording:
    """The bundled conversation, corrected by a person and then transcribed anew by another model."""
    recording = review_seed.demo_conversation(desk.workspace)
    desk.open(recording.id)
    press(desk.view, Qt.Key.Key_Down)
    row = next(row for row in desk.view.sheet.rows if row.turn_id is not None)
    desk.view.go_to_line(row.start_ms)
    press(desk.view, Qt.Key.Key_E)
    field = desk.page.editing.editor.field
    field.setText(f"{field.text()} altså")
    with desk.qtbot.waitSignal(desk.view.sheet_shown, timeout=WAIT_MS):
        press(field, Qt.Key.Key_Return)
    review_seed.another_version(desk.workspace, recording.id, {"okay.": "okej."})
    desk.page.reload()
    desk.rest()
    return recording


def versions(desk: Desk) -> ReviewVersions:
    return desk.page.tools.versions


def texts(desk: Desk) -> str:
    return " ".join(row.text for row in desk.view.sheet.rows)


def stored(desk: Desk, recording: Recording) -> str:
    return " ".join(turn.text for turn in read_transcript(desk.workspace, recording.id).turns)


def current(desk: Desk, recording: Recording) -> int:
    return next(one.number for one in list_versions(desk.workspace, recording.id) if one.current)


def visible(widget: QWidget) -> bool:
    return not widget.isHidden()


def entries(menu: QMenu) -> dict[str, QAction]:
    """Return the entries of a menu and of the menus in it by their text."""
    found: dict[str, QAction] = {}
    for action in menu.actions():
        below = action.menu()
        found.update(entries(below) if isinstance(below, QMenu) else {action.text(): action})
    return found


def choose(desk: Desk, name: str) -> None:
    menu = versions(desk).menu(desk.page)
    found = entries(menu)
    next(action for text, action in found.items() if name in text).trigger()
    menu.deleteLater()
    desk.rest()


def test_a_newer_machine_version_is_told_of_and_the_humans_stays(desk: Desk, talk: Recording) -> None:
    assert "altså" in texts(desk)
    assert current(desk, talk) == 1
    strip = versions(desk).strip
    assert "nyere maskinel udskrift: version 2" in strip.line.text()
    assert (visible(strip.read), visible(strip.keep), visible(strip.back)) == (True, True, False)
    strip.keep.click()
    desk.rest()
    assert strip.isHidden()
    assert "stadig den gældende" in desk.posted[-1].text
    assert current(desk, talk) == 1


def test_another_version_is_read_only_and_one_comes_back(desk: Desk, talk: Recording) -> None:
    choose(desk, "Læs den")
    assert "okej." in texts(desk)
    assert "altså" not in texts(desk)
    strip = versions(desk).strip
    assert strip.line.text().startswith("Du læser version 2")
    press(desk.view, Qt.Key.Key_E)
    assert not desk.page.editing.editor.isVisible()
    assert desk.page.tools.doubts.strip.isHidden()
    assert desk.page.header.export.isHidden()
    strip.back.click()
    desk.rest()
    assert "altså" in texts(desk)
    assert current(desk, talk) == 1


def test_a_person_chooses_the_new_one_and_may_take_it_back(desk: Desk, talk: Recording) -> None:
    choose(desk, "Gør den til den gældende")
    assert (current(desk, talk), "okej." in texts(desk), versions(desk).strip.isHidden()) == (2, True, True)
    notice = desk.posted[-1]
    assert (notice.text, notice.action) == ("Version 2 er nu den gældende.", "Fortryd")
    assert notice.act is not None
    notice.act()
    desk.rest()
    assert current(desk, talk) == 1
    assert "altså" in texts(desk)
    press(desk.view, Qt.Key.Key_Z, CONTROL)
    desk.rest()
    assert "altså" not in texts(desk)
    assert current(desk, talk) == 1  # what a person has worked on does not give way by being undone


def dialog(desk: Desk) -> ComparisonDialog:
    found = versions(desk).dialog
    assert found is not None
    return found


def test_the_places_that_differ_are_walked_heard_and_taken(desk: Desk, talk: Recording) -> None:
    choose(desk, "Sammenlign")
    table = dialog(desk).table
    rows = [[str(table.model().index(n, column).data()) for column in range(3)] for n in range(table.rowCount())]
    assert ["altså", "–"] in [row[1:] for row in rows]
    at = next(n for n, row in enumerate(rows) if row[1:] == ["okay.", "okej."])
    for _ in range(at):
        press(table, Qt.Key.Key_Down)
    one = dialog(desk).current()
    assert one is not None
    assert one.said_after == "okej."
    assert "[okay.]" in dialog(desk).context.text()
    press(table, Qt.Key.Key_Space)
    assert desk.player.played[-1] == (one.start_ms - 500, one.end_ms + 500)
    before = stored(desk, talk)
    with desk.qtbot.waitSignal(desk.view.sheet_shown, timeout=WAIT_MS):
        press(table, Qt.Key.Key_Return)
    desk.rest()
    assert stored(desk, talk).count("okej.") == 1
    assert table.rowCount() == len(rows) - 1
    assert dialog(desk).accept_button.isEnabled()
    with desk.qtbot.waitSignal(desk.view.sheet_shown, timeout=WAIT_MS):
        press(table, Qt.Key.Key_Z, CONTROL)
    desk.rest()
    assert stored(desk, talk) == before
    assert table.rowCount() == len(rows)
    dialog(desk).reject()
    assert versions(desk).dialog is None


def test_versions_that_say_the_same_are_said_to(desk: Desk) -> None:
    recording = review_seed.demo_conversation(desk.workspace)
    review_seed.another_version(desk.workspace, recording.id, {})
    desk.open(recording.id)
    choose(desk, "Sammenlign")
    assert dialog(desk).status.text() == "De to versioner siger det samme."
    assert not dialog(desk).accept_button.isEnabled()
    dialog(desk).reject()


def test_the_machine_is_asked_again_beside(desk: Desk, talk: Recording) -> None:
    choose(desk, "Lav udskrift igen")
    assert len(list_jobs(desk.workspace)) == 1
    assert "ny version ved siden af" in desk.posted[-1].text
    assert "altså" in texts(desk)


def test_another_conversation_begins_with_the_version_that_counts(desk: Desk, talk: Recording) -> None:
    choose(desk, "Læs den")
    other = review_seed.demo_conversation(desk.workspace)
    desk.open(other.id)
    assert versions(desk).reading is None
    assert versions(desk).strip.isHidden()
    assert visible(desk.page.header.versions)
    assert "den gældende" in " ".join(entries(versions(desk).menu(desk.page)))
