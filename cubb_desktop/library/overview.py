"""What a list of conversations shows beside each recording, read for all of them at once."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

import sqlalchemy as sa

from cubb_desktop.domain.annotating import may_see
from cubb_desktop.domain.ids import RecordingId, SpeakerId
from cubb_desktop.domain.recording import Role
from cubb_desktop.domain.transcript import Speaker
from cubb_desktop.library import blind_rounds
from cubb_desktop.library.access import Reading
from cubb_desktop.library.tables import annotation_table, speaker_names, speakers, transcripts
from cubb_desktop.library.transcripts import shown_label


@dataclass(frozen=True, slots=True)
class Overview:
    """Of one recording: who speaks in the text a person sees, whether demo models made it, how many marks they see."""

    has_text: bool
    demo: bool
    speakers: tuple[Speaker, ...]
    marks: int


def overviews(reading: Reading, *, seen_by: str) -> dict[RecordingId, Overview]:
    """Return the overview of every recording that has a transcript or a mark that a person may see."""
    shown = _shown_transcripts(reading)
    voices = _speakers(reading, {key: recording_id for recording_id, (key, _) in shown.items()})
    marks = _marks(reading, seen_by)
    return {
        recording_id: Overview(
            recording_id in shown,
            shown[recording_id][1] if recording_id in shown else False,
            tuple(voices.get(recording_id, ())),
            marks.get(recording_id, 0),
        )
        for recording_id in shown.keys() | marks.keys()
    }


def _shown_transcripts(reading: Reading) -> dict[RecordingId, tuple[int, bool]]:
    """The key of each recording's shown transcript (finished before draft, then newest), and whether it is a demo's."""
    t = transcripts.c
    query = sa.select(t.recording_id, t.key, t.engine).order_by(t.final, t.number)
    rows = reading.connection.execute(query)
    return {RecordingId(row.recording_id): (row.key, bool(row.engine.get("demo", False))) for row in rows}


def _speakers(reading: Reading, shown: dict[int, RecordingId]) -> dict[RecordingId, list[Speaker]]:
    named = {(row.recording_id, row.speaker_id): row for row in reading.connection.execute(sa.select(speaker_names))}
    found: defaultdict[RecordingId, list[Speaker]] = defaultdict(list)
    for row in reading.connection.execute(sa.select(speakers).order_by(speakers.c.position)):
        recording_id = shown.get(row.transcript_key)
        if recording_id is not None:
            name = named.get((recording_id, row.id), row)
            label = shown_label(name.label)
            found[recording_id].append(Speaker(SpeakerId(row.id), label, Role(name.role), row.pseudonym))
    return found


def _marks(reading: Reading, seen_by: str) -> dict[RecordingId, int]:
    """Count marks; where each works alone first, only the person's own."""
    of, author = annotation_table.c.recording_id, annotation_table.c.author
    blind = blind_rounds.under_way(reading)
    found: defaultdict[RecordingId, int] = defaultdict(int)
    for row in reading.connection.execute(sa.select(of, author, sa.func.count()).group_by(of, author)):
        if may_see(row[1], seen_by, blind.get(RecordingId(row[0]))):
            found[RecordingId(row[0])] += row[2]
    return found
