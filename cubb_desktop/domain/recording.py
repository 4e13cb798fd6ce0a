"""A recording: one conversation's sound, where it came from and how far it has come."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from cubb_desktop.domain.ids import ConsentId, RecordingId


class RecordingState(StrEnum):
    """How far a recording has come; the values are those of `recordings --state`."""

    RECORDING = "recording"  # a capture child or an import is writing it
    INTERRUPTED = "interrupted"  # its writer died; what was sealed is kept, the person has not chosen yet
    STORED = "stored"  # sound is complete, no transcript asked for
    QUEUED = "queued"
    TRANSCRIBING = "transcribing"
    READABLE = "readable"  # words are there, speakers are still being found
    READY = "ready"
    FAILED = "failed"


class Source(StrEnum):
    """Where the sound came from."""

    MICROPHONE = "microphone"
    FILE = "file"


class Role(StrEnum):
    """Who a speaker is in the conversation."""

    WORKER = "worker"
    CITIZEN = "citizen"
    COLLEAGUE = "colleague"
    EMPLOYER = "employer"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Recording:
    """One row of the library; `source_sha256` is the hex digest of an imported file, None for the microphone."""

    id: RecordingId
    consent_id: ConsentId
    title: str
    state: RecordingState
    source: Source
    recorded_at: datetime
    duration_ms: int
    rate_hz: int
    channels: int
    author: str
    source_sha256: str | None = None
    version: int = 1
