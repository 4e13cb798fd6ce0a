"""Kill campaigns: a transcription whose child, worker or window is killed must end as if nothing had happened.

Run small by the tests and large by `bench kills`. Everything is real: processes, models, SQLCipher, SIGKILL.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal

import psutil
import soundfile

from cubb_desktop.domain.consent import Purpose
from cubb_desktop.domain.ids import RecordingId
from cubb_desktop.domain.job import JobState, TranscribeOptions
from cubb_desktop.library import transcripts as stored
from cubb_desktop.services import transcripts
from cubb_desktop.services.consents import add_consent
from cubb_desktop.services.recordings import import_file
from cubb_desktop.services.workspace import create_workspace, open_workspace
from cubb_desktop.settings import resources_folder
from cubb_desktop.vault import LEAST_COST
from tests.canaries import CanaryGuard

Victim = Literal["child", "worker", "window"]
PASSPHRASE = "fire tilfældige ord her"
PATIENCE_S = 180


@dataclass(frozen=True)
class Template:
    """A library with one waiting job, how long the job takes undisturbed, and what it then says."""

    folder: Path
    recording: RecordingId
    seconds: float
    expected: dict[str, Any]


@dataclass
class Outcome:
    """What a campaign found; empty lists are the bar."""

    runs: int = 0
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    unopened: list[str] = field(default_factory=list)
    lying_open: list[str] = field(default_factory=list)

    @property
    def clean(self) -> bool:
        """True when nothing was lost, doubled, unreadable or readable to all."""
        return not (self.lost or self.doubled or self.unopened or self.lying_open)


def _environment(folder: Path) -> dict[str, str]:
    return {
        **os.environ,
        "CUBB_PASSPHRASE": PASSPHRASE,
        "CUBB_CONFIG_DIR": str(folder / "config"),
        "QT_QPA_PLATFORM": "offscreen",
    }


def _start(folder: Path, *arguments: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "cubb_desktop", "--library", str(folder), *arguments]
    silent = subprocess.DEVNULL
    return subprocess.Popen(command, env=_environment(folder.parent), stdin=silent, stdout=silent, stderr=silent)


def make_template(place: Path, seconds: float = 20.0) -> Template:
    """Make the library, and let one copy of it run undisturbed."""
    samples, rate_hz = soundfile.read(resources_folder() / "demo" / "conversation.flac", dtype="int16")
    sound = place / "sound.wav"
    soundfile.write(sound, samples[: int(seconds * rate_hz)], rate_hz)
    folder = place / "template"
    workspace, _ = create_workspace(folder, PASSPHRASE, actor="test", cost=LEAST_COST)
    with workspace:
        workspace.vault.confirm_recovery_key()
        until = workspace.today() + timedelta(days=2)
        consent = add_consent(workspace, "B-7", [Purpose.OWN_LEARNING], until)
        recording = import_file(workspace, sound, consent.id).id
        transcripts.request_transcription(workspace, recording, TranscribeOptions(speakers=2))
    quiet = place / "undisturbed"
    shutil.copytree(folder, quiet)
    started = time.monotonic()
    worker = _start(quiet, "worker", "--once")
    if worker.wait(PATIENCE_S) != 0:
        raise RuntimeError("the undisturbed worker failed")
    return Template(folder, recording, time.monotonic() - started, _result(quiet, recording)[0])


def _result(folder: Path, recording: RecordingId) -> tuple[dict[str, Any], int, list[str]]:
    """The transcript without its ids, how many transcripts there are, and what `verify` complains of."""
    with open_workspace(folder, PASSPHRASE, actor="test") as workspace:
        with workspace.library.read() as reading:
            numbers = stored.numbers(reading, recording)
        document = transcripts.transcript_document(transcripts.get_transcript(workspace, recording))
        problems = workspace.library.verify()
    said = [(w["text"], w["start_ms"], w["end_ms"]) for t in document["turns"] for w in t["words"]]
    shape = [(t["start_ms"], t["end_ms"], len(t["words"])) for t in document["turns"]]
    plain = {"said": said, "turns": shape, "silences": document["silences"]}
    return json.loads(json.dumps(plain)), len(numbers), [str(problem) for problem in problems]


def _kill_one(victim: Victim, process: subprocess.Popen[bytes], rng: random.Random) -> bool:
    """Send SIGKILL to the victim; False when it isn't there (any more)."""
    try:
        family = psutil.Process(process.pid).children(recursive=True)
    except psutil.NoSuchProcess:
        return False
    if victim == "child":
        children = [p for p in family if "job-child" in _words(p)]
        if not children:
            return False
        target = rng.choice(children)
    else:
        target = psutil.Process(process.pid)
    try:
        target.kill()
    except psutil.NoSuchProcess:
        return False
    return True


