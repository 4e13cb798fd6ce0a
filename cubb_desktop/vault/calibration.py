"""What a passphrase should cost on this machine: about a second for whoever knows it, whatever the machine."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from functools import cache

from cubb_desktop.vault.sealing import SALT_BYTES, wipe
from cubb_desktop.vault.slots import DEFAULT_COST, LARGEST_COST, LEAST_COST, KdfCost, stretch

LEAST_S, AIM_S, MOST_S = 0.8, 1.1, 1.5

_TRIES = 3
_MEMORY_STEP_KIB = 16 * 1024


def seconds(cost: KdfCost) -> float:
    """Return how long a try at a passphrase takes at `cost` where nothing else is going on.

    On a machine that is busy the clock runs on while others have the processors; the work itself takes no longer.
    """
    started, worked = time.perf_counter(), time.process_time()
    wipe(stretch("a passphrase to measure", bytes(SALT_BYTES), cost))
    return min(time.perf_counter() - started, time.process_time() - worked)


def calibrated(measure: Callable[[KdfCost], float] = seconds) -> KdfCost:
    """Return the usual cost where it takes 0.8 to 1.5 s, else one that does; never below the floor.

    A fast machine makes more passes, a slow one fills less memory. The best of a few tries is what counts: a machine
    that is busy for the moment must not get a cheap passphrase for good. The first pass also has to be given its
    memory, which takes as long as a pass or two: what one more costs is the difference. Takes two or three seconds.
    """
    one_pass_s = min(measure(replace(DEFAULT_COST, passes=1)) for _ in range(_TRIES))
    usual_s = min(measure(DEFAULT_COST) for _ in range(_TRIES))
    if usual_s < LEAST_S:
        another_s = (usual_s - one_pass_s) / (DEFAULT_COST.passes - 1)
        more = round((AIM_S - usual_s) / another_s) if another_s > 0 else LARGEST_COST.passes
        return replace(DEFAULT_COST, passes=min(DEFAULT_COST.passes + more, LARGEST_COST.passes))
    if usual_s > MOST_S:
        steps = int(DEFAULT_COST.memory_kib * AIM_S / usual_s) // _MEMORY_STEP_KIB
        return replace(DEFAULT_COST, memory_kib=max(steps * _MEMORY_STEP_KIB, LEAST_COST.memory_kib))
    return DEFAULT_COST


@cache
def cost_here() -> KdfCost:
    """Return the calibrated cost, measured once per process; not on a thread that must answer."""
    return calibrated()
