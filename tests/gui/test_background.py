"""Threads beside the window: order, errors, errands, callbacks of widgets that have gone."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QObject, Slot

from cubb_desktop.domain.changes import Changes
from cubb_desktop.domain.errors import CubbError, DiskFull
from cubb_desktop.gui.background import Background, Errand

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot


@pytest.fixture
def background(qtbot: QtBot) -> Iterator[Background]:
    made = Background()
    yield made
    made.close()


def test_results_arrive_on_the_main_thread_in_the_order_of_the_writes(background: Background, qtbot: QtBot) -> None:
    arrived: list[tuple[int, bool]] = []

    def arrive(found: int) -> None:
        arrived.append((found, threading.current_thread() is threading.main_thread()))

    for number in range(20):
        background.run_write(partial(int, number), arrive)
    qtbot.waitUntil(lambda: len(arrived) == 20)
    assert arrived == [(number, True) for number in range(20)]


def test_a_write_tells_what_it_changed(background: Background, qtbot: QtBot) -> None:
    with qtbot.waitSignal(background.changed) as told:
        background.run_write(lambda: Changes(slots=True))
    assert told.args == [Changes(slots=True)]
    with qtbot.waitSignal(background.changed) as told:
        background.run_write(lambda: "something else", changes=Changes(consents=True))
    assert told.args == [Changes(consents=True)]


def test_a_fault_of_the_world_goes_to_whoever_asked_else_to_the_window(background: Background, qtbot: QtBot) -> None:
    def full() -> None:
        raise DiskFull

    faults: list[CubbError] = []
    background.run_read(full, None, faults.append)
    qtbot.waitUntil(lambda: len(faults) == 1)
    assert isinstance(faults[0], DiskFull)
    with qtbot.waitSignal(background.failed) as told:
        background.run_read(full)
    assert told.args is not None
    assert isinstance(told.args[0], DiskFull)


def test_a_bug_is_raised_on_the_main_thread(background: Background, qtbot: QtBot) -> None:
    with qtbot.captureExceptions() as caught:
        background.run_read(lambda: 1 // 0)
        qtbot.waitUntil(lambda: len(caught) == 1)
    assert caught[0][0] is ZeroDivisionError


def test_a_write_does_not_wait_for_a_long_errand(background: Background, qtbot: QtBot) -> None:
    release = threading.Event()
    order: list[str] = []
    background.run_errand(lambda _: release.wait(10), lambda _: order.append("errand"))
    background.run_write(lambda: None, lambda _: order.append("write"))
    qtbot.waitUntil(lambda: order == ["write"])
    release.set()
    qtbot.waitUntil(lambda: order == ["write", "errand"])


def test_an_errand_tells_how_far_it_is_and_stops_when_asked(background: Background, qtbot: QtBot) -> None:
    shares: list[float] = []
    ended: list[bool] = []

    def work(errand: Errand) -> bool:
        step = 0
        while not errand.cancelled():
            step += 1
            errand.report(step / 1000 % 1)
        return errand.cancelled()

    errand = background.run_errand(work, ended.append, None, shares.append)
    qtbot.waitUntil(lambda: len(shares) > 3)
    errand.cancel()
    qtbot.waitUntil(lambda: ended == [True])
    assert shares == sorted(shares)
    assert len(shares) <= 101


def test_nothing_is_told_to_a_widget_that_has_gone(background: Background, qtbot: QtBot) -> None:
    class Listener(QObject):
        heard = 0

        @Slot(object)
        def hear(self, _found: object) -> None:
            Listener.heard += 1

    listener, release = Listener(), threading.Event()
    after: list[object] = []
    background.run_write(lambda: release.wait(10), listener.hear)
    with qtbot.waitSignal(listener.destroyed):
        listener.deleteLater()
    release.set()
    background.run_write(lambda: None, after.append)
    qtbot.waitUntil(lambda: len(after) == 1)
    assert Listener.heard == 0


def test_draining_finishes_what_was_begun_and_tells_nothing(background: Background, qtbot: QtBot) -> None:
    done: list[int] = []
    told: list[object] = []
    after: list[object] = []
    background.run_write(lambda: done.append(1), told.append)
    background.drain()
    assert done == [1]
    background.run_write(lambda: None, after.append)
    qtbot.waitUntil(lambda: len(after) == 1)
    assert told == []


def test_closing_ends_every_thread(qtbot: QtBot) -> None:
    background = Background()
    names = {thread.name for thread in threading.enumerate()}
    background.run_read(lambda: None)
    background.run_write(lambda: None)
    background.close()
    assert {thread.name for thread in threading.enumerate()} <= names
