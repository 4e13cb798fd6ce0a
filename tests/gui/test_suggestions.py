"""Suggested places beside the text: one at a time, with their rule; marked, dismissed, brought back, left."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt

from cubb_desktop.domain.ids import ConceptId
from cubb_desktop.domain.recording import Recording
from cubb_desktop.gui.widgets.suggestion_card import SuggestionCard
from cubb_desktop.services.annotations import list_annotations
from cubb_desktop.services.candidates import suggestions
from cubb_desktop.services.concepts import bundled_concepts, switch
from tests.gui import review_seed
from tests.gui.hands import click, press
from tests.gui.review_desk import WAIT_MS, Desk


@pytest.fixture
def talk(desk: Desk) -> Recording:
    """The bundled conversation, opened, with what is suggested in it."""
    recording = review_seed.demo_conversation(desk.workspace)
    desk.open(recording.id)
    desk.qtbot.waitUntil(lambda: card(desk).current() is not None, timeout=WAIT_MS)
    return recording


def card(desk: Desk) -> SuggestionCard:
    return desk.page.panel.suggestion


def of(desk: Desk) -> int:
    return int(card(desk).number.text().split(" / ")[1])


def test_a_suggestion_says_where_it_is_and_by_which_rule(desk: Desk, talk: Recording) -> None:
    shown = card(desk)
    view = shown.current()
    assert view is not None
    assert shown.isVisible()
    assert not shown.body.isVisible()  # the marks need the room more
    click(shown.opener)
    assert shown.body.isVisible()
    assert view.where.startswith("linje ")
    assert view.where in shown.text.text()
    assert shown.rule.text().startswith("Regel: ")
    assert "{" not in shown.rule.text()
    assert shown.number.text().startswith("1 / ")
    assert view.text in shown.accessibleDescription()


def test_one_walks_through_them_and_sees_them_in_the_text(desk: Desk, talk: Recording) -> None:
    first = card(desk).current()
    card(desk).next.click()
    second = card(desk).current()
    assert second is not None
    assert second != first
    chosen = desk.view.selection()
    assert chosen is not None
    assert chosen.start_ms < second.end_ms
    assert chosen.end_ms > second.start_ms
    press(card(desk), Qt.Key.Key_Left)
    assert card(desk).current() == first
    press(card(desk), Qt.Key.Key_Left)
    assert card(desk).number.text() == f"{of(desk)} / {of(desk)}"


def test_only_the_rules_of_concepts_in_use_suggest_and_one_can_be_chosen(desk: Desk, talk: Recording) -> None:
    starters = {concept.name_da for concept in bundled_concepts() if concept.starter}
    rules = card(desk).rules
    names = [rules.itemText(at) for at in range(rules.count())]
    assert names[0] == "Alle regler"
    assert set(names[1:]) <= starters
    everything = of(desk)
    rules.setCurrentIndex(1)
    assert 0 < of(desk) < everything
    view = card(desk).current()
    assert view is not None
    assert view.finder_name == names[1]


def test_one_becomes_a_mark_only_when_a_person_says_so(desk: Desk, talk: Recording) -> None:
    before, view = of(desk), card(desk).current()
    assert view is not None
    assert list_annotations(desk.workspace, talk.id) == []
    card(desk).mark.click()
    desk.qtbot.waitUntil(lambda: of(desk) == before - 1, timeout=WAIT_MS)
    [mark] = list_annotations(desk.workspace, talk.id)
    assert (mark.start_ms, mark.end_ms) == (view.start_ms, view.end_ms)
    desk.qtbot.waitUntil(lambda: len(desk.page.panel.cards()) == 1, timeout=WAIT_MS)


def test_a_dismissed_one_can_be_brought_back(desk: Desk, talk: Recording) -> None:
    before, view = of(desk), card(desk).current()
    assert view is not None
    card(desk).dismiss.click()
    desk.qtbot.waitUntil(lambda: of(desk) == before - 1, timeout=WAIT_MS)
    desk.qtbot.waitUntil(lambda: bool(desk.posted), timeout=WAIT_MS)
    notice = desk.posted[-1]
    assert notice.text == "Forslaget er afvist."
    assert notice.act is not None
    notice.act()
    desk.qtbot.waitUntil(lambda: of(desk) == before, timeout=WAIT_MS)
    assert list_annotations(desk.workspace, talk.id) == []
    assert all(one.decision is None for one in suggestions(desk.workspace, talk.id))


def test_without_a_concept_in_use_nothing_is_suggested(desk: Desk) -> None:
    for concept in bundled_concepts():
        if concept.starter:
            switch(desk.workspace, ConceptId(concept.id), on=False)
    recording = review_seed.demo_conversation(desk.workspace)
    desk.open(recording.id)
    desk.rest()
    assert not card(desk).isVisible()
