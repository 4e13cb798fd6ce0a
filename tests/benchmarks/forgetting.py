"""How long a withdrawal takes, and kill -9 in the middle of it."""

from __future__ import annotations

import statistics
import tempfile
from pathlib import Path

from tests.benchmarks.report import Report
from tests.campaigns_forgetting import LONG_HOURS, forget_long_ones, run_campaign


def measure(*, quick: bool = False, runs: int = 100) -> Report:
    """Forget a three-hour conversation 20 times; kill `runs` withdrawals and look at every page afterwards."""
    report = Report(f"Forgetting: a conversation of {LONG_HOURS} hours, and kill -9 on the way")
    with tempfile.TemporaryDirectory() as place:
        seconds = forget_long_ones(Path(place), 2 if quick else 20)
        report.note("withdrawal, median", f"{statistics.median(seconds):.2f} s")
        report.at_most("withdrawal, slowest", max(seconds), 5, " s")
    with tempfile.TemporaryDirectory() as place:
        outcome = run_campaign(Path(place), 5 if quick else runs)
        report.note("kills during a withdrawal", str(outcome.kills))
        report.note("of them with something left to finish", str(outcome.midway))
        report.at_most("withdrawals not complete after the next opening", len(outcome.faults), 0, digits=0)
        for fault in outcome.faults:
            report.note("fault", fault)
    return report
