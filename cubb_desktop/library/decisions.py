"""What people decided about suggested places; a place nobody has decided about has no row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from cubb_desktop.domain.finders import FinderId
from cubb_desktop.domain.ids import AnnotationId, RecordingId
from cubb_desktop.library.access import Change, Reading
from cubb_desktop.library.tables import decisions


@dataclass(frozen=True, slots=True)
class Decision:
    """Somebody's decision about a place: `annotation_id` is the mark that came of it, None where it was dismissed.

    `thresholds` are those by which the place was found.
    """

    place: str
    finder: FinderId
    accepted: bool
    thresholds: dict[str, Any]
    annotation_id: AnnotationId | None
    author: str


def put(change: Change, recording_id: RecordingId, decision: Decision) -> None:
    """Store a decision in the place of an earlier one."""
    remove(change, recording_id, decision.place)
    change.connection.execute(
        decisions.insert().values(
            recording_id=recording_id,
            place=decision.place,
            finder=decision.finder,
            accepted=decision.accepted,
            thresholds=decision.thresholds,
            annotation_id=decision.annotation_id,
            author=decision.author,
            created_at=change.now(),
        )
    )
    change.touched(annotations=[recording_id])


def remove(change: Change, recording_id: RecordingId, place: str) -> None:
    """Forget a decision: the place is suggested again."""
    change.connection.execute(
        decisions.delete().where(decisions.c.recording_id == recording_id, decisions.c.place == place)
    )
    change.touched(annotations=[recording_id])


def all(reading: Reading, recording_id: RecordingId) -> dict[str, Decision]:  # noqa: A001 - `decisions.all(...)`
    """Return what was decided about a recording's places, by place."""
    rows = reading.connection.execute(sa.select(decisions).where(decisions.c.recording_id == recording_id))
    return {
        row.place: Decision(
            row.place, FinderId(row.finder), row.accepted, row.thresholds, row.annotation_id, row.author
        )
        for row in rows
    }  # fmt: skip
