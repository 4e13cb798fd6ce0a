"""The lines themselves: keyboard, mouse, copying, folding, colours, what a screen reader is told."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QContextMenuEvent, QGuiApplication, QHelpEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QToolTip

from cubb_desktop.domain.ids import AnnotationId, RecordingId, SpeakerId
from cubb_desktop.domain.lines import COLUMNS
from cubb_desktop.domain.reading import read
from cubb_desktop.domain.recording import Role
from cubb_desktop.domain.transcript import Speaker
from cubb_desktop.gui.theme import Theme
from cubb_desktop.gui.widgets.review_layout import Fold
from cubb_desktop.gui.widgets.review_lines import Bar, lanes, speaker_tokens
from cubb_desktop.gui.widgets.transcript_view import TO_THE_END, TranscriptView
from tests import builders

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

RECORDING = RecordingId("r")
SHIFT, CONTROL = Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def theme(qtbot: QtBot) -> Iterator[Theme]:
    application = QApplication.instance()
    assert isinstance(application, QApplication)
    theme = Theme(application, "light")
    yield theme
    theme.deleteLater()


@pytest.fixture
def view(qtbot: QtBot, theme: Theme) -> TranscriptView:
    """The builders' short talk: five lines of words, two silences, one unheard."""
    view = TranscriptView(theme)
    qtbot.addWidget(view)
    view.resize(900, 400)
    transcript = builders.transcript(RECORDING)
    view.show_sheet(read(transcript), transcript.speakers)
    with qtbot.waitExposed(view):
        view.show()
    view.setFocus()
    return view


def word_at(view: TranscriptView) -> str:
    """The word that the keyboard is on."""
    assert view._cursor is not None
    stop = view.sheet.stops[view._cursor]
    return view.sheet.rows[stop.row].pieces[stop.piece].text


def place_of(view: TranscriptView, text: str) -> QPoint:
    number = next(n for n, s in enumerate(view.sheet.stops) if s.word is not None and s.word.text == text)
    return view.stop_rect(number).center()


# --- keyboard --------------------------------------------------------------------------------------------------------


def test_arrows_go_from_word_to_word_and_line_to_line_over_silences(view: TranscriptView, qtbot: QtBot) -> None:
    steps = [
        (Qt.Key.Key_Right, "hvad"), (Qt.Key.Key_Right, "tænker"), (Qt.Key.Key_Down, "(0.7)"), (Qt.Key.Key_Down, "jeg"),
        (Qt.Key.Key_End, "køre"), (Qt.Key.Key_Right, "ja"), (Qt.Key.Key_Left, "køre"), (Qt.Key.Key_Home, "jeg"),
        (Qt.Key.Key_PageDown, "(?)"), (Qt.Key.Key_PageUp, "hvad"),
    ]  # fmt: skip
    for key, expected in steps:
        QTest.keyClick(view, key)
        assert word_at(view) == expected
    QTest.keyClick(view, Qt.Key.Key_End, CONTROL)
    assert word_at(view) == "(?)"
    QTest.keyClick(view, Qt.Key.Key_Home, CONTROL)
    assert word_at(view) == "hvad"


def test_the_cursor_stays_inside(view: TranscriptView, qtbot: QtBot) -> None:
    for key in (Qt.Key.Key_Up, Qt.Key.Key_Left, Qt.Key.Key_Up):
        QTest.keyClick(view, key)
    assert word_at(view) == "hvad"
    QTest.keyClick(view, Qt.Key.Key_End, CONTROL)
    QTest.keyClick(view, Qt.Key.Key_Right)
    QTest.keyClick(view, Qt.Key.Key_Down)
    assert word_at(view) == "(?)"


def test_shift_extends_the_selection_and_an_arrow_alone_ends_it(view: TranscriptView, qtbot: QtBot) -> None:
    QTest.keyClick(view, Qt.Key.Key_Right)
    with qtbot.waitSignal(view.selection_changed):
        QTest.keyClick(view, Qt.Key.Key_Down, SHIFT)
    chosen = view.selection()
    assert chosen is not None
    assert (chosen.start_ms, chosen.end_ms, chosen.first_line, chosen.last_line) == (0, 2_500, "1", "2")
    QTest.keyClick(view, Qt.Key.Key_Left)
    assert view.selection() is None


def test_enter_plays_from_the_word_and_unheard_speech_alone(view: TranscriptView, qtbot: QtBot) -> None:
    QTest.keyClick(view, Qt.Key.Key_Right)
    QTest.keyClick(view, Qt.Key.Key_Right)
    with qtbot.waitSignal(view.hear_requested) as heard:
        QTest.keyClick(view, Qt.Key.Key_Return)
    assert heard.args == [300, TO_THE_END]
    QTest.keyClick(view, Qt.Key.Key_End, CONTROL)
    with qtbot.waitSignal(view.hear_requested) as heard:
        QTest.keyClick(view, Qt.Key.Key_Enter)
    assert heard.args == [7_000, 7_600]


