"""What belongs to a conversation, by id alone: for finding its lines in the audit log."""

from __future__ import annotations

from datetime import date

import sqlalchemy as sa

from cubb_desktop.domain.ids import RecordingId
from cubb_desktop.library.access import Reading
from cubb_desktop.library.tables import (
    annotation_table,
    concept_examples,
    excerpts,
    exports,
    jobs,
    participants,
    recordings,
    slots,
    transcripts,
)

_OWNED = (annotation_table, concept_examples, excerpts, exports, jobs, slots, transcripts)


def objects_of(reading: Reading, recording_id: RecordingId) -> frozenset[str]:
    """Return the ids of a conversation and of what hangs on it, its agreements included; also after it was deleted."""
    queries = [sa.select(table.c.id).where(table.c.recording_id == recording_id) for table in _OWNED]
    queries.append(sa.select(recordings.c.consent_id).where(recordings.c.id == recording_id))
    queries.append(sa.select(participants.c.consent_id).where(participants.c.recording_id == recording_id))
    found = {row[0] for query in queries for row in reading.connection.execute(query)}
    return frozenset(found - {None} | {recording_id})


def recorded_days(reading: Reading) -> dict[str, date]:
    """Return the local day each conversation was held, by its id."""
    rows = reading.connection.execute(sa.select(recordings.c.id, recordings.c.recorded_at))
    return {row[0]: row[1].astimezone().date() for row in rows}
