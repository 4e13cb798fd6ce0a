"""The keys of a library: ways in, damage, tampering, and what sealing promises."""

from __future__ import annotations

import hashlib
import json
import os
import random
import unicodedata
from pathlib import Path
from typing import Any

import pytest

from cubb_desktop import vault
from cubb_desktop.domain.errors import (
    DiskFull,
    FolderReadOnly,
    LibraryDamaged,
    LibraryExists,
    LibraryLocked,
    LibraryNewer,
    LibraryNotFound,
    PassphraseGuessable,
    PassphraseTooShort,
    RecoveryKeyMistyped,
    WrongPassphrase,
    WrongRecoveryKey,
)
from cubb_desktop.vault import KEY_FILE, KEY_FILE_COPY, KdfCost, SealBroken, SegmentCipher, Vault, keyfile
from tests.builders import CHEAP, PASSPHRASE
from tests.children import in_child, without_disk, without_rights


def make(folder: Path, passphrase: str = PASSPHRASE) -> tuple[Vault, str]:
    return vault.create_vault(folder, passphrase, CHEAP, allow_weak=True)


def snapshot(folder: Path) -> dict[str, tuple[bytes, int]]:
    return {path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in folder.iterdir()}


def rewritten(folder: Path, change: Any, *, check: bool = True) -> None:
    """Change the key file's content in both twins; with `check`, so that damage alone is not what is noticed."""
    content = json.loads((folder / KEY_FILE).read_text())
    change(content)
    if check:
        body = keyfile._body(content)
        content["check"] = hashlib.sha256(body + content["mac"].encode()).hexdigest()
    for name in (KEY_FILE, KEY_FILE_COPY):
        (folder / name).write_text(json.dumps(content))


# --- ways in ---------------------------------------------------------------------------------------------------------


def test_the_passphrase_opens_what_it_made(tmp_path: Path) -> None:
    made, _recovery = make(tmp_path)
    opened = vault.unlock(tmp_path, PASSPHRASE)
    assert opened.master_key() == made.master_key()
    assert opened.library_id == made.library_id
    assert opened.database_key() == made.database_key()
    assert opened.keystore_key() == made.keystore_key()
    assert opened.audit_key() == made.audit_key()


def test_danish_letters_open_however_the_keyboard_composes_them(tmp_path: Path) -> None:
    make(tmp_path, unicodedata.normalize("NFC", "blå cykel på Ærø"))
    assert vault.unlock(tmp_path, unicodedata.normalize("NFD", "blå cykel på Ærø"))


@pytest.mark.parametrize("passphrase", ["", "x", PASSPHRASE.upper(), PASSPHRASE + " ", "\0" * 20, "😀" * 10])
def test_a_wrong_passphrase_opens_nothing_and_changes_nothing(tmp_path: Path, passphrase: str) -> None:
    make(tmp_path)
    before = snapshot(tmp_path)
    with pytest.raises(WrongPassphrase):
        vault.unlock(tmp_path, passphrase)
    assert snapshot(tmp_path) == before


def test_the_recovery_key_opens_too_however_it_is_typed(tmp_path: Path) -> None:
    made, recovery = make(tmp_path)
    assert [len(group) for group in recovery.split("-")] == [4] * 9
    for typed in (recovery, recovery.lower(), recovery.replace("-", " "), recovery.replace("0", "o").replace("1", "l")):
        assert vault.unlock_with_recovery_key(tmp_path, typed).master_key() == made.master_key()


def test_a_slip_in_the_recovery_key_is_noticed_before_it_is_tried(tmp_path: Path) -> None:
    _made, recovery = make(tmp_path)
    chance = random.Random(7)
    caught = 0
    for _ in range(1_000):
        place = chance.choice([n for n, character in enumerate(recovery) if character != "-"])
        other = chance.choice([c for c in "0123456789ABCDEFGHJKMNPQRSTVWXYZ" if c != recovery[place]])
        with pytest.raises(RecoveryKeyMistyped):
            vault.recovery_bytes(recovery[:place] + other + recovery[place + 1 :])
        caught += 1
    assert caught == 1_000


