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
MOST_COMMITS = 10
LONGEST_WAIT_S = 0.03  # about what a commit takes: any moment of the next one
LONGEST_OPENING_S = 0.3
_WORK = WORKS["library"]


@dataclass
class Outcome:
    """What a campaign found; an empty `faults` is the bar."""

    kills: int = 0
    acknowledged: int = 0
    faults: list[str] = field(default_factory=list)


def _kill_one(folder: Path, least: int, then_s: float) -> list[str]:
    """Let a forked process acknowledge `least` commits and kill it `then_s` later; return what it had said."""
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
    with os.fdopen(reader, "rb", buffering=0) as pipe:
        while said.count(b"\n") < least:
            if not (part := pipe.read(65_536)):
                break
            said += part
        ends = time.monotonic() + then_s
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
        least = rng.randint(0, MOST_COMMITS)
        said = _kill_one(folder, least, rng.uniform(0, LONGEST_WAIT_S if least else LONGEST_OPENING_S))
        acks += said
        outcome.kills += 1
        outcome.acknowledged += len(said)
        outcome.faults += [f"kill {number}: {problem}" for problem in _WORK.check(folder, acks)]
    return outcome
