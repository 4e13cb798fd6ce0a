"""The whole `transcribe` command against the slower of its two libraries run bare, in pairs within one run."""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import numpy as np
import psutil
import soundfile

from cubb_desktop.settings import resources_folder
from tests.benchmarks import bare
from tests.benchmarks.report import Report, spread

PASSPHRASE = "en lang adgangssaetning"
DEMO = resources_folder() / "demo"


@dataclass(frozen=True)
class Run:
    """One run of the product: wall seconds of the whole command and the peak memory of all its processes in MB."""

    seconds: float
    peak_mb: float


def sound_of(path: Path, minutes: float) -> Path:
    """Write the bundled conversation, repeated to `minutes`, as a 16 kHz WAV file."""
    samples, rate_hz = soundfile.read(DEMO / "conversation.flac", dtype="int16")
    wanted = int(minutes * 60 * rate_hz)
    soundfile.write(path, np.tile(samples, -(-wanted // len(samples)))[:wanted], rate_hz)
    return path


def library_with(folder: Path, sound: Path) -> str:
    """Make a library in `folder` that holds `sound`; return the recording's id."""
    from cubb_desktop.domain.consent import Purpose
    from cubb_desktop.services.consents import add_consent
    from cubb_desktop.services.recordings import import_file
    from cubb_desktop.services.workspace import create_workspace
    from cubb_desktop.vault import LEAST_COST

    workspace, _ = create_workspace(folder, PASSPHRASE, actor="bench", cost=LEAST_COST)
    with workspace:
        until = workspace.today() + timedelta(days=30)
        consent = add_consent(workspace, "B-1", [Purpose.OWN_LEARNING], until)
        return str(import_file(workspace, sound, consent.id).id)


def _family_memory(process: psutil.Process) -> float:
    """Proportional memory of `process` and its children in MB; shared pages are counted once, by their share."""
    total = 0.0
    for one in [process, *process.children(recursive=True)]:
        try:
            memory = one.memory_full_info()
        except psutil.Error:
            continue
        total += getattr(memory, "pss", memory.rss) / 2**20
    return total


def product(template: Path, recording: str, config: Path, *more: str) -> Run:
    """Run `transcribe` on a fresh copy of the library `template`, cold."""
    library = template.with_name(template.name + "-run")
    shutil.copytree(template, library)
    environment = {**os.environ, "CUBB_PASSPHRASE": PASSPHRASE, "CUBB_CONFIG_DIR": str(config)}
    command = [
        sys.executable,
        "-m",
        "cubb_desktop",
        "--library",
        str(library),
        "--json",
        "transcribe",
        recording,
        *more,
    ]
    started = time.monotonic()
    child = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    peak = [0.0]
    over = threading.Event()

    def watch() -> None:
        family = psutil.Process(child.pid)
        while not over.wait(0.5):
            try:
                peak[0] = max(peak[0], _family_memory(family))
            except psutil.NoSuchProcess:
                return

    watcher = threading.Thread(target=watch)
    watcher.start()
    out, err = child.communicate()
    seconds = time.monotonic() - started
    over.set()
    watcher.join()
    shutil.rmtree(library)
    if child.returncode != 0:
        raise RuntimeError(f"transcribe ended with {child.returncode}: {err[-500:]}")
    json.loads(out)
    return Run(seconds, peak[0])


def compare(report: Report, minutes: float, pairs: int, bar: float | None) -> None:
    """Add the ratios of `pairs` pairs on `minutes` of sound."""
    threads = max(1, (os.cpu_count() or 2) // 2)
    ratios, ours, hears, splits = [], [], [], []
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        sound = sound_of(folder / "sound.wav", minutes)
        recording = library_with(folder / "library", sound)
        for _ in range(pairs):
            hears.append(bare.run("whisper", DEMO / "whisper", sound, threads)["total_s"])
            splits.append(bare.run("pyannote", DEMO / "diariser", sound, threads, 2)["total_s"])
            ours.append(product(folder / "library", recording, folder / "config", "--speakers", "2").seconds)
            ratios.append(ours[-1] / max(hears[-1], splits[-1]))
    name = f"{minutes:g} min"
    report.note(
        f"{name}: bare faster-whisper / bare pyannote / transcribe, s", " / ".join(map(spread, (hears, splits, ours)))
    )
    if bar is None:
        report.note(f"{name}: ratio to the slower, {pairs} pair(s)", spread(ratios))
    else:
        report.at_most(f"{name}: ratio to the slower, median of {pairs} pairs", statistics.median(ratios), bar)


def measure(*, quick: bool = False) -> Report:
    """10 minutes in 5 pairs; 1 and 60 minutes for the table."""
    report = Report("transcribe against its bare libraries (tiny models, cold start)")
    if quick:
        compare(report, 1, 1, None)
        return report
    compare(report, 1, 3, None)
    compare(report, 10, 5, 1.25)
    compare(report, 60, 1, None)
    return report
