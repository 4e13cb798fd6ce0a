"""Marks on the review page by several people: keys, dragging, changing, replies, filters, each by themselves first."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt
from PySide6.QtGui import QAction, QDragEnterEvent, QDragMoveEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu

from cubb_desktop.domain.annotating import MarkFilter, Thread
from cubb_desktop.domain.changes import Changes
from cubb_desktop.domain.codebook import MarkStatus
from cubb_desktop.domain.recording import Recording
from cubb_desktop.gui.main_window import MainWindow
from cubb_desktop.gui.pages.review_page import ReviewPage
from cubb_desktop.gui.widgets.dialogs import Confirm
from cubb_desktop.gui.widgets.mark_card import MarkCard
from cubb_desktop.gui.widgets.round_strip import RoundDialog
from cubb_desktop.gui.widgets.transcript_view import CONCEPT
from cubb_desktop.i18n import set_language
from cubb_desktop.services import annotations as marks
from cubb_desktop.services import blind_rounds, replies
from tests.gui import review_seed
from tests.gui.hands import click, press, write
from tests.gui.review_desk import WAIT_MS, Desk

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

FIRST, LAST = review_seed.first_line()[0], review_seed.first_line()[-1]


@pytest.fixture
def talk(desk: Desk) -> Recording:
    """The bundled conversation without a mark, opened."""
    recording = review_seed.demo_conversation(desk.workspace)
    desk.open(recording.id)
    return recording


@pytest.fixture
def talked(desk: Desk) -> Recording:
    """Three marks, two of them one's own, with replies by three people; opened."""
    recording = review_seed.talked_conversation(desk.workspace)
    desk.open(recording.id)
    return recording


def threads(desk: Desk, recording: Recording) -> list[Thread]:
    return marks.list_threads(desk.workspace, recording.id)


def cards(desk: Desk) -> list[MarkCard]:
    return desk.page.panel.cards()


def until(desk: Desk, condition: Callable[[], object]) -> None:
    desk.qtbot.waitUntil(lambda: bool(condition()), timeout=WAIT_MS)
    desk.rest()


def undo(desk: Desk) -> None:
    act = desk.posted[-1].act
    assert act is not None
    act()
    desk.rest()


def sit_down(desk: Desk, name: str) -> None:
    """Let somebody else use the machine: as the settings page does it, and the window after it."""
    desk.page._context.settings_store.change(person=name)
    desk.workspace.actor = name
    desk.rest()


def dialog() -> Confirm | RoundDialog:
    found = QApplication.activeModalWidget()
    assert isinstance(found, Confirm | RoundDialog)
    return found


# --- making ----------------------------------------------------------------------------------------------------------


def test_a_number_key_marks_what_is_chosen_with_that_concept(desk: Desk, talk: Recording) -> None:
    desk.click(FIRST)
    desk.click(LAST, Qt.KeyboardModifier.ShiftModifier)
    desk.key(Qt.Key.Key_4)
    until(desk, lambda: cards(desk))
    [thread] = threads(desk, talk)
    assert thread.mark.concept_id == desk.page.panel.chips.numbered(4) == "gribning"
    words = [stop.word for stop in desk.view.sheet.stops[desk.stop_of(FIRST) : desk.stop_of(LAST) + 1]]
    assert list(thread.mark.word_ids) == [word.id for word in words if word is not None]
    assert desk.posted[-1].text == "Gribning: linje 2 er mærket."
    undo(desk)
    assert threads(desk, talk) == []
    assert cards(desk) == []


def test_a_number_without_a_concept_or_a_place_does_nothing(desk: Desk, talk: Recording) -> None:
    desk.key(Qt.Key.Key_9)  # eight concepts are in use
    desk.key(Qt.Key.Key_1)  # and nothing is chosen
    desk.rest()
    assert threads(desk, talk) == []
    assert desk.posted[-1].text == "Vælg først nogle ord i udskriften."


def drag(desk: Desk, concept: str, place: QPoint) -> None:
    """Drop a concept of the list on a point of the text."""
    panel = desk.page.panel
    row = next(n for n in range(panel.chips.count()) if panel.chips.item(n).data(Qt.ItemDataRole.UserRole) == concept)
    data = panel.chips.mimeData([panel.chips.item(row)])
    drop(desk, data, place)


