"""What a passphrase costs: the usual cost where it takes about a second, never below the floor."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from cubb_desktop.vault import DEFAULT_COST, LEAST_COST, KdfCost, calibrated, calibration, cost_here
from cubb_desktop.vault.slots import allowed


def machine(seconds_per_gib_pass: float, first: float = 1.0) -> Callable[[KdfCost], float]:
    """A machine whose time is proportional to memory times passes, the first of which costs `first` times as much."""
    return lambda cost: seconds_per_gib_pass * (cost.passes - 1 + first) * cost.memory_kib / 2**20


@pytest.mark.parametrize("seconds", [1.1, 1.3, 1.45, 1.9])  # a pass over a whole GiB
def test_the_usual_cost_is_taken_where_it_takes_about_a_second(seconds: float) -> None:
    assert calibrated(machine(seconds)) == DEFAULT_COST


@pytest.mark.parametrize("seconds", [0.0, 0.001, 0.2, 0.5, 0.9, 2.1, 3.0, 5.0, 8.0, 20.0, 500.0])
def test_other_machines_get_about_a_second_too_but_never_below_the_floor(seconds: float) -> None:
    cost = calibrated(machine(seconds))
    assert allowed(cost, allow_weak=False) == cost
    takes = seconds * cost.passes * cost.memory_kib / 2**20
    at_the_floor = cost == KdfCost(LEAST_COST.memory_kib, LEAST_COST.passes, DEFAULT_COST.lanes)
    at_the_top = cost.passes == 16
    assert at_the_floor or at_the_top or calibration.LEAST_S <= takes <= calibration.MOST_S
    assert at_the_floor is (seconds >= 5.0)
    assert at_the_top is (seconds <= 0.2)


@pytest.mark.parametrize("seconds", [0.25, 0.4, 0.6])
def test_the_memory_that_the_first_pass_is_given_is_not_counted_for_each(seconds: float) -> None:
    measure = machine(seconds, first=2.5)
    assert calibration.LEAST_S <= measure(calibrated(measure)) <= calibration.MOST_S


def test_a_machine_that_is_busy_for_the_moment_is_measured_at_its_best() -> None:
    times = iter([9.0, 0.4, 7.0, 8.0, 1.2, 6.0])
    assert calibrated(lambda _cost: next(times)) == DEFAULT_COST


def test_this_machine_is_measured_once(monkeypatch: pytest.MonkeyPatch) -> None:
    found = iter([DEFAULT_COST])
    monkeypatch.setattr(calibration, "calibrated", lambda: next(found))
    cost_here.cache_clear()
    assert cost_here() == cost_here() == DEFAULT_COST
    cost_here.cache_clear()


def test_a_try_is_measured_in_seconds() -> None:
    assert 0 < calibration.seconds(KdfCost(1024, 1, 1)) < 5
