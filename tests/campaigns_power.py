"""Power cuts in the middle of work on a library: every disk they leave must open with all that was acknowledged."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path

from tests.commits import WORKS
from tests.power_cuts import Recorded, crash_states, record, write_disk

PROCESSES = 2


@dataclass(frozen=True)
class Share:
    """How often the work is done while it is recorded, and its share of the crash states: a slow check gets few."""

    times: int
    share: float


SHARES = {
    "library": Share(12, 0.15),
    "keys": Share(24, 0.42),
    "passphrase": Share(8, 0.39),
    "backup": Share(4, 0.01),
    "migration": Share(2, 0.03),
}


@dataclass
class Outcome:
    """What a campaign found; an empty `faults` is the bar."""

    states: int = 0
    acknowledged: int = 0
    steps: int = 0
    faults: list[str] = field(default_factory=list)


def record_work(name: str, place: Path) -> Recorded:
    """Do one piece of work in a new folder below `place`, recorded."""
    folder = place / name
    folder.mkdir()
    WORKS[name].prepare(folder)
    acks = place / f"{name}.acks"
    return record(["-m", "tests.commits", name, str(folder), str(acks), str(SHARES[name].times)], folder, acks, place)


def run_campaign(place: Path, states: int, works: Iterable[str] = SHARES, seed: int = 1) -> Outcome:
    """Record each piece of work in `place`, cut the power `states` times in all, open what is left and look.

    Half of the disks are judged in a second process.
    """
    outcome = Outcome()
    tasks = []
    for name in works:
        recorded = record_work(name, place)
        outcome.steps += len(recorded.events)
        each = round(states * SHARES[name].share / PROCESSES)
        tasks += [(name, recorded, each, f"{seed} {name} {part}", place) for part in range(PROCESSES)]
    with get_context("fork").Pool(PROCESSES) as pool:
        for part in pool.imap_unordered(_judge_some, tasks):
            outcome.states += part.states
            outcome.acknowledged += part.acknowledged
            outcome.faults += part.faults
        pool.close()
        pool.join()
    return outcome


def _judge_some(task: tuple[str, Recorded, int, str, Path]) -> Outcome:
    name, recorded, states, seed, place = task
    outcome = Outcome()
    for state in crash_states(recorded, states, seed):
        outcome.states += 1
        outcome.acknowledged += len(state.acks)
        folder = place / f"cut {os.getpid()}"
        write_disk(state.disk, folder)
        try:
            faults = WORKS[name].check(folder, state.acks)
        finally:
            shutil.rmtree(folder)
        outcome.faults += [f"{name} cut after step {state.step}: {fault}" for fault in faults]
    return outcome
