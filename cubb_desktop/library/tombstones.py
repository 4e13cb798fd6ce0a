"""Tombstones: what was forgotten stays on record as a random id; the database refuses to change or remove one."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import insert

from cubb_desktop.domain.tombstone import Reason, Tombstone
from cubb_desktop.library.access import Change, Reading
from cubb_desktop.library.tables import tombstones


def add(change: Change, id_: str, reason: Reason) -> None:
    """Set a tombstone for a recording or an agreement; the first one stands."""
    row = insert(tombstones).values(id=id_, at=change.now(), reason=reason.value)
    change.connection.execute(row.on_conflict_do_nothing())


def all(reading: Reading) -> list[Tombstone]:  # noqa: A001 - reads as `tombstones.all(reading)`
    """Return every tombstone, the oldest first."""
    query = sa.select(tombstones).order_by(tombstones.c.at, tombstones.c.id)
    return [_tombstone(row) for row in reading.connection.execute(query)]


def find(reading: Reading, id_: str) -> Tombstone | None:
    """Return the tombstone of a recording or an agreement, None when it was not forgotten."""
    row = reading.connection.execute(sa.select(tombstones).where(tombstones.c.id == id_)).first()
    return None if row is None else _tombstone(row)


def _tombstone(row: sa.Row[Any]) -> Tombstone:
    return Tombstone(row.id, row.at, Reason(row.reason))
