"""The queue of jobs, and learned speeds."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from cubb_desktop.domain.errors import JobNotFound
from cubb_desktop.domain.ids import JobId
from cubb_desktop.domain.job import Job, JobState, Phase, Progress, TranscribeOptions
from cubb_desktop.domain.recording import Recording
from cubb_desktop.library import queue, recordings
from cubb_desktop.library.access import Change
from cubb_desktop.library.session import Library
from tests import builders
from tests.builders import ACTOR, MORNING

LATER = MORNING + timedelta(seconds=20)
MUCH_LATER = MORNING + timedelta(seconds=61)


@pytest.fixture
def recording(library: Library) -> Recording:
    return builders.stored_recording(library)


def added(library: Library, recording: Recording, **fields: object) -> Job:
    job = builders.job(recording.id, **fields)
    with library.change(ACTOR, "transcription.requested", job.id) as change:
        queue.add(change, job)
        assert change.changes.jobs
    return job


def found(library: Library, job: Job) -> Job:
    with library.read() as reading:
        return queue.get(reading, job.id)


def claimed(library: Library, now: datetime = MORNING, worker: str = "w1") -> Job | None:
    with library.change(ACTOR, None) as change:
        return queue.claim(change, worker, now)


def test_a_job_comes_back_as_it_was_added(library: Library, recording: Recording) -> None:
    options = TranscribeOptions(recogniser="/modeller/æøå", language=None, min_speakers=2, max_speakers=4, batched=True)
    progress = Progress(0.25, Phase.RECOGNISING, 12.5, text_ready=True)
    job = added(library, recording, options=options, progress=progress, failure_params={"exit": 9, "hvor": "æ"})
    assert found(library, job) == job


def test_the_oldest_job_is_claimed_first_and_once(library: Library, recording: Recording) -> None:
    second = added(library, recording, created_at=LATER)
    first = added(library, recording)
    job = claimed(library)
    assert job is not None
    assert (job.id, job.state, job.attempts) == (first.id, JobState.DOING, 1)
    assert (job.started_at, job.heartbeat_at) == (MORNING, MORNING)
    other = claimed(library, worker="w2")
    assert other is not None
    assert other.id == second.id
    assert claimed(library) is None


def test_a_job_without_heartbeat_waits_again(library: Library, recording: Recording) -> None:
    job = added(library, recording)
    assert claimed(library)
    assert claimed(library, LATER, "w2") is None
    again = claimed(library, MUCH_LATER, "w2")
    assert again is not None
    assert (again.id, again.attempts) == (job.id, 2)


def test_a_beating_job_stays_with_its_worker(library: Library, recording: Recording) -> None:
    job = added(library, recording)
    assert claimed(library)
    with library.change(ACTOR, None) as change:
        assert queue.beat(change, job.id, MORNING + timedelta(seconds=40)).state is JobState.DOING
    assert claimed(library, MUCH_LATER, "w2") is None


def test_a_worker_with_the_lock_takes_back_what_another_left_at_once(library: Library, recording: Recording) -> None:
    left, cancelled = added(library, recording), added(library, recording, created_at=LATER)
    assert claimed(library)
    assert claimed(library)
    with library.change(ACTOR, None) as change:
        queue.request_cancel(change, cancelled.id)
        assert queue.take_back(change) == 2
        assert queue.take_back(change) == 0
    assert found(library, left).state is JobState.TODO
    assert found(library, cancelled).state is JobState.CANCELLED
    assert found(library, cancelled).finished_at is not None


def test_progress_is_kept_until_the_job_is_started_again(library: Library, recording: Recording) -> None:
    job = added(library, recording)
    assert claimed(library)
    progress = Progress(0.5, Phase.DIARISING, None)
    with library.change(ACTOR, None) as change:
        assert queue.set_progress(change, job.id, progress).progress == progress
    assert found(library, job).progress == progress
    again = claimed(library, MUCH_LATER)
    assert again is not None
    assert again.progress is None


def test_a_job_ends_once(library: Library, recording: Recording) -> None:
    job = added(library, recording)
    assert claimed(library)
    with library.change(ACTOR, "transcription.failed", job.id) as change:
        ended = queue.finish(change, job.id, JobState.FAILED, "JobFailed", {"exit": -9})
        assert queue.finish(change, job.id, JobState.SUCCEEDED) == ended
    assert (ended.state, ended.failure, ended.failure_params) == (JobState.FAILED, "JobFailed", {"exit": -9})
    assert ended.finished_at is not None
    assert claimed(library, MUCH_LATER) is None
    with pytest.raises(ValueError, match="ends as"), library.change(ACTOR, None) as change:
        queue.finish(change, job.id, JobState.TODO)


def test_cancelling_depends_on_how_far_the_job_is(library: Library, recording: Recording) -> None:
    waiting, doing = added(library, recording, created_at=LATER), added(library, recording)
    assert claimed(library)
    with library.change(ACTOR, "transcription.cancelled") as change:
        assert queue.request_cancel(change, waiting.id).state is JobState.CANCELLED
        asked = queue.request_cancel(change, doing.id)
        assert (asked.state, asked.cancel_requested) == (JobState.DOING, True)
        assert queue.beat(change, doing.id, LATER).cancel_requested
        queue.finish(change, doing.id, JobState.CANCELLED)
        assert queue.request_cancel(change, doing.id).state is JobState.CANCELLED
    assert claimed(library) is None


def test_a_cancelled_job_whose_worker_died_is_not_started_again(library: Library, recording: Recording) -> None:
    job = added(library, recording)
    assert claimed(library)
    with library.change(ACTOR, "transcription.cancelled") as change:
        queue.request_cancel(change, job.id)
    assert claimed(library, MUCH_LATER) is None
    assert found(library, job).state is JobState.CANCELLED


def test_a_failed_job_can_be_tried_again_and_a_good_one_not(library: Library, recording: Recording) -> None:
    job = added(library, recording)
    assert claimed(library)
    with library.change(ACTOR, "transcription.failed") as change:
        queue.finish(change, job.id, JobState.FAILED, "JobFailed", {"exit": 1})
        again = queue.retry(change, job.id)
    assert (again.state, again.failure, again.failure_params) == (JobState.TODO, None, {})
    assert (again.started_at, again.finished_at, again.heartbeat_at) == (None, None, None)
    assert claimed(library)
    with library.change(ACTOR, "transcription.finished") as change:
        good = queue.finish(change, job.id, JobState.SUCCEEDED)
        assert queue.retry(change, job.id) == good


def test_jobs_go_with_their_recording(library: Library, recording: Recording) -> None:
    job = added(library, recording)
    other = added(library, builders.stored_recording(library), created_at=LATER)
    with library.read() as reading:
        assert [j.id for j in queue.all(reading)] == [other.id, job.id]
        assert [j.id for j in queue.all(reading, recording.id)] == [job.id]
    with library.change(ACTOR, "recording.removed") as change:
        recordings.remove(change, recording.id)
    with pytest.raises(JobNotFound):
        found(library, job)


@pytest.mark.parametrize(
    "act",
    [
        lambda change, job_id: queue.beat(change, job_id, MORNING),
        queue.request_cancel,
        queue.retry,
        lambda change, job_id: queue.finish(change, job_id, JobState.FAILED),
        lambda change, job_id: queue.set_progress(change, job_id, Progress(0.1, Phase.LOADING, None)),
    ],
    ids=["beat", "cancel", "retry", "finish", "progress"],
)
def test_a_job_that_is_gone_is_told(library: Library, act: Callable[[Change, JobId], object]) -> None:
    with pytest.raises(JobNotFound), library.change(ACTOR, None) as change:
        act(change, JobId("findes ikke"))


def test_speeds_are_learned_per_phase_and_model(library: Library) -> None:
    with library.change(ACTOR, None) as change:
        assert queue.get_speed(change, Phase.RECOGNISING, "a1") is None
        assert queue.put_speed(change, Phase.RECOGNISING, "a1", 0.5) == 0.5
        assert queue.put_speed(change, Phase.RECOGNISING, "a1", 1.0) == pytest.approx(0.7)
        queue.put_speed(change, Phase.DIARISING, "a1", 3.0)
    with library.read() as reading:
        assert queue.get_speed(reading, Phase.RECOGNISING, "a1") == pytest.approx(0.7)
        assert queue.get_speed(reading, Phase.DIARISING, "a1") == 3.0
        assert queue.get_speed(reading, Phase.RECOGNISING, "b2") is None
