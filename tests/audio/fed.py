"""Microphones for a machine without any: the capture child as it is, with a sound card that plays known samples to it.

The only thing that is not real is the module `sounddevice`. `feeding()` makes every `Recorder` and `LevelMeter` that is
started meanwhile use it; `Fed` is what the test holds: which devices are plugged in, and how much they have given.
"""

from __future__ import annotations

import json
import mmap
import os
import signal
import struct
import sys
import threading
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any
from unittest import mock

import numpy as np

from cubb_desktop.audio import recorder
from cubb_desktop.audio.flac import Samples

VARIABLE = "CUBB_TEST_FED"
TABLE = 1 << 20
UNLIMITED = 1 << 62
_COUNTERS = struct.Struct("<QQ")  # frames given, frames that may be given
_here = threading.local()


@cache
def table(name: str = "A") -> Samples:
    """What a device gives, again and again: one channel of noise."""
    drawn = np.random.default_rng(zlib.crc32(name.encode()))
    return drawn.integers(-8_000, 8_000, (TABLE, 1), dtype=np.int16)


def place_of(samples: Samples, name: str = "A") -> int:
    """Return the frame of the device's sound at which `samples` begin, where all of them fit; -1 for nowhere."""
    whole = table(name)[:, 0]
    head = samples[:8, 0]
    for start in np.flatnonzero(whole == head[0]):
        expected = np.take(whole, np.arange(start, start + len(samples)), mode="wrap")
        if np.array_equal(expected[:8], head) and np.array_equal(expected, samples[:, 0]):
            return int(start)
    return -1


@dataclass
class Fed:
    """A sound card for one child: a folder that tells it which devices there are."""

    folder: Path
    speed: float = 1.0
    rates_hz: dict[str, int] = field(default_factory=lambda: {"A": 48_000})  # the one rate each device can do
    channels: dict[str, int] = field(default_factory=dict)  # two, if nothing is said
    block_frames: int = 480
    file_limit: int = 0
    _counters: mmap.mmap | None = None

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "counters").write_bytes(_COUNTERS.pack(0, UNLIMITED))
        with (self.folder / "counters").open("rb+") as file:
            self._counters = mmap.mmap(file.fileno(), _COUNTERS.size)
        for name in self.rates_hz:
            self.plug_in(name)

    @property
    def given(self) -> int:
        """The frames that devices have handed over so far."""
        assert self._counters is not None
        return int(_COUNTERS.unpack_from(self._counters)[0])

    def allow(self, frames: int) -> None:
        """Let devices give no more than so many frames, until told otherwise."""
        assert self._counters is not None
        struct.pack_into("<Q", self._counters, 8, frames)

    def plug_in(self, name: str) -> None:
        (self.folder / f"{name}.device").write_text("here")

    def unplug(self, name: str) -> None:
        """Take a device away: its stream ends."""
        (self.folder / f"{name}.device").unlink()

    def silence(self, name: str) -> None:
        """Let a device stay on the list and say nothing any more."""
        (self.folder / f"{name}.device").write_text("silent")

    def close(self) -> None:
        assert self._counters is not None
        self._counters.close()

    def variable(self) -> str:
        return json.dumps(
            {
                "folder": str(self.folder),
                "speed": self.speed,
                "rates_hz": self.rates_hz,
                "channels": self.channels,
                "block_frames": self.block_frames,
                "file_limit": self.file_limit,
            }
        )


def use(fed: Fed) -> None:
    """Children that this thread starts from now on get this sound card."""
    _here.fed = fed


@contextmanager
def feeding() -> Iterator[None]:
    """While this holds, capture children hear what `use` was told."""
    ordinary = recorder._environment

    def environment() -> dict[str, str]:
        return {**ordinary(), VARIABLE: _here.fed.variable()}

    command = [sys.executable, "-m", "tests.audio.fed"]
    with (
        mock.patch.object(recorder, "_environment", environment),
        mock.patch.object(recorder, "_command", return_value=command),
    ):
        yield


