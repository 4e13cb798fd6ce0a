"""Locks on a library that the operating system lets go of when their process ends, however it ends."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Self

from cubb_desktop.domain.errors import CubbError, LibraryInUse, WorkerRunning, from_os_error

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl


class FileLock:
    """Holds `path` for this process; a second holder, in this process or another, is refused with `refusal`."""

    refusal: type[CubbError] = LibraryInUse

    def __init__(self, path: Path) -> None:
        self.path = path
        self._descriptor: int | None = None

    @property
    def held(self) -> bool:
        return self._descriptor is not None

    def acquire(self) -> Self:
        """Take the lock at once, or raise `refusal` (or what a folder that can't be written in means)."""
        try:
            descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            fault = from_os_error(error)
            if fault is None:
                raise
            raise fault from None
        try:
            _lock(descriptor)
        except OSError:
            os.close(descriptor)
            raise self.refusal from None
        self._descriptor = descriptor
        return self

    def release(self) -> None:
        """Let the lock go; the file stays, for removing it would let two processes hold two files of one name."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def __enter__(self) -> Self:
        return self if self.held else self.acquire()

    def __exit__(self, *_: object) -> None:
        self.release()


class WindowLock(FileLock):
    """Held by the one window a library has; others get `LibraryInUse`."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder / "window.lock")


class WorkerLock(FileLock):
    """Held by the one worker a library has; others get `WorkerRunning`."""

    refusal = WorkerRunning

    def __init__(self, folder: Path) -> None:
        super().__init__(folder / "worker.lock")


def worker_lock(folder: Path) -> WorkerLock:
    """Return the worker's lock on the library in `folder`, not yet taken; use it with `with`."""
    return WorkerLock(folder)


def _lock(descriptor: int) -> None:
    if sys.platform == "win32":
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
    else:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
