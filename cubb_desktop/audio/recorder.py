"""Starts, watches and stops a capture child; used by the window and the command line alike.

What the child says is untrusted: lines that are not an event as `capture` documents them are ignored.
"""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
import threading
import uuid
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Any

from cubb_desktop.audio.chunks import SoundReader
from cubb_desktop.audio.cuts import complete_cuts
from cubb_desktop.domain.errors import (
    AudioMissing,
    CaptureFailed,
    CubbError,
    DiskFull,
    FolderReadOnly,
    MicrophoneLost,
    MicrophoneNotFound,
    SoundSystemMissing,
)
from cubb_desktop.domain.ids import MarkId, RecordingId
from cubb_desktop.domain.recording import MarkKind

START_TIMEOUT_S = 15.0
STOP_TIMEOUT_S = 10.0
LONGEST_MARK = 2_000
_LONGEST_LINE = 65_536
_LONGEST_NAME = 200
_FAULTS: dict[str, type[CubbError]] = {
    fault.__name__: fault
    for fault in (MicrophoneNotFound, MicrophoneLost, SoundSystemMissing, DiskFull, FolderReadOnly)
}


@dataclass(frozen=True, slots=True)
class Started:
    """The first chunk of a segment is on disk; only now may a red dot be shown."""

    rate_hz: int
    channels: int
    segment: int


SILENT_DB = -52.0  # below this a microphone hears nothing: the noise of a room is louder


@dataclass(frozen=True, slots=True)
class Level:
    """How loud it is, in dB below full scale (0 is the loudest, -120 nothing); `position_ms` of sound is on disk."""

    rms_db: float
    peak_db: float
    clipped: bool
    position_ms: int


@dataclass(frozen=True, slots=True)
class Gap:
    """Sound was lost at `position_ms`: `lost_ms` of it, 0 where the sound card did not say how much."""

    position_ms: int
    lost_ms: int


@dataclass(frozen=True, slots=True)
class Paused:
    """The segment is sealed and the microphone closed."""

    position_ms: int


@dataclass(frozen=True, slots=True)
class Marked:
    """A mark is on disk; `position_ms` is where in the sound it stands."""

    id: MarkId
    kind: MarkKind
    position_ms: int


@dataclass(frozen=True, slots=True)
class Cut:
    """The last `dropped_ms` are gone from the disk, with the marks in them; the recording now ends at `position_ms`."""

    position_ms: int
    dropped_ms: int


@dataclass(frozen=True, slots=True)
class Segmented:
    """What came before `position_ms` is sealed; segment number `segment` begins there, without a frame between."""

    segment: int
    position_ms: int


@dataclass(frozen=True, slots=True)
class Moved:
    """The microphone was gone and another one has taken over; `lost_ms` of flagged silence stand for the meantime."""

    device_name: str
    position_ms: int
    lost_ms: int


@dataclass(frozen=True, slots=True)
class DiskLow:
    """There is room for so many minutes more; told from half an hour on, whenever the number falls."""

    minutes_left: int


@dataclass(frozen=True, slots=True)
class RecordedSound:
    """What a recording came to; `failure` is the code of the fault that ended it, if one did."""

    frames: int
    rate_hz: int
    channels: int
    segments: int
    lost_frames: int = 0
    overflows: int = 0
    ring_share: float = 0.0
    failure: str | None = None


@dataclass(frozen=True, slots=True)
class Stopped:
    """The recording ended as it was told to."""

    sound: RecordedSound


@dataclass(frozen=True, slots=True)
class Failed:
    """The recording ended by itself; what was on disk stays. `code` names an error of `domain.errors`."""

    code: str
    position_ms: int


Event = Started | Level | Gap | Paused | Marked | Cut | Segmented | Moved | DiskLow | Stopped | Failed
OnEvent = Callable[[Event], None]
_Said = dict[str, Any]


def fault(code: str) -> CubbError:
    """Return the error that a failure's code stands for."""
    return _FAULTS.get(code, CaptureFailed)()


