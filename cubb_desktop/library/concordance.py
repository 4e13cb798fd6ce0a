"""Reading the search index for a concordance: the forms of a word, and the turns that hold what is sought, in order.

The order is that of the conversations, the newest first. A word that is everywhere is looked up conversation by
conversation, so that a page costs the same however much there is; a rare one at once.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice, product
from typing import Any, NamedTuple

from cubb_desktop.domain.concordance import Mode, Pattern, Slot, Sought, Term
from cubb_desktop.domain.ids import RecordingId, TurnId
from cubb_desktop.domain.inflection import irregular_forms, root, spellings
from cubb_desktop.library import revisions
from cubb_desktop.library.access import Reading
from cubb_desktop.library.transcripts import shown_label

_FEW = 2_000  # turns that are fetched at once rather than conversation by conversation
_MOST_FORMS = 64
_MOST_PHRASES = 64
_LEAST_ROOT = 3  # letters: no ending is taken off so short a word
_FIRST_TOGETHER, _MOST_TOGETHER = 8, 64  # conversations that are looked through at once
_MOST_TEXTS = 128  # turns whose text is read at once
_LOOSE = 3  # they stand together in the index if what lies between their turns is not much more than these
_AFTER_LAST = "\U0010ffff"

# Only the finished transcript that a person sees is searched (see `transcripts.latest`); and none in which somebody is
# heard who has taken an agreement back, for nobody may read it any more. The order is that of the conversations, the
# newest first: a turn is too short for a rank to mean much, and ranking takes ten times as long.
_SHOWN = """
WITH shown AS MATERIALIZED (
  SELECT transcripts.key, recordings.id AS recording_id, recordings.recorded_at
  FROM transcripts JOIN recordings ON recordings.id = transcripts.recording_id
  JOIN consents ON consents.id = recordings.consent_id
  WHERE transcripts.final AND consents.withdrawn_at IS NULL AND NOT EXISTS (
    SELECT 1 FROM participants JOIN consents AS also ON also.id = participants.consent_id
    WHERE participants.recording_id = recordings.id AND also.withdrawn_at IS NOT NULL) AND NOT EXISTS (
    SELECT 1 FROM transcripts AS other
    WHERE other.recording_id = transcripts.recording_id AND other.final AND other.key <> transcripts.key AND
      (other.id IN (SELECT transcript_id FROM chosen_transcripts),
       other.key IN (SELECT transcript_key FROM edits), other.number) >
      (transcripts.id IN (SELECT transcript_id FROM chosen_transcripts),
       transcripts.key IN (SELECT transcript_key FROM edits), transcripts.number)))"""
_CONVERSATIONS = f"""
{_SHOWN}
SELECT shown.key, shown.recording_id, shown.recorded_at, recordings.title
FROM shown JOIN recordings ON recordings.id = shown.recording_id
ORDER BY shown.recorded_at DESC, shown.recording_id
"""  # noqa: S608 - our own words
_SPANS = (
    "SELECT value, (SELECT min(key) FROM turns WHERE transcript_key = value), "
    "(SELECT max(key) FROM turns WHERE transcript_key = value) FROM json_each(?)"
)
_FIRST = "SELECT rowid FROM turn_texts WHERE turn_texts MATCH ? LIMIT ?"
_WITHIN = (
    "SELECT turns.key, turns.transcript_key, turns.id, turns.start_ms, turns.speaker_id FROM turn_texts "
    "CROSS JOIN turns ON turns.key = turn_texts.rowid "  # in this order: the index is asked once
    "WHERE turn_texts MATCH ? AND turn_texts.rowid BETWEEN ? AND ?"
)
_MADE_MATCHING = (
    "SELECT -made_turns.key, made_turns.transcript_key, made_turns.id, made_turns.start_ms, NULL FROM turn_texts "
    "CROSS JOIN made_turns ON made_turns.key = -turn_texts.rowid WHERE turn_texts MATCH ? AND turn_texts.rowid < 0"
)
_THESE = (
    "SELECT key, transcript_key, id, start_ms, speaker_id FROM turns WHERE key IN (SELECT value FROM json_each(?)) "
    "UNION ALL SELECT -key, transcript_key, id, start_ms, NULL FROM made_turns "
    "WHERE -key IN (SELECT value FROM json_each(?))"
)

_EDITED = "SELECT DISTINCT transcript_key FROM edits WHERE state = 'done'"
_LABELS = (
    "SELECT speakers.transcript_key, speakers.id, coalesce(speaker_names.label, speakers.label) "
    "FROM speakers JOIN transcripts ON transcripts.key = speakers.transcript_key "
    "LEFT JOIN speaker_names ON speaker_names.recording_id = transcripts.recording_id "
    "AND speaker_names.speaker_id = speakers.id "
    "WHERE speakers.transcript_key IN (SELECT value FROM json_each(?))"
)


class Place(NamedTuple):
    """Where a page ends: the conversation, and the turn in it (its start and its place in the index)."""

    recorded_at: str
    recording_id: str
    start_ms: int
    key: int


@dataclass(frozen=True, slots=True)
class TurnText:
    """A turn that holds what is sought, as it says now; `place` is where it stands in the order."""

    place: Place
    recording_id: RecordingId
    title: str
    recorded_at: datetime
    turn_id: TurnId
    start_ms: int
    speaker: str
    text: str


class _Turn(NamedTuple):
    key: int
    transcript_key: int
    id: str
    start_ms: int
    speaker_id: str | None


class _Conversation(NamedTuple):
    transcript_key: int
    recording_id: str
    recorded_at: str
    title: str


# --- what is sought --------------------------------------------------------------------------------------------------


def pattern_of(reading: Reading, terms: Iterable[Term], mode: Mode) -> Pattern:
    """Return what may stand for each word that is sought, of the words that are in the index."""
    return tuple(tuple(_slot(reading, sought, mode) for sought in term) for term in terms)


def _slot(reading: Reading, sought: Sought, mode: Mode) -> Slot:
    written = (sought.text,) if mode is Mode.EXACT else spellings(sought.text)
    if sought.begins:
        return Slot(frozenset(), written)
    if mode is Mode.EXACT:
        return Slot(frozenset(written))
    return Slot(forms(reading, sought.text))


def forms(reading: Reading, word: str) -> frozenset[str]:
    """Return a word in small letters and its forms: irregular ones, and what was said that shares its root."""
    return frozenset(
        form for spelt in spellings(word) for form in (spelt, *irregular_forms(spelt), *_said(reading, spelt))
    )


def _said(reading: Reading, word: str) -> Iterator[str]:
    shared = root(word)
    if len(shared) < _LEAST_ROOT:
        return
    query = "SELECT term FROM turn_texts_vocabulary WHERE term >= ? AND term < ?"
    terms = reading.connection.exec_driver_sql(query, (shared, shared + _AFTER_LAST)).scalars()
    yield from islice((term for term in terms if root(term) == shared), _MOST_FORMS)


def expression(pattern: Pattern) -> str:
    """Return a pattern in the index's own language; what it finds may still lack the order of a long phrase."""
    return " AND ".join(_phrases(term) for term in pattern)


