"""The concept book from the command line."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import CommandLine, Stored


def ids(command: CommandLine, *words: str) -> list[str]:
    return [concept["id"] for concept in command("--json", "concepts", "list", *words).json]


def test_the_book_is_shown_in_use_or_whole(command: CommandLine, stored: Stored) -> None:
    assert len(ids(command)) == 8
    assert len(ids(command, "--all")) == 36
    shown = command("concepts", "list", "--all").out
    assert "overlap: Overlap (ikke i brug)" in shown
    assert "Vi evaluerer ikke." in shown
    assert shown.count("Afventer AAU") == 4
    book = command("--json", "concepts", "list", "--all").json
    assert [sum(concept["awaits"] for concept in book), [c["id"] for c in book if c["untranslated"]]] == [4, []]
    assert "overlap: Overlap (not in use)" in command("--lang", "en", "concepts", "list", "--all").out


def test_concepts_are_switched(command: CommandLine, stored: Stored) -> None:
    assert command("concepts", "on", "overlap", "reparatur").out == "Taget i brug: Overlap, Reparatur.\n"
    assert command("concepts", "off", "pause").out.startswith("Lagt til side: Pause")
    assert {"overlap", "reparatur"} < set(ids(command))
    assert "pause" not in ids(command)
    said = command("concepts", "on", "overlap", "findes-ikke")
    assert said.code == 2


def test_an_own_concept_lives_its_life(command: CommandLine, stored: Stored) -> None:
    made = command("concepts", "add", "--name", "Ventetid", "--group", "Egne", "--definition", "At vente.").out.strip()
    assert made == "ventetid"
    mark = ["annotate", stored.recording, "--from-ms", "0", "--to-ms", "900", "--concept"]
    assert command(*mark, made).code == 0
    assert "Den gamle ordlyd er gemt" in command("concepts", "revise", made, "--definition", "At vente på svar.").out
    assert "At vente." in command("concepts", "history", made).out
    [before] = command("--json", "concepts", "history", made).json
    assert before["definition_da"] == "At vente."
    assert "kun haft den ordlyd" in command("concepts", "history", "gribning").out
    assert "Gribning" in command("concepts", "merge", made, "--into", "gribning").out
    refused = command(*mark, made)
    assert refused.code == 2
    assert "lagt væk" in refused.err
    assert command("concepts", "retire", "pause").code == 0


def test_the_book_goes_out_and_comes_in(command: CommandLine, stored: Stored, tmp_path: Path) -> None:
    file = tmp_path / "begreber.qdc"
    assert f"36 begreber er gemt i {file}." in command("concepts", "export", file).out
    assert command("concepts", "import", file).out == "Ingen nye begreber.\n"
    assert command("concepts", "export", file).code == 2
    file.write_text("noget andet", encoding="utf-8")
    said = command("concepts", "import", file)
    assert (said.code, said.err.count("\n")) == (2, 1)
    assert "REFI-QDA" in said.err


def test_a_book_is_worded_as_another_only_when_asked(command: CommandLine, stored: Stored, tmp_path: Path) -> None:
    file = tmp_path / "begreber.qdc"
    command("concepts", "export", file)
    command("concepts", "revise", "pause", "--definition", "Stilhed.")
    said = command("concepts", "import", file).out
    assert "Ingen nye begreber." in said
    assert "--take-wordings" in said
    assert command("--json", "concepts", "import", file).json["differing"] == ["pause"]
    taken = command("--json", "concepts", "import", file, "--take-wordings").json
    assert (taken["differing"], taken["reworded"]) == ([], ["pause"])
    assert len(command("--json", "concepts", "history", "pause").json) == 2


def test_examples_are_added_listed_and_removed(command: CommandLine, stored: Stored) -> None:
    passage = [stored.recording, "--from-ms", "0", "--to-ms", "1800"]
    made = command("--json", "concepts", "example", "add", "gribning", *passage, "--note", "hør her").json
    assert (made["concept"], made["kind"], len(made["words"])) == ("gribning", "example", 6)
    counter = command("concepts", "example", "add", "gribning", *passage, "--counter").out.strip()
    rows = command("--json", "concepts", "example", "list", "gribning").json
    assert [(row["id"], row["kind"], row["title"], row["quote"], row["refused"]) for row in rows] == [
        (made["id"], "example", "Om lageret", "hvad tænker du selv om arbejde?", None),
        (counter, "counter-example", "Om lageret", "hvad tænker du selv om arbejde?", None),
    ]
    said = command("concepts", "example", "list").out
    assert "gribning · eksempel · Om lageret 0:00–0:02" in said
    assert "»hvad tænker du selv om arbejde?«" in said
    assert "gribning · counter-example" in command("--lang", "en", "concepts", "example", "list").out
    assert command("concepts", "example", "list", "pause").out == "Der er ingen eksempler endnu.\n"
    assert command("--json", "concepts", "example", "remove", counter).json == {"removed": counter}
    assert command("concepts", "example", "remove", counter).code == 2
    assert (
        command("concepts", "example", "add", "gribning", stored.recording, "--from-ms", "9", "--to-ms", "3").code == 2
    )
    command("consent", "withdraw", stored.consent)
    assert command("concepts", "example", "add", "gribning", *passage).code in {2, 3}
    assert command("--json", "concepts", "example", "list").json == []


@pytest.mark.parametrize("words", [["revise", "gribning", "--definition", ""], ["merge", "pause", "--into", "pause"]])
def test_what_makes_no_sense_is_refused(command: CommandLine, stored: Stored, words: list[str]) -> None:
    assert command("concepts", *words).code == 2


def test_suggestions_are_shown_accepted_and_dismissed(command: CommandLine, stored: Stored) -> None:
    shown = command("candidates", stored.recording).out
    assert "De er ikke mærker, før du har sagt ja til dem." in shown
    found = command("--json", "candidates", stored.recording, "--finder", "pronominer").json
    assert {one["finder"] for one in found} == {"pronominer"}
    assert all(one["rule"] and one["source"] and one["decision"] is None for one in found)
    first, second = found[0]["id"], found[1]["id"]
    left = command(
        "--json", "candidates", stored.recording, "--accept", first, "--dismiss", second, "--note", "se her"
    ).json
    assert not {first, second} & {one["id"] for one in left}
    decided = {one["id"]: one["decision"] for one in command("--json", "candidates", stored.recording, "--all").json}
    assert (decided[first], decided[second]) == ("accepted", "dismissed")
    back = command("--json", "candidates", stored.recording, "--restore", second).json
    assert second in {one["id"] for one in back}
    assert command("candidates", stored.recording, "--accept", "findes-ikke").code == 2


def test_a_limit_can_be_another_for_once(command: CommandLine, stored: Stored) -> None:
    words = ("candidates", stored.recording, "--finder", "stilhed", "--threshold")
    few = command("--json", *words, "silence_ms=10000").json
    many = command("--json", *words, "silence_ms=200").json
    assert len(few) < len(many)
    assert many[0]["thresholds"]["silence_ms"] == 200
    for wrong in ("silence_ms=1", "nonsense=3", "silence_ms"):
        refused = command(*words, wrong)
        assert refused.code == 2
        assert "silence_ms=700" in refused.err
