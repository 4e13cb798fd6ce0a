"""The worker: takes transcriptions from the library's queue one after the other, with children for the heavy work.

It runs in a process without Qt and without models. One worker per library; whatever a worker that died was doing is
taken up again by the next.
"""

from __future__ import annotations

import logging
import threading
import uuid
from collections.abc import Callable

from cubb_desktop.domain.errors import JobFailed, LibraryBusy
from cubb_desktop.domain.ids import JobId
from cubb_desktop.domain.job import FINISHED, Job, JobState
from cubb_desktop.library import queue
from cubb_desktop.services.awake import Awake
from cubb_desktop.services.transcripts import settle_recording
from cubb_desktop.services.workspace import Workspace, worker_lock
from cubb_desktop.worker.children import CHILD_COMMAND, WarmChildren
from cubb_desktop.worker.transcription import Transcription

POLL_SECONDS = 0.5
MOST_CLAIMS = 20  # a job that took its worker down so often is given up; closing the lid is no reason to

log = logging.getLogger(__name__)


def run_worker(
    ws: Workspace,
    *,
    once: bool = False,
    until_job: JobId | None = None,
    on_progress: Callable[[Job], None] | None = None,
    stop: threading.Event | None = None,
    warm: WarmChildren | None = None,
    child_command: tuple[str, ...] = CHILD_COMMAND,
) -> int:
    """Do waiting transcriptions and return how many were ended.

    Returns when the queue is empty (`once`), when `until_job` has ended, or, never in the middle of a job, when `stop`
    is set. `on_progress` gets the job at every beat and once when it has ended. `warm` are children that were started
    early for the first job. Raises WorkerRunning when the library has a worker already.
    """
    stop = stop or threading.Event()
    worker_id = str(uuid.uuid4())
    ended = 0
    with worker_lock(ws.folder):
        _take_back(ws)
        while not stop.is_set():
            job = _claim(ws, worker_id)
            if job is not None:
                _do(ws, job, Transcription(ws, job, command=child_command, on_progress=on_progress, warm=warm))
                ended += 1
            if until_job is not None and _has_ended(ws, until_job):
                break
            if job is None:
                if once:
                    break
                stop.wait(POLL_SECONDS)
    return ended


def _take_back(ws: Workspace) -> None:
    """Let what a worker that died was doing wait again, or end where that was asked for; its recordings say so."""
    with ws.library.change(ws.actor, None) as change:
        left = {job.recording_id for job in queue.all(change) if job.state is JobState.DOING}
        queue.take_back(change)
        for recording_id in left:
            settle_recording(change, recording_id)


def _do(ws: Workspace, job: Job, transcription: Transcription) -> None:
    if job.attempts > MOST_CLAIMS:
        with ws.library.change(job.author, "transcription.failed", job.recording_id) as change:
            queue.finish(change, job.id, JobState.FAILED, JobFailed.__name__, {"exit": 0})
            settle_recording(change, job.recording_id, failed=True)
        return
    with Awake():
        state = transcription.run()
    log.info("a transcription ended: %s", state.value)


def _claim(ws: Workspace, worker_id: str) -> Job | None:
    """The oldest waiting job; looking costs no write while nothing waits."""
    with ws.library.read() as reading:
        if all(job.state in FINISHED for job in queue.all(reading)):
            return None
    try:
        with ws.library.change(ws.actor, None) as change:
            return queue.claim(change, worker_id, ws.clock())
    except LibraryBusy:
        return None


def _has_ended(ws: Workspace, job_id: JobId) -> bool:
    with ws.library.read() as reading:
        return queue.get(reading, job_id).state in FINISHED
