"""What was said, by whom and when: words, turns, measured silences, overlaps and what the machine did not hear.

All times are integer milliseconds from the start of the recording. A silence belongs to nobody.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from cubb_desktop.domain.ids import RecordingId, SpeakerId, TranscriptId, TurnId, WordId
from cubb_desktop.domain.recording import Role


@dataclass(frozen=True, slots=True)
class RecognisedWord:
    """A word as the recogniser gives it: no speaker, no id; `text` carries its punctuation, no spaces."""

    text: str
    start_ms: int
    end_ms: int
    confidence: float  # 0..1, the recogniser's own


@dataclass(frozen=True, slots=True)
class RecognisedSegment:
    """A stretch the recogniser decoded as one; `flags` say why it was decoded again ("loop", "repeated", "empty")."""

    start_ms: int
    end_ms: int
    words: tuple[RecognisedWord, ...]
    flags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SpeakerSegment:
    """A stretch in which one voice is active, as the diariser gives it; `voice` is its label in this run."""

    start_ms: int
    end_ms: int
    voice: str


@dataclass(frozen=True, slots=True)
class Diarisation:
    """Both outputs of the diariser: with overlaps, and with at most one voice at a time."""

    overlapping: tuple[SpeakerSegment, ...]
    exclusive: tuple[SpeakerSegment, ...]


@dataclass(frozen=True, slots=True)
class Interval:
    """A stretch of time; used for measured speech."""

    start_ms: int
    end_ms: int


@dataclass(frozen=True, slots=True)
class Word:
    """A word in a transcript. `speaker` is None until speakers are known."""

    id: WordId
    text: str
    start_ms: int
    end_ms: int
    confidence: float
    speaker: SpeakerId | None
    edited: bool = False


@dataclass(frozen=True, slots=True)
class Speaker:
    """A voice with a label a person can change and a role."""

    id: SpeakerId
    label: str
    role: Role
    pseudonym: str | None = None


class Origin(StrEnum):
    """Who vouches for a line: the machine, a person who corrected it, a person who listened it through."""

    MACHINE = "machine"
    CORRECTED = "corrected"
    LISTENED = "listened"


@dataclass(frozen=True, slots=True)
class Turn:
    """Words of one speaker in a row; `origin` says who vouches for it, `by` and `at` who said so and when."""

    id: TurnId
    speaker: SpeakerId | None
    start_ms: int
    end_ms: int
    words: tuple[Word, ...]
    origin: Origin = Origin.MACHINE
    by: str = ""
    at: datetime | None = None

    @property
    def text(self) -> str:
        return " ".join(word.text for word in self.words)


@dataclass(frozen=True, slots=True)
class Silence:
    """A stretch without speech, measured on the signal; it belongs to nobody until a person says to whom.

    `edited` says that a person moved an end of it: that value holds instead of the measured one.
    """

    start_ms: int
    end_ms: int
    speaker: SpeakerId | None = None
    edited: bool = False

    @property
    def length_ms(self) -> int:
        return self.end_ms - self.start_ms


@dataclass(frozen=True, slots=True)
class Overlap:
    """Two turns sounding at once, with onset and offset."""

    start_ms: int
    end_ms: int
    turns: tuple[TurnId, TurnId]


@dataclass(frozen=True, slots=True)
class Unheard:
    """The voice detector hears speech here and the recogniser gave no word; shown as (?), never as a silence."""

    start_ms: int
    end_ms: int


@dataclass(frozen=True, slots=True)
class SilenceMethod:
    """How silences were measured; stored with them."""

    name: str
    least_ms: int
    threshold_db: float


@dataclass(frozen=True, slots=True)
class Engine:
    """What made a machine transcript; everything needed to say how, and to know a repeat when it comes."""

    recogniser: str
    recogniser_fingerprint: str
    diariser: str | None
    diariser_fingerprint: str | None
    language: str
    settings: dict[str, str | int | float | bool | None]
    versions: dict[str, str]
    demo: bool = False  # made with the bundled models that know the demo's vocabulary only
    notes: tuple[str, ...] = ()


def result_key(engine: Engine) -> str:
    """Return what a repeat of the same work shares with it: models, language and settings, in 64 hex digits."""
    parts = [engine.recogniser_fingerprint, engine.diariser_fingerprint, engine.language, engine.settings]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Transcript:
    """One machine transcript with what people changed on top; the machine's own words stay beneath."""

    id: TranscriptId
    recording_id: RecordingId
    number: int  # 1 for the first machine run of a recording, 2 for the next
    created_at: datetime
    engine: Engine
    duration_ms: int
    has_speakers: bool
    speakers: tuple[Speaker, ...]
    turns: tuple[Turn, ...]
    silences: tuple[Silence, ...]
    overlaps: tuple[Overlap, ...]
    unheard: tuple[Unheard, ...]
    silence_method: SilenceMethod
    flagged: tuple[Interval, ...] = field(default=())  # loops and repeats that were decoded again

    def words(self) -> tuple[Word, ...]:
        """All words in order of time."""
        return tuple(sorted((w for t in self.turns for w in t.words), key=lambda w: (w.start_ms, w.end_ms)))


@dataclass(frozen=True, slots=True)
class Version:
    """A finished transcript among those of its recording: which run, by which model, and whether people see it.

    `corrected` says that a person has worked on it, `chosen_by` who chose it to be the one that is seen.
    """

    number: int
    id: TranscriptId
    created_at: datetime
    engine: Engine
    current: bool
    corrected: bool
    chosen_by: str = ""
    chosen_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Hit:
    """A turn in which words that somebody searched for were found.

    `snippet` is plain text; `found` says where in it the first of the words is (its first character and the one after).
    """

    recording_id: RecordingId
    turn_id: TurnId
    start_ms: int
    snippet: str
    found: tuple[int, int] = (0, 0)
