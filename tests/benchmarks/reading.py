"""How soon a transcript is on the screen: 60 minutes (9,000 words), and 3 hours with 6,000 silences and 500 marks."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys

from tests.benchmarks.report import Report, spread


def measure(*, quick: bool = False) -> Report:
    """Open the page in fresh offscreen windows; first paint is counted from the click to the painted lines."""
    report = Report("Open a transcript")
    for what, size in (("60 minutes", ("9000", "0")), ("3 hours, 500 marks", ("30000", "500"))):
        paints = [_first_paint_ms(size) for _ in range(2 if quick else 7)]
        report.note(f"{what}: first paint, ms", spread(paints, 0))
        report.at_most(f"{what}: median", statistics.median(paints), 300, " ms", 0)
    return report


def _first_paint_ms(size: tuple[str, str]) -> float:
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
    command = [sys.executable, "-m", "tests.gui.first_paint", *size]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=True, timeout=180)
    return float(json.loads(done.stdout.splitlines()[-1])["first_paint_ms"])
