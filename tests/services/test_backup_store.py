"""The backup's folder refuses what is not as it was written, and says in a sentence what the drive refuses."""

from __future__ import annotations

import errno
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cubb_desktop.domain.errors import BackupNotFound, BackupUnwritable
from cubb_desktop.services import backup_store
from cubb_desktop.services.backup_store import (
    BackupFolder,
    Entry,
    Kind,
    Manifest,
    ObjectUnreadable,
    place_for,
    place_of,
    replace_whole,
)
from cubb_desktop.vault import BlobCipher, rows_cipher

LIBRARY = "11111111-2222-4333-8444-555555555555"


@pytest.fixture
def store(tmp_path: Path) -> BackupFolder:
    made = BackupFolder(tmp_path / "kopi", LIBRARY, BlobCipher(bytes(32)))
    made.prepare()
    return made


def entry(store: BackupFolder, **fields: object) -> Entry:
    name, size, digest = store.seal(b"noget", Kind.CONSENT, "x")
    given = {"kind": Kind.CONSENT, "owner": "x", "name": "", "object": name, "bytes": size, "sha256": digest}
    return Entry(**{**given, "source": "s", "checked_at": "2026-11-23T00:00:00+00:00", **fields})  # type: ignore[arg-type]


def manifest(*entries: Entry) -> Manifest:
    return Manifest(1, datetime(2026, 11, 23, tzinfo=UTC), "0003", 0, entries)


def test_what_was_sealed_opens_and_only_as_what_it_is(store: BackupFolder) -> None:
    made = entry(store)
    assert store.open(made) == b"noget"
    for other in (entry(store, owner="y"), entry(store, kind=Kind.REST)):
        with pytest.raises(ObjectUnreadable):
            store.open(other)
    with pytest.raises(ObjectUnreadable):
        store.open(made, rows_cipher(bytes(32)))


@pytest.mark.parametrize("content", [b"", b"x", None])
def test_an_object_of_another_length_or_none_is_unreadable(store: BackupFolder, content: bytes | None) -> None:
    made = entry(store)
    if content is None:
        store.remove(made.object)
    else:
        store.path(made.object).write_bytes(content)
    assert not store.is_there(made)
    with pytest.raises(ObjectUnreadable):
        store.check(made)


def test_a_manifest_comes_back_as_it_was(store: BackupFolder) -> None:
    made = manifest(entry(store))
    store.put_manifest(made)
    assert store.manifests() == [made]


@pytest.mark.parametrize(
    "fields",
    [{"object": "../../etc/passwd"}, {"object": "00"}, {"name": "../x.cba"}, {"name": ".skjult"}, {"kind": "andet"}],
)
def test_a_manifest_with_an_entry_that_could_lead_elsewhere_is_unreadable(
    store: BackupFolder, fields: dict[str, object]
) -> None:
    store.put_manifest(manifest(entry(store, **fields)))
    assert store.manifests() == []


@pytest.mark.parametrize(
    "document", [[], {}, {"format": 1}, {"format": 1, "keys": []}, {"format": 1, "keys": {"a": 1}}]
)
def test_sealed_files_of_another_shape_are_unreadable(store: BackupFolder, document: object) -> None:
    store._write_sealed("keys", 1, document)  # type: ignore[arg-type]
    store._write_sealed("manifests", 1, document)  # type: ignore[arg-type]
    assert store.manifests() == []
    with pytest.raises(ObjectUnreadable):
        store.keys(1)


def test_a_file_that_cannot_be_replaced_stays_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "mappe" / "fuld").mkdir(parents=True)
    with pytest.raises(BackupUnwritable):
        replace_whole(tmp_path / "mappe", b"nyt")
    assert [path.name for path in tmp_path.iterdir()] == ["mappe"]


def test_a_drive_that_cannot_sync_names_is_used_all_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(code: int) -> None:
        def sync(_folder: Path) -> None:
            raise OSError(code, os.strerror(code))

        monkeypatch.setattr(backup_store, "sync_folder", sync)

    refuse(errno.EINVAL)
    replace_whole(tmp_path / "fil", b"nyt")
    refuse(errno.EIO)
    with pytest.raises(BackupUnwritable):
        replace_whole(tmp_path / "fil", b"nyere")


def test_a_system_without_advice_on_files_is_used_all_the_same(
    store: BackupFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(os, "posix_fadvise", raising=False)
    assert store.open(entry(store)) == b"noget"


def test_a_file_where_the_folder_should_be_is_told(tmp_path: Path) -> None:
    (tmp_path / "fil").write_text("")
    with pytest.raises(BackupUnwritable):
        place_for(tmp_path / "fil", LIBRARY)


def test_two_backups_in_one_folder_must_be_named(tmp_path: Path) -> None:
    for name in ("cubb-backup-a", "cubb-backup-b"):
        (tmp_path / name / "manifests").mkdir(parents=True)
        (tmp_path / name / "library.json").write_text("{}")
    with pytest.raises(BackupNotFound):
        place_of(tmp_path)
    assert place_of(tmp_path / "cubb-backup-a") == tmp_path / "cubb-backup-a"


def test_a_blobs_key_has_32_bytes() -> None:
    with pytest.raises(ValueError, match="32"):
        BlobCipher(b"kort")