def drop(desk: Desk, data: QMimeData, place: QPoint) -> None:
    """Drop something on a point of the text; the events come in by the window, as real ones."""
    left, none, copy = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, Qt.DropAction.CopyAction
    window, at = desk.page.windowHandle(), desk.view.viewport().mapTo(desk.page, place)
    QApplication.sendEvent(window, QDragEnterEvent(at, copy, data, left, none))
    QApplication.sendEvent(window, QDragMoveEvent(at, copy, data, left, none))
    QApplication.sendEvent(window, QDropEvent(QPointF(at), copy, data, left, none))


def test_a_concept_is_dragged_onto_a_line_or_onto_the_chosen_words(desk: Desk, talk: Recording) -> None:
    desk.page.panel.concepts.click()
    assert desk.page.panel.chips.isVisible()
    drag(desk, "latter", desk.point_of(FIRST))
    until(desk, lambda: cards(desk))
    [line] = threads(desk, talk)
    assert cards(desk)[0].view.place == "linje 2"
    assert len(line.mark.word_ids) == len(review_seed.first_line())
    desk.view.select_stops(range(desk.stop_of(LAST), desk.stop_of(LAST) + 1))
    drag(desk, "pause", desk.point_of(LAST))
    until(desk, lambda: len(cards(desk)) == 2)
    chosen = next(t.mark for t in threads(desk, talk) if t.mark.concept_id == "pause")
    assert len(chosen.word_ids) == 1


def test_what_is_no_concept_is_not_taken(desk: Desk, talk: Recording) -> None:
    data = QMimeData()
    data.setText("gribning")
    drop(desk, data, desk.point_of(FIRST))
    desk.rest()
    assert threads(desk, talk) == []
    assert CONCEPT not in data.formats()


def test_a_chip_says_its_key_and_is_used_from_the_keyboard(desk: Desk, talk: Recording) -> None:
    chips = desk.page.panel.chips
    desk.page.panel.concepts.click()
    assert chips.item(3).data(Qt.ItemDataRole.AccessibleTextRole) == "Gribning, tast 4"
    desk.click(FIRST)
    chips.setCurrentRow(3)
    press(chips, Qt.Key.Key_Return)
    until(desk, lambda: cards(desk))
    assert threads(desk, talk)[0].mark.concept_id == "gribning"


