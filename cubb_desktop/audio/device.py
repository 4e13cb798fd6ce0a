"""The sound card: list devices, open one for recording or playing; the only import of `sounddevice` (PortAudio).

PortAudio is loaded on first use, so that a machine without it can still do everything else.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from types import ModuleType
from typing import Any, Protocol

from cubb_desktop.domain.errors import MicrophoneNotFound, SoundSystemMissing, SpeakerUnavailable

__all__ = [
    "Device",
    "InputStream",
    "OutputStream",
    "inputs",
    "open_input",
    "open_output",
    "outputs",
    "refresh",
    "sound_system",
]

InputCallback = Callable[[Any, int, bool], None]  # (the block's bytes, its frames, whether sound was lost before it)
_LATENCY_S = 0.1
_USUAL_RATE_HZ = 48_000
_loading = threading.Lock()
_loaded = threading.Event()
_open_streams: set[int] = set()  # ids of this process's open streams


@dataclass(frozen=True, slots=True)
class Device:
    """A device as people know it; `id` stays the same between starts."""

    id: str
    name: str
    default_rate_hz: int
    channels: int
    is_default: bool = False


class InputStream(Protocol):
    """A microphone that is being listened to."""

    device: Device
    rate_hz: int
    channels: int

    @property
    def active(self) -> bool: ...

    def close(self, *, at_once: bool = False) -> None:
        """Let go of it; `at_once` does not wait for what it still has to give, for one that is gone."""


class OutputStream(Protocol):
    """A loudspeaker that takes sound."""

    rate_hz: int
    channels: int
    latency_s: float

    @property
    def waiting_s(self) -> float:
        """How much of what was written has not been heard yet, in seconds."""

    def write(self, samples: bytes) -> None:
        """Play int16 samples, interleaved; returns when there is room for more. Raises `SpeakerUnavailable`."""

    def drop(self) -> None:
        """Stop at once and forget what was not heard yet; `write` begins anew."""

    def drain(self) -> None:
        """Return when everything has been heard."""

    def close(self) -> None: ...


def sound_system() -> str:
    """Return PortAudio's version, or raise `SoundSystemMissing`."""
    return str(_portaudio().get_portaudio_version()[1])


def refresh() -> None:
    """Look for devices again: PortAudio sees what is plugged in only when it starts.

    Does nothing while a stream of this process is open, which starting anew would end. Raises `SoundSystemMissing`.
    """
    portaudio = _portaudio()
    with _loading, _quiet_stderr():
        if not _open_streams:
            try:
                portaudio._terminate()
                portaudio._initialize()
            except portaudio.PortAudioError:
                raise SoundSystemMissing from None


def inputs() -> list[Device]:
    """Return the microphones, the default first; empty when there are none. Raises `SoundSystemMissing`."""
    return _devices("input")


def outputs() -> list[Device]:
    """Return the loudspeakers, the default first; empty when there are none. Raises `SoundSystemMissing`."""
    return _devices("output")


def open_input(
    device_id: str | None, callback: InputCallback, *, rate_hz: int | None = None, channels: int = 1
) -> InputStream:
    """Listen to a microphone (None: the default); `callback` runs in the sound system's thread and must only copy.

    `rate_hz` None means the best the device does. Raises `MicrophoneNotFound`, also when the device refuses.
    """
    portaudio = _portaudio()
    found = _chosen(device_id, inputs())
    if found is None:
        raise MicrophoneNotFound
    # ALSA does not know the card's own rate and says 44,100; nearly all run at 48,000, and resampling costs fidelity
    rates = (rate_hz,) if rate_hz else (_USUAL_RATE_HZ, found.default_rate_hz)
    if not rate_hz and not found.id.startswith("ALSA"):
        rates = rates[::-1]
    for rate in rates:
        with suppress(portaudio.PortAudioError, ValueError):
            return _Input(portaudio, found, callback, rate, min(channels, found.channels))
    raise MicrophoneNotFound


def open_output(device_id: str | None, *, rate_hz: int, channels: int) -> OutputStream:
    """Open a loudspeaker (None: the default) at `rate_hz`, or if it refuses at its own rate, which the stream then has.

    One that is not there is looked for again: it may have been plugged in since. Raises `SpeakerUnavailable`.
    """
    try:
        try:
            return _opened_output(device_id, rate_hz, channels)
        except SpeakerUnavailable:
            refresh()
            return _opened_output(device_id, rate_hz, channels)
    except SoundSystemMissing:
        raise SpeakerUnavailable from None


def _opened_output(device_id: str | None, rate_hz: int, channels: int) -> OutputStream:
    portaudio = _portaudio()
    found = _chosen(device_id, outputs())
    if found is None:
        raise SpeakerUnavailable
    for rate in (rate_hz, found.default_rate_hz):
        with suppress(portaudio.PortAudioError, ValueError):
            return _Output(portaudio, found, rate, min(channels, found.channels))
    raise SpeakerUnavailable


