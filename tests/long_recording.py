"""Hours of sound through the real capture child as fast as it can write: its memory, and how soon it opens again."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import psutil

from cubb_desktop.audio.chunks import SoundReader, SoundState, segment_files
from cubb_desktop.audio.recorder import Event, Gap, Level, Recorder
from tests.audio import fed, sounds
from tests.audio.fed import Fed
from tests.audio.sounds import KEY

RATE_HZ = 48_000
PATIENCE_S = 30.0
_AHEAD = 6 * RATE_HZ  # so many frames may be on their way: half of the ring


@dataclass(frozen=True)
class Figures:
    """What was measured."""

    hours: float
    wall_s: float
    megabytes: float
    rss_mb: float  # of the child when a minute had been recorded
    growth_mb: float  # and the most it grew after that
    lost_frames: int
    gaps: int
    open_s: float
    open_cpu_s: float  # of it, what this process worked; the rest it waited for the disk or for others
    state: SoundState
    frames_short: int
    exact: bool


def record(place: Path, seconds: int) -> Figures:
    """Record so many seconds, stop, open, and compare what is kept with what was given."""
    card = Fed(place / "card", speed=1_000.0, block_frames=RATE_HZ // 10)
    card.allow(_AHEAD)
    fed.use(card)
    recording, rss, gaps = sounds.new_id(), [0.0, 0.0], [0]
    moved = threading.Event()

    def on_event(event: Event) -> None:
        gaps[0] += isinstance(event, Gap)
        if isinstance(event, Level):
            position = event.position_ms * RATE_HZ // 1000
            card.allow(min(seconds * RATE_HZ, position + _AHEAD))
        moved.set()

    recorder = Recorder(place / "audio", recording, KEY, on_event=on_event)
    begun = time.monotonic()
    with fed.feeding():
        recorder.start()
    child = psutil.Process(recorder.pid)
    while card.given < seconds * RATE_HZ and moved.wait(PATIENCE_S):
        moved.clear()
        now = child.memory_info().rss / 1e6
        if card.given < 60 * RATE_HZ or not rss[0]:
            rss[0] = now
        rss[1] = max(rss[1], now)
    sound = recorder.stop()
    wall_s = time.monotonic() - begun
    size = sum(path.stat().st_size for path in segment_files(place / "audio", recording).values())
    begun, worked = time.monotonic(), time.process_time()
    with SoundReader.open(place / "audio", recording, KEY) as reader:
        frames = reader.frames
        open_s, open_cpu_s = time.monotonic() - begun, time.process_time() - worked
        state = reader.state
        first = fed.place_of(reader.read(0, 1_000))  # what the microphone gave before the press is nobody's
        exact = _is_exact(reader, first)
    card.close()
    return Figures(
        hours=seconds / 3600,
        wall_s=wall_s,
        megabytes=size / 1e6,
        rss_mb=rss[0],
        growth_mb=rss[1] - rss[0],
        lost_frames=sound.lost_frames,
        gaps=gaps[0],
        open_s=open_s,
        open_cpu_s=open_cpu_s,
        state=state,
        frames_short=seconds * RATE_HZ - first - frames,
        exact=exact,
    )


def _is_exact(reader: SoundReader, first: int) -> bool:
    """Whether a hundred places all over are what the card gave there, from its frame `first` on."""
    whole = fed.table()
    for at in np.linspace(0, reader.frames - 1_000, 100, dtype=int):
        expected = np.take(whole, np.arange(first + at, first + at + 1_000), axis=0, mode="wrap")
        if not np.array_equal(reader.read(int(at), 1_000), expected):
            return False
    return first >= 0