def parse_event(untrusted_line: bytes) -> Event | None:
    """Return the event a line of the child holds, None when it holds none."""
    try:
        said = json.loads(untrusted_line)
        parse = _PARSERS.get(said.pop("event"))
        return parse(said) if parse is not None else None
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None


def _parse_level(said: _Said) -> Level:
    decibels = _number(said["rms_db"]), _number(said["peak_db"])
    return Level(*decibels, said["clipped"] is True, _count(said["position_ms"]))


def _parse_marked(said: _Said) -> Marked:
    return Marked(MarkId(str(uuid.UUID(said["id"]))), MarkKind(said["kind"]), _count(said["position_ms"]))


def _parse_failure(said: _Said) -> Failed:
    code = said["code"] if said["code"] in _FAULTS else CaptureFailed.__name__
    return Failed(code, _count(said["position_ms"]))


def _parse_sound(untrusted: dict[str, Any]) -> RecordedSound:
    return RecordedSound(
        frames=_count(untrusted["frames"]),
        rate_hz=_count(untrusted["rate_hz"]),
        channels=_count(untrusted["channels"]),
        segments=_count(untrusted["segments"]),
        lost_frames=_count(untrusted["lost_frames"]),
        overflows=_count(untrusted["overflows"]),
        ring_share=_number(untrusted["ring_share"]),
    )


_PARSERS: dict[str, Callable[[_Said], Event]] = {
    "level": _parse_level,
    "marked": _parse_marked,
    "failure": _parse_failure,
    "started": lambda said: Started(_count(said["rate_hz"]), _count(said["channels"]), _count(said["segment"])),
    "gap": lambda said: Gap(_count(said["position_ms"]), _count(said["lost_ms"])),
    "paused": lambda said: Paused(_count(said["position_ms"])),
    "cut": lambda said: Cut(_count(said["position_ms"]), _count(said["dropped_ms"])),
    "segmented": lambda said: Segmented(_count(said["segment"]), _count(said["position_ms"])),
    "moved": lambda said: Moved(_name(said["device"]), _count(said["position_ms"]), _count(said["lost_ms"])),
    "disk_low": lambda said: DiskLow(_count(said["minutes_left"])),
    "stopped": lambda said: Stopped(_parse_sound(said)),
}


def _name(untrusted: Any) -> str:
    if not isinstance(untrusted, str):
        raise ValueError
    return "".join(character for character in untrusted if character.isprintable())[:_LONGEST_NAME]


def _count(untrusted: Any) -> int:
    if type(untrusted) is not int or not 0 <= untrusted < 1 << 53:
        raise ValueError
    return untrusted


def _number(untrusted: Any) -> float:
    if type(untrusted) not in (int, float) or not math.isfinite(untrusted):
        raise ValueError
    return float(untrusted)


