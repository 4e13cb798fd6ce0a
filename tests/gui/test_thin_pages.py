"""Feedback that is booked and put into a calendar; the concept book to read."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import icalendar
from PySide6.QtCore import QDate, Qt, QTime
from PySide6.QtWidgets import QApplication, QLabel, QListWidgetItem

from cubb_desktop.domain.ids import RecordingId
from cubb_desktop.gui.main_window import MainWindow
from cubb_desktop.gui.pages.concepts_page import ConceptsPage
from cubb_desktop.gui.pages.feedback_page import FeedbackPage
from cubb_desktop.gui.pages.review_page import ReviewPage
from cubb_desktop.gui.widgets.concept_texts import concept_source
from cubb_desktop.gui.widgets.review_source import concept_name
from cubb_desktop.gui.widgets.slot_form import SlotForm
from cubb_desktop.i18n import set_language
from cubb_desktop.services.concepts import concept_book, list_concepts
from cubb_desktop.services.feedback import list_slots
from tests.gui import hands
from tests.gui.conftest import OpenWindow

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot


def feedback(main: MainWindow) -> FeedbackPage:
    main.show_page("feedback")
    page = main.page("feedback")
    assert isinstance(page, FeedbackPage)
    return page


def book(page: FeedbackPage, *, partner: str = "Anders") -> SlotForm:
    hands.click(page.book)
    form = next(w for w in QApplication.topLevelWidgets() if isinstance(w, SlotForm) and w.isVisible())
    form.worker.setText("Mette")
    form.partner.setText(partner)
    form.place.setText("Rum 2")
    form.day.setDate(QDate.currentDate().addDays(3))
    form.time.setTime(QTime(10, 15))
    form.minutes.setValue(30)
    hands.click(form.accept_button)
    return form


def texts(page: FeedbackPage) -> str:
    return "\n".join(label.text() for label in page.findChildren(QLabel) if label.isVisible())


def test_nothing_booked_says_what_to_do(main: MainWindow, qtbot: QtBot) -> None:
    page = feedback(main)
    qtbot.waitUntil(page.empty.isVisible)
    assert page.empty.button.text() == "Book feedback"


def test_a_booked_meeting_is_listed_and_saved_for_the_calendar(main: MainWindow, tmp_path: Path, qtbot: QtBot) -> None:
    page = feedback(main)
    book(page)
    qtbot.waitUntil(lambda: "Mette får feedback af Anders" in texts(page))
    assert "kl. 10.15–10.45" in texts(page)
    assert "Rum 2" in texts(page)
    slot = list_slots(main.workspace())[0]
    page.save_calendar(slot, tmp_path / "møde.ics")
    qtbot.waitUntil((tmp_path / "møde.ics").exists)
    qtbot.waitUntil(lambda: main.toasts.shown() is not None and "Gemt som" in main.toasts.shown().text)  # type: ignore[union-attr]
    events = icalendar.Calendar.from_ical((tmp_path / "møde.ics").read_bytes()).walk("VEVENT")
    assert [event["SUMMARY"] for event in events] == ["Feedback: Mette og Anders"]


def test_a_meeting_with_oneself_is_refused_in_the_form(main: MainWindow, qtbot: QtBot) -> None:
    form = book(feedback(main), partner="mette")
    qtbot.waitUntil(form.problem.isVisible)
    assert "to forskellige personer" in form.problem.text()
    assert list_slots(main.workspace()) == []
    form.reject()


def test_a_calendar_file_that_cannot_be_written_says_so(main: MainWindow, tmp_path: Path, qtbot: QtBot) -> None:
    page = feedback(main)
    book(page)
    qtbot.waitUntil(lambda: bool(list_slots(main.workspace())))
    page.save_calendar(list_slots(main.workspace())[0], tmp_path / "ingen mappe" / "møde.ics")
    qtbot.waitUntil(lambda: main.toasts.shown() is not None and main.toasts.shown().fault)  # type: ignore[union-attr]


def test_the_concept_book_is_read_with_what_to_listen_for(main: MainWindow, qtbot: QtBot) -> None:
    main.show_page("concepts")
    page = main.page("concepts")
    assert isinstance(page, ConceptsPage)
    concepts = concept_book(main.workspace())
    groups = {concept.group for concept in concepts}
    qtbot.waitUntil(lambda: page.list.count() == len(concepts) + len(groups))
    assert len(concepts) == 36
    row = next(at for at in range(page.list.count()) if page.list.item(at).text() == "Ugrebet ytring")
    page.list.setCurrentRow(row)
    chosen = next(concept for concept in concepts if concept.name_da == "Ugrebet ytring")
    assert page.card.name.text() == chosen.name_da
    assert page.card.listen_for.text() == chosen.listen_for_da
    assert page.card.ask_yourself.text() == chosen.ask_yourself_da
    labels = [label.text() for label in page.findChildren(QLabel)]
    assert "Vi evaluerer ikke." in labels
    assert {"Lyt efter", "Spørg dig selv"} <= set(labels)


def test_concepts_are_taken_into_use_and_put_aside(main: MainWindow, qtbot: QtBot) -> None:
    main.show_page("concepts")
    page = main.page("concepts")
    assert isinstance(page, ConceptsPage)
    qtbot.waitUntil(lambda: page.list.count() > 36)

    def item(name: str) -> QListWidgetItem:
        items = [page.list.item(at) for at in range(page.list.count())]
        concepts = [one for one in items if one.data(Qt.ItemDataRole.UserRole) is not None]  # a group may have its name
        return next(one for one in concepts if one.text() == name)

    page.list.setCurrentItem(item("Overlap"))
    assert "Ikke i brug" in page.card.state.text()
    assert page.card.state.isVisibleTo(page)
    page.list.setFocus()
    hands.press(page.list, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: "overlap" in {concept.id for concept in list_concepts(main.workspace())})
    qtbot.waitUntil(lambda: not page.card.state.isVisibleTo(page))
    item("Gribning").setCheckState(Qt.CheckState.Unchecked)
    qtbot.waitUntil(lambda: "gribning" not in {concept.id for concept in list_concepts(main.workspace())})
    assert page.card.name.text() == "Overlap"


def test_an_example_is_opened_in_its_conversation(open_window: OpenWindow, seeded: dict[str, RecordingId]) -> None:
    main = open_window().main
    main.show_page("concepts")
    page = main.page("concepts")
    assert isinstance(page, ConceptsPage)
    page.open_requested.emit(seeded["ready"], 5_000)
    review = main.page("review")
    assert isinstance(review, ReviewPage)
    assert (main.shown_page(), review.recording_id) == ("review", seeded["ready"])


def test_a_concept_has_its_name_in_both_languages(main: MainWindow) -> None:
    concept = list_concepts(main.workspace())[0]
    assert concept_name(concept) == concept.name_da
    set_language("en")
    assert concept_name(concept) == concept.name_en


def test_a_remark_behind_a_source_is_in_the_persons_language(main: MainWindow) -> None:
    concept = list_concepts(main.workspace())[0]
    assert concept_source(concept) == concept.source
    assert "afventer godkendelse" in concept.source
    set_language("en")
    assert concept_source(concept) == "CUBB-evalueringen, kap. 1 (awaiting approval by AAU)"
