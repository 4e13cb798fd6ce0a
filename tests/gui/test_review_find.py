"""Find and replace in the window: with the keyboard alone, marked in the text, one act to undo."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from cubb_desktop.domain.ids import RecordingId
from cubb_desktop.gui.widgets.find_bar import FindBar
from cubb_desktop.i18n import set_language
from cubb_desktop.services.transcripts import read_transcript
from tests import builders
from tests.gui import review_seed
from tests.gui.hands import press
from tests.gui.review_desk import WAIT_MS, Desk

CONTROL = Qt.KeyboardModifier.ControlModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier
SAID = ("Åh ja, det er på lageret", "det er det", "Jamen så prøver vi det på lageret", "ja på")


@pytest.fixture
def talk(desk: Desk) -> RecordingId:
    """A conversation of four turns, opened."""
    recording = review_seed.demo_recording(desk.workspace)
    speakers = (builders.WORKER.id, builders.CITIZEN.id)
    turns = tuple(builders.turn(text, n * 4_000, speakers[n % 2]) for n, text in enumerate(SAID))
    review_seed.store(desk.workspace, builders.transcript(recording.id, turns, overlaps=()))
    desk.open(recording.id)
    return recording.id


def bar(desk: Desk) -> FindBar:
    return desk.page.tools.finding.bar


def seek(desk: Desk, text: str, key: Qt.Key = Qt.Key.Key_F) -> None:
    press(desk.view, key, CONTROL)
    bar(desk).field.clear()
    bar(desk).field.setText(text)
    desk.rest()


def stored(desk: Desk, recording_id: RecordingId) -> list[str]:
    return [turn.text for turn in read_transcript(desk.workspace, recording_id).turns]


def current(desk: Desk) -> list[str]:
    """Return the letters that are marked as the current place, in the order of the text."""
    looks = desk.view._looks
    words = [stop.word for stop in desk.view.sheet.stops if stop.word is not None]
    spans = [(word.text, span) for word in words for span in looks.found.get(word.id, ())]
    return [text[span.first : span.last] for text, span in spans if span.current]


def marked(desk: Desk) -> int:
    return sum(len(spans) for spans in desk.view._looks.found.values())


def test_places_are_counted_marked_and_walked_through(desk: Desk, talk: RecordingId) -> None:
    assert bar(desk).isHidden()
    seek(desk, "PÅ LAG")
    assert bar(desk).field.hasFocus()
    assert not desk.page.tools.doubts.strip.isVisible()
    assert (bar(desk).count.text(), current(desk), marked(desk)) == ("1 af 2", ["på", "lag"], 4)
    row = desk.view.current_row()
    press(bar(desk).field, Qt.Key.Key_Return)
    assert bar(desk).count.text() == "2 af 2"
    assert desk.view.current_row() != row
    press(bar(desk).field, Qt.Key.Key_Return)
    assert bar(desk).count.text() == "1 af 2"
    press(bar(desk).field, Qt.Key.Key_Return, SHIFT)
    assert bar(desk).count.text() == "2 af 2"
    bar(desk).match_case.setChecked(True)
    desk.rest()
    assert bar(desk).count.text() == "Ingen steder"
    assert not bar(desk).next.isEnabled()


def test_whole_words_know_danish_letters_and_no_place_crosses_a_border_of_turns(desk: Desk, talk: RecordingId) -> None:
    seek(desk, "å")
    assert bar(desk).count.text() == "1 af 5"
    bar(desk).whole_words.setChecked(True)
    desk.rest()
    assert bar(desk).count.text() == "Ingen steder"
    seek(desk, "åh")
    assert bar(desk).count.text() == "1 af 1"
    seek(desk, "lageret det")
    assert bar(desk).count.text() == "Ingen steder"
    seek(desk, "  ")
    assert bar(desk).count.text() == ""


def test_escape_closes_the_bar_and_does_not_play(desk: Desk, talk: RecordingId) -> None:
    seek(desk, "det")
    press(bar(desk).field, Qt.Key.Key_Escape)
    assert bar(desk).isHidden()
    assert desk.view.hasFocus()
    assert desk.page.tools.doubts.strip.isVisible()
    assert marked(desk) == 0
    assert not desk.players
    press(desk.view, Qt.Key.Key_Escape)
    desk.qtbot.waitUntil(lambda: bool(desk.players) and bool(desk.player.played), timeout=WAIT_MS)
    press(desk.view, Qt.Key.Key_F, CONTROL)
    bar(desk).whole_words.setFocus()
    played = len(desk.player.played)
    press(bar(desk).whole_words, Qt.Key.Key_Escape)
    assert bar(desk).isHidden()
    assert len(desk.player.played) == played


def test_one_place_is_replaced_and_the_next_is_shown(desk: Desk, talk: RecordingId) -> None:
    seek(desk, "det", Qt.Key.Key_H)
    bar(desk).instead.setFocus()
    bar(desk).instead.setText("dét det")
    assert bar(desk).count.text() == "1 af 4"
    bar(desk).field.setFocus()
    press(bar(desk).field, Qt.Key.Key_Return)
    bar(desk).instead.setFocus()
    with desk.qtbot.waitSignal(desk.view.sheet_shown, timeout=WAIT_MS):
        press(bar(desk).instead, Qt.Key.Key_Return)
    desk.rest()
    assert stored(desk, talk)[:2] == [SAID[0], "dét det er det"]
    assert bar(desk).count.text() == "3 af 4"  # behind what was put in
    bar(desk).field.setFocus()
    desk.page.editing.undo()
    desk.rest()
    assert stored(desk, talk) == list(SAID)


def test_all_places_are_replaced_in_one_act_with_a_way_back(desk: Desk, talk: RecordingId) -> None:
    seek(desk, "lageret", Qt.Key.Key_H)
    bar(desk).instead.setText("værkstedet")
    with desk.qtbot.waitSignal(desk.view.sheet_shown, timeout=WAIT_MS):
        press(bar(desk).instead, Qt.Key.Key_Return, CONTROL)
    desk.rest()
    assert [text.split()[-1] for text in stored(desk, talk)[::2]] == ["værkstedet", "værkstedet"]
    notice = desk.posted[-1]
    assert (notice.text, notice.action) == ("2 steder er rettet.", "Fortryd")
    assert notice.act is not None
    notice.act()
    desk.rest()
    assert stored(desk, talk) == list(SAID)
    notice.act()
    desk.rest()
    assert "ét skridt ad gangen" in desk.posted[-1].text
    assert stored(desk, talk) == list(SAID)


def test_replacing_by_the_same_is_said_to_change_nothing(desk: Desk, talk: RecordingId) -> None:
    seek(desk, "lageret", Qt.Key.Key_H)
    bar(desk).instead.setText("lageret")
    bar(desk).replace_all.click()
    desk.rest()
    assert "ikke noget at rette" in desk.posted[-1].text
    bar(desk).replace.click()
    desk.rest()
    assert bar(desk).count.text() == "2 af 2"


def test_what_is_chosen_is_sought_and_another_conversation_starts_without(desk: Desk, talk: RecordingId) -> None:
    desk.view.select_passage(1_500, 1_790)
    press(desk.view, Qt.Key.Key_F, CONTROL)
    desk.rest()
    assert (bar(desk).field.text(), bar(desk).count.text()) == ("lageret", "1 af 2")
    other = review_seed.demo_conversation(desk.workspace)
    desk.open(other.id)
    assert bar(desk).isHidden()
    assert marked(desk) == 0


def test_a_draft_is_searched_but_not_replaced_in(desk: Desk) -> None:
    recording = review_seed.demo_recording(desk.workspace)
    review_seed.store(desk.workspace, review_seed.demo_transcript(recording.id), final=False)
    desk.open(recording.id)
    seek(desk, "du", Qt.Key.Key_H)
    assert bar(desk).count.text().startswith("1 af")
    assert not bar(desk).replace_all.isEnabled()
    press(bar(desk).field, Qt.Key.Key_Return, CONTROL)
    assert not desk.posted


def test_everything_has_a_name_in_english_too(qapp: QApplication) -> None:
    from cubb_desktop.gui.theme import Theme

    set_language("en")
    theme = Theme(qapp, "light")
    made = FindBar(theme)
    named = (made.field, made.instead, made.before, made.next, made.match_case, made.whole_words, made.close_button)
    names = [widget.accessibleName() for widget in named]
    assert all(names)
    assert names[:2] == ["Find in the transcript", "Replace with"]
    made.field.setText("x")
    made.show_count(2, 12)
    assert made.count.text() == "3 of 12"
    made.close()
    made.deleteLater()
    theme.deleteLater()
