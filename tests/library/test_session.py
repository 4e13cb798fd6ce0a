"""Changes, readings, and several threads and processes on one library."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
import sqlalchemy as sa

from cubb_desktop.domain.changes import Changes
from cubb_desktop.domain.errors import (
    DiskFull,
    FolderReadOnly,
    LibraryBusy,
    LibraryDamaged,
    LibraryExists,
)
from cubb_desktop.library import audit, cipher, consents, recordings
from cubb_desktop.library.session import DATABASE, Library
from tests import builders
from tests.builders import ACTOR, AUDIT_KEY, KEY, SALT
from tests.children import in_child, without_disk, without_rights

ROOT = Path(__file__).resolve().parents[2]
CANARIES = ("Kanariefugl Ærøskøbing", "010190-1234 kanarie")

WRITER = """
import sys
from pathlib import Path
from cubb_desktop.library import consents
from cubb_desktop.library.session import Library
from tests import builders as b

library = Library.open(Path(sys.argv[1]), b.KEY, b.SALT, b.AUDIT_KEY)
print("ready", flush=True)
sys.stdin.readline()
for _ in range(int(sys.argv[2])):
    made = b.consent()
    with library.change("writer", "consent.added", made.id) as change:
        consents.add(change, made)
    print(made.id, flush=True)
