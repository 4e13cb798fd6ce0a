"""Recording through a real sound system: nothing lost, and whoever dies, what was sealed is kept."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
import soundfile

from cubb_desktop.audio import capture, device, microphone
from cubb_desktop.audio.chunks import SoundReader, SoundState, is_being_written
from cubb_desktop.audio.flac import Samples
from cubb_desktop.audio.recorder import Failed, Gap, Level, LevelMeter, Paused, Recorder, Started, parse_event
from cubb_desktop.audio.ring import Ring
from cubb_desktop.domain.errors import MicrophoneNotFound
from cubb_desktop.domain.ids import RecordingId
from tests.audio import sounds
from tests.audio.heard import PATIENCE_S, Heard
from tests.audio.sounds import KEY
from tests.guards import eventually
from tests.sound_server import SoundServer

RATE_HZ = 48_000


def all_of(folder: Path, recording: RecordingId) -> tuple[Samples, SoundState]:
    with SoundReader.open(folder, recording, KEY) as reader:
        return reader.read(0, reader.frames), reader.state


def wav(path: Path, samples: Samples) -> Path:
    soundfile.write(path, samples, RATE_HZ)
    return path


def assert_heard(heard: Samples, played: Samples) -> None:
    """The whole of what was played is in what was heard, sample for sample or as good as."""
    correlation = np.fft.irfft(
        np.fft.rfft(heard[:, 0].astype(float), 2 * len(heard)) * np.conj(np.fft.rfft(played[:, 0], 2 * len(heard)))
    )
    start = int(correlation[: len(heard)].argmax())
    found = heard[start : start + len(played), 0]
    assert len(found) == len(played)
    assert np.corrcoef(found, played[:, 0])[0, 1] >= 0.999


# --- real sound ------------------------------------------------------------------------------------------------------


@pytest.mark.sound
def test_what_is_played_is_recorded_whole(sound_server: SoundServer, tmp_path: Path) -> None:
    played = sounds.noise(4, rate_hz=RATE_HZ)
    heard, recording = Heard(), sounds.new_id()
    recorder = Recorder(tmp_path, recording, KEY, on_event=heard)
    started = recorder.start()
    assert (started.rate_hz, started.channels, started.segment) == (RATE_HZ, 1, 0)
    sound_server.play(wav(tmp_path / "played.wav", played))
    sound = recorder.stop()
    samples, state = all_of(tmp_path, recording)
    assert state is SoundState.COMPLETE
    assert (sound.frames, sound.segments, sound.lost_frames, sound.overflows) == (len(samples), 1, 0, 0)
    assert sound.ring_share < 0.25
    assert not heard.of(Gap)
    assert_heard(samples, played)


@pytest.mark.sound
def test_levels_are_told_about_ten_times_a_second(sound_server: SoundServer, tmp_path: Path) -> None:
    heard = Heard()
    recorder = Recorder(tmp_path, sounds.new_id(), KEY, on_event=heard)
    recorder.start()
    sound_server.play(wav(tmp_path / "tone.wav", sounds.tone(2, rate_hz=RATE_HZ)))
    recorder.stop()
    levels = [event for event in heard.events if isinstance(event, Level)]
    loud = [level for level in levels if level.rms_db > -20]
    assert 15 <= len(loud) <= 25
    assert max(level.rms_db for level in loud) == pytest.approx(20 * np.log10(12_000 / 32_768 / 2**0.5), abs=0.3)
    assert not any(level.clipped for level in levels)
    positions = [level.position_ms for level in levels]
    assert positions == sorted(positions)


@pytest.mark.sound
def test_a_pause_seals_the_segment_and_closes_the_microphone(sound_server: SoundServer, tmp_path: Path) -> None:
    heard, recording = Heard(), sounds.new_id()
    recorder = Recorder(tmp_path, recording, KEY, on_event=heard)
    recorder.start()
    recorder.pause()
    assert heard.of(Paused)
    assert eventually(lambda: sound_server.recorders() == 0)
    assert all_of(tmp_path, recording)[1] is SoundState.COMPLETE
    recorder.resume()
    heard.wait_for(Started, 2)
    sound = recorder.stop()
    with SoundReader.open(tmp_path, recording, KEY) as reader:
        assert len(reader.seams) == 1
        assert reader.state is SoundState.COMPLETE
        assert (sound.segments, sound.frames) == (2, reader.frames)


@pytest.mark.sound
def test_the_meter_tells_levels_and_keeps_nothing(sound_server: SoundServer, tmp_path: Path) -> None:
    heard = Heard()
    meter = LevelMeter(None, heard)
    meter.start()
    heard.wait_for(Level, 3)
    meter.stop()
    assert not heard.of(Failed)
    assert not list(tmp_path.rglob("*.cba"))


@pytest.mark.sound
def test_a_microphone_that_vanishes_is_told_at_once_and_costs_nothing_sealed(
    sound_server: SoundServer, tmp_path: Path
) -> None:
    heard, recording = Heard(), sounds.new_id()
    recorder = Recorder(tmp_path, recording, KEY, on_event=heard)
    recorder.start()
    heard.wait_for_position(750)
    sound_server.unplug()
    try:
        heard.wait_for(Failed)
    finally:
        sound_server.plug_in()
    sound = recorder.stop()
    assert recorder.failure is not None
    assert sound.failure == recorder.failure.code == "MicrophoneLost"
    samples, state = all_of(tmp_path, recording)
    assert state is SoundState.COMPLETE
    assert len(samples) == sound.frames >= RATE_HZ * 3 // 4


@pytest.mark.sound
def test_a_sound_system_that_moves_the_recording_to_another_microphone_is_followed(
    sound_server: SoundServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PulseAudio does so by itself; where nobody does, `test_capture` shows what the child does."""
    monkeypatch.delenv("PULSE_SOURCE")  # whatever is the system's choice
    sound_server.plug_in("cubb_second")
    heard, recording = Heard(), sounds.new_id()
    recorder = Recorder(tmp_path, recording, KEY, on_event=heard)
    try:
        recorder.start()
        heard.wait_for_position(500)
        sound_server.unplug()
        heard.wait_for_position(2_500)
    finally:
        sound = recorder.stop()
        sound_server.plug_in()
        sound_server.unplug("cubb_second")
    samples, state = all_of(tmp_path, recording)
    assert (state, sound.failure) == (SoundState.COMPLETE, None)
    assert sound.frames == len(samples)


