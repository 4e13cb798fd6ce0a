"""A real sound system without a sound card: a private PulseAudio with one null sink, whose monitor is the microphone.

What `play` sends to the sink is what PortAudio's "pulse" device records, sample for sample.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from tests.guards import eventually

SINK = "cubb_test"
MONITOR = f"{SINK}.monitor"
START_TIMEOUT_S = 15.0
LEAD_IN_S = 0.25


def missing_parts() -> list[str]:
    """Return what this machine lacks for sound tests; empty if they can run."""
    if not sys.platform.startswith("linux"):
        return ["Linux"]
    missing = [name for name in ("pulseaudio", "pactl", "paplay") if shutil.which(name) is None]
    if not any(Path(folder).glob("*/alsa-lib/libasound_module_pcm_pulse.so") for folder in ("/usr/lib", "/usr/lib64")):
        missing.append("libasound2-plugins")
    return missing


class SoundServer:
    """One PulseAudio process in a folder of its own; `environment` leads any child (or this process) to it."""

    def __init__(self, folder: Path, *, rate_hz: int = 48_000, channels: int = 1) -> None:
        """Prepare a server in the empty `folder`; the sink takes `rate_hz` and `channels` without resampling them."""
        self.folder = folder
        self.rate_hz = rate_hz
        self.channels = channels
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def environment(self) -> dict[str, str]:
        """Variables that make PulseAudio's clients, PortAudio's "pulse" device among them, use this server and sink."""
        return {
            "PULSE_SERVER": f"unix:{self.folder / 'runtime' / 'pulse' / 'native'}",
            "PULSE_COOKIE": str(self.folder / "cookie"),
            "PULSE_SINK": SINK,
            "PULSE_SOURCE": MONITOR,
        }

    @property
    def pid(self) -> int:
        """The server's process id; only while it runs."""
        assert self._process is not None, "the sound server is not running"
        return self._process.pid

    def start(self) -> None:
        """Start the server and wait until its sink is there."""
        runtime = self.folder / "runtime"
        runtime.mkdir(mode=0o700, parents=True)
        (self.folder / "home").mkdir()
        script = self.folder / "default.pa"
        script.write_text(
            "load-module module-native-protocol-unix auth-anonymous=1\n"
            f"load-module {' '.join(self._sink(SINK))}\n"
            f"set-default-sink {SINK}\nset-default-source {MONITOR}\n",
            encoding="utf-8",
        )
        with (self.folder / "log").open("wb") as log:
            self._process = subprocess.Popen(
                [
                    "pulseaudio", "-n", f"--file={script}", "--daemonize=no", "--exit-idle-time=-1",
                    "--disable-shm=yes", "--use-pid-file=no", "--log-target=stderr",
                    "--realtime=no", "--high-priority=no",
                ],
                env=self._own_environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )  # fmt: skip
        if not eventually(self._has_sink, START_TIMEOUT_S):
            self.stop()
            raise RuntimeError("PulseAudio did not start: " + (self.folder / "log").read_text(errors="replace")[-2000:])

    def stop(self) -> None:
        """End the server by its id and wait for it."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None

    def play(self, path: Path) -> None:
        """Play a sound file into the sink and return when its last sample is out."""
        player = self.start_playing(path)
        player.wait()
        if player.returncode != 0:
            raise RuntimeError(f"paplay failed with {player.returncode}")

    def start_playing(self, path: Path) -> subprocess.Popen[bytes]:
        """Start playing a sound file into the sink; the caller waits for the process that is returned."""
        return subprocess.Popen(["paplay", f"--device={SINK}", str(path)], env=self._own_environment())

    def recorders(self) -> int:
        """Return how many streams record now; one that is only being opened is "corked" and does not count."""
        return len(re.findall(r"^\s*Corked: no", self._pactl("list", "source-outputs"), re.MULTILINE))

    def wait_for_recorder(self, timeout_s: float = 15.0) -> None:
        """Wait until somebody records from the sink's monitor.

        PulseAudio hands a new recorder what is already on its way, about 10 ms of it cut: let what is played begin with
        `LEAD_IN_S` of silence, and the rest arrives whole.
        """
        if not eventually(lambda: self.recorders() > 0, timeout_s):
            raise TimeoutError("nobody began to record")

    def unplug(self, sink: str = SINK) -> None:
        """Take a sink, and so the microphone, away while it may be in use."""
        for line in self._pactl("list", "short", "modules").splitlines():
            number, _, arguments = line.partition("\t")
            if f"sink_name={sink} " in f"{arguments} ".replace("\t", " "):
                self._pactl("unload-module", number)

    def plug_in(self, sink: str = SINK) -> None:
        """Bring back the sink that `unplug` took away, or another one beside it."""
        self._pactl("load-module", *self._sink(sink))

    def _sink(self, name: str) -> list[str]:
        """Return a null sink's module and arguments.

        Without rewinds it works in steps of 50 ms, as a card does. With them it sleeps two seconds at a time while
        nobody listens, so that a recorder that comes then hears nothing for as long: no card would do that.
        """
        return [
            "module-null-sink",
            f"sink_name={name}",
            f"rate={self.rate_hz}",
            f"channels={self.channels}",
            "norewinds=1",
        ]

    def _has_sink(self) -> bool:
        return SINK in self._pactl("list", "short", "sinks", check=False)

    def _pactl(self, *arguments: str, check: bool = True) -> str:
        done = subprocess.run(
            ["pactl", *arguments], env=self._own_environment(), capture_output=True, text=True, timeout=15, check=check
        )
        return done.stdout

    def _own_environment(self) -> dict[str, str]:
        runtime = str(self.folder / "runtime")
        own = {"XDG_RUNTIME_DIR": runtime, "HOME": str(self.folder / "home"), "LC_ALL": "C"}
        left_out = {"PULSE_SERVER", "PULSE_SINK", "PULSE_SOURCE", "DBUS_SESSION_BUS_ADDRESS", "DISPLAY"}
        inherited = {name: value for name, value in os.environ.items() if name not in left_out}
        server = {name: self.environment[name] for name in ("PULSE_SERVER", "PULSE_COOKIE")}
        return inherited | own | server
