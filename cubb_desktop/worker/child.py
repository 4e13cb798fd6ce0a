"""The job child's main: one recording, one task, then exit. It alone loads models, and never uses the network.

What it reads and writes is listed in `messages`. Two children work on a recording side by side: one recognises words,
one tells voices apart, each with its share of the cores. Its imports begin before it knows the work.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO

from cubb_desktop.domain.errors import CubbError, JobOutOfMemory
from cubb_desktop.domain.ids import RecordingId
from cubb_desktop.domain.job import Phase
from cubb_desktop.speech.guards import NetworkGuard, go_offline, limit_threads
from cubb_desktop.worker.messages import TASK_VARIABLE, THREADS_VARIABLE, Work, encode, segment_row, spans, voice_rows

NICENESS = 10
EXIT_BUG, EXIT_PARENT_GONE, EXIT_STOPPED = 1, 3, 4
_PR_SET_PDEATHSIG = 1
_LEAST_SECONDS_BETWEEN_PROGRESS = 0.2


def run_child(stdin: Any, stdout: Any) -> int:
    """Do the work of the first line of `stdin` and say the result on `stdout`; ends the process when told to stop."""
    source: BinaryIO = getattr(stdin, "buffer", stdin)
    speech = Speech(_own(getattr(stdout, "buffer", stdout)))
    sys.excepthook = speech.tell_bug
    threading.excepthook = lambda hook: speech.tell_bug(hook.exc_type, hook.exc_value, hook.exc_traceback)
    _step_aside()
    threads = int(os.environ.get(THREADS_VARIABLE, "1"))
    limit_threads(threads)
    guard = go_offline()
    control = Control(source, threads)
    task = os.environ.get(TASK_VARIABLE) or control.work.result().task
    try:
        (_recognise if task == "recognise" else _diarise)(speech, control)
    except CubbError as error:
        speech.say({"type": "failure", "code": error.code, "params": _plain(error.params)})
    except MemoryError:
        speech.say({"type": "failure", "code": JobOutOfMemory.__name__, "params": {"exit": 0}})
    _finish(speech, guard)
    return 0


def _finish(speech: Speech, guard: NetworkGuard) -> None:
    seconds = {phase.value: round(spent, 3) for phase, spent in speech.seconds.items()}
    speech.say({"type": "done", "seconds": seconds, "network_attempts": guard.attempts})
    os._exit(0)  # model libraries can hang while they are torn down, and everything has been said


class Speech:
    """The child's voice: lines on stdout, and the time each phase took."""

    def __init__(self, stdout: BinaryIO) -> None:
        self._stdout = stdout
        self._lock = threading.Lock()
        self._last_progress = 0.0
        self.seconds: dict[Phase, float] = {}

    def say(self, message: dict[str, Any]) -> None:
        """Write one line; a worker that is gone ends the child."""
        try:
            with self._lock:
                self._stdout.write(encode(message))
                self._stdout.flush()
        except (BrokenPipeError, ValueError):
            os._exit(EXIT_PARENT_GONE)

    def progress(self, phase: Phase, share: float) -> None:
        """Say how far a phase is, at most five times a second."""
        now = time.monotonic()
        if now - self._last_progress >= _LEAST_SECONDS_BETWEEN_PROGRESS or share in {0.0, 1.0}:
            self._last_progress = now
            self.say({"type": "progress", "phase": phase.value, "share": round(share, 4)})

    @contextmanager
    def phase(self, phase: Phase) -> Iterator[Callable[[float], None]]:
        """Time a phase and give a function that tells its progress."""
        started = time.monotonic()
        self.progress(phase, 0.0)
        yield lambda share: self.progress(phase, share)
        self.seconds[phase] = self.seconds.get(phase, 0.0) + time.monotonic() - started

    def tell_bug(self, kind: type[BaseException], _value: BaseException | None, trace: TracebackType | None) -> None:
        """Say where an exception came from, without its text, which may hold what was said."""
        while trace is not None and trace.tb_next is not None:
            trace = trace.tb_next
        place = f"{Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}" if trace is not None else "?"
        self.say({"type": "bug", "where": f"{kind.__name__} {place}"})
        os._exit(EXIT_BUG)


