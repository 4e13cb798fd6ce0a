"""The search index: each turn's text as it says now, in a table that forgets with its turn."""

from __future__ import annotations

from collections.abc import Sequence

from cubb_desktop.domain.ids import RecordingId, TurnId
from cubb_desktop.library.access import Change

_WHOLE_INDEX_PAYS = 200  # times as many turns in the index as are to go: up to there writing all of it anew is faster
_OF_RECORDING = "transcript_key IN (SELECT key FROM transcripts WHERE recording_id = :recording)"
_PLACES_OF = (  # of a recording's turns in the index: a turn that came of an edit counts downwards from -1
    f"SELECT key FROM turns WHERE {_OF_RECORDING} UNION ALL SELECT -key FROM made_turns WHERE {_OF_RECORDING}"  # noqa: S608 - own
)


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
    execute(f"DELETE FROM turn_texts WHERE rowid IN ({_PLACES_OF})", which)  # noqa: S608 - our own words, no value
    if anew:
        execute("INSERT INTO turn_texts(turn_texts) VALUES('optimize')")
        execute("INSERT INTO turn_texts(turn_texts, rank) VALUES('secure-delete', 1)")
