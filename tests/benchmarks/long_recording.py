"""Eight hours of sound through the real capture child, as fast as it can write."""

from __future__ import annotations

import tempfile
from pathlib import Path

from tests.benchmarks.report import Report
from tests.long_recording import record


def measure(*, quick: bool = False, runs: int | None = None) -> Report:
    """Eight hours, or `runs` of them."""
    hours = runs or 8
    with tempfile.TemporaryDirectory() as place:
        found = record(Path(place), 360 if quick else hours * 3600)
    report = Report(f"{found.hours:.1f} hours of recording at high speed")
    report.note("speed", f"{found.hours * 3600 / found.wall_s:.0f} x real time")
    report.note("on disk", f"{found.megabytes:.0f} MB")
    report.note("memory of the child after a minute", f"{found.rss_mb:.1f} MB")
    report.at_most("growth of it after that", found.growth_mb, 20, " MB")
    report.at_most("open with index", found.open_s, 2, " s")
    report.note("of it worked by this process itself", f"{found.open_cpu_s:.2f} s")
    report.at_most(
        "frames lost, gaps, frames short", found.lost_frames + found.gaps + abs(found.frames_short), 0, digits=0
    )
    report.at_least(
        "complete and exact at a hundred places", float(found.exact and found.state == "complete"), 1, digits=0
    )
    return report
