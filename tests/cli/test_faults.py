"""What the world can do to a command: each fault one sentence on stderr, an exit code, and nothing half done."""

from __future__ import annotations

import json
import os
import shutil
import sys
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import jsonschema
import pytest
from referencing import Registry, Resource

from cubb_desktop.domain.consent import Purpose
from cubb_desktop.library import consents
from cubb_desktop.services.transcripts import schema_file
from cubb_desktop.services.workspace import open_workspace
from cubb_desktop.settings import load_settings, save_settings
from tests import builders
from tests.cli.conftest import CommandLine, Said, Stored, write_tone


def _is_one_sentence(said: Said, code: int) -> bool:
    return said.code == code and said.out == "" and said.err.count("\n") == 1 and "Traceback" not in said.err


def test_an_expired_agreement_is_exit_3_and_says_when_it_ended(command: CommandLine, tmp_path: Path) -> None:
    consent = builders.consent(until=date(2020, 1, 31), given_at=datetime(2019, 1, 1, tzinfo=UTC))
    with (
        open_workspace(command.folder, builders.PASSPHRASE, actor="Mette") as workspace,
        workspace.library.change("Mette", "consent.added", consent.id) as change,
    ):
        consents.add(change, consent)
    for line in (
        ("import", write_tone(tmp_path / "a.wav"), "--consent", consent.id),
        ("record", "--consent", consent.id, "--seconds", "1"),
    ):
        said = command(*line)
        assert _is_one_sentence(said, 3)
        assert "31. januar 2020" in said.err
    assert command("--json", "recordings").json == []
    assert command("--json", "consent", "show", consent.id).json["state"] == "expired"


@pytest.mark.parametrize("line", [("import", "{sound}"), ("record", "--seconds", "1")])
def test_without_an_agreement_nothing_comes_in(command: CommandLine, tmp_path: Path, line: tuple[str, ...]) -> None:
    sound = write_tone(tmp_path / "a.wav")
    assert _is_one_sentence(command(*(part.format(sound=sound) for part in line)), 3)
    assert command("--json", "recordings").json == []


def test_a_recorder_without_a_microphone_says_so(command: CommandLine, stored: Stored) -> None:
    before = command("--json", "recordings").json
    said = command("record", "--consent", stored.consent, "--seconds", "1", "--device", "findes slet ikke")
    assert said.code == 2
    assert "mikrofon" in said.err
    assert command("--json", "recordings").json == before


def test_half_copied_and_wrong_models_are_refused_with_what_is_wrong(
    command: CommandLine, stored: Stored, tmp_path: Path
) -> None:
    listed = command("--json", "models", "list").json
    folders = {model["kind"]: Path(model["path"]) for model in listed}
    half = tmp_path / "halv model ø"
    shutil.copytree(folders["recogniser"], half)
    (half / "model.bin").write_bytes((half / "model.bin").read_bytes()[:100_000])
    wrong = {half: "model.bin", folders["diariser"]: "genkende tale", tmp_path / "væk": "findes ikke"}
    for model, named in wrong.items():
        said = command("transcribe", stored.recording, "--model", model)
        assert _is_one_sentence(said, 2)
        assert named in said.err
    assert command("--json", "jobs").json == []
    assert _is_one_sentence(command("models", "add", half), 2)


def test_a_library_inside_a_file_or_a_full_folder_can_not_be_made(command: CommandLine, tmp_path: Path) -> None:
    (tmp_path / "fil").write_bytes(b"x")
    (tmp_path / "fuld").mkdir()
    (tmp_path / "fuld" / "andet.txt").write_text("x", encoding="utf-8")
    for folder in (tmp_path / "fil", tmp_path / "fil" / "under", tmp_path / "fuld"):
        assert _is_one_sentence(CommandLine(folder, command._capture)("library", "init"), 2), folder
    assert [path.name for path in (tmp_path / "fuld").iterdir()] == ["andet.txt"]


def test_nothing_readable_is_written_into_the_library(command: CommandLine, stored: Stored) -> None:
    out = command.folder / "audio" / "kopi.wav"
    assert _is_one_sentence(command("export", stored.recording, "--format", "wav", "--out", out), 2)
    assert not out.exists()
    assert command("--json", "exports").json == []


