"""Recordings: one row each, with who is heard, what was marked, and the waveform's peaks."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any, TypedDict, Unpack

import sqlalchemy as sa

from cubb_desktop.domain.errors import RecordingForgotten, RecordingNotFound
from cubb_desktop.domain.ids import ConsentId, MarkId, RecordingId
from cubb_desktop.domain.recording import (
    ConversationKind,
    Mark,
    MarkKind,
    Participant,
    Recording,
    RecordingState,
    Role,
    Source,
)
from cubb_desktop.domain.tombstone import Reason
from cubb_desktop.library import search_index, tombstones
from cubb_desktop.library.access import Change, Reading
from cubb_desktop.library.tables import marks, participants, recordings, waveforms

_AS_WRITTEN: sa.ColumnElement[int] = sa.literal_column("marks.rowid")  # two keys in one block of sound


class Fields(TypedDict, total=False):
    """What of a recording may change after it was added."""

    consent_id: ConsentId
    title: str
    state: RecordingState
    recorded_at: datetime
    duration_ms: int
    rate_hz: int
    channels: int
    source_sha256: str | None
    delete_after: date
    kind: ConversationKind
    journalised_on: date | None
    hold_reason: str | None
    spoken_ms: int


def add(change: Change, recording: Recording) -> None:
    """Store a new recording."""
    change.connection.execute(
        recordings.insert().values(
            id=recording.id,
            consent_id=recording.consent_id,
            title=recording.title,
            state=recording.state.value,
            source=recording.source.value,
            recorded_at=recording.recorded_at,
            duration_ms=recording.duration_ms,
            rate_hz=recording.rate_hz,
            channels=recording.channels,
            source_sha256=recording.source_sha256,
            kind=recording.kind.value,
            delete_after=recording.delete_after,
            journalised_on=recording.journalised_on,
            hold_reason=recording.hold_reason,
            spoken_ms=recording.spoken_ms,
            author=recording.author,
            created_at=change.now(),
            version=recording.version,
        )
    )
    change.touched(recordings=[recording.id])


def get(reading: Reading, recording_id: RecordingId) -> Recording:
    """Return one recording, or raise `RecordingNotFound`: `RecordingForgotten` where an agreement was withdrawn."""
    row = reading.connection.execute(sa.select(recordings).where(recordings.c.id == recording_id)).first()
    if row is None:
        stone = tombstones.find(reading, recording_id)
        raise RecordingForgotten if stone is not None and stone.reason is Reason.WITHDRAWN else RecordingNotFound
    return of_row(row)


def all(reading: Reading, state: RecordingState | None = None) -> list[Recording]:  # noqa: A001 - `recordings.all(...)`
    """Return every recording (in one state, if given), the newest first."""
    query = sa.select(recordings).order_by(recordings.c.recorded_at.desc(), recordings.c.id)
    if state is not None:
        query = query.where(recordings.c.state == state.value)
    return [of_row(row) for row in reading.connection.execute(query)]


def update(change: Change, recording: Recording, **fields: Unpack[Fields]) -> Recording:
    """Change the named fields only (another process may have changed others) and return the row as it is now."""
    values: dict[str, object] = dict(fields)
    if "state" in fields:
        values["state"] = fields["state"].value
    if "kind" in fields:
        values["kind"] = fields["kind"].value
    change.connection.execute(
        recordings.update().where(recordings.c.id == recording.id).values(**values, version=recordings.c.version + 1)
    )
    change.touched(recordings=[recording.id])
    return get(change, recording.id)


def remove(change: Change, recording_id: RecordingId) -> None:
    """Remove a recording's row and everything that hangs on it: text, search index, annotations, excerpts, jobs.

    The register of exports stays. Copies of the database that a migration left aside are removed after the commit.
    """
    search_index.forget(change, recording_id)
    gone = change.connection.execute(recordings.delete().where(recordings.c.id == recording_id)).rowcount
    if not gone:
        raise RecordingNotFound
    change.forgets = True
    change.touched(
        recordings=[recording_id],
        transcripts=[recording_id],
        annotations=[recording_id],
        jobs=True,
        excerpts=True,
        slots=True,
        collections=True,
    )


def put_participants(change: Change, recording_id: RecordingId, present: Iterable[Participant]) -> None:
    """Store who is heard in a recording, instead of earlier ones."""
    change.connection.execute(participants.delete().where(participants.c.recording_id == recording_id))
    rows = [
        {
            "recording_id": recording_id,
            "position": position,
            "role": person.role.value,
            "label": person.label,
            "consent_id": person.consent_id,
        }
        for position, person in enumerate(present)
    ]
    if rows:
        change.connection.execute(participants.insert(), rows)
    change.touched(recordings=[recording_id])


def get_participants(reading: Reading, recording_id: RecordingId) -> tuple[Participant, ...]:
    """Return who is heard in a recording, in the order they were named."""
    query = sa.select(participants).where(participants.c.recording_id == recording_id).order_by(participants.c.position)
    return tuple(
        Participant(Role(row.role), row.label, None if row.consent_id is None else ConsentId(row.consent_id))
        for row in reading.connection.execute(query)
    )


def with_consent(reading: Reading, consent_id: ConsentId) -> list[Recording]:
    """Return every recording that rests on an agreement, as its first or as that of somebody present; newest first."""
    present = sa.select(participants.c.recording_id).where(participants.c.consent_id == consent_id)
    query = (
        sa.select(recordings)
        .where(sa.or_(recordings.c.consent_id == consent_id, recordings.c.id.in_(present)))
        .order_by(recordings.c.recorded_at.desc(), recordings.c.id)
    )
    return [of_row(row) for row in reading.connection.execute(query)]


def put_marks(change: Change, recording_id: RecordingId, made: Iterable[Mark]) -> None:
    """Store a recording's marks, instead of earlier ones."""
    change.connection.execute(marks.delete().where(marks.c.recording_id == recording_id))
    rows = [
        {
            "id": mark.id,
            "recording_id": recording_id,
            "kind": mark.kind.value,
            "at_ms": mark.at_ms,
            "text": mark.text,
            "author": mark.author,
            "created_at": change.now(),
            "version": 1,
        }
        for mark in made
    ]
    if rows:
        change.connection.execute(marks.insert(), rows)
    change.touched(recordings=[recording_id])


