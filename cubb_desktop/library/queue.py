"""The queue: jobs wait as rows, one worker claims the oldest; and what this machine has learned about its speed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from cubb_desktop.domain.errors import JobNotFound
from cubb_desktop.domain.ids import JobId, RecordingId
from cubb_desktop.domain.job import FINISHED, Job, JobKind, JobState, Phase, Progress, TranscribeOptions
from cubb_desktop.library.access import Change, Reading
from cubb_desktop.library.tables import jobs, speeds

STALE_AFTER = timedelta(seconds=30)
NEWEST_SPEED_WEIGHT = 0.4  # how much the newest run counts against what was known


def add(change: Change, job: Job) -> None:
    """Put a new job into the queue."""
    change.connection.execute(
        jobs.insert().values(
            id=job.id,
            kind=job.kind.value,
            recording_id=job.recording_id,
            state=job.state.value,
            options=asdict(job.options),
            attempts=job.attempts,
            started_at=job.started_at,
            finished_at=job.finished_at,
            heartbeat_at=job.heartbeat_at,
            cancel_requested=job.cancel_requested,
            failure=job.failure,
            failure_params=dict(job.failure_params),
            author=job.author,
            created_at=job.created_at,
            **_progress_values(job.progress),
        )
    )
    change.touched(jobs=True)


def get(reading: Reading, job_id: JobId) -> Job:
    """Return one job, or raise `JobNotFound`."""
    row = reading.connection.execute(sa.select(jobs).where(jobs.c.id == job_id)).first()
    if row is None:
        raise JobNotFound
    return _job(row)


def all(reading: Reading, recording_id: RecordingId | None = None) -> list[Job]:  # noqa: A001 - `queue.all(reading)`
    """Return every job (of one recording, if given), the newest first."""
    query = sa.select(jobs).order_by(jobs.c.created_at.desc(), jobs.c.id)
    if recording_id is not None:
        query = query.where(jobs.c.recording_id == recording_id)
    return [_job(row) for row in reading.connection.execute(query)]


def claim(change: Change, worker_id: str, now: datetime) -> Job | None:
    """Give the oldest waiting job to `worker_id` and return it, None when nothing waits.

    A job whose worker has not been heard of for `STALE_AFTER` waits again (or is cancelled, if that was asked for).
    """
    take_back(change, heard_before=now - STALE_AFTER)
    waiting = sa.select(jobs.c.id).where(jobs.c.state == JobState.TODO.value)
    job_id = change.connection.execute(waiting.order_by(jobs.c.created_at, jobs.c.id).limit(1)).scalar()
    if job_id is None:
        return None
    return _set(
        change,
        JobId(job_id),
        state=JobState.DOING.value,
        attempts=jobs.c.attempts + 1,
        claimed_by=worker_id,
        started_at=now,
        heartbeat_at=now,
        finished_at=None,
        **_progress_values(None),
    )


def take_back(change: Change, *, heard_before: datetime | None = None) -> int:
    """Let jobs that no living worker is doing wait again; return how many.

    Without `heard_before` that is every job being done: for a worker that has just got the worker's lock.
    """
    left = jobs.c.state == JobState.DOING.value
    if heard_before is not None:
        left &= sa.or_(jobs.c.heartbeat_at.is_(None), jobs.c.heartbeat_at < heard_before)
    cancelled = change.connection.execute(
        jobs.update()
        .where(left, jobs.c.cancel_requested.is_(True))
        .values(state=JobState.CANCELLED.value, finished_at=change.now(), claimed_by=None)
    ).rowcount
    waiting = change.connection.execute(
        jobs.update().where(left).values(state=JobState.TODO.value, claimed_by=None, heartbeat_at=None)
    ).rowcount
    if cancelled or waiting:
        change.touched(jobs=True)
    return int(cancelled + waiting)


def beat(change: Change, job_id: JobId, now: datetime) -> Job:
    """Say that the job's worker is alive; return the job, so that the worker sees whether it was cancelled."""
    return _set(change, job_id, heartbeat_at=now)


def set_progress(change: Change, job_id: JobId, progress: Progress) -> Job:
    """Store how far a job is; return the job."""
    return _set(change, job_id, **_progress_values(progress))