def test_a_calendar_file_that_can_not_be_written_books_nothing(command: CommandLine, tmp_path: Path) -> None:
    there = tmp_path / "der.ics"
    there.write_bytes(b"andres")
    booking = ("slot", "add", "--at", "2036-12-03T10:00", "--worker", "Mette", "--partner", "Anders", "--ics")
    for place in (there, tmp_path, there / "under.ics"):
        assert _is_one_sentence(command(*booking, place), 2)
    assert command("--json", "slot", "list").json == []
    assert there.read_bytes() == b"andres"


def test_a_booking_can_be_written_for_the_calendar_later(command: CommandLine, tmp_path: Path) -> None:
    booking = ("slot", "add", "--at", "2036-12-03T10:00", "--worker", "Mette", "--partner", "Anders")
    slot = command("--json", *booking).json["id"]
    assert command("slot", "calendar", slot, "--out", tmp_path / "a.ics").code == 0
    assert slot.encode() in (tmp_path / "a.ics").read_bytes()
    assert command("slot", "calendar", "findes-ikke", "--out", tmp_path / "b.ics").code == 2
    assert not (tmp_path / "b.ics").exists()


def test_damaged_sound_is_found_by_verify(command: CommandLine, stored: Stored) -> None:
    (sealed,) = (command.folder / "audio").rglob("*.cba")
    content = bytearray(sealed.read_bytes())
    content[len(content) // 2] ^= 1
    sealed.write_bytes(content)
    said = command("--json", "library", "verify")
    assert said.code == 2
    assert said.json == {"problems": [{"check": "sound", "detail": stored.recording}]}


def test_an_excerpt_as_json_says_what_it_is(command: CommandLine, stored: Stored, tmp_path: Path) -> None:
    picked = command(
        "--json", "excerpt", "add", stored.recording, "--from-ms", "2400", "--to-ms", "4600", "--title", "Om at køre"
    ).json["id"]
    command("export", picked, "--format", "json", "--out", tmp_path / "a.json")
    document = json.loads((tmp_path / "a.json").read_text(encoding="utf-8"))
    assert document["excerpt"] == {"id": picked, "title": "Om at køre", "start_ms": 2400, "end_ms": 4600}
    whole = json.loads(schema_file().read_text(encoding="utf-8"))
    schema = json.loads((schema_file().parent / "excerpt.schema.json").read_text(encoding="utf-8"))
    known = Registry().with_resource(whole["$id"], Resource.from_contents(whole))
    validator = jsonschema.Draft202012Validator(schema, registry=known)
    validator.validate(document)
    assert not validator.is_valid({**document, "excerpt": {}})


def test_the_narrowest_purpose_is_chosen_and_said(command: CommandLine, tmp_path: Path) -> None:
    made = command(
        "--json", "consent", "add", "--citizen", "B-4", "--until", "2036-01-01",
        "--purpose", "research", "learning-room",
    ).json["id"]  # fmt: skip
    recording = command("--json", "import", write_tone(tmp_path / "a.wav"), "--consent", made).json["id"]
    entry = command("--json", "export", recording, "--format", "wav", "--out", tmp_path / "ud.wav").json
    assert entry["purpose"] == Purpose.LEARNING_ROOM.value


def test_the_doctor_finds_a_model_that_is_gone_and_a_wrong_passphrase(
    command: CommandLine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save_settings(replace(load_settings(), recogniser=tmp_path / "væk"))
    monkeypatch.setenv("CUBB_PASSPHRASE", "noget andet")
    looked = command("--json", "doctor")
    states = {row["check"]: row["state"] for row in looked.json}
    assert looked.code == 2
    assert (states["models"], states["library"], states["disk"]) == ("missing", "missing", "ok")
    assert "✗ Modeller: " in command("doctor").out


@pytest.mark.skipif(sys.platform != "linux", reason="file names are bytes on Linux only")
def test_letters_of_another_alphabet_in_names_and_words_are_borne(
    command: CommandLine, stored: Stored, tmp_path: Path
) -> None:
    out = tmp_path / os.fsdecode(b"m\xf8de.wav")  # Latin-1, as from an old stick
    assert command("export", stored.recording, "--format", "wav", "--out", out).code == 0
    assert out.stat().st_size > 44
    assert command("--json", "exports").json[0]["file_name"] == "m?de.wav"
    passage = ("--from-ms", "0", "--to-ms", "900")
    assert command("excerpt", "add", stored.recording, *passage, "--title", os.fsdecode(b"a\xff")).code == 0
    assert command("transcript", os.fsdecode(b"\xff")).code == 2
