"""Machine transcripts: a draft that grows while the recogniser works, then words with speakers, never changed again.

What people call the speakers lies in a table of its own and is laid over what the machine says.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import asdict, replace
from typing import Any

import sqlalchemy as sa

from cubb_desktop.domain.errors import NotFound, TranscriptNotFound, VersionNotFound
from cubb_desktop.domain.ids import RecordingId, SpeakerId, TranscriptId, TurnId, WordId
from cubb_desktop.domain.recording import Role
from cubb_desktop.domain.transcript import (
    Engine,
    Interval,
    Overlap,
    Silence,
    SilenceMethod,
    Speaker,
    Transcript,
    Turn,
    Unheard,
    Version,
    Word,
    result_key,
)
from cubb_desktop.i18n import _
from cubb_desktop.library import frozen_lines, revisions, search_index
from cubb_desktop.library.access import Change, Reading
from cubb_desktop.library.tables import (
    chosen_transcripts,
    edits,
    flagged,
    overlaps,
    silences,
    speaker_names,
    speakers,
    transcripts,
    turns,
    unheard,
    words,
)

_UNNAMED = re.compile(r"(?:Taler|Speaker) (\d{1,3})")  # as the worker writes it, in the language it was started in
_PARTS = (words, turns, speakers, silences, overlaps, unheard, flagged)


# --- writing ---------------------------------------------------------------------------------------------------------


def start_draft(change: Change, transcript: Transcript, key: str | None = None) -> Transcript:
    """Begin a transcript and return it as stored: with its number, without what `transcript` may hold of words.

    `key` says what work this is (default: `result_key` of the engine). A draft of the same work that a crash left
    behind is emptied and taken over, id and number included; finished work of the same key is returned unchanged.
    """
    key = key or result_key(transcript.engine)
    row = _row(change, transcripts.c.recording_id == transcript.recording_id, transcripts.c.result_key == key)
    if row is not None:
        if not row.final:
            _empty(change, row.key)
            change.touched(transcripts=[transcript.recording_id])
        return _load(change, row)
    number = sa.select(sa.func.coalesce(sa.func.max(transcripts.c.number), 0) + 1).where(
        transcripts.c.recording_id == transcript.recording_id
    )
    change.connection.execute(
        transcripts.insert().values(
            id=transcript.id,
            recording_id=transcript.recording_id,
            number=number.scalar_subquery(),
            result_key=key,
            final=False,
            author=change.actor,
            created_at=transcript.created_at,
            **_facts(transcript),
        )
    )
    change.touched(transcripts=[transcript.recording_id])
    return get(change, transcript.id)


def append_words(change: Change, transcript_id: TranscriptId, new_turns: Sequence[Turn]) -> None:
    """Add turns to a draft; a turn that is there already grows by the words it did not have."""
    row = _known(change, transcript_id)
    present = dict(
        change.connection.execute(sa.select(turns.c.id, turns.c.key).where(turns.c.transcript_key == row.key)).all()
    )
    had: set[str] = set()
    for turn in new_turns:
        if turn.id in present:
            of_turn = (words.c.transcript_key == row.key, words.c.turn_key == present[turn.id])
            had |= set(change.connection.execute(sa.select(words.c.id).where(*of_turn)).scalars())
            change.connection.execute(turns.update().where(turns.c.key == present[turn.id]).values(end_ms=turn.end_ms))
    _add_turns(change, row.key, new_turns, present=present, had=had)
    change.touched(transcripts=[RecordingId(row.recording_id)])


def replace_with(change: Change, transcript: Transcript, *, final: bool = True) -> None:
    """Put the finished transcript in the place of its draft (same id); words that keep their id keep what hangs on it.

    Now it can be found by searching, and the database refuses to change it. A repeat of finished work changes nothing.
    With `final=False` it stays a draft that may be replaced again.
    """
    row = _known(change, transcript.id)
    if row.final:
        return
    _empty(change, row.key)
    keys = _add_turns(change, row.key, transcript.turns)
    if final:
        search_index.add_turns(change, [(keys[turn.id], turn.text) for turn in transcript.turns])
    _insert(
        change,
        speakers,
        [
            {"transcript_key": row.key, "position": n, "id": s.id, "label": s.label, "role": s.role.value,
             "pseudonym": s.pseudonym}
            for n, s in enumerate(transcript.speakers)
        ],
    )  # fmt: skip
    _insert_intervals(change, silences, row.key, transcript.silences)
    _insert_intervals(change, unheard, row.key, transcript.unheard)
    _insert_intervals(change, flagged, row.key, transcript.flagged)
    _insert(
        change,
        overlaps,
        [
            {"transcript_key": row.key, "position": n, "start_ms": o.start_ms, "end_ms": o.end_ms,
             "first_turn_id": o.turns[0], "second_turn_id": o.turns[1]}
            for n, o in enumerate(transcript.overlaps)
        ],
    )  # fmt: skip
    change.connection.execute(
        transcripts.update().where(transcripts.c.key == row.key).values(final=final, **_facts(transcript))
    )
    change.touched(transcripts=[transcript.recording_id])


def discard_draft(change: Change, transcript_id: TranscriptId) -> None:
    """Remove a draft whose work was given up; finished work is left alone."""
    row = _known(change, transcript_id)
    change.connection.execute(transcripts.delete().where(transcripts.c.key == row.key, transcripts.c.final.is_(False)))
    change.touched(transcripts=[RecordingId(row.recording_id)])


def set_speaker(change: Change, recording_id: RecordingId, speaker_id: SpeakerId, label: str, role: Role) -> None:
    """Record what a person calls a speaker; raises `NotFound` for a speaker the recording does not have."""
    of_recording = transcripts.c.recording_id == recording_id
    known = sa.select(speakers.c.id).join(transcripts).where(of_recording, speakers.c.id == speaker_id)
    if change.connection.execute(known).first() is None:
        raise NotFound
    here = (speaker_names.c.recording_id == recording_id, speaker_names.c.speaker_id == speaker_id)
    values: dict[str, Any] = {"label": label, "role": role.value, "author": change.actor, "created_at": change.now()}
    changed = change.connection.execute(
        speaker_names.update().where(*here).values(**values, version=speaker_names.c.version + 1)
    )
    if not changed.rowcount:
        change.connection.execute(
            speaker_names.insert().values(recording_id=recording_id, speaker_id=speaker_id, **values)
        )
    change.touched(transcripts=[recording_id])


def choose(change: Change, recording_id: RecordingId, number: int) -> None:
    """Let people see this finished transcript from now on; raises `VersionNotFound`."""
    row = _version_row(change, recording_id, number)
    mine = chosen_transcripts.c.recording_id == recording_id
    values: dict[str, Any] = {"transcript_id": row.id, "author": change.actor, "created_at": change.now()}
    changed = change.connection.execute(
        chosen_transcripts.update().where(mine).values(**values, version=chosen_transcripts.c.version + 1)
    )
    if not changed.rowcount:
        change.connection.execute(chosen_transcripts.insert().values(recording_id=recording_id, **values))
    change.touched(transcripts=[recording_id])


# --- reading ---------------------------------------------------------------------------------------------------------


def get(reading: Reading, transcript_id: TranscriptId) -> Transcript:
    """Return one transcript, or raise `TranscriptNotFound`."""
    return _load(reading, _known(reading, transcript_id))


def latest(reading: Reading, recording_id: RecordingId) -> Transcript | None:
    """Return what a person should see, as people have corrected it.

    That is the finished transcript that somebody has chosen, else the newest that people have worked on (a machine
    never takes its place), else the newest; without one, the draft in the making, else None.
    """
    row = _row(reading, transcripts.c.recording_id == recording_id)
    return None if row is None else revisions.laid_over(reading, row.key, _load(reading, row))


def head(reading: Reading, recording_id: RecordingId, most_turns: int) -> Transcript | None:
    """Return the beginning of what `latest` returns, or None where it has no more than `most_turns` turns.

    Everything that begins before the turn after them is in it, as people have corrected it.
    """
    row = _row(reading, transcripts.c.recording_id == recording_id)
    if row is None:
        return None
    starts = sa.select(turns.c.start_ms).where(turns.c.transcript_key == row.key).order_by(turns.c.start_ms)
    until_ms = reading.connection.execute(starts.offset(most_turns).limit(1)).scalar()
    if until_ms is None:
        return None
    return revisions.laid_over(reading, row.key, _load(reading, row, until_ms), until_ms)


def machine(reading: Reading, recording_id: RecordingId) -> Transcript | None:
    """Return the same as the machine made it."""
    row = _row(reading, transcripts.c.recording_id == recording_id)
    return None if row is None else _load(reading, row)


def stamp(reading: Reading, recording_id: RecordingId) -> tuple[object, ...]:
    """Return what differs whenever `latest` would return something else; costs next to nothing."""
    row = _row(reading, transcripts.c.recording_id == recording_id)
    if row is None:
        return ()
    named = sa.select(sa.func.count(), sa.func.sum(speaker_names.c.version)).where(
        speaker_names.c.recording_id == recording_id
    )
    counted = sa.select(sa.func.count()).select_from(words).where(words.c.transcript_key == row.key)
    return (
        row.id, row.final, row.has_speakers, row.duration_ms,
        reading.connection.execute(counted).scalar_one(), *reading.connection.execute(named).one(),
        revisions.revision(reading, row.key), frozen_lines.is_frozen(reading, recording_id),
    )  # fmt: skip


def has_any(reading: Reading, recording_id: RecordingId) -> bool:
    """Whether there is something to read, a draft included."""
    return _row(reading, transcripts.c.recording_id == recording_id) is not None


def by_key(reading: Reading, recording_id: RecordingId, key: str) -> Transcript | None:
    """Return the result of the work that `key` names, draft or finished (see `is_final`), None when there is none."""
    row = _row(reading, transcripts.c.recording_id == recording_id, transcripts.c.result_key == key)
    return None if row is None else _load(reading, row)


def is_final(reading: Reading, transcript_id: TranscriptId) -> bool:
    """Whether a transcript is finished; a draft may still grow."""
    return bool(_known(reading, transcript_id).final)


def versions(reading: Reading, recording_id: RecordingId) -> list[Version]:
    """Return a recording's finished transcripts, the oldest first."""
    seen = _row(reading, transcripts.c.recording_id == recording_id)
    t, choice = transcripts.c, chosen_transcripts.c
    query = (
        sa.select(
            t.number, t.id, t.created_at, t.engine, _worked_on().label("worked_on"),
            choice.author, choice.created_at.label("chosen_at"),
        )
        .outerjoin(chosen_transcripts, choice.transcript_id == t.id)
        .where(t.recording_id == recording_id, t.final)
        .order_by(t.number)
    )  # fmt: skip
    return [
        Version(
            number=row.number,
            id=TranscriptId(row.id),
            created_at=row.created_at,
            engine=_engine(row.engine),
            current=seen is not None and row.id == seen.id,
            corrected=row.worked_on,
            chosen_by=row.author or "",
            chosen_at=row.chosen_at,
        )
        for row in reading.connection.execute(query)
    ]


