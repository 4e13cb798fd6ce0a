"""The key store: one place for each recording's key, and a way to be rid of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from cubb_desktop import vault
from cubb_desktop.domain.errors import AudioMissing, DiskFull, LibraryDamaged, LibraryExists
from cubb_desktop.domain.ids import RecordingId
from cubb_desktop.library.keys import DATABASE, KeyStore
from tests.builders import KEY, SALT, new_id
from tests.children import in_child, without_disk

A, B = RecordingId(new_id()), RecordingId(new_id())


def seal(recording_id: str, key: bytes) -> bytes:
    return recording_id.encode() + bytes(byte ^ 0x5A for byte in key)


def unseal(recording_id: str, wrapped: bytes) -> bytes:
    assert wrapped.startswith(recording_id.encode())
    return bytes(byte ^ 0x5A for byte in wrapped[len(recording_id) :])


def opened(folder: Path) -> KeyStore:
    return KeyStore.open(folder, KEY, SALT, seal, unseal)


@pytest.fixture
def keys(tmp_path: Path) -> Iterator[KeyStore]:
    store = KeyStore.create(tmp_path, KEY, SALT, seal, unseal)
    yield store
    store.close()


def test_a_key_comes_back_for_its_recording_also_after_opening_again(keys: KeyStore, tmp_path: Path) -> None:
    first, second = vault.new_recording_key(), vault.new_recording_key()
    keys.put(A, first)
    keys.put(B, second)
    assert (keys.get(A), keys.get(B)) == (first, second)
    assert keys.ids() == {A, B}
    other = opened(tmp_path)
    assert other.get(A) == first
    other.close()


def test_a_recording_without_key_has_no_sound(keys: KeyStore) -> None:
    with pytest.raises(AudioMissing):
        keys.get(A)


def test_a_destroyed_key_is_gone_for_everyone_and_the_others_stay(keys: KeyStore, tmp_path: Path) -> None:
    other = opened(tmp_path)
    kept = vault.new_recording_key()
    keys.put(A, vault.new_recording_key())
    keys.put(B, kept)
    assert other.get(A)
    assert keys.destroy(A)
    assert not keys.destroy(A)
    for store in (keys, other):
        with pytest.raises(AudioMissing):
            store.get(A)
        assert store.get(B) == kept
    other.close()


def test_a_destroyed_key_stays_neither_in_the_log_nor_in_the_free_pages(keys: KeyStore, tmp_path: Path) -> None:
    for _ in range(50):
        keys.put(RecordingId(new_id()), vault.new_recording_key())
    keys.put(A, vault.new_recording_key())
    keys.destroy(A)
    assert (tmp_path / f"{DATABASE}-wal").stat().st_size == 0
    with keys._engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA secure_delete").scalar() == 1


def test_a_key_is_never_put_over_another(keys: KeyStore) -> None:
    keys.put(A, bytes(32))
    with pytest.raises(Exception, match="UNIQUE") as refused:
        keys.put(A, vault.new_recording_key())
    assert A not in str(refused.value)
    assert keys.get(A) == bytes(32)


def test_no_key_can_be_read_in_the_file(keys: KeyStore, tmp_path: Path) -> None:
    key = vault.new_recording_key()
    keys.put(A, key)
    seen = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert key not in seen
    assert seal(A, key) not in seen
    assert A.encode() not in seen


def test_missing_foreign_and_existing_stores_are_told(keys: KeyStore, tmp_path: Path) -> None:
    with pytest.raises(LibraryExists):
        KeyStore.create(tmp_path, KEY, SALT, seal, unseal)
    with pytest.raises(LibraryDamaged):
        opened(tmp_path / "findes ikke")
    stranger = KeyStore.open(tmp_path, bytes(32), SALT, seal, unseal)
    with pytest.raises(LibraryDamaged):
        stranger.ids()
    stranger.close()


def test_a_full_disk_keeps_the_keys_that_are_there(tmp_path: Path) -> None:
    store = KeyStore.create(tmp_path, KEY, SALT, seal, unseal)
    store.put(A, bytes(32))
    store.close()

    def fill() -> None:
        child = opened(tmp_path)
        for _ in range(2_000):
            child.put(RecordingId(new_id()), bytes(32))

    assert in_child(fill, without_disk(200_000)) == DiskFull.__name__
    again = opened(tmp_path)
    assert again.get(A) == bytes(32)
    again.put(B, bytes(32))
    again.close()
