"""The audit log's chain."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from cubb_desktop.library import audit
from cubb_desktop.library.session import Library
from tests.builders import ACTOR, AUDIT_KEY, new_id

LINES = 12


@pytest.fixture
def logged(library: Library) -> Library:
    for _ in range(LINES):
        with library.change(ACTOR, "recording.opened", new_id()):
            pass
    return library


def tampered(library: Library, *statements: str) -> int | None:
    """Return the first broken line after somebody with the key to the database has run `statements`."""
    with library._engine.connect() as connection:
        connection.exec_driver_sql("DROP TRIGGER audit_stays_update")
        connection.exec_driver_sql("DROP TRIGGER audit_stays_delete")
        for statement in statements:
            connection.exec_driver_sql(statement)
        connection.commit()
    with library.read() as reading:
        return library.verify_audit(reading)


def test_a_log_left_alone_is_whole(logged: Library) -> None:
    with logged.read() as reading:
        assert logged.verify_audit(reading) is None
        assert [line.number for line in audit.lines(reading, limit=3)] == [12, 11, 10]
        assert audit.lines(reading)[0].outcome == "done"
        assert audit.lines(reading)[0].at.tzinfo is not None


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("actor", "'en anden'"),
        ("at", "'2020-01-01T00:00:00.000000+00:00'"),
        ("action", "'recording.closed'"),
        ("object_id", "NULL"),
        ("outcome", "'refused'"),
        ("device", "'andetsteds'"),
        ("mac", "x'00'"),
    ],
)
def test_a_changed_line_is_named(logged: Library, column: str, value: str) -> None:
    assert tampered(logged, f"UPDATE audit SET {column} = {value} WHERE number = 7") == 7  # noqa: S608


def test_a_removed_line_is_named(logged: Library) -> None:
    assert tampered(logged, "DELETE FROM audit WHERE number = 5") == 5


def test_a_removed_line_is_named_when_the_rest_moves_up(logged: Library) -> None:
    moved = "UPDATE audit SET number = number - 1 WHERE number > 5"
    assert tampered(logged, "DELETE FROM audit WHERE number = 5", moved) == 5


def test_two_lines_changing_places_are_named(logged: Library) -> None:
    places = [
        "UPDATE audit SET number = 99 WHERE number = 4",
        "UPDATE audit SET number = 4 WHERE number = 5",
        "UPDATE audit SET number = 5 WHERE number = 99",
    ]
    assert tampered(logged, *places) == 4


def test_a_line_slipped_in_is_named(logged: Library) -> None:
    fields = "at, actor, device, action, object_id, outcome, mac"
    slipped = f"INSERT INTO audit SELECT 13, {fields} FROM audit WHERE number = 3"  # noqa: S608
    assert tampered(logged, slipped) == 13


def test_the_chain_can_not_be_made_again_without_the_key(logged: Library) -> None:
    with logged.read() as reading:
        assert audit.first_broken(reading, AUDIT_KEY) is None
        assert audit.first_broken(reading, bytes(32)) == 1


@pytest.mark.parametrize("statement", ["UPDATE audit SET actor = 'x'", "DELETE FROM audit"])
def test_the_database_itself_refuses_to_change_the_log(logged: Library, statement: str) -> None:
    with (
        pytest.raises(sa.exc.IntegrityError, match="never changed"),
        logged.change(ACTOR, "library.checked") as change,
    ):
        change.connection.exec_driver_sql(statement)
    with logged.read() as reading:
        assert logged.verify_audit(reading) is None


@pytest.mark.parametrize(
    ("action", "object_id"),
    [
        ("Jens sagde nej", None),
        ("recording", None),
        ("recording.opened ", None),
        ("recording.opened", "Samtale med Jens"),
        ("recording.opened", "010190-1234"),
        ("recording.opened", ""),
    ],
)
def test_what_could_be_content_never_reaches_the_log(library: Library, action: str, object_id: str | None) -> None:
    with pytest.raises(ValueError, match="nothing else"), library.change(ACTOR, action, object_id):
        pass
    with library.read() as reading:
        assert audit.lines(reading) == []


def test_an_id_that_is_known_only_later_is_logged(library: Library) -> None:
    made = new_id()
    with library.change(ACTOR, "recording.added") as change:
        change.object_id = made
    with library.change(ACTOR, "concept.changed", "gribning"):
        pass
    with library.read() as reading:
        assert [line.object_id for line in audit.lines(reading)] == ["gribning", made]
