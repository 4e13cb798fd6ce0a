"""The machine's own list of what was forgotten: whole, healed from its twin, and refused when it can't be read."""

from __future__ import annotations

from pathlib import Path

import pytest

from cubb_desktop.domain.errors import TombstonesUnreadable
from cubb_desktop.domain.tombstone import Reason, Tombstone
from cubb_desktop.services import tombstone_file
from tests import builders
from tests.children import DONE, in_child, without_disk

LIBRARY = "bibliotek"


def stone(number: int = 1) -> Tombstone:
    return Tombstone(f"sten-{number}", builders.MORNING, Reason.WITHDRAWN)


def twin() -> Path:
    path = tombstone_file.machine_file(LIBRARY)
    return path.with_name(f"{path.name}.bak")


def test_what_is_noted_is_read_again_and_nothing_known_is_lost() -> None:
    assert tombstone_file.read_machine(LIBRARY) == []
    assert tombstone_file.note_machine(LIBRARY, [stone(1)])
    assert tombstone_file.note_machine(LIBRARY, [stone(2)])
    assert tombstone_file.note_machine(LIBRARY, [stone(2)])
    assert {one.id for one in tombstone_file.read_machine(LIBRARY)} == {"sten-1", "sten-2"}
    assert tombstone_file.read_machine("et andet") == []


@pytest.mark.parametrize("damage", [b"", b"{", b"[]", b'{"format": 2, "tombstones": []}', b'{"format": 1}'])
def test_a_damaged_list_is_read_from_its_twin_and_both_damaged_are_refused(damage: bytes) -> None:
    tombstone_file.note_machine(LIBRARY, [stone()])
    tombstone_file.machine_file(LIBRARY).write_bytes(damage)
    assert tombstone_file.read_machine(LIBRARY) == [stone()]
    twin().write_bytes(damage)
    with pytest.raises(TombstonesUnreadable):
        tombstone_file.read_machine(LIBRARY)
    twin().unlink()
    with pytest.raises(TombstonesUnreadable):
        tombstone_file.read_machine(LIBRARY)


@pytest.mark.expected_log("written anew from the library")
def test_a_list_that_cannot_be_read_is_written_anew() -> None:
    tombstone_file.note_machine(LIBRARY, [stone()])
    for path in (tombstone_file.machine_file(LIBRARY), twin()):
        path.write_bytes(b"?")
    assert tombstone_file.note_machine(LIBRARY, [stone(2)])
    assert tombstone_file.read_machine(LIBRARY) == [stone(2)]


def test_the_twin_alone_is_enough() -> None:
    tombstone_file.note_machine(LIBRARY, [stone()])
    tombstone_file.machine_file(LIBRARY).unlink()
    assert tombstone_file.read_machine(LIBRARY) == [stone()]
    assert tombstone_file.note_machine(LIBRARY, [stone()])
    assert tombstone_file.machine_file(LIBRARY).exists()


@pytest.mark.parametrize("at", ["2026-11-23T09:00:00", "i går", 5])
def test_a_time_without_a_zone_is_no_time(at: object) -> None:
    import json

    path = tombstone_file.machine_file(LIBRARY)
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps({"format": 1, "tombstones": [{"id": "x", "at": at, "reason": "withdrawn"}]}))
    with pytest.raises(TombstonesUnreadable):
        tombstone_file.read_machine(LIBRARY)


def test_a_machine_that_cannot_be_written_on_stops_nothing() -> None:
    def note() -> None:
        assert not tombstone_file.note_machine(LIBRARY, [stone()])

    assert in_child(note, without_disk(10)) == DONE
