"""kill -9 of a process that commits to the library."""

from __future__ import annotations

import tempfile
from pathlib import Path

from tests.benchmarks.report import Report
from tests.campaigns_library import run_campaign


def measure(*, quick: bool = False, runs: int = 300) -> Report:
    """300 kills (or `runs`); after each, everything acknowledged must be there in a library that is whole."""
    report = Report("kill -9 of a process that commits to the library")
    with tempfile.TemporaryDirectory() as place:
        outcome = run_campaign(Path(place), 20 if quick else runs, seed=2)
    report.note("kills", str(outcome.kills))
    report.note("acknowledged commits", str(outcome.acknowledged))
    report.at_most("lost commits, broken checks, unreadable libraries", len(outcome.faults), 0, digits=0)
    for fault in outcome.faults:
        report.note("fault", fault)
    return report
