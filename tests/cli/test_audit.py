"""`audit` on the command line: check, list, sample, sign, extract, prune."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from cubb_desktop.services.audit import last_month
from cubb_desktop.services.workspace import open_workspace
from tests import builders
from tests.cli.conftest import CommandLine, Stored


@pytest.fixture
def last(command: CommandLine) -> str:
    """Let Sanne listen to something three times last month; the month."""
    now = datetime.now().astimezone()
    then = now.replace(day=1, hour=12) - timedelta(days=3)
    with open_workspace(command.folder, builders.PASSPHRASE, actor="Sanne", clock=lambda: then) as workspace:
        for _ in range(3):
            workspace.library.note("Sanne", "recording.played", builders.new_id())
    return last_month(now.date())


def test_a_whole_log_and_a_broken_one(command: CommandLine, stored: Stored) -> None:
    assert command("audit", "verify").out == "Logbogen er hel.\n"
    said = command("audit", "verify", "--json").json
    assert (said["problems"], said["fault"]) == ([], None)
    with open_workspace(command.folder, builders.PASSPHRASE, actor="x") as workspace:  # noqa: SIM117 - one after the other
        with workspace.library._engine.begin() as connection:
            connection.exec_driver_sql("DROP TRIGGER audit_stays_delete")
            connection.exec_driver_sql("DELETE FROM audit WHERE number >= 3")
    broken = command("audit", "verify")
    assert (broken.code, broken.out) == (2, "")
    assert "brudt ved linje 3: de nyeste linjer" in broken.err
    said = command("audit", "verify", "--json")
    assert (said.code, said.json["problems"], said.json["fault"]) == (2, [{"check": "audit", "detail": "3"}], "cut-off")
    assert command("library", "verify").code == 2


def test_the_sample_is_drawn_shown_and_signed(command: CommandLine, last: str) -> None:
    drawn = command("audit", "sample", "--json").json
    assert (drawn["month"], drawn["final"], len(drawn["lines"])) == (last, True, 3)
    assert command("audit", "sample", "--month", last).out.count("Sanne  lyttede til samtalen") == 3
    signed = command("audit", "sign", last, "--remark", "Set")
    assert signed.code == 0
    assert "er skrevet under" in signed.out
    assert "Skrevet under af" in command("audit", "sample", "--month", last).out
    again = command("audit", "sign", last)
    assert (again.code, "allerede skrevet under" in again.err) == (2, True)
    assert command("audit", "sample", "--month", "i maj").code == 2
    assert command("audit", "sample", "--size", "0").code == 2


def test_the_log_of_a_conversation_is_listed(command: CommandLine, stored: Stored) -> None:
    command("transcript", stored.recording)
    listed = command("audit", "list", "--recording", stored.recording, "--since", "2020-01-01", "--json").json
    assert [line["action"] for line in listed][:2] == ["recording.opened", "transcript.made"]
    assert "åbnede samtalen fra" in command("audit", "list").out
    assert command("audit", "list", "--since", "i går").code == 2


def test_an_extract_is_saved(command: CommandLine, stored: Stored, tmp_path: Path) -> None:
    out = tmp_path / "ud.csv"
    said = command("audit", "extract", stored.recording, "--out", out, "--json").json
    assert said == {"file": str(out), "lines": out.read_text(encoding="utf-8-sig").count("\n") - 1}
    assert "medarbejder 1" in out.read_text(encoding="utf-8-sig")
    refused = command("audit", "extract", stored.recording, "--out", out)
    assert refused.code == 2
    named = command("audit", "extract", stored.recording, "--out", tmp_path / "navne.csv", "--with-names")
    assert "Mette" in (tmp_path / "navne.csv").read_text(encoding="utf-8-sig")
    assert "linjer er gemt" in named.out
    assert command("audit", "extract", builders.new_id(), "--out", tmp_path / "intet.csv").code == 2
    assert not (tmp_path / "intet.csv").exists()


def test_how_long_the_log_is_kept_is_decided_and_done(command: CommandLine, stored: Stored) -> None:
    assert command("audit", "prune", "--json").json == {"years": 5, "removed": 0}
    assert command("audit", "prune", "--years", "2").out == "Linjer gemmes i 2 år. 0 er fjernet.\n"
    assert command("audit", "prune", "--years", "99").code == 2
