"""`search --kwic` and `collections` as a person or another program calls them."""

from __future__ import annotations

from tests.cli.conftest import CommandLine, Stored


def test_hits_are_shown_with_what_was_said_around_them(command: CommandLine, stored: Stored) -> None:
    document = command("--json", "search", "--kwic", "kører").json
    assert document["more"] is False
    [line] = document["lines"]
    assert (line["before"], line["hit"], line["after"]) == ("jeg vil gerne ud at", "køre", "")
    assert (line["recording"], line["title"], line["speaker"]) == (stored.recording, "Om lageret", "Taler 2")
    shown = command("search", "--kwic", "gerne").out
    assert "jeg vil  gerne  ud at køre" in shown
    assert "Om lageret" in shown
    assert "Ingen samtaler" in command("search", "--kwic", "findesikke").out
    # forms are found unless only what is written is asked for
    [hit] = command("--json", "search", "kører").json
    assert "køre" in hit["snippet"]
    assert command("--json", "search", "--exact", "kører").json == []
    [hit] = command("--json", "search", "--exact", "køre").json
    assert set(hit) >= {"recording", "turn", "start_ms", "snippet"}
    assert "jeg vil gerne ud at køre" in command("search", "--exact", "køre").out
    assert command("--json", "search", "--kwic", "--most", "1", "det jeg").code == 0


def test_one_conversation_and_an_order(command: CommandLine, stored: Stored) -> None:
    found = command("--json", "search", "--kwic", "--in", stored.recording, "--order", "right", "ja").json
    assert [line["hit"] for line in found["lines"]] == ["ja"]
    assert command("search", "--in", "findes-ikke", "ja").code == 2
    assert command("search", "--kwic", "--order", "baglæns", "ja").code == 2
    assert command("search", "--kwic", "--most", "0", "ja").code == 2
    command("consent", "withdraw", stored.consent)
    assert command("search", "--in", stored.recording, "ja").code == 3


def test_a_collection_is_made_filled_ordered_and_deleted(command: CommandLine, stored: Stored) -> None:
    assert "ingen samlinger" in command("collections", "list").out
    made = command("--json", "collections", "add", "--name", "Tøven", "--question", "Hvem venter?").json
    given = made["id"][:8]
    first = command(
        "--json", "collections", "add-passage", given, stored.recording, "--from-ms", "0", "--to-ms", "1800"
    ).json
    second = command(
        "--json", "collections", "add-passage", given, stored.recording, "--from-ms", "2500", "--to-ms", "4300",
        "--note", "her venter jeg", "--deviant",
    ).json  # fmt: skip
    assert (second["deviant"], second["note"], len(first["words"])) == (True, "her venter jeg", 6)
    moved = command("--json", "collections", "order", second["id"], "1").json
    assert moved["order"] == [second["id"], first["id"]]
    assert command("--json", "collections", "note", first["id"][:8], "ingen pause").json["note"] == "ingen pause"
    assert command("--json", "collections", "deviant", second["id"], "--no").json["deviant"] is False
    assert "afvigende" in command("collections", "deviant", first["id"]).out
    shown = command("--json", "collections", "show", given).json
    assert (shown["name"], shown["question"]) == ("Tøven", "Hvem venter?")
    assert [passage["quote"] for passage in shown["passages"]] == [
        "jeg vil ja gerne ud at køre", "hvad tænker du selv om arbejde?",
    ]  # fmt: skip
    text = command("collections", "show", given).out
    assert "2. 0:00–0:01" in text
    assert "(afvigende)" in text
    assert "Note: ingen pause" in text
    assert "Stille" in command("collections", "change", given, "--name", "Stille").out
    assert [one["name"] for one in command("--json", "collections", "list").json] == ["Stille"]
    assert command("collections", "remove", first["id"]).code == 0
    assert "slettet" in command("collections", "delete", given).out
    assert command("--json", "collections", "list").json == []


def test_what_cannot_be_done_is_one_sentence_and_exit_2(command: CommandLine) -> None:
    for arguments in (
        ("add", "--name", " "),
        ("show", "findes-ikke"),
        ("remove", "findes-ikke"),
        ("order", "findes-ikke", "nul"),
        ("note", "findes-ikke", "x"),
    ):
        said = command("collections", *arguments)
        assert (said.code, said.out) == (2, ""), arguments
        assert said.err.count("\n") == 1


def test_an_agreement_that_forbids_it_is_exit_3_and_said_in_the_list(command: CommandLine, stored: Stored) -> None:
    given = command("--json", "collections", "add", "--name", "Tøven").json["id"]
    put = ("collections", "add-passage", given, stored.recording, "--from-ms", "0", "--to-ms", "1800")
    assert command(*put).code == 0
    command("recordings", "hold", stored.recording, "--reason", "en klagesag")
    command("consent", "withdraw", stored.consent)
    assert command(*put).code == 3
    [passage] = command("--json", "collections", "show", given).json["passages"]
    assert passage["refused"] == "ConsentWithdrawn"
    assert "note" not in passage
    assert "trukket sin aftale tilbage" in command("collections", "show", given).out
