"""Full disks at many sizes while it is recorded."""

from __future__ import annotations

import tempfile
from pathlib import Path

from tests.benchmarks.report import Report
from tests.capture_disks import STOP_WITHIN_S, Outcome, can_mount, run_on_small_disks, run_with_limits


def measure(*, quick: bool = False, runs: int | None = None) -> Report:
    """100 sizes, or `runs`: half of them limits of a file's size, half small file systems where they may be mounted."""
    report = Report("full disks while recording")
    count = runs or (10 if quick else 100)
    with tempfile.TemporaryDirectory() as place:
        small = count // 2 if can_mount(Path(place) / "try") else 0
        _tell(report, "limits of a file's size", run_with_limits(Path(place), count - small))
        if small:
            _tell(report, "small file systems", run_on_small_disks(Path(place), small))
    return report


def _tell(report: Report, kind: str, outcome: Outcome) -> None:
    report.note(f"{kind}: sizes", str(len(outcome.runs)))
    report.note(f"{kind}: whose last segment could still be closed", str(len(outcome.closed)))
    slowest = max(outcome.stops_s, default=0.0)
    report.at_most(f"{kind}: longest time from the last chunk to the sentence", slowest, STOP_WITHIN_S, " s")
    report.at_most(f"{kind}: acknowledged lost, wrong, or not usable afterwards", len(outcome.faults), 0, digits=0)
    for fault in outcome.faults:
        report.note("fault", fault)
