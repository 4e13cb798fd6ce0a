"""Simulated power cuts while a conversation is recorded, paused, marked and forgotten."""

from __future__ import annotations

import tempfile
from pathlib import Path

from tests.benchmarks.report import Report
from tests.capture_power import run_campaign


def measure(*, quick: bool = False, runs: int | None = None) -> Report:
    """10,000 disks as a cut could have left them, or `runs`: each must hold all sound and marks acknowledged."""
    report = Report("simulated power cuts while recording")
    with tempfile.TemporaryDirectory() as place:
        outcome = run_campaign(Path(place), runs or (600 if quick else 10_000), seed=2)
    report.note("disks", str(outcome.states))
    report.note("the sound on them", ", ".join(f"{count} {state}" for state, count in outcome.found.most_common()))
    report.at_most("acknowledged sound or marks lost, wrong sound, exceptions", len(outcome.faults), 0, digits=0)
    for fault in outcome.faults[:20]:
        report.note("fault", fault)
    return report
