"""The command line as real processes: the whole demo, Ctrl+C, the worker's stdin, and a start that is quick."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import jsonschema
import pytest

from cubb_desktop.domain.job import JobState
from cubb_desktop.domain.recording import RecordingState
from cubb_desktop.services.recordings import get_recording
from cubb_desktop.services.transcripts import list_jobs, schema_file
from cubb_desktop.services.workspace import open_workspace
from tests import builders
from tests.canaries import CanaryGuard
from tests.cli.conftest import CommandLine, Stored
from tests.conftest import DemoModels
from tests.guards import WriteWatch

PROGRAM = [sys.executable, "-m", "cubb_desktop"]
SCREENS = {"DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"}


def _environment(**variables: str) -> dict[str, str]:
    return {**os.environ, "CUBB_PASSPHRASE": builders.PASSPHRASE, **variables}


@pytest.mark.whole("demo æøå/demo.*", "skrevet/*")
@pytest.mark.timeout(400)
def test_the_demo_goes_the_whole_way_and_leaves_what_it_was_asked_to_keep(
    tmp_path: Path, home: Path, demo_models: DemoModels, canaries: CanaryGuard
) -> None:
    keep = tmp_path / "demo æøå"
    watch = WriteWatch(tmp_path / "skrevet")
    spoken = json.loads(demo_models.truth.read_text(encoding="utf-8"))["utterances"]
    canaries.listen_for(word["text"].strip(".,?") for turn in spoken for word in turn["words"] if len(word["text"]) > 7)
    line = [*PROGRAM, "demo", "--keep", str(keep), "--json"]
    ran = subprocess.run(line, env=_environment(**watch.environment), capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    assert watch.processes >= 3  # the command and its two job children
    assert watch.outside(keep, home, Path(os.environ["MPLCONFIGDIR"])) == []
    said = json.loads(ran.stdout)
    jsonschema.validate(said["transcript"], json.loads(schema_file().read_text(encoding="utf-8")))
    assert said["accuracy"]["word_error_rate"] < 0.06
    assert said["accuracy"]["silences_found"] >= 0.95 * said["accuracy"]["silences"]
    assert said["problems"] == 0
    assert len(said["phase_seconds"]) == 5
    assert {path.name for path in keep.iterdir()} == {"library", "demo.wav", "demo.docx", "demo.json", "demo.ics"}
    with open_workspace(keep / "library", said["made"]["passphrase"], actor="Mette") as workspace:
        assert get_recording(workspace, said["id"]).state is RecordingState.READY


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="elsewhere there is always a screen")
@pytest.mark.parametrize(("language", "said"), [("da", "Der er ingen skærm"), ("en", "There is no screen")])
def test_without_a_screen_the_window_says_what_to_do_instead(language: str, said: str) -> None:
    environment = {name: value for name, value in os.environ.items() if name not in SCREENS}
    line = [*PROGRAM, "--lang", language]
    ended = subprocess.run(line, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr.startswith(said)
    assert "cubb-desktop --help" in ended.stderr
    assert ended.stderr.count("\n") == 1


# a shell that started the tests in the background has told them to ignore Ctrl+C, and children inherit that
HEED_CTRL_C = (
    "import os, signal, sys; signal.signal(signal.SIGINT, signal.SIG_DFL); os.execv(sys.argv[1], sys.argv[1:])"
)


@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl+C is sent as a POSIX signal")
def test_ctrl_c_ends_a_transcription_without_a_trace_of_it(command: CommandLine, stored: Stored) -> None:
    line = [*PROGRAM, "--library", str(command.folder), "transcribe", stored.recording]
    heeding = [sys.executable, "-c", HEED_CTRL_C, *line]
    with subprocess.Popen(
        heeding, env=_environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as running:
        with open_workspace(command.folder, builders.PASSPHRASE, actor="Mette") as workspace:
            give_up, moment = time.monotonic() + 60, threading.Event()
            while not any(job.state is JobState.DOING for job in list_jobs(workspace)):
                assert running.poll() is None, running.communicate()
                assert time.monotonic() < give_up
                moment.wait(0.02)
        os.killpg(running.pid, signal.SIGINT)
        out, err = running.communicate(timeout=60)
    assert running.returncode in (130, -signal.SIGINT)
    assert (out, err.splitlines()[-1]) == ("", "Afbrudt.")
    assert "Traceback" not in err
    with open_workspace(command.folder, builders.PASSPHRASE, actor="Mette") as workspace:
        assert [job.state for job in list_jobs(workspace)] == [JobState.CANCELLED]
        assert get_recording(workspace, stored.recording).state is RecordingState.READY


def test_a_worker_with_its_key_on_stdin_ends_when_stdin_does(command: CommandLine) -> None:
    with open_workspace(command.folder, builders.PASSPHRASE, actor="Mette") as workspace:
        key = workspace.vault.master_key().hex()
    line = [*PROGRAM, "--library", str(command.folder), "worker", "--key-on-stdin", "--json"]
    environment = {name: value for name, value in _environment().items() if name != "CUBB_PASSPHRASE"}
    ended = subprocess.run(
        line, env=environment, input=key + "\n", capture_output=True, text=True, timeout=60, check=False
    )
    assert (ended.returncode, json.loads(ended.stdout), ended.stderr) == (0, {"ended": 0}, "")
    wrong = subprocess.run(line, env=environment, input="\n", capture_output=True, text=True, timeout=60, check=False)
    assert wrong.returncode == 2


def test_help_loads_nothing_heavy() -> None:
    code = (
        "import sys\nfrom cubb_desktop.__main__ import main\n"
        "try:\n    main(['--help'])\nexcept SystemExit:\n    pass\n"
        "print(sorted({'sqlalchemy', 'numpy', 'PySide6', 'av', 'cryptography', 'docx', 'torch'} & set(sys.modules)))"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout.splitlines()[-1] == "[]"
    assert shown.stdout.startswith("Brug: ")
