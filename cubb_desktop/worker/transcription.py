"""One transcription from claim to commit: two children side by side, their words and voices written as they come.

Whatever dies, nothing is lost or doubled: a draft belongs to a result key and is emptied before it is filled again, and
the finished text, the job's end and the recording's new state are one transaction.
"""

from __future__ import annotations

import importlib.metadata
import logging
import queue as inboxes
import time
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from dataclasses import replace

from cubb_desktop.domain import errors
from cubb_desktop.domain.alignment import align, draft_turns, unheard
from cubb_desktop.domain.consent import Use
from cubb_desktop.domain.errors import N_, CubbError, JobFailed, JobOutOfMemory, LibraryBusy, NothingRecognised
from cubb_desktop.domain.ids import TranscriptId
from cubb_desktop.domain.job import Job, JobState, Phase, Progress
from cubb_desktop.domain.recording import Recording, RecordingState
from cubb_desktop.domain.transcript import (
    Engine,
    RecognisedSegment,
    SilenceMethod,
    Transcript,
    Turn,
    result_key,
)
from cubb_desktop.i18n import _
from cubb_desktop.library import queue, recordings, transcripts
from cubb_desktop.library.access import Change
from cubb_desktop.services.gate import gate
from cubb_desktop.services.models import ModelInfo, chosen_models
from cubb_desktop.services.transcripts import settle_recording
from cubb_desktop.services.workspace import Workspace
from cubb_desktop.settings import load_settings
from cubb_desktop.worker.children import CHILD_COMMAND, Child, Heard, WarmChildren
from cubb_desktop.worker.cores import MOST_THREADS, share_cores, usable_cores
from cubb_desktop.worker.estimate import Estimate
from cubb_desktop.worker.messages import (
    Bug,
    Diarised,
    Done,
    Failed,
    Listened,
    Progressed,
    Recognised,
    Segment,
    Task,
    Work,
    later,
)

MOST_STARTS = 3  # of each child, before the job is given up
BEAT_SECONDS = 0.5
_RECIPE = 1  # raise it when the same models would now give another text: a repeat is then no repeat
_MUCH_SPEECH_MS = 5000
_COMMIT_TRIES = 20
_KILLED = frozenset({-9, 137})
_PACKAGES = ("cubb-desktop", "faster-whisper", "ctranslate2", "pyannote-audio", "torch", "onnxruntime")
_PHASES: dict[Task, Phase] = {"recognise": Phase.RECOGNISING, "diarise": Phase.DIARISING}

BLANK_NOTE = N_("Modellen fandt ingen ord, selv om der blev hørt tale.")
FLAGGED_NOTE = N_("Nogle stykker blev hørt to gange af modellen, fordi den gentog sig selv eller sprang tale over.")

log = logging.getLogger(__name__)


class CancelledByPerson(Exception):  # noqa: N818 - an event, not an error
    """The person asked for this job to be stopped."""


