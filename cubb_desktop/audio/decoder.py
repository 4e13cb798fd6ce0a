"""Starts, feeds, watches and ends a decode child; what the child says is untrusted, and counted here once more."""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO, TypeGuard, cast

import numpy as np

from cubb_desktop.audio.decode_messages import (
    LARGEST_RATE_HZ,
    LONGEST_HOURS,
    MOST_CHANNELS,
    NUMBER,
    FileInfo,
    GarbledError,
    Kind,
    Message,
    block_length,
    receive,
)
from cubb_desktop.audio.flac import Samples
from cubb_desktop.audio.sources import Source
from cubb_desktop.domain.errors import (
    CubbError,
    DecoderUnavailable,
    ImportCancelled,
    SourceDamaged,
    SourceNotSound,
    SourceStuck,
    SourceTooDemanding,
    SourceTooLarge,
    SourceUnreadable,
    SourceUnsafe,
)

STUCK_AFTER_S = 5.0  # without a sample or a byte further into the file
_START_TIMEOUT_S = 30.0  # a cold disk and a virus scanner take their time
_DRIVE_TIMEOUT_S = 30.0
_SLOWER_THAN_HEARD_S = 60.0  # so much waiting is allowed besides the length of the sound
_TICK_S = 0.1
_END_TIMEOUT_S = 5.0
_MOST_WAITING = 8
_LONGEST_NAME = 64
_BYTES_PER_WAITED_SECOND = 1 << 20
_REFUSALS: dict[bytes, type[CubbError]] = {
    refusal.__name__.encode(): refusal for refusal in (SourceDamaged, SourceNotSound, SourceTooDemanding)
}
_KILLED_FOR_MEMORY = -9  # the system's own last resort; this side has not killed it
_KILLED_FOR_TIME = -27  # SIGPROF, of the child's own timer


