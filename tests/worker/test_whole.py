"""The whole chain on the bundled models: worker, real children, encrypted library; also when killed on the way."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
from collections.abc import Callable

import numpy as np
import psutil
import pytest
from demo_models.synthesis import Conversation

from cubb_desktop.domain.job import Job, JobState, Phase, Progress, TranscribeOptions
from cubb_desktop.domain.recording import Recording, RecordingState
from cubb_desktop.library import recordings, transcripts
from cubb_desktop.services.transcripts import get_job, get_transcript, has_transcript, request_transcription
from cubb_desktop.services.workspace import Workspace
from cubb_desktop.worker.supervisor import run_worker
from tests.canaries import CanaryGuard
from tests.guards import eventually
from tests.worker.conftest import store_sound

pytestmark = pytest.mark.whole

WORKER = """
import sys
from pathlib import Path
from cubb_desktop.services.workspace import open_workspace_with_key
from cubb_desktop.worker.supervisor import run_worker
with open_workspace_with_key(Path(sys.argv[1]), bytes.fromhex(sys.stdin.readline()), actor="mette") as ws:
    run_worker(ws, once=True)
"""


@pytest.fixture(autouse=True)
def _listening(canaries: CanaryGuard, short_talk: Conversation) -> None:
    """What is said in these tests must not lie open anywhere after any of them."""
    canaries.listen_for(word.text.strip(".,?") for word in short_talk.words if len(word.text) > 7)


def assert_whole(ws: Workspace, recording: Recording, truth: Conversation) -> None:
    """One finished transcript, nothing lost or doubled, in the right order and with the right number of voices."""
    with ws.library.read() as reading:
        assert transcripts.numbers(reading, recording.id) == [1]
        assert recordings.get(reading, recording.id).state is RecordingState.READY
    found = get_transcript(ws, recording.id)
    assert found.has_speakers
    assert len(found.speakers) == 2
    words, expected = [w.text for w in found.words()], [w.text for w in truth.words]
    assert abs(len(words) - len(expected)) <= 0.1 * len(expected)
    assert sum(a == b for a, b in zip(words, expected, strict=False)) >= 0.7 * len(expected)
    assert len({w.id for w in found.words()}) == len(words)


def test_sound_becomes_a_transcript_with_text_before_speakers(
    workspace: Workspace, spoken: Recording, short_talk: Conversation
) -> None:
    job = request_transcription(workspace, spoken.id, TranscribeOptions(speakers=2))
    early: list[bool] = []

    def on_progress(running: Job) -> None:
        if running.progress is not None and running.progress.text_ready and running.state is JobState.DOING:
            early.append(get_transcript(workspace, spoken.id).has_speakers)

    run_worker(workspace, once=True, on_progress=on_progress)
    assert get_job(workspace, job.id).state is JobState.SUCCEEDED
    assert early
    assert not any(early)
    assert_whole(workspace, spoken, short_talk)


@pytest.mark.parametrize("kind", ["silence", "noise"])
def test_a_recording_in_which_nobody_speaks_is_ready_and_empty(workspace: Workspace, kind: str) -> None:
    level = {"silence": 0.0, "noise": 0.05}[kind]
    samples = np.random.default_rng(1).standard_normal(4 * 16_000).astype(np.float32) * np.float32(level)
    recording = store_sound(workspace, samples)
    job = request_transcription(workspace, recording.id)
    run_worker(workspace, once=True)
    assert get_job(workspace, job.id).state is JobState.SUCCEEDED
    found = get_transcript(workspace, recording.id)
    assert (len(found.turns), len(found.unheard), len(found.speakers)) == (0, 0, 0)
    assert [(s.start_ms, s.end_ms) for s in found.silences] == [(0, 4000)]


@pytest.mark.campaign
@pytest.mark.expected_log("ended without a result")
@pytest.mark.parametrize("seed", [1, 2])
def test_killed_children_are_replaced_and_the_result_is_the_same(
    workspace: Workspace, spoken: Recording, short_talk: Conversation, seed: int
) -> None:
    """Two kills at random moments are what each task survives, whichever children they meet."""
    job = request_transcription(workspace, spoken.id)
    rng = random.Random(seed)
    beats = sorted(rng.sample(range(8), 2))
    others = {child.pid for child in psutil.Process().children()}  # the sound server of the tests
    seen = 0

    def on_progress(_job: Job) -> None:
        nonlocal seen
        if seen in beats:
            living = [
                c for c in psutil.Process().children() if c.pid not in others and c.status() != psutil.STATUS_ZOMBIE
            ]
            if living:
                rng.choice(living).send_signal(signal.SIGKILL)
        seen += 1

    run_worker(workspace, once=True, on_progress=on_progress)
    assert get_job(workspace, job.id).state is JobState.SUCCEEDED
    assert_whole(workspace, spoken, short_talk)


@pytest.mark.campaign
def test_a_killed_worker_loses_and_doubles_nothing(
    workspace: Workspace, spoken: Recording, short_talk: Conversation
) -> None:
    """The worker is killed at five moments; its children die with it, and the next worker ends the job once."""
    job = request_transcription(workspace, spoken.id)

    def progress() -> Progress:
        return get_job(workspace, job.id).progress or Progress(0.0, Phase.LOADING, None)

    def words() -> int:
        with workspace.library.read() as reading:
            draft = transcripts.latest(reading, spoken.id)
        return len(draft.words()) if draft is not None else 0

    moments: list[Callable[[], bool]] = [
        lambda: True,  # as soon as it has children
        lambda: has_transcript(workspace, spoken.id),
        lambda: words() > 0,
        lambda: words() > 10,
        lambda: progress().text_ready,
    ]
    for moment in moments:
        kill_worker_when(moment, start_worker(workspace))
    run_worker(workspace, once=True)
    assert get_job(workspace, job.id).state is JobState.SUCCEEDED
    assert_whole(workspace, spoken, short_talk)


def kill_worker_when(moment: Callable[[], bool], worker: subprocess.Popen[bytes]) -> None:
    """Kill `worker` at `moment` and wait until it and its children are gone."""
    process = psutil.Process(worker.pid)
    assert eventually(lambda: len(process.children()) == 2, 30)
    assert eventually(moment, 60)
    children = process.children()
    worker.kill()
    worker.wait()
    assert eventually(lambda: not any(c.is_running() and c.status() != psutil.STATUS_ZOMBIE for c in children), 10)


def start_worker(ws: Workspace) -> subprocess.Popen[bytes]:
    process = subprocess.Popen(
        [sys.executable, "-c", WORKER, str(ws.folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ},
    )
    assert process.stdin is not None
    process.stdin.write(ws.vault.master_key().hex().encode() + b"\n")
    process.stdin.close()
    return process


def test_nothing_that_was_said_lies_open_in_the_library(
    workspace: Workspace, spoken: Recording, short_talk: Conversation
) -> None:
    request_transcription(workspace, spoken.id)
    run_worker(workspace, once=True)
    words = {w.text.strip(".,?").encode() for w in short_talk.words if len(w.text) > 6}
    assert words
    for file in workspace.folder.rglob("*"):
        if file.is_file():
            content = file.read_bytes()
            assert not any(word in content for word in words), file.name
    assert json.loads((workspace.folder / "library.json").read_text())
