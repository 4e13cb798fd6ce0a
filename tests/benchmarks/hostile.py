"""Broken sound files into `import`: 10,000 of them in a few processes, each with a library of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.benchmarks.report import Report
from tests.campaigns_hostile import Outcome

RUNS = 10_000


def measure(*, quick: bool = False, runs: int | None = None) -> Report:
    """Every file must end in sound or in a sentence, go forward all the time, and leave nothing behind."""
    runs = runs or (200 if quick else RUNS)
    processes = min(os.cpu_count() or 1, 8)
    shares = [runs // processes + (number < runs % processes) for number in range(processes)]
    outcome = Outcome()
    with tempfile.TemporaryDirectory() as folder:
        started = [_start(Path(folder) / str(number), f"s{number}", share) for number, share in enumerate(shares)]
        for process in started:
            answer, _ = process.communicate()
            if process.returncode != 0:
                raise RuntimeError("a campaign ended before its time")
            outcome.add(Outcome(**json.loads(answer.splitlines()[-1])))
    return _report(outcome)


def _start(folder: Path, seed: str, runs: int) -> subprocess.Popen[str]:
    folder.mkdir()
    command = [sys.executable, "-m", "tests.campaigns_hostile", str(folder), seed, str(runs)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def _report(outcome: Outcome) -> Report:
    report = Report("Broken sound files into import")
    report.note("files", str(outcome.runs))
    report.note("brought in, then deleted again", str(outcome.stored))
    report.note("refused", ", ".join(f"{code} {count}" for code, count in sorted(outcome.refused.items())))
    report.at_most("crashes", len(outcome.crashes), 0, digits=0)
    report.at_most("twice longer than 5 s without a step forward", len(outcome.hangs), 0, digits=0)
    report.at_most("left something behind", len(outcome.left_behind), 0, digits=0)
    report.note("longest without a step forward", f"{outcome.longest_still_s:.1f} s")
    report.note("the slowest (what unfolds to an hour takes its time)", f"{outcome.slowest_s:.1f} s")
    for fault in [*outcome.crashes, *outcome.hangs, *outcome.left_behind]:
        report.note("fault", fault)
    return report
