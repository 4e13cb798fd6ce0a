"""Unlocking by the system's keyring: a real child process each time, with a keyring of the test's in it."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import keyring as keyring_library
import pytest
from keyring.backends import fail, null

from cubb_desktop import vault
from cubb_desktop.domain.errors import (
    DiskFull,
    FolderReadOnly,
    KeyringForgot,
    KeyringMissing,
    KeyringTrouble,
    WrongPassphrase,
)
from cubb_desktop.vault import SystemKeyring, Vault, keyring_child
from tests.builders import CHEAP, PASSPHRASE
from tests.vault import keyring_child_stand_in

STAND_IN = Path(keyring_child_stand_in.__file__)
LIMIT_S = 20.0  # the machine may be busy; only the one that blocks is given less


def stand_in(tmp_path: Path, kind: str, limit_s: float = LIMIT_S) -> SystemKeyring:
    return SystemKeyring([sys.executable, "-m", keyring_child_stand_in.__name__, kind, str(tmp_path / "kept")], limit_s)


@pytest.fixture
def opened(tmp_path: Path) -> Vault:
    folder = tmp_path / "bibliotek"
    folder.mkdir()
    made, _recovery = vault.create_vault(folder, PASSPHRASE, CHEAP, allow_weak=True)
    return made


def files(folder: Path) -> dict[str, tuple[bytes, int]]:
    return {path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in folder.iterdir()}


# --- the way in ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["keeps", "chained"])
def test_what_the_keyring_keeps_opens_the_library_until_it_is_turned_off(
    tmp_path: Path, opened: Vault, kind: str
) -> None:
    keyring = stand_in(tmp_path, kind)
    vault.use_keyring(opened, keyring)
    assert opened.opens_by_keyring
    again = vault.unlock_with_keyring(opened.folder, keyring)
    assert again.master_key() == opened.master_key()
    vault.leave_keyring(opened, keyring)
    assert not Vault.from_master_key(opened.folder, opened.master_key()).opens_by_keyring
    assert json.loads((tmp_path / "kept").read_text()) == {}
    with pytest.raises(KeyringForgot):
        vault.unlock_with_keyring(opened.folder, keyring)
    assert vault.leave_keyring(opened, keyring)  # twice is as good as once


def test_a_changed_passphrase_leaves_the_keyring_in_force_and_the_other_way_round(
    tmp_path: Path, opened: Vault
) -> None:
    keyring = stand_in(tmp_path, "keeps")
    vault.use_keyring(opened, keyring)
    opened.change_passphrase(PASSPHRASE, "en helt ny sætning", CHEAP, allow_weak=True)
    assert vault.unlock_with_keyring(opened.folder, keyring).master_key() == opened.master_key()
    vault.leave_keyring(opened, keyring)
    assert vault.unlock(opened.folder, "en helt ny sætning").master_key() == opened.master_key()


def test_turning_it_on_again_voids_the_secret_before(tmp_path: Path, opened: Vault) -> None:
    keyring = stand_in(tmp_path, "keeps")
    vault.use_keyring(opened, keyring)
    first = keyring.fetch(opened.library_id)
    vault.use_keyring(opened, keyring)
    assert keyring.fetch(opened.library_id) != first
    with pytest.raises(KeyringForgot):
        vault.unlock_with_keyring_secret(opened.folder, first)


def test_the_secret_is_in_no_argument_no_variable_and_not_in_the_library(
    tmp_path: Path, opened: Vault, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[dict[str, Any]] = []
    run = subprocess.run

    def watched(command: list[str], **options: Any) -> Any:
        told.append({"command": command, "env": options["env"], "input": options["input"]})
        return run(command, **options)

    monkeypatch.setenv("CUBB_PASSPHRASE", PASSPHRASE)
    monkeypatch.setattr(subprocess, "run", watched)
    vault.use_keyring(opened, stand_in(tmp_path, "keeps"))
    secret = json.loads(told[0]["input"])["secret"]
    assert secret not in str(told[0]["command"]) + str(told[0]["env"])
    assert "CUBB_PASSPHRASE" not in told[0]["env"]
    assert secret not in "".join(path.read_text() for path in opened.folder.iterdir())
    assert opened.master_key().hex() not in str(told)


# --- trouble: the passphrase still opens, nothing is changed ---------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "fault"),
    [
        ("plain", KeyringMissing),
        ("forgets", KeyringMissing),
        ("raises", KeyringTrouble),
        ("garbles", KeyringTrouble),
        ("silent", KeyringTrouble),
    ],
)
def test_a_keyring_that_is_no_good_changes_nothing(
    tmp_path: Path, opened: Vault, kind: str, fault: type[KeyringTrouble]
) -> None:
    before = files(opened.folder)
    with pytest.raises(KeyringTrouble) as refused:
        vault.use_keyring(opened, stand_in(tmp_path, kind))
    assert type(refused.value) is fault
    assert not opened.opens_by_keyring
    assert files(opened.folder) == before


def test_a_keyring_that_blocks_for_ever_is_killed_in_time(tmp_path: Path, opened: Vault) -> None:
    vault.use_keyring(opened, stand_in(tmp_path, "keeps"))
    before = files(opened.folder)
    started = time.monotonic()
    with pytest.raises(KeyringTrouble):
        vault.unlock_with_keyring(opened.folder, stand_in(tmp_path, "blocks", limit_s=3.0))
    assert time.monotonic() - started < 6.0
    assert files(opened.folder) == before
    assert vault.unlock(opened.folder, PASSPHRASE)  # that no process is left is the bench's own guard


def test_a_program_that_cannot_be_started_is_trouble_not_a_bug(tmp_path: Path) -> None:
    with pytest.raises(KeyringTrouble):
        SystemKeyring([str(tmp_path / "nothing")]).fetch("x")


def test_another_machines_library_is_not_opened_by_this_ones_keyring(tmp_path: Path, opened: Vault) -> None:
    keyring = stand_in(tmp_path, "keeps")
    vault.use_keyring(opened, keyring)
    kept = json.loads((tmp_path / "kept").read_text())
    (tmp_path / "kept").write_text(json.dumps(dict.fromkeys(kept, "00" * 32)))
    with pytest.raises(KeyringForgot):
        vault.unlock_with_keyring(opened.folder, keyring)
    (tmp_path / "kept").write_text(json.dumps(dict.fromkeys(kept, "no hex")))
    with pytest.raises(KeyringForgot):
        vault.unlock_with_keyring(opened.folder, keyring)


def test_a_disk_that_is_full_takes_the_secret_back(
    tmp_path: Path, opened: Vault, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_secret: bytes) -> None:
        raise DiskFull

    monkeypatch.setattr(opened, "add_keyring_secret", full)
    with pytest.raises(DiskFull):
        vault.use_keyring(opened, stand_in(tmp_path, "keeps"))
    assert json.loads((tmp_path / "kept").read_text()) == {}
    assert not opened.opens_by_keyring


def test_a_disk_that_is_full_and_a_keyring_that_is_gone_tell_of_the_disk(
    tmp_path: Path, opened: Vault, monkeypatch: pytest.MonkeyPatch
) -> None:
    keyring = stand_in(tmp_path, "keeps")

    def read_only(_secret: bytes) -> None:
        keyring._command = [str(tmp_path / "nothing")]
        raise FolderReadOnly

    monkeypatch.setattr(opened, "add_keyring_secret", read_only)
    with pytest.raises(FolderReadOnly):
        vault.use_keyring(opened, keyring)


def test_a_keyring_that_does_not_answer_is_left_all_the_same(tmp_path: Path, opened: Vault) -> None:
    keyring = stand_in(tmp_path, "keeps")
    vault.use_keyring(opened, keyring)
    assert not vault.leave_keyring(opened, stand_in(tmp_path, "garbles"))
    with pytest.raises(KeyringForgot):  # its secret is still there, and opens nothing
        vault.unlock_with_keyring(opened.folder, keyring)


def test_a_slot_of_a_keyring_is_no_passphrase(tmp_path: Path, opened: Vault) -> None:
    keyring = stand_in(tmp_path, "keeps")
    vault.use_keyring(opened, keyring)
    with pytest.raises(WrongPassphrase):
        vault.unlock(opened.folder, keyring.fetch(opened.library_id).hex())


# --- the child itself ------------------------------------------------------------------------------------------------


def test_the_real_child_refuses_what_the_bench_has_configured(tmp_path: Path) -> None:
    assert os.environ["PYTHON_KEYRING_BACKEND"] == "keyring.backends.null.Keyring"
    with pytest.raises(KeyringMissing):
        SystemKeyring(limit_s=LIMIT_S).store("x", bytes(32))


def asked(order: dict[str, str], accepted: frozenset[str] = keyring_child.ACCEPTED) -> dict[str, str]:
    answer = io.BytesIO()
    assert keyring_child.run_keyring_child(io.BytesIO(json.dumps(order).encode() + b"\n"), answer, accepted) == 0
    said: dict[str, str] = json.loads(answer.getvalue())
    return said


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> type[keyring_child_stand_in.Keeping]:
    """The stand-in's backends in this process, to see every branch of the child."""
    monkeypatch.setattr(keyring_child_stand_in, "FILE", tmp_path / "kept")
    return keyring_child_stand_in.Keeping


