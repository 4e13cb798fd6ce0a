"""Rows as bytes: all that hangs on one recording or one agreement, and what belongs to the library as a whole.

Which tables that is follows from the foreign keys that cascade, so that a new table is dumped without being named here.
A dump says at which revision it was made; it is loaded into a database of that revision, which is then migrated.
"""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from cubb_desktop.domain.errors import LibraryNewer
from cubb_desktop.domain.ids import ConsentId, RecordingId
from cubb_desktop.library import cipher, migrate, revisions, search_index
from cubb_desktop.library.access import Change, Reading
from cubb_desktop.library.session import DATABASE
from cubb_desktop.library.tables import REVISION, consents, metadata, recordings, transcripts, turns, words

THIS_REVISION = REVISION  # of the dumps made here

_LARGEST_DUMP = 1 << 30

Rows = dict[str, dict[str, Any]]  # table -> its columns and rows, as they are stored


class DumpUnreadable(ValueError):  # noqa: N818 - what happened, as all faults here are named
    """Bytes that are no dump, or one that does not fit the tables it names."""


# --- from rows to bytes ----------------------------------------------------------------------------------------------


def recording_ids(reading: Reading) -> list[RecordingId]:
    """Return the ids of all recordings, in order."""
    return [RecordingId(id_) for id_ in reading.connection.execute(sa.select(recordings.c.id).order_by("id")).scalars()]


def consent_ids(reading: Reading) -> list[ConsentId]:
    """Return the ids of all agreements, in order."""
    return [ConsentId(id_) for id_ in reading.connection.execute(sa.select(consents.c.id).order_by("id")).scalars()]


def dump_recording(reading: Reading, recording_id: RecordingId) -> bytes:
    """Return all rows that go with a recording; the same rows give the same bytes."""
    return _pack(_owned(reading, recordings, recording_id))


def dump_consent(reading: Reading, consent_id: ConsentId) -> bytes:
    """Return all rows that go with an agreement, its evidence included."""
    return _pack(_owned(reading, consents, consent_id))


def dump_rest(reading: Reading) -> bytes:
    """Return the rows of all tables that hang on neither: concepts, bookings, registers, policies, the audit log."""
    owned = {table.name for root in (recordings, consents) for table, _where in _scopes(root)}
    tables = [table for table in metadata.sorted_tables if table.name not in owned]
    return _pack({table.name: _rows(reading, table, "", ()) for table in tables})


def _owned(reading: Reading, root: sa.Table, id_: str) -> Rows:
    return {table.name: _rows(reading, table, f"WHERE {where}", (id_,)) for table, where in _scopes(root)}


def _scopes(root: sa.Table) -> Iterator[tuple[sa.Table, str]]:
    """Yield each table whose rows go when the root's go, and the condition that finds those of one root's id."""
    where = {root.name: "id = ?"}
    yield root, where[root.name]
    for table in metadata.sorted_tables:
        for column in table.columns:
            for key in column.foreign_keys:
                parent = key.column.table.name
                if key.ondelete == "CASCADE" and parent in where and table.name not in where:
                    found = f'SELECT "{key.column.name}" FROM {parent} WHERE {where[parent]}'  # noqa: S608 - our own
                    where[table.name] = f'"{column.name}" IN ({found})'
                    yield table, where[table.name]


def _rows(reading: Reading, table: sa.Table, where: str, parameters: tuple[str, ...]) -> dict[str, Any]:
    columns = [column.name for column in table.columns]
    named = ", ".join(f'"{name}"' for name in columns)
    order = ", ".join(f'"{column.name}"' for column in table.primary_key)
    query = f"SELECT {named} FROM {table.name} {where} ORDER BY {order}"  # noqa: S608 - names of our own tables
    found = reading.connection.exec_driver_sql(query, parameters)
    return {"columns": columns, "rows": [[_to_json(value) for value in row] for row in found]}


def _pack(rows: Rows) -> bytes:
    document = {"revision": REVISION, "tables": rows}
    return zlib.compress(json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode(), 6)


def _to_json(value: Any) -> Any:
    return {"base64": base64.b64encode(value).decode()} if isinstance(value, bytes) else value


# --- from bytes to rows ----------------------------------------------------------------------------------------------


def unpack(dump: bytes) -> tuple[str, Rows]:
    """Return a dump's revision and rows; raises `DumpUnreadable`."""
    inflating = zlib.decompressobj()
    try:
        plain = inflating.decompress(dump, _LARGEST_DUMP)
        if not inflating.eof:
            raise DumpUnreadable
        document = json.loads(plain)
        return str(document["revision"]), dict(document["tables"])
    except (zlib.error, ValueError, KeyError, TypeError):
        raise DumpUnreadable from None


