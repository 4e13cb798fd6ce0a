"""Work beside the main thread: one thread for every write to the library, a few for reads, one for long errands.

Results arrive on the main thread. A fault of the world goes to the caller's `failed`, or to the `failed` signal where
nobody asked for it; anything else is a bug and is raised on the main thread. A callback that is a method of a widget
that has gone meanwhile is dropped.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import Any, TypeVar

from PySide6.QtCore import QObject, Qt, Signal, Slot
from shiboken6 import isValid

from cubb_desktop.domain.changes import Changes
from cubb_desktop.domain.errors import CubbError

T = TypeVar("T")
Done = Callable[[T], object]
Failed = Callable[[CubbError], object]

_READERS = 3


class Errand:
    """One long piece of work that can report how far it is and be asked to stop; used from both threads."""

    def __init__(self, report: Callable[[Errand, float], None]) -> None:
        self._report = report
        self._cancel = threading.Event()
        self._reported = -1.0

    def report(self, share: float) -> None:
        """Say from the errand's thread how far it is, 0..1; told on at most a hundred times."""
        if share - self._reported >= 0.01 or share >= 1 > self._reported:
            self._reported = share
            self._report(self, share)

    def cancel(self) -> None:
        """Ask the errand to stop."""
        self._cancel.set()

    def cancelled(self) -> bool:
        """Whether it was asked to stop; the errand looks from time to time."""
        return self._cancel.is_set()


@dataclass(frozen=True, slots=True)
class _Outcome:
    future: Future[Any]
    done: Done[Any] | None
    failed: Failed | None
    changes: Changes | None
    generation: int


class Background(QObject):
    """The window's threads; lives on the main thread, which also owns it."""

    changed = Signal(object)  # Changes: something in the library is not what it was
    failed = Signal(object)  # CubbError that nobody else takes
    forgetting = Signal(object)  # frozenset[RecordingId]: they are about to be deleted, let go of them now
    _arrived = Signal()
    _reported = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._writer = ThreadPoolExecutor(1, "library-write")
        self._readers = ThreadPoolExecutor(_READERS, "library-read")
        self._errand_runner = ThreadPoolExecutor(1, "errand")
        self._errands: dict[Errand, Done[float] | None] = {}
        self._outcomes: deque[_Outcome] = deque()
        self._reports: deque[tuple[Errand, float]] = deque()
        self._running: set[Future[Any]] = set()
        self._generation = 0
        self._closed = False
        self._arrived.connect(self._on_arrived, Qt.ConnectionType.QueuedConnection)
        self._reported.connect(self._on_reported, Qt.ConnectionType.QueuedConnection)

    # --- giving it work ----------------------------------------------------------------------------------------------

    def run_write(
        self,
        work: Callable[[], T],
        done: Done[T] | None = None,
        failed: Failed | None = None,
        *,
        changes: Changes | None = None,
    ) -> None:
        """Run `work` after every earlier write; afterwards emit `changes`, or the result if that is `Changes`."""
        self._submit(self._writer, work, done, failed, changes)

    def run_read(self, work: Callable[[], T], done: Done[T] | None = None, failed: Failed | None = None) -> None:
        """Run `work` beside others; it must not change anything."""
        self._submit(self._readers, work, done, failed, None)

    def run_errand(
        self,
        work: Callable[[Errand], T],
        done: Done[T] | None = None,
        failed: Failed | None = None,
        progressed: Done[float] | None = None,
    ) -> Errand:
        """Run long `work` (an import) after earlier errands, so that short writes do not wait for it."""
        errand = Errand(self._on_errand_report)
        self._errands[errand] = progressed
        future = self._submit(self._errand_runner, lambda: work(errand), done, failed, None)
        future.add_done_callback(lambda _: self._errands.pop(errand, None))
        return errand

    @property
    def on_errand(self) -> bool:
        """Whether an errand is under way or waits."""
        return bool(self._errands)

    def _submit(
        self,
        pool: ThreadPoolExecutor,
        work: Callable[[], T],
        done: Done[T] | None,
        failed: Failed | None,
        changes: Changes | None,
    ) -> Future[T]:
        future = pool.submit(work)
        self._running.add(future)
        outcome = _Outcome(future, done, failed, changes, self._generation)
        future.add_done_callback(lambda _: self._tell(outcome))
        return future

    # --- in other threads --------------------------------------------------------------------------------------------

    def _tell(self, outcome: _Outcome) -> None:
        self._running.discard(outcome.future)
        if not self._closed:
            self._outcomes.append(outcome)
            self._arrived.emit()

    def _on_errand_report(self, errand: Errand, share: float) -> None:
        if not self._closed:
            self._reports.append((errand, share))
            self._reported.emit()

    # --- on the main thread ------------------------------------------------------------------------------------------

    @Slot()
    def _on_arrived(self) -> None:
        if not self._outcomes:
            return
        outcome = self._outcomes.popleft()
        if outcome.future.cancelled() or outcome.generation != self._generation:
            return
        error = outcome.future.exception()
        if error is None:
            self._succeeded(outcome)
        elif not isinstance(error, CubbError):
            raise error
        elif outcome.failed is None:
            self.failed.emit(error)
        elif _alive(outcome.failed):
            outcome.failed(error)

    def _succeeded(self, outcome: _Outcome) -> None:
        result = outcome.future.result()
        changes = result if isinstance(result, Changes) else outcome.changes
        if changes:
            self.changed.emit(changes)
        if outcome.done is not None and _alive(outcome.done):
            outcome.done(result)

    @Slot()
    def _on_reported(self) -> None:
        if self._reports:
            errand, share = self._reports.popleft()
            progressed = self._errands.get(errand)
            if progressed is not None and _alive(progressed):
                progressed(share)

    def drain(self, timeout_s: float = 20.0) -> None:
        """Stop errands, finish what was begun and forget its results; for closing or locking the library."""
        for errand in list(self._errands):
            errand.cancel()
        wait(list(self._running), timeout_s)
        self._generation += 1

    def close(self) -> None:
        """Drain and end the threads."""
        if not self._closed:
            self.drain()
            self._closed = True
            for pool in (self._errand_runner, self._writer, self._readers):
                pool.shutdown(wait=True, cancel_futures=True)


def _alive(callback: Callable[..., object]) -> bool:
    owner = getattr(callback, "__self__", None)
    return not isinstance(owner, QObject) or isValid(owner)
