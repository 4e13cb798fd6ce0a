"""Playing through a real sound system: what is heard, and that the position tells it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from cubb_desktop.audio import device
from cubb_desktop.audio.chunks import SoundReader
from cubb_desktop.audio.flac import Samples
from cubb_desktop.audio.player import Player
from cubb_desktop.audio.recorder import Event, Level, Recorder
from cubb_desktop.domain.errors import AudioMissing, SpeakerUnavailable
from cubb_desktop.domain.ids import RecordingId
from cubb_desktop.domain.playing import Stretch
from tests.audio import sounds
from tests.audio.sounds import KEY
from tests.guards import eventually
from tests.sound_server import SoundServer

RATE_HZ = 48_000
PATIENCE_S = 20.0


@pytest.fixture
def loudspeaker(sound_server: SoundServer) -> SoundServer:
    device.refresh()
    return sound_server


@pytest.fixture
def noise_id(tmp_path: Path) -> RecordingId:
    return sounds.store(tmp_path, sounds.noise(4, rate_hz=RATE_HZ), rate_hz=RATE_HZ)


class Session:
    """A player of one recording and what it has told."""

    def __init__(self, folder: Path, recording: RecordingId) -> None:
        self.positions: list[tuple[float, int]] = []
        self.finished = threading.Event()
        self.readers: list[SoundReader] = []
        self._folder, self._recording = folder, recording
        self.player = Player(self._open, on_position=self._on_position, on_finished=self.finished.set)

    def _open(self) -> SoundReader:
        self.readers.append(SoundReader.open(self._folder, self._recording, KEY))
        return self.readers[-1]

    def _on_position(self, position_ms: int) -> None:
        self.positions.append((time.monotonic(), position_ms))

    def wait_until(self, position_ms: int) -> None:
        assert eventually(lambda: self.player.position_ms >= position_ms, PATIENCE_S)


@pytest.fixture
def session(tmp_path: Path, noise_id: RecordingId) -> Iterator[Session]:
    opened = Session(tmp_path, noise_id)
    yield opened
    opened.player.close()


def heard_while(folder: Path, session: Session, play: Callable[[Player], None]) -> Samples:
    """What the loudspeaker gives while something is played to its end."""
    recording = sounds.new_id()
    stored_ms = [0]

    def on_event(event: Event) -> None:
        if isinstance(event, Level):
            stored_ms.append(event.position_ms)

    recorder = Recorder(folder, recording, KEY, on_event=on_event)
    recorder.start()
    play(session.player)
    assert session.finished.wait(PATIENCE_S)
    at_the_end = stored_ms[-1]
    assert eventually(lambda: stored_ms[-1] >= at_the_end + 750, PATIENCE_S)  # what was heard reaches the microphone
    recorder.stop()
    with SoundReader.open(folder, recording, KEY) as reader:
        return reader.read(0, reader.frames)


def place_of(part: Samples, whole: Samples) -> tuple[int, float]:
    """Where `part` is found in `whole`, and how alike they are."""
    size = 2 * len(whole)
    alike = np.fft.irfft(np.fft.rfft(whole[:, 0].astype(float), size) * np.conj(np.fft.rfft(part[:, 0], size)))
    place = int(alike[: len(whole)].argmax())
    return place, float(np.corrcoef(whole[place : place + len(part), 0], part[:, 0])[0, 1])


@pytest.mark.sound
def test_a_range_is_heard_sample_for_sample_and_no_more(
    loudspeaker: SoundServer, tmp_path: Path, session: Session
) -> None:
    heard = heard_while(tmp_path, session, lambda player: player.play(1_000, 2_500))
    wanted = sounds.noise(4, rate_hz=RATE_HZ)[RATE_HZ : RATE_HZ * 5 // 2]
    place, alike = place_of(wanted, heard)
    assert alike >= 0.999
    assert not heard[: place - 10].any()
    assert not heard[place + len(wanted) + 10 :].any()
    assert session.player.position_ms == 2_500
    assert not session.player.playing
    assert session.player.failure is None


@pytest.mark.sound
def test_the_position_runs_with_the_clock(loudspeaker: SoundServer, session: Session) -> None:
    session.player.play(500)
    assert session.finished.wait(PATIENCE_S)
    told = [position for _, position in session.positions]
    assert told == sorted(told)
    assert told[-1] == 4_000
    assert max(np.diff(told)) <= 250
    middle = [(at, position) for at, position in session.positions if 1_000 <= position <= 3_500]
    seconds = middle[-1][0] - middle[0][0]
    assert (middle[-1][1] - middle[0][1]) / 1000 == pytest.approx(seconds, abs=0.1)


@pytest.mark.sound
def test_slower_takes_longer_and_the_position_follows(loudspeaker: SoundServer, session: Session) -> None:
    session.player.rate = 0.5
    began = time.monotonic()
    session.player.play(0, 1_000)
    assert session.finished.wait(PATIENCE_S)
    assert 1.9 <= time.monotonic() - began <= 4
    assert session.player.position_ms == 1_000
    session.player.rate = 99
    assert session.player.rate == 1.5


@pytest.mark.sound
def test_pause_resume_and_seek(loudspeaker: SoundServer, session: Session) -> None:
    player = session.player
    player.play(0)
    session.wait_until(300)
    player.pause()
    rested = player.position_ms
    assert not player.playing
    assert 300 <= rested <= 1_000
    player.seek(2_000)
    assert (player.playing, player.position_ms) == (False, 2_000)
    player.resume()
    session.wait_until(2_200)
    player.seek(3_700)
    assert player.position_ms >= 3_700
    assert session.finished.wait(PATIENCE_S)
    assert player.position_ms == 4_000


@pytest.mark.sound
def test_a_loop_goes_on_until_it_is_stopped(loudspeaker: SoundServer, session: Session) -> None:
    session.player.play(1_000, 1_200, loop=True)
    assert eventually(lambda: sum(np.diff([p for _, p in session.positions]) < 0) >= 3, PATIENCE_S)
    assert all(1_000 <= position <= 1_300 for _, position in session.positions)
    session.player.pause()
    assert not session.finished.is_set()


@pytest.mark.sound
def test_closing_in_the_middle_lets_everything_go(loudspeaker: SoundServer, session: Session) -> None:
    session.player.play(0)
    session.wait_until(200)
    session.player.close()
    session.player.close()
    assert not any(thread.name == "player" for thread in threading.enumerate())
    assert session.readers[0]._segments[0]._file.closed
    with pytest.raises(RuntimeError):
        session.player.play(0)


@pytest.mark.sound
@pytest.mark.parametrize(("rate_hz", "channels"), [(8_000, 2), (44_100, 6)])
def test_any_rate_and_channels_can_be_heard(
    loudspeaker: SoundServer, tmp_path: Path, rate_hz: int, channels: int
) -> None:
    tone = sounds.tone(2, hz=400, rate_hz=rate_hz, channels=channels)
    session = Session(tmp_path, sounds.store(tmp_path, tone, rate_hz=rate_hz))
    heard = heard_while(tmp_path, session, lambda player: player.play(0))[:, 0].astype(float)
    session.player.close()
    loud = heard[np.abs(heard) > 200]
    assert len(loud) > RATE_HZ
    spectrum = np.abs(np.fft.rfft(heard))
    found = np.fft.rfftfreq(len(heard), 1 / RATE_HZ)[spectrum.argmax()]
    assert min(abs(found - 400 * (1 + 0.1 * channel)) for channel in range(channels)) < 2


def test_without_a_loudspeaker_there_is_a_sentence(tmp_path: Path, noise_id: RecordingId) -> None:
    player = Player(lambda: SoundReader.open(tmp_path, noise_id, KEY), "findes ikke")
    player.play(0)
    assert eventually(lambda: not player.playing, PATIENCE_S)
    assert isinstance(player.failure, SpeakerUnavailable)
    player.close()


def test_sound_that_is_gone_is_told(tmp_path: Path) -> None:
    player = Player(lambda: SoundReader.open(tmp_path, sounds.new_id(), KEY))
    player.play(0)
    assert eventually(lambda: not player.playing, PATIENCE_S)
    assert isinstance(player.failure, AudioMissing)
    player.close()


def test_a_player_that_never_played_can_be_closed(tmp_path: Path) -> None:
    Player(lambda: SoundReader.open(tmp_path, sounds.new_id(), KEY)).close()


@pytest.mark.sound
def test_stretches_are_heard_one_after_the_other_as_if_nothing_lay_between(
    loudspeaker: SoundServer, tmp_path: Path, session: Session
) -> None:
    stretches = [Stretch(500, 1_000), Stretch(2_000, 2_400), Stretch(3_500, None)]
    heard = heard_while(tmp_path, session, lambda player: player.play_all(stretches))
    noise = sounds.noise(4, rate_hz=RATE_HZ)
    places = [
        place_of(noise[round(a * RATE_HZ) : round(b * RATE_HZ)], heard) for a, b in ((0.5, 1), (2.05, 2.4), (3.55, 4))
    ]
    assert [alike >= 0.99 for _place, alike in places] == [True] * 3
    starts_s = [place / RATE_HZ - places[0][0] / RATE_HZ for place, _alike in places]
    assert starts_s == pytest.approx([0, 0.55, 0.95], abs=0.035)  # a stretch may end up to 15 ms late
    assert session.player.position_ms == 4_000


@pytest.mark.sound
def test_stretches_can_be_entered_in_the_middle_and_go_round(loudspeaker: SoundServer, session: Session) -> None:
    session.player.play_all([Stretch(500, 700), Stretch(2_000, 2_200)], loop=True, from_ms=2_100)
    assert eventually(lambda: sum(np.diff([p for _, p in session.positions]) < 0) >= 3, PATIENCE_S)
    session.player.pause()
    places = [position for _, position in session.positions]
    assert 2_100 <= next(place for place in places if place) <= 2_300
    assert all(500 <= place <= 730 or 2_000 <= place <= 2_230 for place in places)