def _words(process: psutil.Process) -> list[str]:
    try:
        return list(process.cmdline())
    except psutil.Error:
        return []


@contextmanager
def _copy(template: Template) -> Iterator[Path]:
    folder = template.folder.with_name("run")
    shutil.copytree(template.folder, folder)
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


def _gone(processes: list[psutil.Process]) -> None:
    """Wait until what a killed process left behind has ended by itself; children must not outlive their parents."""
    _, alive = psutil.wait_procs(processes, timeout=PATIENCE_S)
    for process in alive:
        process.kill()
    if alive:
        raise RuntimeError("a process outlived its parent")


def _disturbed_run(template: Template, victim: Victim, moment_s: float, rng: random.Random, outcome: Outcome) -> bool:
    """Kill once, `moment_s` after the start or as soon after it as the victim lives; False if all was over by then."""
    with _copy(template) as folder:
        process = _start(folder, "window") if victim == "window" else _start(folder, "worker", "--once")
        if _ended_within(process, moment_s):
            return False
        left = psutil.Process(process.pid).children(recursive=True)
        while not _kill_one(victim, process, rng):
            if _ended_within(process, 0.05):
                return False
        process.wait(PATIENCE_S)
        if victim != "child":
            _gone(left)
        outcome.runs += 1
        _start(folder, "worker", "--once").wait(PATIENCE_S)
        _judge(template, folder, f"{victim} #{outcome.runs}", outcome)
    return True


def _ended_within(process: subprocess.Popen[bytes], seconds: float) -> bool:
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        return False
    return True


def _judge(template: Template, folder: Path, name: str, outcome: Outcome) -> None:
    guard = CanaryGuard(None)
    guard.watch(folder)
    guard.listen_for(text.strip(".,?") for text, *_times in template.expected["said"] if len(text) > 7)
    outcome.lying_open += [f"{name}: {hit}" for hit in guard.found()]
    try:
        found, count, problems = _result(folder, template.recording)
        with open_workspace(folder, PASSPHRASE, actor="test") as workspace:
            states = [job.state for job in transcripts.list_jobs(workspace)]
    except Exception as error:
        outcome.unopened.append(f"{name}: {type(error).__name__}")
        return
    if problems:
        outcome.unopened.append(f"{name}: {problems}")
    if found != template.expected or states != [JobState.SUCCEEDED]:
        outcome.lost.append(f"{name}: {len(found['said'])} words, {states}")
    if count != 1:
        outcome.doubled.append(f"{name}: {count} transcripts")


def run_campaign(template: Template, victim: Victim, runs: int, seed: int = 1) -> Outcome:
    """Kill `victim` at `runs` random moments, each in a fresh copy of the template."""
    rng = random.Random(f"{seed} {victim}")
    outcome = Outcome()
    for _ in range(runs):
        moment_s = rng.uniform(0, template.seconds)
        while not _disturbed_run(template, victim, moment_s, rng, outcome):
            moment_s *= 0.7
    return outcome
