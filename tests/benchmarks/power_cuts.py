"""Simulated power cuts in work on the library, its key store, its key files and its migration."""

from __future__ import annotations

import tempfile
from pathlib import Path

from tests.benchmarks.report import Report
from tests.campaigns_power import SHARES, run_campaign


def measure(*, quick: bool = False, runs: int = 10_000) -> Report:
    """10,000 disks (or `runs`) as a cut could have left them; each must open with all that was acknowledged."""
    report = Report(f"simulated power cuts ({', '.join(SHARES)})")
    with tempfile.TemporaryDirectory() as place:
        outcome = run_campaign(Path(place), 200 if quick else runs, seed=2)
    report.note("disks", str(outcome.states))
    report.note("recorded steps", str(outcome.steps))
    report.note("acknowledgements looked for", str(outcome.acknowledged))
    report.at_most("lost, come back or unreadable", len(outcome.faults), 0, digits=0)
    for fault in outcome.faults[:20]:
        report.note("fault", fault)
    return report
