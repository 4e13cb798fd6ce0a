"""Three views of the same words: place, choice and sound stay where they are; and the lines that are kept."""

from __future__ import annotations

import statistics
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QContextMenuEvent, QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractSlider, QApplication, QMenu, QWidget

from cubb_desktop.domain import corrections
from cubb_desktop.domain.changes import Changes
from cubb_desktop.domain.ids import RecordingId
from cubb_desktop.domain.reading import RowKind, read
from cubb_desktop.domain.recording import Recording
from cubb_desktop.domain.transcript import Silence
from cubb_desktop.gui.widgets.lines_table import Column, LinesTable
from cubb_desktop.gui.widgets.prose_view import ProseView
from cubb_desktop.gui.widgets.review_views import FreezeForm, ReviewViews
from cubb_desktop.services.annotations import list_annotations
from cubb_desktop.services.consents import withdraw_consent
from cubb_desktop.services.corrections import Editing
from cubb_desktop.services.lines import frozen_of
from tests import builders
from tests.gui import review_seed
from tests.gui.review_desk import Desk, review_desk

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

    from cubb_desktop.settings import TextView

CONTROL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier


@pytest.fixture
def talk(desk: Desk) -> Recording:
    """The bundled conversation with its marks, opened."""
    recording = review_seed.marked_conversation(desk.workspace)
    desk.open(recording.id)
    return recording


def views(desk: Desk) -> ReviewViews:
    return desk.page.views


def prose(desk: Desk) -> ProseView:
    return views(desk).prose


def table(desk: Desk) -> LinesTable:
    return views(desk).table


def texts(view: ProseView) -> list[str]:
    return [" ".join(piece.text for piece in row.pieces) for row in view.sheet.rows]


def choose(desk: Desk, name: TextView) -> None:
    views(desk).bar.buttons[name].click()
    QApplication.processEvents()


# --- changing --------------------------------------------------------------------------------------------------------


def test_keys_change_the_view_and_it_is_remembered(desk: Desk, talk: Recording) -> None:
    assert desk.page.stack.currentWidget() is desk.view
    steps: list[tuple[Qt.Key, TextView, QWidget]] = [
        (Qt.Key.Key_1, "reading", prose(desk)),
        (Qt.Key.Key_3, "table", table(desk)),
        (Qt.Key.Key_2, "jefferson", desk.view),
    ]
    for key, name, widget in steps:
        QTest.keyClick(desk.page, key, Qt.KeyboardModifier.AltModifier)
        assert desk.page.stack.currentWidget() is widget
        assert views(desk).bar.buttons[name].isChecked()
        assert desk.page._context.settings_store.value.text_view == name
        assert QApplication.focusWidget() in {widget, None}
    assert [button.accessibleName() for button in views(desk).bar.buttons.values()] == ["Læs", "Jefferson", "Tabel"]


@pytest.mark.parametrize("name", ["reading", "table"])
def test_the_view_one_had_is_there_again(qtbot: QtBot, tmp_path: Path, name: TextView) -> None:
    with review_desk(qtbot, tmp_path, text_view=name) as desk:
        desk.open(review_seed.demo_conversation(desk.workspace).id)
        assert desk.page.stack.currentWidget() is views(desk).current
        assert views(desk).bar.buttons[name].isChecked()
        assert texts(prose(desk)) if name == "reading" else table(desk).lines.rowCount()
        assert desk.page.player_bar.play.isEnabled()  # the sound is opened after the text, whichever view shows it


def test_there_is_nothing_to_choose_without_a_text(desk: Desk) -> None:
    assert not views(desk).bar.isVisible()
    desk.open(review_seed.demo_recording(desk.workspace).id)
    assert not views(desk).bar.isVisible()
    choose(desk, "table")
    assert desk.page.stack.currentWidget() is desk.page.no_text


