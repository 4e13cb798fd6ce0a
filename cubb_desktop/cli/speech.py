"""`transcribe`, `jobs`, `worker`, `models`: from sound to text."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from types import FrameType
from typing import Any

from cubb_desktop.cli.opening import Run
from cubb_desktop.cli.output import ProgressLine, warn
from cubb_desktop.domain import errors
from cubb_desktop.domain.errors import N_, CubbError, JobCancelled, JobFailed, WorkerRunning
from cubb_desktop.domain.ids import JobId, RecordingId
from cubb_desktop.domain.job import FINISHED, Job, JobState, Phase, TranscribeOptions
from cubb_desktop.i18n import _, format_number, format_share
from cubb_desktop.services import models as catalogue
from cubb_desktop.services import transcripts
from cubb_desktop.services.workspace import Workspace
from cubb_desktop.worker.children import WarmChildren
from cubb_desktop.worker.supervisor import run_worker

PHASES: dict[Phase, str] = {
    Phase.LOADING: N_("Gør klar"),
    Phase.LISTENING: N_("Lytter"),
    Phase.RECOGNISING: N_("Skriver ud"),
    Phase.DIARISING: N_("Finder talere"),
    Phase.ALIGNING: N_("Samler"),
}
JOB_STATES: dict[JobState, str] = {
    JobState.TODO: N_("venter"),
    JobState.DOING: N_("i gang"),
    JobState.SUCCEEDED: N_("færdig"),
    JobState.FAILED: N_("mislykket"),
    JobState.CANCELLED: N_("annulleret"),
}
MODEL_KINDS = {catalogue.RECOGNISER: N_("tale"), catalogue.DIARISER: N_("stemmer")}
_POLL_SECONDS = 0.3


def transcribe(run: Run) -> None:
    """Ask for a transcription and, unless told otherwise, do it or wait for the worker that does."""
    given = run.options
    recording_id = RecordingId(given.recording)
    early = nullcontext() if given.no_wait else WarmChildren()  # their imports take longer than unlocking the library
    with early as warm, run.open() as workspace:
        job = transcripts.request_transcription(workspace, recording_id, _options(run))
        if not given.no_wait:
            job = wait_for(workspace, job, warm)
            raise_failure(job)
            document = {"id": job.id, "recording": recording_id, "state": job.state.value}
            run.output.made(document, _("Udskriften er klar: {id}").format(id=recording_id))
            _say_demo(workspace, recording_id)
            return
    document = {"id": job.id, "recording": recording_id, "state": job.state.value}
    run.output.made(document, _("Opgaven er sat i kø: {id}").format(id=job.id))


def _options(run: Run) -> TranscribeOptions:
    given, settings = run.options, run.settings
    language = given.language or settings.speech_language
    counted = given.speakers is not None or given.min_speakers is not None or given.max_speakers is not None
    return TranscribeOptions(
        recogniser=str(given.model) if given.model else None,
        diariser=str(given.diariser) if given.diariser else None,
        language=None if language == "auto" else language,
        speakers=given.speakers if counted else settings.speakers,
        min_speakers=given.min_speakers,
        max_speakers=given.max_speakers,
    )


def wait_for(workspace: Workspace, job: Job, warm: WarmChildren | None = None) -> Job:
    """Do the job here, or, where the library has a worker already, wait for it; Ctrl+C cancels the job."""
    progress = ProgressLine()

    def show(current: Job) -> None:
        if asked_to_end.is_set() and current.state not in FINISHED:
            raise KeyboardInterrupt
        if current.id == job.id and current.progress is not None:
            now = current.progress
            progress.show(_(PHASES[now.phase]), now.share, now.seconds_left)

    with _ctrl_c_noted() as asked_to_end:
        try:
            while (current := transcripts.get_job(workspace, job.id)).state not in FINISHED:
                try:
                    run_worker(workspace, until_job=job.id, on_progress=show, warm=warm)
                except WorkerRunning:  # another does it; should that one end before the job, this one takes over
                    if warm is not None:
                        warm.stop()
                    show(current)
                    asked_to_end.wait(_POLL_SECONDS)
        except KeyboardInterrupt:
            transcripts.cancel_job(workspace, job.id)
            _end_cancelled(workspace)
            raise
        finally:
            progress.done()
    return transcripts.get_job(workspace, job.id)


@contextmanager
def _ctrl_c_noted() -> Iterator[threading.Event]:
    """Note Ctrl+C instead of raising it wherever the program is: in a library's callback it would be swallowed.

    A second one is raised as usual. Who started the program so that it takes no notice of Ctrl+C is obeyed.
    """
    asked = threading.Event()
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        yield asked
        return

    def note(number: int, frame: FrameType | None) -> None:
        if asked.is_set():
            signal.default_int_handler(number, frame)
        asked.set()

    before = signal.signal(signal.SIGINT, note)
    try:
        yield asked
    finally:
        signal.signal(signal.SIGINT, before)


def _end_cancelled(workspace: Workspace) -> None:
    """End the job that was left in the middle here; a worker elsewhere does so itself."""
    told_to_stop = threading.Event()
    told_to_stop.set()
    with suppress(WorkerRunning):
        run_worker(workspace, stop=told_to_stop)


def raise_failure(job: Job) -> None:
    """Turn a job that did not succeed into the fault it ended with."""
    if job.state is JobState.CANCELLED:
        raise JobCancelled
    if job.state is JobState.FAILED:
        kind = getattr(errors, job.failure or "", JobFailed)
        known = isinstance(kind, type) and issubclass(kind, CubbError)
        raise (kind if known else JobFailed)(**{"exit": 1, **job.failure_params})


def _say_demo(workspace: Workspace, recording_id: RecordingId) -> None:
    engine = transcripts.read_transcript(workspace, recording_id).engine
    for note in transcripts.engine_notes(engine):
        warn(note)


# --- the queue -------------------------------------------------------------------------------------------------------


def jobs(run: Run) -> None:
    """Show the queue, the newest job first."""
    with run.open() as workspace:
        found = transcripts.list_jobs(workspace)
    if run.output.as_json:
        run.output.document([_job_document(job) for job in found])
        return
    rows = [(job.id, _(JOB_STATES[job.state]), _share_done(job), job.recording_id) for job in found]
    run.output.table(rows, _("Der er ingen opgaver."))


def _share_done(job: Job) -> str:
    """How far a job came; nothing where it has not begun or is all done."""
    return format_share(job.progress.share) if job.progress and job.state is not JobState.SUCCEEDED else ""


def cancel(run: Run) -> None:
    """Cancel a job."""
    with run.open() as workspace:
        job = transcripts.cancel_job(workspace, JobId(run.options.id))
    run.output.made(_job_document(job), _(JOB_STATES[job.state]))


def retry(run: Run) -> None:
    """Let a failed or cancelled job wait again."""
    with run.open() as workspace:
        job = transcripts.retry_job(workspace, JobId(run.options.id))
    run.output.made(_job_document(job), _(JOB_STATES[job.state]))


def _job_document(job: Job) -> dict[str, Any]:
    progress = job.progress
    return {
        "id": job.id,
        "kind": job.kind.value,
        "recording": job.recording_id,
        "state": job.state.value,
        "attempts": job.attempts,
        "share": progress.share if progress else None,
        "phase": progress.phase.value if progress else None,
        "seconds_left": progress.seconds_left if progress else None,
        "failure": job.failure,
    }


def worker(run: Run) -> None:
    """Do what waits; started by the window, stop when the window's end of stdin closes."""
    stop = threading.Event()
    with run.open() as workspace:
        if run.options.key_on_stdin:
            threading.Thread(target=_until_stdin_closes, args=(stop,), daemon=True, name="parent-watch").start()
        ended = run_worker(workspace, once=run.options.once, stop=stop)
    run.output.made({"ended": ended}, _("Opgaver afsluttet: {count}").format(count=ended))