def _phrases(term: Sequence[Slot]) -> str:
    inside_begins = any(slot.beginnings for slot in term[:-1])
    number = 1
    for slot in term:
        number *= max(1, len(slot.forms) + len(slot.beginnings))
    if inside_begins or (len(term) > 1 and number > _MOST_PHRASES):
        return "(" + " AND ".join(_phrases((slot,)) for slot in term) + ")"
    whole = product(*(sorted(slot.forms) for slot in term)) if all(slot.forms for slot in term) else ()
    said = [f'"{" ".join(words)}"' for words in whole]
    before = [sorted(slot.forms) for slot in term[:-1]]
    said += [f'"{" ".join(words)}"*' for words in product(*before, term[-1].beginnings)]
    return "(" + " OR ".join(said) + ")"


# --- the turns that hold it ------------------------------------------------------------------------------------------


def turns_with(
    reading: Reading, pattern: Pattern, after: Place | None = None, recording_id: RecordingId | None = None
) -> Iterator[TurnText]:
    """Yield the turns that hold what is sought, in order, from `after` on; in one conversation, if one is given."""
    match = expression(pattern)
    conversations = _conversations(reading, after, recording_id)
    found = reading.connection.exec_driver_sql(_FIRST, (match, _FEW + 1)).scalars().all()
    common = len(found) > _FEW
    groups = _in_turn(reading, match, conversations) if common else _at_once(reading, found, conversations)
    edited = set(reading.connection.exec_driver_sql(_EDITED).scalars())
    for group in groups:
        ordered = _in_order(reading, edited, after, group)
        for first in range(0, len(ordered), _MOST_TEXTS):
            yield from _texts(reading, ordered[first : first + _MOST_TEXTS])


def _conversations(reading: Reading, after: Place | None, recording_id: RecordingId | None) -> list[_Conversation]:
    rows = [_Conversation(*row) for row in reading.connection.exec_driver_sql(_CONVERSATIONS)]
    if recording_id is not None:
        rows = [row for row in rows if row.recording_id == recording_id]
    if after is None:
        return rows
    at = (after.recorded_at, after.recording_id)
    return [row for row in rows if row.recorded_at < at[0] or (row.recorded_at == at[0] and row.recording_id >= at[1])]


Group = list[tuple[_Conversation, list[_Turn]]]  # some conversations in order with what was found in them


