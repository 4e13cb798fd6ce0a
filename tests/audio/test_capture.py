"""The capture child with microphones that come and go, disks that fill, and everything asked of it while it runs."""

from __future__ import annotations

import itertools
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from cubb_desktop.audio import capture, device, microphone
from cubb_desktop.audio.chunk_index import INDEX
from cubb_desktop.audio.chunks import (
    RESERVE_BYTES,
    GapCause,
    Reserve,
    SoundFormat,
    SoundReader,
    SoundState,
    is_being_written,
    recording_folder,
    segment_files,
)
from cubb_desktop.audio.cuts import complete_cuts
from cubb_desktop.audio.flac import Samples
from cubb_desktop.audio.journal import MARKS, read_marks
from cubb_desktop.audio.recorder import (
    Cut,
    DiskLow,
    Event,
    Failed,
    Level,
    LevelMeter,
    Marked,
    Moved,
    Paused,
    RecordedSound,
    Recorder,
    Segmented,
    Started,
    parse_event,
)
from cubb_desktop.domain.ids import RecordingId
from cubb_desktop.domain.recording import MarkKind
from tests.audio import fed, sounds
from tests.audio.fed import Fed
from tests.audio.heard import Heard
from tests.audio.sounds import KEY
from tests.guards import eventually

RATE_HZ = 48_000
CHUNK = RATE_HZ // 4
NOTICED_WITHIN_S = 1.0


class Still:
    """A microphone that is there and gives what a test puts into its ring."""

    device = device.Device("Test: still", "still", 8_000, 1)
    rate_hz, channels, active = 8_000, 1, True

    def close(self, *, at_once: bool = False) -> None:
        pass


class Table:
    """A recorder on a fed sound card, and what it told when."""

    def __init__(self, folder: Path, **card: object) -> None:
        self.folder = folder / "audio"
        self.fed = Fed(folder / "card", **card)  # type: ignore[arg-type]
        fed.use(self.fed)
        self.heard = Heard()
        self.recording: RecordingId = sounds.new_id()
        self.recorder = Recorder(self.folder, self.recording, KEY, on_event=self.heard)

    def start(self) -> Started:
        return self.recorder.start()

    def stop(self) -> RecordedSound:
        return self.recorder.stop()

    def sound(self) -> tuple[Samples, SoundState, tuple[int, ...]]:
        with SoundReader.open(self.folder, self.recording, KEY) as reader:
            return reader.read(0, reader.frames), reader.state, reader.seams

    def is_sealed(self) -> bool:
        """Whether the child has closed the last segment, as it does when it notices that the microphone is gone."""
        return self.sound()[1] is SoundState.COMPLETE

    def names(self) -> set[str]:
        return {path.name for path in recording_folder(self.folder, self.recording).iterdir()}


@pytest.fixture
def table(tmp_path: Path) -> Iterator[Callable[..., Table]]:
    laid: list[Table] = []

    def lay(**card: object) -> Table:
        laid.append(Table(tmp_path / str(len(laid)), **card))
        return laid[-1]

    with fed.feeding():
        yield lay
    for one in laid:
        if one.recorder.pid is not None:
            one.recorder.stop()
        one.fed.close()


def runs(samples: Samples, name: str = "A") -> list[tuple[int, int]]:
    """Split sound into stretches of a device's own: (where in the device's sound, frames)."""
    found: list[tuple[int, int]] = []
    whole, at = fed.table(name), 0
    while at < len(samples):
        start = fed.place_of(samples[at : at + 64], name)
        assert start >= 0, f"frame {at} is not the device's"
        expected = np.take(whole, np.arange(start, start + len(samples) - at), axis=0, mode="wrap")
        same = (expected == samples[at:])[:, 0]
        frames = len(same) if same.all() else int(same.argmin())
        found.append((start, frames))
        at += frames
    return found


# --- starting --------------------------------------------------------------------------------------------------------


def test_a_meter_hands_its_microphone_over(table: Callable[..., Table]) -> None:
    laid = table()
    levels = Heard()
    meter = LevelMeter(None, levels)
    meter.start()
    levels.wait_for(Level)
    before = laid.fed.given
    begun = time.monotonic()
    started = laid.recorder.start(meter)
    assert time.monotonic() - begun < 0.6  # the bar of 0.3 s is measured by the bench, on a machine at rest
    assert (started.rate_hz, started.channels, started.segment) == (RATE_HZ, 1, 0)
    laid.heard.wait_for_position(500)
    told = len(levels.events)
    sound = laid.stop()
    assert len(levels.events) == told  # the meter's own listener hears nothing more
    meter.stop()
    samples, state, _ = laid.sound()
    assert state is SoundState.COMPLETE
    assert len(samples) == sound.frames
    [(start, _)] = runs(samples)
    assert start >= before  # nothing from before the start is kept