def test_each_order_is_obeyed(kept: type, monkeypatch: pytest.MonkeyPatch) -> None:
    name = f"{kept.__module__}.{kept.__qualname__}"
    monkeypatch.setattr(keyring_library, "get_keyring", keyring_child_stand_in.Chained)
    accepted = frozenset({name})
    assert asked({"do": "fetch", "name": "x"}, accepted) == {"state": "forgot"}
    assert asked({"do": "store", "name": "x", "secret": "ab"}, accepted) == {"state": "done"}
    assert asked({"do": "fetch", "name": "x"}, accepted) == {"state": "done", "secret": "ab"}
    assert asked({"do": "remove", "name": "x"}, accepted) == {"state": "done"}
    assert asked({"do": "remove", "name": "x"}, accepted) == {"state": "forgot"}
    monkeypatch.setattr(keyring_library, "get_keyring", keyring_child_stand_in.Forgetting)
    forgetting = frozenset({f"{kept.__module__}.Forgetting"})
    assert asked({"do": "store", "name": "x", "secret": "ab"}, forgetting) == {"state": "missing"}


@pytest.mark.parametrize("backend", [fail.Keyring, null.Keyring, keyring_child_stand_in.Plain])
def test_keyrings_that_keep_nothing_or_plain_text_are_refused(backend: type, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keyring_library, "get_keyring", backend)
    assert asked({"do": "fetch", "name": "x"}) == {"state": "missing"}


def test_only_the_systems_own_four_are_accepted() -> None:
    assert {name.split(".")[2] for name in keyring_child.ACCEPTED} == {"Windows", "macOS", "SecretService", "kwallet"}
    assert all(name.startswith("keyring.backends.") for name in keyring_child.ACCEPTED)
