"""The queue of doubtful places in the window: walked with keys, heard, put right, and right after undo."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt

from cubb_desktop.domain.recording import Recording
from cubb_desktop.domain.transcript import Origin
from cubb_desktop.gui.widgets.doubt_strip import DoubtStrip
from cubb_desktop.i18n import set_language
from cubb_desktop.services.transcripts import read_transcript
from tests.gui import review_seed
from tests.gui.hands import press
from tests.gui.review_desk import WAIT_MS, Desk

CONTROL = Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def talk(desk: Desk) -> Recording:
    """The bundled conversation, opened: one word in doubt, one stretch that was not understood."""
    recording = review_seed.demo_conversation(desk.workspace)
    desk.open(recording.id)
    return recording


def strip(desk: Desk) -> DoubtStrip:
    return desk.page.tools.doubts.strip


def queue(desk: Desk) -> list[str]:
    return [one.said or one.kind.value for one in desk.page.tools.doubts._queue]


def step(desk: Desk, key: Qt.Key = Qt.Key.Key_Down) -> None:
    press(desk.view, key, CONTROL)
    desk.rest()


def walk_to_words(desk: Desk) -> str:
    """Go to the word in doubt and return it."""
    step(desk)
    if queue(desk)[0] == "unheard" and "»" not in strip(desk).line.text():
        step(desk)
    return next(said for said in queue(desk) if said != "unheard")


def test_the_strip_says_what_is_in_doubt_and_by_which_threshold(desk: Desk, talk: Recording) -> None:
    text = strip(desk).line.text()
    assert "1 sted med ord, maskinen var usikker på (under 50 %)" in text
    assert "1 sted med tale, som ikke blev forstået" in text
    assert strip(desk).confirm.isHidden()
    assert "Ctrl+" in strip(desk).next.toolTip()


def test_places_are_walked_in_time_and_played_with_half_a_second_around(desk: Desk, talk: Recording) -> None:
    places = desk.page.tools.doubts._queue
    assert [one.start_ms for one in places] == sorted(one.start_ms for one in places)
    for n, one in enumerate([*places, places[0]]):
        step(desk)
        assert strip(desk).line.text().startswith(f"{n % 2 + 1} af 2")
        assert desk.player.played[-1] == (one.start_ms - 500, one.end_ms + 500)
        row = desk.view.current_row()
        assert row is not None
        assert row.start_ms <= one.start_ms < row.end_ms
    step(desk, Qt.Key.Key_Up)
    assert strip(desk).line.text().startswith("2 af 2")
    assert desk.view.hasFocus()


def test_a_word_is_confirmed_and_the_next_place_comes(desk: Desk, talk: Recording) -> None:
    word = walk_to_words(desk)
    assert f"»{word}«" in strip(desk).line.text()
    assert "sikkerhed 31 %, grænsen er 50 %" in strip(desk).line.text()
    press(desk.view, Qt.Key.Key_X)
    desk.rest()
    assert queue(desk) == ["unheard"]
    assert "tale, som ikke blev forstået" in strip(desk).line.text()
    assert strip(desk).confirm.isHidden()
    turns = read_transcript(desk.workspace, talk.id).turns
    assert {turn.origin for turn in turns} == {Origin.MACHINE}
    press(desk.view, Qt.Key.Key_Z, CONTROL)
    desk.rest()
    assert len(queue(desk)) == 2
    assert desk.posted[-1].text == "Fortrudt: usikre ord er bekræftet."


def test_listening_through_and_typing_take_a_place_out(desk: Desk, talk: Recording) -> None:
    walk_to_words(desk)
    press(desk.view, Qt.Key.Key_A)
    desk.rest()
    assert queue(desk) == ["unheard"]
    step(desk)
    press(desk.view, Qt.Key.Key_X)  # nothing is written there that could be right
    assert "Skriv, hvad der blev sagt" in desk.posted[-1].text
    press(desk.view, Qt.Key.Key_E)
    desk.page.editing.editor.field.setText("øh")
    with desk.qtbot.waitSignal(desk.view.sheet_shown, timeout=WAIT_MS):
        press(desk.page.editing.editor.field, Qt.Key.Key_Return)
    desk.rest()
    assert strip(desk).line.text() == "Der er ingen steder i tvivl."
    assert not strip(desk).next.isEnabled()


def test_the_cursor_stands_before_the_word_when_one_edits_it(desk: Desk, talk: Recording) -> None:
    word = walk_to_words(desk)
    press(desk.view, Qt.Key.Key_E)
    field = desk.page.editing.editor.field
    assert field.text()[field.cursorPosition() :].startswith(word)
    press(field, Qt.Key.Key_Escape, Qt.KeyboardModifier.ShiftModifier)


def test_a_word_is_confirmed_where_the_cursor_is_without_walking(desk: Desk, talk: Recording) -> None:
    press(desk.view, Qt.Key.Key_X)
    assert "usikker på" in desk.posted[-1].text
    word = next(said for said in queue(desk) if said != "unheard")
    desk.click(word)
    press(desk.view, Qt.Key.Key_X)
    desk.rest()
    assert queue(desk) == ["unheard"]


def test_the_threshold_of_the_settings_counts_at_once(desk: Desk, talk: Recording) -> None:
    store = desk.page._context.settings_store
    store.change(unsure_below=0.3)
    desk.rest()
    assert queue(desk) == ["unheard"]
    assert desk.view._looks.unsure_below == 0.3
    store.change(unsure_below=0.9)
    desk.rest()
    assert "under 90 %" in strip(desk).line.text()


def test_the_strip_speaks_english(desk: Desk) -> None:
    set_language("en")
    desk.open(review_seed.demo_conversation(desk.workspace).id)
    assert strip(desk).line.text() == (
        "In doubt: 1 place with words the machine was unsure of (below 50%), "
        "1 place with speech that was not understood"
    )
    step(desk)
    assert strip(desk).line.text().startswith("1 of 2 · line ")
    assert strip(desk).accessibleDescription() == strip(desk).line.text()


def test_no_queue_without_a_finished_text(desk: Desk) -> None:
    recording = review_seed.demo_recording(desk.workspace)
    desk.open(recording.id)
    assert strip(desk).isHidden()
    review_seed.store(desk.workspace, review_seed.demo_transcript(recording.id), final=False)
    desk.page.reload()
    desk.rest()
    assert strip(desk).isHidden()
