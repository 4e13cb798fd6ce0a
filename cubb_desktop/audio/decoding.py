"""The decode child: an untrusted file's bytes in, samples out, and nothing else; a process of its own for each file.

Started by `decoder`. It opens nothing: the parent reads the file for it (see `decode_messages`), and `confinement`
takes away everything else before the first byte arrives.
"""

from __future__ import annotations

import json
import os
import signal
import struct
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import BinaryIO, NoReturn

from cubb_desktop.audio.confinement import check_memory, confine, end_after
from cubb_desktop.audio.decode_messages import NUMBER, FileInfo, Kind, block_length, pack
from cubb_desktop.audio.ffmpeg import DecodedFile
from cubb_desktop.audio.offered import OfferedFile
from cubb_desktop.domain.errors import CubbError, SourceTooDemanding

_SENT_BYTES = 1 << 17
_SENT_AFTER_S = 0.5
_CPU_BETWEEN_SIGNS_S = 10.0


def run_decoding(stdin: BinaryIO, stdout: BinaryIO) -> NoReturn:
    """Decode the one file that the parent offers; ends the process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent gets it too, and ends this process
    _rehearse()
    confine()
    parent = Parent(stdin, stdout)
    try:
        _decode(parent)
    except CubbError as refusal:
        parent.say(Kind.REFUSED, refusal.code.encode())
    except MemoryError:
        parent.say(Kind.REFUSED, SourceTooDemanding.__name__.encode())
    os._exit(0)  # nothing to tidy up, and tearing down what a broken file has left is a risk of its own


def _decode(parent: Parent) -> None:
    sound = DecodedFile(OfferedFile(parent))
    parent.say(Kind.FORMAT, _json(sound.info))
    for place, samples in _gathered(sound):
        parent.say(Kind.SOUND, NUMBER.pack(place), samples)
    ending = {"damaged_packets": sound.damaged_packets, "cut_short": sound.is_cut_short}
    parent.say(Kind.END, json.dumps(ending).encode())


class Parent:
    """The other end of the two pipes; when it is gone, this process ends."""

    def __init__(self, stdin: BinaryIO, stdout: BinaryIO) -> None:
        """Say that all is ready, and wait for the file's size."""
        self._stdin = stdin
        self._stdout = stdout
        self.say(Kind.READY)
        self.size_bytes: int = NUMBER.unpack(self._take(NUMBER.size))[0]

    def say(self, kind: Kind, *parts: bytes) -> None:
        """Send a message."""
        end_after(_CPU_BETWEEN_SIGNS_S)
        check_memory()
        try:
            self._stdout.write(pack(kind, *parts))
            self._stdout.flush()
        except OSError:
            os._exit(0)

    def block(self, index: int) -> bytes:
        """Return a block of the file."""
        self.say(Kind.WANT, NUMBER.pack(index))
        return self._take(block_length(index, self.size_bytes))

    def _take(self, length: int) -> bytes:
        taken = self._stdin.read(length)
        if len(taken) < length:
            os._exit(0)
        return taken


def _gathered(sound: DecodedFile) -> Iterator[tuple[int, bytes]]:
    """Yield (place in the file, samples) in parts worth sending, at the latest after half a second."""
    waiting = bytearray()
    at_once = _SENT_BYTES - _SENT_BYTES % (2 * sound.info.channels)
    sent_at = time.monotonic()
    for samples in sound.samples():
        waiting += samples
        if len(waiting) >= at_once or time.monotonic() - sent_at > _SENT_AFTER_S:
            for start in range(0, len(waiting), at_once):
                yield sound.file.tell(), bytes(waiting[start : start + at_once])
            waiting.clear()
            sent_at = time.monotonic()
    if waiting:
        yield sound.file.tell(), bytes(waiting)


def _json(info: FileInfo) -> bytes:
    return json.dumps(asdict(info)).encode()


@dataclass
class _Rehearsal:
    """Blocks that nobody has to send."""

    content: bytes
    size_bytes: int

    def block(self, _index: int) -> bytes:
        return self.content


def _rehearse() -> None:
    """Decode something harmless, and fail at something, so that all is loaded before nothing can be opened any more."""
    wav = struct.pack("<4sI8sIHHIIHH4sI", b"RIFF", 356, b"WAVEfmt ", 16, 1, 1, 8000, 16000, 2, 16, b"data", 320)
    for content in (wav + bytes(320), b"no sound"):
        with suppress(CubbError):
            sound = DecodedFile(OfferedFile(_Rehearsal(content, len(content))))
            _json(sound.info)
            list(_gathered(sound))


if __name__ == "__main__":
    run_decoding(sys.stdin.buffer, sys.stdout.buffer)
