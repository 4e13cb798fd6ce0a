"""Damage to a container of sound: wrong bits, missing ends, mutations."""

from __future__ import annotations

import tempfile
from pathlib import Path

from tests.benchmarks.report import Report
from tests.capture_damage import Outcome, flip_bits, mutate, truncate_everywhere


def measure(*, quick: bool = False, runs: int | None = None) -> Report:
    """20,000 wrong bits, or `runs`, as many mutations, and truncation at every offset of a container of 10 KB."""
    report = Report("damaged containers")
    count = runs or (1_000 if quick else 20_000)
    with tempfile.TemporaryDirectory() as place:
        _tell(report, "wrong bits", flip_bits(Path(place) / "bits", count))
        _tell(report, "truncations, one at every offset", truncate_everywhere(Path(place) / "ends", 1.05, 8_000))
        _tell(report, "mutations", mutate(Path(place) / "mutations", count))
    return report


def _tell(report: Report, kind: str, outcome: Outcome) -> None:
    report.note(f"{kind}: tried", str(outcome.tried))
    report.at_most(
        f"{kind}: told as complete, wrong sound, or an intact chunk missing", len(outcome.faults), 0, digits=0
    )
    for fault in outcome.faults[:20]:
        report.note("fault", fault)
