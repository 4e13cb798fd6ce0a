"""This machine remembers where backups lie, and says so when a library can't be read."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cubb_desktop import settings
from cubb_desktop.domain.errors import LibraryDamaged, LibraryDamagedHasBackup
from cubb_desktop.i18n import sentence
from cubb_desktop.services.backup import backup_library
from cubb_desktop.services.known_backups import backup_named, known_backups, note_backup
from cubb_desktop.services.workspace import Workspace, open_workspace
from tests import builders

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def only_file() -> Path:
    (file,) = (settings.state_folder() / "backups").glob("*.json")
    return file


def test_the_newest_comes_first_and_each_folder_once(tmp_path: Path) -> None:
    for day, name in enumerate("abca"):
        note_backup(tmp_path / "bibliotek", tmp_path / name, NOON + timedelta(days=day))
    found = known_backups(tmp_path / "bibliotek")
    assert [backup.folder.name for backup in found] == ["a", "c", "b"]
    assert known_backups(tmp_path / "et andet") == []


@pytest.mark.parametrize("text", ["", "{", "[]", '{"backups": 1}', '{"backups": [{"folder": "x"}]}'])
def test_a_file_that_cannot_be_read_is_as_none(tmp_path: Path, text: str) -> None:
    note_backup(tmp_path, tmp_path / "a", NOON)
    only_file().write_text(text)
    assert known_backups(tmp_path) == []


def test_a_time_without_its_zone_is_left_out(tmp_path: Path) -> None:
    note_backup(tmp_path, tmp_path / "a", NOON)
    rows = [{"folder": "b", "at": "2026-11-23T12:00:00"}, {"folder": "c", "at": NOON.isoformat()}]
    only_file().write_text(json.dumps({"backups": rows}))
    assert [backup.folder for backup in known_backups(tmp_path)] == [Path("c")]


@pytest.mark.expected_log("where the backup lies was not noted")
def test_a_machine_that_cannot_remember_is_no_fault(tmp_path: Path) -> None:
    settings.state_folder().parent.mkdir(parents=True, exist_ok=True)
    settings.state_folder().write_text("en fil")
    note_backup(tmp_path, tmp_path / "a", NOON)
    assert known_backups(tmp_path) == []


def test_a_library_that_cannot_be_read_names_its_backup(workspace: Workspace, tmp_path: Path) -> None:
    folder = workspace.folder
    with pytest.raises(LibraryDamaged) as plain, backup_named(folder):
        raise LibraryDamaged
    assert not isinstance(plain.value, LibraryDamagedHasBackup)
    backup_library(workspace, tmp_path / "kopi")
    workspace.close()
    (folder / "library.db").write_bytes(bytes(4096))
    with pytest.raises(LibraryDamagedHasBackup) as raised:
        open_workspace(folder, builders.PASSPHRASE, actor="x")
    assert str(tmp_path / "kopi") in sentence(raised.value)
    for name in ("library.json", "library.json.bak"):
        (folder / name).write_text("{")
    with pytest.raises(LibraryDamagedHasBackup), backup_named(folder):
        open_workspace(folder, builders.PASSPHRASE, actor="x")