def test_reading_text_has_names_in_full_whole_turns_and_no_signs(desk: Desk, talk: Recording) -> None:
    editing = Editing(desk.workspace, talk.id)
    turn = next(turn for turn in editing.text.turns if turn.text == "Tak, jeg har det okay.")
    edit = corrections.retype(editing.text, turn.id, ".hh °Tak,° ja:::eg har (.) £det£ ((ler)) okay.", editing.hand())
    assert edit is not None
    editing.do(edit).save()
    desk.background.changed.emit(Changes(transcripts=frozenset({talk.id})))
    desk.rest()
    choose(desk, "reading")
    shown = texts(prose(desk))
    assert "Borger: Tak, jaeg har det (ler) okay." in shown  # a silence inside it is no reason to break it
    assert not any("[" in text or "°" in text for text in shown)
    silent = [row for row in prose(desk).sheet.rows if row.kind is RowKind.SILENCE]
    assert silent
    assert all(row.length_ms >= 1000 for row in silent)
    assert prose(desk).line_text(0).startswith("Sagsbehandler: ")


def test_the_table_says_who_vouches_for_a_line(desk: Desk, talk: Recording) -> None:
    desk.click("Goddag.")
    desk.page.editing.listened()
    desk.rest()
    choose(desk, "table")
    lines = table(desk).lines
    row = next(n for n, row in enumerate(lines.sheet.rows) if row.text == "Goddag.")
    said = [lines.data(lines.index(row, column)) for column in Column]
    assert said[:4] == [lines.sheet.rows[row].name, "0:02", "Borger", "Goddag."]
    assert said[4].startswith(f"aflyttet · {desk.workspace.actor} · ")
    assert lines.rowCount() == len(desk.view.sheet.rows)
    assert lines.data(lines.index(row, Column.TEXT), Qt.ItemDataRole.AccessibleTextRole) == "Tekst: Goddag."
    assert "aflyttet" in lines.data(lines.index(row, Column.TEXT), Qt.ItemDataRole.ToolTipRole)


# --- place, choice, sound --------------------------------------------------------------------------------------------


def test_place_and_choice_are_kept_from_view_to_view(desk: Desk, talk: Recording) -> None:
    desk.view.select_passage(60_000, 64_000)
    before = desk.view.selection()
    words = desk.view.selected_words()
    assert before is not None
    choose(desk, "reading")
    assert prose(desk).selected_words() == words
    assert prose(desk).row_visible(prose(desk)._looks.current_row)
    choose(desk, "table")
    rows = sorted(index.row() for index in table(desk).selectionModel().selectedRows())
    assert [rows[0], rows[-1]] == [desk.view.chosen_rows()[0], desk.view.chosen_rows()[-1]]
    assert table(desk).visualRect(table(desk).currentIndex()).intersects(table(desk).viewport().rect())
    choose(desk, "jefferson")
    assert desk.view.selection() == before


def test_what_is_chosen_in_reading_text_is_marked_and_copied(desk: Desk, talk: Recording) -> None:
    choose(desk, "reading")
    view = prose(desk)
    stop = next(n for n, s in enumerate(view.sheet.stops) if s.word is not None and s.word.text == "velkommen.")
    view.scroll_to_row(view.sheet.stops[stop].row)
    QTest.mouseDClick(view.viewport(), Qt.MouseButton.LeftButton, pos=view.stop_rect(stop).center())
    QTest.keyClick(view, Qt.Key.Key_C, CONTROL)
    assert QGuiApplication.clipboard().text() == "velkommen."
    assert desk.view.selected_words() == "velkommen."
    QTest.keyClick(view, Qt.Key.Key_Down, SHIFT)
    assert view.selected_text().splitlines()[0].startswith("Sagsbehandler: ")
    QTest.keyClick(view, Qt.Key.Key_M)
    assert desk.page.panel.form.isVisible()
    before = len(list_annotations(desk.workspace, talk.id))
    desk.page.panel.form.save.click()
    desk.rest()
    assert len(list_annotations(desk.workspace, talk.id)) == before + 1
    assert len(view.bars) == len(desk.view.bars) == before + 1


def test_a_word_is_played_from_reading_text_and_marked_while_it_sounds(desk: Desk, talk: Recording) -> None:
    choose(desk, "reading")
    view = prose(desk)
    stop = next(n for n, s in enumerate(view.sheet.stops) if s.word is not None and s.word.text == "velkommen.")
    QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=view.stop_rect(stop).center())
    assert desk.player.played == [(view.sheet.stops[stop].start_ms, None)]
    desk.qtbot.waitUntil(lambda: view._looks.heard is not None)
    heard = view._looks.heard
    assert heard is not None
    assert view.sheet.rows[heard[0]].pieces[heard[1]].text == "velkommen."
    desk.page.playback.pause()
    choose(desk, "table")
    assert desk.view.sheet.rows[table(desk).lines.heard].text.endswith("velkommen.")
    assert table(desk).lines.data(table(desk).lines.index(table(desk).lines.heard, 0), Qt.ItemDataRole.BackgroundRole)


