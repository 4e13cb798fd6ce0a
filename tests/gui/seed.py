"""Libraries with something in them, for the window's tests and pictures; every word in them is made up."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from cubb_desktop.domain.consent import Purpose
from cubb_desktop.domain.ids import RecordingId
from cubb_desktop.domain.job import JobState, Phase, Progress
from cubb_desktop.domain.recording import RecordingState, Role
from cubb_desktop.domain.transcript import Speaker
from cubb_desktop.library import annotations as marks
from cubb_desktop.library import codebook, consents, queue, recordings, transcripts
from cubb_desktop.library.access import Change
from cubb_desktop.services.workspace import Workspace
from tests import builders


def fill(ws: Workspace) -> dict[str, RecordingId]:
    """Fill a library with one conversation per state; return their ids by a short name."""
    now = ws.clock()
    today = ws.today()
    purposes = frozenset({Purpose.OWN_LEARNING, Purpose.FEEDBACK, Purpose.LEARNING_ROOM})
    long = builders.consent(citizen="B-17", purposes=purposes, until=today + timedelta(days=181), given_at=now)
    middle = builders.consent(citizen="B-23", until=today + timedelta(days=81), given_at=now - timedelta(days=9))
    short = builders.consent(citizen="B-08", until=today + timedelta(days=9), given_at=now - timedelta(days=80))
    past = builders.consent(citizen="B-02", until=today - timedelta(days=4), given_at=now - timedelta(days=190))
    rows = {
        "doing": ("Første samtale efter praktik", RecordingState.READABLE, 0.02, 2292, long),
        "ready": ("Telefonsamtale om ydelse", RecordingState.READY, 0.9, 767, long),
        "marked": ("Sanktionsvejledning, midtvejs", RecordingState.READY, 4, 2490, long),
        "stored": ("Virksomhedsbesøg, lageret", RecordingState.STORED, 6, 1565, middle),
        "failed": ("Opfølgning, unge", RecordingState.FAILED, 11, 2031, middle),
        "queued": ("Rådighedssamtale om jobsøgning og praktik på lageret", RecordingState.QUEUED, 13, 1804, middle),
        "interrupted": ("Åbent samtalerum", RecordingState.INTERRUPTED, 16, 312, middle),
        "ending": ("Jobsamtale", RecordingState.READY, 20, 1758, short),
        "past": ("Opstartssamtale", RecordingState.READY, 190, 1911, past),
    }
    ids = {}
    with ws.library.change(ws.actor, "library.seeded") as change:
        for agreed in (long, middle, short, past):
            consents.add(change, agreed)
        for name, (title, state, days, seconds, agreed) in rows.items():
            recording = builders.recording(
                consent_id=agreed.id, title=title, state=state, recorded_at=now - timedelta(days=days),
                duration_ms=seconds * 1000,
            )  # fmt: skip
            recordings.add(change, recording)
            ids[name] = recording.id
        _add_jobs(change, ids, ws)
        for name in ("doing", "ready", "marked", "ending", "past"):
            _add_text(change, ids[name])
        concept = builders.concept()
        codebook.put(change, concept)
        for number in range(7):
            marks.add(
                change,
                builders.annotation(
                    ids["marked"], concept_id=concept.id, start_ms=number * 500, end_ms=number * 500 + 400
                ),
            )
    return ids


def _add_jobs(change: Change, ids: dict[str, RecordingId], ws: Workspace) -> None:
    progress = Progress(0.64, Phase.DIARISING, 236.0, text_ready=True)
    jobs = [
        builders.job(
            ids["doing"], state=JobState.DOING, progress=progress, started_at=ws.clock(), heartbeat_at=ws.clock()
        ),
        builders.job(ids["queued"], state=JobState.TODO),
        builders.job(ids["failed"], state=JobState.FAILED, failure="JobOutOfMemory", failure_params={"exit": 137}),
    ]
    for job in jobs:
        queue.add(change, job)


def _add_text(change: Change, recording_id: RecordingId) -> None:
    draft = builders.transcript(recording_id)
    roles = (Role.WORKER, Role.CITIZEN, Role.COLLEAGUE)
    speakers = tuple(
        Speaker(speaker.id, speaker.label, roles[at % len(roles)]) for at, speaker in enumerate(draft.speakers)
    )
    transcripts.start_draft(change, draft)

    transcripts.replace_with(change, replace(draft, speakers=speakers))


def weak_workspace(folder: Path) -> Workspace:
    """Return a new library whose passphrase costs nothing to try."""
    return builders.new_workspace(folder)
