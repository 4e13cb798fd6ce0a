"""kill -9 of the capture child at random moments of a recording, forgetting and marking included."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import numpy as np

from tests.benchmarks.report import Report
from tests.capture_kills import LARGEST_LOSS_MS, Outcome, run_campaign, run_on_null_sink
from tests.sound_server import SoundServer, missing_parts


def measure(*, quick: bool = False, runs: int | None = None) -> Report:
    """2,000 kills on a fed sound card, or `runs`; a tenth of that on PulseAudio's null sink."""
    report = Report("kill -9 of the capture child")
    kills = runs or (200 if quick else 2_000)
    with tempfile.TemporaryDirectory() as place:
        _tell(report, "fed sound card", run_campaign(Path(place), kills))
        if not missing_parts():
            (Path(place) / "sound").mkdir()
            server = SoundServer(Path(place) / "sound")
            server.start()
            os.environ.update(server.environment)
            try:
                _tell(report, "PulseAudio null sink", run_on_null_sink(Path(place), server, kills // 10))
            finally:
                server.stop()
    return report


def _tell(report: Report, card: str, outcome: Outcome) -> None:
    report.note(f"{card}: kills", str(outcome.runs))
    if outcome.in_cuts:
        report.note(f"{card}: of these while something was being forgotten", str(outcome.in_cuts))
        report.note(f"{card}: marks acknowledged", str(outcome.marks))
    p50, p99 = np.percentile(outcome.losses_ms, [50, 99])
    report.note(f"{card}: loss, p50 and p99", f"{p50:.0f} ms, {p99:.0f} ms")
    report.at_most(f"{card}: largest loss", outcome.worst_ms, LARGEST_LOSS_MS, " ms", digits=0)
    report.at_most(f"{card}: acknowledged chunks or marks lost, or wrong sound", len(outcome.faults), 0, digits=0)
    for fault in outcome.faults:
        report.note("fault", fault)
