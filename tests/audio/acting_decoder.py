"""A decode child that misbehaves as its argument says: `python -m tests.audio.acting_decoder ACT`."""

from __future__ import annotations

import json
import os
import signal
import sys
from itertools import repeat
from typing import Any

from cubb_desktop.audio.decode_messages import NUMBER, Kind, pack

FORMAT = {"duration_ms": None, "rate_hz": 8_000, "channels": 2, "codec": "act", "format": "act"}
END = {"damaged_packets": 0, "cut_short": False}
SOUND = NUMBER.pack(7) + bytes(4 * 800)

Messages = list[tuple[Kind | int, Any]]

# What is said in turn; a number of a signal is sent to itself; "wait" waits for ever; "drip" says the rest slowly.
ACTS: dict[str, list[Any]] = {
    "says nothing": ["wait"],
    "dies at the start": [],
    "sound before format": [(Kind.READY, b""), (Kind.SOUND, SOUND)],
    "format at once": [(Kind.FORMAT, FORMAT)],
    "unknown kind": [(Kind.READY, b""), (99, b"")],
    "too long": [(Kind.READY, b""), (Kind.FORMAT, b"x" * 10_000)],
    "no json": [(Kind.READY, b""), (Kind.FORMAT, b"\xff{")],
    "deep json": [(Kind.READY, b""), (Kind.FORMAT, b"[" * 4_000)],
    "a list": [(Kind.READY, b""), (Kind.FORMAT, [1, 2])],
    "no rate": [(Kind.READY, b""), (Kind.FORMAT, {**FORMAT, "rate_hz": 0})],
    "a rate in words": [(Kind.READY, b""), (Kind.FORMAT, {**FORMAT, "rate_hz": "8000"})],
    "a length below zero": [(Kind.READY, b""), (Kind.FORMAT, {**FORMAT, "duration_ms": -1})],
    "nine channels": [(Kind.READY, b""), (Kind.FORMAT, {**FORMAT, "channels": 9})],
    "too fast": [(Kind.READY, b""), (Kind.FORMAT, {**FORMAT, "rate_hz": 192_001})],
    "a day": [(Kind.READY, b""), (Kind.FORMAT, {**FORMAT, "duration_ms": 86_400_000})],
    "half a frame": [(Kind.READY, b""), (Kind.FORMAT, FORMAT), (Kind.SOUND, SOUND[:-1])],
    "no frame": [(Kind.READY, b""), (Kind.FORMAT, FORMAT), (Kind.SOUND, SOUND[:8])],
    "less than a place": [(Kind.READY, b""), (Kind.FORMAT, FORMAT), (Kind.SOUND, b"x")],
    "no end": [(Kind.READY, b""), (Kind.FORMAT, FORMAT), (Kind.SOUND, SOUND)],
    "a strange end": [(Kind.READY, b""), (Kind.FORMAT, FORMAT), (Kind.END, {"damaged_packets": -3})],
    "format for an end": [(Kind.READY, b""), (Kind.FORMAT, FORMAT), (Kind.FORMAT, FORMAT)],
    "an unknown refusal": [(Kind.READY, b""), (Kind.REFUSED, b"SystemExit")],
    "wants what is not there": [(Kind.READY, b""), (Kind.WANT, NUMBER.pack(1 << 40))],
    "wants no number": [(Kind.READY, b""), (Kind.WANT, b"")],
    "wants the same for ever": [(Kind.READY, b""), *repeat((Kind.WANT, NUMBER.pack(0)), 100_000), "wait"],
    "reads no answer": [(Kind.READY, b""), (Kind.WANT, NUMBER.pack(0)), "wait"],
    "hangs": [(Kind.READY, b""), (Kind.FORMAT, FORMAT), (Kind.SOUND, SOUND), "wait"],
    "drips": [(Kind.READY, b""), (Kind.FORMAT, FORMAT), "drip", *repeat((Kind.SOUND, SOUND[:12]), 400), "wait"],
    "never ends": [(Kind.READY, b""), (Kind.FORMAT, FORMAT), *repeat((Kind.SOUND, SOUND), 20_000), "wait"],
    "goes down": [(Kind.READY, b""), (Kind.FORMAT, FORMAT), (Kind.SOUND, SOUND), signal.SIGSEGV],
    "is killed": [(Kind.READY, b""), (Kind.FORMAT, FORMAT), (Kind.SOUND, SOUND), signal.SIGKILL],
    "runs out of time": [(Kind.READY, b""), (Kind.FORMAT, FORMAT), (Kind.SOUND, SOUND), signal.SIGPROF],
    "out of memory": [(Kind.READY, b""), (Kind.REFUSED, b"SourceTooDemanding")],
    "all well": [(Kind.READY, b""), (Kind.FORMAT, FORMAT), (Kind.SOUND, SOUND), (Kind.END, END)],
}


def main(act: str) -> None:
    """Say the act's lines."""
    pause = 0.0
    for line in ACTS[act]:
        if line == "wait":
            signal.pause()
        elif line == "drip":
            pause = 0.05
        elif isinstance(line, signal.Signals):
            os.kill(os.getpid(), line)
        else:
            signal.sigtimedwait([signal.SIGUSR1], pause)
            kind, content = line
            said = content if isinstance(content, bytes) else json.dumps(content).encode()
            os.write(1, pack(kind, said))


if __name__ == "__main__":
    main(sys.argv[1])
