"""Import of an hour of sound: how many times faster than real time, and how much memory it takes."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import av
import numpy as np

from tests.benchmarks.report import Report

RATE_HZ = 48_000


def _write_sound(path: Path, minutes: int) -> None:
    """A speech-like signal (noise that swells and fades like syllables), written minute by minute."""
    rng = np.random.default_rng(7)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libmp3lame" if path.suffix == ".mp3" else "pcm_s16le", rate=RATE_HZ)
        stream.layout = "mono"
        time = np.arange(RATE_HZ * 60) / RATE_HZ
        envelope = np.clip(np.sin(2 * np.pi * 3.1 * time) * np.sin(2 * np.pi * 0.17 * time), 0, 1)
        for _ in range(minutes):
            samples = (rng.normal(0, 3000, len(time)) * envelope).astype(np.int16)
            for part in np.array_split(samples, 60):
                frame = av.AudioFrame.from_ndarray(part[None], format="s16", layout="mono")
                frame.rate = RATE_HZ
                container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


_CHILD = """
import json, psutil, sys, threading, time
from datetime import timedelta
from pathlib import Path
from cubb_desktop.domain.consent import Purpose
from cubb_desktop.services import recordings
from cubb_desktop.services.consents import add_consent
from cubb_desktop.services.workspace import create_workspace
from cubb_desktop.vault import LEAST_COST
workspace, _ = create_workspace(Path(sys.argv[1]), "en lang adgangssaetning", actor="bench", cost=LEAST_COST)
consent = add_consent(workspace, "B-1", [Purpose.OWN_LEARNING], workspace.today() + timedelta(days=30))
import cubb_desktop.audio.files, numpy, soxr, soundfile  # loaded once, however long the sound is
process, over, seen, decoding = psutil.Process(), threading.Event(), [], []
def watch():  # the peak of the whole process would be the one of Argon2id
    while not over.wait(0.05):
        children = [child.memory_info().rss for child in process.children()]
        decoding.extend(children)
        seen.append(process.memory_info().rss + sum(children))
before = process.memory_info().rss
watcher = threading.Thread(target=watch)
watcher.start()
started = time.monotonic()
recording = recordings.import_file(workspace, Path(sys.argv[2]), consent.id)
seconds = time.monotonic() - started
over.set()
watcher.join()
workspace.close()
growth_mb, decoding_mb = (max(seen) - before) / 2**20, max(decoding) / 2**20
found = {"seconds": seconds, "growth_mb": growth_mb, "decoding_mb": decoding_mb, "duration_ms": recording.duration_ms}
print(json.dumps(found))
"""


def measure(*, quick: bool = False) -> Report:
    """Import WAV and MP3 in a fresh process each; memory of it and its child is counted from before the import."""
    report = Report("Import of 60 minutes" if not quick else "Import of 3 minutes")
    minutes = 3 if quick else 60
    with tempfile.TemporaryDirectory() as folder:
        for suffix, bar in ((".wav", 100.0), (".mp3", 50.0)):
            sound = Path(folder) / f"long{suffix}"
            _write_sound(sound, minutes)
            library = Path(folder) / f"library{suffix[1:]}"
            command = [sys.executable, "-c", _CHILD, str(library), str(sound)]
            done = subprocess.run(command, capture_output=True, text=True, check=True)
            figures = json.loads(done.stdout.splitlines()[-1])
            speed = figures["duration_ms"] / 1000 / figures["seconds"]
            report.at_least(f"{suffix[1:].upper()}, 48 kHz mono: times real time", speed, bar, "x", 0)
            growth = f"{suffix[1:].upper()}: growth of peak memory, the decode child included"
            report.at_most(growth, figures["growth_mb"], 60, " MB", 1)
            report.note(f"{suffix[1:].upper()}: of which the decode child", f"{figures['decoding_mb']:.1f} MB")
            sound.unlink()
    return report
