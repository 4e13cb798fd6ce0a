"""Marks from the command line: shown, filtered, changed, talked about, first made each by themselves."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from cubb_desktop.settings import Settings, save_settings
from tests.cli.conftest import CommandLine, Said, Stored

Be = Callable[[str], None]


@pytest.fixture
def be() -> Be:
    """Let somebody sit at the machine: a person is known by the name in the settings."""

    def sit(name: str) -> None:
        save_settings(Settings(person=name))

    sit("Mette")
    return sit


def mark(command: CommandLine, stored: Stored, *more: str, concept: str = "gribning") -> str:
    said = command(
        "--json", "annotate", stored.recording, "--from-ms", "2400", "--to-ms", "3050", "--concept", concept, *more
    )
    assert said.code == 0, said.err
    return str(said.json["id"])


def listed(command: CommandLine, stored: Stored, *options: str) -> list[dict[str, Any]]:
    said = command("--json", "annotations", stored.recording, *options)
    assert said.code == 0, said.err
    found: list[dict[str, Any]] = said.json
    return found


def annotation(command: CommandLine, *arguments: str) -> Said:
    return command("annotation", *arguments)


def test_marks_are_listed_changed_talked_about_and_removed(command: CommandLine, stored: Stored, be: Be) -> None:
    first = mark(command, stored, "--note", "hvad sker der?")
    answer = command("--json", "annotation", "reply", first, "--text", "Spørg @Anders").json["id"]
    assert annotation(command, "status", first, "discussed").out == "Mærket er drøftet.\n"
    assert annotation(command, "edit", first, "--concept", "pause", "--from-ms", "0", "--to-ms", "900").code == 0
    assert annotation(command, "edit", answer, "--note", "Spørg @Bodil").code == 0
    [one] = listed(command, stored)
    assert (one["id"], one["concept"], one["start_ms"], one["status"]) == (first, "pause", 0, "discussed")
    assert one["lines"] == ["1", "1"]
    assert [(r["text"], r["edited"], r["author"]) for r in one["replies"]] == [("Spørg @Bodil", True, "Mette")]
    shown = command("annotations", stored.recording).out
    assert "linje 1  pause  Mette  drøftet" in shown
    assert "> Mette: Spørg @Bodil" in shown
    refused = annotation(command, "remove", first)
    assert refused.code == 2
    assert "--with-replies" in refused.err
    assert annotation(command, "remove", first, "--with-replies").out == "Fjernet, med 1 svar.\n"
    assert command("annotations", stored.recording).out == "Ingen mærker endnu.\n"


def test_what_is_shown_is_filtered(command: CommandLine, stored: Stored, be: Be) -> None:
    mine = mark(command, stored, "--note", "@Anders, hører du det?")
    be("Anders")
    theirs = mark(command, stored, concept="pause")
    command("annotation", "reply", theirs, "--text", "jeg tænker højt")
    for options, wanted in (
        (["--by", "mette"], [mine]),
        (["--concept", "pause"], [theirs]),
        (["--status", "discussed"], []),
        (["--mine"], [theirs]),
        (["--mentions-me"], [mine]),
        (["--unanswered"], [mine]),
        (["--unanswered", "--mine"], []),
    ):
        assert [one["id"] for one in listed(command, stored, *options)] == wanted, options
    assert command("annotations", stored.recording, "--status", "discussed").out == "Ingen mærker passer til det.\n"


def test_another_persons_mark_is_theirs(command: CommandLine, stored: Stored, be: Be) -> None:
    first = mark(command, stored)
    be("Anders")
    for arguments in (["edit", first, "--note", "x"], ["remove", first]):
        said = annotation(command, *arguments)
        assert said.code == 2
        assert said.err.startswith("Det har en anden skrevet.")
    assert annotation(command, "status", first, "discussed").code == 0


def test_each_by_themselves_first_then_open_for_all(command: CommandLine, stored: Stored, be: Be) -> None:
    round_ = ["annotation", "blind", stored.recording]
    assert command("--json", *round_, "state").json == {"recording": stored.recording, "state": "none"}
    assert "Vi venter på dig og Anders." in command(*round_, "start", "--with", "Mette", "--with", "Anders").out
    mark(command, stored)
    command(*round_, "ready")
    early = command(*round_, "open")
    assert early.code == 2
    assert "Vi venter på Anders" in early.err
    be("Anders")
    assert listed(command, stored) == []
    assert "du ser kun dine egne" in command("annotations", stored.recording).out
    assert command(*round_, "open", "--now").code == 2  # not the one who began it
    be("Mette")
    opened = command("--json", *round_, "open", "--now").json
    assert (opened["state"], opened["opened_by"]) == ("opened", "Mette")
    assert opened["people"] == [{"name": "Mette", "ready": True}, {"name": "Anders", "ready": False}]
    be("Anders")
    assert len(listed(command, stored)) == 1
    assert command(*round_, "ready").code == 2


@pytest.mark.parametrize(
    "arguments",
    [["edit", "ukendt"], ["edit", "ukendt", "--note", "x"], ["edit", "ukendt", "--from-ms", "1"],
     ["remove", "ukendt"], ["reply", "ukendt", "--text", "x"], ["status", "ukendt", "flot"],
     ["status", "ukendt", "open"], ["blind", "ukendt", "start"]],
)  # fmt: skip
def test_what_can_not_be_is_one_plain_sentence(command: CommandLine, be: Be, arguments: list[str]) -> None:
    said = annotation(command, *arguments)
    assert said.code == 2
    assert said.out == ""
    assert said.err.count("\n") == 1
    assert "Error" not in said.err
