"""Forgetting from the command line."""

from __future__ import annotations

import io
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from docx import Document

from cubb_desktop.cli import forgetting
from cubb_desktop.domain.consent import Purpose
from cubb_desktop.domain.errors import DiskFull
from cubb_desktop.services.consents import add_consent
from cubb_desktop.services.recordings import import_file
from cubb_desktop.services.workspace import open_workspace
from tests import builders
from tests.cli.conftest import CommandLine, Stored, write_tone


def said(command: CommandLine, *arguments: str) -> Any:
    """What a command says as JSON."""
    answer = command(*arguments, "--json")
    assert answer.code == 0, answer.err
    return answer.json


@pytest.fixture
def case(command: CommandLine, tmp_path: Path) -> Stored:
    """A conversation that documents a case."""
    with open_workspace(command.folder, builders.PASSPHRASE, actor="Mette") as workspace:
        purposes = [Purpose.CASE_DOCUMENTATION, Purpose.OWN_LEARNING]
        consent = add_consent(workspace, "B-18", purposes, workspace.today() + timedelta(days=30))
        recording = import_file(workspace, write_tone(tmp_path / "sag.wav"), consent.id, "Om sagen")
    return Stored(consent.id, recording.id)


def test_one_conversation_is_erased_and_a_plan_erases_nothing(command: CommandLine, stored: Stored) -> None:
    (plan,) = said(command, "erase", stored.recording, "--dry-run")
    assert plan["due"] is False
    assert date.fromisoformat(plan["delete_after"]) > datetime.now(UTC).date()
    assert said(command, "erase", "--due", "--dry-run") == []
    done = said(command, "erase", stored.recording)
    assert done["erased"] == [stored.recording]
    assert said(command, "recordings") == []
    assert said(command, "erase", "--due") == {
        "erased": [], "held": [], "busy": [], "backups": 0, "backups_unreachable": [],
    }  # fmt: skip


@pytest.mark.parametrize("arguments", [("erase",), ("erase", "x", "--due")])
def test_what_to_erase_is_said_one_way(command: CommandLine, arguments: tuple[str, ...]) -> None:
    assert command(*arguments).code == 2


def test_case_documentation_is_held_until_journalised(command: CommandLine, case: Stored) -> None:
    refused = command("erase", case.recording)
    assert refused.code == 2
    assert "journalis" in refused.err
    held = command("consent", "withdraw", case.consent)
    assert "Dette er ikke journalen" in held.out
    assert said(command, "erase", "--due")["held"] == [case.recording]
    assert "venter på journalisering" in command("erase", "--due", "--dry-run").out
    done = said(command, "recordings", "journalise", case.recording, "--on", "2026-01-02")
    assert done["erased"] == [case.recording]


def test_a_hold_is_put_on_and_lifted(command: CommandLine, stored: Stored) -> None:
    assert said(command, "recordings", "hold", stored.recording, "--reason", "aktindsigt")["id"] == stored.recording
    assert said(command, "recordings")[0]["hold_reason"] == "aktindsigt"
    assert command("erase", stored.recording).code == 2
    assert "ikke længere" in command("recordings", "release", stored.recording).out
    assert "er slettet" in command("erase", stored.recording).out


def test_a_withdrawal_lists_the_copies_and_writes_letters_and_receipt(
    command: CommandLine, stored: Stored, tmp_path: Path
) -> None:
    for number, to in enumerate(((), ("--recipient", "Vidensmægler Hanne"))):
        out = tmp_path / f"{number}.json"
        answer = command("export", stored.recording, "--format", "json", "--out", str(out), *to)
        assert answer.code == 0
        assert ("--recipient" in answer.err) is (not to)
    place = tmp_path / "breve"
    place.mkdir()
    receipt = tmp_path / "kvittering.txt"
    done = said(
        command,
        "consent",
        "withdraw",
        stored.consent,
        "--letters",
        str(place),
        "--receipt",
        str(receipt),
        "--name",
        "Karen B.",
    )
    assert done["erased"] == [stored.recording]
    assert {copy["recipient"] for copy in done["copies"]} == {None, "Vidensmægler Hanne"}
    assert len(done["letters"]) == 2
    words = "\n".join(part.text for part in Document(str(place / "tilbagekald-1.docx")).paragraphs)
    assert "Vidensmægler Hanne" in words
    assert "Karen" not in words
    text = receipt.read_text(encoding="utf-8")
    assert text.startswith("Kvittering")
    assert "Til Karen B." in text
    assert "artikel 7, stk. 3" in text
    left = said(command, "exports", "recall")
    assert len(left) == 2
    assert len(said(command, "exports", "recall", left[0]["id"])) == 1
    assert command("exports", "recall", left[0]["id"]).code == 2
    assert left[1]["file_name"] in command("exports", "recall").out