def version(reading: Reading, recording_id: RecordingId, number: int) -> Transcript:
    """Return a finished transcript as people have corrected it; raises `VersionNotFound`."""
    row = _version_row(reading, recording_id, number)
    return revisions.laid_over(reading, row.key, _load(reading, row))


def _version_row(reading: Reading, recording_id: RecordingId, number: int) -> sa.Row[Any]:
    of_recording = transcripts.c.recording_id == recording_id
    row = _row(reading, of_recording, transcripts.c.number == number, transcripts.c.final)
    if row is None:
        raise VersionNotFound
    return row


def numbers(reading: Reading, recording_id: RecordingId) -> list[int]:
    """Return the numbers of a recording's transcripts in rising order."""
    query = sa.select(transcripts.c.number).where(transcripts.c.recording_id == recording_id)
    return list(reading.connection.execute(query.order_by(transcripts.c.number)).scalars())


# --- rows ------------------------------------------------------------------------------------------------------------


def _facts(transcript: Transcript) -> dict[str, Any]:
    return {
        "has_speakers": transcript.has_speakers,
        "duration_ms": transcript.duration_ms,
        "engine": asdict(transcript.engine),
        "silence_method": transcript.silence_method.name,
        "silence_least_ms": transcript.silence_method.least_ms,
        "silence_threshold_db": transcript.silence_method.threshold_db,
    }