def test_a_number_chooses_the_concept_in_the_form_too(desk: Desk, talk: Recording) -> None:
    desk.click(FIRST)
    desk.key(Qt.Key.Key_M)
    form = desk.page.panel.form
    press(form.concepts, Qt.Key.Key_7)
    press(form.concepts, Qt.Key.Key_9)  # eight are in use
    press(form.concepts, Qt.Key.Key_Return)
    write(form.note, "4 sekunder")
    press(form.note, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    until(desk, lambda: cards(desk))
    [thread] = threads(desk, talk)
    assert (thread.mark.concept_id, thread.mark.note) == ("latter", "4 sekunder")


# --- changing --------------------------------------------------------------------------------------------------------


def test_ones_own_mark_gets_another_concept_note_and_place_and_back_again(desk: Desk, talked: Recording) -> None:
    before = threads(desk, talked)[1].mark
    press(cards(desk)[1], Qt.Key.Key_E)
    form = desk.page.panel.form
    assert form.isVisible()
    assert form.note.toPlainText() == before.note
    assert form.place.text() == "Linje 17–22"
    desk.view.select_stops(range(desk.stop_of(FIRST), desk.stop_of(LAST) + 1))
    assert form.place.text() == "Linje 2"
    form.concepts.setCurrentRow(0)
    form.note.setPlainText("Noget andet")
    press(form.note, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    until(desk, lambda: cards(desk)[0].view.note == "Noget andet")
    after = next(t.mark for t in threads(desk, talked) if t.mark.id == before.id)
    assert (after.concept_id, after.note) == ("instrumentel-taletur", "Noget andet")
    assert len(after.word_ids) == len(review_seed.first_line())
    assert desk.posted[-1].text == "Mærket er ændret."
    undo(desk)
    again = next(t.mark for t in threads(desk, talked) if t.mark.id == before.id)
    assert (again.concept_id, again.note, again.word_ids) == (before.concept_id, before.note, before.word_ids)
    assert (again.start_ms, again.status) == (before.start_ms, MarkStatus.DISCUSSED)


def test_anothers_mark_offers_neither_change_nor_removal(desk: Desk, talked: Recording) -> None:
    theirs = cards(desk)[2]
    assert not theirs.remove.isVisible()
    press(theirs, Qt.Key.Key_Delete)
    press(theirs, Qt.Key.Key_E)
    desk.rest()
    assert len(threads(desk, talked)) == 3
    assert not desk.page.panel.form.isVisible()


def test_a_mark_with_replies_goes_only_after_a_question_and_all_comes_back(desk: Desk, talked: Recording) -> None:
    before = threads(desk, talked)
    press(cards(desk)[0], Qt.Key.Key_Delete)
    asked = dialog()
    assert "2 svar" in " ".join(label.text() for label in asked.findChildren(type(asked.problem)))
    asked.accept_button.click()
    until(desk, lambda: len(cards(desk)) == 2)
    assert desk.posted[-1].text == "Mærket og svarene er fjernet."
    undo(desk)
    assert threads(desk, talked) == before


# --- talking ---------------------------------------------------------------------------------------------------------


def test_a_card_is_opened_walked_and_replied_to_from_the_keyboard(desk: Desk, talked: Recording) -> None:
    cards(desk)[0].setFocus()
    press(cards(desk)[0], Qt.Key.Key_Down)
    assert cards(desk)[1].hasFocus()
    press(cards(desk)[1], Qt.Key.Key_Return)
    assert cards(desk)[1].opened
    assert cards(desk)[1].hasFocus()
    chosen = desk.view.selection()
    assert chosen is not None
    assert (chosen.first_line, chosen.last_line) == ("17", "22")
    press(cards(desk)[1], Qt.Key.Key_R)
    field = cards(desk)[1].field
    assert field is not None
    assert field.hasFocus()
    write(field, "Ja, 4 gange m")  # letters and numbers are text here
    press(field, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    until(desk, lambda: cards(desk)[1].view.replies)
    assert threads(desk, talked)[1].replies[-1].text == "Ja, 4 gange m"
    assert cards(desk)[1].accessibleName() == (
        "mærke af dig: Arbejdsmarkedsperspektiv, linje 17 til 22, 1 svar, drøftet"
    )


@pytest.mark.qt_log_ignore("grabbing the keyboard", extend=True)  # the test screen has no keyboard to grab
def test_a_colleagues_name_is_completed_and_highlighted(desk: Desk, talked: Recording) -> None:
    press(cards(desk)[1], Qt.Key.Key_R)
    field = cards(desk)[1].field
    assert field is not None
    write(field, "hvad siger du, @bo")
    assert field.is_offering()
    QTest.keyClick(field._popup, Qt.Key.Key_Return)
    assert field.toPlainText() == "hvad siger du, @Bodil Krogh "
    assert not field.is_offering()
    looks = field.document().firstBlock().layout().formats()
    assert [(look.start, look.length) for look in looks] == [(15, 12)]


def test_a_reply_under_way_outlives_what_others_do(desk: Desk, talked: Recording) -> None:
    press(cards(desk)[1], Qt.Key.Key_R)
    field = cards(desk)[1].field
    assert field is not None
    write(field, "en tanke")
    desk.workspace.actor, own = "Anders", desk.workspace.actor
    replies.reply(desk.workspace, threads(desk, talked)[0].mark.id, "mere")
    desk.workspace.actor = own
    desk.background.changed.emit(Changes(annotations=frozenset({talked.id})))
    until(desk, lambda: len(cards(desk)[0].view.replies) == 3)
    again = cards(desk)[1].field
    assert again is not None
    assert again.toPlainText() == "en tanke"
    assert again.hasFocus()
    press(again, Qt.Key.Key_Escape)
    assert cards(desk)[1].field is None
    assert cards(desk)[1].hasFocus()


def test_ones_own_reply_is_changed_removed_and_brought_back(desk: Desk, talked: Recording) -> None:
    own = threads(desk, talked)[2].replies[1]
    desk.page.panel.reveal(cards(desk)[2].view.id)
    cards(desk)[2].reply_requested.emit(own.id)
    field = cards(desk)[2].field
    assert field is not None
    assert field.toPlainText() == own.text
    field.setPlainText("Kortere.")
    field.submitted.emit()
    until(desk, lambda: threads(desk, talked)[2].replies[1].text == "Kortere.")
    undo(desk)
    assert threads(desk, talked)[2].replies[1].text == own.text
    cards(desk)[2].reply_removed.emit(own.id)
    until(desk, lambda: len(threads(desk, talked)[2].replies) == 1)
    undo(desk)
    assert [reply.id for reply in threads(desk, talked)[2].replies][1] == own.id


def test_a_mark_is_talked_about_and_open_again(desk: Desk, talked: Recording) -> None:
    press(cards(desk)[2], Qt.Key.Key_D)  # another's: anybody may say so
    until(desk, lambda: cards(desk)[2].view.discussed)
    assert threads(desk, talked)[2].mark.status is MarkStatus.DISCUSSED
    press(cards(desk)[2], Qt.Key.Key_D)
    until(desk, lambda: not cards(desk)[2].view.discussed)


# --- filters ---------------------------------------------------------------------------------------------------------


def submenu(menu: QMenu, text: str) -> QMenu:
    found = next(action.menu() for action in menu.actions() if action.text() == text)
    assert isinstance(found, QMenu)
    return found


def choose(desk: Desk, *path: str) -> None:
    """Choose in the filter's menu, entry by entry."""
    menu = desk.page.panel.filter.menu()
    for text in path[:-1]:
        menu = submenu(menu, text)
    action: QAction = next(action for action in menu.actions() if action.text() == path[-1])
    action.trigger()


def test_what_is_shown_follows_the_filter_in_the_margin_too(desk: Desk, talked: Recording) -> None:
    panel = desk.page.panel
    for path, said, places in (
        (["Mine"], "Viser: mine", ["linje 6", "linje 17–22"]),
        (["Nævner mig"], "Viser: nævner mig", ["linje 6"]),
        (["Uden svar"], "Viser: uden svar", ["linje 17–22"]),
        (["Drøftede"], "Viser: drøftede", ["linje 17–22"]),
        (["Person", "Anders"], "Viser: Anders", ["linje 21–22"]),
        (["Begreb", "Gribning"], "Viser: Gribning", ["linje 6"]),
    ):
        choose(desk, *path)
        assert panel.filter.state.isVisible()
        assert panel.filter.words.text() == said
        assert [card.view.place for card in cards(desk)] == places
        assert {bar.annotation_id for bar in desk.view._looks.bars} == {card.view.id for card in cards(desk)}
        desk.key(Qt.Key.Key_0)
        assert len(cards(desk)) == len(desk.view._looks.bars) == 3
        assert not panel.filter.state.isVisible()


def test_a_filter_that_nothing_passes_says_so_and_is_cleared_with_a_click(desk: Desk, talked: Recording) -> None:
    choose(desk, "Nævner mig")
    choose(desk, "Uden svar")
    panel = desk.page.panel
    assert cards(desk) == []
    assert panel.filter.words.text() == "Viser: nævner mig · uden svar"
    assert panel.hint.isVisible()
    assert panel.hint.text().startswith("Ingen mærker passer")
    click(panel.filter.clear_button)
    assert len(cards(desk)) == 3


def test_nothing_counts_peoples_marks(desk: Desk, talked: Recording) -> None:
    people = submenu(desk.page.panel.filter.menu(), "Person")
    texts = [action.text() for action in people.actions()]
    assert texts == ["Anders", "mette"]


# --- each by themselves first ----------------------------------------------------------------------------------------


def test_a_round_is_begun_waited_for_and_opened_for_all_at_once(desk: Desk, talked: Recording) -> None:
    panel = desk.page.panel
    click(panel.begin_round)
    asked = dialog()
    assert isinstance(asked, RoundDialog)
    assert [(box.text(), box.isChecked()) for box in asked.boxes] == [
        ("mette (dig)", True), ("Anders", False), ("Bodil Krogh", False),
    ]  # fmt: skip
    asked.boxes[1].click()
    asked.submit()
    until(desk, panel.round.isVisible)
    assert len(cards(desk)) == len(desk.view._looks.bars) == 2
    assert [len(card.view.replies) for card in cards(desk)] == [0, 0]
    assert panel.round.text.text().endswith("Vi venter på dig og Anders.")
    assert not panel.begin_round.isVisible()
    click(panel.round.ready)
    until(desk, lambda: panel.round.text.text().endswith("Vi venter på Anders."))
    assert panel.round.ready.text() == "Ikke færdig endnu"
    sit_down(desk, "Anders")
    until(desk, lambda: len(cards(desk)) == 1)
    assert cards(desk)[0].view.own
    assert not panel.round.open_now.isVisible()
    click(panel.round.ready)
    until(desk, lambda: len(cards(desk)) == 3)
    assert desk.posted[-1].text == "Alle er færdige. Nu ser alle alle mærker."
    assert not panel.round.isVisible()
    assert panel.since.text().startswith("Åbnet for alle")


def test_who_began_it_opens_early_after_a_question_that_says_who_is_not_done(desk: Desk) -> None:
    recording = review_seed.blind_conversation(desk.workspace)
    desk.open(recording.id)
    click(desk.page.panel.round.open_now)
    asked = dialog()
    said = " ".join(label.text() for label in asked.findChildren(type(asked.problem)))
    assert "Bodil Krogh er ikke færdig endnu." in said
    assert "Det kan ikke gøres om." in said
    asked.accept_button.click()
    until(desk, lambda: len(cards(desk)) == 3)
    blind = blind_rounds.get_round(desk.workspace, recording.id)
    assert blind is not None
    assert blind.is_open


def test_what_the_one_before_saw_is_gone_at_once_when_somebody_else_sits_down(desk: Desk) -> None:
    recording = review_seed.blind_conversation(desk.workspace)
    desk.open(recording.id)
    assert len(cards(desk)) == 2
    press(cards(desk)[0], Qt.Key.Key_R)
    desk.page._context.settings_store.change(person="Bodil Krogh")
    assert cards(desk) == []
    assert desk.view._looks.bars == []
    desk.workspace.actor = "Bodil Krogh"
    desk.rest()
    assert cards(desk) == []
    assert desk.page.panel._draft is None


def test_in_the_whole_window_another_name_is_another_person(main: MainWindow, qtbot: QtBot) -> None:
    recording = review_seed.blind_conversation(main.workspace())
    main.show_page("review")
    page = main.page("review")
    assert isinstance(page, ReviewPage)
    page.open(recording.id)
    qtbot.waitUntil(lambda: len(page.panel.cards()) == 2)
    main._settings_store.change(person="Anders")
    assert page.panel.cards() == []  # at once, before anything is read
    qtbot.waitUntil(lambda: [card.view.place for card in page.panel.cards()] == ["linje 21–22"])
    assert page.panel.cards()[0].view.own


# --- read aloud, and in English --------------------------------------------------------------------------------------


def test_a_line_with_a_mark_is_read_out_with_it(desk: Desk, talked: Recording) -> None:
    row = desk.view._looks.bars[0].first
    assert desk.view.line_text(row).endswith("; mærke af dig: Gribning, linje 6, 2 svar")


def test_the_page_speaks_english_too(desk: Desk) -> None:
    set_language("en")
    recording = review_seed.blind_conversation(desk.workspace)
    desk.open(recording.id)
    assert cards(desk)[0].accessibleName() == "mark by you: Uptake, line 6"
    assert "Each alone first" in desk.page.panel.round.text.text()
    desk.page.panel.filter.set_filter(MarkFilter(mine=True))
    assert desk.page.panel.filter.words.text() == "Showing: mine"
