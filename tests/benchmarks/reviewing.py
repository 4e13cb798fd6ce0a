"""How the review page moves in a conversation of 3 hours, and that what one types does not wait for its length."""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
from typing import Any

from tests.benchmarks.report import Report

FRAME_MS = 16.0
SIZES = (("1 hour", 10_000), ("2 hours", 20_000), ("3 hours", 30_000))
MOVES = {
    "scroll_lines": "scrolling by lines",
    "scroll_far": "scrolling far",
    "wave_pan": "moving the waveform",
    "wave_zoom": "zooming the waveform",
}


def measure(*, quick: bool = False) -> Report:
    """Run the page on a display of its own (Xvfb where there is one, else offscreen), in a fresh process per size."""
    report = Report("Review a conversation of 3 hours (30,000 words, 6,000 silences, 500 marks)")
    sizes = SIZES[-1:] if quick else SIZES
    found = {name: _measured(words, words // 60) for name, words in sizes}
    whole = found[sizes[-1][0]]
    for key, what in MOVES.items():
        share = 100 * sum(frame <= FRAME_MS for frame in whole[key]) / len(whole[key])
        report.note(f"{what}: median, 95 % within", f"{statistics.median(whole[key]):.1f}, {_p95(whole[key]):.1f} ms")
        report.at_least(f"{what}: frames within 16 ms", share, 95, " %", 1)
    report.at_most("the waveform's peaks", whole["peaks_mb"], 20, " MB", 1)
    for name, frames in found.items():
        report.at_most(f"a letter typed, to paint, {name}", statistics.median(frames["typing_ms"]), FRAME_MS, " ms", 1)
    for name, frames in found.items():
        report.at_most(f"a line stored, to paint, {name}", statistics.median(frames["storing_ms"]), FRAME_MS, " ms", 1)
    return report


def _p95(values: list[float]) -> float:
    return statistics.quantiles(values, n=20)[-1]


def _measured(words: int, marks: int) -> dict[str, Any]:
    command = [sys.executable, "-m", "tests.gui.frame_times", str(words), str(marks)]
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
    server = shutil.which("xvfb-run")
    if server is not None:
        command = [server, "-a", "-s", "-screen 0 1366x768x24", *command]
        environment["QT_QPA_PLATFORM"] = "xcb"
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=True, timeout=600)
    return dict(json.loads(done.stdout.splitlines()[-1]))
