"""Record from a real PortAudio device (a PulseAudio null sink) while four processes and a transcription are busy."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from cubb_desktop.audio.recorder import Event, Level, RecordedSound, Stopped
from cubb_desktop.domain.consent import Purpose
from cubb_desktop.services.consents import add_consent
from cubb_desktop.services.recording_live import LiveRecording, begin_recording
from cubb_desktop.services.recordings import open_sound
from cubb_desktop.services.workspace import Workspace, create_workspace
from cubb_desktop.vault import LEAST_COST
from tests import builders
from tests.benchmarks.report import Report
from tests.benchmarks.transcribing import PASSPHRASE, library_with, sound_of
from tests.sound_server import LEAD_IN_S, SoundServer

RATE_HZ = 48_000
BLOCK_FRAMES = RATE_HZ // 4  # what one sealed chunk holds
BUSY_PROCESSES = 4
_BUSY = "import numpy as np\na = np.random.default_rng(1).random((300, 300))\nwhile True: a = a @ a % 1.0"


def _signal(seconds: int) -> NDArray[np.int16]:
    rng = np.random.default_rng(5)
    swell = np.sin(2 * np.pi * 2.3 * np.arange(seconds * RATE_HZ) / RATE_HZ) ** 2
    loud = rng.standard_normal(len(swell)) * 6000 * swell
    samples: NDArray[np.int16] = np.clip(loud, -32768, 32767).astype(np.int16)
    samples[: int(LEAD_IN_S * RATE_HZ)] = 0
    return samples


def _keep_busy(folder: Path, over: threading.Event) -> int:
    """Transcribe again and again, each time cold in a fresh copy, until told to stop; return how often it was done."""
    recording = library_with(folder / "busy", sound_of(folder / "busy.wav", 5))
    rounds = 0
    while not over.is_set():
        copy = folder / "busy-run"
        shutil.copytree(folder / "busy", copy)
        environment = {**os.environ, "CUBB_PASSPHRASE": PASSPHRASE, "CUBB_CONFIG_DIR": str(folder / "config")}
        command = [sys.executable, "-m", "cubb_desktop", "--library", str(copy), "transcribe", recording]
        with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as child:
            while child.poll() is None and not over.wait(0.5):
                pass
            if child.poll() is None:
                child.terminate()
        rounds += 1
        shutil.rmtree(copy, ignore_errors=True)
    return rounds


@contextmanager
def _busy_processes() -> Iterator[None]:
    """As many processes as are asked for, each with all the work it can do."""
    processes = [subprocess.Popen([sys.executable, "-c", _BUSY]) for _ in range(BUSY_PROCESSES)]
    try:
        yield
    finally:
        for process in processes:
            process.kill()
            process.wait()


def _record(ws: Workspace, server: SoundServer, played: Path) -> tuple[LiveRecording, RecordedSound]:
    """Record until all that is played has been heard; return the recording and what the child counted."""
    until = ws.today() + timedelta(days=2)
    consent = add_consent(ws, "B-1", [Purpose.OWN_LEARNING], until)
    enough = threading.Event()
    end_ms = [1 << 60]
    counted: list[RecordedSound] = []

    def on_event(event: Event) -> None:
        if isinstance(event, Level) and event.position_ms >= end_ms[0]:
            enough.set()
        if isinstance(event, Stopped):
            counted.append(event.sound)

    live = begin_recording(ws, builders.plan(consent, title="Måling", device="pulse"), on_event=on_event)
    server.wait_for_recorder()
    server.play(played)
    end_ms[0] = 0
    enough.wait(30)
    live.finish()
    return live, counted[0]


def _alignment(heard: NDArray[np.int16], played: NDArray[np.int16]) -> int:
    """Where in `heard` the played signal begins, from its first ten seconds."""
    part = played[: 10 * RATE_HZ].astype(np.float64)
    size = 1 << (len(part) + 30 * RATE_HZ).bit_length()
    spectrum = np.fft.rfft(heard[: size // 2].astype(np.float64), size) * np.conj(np.fft.rfft(part, size))
    return int(np.fft.irfft(spectrum, size)[: 30 * RATE_HZ].argmax())


def measure(*, quick: bool = False) -> Report:
    """Ten minutes; every sample that was played must be in what was kept."""
    seconds = 20 if quick else 600
    length = f"{seconds // 60} min {seconds % 60} s"
    report = Report(f"Record {length} from a real device while {BUSY_PROCESSES} processes and a transcription run")
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        played = _signal(seconds)
        soundfile.write(folder / "played.wav", played, RATE_HZ)
        (folder / "sound").mkdir()
        server = SoundServer(folder / "sound", rate_hz=RATE_HZ)
        over = threading.Event()
        rounds: list[int] = []
        server.start()
        os.environ.update(server.environment)
        busy = threading.Thread(target=lambda: rounds.append(_keep_busy(folder, over)))
        workspace, _ = create_workspace(folder / "library", PASSPHRASE, actor="bench", cost=LEAST_COST)
        try:
            busy.start()
            with workspace, _busy_processes():
                live, counted = _record(workspace, server, folder / "played.wav")
                with open_sound(workspace, live.recording.id) as sound:
                    heard = sound.read(0, sound.frames)[:, 0]
                    gaps = sum(gap.frames for gap in sound.gaps)
        finally:
            over.set()
            busy.join()
            server.stop()
    start = _alignment(heard, played)
    kept = heard[start : start + len(played)]
    report.note("transcriptions that ran meanwhile", str(rounds[0]))
    report.at_most(
        "frames lost, and overflows told by the sound card", counted.lost_frames + counted.overflows, 0, digits=0
    )
    report.at_most("fullest the ring was", 100 * counted.ring_share, 25, " %", digits=1)
    report.at_most("frames of silence put in for lost ones", gaps, 0, digits=0)
    report.at_most("length against what was played, frames short", len(played) - len(kept), BLOCK_FRAMES, digits=0)
    whole = float(np.corrcoef(kept.astype(np.float64), played[: len(kept)].astype(np.float64))[0, 1])
    report.at_least("correlation with what was played", whole, 0.999, digits=6)
    exact = 100 * float(np.mean(kept == played[: len(kept)]))
    report.note("samples that are bit-exact", f"{exact:.3f} %")
    return report
