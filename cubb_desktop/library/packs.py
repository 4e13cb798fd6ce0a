"""Excerpts, and the register of what has left the house."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from cubb_desktop.domain.consent import Purpose
from cubb_desktop.domain.errors import ExcerptNotFound, ExportNotFound
from cubb_desktop.domain.ids import ConsentId, ExcerptId, ExportId, RecordingId
from cubb_desktop.domain.pack import Excerpt, ExportEntry, ExportFormat
from cubb_desktop.domain.tombstone import Reason
from cubb_desktop.library.access import Change, Reading
from cubb_desktop.library.tables import consent_purposes, consents, excerpts, exports, participants, tombstones


def add_excerpt(change: Change, excerpt: Excerpt) -> None:
    """Store a new excerpt."""
    change.connection.execute(
        excerpts.insert().values(
            id=excerpt.id,
            recording_id=excerpt.recording_id,
            start_ms=excerpt.start_ms,
            end_ms=excerpt.end_ms,
            title=excerpt.title,
            author=excerpt.author,
            created_at=excerpt.created_at,
            version=excerpt.version,
        )
    )
    change.touched(excerpts=True)


def get_excerpt(reading: Reading, excerpt_id: ExcerptId) -> Excerpt:
    """Return one excerpt, or raise `ExcerptNotFound`."""
    row = reading.connection.execute(sa.select(excerpts).where(excerpts.c.id == excerpt_id)).first()
    if row is None:
        raise ExcerptNotFound
    return _excerpt(row)


def all_excerpts(reading: Reading, recording_id: RecordingId | None = None) -> list[Excerpt]:
    """Return every excerpt (of one recording, if given), the newest first."""
    query = sa.select(excerpts).order_by(excerpts.c.created_at.desc(), excerpts.c.id)
    if recording_id is not None:
        query = query.where(excerpts.c.recording_id == recording_id)
    return [_excerpt(row) for row in reading.connection.execute(query)]


def add_export(change: Change, entry: ExportEntry) -> None:
    """Enter in the register what is about to leave the house."""
    change.connection.execute(
        exports.insert().values(
            id=entry.id,
            recording_id=entry.recording_id,
            excerpt_id=entry.excerpt_id,
            consent_id=entry.consent_id,
            purpose=entry.purpose.value,
            format=entry.format.value,
            file_name=entry.file_name,
            sha256=entry.sha256,
            exported_at=entry.exported_at,
            recipient=entry.recipient,
            recalled_at=entry.recalled_at,
            author=entry.author,
            created_at=change.now(),
        )
    )
    change.touched(exports=True)


def all_exports(reading: Reading, recording_id: RecordingId | None = None) -> list[ExportEntry]:
    """Return the register (of one recording, if given), the newest line first."""
    query = sa.select(exports).order_by(exports.c.exported_at.desc(), exports.c.id)
    if recording_id is not None:
        query = query.where(exports.c.recording_id == recording_id)
    return [_export(row) for row in reading.connection.execute(query)]


def to_recall(reading: Reading) -> list[ExportEntry]:
    """Return the copies that are to be called back and have not been yet, the newest first.

    Those are the copies of what was forgotten because an agreement was withdrawn, or is held back from being so, and
    those that were made for a purpose that was taken back.
    """
    forgotten = sa.select(tombstones.c.id).where(tombstones.c.reason == Reason.WITHDRAWN.value)
    heard = sa.select(participants.c.recording_id).where(participants.c.consent_id == consents.c.id)
    of_withdrawn = sa.exists().where(
        consents.c.withdrawn_at.is_not(None),
        sa.or_(consents.c.id == exports.c.consent_id, exports.c.recording_id.in_(heard)),
    )
    taken_back = sa.exists().where(
        consent_purposes.c.consent_id == exports.c.consent_id,
        consent_purposes.c.purpose == exports.c.purpose,
        consent_purposes.c.state == "withdrawn",
    )
    query = (
        sa.select(exports)
        .where(exports.c.recalled_at.is_(None), sa.or_(exports.c.recording_id.in_(forgotten), of_withdrawn, taken_back))
        .order_by(exports.c.exported_at.desc(), exports.c.id)
    )
    return [_export(row) for row in reading.connection.execute(query)]


def recalled(change: Change, export_id: ExportId) -> None:
    """Note that a copy was called back; its name, which may tell what it was, goes. Raises `ExportNotFound`."""
    done = change.connection.execute(
        exports.update()
        .where(exports.c.id == export_id, exports.c.recalled_at.is_(None))
        .values(recalled_at=change.now(), file_name="", version=exports.c.version + 1)
    ).rowcount
    if not done:
        raise ExportNotFound
    change.forgets = True
    change.touched(exports=True)


def _excerpt(row: sa.Row[Any]) -> Excerpt:
    return Excerpt(
        id=ExcerptId(row.id),
        recording_id=RecordingId(row.recording_id),
        start_ms=row.start_ms,
        end_ms=row.end_ms,
        title=row.title,
        author=row.author,
        created_at=row.created_at,
        version=row.version,
    )


def _export(row: sa.Row[Any]) -> ExportEntry:
    return ExportEntry(
        id=ExportId(row.id),
        recording_id=RecordingId(row.recording_id),
        excerpt_id=None if row.excerpt_id is None else ExcerptId(row.excerpt_id),
        consent_id=ConsentId(row.consent_id),
        purpose=Purpose(row.purpose),
        format=ExportFormat(row.format),
        file_name=row.file_name,
        sha256=row.sha256,
        author=row.author,
        exported_at=row.exported_at,
        recipient=row.recipient,
        recalled_at=row.recalled_at,
    )
