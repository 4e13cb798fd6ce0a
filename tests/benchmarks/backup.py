"""The restore drill over many random libraries, and how fast a backup is made and comes back."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from cubb_desktop.services.backup import backup_library
from cubb_desktop.services.restore import restore_library
from tests import builders
from tests.audio import sounds
from tests.benchmarks.report import Report
from tests.campaigns_backup import drill


def measure(*, quick: bool = False, runs: int = 1_000) -> Report:
    """1,000 drills (or `runs`); every library must come back the same to the last bit."""
    report = Report("backup and restore")
    drills = 10 if quick else runs
    faults = []
    for seed in range(drills):
        with tempfile.TemporaryDirectory() as place:
            faults += [f"{seed}: {problem}" for problem in drill(Path(place), 10_000 + seed)]
    report.note("restore drills", str(drills))
    report.at_most("libraries that came back otherwise", len(faults), 0, digits=0)
    for fault in faults[:20]:
        report.note("fault", fault)
    _time_it(report, minutes=2 if quick else 20)
    return report


def _time_it(report: Report, minutes: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        with builders.new_workspace(place / "library") as ws:
            for number in range(3):
                made = builders.stored_recording(ws.library)
                ws.keys.put(made.id, sounds.KEY)
                sounds.store(ws.audio_folder, sounds.noise(minutes * 60, seed=number), recording=made.id)
                with ws.library.change(ws.actor, "transcript.made", made.id) as change:
                    builders.store_transcript(change, builders.long_transcript(made.id, words=150 * minutes))
            started = time.monotonic()
            made_first = backup_library(ws, place / "backup")
            first_s = time.monotonic() - started
            started = time.monotonic()
            made_again = backup_library(ws, place / "backup")
            again_s = time.monotonic() - started
        started = time.monotonic()
        restore_library(place / "backup", place / "again", passphrase=builders.PASSPHRASE, actor="x")
        report.note("three conversations, minutes each", str(minutes))
        report.note("first backup, verified", f"{first_s:.2f} s, {made_first.written_bytes / 1e6:.1f} MB")
        report.note("next backup, nothing new", f"{again_s:.2f} s, {made_again.written_objects} object(s)")
        report.note("restore, verified", f"{time.monotonic() - started:.2f} s")
