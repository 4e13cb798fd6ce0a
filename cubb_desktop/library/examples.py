"""Examples and counter-examples of concepts: passages of conversations, anchored to words and to time."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from cubb_desktop.domain.codebook import ConceptExample, ExampleKind
from cubb_desktop.domain.errors import ExampleNotFound
from cubb_desktop.domain.ids import ConceptId, ExampleId, RecordingId, WordId
from cubb_desktop.library.access import Change, Reading
from cubb_desktop.library.tables import concept_example_words, concept_examples


def add(change: Change, example: ConceptExample) -> None:
    """Store a new example."""
    change.connection.execute(
        concept_examples.insert().values(
            id=example.id,
            concept_id=example.concept_id,
            recording_id=example.recording_id,
            kind=example.kind.value,
            start_ms=example.start_ms,
            end_ms=example.end_ms,
            note=example.note,
            author=example.author,
            created_at=example.created_at,
            version=example.version,
        )
    )
    rows = [{"example_id": example.id, "position": n, "word_id": word_id} for n, word_id in enumerate(example.word_ids)]
    if rows:
        change.connection.execute(concept_example_words.insert(), rows)
    change.touched(concepts=True)


def all(reading: Reading, concept_id: ConceptId | None = None) -> list[ConceptExample]:  # noqa: A001 - `examples.all(...)`
    """Return a concept's examples (None: those of the whole book), the counter-examples last, each by age."""
    query = sa.select(concept_examples)
    if concept_id is not None:
        query = query.where(concept_examples.c.concept_id == concept_id)
    column = concept_examples.c
    order = (column.concept_id, column.kind.desc(), column.created_at, column.id)
    rows = reading.connection.execute(query.order_by(*order)).all()
    word_ids = _word_ids(reading)
    return [_example(row, tuple(word_ids.get(row.id, ()))) for row in rows]


def count(reading: Reading, recording_id: RecordingId) -> int:
    """Return how many examples are passages of one conversation."""
    query = sa.select(sa.func.count()).where(concept_examples.c.recording_id == recording_id)
    return int(reading.connection.execute(query).scalar_one())


def remove(change: Change, example_id: ExampleId) -> None:
    """Remove one example, or raise `ExampleNotFound`."""
    if not change.connection.execute(concept_examples.delete().where(concept_examples.c.id == example_id)).rowcount:
        raise ExampleNotFound
    change.touched(concepts=True)


def _word_ids(reading: Reading) -> dict[str, list[WordId]]:
    column = concept_example_words.c
    query = sa.select(column.example_id, column.word_id).order_by(column.example_id, column.position)
    found: dict[str, list[WordId]] = {}
    for example_id, word_id in reading.connection.execute(query):
        found.setdefault(example_id, []).append(word_id)
    return found


def _example(row: sa.Row[Any], word_ids: tuple[WordId, ...]) -> ConceptExample:
    return ConceptExample(
        id=ExampleId(row.id),
        concept_id=ConceptId(row.concept_id),
        recording_id=RecordingId(row.recording_id),
        kind=ExampleKind(row.kind),
        start_ms=row.start_ms,
        end_ms=row.end_ms,
        word_ids=word_ids,
        note=row.note,
        author=row.author,
        created_at=row.created_at,
        version=row.version,
    )
