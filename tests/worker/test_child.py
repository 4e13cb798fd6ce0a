"""Real job children with the bundled models: what they say, that they stay offline, and how they end."""

from __future__ import annotations

import json
import os
import queue
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import psutil
import pytest
from demo_models.synthesis import Conversation

from cubb_desktop.domain.job import Phase
from cubb_desktop.domain.recording import Recording
from cubb_desktop.services.models import bundled_models
from cubb_desktop.services.workspace import Workspace
from cubb_desktop.worker.children import CHILD_COMMAND, Child, Heard
from cubb_desktop.worker.messages import (
    Diarised,
    Done,
    Failed,
    Listened,
    Message,
    Progressed,
    Recognised,
    Segment,
    Task,
    Work,
)
from tests.guards import eventually
from tests.worker.conftest import store_sound

PATIENCE_S = 90


def work_on(ws: Workspace, recording: Recording, task: Task = "recognise") -> Work:
    recogniser, diariser = bundled_models()
    return Work(
        task=task,
        audio_folder=str(ws.audio_folder),
        recording_id=recording.id,
        key=ws.keys.get(recording.id).hex(),
        model=str(recogniser if task == "recognise" else diariser),
        threads=1,
        speakers=2,
    )


def all_said(work: Work) -> list[Message]:
    inbox: queue.Queue[Heard] = queue.Queue()
    child = Child(work.task, work.threads)
    child.begin(work, inbox)
    said: list[Message] = []
    try:
        while (heard := inbox.get(timeout=PATIENCE_S)).message is not None:
            said.append(heard.message)
        assert heard.exit_code == 0
    finally:
        child.stop()
    return said


def words_in(said: list[Message]) -> list[str]:
    return [word.text for message in said if isinstance(message, Segment) for word in message.segment.words]


def test_a_recogniser_says_what_it_measured_and_heard_and_never_reaches_out(
    workspace: Workspace, spoken: Recording, short_talk: Conversation
) -> None:
    said = all_said(work_on(workspace, spoken))
    kinds = [type(message) for message in said if not isinstance(message, Progressed)]
    assert kinds[0] is Listened
    assert kinds[-2:] == [Recognised, Done]
    truth = [word.text for word in short_talk.words]
    assert sum(a == b for a, b in zip(words_in(said), truth, strict=False)) >= 0.8 * len(truth)
    done = said[-1]
    assert isinstance(done, Done)
    assert done.network_attempts == 0
    assert set(done.seconds) == {Phase.LOADING, Phase.LISTENING, Phase.RECOGNISING}


def test_a_diariser_says_who_spoke_when_and_never_reaches_out(workspace: Workspace, spoken: Recording) -> None:
    said = all_said(work_on(workspace, spoken, "diarise"))
    found = next(message for message in said if isinstance(message, Diarised))
    assert len({segment.voice for segment in found.diarisation.exclusive}) == 2
    shares = [m.share for m in said if isinstance(m, Progressed) and m.phase is Phase.DIARISING]
    assert shares == sorted(shares)
    done = said[-1]
    assert isinstance(done, Done)
    assert done.network_attempts == 0


@pytest.mark.parametrize("kind", ["silence", "noise", "one sample", "8 kHz"])
def test_sound_of_any_kind_is_taken(workspace: Workspace, short_talk: Conversation, kind: str) -> None:
    rate_hz = 8000 if kind == "8 kHz" else 16_000
    rng = np.random.default_rng(1)
    samples = {
        "silence": np.zeros(5 * rate_hz, np.float32),
        "noise": (rng.standard_normal(5 * rate_hz) * 0.05).astype(np.float32),
        "one sample": np.ones(1, np.float32) * np.float32(0.5),
        "8 kHz": short_talk.samples[::2],
    }[kind]
    recording = store_sound(workspace, samples, rate_hz)
    said = all_said(work_on(workspace, recording))
    assert any(isinstance(message, Recognised) and not message.blank for message in said)
    assert bool(words_in(said)) is (kind == "8 kHz")


