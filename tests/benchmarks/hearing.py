"""How soon a key is heard on the review page, and whether the word that is marked is the word that sounds."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys

from tests.benchmarks.report import Report, spread


def measure(*, quick: bool = False) -> Report:
    """Play 10 minutes (quick: half of one) through PortAudio into a null sink and listen to it."""
    report = Report("Hear what is pressed and what is marked")
    seconds = 30 if quick else 600
    command = [sys.executable, "-m", "tests.gui.heard", str(seconds)]
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=True, timeout=seconds + 300)
    found = json.loads(done.stdout.splitlines()[-1])
    for key, what in (("play", "Esc to sound, from silence"), ("jump", "F2 to the sound 2 s on, while it plays")):
        report.note(f"{what}, ms", spread(found[key], 0))
        report.at_most(f"{what}: median", statistics.median(found[key]), 80, " ms", 0)
    apart = [abs(value) for value in found["mark"]]
    report.note("looked at, moments", str(len(apart)))
    report.note("the mark before (-) or after the sound, ms", spread(found["mark"], 0))
    report.at_most("the mark from the sound, at most", max(apart), 50, " ms", 0)
    return report
