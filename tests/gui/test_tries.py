"""Failed tries: the first few cost nothing, later ones wait longer and longer, a success forgets them."""

from __future__ import annotations

from cubb_desktop.gui.tries import FREE_TRIES, Tries


def test_the_wait_grows_from_the_fifth_failed_try_to_a_minute() -> None:
    now = [100.0]
    tries = Tries(lambda: now[0])
    waits = []
    for _try in range(12):
        tries.fail()
        waits.append(tries.wait_s())
        now[0] += tries.wait_s()
        assert tries.wait_s() == 0
    assert waits == [0] * (FREE_TRIES - 1) + [2, 4, 8, 16, 32, 60, 60, 60]


def test_a_success_tells_how_many_failed_and_forgets_them() -> None:
    tries = Tries(lambda: 0.0)
    for _try in range(7):
        tries.fail()
    assert tries.wait_s() > 0
    assert tries.succeed() == 7
    assert (tries.failed, tries.wait_s()) == (0, 0)
    assert tries.succeed() == 0
