"""The ways into a library from the command line: at a terminal somebody types the key back, a script is given it."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from cubb_desktop import vault
from cubb_desktop.domain.errors import WrongPassphrase, WrongRecoveryKey
from cubb_desktop.library import audit
from cubb_desktop.services.workspace import open_workspace
from tests import builders
from tests.cli.conftest import CommandLine

NEW = "fire stille røde cykler"


@pytest.fixture(autouse=True)
def _cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a passphrase costs is not what these tests are about."""
    monkeypatch.setattr("cubb_desktop.vault.unlocking.cost_here", lambda: builders.CHEAP)


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Somebody at a terminal, who types these lines one after the other and then ends the input."""
    lines: list[str] = []

    def typed(_prompt: str = "") -> str:
        if not lines:
            raise EOFError
        return lines.pop(0)

    monkeypatch.setattr("cubb_desktop.cli.keys._somebody_there", lambda run: not run.output.as_json)
    monkeypatch.setattr("builtins.input", typed)
    yield lines
    assert lines == []


def shown_key(out: str) -> str:
    return next(line.strip() for line in out.splitlines() if line.count("-") == 8)


@pytest.fixture
def fixed(monkeypatch: pytest.MonkeyPatch) -> str:
    """The next key that is made, and the groups that are asked for: 2, 5 and 8."""
    key = vault.new_recovery_key()
    monkeypatch.setattr("cubb_desktop.cli.keys.new_recovery_key", lambda: key)
    monkeypatch.setattr("cubb_desktop.vault.unlocking.new_recovery_key", lambda: key)
    monkeypatch.setattr("cubb_desktop.cli.keys.groups_to_ask", lambda: (2, 5, 8))
    return key


def asked(key: str) -> list[str]:
    return [vault.groups(key)[number - 1] for number in (2, 5, 8)]


# --- making a library ------------------------------------------------------------------------------------------------


def test_a_script_is_given_the_key_and_taken_to_keep_it(
    command: CommandLine, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    new = CommandLine(tmp_path / "nyt", capsys)
    made = new("--json", "library", "init")
    assert made.code == 0
    opened = vault.unlock_with_recovery_key(tmp_path / "nyt", made.json["recovery_key"])
    assert opened.recovery_confirmed
    assert made.json["id"] == opened.library_id


def test_at_a_terminal_the_key_is_typed_back(
    command: CommandLine, tmp_path: Path, capsys: pytest.CaptureFixture[str], terminal: list[str], fixed: str
) -> None:
    new = CommandLine(tmp_path / "nyt", capsys)
    terminal += ["forkert", *asked(fixed.lower())]
    made = new("library", "init")
    assert made.code == 0
    assert shown_key(made.out) == fixed
    assert made.err.count("passer ikke") == 1
    assert vault.unlock_with_recovery_key(tmp_path / "nyt", fixed).recovery_confirmed


@pytest.mark.parametrize("typed", [[], ["x", "x", "x"]])
def test_who_does_not_type_it_back_is_told_and_asked_again_by_the_window(
    command: CommandLine,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    terminal: list[str],
    fixed: str,
    typed: list[str],
) -> None:
    new = CommandLine(tmp_path / "nyt", capsys)
    terminal += typed
    made = new("library", "init")
    assert made.code == 0
    assert "ikke bekræftet" in made.err
    assert not vault.unlock_with_recovery_key(tmp_path / "nyt", fixed).recovery_confirmed
    said = new("library", "info")
    assert "aldrig bekræftet" in said.err
    assert new("--json", "library", "info").json["recovery_key_confirmed"] is False


# --- a new recovery key ----------------------------------------------------------------------------------------------


def test_a_script_gets_a_new_key_and_the_old_one_is_void(command: CommandLine) -> None:
    first = command("--json", "library", "recovery-key").json["recovery_key"]
    said = command("--json", "library", "recovery-key")
    assert said.code == 0
    assert vault.unlock_with_recovery_key(command.folder, said.json["recovery_key"]).recovery_confirmed
    with pytest.raises(WrongRecoveryKey):
        vault.unlock_with_recovery_key(command.folder, first)


def test_a_new_key_that_is_typed_back_voids_the_old_one(command: CommandLine, terminal: list[str], fixed: str) -> None:
    terminal += asked(fixed)
    said = command("library", "recovery-key")
    assert said.code == 0
    assert shown_key(said.out) == fixed
    assert "åbner ikke længere" in said.out
    assert "lav en ny kopi nu" in said.out
    assert vault.unlock_with_recovery_key(command.folder, fixed).recovery_confirmed


def test_a_new_key_that_is_not_typed_back_changes_nothing(
    command: CommandLine, terminal: list[str], fixed: str
) -> None:
    before = (command.folder / "library.json").read_bytes()
    said = command("library", "recovery-key")
    assert said.code == 2
    assert "gælder stadig" in said.err
    assert (command.folder / "library.json").read_bytes() == before


# --- the passphrase --------------------------------------------------------------------------------------------------


def test_the_passphrase_is_changed_from_a_file(command: CommandLine, tmp_path: Path) -> None:
    (tmp_path / "ny").write_text(f"{NEW}\n", encoding="utf-8")
    said = command("library", "passphrase", "--new-passphrase-file", tmp_path / "ny")
    assert (said.code, said.out.strip()) == (0, "Adgangssætningen er skiftet.")
    assert vault.unlock(command.folder, NEW)
    with pytest.raises(WrongPassphrase):
        vault.unlock(command.folder, builders.PASSPHRASE)


def test_the_passphrase_is_changed_at_a_terminal_and_typed_twice(
    command: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True)
    typed = iter([NEW, "noget andet", NEW, NEW])
    monkeypatch.setattr("getpass.getpass", lambda _prompt: next(typed))
    assert "ikke ens" in command("library", "passphrase").err
    assert command("library", "passphrase").code == 0
    assert vault.unlock(command.folder, NEW)


@pytest.mark.parametrize("words", [[], ["--new-passphrase-file", "findes ikke"]])
def test_without_a_new_passphrase_nothing_is_changed(command: CommandLine, words: list[str]) -> None:
    before = (command.folder / "library.json").read_bytes()
    assert command("library", "passphrase", *words).code == 2
    assert (command.folder / "library.json").read_bytes() == before


def test_a_short_new_passphrase_is_refused(command: CommandLine, tmp_path: Path) -> None:
    (tmp_path / "ny").write_text("kort", encoding="utf-8")
    said = command("library", "passphrase", "--new-passphrase-file", tmp_path / "ny")
    assert "for kort" in said.err
    assert vault.unlock(command.folder, builders.PASSPHRASE)


# --- what is logged --------------------------------------------------------------------------------------------------


def test_every_command_that_opens_the_library_is_logged_and_a_wrong_passphrase_writes_nothing(
    command: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert command("library", "info").code == 0
    before = {path.name: path.stat().st_mtime_ns for path in [command.folder, *command.folder.iterdir()]}
    monkeypatch.setenv("CUBB_PASSPHRASE", "helt forkert sætning")
    assert command("library", "info").code == 2
    assert {path.name: path.stat().st_mtime_ns for path in [command.folder, *command.folder.iterdir()]} == before
    with open_workspace(command.folder, builders.PASSPHRASE, actor="en") as opened, opened.library.read() as reading:
        assert [line.action for line in audit.lines(reading)] == ["library.unlocked", "library.created"]


def test_a_passphrase_in_the_wrong_letters_is_wrong_and_no_bug(
    command: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    if sys.platform == "win32":
        pytest.skip("Windows' variables are always text")
    monkeypatch.setitem(os.environb, b"CUBB_PASSPHRASE", b"bl\xe5 cykel p\xe5 \xc6r\xf8")
    said = command("library", "info")
    assert said.code == 2
    assert "passer ikke" in said.err


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pseudo-terminals of this kind")
def test_at_a_real_terminal_the_key_is_asked_for(tmp_path: Path) -> None:
    import pty
    import re
    import subprocess

    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "cubb_desktop", "--library", str(tmp_path / "nyt"), "library", "init"]
    environment = {**os.environ, "CUBB_PASSPHRASE": NEW}
    with subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, env=environment) as process:
        os.close(theirs)
        seen, answered = "", 0
        while piece := _read(ours):
            seen += piece
            asked_for = re.findall(r"Gruppe (\d): ", seen)
            if len(asked_for) > answered:
                answered += 1
                key = re.search(r"(?:\w{4}-){8}\w{4}", seen)
                assert key is not None
                os.write(ours, vault.groups(key[0])[int(asked_for[-1]) - 1].encode() + b"\n")
        assert process.wait() == 0
    os.close(ours)
    assert answered == 3
    assert vault.unlock(tmp_path / "nyt", NEW).recovery_confirmed


def _read(descriptor: int) -> str:
    """Return what the terminal shows next, nothing once whoever wrote to it is gone."""
    try:
        return os.read(descriptor, 4096).decode(errors="replace")
    except OSError:
        return ""
