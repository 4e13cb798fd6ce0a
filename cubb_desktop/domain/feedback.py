"""Booked feedback: who listens with whom, when; never what was said."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from cubb_desktop.domain.ids import RecordingId, SlotId

USUAL_MINUTES = 45


@dataclass(frozen=True, slots=True)
class Slot:
    """One booked feedback meeting; times carry their zone. `sequence` counts changes, as calendars ask (RFC 5545)."""

    id: SlotId
    starts_at: datetime
    ends_at: datetime
    worker: str
    partner: str
    place: str
    recording_id: RecordingId | None
    author: str
    created_at: datetime
    sequence: int = 0
    version: int = 1
