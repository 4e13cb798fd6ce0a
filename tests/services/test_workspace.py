"""Libraries as the window, the command line and the worker open them."""

from __future__ import annotations

import errno
import os
import stat
import subprocess
import sys
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path

import pytest

from cubb_desktop import vault
from cubb_desktop.domain.consent import Purpose
from cubb_desktop.domain.errors import (
    DiskFull,
    FolderNotEmpty,
    FolderReadOnly,
    LibraryBusy,
    LibraryDamaged,
    LibraryExists,
    LibraryInUse,
    LibraryLocked,
    LibraryNewer,
    LibraryNotFound,
    NotAFolder,
    PassphraseTooShort,
    UnsafePlace,
    WorkerRunning,
    WrongPassphrase,
)
from cubb_desktop.domain.ids import RecordingId
from cubb_desktop.library import audit
from cubb_desktop.services.consents import add_consent, list_consents
from cubb_desktop.services.workspace import (
    WindowLock,
    Workspace,
    create_workspace,
    open_unlocked,
    open_workspace,
    open_workspace_with_key,
    worker_lock,
)
from cubb_desktop.vault import keyfile
from tests import builders
from tests.builders import ACTOR, CHEAP, PASSPHRASE
from tests.children import in_child, without_disk, without_rights

ROOT = Path(__file__).resolve().parents[2]
CANARY = "Kanariefugl 010190 Ærø"


def reopened(workspace: Workspace, *, window: bool = False) -> Workspace:
    return open_workspace(workspace.folder, PASSPHRASE, actor=ACTOR, window=window)


def create(folder: Path) -> Workspace:
    return builders.new_workspace(folder)


# --- creating --------------------------------------------------------------------------------------------------------


def test_a_new_library_holds_what_the_design_says_and_nothing_readable(workspace: Workspace) -> None:
    workspace.close()
    assert {path.name for path in workspace.folder.iterdir()} == {
        "library.json",
        "library.json.bak",
        "library.db",
        "keys.db",
        "audio",
    }
    if os.name != "nt":
        assert workspace.folder.stat().st_mode & 0o777 == 0o700


def test_the_recovery_key_of_a_new_library_opens_it(tmp_path: Path) -> None:
    made, recovery = create_workspace(tmp_path / "b", PASSPHRASE, actor=ACTOR, cost=CHEAP, allow_weak=True)
    key = made.vault.master_key()
    made.close()
    assert vault.unlock_with_recovery_key(tmp_path / "b", recovery).master_key() == key


@pytest.mark.skipif(sys.platform != "linux", reason="/proc is Linux's")
def test_a_place_where_the_system_makes_no_folders_is_told() -> None:
    with pytest.raises(FolderReadOnly):
        create(Path("/proc/bibliotek"))


@pytest.mark.skipif(sys.platform == "win32", reason="Windows guards files by lists, not by modes")
def test_the_databases_are_for_the_owner_alone(tmp_path: Path) -> None:
    with create(tmp_path / "b") as workspace, workspace.library.change(ACTOR, "library.looked", builders.new_id()):
        files = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "b").glob("*.db*")}
    assert {"library.db", "library.db-wal", "keys.db"} <= set(files)
    assert set(files.values()) == {0o600}


def test_a_library_is_made_in_an_empty_folder_but_never_among_other_files(tmp_path: Path) -> None:
    (tmp_path / "tom").mkdir()
    create(tmp_path / "tom").close()
    (tmp_path / "fuld").mkdir()
    (tmp_path / "fuld" / "brev.txt").write_text("hej")
    with pytest.raises(FolderNotEmpty):
        create(tmp_path / "fuld")
    for inside_a_file in (tmp_path / "fuld" / "brev.txt", tmp_path / "fuld" / "brev.txt" / "bibliotek"):
        with pytest.raises(NotAFolder):
            create(inside_a_file)
    assert [path.name for path in (tmp_path / "fuld").iterdir()] == ["brev.txt"]


def test_a_library_is_never_made_over_another(workspace: Workspace) -> None:
    with pytest.raises(LibraryExists):
        create(workspace.folder)
    assert workspace.library.verify() == []


@pytest.mark.parametrize("name", ["Dropbox", "OneDrive - Herning"])
def test_a_library_is_never_made_in_a_synchronised_folder(tmp_path: Path, name: str) -> None:
    with pytest.raises(UnsafePlace):
        create(tmp_path / name / "bibliotek")
    assert list(tmp_path.iterdir()) == []


