"""Rubbish, wrong folders, full disks and the like, through the whole program: one sentence, nothing lost, nothing left.

What belongs to one part alone (a damaged chunk, a broken checkpoint) is tested there.
"""

from __future__ import annotations

import ctypes
import os
import resource
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import av
import numpy as np
import pytest
import soundfile

from cubb_desktop.domain.consent import Purpose
from cubb_desktop.library.access import utc_now
from cubb_desktop.services.consents import add_consent
from cubb_desktop.services.workspace import open_workspace
from tests import builders
from tests.cli.conftest import CommandLine, Said
from tests.cli.conftest import command as command  # noqa: PLC0414 - a fixture
from tests.conftest import DemoModels


@pytest.fixture
def consent(command: CommandLine) -> str:
    """An agreement that holds."""
    with open_workspace(command.folder, builders.PASSPHRASE, actor="Mette") as ws:
        return add_consent(ws, "B-1", [Purpose.OWN_LEARNING], ws.today() + timedelta(days=9)).id


def bring_in(command: CommandLine, consent: str, sound: Path) -> str:
    """Import a file that can be imported; return the recording's id."""
    made = command("--json", "import", sound, "--consent", consent)
    assert made.code == 0, made.err
    return str(made.json["id"])


def one_sentence(said: Said) -> bool:
    """Whether a run ended as a fault of the world: exit 2, one line, nothing on stdout."""
    return said.code == 2 and said.out == "" and said.err.count("\n") == 1 and "Traceback" not in said.err


# --- sound -----------------------------------------------------------------------------------------------------------


def test_an_expired_agreement_lets_nothing_in(command: CommandLine, tmp_path: Path) -> None:
    long_ago = utc_now() - timedelta(days=40)
    with open_workspace(command.folder, builders.PASSPHRASE, actor="Mette", clock=lambda: long_ago) as ws:
        old = add_consent(ws, "B-1", [Purpose.OWN_LEARNING], ws.today() + timedelta(days=9)).id
    soundfile.write(tmp_path / "a.wav", np.zeros(8000), 8000)
    said = command("import", tmp_path / "a.wav", "--consent", old)
    assert said.code == 3
    assert "udløb" in said.err
    assert command("--json", "recordings").json == []


def test_a_truncated_mp3_comes_in_as_far_as_it_goes_and_says_so(
    command: CommandLine, consent: str, tmp_path: Path, demo_models: DemoModels
) -> None:
    whole = tmp_path / "hel.mp3"
    samples, rate_hz = soundfile.read(demo_models.conversation, dtype="int16", stop=16_000 * 20)
    with av.open(str(whole), "w") as container:
        stream = container.add_stream("libmp3lame", rate=rate_hz)
        frame = av.AudioFrame.from_ndarray(samples[None], format="s16", layout="mono")
        frame.rate = rate_hz
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    cut = tmp_path / "afkortet.mp3"
    cut.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    said = command("--json", "import", cut, "--consent", consent)
    assert said.code == 0
    assert 8_000 < said.json["duration_ms"] < 12_000
    assert len(said.json["notes"]) == 1


def test_a_telephone_recording_at_8_khz_is_transcribed(
    command: CommandLine, consent: str, tmp_path: Path, demo_models: DemoModels
) -> None:
    samples, _rate = soundfile.read(demo_models.conversation, dtype="float32", stop=16_000 * 12)
    soundfile.write(tmp_path / "telefon.wav", samples[::2], 8_000)
    recording = bring_in(command, consent, tmp_path / "telefon.wav")
    assert command("transcribe", recording, "--speakers", "2").code == 0
    words = [w["text"] for t in command("--json", "transcript", recording).json["turns"] for w in t["words"]]
    assert len(words) >= 5


def test_six_channels_are_kept(command: CommandLine, consent: str, tmp_path: Path) -> None:
    samples = np.random.default_rng(1).normal(0, 0.1, (16_000, 6))
    soundfile.write(tmp_path / "seks.wav", samples, 16_000)
    bring_in(command, consent, tmp_path / "seks.wav")
    assert command("--json", "recordings").json[0]["channels"] == 6


def test_three_hours_come_in_whole(command: CommandLine, consent: str, tmp_path: Path) -> None:
    long = tmp_path / "tre timer.flac"
    minute = np.random.default_rng(1).normal(0, 0.05, 8_000 * 60).astype(np.float32)
    with soundfile.SoundFile(long, "w", 8_000, 1) as file:
        for _ in range(180):
            file.write(minute)
    bring_in(command, consent, long)
    assert command("--json", "recordings").json[0]["duration_ms"] == 3 * 3_600_000


