"""A command line to call in the test's own process, and a library for it with one conversation in it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from cubb_desktop import cli
from cubb_desktop.domain.consent import Purpose
from cubb_desktop.domain.ids import ConsentId, RecordingId
from cubb_desktop.services.consents import add_consent
from cubb_desktop.services.recordings import import_file
from tests import builders


@dataclass(frozen=True)
class Said:
    """What one run of the command line left: its exit code and what it wrote."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


class CommandLine:
    """Calls `cubb-desktop` on one library."""

    def __init__(self, folder: Path, capture: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self._capture = capture
        self.windows: list[list[str]] = []

    def __call__(self, *arguments: str | Path) -> Said:
        self._capture.readouterr()
        given = ["--library", str(self.folder), *map(str, arguments)]
        try:
            code = cli.main(given, open_window=self._open_window)
        except SystemExit as ended:
            code = int(ended.code or 0)
        out, err = self._capture.readouterr()
        return Said(code, out, err)

    def _open_window(self, arguments: list[str]) -> int:
        self.windows.append(arguments)
        return 0


@pytest.fixture
def command(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> CommandLine:
    """The command line on a new library whose passphrase stands in the environment."""
    folder = tmp_path / "mit bibliotek æøå 🎧"
    builders.new_workspace(folder).close()
    monkeypatch.setenv("CUBB_PASSPHRASE", builders.PASSPHRASE)
    return CommandLine(folder, capsys)


def write_tone(path: Path, seconds: float = 3.0, rate_hz: int = 16_000) -> Path:
    """A tone that swells and fades, as a sound file."""
    time = np.arange(int(seconds * rate_hz)) / rate_hz
    soundfile.write(path, 0.3 * np.sin(2 * np.pi * 220 * time) * np.sin(2 * np.pi * time) ** 2, rate_hz)
    return path


@dataclass(frozen=True)
class Stored:
    """A consent and a recording of eight seconds with a transcript."""

    consent: ConsentId
    recording: RecordingId


@pytest.fixture
def stored(command: CommandLine, tmp_path: Path) -> Stored:
    """Put a conversation with a transcript into the command line's library."""
    from cubb_desktop.services.workspace import open_workspace

    with open_workspace(command.folder, builders.PASSPHRASE, actor="Mette") as workspace:
        purposes = [Purpose.OWN_LEARNING, Purpose.LEARNING_ROOM]
        consent = add_consent(workspace, "B-17", purposes, workspace.today() + timedelta(days=30))
        recording = import_file(workspace, write_tone(tmp_path / "samtale.wav", 8.0), consent.id, "Om lageret")
        with workspace.library.change("Mette", "transcript.made", recording.id) as change:
            builders.store_transcript(change, builders.transcript(recording.id, duration_ms=8_000))
    return Stored(consent.id, recording.id)
