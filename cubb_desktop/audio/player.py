"""Plays stretches of a conversation, decrypted in memory only; says which millisecond is being heard.

One thread of its own reads, stretches and feeds the loudspeaker; every method may be called from any other thread and
returns at once (`close` waits for the thread, some hundredths of a second).
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import soxr

from cubb_desktop.audio import device
from cubb_desktop.audio.chunks import SoundReader
from cubb_desktop.audio.flac import Samples
from cubb_desktop.audio.stretch import Stretcher
from cubb_desktop.domain.errors import CubbError
from cubb_desktop.domain.playing import Stretch

LEAST_RATE, MOST_RATE = 0.5, 1.5
_REMEMBERED_STEPS = 512
_LEAD_S, _TAIL_S = 0.03, 0.1  # silence around what is played: sound systems swallow the first and the last of it
_IDLE_S = 5.0  # after so long without playing, the loudspeaker is let go


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What is to be played, in order of time and beginning at `from_ms`."""

    stretches: tuple[Stretch, ...]
    loop: bool
    from_ms: int


class Player:
    """Plays one conversation's sound. `on_position` and `on_finished` are called from the player's thread."""

    def __init__(
        self,
        open_reader: Callable[[], SoundReader],
        output: str | None = None,
        *,
        on_position: Callable[[int], None] | None = None,
        on_finished: Callable[[], None] | None = None,
    ) -> None:
        """`open_reader` is called in the player's thread at the first `play`; `output` None is the default device."""
        self._open_reader = open_reader
        self._output = output
        self._on_position = on_position or (lambda _position_ms: None)
        self._on_finished = on_finished or (lambda: None)
        self._state = threading.Condition()
        self._wanted: _Wanted | None = None
        self._turn = 0  # counts what was asked for; a thread that plays an older turn stops
        self._rate = 1.0
        self._closing = False
        self._failure: CubbError | None = None
        self._clock = _HeardClock(0)
        self._rest_ms = 0
        self._thread: threading.Thread | None = None

    # --- for everyone ------------------------------------------------------------------------------------------------

    @property
    def playing(self) -> bool:
        """Whether sound is being heard, or is about to be."""
        return self._wanted is not None

    @property
    def failure(self) -> CubbError | None:
        """What kept the last `play` from being heard: `SpeakerUnavailable`, `AudioMissing` ..."""
        return self._failure

    @property
    def rate(self) -> float:
        """How fast it goes, 0.5 to 1.5, at the same pitch; may be set while playing."""
        return self._rate

    @rate.setter
    def rate(self, rate: float) -> None:
        self._rate = min(max(rate, LEAST_RATE), MOST_RATE)

    @property
    def position_ms(self) -> int:
        """The millisecond of the recording that is being heard now, or was heard last."""
        with self._state:
            return self._clock.position_ms() if self._wanted is not None else self._rest_ms

    def play(self, start_ms: int, end_ms: int | None = None, *, loop: bool = False) -> None:
        """Play from `start_ms` to `end_ms` (None: the end), over and over if `loop`; replaces what is playing."""
        self.play_all([Stretch(max(0, start_ms), end_ms)], loop=loop)

    def play_all(self, stretches: Sequence[Stretch], *, loop: bool = False, from_ms: int | None = None) -> None:
        """Play stretches (at least one) as if nothing lay between them; the first time from `from_ms`."""
        wanted = _Wanted(tuple(stretches), loop, stretches[0].start_ms if from_ms is None else from_ms)
        with self._state:
            if self._closing:
                raise RuntimeError("the player is closed")
            self._ask(wanted)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="player", daemon=True)
                self._thread.start()

    def pause(self) -> None:
        """Stop at once; `resume` or `play` goes on."""
        with self._state:
            if self._wanted is not None:
                self._rest_ms = self._clock.position_ms()
                self._ask(None)

    def resume(self) -> None:
        """Play on to the end from where it was stopped."""
        self.play(self._rest_ms)

    def seek(self, position_ms: int) -> None:
        """Go to a place: what plays goes on from there, to the same end."""
        with self._state:
            self._rest_ms = max(0, position_ms)
            if self._wanted is not None:
                self._ask(replace(self._wanted, from_ms=self._rest_ms))

    def close(self) -> None:
        """Stop, let loudspeaker and sound go, and wait for the thread. Can be called more than once."""
        self.pause()
        with self._state:
            self._closing = True
            self._state.notify_all()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join()

    def _ask(self, wanted: _Wanted | None) -> None:
        self._wanted = wanted
        self._turn += 1
        if wanted is not None:
            self._failure = None
            self._clock = _HeardClock(wanted.from_ms)
        self._state.notify_all()

    # --- the player's thread -----------------------------------------------------------------------------------------

    def _run(self) -> None:
        reader: SoundReader | None = None
        stream: device.OutputStream | None = None
        try:
            while not self._closing:
                asked = self._next_wanted()
                if asked is None:
                    stream = _close(stream)
                    continue
                wanted, turn = asked
                try:
                    reader = reader or self._open_reader()
                    channels = reader.channels if reader.channels <= 2 else 1
                    stream = stream or device.open_output(self._output, rate_hz=reader.rate_hz, channels=channels)
                    self._play(reader, stream, wanted, turn)
                except CubbError as error:
                    stream = _close(stream)
                    self._end(turn, failure=error)
        finally:
            _close(stream)
            if reader is not None:
                reader.close()

    def _next_wanted(self) -> tuple[_Wanted, int] | None:
        """Wait until something is to be played; None when the player is closed or has been idle for long."""
        with self._state:
            self._state.wait_for(lambda: self._closing or self._wanted is not None, _IDLE_S)
            return None if self._closing or self._wanted is None else (self._wanted, self._turn)

    def _play(self, reader: SoundReader, stream: device.OutputStream, wanted: _Wanted, turn: int) -> None:
        stretcher = Stretcher(reader.read, reader.rate_hz, reader.channels)
        adapt = _Adapter(reader, stream)
        way = _Way(reader, wanted)
        stretcher.seek(way.start)
        clock = _HeardClock(way.start * 1000 // reader.rate_hz)
        with self._state:
            if turn == self._turn:
                self._clock = clock
        stream.write(adapt(_silence(reader, _LEAD_S)))
        clock.wrote(way.start * 1000 // reader.rate_hz, _LEAD_S, 0.0, stream.waiting_s)
        while turn == self._turn:
            if stretcher.place >= way.end:
                following = way.go_on()
                if following is None:
                    break
                stretcher.jump(following)
            from_ms, rate = stretcher.place * 1000 / reader.rate_hz, self._rate
            samples = stretcher.next(rate)
            if way.last:
                samples = samples[: max(1, round((way.end - from_ms * reader.rate_hz / 1000) / rate))]
            stream.write(adapt(samples))
            clock.wrote(from_ms, len(samples) / reader.rate_hz, rate, stream.waiting_s)
            self._on_position(clock.position_ms())
        if turn != self._turn:
            stream.drop()
            return
        stream.write(adapt(_silence(reader, stream.latency_s + _TAIL_S), last=True))
        stream.drain()
        self._end(turn, rest_ms=way.end * 1000 // reader.rate_hz)

    def _end(self, turn: int, rest_ms: int | None = None, failure: CubbError | None = None) -> None:
        with self._state:
            if turn != self._turn:
                return
            self._failure = failure
            self._rest_ms = self._clock.position_ms() if rest_ms is None else rest_ms
            self._wanted = None
        if failure is None:
            self._on_position(self._rest_ms)
            self._on_finished()


def _silence(reader: SoundReader, seconds: float) -> Samples:
    return np.zeros((round(seconds * reader.rate_hz), reader.channels), np.int16)


def _close(stream: device.OutputStream | None) -> device.OutputStream | None:
    """Let the loudspeaker go; return that there is none any more."""
    if stream is not None:
        stream.close()
    return None


class _Way:
    """Where in the sound to go, in frames."""

    def __init__(self, reader: SoundReader, wanted: _Wanted) -> None:
        frames, rate = reader.frames, reader.rate_hz
        starts = [min(stretch.start_ms * rate // 1000, frames) for stretch in wanted.stretches]
        ends = [frames if s.end_ms is None else min(s.end_ms * rate // 1000, frames) for s in wanted.stretches]
        self._stretches = list(zip(starts, ends, strict=True))
        self._loop = wanted.loop and sum(ends) > sum(starts)
        start = wanted.from_ms * rate // 1000
        self._at = next((n for n, (_start, end) in enumerate(self._stretches) if start < end), len(starts) - 1)
        self.start = max(start, starts[self._at])

    @property
    def end(self) -> int:
        """Where the stretch that is heard ends."""
        return self._stretches[self._at][1]

    @property
    def last(self) -> bool:
        """Whether nothing is heard after this stretch."""
        return not self._loop and self._at == len(self._stretches) - 1

    def go_on(self) -> int | None:
        """Take the next stretch and return where it begins, None after the last."""
        if self.last:
            return None
        self._at = (self._at + 1) % len(self._stretches)
        return self._stretches[self._at][0]


class _HeardClock:
    """Knows which millisecond comes out of the loudspeaker now, from what was written to it and what waits in it."""

    def __init__(self, start_ms: float) -> None:
        self._start_ms = start_ms
        self._written_s = self._told_s = 0.0
        self._heard: tuple[float, float] | None = None  # when it was last known how much had been heard, and how much
        self._steps: deque[tuple[float, float, float]] = deque(maxlen=_REMEMBERED_STEPS)  # (heard from s, ms, rate)

    def wrote(self, from_ms: float, seconds: float, rate: float, waiting_s: float) -> None:
        """Note a step: sound from `from_ms` on, heard for `seconds` at `rate`; `waiting_s` are still to be heard."""
        self._steps.append((self._written_s, from_ms, rate))
        self._written_s += seconds
        self._heard = time.monotonic(), self._written_s - waiting_s

    def position_ms(self) -> int:
        """Return the millisecond of the recording that is heard now; it never goes back."""
        if self._heard is None:
            return round(self._start_ms)
        known_at, known_s = self._heard
        heard_s = min(known_s + time.monotonic() - known_at, self._written_s)
        self._told_s = max(heard_s, self._told_s)
        for from_s, from_ms, rate in reversed(list(self._steps)):
            if from_s <= self._told_s:
                return round(from_ms + (self._told_s - from_s) * 1000 * rate)
        return round(self._start_ms)


class _Adapter:
    """Turns a recording's samples into what the loudspeaker takes: its channels, its rate, bytes."""

    def __init__(self, reader: SoundReader, stream: device.OutputStream) -> None:
        self._mixed = reader.channels != stream.channels
        self._channels = stream.channels
        self._resampler: soxr.ResampleStream | None = None
        if reader.rate_hz != stream.rate_hz:
            self._resampler = soxr.ResampleStream(reader.rate_hz, stream.rate_hz, stream.channels, dtype="int16")

    def __call__(self, samples: Samples, *, last: bool = False) -> bytes:
        if self._mixed:
            mixed = samples.mean(axis=1, keepdims=True) if len(samples) else samples[:, :1]
            samples = np.repeat(np.rint(mixed).astype(np.int16), self._channels, axis=1)
        if self._resampler is not None:
            samples = self._resampler.resample_chunk(np.ascontiguousarray(samples), last=last)
        return np.ascontiguousarray(samples).tobytes()
