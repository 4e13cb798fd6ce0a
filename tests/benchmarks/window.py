"""How long the window takes to be ready, against a bare PySide6 window started in the same run."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import timedelta
from pathlib import Path

from tests.benchmarks.report import Report, spread

_BARE = """
import sys
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QMainWindow, QLabel
application = QApplication(sys.argv)
window = QMainWindow()
window.setCentralWidget(QLabel("Samtaler"))
window.show()


def ready():
    print("ready", flush=True)
    application.quit()


QTimer.singleShot(0, ready)
sys.exit(application.exec())
"""


def _library_of_500(folder: Path) -> None:
    from cubb_desktop.domain.consent import Purpose
    from cubb_desktop.library import recordings
    from cubb_desktop.services.consents import add_consent
    from cubb_desktop.services.workspace import create_workspace
    from cubb_desktop.vault import LEAST_COST
    from tests import builders

    workspace, _ = create_workspace(folder, "en lang adgangssaetning", actor="bench", cost=LEAST_COST)
    with workspace:
        workspace.vault.confirm_recovery_key()
        until = workspace.today() + timedelta(days=90)
        consent = add_consent(workspace, "B-1", [Purpose.OWN_LEARNING], until)
        with workspace.library.change("bench", "recording.added") as change:
            for number in range(500):
                recordings.add(change, builders.recording(consent_id=consent.id, title=f"Samtale {number + 1}"))


def _seconds(command: list[str], environment: dict[str, str]) -> float:
    """Seconds from the start of the process until it says that its window is shown."""
    started = time.monotonic()
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as child:
        assert child.stdout is not None
        line = child.stdout.readline()
        seconds = time.monotonic() - started
    if line.strip() != b"ready" or child.returncode != 0:
        raise RuntimeError(f"the window ended with {child.returncode}")
    return seconds


def measure(*, quick: bool = False) -> Report:
    """Pairs of cold processes: the bare window, then ours with 500 recordings, until the list is shown."""
    report = Report("Window ready, 500 recordings in the library")
    with tempfile.TemporaryDirectory() as folder:
        library = Path(folder) / "library"
        _library_of_500(library)
        environment = {
            **os.environ,
            "QT_QPA_PLATFORM": "offscreen",
            "CUBB_CONFIG_DIR": str(Path(folder) / "config"),
            "CUBB_PASSPHRASE": "en lang adgangssaetning",
        }
        bare, ours = [], []
        for _ in range(2 if quick else 7):
            bare.append(_seconds([sys.executable, "-c", _BARE], environment))
            command = [sys.executable, "-m", "cubb_desktop", "--library", str(library), "window", "--until-ready"]
            ours.append(_seconds(command, environment))
    ratios = [our / one for our, one in zip(ours, bare, strict=True)]
    report.note("bare PySide6 window, s", spread(bare))
    report.note("CUBB Desktop, unlocking included (Argon2id at its floor), s", spread(ours))
    report.at_most("ratio, median", statistics.median(ratios), 6.0, "x")
    return report
