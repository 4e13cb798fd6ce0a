"""How soon the transcript of a 60-minute conversation (9,000 words) is on the screen."""

from __future__ import annotations

import json
import os
import subprocess
import sys

from tests.benchmarks.report import Report, spread


def measure(*, quick: bool = False) -> Report:
    """Open the page in fresh offscreen windows; first paint is counted from the click to the painted lines."""
    report = Report("Open the transcript of 60 minutes (9,000 words)")
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
    paints: list[float] = []
    for _ in range(2 if quick else 5):
        command = [sys.executable, "-m", "tests.gui.first_paint"]
        done = subprocess.run(command, capture_output=True, text=True, env=environment, check=True, timeout=180)
        paints.append(json.loads(done.stdout.splitlines()[-1])["first_paint_ms"])
    report.note("first paint, ms", spread(paints, 0))
    report.at_most("first paint, worst", max(paints), 300, " ms", 0)
    return report