class DecodeChild:
    """One decode process and the thread that feeds it the file and hears it; must be closed.

    It loads its libraries as soon as it is started; `begin` gives it the file.
    """

    def __init__(self, stopped: Callable[[], bool]) -> None:
        """Start the process; raises `DecoderUnavailable`. `stopped` is asked several times a second while waiting."""
        self._stopped = stopped
        try:
            self._process = subprocess.Popen(
                _command(),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,  # libraries quote what they work on
                env=_environment(),
                creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
            )
        except OSError:
            raise DecoderUnavailable from None
        self._inbox: queue.Queue[Message | CubbError | EOFError] = queue.Queue(_MOST_WAITING)
        self._reader: threading.Thread | None = None
        self._is_ready = False
        self._is_reading_file = False
        self._size_bytes = 0
        self._info: FileInfo | None = None
        self._furthest = 0
        self._waited_s = 0.0
        self.place = 0
        self.frames = 0
        self.damaged_packets = 0
        self.is_cut_short = False

    @property
    def pid(self) -> int:
        return self._process.pid

    def begin(self, source: Source) -> FileInfo:
        """Offer the file, whose digest has been taken, and return what it says it holds.

        Raises the `Source...` family, `DecoderUnavailable`, `ImportCancelled`.
        """
        self._size_bytes = source.size_bytes
        self._reader = threading.Thread(target=self._feed, args=(source,), name="decoder", daemon=True)
        self._reader.start()
        if self._take().kind is not Kind.READY:
            raise SourceUnsafe
        self._is_ready = True
        message = self._take()
        if message.kind is not Kind.FORMAT:
            raise SourceUnsafe
        self._info = _checked_info(message.untrusted)
        return self._info

    def blocks(self) -> Iterator[Samples]:
        """Yield int16 samples (frames, channels) in order, after `begin`; raises as that does."""
        if self._info is None:
            raise RuntimeError("blocks before begin")
        while (message := self._take()).kind is Kind.SOUND:
            yield self._counted(message.untrusted, self._info)
        if message.kind is not Kind.END:
            raise SourceUnsafe
        self.damaged_packets, self.is_cut_short = _checked_ending(message.untrusted)

    def close(self) -> None:
        """End the process, whatever it is at; returns when it is gone."""
        self._process.kill()
        self._process.wait()
        patience = round(_END_TIMEOUT_S / _TICK_S)
        while self._reader is not None and self._reader.is_alive() and patience:
            with suppress(queue.Empty):
                while True:
                    self._inbox.get_nowait()
            self._reader.join(_TICK_S)
            patience -= self._is_reading_file  # of a drive that does not answer; the thread lets go when it does
        for pipe in (self._process.stdin, self._process.stdout):
            with suppress(OSError):
                cast("BinaryIO", pipe).close()

    # --- in the thread -----------------------------------------------------------------------------------------------

    def _feed(self, source: Source) -> None:
        stdin, stdout = cast("BinaryIO", self._process.stdin), cast("BinaryIO", self._process.stdout)
        last: CubbError | EOFError = EOFError()
        try:
            with suppress(OSError, ValueError):  # the child is gone (its code tells why), or `close` did not wait
                stdin.write(NUMBER.pack(source.size_bytes))
                stdin.flush()
                while message := receive(stdout):
                    if message.kind is Kind.WANT:
                        stdin.write(self._wanted(source, message.untrusted))
                        stdin.flush()
                    else:
                        self._inbox.put(message)
        except GarbledError:
            last = SourceUnsafe()
        except CubbError as fault:
            last = fault
        self._inbox.put(last)

    def _wanted(self, source: Source, untrusted: bytes) -> bytes:
        if len(untrusted) != NUMBER.size:
            raise GarbledError
        index: int = NUMBER.unpack(untrusted)[0]
        if not block_length(index, source.size_bytes):
            raise GarbledError
        self._is_reading_file = True
        try:
            block = source.block(index)
        finally:
            self._is_reading_file = False
        self._furthest = max(self._furthest, index + 1)
        return block

    # --- in the caller's thread --------------------------------------------------------------------------------------

    def _take(self) -> Message:
        """Return the child's next message; raises what ended it, or what it is ended for."""
        still_s, furthest = 0.0, self._furthest
        while (found := self._taken_in_a_tick()) is None:
            if self._stopped():
                raise ImportCancelled
            still_s = still_s + _TICK_S if furthest == self._furthest else 0.0
            furthest = self._furthest
            self._check_patience(still_s)
        self._check_patience(still_s)
        if isinstance(found, CubbError):
            raise found
        if isinstance(found, EOFError):
            raise self._what_ended_it()
        if found.kind is Kind.REFUSED:
            if found.untrusted == SourceTooLarge.__name__.encode():
                raise SourceTooLarge(hours=LONGEST_HOURS)
            refusal = _REFUSALS.get(found.untrusted, SourceUnsafe)
            raise refusal
        return found

    def _taken_in_a_tick(self) -> Message | CubbError | EOFError | None:
        before = time.monotonic()
        try:
            return self._inbox.get(timeout=_TICK_S)
        except queue.Empty:
            return None
        finally:  # a computer that was asleep has not been waiting
            self._waited_s += min(time.monotonic() - before, _TICK_S)

    def _check_patience(self, still_s: float) -> None:
        if not self._is_ready:
            if still_s >= _START_TIMEOUT_S:
                raise DecoderUnavailable
            return
        if self._is_reading_file:
            if still_s >= _DRIVE_TIMEOUT_S:
                raise SourceUnreadable
            return
        heard_s = self.frames / self._info.rate_hz if self._info is not None else 0.0
        allowed_s = _SLOWER_THAN_HEARD_S + heard_s + self._size_bytes / _BYTES_PER_WAITED_SECOND
        if still_s >= STUCK_AFTER_S or self._waited_s > allowed_s:
            raise SourceStuck

    def _what_ended_it(self) -> CubbError:
        try:
            code = self._process.wait(_END_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            return SourceStuck()
        if not self._is_ready:
            return DecoderUnavailable()
        if code == _KILLED_FOR_MEMORY:
            return SourceTooDemanding()
        return SourceStuck() if code == _KILLED_FOR_TIME else SourceUnsafe()

    def _counted(self, untrusted: bytes, info: FileInfo) -> Samples:
        frame_bytes = 2 * info.channels
        frames, rest = divmod(len(untrusted) - NUMBER.size, frame_bytes)
        if rest or frames <= 0:
            raise SourceUnsafe
        self.place = min(NUMBER.unpack_from(untrusted)[0], self._size_bytes)
        self.frames += frames
        if self.frames > LONGEST_HOURS * 3600 * info.rate_hz:
            raise SourceTooLarge(hours=LONGEST_HOURS)
        samples: Samples = np.frombuffer(untrusted, "<i2", offset=NUMBER.size).reshape(frames, -1)
        return samples


def _checked_info(untrusted: bytes) -> FileInfo:
    said = _parsed(untrusted)
    duration_ms, rate_hz, channels = said.get("duration_ms"), said.get("rate_hz"), said.get("channels")
    if duration_ms is not None and not _is_count(duration_ms):
        raise SourceUnsafe
    if not (_is_count(rate_hz) and _is_count(channels) and rate_hz and channels):
        raise SourceUnsafe
    too_long = duration_ms is not None and duration_ms > LONGEST_HOURS * 3_600_000
    if too_long or channels > MOST_CHANNELS or rate_hz > LARGEST_RATE_HZ:
        raise SourceTooLarge(hours=LONGEST_HOURS)
    codec, name = (str(said.get(key))[:_LONGEST_NAME] for key in ("codec", "format"))
    return FileInfo(duration_ms, rate_hz, channels, codec, name)


def _checked_ending(untrusted: bytes) -> tuple[int, bool]:
    said = _parsed(untrusted)
    damaged_packets = said.get("damaged_packets")
    if not _is_count(damaged_packets):
        raise SourceUnsafe
    return damaged_packets, said.get("cut_short") is True


def _parsed(untrusted: bytes) -> dict[str, Any]:
    try:
        said = json.loads(untrusted)
    except (ValueError, RecursionError):
        raise SourceUnsafe from None
    if not isinstance(said, dict):
        raise SourceUnsafe
    return said


def _is_count(untrusted: Any) -> TypeGuard[int]:
    return type(untrusted) is int and 0 <= untrusted < 1 << 53


def _command() -> list[str]:
    if getattr(sys, "frozen", False):
        return [sys.executable, "decode-child"]
    return [sys.executable, "-P", "-m", "cubb_desktop", "decode-child"]


def _environment() -> dict[str, str]:
    """Let the child find this very package, wherever it is started from; no passphrase is ever in it."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CUBB_PASSPHRASE")}
    package_home = str(Path(__file__).resolve().parents[2])
    found = [package_home, *filter(None, [kept.get("PYTHONPATH")])]
    return {**kept, "PYTHONPATH": os.pathsep.join(found), "PYTHONWARNINGS": "ignore"}