def test_without_a_microphone_there_is_one_sentence_and_no_recording(
    command: CommandLine, consent: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PULSE_SERVER", "unix:/findes/ikke")
    assert one_sentence(command("record", "--consent", consent, "--seconds", "1", "--device", "findes ikke"))
    assert command("--json", "recordings").json == []


# --- models ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def recording(command: CommandLine, consent: str, tmp_path: Path) -> str:
    """Something that could be transcribed."""
    soundfile.write(tmp_path / "a.wav", np.zeros(16_000), 16_000)
    return bring_in(command, consent, tmp_path / "a.wav")


def _half_copied(whole: Path, folder: Path) -> Path:
    shutil.copytree(whole, folder)
    model = folder / "model.bin"
    model.write_bytes(model.read_bytes()[:1_000_000])
    return folder


@pytest.mark.parametrize("kind", ["missing", "half", "wrong", "empty"])
def test_a_model_folder_that_can_not_be_used_is_refused_before_anything_starts(
    command: CommandLine, recording: str, tmp_path: Path, demo_models: DemoModels, kind: str
) -> None:
    folders: dict[str, Callable[[], Path]] = {
        "missing": lambda: tmp_path / "findes ikke",
        "half": lambda: _half_copied(demo_models.recogniser, tmp_path / "halv"),
        "wrong": lambda: demo_models.diariser,
        "empty": lambda: Path(shutil.copytree(tmp_path / "..", tmp_path / "tom", ignore=lambda _d, names: names)),
    }
    assert one_sentence(command("transcribe", recording, "--model", folders[kind]()))
    assert command("--json", "jobs", "list").json == []
    assert command("--json", "recordings").json[0]["state"] == "stored"


# --- the disk --------------------------------------------------------------------------------------------------------


def _run(command: CommandLine, *arguments: str | Path, before: Callable[[], None]) -> Said:
    """Run the command line as a process of its own that `before` has limited."""
    line = [sys.executable, "-m", "cubb_desktop", "--library", str(command.folder), *map(str, arguments)]
    done = subprocess.run(line, capture_output=True, text=True, preexec_fn=before, check=False)
    return Said(done.returncode, done.stdout, done.stderr)


def _little_room() -> None:
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, 400_000))


def test_a_full_disk_stops_an_import_and_leaves_the_library_as_it_was(
    command: CommandLine, consent: str, tmp_path: Path
) -> None:
    soundfile.write(tmp_path / "lang.wav", np.random.default_rng(1).normal(0, 0.2, 48_000 * 60), 48_000)
    said = _run(command, "import", tmp_path / "lang.wav", "--consent", consent, before=_little_room)
    assert one_sentence(said)
    assert "Disken er fuld" in said.err
    assert command("--json", "recordings").json == []
    assert list((command.folder / "audio").rglob("*.cba")) == []
    assert command("library", "verify").code == 0


_PR_CAPBSET_DROP, _DAC_OVERRIDE, _DAC_READ_SEARCH = 24, 1, 2


def _no_privileges() -> None:
    """A root that must ask: without these capabilities rights on files hold for it too, from the next program on."""
    if os.geteuid() == 0:
        libc = ctypes.CDLL(None)
        libc.prctl(_PR_CAPBSET_DROP, _DAC_OVERRIDE, 0, 0, 0)
        libc.prctl(_PR_CAPBSET_DROP, _DAC_READ_SEARCH, 0, 0, 0)


@pytest.fixture
def read_only(tmp_path: Path) -> Iterator[Path]:
    """A folder in which this person may not write."""
    folder = tmp_path / "kun læse"
    folder.mkdir()
    folder.chmod(0o555)
    yield folder
    folder.chmod(0o755)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="capabilities are Linux's")
def test_a_read_only_folder_is_refused_for_libraries_and_exports(
    command: CommandLine, recording: str, read_only: Path
) -> None:
    fresh = CommandLine(read_only / "bibliotek", command._capture)
    assert one_sentence(_run(fresh, "library", "init", before=_no_privileges))
    out = read_only / "ud.wav"
    assert one_sentence(_run(command, "export", recording, "--format", "wav", "--out", out, before=_no_privileges))
    assert list(read_only.iterdir()) == []
    assert command("--json", "exports").json == []
