"""What the library's own check finds."""

from __future__ import annotations

import os

import pytest

from cubb_desktop.domain.errors import LibraryDamaged
from cubb_desktop.library import transcripts
from cubb_desktop.library.checks import Problem
from cubb_desktop.library.session import DATABASE, Library
from tests import builders
from tests.builders import ACTOR, AUDIT_KEY, KEY, SALT


@pytest.fixture
def filled(library: Library) -> Library:
    made = builders.long_transcript(builders.stored_recording(library).id, words=1_200)
    with library.change(ACTOR, "transcript.finished") as change:
        transcripts.start_draft(change, made)
        transcripts.replace_with(change, made)
    return library


def run(library: Library, *statements: str) -> None:
    with library._engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA foreign_keys = OFF")
        for statement in statements:
            connection.exec_driver_sql(statement)
        connection.commit()
        connection.exec_driver_sql("PRAGMA foreign_keys = ON")


def test_a_healthy_library_has_no_problem(filled: Library) -> None:
    assert filled.verify() == []


def test_a_changed_byte_is_found(filled: Library) -> None:
    filled.close()
    path = filled.folder / DATABASE
    place = path.stat().st_size // 2 // 4096 * 4096 + 100
    with path.open("r+b") as file:
        file.seek(place)
        file.write(os.urandom(4))
    try:
        again = Library.open(filled.folder, KEY, SALT, AUDIT_KEY)
    except LibraryDamaged:
        return  # the page is one that every opening reads
    problems = again.verify()
    again.close()
    assert {problem.check for problem in problems} & {"seal", "database"}


def test_a_row_that_points_nowhere_is_found(filled: Library) -> None:
    run(filled, "DELETE FROM recordings")
    assert Problem("reference", "transcripts -> recordings") in filled.verify()


def test_a_search_index_with_a_hole_is_found(filled: Library) -> None:
    run(filled, "DELETE FROM turn_texts WHERE rowid = 3")
    assert filled.verify() == [Problem("search", "1")]


def test_a_torn_search_index_is_found(filled: Library) -> None:
    run(filled, "UPDATE turn_texts_content SET c0 = 'noget andet' WHERE id = 2")
    assert Problem("search", "turn_texts") in filled.verify()


def test_a_broken_line_of_the_audit_log_is_found(filled: Library) -> None:
    run(filled, "DROP TRIGGER audit_stays_update", "UPDATE audit SET actor = 'en anden' WHERE number = 2")
    assert filled.verify() == [Problem("audit", "2")]
