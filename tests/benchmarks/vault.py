"""The ways into a library: how long unlocking takes, ten thousand wrong keys, and a key file damaged at every byte."""

from __future__ import annotations

import statistics
import tempfile
import time
from pathlib import Path

from cubb_desktop import vault
from cubb_desktop.domain.errors import WrongPassphrase
from tests.benchmarks.report import Report
from tests.vault import campaigns

PASSPHRASE = "fire tilfældige ord her"


def measure(*, quick: bool = False) -> Report:
    """Unlocking 0.8 to 1.5 s at the cost that is chosen here; nothing opened or written by what is wrong."""
    report = Report("The vault")
    with tempfile.TemporaryDirectory() as place:
        _unlocking(report, Path(place) / "timed", 3 if quick else 9)
        guessed = campaigns.guess(campaigns.make(Path(place) / "guessed"), 1_000 if quick else 10_000)
        report.note("wrong keys and slips tried", str(guessed.tries))
        report.at_most("wrong keys that opened", len(guessed.opened), 0, digits=0)
        report.at_most("wrong keys not refused with a sentence", guessed.tries - guessed.told, 0, digits=0)
        report.at_most("files written by wrong keys", len(guessed.written), 0, digits=0)
        damaged = campaigns.damage(campaigns.make(Path(place) / "damaged"), 23 if quick else 1)
        report.note("damaged key files tried", str(damaged.tries))
        report.note("of them mended from the twin", str(damaged.healed))
        report.note("of them told of (both twins damaged)", str(damaged.told))
        report.at_most("damaged key files that opened to another key", len(damaged.opened), 0, digits=0)
        report.at_most("neither mended nor told of", len(damaged.odd) + len(damaged.written), 0, digits=0)
    return report


def _unlocking(report: Report, folder: Path, runs: int) -> None:
    folder.mkdir()
    cost = vault.cost_here()
    report.note("cost chosen here", f"{cost.memory_kib // 1024} MiB, {cost.passes} passes, {cost.lanes} lanes")
    vault.create_vault(folder, PASSPHRASE)
    right, wrong = [], []
    for _run in range(runs):
        started = time.perf_counter()
        vault.unlock(folder, PASSPHRASE)
        right.append(time.perf_counter() - started)
        started = time.perf_counter()
        try:
            vault.unlock(folder, PASSPHRASE + "x")
        except WrongPassphrase:
            wrong.append(time.perf_counter() - started)
    report.at_most("unlocking, median seconds", statistics.median(right), 1.5, digits=2)
    report.at_least("unlocking, median seconds", statistics.median(right), 0.8, digits=2)
    report.note("wrong passphrase, median of right", f"{statistics.median(wrong) / statistics.median(right):.3f}")
