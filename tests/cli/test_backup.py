"""`library backup` and `library restore`: one sentence or one document, and exit codes a script can rely on."""

from __future__ import annotations

from pathlib import Path

import pytest

from cubb_desktop.services.backup_store import Kind
from cubb_desktop.services.backup_tombstones import open_store
from cubb_desktop.services.tombstone_file import read_file
from cubb_desktop.services.workspace import create_workspace, open_workspace
from tests import builders
from tests.cli.conftest import CommandLine, Stored


@pytest.fixture
def again(command: CommandLine, tmp_path: Path) -> CommandLine:
    """The command line on a folder that is not there yet."""
    return CommandLine(tmp_path / "igen", command._capture)


def test_a_library_is_backed_up_and_restored(
    command: CommandLine, again: CommandLine, stored: Stored, tmp_path: Path
) -> None:
    made = command("library", "backup", tmp_path / "kopi")
    assert made.code == 0
    assert made.out == f"Sikkerhedskopien er lavet og efterprøvet: 1 samtale i {tmp_path / 'kopi'}\n"
    assert "samme disk" in made.err
    document = command("library", "backup", tmp_path / "kopi", "--json").json
    assert (document["recordings"], document["damaged"], document["same_disk"]) == (1, [], True)
    back = again("library", "restore", tmp_path / "kopi")
    assert (back.code, back.err) == (0, "")
    assert f"1 samtale i {again.folder}" in back.out
    assert again("transcript", stored.recording).out == command("transcript", stored.recording).out
    assert again("library", "verify").code == 0
    assert again("audit", "verify").code == 0


def test_the_recovery_key_comes_from_a_file(command: CommandLine, again: CommandLine, tmp_path: Path) -> None:
    ws, recovery = create_workspace(
        tmp_path / "nyt", builders.PASSPHRASE, actor="x", cost=builders.CHEAP, allow_weak=True
    )
    ws.close()
    CommandLine(tmp_path / "nyt", command._capture)("library", "backup", tmp_path / "kopi")
    (tmp_path / "nøgle.txt").write_text(f"{recovery}\n")
    wanted = ["library", "restore", str(tmp_path / "kopi"), "--recovery-key-file"]
    assert again(*wanted, tmp_path / "findes ikke").code == 2
    back = again(*wanted, tmp_path / "nøgle.txt", "--json")
    assert (back.code, back.json["recordings"], back.json["lost"]) == (0, 0, 0)


def test_what_cannot_be_done_is_one_sentence(command: CommandLine, again: CommandLine, tmp_path: Path) -> None:
    for said in (
        command("library", "backup", command.folder),
        command("library", "restore", tmp_path),
        again("library", "restore", tmp_path / "findes ikke"),
    ):
        assert said.code == 2
        assert said.out == ""
        assert len(said.err.splitlines()) == 1


def test_an_erased_conversation_does_not_come_back(
    command: CommandLine, again: CommandLine, stored: Stored, tmp_path: Path
) -> None:
    command("library", "backup", tmp_path / "kopi")
    assert command("erase", stored.recording).code == 0
    assert [stone.id for stone in read_file(tmp_path / "kopi" / "tombstones.json")] == [stored.recording]
    back = again("library", "restore", tmp_path / "kopi")
    assert back.code == 0
    assert back.err == "1 samtale i kopien er glemt siden og er ikke hentet.\n"
    assert again("recordings", "--json").json == []


def test_a_damaged_backup_says_how_the_rest_is_fetched(
    command: CommandLine, again: CommandLine, stored: Stored, tmp_path: Path
) -> None:
    command("library", "backup", tmp_path / "kopi")
    with open_workspace(command.folder, builders.PASSPHRASE, actor="x") as ws:
        store = open_store(ws, tmp_path / "kopi")
        store.remove(next(e.object for e in store.manifests()[0].entries if e.kind is Kind.ROWS))
    refused = again("library", "restore", tmp_path / "kopi")
    assert (refused.code, "--salvage" in refused.err) == (2, True)
    back = again("library", "restore", tmp_path / "kopi", "--salvage", "--json")
    assert (back.json["recordings"], back.json["lost"]) == (0, 1)
