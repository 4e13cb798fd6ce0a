"""Waveform, player bar and playback: what is drawn, where a click leads, and that a player is let go."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from cubb_desktop.audio.peaks import Peaks
from cubb_desktop.domain.errors import AudioMissing, SpeakerUnavailable
from cubb_desktop.domain.ids import RecordingId
from cubb_desktop.gui.theme import Theme
from cubb_desktop.gui.widgets.player_bar import PlayerBar
from cubb_desktop.gui.widgets.waveform import Waveform
from cubb_desktop.gui.widgets.waveform_speech import speech_of
from cubb_desktop.i18n import set_language
from tests import builders
from tests.gui import review_seed
from tests.gui.review_desk import Desk, review_desk
from tests.sound_server import SoundServer

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

RECORDING = RecordingId("r")
FIRST, LAST = review_seed.first_line()[0], review_seed.first_line()[-1]


@pytest.fixture
def theme(qtbot: QtBot) -> Iterator[Theme]:
    application = QApplication.instance()
    assert isinstance(application, QApplication)
    theme = Theme(application, "light")
    yield theme
    theme.deleteLater()


@pytest.fixture
def wave(qtbot: QtBot, theme: Theme) -> Waveform:
    """The bundled conversation, drawn over 1048 pixels: 1000 for 45 seconds."""
    wave = Waveform(theme)
    qtbot.addWidget(wave)
    wave.resize(1048, wave.sizeHint().height())
    transcript = review_seed.demo_transcript(RECORDING)
    wave.show_recording(transcript.duration_ms)
    loud = np.full(transcript.duration_ms // 10, 60, np.int8)
    wave.show_peaks(Peaks(100, np.stack([-loud, loud], axis=1)))
    wave.show_speech(speech_of(transcript))
    with qtbot.waitExposed(wave):
        wave.show()
    return wave


@pytest.fixture
def desk(qtbot: QtBot, tmp_path: Path) -> Iterator[Desk]:
    with review_desk(qtbot, tmp_path) as made:
        yield made


# --- waveform --------------------------------------------------------------------------------------------------------


def test_each_speaker_has_a_lane_and_no_block_is_silent() -> None:
    transcript = review_seed.demo_transcript(RECORDING)
    speech = speech_of(transcript)
    assert speech.lanes == 2
    assert {(block.lane, block.token) for block in speech.blocks} == {(0, "worker"), (1, "citizen")}
    words = transcript.words()
    for block in speech.blocks:
        assert any(w.start_ms == block.start_ms for w in words)
        assert any(w.end_ms == block.end_ms for w in words)
    spoken = sum(w.end_ms - w.start_ms for w in words)
    assert sum(b.end_ms - b.start_ms for b in speech.blocks) >= spoken * 0.98


def test_without_speakers_there_is_one_neutral_lane() -> None:
    speech = speech_of(builders.transcript(RECORDING, has_speakers=False, speakers=()))
    assert (speech.lanes, speech.blocks) == (1, ())


def test_a_click_in_the_lanes_seeks_there_and_one_in_the_overview_anywhere(wave: Waveform, qtbot: QtBot) -> None:
    with qtbot.waitSignal(wave.seek_requested) as sought:
        QTest.mouseClick(wave, Qt.MouseButton.LeftButton, pos=QPoint(524, 40))
    assert sought.args == [pytest.approx(22_500, abs=60)]
    bottom = round(wave._overview_rect().center().y())
    with qtbot.waitSignal(wave.seek_requested) as sought:
        QTest.mouseClick(wave, Qt.MouseButton.LeftButton, pos=QPoint(524, bottom))
    assert sought.args == [pytest.approx(review_seed.duration_ms() / 2, abs=200)]
    start, end = wave.shown()
    assert start < review_seed.duration_ms() / 2 < end


def test_the_picture_turns_over_when_the_playhead_leaves_it(wave: Waveform) -> None:
    wave.set_position(44_000)
    assert wave.shown()[0] == 0
    wave.set_position(45_500)
    start, end = wave.shown()
    assert 0 < start < 45_500 < end
    wave.set_position(review_seed.duration_ms() - 700)
    assert wave.shown()[1] == review_seed.duration_ms()


def test_the_wheel_moves_and_with_control_zooms_around_the_pointer(wave: Waveform) -> None:
    def wheel(steps: int, modifier: Qt.KeyboardModifier) -> None:
        place = QPointF(524, 40)
        event = QWheelEvent(
            place, wave.mapToGlobal(place), QPoint(), QPoint(0, 120 * steps), Qt.MouseButton.NoButton, modifier,
            Qt.ScrollPhase.NoScrollPhase, False,
        )  # fmt: skip
        QApplication.sendEvent(wave, event)

    wheel(-2, Qt.KeyboardModifier.NoModifier)
    assert wave.shown()[0] > 0
    middle = sum(wave.shown()) / 2
    wheel(3, Qt.KeyboardModifier.ControlModifier)
    start, end = wave.shown()
    assert end - start < 30_000
    assert (start + end) / 2 == pytest.approx(middle, abs=50)
    wheel(-40, Qt.KeyboardModifier.ControlModifier)
    assert wave.shown() == (0, review_seed.duration_ms())


def test_arrows_seek_from_the_keyboard(wave: Waveform, qtbot: QtBot) -> None:
    wave.set_position(10_000)
    with qtbot.waitSignal(wave.seek_requested) as sought:
        QTest.keyClick(wave, Qt.Key.Key_Right)
    assert sought.args == [12_000]


def test_speakers_are_drawn_in_their_colours(wave: Waveform, theme: Theme) -> None:
    picture = wave.grab().toImage()
    lanes = wave._lanes_rect()
    upper = {picture.pixelColor(x, round(lanes.top() + 20)).name() for x in range(30, 1000)}
    lower = {picture.pixelColor(x, round(lanes.bottom() - 20)).name() for x in range(30, 1000)}
    assert theme.color("worker").name() in upper
    assert theme.color("citizen").name() not in upper
    assert theme.color("citizen").name() in lower


def test_a_recording_shorter_than_the_picture_is_shown_whole(qtbot: QtBot, theme: Theme) -> None:
    wave = Waveform(theme)
    qtbot.addWidget(wave)
    wave.show_recording(900)
    wave.resize(600, wave.sizeHint().height())
    wave.grab()
    assert wave.shown() == (0, 900)


# --- player bar ------------------------------------------------------------------------------------------------------


def test_the_bar_shows_time_rate_and_speakers(qtbot: QtBot, theme: Theme) -> None:
    bar = PlayerBar(theme)
    qtbot.addWidget(bar)
    bar.set_times(778_460, 2_490_000)
    bar.set_rate(0.8)
    bar.set_speakers([("MED", "worker"), ("BOR", "citizen")])
    assert (bar.clock.text(), bar.total.text(), bar.rate.text()) == ("12:58.4", "/ 41:30", "0,8×")
    assert [pill.text() for pill in bar._voices] == ["MED", "BOR"]
    set_language("en")
    bar.set_rate(1.2)
    assert bar.rate.text() == "1.2×"


def test_the_bar_gives_way_and_its_keys_stay(qtbot: QtBot, theme: Theme) -> None:
    bar = PlayerBar(theme)
    qtbot.addWidget(bar)
    bar.resize(1262, 56)
    with qtbot.waitExposed(bar):
        bar.show()
    assert all(act.isVisible() for act in bar._acts)
    bar.resize(420, 56)
    QApplication.processEvents()
    assert not any(act.isVisible() for act in bar._acts)
    assert bar.play.isVisible()


def test_playing_is_told_by_name_and_not_by_icon_alone(qtbot: QtBot, theme: Theme) -> None:
    bar = PlayerBar(theme)
    qtbot.addWidget(bar)
    assert bar.play.accessibleName() == "Afspil"
    bar.set_playing(True)
    assert bar.play.accessibleName() == "Pause"


# --- playback --------------------------------------------------------------------------------------------------------


def test_playing_to_the_end_stops_and_starts_over(desk: Desk) -> None:
    recording = review_seed.demo_recording(desk.workspace)
    desk.open(recording.id)
    playback = desk.page.playback
    playback.play(recording.duration_ms - 500)
    desk.player.advance(10_000)
    desk.qtbot.waitUntil(lambda: not playback.playing)
    assert playback.position_ms == recording.duration_ms
    playback.toggle()
    assert desk.player.played[-1] == (0, None)


def test_seeking_while_it_plays_plays_on_and_while_it_does_not_stays_quiet(desk: Desk) -> None:
    recording = review_seed.demo_recording(desk.workspace)
    desk.open(recording.id)
    playback = desk.page.playback
    playback.seek(-5)
    assert (playback.position_ms, desk.players) == (0, [])
    playback.seek(recording.duration_ms + 5_000)
    assert playback.position_ms == recording.duration_ms
    playback.play(1_000)
    playback.seek(20_000)
    assert desk.player.played[-1] == (20_000, None)
    assert playback.playing


def test_a_loudspeaker_that_is_pulled_out_is_told_and_the_next_try_takes_a_new_player(desk: Desk) -> None:
    desk.open(review_seed.demo_recording(desk.workspace).id)
    playback = desk.page.playback
    playback.play(0)
    first = desk.player
    with desk.qtbot.waitSignal(playback.failed) as failed:
        first.failure = SpeakerUnavailable()
    assert isinstance(failed.args[0], SpeakerUnavailable)
    assert first.closed
    assert not playback.playing
    playback.play(0)
    assert desk.player is not first


def test_sound_that_is_not_there_is_told(desk: Desk) -> None:
    recording = builders.stored_recording(desk.workspace.library)
    with desk.qtbot.waitSignal(desk.page.playback.missing) as missing:
        desk.page.playback.open(desk.workspace, recording.id)
    assert isinstance(missing.args[0], AudioMissing)
    desk.page.playback.play(0)
    assert not desk.players


def test_the_chosen_loudspeaker_is_used(qtbot: QtBot, tmp_path: Path) -> None:
    with review_desk(qtbot, tmp_path, output="hovedtelefoner") as desk:
        desk.open(review_seed.demo_recording(desk.workspace).id)
        desk.page.playback.play(0)
        assert desk.player.output == "hovedtelefoner"


@pytest.mark.sound
def test_a_click_is_heard_by_the_loudspeaker_and_the_mark_follows(
    sound_server: SoundServer, qtbot: QtBot, tmp_path: Path
) -> None:
    with review_desk(qtbot, tmp_path, real_player=True) as desk:
        desk.open(review_seed.demo_conversation(desk.workspace).id)
        start_ms = desk.view.sheet.stops[desk.stop_of(FIRST)].start_ms
        end_ms = desk.view.sheet.stops[desk.stop_of(LAST)].end_ms
        marked: set[int] = set()
        desk.page.playback.position_changed.connect(
            lambda _ms: marked.add(desk.view._looks.heard[1]) if desk.view._looks.heard is not None else None
        )
        desk.click(FIRST)
        qtbot.waitUntil(lambda: desk.page.playback.position_ms > end_ms)
        assert marked >= set(range(len(review_seed.first_line())))
        desk.key(Qt.Key.Key_Escape)
        stopped_ms = desk.page.playback.position_ms
        assert start_ms < stopped_ms
        line = desk.view.current_line()
        assert line is not None
        desk.key(Qt.Key.Key_F3)
        desk.key(Qt.Key.Key_L)
        qtbot.waitUntil(lambda: not desk.page.playback.playing)
        assert desk.page.playback.position_ms == pytest.approx(line.end_ms, abs=30)
        assert desk.view.current_line() == line


@pytest.mark.sound
def test_a_machine_whose_loudspeaker_is_gone_says_so(sound_server: SoundServer, qtbot: QtBot, tmp_path: Path) -> None:
    with review_desk(qtbot, tmp_path, real_player=True, output="findes ikke") as desk:
        desk.open(review_seed.demo_conversation(desk.workspace).id)
        desk.click(FIRST)
        qtbot.waitUntil(lambda: bool(desk.posted) or desk.page.playback.position_ms > 10_000)
        assert desk.posted[-1].fault
        assert not desk.page.playback.playing