@pytest.mark.sound
def test_a_killed_child_is_noticed_and_every_sealed_chunk_stays(sound_server: SoundServer, tmp_path: Path) -> None:
    heard, recording = Heard(), sounds.new_id()
    recorder = Recorder(tmp_path, recording, KEY, on_event=heard)
    recorder.start()
    heard.wait_for_position(1_000)
    assert recorder.pid is not None
    os.kill(recorder.pid, signal.SIGKILL)
    failed = heard.wait_for(Failed)
    sound = recorder.stop()
    assert isinstance(failed, Failed)
    assert sound.failure == failed.code == "CaptureFailed"
    samples, state = all_of(tmp_path, recording)
    assert state is SoundState.INTERRUPTED
    assert len(samples) == sound.frames >= RATE_HZ
    assert not is_being_written(tmp_path, recording)


PARENT = """
import sys
from pathlib import Path
from typing import Any
from cubb_desktop.audio.recorder import Recorder
recorder = Recorder(Path(sys.argv[1]), sys.argv[2], bytes(range(32)))
recorder.start()
print(recorder.pid, flush=True)
sys.stdin.read()
"""


@pytest.mark.sound
def test_when_the_window_is_killed_the_child_seals_and_stops(sound_server: SoundServer, tmp_path: Path) -> None:
    recording = sounds.new_id()
    with subprocess.Popen(
        [sys.executable, "-c", PARENT, str(tmp_path), recording], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as parent:
        assert parent.stdout is not None
        child = psutil.Process(int(parent.stdout.readline()))
        assert is_being_written(tmp_path, recording)
        parent.kill()
    child.wait(PATIENCE_S)
    samples, state = all_of(tmp_path, recording)
    assert state is SoundState.COMPLETE
    assert len(samples) >= RATE_HZ // 4
    assert eventually(lambda: sound_server.recorders() == 0)


# --- without a microphone --------------------------------------------------------------------------------------------


def test_without_a_microphone_there_is_a_sentence_and_nothing_left(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path, sounds.new_id(), KEY, device="en mikrofon der ikke findes")
    with pytest.raises(MicrophoneNotFound):
        recorder.start()
    assert not list(tmp_path.rglob("*.cba"))


def test_the_child_loads_nothing_heavy() -> None:
    listing = "import sys, cubb_desktop.audio.capture; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", listing], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert not loaded & {"sqlalchemy", "PySide6", "av", "torch", "ctranslate2", "cubb_desktop.library", "sounddevice"}