def _at_once(reading: Reading, found: Sequence[int], conversations: Sequence[_Conversation]) -> Iterator[Group]:
    keys = json.dumps(list(found))
    of_transcript = _by_transcript(reading.connection.exec_driver_sql(_THESE, (keys, keys)))
    hit = [one for one in conversations if one.transcript_key in of_transcript]
    for first in range(0, len(hit), _MOST_TOGETHER):
        yield [(one, of_transcript[one.transcript_key]) for one in hit[first : first + _MOST_TOGETHER]]


def _in_turn(reading: Reading, match: str, conversations: Sequence[_Conversation]) -> Iterator[Group]:
    """Yield groups that grow: the first page of a word that is everywhere is in the first few conversations."""
    execute = reading.connection.exec_driver_sql
    made = _by_transcript(execute(_MADE_MATCHING, (match,)))
    first, size = 0, _FIRST_TOGETHER
    while first < len(conversations):
        group = conversations[first : first + size]
        first, size = first + size, min(2 * size, _MOST_TOGETHER)
        found: dict[int, list[_Turn]] = {}
        for span in _spans(reading, group):
            found.update(_by_transcript(execute(_WITHIN, (match, *span))))
        yield [
            (one, [*found.get(one.transcript_key, ()), *made.get(one.transcript_key, ())])
            for one in group
            if one.transcript_key in found or one.transcript_key in made
        ]


def _spans(reading: Reading, group: Sequence[_Conversation]) -> list[tuple[int, int]]:
    """Return between which places in the index the turns of a group stand: one span, or one per conversation."""
    keys = json.dumps([one.transcript_key for one in group])
    rows = reading.connection.exec_driver_sql(_SPANS, (keys,))
    spans = [(row[1], row[2]) for row in rows if row[1] is not None]
    if not spans:
        return []
    whole = min(first for first, _last in spans), max(last for _first, last in spans)
    held = sum(last - first + 1 for first, last in spans)
    return [whole] if whole[1] - whole[0] < _LOOSE * held else spans


def _by_transcript(rows: Iterable[Any]) -> dict[int, list[_Turn]]:
    found: dict[int, list[_Turn]] = {}
    for row in rows:
        found.setdefault(row[1], []).append(_Turn(*row))
    return found


def _in_order(
    reading: Reading, edited: set[int], after: Place | None, group: Group
) -> list[tuple[_Conversation, _Turn]]:
    """Return a group's turns from a place on, with the voice and the time that people gave them."""
    ordered = []
    for conversation, turns in group:
        seen = _corrected(reading, conversation, turns) if conversation.transcript_key in edited else turns
        seen = sorted(seen, key=lambda turn: (turn.start_ms, turn.key))
        if after is not None and conversation.recording_id == after.recording_id:
            seen = [turn for turn in seen if (turn.start_ms, turn.key) > (after.start_ms, after.key)]
        ordered += [(conversation, turn) for turn in seen]
    return ordered


def _corrected(reading: Reading, conversation: _Conversation, turns: list[_Turn]) -> list[_Turn]:
    on_top = revisions.turns_on_top(reading, conversation.transcript_key)
    seen = ((turn, on_top.get(TurnId(turn.id))) for turn in turns)
    return [
        turn._replace(start_ms=edited.start_ms, speaker_id=edited.speaker) if edited is not None else turn
        for turn, edited in seen
    ]


def _texts(reading: Reading, found: Sequence[tuple[_Conversation, _Turn]]) -> Iterator[TurnText]:
    keys = json.dumps([turn.key for _conversation, turn in found])
    query = "SELECT rowid, text FROM turn_texts WHERE rowid IN (SELECT value FROM json_each(?))"
    texts = {row[0]: row[1] for row in reading.connection.exec_driver_sql(query, (keys,))}
    labels = _labels(reading, sorted({conversation.transcript_key for conversation, _turn in found}))
    for conversation, turn in found:
        yield TurnText(
            place=Place(conversation.recorded_at, conversation.recording_id, turn.start_ms, turn.key),
            recording_id=RecordingId(conversation.recording_id),
            title=conversation.title,
            recorded_at=datetime.fromisoformat(conversation.recorded_at),
            turn_id=TurnId(turn.id),
            start_ms=turn.start_ms,
            speaker=labels.get((conversation.transcript_key, turn.speaker_id), ""),
            text=texts[turn.key],
        )


def _labels(reading: Reading, transcript_keys: Sequence[int]) -> dict[tuple[int, str | None], str]:
    """Return what the voices of transcripts are called: by a person, else by the machine."""
    rows = reading.connection.exec_driver_sql(_LABELS, (json.dumps(list(transcript_keys)),))
    return {(row[0], row[1]): shown_label(row[2]) for row in rows}
