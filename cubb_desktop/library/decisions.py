"""What people decided about suggested places, each for themselves; a place nobody has decided about has no row.

In a round in which each works alone first, a person sees their own decisions only: another's would give a mark away.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from cubb_desktop.domain.annotating import may_see
from cubb_desktop.domain.finders import FinderId
from cubb_desktop.domain.ids import AnnotationId, RecordingId
from cubb_desktop.library import blind_rounds
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
    """Store a decision in the place of earlier ones that its author may see."""
    remove(change, recording_id, decision.place, seen_by=decision.author)
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


def remove(change: Change, recording_id: RecordingId, place: str, *, seen_by: str) -> None:
    """Forget what was decided about a place, as far as a person may see it: it is suggested to them again."""
    here = sa.and_(decisions.c.recording_id == recording_id, decisions.c.place == place)
    blind = blind_rounds.get(change, recording_id)
    authors = change.connection.execute(sa.select(decisions.c.author).where(here)).scalars().all()
    gone = [author for author in authors if may_see(author, seen_by, blind)]
    change.connection.execute(decisions.delete().where(here, decisions.c.author.in_(gone)))
    change.touched(annotations=[recording_id])


def all(reading: Reading, recording_id: RecordingId, *, seen_by: str) -> dict[str, Decision]:  # noqa: A001 - `decisions.all(...)`
    """Return what was decided about a recording's places, by place, as far as a person may see it.

    Where people decided differently, that it became a mark is what counts.
    """
    blind = blind_rounds.get(reading, recording_id)
    of_recording = sa.select(decisions).where(decisions.c.recording_id == recording_id)
    found = map(
        _decision, reading.connection.execute(of_recording.order_by(decisions.c.accepted, decisions.c.created_at))
    )
    return {decision.place: decision for decision in found if may_see(decision.author, seen_by, blind)}


def of_mark(reading: Reading, annotation_id: AnnotationId) -> list[Decision]:
    """Return the decisions that go with a mark."""
    query = sa.select(decisions).where(decisions.c.annotation_id == annotation_id)
    return [_decision(row) for row in reading.connection.execute(query)]


def _decision(row: sa.Row[Any]) -> Decision:
    return Decision(row.place, FinderId(row.finder), row.accepted, row.thresholds, row.annotation_id, row.author)
