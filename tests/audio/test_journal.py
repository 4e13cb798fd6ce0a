"""The journal of marks: what is acknowledged survives any crash, what is forgotten is gone, nothing is made up."""

from __future__ import annotations

import os
import random
import uuid
from pathlib import Path

import pytest

from cubb_desktop.audio import journal
from cubb_desktop.audio.chunks import recording_folder
from cubb_desktop.audio.container import CHUNK_HEADER_BYTES, TAG_BYTES
from cubb_desktop.audio.journal import MARKS, MarkJournal, keep_marks_before, read_marks
from cubb_desktop.audio.sealed_files import HEADER_BYTES, put_file
from cubb_desktop.domain.errors import CubbError, DiskFull, FolderReadOnly, MarksDamaged
from cubb_desktop.domain.ids import MarkId, RecordingId
from cubb_desktop.domain.recording import Mark, MarkKind
from tests.audio import sounds
from tests.audio.sounds import KEY
from tests.children import DONE, in_child, without_disk


def mark(at_ms: int, text: str = "", kind: MarkKind = MarkKind.BOOKMARK) -> Mark:
    return Mark(MarkId(str(uuid.UUID(int=at_ms + 1))), kind, at_ms, text, "Mette")


THREE = [mark(100), mark(2_000, "jobcentret æøå", MarkKind.NOTE), mark(1_500, "vigtigt")]


@pytest.fixture
def recording(tmp_path: Path) -> RecordingId:
    made = sounds.new_id()
    recording_folder(tmp_path, made).mkdir(parents=True)
    return made


def journal_path(folder: Path, recording: RecordingId) -> Path:
    return recording_folder(folder, recording) / MARKS


def written(folder: Path, recording: RecordingId, marks: list[Mark], *, closed: bool = True) -> bytes:
    made = MarkJournal(folder, recording, KEY)
    for one in marks:
        made.add(one)
    (made.close if closed else made.abandon)()
    return journal_path(folder, recording).read_bytes()


# --- in and out ------------------------------------------------------------------------------------------------------


def test_marks_come_back_in_order_of_time(tmp_path: Path, recording: RecordingId) -> None:
    written(tmp_path, recording, THREE)
    assert read_marks(tmp_path, recording, KEY) == [THREE[0], THREE[2], THREE[1]]


def test_a_recording_without_marks_has_none(tmp_path: Path, recording: RecordingId) -> None:
    made = MarkJournal(tmp_path, recording, KEY)
    made.close()
    assert read_marks(tmp_path, recording, KEY) == []
    assert not journal_path(tmp_path, recording).exists()


def test_a_mark_is_on_disk_when_it_is_acknowledged(tmp_path: Path, recording: RecordingId) -> None:
    made = MarkJournal(tmp_path, recording, KEY)
    for count, one in enumerate(THREE, start=1):
        made.add(one)
        assert len(read_marks(tmp_path, recording, KEY)) == count
    made.abandon()


def test_nothing_on_disk_can_be_read(tmp_path: Path, recording: RecordingId) -> None:
    content = written(tmp_path, recording, THREE)
    for canary in (b"jobcentret", b"vigtigt", b"Mette", b"bookmark", b"at_ms"):
        assert canary not in content


def test_a_mark_can_be_reworded_and_the_old_words_are_gone(tmp_path: Path, recording: RecordingId) -> None:
    made = MarkJournal(tmp_path, recording, KEY)
    for one in THREE:
        made.add(one)
    before = journal_path(tmp_path, recording).read_bytes()
    made.reword(THREE[1].id, "andet")
    after = journal_path(tmp_path, recording).read_bytes()
    assert after[:HEADER_BYTES] != before[:HEADER_BYTES]  # another salt: no nonce serves two texts
    made.reword(MarkId("unknown"), "intet")
    assert journal_path(tmp_path, recording).read_bytes() == after
    made.add(mark(9_000, "bagefter"))
    made.close()
    assert [one.text for one in read_marks(tmp_path, recording, KEY)] == ["", "vigtigt", "andet", "bagefter"]