def test_a_short_passphrase_leaves_no_folder_behind(tmp_path: Path) -> None:
    with pytest.raises(PassphraseTooShort):
        create_workspace(tmp_path / "b", "kort", actor=ACTOR, cost=CHEAP, allow_weak=True)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("room_bytes", [0, 500, 5_000, 50_000, 150_000])
def test_a_full_disk_leaves_nothing_half_made(tmp_path: Path, room_bytes: int) -> None:
    (tmp_path / "tom").mkdir()
    for folder in (tmp_path / "ny", tmp_path / "tom"):
        assert in_child(partial(create, folder), without_disk(room_bytes)) == DiskFull.__name__
    assert [path.name for path in tmp_path.iterdir()] == ["tom"]
    assert list((tmp_path / "tom").iterdir()) == []
    create(tmp_path / "tom").close()


@pytest.mark.parametrize("writes", [0, 1])
def test_a_disk_that_fills_up_at_the_last_file_leaves_nothing_half_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, writes: int
) -> None:
    write, left = keyfile._write_whole, [writes]

    def fill_up(path: Path, content: bytes) -> None:
        if not left[0]:
            raise OSError(errno.ENOSPC, "no room")
        left[0] -= 1
        write(path, content)

    monkeypatch.setattr(keyfile, "_write_whole", fill_up)
    with pytest.raises(DiskFull):
        create(tmp_path / "ny")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_one_may_not_write_in_is_told(tmp_path: Path) -> None:
    parent = tmp_path / "lukket"
    parent.mkdir()
    assert in_child(lambda: create(parent / "ny"), without_rights(parent)) == FolderReadOnly.__name__
    assert in_child(lambda: create(parent), without_rights(parent)) == FolderReadOnly.__name__


# --- opening ---------------------------------------------------------------------------------------------------------


def test_a_library_opens_with_its_passphrase_and_with_its_key(workspace: Workspace) -> None:
    made = add_consent(workspace, "B-17", [Purpose.FLIP], date(2036, 1, 1))
    key = workspace.vault.master_key()
    workspace.keys.put(RecordingId(made.id), bytes(32))
    workspace.close()
    with reopened(workspace) as again:
        assert list_consents(again) == [made]
        assert again.audio_folder.is_dir()
        assert again.actor == ACTOR
    with open_workspace_with_key(workspace.folder, key, actor="worker") as worker:
        assert list_consents(worker) == [made]
        assert worker.keys.get(RecordingId(made.id)) == bytes(32)


def test_a_wrong_passphrase_or_key_opens_nothing_and_changes_nothing(workspace: Workspace) -> None:
    workspace.close()
    before = {path: path.stat().st_mtime_ns for path in workspace.folder.iterdir()}
    with pytest.raises(WrongPassphrase):
        open_workspace(workspace.folder, "ikke den rigtige", actor=ACTOR)
    with pytest.raises(WrongPassphrase):
        open_workspace_with_key(workspace.folder, bytes(32), actor=ACTOR)
    assert {path: path.stat().st_mtime_ns for path in workspace.folder.iterdir()} == before


@pytest.mark.parametrize("name", ["findes ikke", "tom"])
def test_where_no_library_is_none_is_opened_or_made(tmp_path: Path, name: str) -> None:
    (tmp_path / "tom").mkdir()
    with pytest.raises(LibraryNotFound):
        open_workspace(tmp_path / name, PASSPHRASE, actor=ACTOR, window=True)
    assert [path.name for path in tmp_path.iterdir()] == ["tom"]
    assert list((tmp_path / "tom").iterdir()) == []


@pytest.mark.parametrize("missing", ["library.db", "keys.db"])
def test_a_missing_database_is_damage_not_a_fresh_start(workspace: Workspace, missing: str) -> None:
    workspace.close()
    (workspace.folder / missing).unlink()
    with pytest.raises(LibraryDamaged):
        reopened(workspace)
    assert not (workspace.folder / missing).exists()
    WindowLock(workspace.folder).acquire().release()


def test_a_newer_library_is_refused_and_the_window_can_try_another(workspace: Workspace) -> None:
    with workspace.library.change(ACTOR, "library.changed") as change:
        change.connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    workspace.close()
    for _ in range(2):
        with pytest.raises(LibraryNewer):
            reopened(workspace, window=True)


def test_closing_forgets_the_keys(workspace: Workspace) -> None:
    opened = reopened(workspace)
    opened.close()
    with pytest.raises(LibraryLocked):
        opened.vault.master_key()


def test_today_is_the_date_where_the_person_is(tmp_path: Path) -> None:
    late = datetime(2026, 11, 23, 23, 30, tzinfo=UTC)
    with builders.new_workspace(tmp_path / "b", clock=lambda: late) as opened:
        assert opened.today() == late.astimezone().date()
        assert opened.clock().tzinfo is UTC


