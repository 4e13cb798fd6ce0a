"""kill -9 of the capture child at random moments: nothing that was acknowledged is lost, nothing that is kept is wrong.

Run small by the tests and large by `bench capture_kills`. The child, its files and SIGKILL are real; the sound card is
`tests.audio.fed`, in real time, or PulseAudio's null sink.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import soundfile

from cubb_desktop.audio.chunks import SoundReader, SoundState, is_being_written
from cubb_desktop.audio.flac import Samples
from cubb_desktop.audio.journal import read_marks
from cubb_desktop.audio.recorder import Cut, Event, Failed, Level, Marked, Paused, Recorder, Started
from cubb_desktop.domain.errors import AudioMissing, CaptureFailed
from cubb_desktop.domain.ids import RecordingId
from cubb_desktop.domain.recording import Mark, MarkKind
from tests.audio import fed, sounds
from tests.audio.fed import Fed
from tests.audio.sounds import KEY
from tests.sound_server import SoundServer

RATE_HZ = 48_000
AT_ONCE = 6  # more would measure how crowded the machine is
LONGEST_S = 2.2
LARGEST_LOSS_MS = 500.0
PATIENCE_S = 30.0
Result = tuple[float | None, list[str], bool, int]  # see `_one`


@dataclass
class Outcome:
    """What a campaign found; empty lists are the bar."""

    runs: int = 0
    losses_ms: list[float] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    in_cuts: int = 0
    marks: int = 0

    @property
    def worst_ms(self) -> float:
        return max(self.losses_ms, default=0.0)

    @property
    def clean(self) -> bool:
        return not self.faults and self.worst_ms <= LARGEST_LOSS_MS


class NotBegun(RuntimeError):
    """A machine that is very busy did not get a child to begin in time, and so there was nothing to kill."""


class _Acknowledged:
    """What the child has said is on disk; a forgetting that was asked for and not answered may have happened or not."""

    def __init__(self) -> None:
        self.came = threading.Condition()
        self.position_ms = 0
        self.marks: dict[str, int] = {}
        self.cut_ms = 1 << 60
        self.asked_ms = 0  # of forgetting that has not been answered
        self.paused = self.started = self.over = False

    def __call__(self, event: Event) -> None:
        with self.came:
            match event:
                case Level():
                    self.position_ms = max(self.position_ms, event.position_ms)
                case Started():
                    self.started, self.paused = True, False
                case Paused():
                    self.paused, self.position_ms = True, event.position_ms
                case Marked():
                    self.marks[event.id] = event.position_ms
                case Cut():
                    self.position_ms = min(self.position_ms, event.position_ms)
                    self.marks = {id: at_ms for id, at_ms in self.marks.items() if at_ms < event.position_ms}
                    self.asked_ms = 0
                case Failed():
                    self.over = True
            self.came.notify_all()


def _busy(drawn: random.Random, recorder: Recorder, known: _Acknowledged, until: float) -> None:
    """Ask for one thing after the other until it is time to kill."""
    while time.monotonic() < until:
        with known.came:
            known.came.wait(max(0.0, min(drawn.uniform(0, 0.25), until - time.monotonic())))
        match drawn.randrange(8):
            case 0 | 1 | 2:
                recorder.mark(MarkKind.NOTE, "ord", "Bo")
            case 3 | 4 if not known.asked_ms:
                known.asked_ms = drawn.choice([1, 100, 250, 800, 5_000])
                recorder.forget_last(known.asked_ms)
            case 5:
                recorder.next_segment()
            case 6 if not known.paused:
                recorder._send(do="pause")
            case 7:
                recorder.resume()
    if drawn.random() < 0.5:  # in the middle of forgetting
        with known.came:
            known.came.wait_for(lambda: not known.asked_ms or known.over, 1.0)
        known.asked_ms = drawn.choice([100, 800, 5_000])
        recorder.forget_last(known.asked_ms)
        with known.came:
            known.came.wait(drawn.uniform(0, 0.06))


def stretches(samples: Samples) -> list[tuple[int, int]]:
    """Split sound of the fed card into (where in the device's sound, frames); raises `ValueError` for any other."""
    found: list[tuple[int, int]] = []
    whole, at = fed.table(), 0
    while at < len(samples):
        if not samples[at : at + 64].any():  # nothing is played
            heard = np.flatnonzero(samples[at:, 0])
            at = at + int(heard[0]) if len(heard) else len(samples)
            continue
        start = fed.place_of(samples[at : at + 8])
        if start < 0:
            raise ValueError(at)
        expected = np.take(whole[:, 0], np.arange(start, start + len(samples) - at), mode="wrap")
        same = expected == samples[at:, 0]
        frames = len(same) if same.all() else int(same.argmin())
        found.append((start, frames))
        at += frames
    return found


def _one(folder: Path, seed: str) -> Result:
    """Record, kill, look; return the loss in ms (None where it can't be told), faults, whether a cut was under way."""
    drawn = random.Random(seed)
    card = Fed(folder / "card")
    fed.use(card)
    recording, known, faults = sounds.new_id(), _Acknowledged(), []
    recorder = Recorder(folder / "audio", recording, KEY, on_event=known)
    busy = drawn.random() < 0.5
    killer = None
    if drawn.random() < 0.1:  # also before the first chunk
        killer = threading.Timer(drawn.uniform(0.2, 0.8), lambda: _kill(recorder))
        killer.start()
    try:
        recorder.start()
        until = time.monotonic() + drawn.uniform(0, LONGEST_S)
        if busy:
            _busy(drawn, recorder, known, until)
        with known.came:
            known.came.wait_for(lambda: known.over or time.monotonic() >= until, max(0.0, until - time.monotonic()))
        _kill(recorder)
        with known.came:
            if not known.came.wait_for(lambda: known.over, PATIENCE_S):
                faults.append("the kill was not noticed")
    except CaptureFailed:
        if recorder.failure is None:
            raise NotBegun from None
    finally:
        if killer is not None:
            killer.join()
    given = card.given
    sound = recorder.stop()
    loss_ms = None
    if known.started:
        loss_ms = _judge(folder / "audio", recording, known, given, faults)
        if sound.failure != "CaptureFailed":
            faults.append(f"told as {sound.failure}")
    card.close()
    return loss_ms, faults, bool(known.asked_ms), len(known.marks)


def _kill(recorder: Recorder) -> None:
    if recorder.pid is not None:
        with suppress(ProcessLookupError):  # the early kill was faster
            os.kill(recorder.pid, signal.SIGKILL)


def _judge(audio: Path, recording: RecordingId, known: _Acknowledged, given: int, faults: list[str]) -> float | None:
    if is_being_written(audio, recording):
        faults.append("still locked")
    least_ms = max(0, known.position_ms - known.asked_ms)
    try:
        with SoundReader.open(audio, recording, KEY) as reader:
            samples, state = reader.read(0, reader.frames), reader.state
    except AudioMissing:
        if least_ms:
            faults.append("no sound")
        return None
    if state is SoundState.DAMAGED:
        faults.append("damaged")
    if len(samples) * 1000 // RATE_HZ < least_ms:
        faults.append(f"{len(samples)} frames of {least_ms} ms acknowledged")
    _judge_marks(read_marks(audio, recording, KEY), known, faults)
    try:
        found = stretches(samples)
    except ValueError as error:
        faults.append(f"wrong sound at {error}")
        return None
    if given and found != sorted(found):
        faults.append("sound in the wrong order")
    if known.paused or known.asked_ms or not found:
        return None
    return 1000 * (given - sum(found[-1])) / RATE_HZ


def _judge_marks(marks: list[Mark], known: _Acknowledged, faults: list[str]) -> None:
    there = {mark.id for mark in marks}
    floor_ms = known.position_ms - known.asked_ms
    wanted = {id for id, at_ms in known.marks.items() if not known.asked_ms or at_ms < floor_ms}
    if not wanted <= there:
        faults.append("a mark was lost")
    if any((mark.text, mark.author) != ("ord", "Bo") for mark in marks):
        faults.append("a wrong mark")


def run_campaign(place: Path, runs: int, seed: int = 1) -> Outcome:
    """Kill `runs` children that hear a fed sound card, several at a time; nothing is left in `place`."""
    with fed.feeding():
        return _run(place, runs, AT_ONCE, lambda folder, number: _one(folder, f"{seed} {number}"))


def run_on_null_sink(place: Path, server: SoundServer, runs: int, seed: int = 1) -> Outcome:
    """Kill `runs` children that hear PulseAudio's null sink (this process's environment leads to it)."""
    soundfile.write(place / "played.wav", fed.table(), RATE_HZ)
    over = threading.Event()
    playing = threading.Thread(target=_play, args=(server, place / "played.wav", over))
    playing.start()
    try:
        return _run(place, runs, 5, lambda folder, number: _one_real(folder, f"{seed} {number}"))
    finally:
        over.set()
        playing.join()


def _play(server: SoundServer, path: Path, over: threading.Event) -> None:
    """Play a file again and again."""
    while not over.is_set():
        with server.start_playing(path) as player:
            while player.poll() is None and not over.wait(0.1):
                pass
            player.terminate()


def _run(place: Path, runs: int, at_once: int, one: Callable[[Path, int], Result]) -> Outcome:
    outcome = Outcome()

    def disturbed(number: int) -> Result:
        folder = place / f"run {number}"
        for _ in range(5):
            with suppress(NotBegun):
                folder.mkdir()
                try:
                    return one(folder, number)
                finally:
                    shutil.rmtree(folder)
        return None, ["it did not begin"], False, 0

    with ThreadPoolExecutor(at_once) as pool:
        for number, (loss_ms, faults, in_cut, marks) in enumerate(pool.map(disturbed, range(runs))):
            outcome.runs += 1
            outcome.in_cuts += in_cut
            outcome.marks += marks
            outcome.faults += [f"run {number}: {fault}" for fault in faults]
            if loss_ms is not None:
                outcome.losses_ms.append(loss_ms)
    return outcome


def _one_real(folder: Path, seed: str) -> Result:
    """As `_one`, without disturbing it before; what was lost is told by the clock."""
    drawn = random.Random(seed)
    recording, known, faults = sounds.new_id(), _Acknowledged(), []
    recorder = Recorder(folder / "audio", recording, KEY, device="pulse", on_event=known)
    try:
        started = recorder.start()
    except CaptureFailed:
        raise NotBegun from None
    begun = time.monotonic()
    with known.came:
        known.came.wait_for(lambda: known.over, drawn.uniform(0, LONGEST_S))
    _kill(recorder)
    first_chunk_s = 0.25
    heard = round((time.monotonic() - begun + first_chunk_s) * started.rate_hz)
    with known.came:
        if not known.came.wait_for(lambda: known.over, PATIENCE_S):
            faults.append("the kill was not noticed")
    sound = recorder.stop()
    _judge(folder / "audio", recording, known, 0, faults)
    return 1000 * (heard - sound.frames) / started.rate_hz, faults, False, 0
