"""Waveform and transcript as one thing: what is chosen in one is chosen in both, and what is meant is played."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest

from cubb_desktop.domain import playing
from cubb_desktop.domain.recording import Recording
from cubb_desktop.domain.transcript import Transcript
from cubb_desktop.gui.widgets.waveform_speech import Border, borders_of
from cubb_desktop.services.transcripts import get_transcript
from tests.gui import review_seed
from tests.gui.review_desk import Desk, review_desk

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

    from cubb_desktop.gui.widgets.waveform import Waveform


@pytest.fixture
def desk(qtbot: QtBot, tmp_path: Path) -> Iterator[Desk]:
    with review_desk(qtbot, tmp_path) as made:
        yield made


@pytest.fixture
def talk(desk: Desk) -> Recording:
    recording = review_seed.demo_conversation(desk.workspace)
    desk.open(recording.id)
    return recording


@pytest.fixture
def wave(desk: Desk, talk: Recording) -> Waveform:
    return desk.page.waveform


def place(wave: Waveform, at_ms: float) -> QPoint:
    return QPoint(round(wave._x(at_ms)), 40)


def drag(wave: Waveform, from_ms: float, to_ms: float) -> None:
    QTest.mousePress(wave, Qt.MouseButton.LeftButton, pos=place(wave, from_ms))
    QTest.mouseMove(wave, place(wave, (from_ms + to_ms) / 2))
    QTest.mouseMove(wave, place(wave, to_ms))
    QTest.mouseRelease(wave, Qt.MouseButton.LeftButton, pos=place(wave, to_ms))


def text(desk: Desk) -> Transcript:
    transcript = get_transcript(desk.workspace, desk.page.recording_id)  # type: ignore[arg-type]
    assert transcript is not None
    return transcript


# --- choosing --------------------------------------------------------------------------------------------------------


def test_a_drag_in_the_waveform_chooses_the_words_that_sound_there(desk: Desk, wave: Waveform) -> None:
    words = text(desk).words()
    first, last = words[2], words[6]
    drag(wave, first.start_ms, last.end_ms)
    chosen = desk.view.selection()
    assert chosen is not None
    assert (chosen.start_ms, chosen.end_ms) == (first.start_ms, last.end_ms)
    assert wave.passage is not None
    assert wave.passage == pytest.approx((first.start_ms, last.end_ms), abs=60)
    assert not desk.players  # a drag plays nothing
    QTest.mouseClick(wave, Qt.MouseButton.LeftButton, pos=place(wave, 20_000))
    assert desk.view.selection() is None
    assert wave.passage is None


def test_words_that_are_chosen_are_chosen_in_the_waveform(desk: Desk, wave: Waveform) -> None:
    words = text(desk).words()
    desk.view.select_passage(words[3].start_ms, words[5].end_ms)
    assert wave.passage == (words[3].start_ms, words[5].end_ms)
    desk.view.clear_selection()
    assert wave.passage is None


def test_the_keyboard_chooses_in_the_waveform_too(desk: Desk, wave: Waveform) -> None:
    desk.page.playback.seek(10_000)
    for _step in range(3):
        QTest.keyClick(wave, Qt.Key.Key_Right, Qt.KeyboardModifier.ShiftModifier)
    assert wave.passage == (10_000, 16_000)
    QTest.keyClick(wave, Qt.Key.Key_Left, Qt.KeyboardModifier.ShiftModifier)
    assert wave.passage == (10_000, 14_000)
    shown = wave.shown()
    QTest.keyClick(wave, Qt.Key.Key_Plus)
    assert wave.shown()[1] - wave.shown()[0] < shown[1] - shown[0]
    QTest.keyClick(wave, Qt.Key.Key_Minus)
    assert wave.shown()[1] - wave.shown()[0] == pytest.approx(shown[1] - shown[0])


# --- playing what is meant -------------------------------------------------------------------------------------------


def test_a_passage_goes_round_until_it_is_stopped(desk: Desk, wave: Waveform) -> None:
    drag(wave, 10_000, 12_000)
    desk.view.setFocus()
    QTest.keyClick(desk.view, Qt.Key.Key_L, Qt.KeyboardModifier.ShiftModifier)
    start, end = wave.passage or (0, 0)
    assert desk.player.loop
    assert desk.player.played[-1] == (start, end)
    assert desk.page.player_bar.buttons["repeat"].isChecked()
    desk.player.advance(5_000)
    desk.qtbot.waitUntil(lambda: start <= desk.page.playback.position_ms < end)
    desk.page.playback.seek(start + 100)
    assert desk.player.played[-1] == (start + 100, end)
    assert desk.player.loop
    desk.page.playback.seek(30_000)
    assert desk.player.played[-1][0] == 30_000
    assert not desk.page.player_bar.buttons["repeat"].isChecked()
    told: list[bool] = []
    desk.page.playback.playing_changed.connect(told.append)
    for _press in range(2):
        QTest.keyClick(desk.view, Qt.Key.Key_L, Qt.KeyboardModifier.ShiftModifier)
    assert told == [False]


def test_one_voice_alone_is_heard_and_all_again(desk: Desk, wave: Waveform) -> None:
    transcript = text(desk)
    wanted = playing.voice(transcript, transcript.speakers[1].id)
    bar = desk.page.player_bar
    bar._voices[1].click()
    desk.page.playback.play(0)
    assert desk.player._ways == wanted
    bar._voices[0].click()
    assert [button.isChecked() for button in bar._voices] == [True, False]
    assert desk.player._ways[0][0] == desk.page.playback.position_ms
    bar._voices[0].click()
    assert len(desk.player._ways) == 1
    last = wanted[-1].end_ms
    assert last is not None
    bar._voices[1].click()
    desk.page.playback.play(last + 1)
    assert "høres ikke mere" in desk.posted[-1].text
    assert not desk.page.playback.playing


def test_long_silences_are_left_out_when_that_is_wished(desk: Desk, wave: Waveform) -> None:
    QTest.keyClick(desk.view, Qt.Key.Key_S)
    desk.page.playback.play(0)
    heard = playing.without_silences(text(desk))
    assert len(heard) > 1
    assert [start for start, _end in desk.player._ways] == [stretch.start_ms for stretch in heard]
    silence = next(s for s in text(desk).silences if s.length_ms >= playing.LEAST_SKIPPED_MS)
    desk.page.playback.play(silence.start_ms, silence.end_ms)  # what is pointed at is heard as it was
    assert desk.player._ways == [(silence.start_ms, silence.end_ms)]


def test_another_conversation_has_every_voice(desk: Desk, talk: Recording) -> None:
    desk.page.player_bar._voices[1].click()
    other = review_seed.demo_conversation(desk.workspace)
    desk.open(other.id)
    assert not any(button.isChecked() for button in desk.page.player_bar._voices)
    desk.page.playback.play(0)
    assert len(desk.player._ways) == 1


def test_the_time_is_written_where_one_writes_else_copied(desk: Desk, wave: Waveform) -> None:
    desk.page.playback.seek(61_000)
    QTest.keyClick(desk.view, Qt.Key.Key_J, Qt.KeyboardModifier.ControlModifier)
    assert QGuiApplication.clipboard().text() == "1:01"
    desk.page.marks.begin()
    desk.page.panel.form.note.setFocus()
    QTest.keyClick(desk.page.panel.form.note, Qt.Key.Key_J, Qt.KeyboardModifier.ControlModifier)
    assert desk.page.panel.form.note.toPlainText() == "[1:01] "


# --- borders ---------------------------------------------------------------------------------------------------------


def test_a_border_between_two_speakers_is_drawn_to_another_place(desk: Desk, wave: Waveform) -> None:
    before = text(desk)
    by_id = {turn.id: n for n, turn in enumerate(before.turns)}
    border = next(one for one in borders_of(before) if len(before.turns[by_id[one.turn_id] + 1].words) > 3)
    number = by_id[border.turn_id]
    following = before.turns[number + 1]
    to_ms = (following.words[0].end_ms + following.words[1].start_ms) // 2 + 40
    drag(wave, border.at_ms, to_ms)
    desk.qtbot.waitUntil(lambda: text(desk).turns[number].words[-1].id == following.words[0].id)
    assert desk.view.selection() is None
    desk.rest()
    desk.page.editing.undo()
    desk.qtbot.waitUntil(lambda: text(desk).turns[number].words == before.turns[number].words)
    assert Border(following.start_ms, border.turn_id) in borders_of(text(desk))


def test_a_border_that_would_leave_a_turn_empty_stays(desk: Desk, wave: Waveform) -> None:
    before = text(desk)
    border = next(border for border in borders_of(before) if border.at_ms > 2_000)
    drag(wave, border.at_ms, wave.shown()[1] - 100)
    desk.qtbot.waitUntil(lambda: bool(desk.posted) and desk.posted[-1].fault)
    assert text(desk) == before
