"""Corrections from the command line."""

from __future__ import annotations

from tests.cli.conftest import CommandLine, Stored


def lines(command: CommandLine, stored: Stored) -> list[str]:
    """Return the numbered lines of the conversation, without their numbers."""
    shown = command("transcript", stored.recording, "--format", "jefferson").out.splitlines()
    return [line[6:] for line in shown if line[:4].strip().isdigit()]


def numbered(command: CommandLine, stored: Stored, said: str) -> str:
    """Return the number of the line that holds `said`."""
    return str(next(n for n, line in enumerate(lines(command, stored), 1) if said in line))


def test_a_line_is_corrected_undone_and_done_again(command: CommandLine, stored: Stored) -> None:
    number = numbered(command, stored, "fint det skriver vi ned")
    said = command("correct", stored.recording, "--line", number, "--text", "fint, det skriver vi ned nu")
    assert (said.code, said.out) == (0, "Rettet: ord er rettet.\n")
    assert "fint, det skriver vi ned nu" in "\n".join(lines(command, stored))
    assert "1 af 4 ture er rettet" in command("transcript", stored.recording).out
    assert command("correct", stored.recording, "--undo").out == "Fortrudt: ord er rettet.\n"
    assert "Maskinel udskrift." in command("transcript", stored.recording).out
    assert command("correct", stored.recording, "--redo").out == "Gjort igen: ord er rettet.\n"
    again = command("correct", stored.recording, "--line", number, "--text", "fint, det skriver vi ned nu")
    assert "Der er ikke noget at rette" in again.out
    assert len(command("--json", "search", "nu").json) == 1


def test_nothing_to_undo_is_said(command: CommandLine, stored: Stored) -> None:
    for word in ("--undo", "--redo"):
        said = command("correct", stored.recording, word)
        assert said.code == 2
        assert said.err.startswith("Der er ikke mere at")


def test_a_text_is_replaced_everywhere(command: CommandLine, stored: Stored) -> None:
    said = command("--json", "correct", stored.recording, "--replace", "det", "--with", "dét", "--whole-words")
    assert (said.json["id"], said.json["replaced"], len(said.json["turns"])) == (stored.recording, 1, 1)
    assert "står der ikke" in command("correct", stored.recording, "--replace", "xyz", "--with", "q").out
    assert command("correct", stored.recording, "--replace", "dét").code == 2


def test_a_line_gets_another_speaker_and_is_listened_through(command: CommandLine, stored: Stored) -> None:
    number = numbered(command, stored, "fint det skriver")
    said = command("correct", stored.recording, "--line", number, "--speaker", "taler 2")
    assert said.out == "Rettet: et stykke har fået en anden taler.\n"
    assert lines(command, stored)[int(number) - 1].startswith("T2")
    unknown = command("correct", stored.recording, "--line", number, "--speaker", "Jens")
    assert unknown.code == 2
    assert "Taler 1, Taler 2" in unknown.err
    assert command("correct", stored.recording, "--line", number, "--listened").code == 0


def test_a_silence_is_somebodys_only_when_a_person_says_so(command: CommandLine, stored: Stored) -> None:
    number = numbered(command, stored, "(1.0)")
    assert command("correct", stored.recording, "--line", number, "--speaker", "Taler 2").code == 0
    assert lines(command, stored)[int(number) - 1].startswith("T2")
    assert command("correct", stored.recording, "--line", number, "--speaker", "ingen").code == 0
    assert not lines(command, stored)[int(number) - 1].startswith("T2")
    assert "er en stilhed" in command("correct", stored.recording, "--line", number, "--text", "øh").err


def test_what_was_not_understood_is_written(command: CommandLine, stored: Stored) -> None:
    number = numbered(command, stored, "(?)")
    assert "mangler der ord" in command("correct", stored.recording, "--line", number, "--listened").err
    assert command("correct", stored.recording, "--line", number, "--text", "hvad siger du").code == 0
    shown = "\n".join(lines(command, stored))
    assert "hvad siger du" in shown
    assert "(?)" not in shown


def test_what_makes_no_sense_is_refused(command: CommandLine, stored: Stored) -> None:
    before = lines(command, stored)
    for words in (
        ["--line", "999", "--text", "x"], ["--line", "0", "--text", "x"], ["--line", "1"],
        ["--line", "1", "--text", "x", "--listened"], ["--text", "x"], [],
    ):  # fmt: skip
        said = command("correct", stored.recording, *words)
        assert said.code == 2
        assert said.err
    assert lines(command, stored) == before


def test_a_text_is_found_line_by_line(command: CommandLine, stored: Stored) -> None:
    [one] = command("--json", "find", stored.recording, "DET").json
    assert (one["said"], str(one["line"])) == ("det", numbered(command, stored, "fint det skriver"))
    assert command("--json", "find", stored.recording, "DET", "--match-case").json == []
    assert "fint det skriver vi ned" in command("find", stored.recording, "det skriver").out
    assert command("find", stored.recording, "ri", "--whole-words").out == "Det står der ikke.\n"


def test_what_is_in_doubt_is_listed_and_confirmed(command: CommandLine, stored: Stored) -> None:
    [unheard] = command("--json", "doubts", stored.recording).json
    assert (unheard["kind"], unheard["words"], unheard["confidence"]) == ("unheard", [], None)
    assert str(unheard["line"]) == numbered(command, stored, "(?)")
    assert command("doubts", stored.recording, "--below", "95").code == 2
    assert command("doubts", stored.recording, "--confirm", "x").code == 2
    assert "tale, som ikke blev forstået" in command("doubts", stored.recording).out
    number = numbered(command, stored, "(?)")
    assert command("correct", stored.recording, "--line", number, "--text", "").code == 0
    assert command("doubts", stored.recording).out == "Der er ingen steder i tvivl.\n"
    assert command("--json", "doubts", stored.recording).json == []