# --- in the child ----------------------------------------------------------------------------------------------------


class PortAudioError(Exception):
    """As sounddevice's."""


class _Card:
    """The state behind the module: which devices PortAudio saw when it was last started."""

    def __init__(self, told: dict[str, Any]) -> None:
        self.folder = Path(told["folder"])
        self.speed = float(told["speed"])
        self.rates_hz: dict[str, int] = told["rates_hz"]
        self.channels: dict[str, int] = told["channels"]
        self.block_frames = int(told["block_frames"])
        with (self.folder / "counters").open("rb+") as file:
            self.counters = mmap.mmap(file.fileno(), _COUNTERS.size)
        self.seen: list[str] = []
        self.look()

    def look(self) -> None:
        self.seen = [name for name in self.rates_hz if self.state(name) is not None]

    def state(self, name: str) -> str | None:
        try:
            return (self.folder / f"{name}.device").read_text()
        except FileNotFoundError:
            return None

    def devices(self) -> list[dict[str, Any]]:
        return [
            {
                "name": name,
                "hostapi": 0,
                "default_samplerate": self.rates_hz[name],
                "max_input_channels": self.channels.get(name, 2),
                "max_output_channels": 0,
            }
            for name in self.seen
        ]


class _Stream:
    """One open device; a thread of its own gives its blocks when their time has come."""

    def __init__(self, card: _Card, name: str, rate_hz: int, channels: int, callback: Any) -> None:
        if card.state(name) is None or rate_hz != card.rates_hz[name]:
            raise PortAudioError(name)
        self._card, self._name, self._rate_hz, self._callback = card, name, rate_hz, callback
        whole = np.repeat(table(name), channels, axis=1)
        self._sound = np.concatenate([whole, whole[: card.block_frames]])
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._give, daemon=True, name="sound card")
        self.active = False

    def start(self) -> None:
        self.active = True
        self._thread.start()

    def stop(self, ignore_errors: bool = True) -> None:
        self._over.set()
        if self._thread.is_alive():
            self._thread.join()
        self.active = False

    abort = close = stop

    def _give(self) -> None:
        frames, status = self._card.block_frames, SimpleNamespace(input_overflow=False)
        begun, given, state = time.monotonic(), 0, self._card.state(self._name)
        while not self._over.wait(
            max(0.0, begun + (given + frames) / self._rate_hz / self._card.speed - time.monotonic())
        ):
            state = self._card.state(self._name) if given % (4 * frames) == 0 else state
            if state is None:
                self.active = False
                return
            total, allowed = _COUNTERS.unpack_from(self._card.counters)
            if state != "here" or total + frames > allowed:
                self._over.wait(0.001)
                continue
            at = total % TABLE  # goes on where the one before stopped, so that time is place
            block = self._sound[at : at + frames]
            self._callback(block.tobytes(), len(block), None, status)
            given += frames
            struct.pack_into("<Q", self._card.counters, 0, total + frames)


def _module(card: _Card) -> ModuleType:
    made: Any = ModuleType("sounddevice")
    made.PortAudioError = PortAudioError
    made.query_hostapis = lambda: [{"name": "Fed"}]
    made.query_devices = card.devices
    made.default = SimpleNamespace(device=(0, -1))
    made.get_portaudio_version = lambda: (0, "fed")
    made._terminate = lambda: None
    made._initialize = card.look

    def open_stream(*, samplerate: int, channels: int, device: int, callback: Any, **_: Any) -> _Stream:
        return _Stream(card, card.seen[device], samplerate, channels, callback)

    made.RawInputStream = open_stream
    found: ModuleType = made
    return found


def _main() -> int:
    told = json.loads(os.environ[VARIABLE])
    sys.modules["sounddevice"] = _module(_Card(told))
    if told["file_limit"]:
        import resource

        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (told["file_limit"], told["file_limit"]))
    from cubb_desktop.audio.capture import run_capture

    return run_capture(sys.stdin.buffer, sys.stdout.buffer)


if __name__ == "__main__":
    sys.exit(_main())