def test_a_long_turn_is_followed_line_by_line_unless_one_scrolls_away(desk: Desk) -> None:
    recording = builders.stored_recording(desk.workspace.library, duration_ms=600_000)
    turn = builders.turn(" ".join(["beskæftigelse"] * 900), 0, builders.WORKER.id)
    talk = builders.transcript(recording.id, (turn,), silences=(), overlaps=(), unheard=(), duration_ms=600_000)
    review_seed.store(desk.workspace, talk)
    desk.open(recording.id)
    choose(desk, "reading")
    bar = prose(desk).verticalScrollBar()
    desk.view.set_position(150_000)
    followed = bar.value()
    assert followed > 0
    assert prose(desk).row_visible(0)
    bar.triggerAction(QAbstractSlider.SliderAction.SliderToMinimum)
    desk.qtbot.waitUntil(lambda: not prose(desk)._following)
    desk.view.set_position(200_000)
    assert bar.value() == 0
    desk.view.follow()
    desk.view.set_position(200_400)
    assert bar.value() > followed
    choose(desk, "table")
    desk.view.set_position(250_000)
    rows = table(desk)
    assert rows.visualRect(rows.currentIndex()).intersects(rows.viewport().rect())
    rows.verticalScrollBar().triggerAction(QAbstractSlider.SliderAction.SliderToMinimum)
    desk.view.set_position(260_000)
    assert rows.verticalScrollBar().value() == 0


def test_a_line_of_the_table_is_played_marked_and_followed(desk: Desk, talk: Recording) -> None:
    choose(desk, "table")
    row = next(n for n, row in enumerate(desk.view.sheet.rows) if row.text == "Goddag.")
    table(desk).selectRow(row)
    assert desk.view.current_row() == desk.view.sheet.rows[row]
    QTest.keyClick(table(desk), Qt.Key.Key_Return)
    assert desk.player.played == [(desk.view.sheet.rows[row].start_ms, None)]
    desk.qtbot.waitUntil(lambda: table(desk).lines.heard == row)
    QTest.keyClick(table(desk), Qt.Key.Key_Down)
    assert desk.view.current_row() == desk.view.sheet.rows[row + 1]
    QTest.keyClick(table(desk), Qt.Key.Key_Down, SHIFT)
    assert list(desk.view.chosen_rows()) == [row + 1, row + 2]
    QTest.keyClick(table(desk), Qt.Key.Key_M)
    assert desk.page.panel.form.isVisible()


@pytest.mark.parametrize("name", ["reading", "table"])
def test_correcting_begins_in_the_numbered_lines_at_the_same_place(desk: Desk, talk: Recording, name: TextView) -> None:
    choose(desk, name)
    desk.view.go_to(15_900)
    line = desk.view.current_row()
    QTest.keyClick(views(desk).current, Qt.Key.Key_E)
    assert desk.page.stack.currentWidget() is desk.view
    assert desk.page.editing.line is not None
    assert line is not None
    assert desk.page.editing.line.words == line.words


@pytest.mark.parametrize("name", ["reading", "table"])
def test_a_menu_is_asked_for_over_the_text(desk: Desk, talk: Recording, name: TextView) -> None:
    choose(desk, name)
    desk.view.go_to(15_900)
    desk.view.menu_requested.disconnect()  # the menu itself is tested over the lines
    area = prose(desk).viewport() if name == "reading" else table(desk).viewport()
    place = QPoint(200, 100)
    event = QContextMenuEvent(QContextMenuEvent.Reason.Keyboard, place, area.mapToGlobal(place))
    with desk.qtbot.waitSignal(desk.view.menu_requested) as asked:
        QApplication.sendEvent(area, event)
    assert desk.view.viewport().mapToGlobal(asked.args[0]) == area.mapToGlobal(place)
    assert desk.view.current_row() is not None


def test_the_menu_offers_to_keep_the_lines_where_the_bar_has_no_room(desk: Desk, talk: Recording) -> None:
    menu = QMenu()
    views(desk).add_to_menu(menu)
    assert [action.text() for action in menu.actions() if action.text()] == ["Brugt i et møde…"]
    menu.deleteLater()


