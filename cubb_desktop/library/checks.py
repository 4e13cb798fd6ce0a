"""Checks of a whole database: nothing altered on disk, nothing torn, nothing pointing nowhere."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import DatabaseError

_MOST_NAMED = 20


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong: which check found it, and where (page, table, line); never content."""

    check: str
    detail: str


def database_problems(connection: sa.Connection) -> list[Problem]:
    """Return what the database's own checks find; a healthy library gives an empty list."""
    return [
        *(Problem("seal", str(row[0])) for row in _rows(connection, "PRAGMA cipher_integrity_check")),
        *(Problem("structure", str(row[0])) for row in _rows(connection, "PRAGMA integrity_check") if row[0] != "ok"),
        *(Problem("reference", f"{row[0]} -> {row[2]}") for row in _rows(connection, "PRAGMA foreign_key_check")),
        *_search_problems(connection),
    ]


def _rows(connection: sa.Connection, statement: str) -> list[tuple[Any, ...]]:
    try:
        return [tuple(row) for row in connection.exec_driver_sql(statement).fetchmany(_MOST_NAMED)]
    finally:
        connection.rollback()


def _search_problems(connection: sa.Connection) -> list[Problem]:
    """Compare the search index with its own text; the check is an insert that changes nothing."""
    connection.exec_driver_sql("BEGIN IMMEDIATE")
    try:
        connection.exec_driver_sql("INSERT INTO turn_texts(turn_texts) VALUES('integrity-check')")
    except DatabaseError:
        return [Problem("search", "turn_texts")]
    finally:
        connection.rollback()
    missing = (
        "SELECT (SELECT count(*) FROM turns JOIN transcripts ON transcripts.key = turns.transcript_key "
        "WHERE transcripts.final AND turns.key NOT IN (SELECT rowid FROM turn_texts)) + "
        "(SELECT count(*) FROM made_turns WHERE -key NOT IN (SELECT rowid FROM turn_texts))"
    )
    number = connection.exec_driver_sql(missing).scalar_one()
    connection.rollback()
    return [Problem("search", f"{number}")] if number else []