class Transcription:
    """One claimed job; `run` does it and leaves it ended, unless this process dies first."""

    def __init__(
        self,
        ws: Workspace,
        job: Job,
        *,
        command: tuple[str, ...] = CHILD_COMMAND,
        on_progress: Callable[[Job], None] | None = None,
        warm: WarmChildren | None = None,
    ) -> None:
        self._ws = ws
        self._job = job
        self._command = command
        self._warm = warm
        self._on_progress = on_progress
        self._inbox: inboxes.Queue[Heard] = inboxes.Queue()
        self._children: dict[Task, Child] = {}
        self._starts: dict[Task, int] = {"recognise": 0, "diarise": 0}
        self._work: dict[Task, Work] = {}
        self._models: dict[Phase, ModelInfo] = {}
        self._segments: list[RecognisedSegment] = []
        self._unwritten: list[RecognisedSegment] = []
        self._turns = self._words = 0
        self._listened: Listened | None = None
        self._recognised: Recognised | None = None
        self._diarised: Diarised | None = None
        self._seconds: dict[tuple[Task, Phase], float] = {}
        self._text_ready = False
        self._beaten = 0.0

    def run(self) -> JobState:
        """Do the job to its end and return how it ended."""
        try:
            if not self._begin():
                return JobState.SUCCEEDED
            while not self._complete():
                self._listen()
                self._write_words()
                self._beat()
            return JobState.SUCCEEDED
        except CancelledByPerson:
            self._stop_children()
            return self._end(JobState.CANCELLED, None)
        except errors.NotFound:  # the recording was deleted meanwhile, and its job with it
            return self._end(JobState.CANCELLED, None)
        except CubbError as error:
            self._stop_children()
            return self._end(JobState.FAILED, error)
        finally:
            self._stop_children()

    # --- beginning -------------------------------------------------------------------------------------------------

    def _begin(self) -> bool:
        """Start both children and the draft; False when this very work was finished before."""
        with self._ws.library.read() as reading:
            self._recording: Recording = recordings.get(reading, self._job.recording_id)
        gate(self._ws, self._recording.id, Use.TRANSCRIBE)
        recogniser, diariser = chosen_models(load_settings(), self._job.options)
        self._models = {Phase.RECOGNISING: recogniser, Phase.DIARISING: diariser}
        engine = self._engine(recogniser, diariser)
        key = result_key(engine)
        with self._ws.library.read() as reading:
            before = transcripts.by_key(reading, self._recording.id, key)
            finished = before is not None and transcripts.is_final(reading, before.id)
        if finished:
            self._end(JobState.SUCCEEDED, None)
            return False
        self._plan_work(recogniser, diariser)
        self._start("diarise")  # first: its imports take longest
        self._start("recognise")
        self._draft = self._start_draft(engine, key)
        return True

    def _engine(self, recogniser: ModelInfo, diariser: ModelInfo) -> Engine:
        options = self._job.options
        return Engine(
            recogniser=recogniser.name,
            recogniser_fingerprint=recogniser.fingerprint,
            diariser=diariser.name,
            diariser_fingerprint=diariser.fingerprint,
            language=options.language or "auto",
            settings={
                "speakers": options.speakers,
                "min_speakers": options.min_speakers,
                "max_speakers": options.max_speakers,
                "batched": self._batched(),
                "recipe": _RECIPE,
            },
            versions=_versions(),
            demo=recogniser.demo or diariser.demo,
        )

    def _batched(self) -> bool:
        return True if self._job.options.batched is None else self._job.options.batched

    def _plan_work(self, recogniser: ModelInfo, diariser: ModelInfo) -> None:
        threads = share_cores(usable_cores())
        options = self._job.options
        recognise = Work(
            task="recognise",
            audio_folder=str(self._ws.audio_folder),
            recording_id=self._recording.id,
            key=self._ws.keys.get(self._recording.id).hex(),
            model=str(recogniser.path),
            threads=threads["recognise"],
            language=options.language,
            batched=self._batched(),
            speakers=options.speakers,
            min_speakers=options.min_speakers,
            max_speakers=options.max_speakers,
            from_ms=self._recording.spoken_ms,
        )
        self._work["recognise"] = recognise
        self._work["diarise"] = replace(
            recognise, task="diarise", model=str(diariser.path), threads=threads["diarise"], trust=diariser.trusted
        )

    def _start_draft(self, engine: Engine, key: str) -> Transcript:
        draft = Transcript(
            id=TranscriptId(str(uuid.uuid4())),
            recording_id=self._recording.id,
            number=0,
            created_at=self._ws.clock(),
            engine=engine,
            duration_ms=self._recording.duration_ms,
            has_speakers=False,
            speakers=(),
            turns=(),
            silences=(),
            overlaps=(),
            unheard=(),
            silence_method=SilenceMethod("", 0, 0.0),
        )
        with self._ws.library.change(self._job.author, "transcription.started", self._recording.id) as change:
            stored = transcripts.start_draft(change, draft, key)
            self._set_state(change, RecordingState.TRANSCRIBING)
            self._estimate = self._new_estimate(change)
        return stored

    def _new_estimate(self, change: Change) -> Estimate:
        def learned(phase: Phase, of: Phase) -> float | None:
            return queue.get_speed(change, phase, self._models[of].fingerprint)

        speeds = {phase: learned(phase, phase) for phase in self._models}
        loading = {phase: learned(Phase.LOADING, phase) for phase in self._models}
        return Estimate(self._recording.duration_ms, speeds, loading, time.monotonic())

    def _start(self, task: Task) -> None:
        self._starts[task] += 1
        work = self._work[task]
        child = self._warm.take(task) if self._warm is not None else None
        self._children[task] = child or Child(task, work.threads, self._command)
        self._children[task].begin(work, self._inbox)

    # --- listening -------------------------------------------------------------------------------------------------

    def _listen(self) -> None:
        """Wait for the children, but not past the next beat; take everything that has been said."""
        wait = max(0.01, self._beaten + BEAT_SECONDS - time.monotonic())
        with suppress(inboxes.Empty):
            self._take(self._inbox.get(timeout=wait))
            while True:
                self._take(self._inbox.get_nowait())

    def _take(self, heard: Heard) -> None:
        if heard.child is not self._children.get(heard.child.task):
            return  # a last word from a child that was replaced
        match heard.message if heard.message is None else later(heard.message, self._recording.spoken_ms):
            case Progressed(phase, share) if phase is _PHASES[heard.child.task]:
                self._estimate.tracks[phase].moved(share, time.monotonic())
            case Listened() as listened:
                self._listened = listened
            case Segment(segment):
                self._segments.append(segment)
                self._unwritten.append(segment)
            case Recognised() as recognised:
                self._recognised = recognised
            case Diarised() as diarised:
                self._diarised = diarised
            case Failed(code, params):
                raise _error(code, params)
            case Bug(where):
                log.error("a job child stopped on a bug: %s", where)
                raise JobFailed(exit=1)
            case Done(seconds, attempts):
                if attempts:
                    log.error("a job child tried to reach the network %d times and was refused", attempts)
                self._child_is_done(heard.child, seconds)
            case None:
                self._child_has_ended(heard.child, heard.exit_code)

    def _child_is_done(self, child: Child, seconds: dict[Phase, float]) -> None:
        child.done = True
        self._seconds |= {(child.task, phase): spent for phase, spent in seconds.items()}
        self._estimate.tracks[_PHASES[child.task]].done = True
        for other in self._children.values():
            if not other.done:
                other.use_threads(min(MOST_THREADS, usable_cores()))
        if child.task == "recognise" and self._recognised is not None and self._diarised is None:
            self._commit_text()

    def _child_has_ended(self, child: Child, exit_code: int | None) -> None:
        if child.done:
            return
        log.warning("a job child (%s) ended without a result, exit code %s", child.task, exit_code)
        if self._starts[child.task] >= MOST_STARTS:
            raise JobOutOfMemory(exit=exit_code or 0) if exit_code in _KILLED else JobFailed(exit=exit_code or 0)
        if child.task == "recognise":
            self._forget_words()
        child.stop()
        self._start(child.task)

    def _forget_words(self) -> None:
        """A new recogniser begins from the first word: the draft is emptied in one transaction."""
        self._segments, self._unwritten = [], []
        self._listened = self._recognised = None
        self._turns = self._words = 0
        with self._change("transcription.restarted") as change:
            transcripts.start_draft(change, self._draft, result_key(self._draft.engine))

    # --- writing ---------------------------------------------------------------------------------------------------

    def _write_words(self) -> None:
        """Put new words in the draft, so that they can be read while the work goes on."""
        if not self._unwritten or self._text_ready:
            return
        turns = draft_turns(self._unwritten, self._name, first_turn=self._turns, first_word=self._words)
        try:
            with self._ws.library.change(self._job.author, None) as change:
                transcripts.append_words(change, self._draft.id, turns)
        except LibraryBusy:
            return  # they go with the next ones
        self._unwritten = []
        self._turns += len(turns)
        self._words += sum(len(turn.words) for turn in turns)

    def _commit_text(self) -> None:
        text = self._transcript(draft_turns(self._segments, self._name))
        with self._change("transcript.readable") as change:
            transcripts.replace_with(change, text, final=False)
            self._set_state(change, RecordingState.READABLE)
        self._text_ready = True
        self._unwritten = []

    def _complete(self) -> bool:
        """When both children are done: voices to words, and everything committed at once."""
        if not self._children or not all(child.done for child in self._children.values()):
            return False
        if self._recognised is None or self._diarised is None or self._listened is None:
            raise JobFailed(exit=0)
        found = align(
            self._segments,
            self._diarised.diarisation,
            self._listened.silences,
            naming=self._name,
            label=lambda number: _("Taler {number}").format(number=number),
        )
        finished = replace(
            self._transcript(found.turns), has_speakers=True, speakers=found.speakers, overlaps=found.overlaps
        )
        with self._change("transcript.finished") as change:
            transcripts.replace_with(change, finished)
            queue.set_progress(change, self._job.id, Progress(1.0, Phase.ALIGNING, 0.0, text_ready=True))
            queue.finish(change, self._job.id, JobState.SUCCEEDED)
            self._learn(change)
            settle_recording(change, self._recording.id)
        self._report()
        return True

    def _transcript(self, turns: Iterable[Turn]) -> Transcript:
        listened, recognised = self._listened, self._recognised
        if listened is None or recognised is None:
            raise JobFailed(exit=0)
        words = [word for segment in self._segments for word in segment.words]
        heard_ms = sum(h.end_ms - h.start_ms for h in listened.heard)
        if not words and heard_ms >= _MUCH_SPEECH_MS:
            raise NothingRecognised
        notes = (*([BLANK_NOTE] if recognised.blank else []), *([FLAGGED_NOTE] if recognised.flagged else []))
        return replace(
            self._draft,
            engine=replace(self._draft.engine, language=recognised.language, notes=notes),
            duration_ms=listened.duration_ms,
            turns=tuple(turns),
            silences=listened.silences,
            unheard=unheard(listened.heard, words),
            silence_method=listened.method,
            flagged=recognised.flagged,
        )

    def _learn(self, change: Change) -> None:
        """Remember what each phase took on this machine; loading in plain seconds, work per second of sound."""
        duration_s = max(1.0, self._recording.duration_ms / 1000)
        for (task, phase), spent in self._seconds.items():
            fingerprint = self._models[_PHASES[task]].fingerprint
            queue.put_speed(change, phase, fingerprint, spent if phase is Phase.LOADING else spent / duration_s)

    def _name(self, kind: str, number: int) -> str:
        """The same id for the same thing whenever this work is done again."""
        return str(uuid.uuid5(uuid.UUID(self._draft.id), f"{kind} {number}"))

    # --- staying alive, ending -------------------------------------------------------------------------------------

    def _beat(self) -> None:
        now = time.monotonic()
        if now - self._beaten < BEAT_SECONDS:
            return
        self._beaten = now
        progress = self._estimate.progress(now, text_ready=self._text_ready)
        try:
            with self._ws.library.change(self._job.author, None) as change:
                queue.set_progress(change, self._job.id, progress)
                self._job = queue.beat(change, self._job.id, self._ws.clock())
        except LibraryBusy:
            return
        if self._on_progress is not None:
            self._on_progress(self._job)
        if self._job.cancel_requested:
            raise CancelledByPerson

    def _end(self, state: JobState, error: CubbError | None) -> JobState:
        """End the job and give its recording the state that follows; an unfinished draft goes, whole text stays."""
        params = {k: v if isinstance(v, int) else str(v) for k, v in error.params.items()} if error else {}
        with suppress(errors.NotFound), self._change(f"transcription.{state.value}") as change:
            queue.finish(change, self._job.id, state, error.code if error else None, params)
            draft = getattr(self, "_draft", None)
            if draft is not None and not self._text_ready:
                transcripts.discard_draft(change, draft.id)
            settle_recording(change, self._job.recording_id, failed=state is JobState.FAILED)
        self._report()
        return state

    def _report(self) -> None:
        if self._on_progress is None:
            return
        with suppress(errors.NotFound), self._ws.library.read() as reading:
            self._on_progress(queue.get(reading, self._job.id))

    def _stop_children(self) -> None:
        for child in self._children.values():
            child.ask_to_stop()
        for child in self._children.values():
            child.stop()
        self._children = {}

    def _set_state(self, change: Change, state: RecordingState) -> None:
        recordings.update(change, recordings.get(change, self._recording.id), state=state)

    def _change(self, action: str) -> AbstractContextManager[Change]:
        return patient_change(self._ws, self._job.author, action, self._job.recording_id)


@contextmanager
def patient_change(ws: Workspace, actor: str, action: str, object_id: str) -> Iterator[Change]:
    """A change that matters: it waits its turn for minutes rather than lose what was worked out."""
    with ExitStack() as stack:
        for left in reversed(range(_COMMIT_TRIES)):
            try:
                change = stack.enter_context(ws.library.change(actor, action, object_id))
                break
            except LibraryBusy:
                if not left:
                    raise
        yield change


def _error(code: str, params: dict[str, str | int]) -> CubbError:
    """The error that a child named; one it can't have meant counts as a failed job."""
    kind = getattr(errors, code, None)
    if isinstance(kind, type) and issubclass(kind, CubbError):
        return kind(**params)
    return JobFailed(exit=1)


def _versions() -> dict[str, str]:
    found = {}
    for package in _PACKAGES:
        with suppress(importlib.metadata.PackageNotFoundError):
            found[package] = importlib.metadata.version(package)
    return found
