"""Full-text search over finished transcripts: each turn's text in an index that forgets with its turn."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from cubb_desktop.domain.ids import RecordingId, TurnId
from cubb_desktop.domain.transcript import Hit
from cubb_desktop.library.access import Change, Reading

_MOST_WORDS = 16

# only the newest finished transcript of each recording: the one a person sees
_SEARCH = """
SELECT shown.recording_id, turns.id, turns.start_ms, snippet(turn_texts, 0, '', '', '…', 16)
FROM turn_texts
JOIN turns ON turns.key = turn_texts.rowid
JOIN transcripts AS shown ON shown.key = turns.transcript_key
WHERE turn_texts MATCH ?
  AND NOT EXISTS (
    SELECT 1 FROM transcripts AS other
    WHERE other.recording_id = shown.recording_id AND other.final AND other.number > shown.number)
ORDER BY turn_texts.rank, shown.recording_id, turns.start_ms
LIMIT ?
"""


def search(reading: Reading, query: str, limit: int = 100) -> list[Hit]:
    """Return the turns that hold every word of `query` (or its beginning), best first; any text is a valid query."""
    match = _match(query)
    if not match:
        return []
    rows = reading.connection.exec_driver_sql(_SEARCH, (match, limit))
    return [Hit(RecordingId(row[0]), TurnId(row[1]), row[2], row[3]) for row in rows]


def add_turns(change: Change, texts: Sequence[tuple[int, str]]) -> None:
    """Put turns (key, text) into the index; turns that are deleted leave it by themselves."""
    if texts:
        change.connection.exec_driver_sql("INSERT INTO turn_texts(rowid, text) VALUES (?, ?)", list(texts))


def _match(query: str) -> str:
    """Return `query` as quoted prefixes, so that none of its characters means anything to the index."""
    text = unicodedata.normalize("NFC", query)
    cleaned = "".join(c if unicodedata.category(c)[0] in "LNM" else " " for c in text)
    return " ".join(f'"{word}"*' for word in cleaned.split()[:_MOST_WORDS])