@pytest.mark.parametrize("typed", ["", "ABCD", "U" * 36, "æøå", "0" * 35, "0" * 37])
def test_what_is_no_recovery_key_is_called_mistyped(tmp_path: Path, typed: str) -> None:
    make(tmp_path)
    with pytest.raises(RecoveryKeyMistyped):
        vault.unlock_with_recovery_key(tmp_path, typed)


def test_the_recovery_key_of_another_library_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    make(tmp_path / "a")
    _other, recovery = make(tmp_path / "b")
    with pytest.raises(WrongRecoveryKey):
        vault.unlock_with_recovery_key(tmp_path / "a", recovery)


def test_a_worker_opens_with_the_master_key_and_with_no_other(tmp_path: Path) -> None:
    made, _recovery = make(tmp_path)
    assert Vault.from_master_key(tmp_path, made.master_key()).database_key() == made.database_key()
    with pytest.raises(WrongPassphrase):
        Vault.from_master_key(tmp_path, bytes(32))


# --- changing the passphrase -----------------------------------------------------------------------------------------


def test_a_changed_passphrase_opens_instead_of_the_old_one(tmp_path: Path) -> None:
    made, recovery = make(tmp_path)
    made.change_passphrase(PASSPHRASE, "en helt ny sætning", CHEAP, allow_weak=True)
    assert vault.unlock(tmp_path, "en helt ny sætning").master_key() == made.master_key()
    assert vault.unlock_with_recovery_key(tmp_path, recovery).master_key() == made.master_key()
    with pytest.raises(WrongPassphrase):
        vault.unlock(tmp_path, PASSPHRASE)
    (tmp_path / KEY_FILE).unlink()
    with pytest.raises(WrongPassphrase):  # nor does the twin let the old one in
        vault.unlock(tmp_path, PASSPHRASE)


def test_changing_with_a_wrong_passphrase_changes_nothing(tmp_path: Path) -> None:
    made, _recovery = make(tmp_path)
    before = snapshot(tmp_path)
    with pytest.raises(WrongPassphrase):
        made.change_passphrase("ikke den rigtige", "en helt ny sætning", CHEAP, allow_weak=True)
    assert snapshot(tmp_path) == before


def test_the_recovery_key_lets_one_choose_a_new_passphrase(tmp_path: Path) -> None:
    _made, recovery = make(tmp_path)
    vault.unlock_with_recovery_key(tmp_path, recovery).set_passphrase("husket denne gang", CHEAP, allow_weak=True)
    assert vault.unlock(tmp_path, "husket denne gang")


def test_short_passphrases_and_cheap_costs_are_refused(tmp_path: Path) -> None:
    with pytest.raises(PassphraseTooShort) as refused:
        make(tmp_path, "kort")
    assert str(vault.LEAST_PASSPHRASE) in str(refused.value)
    for guessable in ("password", "aaaaaaaaaaaa", "Velkommen1", "a" * 5000):
        with pytest.raises(PassphraseGuessable):
            make(tmp_path, guessable)
    with pytest.raises(ValueError, match="64 MiB"):
        vault.create_vault(tmp_path, PASSPHRASE, CHEAP)
    assert list(tmp_path.iterdir()) == []


def test_the_least_cost_that_is_offered_works(tmp_path: Path) -> None:
    vault.create_vault(tmp_path, PASSPHRASE, vault.LEAST_COST)
    assert vault.unlock(tmp_path, PASSPHRASE)


def test_a_library_is_never_made_over_another(tmp_path: Path) -> None:
    make(tmp_path)
    before = snapshot(tmp_path)
    with pytest.raises(LibraryExists):
        make(tmp_path)
    (tmp_path / KEY_FILE).unlink()
    with pytest.raises(LibraryExists):
        make(tmp_path)
    assert snapshot(tmp_path)[KEY_FILE_COPY] == before[KEY_FILE_COPY]


# --- damage and tampering --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("damaged", [KEY_FILE, KEY_FILE_COPY])
@pytest.mark.parametrize(
    "content", [None, b"", b"{", b"[]", b"null", b"\xff\xfe", b'{"format": 1}', b"[" * 60_000, b"x" * 70_000]
)
def test_one_damaged_twin_is_replaced_by_the_other(tmp_path: Path, damaged: str, content: bytes | None) -> None:
    made, _recovery = make(tmp_path)
    whole = (tmp_path / damaged).read_bytes()
    (tmp_path / damaged).unlink() if content is None else (tmp_path / damaged).write_bytes(content)
    unlocked = vault.unlock(tmp_path, PASSPHRASE)
    assert unlocked.master_key() == made.master_key()
    assert unlocked.healed == (damaged,)
    assert (tmp_path / damaged).read_bytes() == whole
    assert vault.unlock(tmp_path, PASSPHRASE).healed == ()


