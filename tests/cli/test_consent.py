"""Agreements, the sheet and the municipality's decisions on the command line."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest
from PIL import Image

from tests.cli.conftest import CommandLine, Stored, write_tone

UNTIL = (date.today() + timedelta(days=9)).isoformat()  # noqa: DTZ011 - the command line's own day


def add(command: CommandLine, *more: str | Path, citizen: str = "B-1", purpose: str = "own-learning") -> str:
    said = command(
        "--json", "consent", "add", "--citizen", citizen, "--purpose", purpose, "--until", UNTIL, *more
    )  # fmt: skip
    assert said.code == 0, said.err
    made: str = said.json["id"]
    return made


@pytest.fixture
def signed(tmp_path: Path) -> Path:
    path = tmp_path / "underskrift.png"
    Image.new("RGB", (300, 100), "white").save(path)
    return path


def test_an_agreement_is_taken_as_it_was_given(command: CommandLine, signed: Path) -> None:
    made = add(
        command, "--role", "colleague", "--refused", "research", "flip", "--name", "Anders Holm", "--name", "Mette",
        "--manner", "signature", "--evidence", signed, "--wording-language", "ar", "--reading-aid", "interpreter",
        citizen="Sidsel", purpose="feedback",
    )  # fmt: skip
    shown = command("--json", "consent", "show", made).json
    assert (shown["role"], shown["manner"], shown["reading_aid"]) == ("colleague", "signature", "interpreter")
    assert (shown["wording"], shown["wording_language"]) == ("2026-11", "ar")
    assert (shown["purposes"], shown["refused"]) == (["feedback"], ["flip", "research"])
    assert shown["informed"] == ["learning-room", "own-learning"]
    assert shown["named"] == ["Anders Holm", "Mette"]
    assert (shown["state"], shown["days_left"], shown["withdrawn_at"]) == ("valid", 9, None)
    (proof,) = shown["evidence"]
    assert (proof["kind"], proof["media_type"], len(proof["sha256"])) == ("signature", "image/png", 64)
    (listed,) = command("--json", "consent", "list").json
    assert listed == {name: value for name, value in shown.items() if name != "evidence"}
    plain = command("consent", "show", made).out
    for part in ("Sidsel (kollega)", "underskrevet på skærmen", "med tolk", "forskning: nej", "Anders Holm, Mette"):
        assert part in plain


def test_a_scanned_paper_makes_it_an_agreement_on_paper(command: CommandLine, signed: Path) -> None:
    shown = command("--json", "consent", "show", add(command, "--evidence", signed, "--evidence", signed)).json
    assert shown["manner"] == "paper"
    assert [page["media_type"] for page in shown["evidence"]] == ["image/jpeg", "image/jpeg"]


def test_what_rests_on_an_agreement_is_shown_and_its_end_is_warned_of(command: CommandLine, tmp_path: Path) -> None:
    made = add(command)
    assert command("consent", "list").err == ""  # nothing rests on it
    recording = command("--json", "import", write_tone(tmp_path / "a.wav"), "--consent", made).json["id"]
    assert command("--json", "consent", "show", made).json["recordings"] == [recording]
    assert recording in command("consent", "show", made).out
    assert "slutter om 9 dage" in command("consent", "list").err
    new = add(command, "--renews", made, citizen="B-1b")
    assert command("--json", "consent", "show", new).json["recordings"] == [recording]
    assert command("--json", "consent", "show", made).json["state"] == "expired"


@pytest.mark.parametrize(
    "wrong",
    [
        ("--wording-language", "xx"),
        ("--evidence", "findes ikke.png"),
        ("--role", "chef"),
        ("--manner", "nik"),
        ("--refused", "own-learning"),
        ("--renews", "findes-ikke"),
    ],
)
def test_what_is_wrong_is_one_sentence(command: CommandLine, wrong: tuple[str, str]) -> None:
    said = command("consent", "add", "--citizen", "B-1", "--purpose", "own-learning", "--until", UNTIL, *wrong)
    assert said.code in {2, 3}
    assert (said.out, len(said.err.splitlines())) == ("", 1)


def test_the_sheet_is_saved_in_each_language_also_before_there_is_a_library(
    command: CommandLine, tmp_path: Path
) -> None:
    for language in ("da", "en", "ar"):
        out = tmp_path / f"{language}.pdf"
        assert command("--json", "consent", "sheet", "--language", language, "--out", out).json["language"] == language
        assert out.read_bytes().startswith(b"%PDF-")
    nowhere = CommandLine(tmp_path / "intet", command._capture)
    assert nowhere("consent", "sheet", "--out", tmp_path / "uden.pdf").code == 0
    assert command("consent", "sheet", "--out", tmp_path / "da.pdf").code == 2  # it is there already
    assert command("consent", "sheet", "--language", "xx", "--out", tmp_path / "xx.pdf").code == 2
    for name in ("ark.docx", "ark.html", "ark"):
        assert ".pdf" in command("consent", "sheet", "--out", tmp_path / name).err
        assert not (tmp_path / name).exists()
    unknown = command("consent", "sheet", "--wording", "99", "--out", tmp_path / "99.pdf")
    assert (unknown.code, "2026-11" in unknown.err, "da, " in unknown.err) == (2, True, False)


def test_the_municipalitys_decisions_are_set_and_shown(command: CommandLine, stored: Stored, tmp_path: Path) -> None:
    assert "ikke skrevet endnu" in command("policy").out
    assert not command("--json", "policy", "show").json["settled"]
    found = {row["check"]: row["state"] for row in command("--json", "doctor").json}
    assert found["legal-basis"] == "remark"
    command("policy", "set", "--require-legal-basis")
    refused = command("import", write_tone(tmp_path / "b.wav"), "--consent", stored.consent)
    assert (refused.code, len(refused.err.splitlines())) == (3, 1)
    said = command(
        "--json", "policy", "set", "--municipality", "Herning", "--legal-basis", "public-task", "--law", "LAB § 1",
        "--signed-by", "DPO", "--signed-on", "2026-01-02", "--audio-days", "90", "--excerpt-days", "120",
    )  # fmt: skip
    assert said.json["settled"]
    assert (said.json["audio_days"], said.json["transcript_days"], said.json["excerpt_days"]) == (90, 365, 120)
    shown = command("policy", "show").out
    for part in ("Herning", "LAB § 1", "DPO, 2. januar 2026", "lyd 90, tekst 365"):
        assert part in shown
    allowed = command("import", write_tone(tmp_path / "c.wav"), "--consent", stored.consent)
    assert (allowed.code, allowed.err) == (0, "")
    assert command("policy", "set", "--audio-days", "0").code == 2
    assert command("policy", "set", "--legal-basis", "fordi").code == 2


def test_an_export_for_feedback_names_its_recipient(command: CommandLine, tmp_path: Path) -> None:
    made = add(command, "--name", "Anders", purpose="feedback")
    recording = command("--json", "import", write_tone(tmp_path / "a.wav"), "--consent", made).json["id"]
    line = ("export", recording, "--format", "wav", "--out", tmp_path / "ud.wav", "--purpose", "feedback")
    assert command(*line).code == 3
    assert not (tmp_path / "ud.wav").exists()
    assert command(*line, "--recipient", "anders").code == 0
