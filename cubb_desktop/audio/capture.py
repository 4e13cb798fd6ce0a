"""The capture child: microphone to sealed chunks, and nothing else; a process of its own, started by `recorder`.

It speaks JSON lines. Commands come on standard input; the end of the input means that the parent is gone, and then it
seals what it has and stops, for nobody is recorded by a program that can't be seen:

    {"do": "listen", "device": id or null, "channels": 1 or 2}      hear a microphone, tell its level
    {"do": "record", "audio_folder": path, "recording": id, "key": hex, "segment": n}      ... and keep what is heard
    {"do": "pause"}, {"do": "resume"}      seal the segment and close the microphone; open it again in a new segment
    {"do": "stop"}      seal and end

Events go to standard output:

    {"event": "started", "rate_hz", "channels", "segment"}      the first chunk is on disk
    {"event": "level", "rms_db", "peak_db", "clipped", "position_ms"}      about ten a second
    {"event": "gap", "position_ms", "lost_ms", "cause": "overflow" or "ring"}      kept as a flag in the chunks, too
    {"event": "paused", "position_ms"}
    {"event": "stopped", "frames", "rate_hz", "channels", "segments", "lost_frames", "overflows", "ring_share"}
    {"event": "failure", "code": name of an error, "position_ms"}      what was on disk is sealed and stays

Three threads: the sound system's (copies blocks into the ring), the main one (encodes, seals, writes), and two helpers
that read commands and write events, so that a parent that does not read can't hold up the sound.
"""

from __future__ import annotations

import json
import os
import queue
import signal
import sys
import threading
import time
from collections import deque
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from cubb_desktop.audio import device
from cubb_desktop.audio.chunks import SegmentWriter
from cubb_desktop.audio.container import ChunkFlags, SoundFormat
from cubb_desktop.audio.flac import Samples
from cubb_desktop.domain.errors import CubbError, MicrophoneLost
from cubb_desktop.domain.ids import RecordingId

RING_S = 12
LOST_AFTER_S = 0.9  # without a block from the microphone for so long, it is gone
FIRST_BLOCK_S = 5.0  # a wireless headset takes its time
_TICK_S = 0.03
_LEVELS_PER_SECOND = 10
_MOST_WAITING_LEVELS = 50
_FLOOR_DB = -120.0
_LONGEST_COMMAND = 65_536

Message = dict[str, Any]


class Ring:
    """Carries sound from the callback's thread (`put`) to one other (`take`) without a lock; holds `RING_S` seconds."""

    def __init__(self, rate_hz: int, channels: int, seconds: float = RING_S) -> None:
        self._kept = np.zeros((round(rate_hz * seconds), channels), np.int16)
        self._written = 0
        self._taken = 0
        self._lost: deque[tuple[int, int]] = deque()  # (frames written before it, frames lost; 0: the card lost some)
        self.blocks = 0
        self.last_block_at = time.monotonic()
        self.fullest = 0.0

    def put(self, block: Any, frames: int, overflow: bool) -> None:
        """Copy a block in; what finds no room is counted and becomes silence."""
        self.last_block_at = time.monotonic()
        self.blocks += 1
        if overflow:
            self._lost.append((self._written, 0))
        size = len(self._kept)
        if frames > size - (self._written - self._taken):
            self._lost.append((self._written, frames))
            return
        samples = np.frombuffer(block, np.int16).reshape(frames, -1)
        place = self._written % size
        first = min(frames, size - place)
        self._kept[place : place + first] = samples[:first]
        self._kept[: frames - first] = samples[first:]
        self._written += frames

    def take(self) -> tuple[Samples, int | None]:
        """Return what came up to the next loss (frames, channels), and that loss in frames (None: there was none)."""
        written = self._written
        self.fullest = max(self.fullest, (written - self._taken) / len(self._kept))
        lost = None
        if self._lost:
            written, lost = self._lost.popleft()
        size = len(self._kept)
        place, frames = self._taken % size, written - self._taken
        first = min(frames, size - place)
        samples = np.concatenate([self._kept[place : place + first], self._kept[: frames - first]])
        self._taken = written
        return samples, lost


