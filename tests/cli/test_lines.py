"""Lines from the command line: frozen for good, checked in a file, and a transcript in all its formats."""

from __future__ import annotations

from pathlib import Path

from tests.cli.conftest import CommandLine, Stored


def test_what_is_written_follows_the_notation(command: CommandLine, stored: Stored, tmp_path: Path) -> None:
    file = tmp_path / "udskrift æøå.txt"
    file.write_text(command("transcript", stored.recording, "--format", "jefferson").out, encoding="utf-8")
    assert command("lines", "check", str(file)).out == "Filen følger notationen: 4 ture, 2 stilheder, 1 overlap.\n"
    counted = command("--json", "lines", "check", str(file)).json
    assert (counted["turns"], counted["silences"], counted["overlaps"], counted["unheard"]) == (4, 2, 1, 1)


def test_what_does_not_follow_it_is_one_sentence_with_its_place(command: CommandLine, tmp_path: Path) -> None:
    file = tmp_path / "a.txt"
    file.write_text("1  MED:  hvad tænker [du\n", encoding="utf-8")
    said = command("lines", "check", str(file))
    assert (said.code, said.out) == (2, "")
    assert said.err == "Linje 1, tegn 22: her begynder en »[«, og der forventes en »]« på samme linje.\n"
    assert "Line 1, character 22" in command("--lang", "en", "lines", "check", str(file)).err
    file.write_bytes(b"\xff\xfe\x00")
    assert "UTF-8" in command("lines", "check", str(file)).err
    assert command("lines", "check", str(tmp_path / "ikke")).code == 2
    assert command("lines", "check", str(tmp_path)).code == 2


def test_lines_are_frozen_once_and_keep_their_numbers(command: CommandLine, stored: Stored) -> None:
    frozen = command("--json", "lines", "freeze", stored.recording).json
    assert frozen["lines"] == 7
    again = command("lines", "freeze", stored.recording)
    assert again.code == 2
    assert again.err == "Linjenumrene ligger allerede fast. De bliver, som de er.\n"
    assert command("correct", stored.recording, "--line", "1", "--text", "").code == 0
    shown = command("transcript", stored.recording, "--format", "jefferson").out
    assert "# Linjenumrene ligger fast siden" in shown
    numbers = [line[:4].strip() for line in shown.splitlines() if line[:4].strip().isdigit()]
    assert numbers == ["2", "3", "4", "5", "6", "7"]
    gone = command("correct", stored.recording, "--line", "1", "--text", "ja")
    assert gone.code == 2
    assert "fra 1 til 7" in gone.err


def test_a_table_has_time_speaker_words_and_who_vouches(command: CommandLine, stored: Stored) -> None:
    number = 1
    command("correct", stored.recording, "--line", str(number), "--listened")
    rows = command("transcript", stored.recording, "--format", "table").out.splitlines()
    heading = next(n for n, row in enumerate(rows) if row.startswith("Linje"))
    assert rows[heading].split() == ["Linje", "Tid", "Taler", "Tekst", "Status"]
    assert rows[heading + 1].startswith("1      0:00  Taler 1  hvad tænker du selv om arbejde?")
    assert "aflyttet · " in rows[heading + 1]
    assert "[vil gerne]" in rows[heading + 3]
    assert rows[heading + 3].endswith("maskinel")
    assert "(0.7)" in rows[heading + 2]


def test_a_line_that_goes_on_below_is_corrected_as_one(command: CommandLine, stored: Stored) -> None:
    command("lines", "freeze", stored.recording)
    long = " ".join(["beskæftigelse"] * 7)
    assert command("correct", stored.recording, "--line", "1", "--text", long).code == 0
    assert command("correct", stored.recording, "--line", "1", "--text", "hvad tænker du").code == 0
    shown = command("transcript", stored.recording, "--format", "jefferson").out
    assert "   1  T1:  hvad tænker du\n   2 " in shown
