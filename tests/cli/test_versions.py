"""Versions of a transcript from the command line."""

from __future__ import annotations

from pathlib import Path

from cubb_desktop.services.workspace import open_workspace
from tests import builders
from tests.cli.conftest import CommandLine, Stored

SECOND = "hvad mener du selv om arbejde?"


def second_run(folder: Path, stored: Stored) -> None:
    with open_workspace(folder, builders.PASSPHRASE, actor="Mette") as workspace:
        made = builders.transcript(
            stored.recording,
            (builders.turn(SECOND, 0, builders.WORKER.id),),
            engine=builders.engine(recogniser="stor", recogniser_fingerprint="c3"),
            overlaps=(),
        )
        with workspace.library.change("worker", "transcript.finished", stored.recording) as change:
            builders.store_transcript(change, made)


def test_versions_are_listed_read_compared_taken_over_and_chosen(command: CommandLine, stored: Stored) -> None:
    assert command("correct", stored.recording, "--line", "1", "--listened").code == 0
    second_run(command.folder, stored)
    listed = command("--json", "versions", stored.recording).json
    assert [(one["number"], one["recogniser"], one["current"], one["corrected"]) for one in listed] == [
        (1, "demo", True, True), (2, "stor", False, False)
    ]  # fmt: skip
    assert "gældende" in command("versions", stored.recording, "list").out.splitlines()[0]
    assert SECOND in command("versions", stored.recording, "show", "2").out
    shown = command("--json", "versions", stored.recording, "show", "1").json
    assert (shown["turns"][0]["origin"], shown["turns"][0]["by"]) == ("listened", command_person(command, stored))
    places = command("--json", "versions", stored.recording, "compare", "1", "2").json
    assert (places[0]["place"], places[0]["before"], places[0]["after"]) == (1, "tænker", "mener")
    assert "tænker" in command("versions", stored.recording, "compare", "1", "2").out
    assert "siger det samme" in command("versions", stored.recording, "compare", "2", "2").out
    said = command("versions", stored.recording, "take", "2", "--place", "1")
    assert said.out.startswith("Taget: mener.")
    assert "hvad mener du" in command("transcript", stored.recording).out
    assert command("correct", stored.recording, "--undo").out == "Fortrudt: ord er taget fra en anden version.\n"
    assert command("versions", stored.recording, "use", "2").out == "Version 2 er nu den gældende.\n"
    assert SECOND in command("transcript", stored.recording).out


def command_person(command: CommandLine, stored: Stored) -> str:
    """Return who acts on this machine, as the transcript says it."""
    return str(command("--json", "transcript", stored.recording).json["turns"][0]["by"])


def test_what_is_not_there_is_said_in_one_sentence(command: CommandLine, stored: Stored) -> None:
    for words in (["show", "7"], ["use", "7"], ["compare", "1", "7"], ["take", "1", "--place", "1"]):
        said = command("versions", stored.recording, *words)
        assert said.code == 2
        assert len(said.err.splitlines()) == 1
