"""The command line: what it prints, its JSON, and its exit codes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path

import jsonschema
import pytest

from cubb_desktop.domain.ids import JobId
from cubb_desktop.domain.job import JobState, Phase, Progress
from cubb_desktop.library import queue
from cubb_desktop.services.transcripts import schema_file
from cubb_desktop.services.workspace import open_workspace
from tests import builders
from tests.cli.conftest import CommandLine, Stored, write_tone


def _in_days(days: int) -> str:
    return (date.today() + timedelta(days=days)).isoformat()  # noqa: DTZ011 - the person's own day is meant


def _consent(command: CommandLine, *purposes: str) -> str:
    made = command(
        "--json", "consent", "add", "--citizen", "B-1", "--purpose", *(purposes or ("own-learning",)),
        "--until", _in_days(30),
    )  # fmt: skip
    assert made.code == 0
    return str(made.json["id"])


# --- the frame -------------------------------------------------------------------------------------------------------


def test_without_a_command_the_window_is_opened(command: CommandLine) -> None:
    assert command().code == 0
    assert command("window").code == 0
    assert len(command.windows) == 2


def test_help_and_version_are_said_in_the_asked_language(command: CommandLine) -> None:
    assert "Optag" in command("--lang", "da", "--help").out
    assert command("--version").out.startswith("CUBB Desktop ")


@pytest.mark.parametrize("arguments", [("flyv",), ("import",), ("consent", "add"), ("search", "a", "--til", "b")])
def test_a_wrong_command_line_is_one_sentence_and_exit_2(command: CommandLine, arguments: tuple[str, ...]) -> None:
    said = command(*arguments)
    assert (said.code, said.out) == (2, "")
    assert said.err.count("\n") == 1
    assert "Traceback" not in said.err


def test_global_options_may_stand_after_the_command(command: CommandLine) -> None:
    assert command("library", "info", "--json").json["recordings"] == 0


def test_a_bug_is_exit_1_and_shows_no_content(command: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_run: object) -> None:
        raise ValueError("Jens Hansen 010190-1234")

    monkeypatch.setattr("cubb_desktop.cli.library.info", broken)
    said = command("library", "info")
    assert said.code == 1
    assert "Jens" not in said.err
    assert "ValueError" in said.err


def test_a_reader_that_closes_the_pipe_is_no_fault(command: CommandLine) -> None:
    program = f'"{sys.executable}" -m cubb_desktop --library "{command.folder}"'
    line = f"{program} concepts list | head -c 1 > /dev/null; echo ${{PIPESTATUS[0]}}"
    environment = {**os.environ, "CUBB_PASSPHRASE": builders.PASSPHRASE, "PYTHONUNBUFFERED": "1"}
    shown = subprocess.run(["bash", "-c", line], env=environment, capture_output=True, text=True, check=True)
    assert (shown.stdout.strip(), shown.stderr) == ("0", "")


# --- library and keys ------------------------------------------------------------------------------------------------


def test_a_library_is_made_once_and_its_recovery_key_is_shown(command: CommandLine, tmp_path: Path) -> None:
    new = CommandLine(tmp_path / "nyt", command._capture)
    made = new("--json", "library", "init")
    assert made.code == 0
    assert len(made.json["recovery_key"].replace("-", "")) == 36
    assert new("library", "init").code == 2


def test_a_wrong_passphrase_is_exit_2_and_changes_nothing(
    command: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = (command.folder / "library.json").read_bytes()
    monkeypatch.setenv("CUBB_PASSPHRASE", "noget helt andet")
    said = command("recordings")
    assert said.code == 2
    assert "Adgangssætningen passer ikke" in said.err
    assert (command.folder / "library.json").read_bytes() == before


def test_a_key_file_that_was_mended_is_told_of_in_the_persons_language(command: CommandLine) -> None:
    for language, told in (("da", "skrevet igen fra sin kopi"), ("en", "written again from its copy")):
        (command.folder / "library.json").unlink()
        said = command("--lang", language, "recordings")
        assert said.code == 0
        assert said.err.count("\n") == 1
        assert told in said.err
    assert command("recordings").err == ""


def test_the_passphrase_may_come_from_a_file(
    command: CommandLine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("CUBB_PASSPHRASE")
    file = tmp_path / "adgang.txt"
    file.write_text(builders.PASSPHRASE + "\n", encoding="utf-8")
    assert command("recordings", "--passphrase-file", file).code == 0
    assert command("recordings", "--passphrase-file", tmp_path / "væk").code == 2


def test_without_any_passphrase_and_terminal_the_fault_says_so(
    command: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CUBB_PASSPHRASE")
    monkeypatch.setattr("sys.stdin", open(os.devnull, encoding="utf-8"))  # noqa: SIM115, PTH123 - closed by the garbage collector's grace
    try:
        said = command("recordings")
    finally:
        sys.stdin.close()
    assert said.code == 2
    assert "--passphrase-file" in said.err


def test_a_folder_without_a_library_is_exit_2(command: CommandLine, tmp_path: Path) -> None:
    assert CommandLine(tmp_path / "tom", command._capture)("recordings").code == 2


def test_a_library_of_a_newer_version_is_refused_untouched(command: CommandLine) -> None:
    path = command.folder / "library.json"
    document = json.loads(path.read_text(encoding="utf-8"))
    document["format"] = 999
    newer = json.dumps(document)
    for name in ("library.json", "library.json.bak"):
        (command.folder / name).write_text(newer, encoding="utf-8")
    said = command("recordings")
    assert said.code == 2
    assert "nyere version" in said.err
    assert path.read_text(encoding="utf-8") == newer


def test_a_healthy_library_and_its_log_verify(command: CommandLine, stored: Stored) -> None:
    assert command("--json", "library", "verify").json == {"problems": []}
    assert command("audit", "verify").code == 0


# --- agreements, and what they stop ----------------------------------------------------------------------------------


def test_an_agreement_is_written_down_listed_and_shown(command: CommandLine) -> None:
    consent = _consent(command, "own-learning", "flip")
    (listed,) = command("--json", "consent", "list").json
    assert listed["id"] == consent
    assert listed["purposes"] == ["flip", "own-learning"]
    assert listed["state"] == "valid"
    assert "FLIP" in command("consent", "show", consent).out
    assert "B-1" in command("consent", "list").out


def test_importing_without_an_agreement_is_exit_3(command: CommandLine, tmp_path: Path) -> None:
    sound = write_tone(tmp_path / "a.wav")
    assert command("import", sound).code == 3
    assert command("import", sound, "--consent", "findes-ikke").code == 3
    assert command("--json", "recordings").json == []


def test_an_agreement_in_the_past_or_withdrawn_stops_everything(
    command: CommandLine, stored: Stored, tmp_path: Path
) -> None:
    past = command("consent", "add", "--citizen", "B-1", "--purpose", "flip", "--until", _in_days(-1))
    assert past.code == 2
    assert command("consent", "withdraw", stored.consent).code == 0
    for line in (
        ("import", write_tone(tmp_path / "b.wav"), "--consent", stored.consent),
        ("record", "--consent", stored.consent, "--seconds", "1"),
        ("transcribe", stored.recording),
        ("annotate", stored.recording, "--from-ms", "0", "--to-ms", "900", "--concept", "pause"),
        ("excerpt", "add", stored.recording, "--from-ms", "0", "--to-ms", "900", "--title", "T"),
        ("export", stored.recording, "--format", "json", "--out", tmp_path / "ud.json"),
    ):
        assert command(*line).code == 3, line
    assert not (tmp_path / "ud.json").exists()


# --- sound in --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["samtale.wav", "ærlig øl på å.wav", "med  mellemrum 🎤.flac"])
def test_a_sound_file_is_brought_in_and_listed(command: CommandLine, tmp_path: Path, name: str) -> None:
    consent = _consent(command)
    made = command("--json", "import", write_tone(tmp_path / name), "--consent", consent)
    assert made.code == 0
    (listed,) = command("--json", "recordings").json
    assert listed["id"] == made.json["id"]
    assert listed["title"] == " ".join(Path(name).stem.split())
    assert listed["duration_ms"] == 3000
    assert command("recordings", "--state", "stored").code == 0
    assert command("recordings", "--state", "noget").code == 2


def test_what_is_no_sound_is_exit_2_and_leaves_nothing(command: CommandLine, tmp_path: Path) -> None:
    consent = _consent(command)
    empty, text = tmp_path / "tom.wav", tmp_path / "tekst.wav"
    empty.write_bytes(b"")
    text.write_text("dette er ikke lyd\n" * 100, encoding="utf-8")
    for file in (empty, text, tmp_path / "væk.wav", tmp_path):
        said = command("import", file, "--consent", consent)
        assert said.code == 2, file
        assert said.err.count("\n") == 1
    assert command("--json", "recordings").json == []


# --- text ------------------------------------------------------------------------------------------------------------


def test_a_transcript_is_shown_in_three_ways(command: CommandLine, stored: Stored) -> None:
    text = command("transcript", stored.recording)
    assert "Taler 2: jeg vil gerne ud at køre" in text.out
    assert "demomodeller" in text.out
    lines = command("transcript", stored.recording, "--format", "jefferson").out
    assert "[" in lines
    assert "de viser ikke tonefald.\n" in lines
    document = command("transcript", stored.recording, "--format", "json").json
    jsonschema.validate(document, json.loads(schema_file().read_text(encoding="utf-8")))
    assert command("--json", "transcript", stored.recording).json == document


def test_a_recording_without_text_says_so(command: CommandLine, tmp_path: Path) -> None:
    made = command("--json", "import", write_tone(tmp_path / "a.wav"), "--consent", _consent(command))
    said = command("transcript", made.json["id"])
    assert said.code == 2
    assert "ingen udskrift" in said.err


def test_search_finds_the_turn_and_takes_any_characters(command: CommandLine, stored: Stored) -> None:
    (hit,) = command("--json", "search", "køre").json
    assert hit["recording"] == stored.recording
    assert "Om lageret" in command("search", "køre").out
    for query in ('"', "AND", "(*", "-", "'; DROP TABLE turns"):
        assert command("search", query).code == 0


def test_after_the_agreement_was_withdrawn_nothing_is_read_or_found(command: CommandLine, stored: Stored) -> None:
    command("consent", "withdraw", stored.consent)
    said = command("transcript", stored.recording)
    assert (said.code, said.out) == (3, "")
    assert "trukket" in said.err
    assert command("--json", "search", "køre").json == []
    assert command("library", "verify").code == 0
    assert command("--json", "recordings").json == []


def test_transcribing_can_be_queued_cancelled_and_retried(command: CommandLine, stored: Stored) -> None:
    queued = command("--json", "transcribe", stored.recording, "--no-wait").json
    (job,) = command("--json", "jobs", "list").json
    assert (job["id"], job["state"]) == (queued["id"], "todo")
    assert command("--json", "jobs", "cancel", job["id"]).json["state"] == "cancelled"
    assert command("--json", "jobs", "retry", job["id"]).json["state"] == "todo"
    assert job["id"] in command("jobs", "list").out
    assert command("jobs", "cancel", "findes-ikke").code == 2


def test_a_job_that_is_done_says_so_without_a_share_and_is_not_tried_again(
    command: CommandLine, stored: Stored
) -> None:
    job = JobId(command("--json", "transcribe", stored.recording, "--no-wait").json["id"])
    with (
        open_workspace(command.folder, builders.PASSPHRASE, actor="Mette") as workspace,
        workspace.library.change("Mette", None) as change,
    ):
        queue.set_progress(change, job, Progress(0.99, Phase.ALIGNING, 1.0))
        queue.finish(change, job, JobState.SUCCEEDED)
    listed = command("jobs", "list").out
    assert "færdig" in listed
    assert "%" not in listed
    said = command("jobs", "retry", job)
    assert (said.code, said.out) == (2, "")
    assert "intet at prøve igen" in said.err


@pytest.mark.parametrize(
    "arguments",
    [
        ("--speakers", "0"),
        ("--speakers", "99"),
        ("--min-speakers", "3", "--max-speakers", "2"),
        ("--model", "/findes/ikke"),
        ("--language", "xx"),
    ],
)
def test_a_transcription_that_can_not_work_is_refused_at_once(
    command: CommandLine, stored: Stored, arguments: tuple[str, ...]
) -> None:
    said = command("transcribe", stored.recording, *arguments)
    assert said.code == 2
    assert command("--json", "jobs", "list").json == []


def test_models_are_listed_and_a_wrong_folder_is_refused(command: CommandLine, tmp_path: Path) -> None:
    listed = command("--json", "models", "list").json
    assert sorted(model["kind"] for model in listed) == ["diariser", "recogniser"]
    assert all(model["demo"] and model["chosen"] for model in listed)
    assert "demo" in command("models", "list").out
    assert command("models", "add", tmp_path).code == 2


# --- reading closely, and out of the house ---------------------------------------------------------------------------


def test_the_concept_book_can_be_read(command: CommandLine) -> None:
    book = command("--json", "concepts", "list").json
    assert len([concept for concept in book if concept["starter"]]) == 8
    assert "Uptake" in command("--lang", "en", "concepts", "list").out


def test_a_passage_is_marked_picked_and_exported(command: CommandLine, stored: Stored, tmp_path: Path) -> None:
    marked = command(
        "--json", "annotate", stored.recording, "--from-ms", "2400", "--to-ms", "4600", "--concept", "gribning"
    )
    assert len(marked.json["words"]) == 7
    picked = command(
        "--json", "excerpt", "add", stored.recording, "--from-ms", "2400", "--to-ms", "4600", "--title", "Om at køre"
    ).json["id"]
    for form in ("wav", "docx", "json"):
        out = tmp_path / f"uddrag æ.{form}"
        assert command("export", picked, "--format", form, "--out", out).code == 0
        named = ("--out", tmp_path / f"til læringsrum.{form}", "--purpose", "learning-room")
        assert command("--json", "export", picked, "--format", form, *named).json["purpose"] == "learning-room"
        assert out.stat().st_size > 100
        assert command("export", picked, "--format", form, "--out", out).code == 2
    register = command("--json", "exports").json
    assert [row["format"] for row in register] == ["json", "json", "docx", "docx", "wav", "wav"]
    assert [row["purpose"] for row in register] == ["learning-room", "own-learning"] * 3
    assert "Om at køre" in command("excerpt", "list").out


def test_an_export_for_a_purpose_the_citizen_did_not_agree_to_is_exit_3(
    command: CommandLine, stored: Stored, tmp_path: Path
) -> None:
    out = tmp_path / "til forskning.json"
    said = command("export", stored.recording, "--format", "json", "--out", out, "--purpose", "research")
    assert said.code == 3
    assert not out.exists()
    assert command("--json", "exports").json == []


@pytest.mark.parametrize(
    "arguments",
    [
        ("annotate", "{rec}", "--from-ms", "0", "--to-ms", "99999999", "--concept", "pause"),
        ("annotate", "{rec}", "--from-ms", "500", "--to-ms", "500", "--concept", "pause"),
        ("annotate", "{rec}", "--from-ms", "2400", "--to-ms", "500", "--concept", "pause"),
        ("annotate", "{rec}", "--from-ms", "0", "--to-ms", "500", "--concept", "karakter"),
        ("excerpt", "add", "{rec}", "--from-ms", "0", "--to-ms", "500", "--title", " "),
        ("export", "{rec}", "--format", "pdf", "--out", "x.pdf"),
        ("export", "findes-ikke", "--format", "wav", "--out", "x.wav"),
    ],
)
def test_what_can_not_be_done_to_a_passage_is_exit_2(
    command: CommandLine, stored: Stored, arguments: tuple[str, ...]
) -> None:
    assert command(*(a.format(rec=stored.recording) for a in arguments)).code == 2


def test_feedback_is_booked_and_written_for_the_calendar(command: CommandLine, tmp_path: Path) -> None:
    ics = tmp_path / "feedback.ics"
    booked = command(
        "--json", "slot", "add", "--at", "2036-12-03T10:00", "--worker", "Mette", "--partner", "Anders", "--ics", ics
    )
    assert booked.code == 0
    assert b"BEGIN:VEVENT" in ics.read_bytes()
    assert booked.json["ends_at"][11:16] == "10:45"  # as long as in the window
    listed = command("slot", "list").out
    assert booked.json["id"] in listed
    assert "3. dec. 2036 kl. 10.00–10.45" in listed
    assert command("slot", "add", "--at", "i morgen", "--worker", "A", "--partner", "B").code == 2
    assert command("slot", "add", "--at", "2036-12-03T10:00", "--worker", "A", "--partner", "a").code == 2


def test_the_doctor_needs_neither_library_nor_sound(command: CommandLine, tmp_path: Path) -> None:
    looked = CommandLine(tmp_path / "intet", command._capture)("--json", "doctor")
    assert looked.code == 0
    assert {row["state"] for row in looked.json} <= {"ok", "remark"}
    assert len(command("doctor").out.splitlines()) == len(looked.json)
