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
from cubb_desktop.library.tables import consent_purposes, consents, participants, recordings, tombstones

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
    gone, cases = withdrawn(reading), _cases(reading)
    query = sa.select(recordings).order_by(recordings.c.delete_after, recordings.c.id)
    if recording_id is not None:
        query = query.where(recordings.c.id == recording_id)
    return [
        Kept(stored.of_row(row), row.created_at.astimezone().date(), row.id in gone, row.id in cases)
        for row in reading.connection.execute(query)
    ]


def withdrawn(reading: Reading) -> frozenset[RecordingId]:
    """Return the recordings in which somebody is heard who has taken the agreement back."""
    heard = _heard()
    query = (
        sa.select(heard.c.recording_id)
        .join(consents, consents.c.id == heard.c.consent_id)
        .where(consents.c.withdrawn_at.is_not(None))
    )
    return frozenset(RecordingId(row.recording_id) for row in reading.connection.execute(query))


def unsettled(reading: Reading) -> list[ConsentId]:
    """Return the withdrawn agreements that have no tombstone and on which no recording rests any more."""
    heard = _heard()
    query = sa.select(consents.c.id).where(
        consents.c.withdrawn_at.is_not(None),
        consents.c.id.not_in(sa.select(tombstones.c.id)),
        consents.c.id.not_in(sa.select(heard.c.consent_id)),
    )
    return [ConsentId(row.id) for row in reading.connection.execute(query)]


def _cases(reading: Reading) -> frozenset[str]:
    heard = _heard()
    query = (
        sa.select(heard.c.recording_id)
        .join(consent_purposes, consent_purposes.c.consent_id == heard.c.consent_id)
        .where(
            consent_purposes.c.purpose == Purpose.CASE_DOCUMENTATION.value,
            consent_purposes.c.state.in_(_ONCE_AGREED),
        )
    )
    return frozenset(row.recording_id for row in reading.connection.execute(query))


def agreed_until(reading: Reading, recording_id: RecordingId) -> list[date]:
    """Return the last days of the agreements of everybody who is heard."""
    heard = _heard()
    query = sa.select(consents.c.until).where(consents.c.id == heard.c.consent_id, heard.c.recording_id == recording_id)
    return [row.until for row in reading.connection.execute(query)]


def _heard() -> sa.Subquery:
    """Every recording with each agreement it rests on; the first may be named twice."""
    first = sa.select(recordings.c.id.label("recording_id"), recordings.c.consent_id)
    present = sa.select(participants.c.recording_id, participants.c.consent_id)
    return first.union_all(present.where(participants.c.consent_id.is_not(None))).subquery("heard")