def _row(reading: Reading, *where: sa.ColumnElement[bool]) -> sa.Row[Any] | None:
    chosen = sa.exists().where(chosen_transcripts.c.transcript_id == transcripts.c.id)
    order = (transcripts.c.final.desc(), chosen.desc(), _worked_on().desc(), transcripts.c.number.desc())
    return reading.connection.execute(sa.select(transcripts).where(*where).order_by(*order).limit(1)).first()


def _worked_on() -> sa.Exists:
    """Whether people have edited a transcript, also where they have taken all of it back."""
    return sa.exists().where(edits.c.transcript_key == transcripts.c.key)


def _known(reading: Reading, transcript_id: TranscriptId) -> sa.Row[Any]:
    row = _row(reading, transcripts.c.id == transcript_id)
    if row is None:
        raise TranscriptNotFound
    return row


def _empty(change: Change, key: int) -> None:
    for table in _PARTS:
        change.connection.execute(table.delete().where(table.c.transcript_key == key))


def _add_turns(
    change: Change,
    key: int,
    new_turns: Iterable[Turn],
    *,
    present: dict[str, int] | None = None,
    had: frozenset[str] | set[str] = frozenset(),
) -> dict[str, int]:
    """Insert turns after those the transcript has, and their words; return the keys of all turns by id."""
    keys = dict(present or {})
    of_turns, of_words = turns.c.transcript_key == key, words.c.transcript_key == key
    place = change.connection.execute(sa.select(sa.func.count()).select_from(turns).where(of_turns)).scalar_one()
    word_place = change.connection.execute(
        sa.select(sa.func.coalesce(sa.func.max(words.c.position), -1) + 1).where(of_words)
    ).scalar_one()
    turn_key = change.connection.execute(sa.select(sa.func.coalesce(sa.func.max(turns.c.key), 0))).scalar_one()
    turn_rows, word_rows = [], []
    for turn in new_turns:
        if turn.id not in keys:
            turn_key += 1
            keys[turn.id] = turn_key
            turn_rows.append((turn_key, turn.id, key, place, turn.speaker, turn.start_ms, turn.end_ms))
            place += 1
        for word in turn.words:
            if word.id not in had:
                times = (word.start_ms, word.end_ms)
                word_rows.append(
                    (key, word_place, keys[turn.id], word.id, word.text, *times, word.confidence, word.speaker)
                )
                word_place += 1
    _insert_tuples(change, turns, turn_rows)
    _insert_tuples(change, words, word_rows)
    return keys


