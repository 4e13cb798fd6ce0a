"""How long recordings stay: each with the agreements of everybody who is heard, its purpose, and the day it came."""

from __future__ import annotations

from datetime import date

import sqlalchemy as sa

from cubb_desktop.domain.consent import Purpose
from cubb_desktop.domain.errors import RecordingNotFound
from cubb_desktop.domain.ids import ConsentId, RecordingId
from cubb_desktop.domain.retention import Kept
from cubb_desktop.library import recordings as stored
from cubb_desktop.library.access import Reading
from cubb_desktop.library.tables import consent_purposes, consents, participants, recordings

# A purpose that was agreed to and then taken back still says what the recording is: a document of a case.
_ONCE_AGREED = ("agreed", "withdrawn")


def get(reading: Reading, recording_id: RecordingId) -> Kept:
    """Return how long one recording stays, or raise `RecordingNotFound`."""
    found = all(reading, recording_id)
    if not found:
        raise RecordingNotFound
    return found[0]


def all(reading: Reading, recording_id: RecordingId | None = None) -> list[Kept]:  # noqa: A001 - `keeping.all(reading)`
    """Return every recording (or the one) with what decides how long it stays, the first to go first."""
    heard = _heard()
    withdrawn = sa.exists().where(
        heard.c.recording_id == recordings.c.id,
        consents.c.id == heard.c.consent_id,
        consents.c.withdrawn_at.is_not(None),
    )
    is_case = sa.exists().where(
        heard.c.recording_id == recordings.c.id,
        consent_purposes.c.consent_id == heard.c.consent_id,
        consent_purposes.c.purpose == Purpose.CASE_DOCUMENTATION.value,
        consent_purposes.c.state.in_(_ONCE_AGREED),
    )
    query = sa.select(recordings, withdrawn.label("withdrawn"), is_case.label("is_case"))
    if recording_id is not None:
        query = query.where(recordings.c.id == recording_id)
    rows = reading.connection.execute(query.order_by(recordings.c.delete_after, recordings.c.id))
    return [
        Kept(stored.of_row(row), row.created_at.astimezone().date(), bool(row.withdrawn), bool(row.is_case))
        for row in rows
    ]


def agreed_until(reading: Reading, recording_id: RecordingId) -> list[date]:
    """Return the last days of the agreements of everybody who is heard."""
    heard = _heard()
    query = sa.select(consents.c.until).where(consents.c.id == heard.c.consent_id, heard.c.recording_id == recording_id)
    return [row.until for row in reading.connection.execute(query)]


def is_rested_on(reading: Reading, consent_id: ConsentId) -> bool:
    """Whether a recording still rests on an agreement, as its first or as that of somebody present."""
    heard = _heard()
    return reading.connection.execute(sa.select(sa.exists().where(heard.c.consent_id == consent_id))).scalar_one()


def _heard() -> sa.Subquery:
    """Every recording with each agreement it rests on, once."""
    first = sa.select(recordings.c.id.label("recording_id"), recordings.c.consent_id)
    present = sa.select(participants.c.recording_id, participants.c.consent_id)
    return first.union(present.where(participants.c.consent_id.is_not(None))).subquery("heard")
