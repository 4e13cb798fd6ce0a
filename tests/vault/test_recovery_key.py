"""The recovery key: made, confirmed, replaced; libraries that never had it confirmed remember that."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cubb_desktop import vault
from cubb_desktop.domain.errors import (
    DiskFull,
    LibraryDamaged,
    RecoveryKeyMistyped,
    WrongPassphrase,
    WrongRecoveryKey,
)
from cubb_desktop.vault import KEY_FILE, KEY_FILE_COPY, Vault, keyfile
from tests.builders import CHEAP, PASSPHRASE
from tests.children import in_child, without_disk


def make(folder: Path) -> tuple[Vault, str]:
    return vault.create_vault(folder, PASSPHRASE, CHEAP, allow_weak=True)


def test_a_new_library_remembers_that_its_key_was_not_confirmed(tmp_path: Path) -> None:
    made, recovery = make(tmp_path)
    assert not made.recovery_confirmed
    again = vault.unlock(tmp_path, PASSPHRASE)
    assert not again.recovery_confirmed
    again.confirm_recovery_key()
    assert vault.unlock(tmp_path, PASSPHRASE).recovery_confirmed
    assert vault.unlock_with_recovery_key(tmp_path, recovery).master_key() == made.master_key()


def test_a_library_from_before_the_key_was_asked_for_counts_as_confirmed(tmp_path: Path) -> None:
    made, _recovery = make(tmp_path)
    content = {name: value for name, value in made._content.items() if name != "recovery_confirmed"}
    keyfile.write(tmp_path, keyfile.signed(content, made.master_key()))
    assert vault.unlock(tmp_path, PASSPHRASE).recovery_confirmed


def test_nobody_can_say_that_it_was_confirmed_without_the_master_key(tmp_path: Path) -> None:
    make(tmp_path)
    for name in (KEY_FILE, KEY_FILE_COPY):
        content = json.loads((tmp_path / name).read_text())
        content["recovery_confirmed"] = True
        content["check"] = keyfile._check(keyfile._body(content), content["mac"])
        (tmp_path / name).write_text(json.dumps(content))
    with pytest.raises(LibraryDamaged):
        vault.unlock(tmp_path, PASSPHRASE)


def test_a_new_key_takes_the_place_of_the_old_one_and_of_nothing_else(tmp_path: Path) -> None:
    made, old = make(tmp_path)
    new = vault.new_recovery_key()
    with pytest.raises(WrongRecoveryKey):
        vault.unlock_with_recovery_key(tmp_path, new)
    made.replace_recovery_key(new)
    assert made.recovery_confirmed
    assert vault.unlock_with_recovery_key(tmp_path, new).master_key() == made.master_key()
    assert vault.unlock(tmp_path, PASSPHRASE).master_key() == made.master_key()
    with pytest.raises(WrongRecoveryKey):
        vault.unlock_with_recovery_key(tmp_path, old)
    made.replace_recovery_key(vault.new_recovery_key(), confirmed=False)
    assert not vault.unlock(tmp_path, PASSPHRASE).recovery_confirmed


def test_a_full_disk_leaves_the_old_key_in_force(tmp_path: Path) -> None:
    made, old = make(tmp_path)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    replaced = in_child(lambda: made.replace_recovery_key(vault.new_recovery_key()), without_disk(100))
    assert replaced == DiskFull.__name__
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before
    assert vault.unlock_with_recovery_key(tmp_path, old)


def test_what_is_no_key_replaces_nothing(tmp_path: Path) -> None:
    made, old = make(tmp_path)
    with pytest.raises(RecoveryKeyMistyped):
        made.replace_recovery_key("ABCD")
    assert vault.unlock_with_recovery_key(tmp_path, old)


def test_what_another_process_changed_meanwhile_stays_changed(tmp_path: Path) -> None:
    window, _recovery = make(tmp_path)
    vault.unlock(tmp_path, PASSPHRASE).set_passphrase("skiftet et andet sted", CHEAP, allow_weak=True)
    window.confirm_recovery_key()
    assert vault.unlock(tmp_path, "skiftet et andet sted").recovery_confirmed
    with pytest.raises(WrongPassphrase):
        window.require_passphrase(PASSPHRASE)
    window.require_passphrase("skiftet et andet sted")


def test_the_key_file_of_another_library_is_not_written_over(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    made, _recovery = make(tmp_path / "a")
    make(tmp_path / "b")
    for name in (KEY_FILE, KEY_FILE_COPY):
        (tmp_path / "a" / name).write_bytes((tmp_path / "b" / name).read_bytes())
    with pytest.raises(LibraryDamaged):
        made.confirm_recovery_key()
    assert (tmp_path / "a" / KEY_FILE).read_bytes() == (tmp_path / "b" / KEY_FILE).read_bytes()


# --- typing it back --------------------------------------------------------------------------------------------------


def test_three_different_groups_of_eight_are_asked_for_at_random() -> None:
    asked = [vault.groups_to_ask() for _ in range(300)]
    assert all(len(set(numbers)) == 3 and list(numbers) == sorted(numbers) for numbers in asked)
    assert {number for numbers in asked for number in numbers} == set(range(1, 9))
    assert len(set(asked)) > 40


def test_a_group_is_known_however_it_is_typed_and_only_in_its_place() -> None:
    text = "7K2M-Q9TX-4HVB-0RZC-W3NE-8PYD-5GSA-1JFT-X4QM"
    assert vault.groups(text)[3] == "0RZC"
    for typed in ("0RZC", "orzc", " 0r zc ", "0-RZC"):
        assert vault.is_group(text, 4, typed)
    for typed in ("", "7K2M", "0RZ", "0RZCC", "0RZD"):
        assert not vault.is_group(text, 4, typed)


def test_new_keys_are_all_different_and_well_formed() -> None:
    made = {vault.new_recovery_key() for _ in range(100)}
    assert len(made) == 100
    assert all(len(vault.recovery_bytes(text)) == 20 for text in made)
