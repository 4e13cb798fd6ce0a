"""Edits of transcripts: kept in order, laid over the machine's text when it is read, undone and done again.

Undone edits wait to be done again until something else is edited; then they are dropped, and stay in the table for the
history. The number of changes to a transcript's edits is its revision: who edits says which one they saw.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from cubb_desktop.domain.editing import Act, Content, Edit, EditedText, Element, Kind, Part
from cubb_desktop.domain.errors import EditedElsewhere
from cubb_desktop.domain.ids import RecordingId, SpeakerId, TranscriptId, TurnId, WordId
from cubb_desktop.domain.transcript import Origin, Silence, Transcript, Turn, Unheard, Word
from cubb_desktop.library import search_index
from cubb_desktop.library.access import Change, Reading
from cubb_desktop.library.tables import edit_parts, edits, transcripts

Shown = Mapping[TurnId, Turn | None]  # what stands in each touched turn's place afterwards


class State(StrEnum):
    """Where an edit is: on top of the text, lifted off, or lifted off for good."""

    DONE = "done"
    UNDONE = "undone"
    DROPPED = "dropped"


@dataclass(frozen=True, slots=True)
class StoredEdit:
    """An edit with its number in the transcript's history."""

    number: int
    edit: Edit
    state: State


# --- writing ---------------------------------------------------------------------------------------------------------


def add(change: Change, transcript_id: TranscriptId, edit: Edit, shown: Shown, seen: int) -> None:
    """Store an edit that was made on revision `seen`; what was undone before it is dropped.

    Raises `EditedElsewhere` when the text has been edited since.
    """
    key = _checked(change, transcript_id, seen)
    of_transcript = edits.c.transcript_key == key
    change.connection.execute(
        edits.update()
        .where(of_transcript, edits.c.state == State.UNDONE)
        .values(state=State.DROPPED, version=edits.c.version + 1)
    )
    number = sa.select(sa.func.coalesce(sa.func.max(edits.c.number), 0) + 1).where(of_transcript)
    made = change.connection.execute(
        edits.insert().values(
            transcript_key=key,
            number=number.scalar_subquery(),
            act=edit.act,
            state=State.DONE,
            author=change.actor,
            created_at=change.now(),
        )
    )
    rows = [
        {
            "edit_key": made.lastrowid,
            "position": n,
            "kind": part.element.kind,
            "element": part.element.key,
            "content": _to_json(part.content),
        }
        for n, part in enumerate(edit.parts)
    ]
    change.connection.execute(edit_parts.insert(), rows)
    _finish(change, key, shown)


def set_state(change: Change, transcript_id: TranscriptId, number: int, state: State, shown: Shown, seen: int) -> None:
    """Say that an edit is undone or done again; raises `EditedElsewhere` as `add` does."""
    key = _checked(change, transcript_id, seen)
    here = (edits.c.transcript_key == key, edits.c.number == number)
    change.connection.execute(edits.update().where(*here).values(state=state, version=edits.c.version + 1))
    _finish(change, key, shown)


def _checked(change: Change, transcript_id: TranscriptId, seen: int) -> int:
    query = sa.select(transcripts.c.key).where(transcripts.c.id == transcript_id, transcripts.c.final)
    key = change.connection.execute(query).scalar()
    if key is None or revision(change, key) != seen:
        raise EditedElsewhere
    return int(key)


def _finish(change: Change, key: int, shown: Shown) -> None:
    for turn_id, turn in shown.items():
        search_index.set_turn(change, key, (turn_id, turn.start_ms if turn else 0), turn.text if turn else None)
    query = sa.select(transcripts.c.recording_id).where(transcripts.c.key == key)
    change.touched(transcripts=[RecordingId(change.connection.execute(query).scalar_one())])


# --- reading ---------------------------------------------------------------------------------------------------------


def revision(reading: Reading, transcript_key: int) -> int:
    """Return how often a transcript's edits have changed; 0 for what nobody has edited."""
    query = sa.select(sa.func.coalesce(sa.func.sum(edits.c.version), 0))
    return int(reading.connection.execute(query.where(edits.c.transcript_key == transcript_key)).scalar_one())


def laid_over(reading: Reading, transcript_key: int, machine: Transcript, until_ms: int | None = None) -> Transcript:
    """Return a transcript as a person sees it: for each thing the last edit that is on top of it.

    Where `machine` is but the beginning of it, up to `until_ms`, later things are left out.
    """
    top = _top(reading, transcript_key)
    if not top:
        return machine
    text = EditedText(machine)
    parts = [Part(element, _from_json(element.kind, content)) for element, content in top.items()]
    if until_ms is not None:
        parts = [part for part in parts if _begins_before(part, machine, until_ms)]
    text.apply(Edit(Act.REPLACE, tuple(parts)))
    return text.transcript