def test_nothing_is_left_in_any_view_when_the_agreement_is_withdrawn(desk: Desk, talk: Recording) -> None:
    for name in ("reading", "table", "jefferson"):
        choose(desk, name)
    withdraw_consent(desk.workspace, talk.consent_id)
    desk.background.changed.emit(Changes(consents=True))
    desk.rest()
    assert desk.page.stack.currentWidget() is desk.page.withdrawn
    assert not prose(desk).sheet.rows
    assert not table(desk).lines.rowCount()
    assert not views(desk).bar.isVisible()


def test_the_views_follow_text_size_and_appearance(desk: Desk, talk: Recording) -> None:
    choose(desk, "reading")
    width = prose(desk).sheet.rows[1].pieces[0].width
    desk.theme.set_scale(2.0)
    assert prose(desk).sheet.rows[1].pieces[0].width > width * 1.8
    choose(desk, "table")
    assert table(desk).isColumnHidden(Column.STATUS)
    desk.theme.set_scale(1.0)
    desk.theme.set_appearance("dark")
    QApplication.processEvents()
    assert not table(desk).isColumnHidden(Column.STATUS)


def test_three_hours_are_shown_and_scrolled_without_painting_more_than_the_screen(desk: Desk) -> None:
    """In processor time of this process, which other programs change least; generous, as a guard against the whole."""
    talk = builders.long_transcript(RecordingId("r"), words=30_000)
    silences = tuple(Silence(n * 2_000 + 1_400, n * 2_000 + 1_900) for n in range(6_000))
    talk = replace(talk, silences=silences)
    sheet = read(talk)
    for view in (prose(desk), table(desk)):
        desk.page.stack.setCurrentWidget(view)
        started = time.process_time()
        view.show_talk(sheet, talk)
        view.viewport().repaint()
        assert time.process_time() - started < 1.0
        bar, frames = view.verticalScrollBar(), []
        for n in range(20):
            bar.setValue(bar.maximum() * n // 20)
            started = time.process_time()
            view.viewport().repaint()
            frames.append(time.process_time() - started)
        assert statistics.median(frames) < 1 / 60


# --- lines that are kept ---------------------------------------------------------------------------------------------


def freeze_by_hand(desk: Desk) -> None:
    views(desk).bar.freeze.click()
    form = desk.page.window().findChild(FreezeForm)
    assert isinstance(form, FreezeForm)
    form.accept_button.click()
    desk.rest()


def test_line_numbers_are_kept_after_a_question_that_says_it_is_for_good(desk: Desk, talk: Recording) -> None:
    freeze_by_hand(desk)
    frozen = frozen_of(desk.workspace, talk.id)
    assert frozen is not None
    assert desk.posted[-1].text == "Linjenumrene ligger nu fast."
    assert not views(desk).bar.freeze.isVisible()
    assert views(desk).bar.note.text().startswith("Linjenumrene ligger fast siden")
    desk.click("Goddag.")
    number = desk.view.current_line()
    assert number is not None
    desk.key(Qt.Key.Key_E)
    desk.page.editing.editor.field.setText("")
    QTest.keyClick(desk.page.editing.editor.field, Qt.Key.Key_Return)
    desk.rest()
    names = [row.numeral for row in desk.view.sheet.rows]
    assert number.first_line not in names
    assert names[-1] == str(len(frozen.lines))
    choose(desk, "table")
    lines = table(desk).lines
    assert [lines.data(lines.index(n, Column.LINE)) for n in range(lines.rowCount())] == names


def test_line_numbers_stay_as_they_are_when_one_says_no(desk: Desk, talk: Recording) -> None:
    views(desk).ask_to_freeze()
    form = desk.page.window().findChild(FreezeForm)
    assert isinstance(form, FreezeForm)
    form.cancel_button.click()
    desk.rest()
    assert frozen_of(desk.workspace, talk.id) is None
    assert views(desk).bar.freeze.isVisible()


def test_a_draft_is_not_offered_to_be_kept(desk: Desk) -> None:
    recording = review_seed.demo_recording(desk.workspace)
    review_seed.store(desk.workspace, builders.transcript(recording.id), final=False)
    desk.open(recording.id)
    assert not views(desk).bar.freeze.isVisible()
