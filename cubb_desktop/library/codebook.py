"""The library's concept book."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import sqlalchemy as sa

from cubb_desktop.domain.codebook import Concept
from cubb_desktop.domain.errors import ConceptNotFound
from cubb_desktop.domain.ids import ConceptId
from cubb_desktop.library.access import Change, Reading
from cubb_desktop.library.tables import concepts


def put(change: Change, concept: Concept) -> None:
    """Store a concept, new (after those that are there) or changed (in its place)."""
    values: dict[str, Any] = asdict(concept)
    values["topic"] = values.pop("group")  # GROUP is a word of SQL
    here = concepts.c.id == concept.id
    changed = change.connection.execute(
        concepts.update().where(here).values(**values, author=change.actor, version=concepts.c.version + 1)
    )
    if not changed.rowcount:
        place = sa.select(sa.func.coalesce(sa.func.max(concepts.c.position), -1) + 1).scalar_subquery()
        change.connection.execute(
            concepts.insert().values(**values, position=place, author=change.actor, created_at=change.now())
        )
    change.touched(concepts=True)


def get(reading: Reading, concept_id: ConceptId) -> Concept:
    """Return one concept, or raise `ConceptNotFound`."""
    row = reading.connection.execute(sa.select(concepts).where(concepts.c.id == concept_id)).first()
    if row is None:
        raise ConceptNotFound
    return _concept(row)


def all(reading: Reading) -> list[Concept]:  # noqa: A001 - reads as `codebook.all(reading)`
    """Return the whole book in its order."""
    return [_concept(row) for row in reading.connection.execute(sa.select(concepts).order_by(concepts.c.position))]


def _concept(row: sa.Row[Any]) -> Concept:
    return Concept(
        id=ConceptId(row.id),
        group=row.topic,
        name_da=row.name_da,
        name_en=row.name_en,
        definition_da=row.definition_da,
        definition_en=row.definition_en,
        listen_for_da=row.listen_for_da,
        listen_for_en=row.listen_for_en,
        ask_yourself_da=row.ask_yourself_da,
        ask_yourself_en=row.ask_yourself_en,
        source=row.source,
        starter=row.starter,
    )
