"""kill -9 of the window while it records: what was said is sealed and offered; and how soon a press is a recording.

Everything is real: window (off screen), capture child, PulseAudio's null sink, SQLCipher, SIGKILL. Small in the tests,
large by `bench recording_window`.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import psutil

from cubb_desktop.audio.chunks import SoundState
from cubb_desktop.domain.consent import Purpose
from cubb_desktop.domain.recording import RecordingState
from cubb_desktop.services import noticed, recovery
from cubb_desktop.services.consents import add_consent
from cubb_desktop.services.recordings import open_sound
from cubb_desktop.services.workspace import create_workspace, open_workspace
from cubb_desktop.vault import LEAST_COST
from tests.recording_window import PASSPHRASE

PATIENCE_S = 90
LARGEST_LOSS_MS = 1_000
CHUNK_MS = 250


@dataclass
class Killed:
    """What a campaign found; empty lists are the bar."""

    losses_ms: list[int] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    @property
    def worst_ms(self) -> int:
        return max(self.losses_ms, default=0)


def make_library(folder: Path) -> None:
    """Make a library with one agreement."""
    workspace, _ = create_workspace(folder, PASSPHRASE, actor="test", cost=LEAST_COST)
    workspace.vault.confirm_recovery_key()
    with workspace:
        add_consent(workspace, "B-1", [Purpose.OWN_LEARNING], workspace.today() + timedelta(days=30))


@contextmanager
def window(library: Path, *words: str) -> Iterator[subprocess.Popen[bytes]]:
    """Start the window; it is gone, with all that it started, when this ends."""
    environment = {**os.environ, "CUBB_CONFIG_DIR": str(library.with_name("config"))}
    command = [sys.executable, "-m", "tests.recording_window", str(library), *words]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.kill()
        process.wait(PATIENCE_S)
        if process.stdout is not None:
            process.stdout.close()


def _said(process: subprocess.Popen[bytes]) -> dict[str, Any]:
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line:
        raise RuntimeError(f"the window ended with {process.wait(PATIENCE_S)}")
    found: dict[str, Any] = json.loads(line)
    return found


def measure_presses(library: Path, times: int) -> list[int]:
    """Return the milliseconds from each press to the red dot, that is, to the first chunk on disk."""
    with window(library, "press", str(times)) as process:
        waits = [_said(process)["waited_ms"] for _time in range(times)]
        process.wait(PATIENCE_S)
        return waits


def kill_windows(library: Path, runs: int, seed: int = 1) -> Killed:
    """Kill the window `runs` times at random moments of a recording, and look at what the next start finds."""
    rng = random.Random(seed)
    found = Killed()
    for run in range(runs):
        _kill_once(library, rng.uniform(0.3, 4.0), f"run {run + 1}", found)
    return found


def _kill_once(library: Path, after_s: float, name: str, found: Killed) -> None:
    with window(library, "record") as process:
        started = on_disk_ms = 0.0
        marked = False
        while not started or not marked or time.monotonic() < started + after_s:
            words = _said(process)
            started = words.get("started", started)
            on_disk_ms = words.get("on_disk_ms", on_disk_ms)
            marked = marked or "marked" in words
        family = psutil.Process(process.pid).children(recursive=True)
        process.kill()
        heard_ms = CHUNK_MS + (time.monotonic() - started) * 1000
    _, alive = psutil.wait_procs(family, timeout=PATIENCE_S)
    if alive:
        found.faults.append(f"{name}: a child outlived the window")
        for child in alive:
            child.kill()
    _judge(library, name, heard_ms, on_disk_ms, found)


def _judge(library: Path, name: str, heard_ms: float, on_disk_ms: float, found: Killed) -> None:
    with open_workspace(library, PASSPHRASE, actor="test") as workspace:
        before = _files(workspace.audio_folder)
        reconciled = recovery.reconcile(workspace)
        offered = recovery.list_unfinished(workspace)
        if [recording.id for recording in offered] != list(reconciled.interrupted) or len(offered) != 1:
            found.faults.append(f"{name}: offered {len(offered)}, found {reconciled}")
            return
        (recording,) = offered
        if _files(workspace.audio_folder) != before:
            found.faults.append(f"{name}: a file was touched before anybody chose")
        with open_sound(workspace, recording.id) as sound:
            state = sound.state
        if state is not SoundState.COMPLETE:
            found.faults.append(f"{name}: not sealed but {state}")
        if recording.duration_ms < on_disk_ms:
            found.faults.append(f"{name}: {on_disk_ms - recording.duration_ms} ms that were told of are gone")
        if len(noticed.marks_of(workspace, recording.id)) != 1:
            found.faults.append(f"{name}: the mark is gone")
        found.losses_ms.append(max(0, round(heard_ms - recording.duration_ms)))
        if recovery.keep_recording(workspace, recording.id).state is not RecordingState.STORED:
            found.faults.append(f"{name}: could not be kept")


def _files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file() and path.name != "owner.lock"}
