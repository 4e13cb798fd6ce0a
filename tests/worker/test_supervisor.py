"""The worker with children that only act: what is written when, and what happens when something goes wrong."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from cubb_desktop.domain.errors import TranscriptNotFound, WorkerRunning
from cubb_desktop.domain.job import Job, JobState, Phase, TranscribeOptions
from cubb_desktop.domain.recording import Recording, RecordingState
from cubb_desktop.library import queue, recordings, transcripts
from cubb_desktop.services import erasure
from cubb_desktop.services.transcripts import (
    cancel_job,
    get_job,
    get_transcript,
    has_transcript,
    request_transcription,
    retry_job,
)
from cubb_desktop.services.workspace import Workspace, worker_lock
from cubb_desktop.worker.children import WarmChildren
from cubb_desktop.worker.cores import share_cores
from cubb_desktop.worker.supervisor import MOST_CLAIMS, run_worker
from cubb_desktop.worker.transcription import BLANK_NOTE, FLAGGED_NOTE, MOST_STARTS
from tests.worker.conftest import store_sound

Command = Callable[..., tuple[str, ...]]
ENDED = r"ended without a result"


def state_of(ws: Workspace, recording: Recording) -> RecordingState:
    with ws.library.read() as reading:
        return recordings.get(reading, recording.id).state


def starts(tmp_path: Path, task: str) -> int:
    return (tmp_path / f"{task}.starts").stat().st_size


# --- the good end ----------------------------------------------------------------------------------------------------


def test_a_job_ends_with_words_voices_silences_and_what_was_not_heard(
    workspace: Workspace, tone: Recording, actor_child: Command
) -> None:
    job = request_transcription(workspace, tone.id)
    assert state_of(workspace, tone) is RecordingState.QUEUED
    assert run_worker(workspace, once=True, child_command=actor_child()) == 1
    done = get_job(workspace, job.id)
    assert done.state is JobState.SUCCEEDED
    assert done.progress is not None
    assert done.progress.share == 1.0
    assert state_of(workspace, tone) is RecordingState.READY
    found = get_transcript(workspace, tone.id)
    assert [(turn.text, turn.speaker) for turn in found.turns] == [
        ("Goddag. Hvordan går det?", found.speakers[0].id),
        ("Det går fint.", found.speakers[1].id),
    ]
    assert [s.label for s in found.speakers] == ["Taler 1", "Taler 2"]
    assert [(s.start_ms, s.end_ms) for s in found.silences] == [(2000, 3000), (4000, 10_000)]
    assert [(u.start_ms, u.end_ms) for u in found.unheard] == [(6000, 7000)]
    assert [(f.start_ms, f.end_ms) for f in found.flagged] == [(2900, 4100)]
    assert found.engine.demo
    assert found.engine.language == "da"
    assert found.engine.notes == (FLAGGED_NOTE,)
    assert found.engine.versions["faster-whisper"]
    assert found.silence_method.name == "acted"


def test_text_is_readable_and_stored_before_the_speakers_arrive(
    workspace: Workspace, tone: Recording, actor_child: Command
) -> None:
    request_transcription(workspace, tone.id)
    seen: list[tuple[RecordingState, bool, list[str]]] = []

    def on_progress(job: Job) -> None:
        if job.progress is not None and job.progress.text_ready and not job.cancel_requested:
            text = get_transcript(workspace, tone.id)
            seen.append((state_of(workspace, tone), text.has_speakers, [w.id for w in text.words()]))
            if len(seen) == 1:
                cancel_job(workspace, job.id)

    run_worker(workspace, once=True, on_progress=on_progress, child_command=actor_child(diarise="wait"))
    state, has_speakers, words = seen[0]
    assert state is RecordingState.READABLE
    assert not has_speakers
    assert len(words) == 7
    assert state_of(workspace, tone) is RecordingState.READABLE  # the text outlives the cancelled rest
    job = request_transcription(workspace, tone.id)
    run_worker(workspace, until_job=job.id, child_command=actor_child())
    finished = get_transcript(workspace, tone.id)
    assert finished.has_speakers
    assert [w.id for w in finished.words()] == words


def test_words_can_be_read_while_the_recogniser_is_still_at_work(
    workspace: Workspace, tone: Recording, actor_child: Command
) -> None:
    job = request_transcription(workspace, tone.id)
    drafts: list[str] = []

    def on_progress(job: Job) -> None:
        text = " ".join(turn.text for turn in get_transcript(workspace, tone.id).turns)
        if text and not job.cancel_requested:
            drafts.append(text)
            cancel_job(workspace, job.id)

    run_worker(workspace, once=True, on_progress=on_progress, child_command=actor_child(recognise="wait"))
    assert drafts[0] == "Goddag. Hvordan går det?"
    assert get_job(workspace, job.id).state is JobState.CANCELLED
    assert not has_transcript(workspace, tone.id)  # half a text is not kept
    assert state_of(workspace, tone) is RecordingState.STORED


def test_the_same_work_again_changes_nothing_and_starts_no_child(
    workspace: Workspace, tone: Recording, actor_child: Command, tmp_path: Path
) -> None:
    request_transcription(workspace, tone.id)
    run_worker(workspace, once=True, child_command=actor_child())
    before = get_transcript(workspace, tone.id)
    again = request_transcription(workspace, tone.id)
    run_worker(workspace, once=True, child_command=actor_child())
    assert get_job(workspace, again.id).state is JobState.SUCCEEDED
    assert get_transcript(workspace, tone.id) == before
    assert starts(tmp_path, "recognise") == 1
    assert state_of(workspace, tone) is RecordingState.READY


def test_other_settings_make_a_new_version_beside_the_old(
    workspace: Workspace, tone: Recording, actor_child: Command
) -> None:
    for speakers in (2, 3):
        request_transcription(workspace, tone.id, TranscribeOptions(speakers=speakers))
    assert run_worker(workspace, once=True, child_command=actor_child()) == 2
    with workspace.library.read() as reading:
        assert transcripts.numbers(reading, tone.id) == [1, 2]
    assert get_transcript(workspace, tone.id).engine.settings["speakers"] == 3


def test_what_each_phase_took_is_learned(workspace: Workspace, tone: Recording, actor_child: Command) -> None:
    request_transcription(workspace, tone.id)
    run_worker(workspace, once=True, child_command=actor_child())
    engine = get_transcript(workspace, tone.id).engine
    assert engine.diariser_fingerprint is not None
    with workspace.library.read() as reading:
        assert queue.get_speed(reading, Phase.RECOGNISING, engine.recogniser_fingerprint) == pytest.approx(0.2)
        assert queue.get_speed(reading, Phase.LOADING, engine.diariser_fingerprint) == pytest.approx(1.5)


# --- cancel and stop -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("part", ["wait", "deaf"])
def test_cancel_takes_effect_within_two_seconds_even_on_a_deaf_child(
    workspace: Workspace, tone: Recording, actor_child: Command, part: str
) -> None:
    job = request_transcription(workspace, tone.id)
    asked = 0.0

    def on_progress(running: Job) -> None:
        nonlocal asked
        if not asked and running.progress is not None:
            cancel_job(workspace, job.id)
            asked = time.monotonic()

    run_worker(workspace, once=True, on_progress=on_progress, child_command=actor_child(recognise=part, diarise=part))
    assert (
        time.monotonic() - asked < 3.5
    )  # two children, each at most a second after being asked; half a second to see it
    assert get_job(workspace, job.id).state is JobState.CANCELLED


def test_a_waiting_job_is_cancelled_at_once(workspace: Workspace, tone: Recording) -> None:
    job = request_transcription(workspace, tone.id)
    assert cancel_job(workspace, job.id).state is JobState.CANCELLED
    assert state_of(workspace, tone) is RecordingState.STORED


def test_a_worker_without_work_ends_when_told(workspace: Workspace) -> None:
    stop = threading.Event()
    stop.set()
    assert run_worker(workspace, stop=stop) == 0


def test_a_library_has_one_worker(workspace: Workspace) -> None:
    with worker_lock(workspace.folder), pytest.raises(WorkerRunning):
        run_worker(workspace, once=True)


# --- things that go wrong --------------------------------------------------------------------------------------------


@pytest.mark.expected_log(ENDED)
@pytest.mark.parametrize("task", ["recognise", "diarise"])
def test_a_child_that_dies_is_started_again_and_nothing_is_doubled(
    workspace: Workspace, tone: Recording, actor_child: Command, tmp_path: Path, task: str
) -> None:
    request_transcription(workspace, tone.id)
    run_worker(workspace, once=True, child_command=actor_child(**{task: "crash_once"}))
    assert [
        w.text for w in get_transcript(workspace, tone.id).words()
    ] == "Goddag. Hvordan går det? Det går fint.".split()
    assert starts(tmp_path, task) == 2
    other = "diarise" if task == "recognise" else "recognise"
    assert starts(tmp_path, other) == 1


@pytest.mark.expected_log(ENDED)
@pytest.mark.parametrize(
    ("part", "code"), [("crash", "JobFailed"), ("garbage", "JobFailed"), ("killed", "JobOutOfMemory")]
)
def test_a_child_that_keeps_dying_fails_the_job_with_a_sentence(
    workspace: Workspace, tone: Recording, actor_child: Command, tmp_path: Path, part: str, code: str
) -> None:
    job = request_transcription(workspace, tone.id)
    run_worker(workspace, once=True, child_command=actor_child(recognise=part))
    failed = get_job(workspace, job.id)
    assert (failed.state, failed.failure) == (JobState.FAILED, code)
    assert starts(tmp_path, "recognise") == MOST_STARTS
    assert state_of(workspace, tone) is RecordingState.FAILED
    with pytest.raises(TranscriptNotFound):
        get_transcript(workspace, tone.id)


def test_what_a_child_knows_to_be_wrong_is_told_and_not_tried_again(
    workspace: Workspace, tone: Recording, actor_child: Command, tmp_path: Path
) -> None:
    job = request_transcription(workspace, tone.id)
    run_worker(workspace, once=True, child_command=actor_child(diarise="failure"))
    failed = get_job(workspace, job.id)
    assert (failed.failure, failed.failure_params) == ("ModelUntrusted", {"file": "pytorch_model.bin"})
    assert starts(tmp_path, "diarise") == 1
    retry_job(workspace, job.id)
    assert state_of(workspace, tone) is RecordingState.QUEUED
    run_worker(workspace, once=True, child_command=actor_child())
    assert state_of(workspace, tone) is RecordingState.READY


@pytest.mark.expected_log("stopped on a bug: ValueError")
def test_a_bug_in_a_child_fails_the_job_at_once(workspace: Workspace, tone: Recording, actor_child: Command) -> None:
    job = request_transcription(workspace, tone.id)
    run_worker(workspace, once=True, child_command=actor_child(recognise="bug"))
    assert get_job(workspace, job.id).failure == "JobFailed"


def test_blank_text_where_much_was_said_is_never_a_success(
    workspace: Workspace, tone: Recording, actor_child: Command
) -> None:
    job = request_transcription(workspace, tone.id)
    run_worker(workspace, once=True, child_command=actor_child(recognise="blank"))
    failed = get_job(workspace, job.id)
    assert (failed.state, failed.failure) == (JobState.FAILED, "NothingRecognised")
    assert BLANK_NOTE


def test_the_next_job_is_done_although_the_one_before_failed(
    workspace: Workspace, tone: Recording, actor_child: Command
) -> None:
    import numpy as np

    other = store_sound(workspace, np.zeros(16_000, np.float32))
    first = request_transcription(workspace, tone.id)
    workspace.keys.destroy(tone.id)
    second = request_transcription(workspace, other.id)
    run_worker(workspace, once=True, child_command=actor_child())
    assert get_job(workspace, first.id).failure == "AudioMissing"
    assert get_job(workspace, second.id).state is JobState.SUCCEEDED


def test_a_recording_deleted_during_the_work_ends_the_work_quietly(
    workspace: Workspace, tone: Recording, actor_child: Command
) -> None:
    request_transcription(workspace, tone.id)

    def on_progress(_job: Job) -> None:
        with workspace.library.change("mette", "recording.removed", tone.id) as change:
            recordings.remove(change, tone.id)

    assert run_worker(workspace, once=True, on_progress=on_progress, child_command=actor_child(recognise="wait")) == 1


def test_a_withdrawal_stops_the_work_and_nothing_of_it_is_kept(
    workspace: Workspace, tone: Recording, actor_child: Command
) -> None:
    request_transcription(workspace, tone.id)
    withdrawn: list[erasure.Withdrawal] = []

    def on_progress(_job: Job) -> None:
        if not withdrawn:
            withdrawn.append(erasure.withdraw(workspace, tone.consent_id))

    run_worker(workspace, once=True, on_progress=on_progress, child_command=actor_child(recognise="wait"))
    assert [gone.id for gone in withdrawn[0].erased.gone] == [tone.id]
    with workspace.library.read() as reading:
        assert queue.all(reading) == []
        assert reading.connection.exec_driver_sql("SELECT count(*) FROM transcripts").scalar_one() == 0
    assert tone.id not in workspace.keys.ids()


def test_a_job_that_took_down_worker_after_worker_is_given_up(
    workspace: Workspace, tone: Recording, actor_child: Command
) -> None:
    job = request_transcription(workspace, tone.id)
    for _ in range(MOST_CLAIMS):
        with workspace.library.change("mette", None) as change:
            queue.take_back(change)
            queue.claim(change, "en arbejder, der døde", workspace.clock())
    run_worker(workspace, once=True, child_command=actor_child())
    assert get_job(workspace, job.id).failure == "JobFailed"
    assert state_of(workspace, tone) is RecordingState.FAILED


@pytest.mark.parametrize(("cores", "shares"), [(1, (1, 1)), (2, (1, 1)), (5, (2, 3)), (64, (8, 8))])
def test_cores_are_divided_and_capped(cores: int, shares: tuple[int, int]) -> None:
    shared = share_cores(cores)
    assert (shared["recognise"], shared["diarise"]) == shares


def test_children_started_early_are_used_and_those_not_needed_are_stopped(
    workspace: Workspace, tone: Recording, actor_child: Command, tmp_path: Path
) -> None:
    job = request_transcription(workspace, tone.id)
    others = set(psutil.Process().children())  # the sound server of the tests
    with WarmChildren(actor_child()) as warm:
        started = set(psutil.Process().children()) - others
        run_worker(workspace, until_job=job.id, warm=warm, child_command=("never started again",))
    assert len(started) == 2
    assert get_job(workspace, job.id).state is JobState.SUCCEEDED
    with WarmChildren(actor_child()):
        waiting = set(psutil.Process().children()) - others
    assert len(waiting) == 2
    assert not any(child.is_running() for child in waiting)
