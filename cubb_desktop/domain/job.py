"""Work that waits in the library's queue and how far it has come."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from cubb_desktop.domain.ids import JobId, RecordingId


class JobKind(StrEnum):
    TRANSCRIBE = "transcribe"


class JobState(StrEnum):
    TODO = "todo"
    DOING = "doing"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"


SPEECH_LANGUAGES = frozenset(
    "af am ar as az ba be bg bn bo br bs ca cs cy da de el en es et eu fa fi fo fr gl gu ha haw he hi hr ht hu hy id "
    "is it ja jw ka kk km kn ko la lb ln lo lt lv mg mi mk ml mn mr ms mt my ne nl nn no oc pa pl ps pt ro ru sa sd "
    "si sk sl sn so sq sr su sv sw ta te tg th tk tl tr tt uk ur uz vi yi yo zh yue".split()
)  # the codes of Whisper's tokenizer

FINISHED = frozenset({JobState.SUCCEEDED, JobState.FAILED, JobState.CANCELLED})


class Phase(StrEnum):
    """The parts of a transcription a person can be told about; recognising and diarising run side by side."""

    LOADING = "loading"
    LISTENING = "listening"  # voice activity and silences
    RECOGNISING = "recognising"
    DIARISING = "diarising"
    ALIGNING = "aligning"


@dataclass(frozen=True, slots=True)
class TranscribeOptions:
    """How to transcribe; paths None mean the ones chosen in the settings. Language None means detect.

    Exactly `speakers`, or between `min_speakers` and `max_speakers`; all None means the default of 2.
    """

    recogniser: str | None = None
    diariser: str | None = None
    language: str | None = "da"
    speakers: int | None = None
    min_speakers: int | None = None
    max_speakers: int | None = None
    batched: bool | None = None  # None: whichever was measured faster and as complete


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a job is: share 0..1 of the whole, the phase that decides, seconds left (None while unknown)."""

    share: float
    phase: Phase
    seconds_left: float | None
    text_ready: bool = False


@dataclass(frozen=True, slots=True)
class Job:
    """One row of the queue. `failure` is an error's code (class name in domain.errors), `failure_params` its params."""

    id: JobId
    kind: JobKind
    recording_id: RecordingId
    state: JobState
    options: TranscribeOptions
    attempts: int
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    heartbeat_at: datetime | None
    progress: Progress | None
    cancel_requested: bool
    failure: str | None
    failure_params: dict[str, str | int]
    author: str
