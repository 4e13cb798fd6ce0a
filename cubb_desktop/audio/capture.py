"""The capture child: microphone to sealed chunks, and nothing else; a process of its own, started by `recorder`.

It speaks JSON lines. Commands come on standard input; the end of the input means that the parent is gone, and then it
seals what it has and stops, for nobody is recorded by a program that can't be seen:

    {"do": "listen", "device": id or null, "channels": 1 or 2}      hear a microphone, tell its level
    {"do": "arm"}      what is heard from now on belongs to the `record` that follows at once, or to nobody
    {"do": "record", "audio_folder": path, "recording": id, "key": hex, "segment": n}      ... and keep what is heard
    {"do": "pause"}, {"do": "resume"}      seal the segment and close the microphone; open it again in a new segment
    {"do": "next_segment"}      seal the segment and go on in the next without losing a frame
    {"do": "forget_last", "ms": n}      drop exactly the last n ms, running or paused
    {"do": "mark", "id", "kind", "text", "author"}, {"do": "reword", "id", "text"}, {"do": "forget_mark", "id"}
    {"do": "stop"}      seal and end

Events go to standard output:

    {"event": "started", "rate_hz", "channels", "segment"}      the first chunk of a segment is on disk
    {"event": "level", "rms_db", "peak_db", "clipped", "position_ms"}      about ten a second
    {"event": "gap", "position_ms", "lost_ms", "cause": "overflow" or "ring"}      kept as a flag in the chunks, too
    {"event": "moved", "device", "position_ms", "lost_ms"}      another microphone goes on in a new segment
    {"event": "paused", "position_ms"}, {"event": "segmented", "segment", "position_ms"}
    {"event": "marked", "id", "kind", "position_ms"}, {"event": "cut", "position_ms", "dropped_ms"}
    {"event": "disk_low", "minutes_left"}
    {"event": "stopped", "frames", "rate_hz", "channels", "segments", "lost_frames", "overflows", "ring_share"}
    {"event": "failure", "code": name of an error, "position_ms"}      what was on disk is sealed and stays

Three threads: the sound system's (copies blocks into the ring), the main one (encodes, seals, writes), and two helpers
that read commands and write events, so that a parent that does not read can't hold up the sound.
"""

from __future__ import annotations

import json
import os
import queue
import shutil
import signal
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from cubb_desktop.audio import cuts, device
from cubb_desktop.audio.chunk_index import write_index
from cubb_desktop.audio.chunks import Reserve, SegmentWriter, recording_folder, segment_files
from cubb_desktop.audio.container import ChunkFlags, SoundFormat, Trail
from cubb_desktop.audio.flac import Samples
from cubb_desktop.audio.journal import MarkJournal
from cubb_desktop.audio.microphone import Microphone
from cubb_desktop.audio.ring import Loudness
from cubb_desktop.domain.errors import CubbError, DiskFull, MicrophoneLost, MicrophoneNotFound
from cubb_desktop.domain.ids import MarkId, RecordingId
from cubb_desktop.domain.recording import Mark, MarkKind

MOVE_WITHIN_S = 3.0  # another microphone must give sound by then, or the recording stops loudly
LONGEST_GAP_S = 10.0  # no more silence than this is put in for the time without a microphone
LOW_DISK_MINUTES = 30
ARMED_S = 5.0  # well within the ring; a `record` that is not there by then is not coming
_NEXT_AFTER_S = 2.2  # a microphone that opens and says nothing is passed over; PulseAudio may take two seconds
_LOOK_AGAIN_S = 0.25
_DISK_EVERY_S = 5.0
_TICK_S = 0.03
_STARTING_TICK_S = 0.004
_MOST_WAITING_LEVELS = 50
_LONGEST_COMMAND = 65_536

Message = dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Target:
    """Whose sound is kept, and where."""

    audio_folder: Path
    recording_id: RecordingId
    key: bytes
    first_segment: int


@dataclass(slots=True)
class _Move:
    """The search for the next microphone; `silent_since` is None where no time was lost, after a pause."""

    lost_id: str | None
    silent_since: float | None
    begun_at: float = field(default_factory=time.monotonic)
    looked_at: float = 0.0
    candidates: list[str] = field(default_factory=list)