def test_a_new_library_is_logged(workspace: Workspace) -> None:
    with workspace.library.read() as reading:
        assert [line.action for line in audit.lines(reading)] == ["library.created"]


# --- locks -----------------------------------------------------------------------------------------------------------


def test_a_second_window_is_refused_a_command_beside_it_is_not(workspace: Workspace) -> None:
    workspace.close()
    with reopened(workspace, window=True) as window:
        with pytest.raises(LibraryInUse):
            reopened(workspace, window=True)
        with reopened(workspace) as command:
            add_consent(command, "B-17", [Purpose.FLIP], date(2036, 1, 1))
        assert len(list_consents(window)) == 1
    reopened(workspace, window=True).close()


def test_a_refused_passphrase_does_not_keep_the_window_out(workspace: Workspace) -> None:
    workspace.close()
    with pytest.raises(WrongPassphrase):
        open_workspace(workspace.folder, "ikke den rigtige", actor=ACTOR, window=True)
    reopened(workspace, window=True).close()


def test_a_lock_ends_with_its_process_however_it_ends(workspace: Workspace) -> None:
    script = (
        "import sys; from pathlib import Path; from cubb_desktop.services.workspace import WindowLock, worker_lock\n"
        "WindowLock(Path(sys.argv[1])).acquire(); lock = worker_lock(Path(sys.argv[1])).acquire()\n"
        "print('held', flush=True); sys.stdin.read()\n"
    )
    command = [sys.executable, "-c", script, str(workspace.folder)]
    holder = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    with holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        worker = worker_lock(workspace.folder)
        with pytest.raises(WorkerRunning):
            worker.acquire()
        holder.kill()
    with worker as held:
        assert held.held
        with pytest.raises(WorkerRunning), worker_lock(workspace.folder):
            pass
    assert not worker.held


def test_nobody_reads_what_was_written_while_the_library_is_open_or_closed(workspace: Workspace) -> None:
    add_consent(workspace, CANARY, [Purpose.FLIP], date(2036, 1, 1), form=CANARY)
    seen = b"".join(path.read_bytes() for path in workspace.folder.rglob("*") if path.is_file())
    workspace.close()
    seen += b"".join(path.read_bytes() for path in workspace.folder.rglob("*") if path.is_file())
    for text in (CANARY, PASSPHRASE, "SQLite format 3"):
        for coding in ("utf-8", "utf-16-le"):
            assert text.encode(coding) not in seen


# --- the log of unlocking --------------------------------------------------------------------------------------------


def test_unlocking_and_locking_are_logged_with_the_failed_tries_before(workspace: Workspace) -> None:
    workspace.note_unlocked()
    workspace.note_unlocked(failed_tries=7)
    workspace.note_unlocked(failed_tries=10**9)
    workspace.note_locked()
    with workspace.library.read() as reading:
        lines = [(line.action, line.outcome, line.object_id) for line in reversed(audit.lines(reading))]
    library_id = workspace.vault.library_id
    assert lines[1:] == [
        ("library.unlocked", "done", library_id),
        ("library.unlocked", "after-failed-tries-7", library_id),
        ("library.unlocked", "after-failed-tries-9999", library_id),
        ("library.locked", "done", library_id),
    ]


@pytest.mark.parametrize("fault", [DiskFull, FolderReadOnly, LibraryBusy])
def test_a_log_that_cannot_be_written_keeps_nobody_out(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, fault: type[Exception]
) -> None:
    def refused(*_given: object) -> None:
        raise fault

    monkeypatch.setattr(workspace.library, "note", refused)
    workspace.note_unlocked(3)
    workspace.note_locked()
    assert not workspace.vault.locked


def test_a_second_window_that_is_refused_forgets_the_key_again(workspace: Workspace) -> None:
    workspace.close()
    with reopened(workspace, window=True):
        unlocked = vault.unlock(workspace.folder, PASSPHRASE)
        with pytest.raises(LibraryInUse):
            open_unlocked(unlocked, actor=ACTOR, window=True)
        assert unlocked.locked


def test_a_new_library_can_be_opened_by_the_window_that_makes_it(tmp_path: Path) -> None:
    made, _recovery = create_workspace(
        tmp_path / "b", PASSPHRASE, actor=ACTOR, cost=CHEAP, allow_weak=True, window=True
    )
    with made, pytest.raises(LibraryInUse):
        open_workspace(tmp_path / "b", PASSPHRASE, actor=ACTOR, window=True)
    open_workspace(tmp_path / "b", PASSPHRASE, actor=ACTOR, window=True).close()