def finish(
    change: Change,
    job_id: JobId,
    state: JobState,
    failure: str | None = None,
    params: Mapping[str, str | int] | None = None,
) -> Job:
    """End a job as `state`, failed ones with an error's code and params; a job that has ended stays as it is."""
    if state not in FINISHED:
        raise ValueError("a job ends as succeeded, failed or cancelled")
    if get(change, job_id).state in FINISHED:
        return get(change, job_id)
    return _set(
        change,
        job_id,
        state=state.value,
        finished_at=change.now(),
        claimed_by=None,
        failure=failure,
        failure_params=dict(params or {}),
    )


def request_cancel(change: Change, job_id: JobId) -> Job:
    """Cancel a waiting job at once, ask the worker to stop one being done, leave an ended one as it is."""
    job = get(change, job_id)
    if job.state is JobState.TODO:
        return _set(change, job_id, state=JobState.CANCELLED.value, cancel_requested=True, finished_at=change.now())
    if job.state is JobState.DOING:
        return _set(change, job_id, cancel_requested=True)
    return job


def retry(change: Change, job_id: JobId) -> Job:
    """Let a failed or cancelled job wait again; other jobs stay as they are."""
    job = get(change, job_id)
    if job.state not in {JobState.FAILED, JobState.CANCELLED}:
        return job
    return _set(
        change,
        job_id,
        state=JobState.TODO.value,
        cancel_requested=False,
        failure=None,
        failure_params={},
        started_at=None,
        finished_at=None,
        heartbeat_at=None,
        **_progress_values(None),
    )


def get_speed(reading: Reading, phase: Phase, fingerprint: str) -> float | None:
    """Return the learned seconds of work per second of sound, None before the first run."""
    here = (speeds.c.phase == phase.value, speeds.c.fingerprint == fingerprint)
    return reading.connection.execute(sa.select(speeds.c.seconds_per_second).where(*here)).scalar()


def put_speed(change: Change, phase: Phase, fingerprint: str, seconds_per_second: float) -> float:
    """Learn from a finished run: newer runs count more; return what is known now."""
    known = get_speed(change, phase, fingerprint)
    here = (speeds.c.phase == phase.value, speeds.c.fingerprint == fingerprint)
    if known is None:
        learned = seconds_per_second
        change.connection.execute(
            speeds.insert().values(
                phase=phase.value, fingerprint=fingerprint, seconds_per_second=learned, runs=1, learned_at=change.now()
            )
        )
        return learned
    learned = known + NEWEST_SPEED_WEIGHT * (seconds_per_second - known)
    change.connection.execute(
        speeds.update().where(*here).values(seconds_per_second=learned, runs=speeds.c.runs + 1, learned_at=change.now())
    )
    return learned


def _set(change: Change, job_id: JobId, **values: Any) -> Job:
    change.connection.execute(jobs.update().where(jobs.c.id == job_id).values(**values, version=jobs.c.version + 1))
    change.touched(jobs=True)
    return get(change, job_id)


def _progress_values(progress: Progress | None) -> dict[str, Any]:
    if progress is None:
        return {"share": None, "phase": None, "seconds_left": None, "text_ready": False}
    return {
        "share": progress.share,
        "phase": progress.phase.value,
        "seconds_left": progress.seconds_left,
        "text_ready": progress.text_ready,
    }


def _job(row: sa.Row[Any]) -> Job:
    progress = None
    if row.share is not None:
        progress = Progress(row.share, Phase(row.phase), row.seconds_left, row.text_ready)
    return Job(
        id=JobId(row.id),
        kind=JobKind(row.kind),
        recording_id=RecordingId(row.recording_id),
        state=JobState(row.state),
        options=TranscribeOptions(**row.options),
        attempts=row.attempts,
        created_at=row.created_at,
        started_at=row.started_at,
        finished_at=row.finished_at,
        heartbeat_at=row.heartbeat_at,
        progress=progress,
        cancel_requested=row.cancel_requested,
        failure=row.failure,
        failure_params=dict(row.failure_params),
        author=row.author,
    )
