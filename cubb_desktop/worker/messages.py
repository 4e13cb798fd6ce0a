"""What a worker and its children say to each other, one JSON object per line; untrusted until parsed.

Worker to child, in the environment, so that imports can begin at once: the task and the number of threads.
Worker to child, on stdin (an end of file means that the worker is gone: the child ends at once):
  first line  {"task": "recognise" | "diarise", "audio_folder", "recording_id", "key" (hex), "model" (folder),
               "threads", "trust", "language", "batched", "speakers", "min_speakers", "max_speakers"}
  later       {"threads": N}    use so many from now on (the other child is done)
              {"stop": true}    end now, without a result

Child to worker, on stdout:
  {"type": "progress", "phase", "share"}                         share 0..1 of this phase
  {"type": "listened", "duration_ms", "speech_ms", "silences", "heard", "method", "least_ms", "threshold_db"}
  {"type": "segment", "segment": [start_ms, end_ms, [[text, start_ms, end_ms, confidence], ...], [flag, ...]]}
  {"type": "recognised", "language", "flagged", "blank"}
  {"type": "diarised", "overlapping": [[start_ms, end_ms, voice], ...], "exclusive": [...]}
  {"type": "failure", "code", "params"}                          a CubbError; nothing more comes
  {"type": "bug", "where"}                                       an exception's class, module and line; never its text
  {"type": "done", "seconds": {phase: seconds}, "network_attempts"}   always last; without it the child has failed
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal

from cubb_desktop.domain.job import Phase
from cubb_desktop.domain.transcript import (
    Diarisation,
    Interval,
    RecognisedSegment,
    RecognisedWord,
    Silence,
    SilenceMethod,
    SpeakerSegment,
)

Task = Literal["recognise", "diarise"]
TASK_VARIABLE, THREADS_VARIABLE = "CUBB_CHILD_TASK", "CUBB_CHILD_THREADS"
LONGEST_LINE = 64 * 2**20


class ProtocolError(ValueError):
    """A child said something that it cannot have meant."""


@dataclass(frozen=True, slots=True)
class Work:
    """The first line that a child reads."""

    task: Task
    audio_folder: str
    recording_id: str
    key: str
    model: str
    threads: int
    trust: bool = False
    language: str | None = "da"
    batched: bool = True
    speakers: int | None = None
    min_speakers: int | None = None
    max_speakers: int | None = None
    from_ms: int = 0  # what comes before (an agreement given aloud) is left alone; all times count from here

    def line(self) -> bytes:
        return encode(asdict(self))

    @classmethod
    def parse(cls, line: bytes) -> Work:
        return cls(**json.loads(line))


@dataclass(frozen=True, slots=True)
class Progressed:
    phase: Phase
    share: float


@dataclass(frozen=True, slots=True)
class Listened:
    """What was measured on the signal."""

    duration_ms: int
    speech_ms: int
    silences: tuple[Silence, ...]
    heard: tuple[Interval, ...]
    method: SilenceMethod


@dataclass(frozen=True, slots=True)
class Segment:
    segment: RecognisedSegment


@dataclass(frozen=True, slots=True)
class Recognised:
    """All segments have been sent."""

    language: str
    flagged: tuple[Interval, ...]
    blank: bool


@dataclass(frozen=True, slots=True)
class Diarised:
    diarisation: Diarisation


@dataclass(frozen=True, slots=True)
class Failed:
    """The world's fault, as an error's code and params."""

    code: str
    params: dict[str, str | int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Bug:
    where: str


@dataclass(frozen=True, slots=True)
class Done:
    seconds: dict[Phase, float]
    network_attempts: int


Message = Progressed | Listened | Segment | Recognised | Diarised | Failed | Bug | Done


# --- child's side ----------------------------------------------------------------------------------------------------


def encode(message: dict[str, Any]) -> bytes:
    """One line; characters beyond ASCII are escaped, so that no terminal's code page matters."""
    return json.dumps(message, separators=(",", ":")).encode("ascii") + b"\n"


def spans(intervals: Sequence[Interval | Silence]) -> list[list[int]]:
    """Intervals as pairs."""
    return [[i.start_ms, i.end_ms] for i in intervals]


