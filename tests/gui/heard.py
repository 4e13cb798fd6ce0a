"""How soon a key is heard, and whether the mark stands at the sound: `python -m tests.gui.heard SECONDS`.

The page plays through PortAudio into a null sink; what the sink gives is listened to beside it, with the time at which
it came. The sound is noise, so that any piece of it says from where it is; it changes between loud and soft every
2 s, so that a jump of 2 s is heard at once. One JSON line comes out, in milliseconds.
"""

from __future__ import annotations

import bisect
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Self

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
import numpy.typing as npt
import soundfile
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from cubb_desktop.gui.background import Background
from cubb_desktop.gui.context import Notices, PageContext, SettingsStore
from cubb_desktop.gui.pages.review_page import ReviewPage
from cubb_desktop.gui.theme import Theme
from cubb_desktop.services.recordings import import_file
from cubb_desktop.settings import Settings
from tests import builders
from tests.gui import review_seed
from tests.gui.frame_times import rest, until
from tests.sound_server import MONITOR, SoundServer

RATE_HZ = 48_000
PERIOD_S = 2
LOUD, SOFT = 9_000, 900
PRESSES = 20
PIECE_S = 0.4
Samples = npt.NDArray[np.int16]


class Ear:
    """Listens to the sink and remembers when each piece came."""

    def __init__(self, server: SoundServer) -> None:
        form = ["--raw", f"--rate={RATE_HZ}", "--channels=1", "--format=s16le", "--latency-msec=5"]
        command = ["parec", *form, "-d", MONITOR]
        self._process = subprocess.Popen(command, env={**os.environ, **server.environment}, stdout=subprocess.PIPE)
        self._pieces: list[Samples] = []
        self._ends: list[int] = []  # frames heard up to the end of each piece
        self._times: list[float] = []  # when it came
        self._thread = threading.Thread(target=self._listen, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._process.terminate()
        self._thread.join()
        self._process.wait()

    def _listen(self) -> None:
        stream = self._process.stdout
        assert stream is not None
        while data := os.read(stream.fileno(), 1 << 14):
            piece = np.frombuffer(data[: len(data) // 2 * 2], np.int16)
            self._pieces.append(piece)
            self._ends.append((self._ends[-1] if self._ends else 0) + len(piece))
            self._times.append(time.monotonic())

    def since(self, moment: float) -> tuple[Samples, float]:
        """Return what was heard from a moment on, and when its first sample was."""
        first = bisect.bisect_left(self._times, moment)
        if first >= len(self._times):
            return np.zeros(0, np.int16), moment
        pieces = self._pieces[first : len(self._times)]
        return np.concatenate(pieces), self._times[first] - len(pieces[0]) / RATE_HZ

    def first(self, moment: float, loud: int) -> float | None:
        """Return when the first sample louder than `loud` was heard after a moment, None if none was yet."""
        heard, began = self.since(moment)
        found = np.flatnonzero(np.abs(heard.astype(np.int32)) > loud)
        return began + int(found[0]) / RATE_HZ if len(found) else None


def noise(seconds: int) -> Samples:
    """Return noise that is loud and soft in turn."""
    rng = np.random.default_rng(3)
    loud = np.where(np.arange(seconds * RATE_HZ) // (PERIOD_S * RATE_HZ) % 2 == 0, LOUD, SOFT)
    return np.asarray(rng.uniform(-1, 1, seconds * RATE_HZ) * loud, np.int16)


def measure(folder: Path, seconds: int) -> dict[str, list[float]]:
    """Return the milliseconds from a key to its sound, and the distances between mark and sound."""
    server = SoundServer(folder / "sound")
    server.folder.mkdir()
    server.start()
    os.environ.update(server.environment)
    sound = noise(seconds)
    soundfile.write(folder / "noise.flac", sound, RATE_HZ)
    application = QApplication([])
    theme, background = Theme(application, "light"), Background()
    with builders.new_workspace(folder / "bibliotek") as workspace, Ear(server) as ear:
        consent = review_seed.demo_recording(workspace).consent_id
        recording = import_file(workspace, folder / "noise.flac", consent, "Støj")
        review_seed.store(workspace, builders.long_transcript(recording.id, seconds * 5 // 2))
        settings = SettingsStore(Settings(), background)
        page = ReviewPage(PageContext(background, theme, settings, lambda: workspace, Notices()))
        page.resize(1262, 768)
        page.show()
        page.open(recording.id)
        until(lambda: page.editing.may and page.playback.available)
        rest(background)
        found = {"play": _plays(page, ear), "jump": _jumps(page, ear), "mark": _marks(page, ear, sound, seconds)}
        page.leave()
        page.close()
        background.close()
    server.stop()
    return found


def _plays(page: ReviewPage, ear: Ear) -> list[float]:
    """From Esc to sound, from silence; the first opens the loudspeaker and is left out."""
    taken = []
    for n in range(PRESSES + 1):
        page.playback.seek(4_000 * (n % 5) + 300)  # where it is loud
        quiet = time.monotonic() + 0.4
        until(lambda until=quiet: time.monotonic() > until)  # type: ignore[misc]
        pressed = time.monotonic()
        QTest.keyClick(page.view, Qt.Key.Key_Escape)
        until(lambda since=pressed: ear.first(since, SOFT) is not None)  # type: ignore[misc]
        taken.append(((ear.first(pressed, SOFT) or pressed) - pressed) * 1000)
        QTest.keyClick(page.view, Qt.Key.Key_Escape)
    return taken[1:]


def _jumps(page: ReviewPage, ear: Ear) -> list[float]:
    """From F2 in soft sound to the loud sound 2 s later, while it plays."""
    taken = []
    for n in range(PRESSES):
        soft_ms = 4_000 * (n % 4) + 2_000
        page.playback.play(soft_ms + 300)
        until(lambda at=soft_ms + 700: page.playback.position_ms > at)  # type: ignore[misc]
        pressed = time.monotonic()
        QTest.keyClick(page.view, Qt.Key.Key_F2)
        until(lambda since=pressed: ear.first(since, 2 * SOFT) is not None)  # type: ignore[misc]
        taken.append(((ear.first(pressed, 2 * SOFT) or pressed) - pressed) * 1000)
        page.playback.pause()
    return taken


def _marks(page: ReviewPage, ear: Ear, sound: Samples, seconds: int) -> list[float]:
    """How far the place that the page marks is from the sound that comes at the same moment, once a second."""
    told: list[tuple[float, int]] = []
    page.playback.position_changed.connect(lambda ms: told.append((time.monotonic(), ms)))
    page.playback.play(0)
    began = time.monotonic()
    until(lambda: page.playback.position_ms >= seconds * 1000 - 1_500, seconds + 60.0)
    page.playback.pause()
    heard, first = ear.since(began)
    apart = []
    for moment, ms in told[40 :: max(1, len(told) // seconds)]:
        at = round((moment - first) * RATE_HZ)
        piece = heard[at : at + round(PIECE_S * RATE_HZ)]
        near = max(0, round((ms / 1000 - 1) * RATE_HZ))
        if at < 0 or len(piece) < PIECE_S * RATE_HZ:
            continue
        around = sound[near : near + round((2 + PIECE_S) * RATE_HZ)].astype(np.float64)
        if len(around) <= len(piece):
            continue
        size = 1 << (len(around) + len(piece)).bit_length()
        alike = np.fft.irfft(np.fft.rfft(around, size) * np.conj(np.fft.rfft(piece.astype(np.float64), size)), size)
        place = near + int(np.argmax(alike[: len(around) - len(piece) + 1]))
        apart.append(ms - place * 1000 / RATE_HZ)
    return apart


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as place:
        print(json.dumps(measure(Path(place), int(sys.argv[1]))))