def test_a_mark_can_be_forgotten_and_the_last_takes_the_file_with_it(tmp_path: Path, recording: RecordingId) -> None:
    made = MarkJournal(tmp_path, recording, KEY)
    for one in THREE:
        made.add(one)
    made.forget(THREE[0].id)
    made.forget(MarkId("unknown"))
    assert read_marks(tmp_path, recording, KEY) == [THREE[2], THREE[1]]
    made.cut(1_500)
    assert not list(recording_folder(tmp_path, recording).iterdir())
    made.add(THREE[0])
    made.close()
    assert read_marks(tmp_path, recording, KEY) == [THREE[0]]


def test_the_marks_of_a_journal_at_rest_can_be_cut(tmp_path: Path, recording: RecordingId) -> None:
    before = written(tmp_path, recording, THREE)
    keep_marks_before(tmp_path, recording, KEY, 2_001)
    assert journal_path(tmp_path, recording).read_bytes() == before
    keep_marks_before(tmp_path, recording, KEY, 1_501)
    assert read_marks(tmp_path, recording, KEY) == [THREE[0], THREE[2]]
    keep_marks_before(tmp_path, recording, KEY, 0)
    assert not journal_path(tmp_path, recording).exists()


# --- crashes ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("closed", [True, False])
def test_a_torn_end_at_any_offset_costs_only_what_is_torn(tmp_path: Path, recording: RecordingId, closed: bool) -> None:
    whole = written(tmp_path, recording, THREE, closed=closed)
    path = journal_path(tmp_path, recording)
    ends = [HEADER_BYTES]
    for one in THREE:
        ends.append(ends[-1] + CHUNK_HEADER_BYTES + TAG_BYTES + len(journal._packed(one)))
    for size in range(ends[1], len(whole)):
        other = bytes([whole[size] ^ 0xFF])  # never what belongs there
        for rest in (b"", other + bytes(40), other + os.urandom(30)):
            path.write_bytes(whole[:size] + rest)
            expected = THREE[: sum(end <= size for end in ends) - 1]
            assert read_marks(tmp_path, recording, KEY) == sorted(expected, key=lambda one: one.at_ms)


def test_a_full_disk_refuses_the_mark_and_keeps_those_before(tmp_path: Path, recording: RecordingId) -> None:
    made = MarkJournal(tmp_path, recording, KEY)
    made.add(THREE[0])

    def fill() -> None:
        with pytest.raises(DiskFull):
            made.add(mark(5_000, "x" * 5_000))
        with pytest.raises(DiskFull):
            made.add(mark(6_000, "x" * 5_000))  # the one before was torn: this one would begin the file anew
        with pytest.raises(DiskFull):
            made.reword(THREE[0].id, "y" * 5_000)
        made.add(THREE[2])
        made.close()

    assert in_child(fill, without_disk(2_000)) == DONE
    made.abandon()
    assert read_marks(tmp_path, recording, KEY) == [THREE[0], THREE[2]]
    assert [path.name for path in recording_folder(tmp_path, recording).iterdir()] == [MARKS]


def test_a_file_is_put_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "one.cbm"
    put_file(path, b"first")

    def refuse() -> None:
        put_file(path, bytes(3_000))

    assert in_child(refuse, without_disk(2_000)) == "DiskFull"
    assert [found.read_bytes() for found in tmp_path.iterdir()] == [b"first"]
    with pytest.raises(FileNotFoundError):
        put_file(tmp_path / "nowhere" / "one.cbm", b"")


