"""From the press to the first chunk on disk, with the microphone already open for its level, on a real sound system."""

from __future__ import annotations

import os
import tempfile
import threading
import time
from pathlib import Path

import numpy as np

from cubb_desktop.audio.recorder import LevelMeter, Recorder
from tests.audio import sounds
from tests.audio.sounds import KEY
from tests.benchmarks.report import Report
from tests.sound_server import SoundServer


def measure(*, quick: bool = False, runs: int | None = None) -> Report:
    """50 starts, or `runs`, that take over a listening meter; and a few without one."""
    report = Report("press to first chunk on disk")
    with tempfile.TemporaryDirectory() as place:
        (Path(place) / "sound").mkdir()
        server = SoundServer(Path(place) / "sound")
        server.start()
        os.environ.update(server.environment)
        try:
            taken = [_start(Path(place), metered=True) for _ in range(runs or (10 if quick else 50))]
            cold = [_start(Path(place), metered=False) for _ in range(3)]
        finally:
            server.stop()
    report.note("starts that take over a meter", str(len(taken)))
    report.note("p50 and p95", "{:.0f} ms, {:.0f} ms".format(*np.percentile(taken, [50, 95])))
    report.at_most("longest", max(taken), 300, " ms", digits=0)
    report.note("without a meter (the sound system's own opening included)", f"{np.median(cold):.0f} ms")
    return report


def _start(place: Path, *, metered: bool) -> float:
    """Return the milliseconds that a start took; there are 250 of sound in the first chunk."""
    heard = threading.Event()
    meter = LevelMeter("pulse", lambda _: heard.set()) if metered else None
    if meter is not None:
        meter.start()
        heard.wait(20)
    recorder = Recorder(place / "audio", sounds.new_id(), KEY, device="pulse")
    begun = time.monotonic()
    recorder.start(meter)
    took_ms = (time.monotonic() - begun) * 1000
    recorder.stop()
    return took_ms
