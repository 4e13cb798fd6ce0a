"""Booked feedback meetings."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from cubb_desktop.domain.errors import NotFound
from cubb_desktop.domain.feedback import Slot
from cubb_desktop.domain.ids import RecordingId, SlotId
from cubb_desktop.library.access import Change, Reading
from cubb_desktop.library.tables import slots
from cubb_desktop.library.zones import in_zone, zone_name


def add(change: Change, slot: Slot) -> None:
    """Store a new booking."""
    change.connection.execute(
        slots.insert().values(
            id=slot.id,
            starts_at=slot.starts_at,
            starts_zone=zone_name(slot.starts_at),
            ends_at=slot.ends_at,
            worker=slot.worker,
            partner=slot.partner,
            place=slot.place,
            recording_id=slot.recording_id,
            sequence=slot.sequence,
            author=slot.author,
            created_at=slot.created_at,
            version=slot.version,
        )
    )
    change.touched(slots=True)


def get(reading: Reading, slot_id: SlotId) -> Slot:
    """Return one booking, or raise `NotFound`."""
    row = reading.connection.execute(sa.select(slots).where(slots.c.id == slot_id)).first()
    if row is None:
        raise NotFound
    return _slot(row)


def all(reading: Reading) -> list[Slot]:  # noqa: A001 - reads as `bookings.all(reading)`
    """Return every booking in order of time."""
    return [_slot(row) for row in reading.connection.execute(sa.select(slots).order_by(slots.c.starts_at, slots.c.id))]


def _slot(row: sa.Row[Any]) -> Slot:
    return Slot(
        id=SlotId(row.id),
        starts_at=in_zone(row.starts_at, row.starts_zone),
        ends_at=in_zone(row.ends_at, row.starts_zone),
        worker=row.worker,
        partner=row.partner,
        place=row.place,
        recording_id=None if row.recording_id is None else RecordingId(row.recording_id),
        author=row.author,
        created_at=row.created_at,
        sequence=row.sequence,
        version=row.version,
    )