def _begins_before(part: Part, beginning: Transcript, until_ms: int) -> bool:
    kind, key = part.element
    if kind is Kind.TURN:
        return part.content is None or part.content.start_ms < until_ms
    return int(key) < len(beginning.silences if kind is Kind.SILENCE else beginning.unheard)


def history(reading: Reading, transcript_id: TranscriptId) -> tuple[int, list[StoredEdit]]:
    """Return a transcript's revision and its edits in order, without those that were dropped."""
    key = reading.connection.execute(sa.select(transcripts.c.key).where(transcripts.c.id == transcript_id)).scalar()
    if key is None:
        return 0, []
    parts: dict[int, list[Part]] = {}
    query = _parts_query(key, edits.c.state != State.DROPPED)
    for number, kind, element, content in reading.connection.execute(query):
        named = Element(Kind(kind), element)
        parts.setdefault(number, []).append(Part(named, _from_json(named.kind, content)))
    rows = reading.connection.execute(
        sa.select(edits.c.number, edits.c.act, edits.c.state)
        .where(edits.c.transcript_key == key, edits.c.state != State.DROPPED)
        .order_by(edits.c.number)
    )
    found = [StoredEdit(n, Edit(Act(act), tuple(parts.get(n, ()))), State(state)) for n, act, state in rows]
    return revision(reading, key), found


def fill_search(change: Change) -> None:
    """Let the index of a database that was loaded hold what people changed; the machine's words are in it already."""
    for key in change.connection.execute(sa.select(edits.c.transcript_key).distinct()).scalars().all():
        for element, content in _top(change, key).items():
            if element.kind is Kind.TURN:
                turn = _from_json(element.kind, content)
                said = (turn.start_ms, turn.text) if isinstance(turn, Turn) else (0, None)
                search_index.set_turn(change, key, (TurnId(element.key), said[0]), said[1])


def turns_on_top(reading: Reading, transcript_key: int) -> dict[TurnId, Turn]:
    """Return the turns of a transcript that people changed or made, as they are now."""
    found: dict[TurnId, Turn] = {}
    for element, content in _top(reading, transcript_key).items():
        turn = _from_json(element.kind, content) if element.kind is Kind.TURN else None
        if isinstance(turn, Turn):
            found[TurnId(element.key)] = turn
    return found


def _top(reading: Reading, transcript_key: int) -> dict[Element, Any]:
    rows = reading.connection.execute(_parts_query(transcript_key, edits.c.state == State.DONE))
    return {Element(Kind(kind), element): content for _number, kind, element, content in rows}


def _parts_query(transcript_key: int, where: sa.ColumnElement[bool]) -> sa.Select[Any]:
    p = edit_parts.c
    content = sa.cast(p.content, sa.Text)  # parsed only where it is shown
    query = sa.select(edits.c.number, p.kind, p.element, content).join(edits, edits.c.key == p.edit_key)
    return query.where(edits.c.transcript_key == transcript_key, where).order_by(edits.c.number, p.position)


# --- rows ------------------------------------------------------------------------------------------------------------


def _to_json(content: Content) -> list[Any] | None:
    if isinstance(content, Turn):
        words = [[w.id, w.text, w.start_ms, w.end_ms, w.confidence, w.edited] for w in content.words]
        vouched = [content.origin, content.by, content.at.isoformat() if content.at else None]
        return [content.speaker, content.start_ms, content.end_ms, *vouched, content.id, words]
    if isinstance(content, Silence):
        return [content.start_ms, content.end_ms, content.speaker, content.edited]
    return None if content is None else [content.start_ms, content.end_ms]


def _from_json(kind: Kind, stored: str | None) -> Content:
    if stored is None:
        return None
    row = json.loads(stored)
    if kind is Kind.SILENCE:
        return Silence(row[0], row[1], row[2], edited=row[3])
    if kind is Kind.UNHEARD:
        return Unheard(*row)
    speaker, start, end, origin, by, at, turn_id, words = row
    who = None if speaker is None else SpeakerId(speaker)
    made = tuple(Word(WordId(w[0]), w[1], w[2], w[3], w[4], who, edited=w[5]) for w in words)
    when = datetime.fromisoformat(at) if at else None
    return Turn(TurnId(turn_id), who, start, end, made, Origin(origin), by, when)