def _until_stdin_closes(stop: threading.Event) -> None:
    while sys.stdin.readline():
        pass
    stop.set()


# --- models ----------------------------------------------------------------------------------------------------------


def models(run: Run) -> None:
    """Show the models that can be chosen, the chosen ones marked."""
    found = catalogue.list_models(run.settings)
    chosen = {info.fingerprint for info in catalogue.chosen_models(run.settings)}
    if run.output.as_json:
        run.output.document([{**catalogue.model_document(m), "chosen": m.fingerprint in chosen} for m in found])
        return
    for info in found:
        mark = "*" if info.fingerprint in chosen else " "
        kind, size = _(MODEL_KINDS[info.kind]), format_number(info.size_bytes / 1e6)
        run.output.say(f"{mark} {kind:<7}  {info.name}  ({size} MB)  {info.path}")
        for note in info.notes:
            run.output.say(f"    {note}")


def add_model(run: Run) -> None:
    """Look at a model folder and remember it."""
    info = catalogue.add_model(run.options.folder)
    document = {"id": info.fingerprint, **catalogue.model_document(info)}
    run.output.made(document, _("Modellen er tilføjet: {name} ({kind})").format(
        name=info.name, kind=_(MODEL_KINDS[info.kind])
    ))  # fmt: skip