def test_one_purpose_is_withdrawn_in_words_and_in_english(command: CommandLine, stored: Stored, tmp_path: Path) -> None:
    receipt = tmp_path / "receipt.docx"
    answer = command(
        "consent", "withdraw", stored.consent, "--purpose", "learning-room", "--receipt", str(receipt),
        "--letter-language", "en",
    )  # fmt: skip
    assert "læringsrum" in answer.out
    assert "Ingen kopier" in answer.out
    document = Document(io.BytesIO(receipt.read_bytes()))
    assert "You" in "\n".join(part.text for part in document.paragraphs)
    assert said(command, "recordings")[0]["id"] == stored.recording
    assert command("consent", "withdraw", stored.consent, "--purpose", "flip").code == 2


@pytest.mark.parametrize(
    "place",
    [
        ("--receipt", "ingen/kvittering.docx"),
        ("--receipt", "kvittering.pdf"),
        ("--receipt", "fil.txt"),
        ("--letters", "fil.txt"),
        ("--letters", "fil.txt/breve"),
        ("--letters", "gamle"),
    ],
)
def test_nothing_is_withdrawn_when_the_files_have_no_place(
    command: CommandLine, stored: Stored, tmp_path: Path, place: tuple[str, str]
) -> None:
    (tmp_path / "fil.txt").write_text("her", encoding="utf-8")
    (tmp_path / "gamle").mkdir()
    (tmp_path / "gamle" / "tilbagekald-2.docx").write_text("her", encoding="utf-8")
    refused = command("consent", "withdraw", stored.consent, place[0], tmp_path / place[1])
    assert (refused.code, refused.out, len(refused.err.splitlines())) == (2, "", 1)
    assert said(command, "consent", "show", stored.consent)["withdrawn_at"] is None
    assert said(command, "recordings")[0]["id"] == stored.recording


def test_the_folder_for_letters_is_made(command: CommandLine, stored: Stored, tmp_path: Path) -> None:
    place = tmp_path / "nye" / "breve"
    done = said(
        command, "consent", "withdraw", stored.consent, "--letters", str(place), "--receipt", str(place / "k.txt")
    )
    assert (done["letters"], done["earlier"]) == ([], False)
    assert [path.name for path in place.iterdir()] == ["k.txt"]


def test_a_withdrawal_whose_receipt_fails_says_what_was_done_and_the_next_receipt_is_true(
    command: CommandLine, stored: Stored, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    receipt = tmp_path / "kvittering.txt"
    line = ("consent", "withdraw", stored.consent, "--receipt", receipt)

    def full(*_: object) -> Path:
        raise DiskFull

    with monkeypatch.context() as patched:
        patched.setattr(forgetting, "_write", full)
        failed = command(*line)
    assert failed.code == 2
    assert "Aftalen er trukket tilbage. 1 samtale er slettet. Men" in failed.err
    assert stored.recording in failed.out
    again = command(*line)
    assert again.code == 0
    assert "Aftalen blev trukket tilbage" in again.out
    assert "intet at slette" not in again.out
    text = receipt.read_text(encoding="utf-8")
    assert "Alt, hvad der hvilede på aftalen, er slettet" in text
    assert "ingen samtaler" not in text
    assert "ikke givet kopier" not in text


def test_what_a_crash_left_is_finished_before_any_command(command: CommandLine, stored: Stored) -> None:
    with open_workspace(command.folder, builders.PASSPHRASE, actor="Mette") as workspace:
        from cubb_desktop.services import erasure

        with workspace.library.change("Mette", "consent.withdrawn", stored.consent) as change:
            erasure._stop(change, stored.consent, [])
    assert said(command, "recordings") == []
    assert said(command, "consent", "show", stored.consent)["citizen"] == ""
