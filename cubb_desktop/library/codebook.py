"""The library's concept book: what people have changed, added, switched or used; the bundled book lies in a file."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import sqlalchemy as sa

from cubb_desktop.domain.codebook import Concept, ConceptVersion
from cubb_desktop.domain.errors import ConceptNotFound
from cubb_desktop.domain.ids import ConceptId, RecordingId
from cubb_desktop.library.access import Change, Reading
from cubb_desktop.library.tables import annotation_table, concept_examples, concept_versions, concepts

_WORDING = tuple(
    name
    for name in Concept.__dataclass_fields__
    if name not in {"id", "starter", "in_use", "retired", "merged_into"}
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Uses:
    """Marks and examples that a concept had."""

    annotations: frozenset[str]  # AnnotationId
    examples: frozenset[str]  # ExampleId


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
        if _keep_wording(change, known, concept):
            values["author"] = change.actor
        change.connection.execute(concepts.update().where(here).values(**values, version=concepts.c.version + 1))
    change.touched(concepts=True)


def _keep_wording(change: Change, known: sa.Row[Any], concept: Concept) -> bool:
    """Keep the wording a concept had; return whether the new one is another."""
    before = _concept(known)
    if before.wording == concept.wording:
        return False
    content = {name: value for name, value in asdict(before).items() if name in _WORDING}
    change.connection.execute(
        concept_versions.insert().values(
            concept_id=before.id, version=known.version, content=content, author=known.author, created_at=change.now()
        )
    )
    return True


def move_uses(change: Change, concept_id: ConceptId, into: ConceptId, only: Uses | None = None) -> Uses:
    """Let the marks and examples with one concept (`only` some of them) be another's; return which they were."""
    touched: set[RecordingId] = set()

    def moved(table: sa.Table, wanted: frozenset[str] | None) -> list[str]:
        here = table.c.concept_id == concept_id
        found = change.connection.execute(sa.select(table.c.id, table.c.recording_id).where(here)).all()
        ids = [row.id for row in found if wanted is None or row.id in wanted]
        if ids:
            one = table.update().where(table.c.id == sa.bindparam("moved"))
            values = one.values(concept_id=into, version=table.c.version + 1)
            change.connection.execute(values, [{"moved": id_} for id_ in ids])
        touched.update(RecordingId(row.recording_id) for row in found)
        return ids

    annotations = moved(annotation_table, None if only is None else only.annotations)
    examples = moved(concept_examples, None if only is None else only.examples)
    change.touched(concepts=True, annotations=touched)
    return Uses(frozenset(annotations), frozenset(examples))


def marks_with(reading: Reading) -> dict[ConceptId, tuple[int, int]]:
    """Return how many marks each concept that is used has, and in how many conversations."""
    column = annotation_table.c
    counted = sa.func.count(), sa.func.count(column.recording_id.distinct())
    rows = reading.connection.execute(sa.select(column.concept_id, *counted).group_by(column.concept_id))
    return {ConceptId(row[0]): (row[1], row[2]) for row in rows}


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


def worded(reading: Reading, concept_id: ConceptId) -> ConceptVersion | None:
    """Return how a concept is worded now, and who made that wording; None for one that is as the bundled book has it.

    Its time is that of the newest wording in `versions`, else when the concept came in.
    """
    row = reading.connection.execute(sa.select(concepts).where(concepts.c.id == concept_id)).first()
    return None if row is None else ConceptVersion(_concept(row), row.version, row.author, row.created_at)


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
