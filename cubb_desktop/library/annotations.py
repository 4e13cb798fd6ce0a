"""Annotations: a person's mark on a passage, anchored to words and to time."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from cubb_desktop.domain.codebook import Annotation
from cubb_desktop.domain.errors import NotFound
from cubb_desktop.domain.ids import AnnotationId, ConceptId, RecordingId, WordId
from cubb_desktop.library.access import Change, Reading
from cubb_desktop.library.tables import annotation_table, annotation_words


def add(change: Change, annotation: Annotation) -> None:
    """Store a new annotation."""
    change.connection.execute(
        annotation_table.insert().values(
            id=annotation.id,
            recording_id=annotation.recording_id,
            concept_id=annotation.concept_id,
            start_ms=annotation.start_ms,
            end_ms=annotation.end_ms,
            note=annotation.note,
            author=annotation.author,
            created_at=annotation.created_at,
            version=annotation.version,
        )
    )
    rows = [
        {"annotation_id": annotation.id, "position": n, "word_id": word_id}
        for n, word_id in enumerate(annotation.word_ids)
    ]
    if rows:
        change.connection.execute(annotation_words.insert(), rows)
    change.touched(annotations=[annotation.recording_id])


def all(reading: Reading, recording_id: RecordingId) -> list[Annotation]:  # noqa: A001 - `annotations.all(...)`
    """Return a recording's annotations in order of time."""
    of_recording = annotation_table.c.recording_id == recording_id
    marked = (
        sa.select(annotation_words.c.annotation_id, annotation_words.c.word_id)
        .join(annotation_table)
        .where(of_recording)
        .order_by(annotation_words.c.annotation_id, annotation_words.c.position)
    )
    word_ids: dict[str, list[WordId]] = {}
    for annotation_id, word_id in reading.connection.execute(marked):
        word_ids.setdefault(annotation_id, []).append(word_id)
    column = annotation_table.c
    order = (column.start_ms, column.end_ms, column.created_at, column.id)
    query = sa.select(annotation_table).where(of_recording).order_by(*order)
    rows = reading.connection.execute(query)
    return [_annotation(row, tuple(word_ids.get(row.id, ()))) for row in rows]


def remove(change: Change, annotation_id: AnnotationId) -> None:
    """Remove one annotation, or raise `NotFound`."""
    here = annotation_table.c.id == annotation_id
    recording_id = change.connection.execute(sa.select(annotation_table.c.recording_id).where(here)).scalar()
    if recording_id is None:
        raise NotFound
    change.connection.execute(annotation_table.delete().where(here))
    change.touched(annotations=[RecordingId(recording_id)])


def _annotation(row: sa.Row[Any], word_ids: tuple[WordId, ...]) -> Annotation:
    return Annotation(
        id=AnnotationId(row.id),
        recording_id=RecordingId(row.recording_id),
        concept_id=ConceptId(row.concept_id),
        start_ms=row.start_ms,
        end_ms=row.end_ms,
        word_ids=word_ids,
        note=row.note,
        author=row.author,
        created_at=row.created_at,
        version=row.version,
    )