class Level:
    """Measures how loud it is, a tenth of a second at a time."""

    def __init__(self, rate_hz: int) -> None:
        self._wanted = rate_hz // _LEVELS_PER_SECOND
        self._frames = self._count = 0
        self._squares = 0.0
        self._peak = 0

    def add(self, samples: Samples) -> Message | None:
        """Take samples; return the level of the stretch since the last one when it is long enough."""
        if len(samples):
            wide = samples.astype(np.float32)
            self._squares += float(np.dot(wide.ravel(), wide.ravel()))
            self._peak = max(self._peak, int(np.abs(wide).max()))
            self._frames += len(samples)
            self._count += samples.size
        if self._frames < self._wanted:
            return None
        told = {
            "rms_db": _decibels((self._squares / self._count) ** 0.5),
            "peak_db": _decibels(self._peak),
            "clipped": self._peak >= 32_767,
        }
        self._frames = self._count = self._peak = 0
        self._squares = 0.0
        return told


def _decibels(amplitude: float) -> float:
    return round(max(_FLOOR_DB, 20 * float(np.log10(max(amplitude, 1e-6) / 32_768))), 1)


class Capture:
    """One microphone and the segments written from it; lives in the main thread of the child."""

    def __init__(self, tell: Telling) -> None:
        self._tell = tell
        self._stream: device.InputStream | None = None
        self._ring = Ring(1, 1)
        self._level = Level(1)
        self._writer: SegmentWriter | None = None
        self._listen: Message = {}
        self._target: Message = {}
        self._format: SoundFormat | None = None
        self._sealed_frames = 0
        self._segments = self._lost_frames = self._overflows = 0
        self._ring_share = 0.0
        self._has_started = False

    def handle(self, command: Message) -> bool:
        """Do what a command says; return whether to go on."""
        match command.get("do"):
            case "listen":
                self._listen = command
                self._open()
            case "record":
                self._target = command
                self._begin_segment()
            case "pause" if self._writer is not None:
                self._end_segment()
                self._tell({"event": "paused", "position_ms": self._position_ms()})
            case "resume" if self._writer is None and self._target:
                self._open()
                self._begin_segment()
            case "stop" | "gone":
                self._end_segment()
                return False
        return True

    def pump(self) -> None:
        """Move what has been heard to disk; raises `MicrophoneLost` and the faults of the disk."""
        if self._stream is None:
            return
        self._drain()
        silent_s = time.monotonic() - self._ring.last_block_at
        if not self._stream.active or silent_s > (LOST_AFTER_S if self._ring.blocks else FIRST_BLOCK_S):
            raise MicrophoneLost

    def fail(self, error: CubbError) -> None:
        """Save what can be saved, and say what happened."""
        with suppress(CubbError):
            self._end_segment()
        self._tell({"event": "failure", "code": error.code, "position_ms": self._position_ms()})

    def summary(self) -> Message:
        sound = self._format or SoundFormat(0, 0)
        return {
            "event": "stopped",
            "frames": self._sealed_frames,
            "rate_hz": sound.rate_hz,
            "channels": sound.channels,
            "segments": self._segments,
            "lost_frames": self._lost_frames,
            "overflows": self._overflows,
            "ring_share": round(self._ring_share, 3),
        }

    def _open(self) -> None:
        """Open the microphone; a later segment has the first one's rate and channels."""
        known = self._format
        ring: list[Ring] = []

        def on_block(block: Any, frames: int, overflow: bool) -> None:
            if ring:
                ring[0].put(block, frames, overflow)

        self._stream = device.open_input(
            self._listen.get("device"),
            on_block,
            rate_hz=known.rate_hz if known else None,
            channels=known.channels if known else int(self._listen.get("channels") or 1),
        )
        self._ring = Ring(self._stream.rate_hz, self._stream.channels)
        self._level = Level(self._stream.rate_hz)
        ring.append(self._ring)

    def _begin_segment(self) -> None:
        if self._stream is None:
            raise RuntimeError("record before listen")
        self._drain()
        self._format = SoundFormat(self._stream.rate_hz, self._stream.channels)
        self._writer = SegmentWriter.create(
            Path(self._target["audio_folder"]),
            RecordingId(self._target["recording"]),
            int(self._target["segment"]) + self._segments,
            bytes.fromhex(self._target["key"]),
            self._format,
        )
        self._segments += 1
        self._has_started = False

    def _drain(self) -> None:
        lost: int | None = 0
        while lost is not None:
            samples, lost = self._ring.take()
            self._keep(samples, ChunkFlags.NONE)
            if lost is not None:
                self._note_loss(lost)
        self._ring_share = max(self._ring_share, self._ring.fullest)
        if self._writer is not None and self._writer.frames and not self._has_started and self._stream is not None:
            self._has_started = True
            self._tell(
                {
                    "event": "started",
                    "rate_hz": self._stream.rate_hz,
                    "channels": self._stream.channels,
                    "segment": int(self._target["segment"]) + self._segments - 1,
                }
            )

    def _keep(self, samples: Samples, flags: ChunkFlags) -> None:
        if self._writer is not None:
            self._writer.append(samples, flags)
        level = self._level.add(samples)
        if level is not None:
            self._tell({"event": "level", **level, "position_ms": self._position_ms()})

    def _note_loss(self, lost: int) -> None:
        """Mark lost sound; where its length is known, silence takes its place, so that times never shift."""
        if self._writer is None or self._format is None:
            return
        position_ms = self._position_ms()
        if lost:
            self._lost_frames += lost
            self._keep(np.zeros((lost, self._format.channels), np.int16), ChunkFlags.LOST)
        else:
            self._overflows += 1
            self._writer.mark(ChunkFlags.OVERFLOW)
        lost_ms = lost * 1000 // self._format.rate_hz
        cause = "ring" if lost else "overflow"
        self._tell({"event": "gap", "position_ms": position_ms, "lost_ms": lost_ms, "cause": cause})

    def _end_segment(self) -> None:
        """Close the microphone, write what it still gave, seal the segment."""
        stream, self._stream = self._stream, None
        if stream is not None:
            stream.close()
        writer = self._writer
        if writer is None:
            return
        try:
            self._drain()
        finally:
            self._writer = None
            try:
                self._sealed_frames += writer.finish()
            except CubbError:
                self._sealed_frames += writer.frames
                raise

    def _position_ms(self) -> int:
        if self._format is None:
            return 0
        frames = self._sealed_frames + (self._writer.frames if self._writer is not None else 0)
        return frames * 1000 // self._format.rate_hz


