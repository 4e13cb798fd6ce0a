"""The worker's side of a job child: start it, read it line by line beside everything else, stop it politely or not."""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import threading
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import IO, Self, cast, get_args

from cubb_desktop.worker.cores import share_cores, usable_cores
from cubb_desktop.worker.messages import (
    LONGEST_LINE,
    TASK_VARIABLE,
    THREADS_VARIABLE,
    Message,
    ProtocolError,
    Task,
    Work,
    parse,
)

CHILD_COMMAND = (sys.executable, "-m", "cubb_desktop", "job-child")
_STOP_SECONDS = 1.0
_GARBLED = 1  # the exit code that a child is given which says what it can't mean


@dataclass(frozen=True, slots=True)
class Heard:
    """Something from a child: a message, or None when it has ended, then with its exit code."""

    child: Child
    message: Message | None
    exit_code: int | None = None


class Child:
    """One job child. It begins with its imports as soon as it is started; the work may follow later."""

    def __init__(self, task: Task, threads: int, command: tuple[str, ...] = CHILD_COMMAND) -> None:
        self.task: Task = task
        self.done = False
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # libraries quote what they work on; nothing of a conversation may reach a log
            creationflags=getattr(subprocess, "BELOW_NORMAL_PRIORITY_CLASS", 0),  # Windows; elsewhere it is nice itself
            env=_environment(task, threads),
        )
        self._stdin = cast("IO[bytes]", self._process.stdin)
        self._stdout = cast("IO[bytes]", self._process.stdout)
        self._reader: threading.Thread | None = None

    @property
    def pid(self) -> int:
        return self._process.pid

    def begin(self, work: Work, inbox: queue.Queue[Heard]) -> None:
        """Hand over the work; what the child says arrives in `inbox`, read by a thread of its own."""
        self._send(work.line())
        self._reader = threading.Thread(target=self._read, args=(inbox,), name=f"child-{self.task}", daemon=True)
        self._reader.start()

    def use_threads(self, threads: int) -> None:
        """Tell the child how many threads it may use from now on."""
        self._send(json.dumps({"threads": threads}).encode() + b"\n")

    def ask_to_stop(self) -> None:
        """Tell the child to end without a result; `stop` makes sure of it."""
        self._send(b'{"stop": true}\n')

    def stop(self) -> None:
        """Ask the child to end, wait a second, then kill it; returns when it is gone."""
        self.ask_to_stop()
        try:
            self._process.wait(_STOP_SECONDS if self._reader is not None else 0)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._reader is not None:
            self._reader.join()
        for pipe in (self._stdin, self._stdout):
            with suppress(OSError):
                pipe.close()

    def _send(self, line: bytes) -> None:
        with suppress(OSError, ValueError):  # a child that has just ended is heard of in its own way
            self._stdin.write(line)
            self._stdin.flush()

    def _read(self, inbox: queue.Queue[Heard]) -> None:
        while line := self._stdout.readline(LONGEST_LINE):
            try:
                inbox.put(Heard(self, parse(line)))
            except ProtocolError:
                self._process.kill()
                self._process.wait()
                inbox.put(Heard(self, None, _GARBLED))
                return
        inbox.put(Heard(self, None, self._process.wait()))


class WarmChildren:
    """Children started before their work is known, so that their imports run while a library is being unlocked.

    Use it with `with`; those that nobody took are stopped at its end.
    """

    def __init__(self, command: tuple[str, ...] = CHILD_COMMAND) -> None:
        threads = share_cores(usable_cores())
        slowest_first: list[Task] = sorted(get_args(Task))
        self._waiting: dict[Task, Child] = {task: Child(task, threads[task], command) for task in slowest_first}

    def take(self, task: Task) -> Child | None:
        """The waiting child for `task`, the first time."""
        return self._waiting.pop(task, None)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """End those that nobody took."""
        for child in self._waiting.values():
            child.stop()
        self._waiting = {}


def _environment(task: Task, threads: int) -> dict[str, str]:
    """The worker's own, without what would make a child slower or more talkative; no key is ever in it."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("CUBB_PASSPHRASE", "QT_"))}
    told = {TASK_VARIABLE: task, THREADS_VARIABLE: str(threads)}
    return {**environment, **told, "PYTHONIOENCODING": "utf-8", "PYTHONWARNINGS": "ignore"}
