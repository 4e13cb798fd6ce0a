"""Rounds in which each marks a conversation alone first; a conversation has at most one."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime

import sqlalchemy as sa

from cubb_desktop.domain.annotating import BlindRound, Participant
from cubb_desktop.domain.consent import folded
from cubb_desktop.domain.ids import RecordingId
from cubb_desktop.library.access import Change, Reading
from cubb_desktop.library.tables import blind_people, blind_rounds


def add(change: Change, blind: BlindRound) -> None:
    """Store a round that begins."""
    change.connection.execute(
        blind_rounds.insert().values(
            recording_id=blind.recording_id, author=blind.begun_by, created_at=blind.begun_at, version=1
        )
    )
    rows = [
        {"recording_id": blind.recording_id, "position": n, "name": person.name, "ready_at": person.ready_at}
        for n, person in enumerate(blind.people)
    ]
    if rows:
        change.connection.execute(blind_people.insert(), rows)
    change.touched(annotations=[blind.recording_id])


def get(reading: Reading, recording_id: RecordingId) -> BlindRound | None:
    """Return a recording's round, under way or opened; None where there never was one."""
    return _rounds(reading, blind_rounds.c.recording_id == recording_id).get(recording_id)


def under_way(reading: Reading) -> dict[RecordingId, BlindRound]:
    """Return every round that is not opened yet, by its recording."""
    return _rounds(reading, blind_rounds.c.opened_at.is_(None))


def _rounds(reading: Reading, where: sa.ColumnElement[bool]) -> dict[RecordingId, BlindRound]:
    query = sa.select(blind_people).join(blind_rounds).where(where).order_by(blind_people.c.position)
    people: defaultdict[str, list[Participant]] = defaultdict(list)
    for row in reading.connection.execute(query):
        people[row.recording_id].append(Participant(row.name, row.ready_at))
    return {
        RecordingId(row.recording_id): BlindRound(
            RecordingId(row.recording_id),
            tuple(people[row.recording_id]),
            row.author,
            row.created_at,
            row.opened_at,
            row.opened_by,
        )
        for row in reading.connection.execute(sa.select(blind_rounds).where(where))
    }


def set_ready(change: Change, recording_id: RecordingId, name: str, at: datetime | None) -> None:
    """Note since when somebody is done, None for not yet."""
    query = sa.select(blind_people.c.position, blind_people.c.name).where(blind_people.c.recording_id == recording_id)
    for position, known in change.connection.execute(query).all():
        if folded(known) == folded(name):
            here = sa.and_(blind_people.c.recording_id == recording_id, blind_people.c.position == position)
            change.connection.execute(blind_people.update().where(here).values(ready_at=at))
    change.touched(annotations=[recording_id])


def open_for_all(change: Change, recording_id: RecordingId, by: str, at: datetime) -> None:
    """Let everybody see everything."""
    here = blind_rounds.c.recording_id == recording_id
    values = {"opened_at": at, "opened_by": by, "version": blind_rounds.c.version + 1}
    change.connection.execute(blind_rounds.update().where(here).values(**values))
    change.touched(annotations=[recording_id])