# --- the ring --------------------------------------------------------------------------------------------------------


def test_the_ring_gives_back_everything_in_order() -> None:
    ring = Ring(1_000, 2, seconds=0.1)
    sent, got = sounds.noise(1, rate_hz=1_000, channels=2), []
    for start in range(0, 1_000, 70):
        block = sent[start : start + 70]
        ring.put(block.tobytes(), len(block), False)
        samples, lost = ring.take()
        assert lost is None
        got.append(samples)
    assert np.array_equal(np.concatenate(got), sent)
    assert ring.fullest == pytest.approx(0.7)


def test_what_finds_no_room_in_the_ring_is_counted_where_it_was() -> None:
    ring = Ring(1_000, 1, seconds=0.1)
    sent = sounds.noise(0.3, rate_hz=1_000)
    ring.put(sent[:60].tobytes(), 60, False)
    ring.put(sent[60:120].tobytes(), 60, False)
    samples, lost = ring.take()
    assert (len(samples), lost) == (60, 60)
    ring.put(sent[120:150].tobytes(), 30, True)
    samples, lost = ring.take()
    assert (len(samples), lost) == (0, 0)  # the sound card's own loss: its length is unknown
    samples, lost = ring.take()
    assert lost is None
    assert np.array_equal(samples, sent[120:150])


def test_lost_sound_becomes_flagged_silence_and_times_never_shift(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recording = sounds.new_id()
    told: list[dict[str, Any]] = []
    monkeypatch.setattr(device, "open_input", lambda *_args, **_options: _Silent())
    monkeypatch.setattr(microphone, "Ring", lambda rate_hz, channels: Ring(rate_hz, channels, seconds=1))
    captured = capture.Capture(told.append)
    captured.handle({"do": "listen"})
    captured.handle(
        {"do": "record", "audio_folder": str(tmp_path), "recording": recording, "key": KEY.hex(), "segment": 0}
    )
    assert captured._mic is not None
    sent = sounds.noise(3)
    for start in range(0, len(sent), 1_000):
        captured._mic.ring.put(sent[start : start + 1_000].tobytes(), 1_000, False)
        if start in {10_000, 23_000}:  # the ring holds 8 blocks: the first time 3 are lost, the second time 5
            captured.pump()
    assert captured.handle({"do": "stop"}) is False
    samples, state = all_of(tmp_path, recording)
    assert state is SoundState.COMPLETE
    assert len(samples) == len(sent)
    assert np.array_equal(samples[:8_000], sent[:8_000])
    assert not samples[8_000:11_000].any()
    assert np.array_equal(samples[11_000:19_000], sent[11_000:19_000])
    assert captured.summary()["lost_frames"] == 8_000
    assert [event["lost_ms"] for event in told if event["event"] == "gap"] == [125] * 8
    with SoundReader.open(tmp_path, recording, KEY) as reader:
        assert [(gap.start_frame, gap.frames) for gap in reader.gaps] == [(8_000, 4_000), (18_000, 6_000)]


class _Silent:
    """A microphone that is there and says nothing by itself."""

    device = device.Device("Test: silent", "silent", 8_000, 1)
    rate_hz, channels, active = 8_000, 1, True

    def close(self, *, at_once: bool = False) -> None:
        pass


# --- what the child says is untrusted --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'"level"',
        b"\xff\xfe",
        b'{"event": "level"}',
        b'{"event": "level", "rms_db": "x", "peak_db": 0, "clipped": false, "position_ms": 1}',
        b'{"event": "level", "rms_db": NaN, "peak_db": 0, "clipped": false, "position_ms": 1}',
        b'{"event": "level", "rms_db": -3, "peak_db": 0, "clipped": false, "position_ms": -1}',
        b'{"event": "started", "rate_hz": true, "channels": 1, "segment": 0}',
        b'{"event": "failure", "code": ["x"], "position_ms": 0}',
        b'{"event": ["started"]}',
        b'{"event": "unknown"}',
        b"[" * 60_000,
    ],
)
def test_lines_that_are_no_event_are_ignored(line: bytes) -> None:
    assert parse_event(line) is None


def test_an_unknown_failure_is_a_failure() -> None:
    assert parse_event(json.dumps({"event": "failure", "code": "KeyError", "position_ms": 7}).encode()) == Failed(
        "CaptureFailed", 7
    )
