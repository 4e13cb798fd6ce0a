"""The library's concept book: what people have changed, added, switched or used; the bundled book lies in a file."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import sqlalchemy as sa

from cubb_desktop.domain.codebook import Concept, ConceptVersion
from cubb_desktop.domain.errors import ConceptNotFound
from cubb_desktop.domain.ids import ConceptId
from cubb_desktop.library.access import Change, Reading
from cubb_desktop.library.tables import annotation_table, concept_versions, concepts

_WORDING = tuple(
    name
    for name in Concept.__dataclass_fields__
    if name not in {"id", "starter", "in_use", "retired", "merged_into"}
)  # fmt: skip


def put(change: Change, concept: Concept) -> None:
    """Store a concept, new (after those that are there) or changed (in its place); an earlier wording is kept."""
    values: dict[str, Any] = asdict(concept)
    values["topic"] = values.pop("group")  # GROUP is a word of SQL
    here = concepts.c.id == concept.id
    known = change.connection.execute(sa.select(concepts).where(here)).first()
    if known is None:
        place = sa.select(sa.func.coalesce(sa.func.max(concepts.c.position), -1) + 1).scalar_subquery()
        change.connection.execute(
            concepts.insert().values(**values, position=place, author=change.actor, created_at=change.now())
        )
    else:
        _keep_wording(change, known, concept)
        change.connection.execute(
            concepts.update().where(here).values(**values, author=change.actor, version=concepts.c.version + 1)
        )
    change.touched(concepts=True)


def _keep_wording(change: Change, known: sa.Row[Any], concept: Concept) -> None:
    before = _concept(known)
    if before.wording == concept.wording:
        return
    content = {name: value for name, value in asdict(before).items() if name in _WORDING}
    change.connection.execute(
        concept_versions.insert().values(
            concept_id=before.id, version=known.version, content=content, author=known.author, created_at=change.now()
        )
    )


def move_marks(change: Change, concept_id: ConceptId, into: ConceptId) -> None:
    """Let all marks with one concept be marks with another."""
    here = annotation_table.c.concept_id == concept_id
    found = sa.select(annotation_table.c.recording_id).where(here).distinct()
    touched = list(change.connection.execute(found).scalars())
    change.connection.execute(
        annotation_table.update().where(here).values(concept_id=into, version=annotation_table.c.version + 1)
    )
    change.touched(concepts=True, annotations=touched)


def get(reading: Reading, concept_id: ConceptId) -> Concept:
    """Return one concept, or raise `ConceptNotFound`."""
    row = reading.connection.execute(sa.select(concepts).where(concepts.c.id == concept_id)).first()
    if row is None:
        raise ConceptNotFound
    return _concept(row)


def all(reading: Reading) -> list[Concept]:  # noqa: A001 - reads as `codebook.all(reading)`
    """Return the whole book in its order."""
    return [_concept(row) for row in reading.connection.execute(sa.select(concepts).order_by(concepts.c.position))]


def versions(reading: Reading, concept_id: ConceptId) -> list[ConceptVersion]:
    """Return how a concept was worded before, the newest first; nothing for one that has had one wording only."""
    query = sa.select(concept_versions).where(concept_versions.c.concept_id == concept_id)
    rows = reading.connection.execute(query.order_by(concept_versions.c.version.desc()))
    return [ConceptVersion(Concept(concept_id, **r.content), r.version, r.author, r.created_at) for r in rows]


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
        in_use=row.in_use,
        retired=row.retired,
        merged_into=None if row.merged_into is None else ConceptId(row.merged_into),
    )