def test_a_model_that_cannot_be_used_is_a_failure_with_its_name(
    workspace: Workspace, spoken: Recording, tmp_path: Path
) -> None:
    said = all_said(replace(work_on(workspace, spoken), model=str(tmp_path)))
    assert any(isinstance(message, Failed) and message.code == "ModelIncomplete" for message in said)


def test_sound_that_is_gone_is_a_failure(workspace: Workspace, spoken: Recording) -> None:
    said = all_said(replace(work_on(workspace, spoken), recording_id="00000000-0000-4000-8000-000000000000"))
    assert any(isinstance(message, Failed) and message.code == "AudioMissing" for message in said)


# --- how a child ends ------------------------------------------------------------------------------------------------


@pytest.fixture
def raw_child() -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(CHILD_COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    yield process
    process.kill()
    process.communicate()


def started(process: subprocess.Popen[bytes], work: Work) -> None:
    """Hand over the work and wait until the child has begun it."""
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(work.line())
    process.stdin.flush()
    assert json.loads(process.stdout.readline())["type"] == "progress"


@pytest.mark.parametrize("task", ["recognise", "diarise"])
def test_a_child_whose_worker_closes_the_line_ends_by_itself(
    workspace: Workspace, spoken: Recording, raw_child: subprocess.Popen[bytes], task: Task
) -> None:
    started(raw_child, work_on(workspace, spoken, task))
    assert raw_child.stdin is not None
    raw_child.stdin.close()
    raw_child.stdin = None
    assert raw_child.wait(PATIENCE_S) in {0, 3}


def test_a_child_told_to_stop_ends_at_once(
    workspace: Workspace, spoken: Recording, raw_child: subprocess.Popen[bytes]
) -> None:
    started(raw_child, work_on(workspace, spoken, "diarise"))
    assert raw_child.stdin is not None
    raw_child.stdin.write(b'{"threads": 2}\n{"stop": true}\n')
    raw_child.stdin.flush()
    assert raw_child.wait(PATIENCE_S) == 4


def test_a_child_that_is_told_nothing_ends(raw_child: subprocess.Popen[bytes]) -> None:
    assert raw_child.stdin is not None
    raw_child.stdin.close()
    raw_child.stdin = None
    assert raw_child.wait(PATIENCE_S) == 3


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the closed line ends the child")
def test_children_die_with_a_worker_that_is_killed(workspace: Workspace, spoken: Recording, tmp_path: Path) -> None:
    line = work_on(workspace, spoken, "diarise").line().decode()
    parent = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import subprocess, sys, threading; "
            "child = subprocess.Popen(sys.argv[1:], stdin=subprocess.PIPE, stdout=subprocess.PIPE); "
            f"child.stdin.write({line!r}.encode()); child.stdin.flush(); child.stdout.readline(); "
            "print(child.pid, flush=True); threading.Event().wait()",
            *CHILD_COMMAND,
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    assert parent.stdout is not None
    child = psutil.Process(int(parent.stdout.readline()))
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    parent.stdout.close()
    assert eventually(lambda: not child.is_running() or child.status() == psutil.STATUS_ZOMBIE, 10)


@pytest.mark.skipif(not hasattr(os, "nice"), reason="set from outside on Windows")
def test_a_child_steps_aside_for_what_people_do(
    workspace: Workspace, spoken: Recording, raw_child: subprocess.Popen[bytes]
) -> None:
    before = os.nice(0)
    started(raw_child, work_on(workspace, spoken, "diarise"))
    assert psutil.Process(raw_child.pid).nice() == min(19, before + 10)


def test_no_key_is_among_a_childs_arguments_or_variables(
    workspace: Workspace, spoken: Recording, raw_child: subprocess.Popen[bytes]
) -> None:
    work = work_on(workspace, spoken, "diarise")
    started(raw_child, work)
    child = psutil.Process(raw_child.pid)
    assert work.key not in " ".join(child.cmdline())
    assert work.key not in " ".join(child.environ().values())
