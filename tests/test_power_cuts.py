"""The model of power cuts itself: what it keeps, what it may take, and that the recorder sees what a process writes."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.power_cuts import SECTOR, Disk, Event, Recorded, crash_states, read_disk, record, write_disk

OLD, NEW = b"o" * (2 * SECTOR), b"n" * (2 * SECTOR)


def disks(events: list[Event], before: Disk | None = None) -> list[Disk]:
    """Two hundred disks after all of `events`."""
    recorded = Recorded({"file": OLD} if before is None else before, [*events, *[Event("A", "", 0, b"done\n")] * 50])
    return [s.disk for s in crash_states(recorded, 4_000, 1) if s.step >= len(events)][:200]


def write(data: bytes, path: str = "file", offset: int = 0) -> Event:
    return Event("W", path, offset, data)


SYNC, SYNC_FOLDER = Event("S", "file", 0, b""), Event("S", ".", 0, b"")


def test_what_was_synced_is_there_whole() -> None:
    assert {disk["file"] for disk in disks([write(NEW), SYNC])} == {NEW}


def test_what_was_not_synced_may_be_there_or_not_or_in_part_or_as_noise() -> None:
    found = {disk["file"] for disk in disks([write(NEW)])}
    assert {OLD, NEW, OLD[:SECTOR] + NEW[SECTOR:], NEW[:SECTOR] + OLD[SECTOR:]} <= found
    assert len(found) > 10  # noise


def test_a_later_write_may_be_there_without_an_earlier_one() -> None:
    found = {disk["file"] for disk in disks([write(NEW[:SECTOR]), write(NEW[:SECTOR], offset=SECTOR)])}
    assert {OLD[:SECTOR] + NEW[SECTOR:], NEW[:SECTOR] + OLD[SECTOR:]} <= found


def test_a_file_that_was_cut_short_may_have_its_old_length() -> None:
    cut = Event("T", "file", 7, b"")
    assert {disk["file"] for disk in disks([cut])} == {OLD, OLD[:7]}
    assert {disk["file"] for disk in disks([cut, SYNC])} == {OLD[:7]}


def test_a_new_name_is_certain_once_its_folder_was_synced() -> None:
    made = [Event("C", "new", 0, b""), write(NEW, "new"), Event("S", "new", 0, b"")]
    assert {tuple(sorted(disk)) for disk in disks(made)} == {("file",), ("file", "new")}
    assert {tuple(sorted(disk)) for disk in disks([*made, SYNC_FOLDER])} == {("file", "new")}


def test_a_file_that_took_anothers_place_may_be_the_old_one_until_the_folder_was_synced() -> None:
    made = [Event("C", "new", 0, b""), write(NEW, "new"), Event("S", "new", 0, b""), Event("R", "new", 0, b"file")]
    assert {disk["file"] for disk in disks(made)} == {OLD, NEW}
    assert {disk["file"] for disk in disks([*made, SYNC_FOLDER])} == {NEW}


def test_a_removed_file_may_come_back_until_the_folder_was_synced() -> None:
    gone = Event("U", "file", 0, b"")
    assert {len(disk) for disk in disks([gone])} == {0, 1}
    assert {len(disk) for disk in disks([gone, SYNC_FOLDER])} == {0}


def test_acknowledgements_count_from_the_step_after_which_they_were_given() -> None:
    recorded = Recorded({}, [write(NEW), Event("A", "", 0, b"one\n"), write(NEW), Event("A", "", 0, b"two\n")])
    acks = {state.step: state.acks for state in crash_states(recorded, 60, 1)}
    assert acks == {0: [], 1: [], 2: ["one"], 3: ["one"], 4: ["one", "two"]}


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the recorder of writes is for Linux")
def test_the_recorder_sees_all_that_a_process_writes(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "old").write_bytes(OLD)
    program = f"""
import os
from pathlib import Path
folder = Path({str(folder)!r})
with open(folder / "new", "wb") as file:
    file.write(b"one"); file.flush(); os.fsync(file.fileno()); os.ftruncate(file.fileno(), 2)
    os.pwrite(file.fileno(), b"X", 1); os.fdatasync(file.fileno())
open({str(tmp_path / "acks")!r}, "ab").write(b"done\\n")
(folder / "new").rename(folder / "newer")
(folder / "old").unlink()
descriptor = os.open(folder, os.O_RDONLY); os.fsync(descriptor); os.close(descriptor)
"""
    recorded = record(["-c", program], folder, tmp_path / "acks", tmp_path)
    assert recorded.before == {"old": OLD}
    assert [(e.act, e.path, e.offset, e.data) for e in recorded.events] == [
        ("C", "new", 0, b""),
        ("W", "new", 0, b"one"),
        ("S", "new", 0, b""),
        ("T", "new", 2, b""),
        ("W", "new", 1, b"X"),
        ("S", "new", 0, b""),
        ("A", "", 0, b"done\n"),
        ("R", "new", 0, b"newer"),
        ("U", "old", 0, b""),
        ("S", ".", 0, b""),
    ]
    last = max(crash_states(recorded, 60, 1), key=lambda state: state.step)
    write_disk(last.disk, tmp_path / "after")
    assert read_disk(tmp_path / "after") == read_disk(folder) == {"newer": b"oX"}
