"""What the file system may do to the key files, and key files that nobody of ours wrote."""

from __future__ import annotations

import errno
import json
import os
from pathlib import Path
from typing import Any

import pytest

from cubb_desktop import vault
from cubb_desktop.domain.errors import DiskFull, LibraryDamaged, LibraryNewer, WrongPassphrase
from cubb_desktop.vault import KEY_FILE, KEY_FILE_COPY, SealBroken, Vault, keyfile, slots
from cubb_desktop.vault.blobs import BlobCipher, rows_cipher
from cubb_desktop.vault.sealing import derive, unwrap, wrap
from tests.builders import CHEAP, PASSPHRASE


@pytest.fixture
def made(tmp_path: Path) -> Vault:
    return vault.create_vault(tmp_path, PASSPHRASE, CHEAP, allow_weak=True)[0]


def stored(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


# --- the disk --------------------------------------------------------------------------------------------------------


def failing(after: int, error: OSError) -> Any:
    """Return a writer that fails at its call number `after` (from 0), after half of its bytes."""
    left = [after]
    whole = keyfile._write_whole

    def write(path: Path, content: bytes) -> None:
        if not left[0]:
            path.write_bytes(content[: len(content) // 2])
            raise error
        left[0] -= 1
        whole(path, content)

    return write


@pytest.mark.parametrize("after", [0, 1])
def test_a_disk_that_fills_up_at_either_twin_changes_neither(
    made: Vault, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, after: int
) -> None:
    before = stored(tmp_path)
    monkeypatch.setattr(keyfile, "_write_whole", failing(after, OSError(errno.ENOSPC, "no room")))
    with pytest.raises(DiskFull):
        made.confirm_recovery_key()
    assert stored(tmp_path) == before
    assert not made.recovery_confirmed


def test_a_fault_that_nobody_knows_is_not_hidden(made: Vault, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = stored(tmp_path)
    monkeypatch.setattr(keyfile, "_write_whole", failing(0, OSError(errno.EIO, "input/output error")))
    with pytest.raises(OSError, match="input/output"):
        made.confirm_recovery_key()
    assert stored(tmp_path) == before


def test_a_folder_that_refuses_mending_still_opens(
    made: Vault, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / KEY_FILE).write_bytes(b"{")
    monkeypatch.setattr(keyfile, "_write_whole", failing(0, OSError(errno.EROFS, "read-only")))
    opened = vault.unlock(tmp_path, PASSPHRASE)
    assert opened.master_key() == made.master_key()
    assert opened.healed == ()


def test_a_twin_that_cannot_be_read_counts_as_damaged(tmp_path: Path, made: Vault) -> None:
    (tmp_path / KEY_FILE).unlink()
    (tmp_path / KEY_FILE).mkdir()  # opening a folder for reading fails with another error than a missing file
    assert vault.unlock(tmp_path, PASSPHRASE).master_key() == made.master_key()
    (tmp_path / KEY_FILE_COPY).unlink()
    (tmp_path / KEY_FILE_COPY).mkdir()
    with pytest.raises(LibraryDamaged):
        vault.unlock(tmp_path, PASSPHRASE)


def test_folders_are_not_synced_where_that_is_not_done(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    missing = tmp_path / "findes ikke"
    with pytest.raises(FileNotFoundError):
        keyfile.sync_folder(missing)
    with monkeypatch.context() as elsewhere:
        elsewhere.setattr(os, "name", "nt")
        keyfile.sync_folder(missing)


# --- key files from elsewhere ----------------------------------------------------------------------------------------


def rewritten(folder: Path, names: tuple[str, ...] = (KEY_FILE, KEY_FILE_COPY), **fields: Any) -> None:
    """Change fields and make the check again, which anybody can; the MAC stays as it was unless it is named."""
    for name in names:
        content = {**json.loads((folder / name).read_text()), **fields}
        body = keyfile._body(content)
        mac = content["mac"] if isinstance(content["mac"], str) else ""
        content["check"] = keyfile._check(body, mac)
        (folder / name).write_text(json.dumps(content))


@pytest.mark.parametrize(
    "fields",
    [
        {"format": 0},
        {"format": "1"},
        {"database_salt": "00"},
        {"keystore_salt": 7},
        {"library": None},
        {"mac": "æ" * 64},
        {"mac": "00"},
        {"mac": 7},
        {"slots": []},
        {"slots": None},
        {"slots": [{}] * 17},
        {"slots": ["slot"]},
        {"slots": [{"id": 7, "kind": "recovery", "kdf": {"salt": "00" * 16}, "box": ""}]},
        {"slots": [{"id": "x", "kind": "recovery", "kdf": {"salt": "00"}, "box": ""}]},
        {"slots": [{"id": "x", "kind": "recovery", "kdf": {"salt": "00" * 16}, "box": "no hex"}]},
        {
            "slots": [
                {
                    "id": "x",
                    "kind": "passphrase",
                    "kdf": {"salt": "00" * 16, "memory_kib": 7, "passes": 1, "lanes": 1},
                    "box": "",
                }
            ]
        },
    ],
)
def test_a_key_file_whose_fields_make_no_sense_is_damaged(made: Vault, tmp_path: Path, fields: dict[str, Any]) -> None:
    rewritten(tmp_path, **fields)
    before = stored(tmp_path)
    with pytest.raises(LibraryDamaged):
        vault.unlock(tmp_path, PASSPHRASE)
    assert stored(tmp_path) == before


def test_one_twin_of_a_newer_version_is_never_written_over(made: Vault, tmp_path: Path) -> None:
    rewritten(tmp_path, (KEY_FILE_COPY,), format=keyfile.FORMAT + 1)
    newer = (tmp_path / KEY_FILE_COPY).read_bytes()
    assert vault.unlock(tmp_path, PASSPHRASE).healed == ()
    assert (tmp_path / KEY_FILE_COPY).read_bytes() == newer
    rewritten(tmp_path, (KEY_FILE,), format=keyfile.FORMAT + 1)
    with pytest.raises(LibraryNewer):
        vault.unlock(tmp_path, PASSPHRASE)


def test_a_slot_that_holds_no_whole_key_opens_nothing(made: Vault, tmp_path: Path) -> None:
    secret = bytes(32)
    slot = slots.secret_slot(slots.KEYRING, made.library_id, bytes(16), secret)
    content = {**made._content, "slots": [*made._content["slots"], slot]}
    assert slots.open_with_secret(slots.KEYRING, content, secret) is None
    assert slots.open_with_passphrase({**content, "slots": [slot]}, PASSPHRASE) is None


def test_a_wrong_passphrase_costs_as_much_as_the_right_one(
    made: Vault, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stretched: list[slots.KdfCost] = []
    real = slots.stretch

    def counted(passphrase: str, salt: bytes, cost: slots.KdfCost) -> bytearray:
        stretched.append(cost)
        return real(passphrase, salt, cost)

    monkeypatch.setattr(slots, "stretch", counted)
    vault.unlock(tmp_path, PASSPHRASE)
    for wrong in ("", "x", PASSPHRASE + "x", "\udcff" * 9):  # the last is what a variable in another encoding holds
        with pytest.raises(WrongPassphrase):
            vault.unlock(tmp_path, wrong)
    assert stretched == [CHEAP] * 5


# --- seals -----------------------------------------------------------------------------------------------------------


def test_a_wrap_that_is_too_short_or_of_another_kind_is_broken() -> None:
    key = derive(bytes(32), None, b"test")
    whole = wrap(key, b"secret", b"aad")
    assert unwrap(key, whole, b"aad") == b"secret"
    for broken in (b"", whole[:5], whole[:20], b"\x02" + whole[1:], whole[:-1]):
        with pytest.raises(SealBroken):
            unwrap(key, broken, b"aad")


def test_a_blob_opens_under_its_name_and_key_only() -> None:
    key = vault.new_recording_key()
    sealed = rows_cipher(key).seal(b"rows", "recording")
    assert rows_cipher(key).open(sealed, "recording") == b"rows"
    for cipher, name in (
        (rows_cipher(key), "other"),
        (BlobCipher(key), "recording"),
        (rows_cipher(bytes(32)), "recording"),
    ):
        with pytest.raises(SealBroken):
            cipher.open(sealed, name)
    with pytest.raises(ValueError, match="32 bytes"):
        BlobCipher(b"short")
