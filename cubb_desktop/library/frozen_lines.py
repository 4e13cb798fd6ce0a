"""Frozen lines: once stored they are never changed; they go with their recording."""

from __future__ import annotations

import json

import sqlalchemy as sa

from cubb_desktop.domain.errors import LinesFrozen
from cubb_desktop.domain.frozen import Frozen, FrozenLine
from cubb_desktop.domain.ids import RecordingId, TranscriptId, WordId
from cubb_desktop.library.access import Change, Reading
from cubb_desktop.library.tables import frozen_lines, frozen_transcripts


def add(change: Change, recording_id: RecordingId, frozen: Frozen) -> None:
    """Keep a recording's lines for good; raises `LinesFrozen` where they are kept already."""
    if is_frozen(change, recording_id):
        raise LinesFrozen
    change.connection.execute(
        frozen_transcripts.insert().values(
            recording_id=recording_id, transcript_id=frozen.transcript_id, author=frozen.by, created_at=frozen.at
        )
    )
    rows = [
        {
            "recording_id": recording_id,
            "number": line.number,
            "start_ms": line.start_ms,
            "words": list(line.words),
            "silence": line.silence,
        }
        for line in frozen.lines
    ]
    if rows:
        change.connection.execute(frozen_lines.insert(), rows)
    change.touched(transcripts=[recording_id])


def is_frozen(reading: Reading, recording_id: RecordingId) -> bool:
    """Whether a recording's lines are kept."""
    query = sa.select(sa.func.count()).where(frozen_transcripts.c.recording_id == recording_id)
    return bool(reading.connection.execute(query).scalar_one())


def get(reading: Reading, recording_id: RecordingId) -> Frozen | None:
    """Return a recording's frozen lines, None where they were never frozen."""
    query = sa.select(frozen_transcripts).where(frozen_transcripts.c.recording_id == recording_id)
    row = reading.connection.execute(query).first()
    if row is None:
        return None
    c = frozen_lines.c
    lines = reading.connection.execute(
        sa.select(c.number, c.start_ms, sa.cast(c.words, sa.Text), c.silence)
        .where(c.recording_id == recording_id)
        .order_by(c.number)
    )
    known = tuple(
        FrozenLine(number, start, tuple(map(WordId, json.loads(words))), silence)
        for number, start, words, silence in lines
    )
    return Frozen(TranscriptId(row.transcript_id), known, row.author, row.created_at)