def test_what_is_neither_full_nor_forbidden_is_raised_as_it_is(
    tmp_path: Path, recording: RecordingId, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = MarkJournal(tmp_path, recording, KEY)
    made.add(THREE[0])

    def broken(_descriptor: int) -> None:
        raise OSError(5, "input/output error")

    with monkeypatch.context() as patched:
        patched.setattr(os, "fdatasync", broken)
        with pytest.raises(OSError, match="input/output"):
            made.add(THREE[1])
    assert not issubclass(OSError, CubbError)
    assert FolderReadOnly.exit_code == 2
    made.add(THREE[2])
    made.close()
    assert read_marks(tmp_path, recording, KEY) == [THREE[0], THREE[2]]


def test_a_change_that_cannot_be_written_did_not_happen(
    tmp_path: Path, recording: RecordingId, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = MarkJournal(tmp_path, recording, KEY)
    made.add(THREE[0])
    made.add(THREE[1])

    def full(*_: object) -> None:
        raise OSError(28, "no space left")

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        with pytest.raises(DiskFull):
            made.forget(THREE[0].id)
        with pytest.raises(DiskFull):
            made.reword(THREE[0].id, "x")
        with pytest.raises(DiskFull):
            made.add(THREE[2])
    made.add(THREE[2])
    made.close()
    assert read_marks(tmp_path, recording, KEY) == [THREE[0], THREE[2], THREE[1]]


# --- tampering -------------------------------------------------------------------------------------------------------


def entries_of(content: bytes) -> tuple[bytes, list[bytes]]:
    pieces, offset = [], HEADER_BYTES
    while offset < len(content):
        size = CHUNK_HEADER_BYTES + int.from_bytes(content[offset + 16 : offset + 20], "little")
        pieces.append(content[offset : offset + size])
        offset += size
    return content[:HEADER_BYTES], pieces


def test_moved_doubled_dropped_foreign_and_added_entries_are_refused(tmp_path: Path, recording: RecordingId) -> None:
    front, pieces = entries_of(written(tmp_path, recording, THREE))
    assert len(pieces) == 4
    other = sounds.new_id()
    recording_folder(tmp_path, other).mkdir(parents=True)
    foreign_front, foreign = entries_of(written(tmp_path, other, THREE))
    wrong = {
        "moved": [front, pieces[1], pieces[0], *pieces[2:]],
        "doubled": [front, pieces[0], *pieces],
        "dropped": [front, pieces[0], *pieces[2:]],
        "foreign": [front, pieces[0], foreign[1], *pieces[2:]],
        "added": [front, *pieces, pieces[0]],
        "rubbish after the end": [front, *pieces, b"more"],
        "another recording's": [foreign_front, *foreign],
        "no header": [front[:79]],
        "nothing": [b""],
        "a header only": [front],
        "a first entry cut off": [front, pieces[0][:-1]],
    }
    for name, parts in wrong.items():
        journal_path(tmp_path, recording).write_bytes(b"".join(parts))
        with pytest.raises(MarksDamaged):
            print(name, read_marks(tmp_path, recording, KEY))


def test_another_key_opens_nothing(tmp_path: Path, recording: RecordingId) -> None:
    written(tmp_path, recording, THREE)
    with pytest.raises(MarksDamaged):
        read_marks(tmp_path, recording, bytes(32))


def test_no_wrong_bit_ever_makes_a_wrong_mark(tmp_path: Path, recording: RecordingId) -> None:
    whole = written(tmp_path, recording, THREE[:2])
    path = journal_path(tmp_path, recording)
    _, pieces = entries_of(whole)
    refused = 0
    for bit in range(8 * len(whole)):
        flipped = bytearray(whole)
        flipped[bit // 8] ^= 1 << bit % 8
        path.write_bytes(flipped)
        try:
            found = read_marks(tmp_path, recording, KEY)
        except MarksDamaged:
            refused += 1
            continue
        assert found == THREE[:2]  # the entry that closes the file was hit
        assert bit // 8 >= len(whole) - len(pieces[-1])
    assert refused == 8 * (len(whole) - len(pieces[-1]))


def test_mutated_journals_never_give_a_wrong_mark(tmp_path: Path, recording: RecordingId) -> None:
    whole, drawn = written(tmp_path, recording, THREE), random.Random(4)
    path = journal_path(tmp_path, recording)
    for _ in range(300):
        content = bytearray(whole)
        for _ in range(drawn.randrange(1, 4)):
            place = drawn.randrange(len(content))
            content[place : place + drawn.randrange(60)] = drawn.randbytes(drawn.randrange(60))
        path.write_bytes(content)
        try:
            found = read_marks(tmp_path, recording, KEY)
        except MarksDamaged:
            continue
        assert all(one in THREE for one in found)
