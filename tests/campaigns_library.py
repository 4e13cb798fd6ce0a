"""kill -9 of a process that commits to a library, over and over: nothing acknowledged may be lost.

Run small by the tests and large by `bench commits`. A real process, SQLCipher, SIGKILL at a random moment; the same
library is killed many times, so that each process also begins with what the one before left.
"""

from __future__ import annotations

import os
import random
import select
import signal
import time
from dataclasses import dataclass, field
from pathlib import Path

from tests.commits import WORKS, acknowledging

KILLS_PER_LIBRARY = 20
LONGEST_LIFE_S = 0.4
_WORK = WORKS["library"]


@dataclass
class Outcome:
    """What a campaign found; an empty `faults` is the bar."""

    kills: int = 0
    acknowledged: int = 0
    faults: list[str] = field(default_factory=list)


def _kill_one(folder: Path, life_s: float) -> list[str]:
    """Let a forked process commit for `life_s`, kill it; return what it had acknowledged."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.close(reader)
            _WORK.do(folder, acknowledging(writer), None)
        finally:  # a forked child must never run on into the parent's test session
            os._exit(1)
    os.close(writer)
    said = bytearray()
    ends = time.monotonic() + life_s
    with os.fdopen(reader, "rb", buffering=0) as pipe:
        while (left := ends - time.monotonic()) > 0:
            if select.select([pipe], [], [], left)[0]:
                said += pipe.read(65_536)
        os.kill(child, signal.SIGKILL)
        said += pipe.read()
    _pid, status = os.waitpid(child, 0)
    if not os.WIFSIGNALED(status):
        raise RuntimeError("the process ended by itself")
    return said.decode().splitlines()


def run_campaign(place: Path, kills: int, seed: int = 1) -> Outcome:
    """Kill at `kills` random moments; each time the library is opened again and everything acknowledged looked for."""
    rng = random.Random(seed)
    outcome = Outcome()
    acks: list[str] = []
    for number in range(kills):
        folder = place / f"library {number // KILLS_PER_LIBRARY}"
        if not folder.exists():
            folder.mkdir()
            _WORK.prepare(folder)
            acks = []
        said = _kill_one(folder, rng.uniform(0, LONGEST_LIFE_S))
        acks += said
        outcome.kills += 1
        outcome.acknowledged += len(said)
        outcome.faults += [f"kill {number}: {problem}" for problem in _WORK.check(folder, acks)]
    return outcome