class _Child:
    """A capture process and the thread that reads its events; `on_event` is called from that thread."""

    def __init__(self, on_event: OnEvent) -> None:
        self._on_event = on_event
        self.failure: Failed | None = None
        self.stopped: Stopped | None = None
        self._position_ms = 0
        flags = 0
        if sys.platform == "win32":
            flags = subprocess.CREATE_NO_WINDOW | subprocess.ABOVE_NORMAL_PRIORITY_CLASS
        self._process = subprocess.Popen(
            _command(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=_environment(),
            creationflags=flags,
        )
        self._watcher = threading.Thread(target=self._watch, name="recorder", daemon=True)
        self._watcher.start()

    @property
    def pid(self) -> int:
        return self._process.pid

    def send(self, **command: object) -> None:
        """Send a command; a child that has ended does not mind."""
        with suppress(OSError, ValueError):
            pipe = _pipe(self._process.stdin)
            pipe.write(json.dumps(command).encode() + b"\n")
            pipe.flush()

    def hand_to(self, on_event: OnEvent) -> None:
        """Tell another from now on; what the one before has been told stays with it."""
        self._on_event = on_event

    @property
    def listening(self) -> bool:
        """Whether the child lives and nothing has gone wrong."""
        return self._process.poll() is None and self.failure is None

    def end(self) -> None:
        """Ask the child to seal and stop, wait for it, and end it if it does not."""
        self.send(do="stop")
        with suppress(OSError):
            _pipe(self._process.stdin).close()
        try:
            self._process.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
        if threading.current_thread() is not self._watcher:
            self._watcher.join()

    def _watch(self) -> None:
        pipe = _pipe(self._process.stdout)
        with pipe:
            while line := pipe.readline(_LONGEST_LINE):
                event = parse_event(line)
                if event is not None:
                    self._take(event)
        self._process.wait()
        if self.stopped is None and self.failure is None:
            self._take(Failed(CaptureFailed.__name__, self._position_ms))

    def _take(self, event: Event) -> None:
        if isinstance(event, Level):
            self._position_ms = event.position_ms
        elif isinstance(event, Failed):
            self.failure = event
        elif isinstance(event, Stopped):
            self.stopped = event
            if self.failure is not None:
                return  # the failure has been told; this only counts what was kept
        self._on_event(event)


class Recorder:
    """Records one conversation into the library's folder of sound.

    `on_event` is called from the recorder's own thread. Every `Recorder` that was started must be stopped.
    """

    def __init__(
        self,
        audio_folder: Path,
        recording_id: RecordingId,
        key: bytes,
        device: str | None = None,
        on_event: OnEvent | None = None,
        *,
        channels: int = 1,
    ) -> None:
        self._audio_folder = audio_folder
        self._recording_id = recording_id
        self._key = key
        self._device = device
        self._channels = channels
        self._on_event = on_event or (lambda _event: None)
        self._child: _Child | None = None
        self._first = threading.Event()
        self._paused = threading.Event()
        self.started: Started | None = None

    @property
    def failure(self) -> Failed | None:
        """What ended the recording, if something did."""
        return self._child.failure if self._child is not None else None

    @property
    def pid(self) -> int | None:
        """The capture process, for those who watch it."""
        return self._child.pid if self._child is not None else None

    def start(self, meter: LevelMeter | None = None) -> Started:
        """Begin, and return when the first quarter of a second is on disk.

        A `meter` that listens to the same device is taken over, which saves the time that opening it takes; any other
        is stopped. Either way it is over: make a new one to listen again after the recording.

        Raises `MicrophoneNotFound`, `SoundSystemMissing`, `DiskFull`, `FolderReadOnly`, `CaptureFailed`; the child is
        gone then.
        """
        self._child = meter.give_up(self._device, self._channels, self._take) if meter is not None else None
        if self._child is None:
            self._child = _Child(self._take)
            self._child.send(do="listen", device=self._device, channels=self._channels)
        self._child.send(
            do="record",
            audio_folder=str(self._audio_folder),
            recording=self._recording_id,
            key=self._key.hex(),
            segment=0,
        )
        self._first.wait(START_TIMEOUT_S)
        if self.started is None:
            self._child.end()
            raise fault(self.failure.code if self.failure else CaptureFailed.__name__)
        return self.started

    def pause(self) -> None:
        """Seal what there is and close the microphone; returns when that is done."""
        if self._child is not None:
            self._paused.clear()
            self._child.send(do="pause")
            self._paused.wait(STOP_TIMEOUT_S)

    def resume(self) -> None:
        """Go on in a new segment; `Started` tells when."""
        if self._child is not None:
            self._child.send(do="resume")

    def mark(self, kind: MarkKind, text: str, author: str) -> MarkId:
        """Mark this moment and return the mark's id; `Marked` tells when it is on disk.

        Of the text the first `LONGEST_MARK` characters are kept.
        """
        mark_id = MarkId(str(uuid.uuid4()))
        self._send(do="mark", id=mark_id, kind=kind.value, text=text[:LONGEST_MARK], author=author[:_LONGEST_NAME])
        return mark_id

    def reword(self, mark_id: MarkId, text: str) -> None:
        """Give a mark another text; the old one is gone from the disk."""
        self._send(do="reword", id=mark_id, text=text[:LONGEST_MARK])

    def forget_mark(self, mark_id: MarkId) -> None:
        """Take a mark away again, from the disk as well."""
        self._send(do="forget_mark", id=mark_id)

    def forget_last(self, ms: int) -> None:
        """Drop exactly the last `ms` of what was heard, running or paused; `Cut` tells when they are gone."""
        self._send(do="forget_last", ms=ms)

    def next_segment(self) -> None:
        """Seal what there is and go on in the next segment without losing a frame; `Segmented` tells when."""
        self._send(do="next_segment")

    def stop(self) -> RecordedSound:
        """Seal, stop and return what was recorded, also when a fault or a kill has ended it before."""
        if self._child is None:
            raise RuntimeError("the recorder was not started")
        self._child.end()
        code = self.failure.code if self.failure is not None else None
        if self._child.stopped is None or code is not None:
            return self._found(code, self._child.stopped)
        return self._child.stopped.sound

    def _send(self, **command: object) -> None:
        if self._child is not None:
            self._child.send(**command)

    def _found(self, code: str | None, told: Stopped | None) -> RecordedSound:
        """Return what a child that died or failed has left on disk, and what it told about it."""
        place = self._audio_folder, self._recording_id, self._key
        counted = told.sound if told is not None else RecordedSound(0, 0, 0, 0)
        with suppress(CubbError):
            complete_cuts(*place)
        try:
            with SoundReader.open(*place) as reader:
                return replace(
                    counted,
                    frames=reader.frames,
                    rate_hz=reader.rate_hz,
                    channels=reader.channels,
                    segments=len(reader.seams) + 1,
                    failure=code,
                )
        except AudioMissing:
            return replace(counted, frames=0, segments=0, failure=code)

    def _take(self, event: Event) -> None:
        if isinstance(event, Started):
            self.started = self.started or event
        if isinstance(event, Started | Failed | Stopped):
            self._first.set()
        if isinstance(event, Paused | Failed | Stopped):
            self._paused.set()
        self._on_event(event)


class LevelMeter:
    """Tells how loud a microphone is, and keeps nothing; `on_level` gets `Level` or, once, `Failed`, from a thread."""

    def __init__(self, device: str | None, on_level: Callable[[Level | Failed], None], *, channels: int = 1) -> None:
        self._on_level = on_level
        self._child: _Child | None = None
        self._device = device
        self._channels = channels

    def start(self) -> None:
        """Begin to listen."""
        self._child = _Child(self._take)
        self._child.send(do="listen", device=self._device, channels=self._channels)

    def stop(self) -> None:
        """Close the microphone; nothing is called after this."""
        if self._child is not None:
            self._child.end()
            self._child = None

    def arm(self) -> None:
        """Say that a recorder takes over at once: what is heard from now on belongs to it."""
        if self._child is not None:
            self._child.send(do="arm")

    def give_up(self, device: str | None, channels: int, on_event: OnEvent) -> _Child | None:
        """Hand over the child if it listens to this very device, else stop it; for `Recorder.start`."""
        child, self._child = self._child, None
        if child is None:
            return None
        if (device, channels) == (self._device, self._channels) and child.listening:
            child.hand_to(on_event)
            return child
        child.end()
        return None

    def _take(self, event: Event) -> None:
        if isinstance(event, Level | Failed):
            self._on_level(event)


def _command() -> list[str]:
    if getattr(sys, "frozen", False):
        return [sys.executable, "capture"]
    return [sys.executable, "-m", "cubb_desktop.audio.capture"]


def _environment() -> dict[str, str]:
    """Let the child find this very package, wherever it is started from."""
    package_home = str(Path(__file__).resolve().parents[2])
    found = [package_home, *filter(None, [os.environ.get("PYTHONPATH")])]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(found)}


def _pipe(pipe: IO[bytes] | None) -> IO[bytes]:
    if pipe is None:
        raise RuntimeError("the child was started without this pipe")
    return pipe