class Capture:
    """One recording: its microphones, and the segments and marks written; lives in the main thread of the child."""

    def __init__(self, tell: Callable[[Message], None]) -> None:
        self._tell = tell
        self._listen: Message = {}
        self._target: _Target | None = None
        self._mic: Microphone | None = None
        self._move: _Move | None = None
        self._loudness = Loudness(1)
        self._writer: SegmentWriter | None = None
        self._journal: MarkJournal | None = None
        self._reserve: Reserve | None = None
        self._format: SoundFormat | None = None
        self._sealed_frames = 0
        self._segment = 0  # the number of the next segment
        self._trails: list[Trail] = []  # where the chunks of closed segments lie
        self._lost_frames = self._overflows = 0
        self._ring_share = 0.0
        self._to_start = self._has_room = False
        self._disk_looked_at = 0.0
        self._armed_at: float | None = None
        self._minutes_told = LOW_DISK_MINUTES
        self._does: dict[str, Callable[[Message], None]] = {
            "listen": self._on_listen,
            "arm": self._on_arm,
            "record": self._on_record,
            "pause": self._on_pause,
            "resume": self._on_resume,
            "next_segment": self._on_next_segment,
            "forget_last": self._on_forget_last,
            "mark": self._on_mark,
            "reword": self._on_reword,
            "forget_mark": self._on_forget_mark,
        }

    @property
    def tick_s(self) -> float:
        """How long to wait for a command before the next `pump`; short while somebody waits for the first chunk."""
        return _STARTING_TICK_S if self._to_start or self._armed_at is not None else _TICK_S

    def handle(self, command: Message) -> bool:
        """Do what a command says; return whether to go on."""
        do = command.get("do")
        if do in {"stop", "gone"}:
            self._end()
            return False
        if do in self._does and (do in {"listen", "arm", "record"} or self._target is not None):
            self._does[do](command)
        return True

    def pump(self) -> None:
        """Move what has been heard to disk; raises `MicrophoneLost` and the faults of the disk."""
        if self._move is not None:
            self._look_for_another(self._move)
        elif self._mic is not None:
            if self._armed_at is None or time.monotonic() - self._armed_at > ARMED_S:
                self._armed_at = None
                self._drain()
            if self._mic.gone:
                self._lose(self._mic)
        self._watch_disk()

    def fail(self, error: CubbError) -> None:
        """Save what can be saved, and say what happened."""
        with suppress(CubbError):
            self._end()
        self._tell({"event": "failure", "code": error.code, "position_ms": self._position_ms()})

    def summary(self) -> Message:
        sound = self._format or SoundFormat(0, 0)
        return {
            "event": "stopped",
            "frames": self._sealed_frames,
            "rate_hz": sound.rate_hz,
            "channels": sound.channels,
            "segments": self._segment - (self._target.first_segment if self._target is not None else 0),
            "lost_frames": self._lost_frames,
            "overflows": self._overflows,
            "ring_share": round(self._ring_share, 3),
        }

    # --- commands ----------------------------------------------------------------------------------------------------

    def _on_listen(self, command: Message) -> None:
        self._listen = command
        self._hear(Microphone(command.get("device"), int(command.get("channels") or 1)))

    def _on_arm(self, _command: Message) -> None:
        self._drain()  # what was heard before is nobody's
        self._armed_at = time.monotonic()

    def _on_record(self, command: Message) -> None:
        if self._mic is None:
            raise RuntimeError("record before listen")
        place = Path(command["audio_folder"]), RecordingId(command["recording"]), bytes.fromhex(command["key"])
        self._target = _Target(*place, int(command["segment"]))
        self._segment = self._target.first_segment
        if self._armed_at is None or time.monotonic() - self._armed_at > ARMED_S:
            self._drain()  # what was heard before is nobody's
        self._armed_at = None
        self._format = self._mic.format
        self._reserve = Reserve(*place[:2])
        self._journal = MarkJournal(*place)
        self._begin_segment(self._target, self._format)

    def _on_pause(self, _command: Message) -> None:
        self._move = None
        self._end_segment()
        self._tell({"event": "paused", "position_ms": self._position_ms()})

    def _on_resume(self, _command: Message) -> None:
        if self._writer is not None or self._move is not None or self._target is None or self._format is None:
            return
        wanted = self._listen.get("device")
        try:
            if wanted is None:
                device.refresh()  # the default may be another one by now
            self._hear(Microphone(wanted, known=self._format))
        except MicrophoneNotFound:
            self._move = _Move(None, None)
        else:
            self._begin_segment(self._target, self._format)

    def _on_next_segment(self, _command: Message) -> None:
        if self._target is None or self._format is None:
            return
        self._drain()
        if self._writer is not None:
            self._seal()
            self._begin_segment(self._target, self._format)
            number = self._segment - 1
        else:
            number = self._segment  # paused: it will begin with what comes
        self._tell({"event": "segmented", "segment": number, "position_ms": self._position_ms()})

    def _on_forget_last(self, command: Message) -> None:
        if self._target is None or self._format is None:
            return
        if self._move is None:
            self._drain()
        heard, rate_hz = self._heard_frames(), self._format.rate_hz
        dropped = min(heard, max(0, int(command["ms"])) * rate_hz // 1000)
        if self._writer is not None and dropped <= self._writer.waiting:
            self._writer.drop_waiting(dropped)
            self._forget_marks((heard - dropped) * 1000 // rate_hz, dropped)
        elif dropped:
            self._cut(self._target, self._format, heard - dropped)
        position_ms = (heard - dropped) * 1000 // rate_hz
        self._tell({"event": "cut", "position_ms": position_ms, "dropped_ms": dropped * 1000 // rate_hz})

    def _on_mark(self, command: Message) -> None:
        if self._journal is None or self._format is None:
            return
        if self._move is None:
            self._drain()
        at_ms = self._heard_frames() * 1000 // self._format.rate_hz
        kind = MarkKind(command["kind"])
        self._journal.add(Mark(MarkId(command["id"]), kind, at_ms, command["text"], command["author"]))
        self._tell({"event": "marked", "id": command["id"], "kind": kind.value, "position_ms": at_ms})

    def _on_reword(self, command: Message) -> None:
        if self._journal is not None:
            self._journal.reword(MarkId(command["id"]), command["text"])

    def _on_forget_mark(self, command: Message) -> None:
        if self._journal is not None:
            self._journal.forget(MarkId(command["id"]))

    # --- segments ----------------------------------------------------------------------------------------------------

    def _begin_segment(self, target: _Target, sound: SoundFormat) -> None:
        self._writer = SegmentWriter.create(target.audio_folder, target.recording_id, self._segment, target.key, sound)
        self._segment += 1
        self._to_start = True

    def _drain(self) -> None:
        """Take what was heard, to disk if it is to be kept."""
        lost: int | None = 0
        while self._mic is not None and lost is not None:
            samples, lost = self._mic.take()
            self._keep(samples, ChunkFlags.NONE)
            if lost is not None:
                self._note_loss(lost)
            self._ring_share = max(self._ring_share, self._mic.ring.fullest)

    def _keep(self, samples: Samples, flags: ChunkFlags) -> None:
        if self._writer is not None:
            self._writer.append(samples, flags)
            if self._to_start and self._writer.frames:
                self._say_started()
        level = self._loudness.add(samples)
        if level is not None:
            self._tell({"event": "level", **level, "position_ms": self._position_ms()})

    def _say_started(self) -> None:
        self._to_start = False
        sound = self._format or SoundFormat(0, 0)
        event = {"event": "started", "rate_hz": sound.rate_hz, "channels": sound.channels, "segment": self._segment - 1}
        self._tell(event)
        if self._reserve is not None:
            self._reserve.fill()

    def _note_loss(self, lost: int) -> None:
        """Mark lost sound; where its length is known, silence takes its place, so that times never shift."""
        if self._writer is None or self._format is None:
            return
        position_ms = self._position_ms()
        if lost:
            self._put_silence(lost)
        else:
            self._overflows += 1
            self._writer.mark(ChunkFlags.OVERFLOW)
        lost_ms = lost * 1000 // self._format.rate_hz
        cause = "ring" if lost else "overflow"
        self._tell({"event": "gap", "position_ms": position_ms, "lost_ms": lost_ms, "cause": cause})

    def _put_silence(self, frames: int) -> None:
        self._lost_frames += frames
        sound = self._format or SoundFormat(0, 0)
        self._keep(np.zeros((frames, sound.channels), np.int16), ChunkFlags.LOST)

    def _end_segment(self) -> None:
        """Close the microphone, write what it still gave, seal the segment."""
        mic = self._mic
        if mic is not None:
            mic.close()
        try:
            if self._writer is not None and not self._writer.failed:
                self._drain()
                if mic is not None:
                    self._keep(mic.rest(), ChunkFlags.NONE)
        finally:
            self._mic = None
            self._seal()

    def _seal(self) -> None:
        """Close the segment that is being written, if there is one."""
        writer, self._writer = self._writer, None
        self._to_start = False
        if writer is None:
            return
        try:
            self._sealed_frames += writer.finish(with_rest=self._has_room)
            self._trails += [writer.trail] if writer.trail is not None else []
        except CubbError:
            self._sealed_frames += writer.frames
            raise

    def _end(self) -> None:
        """Seal what there is and let go of everything."""
        self._move = None
        self._has_room = self._reserve is not None and self._reserve.spend()
        try:
            try:
                self._end_segment()
            finally:
                journal, self._journal = self._journal, None
                if journal is not None:
                    journal.close()
                self._write_index()
        finally:
            if self._reserve is not None:
                self._reserve.release()
                self._reserve = None

    def _write_index(self) -> None:
        target, trails, self._trails = self._target, self._trails, []
        if target is not None and trails:
            folder = recording_folder(target.audio_folder, target.recording_id)
            write_index(folder, target.recording_id, target.key, trails)

    # --- forgetting --------------------------------------------------------------------------------------------------

    def _cut(self, target: _Target, sound: SoundFormat, keep_frames: int) -> None:
        """Take everything after the first `keep_frames` from the disk and go on, if it was going, in a new segment."""
        place = target.audio_folder, target.recording_id, target.key
        try:
            cuts.intend_cut(*place, keep_frames)
        except DiskFull:
            if self._reserve is None:
                raise
            self._reserve.spend()
            cuts.intend_cut(*place, keep_frames)
        writer, self._writer = self._writer, None
        if writer is not None:
            writer.abandon()
        if self._journal is not None:
            self._journal.abandon()
        self._sealed_frames = keep_frames
        self._trails.clear()  # some of them are other segments now, and which is not worth knowing
        cuts.do_cut(*place)
        self._forget_marks(keep_frames * 1000 // sound.rate_hz, 1)
        self._segment = max(segment_files(*place[:2]), default=target.first_segment - 1) + 1
        if writer is not None:
            self._begin_segment(target, sound)

    def _forget_marks(self, end_ms: int, dropped_frames: int) -> None:
        if self._journal is not None and dropped_frames:
            self._journal.cut(end_ms)

    # --- microphones -------------------------------------------------------------------------------------------------

    def _hear(self, mic: Microphone) -> None:
        self._mic = mic
        self._loudness = Loudness(mic.format.rate_hz)

    def _lose(self, mic: Microphone) -> None:
        """Seal what the microphone gave before it went, and look for another; without a recording that is the end."""
        silent_since = mic.ring.last_block_at
        self._end_segment()
        if self._target is None:
            raise MicrophoneLost
        self._move = _Move(mic.device.id, silent_since)

    def _look_for_another(self, move: _Move) -> None:
        """Try the next microphone, or see whether the one that was opened gives sound."""
        now = time.monotonic()
        if self._mic is not None and self._mic.ring.blocks:
            self._go_on(self._mic, move)
            return
        if now - move.begun_at > MOVE_WITHIN_S:
            raise MicrophoneLost
        if self._mic is not None:
            if now - self._mic.opened_at > _NEXT_AFTER_S:
                self._mic.close()
                self._mic = None
        elif move.candidates:
            with suppress(MicrophoneNotFound):
                self._hear(Microphone(move.candidates.pop(0), known=self._format))
        elif now - move.looked_at > _LOOK_AGAIN_S:
            move.looked_at = now
            with suppress(MicrophoneNotFound):
                device.refresh()
                found = sorted(device.inputs(), key=lambda known: known.id == move.lost_id)
                move.candidates = [known.id for known in found]

    def _go_on(self, mic: Microphone, move: _Move) -> None:
        """Go on with another microphone; flagged silence stands for the time without one."""
        if self._target is None or self._format is None:
            return
        self._move = None
        lost_ms = 0
        if move.silent_since is not None:
            lost_s = min(max(0.0, mic.ring.first_frame_at - move.silent_since), LONGEST_GAP_S)
            lost_ms = round(lost_s * 1000)
        position_ms = self._position_ms()
        self._begin_segment(self._target, self._format)
        self._put_silence(lost_ms * self._format.rate_hz // 1000)
        self._tell({"event": "moved", "device": mic.device.name, "position_ms": position_ms, "lost_ms": lost_ms})

    # --- where we are ------------------------------------------------------------------------------------------------

    def _heard_frames(self) -> int:
        """The frames up to this moment, those that wait to be a whole chunk included."""
        writer = self._writer
        return self._sealed_frames + (writer.frames + writer.waiting if writer is not None else 0)

    def _position_ms(self) -> int:
        """How much is on disk."""
        if self._format is None:
            return 0
        frames = self._sealed_frames + (self._writer.frames if self._writer is not None else 0)
        return frames * 1000 // self._format.rate_hz

    def _watch_disk(self) -> None:
        """Say how many minutes there is room for when they are few and have become fewer."""
        now = time.monotonic()
        if self._writer is None or self._format is None or self._target is None:
            return
        if now - self._disk_looked_at < _DISK_EVERY_S:
            return
        self._disk_looked_at = now
        frame_bytes = 2 * self._format.channels  # sealed sound is smaller: there will be more room, not less
        with suppress(OSError):
            free = shutil.disk_usage(self._target.audio_folder).free
            minutes = free // (frame_bytes * self._format.rate_hz * 60)
            if minutes < self._minutes_told:
                self._minutes_told = minutes
                self._tell({"event": "disk_low", "minutes_left": minutes})


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
                going = capture.handle(commands.get(timeout=capture.tick_s))
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