def test_what_is_chosen_is_copied_as_plain_text(view: TranscriptView, qtbot: QtBot) -> None:
    view.select_passage(300, 1_200)
    QTest.keyClick(view, Qt.Key.Key_C, CONTROL)
    clipboard = QGuiApplication.clipboard()
    assert clipboard.text() == "tænker du selv"
    assert not clipboard.mimeData().hasHtml()
    QTest.keyClick(view, Qt.Key.Key_A, CONTROL)
    view.copy()
    lines = clipboard.text().splitlines()
    assert len(lines) == len(view.sheet.rows)
    assert lines[0] == "   1  T1:  hvad tænker du selv om arbejde?"


def test_letters_are_left_to_the_page(view: TranscriptView, qtbot: QtBot) -> None:
    before = view._cursor
    QTest.keyClick(view, Qt.Key.Key_M)
    assert view._cursor == before


# --- mouse -----------------------------------------------------------------------------------------------------------


def test_a_click_on_a_word_asks_to_hear_it(view: TranscriptView, qtbot: QtBot) -> None:
    with qtbot.waitSignal(view.hear_requested) as heard:
        QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=place_of(view, "fint"))
    assert heard.args == [5_000, TO_THE_END]


def test_a_click_beside_the_words_only_marks_the_line(view: TranscriptView, qtbot: QtBot) -> None:
    place = place_of(view, "fint")
    with qtbot.assertNotEmitted(view.hear_requested):
        QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(800, place.y()))
    line = view.current_line()
    assert line is not None
    assert line.first_line == "6"


def test_a_drag_chooses_words_and_plays_nothing(view: TranscriptView, qtbot: QtBot) -> None:
    start, end = place_of(view, "tænker"), place_of(view, "vil")
    with qtbot.assertNotEmitted(view.hear_requested):
        QTest.mousePress(view.viewport(), Qt.MouseButton.LeftButton, pos=start)
        QTest.mouseMove(view.viewport(), end)
        QTest.mouseRelease(view.viewport(), Qt.MouseButton.LeftButton, pos=end)
    chosen = view.selection()
    assert chosen is not None
    assert (chosen.first_line, chosen.last_line, chosen.start_ms) == ("1", "3", 300)
    assert view.selected_words() == "tænker du selv om arbejde? jeg vil"


def test_a_click_on_the_number_chooses_the_line(view: TranscriptView, qtbot: QtBot) -> None:
    place = place_of(view, "fint")
    QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(30, place.y()))
    assert view.selected_text() == "fint det skriver vi ned"


def test_a_click_below_the_text_chooses_nothing(view: TranscriptView, qtbot: QtBot) -> None:
    view.select_passage(0, 1_000)
    QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(300, 390))
    assert view.selection() is None


def test_a_menu_is_asked_for_at_the_line_that_was_pointed_at(view: TranscriptView, qtbot: QtBot) -> None:
    place = place_of(view, "fint")
    event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, place, view.mapToGlobal(place))
    with qtbot.waitSignal(view.menu_requested):
        QApplication.sendEvent(view.viewport(), event)
    line = view.current_line()
    assert line is not None
    assert line.first_line == "6"


def test_a_bar_in_the_margin_leads_to_its_mark(view: TranscriptView, qtbot: QtBot) -> None:
    view.set_bars([Bar(AnnotationId("a"), 0, 2, "accent"), Bar(AnnotationId("b"), 1, 1, "third")])
    bar, top, height = view._bars_on_screen()[1]
    place = view._lines.bar_rect(view.viewport().width(), top, height, bar.lane).center().toPoint()
    with qtbot.waitSignal(view.mark_chosen) as chosen:
        QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert chosen.args == ["b"]


def test_bars_beside_one_line_stand_in_different_lanes() -> None:
    rows = (("a", 0, 4), ("b", 2, 3), ("c", 5, 6))
    bars = [Bar(AnnotationId(name), first, last, "accent") for name, first, last in rows]
    assert {bar.annotation_id: bar.lane for bar in lanes(bars)} == {"a": 0, "b": 1, "c": 0}


def test_a_guess_is_told_by_a_tooltip_as_well(view: TranscriptView, qtbot: QtBot) -> None:
    transcript = builders.transcript(RECORDING)
    first = transcript.turns[0]
    guess = replace(first, words=(replace(first.words[0], confidence=0.2), *first.words[1:]))
    view.show_sheet(read(replace(transcript, turns=(guess, *transcript.turns[1:]))), transcript.speakers)
    for text, told in (("tænker", False), ("hvad", True)):
        place = place_of(view, text)
        event = QHelpEvent(QEvent.Type.ToolTip, place, view.viewport().mapToGlobal(place))
        QApplication.sendEvent(view.viewport(), event)
        assert QToolTip.isVisible() is told
    QToolTip.hideText()
    qtbot.waitUntil(lambda: not QToolTip.isVisible())