def test_what_is_heard_after_a_meter_was_armed_is_kept_and_nothing_before(table: Callable[..., Table]) -> None:
    laid = table()
    levels = Heard()
    meter = LevelMeter(None, levels)
    meter.start()
    levels.wait_for(Level)
    armed_at = laid.fed.given
    meter.arm()
    assert eventually(lambda: laid.fed.given >= armed_at + 2 * CHUNK, 10)
    laid.recorder.start(meter)
    laid.stop()
    [(start, frames)] = runs(laid.sound()[0])
    assert armed_at <= start < armed_at + CHUNK
    assert frames >= CHUNK


def test_a_meter_that_was_armed_in_vain_keeps_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    monkeypatch.setattr(device, "open_input", lambda *_, **__: Still())
    captured = capture.Capture(lambda _event: None)
    captured.handle({"do": "listen"})
    mic = captured._mic
    assert mic is not None
    captured.handle({"do": "arm"})
    mic.ring.put(bytes(800), 400, False)
    captured.pump()
    assert mic.ring.fullest == 0.0  # it waits for the recorder
    now[0] += capture.ARMED_S + 0.01
    mic.ring.last_block_at = now[0]
    captured.pump()
    assert len(mic.take()[0]) == 0


def test_a_meter_on_another_device_is_stopped(table: Callable[..., Table]) -> None:
    laid = table(rates_hz={"A": RATE_HZ, "B": RATE_HZ})
    levels = Heard()
    meter = LevelMeter("B", levels)
    meter.start()
    levels.wait_for(Level)
    laid.recorder.start(meter)
    laid.stop()
    assert fed.place_of(laid.sound()[0], "A") >= 0


def test_a_meter_that_has_failed_or_was_never_started_does_not_mind(table: Callable[..., Table]) -> None:
    laid = table()
    levels = Heard()
    meter = LevelMeter("nowhere", levels)
    meter.start()
    levels.wait_for(Failed)
    laid.recorder = Recorder(laid.folder, laid.recording, KEY, device="A")
    laid.recorder.start(meter)
    laid.stop()
    other = Recorder(laid.folder, sounds.new_id(), KEY)
    other.start(LevelMeter(None, levels))
    assert other.stop().failure is None


# --- while it runs ---------------------------------------------------------------------------------------------------