"""


def start_writer(folder: Path, times: int) -> subprocess.Popen[str]:
    """Start a process that adds `times` agreements once it gets a line, and prints each id once it is committed."""
    writer = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(folder), str(times)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    assert writer.stdout is not None
    assert writer.stdout.readline() == "ready\n"
    return writer


def let_go(writer: subprocess.Popen[str]) -> None:
    assert writer.stdin is not None
    writer.stdin.write("\n")
    writer.stdin.flush()


def stored_consents(library: Library) -> set[str]:
    with library.read() as reading:
        return {consent.id for consent in consents.all(reading)}


# --- changes ---------------------------------------------------------------------------------------------------------


def test_a_change_is_committed_with_its_line_in_the_audit_log(library: Library) -> None:
    made = builders.consent()
    with library.change(ACTOR, "consent.added", made.id) as change:
        consents.add(change, made)
    assert change.changes == Changes(consents=True)
    with library.read() as reading:
        assert consents.all(reading) == [made]
        [line] = audit.lines(reading)
    assert (line.actor, line.action, line.object_id) == (ACTOR, "consent.added", made.id)


def test_a_change_that_fails_leaves_neither_rows_nor_line(library: Library) -> None:
    def fail() -> None:
        with library.change(ACTOR, "consent.added") as change:
            consents.add(change, builders.consent())
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    with library.read() as reading:
        assert consents.all(reading) == []
        assert audit.lines(reading) == []
    with library.change(ACTOR, "library.checked"):
        pass


def test_housekeeping_leaves_no_line(library: Library) -> None:
    with library.change(ACTOR, None) as change:
        consents.add(change, builders.consent())
    with library.read() as reading:
        assert len(consents.all(reading)) == 1
        assert audit.lines(reading) == []


def test_what_a_change_touched_adds_up(library: Library) -> None:
    first, second = builders.stored_recording(library), builders.stored_recording(library)
    with library.change(ACTOR, "recording.renamed") as change:
        recordings.update(change, first, title="a")
        recordings.update(change, second, title="b")
    assert change.changes == Changes(recordings=frozenset({first.id, second.id}))
    assert bool(change.changes)
    assert not Changes()


def test_a_change_within_a_change_is_a_bug(library: Library) -> None:
    with (
        library.change(ACTOR, "consent.added"),
        pytest.raises(RuntimeError, match="already open"),
        library.change(ACTOR, "consent.added"),
    ):
        pass


def test_a_reading_keeps_its_view_while_others_write(library: Library) -> None:
    with library.read() as reading:
        assert consents.all(reading) == []
        with library.change(ACTOR, "consent.added") as change:
            consents.add(change, builders.consent())
        assert consents.all(reading) == []
    assert len(stored_consents(library)) == 1


def test_errors_never_show_what_was_bound(library: Library) -> None:
    made = builders.consent(citizen=CANARIES[0])

    def add_twice() -> None:
        with library.change(ACTOR, "consent.added") as change:
            consents.add(change, made)
            consents.add(change, made)

    with pytest.raises(sa.exc.IntegrityError) as refused:
        add_twice()
    assert CANARIES[0] not in str(refused.value)
    assert CANARIES[0] not in repr(refused.value)


def test_data_version_tells_of_every_commit_and_of_nothing_else(library: Library) -> None:
    before = library.data_version()
    with library.read() as reading:
        consents.all(reading)
    assert library.data_version() == before
    with library.change(ACTOR, "consent.added") as change:
        consents.add(change, builders.consent())
    own = library.data_version()
    assert own != before
    other = Library.open(library.folder, KEY, SALT, AUDIT_KEY)
    with other.change(ACTOR, "consent.added") as change:
        consents.add(change, builders.consent())
    other.close()
    assert library.data_version() != own


# --- several at once -------------------------------------------------------------------------------------------------


def test_three_processes_and_two_threads_write_at_once_and_nothing_is_lost(library: Library) -> None:
    writers = [start_writer(library.folder, 40) for _ in range(3)]

    def write() -> None:
        for _ in range(40):
            with library.change(ACTOR, "consent.added") as change:
                consents.add(change, builders.consent())

    threads = [threading.Thread(target=write) for _ in range(2)]
    for writer in writers:
        let_go(writer)
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    printed = [writer.communicate(timeout=60)[0].split() for writer in writers]
    assert [writer.returncode for writer in writers] == [0, 0, 0]
    assert [len(ids) for ids in printed] == [40, 40, 40]
    found = stored_consents(library)
    assert len(found) == 200
    assert {consent_id for ids in printed for consent_id in ids} <= found
    with library.read() as reading:
        assert [line.number for line in audit.lines(reading)] == list(range(200, 0, -1))
        assert library.verify_audit(reading) is None
    assert library.verify() == []


def test_a_library_held_for_too_long_is_called_busy(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cipher, "BUSY_TIMEOUT_MS", 20)
    monkeypatch.setattr(cipher, "BUSY_TRIES", 2)
    other = Library.open(library.folder, KEY, SALT, AUDIT_KEY)
    with (
        library.change(ACTOR, "consent.added") as change,
        pytest.raises(LibraryBusy),
        other.change(ACTOR, "consent.added"),
    ):
        pytest.fail("both hold the library")
    consents_before = stored_consents(library)
    with other.change(ACTOR, "consent.added") as change:
        consents.add(change, builders.consent())
    assert len(stored_consents(library)) == len(consents_before) + 1
    other.close()


@pytest.mark.campaign
def test_a_killed_process_loses_no_commit_it_has_told_of(library: Library) -> None:
    told: set[str] = set()
    for after in (1, 2, 5, 9, 17, 30):
        writer = start_writer(library.folder, 10_000)
        let_go(writer)
        assert writer.stdout is not None
        lines = [writer.stdout.readline() for _ in range(after)]
        writer.send_signal(signal.SIGKILL)
        rest = writer.stdout.read().splitlines(keepends=True)
        writer.wait()
        told |= {line.strip() for line in [*lines, *rest] if line.endswith("\n")}
        writer.stdout.close()
        if writer.stdin is not None:
            writer.stdin.close()
    assert len(told) >= 64
    assert told <= stored_consents(library)
    assert library.verify() == []


# --- opening ---------------------------------------------------------------------------------------------------------


def test_what_was_written_is_there_after_closing_and_opening(tmp_path: Path) -> None:
    made = builders.consent()
    first = Library.create(tmp_path, KEY, SALT, AUDIT_KEY)
    with first.change(ACTOR, "consent.added") as change:
        consents.add(change, made)
    first.close()
    second = Library.open(tmp_path, KEY, SALT, AUDIT_KEY)
    with second.read() as reading:
        assert consents.get(reading, made.id) == made
    second.close()


def test_a_library_is_never_made_over_another(library: Library) -> None:
    with pytest.raises(LibraryExists):
        Library.create(library.folder, KEY, SALT, AUDIT_KEY)


@pytest.mark.parametrize("content", [None, b"", b"SQLite format 3\0" + bytes(5_000), b"x" * 10_000])
def test_a_missing_or_foreign_database_is_damaged_and_stays_as_it_is(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / DATABASE).write_bytes(content)
    with pytest.raises(LibraryDamaged):
        Library.open(tmp_path, KEY, SALT, AUDIT_KEY)
    assert [path.read_bytes() for path in tmp_path.iterdir()] == ([] if content is None else [content])


def test_the_wrong_key_opens_nothing(library: Library) -> None:
    library.close()
    with pytest.raises(LibraryDamaged):
        Library.open(library.folder, bytes(32), SALT, AUDIT_KEY)


def test_damage_to_the_first_bytes_costs_nothing(library: Library) -> None:
    made = builders.consent()
    with library.change(ACTOR, "consent.added") as change:
        consents.add(change, made)
    library.close()
    with (library.folder / DATABASE).open("r+b") as file:
        file.write(os.urandom(16))
    again = Library.open(library.folder, KEY, SALT, AUDIT_KEY)
    assert stored_consents(again) == {made.id}
    again.close()


def test_a_full_disk_stops_the_change_and_keeps_the_rest(tmp_path: Path) -> None:
    library = Library.create(tmp_path, KEY, SALT, AUDIT_KEY)
    kept = builders.stored_recording(library)
    library.close()
    size = max(path.stat().st_size for path in tmp_path.iterdir())

    def fill() -> None:
        opened = Library.open(tmp_path, KEY, SALT, AUDIT_KEY)
        with opened.change(ACTOR, "waveform.stored") as change:
            recordings.put_peaks(change, kept.id, os.urandom(4_000_000))

    assert in_child(fill, without_disk(size + 100_000)) == DiskFull.__name__
    again = Library.open(tmp_path, KEY, SALT, AUDIT_KEY)
    with again.read() as reading:
        assert recordings.all(reading) == [kept]
        assert recordings.get_peaks(reading, kept.id) is None
    with again.change(ACTOR, "waveform.stored") as change:
        recordings.put_peaks(change, kept.id, b"now there is room")
    assert again.verify() == []
    again.close()


def test_a_folder_one_may_not_write_in_is_told(tmp_path: Path) -> None:
    folder = tmp_path / "lukket"
    folder.mkdir()
    library = Library.create(folder, KEY, SALT, AUDIT_KEY)
    library.close()

    def change() -> None:
        opened = Library.open(folder, KEY, SALT, AUDIT_KEY)
        with opened.change(ACTOR, "library.checked"):
            pass

    assert in_child(change, without_rights(folder)) == FolderReadOnly.__name__


# --- what can be seen from outside -----------------------------------------------------------------------------------


def test_nothing_that_was_written_can_be_read_in_the_folder(library: Library) -> None:
    with library.change(ACTOR, "consent.added") as change:
        for canary in CANARIES:
            consents.add(change, builders.consent(citizen=canary, form=canary))
    seen = b"".join(path.read_bytes() for path in library.folder.iterdir())
    library.close()
    seen += b"".join(path.read_bytes() for path in library.folder.iterdir())
    assert len(seen) > 100_000
    for canary in (*CANARIES, "SQLite format 3", "consents"):
        for coding in ("utf-8", "utf-16-le", "utf-16-be"):
            assert canary.encode(coding) not in seen


@pytest.mark.parametrize(("act", "alembic"), [("create", "True"), ("open", "False")])
def test_neither_the_standard_sqlite_nor_more_than_needed_is_loaded(tmp_path: Path, act: str, alembic: str) -> None:
    if act == "open":
        Library.create(tmp_path, KEY, SALT, AUDIT_KEY).close()
    script = (
        "import sys; from pathlib import Path; from tests import builders as b\n"
        "from cubb_desktop.library.session import Library\n"
        f"Library.{act}(Path(sys.argv[1]), b.KEY, b.SALT, b.AUDIT_KEY).close()\n"
        "print('sqlite3' in sys.modules, 'alembic' in sys.modules)\n"
    )
    command = [sys.executable, "-c", script, str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", alembic]


def test_memory_is_locked_and_wiped_in_every_process_but_that_of_these_tests(tmp_path: Path) -> None:
    Library.create(tmp_path, KEY, SALT, AUDIT_KEY).close()
    script = (
        "import sys; from pathlib import Path; from tests import builders as b\n"
        "from cubb_desktop.library.session import Library\n"
        "library = Library.open(Path(sys.argv[1]), b.KEY, b.SALT, b.AUDIT_KEY)\n"
        "with library.read() as reading:\n"
        "    print(reading.connection.exec_driver_sql('PRAGMA cipher_memory_security').scalar())\n"
        "library.close()\n"
    )
    command = [sys.executable, "-c", script, str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["1"]


def test_a_connection_has_the_settings_that_were_decided(library: Library) -> None:
    expected = {
        "synchronous": 3,
        "journal_mode": "wal",
        "foreign_keys": 1,
        "secure_delete": 1,
        "trusted_schema": 0,
        "cell_size_check": 1,
        "fullfsync": 1,
        "checkpoint_fullfsync": 1,
        "cipher_log_level": "NONE",
        "busy_timeout": cipher.BUSY_TIMEOUT_MS,
    }
    with library.read() as reading:
        found = {name: reading.connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in expected}
    assert found == expected
