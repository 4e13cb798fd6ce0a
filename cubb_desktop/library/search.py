"""Full-text search over finished transcripts: each turn's text in an index that forgets with its turn."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence

from cubb_desktop.domain.ids import RecordingId, TurnId
from cubb_desktop.domain.transcript import Hit
from cubb_desktop.library.access import Change, Reading

SNIPPET_WORDS = 16
_WORDS_BEFORE = 5
_MOST_TERMS = 16
_WHOLE_INDEX_PAYS = 200  # times as many turns in the index as are to go: up to there writing all of it anew is faster

# Only the newest finished transcript of each recording is searched: the one a person sees; and none in which somebody
# is heard who has taken an agreement back, for nobody may read it any more. The order is that of the conversations, the
# newest first: a turn is too short for a rank to mean much, and ranking takes ten times as long.
SHOWN = """
WITH shown AS MATERIALIZED (
  SELECT transcripts.key, recordings.id AS recording_id, recordings.recorded_at
  FROM transcripts JOIN recordings ON recordings.id = transcripts.recording_id
  JOIN consents ON consents.id = recordings.consent_id
  WHERE transcripts.final AND consents.withdrawn_at IS NULL AND NOT EXISTS (
    SELECT 1 FROM participants JOIN consents AS also ON also.id = participants.consent_id
    WHERE participants.recording_id = recordings.id AND also.withdrawn_at IS NOT NULL) AND NOT EXISTS (
    SELECT 1 FROM transcripts AS newer
    WHERE newer.recording_id = transcripts.recording_id AND newer.final AND newer.number > transcripts.number))"""
_SEARCH = f"""
{SHOWN},
hits AS MATERIALIZED (
  SELECT shown.recording_id, coalesce(turns.id, made_turns.id) AS id,
    coalesce(turns.start_ms, made_turns.start_ms) AS start_ms, turn_texts.rowid AS key, shown.recorded_at
  FROM turn_texts LEFT JOIN turns ON turns.key = turn_texts.rowid
  LEFT JOIN made_turns ON made_turns.key = -turn_texts.rowid
  JOIN shown ON shown.key = coalesce(turns.transcript_key, made_turns.transcript_key)
  WHERE turn_texts MATCH ?
  ORDER BY shown.recorded_at DESC, shown.recording_id, start_ms LIMIT ?)
SELECT hits.recording_id, hits.id, hits.start_ms, (SELECT text FROM turn_texts WHERE rowid = hits.key)
FROM hits ORDER BY hits.recorded_at DESC, hits.recording_id, hits.start_ms
"""  # noqa: S608 - our own words


_OF_RECORDING = "transcript_key IN (SELECT key FROM transcripts WHERE recording_id = :recording)"
_PLACES_OF = (  # of a recording's turns in the index: a turn that came of an edit counts downwards from -1
    f"SELECT key FROM turns WHERE {_OF_RECORDING} UNION ALL SELECT -key FROM made_turns WHERE {_OF_RECORDING}"  # noqa: S608
)


def search(reading: Reading, query: str, limit: int = 100) -> list[Hit]:
    """Return the turns that hold every word of `query` (or its beginning); any text is a valid query.

    The newest conversation comes first, then the order of time.
    """
    terms = _terms(query)
    if not terms:
        return []
    match = " ".join(f'"{term}"*' for term in terms)  # quoted: no character means anything to the index
    rows = reading.connection.exec_driver_sql(_SEARCH, (match, limit))
    return [Hit(RecordingId(row[0]), TurnId(row[1]), row[2], *snippet(row[3], terms)) for row in rows]


def finder(query: str) -> Callable[[str], bool]:
    """Return what tells of a word as it is written whether a search for `query` finds it."""
    return _finder(_terms(query))


def add_turns(change: Change, texts: Sequence[tuple[int, str]]) -> None:
    """Put turns (key, text) into the index; turns that are deleted leave it by themselves."""
    if texts:
        change.connection.exec_driver_sql("INSERT INTO turn_texts(rowid, text) VALUES (?, ?)", list(texts))


def set_turn(change: Change, transcript_key: int, turn: tuple[TurnId, int], text: str | None) -> None:
    """Let the index hold what a turn (id, start) says now; None: nothing any more. A machine's turn keeps its place."""
    execute = change.connection.exec_driver_sql
    turn_id, start_ms = turn
    place = execute("SELECT key FROM turns WHERE id = ?", (turn_id,)).scalar()
    if place is None:
        made = execute("SELECT key FROM made_turns WHERE id = ?", (turn_id,)).scalar()
        if text is None:
            execute("DELETE FROM made_turns WHERE id = ?", (turn_id,))
            return
        if made is None:
            values = (transcript_key, turn_id, start_ms)
            made = execute("INSERT INTO made_turns (transcript_key, id, start_ms) VALUES (?, ?, ?)", values).lastrowid
        else:
            execute("UPDATE made_turns SET start_ms = ? WHERE key = ?", (start_ms, made))
        place = -made
    execute("DELETE FROM turn_texts WHERE rowid = ?", (place,))
    execute("INSERT INTO turn_texts(rowid, text) VALUES (?, ?)", (place, text or ""))


def forget(change: Change, recording_id: RecordingId) -> None:
    """Take a recording's turns out of the index so that no word of them stays in the file.

    The index forgets a word at a time (`secure-delete`), which takes seconds for hours of talk. Writing the whole index
    anew leaves nothing either and costs a fraction of that per word, so it is chosen unless the index is far larger
    than what goes.
    """
    execute = change.connection.exec_driver_sql
    which = {"recording": recording_id}
    mine = execute(f"SELECT count(*) FROM ({_PLACES_OF})", which).scalar_one()  # noqa: S608 - our own words, as below
    anew = execute("SELECT count(*) FROM turn_texts_docsize").scalar_one() < mine * _WHOLE_INDEX_PAYS
    if anew:
        execute("INSERT INTO turn_texts(turn_texts, rank) VALUES('secure-delete', 0)")
    execute(f"DELETE FROM turn_texts WHERE rowid IN ({_PLACES_OF})", which)  # noqa: S608
    if anew:
        execute("INSERT INTO turn_texts(turn_texts) VALUES('optimize')")
        execute("INSERT INTO turn_texts(turn_texts, rank) VALUES('secure-delete', 1)")


def snippet(text: str, terms: Sequence[str]) -> tuple[str, tuple[int, int]]:
    """Return at most `SNIPPET_WORDS` words of `text` around the first that begins as a term does, with … where cut.

    Beside it stands where in the snippet that word is: its first character and the one after it.
    """
    words = text.split()
    is_sought = _finder(terms)
    found = next((n for n, word in enumerate(words) if is_sought(word)), 0)
    first = max(0, min(found - _WORDS_BEFORE, len(words) - SNIPPET_WORDS))
    last = first + SNIPPET_WORDS
    before = "…" * (first > 0) + "".join(f"{word} " for word in words[first:found])
    cut = before + " ".join(words[found:last]) + "…" * (last < len(words))
    return cut, (len(before), len(before) + len("".join(words[found : found + 1])))


def _finder(terms: Sequence[str]) -> Callable[[str], bool]:
    sought = tuple(term.casefold() for term in terms)
    return lambda word: any(part.casefold().startswith(sought) for part in _terms(word))


def _terms(query: str) -> list[str]:
    """Return the words of `query` as the index cuts them: letters, digits and marks, nothing else."""
    text = unicodedata.normalize("NFC", query)
    cleaned = "".join(c if unicodedata.category(c)[0] in "LNM" else " " for c in text)
    return cleaned.split()[:_MOST_TERMS]