def test_marks_segments_and_forgetting_while_it_runs(table: Callable[..., Table]) -> None:
    laid = table()
    laid.start()
    first = laid.recorder.mark(MarkKind.NOTE, "æøå", "Mette")
    assert laid.heard.wait_for(Marked) == Marked(first, MarkKind.NOTE, laid.heard.of(Marked)[0].position_ms)
    laid.heard.wait_for_position(500)
    laid.recorder.next_segment()
    segmented = laid.heard.wait_for(Segmented)
    assert segmented.segment == 1
    laid.heard.wait_for(Started, 2)
    second = laid.recorder.mark(MarkKind.BOOKMARK, "x" * 5_000, "Bo")
    laid.heard.wait_for(Marked, 2)
    laid.recorder.reword(first, "andre ord")
    laid.recorder.mark(MarkKind.BOOKMARK, "væk", "Bo")
    third = laid.heard.wait_for(Marked, 3)
    laid.recorder.forget_mark(third.id)
    laid.heard.wait_for_position(segmented.position_ms + 1_500)
    laid.recorder.mark(MarkKind.NOTE, "glemmes med lyden", "Bo")
    laid.heard.wait_for(Marked, 4)
    laid.recorder.forget_last(700)
    cut = laid.heard.wait_for(Cut)
    assert cut.dropped_ms == 700
    laid.heard.wait_for(Started, 3)
    sound = laid.stop()
    samples, state, seams = laid.sound()
    assert state is SoundState.COMPLETE
    assert len(samples) == sound.frames
    assert [seam * 1000 // RATE_HZ for seam in seams] == [segmented.position_ms, cut.position_ms]
    (start, before), (after, rest) = runs(samples)
    assert after == start + before + 700 * RATE_HZ // 1000  # exactly what was to be forgotten is missing
    assert before + rest == len(samples)
    marks = read_marks(laid.folder, laid.recording, KEY)
    assert [(mark.id, mark.text, mark.author) for mark in marks] == [
        (first, "andre ord", "Mette"),
        (second, "x" * 2_000, "Bo"),
    ]
    assert laid.names() == {"000000.cba", "000001.cba", "000002.cba", MARKS, INDEX}


def test_forgetting_and_marking_in_a_pause(table: Callable[..., Table]) -> None:
    laid = table()
    laid.start()
    laid.heard.wait_for_position(1_000)
    laid.recorder.pause()
    assert is_being_written(laid.folder, laid.recording)  # nobody may clear up behind a pause
    paused = laid.heard.wait_for(Paused)
    laid.recorder.mark(MarkKind.NOTE, "i pausen", "Bo")
    laid.recorder.forget_last(400)
    cut = laid.heard.wait_for(Cut)
    assert cut == Cut(paused.position_ms - 400, 400)
    laid.recorder.next_segment()
    segmented = laid.heard.wait_for(Segmented)
    laid.recorder.resume()
    started = laid.heard.wait_for(Started, 2)
    assert (segmented.segment, segmented.position_ms) == (started.segment, cut.position_ms)
    laid.heard.wait_for_position(cut.position_ms + 250)
    sound = laid.stop()
    assert sound.frames == len(laid.sound()[0])
    assert not is_being_written(laid.folder, laid.recording)
    assert read_marks(laid.folder, laid.recording, KEY) == []


def test_everything_can_be_forgotten(table: Callable[..., Table]) -> None:
    laid = table()
    laid.start()
    laid.heard.wait_for_position(500)
    laid.recorder.pause()
    laid.recorder.forget_last(3_600_000)
    assert laid.heard.wait_for(Cut).position_ms == 0
    assert not segment_files(laid.folder, laid.recording)
    sound = laid.stop()
    assert (sound.frames, sound.segments, sound.failure) == (0, 0, None)
    assert laid.names() == set()


def test_what_is_asked_at_the_wrong_time_changes_nothing(table: Callable[..., Table]) -> None:
    laid = table()
    for early in (laid.recorder.pause, laid.recorder.resume, laid.recorder.next_segment):
        early()
    with pytest.raises(RuntimeError):
        laid.recorder.stop()
    laid.start()
    laid.recorder.resume()
    laid.recorder.reword(laid.recorder.mark(MarkKind.NOTE, "", ""), "ord")
    laid.recorder.pause()
    laid.recorder.pause()
    first, second = laid.heard.of(Paused)
    assert first == second
    assert laid.stop().segments == 1


# --- microphones that go ---------------------------------------------------------------------------------------------


def test_when_the_microphone_goes_the_next_one_goes_on(table: Callable[..., Table]) -> None:
    laid = table(rates_hz={"A": RATE_HZ, "B": RATE_HZ})
    laid.start()
    laid.heard.wait_for_position(1_000)
    laid.fed.unplug("A")
    gone_at = time.monotonic()
    moved = laid.heard.wait_for(Moved)
    assert time.monotonic() - gone_at < NOTICED_WITHIN_S
    laid.heard.wait_for_position(moved.position_ms + moved.lost_ms + 500)
    sound = laid.stop()
    samples, state, seams = laid.sound()
    assert (state, sound.segments, sound.failure) == (SoundState.COMPLETE, 2, None)
    assert moved.device_name == "B"
    assert seams == (moved.position_ms * RATE_HZ // 1000,)
    lost = moved.lost_ms * RATE_HZ // 1000
    assert sound.lost_frames == lost
    assert 0 < moved.lost_ms < 1_000
    assert not samples[seams[0] : seams[0] + lost].any()
    assert len(runs(samples[: seams[0]], "A")) == 1
    assert len(runs(samples[seams[0] + lost :], "B")) == 1
    with SoundReader.open(laid.folder, laid.recording, KEY) as reader:
        assert [(gap.start_frame, gap.cause) for gap in reader.gaps] == [(seams[0], GapCause.LOST)]


def test_times_stay_right_across_a_gap(table: Callable[..., Table]) -> None:
    """A microphone that stays on the list and says nothing is noticed by its silence; the clock goes on."""
    laid = table(rates_hz={"A": RATE_HZ, "B": RATE_HZ})
    laid.start()
    begun, at_first = time.monotonic(), laid.fed.given
    laid.heard.wait_for_position(1_000)
    laid.fed.silence("A")
    moved = laid.heard.wait_for(Moved)
    assert 850 <= moved.lost_ms <= 1_600
    laid.heard.wait_for_position(moved.position_ms + moved.lost_ms + 500)
    laid.recorder.pause()
    wall_s = time.monotonic() - begun
    sound = laid.stop()
    heard_s = sound.frames / RATE_HZ - CHUNK / RATE_HZ
    assert heard_s == pytest.approx(wall_s, abs=0.25), at_first


@pytest.mark.parametrize("rate_hz", [16_000, 44_100])
def test_a_microphone_of_another_rate_is_resampled(table: Callable[..., Table], rate_hz: int) -> None:
    laid = table(rates_hz={"A": RATE_HZ, "B": rate_hz})
    laid.start()
    laid.heard.wait_for_position(500)
    before = laid.fed.given
    laid.fed.unplug("A")
    moved = laid.heard.wait_for(Moved)
    laid.heard.wait_for_position(moved.position_ms + moved.lost_ms + 1_000)
    sound = laid.stop()
    samples, state, seams = laid.sound()
    assert (state, sound.rate_hz) == (SoundState.COMPLETE, RATE_HZ)
    from_b = samples[seams[0] + moved.lost_ms * RATE_HZ // 1000 :]
    given = laid.fed.given - before
    assert len(from_b) / RATE_HZ == pytest.approx(given / rate_hz, abs=0.1)
    assert np.abs(from_b).max() > 4_000


def test_two_channels_go_on_with_a_device_of_one(table: Callable[..., Table], tmp_path: Path) -> None:
    laid = table(rates_hz={"A": RATE_HZ, "B": 44_100}, channels={"A": 2, "B": 1})
    laid.recorder = Recorder(laid.folder, laid.recording, KEY, on_event=laid.heard, channels=2)
    assert laid.start().channels == 2
    laid.heard.wait_for_position(500)
    laid.fed.unplug("A")
    moved = laid.heard.wait_for(Moved)
    laid.heard.wait_for_position(moved.position_ms + moved.lost_ms + 750)
    sound = laid.stop()
    samples, state, seams = laid.sound()
    assert (state, sound.channels, samples.shape[1]) == (SoundState.COMPLETE, 2, 2)
    rest = samples[seams[0] :]
    assert rest.any()
    assert np.abs(rest[:, 0].astype(int) - rest[:, 1]).max() <= 3  # each is dithered by itself


def test_a_device_that_opens_and_says_nothing_is_passed_over(table: Callable[..., Table]) -> None:
    laid = table(rates_hz={"A": RATE_HZ, "B": RATE_HZ, "C": RATE_HZ})
    laid.fed.silence("B")
    laid.start()
    laid.heard.wait_for_position(500)
    laid.fed.unplug("A")
    assert laid.heard.wait_for(Moved).device_name == "C"
    laid.stop()


def test_without_another_microphone_it_stops_loudly_within_three_seconds(table: Callable[..., Table]) -> None:
    laid = table()
    laid.start()
    laid.heard.wait_for_position(750)
    laid.fed.unplug("A")
    gone_at = time.monotonic()
    failed = laid.heard.wait_for(Failed)
    assert capture.MOVE_WITHIN_S - 0.2 < time.monotonic() - gone_at < capture.MOVE_WITHIN_S + NOTICED_WITHIN_S
    sound = laid.stop()
    samples, state, _ = laid.sound()
    assert (failed.code, sound.failure, state) == ("MicrophoneLost", "MicrophoneLost", SoundState.COMPLETE)
    assert len(samples) == sound.frames >= 0.75 * RATE_HZ
    assert laid.names() == {"000000.cba", INDEX}


def test_a_microphone_that_comes_back_in_time_goes_on(table: Callable[..., Table]) -> None:
    laid = table()
    laid.start()
    laid.heard.wait_for_position(500)
    laid.fed.unplug("A")
    assert eventually(laid.is_sealed)
    laid.recorder.mark(MarkKind.NOTE, "midt i det", "Bo")
    laid.heard.wait_for(Marked)
    laid.recorder.next_segment()
    laid.heard.wait_for(Segmented)
    laid.recorder.forget_last(100)
    laid.heard.wait_for(Cut)
    laid.fed.plug_in("A")
    assert laid.heard.wait_for(Moved).device_name == "A"
    sound = laid.stop()
    assert (laid.sound()[1], sound.failure) == (SoundState.COMPLETE, None)


def test_a_pause_ends_the_search_and_going_on_begins_it_again(table: Callable[..., Table]) -> None:
    laid = table(rates_hz={"A": RATE_HZ, "B": RATE_HZ})
    laid.fed.unplug("B")
    laid.recorder = Recorder(laid.folder, laid.recording, KEY, device="A", on_event=laid.heard)
    laid.start()
    laid.heard.wait_for_position(500)
    laid.fed.unplug("A")
    laid.recorder.pause()
    laid.recorder.resume()
    laid.fed.plug_in("B")
    moved = laid.heard.wait_for(Moved)
    assert (moved.device_name, moved.lost_ms) == ("B", 0)
    laid.heard.wait_for(Started, 2)
    sound = laid.stop()
    assert (sound.segments, sound.lost_frames, laid.sound()[1]) == (2, 0, SoundState.COMPLETE)


def test_a_meter_whose_microphone_goes_says_so(table: Callable[..., Table]) -> None:
    laid = table(rates_hz={"A": RATE_HZ, "B": RATE_HZ})
    levels = Heard()
    meter = LevelMeter(None, levels)
    meter.start()
    levels.wait_for(Level)
    laid.fed.unplug("A")
    assert levels.wait_for(Failed).code == "MicrophoneLost"
    meter.stop()


# --- disks -----------------------------------------------------------------------------------------------------------


def test_the_reserve_is_there_while_it_runs_and_gone_afterwards(table: Callable[..., Table]) -> None:
    laid = table()
    laid.start()
    laid.heard.wait_for_position(500)
    reserve = recording_folder(laid.folder, laid.recording) / "reserve"
    assert reserve.stat().st_size == RESERVE_BYTES
    laid.stop()
    assert laid.names() == {"000000.cba", INDEX}


def test_little_room_is_told_in_minutes(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    told: list[dict[str, object]] = []
    free = iter([10_000_000_000, 29 * 60 * 96_000 + 5, 29 * 60 * 96_000, 28 * 60 * 96_000])
    monkeypatch.setattr(capture, "_DISK_EVERY_S", 0.0)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=next(free)))
    captured = capture.Capture(told.append)
    captured._target = capture._Target(tmp_path, sounds.new_id(), KEY, 0)
    captured._format = SoundFormat(RATE_HZ, 1)
    captured._begin_segment(captured._target, captured._format)
    for _ in range(4):
        captured._watch_disk()
    captured._seal()
    assert told == [{"event": "disk_low", "minutes_left": minutes} for minutes in (29, 28)]


def test_a_killed_recorder_leaves_a_reserve_that_is_cleared_away(table: Callable[..., Table]) -> None:
    laid = table()
    laid.start()
    laid.heard.wait_for_position(500)
    assert laid.recorder.pid is not None
    subprocess.run(["kill", "-9", str(laid.recorder.pid)], check=True)
    laid.heard.wait_for(Failed)
    assert not is_being_written(laid.folder, laid.recording)
    sound = laid.stop()
    assert (sound.failure, sound.frames) == ("CaptureFailed", len(laid.sound()[0]))
    assert laid.names() == {"000000.cba"}


def test_a_reserve_needs_a_folder_it_may_write(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(OSError, match="file"):
        Reserve(tmp_path / "file", sounds.new_id())
    one = sounds.new_id()
    kept = Reserve(tmp_path, one)
    assert is_being_written(tmp_path, one)
    kept.fill()
    kept.spend()
    kept.release()
    assert not is_being_written(tmp_path, one)
    assert not complete_cuts(tmp_path, one, KEY)


# --- what the recorder believes --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "event"),
    [
        (b'{"event": "disk_low", "minutes_left": 12}', DiskLow(12)),
        (b'{"event": "moved", "device": "Mik\\u0000rofon", "position_ms": 1, "lost_ms": 2}', Moved("Mikrofon", 1, 2)),
        (b'{"event": "moved", "device": 5, "position_ms": 1, "lost_ms": 2}', None),
        (b'{"event": "marked", "id": "no uuid", "kind": "note", "position_ms": 2}', None),
        (b'{"event": "marked", "id": "a2e0aeb2-6f3c-4ffb-8d1c-0f6a4b7cbb07", "kind": "x", "position_ms": 2}', None),
        (b'{"event": "cut", "position_ms": 1, "dropped_ms": -2}', None),
        (b'{"event": "segmented", "segment": 1, "position_ms": 2}', Segmented(1, 2)),
    ],
)
def test_every_event_is_checked(line: bytes, event: Event | None) -> None:
    assert parse_event(line) == event


def test_a_stalled_process_does_not_take_itself_for_a_lost_microphone(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = itertools.chain([0.0] * 4, [0.03, 2.0, 2.03, 2.8, 2.95])
    monkeypatch.setattr(time, "monotonic", lambda: next(clock, 3.0))
    monkeypatch.setattr(device, "open_input", lambda *_, **__: Still())
    mic = microphone.Microphone(None)
    mic.ring.put(b"\0\0", 1, False)
    assert [mic.gone for _ in range(4)] == [False] * 4
