"""Excerpts of conversations, and the register of what has left the house."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from cubb_desktop.domain.consent import Purpose
from cubb_desktop.domain.ids import ConsentId, ExcerptId, ExportId, RecordingId


class ExportFormat(StrEnum):
    """What an excerpt or a recording can be written as; the values are the command line's."""

    WAV = "wav"
    DOCX = "docx"
    JSON = "json"


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A passage somebody picked to listen to together."""

    id: ExcerptId
    recording_id: RecordingId
    start_ms: int
    end_ms: int
    title: str
    author: str
    created_at: datetime
    version: int = 1


@dataclass(frozen=True, slots=True)
class ExportEntry:
    """One line of the export register: what left, as what, for which purpose; `sha256` of the bytes written.

    `recipient` is who got it, None where nobody said; `recalled_at` when the copy was called back.
    """

    id: ExportId
    recording_id: RecordingId
    excerpt_id: ExcerptId | None
    consent_id: ConsentId
    purpose: Purpose
    format: ExportFormat
    file_name: str
    sha256: str
    author: str
    exported_at: datetime
    recipient: str | None = None
    recalled_at: datetime | None = None
