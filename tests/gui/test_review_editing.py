"""Correcting in the window: typed in place, stored at once, undone, given away; and what goes wrong is said."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QHelpEvent
from PySide6.QtWidgets import QApplication, QMenu, QToolTip

from cubb_desktop.domain import corrections
from cubb_desktop.domain.reading import Row, RowKind
from cubb_desktop.domain.recording import Recording
from cubb_desktop.domain.transcript import Origin
from cubb_desktop.gui.widgets.line_editor import SIGNS, LineEditor
from cubb_desktop.gui.widgets.transcript_view import vouched_text
from cubb_desktop.services.consents import withdraw_consent
from cubb_desktop.services.corrections import Editing
from cubb_desktop.services.transcripts import read_transcript
from tests.gui import review_seed
from tests.gui.hands import press, write
from tests.gui.review_desk import WAIT_MS, Desk

CONTROL = Qt.KeyboardModifier.ControlModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier


@pytest.fixture
def talk(desk: Desk) -> Recording:
    """The bundled conversation, opened, its first line with words marked."""
    recording = review_seed.demo_conversation(desk.workspace)
    desk.open(recording.id)
    mark(desk, first(desk).number)
    return recording


def editor(desk: Desk) -> LineEditor:
    return desk.page.editing.editor


def text(row: Row | None) -> str:
    assert row is not None
    return " ".join(piece.word.text for piece in row.pieces if piece.word is not None)


def row(desk: Desk, number: int) -> Row:
    return desk.view.sheet.rows[number - 1]


def first(desk: Desk) -> Row:
    """Return the first line with words; a silence comes before it."""
    return next(one for one in desk.view.sheet.rows if one.kind is RowKind.TURN)


def number_of(desk: Desk, kind: RowKind) -> int:
    return next(one.number for one in desk.view.sheet.rows if one.kind is kind)


def stored(desk: Desk, recording: Recording) -> list[str]:
    return [turn.text for turn in read_transcript(desk.workspace, recording.id).turns]


def mark(desk: Desk, number: int) -> None:
    desk.view.go_to_line(row(desk, number).start_ms)


def retype(desk: Desk, words: str, key: Qt.Key = Qt.Key.Key_Return) -> None:
    """Open the editor on the marked line, type, press a key, and wait until the text is shown anew."""
    press(desk.view, Qt.Key.Key_E)
    assert editor(desk).isVisible()
    editor(desk).field.setText(words)
    with desk.qtbot.waitSignal(desk.view.sheet_shown, timeout=WAIT_MS):
        press(editor(desk).field, key)


def test_a_line_is_typed_anew_in_place(desk: Desk, talk: Recording) -> None:
    before = text(first(desk))
    press(desk.view, Qt.Key.Key_E)
    field = editor(desk).field
    assert (field.text(), field.hasFocus(), field.cursorPosition()) == (before, True, 0)
    assert (
        editor(desk).geometry().top() <= desk.view.row_rect(first(desk)).center().y() < editor(desk).geometry().bottom()
    )
    field.setText(f"{before} nå")
    with desk.qtbot.waitSignal(desk.view.sheet_shown, timeout=WAIT_MS):
        press(field, Qt.Key.Key_Return)
    assert not editor(desk).isVisible()
    assert desk.view.hasFocus()
    assert text(first(desk)).startswith(before)
    assert stored(desk, talk)[0].count("nå") == 1
    assert first(desk).origin is Origin.CORRECTED
    assert "rettet" in desk.view.line_text(first(desk).number - 1)
    assert "delvis rettet" in desk.page.header.about.text()


def test_an_edit_can_be_given_up(desk: Desk, talk: Recording) -> None:
    before = stored(desk, talk)
    press(desk.view, Qt.Key.Key_E)
    editor(desk).field.setText("noget helt andet")
    press(editor(desk).field, Qt.Key.Key_Escape, SHIFT)
    assert not editor(desk).isVisible()
    assert desk.view.hasFocus()
    assert stored(desk, talk) == before


def test_the_same_words_are_no_edit(desk: Desk, talk: Recording) -> None:
    press(desk.view, Qt.Key.Key_E)
    press(editor(desk).field, Qt.Key.Key_Return)
    assert not editor(desk).isVisible()
    assert Editing(desk.workspace, talk.id).to_undo is None


def test_one_goes_on_with_the_next_line_and_back(desk: Desk, talk: Recording) -> None:
    words = " ".join("øh" for _word in text(first(desk)).split())
    retype(desk, words, Qt.Key.Key_Down)
    following = next(one for one in desk.view.sheet.rows[first(desk).number :] if one.kind is not RowKind.SILENCE)
    assert editor(desk).isVisible()
    assert editor(desk).field.text() == text(following)
    press(editor(desk).field, Qt.Key.Key_Up)
    assert editor(desk).field.text() == words


def test_one_listens_while_one_types(desk: Desk, talk: Recording) -> None:
    press(desk.view, Qt.Key.Key_E)
    press(editor(desk).field, Qt.Key.Key_Escape)
    desk.qtbot.waitUntil(lambda: bool(desk.player.played), timeout=WAIT_MS)
    assert editor(desk).isVisible()
    press(editor(desk).field, Qt.Key.Key_Escape, SHIFT)


def test_what_was_typed_is_kept_when_one_goes_elsewhere(desk: Desk, talk: Recording) -> None:
    press(desk.view, Qt.Key.Key_E)
    editor(desk).field.setText("hej igen")
    with desk.qtbot.waitSignal(desk.view.sheet_shown, timeout=WAIT_MS):
        desk.page.player_bar.play.setFocus(Qt.FocusReason.MouseFocusReason)
    assert text(first(desk)) == "hej igen"


def test_all_is_undone_and_done_again_after_reopening(desk: Desk, talk: Recording) -> None:
    before = stored(desk, talk)
    retype(desk, "den første linje")
    retype(desk, "den første linje igen")
    after = stored(desk, talk)
    desk.page.editing._editing = None  # as after a restart
    for _ in range(2):
        with desk.qtbot.waitSignal(desk.view.sheet_shown, timeout=WAIT_MS):
            press(desk.view, Qt.Key.Key_Z, CONTROL)
    assert stored(desk, talk) == before
    assert desk.posted[-1].text == "Fortrudt: ord er rettet."
    press(desk.view, Qt.Key.Key_Z, CONTROL)
    desk.qtbot.waitUntil(lambda: desk.posted[-1].text == "Der er ikke mere at fortryde.", timeout=WAIT_MS)
    for _ in range(2):
        with desk.qtbot.waitSignal(desk.view.sheet_shown, timeout=WAIT_MS):
            press(desk.view, Qt.Key.Key_Z, CONTROL | SHIFT)
    assert stored(desk, talk) == after


def test_a_turn_is_split_at_the_cursor_and_joined_again(desk: Desk, talk: Recording) -> None:
    before = stored(desk, talk)
    words = before[0].split()
    press(desk.view, Qt.Key.Key_E)
    editor(desk).field.setCursorPosition(len(words[0]) + 1)
    with desk.qtbot.waitSignal(desk.view.sheet_shown, timeout=WAIT_MS):
        press(editor(desk).field, Qt.Key.Key_Return, CONTROL)
    assert stored(desk, talk)[:2] == [words[0], " ".join(words[1:])]
    mark(desk, first(desk).number + 1)
    press(desk.view, Qt.Key.Key_E)
    editor(desk).field.setCursorPosition(0)
    with desk.qtbot.waitSignal(desk.view.sheet_shown, timeout=WAIT_MS):
        press(editor(desk).field, Qt.Key.Key_Backspace)
    assert stored(desk, talk) == before


def test_the_first_turn_cannot_be_joined_with_one_before_it(desk: Desk, talk: Recording) -> None:
    desk.page.editing.join()
    desk.qtbot.waitUntil(lambda: bool(desk.posted), timeout=WAIT_MS)
    assert desk.posted[-1].fault
    assert "ikke lade sig gøre" in desk.posted[-1].text


def test_a_line_is_said_to_have_been_listened_through(desk: Desk, talk: Recording) -> None:
    with desk.qtbot.waitSignal(desk.view.sheet_shown, timeout=WAIT_MS):
        press(desk.view, Qt.Key.Key_A)
    assert first(desk).origin is Origin.LISTENED
    assert "aflyttet" in desk.view.line_text(first(desk).number - 1)


def test_a_line_tells_who_put_it_right_and_when(desk: Desk, talk: Recording) -> None:
    retype(desk, "den første linje")
    row = first(desk)
    said = vouched_text(row)
    assert said.startswith("rettet af mette, ")
    assert said in desk.view.line_text(row.number - 1)
    place = QPoint(10, desk.view.row_rect(row).center().y())
    assert desk.view.row_at(place.y()) == row
    QApplication.sendEvent(
        desk.view.viewport(), QHelpEvent(QEvent.Type.ToolTip, place, desk.view.viewport().mapToGlobal(place))
    )
    assert QToolTip.text() == f"R{said[1:]}"
    QToolTip.hideText()


def menu_of(desk: Desk) -> QMenu:
    menu = QMenu(desk.view)
    desk.page.editing.add_to_menu(menu)
    return menu


def entries(menu: QMenu) -> dict[str, object]:
    return {action.text().split("\t")[0]: action for action in menu.actions()}


def test_words_are_given_to_another_speaker(desk: Desk, talk: Recording) -> None:
    speaker = first(desk).speaker
    transcript = read_transcript(desk.workspace, talk.id)
    other = next(s for s in transcript.speakers if s.id != speaker)
    [giving] = [action.menu() for action in menu_of(desk).actions() if action.text() == "Giv til"]
    assert isinstance(giving, QMenu)
    [choice] = [action for action in giving.actions() if action.text() == other.label]
    with desk.qtbot.waitSignal(desk.view.sheet_shown, timeout=WAIT_MS):
        choice.trigger()
    assert first(desk).speaker == other.id


def test_a_silence_is_given_to_somebody(desk: Desk, talk: Recording) -> None:
    number = number_of(desk, RowKind.SILENCE)
    mark(desk, number)
    assert desk.view.current_row() == row(desk, number)
    transcript = read_transcript(desk.workspace, talk.id)
    [whose] = [action.menu() for action in menu_of(desk).actions() if action.text() == "Stilheden er"]
    assert isinstance(whose, QMenu)
    assert [action.text() for action in whose.actions() if action.isChecked()] == ["ingen"]
    [choice] = [action for action in whose.actions() if action.text() == transcript.speakers[1].label]
    with desk.qtbot.waitSignal(desk.view.sheet_shown, timeout=WAIT_MS):
        choice.trigger()
    assert row(desk, number).speaker == transcript.speakers[1].id


def test_what_was_not_understood_is_written_where_it_stands(desk: Desk, talk: Recording) -> None:
    number = number_of(desk, RowKind.UNHEARD)
    mark(desk, number)
    retype(desk, "det ved jeg ikke")
    assert "det ved jeg ikke" in stored(desk, talk)
    assert RowKind.UNHEARD not in {one.kind for one in desk.view.sheet.rows} or number != number_of(
        desk, RowKind.UNHEARD
    )


def test_signs_are_put_in_at_the_cursor_and_around_what_is_chosen(desk: Desk, talk: Recording) -> None:
    press(desk.view, Qt.Key.Key_E)
    field = editor(desk).field
    field.setText("det er stille")
    field.setSelection(7, 6)
    quiet, pause = (next(n for n, sign in enumerate(SIGNS) if sign.before == before) for before in ("°", "(.)"))
    editor(desk).signs[quiet].click()
    assert field.text() == "det er °stille°"
    field.setCursorPosition(4)
    editor(desk).signs[pause].click()
    write(field, " ")
    assert field.text() == "det (.) er °stille°"
    field.setText("")
    editor(desk).signs[quiet].click()
    write(field, "ja")
    assert field.text() == "°ja°"
    assert all(button.accessibleName() for button in editor(desk).signs)
    press(field, Qt.Key.Key_Escape, SHIFT)


def test_somebody_else_was_first(desk: Desk, talk: Recording) -> None:
    retype(desk, "min linje")
    other = Editing(desk.workspace, talk.id)
    edit = corrections.retype(other.text, other.text.turns[1].id, "en andens", other.hand())
    assert edit is not None
    other.do(edit).save()
    press(desk.view, Qt.Key.Key_E)
    editor(desk).field.setText("min linje igen")
    press(editor(desk).field, Qt.Key.Key_Return)
    desk.qtbot.waitUntil(lambda: any(notice.fault for notice in desk.posted), timeout=WAIT_MS)
    assert "rettet et andet sted" in desk.posted[-1].text
    desk.qtbot.waitUntil(lambda: "en andens" in stored(desk, talk), timeout=WAIT_MS)
    assert "min linje igen" not in stored(desk, talk)
    desk.page.reload()
    desk.qtbot.waitUntil(lambda: any("en andens" in text(one) for one in desk.view.sheet.rows), timeout=WAIT_MS)
    retype(desk, "nu går det")
    assert "nu går det" in " ".join(stored(desk, talk))


def test_a_withdrawn_agreement_ends_it(desk: Desk, talk: Recording) -> None:
    press(desk.view, Qt.Key.Key_E)
    editor(desk).field.setText("for sent")
    withdraw_consent(desk.workspace, talk.consent_id)
    press(editor(desk).field, Qt.Key.Key_Return)
    desk.qtbot.waitUntil(lambda: any(notice.fault for notice in desk.posted), timeout=WAIT_MS)
    assert not editor(desk).isVisible()


def test_scrolling_takes_the_editor_along(desk: Desk, talk: Recording) -> None:
    while (desk.view.current_row() or first(desk)).kind is not RowKind.TURN or row(desk, 12).number > (
        desk.view.current_row() or first(desk)
    ).number:
        desk.key(Qt.Key.Key_Down)
    press(desk.view, Qt.Key.Key_E)
    top = editor(desk).y()
    desk.view.verticalScrollBar().setValue(desk.view.verticalScrollBar().value() + 30)
    assert editor(desk).y() < top
    press(editor(desk).field, Qt.Key.Key_Escape, SHIFT)
    assert not editor(desk).isVisible()


def test_what_could_not_be_stored_does_not_stay_on_the_screen(desk: Desk, talk: Recording) -> None:
    retype(desk, "det første")  # the page has read what is being edited
    elsewhere = Editing(desk.workspace, talk.id)
    elsewhere.undo().save()
    before = stored(desk, talk)
    mark(desk, first(desk).number)
    press(desk.view, Qt.Key.Key_E)
    editor(desk).field.setText("noget helt andet")
    press(editor(desk).field, Qt.Key.Key_Return)
    assert text(first(desk)) == "noget helt andet"  # at once, before it is stored
    desk.qtbot.waitUntil(lambda: bool(desk.posted) and desk.posted[-1].fault, timeout=WAIT_MS)
    desk.qtbot.waitUntil(lambda: text(first(desk)) == before[0], timeout=WAIT_MS)
    assert stored(desk, talk) == before
