"""Annotations: a person's mark on a passage, anchored to words and to time, and the replies to it.

Whatever reads them says for whom: in a round in which each works alone first, others' marks and replies are not here.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from cubb_desktop.domain.annotating import Reply, Thread, may_see
from cubb_desktop.domain.codebook import Annotation, MarkStatus
from cubb_desktop.domain.errors import MarkNotFound, ReplyNotFound
from cubb_desktop.domain.ids import AnnotationId, ConceptId, RecordingId, ReplyId, WordId
from cubb_desktop.library import blind_rounds
from cubb_desktop.library.access import Change, Reading
from cubb_desktop.library.tables import annotation_replies, annotation_table, annotation_words


def add(change: Change, annotation: Annotation) -> None:
    """Store a new annotation."""
    change.connection.execute(annotation_table.insert().values(id=annotation.id, **_columns(annotation)))
    _add_words(change, annotation)
    change.touched(annotations=[annotation.recording_id])


def update(change: Change, annotation: Annotation) -> None:
    """Store a changed annotation in its place; the version goes up."""
    here = annotation_table.c.id == annotation.id
    values = {**_columns(annotation), "version": annotation_table.c.version + 1}
    change.connection.execute(annotation_table.update().where(here).values(**values))
    of_mark = annotation_words.c.annotation_id == annotation.id
    change.connection.execute(annotation_words.delete().where(of_mark))
    _add_words(change, annotation)
    change.touched(annotations=[annotation.recording_id])


def _columns(annotation: Annotation) -> dict[str, Any]:
    return {
        "recording_id": annotation.recording_id,
        "concept_id": annotation.concept_id,
        "start_ms": annotation.start_ms,
        "end_ms": annotation.end_ms,
        "note": annotation.note,
        "author": annotation.author,
        "created_at": annotation.created_at,
        "version": annotation.version,
        "status": annotation.status.value,
    }


def _add_words(change: Change, annotation: Annotation) -> None:
    rows = [
        {"annotation_id": annotation.id, "position": n, "word_id": word_id}
        for n, word_id in enumerate(annotation.word_ids)
    ]
    if rows:
        change.connection.execute(annotation_words.insert(), rows)


def all(reading: Reading, recording_id: RecordingId, *, seen_by: str) -> list[Annotation]:  # noqa: A001 - `annotations.all(...)`
    """Return a recording's annotations that a person may see, in order of time."""
    return [thread.mark for thread in threads(reading, recording_id, seen_by=seen_by)]


def threads(reading: Reading, recording_id: RecordingId, *, seen_by: str) -> list[Thread]:
    """Return a recording's annotations with their replies, as far as a person may see them, in order of time."""
    blind = blind_rounds.get(reading, recording_id)
    of_recording = annotation_table.c.recording_id == recording_id
    return [
        Thread(thread.mark, tuple(r for r in thread.replies if may_see(r.author, seen_by, blind)))
        for thread in _threads(reading, of_recording)
        if may_see(thread.mark.author, seen_by, blind)
    ]


def get(reading: Reading, annotation_id: AnnotationId, *, seen_by: str) -> Thread:
    """Return one annotation with its replies, or raise `MarkNotFound`: also where a person may not see it yet."""
    whole = whole_thread(reading, annotation_id)
    blind = blind_rounds.get(reading, whole.mark.recording_id)
    if not may_see(whole.mark.author, seen_by, blind):
        raise MarkNotFound
    return Thread(whole.mark, tuple(r for r in whole.replies if may_see(r.author, seen_by, blind)))


def whole_thread(reading: Reading, annotation_id: AnnotationId) -> Thread:
    """Return one annotation with all its replies, whoever asks: not to be shown. Raises `MarkNotFound`."""
    found = _threads(reading, annotation_table.c.id == annotation_id)
    if not found:
        raise MarkNotFound
    return found[0]


def _threads(reading: Reading, where: sa.ColumnElement[bool]) -> list[Thread]:
    marked = (
        sa.select(annotation_words.c.annotation_id, annotation_words.c.word_id)
        .join(annotation_table)
        .where(where)
        .order_by(annotation_words.c.annotation_id, annotation_words.c.position)
    )
    word_ids: dict[str, list[WordId]] = {}
    for annotation_id, word_id in reading.connection.execute(marked):
        word_ids.setdefault(annotation_id, []).append(word_id)
    answered = sa.select(annotation_replies).join(annotation_table).where(where)
    order_of_replies = (annotation_replies.c.created_at, annotation_replies.c.id)
    replies: dict[str, list[Reply]] = {}
    for row in reading.connection.execute(answered.order_by(*order_of_replies)):
        replies.setdefault(row.annotation_id, []).append(_reply(row))
    column = annotation_table.c
    order = (column.start_ms, column.end_ms, column.created_at, column.id)
    rows = reading.connection.execute(sa.select(annotation_table).where(where).order_by(*order))
    return [Thread(_annotation(row, tuple(word_ids.get(row.id, ()))), tuple(replies.get(row.id, ()))) for row in rows]


def remove(change: Change, annotation_id: AnnotationId) -> None:
    """Remove one annotation with its replies, or raise `MarkNotFound`."""
    here = annotation_table.c.id == annotation_id
    recording_id = change.connection.execute(sa.select(annotation_table.c.recording_id).where(here)).scalar()
    if recording_id is None:
        raise MarkNotFound
    change.connection.execute(annotation_table.delete().where(here))
    change.touched(annotations=[RecordingId(recording_id)])


# --- replies ---------------------------------------------------------------------------------------------------------


def add_reply(change: Change, reply: Reply, recording_id: RecordingId) -> None:
    """Store a new reply to a mark in a recording."""
    change.connection.execute(
        annotation_replies.insert().values(
            id=reply.id,
            annotation_id=reply.annotation_id,
            text=reply.text,
            author=reply.author,
            created_at=reply.created_at,
            version=reply.version,
        )
    )
    change.touched(annotations=[recording_id])


def get_reply(reading: Reading, reply_id: ReplyId, *, seen_by: str) -> tuple[Reply, Thread]:
    """Return a reply and what it replies to, or raise `ReplyNotFound`: also where a person may not see it yet."""
    here = annotation_replies.c.id == reply_id
    annotation_id = reading.connection.execute(sa.select(annotation_replies.c.annotation_id).where(here)).scalar()
    if annotation_id is None:
        raise ReplyNotFound
    try:
        thread = get(reading, AnnotationId(annotation_id), seen_by=seen_by)
    except MarkNotFound:
        raise ReplyNotFound from None
    for reply in thread.replies:
        if reply.id == reply_id:
            return reply, thread
    raise ReplyNotFound


def update_reply(change: Change, reply_id: ReplyId, text: str, recording_id: RecordingId) -> None:
    """Word a reply anew."""
    here = annotation_replies.c.id == reply_id
    values = {"text": text, "version": annotation_replies.c.version + 1}
    change.connection.execute(annotation_replies.update().where(here).values(**values))
    change.touched(annotations=[recording_id])


def remove_reply(change: Change, reply_id: ReplyId, recording_id: RecordingId) -> None:
    """Remove one reply."""
    change.connection.execute(annotation_replies.delete().where(annotation_replies.c.id == reply_id))
    change.touched(annotations=[recording_id])


def _reply(row: sa.Row[Any]) -> Reply:
    return Reply(
        ReplyId(row.id), AnnotationId(row.annotation_id), row.text, row.author, row.created_at, row.version
    )  # fmt: skip


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
        status=MarkStatus(row.status),
    )
