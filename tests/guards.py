"""What a test may not leave behind or do unseen: threads, processes, log lines, windows, connections.

The fixtures of `conftest.py` use these guards; `test_guards.py` shows that each can fail.
"""

from __future__ import annotations

import ipaddress
import logging
import os
import re
import sys
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

RUN_VARIABLE = "CUBB_TEST_RUN"
GRACE_S = float(os.environ.get("CUBB_TEST_GRACE_S", "3"))


def eventually(condition: Callable[[], bool], timeout_s: float = GRACE_S) -> bool:
    """Return whether `condition` came true within `timeout_s`; looks often, never sleeps longer than 10 ms."""
    deadline = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


# --- network ---------------------------------------------------------------------------------------------------------


class NetworkAttempt(AssertionError):
    """A test tried to reach something outside this machine."""


class NetworkGuard:
    """Refuses every connection and every name look-up outside loopback and unix sockets, in this whole process.

    It hangs on Python's audit events, so that no library can go round it, and remembers what was tried, so that a
    library that swallows the refusal is still found out. Audit hooks can't be removed: there is one per process.
    """

    EVENTS = frozenset(
        {"socket.connect", "socket.sendto", "socket.sendmsg", "socket.getaddrinfo", "socket.gethostbyname"}
    )

    def __init__(self) -> None:
        self.attempts: list[str] = []

    def install(self) -> None:
        sys.addaudithook(self._on_event)

    def _on_event(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event not in self.EVENTS:
            return
        # connect, sendto, sendmsg: (socket, address); getaddrinfo, gethostbyname: (host, ...)
        address = arguments[0] if event.startswith("socket.gethost") or event.endswith("addrinfo") else arguments[-1]
        if not stays_here(address):
            self.attempts.append(f"{event} {address!r}")
            raise NetworkAttempt(f"a test tried to reach {address!r}")


def stays_here(address: object) -> bool:
    """Return whether a socket address (a unix path, or a host with its port) is on this machine."""
    host = address[0] if isinstance(address, tuple) and address else address
    if host is None or isinstance(host, int):  # a connected socket, a wildcard host, a netlink address
        return True
    name = os.fsdecode(host) if isinstance(host, (str, bytes)) else ""
    if not isinstance(address, tuple) and name.startswith(("/", "\0")):
        return True
    if name in {"", "localhost"}:
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


# --- threads ---------------------------------------------------------------------------------------------------------


def running_threads() -> set[threading.Thread]:
    """Return the Python threads that live now, without those that a C library lends."""
    return {
        thread
        for thread in threading.enumerate()
        if not isinstance(thread, threading._DummyThread) and type(thread).__name__ != "TMonitor"  # tqdm's own
    }


def leaked_threads(before: set[threading.Thread], may_outlive: Iterable[str] = ()) -> list[str]:
    """Return the names of threads that started since `before` and do not end within the grace time."""
    names = set(may_outlive)

    def left() -> list[threading.Thread]:
        return [thread for thread in running_threads() - before if thread.name not in names]

    eventually(lambda: not left())
    return sorted(thread.name for thread in left())


# --- processes -------------------------------------------------------------------------------------------------------


class ProcessGuard:
    """Finds processes that tests started, also orphans: each inherits a mark in its environment."""

    def __init__(self) -> None:
        self.mark = f"{os.getpid()}-{time.monotonic_ns()}"

    def running(self) -> set[int]:
        """Return the ids of live processes with this run's mark (Linux), or of all descendants (elsewhere)."""
        if not sys.platform.startswith("linux"):
            return {child.pid for child in psutil.Process().children(recursive=True) if child.is_running()}
        wanted = f"{RUN_VARIABLE}={self.mark}".encode()
        found = set()
        for entry in Path("/proc").iterdir():
            if not entry.name.isdigit() or int(entry.name) == os.getpid():
                continue
            try:
                marked = wanted in (entry / "environ").read_bytes().split(b"\0")
            except PermissionError:  # hardened, as the program's own are, or somebody else's
                marked = _is_the_program(entry)
            except OSError:  # gone meanwhile
                continue
            if marked:
                found.add(int(entry.name))
        return found

    def leaked(self, before: set[int]) -> list[str]:
        """Return the command lines of processes that came since `before` and do not end by themselves; end them."""
        eventually(lambda: not self.running() - before)
        leaked = []
        for pid in self.running() - before:
            try:
                process = psutil.Process(pid)
                leaked.append(" ".join(process.cmdline()) or process.name())
                process.kill()
                process.wait(GRACE_S)
            except psutil.Error:
                continue
        return sorted(leaked)


def _is_the_program(entry: Path) -> bool:
    """Whether a process whose environment is hidden is one of the program's, run by this user."""
    try:
        status = (entry / "status").read_text().splitlines()
        user = next(line.split()[1] for line in status if line.startswith("Uid:"))
        return user == str(os.getuid()) and b"cubb_desktop" in (entry / "cmdline").read_bytes()
    except OSError:
        return False


# --- files -----------------------------------------------------------------------------------------------------------

WRITES_VARIABLE = "CUBB_TEST_WRITES"
WATCHING = Path(__file__).parent / "watching"


class WriteWatch:
    """Notes every file that Python processes started with `environment` open for writing, make or rename."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir()

    @property
    def environment(self) -> dict[str, str]:
        """What a process and its children must be started with to be watched."""
        path = os.pathsep.join(filter(None, (str(WATCHING), os.environ.get("PYTHONPATH", ""))))
        return {WRITES_VARIABLE: str(self._folder), "PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1"}

    @property
    def processes(self) -> int:
        """How many processes were watched."""
        return len(list(self._folder.iterdir()))

    def outside(self, *allowed: Path) -> list[str]:
        """Return what was written outside the allowed places; devices and pipes are no files."""
        written = {line for log in self._folder.iterdir() for line in os.fsdecode(log.read_bytes()).splitlines()}
        places = [*(path.resolve() for path in allowed), Path("/dev"), Path("/proc"), self._folder.resolve()]
        return sorted(w for w in written if not any(Path(w).resolve().is_relative_to(place) for place in places))


# --- log lines -------------------------------------------------------------------------------------------------------


class LogGuard(logging.Handler):
    """Keeps every log line of level WARNING or above that no pattern expects."""

    def __init__(self, expected: Iterable[str]) -> None:
        super().__init__(logging.WARNING)
        self.patterns = [re.compile(pattern) for pattern in expected]
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        message = record.getMessage()
        if not any(pattern.search(message) for pattern in self.patterns):
            self.lines.append(f"{record.levelname} {record.name}: {message}")


# --- windows ---------------------------------------------------------------------------------------------------------


def top_level_widgets() -> set[QWidget]:
    """Return Qt's top-level widgets that nobody owns; empty where no test has loaded Qt's widgets."""
    widgets = sys.modules.get("PySide6.QtWidgets")
    if widgets is None or widgets.QApplication.instance() is None:
        return set()
    return {
        widget
        for widget in widgets.QApplication.topLevelWidgets()
        if widget.parent() is None and widget.metaObject().className() != "QTipLabel"
    }


def leaked_widgets(before: set[QWidget]) -> list[str]:
    """Return the classes of top-level widgets that came since `before` and outlive their deferred deletion."""
    if not top_level_widgets() - before:
        return []
    import gc

    from PySide6.QtCore import QCoreApplication, QEvent

    gc.collect()
    QCoreApplication.processEvents()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    leaked = top_level_widgets() - before
    names = sorted(f"{type(widget).__name__} {widget.objectName()!r}" for widget in leaked)
    for widget in leaked:
        widget.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    return names
