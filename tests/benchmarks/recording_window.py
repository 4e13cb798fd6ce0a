"""The window that records: how soon a press is a recording, and what is left when it is killed."""

from __future__ import annotations

import os
import statistics
import tempfile
from pathlib import Path

from tests.benchmarks.report import Report
from tests.campaigns_recording import LARGEST_LOSS_MS, kill_windows, make_library, measure_presses
from tests.sound_server import SoundServer

PRESSES = KILLS = 20
LONGEST_PRESS_MS = 300


def measure(*, quick: bool = False, runs: int | None = None) -> Report:
    """Twenty presses and twenty kills on a null sink, or `runs` of each."""
    runs = runs or (3 if quick else None)
    report = Report("The window records on a null sink")
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        (folder / "sound").mkdir()
        server = SoundServer(folder / "sound")
        server.start()
        os.environ.update(server.environment)
        try:
            make_library(folder / "library")
            waits = measure_presses(folder / "library", runs or PRESSES)
            found = kill_windows(folder / "library", runs or KILLS)
        finally:
            server.stop()
    report.note("presses", str(len(waits)))
    report.note("press to red dot (first chunk on disk), longest", f"{max(waits)} ms")
    report.at_most("press to red dot, median", statistics.median(waits), LONGEST_PRESS_MS, " ms", digits=0)
    report.note("kill -9 of the window", str(len(found.losses_ms)))
    report.at_most("sound lost, worst", found.worst_ms, LARGEST_LOSS_MS, " ms", digits=0)
    report.at_most("faults (not sealed, not offered, touched, mark gone)", len(found.faults), 0, digits=0)
    for fault in found.faults:
        report.note("fault", fault)
    return report