def test_a_wrong_passphrase_does_not_mend_anything(tmp_path: Path) -> None:
    make(tmp_path)
    (tmp_path / KEY_FILE).write_bytes(b"{")
    before = snapshot(tmp_path)
    with pytest.raises(WrongPassphrase):
        vault.unlock(tmp_path, "ikke den rigtige")
    assert snapshot(tmp_path) == before


def test_without_either_twin_there_is_no_library_and_with_two_bad_ones_it_is_damaged(tmp_path: Path) -> None:
    with pytest.raises(LibraryNotFound):
        vault.unlock(tmp_path, PASSPHRASE)
    with pytest.raises(LibraryNotFound):
        vault.unlock(tmp_path / "findes ikke", PASSPHRASE)
    for name in (KEY_FILE, KEY_FILE_COPY):
        (tmp_path / name).write_bytes(b"{}")
    with pytest.raises(LibraryDamaged):
        vault.unlock(tmp_path, PASSPHRASE)


def test_mutated_key_files_never_open_wrongly_and_never_crash(tmp_path: Path) -> None:
    made, _recovery = make(tmp_path)
    whole = (tmp_path / KEY_FILE).read_bytes()
    chance = random.Random(3)
    for _ in range(300):
        bad = bytearray(whole)
        for _ in range(chance.randint(1, 3)):
            bad[chance.randrange(len(bad))] = chance.randrange(256)
        bad = bad[: chance.choice([len(bad), chance.randrange(len(bad))])]
        for name in (KEY_FILE, KEY_FILE_COPY):
            (tmp_path / name).write_bytes(bad)
        try:
            assert vault.unlock(tmp_path, PASSPHRASE).database_key() == made.database_key()
        except (LibraryDamaged, LibraryNewer):
            continue


def test_a_changed_field_is_noticed_even_when_the_check_was_made_again(tmp_path: Path) -> None:
    make(tmp_path)
    rewritten(tmp_path, lambda content: content.update(database_salt="00" * 16))
    with pytest.raises(LibraryDamaged):
        vault.unlock(tmp_path, PASSPHRASE)


