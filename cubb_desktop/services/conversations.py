"""The list of conversations: each recording with its agreement, its newest job, its speakers and its marks."""

from __future__ import annotations

from dataclasses import dataclass

from cubb_desktop.domain.consent import Consent
from cubb_desktop.domain.ids import RecordingId
from cubb_desktop.domain.job import Job
from cubb_desktop.domain.recording import Recording
from cubb_desktop.domain.transcript import Speaker
from cubb_desktop.library import consents, queue, recordings
from cubb_desktop.library.overview import Overview, overviews
from cubb_desktop.services.workspace import Workspace

_NOTHING = Overview(has_text=False, demo=False, speakers=(), marks=0)


@dataclass(frozen=True, slots=True)
class Conversation:
    """One row of the list; `job` is the newest one, None where no transcript was ever asked for."""

    recording: Recording
    consent: Consent
    job: Job | None
    has_text: bool
    demo: bool
    speakers: tuple[Speaker, ...]
    marks: int


def list_conversations(ws: Workspace) -> list[Conversation]:
    """Return every conversation, the newest first, as one consistent view of the library."""
    with ws.library.read() as reading:
        rows = recordings.all(reading)
        agreed = {consent.id: consent for consent in consents.all(reading)}
        newest: dict[RecordingId, Job] = {}
        for job in queue.all(reading):
            newest.setdefault(job.recording_id, job)
        beside = overviews(reading, seen_by=ws.actor)
    return [
        _conversation(row, agreed[row.consent_id], newest.get(row.id), beside.get(row.id, _NOTHING)) for row in rows
    ]


def _conversation(recording: Recording, consent: Consent, job: Job | None, beside: Overview) -> Conversation:
    return Conversation(recording, consent, job, beside.has_text, beside.demo, beside.speakers, beside.marks)