class Control:
    """Listens to the worker beside the work: for the work itself, more threads, stop, or its death."""

    def __init__(self, stdin: BinaryIO, threads: int) -> None:
        self.threads = threads
        self.work: Future[Work] = Future()
        self._stdin = stdin
        threading.Thread(target=self._listen, name="control", daemon=True).start()

    def _listen(self) -> None:
        for line in iter(self._stdin.readline, b""):
            order = json.loads(line)
            if "task" in order:
                self.work.set_result(Work.parse(line))
            if order.get("stop"):
                os._exit(EXIT_STOPPED)
            self.threads = int(order.get("threads", self.threads))
        os._exit(EXIT_PARENT_GONE)


# --- tasks -----------------------------------------------------------------------------------------------------------


def _recognise(speech: Speech, control: Control) -> None:
    from cubb_desktop.speech.silences import listen, runs_ms
    from cubb_desktop.speech.transcriber import Transcriber

    work = control.work.result()
    with speech.phase(Phase.LOADING):
        samples = _samples(work)
        transcriber = Transcriber(Path(work.model), threads=work.threads)
    with speech.phase(Phase.LISTENING):
        listening = listen(samples)
    speech.say(
        {
            "type": "listened",
            "duration_ms": listening.duration_ms,
            "speech_ms": listening.speech_ms,
            "silences": spans(listening.silences),
            "heard": [list(span) for span in runs_ms(listening.heard, listening.duration_ms)],
            "method": listening.method.name,
            "least_ms": listening.method.least_ms,
            "threshold_db": listening.method.threshold_db,
        }
    )
    with speech.phase(Phase.RECOGNISING) as progress:
        recognition = transcriber.recognise(
            samples,
            listening,
            language=work.language,
            batched=work.batched,
            on_segment=lambda s: speech.say({"type": "segment", "segment": segment_row(s)}),
            on_progress=progress,
        )
    flagged = spans(recognition.flagged)
    speech.say({"type": "recognised", "language": recognition.language, "flagged": flagged, "blank": recognition.blank})


def _diarise(speech: Speech, control: Control) -> None:
    with speech.phase(Phase.LOADING), ThreadPoolExecutor(1) as beside:
        # decrypting and resampling leave Python free for the slow imports
        samples = beside.submit(lambda: _samples(control.work.result()))
        from cubb_desktop.speech.diarizer import Diarizer, SpeakerCount, prepare_imports

        prepare_imports()
        work = control.work.result()
        diarizer = Diarizer(Path(work.model), threads=work.threads, trust=work.trust)
        control.threads = max(control.threads, work.threads)
    with speech.phase(Phase.DIARISING) as progress:
        diarisation = diarizer.diarise(
            samples.result(),
            SpeakerCount.of(work.speakers, work.min_speakers, work.max_speakers),
            on_progress=progress,
            threads=lambda: control.threads,
        )
    overlapping, exclusive = voice_rows(diarisation.overlapping), voice_rows(diarisation.exclusive)
    speech.say({"type": "diarised", "overlapping": overlapping, "exclusive": exclusive})


def _samples(work: Work) -> Any:
    """The recording, from where the work begins, as float32 mono at 16 kHz, decrypted in memory only."""
    from cubb_desktop.audio.chunks import SoundReader

    reader = SoundReader.open(Path(work.audio_folder), RecordingId(work.recording_id), bytes.fromhex(work.key))
    try:
        return reader.mono(16_000)[work.from_ms * 16 :]
    finally:
        reader.close()


# --- the process -----------------------------------------------------------------------------------------------------


def _own(stdout: BinaryIO) -> BinaryIO:
    """Keep the real stdout for messages alone: what a library prints goes nowhere."""
    try:
        descriptor = stdout.fileno()
    except (OSError, AttributeError):
        return stdout
    kept = os.fdopen(os.dup(descriptor), "wb")
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, descriptor)
    os.close(nowhere)
    return kept


def _step_aside() -> None:
    """Yield to the window and to a recording under way, die with the worker, and leave Ctrl+C to it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if hasattr(os, "nice"):
        with suppress(OSError):
            os.nice(NICENESS)


def _plain(params: dict[str, object]) -> dict[str, str | int]:
    return {name: value if isinstance(value, int) else str(value) for name, value in params.items()}
