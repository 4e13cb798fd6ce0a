"""What was noticed while a conversation was recorded: marks, and where sound is missing."""

from __future__ import annotations

from dataclasses import dataclass

from cubb_desktop.domain.consent import Use
from cubb_desktop.domain.errors import AudioMissing
from cubb_desktop.domain.ids import RecordingId
from cubb_desktop.domain.recording import Mark
from cubb_desktop.library import recordings
from cubb_desktop.services.gate import gate_in
from cubb_desktop.services.new_recordings import read_sound
from cubb_desktop.services.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Missing:
    """Sound that is not there: silence stands for it, so that every time after it is right."""

    at_ms: int
    lost_ms: int


def marks_of(ws: Workspace, recording_id: RecordingId) -> list[Mark]:
    """Return a conversation's marks and notes in order of time; raises `RecordingNotFound`, `ConsentWithdrawn`."""
    with ws.library.read() as reading:
        gate_in(reading, recording_id, Use.OPEN)
        return recordings.get_marks(reading, recording_id)


def missing_sound(ws: Workspace, recording_id: RecordingId) -> list[Missing]:
    """Return where sound is missing, in order of time; authenticates all of it (0.3 s per hour), hears nothing."""
    try:
        with read_sound(ws, recording_id) as reader:
            rate_hz = reader.rate_hz
            return [Missing(gap.start_frame * 1000 // rate_hz, gap.frames * 1000 // rate_hz) for gap in reader.gaps]
    except AudioMissing:
        return []