def get_marks(reading: Reading, recording_id: RecordingId) -> list[Mark]:
    """Return a recording's marks in order of time."""
    query = sa.select(marks).where(marks.c.recording_id == recording_id).order_by(marks.c.at_ms, _AS_WRITTEN)
    return [
        Mark(MarkId(row.id), MarkKind(row.kind), row.at_ms, row.text, row.author)
        for row in reading.connection.execute(query)
    ]


def put_peaks(change: Change, recording_id: RecordingId, peaks: bytes) -> None:
    """Store the waveform's peaks, instead of earlier ones."""
    change.connection.execute(waveforms.delete().where(waveforms.c.recording_id == recording_id))
    change.connection.execute(waveforms.insert().values(recording_id=recording_id, peaks=peaks))
    change.touched(recordings=[recording_id])


def get_peaks(reading: Reading, recording_id: RecordingId) -> bytes | None:
    """Return the waveform's peaks as they were stored, None when there are none yet."""
    query = sa.select(waveforms.c.peaks).where(waveforms.c.recording_id == recording_id)
    return reading.connection.execute(query).scalar()


def of_row(row: sa.Row[Any]) -> Recording:
    """Return the recording that a row of the table, and perhaps more columns, holds."""
    return Recording(
        id=RecordingId(row.id),
        consent_id=ConsentId(row.consent_id),
        title=row.title,
        state=RecordingState(row.state),
        source=Source(row.source),
        recorded_at=row.recorded_at,
        duration_ms=row.duration_ms,
        rate_hz=row.rate_hz,
        channels=row.channels,
        author=row.author,
        delete_after=row.delete_after,
        kind=ConversationKind(row.kind),
        journalised_on=row.journalised_on,
        hold_reason=row.hold_reason,
        spoken_ms=row.spoken_ms,
        source_sha256=row.source_sha256,
        version=row.version,
    )