def test_a_slot_moved_from_another_library_opens_nothing(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    make(tmp_path / "a")
    make(tmp_path / "b", "en anden sætning")
    foreign = json.loads((tmp_path / "b" / KEY_FILE).read_text())["slots"]
    rewritten(tmp_path / "a", lambda content: content.update(slots=foreign))
    with pytest.raises(WrongPassphrase):
        vault.unlock(tmp_path / "a", "en anden sætning")


@pytest.mark.parametrize(
    ("field", "value"),
    [("memory_kib", 2**31), ("memory_kib", 1), ("memory_kib", "x"), ("passes", 10**9), ("lanes", 0), ("salt", "00")],
)
def test_absurd_costs_are_refused_before_they_are_paid(tmp_path: Path, field: str, value: object) -> None:
    make(tmp_path)
    rewritten(tmp_path, lambda content: content["slots"][0]["kdf"].update({field: value}))
    with pytest.raises(LibraryDamaged):
        vault.unlock(tmp_path, PASSPHRASE)


def test_a_newer_library_is_refused_and_left_alone(tmp_path: Path) -> None:
    make(tmp_path)
    rewritten(tmp_path, lambda content: content.update(format=vault.FORMAT + 1, unknown="later"))
    before = snapshot(tmp_path)
    with pytest.raises(LibraryNewer):
        vault.unlock(tmp_path, PASSPHRASE)
    assert snapshot(tmp_path) == before


def test_the_key_file_holds_nothing_personal_and_no_key(tmp_path: Path) -> None:
    made, recovery = make(tmp_path)
    text = (tmp_path / KEY_FILE).read_text()
    said = {"format", "library", "database_salt", "keystore_salt", "slots", "recovery_confirmed", "check", "mac"}
    assert set(json.loads(text)) == said
    for secret in (made.master_key().hex(), made.database_key()[0].hex(), recovery, PASSPHRASE):
        assert secret not in text


def test_both_twins_are_readable_by_their_owner_only(tmp_path: Path) -> None:
    make(tmp_path)
    if os.name != "nt":
        assert {(tmp_path / name).stat().st_mode & 0o777 for name in (KEY_FILE, KEY_FILE_COPY)} == {0o600}


def test_a_full_disk_leaves_the_old_passphrase_in_force(tmp_path: Path) -> None:
    made, _recovery = make(tmp_path)
    before = snapshot(tmp_path)

    def change() -> None:
        made.change_passphrase(PASSPHRASE, "en helt ny sætning", CHEAP, allow_weak=True)

    assert in_child(change, without_disk(100)) == DiskFull.__name__
    assert snapshot(tmp_path) == before


def test_a_folder_one_may_not_write_in_is_told(tmp_path: Path) -> None:
    folder = tmp_path / "lukket"
    folder.mkdir()
    assert in_child(lambda: make(folder), without_rights(folder)) == FolderReadOnly.__name__
    assert list(folder.iterdir()) == []


# --- keys in memory --------------------------------------------------------------------------------------------------


def test_locking_overwrites_the_key_and_ends_its_use(tmp_path: Path) -> None:
    made, _recovery = make(tmp_path)
    buffer = made._key
    made.lock()
    assert made.locked
    assert bytes(buffer) == bytes(32)
    for use in (made.master_key, made.database_key, made.keystore_key, made.audit_key, made.backup_key):
        with pytest.raises(LibraryLocked):
            use()


def test_every_part_gets_a_key_of_its_own(tmp_path: Path) -> None:
    made, _recovery = make(tmp_path)
    keys = [made.master_key(), made.database_key()[0], made.keystore_key()[0], made.audit_key(), made.backup_key()]
    assert len(set(keys)) == len(keys)
    assert made.database_key()[1] != made.keystore_key()[1]
    assert [len(key) for key in keys] == [32] * 5
    assert vault.new_recording_key() != vault.new_recording_key()


# --- sealing ---------------------------------------------------------------------------------------------------------


def test_a_wrapped_recording_key_opens_for_its_recording_only(tmp_path: Path) -> None:
    made, _recovery = make(tmp_path)
    key = vault.new_recording_key()
    wrapped = made.wrap_recording_key("a", key)
    assert made.unwrap_recording_key("a", wrapped) == key
    assert made.wrap_recording_key("a", key) != wrapped
    for recording_id, changed in [("b", wrapped), ("a", wrapped[:-1]), ("a", b""), ("a", b"\x02" + wrapped[1:])]:
        with pytest.raises(SealBroken):
            made.unwrap_recording_key(recording_id, changed)


def test_a_sealed_chunk_opens_in_its_place_only() -> None:
    key, salt = vault.new_recording_key(), bytes(range(32))
    sealed = SegmentCipher(key, salt, b"header").seal(7, False, b"lyd", b"aad")
    assert SegmentCipher(key, salt, b"header").open(7, False, sealed, b"aad") == b"lyd"
    assert len(sealed) == len(b"lyd") + 16
    others = [
        (SegmentCipher(key, salt, b"header"), 8, False, b"aad"),
        (SegmentCipher(key, salt, b"header"), 7, True, b"aad"),
        (SegmentCipher(key, salt, b"header"), 7, False, b"AAD"),
        (SegmentCipher(key, salt, b"Header"), 7, False, b"aad"),
        (SegmentCipher(key, bytes(32), b"header"), 7, False, b"aad"),
        (SegmentCipher(vault.new_recording_key(), salt, b"header"), 7, False, b"aad"),
    ]
    for cipher, index, last, aad in others:
        with pytest.raises(SealBroken):
            cipher.open(index, last, sealed, aad)
    with pytest.raises(SealBroken):
        SegmentCipher(key, salt, b"header").open(7, False, b"", b"aad")


def test_a_segment_without_whole_key_and_salt_is_a_bug() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        SegmentCipher(b"short", bytes(32), b"")


def test_the_default_cost_is_the_one_that_was_decided() -> None:
    assert KdfCost(256 * 1024, 3, 4) == vault.DEFAULT_COST
    assert vault.LEAST_COST.memory_kib == 64 * 1024
