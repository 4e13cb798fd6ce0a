"""`record` obeys what is typed and tells what came of it; `recordings recover` lets the person choose."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import psutil
import pytest

from cubb_desktop.audio.chunks import SegmentWriter, SoundFormat
from cubb_desktop.domain.ids import ConsentId
from cubb_desktop.domain.recording import RecordingState, Source
from cubb_desktop.services import new_recordings
from cubb_desktop.services.consents import get_consent
from cubb_desktop.services.recordings import list_recordings
from cubb_desktop.services.workspace import Workspace, open_workspace
from tests import builders
from tests.audio import sounds
from tests.cli.conftest import CommandLine, Stored
from tests.cli.test_processes import PROGRAM, _environment
from tests.guards import eventually
from tests.services.sealed import dying
from tests.sound_server import SoundServer

# --- recording -------------------------------------------------------------------------------------------------------


class Typing:
    """A `record` in a process of its own, with what is typed into it and what it says."""

    def __init__(self, command: CommandLine, *options: str) -> None:
        line = [*PROGRAM, "--library", str(command.folder), "--json", "record", *options]
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(line, env=_environment(), stdin=pipe, stdout=pipe, stderr=pipe, text=True)
        self.said: list[str] = []

    def wait_for(self, words: str) -> str:
        """Return the first line from here on that has the words in it."""
        assert self._process.stderr is not None
        for line in self._process.stderr:
            self.said.append(line.strip())
            if words in line:
                return line.strip()
        raise AssertionError(self.said)

    def type(self, line: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()

    @property
    def pid(self) -> int:
        return self._process.pid

    def ended(self) -> tuple[int, str, str]:
        """Wait for its end; return its exit code and what it wrote."""
        out, err = self._process.communicate(timeout=60)
        return self._process.returncode, out, err

    def next_line(self) -> str:
        return self.wait_for("")

    def end(self) -> Any:
        self.type("")
        out, _err = self._process.communicate(timeout=60)
        assert self._process.returncode == 0, self.said
        return json.loads(out)


@pytest.mark.sound
def test_what_is_typed_is_done_and_told_of(command: CommandLine, stored: Stored, sound_server: SoundServer) -> None:
    typing = Typing(command, "--consent", stored.consent, "--spoken-agreement", "--kind", "phone-call")
    typing.wait_for("Aftalen optages først")
    typing.type("v")
    typing.wait_for("Aftalen er gemt.")
    typing.type("b gribning?")
    typing.wait_for("Mærke ved")
    typing.type("f to")
    assert typing.next_line() == "Skriv, hvor mange minutter: fx f 2."
    typing.type("x")
    assert "Enter alene stopper" in typing.next_line()
    typing.type("p")
    typing.wait_for("På pause.")
    typing.type("p")
    made = typing.end()
    assert made["kind"] == "phone-call"
    assert 0 < made["spoken_ms"] <= made["duration_ms"]
    assert made["segments"] == 3
    assert made["gaps"] == []
    assert [(mark["kind"], mark["text"]) for mark in made["marks"]] == [("bookmark", "gribning?")]
    assert command("--json", "marks", made["id"]).json == made["marks"]
    assert "gribning?" in command("marks", made["id"]).out
    listed = {row["id"]: row for row in command("--json", "recordings").json}
    assert (listed[made["id"]]["kind"], listed[made["id"]]["spoken_ms"]) == ("phone-call", made["spoken_ms"])


@pytest.mark.sound
def test_the_last_minutes_can_be_forgotten_from_the_keyboard(
    command: CommandLine, stored: Stored, sound_server: SoundServer
) -> None:
    typing = Typing(command, "--consent", stored.consent)
    typing.wait_for("Optager.")
    typing.type("f 1")
    while "er slettet" not in (said := typing.next_line()):
        assert said == "Der er ikke noget at glemme endnu."
        typing.type("f 1")
    typing.type("b efter")
    typing.wait_for("Mærke ved")
    made = typing.end()
    assert [mark["text"] for mark in made["marks"]] == ["efter"]


@pytest.mark.sound
def test_seconds_end_it(command: CommandLine, stored: Stored, sound_server: SoundServer) -> None:
    said = command("--json", "record", "--consent", stored.consent, "--seconds", "0,5", "--title", "Kort")
    assert said.json["duration_ms"] >= 500
    assert said.json["marks"] == []
    assert said.err.count("Mikrofonen hører ingenting.") == 1  # nobody plays into the sink


@pytest.mark.sound
def test_a_pipe_can_stop_what_would_stop_by_itself(
    command: CommandLine, stored: Stored, sound_server: SoundServer
) -> None:
    typing = Typing(command, "--consent", stored.consent, "--seconds", "600")
    typing.wait_for("Optager.")
    assert typing.end()["duration_ms"] < 60_000


@pytest.mark.sound
@pytest.mark.skipif(sys.platform == "win32", reason="there is no such signal")
def test_told_to_end_it_keeps_what_was_recorded(
    command: CommandLine, stored: Stored, sound_server: SoundServer
) -> None:
    typing = Typing(command, "--consent", stored.consent)
    typing.wait_for("Optager.")
    os.kill(typing.pid, signal.SIGTERM)
    code, out, _err = typing.ended()
    assert code == 0
    listed = {row["id"]: row["state"] for row in command("--json", "recordings").json}
    assert listed[json.loads(out)["id"]] == "stored"


@pytest.mark.sound
@pytest.mark.skipif(sys.platform == "win32", reason="the recorder is killed by a signal")
def test_a_killed_recorder_is_no_success(command: CommandLine, stored: Stored, sound_server: SoundServer) -> None:
    typing = Typing(command, "--consent", stored.consent)
    typing.wait_for("Optager.")
    (recorder,) = [
        child for child in psutil.Process(typing.pid).children(recursive=True) if "capture" in " ".join(child.cmdline())
    ]
    recorder.kill()
    code, out, err = typing.ended()
    assert (code, out) == (2, "")
    assert "stoppede uventet" in err
    (left,) = command("--json", "recordings", "recover").json
    assert f"recordings recover {left['id']} --keep" in err


@pytest.mark.sound
@pytest.mark.skipif(sys.platform == "win32", reason="the command is killed by a signal")
def test_a_killed_command_leaves_what_the_next_one_settles(
    command: CommandLine, stored: Stored, sound_server: SoundServer
) -> None:
    typing = Typing(command, "--consent", stored.consent)
    typing.wait_for("Optager.")
    os.kill(typing.pid, signal.SIGKILL)
    typing.ended()
    assert eventually(lambda: "interrupted" in command("--json", "recordings").out)


@pytest.mark.sound
def test_a_microphone_that_is_not_there_is_named(
    command: CommandLine, stored: Stored, sound_server: SoundServer
) -> None:
    said = command("record", "--consent", stored.consent, "--device", "NOSUCH", "--seconds", "1")
    assert said.code == 2
    assert "»NOSUCH«" in said.err
    assert "doctor" in said.err


def test_a_spoken_agreement_needs_somebody_who_can_say_when_it_ends(command: CommandLine, stored: Stored) -> None:
    line = [*PROGRAM, "--library", str(command.folder), "record", "--consent", stored.consent, "--spoken-agreement"]
    ended = subprocess.run(
        line, env=_environment(), stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, check=False
    )
    assert (ended.returncode, ended.stdout, ended.stderr.count("\n")) == (2, "", 1)
    assert ended.stderr.startswith("--spoken-agreement: ")


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ((), 3),
        (("--consent", "00000000-0000-4000-8000-000000000000"), 3),
        (("--consent", "{consent}", "--kind", "open-room"), 2),
        (("--consent", "{consent}", "--kind", "fest"), 2),
    ],
)
def test_without_what_it_takes_nothing_is_recorded(
    command: CommandLine, stored: Stored, options: tuple[str, ...], code: int
) -> None:
    said = command("record", *(option.format(consent=stored.consent) for option in options))
    assert said.code == code
    assert len(said.err.splitlines()) == 1
    assert [row["id"] for row in command("--json", "recordings").json] == [stored.recording]


# --- after a crash ---------------------------------------------------------------------------------------------------


@pytest.fixture
def interrupted(command: CommandLine, stored: Stored) -> str:
    """A recording whose process was killed; returns its id."""

    def begin(ws: Workspace) -> None:
        agreed = [get_consent(ws, ConsentId(stored.consent))]
        recording = new_recordings.new_recording(ws, agreed, "Midt i det hele", Source.MICROPHONE)
        _lock, key = new_recordings.begin(ws, recording, [new_recordings.participant_of(agreed[0])])
        writer = SegmentWriter.create(ws.audio_folder, recording.id, 0, key, SoundFormat(8_000, 1))
        writer.append(sounds.noise(3))

    assert dying(command.folder, begin) == "the child died"
    with open_workspace(command.folder, builders.PASSPHRASE, actor="Mette") as workspace:
        (found,) = list_recordings(workspace, RecordingState.RECORDING)
    return found.id


def test_the_next_command_settles_it_and_says_so(command: CommandLine, interrupted: str) -> None:
    first = command("--json", "recordings")
    (found,) = [row for row in first.json if row["id"] == interrupted]
    assert (found["state"], found["duration_ms"]) == ("interrupted", 3_000)
    assert "»recordings recover«" in first.err
    assert command("recordings").err == ""
    asked = command("transcribe", interrupted)
    assert asked.code == 2
    assert "»recordings recover«" in asked.err


def test_an_interrupted_recording_is_found_and_waits(command: CommandLine, interrupted: str) -> None:
    (found,) = command("--json", "recordings", "recover").json
    assert (found["id"], found["state"], found["duration_ms"]) == (interrupted, "interrupted", 3_000)
    assert "Midt i det hele" in command("recordings", "recover").out


@pytest.mark.skipif(sys.platform == "win32", reason="the interrupted recording is made by a fork")
@pytest.mark.parametrize(
    ("choice", "left"),
    [("--keep", lambda states: states == ["stored"]), ("--delete", lambda states: states == [])],
)
def test_it_is_kept_or_deleted_by_its_id(
    command: CommandLine, interrupted: str, choice: str, left: Callable[[list[str]], bool]
) -> None:
    assert command("recordings", "recover", choice).code == 2  # of which one?
    assert command("recordings", "recover", interrupted).code == 2  # and what of it?
    said = command("recordings", "recover", interrupted, choice)
    assert said.code == 0
    assert "Midt i det hele" in said.out
    assert command("--json", "recordings", "recover").json == []
    assert left([row["state"] for row in command("--json", "recordings").json if row["id"] == interrupted])


@pytest.mark.parametrize("choice", ["--keep", "--delete"])
def test_what_was_not_interrupted_is_not_chosen_about_here(command: CommandLine, stored: Stored, choice: str) -> None:
    said = command("recordings", "recover", stored.recording, choice)
    assert (said.code, said.out) == (2, "")
    assert "ikke afbrudt" in said.err
    assert [row["id"] for row in command("--json", "recordings").json] == [stored.recording]