def _insert(change: Change, table: sa.Table, rows: list[dict[str, Any]]) -> None:
    if rows:
        change.connection.execute(table.insert(), rows)


def _insert_tuples(change: Change, table: sa.Table, rows: list[tuple[Any, ...]]) -> None:
    """Insert rows whose values stand in the order of the table's columns; for the tables with thousands of rows."""
    if rows:
        marks = ", ".join("?" * len(table.columns))
        change.connection.exec_driver_sql(f"INSERT INTO {table.name} VALUES ({marks})", rows)  # noqa: S608 - own names


def _insert_intervals(
    change: Change, table: sa.Table, key: int, intervals: Iterable[Silence | Unheard | Interval]
) -> None:
    _insert_tuples(change, table, [(key, n, i.start_ms, i.end_ms) for n, i in enumerate(intervals)])


def _load(reading: Reading, row: sa.Row[Any], until_ms: int | None = None) -> Transcript:
    """Return a transcript, of which only what begins before `until_ms` if that is given."""
    return Transcript(
        id=TranscriptId(row.id),
        recording_id=RecordingId(row.recording_id),
        number=row.number,
        created_at=row.created_at,
        engine=_engine(row.engine),
        duration_ms=row.duration_ms,
        has_speakers=row.has_speakers,
        speakers=_load_speakers(reading, row),
        turns=_load_turns(reading, row.key, until_ms),
        silences=tuple(Silence(*times) for times in _load_intervals(reading, silences, row.key, until_ms)),
        overlaps=_load_overlaps(reading, row.key, until_ms),
        unheard=tuple(Unheard(*times) for times in _load_intervals(reading, unheard, row.key, until_ms)),
        silence_method=SilenceMethod(row.silence_method, row.silence_least_ms, row.silence_threshold_db),
        flagged=tuple(Interval(*times) for times in _load_intervals(reading, flagged, row.key, until_ms)),
    )


def _engine(stored: dict[str, Any]) -> Engine:
    return Engine(**{**stored, "notes": tuple(stored["notes"])})