class Telling:
    """Writes events from a thread of its own; levels are dropped when nobody reads them."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._waiting: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._write, name="events", daemon=True)
        self._thread.start()

    def __call__(self, event: Message) -> None:
        if event["event"] != "level" or self._waiting.qsize() < _MOST_WAITING_LEVELS:
            self._waiting.put(json.dumps(event).encode() + b"\n")

    def finish(self) -> None:
        """Wait a moment for the last events to be read."""
        self._waiting.put(None)
        self._thread.join(1.0)

    def _write(self) -> None:
        while (line := self._waiting.get()) is not None:
            with suppress(OSError):
                while line:
                    line = line[os.write(self._descriptor, line) :]


def _read_commands(descriptor: int, commands: queue.SimpleQueue[Message]) -> None:
    """Put each line's command into the queue, and "gone" when there will be no more."""
    waiting = b""
    with suppress(OSError):
        while len(waiting) < _LONGEST_COMMAND and (part := os.read(descriptor, _LONGEST_COMMAND)):
            *lines, waiting = (waiting + part).split(b"\n")
            for line in lines:
                with suppress(ValueError):
                    command = json.loads(line)
                    if isinstance(command, dict):
                        commands.put(command)
    commands.put({"do": "gone"})


def run_capture(stdin: BinaryIO, stdout: BinaryIO) -> int:
    """Serve commands until told to stop or the parent is gone; return the process's exit code."""
    commands: queue.SimpleQueue[Message] = queue.SimpleQueue()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent gets it too, and says what to do
    signal.signal(signal.SIGTERM, lambda *_: commands.put({"do": "stop"}))
    threading.Thread(target=_read_commands, args=(stdin.fileno(), commands), name="commands", daemon=True).start()
    tell = Telling(stdout.fileno())
    capture = Capture(tell)
    try:
        going = True
        while going:
            with suppress(queue.Empty):
                going = capture.handle(commands.get(timeout=_TICK_S))
            if going:
                capture.pump()
        tell(capture.summary())
    except CubbError as error:
        capture.fail(error)
        tell(capture.summary())
    tell.finish()
    return 0


if __name__ == "__main__":
    sys.exit(run_capture(sys.stdin.buffer, sys.stdout.buffer))