def load(folder: Path, key: bytes, salt: bytes, dumps: Iterable[bytes], revision: str) -> None:
    """Fill the new database in `folder` (made here, without a row) with `dumps`, all of `revision`; then migrate it.

    References to recordings that are not among the dumps are dropped where the table allows that. Raises
    `DumpUnreadable` for what does not fit, `LibraryNewer` for a revision that this program does not know.
    """
    path = folder / DATABASE
    make_engine = migrate.engine_maker(key, salt)
    if revision > REVISION:
        raise LibraryNewer
    cipher.make_file(path)
    migrate.create(path, make_engine, target=revision)
    with cipher.faults_told(folder, writing=True), make_engine(path).connect() as connection:
        cipher.begin_immediate(connection)
        with ExitStack() as unless_whole:
            unless_whole.callback(connection.rollback)
            for dump in dumps:
                _insert(connection, dump, revision)
            _forget_missing(connection)
            if connection.exec_driver_sql("PRAGMA foreign_key_check").first() is not None:
                raise DumpUnreadable
            unless_whole.pop_all()
        connection.commit()
    migrate.bring_up(path, make_engine)
    migrate.remove_copies(path)


def _insert(connection: sa.Connection, dump: bytes, revision: str) -> None:
    made_at, tables = unpack(dump)
    if made_at != revision:
        raise DumpUnreadable
    known = _columns(connection)
    for table, content in tables.items():
        try:
            columns, rows = list(content["columns"]), [[_from_json(value) for value in row] for row in content["rows"]]
        except (KeyError, TypeError, ValueError):
            raise DumpUnreadable from None
        if not set(columns) <= known.get(table, set()) or any(len(row) != len(columns) for row in rows):
            raise DumpUnreadable
        if rows:
            _insert_rows(connection, table, columns, rows)


def _insert_rows(connection: sa.Connection, table: str, columns: list[str], rows: list[list[Any]]) -> None:
    """Insert rows; the names are known to be those of the schema."""
    named, marks = ", ".join(f'"{name}"' for name in columns), ", ".join("?" * len(columns))
    try:
        connection.exec_driver_sql(
            f"INSERT INTO {table} ({named}) VALUES ({marks})",  # noqa: S608 - names of the schema
            [tuple(row) for row in rows],
        )
    except DBAPIError as error:
        if cipher.fault_of(error) is not None:
            raise
        raise DumpUnreadable from None


def _columns(connection: sa.Connection) -> dict[str, set[str]]:
    inspector = sa.inspect(connection)
    ours = [name for name in inspector.get_table_names() if name in metadata.tables]
    return {name: {column["name"] for column in inspector.get_columns(name)} for name in ours}


def _forget_missing(connection: sa.Connection) -> None:
    """Empty references to rows that were not brought back, in the tables that may lose them (a booking's recording)."""
    inspector = sa.inspect(connection)
    for table in inspector.get_table_names():
        for key in inspector.get_foreign_keys(table):
            if key["options"].get("ondelete") == "SET NULL":
                column, parent, target = (
                    key["constrained_columns"][0],
                    key["referred_table"],
                    key["referred_columns"][0],
                )
                missing = f'"{column}" NOT IN (SELECT "{target}" FROM {parent})'  # noqa: S608 - names of the schema
                connection.exec_driver_sql(f'UPDATE {table} SET "{column}" = NULL WHERE {missing}')  # noqa: S608 - as above


def _from_json(value: Any) -> Any:
    return base64.b64decode(value["base64"], validate=True) if isinstance(value, dict) else value


def fill_search(change: Change) -> None:
    """Build the search index of a database that was loaded: each turn of each finished transcript, as people see it."""
    final = sa.select(transcripts.c.key).where(transcripts.c.final).order_by(transcripts.c.key)
    for key in change.connection.execute(final).scalars().all():
        of_transcript = sa.select(turns.c.key).where(turns.c.transcript_key == key)
        texts: dict[int, list[str]] = {turn: [] for turn in change.connection.execute(of_transcript).scalars()}
        spoken = sa.select(words.c.turn_key, words.c.text).where(words.c.transcript_key == key)
        for turn, text in change.connection.execute(spoken.order_by(words.c.position)):
            texts[turn].append(text)
        search_index.add_turns(change, [(turn, " ".join(said)) for turn, said in texts.items()])
    revisions.fill_search(change)
