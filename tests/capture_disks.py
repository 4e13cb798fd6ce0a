"""Full disks while it is recorded: a clean stop with a sentence, all that was acknowledged kept, and usable again.

Two kinds: a limit on how large a file may grow (any machine with POSIX limits), and small file systems in memory
(where this process may mount them), on which the reserve comes into play.
"""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from cubb_desktop.audio.chunks import SoundReader, SoundState, recording_folder
from cubb_desktop.audio.journal import read_marks
from cubb_desktop.audio.recorder import Event, Failed, Level, Marked, Recorder, fault
from cubb_desktop.domain.errors import AudioMissing, DiskFull
from cubb_desktop.domain.recording import MarkKind
from tests.audio import fed, sounds
from tests.audio.fed import Fed
from tests.audio.sounds import KEY
from tests.capture_kills import stretches

SPEED = 12.0
AT_ONCE = 6
PATIENCE_S = 60.0
STOP_WITHIN_S = 1.0


@dataclass
class Outcome:
    """What a campaign found; no faults, and no stop that took longer than a second."""

    runs: list[str] = field(default_factory=list)
    stops_s: list[float] = field(default_factory=list)
    closed: list[str] = field(default_factory=list)  # whose last segment could even be closed
    faults: list[str] = field(default_factory=list)


class _Watch:
    """When the position last moved, and when the failure came."""

    def __init__(self) -> None:
        self.position_ms = 0
        self.moved_at = self.failed_at = time.monotonic()
        self.code = ""
        self.marked: list[str] = []
        self.over = threading.Event()

    def __call__(self, event: Event) -> None:
        match event:
            case Level() if event.position_ms > self.position_ms:
                self.position_ms, self.moved_at = event.position_ms, time.monotonic()
            case Marked():
                self.marked.append(event.id)
            case Failed():
                self.code, self.failed_at = event.code, time.monotonic()
                self.over.set()


def record_until_full(audio: Path, card: Fed, outcome: Outcome, name: str, make_room: Callable[[], None]) -> None:
    """Record until the disk is full, look at what is there, make room, and record again."""
    fed.use(card)
    recording, watch = sounds.new_id(), _Watch()
    recorder = Recorder(audio, recording, KEY, on_event=watch)
    outcome.runs.append(name)
    try:
        recorder.start()
        recorder.mark(MarkKind.NOTE, "ord", "Bo")
        if not watch.over.wait(PATIENCE_S):
            outcome.faults.append(f"{name}: it did not stop")
        outcome.stops_s.append(watch.failed_at - watch.moved_at)
        if not isinstance(fault(watch.code), DiskFull):
            outcome.faults.append(f"{name}: told as {watch.code}")
        sound = recorder.stop()
    except DiskFull:
        sound = None  # before the first chunk
        watch.failed_at = time.monotonic()
    try:
        with SoundReader.open(audio, recording, KEY) as reader:
            samples, state = reader.read(0, reader.frames), reader.state
        if state is SoundState.COMPLETE:
            outcome.closed.append(name)
        if state is SoundState.DAMAGED or (len(samples) and len(stretches(samples)) != 1):
            outcome.faults.append(f"{name}: {state}")
        if len(samples) * 1000 // 48_000 < watch.position_ms or (sound is not None and sound.frames != len(samples)):
            outcome.faults.append(f"{name}: {len(samples)} frames of {watch.position_ms} ms acknowledged")
    except AudioMissing:
        if watch.position_ms:
            outcome.faults.append(f"{name}: no sound")
    if not set(watch.marked) <= {mark.id for mark in read_marks(audio, recording, KEY)}:
        outcome.faults.append(f"{name}: a mark was lost")
    if (recording_folder(audio, recording) / "reserve").exists():
        outcome.faults.append(f"{name}: the reserve is still there")
    make_room()
    _use_again(audio, card, outcome, name)


def _use_again(audio: Path, card: Fed, outcome: Outcome, name: str) -> None:
    card.file_limit = 0
    recorder = Recorder(audio, sounds.new_id(), KEY)
    recorder.start()
    if recorder.stop().failure is not None:
        outcome.faults.append(f"{name}: not usable when there is room again")


def run_with_limits(place: Path, count: int) -> Outcome:
    """Record under `count` different limits of a file's size, from too small to begin to a few seconds."""

    def one(number: int, outcome: Outcome) -> None:
        limit = 40 + 150 * number if number < count // 4 else 15_000 + number * 9_973
        card = Fed(place / f"card {number}", speed=SPEED, file_limit=limit)
        record_until_full(place / f"audio {number}", card, outcome, f"limit {limit}", lambda: None)
        card.close()

    return _all(one, count)


def can_mount(place: Path) -> bool:
    """Whether this process may mount a file system in memory."""
    if not sys.platform.startswith("linux"):
        return False
    try:
        with small_disk(place, 64):
            return True
    except (OSError, subprocess.CalledProcessError):
        return False


@contextmanager
def small_disk(place: Path, kib: int) -> Iterator[Callable[[int], None]]:
    """A file system of so many KiB at `place`; gives what makes it another size."""
    place.mkdir()
    try:
        _run("mount", "-t", "tmpfs", "-o", f"size={kib}k", "tmpfs", str(place))
        try:
            yield lambda wanted_kib: _run("mount", "-o", f"remount,size={wanted_kib}k", str(place))
        finally:
            _run("umount", str(place))
    finally:
        place.rmdir()


def _run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True)


def run_on_small_disks(place: Path, count: int) -> Outcome:
    """Record on `count` file systems of 30 KiB and more, by 49 KiB each."""

    def one(number: int, outcome: Outcome) -> None:
        kib = 30 + 49 * number
        card, disk = Fed(place / f"card {number}", speed=SPEED), place / f"disk {number}"
        with small_disk(disk, kib) as resize:
            record_until_full(disk / "audio", card, outcome, f"{kib} KiB", lambda: resize(20_000))
        card.close()

    return _all(one, count)


def _all(one: Callable[[int, Outcome], None], count: int) -> Outcome:
    """Do the runs, several at a time; they only append to the outcome."""
    outcome = Outcome()
    with fed.feeding(), ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(lambda number: one(number, outcome), range(count)))
    return outcome
