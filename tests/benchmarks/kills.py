"""kill -9 of child, worker and window at random moments of a transcription."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import get_args

from tests.benchmarks.report import Report
from tests.campaigns import Victim, make_template, run_campaign


def measure(*, quick: bool = False) -> Report:
    """30 kills each; every run must end with the same one transcript in a library that opens."""
    report = Report("kill -9 campaigns during a transcription")
    runs = 2 if quick else 30
    with tempfile.TemporaryDirectory() as place:
        template = make_template(Path(place))
        for victim in get_args(Victim):
            outcome = run_campaign(template, victim, runs)
            report.note(f"{victim}: kills", str(outcome.runs))
            report.at_most(f"{victim}: results lost", len(outcome.lost), 0, digits=0)
            report.at_most(f"{victim}: results doubled", len(outcome.doubled), 0, digits=0)
            report.at_most(f"{victim}: libraries that did not open or verify", len(outcome.unopened), 0, digits=0)
            for fault in [*outcome.lost, *outcome.doubled, *outcome.unopened]:
                report.note("fault", fault)
    return report
