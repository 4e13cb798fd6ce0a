"""From the conversation into the concept book: a passage or a mark becomes an example, and that can be undone."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtWidgets import QApplication, QMenu

from cubb_desktop.domain.codebook import ExampleKind
from cubb_desktop.domain.recording import Recording
from cubb_desktop.gui.widgets.example_form import ExampleForm
from cubb_desktop.services.consents import withdraw_consent
from cubb_desktop.services.examples import ShownExample, list_examples
from cubb_desktop.services.keeping import hold
from tests.gui import review_seed
from tests.gui.hands import click, press, write
from tests.gui.review_desk import WAIT_MS, Desk


@pytest.fixture
def talk(desk: Desk) -> Recording:
    """The bundled conversation with three marks, opened."""
    recording = review_seed.marked_conversation(desk.workspace)
    desk.open(recording.id)
    return recording


def form(desk: Desk) -> ExampleForm:
    desk.qtbot.waitUntil(lambda: isinstance(QApplication.activeModalWidget(), ExampleForm), timeout=WAIT_MS)
    found = QApplication.activeModalWidget()
    assert isinstance(found, ExampleForm)
    return found


def stored(desk: Desk) -> list[ShownExample]:
    desk.rest()
    return list_examples(desk.workspace)


def test_a_passage_becomes_an_example_with_a_note(desk: Desk, talk: Recording) -> None:
    desk.click(review_seed.first_line()[0])
    menu = QMenu(desk.view)
    desk.page.examples.add_to_menu(menu)
    [use] = menu.actions()
    assert use.text() == "Brug som eksempel…"
    use.trigger()
    asked = form(desk)
    asked.concept.setCurrentIndex(asked.concept.findData("gribning"))
    click(asked.kinds[ExampleKind.COUNTER_EXAMPLE])
    write(asked.note, "hvad det ikke er")
    press(asked.concept, Qt.Key.Key_Return)
    [shown] = stored(desk)
    assert (shown.example.concept_id, shown.example.kind, shown.note) == (
        "gribning", ExampleKind.COUNTER_EXAMPLE, "hvad det ikke er",
    )  # fmt: skip
    assert shown.quote.startswith(review_seed.first_line()[0])
    assert desk.posted[-1].text == "Stykket står nu under »Gribning« i Begreber."
    assert desk.posted[-1].act is not None
    desk.posted[-1].act()
    assert stored(desk) == []


def test_a_mark_becomes_an_example_of_its_concept(desk: Desk, talk: Recording) -> None:
    desk.page.panel.menu_requested.disconnect()  # a menu that pops up takes the keyboard, which there is not here
    card = next(one for one in desk.page.panel.cards() if one.view.concept == "Gribning")
    with desk.qtbot.waitSignal(desk.page.panel.menu_requested) as asked:
        QApplication.sendEvent(card, QContextMenuEvent(QContextMenuEvent.Reason.Keyboard, QPoint(5, 5), QPoint(5, 5)))
    assert asked.args is not None
    menu = desk.page.examples.mark_menu(asked.args[0])
    assert menu is not None
    texts = [action.text() for action in menu.actions()]
    assert texts == ["Brug som eksempel på »Gribning«", "Brug som modeksempel til »Gribning«"]
    menu.actions()[0].trigger()
    [shown] = stored(desk)
    assert (shown.example.concept_id, shown.note, shown.example.kind) == (
        "gribning", card.view.note, ExampleKind.EXAMPLE,
    )  # fmt: skip


def test_what_the_agreement_forbids_is_told(desk: Desk, talk: Recording) -> None:
    hold(desk.workspace, talk.id, "aktindsigt")
    mark = next(one for one in desk.page._conversation.marks)  # type: ignore[union-attr]
    withdraw_consent(desk.workspace, talk.consent_id)
    desk.page.examples.store_mark(mark, ExampleKind.EXAMPLE)
    desk.rest()
    assert desk.posted[-1].fault
    assert "trukket sin aftale tilbage" in desk.posted[-1].text