# --- what sounds -----------------------------------------------------------------------------------------------------


def test_the_word_that_sounds_is_marked_and_its_line_stays_marked_between_words(view: TranscriptView) -> None:
    marked = []
    for position_ms in (5_100, 6_700):
        view.set_position(position_ms)
        marked.append(view._looks.heard)
    assert marked == [(5, 0), None]
    line = view.current_line()
    assert line is not None
    assert line.first_line == "6"


def test_a_silence_sounds_too(view: TranscriptView) -> None:
    view.set_position(2_000)
    assert view._looks.heard == (1, 0)


# --- screen readers --------------------------------------------------------------------------------------------------


def test_the_line_the_keyboard_is_on_is_described(view: TranscriptView, qtbot: QtBot) -> None:
    assert view.accessibleName() == "Udskrift"
    QTest.keyClick(view, Qt.Key.Key_Right)
    assert view.accessibleDescription() == "linje 1, Taler 1: hvad tænker du selv om arbejde?"
    QTest.keyClick(view, Qt.Key.Key_Down)
    assert view.accessibleDescription() == "linje 2: stilhed 0,7 s"
    QTest.keyClick(view, Qt.Key.Key_End, CONTROL)
    assert "0,6 s" in view.accessibleDescription()


# --- size and colour -------------------------------------------------------------------------------------------------


def test_a_line_is_27_pixels_high_and_twice_that_at_200_per_cent(view: TranscriptView, theme: Theme) -> None:
    assert view.stop_rect(0).height() == 27
    theme.set_scale(2.0)
    assert view.stop_rect(0).height() == 54


def test_numbers_do_not_change_with_the_width(view: TranscriptView) -> None:
    transcript = builders.long_transcript(RECORDING, words=400)
    view.show_sheet(read(transcript), transcript.speakers)
    numbers = [row.number for row in view.sheet.rows]
    rows = len(view._fold)
    view.resize(420, 400)
    QApplication.processEvents()
    assert [row.number for row in view.sheet.rows] == numbers
    assert len(view._fold) > rows
    for number in range(len(view._fold)):
        strip = view._fold.strip(number)
        last = view.sheet.rows[strip.row].pieces[strip.last - 1]
        assert last.end - strip.shift <= view._fold.columns


def test_folding_shows_every_piece_once_in_order() -> None:
    sheet = read(builders.long_transcript(RECORDING, words=300))
    for columns in (12, 20, 33, COLUMNS, 200):
        fold = Fold(sheet, columns)
        shown = [(s.row, n) for s in (fold.strip(i) for i in range(len(fold))) for n in range(s.first, s.last)]
        assert shown == [(r, n) for r, row in enumerate(sheet.rows) for n in range(len(row.pieces))]
        for row in range(len(sheet.rows)):
            assert all(fold.strip(n).row == row for n in fold.strips_of(row))


def test_the_place_is_kept_when_the_width_changes(view: TranscriptView) -> None:
    transcript = builders.long_transcript(RECORDING, words=2_000)
    view.show_sheet(read(transcript), transcript.speakers)
    view.verticalScrollBar().setValue(view._strip_top(200))
    QApplication.processEvents()
    view.resize(420, 500)
    QApplication.processEvents()
    place = view.top_place()
    assert place is not None
    assert place[0] == view.sheet.rows[200].start_ms


@pytest.mark.parametrize(
    ("roles", "tokens"),
    [
        ((Role.OTHER, Role.OTHER), ["worker", "citizen"]),
        ((Role.CITIZEN, Role.WORKER), ["citizen", "worker"]),
        ((Role.OTHER, Role.CITIZEN, Role.WORKER), ["third", "citizen", "worker"]),
        ((Role.WORKER, Role.CITIZEN, Role.COLLEAGUE, Role.EMPLOYER), ["worker", "citizen", "third", "third"]),
    ],
)
def test_worker_and_citizen_have_their_own_colours(roles: tuple[Role, ...], tokens: list[str]) -> None:
    speakers = [Speaker(SpeakerId(str(n)), str(n), role) for n, role in enumerate(roles)]
    assert list(speaker_tokens(speakers).values()) == tokens


def test_the_view_paints_in_both_modes_and_only_what_is_asked(view: TranscriptView, theme: Theme) -> None:
    light = view.grab().toImage()
    theme.set_appearance("dark")
    dark = view.grab().toImage()
    assert light.pixelColor(5, 5) == "#FAF8F5"
    assert dark.pixelColor(5, 5) == theme.color("paper")
    assert light != dark