def segment_row(segment: RecognisedSegment) -> list[Any]:
    """A segment as nested lists."""
    words = [[w.text, w.start_ms, w.end_ms, round(w.confidence, 4)] for w in segment.words]
    return [segment.start_ms, segment.end_ms, words, list(segment.flags)]


def voice_rows(segments: Sequence[SpeakerSegment]) -> list[list[Any]]:
    """Speaker segments as lists."""
    return [[s.start_ms, s.end_ms, s.voice] for s in segments]


# --- worker's side ---------------------------------------------------------------------------------------------------


def parse(untrusted_line: bytes) -> Message:
    """A child's line as a message; raises ProtocolError for anything else."""
    try:
        untrusted = json.loads(untrusted_line)
        return _PARSERS[untrusted["type"]](untrusted)
    except (ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
        raise ProtocolError(type(error).__name__) from None


def later(message: Message, ms: int) -> Message:
    """Return a message whose times count from `ms` earlier: from the recording's beginning, not from the work's."""
    match message:
        case Listened():
            silences = tuple(Silence(s.start_ms + ms, s.end_ms + ms) for s in message.silences)
            heard = _later(message.heard, ms)
            return replace(message, duration_ms=message.duration_ms + ms, silences=silences, heard=heard)
        case Segment(said):
            words = tuple(replace(w, start_ms=w.start_ms + ms, end_ms=w.end_ms + ms) for w in said.words)
            return Segment(replace(said, start_ms=said.start_ms + ms, end_ms=said.end_ms + ms, words=words))
        case Recognised():
            return replace(message, flagged=_later(message.flagged, ms))
        case Diarised(found):
            overlapping, exclusive = (
                tuple(replace(v, start_ms=v.start_ms + ms, end_ms=v.end_ms + ms) for v in voices)
                for voices in (found.overlapping, found.exclusive)
            )
            return Diarised(Diarisation(overlapping, exclusive))
    return message


def _later(intervals: Sequence[Interval], ms: int) -> tuple[Interval, ...]:
    return tuple(Interval(i.start_ms + ms, i.end_ms + ms) for i in intervals)


def _times(untrusted: Sequence[Any]) -> tuple[int, int]:
    start, end = int(untrusted[0]), int(untrusted[1])
    if not 0 <= start <= end:
        raise ProtocolError("times")
    return start, end


def _share(value: Any) -> float:
    return min(1.0, max(0.0, float(value)))


def _listened(m: dict[str, Any]) -> Message:
    method = SilenceMethod(str(m["method"]), int(m["least_ms"]), float(m["threshold_db"]))
    silences = tuple(Silence(*_times(s)) for s in m["silences"])
    heard = tuple(Interval(*_times(s)) for s in m["heard"])
    return Listened(max(0, int(m["duration_ms"])), max(0, int(m["speech_ms"])), silences, heard, method)


def _segment(m: dict[str, Any]) -> Message:
    start, end, words, flags = m["segment"]
    said = tuple(RecognisedWord(str(w[0]), *_times(w[1:3]), _share(w[3])) for w in words)
    return Segment(RecognisedSegment(*_times((start, end)), said, tuple(str(flag) for flag in flags)))


def _recognised(m: dict[str, Any]) -> Message:
    return Recognised(str(m["language"]), tuple(Interval(*_times(f)) for f in m["flagged"]), m["blank"] is True)


def _diarised(m: dict[str, Any]) -> Message:
    overlapping, exclusive = (
        tuple(SpeakerSegment(*_times(s), str(s[2])) for s in m[which]) for which in ("overlapping", "exclusive")
    )
    return Diarised(Diarisation(overlapping, exclusive))


def _failed(m: dict[str, Any]) -> Message:
    params = {str(k): v if isinstance(v, int) else str(v) for k, v in m["params"].items()}
    return Failed(str(m["code"]), params)


def _done(m: dict[str, Any]) -> Message:
    return Done({Phase(p): float(s) for p, s in m["seconds"].items()}, int(m["network_attempts"]))


_PARSERS: dict[str, Callable[[dict[str, Any]], Message]] = {
    "progress": lambda m: Progressed(Phase(m["phase"]), _share(m["share"])),
    "listened": _listened,
    "segment": _segment,
    "recognised": _recognised,
    "diarised": _diarised,
    "failure": _failed,
    "bug": lambda m: Bug(str(m["where"])[:200]),
    "done": _done,
}