class _Input:
    def __init__(
        self, portaudio: ModuleType, device: Device, callback: InputCallback, rate_hz: int, channels: int
    ) -> None:
        self.device = device
        self.rate_hz = rate_hz
        self.channels = channels

        def on_block(block: Any, frames: int, _time: Any, status: Any) -> None:
            callback(block, frames, bool(status.input_overflow))

        self._stream = portaudio.RawInputStream(
            samplerate=rate_hz,
            channels=channels,
            dtype="int16",
            device=_number(portaudio, device, "input"),
            latency="high",
            callback=on_block,
        )
        self._stream.start()
        _open_streams.add(id(self))

    @property
    def active(self) -> bool:
        return bool(self._stream.active)

    def close(self, *, at_once: bool = False) -> None:
        end = self._stream.abort if at_once else self._stream.stop
        end(ignore_errors=True)
        self._stream.close(ignore_errors=True)
        _open_streams.discard(id(self))


class _Output:
    def __init__(self, portaudio: ModuleType, device: Device, rate_hz: int, channels: int) -> None:
        self.rate_hz = rate_hz
        self.channels = channels
        self._error = portaudio.PortAudioError
        self._stream = portaudio.RawOutputStream(
            samplerate=rate_hz,
            channels=channels,
            dtype="int16",
            device=_number(portaudio, device, "output"),
            latency=_LATENCY_S,
        )
        self.latency_s = float(self._stream.latency)
        self._room = int(self._stream.write_available)  # frames, while nothing waits
        _open_streams.add(id(self))

    @property
    def waiting_s(self) -> float:
        try:
            waiting = self._room - int(self._stream.write_available)
        except self._error:  # it is told at the next `write`
            return self.latency_s
        return max(0, waiting) / self.rate_hz

    def write(self, samples: bytes) -> None:
        try:
            if self._stream.stopped:
                self._stream.start()
            self._stream.write(samples)
        except self._error:
            raise SpeakerUnavailable from None

    def drop(self) -> None:
        self._stream.abort(ignore_errors=True)

    def drain(self) -> None:
        self._stream.stop(ignore_errors=True)

    def close(self) -> None:
        self._stream.close(ignore_errors=True)
        _open_streams.discard(id(self))


# --- PortAudio -------------------------------------------------------------------------------------------------------


def _portaudio() -> ModuleType:
    if _loaded.is_set():
        return sys.modules["sounddevice"]
    with _loading, _quiet_stderr():
        try:
            import sounddevice
        except OSError:  # its library is missing or refuses to start
            raise SoundSystemMissing from None
        _loaded.set()
    module: ModuleType = sounddevice
    return module


@contextmanager
def _quiet_stderr() -> Iterator[None]:
    """Keep the sound system's own chatter about absent hardware off the terminal while it starts."""
    with suppress(OSError, AttributeError, ValueError):
        sys.stderr.flush()
    kept, nothing = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nothing, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nothing)


def _devices(kind: str) -> list[Device]:
    portaudio = _portaudio()
    with _loading:  # not while another thread is looking for devices again
        return _listed(portaudio, kind)


def _listed(portaudio: ModuleType, kind: str) -> list[Device]:
    hosts = portaudio.query_hostapis()
    default = _default_index(portaudio, kind)
    found: dict[str, Device] = {}
    for index, entry in enumerate(portaudio.query_devices()):
        channels = int(entry[f"max_{kind}_channels"])
        if channels > 0:
            id = f"{hosts[entry['hostapi']]['name']}: {entry['name']}"
            device = Device(id, str(entry["name"]), round(entry["default_samplerate"]), channels, index == default)
            if id not in found or device.is_default:
                found[id] = device
    return sorted(found.values(), key=lambda device: not device.is_default)


def _default_index(portaudio: ModuleType, kind: str) -> int:
    place = {"input": 0, "output": 1}[kind]
    return int(portaudio.default.device[place])


def _chosen(device_id: str | None, devices: list[Device]) -> Device | None:
    """Return the device with this id or name, the default for None, and None for one that is not there."""
    if device_id is None:
        return devices[0] if devices else None
    return next((device for device in devices if device_id in (device.id, device.name)), None)


def _number(portaudio: ModuleType, device: Device, kind: str) -> int:
    hosts = portaudio.query_hostapis()
    for index, entry in enumerate(portaudio.query_devices()):
        if entry[f"max_{kind}_channels"] > 0 and f"{hosts[entry['hostapi']]['name']}: {entry['name']}" == device.id:
            return index
    raise ValueError(device.id)