def _before(table: sa.Table, key: int, until_ms: int | None) -> list[sa.ColumnElement[bool]]:
    """Return what picks a transcript's rows out of a table, those alone that begin before a time if one is given."""
    of_transcript = table.c.transcript_key == key
    return [of_transcript] if until_ms is None else [of_transcript, table.c.start_ms < until_ms]


def _load_turns(reading: Reading, key: int, until_ms: int | None) -> tuple[Turn, ...]:
    of_turn: dict[int, list[Word]] = {}
    w, t = words.c, turns.c
    here = _before(turns, key, until_ms)
    query = sa.select(w.turn_key, w.id, w.text, w.start_ms, w.end_ms, w.confidence, w.speaker_id)
    query = query.where(w.transcript_key == key).order_by(w.position)
    if until_ms is not None:
        query = query.where(w.turn_key.in_(sa.select(t.key).where(*here)))
    for turn_key, *fields in reading.connection.execute(query):
        of_turn.setdefault(turn_key, []).append(Word(*fields))
    rows = reading.connection.execute(
        sa.select(t.key, t.id, t.speaker_id, t.start_ms, t.end_ms).where(*here).order_by(t.position)
    )
    return tuple(
        Turn(TurnId(turn_id), speaker, start, end, tuple(of_turn.get(turn_key, ())))
        for turn_key, turn_id, speaker, start, end in rows
    )


def shown_label(label: str) -> str:
    """Return what a speaker is called: a voice that nobody has named by its number, in the person's language."""
    unnamed = _UNNAMED.fullmatch(label)
    return _("Taler {number}").format(number=unnamed[1]) if unnamed else label


def _load_speakers(reading: Reading, row: sa.Row[Any]) -> tuple[Speaker, ...]:
    of_transcript = speakers.c.transcript_key == row.key
    machine = reading.connection.execute(sa.select(speakers).where(of_transcript).order_by(speakers.c.position))
    found = [Speaker(SpeakerId(s.id), s.label, Role(s.role), s.pseudonym) for s in machine]
    query = sa.select(speaker_names).where(speaker_names.c.recording_id == row.recording_id)
    named = {name.speaker_id: name for name in reading.connection.execute(query)}
    known = [replace(s, label=named[s.id].label, role=Role(named[s.id].role)) if s.id in named else s for s in found]
    return tuple(replace(speaker, label=shown_label(speaker.label)) for speaker in known)


def _load_intervals(reading: Reading, table: sa.Table, key: int, until_ms: int | None) -> list[tuple[int, int]]:
    query = sa.select(table.c.start_ms, table.c.end_ms).where(*_before(table, key, until_ms))
    return [(row[0], row[1]) for row in reading.connection.execute(query.order_by(table.c.position))]


def _load_overlaps(reading: Reading, key: int, until_ms: int | None) -> tuple[Overlap, ...]:
    here = _before(overlaps, key, until_ms)
    rows = reading.connection.execute(sa.select(overlaps).where(*here).order_by(overlaps.c.position))
    return tuple(
        Overlap(row.start_ms, row.end_ms, (TurnId(row.first_turn_id), TurnId(row.second_turn_id))) for row in rows
    )


def word_ids_between(reading: Reading, recording_id: RecordingId, start_ms: int, end_ms: int) -> tuple[WordId, ...]:
    """Return the words whose middle lies between the two times, of the transcript a person sees, in order."""
    return tuple(word_id for word_id, _text in words_between(reading, recording_id, start_ms, end_ms))


def words_between(
    reading: Reading, recording_id: RecordingId, start_ms: int, end_ms: int
) -> tuple[tuple[WordId, str], ...]:
    """Return the same words with what they say; costs little where nobody has edited."""
    row = _row(reading, transcripts.c.recording_id == recording_id)
    if row is None:
        return ()
    if revisions.revision(reading, row.key):
        seen = revisions.laid_over(reading, row.key, _load(reading, row)).words()
        return tuple((w.id, w.text) for w in seen if 2 * start_ms <= w.start_ms + w.end_ms < 2 * end_ms)
    w = words.c
    middle = (w.start_ms + w.end_ms) / 2
    query = sa.select(w.id, w.text).where(w.transcript_key == row.key, middle >= start_ms, middle < end_ms)
    rows = reading.connection.execute(query.order_by(w.start_ms, w.position))
    return tuple((WordId(word_id), text) for word_id, text in rows)
