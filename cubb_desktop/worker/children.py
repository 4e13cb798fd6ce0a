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
from typing import IO, cast

from cubb_desktop.worker.messages import LONGEST_LINE, Message, ProtocolError, Task, Work, parse

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
    """One running job child; what it says arrives in `inbox`, read by a thread of its own."""

    def __init__(self, work: Work, inbox: queue.Queue[Heard], command: tuple[str, ...] = CHILD_COMMAND) -> None:
        self.task: Task = work.task
        self.done = False
        flags = getattr(subprocess, "BELOW_NORMAL_PRIORITY_CLASS", 0)  # Windows; elsewhere the child is nice by itself
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # libraries quote what they work on; nothing of a conversation may reach a log
            creationflags=flags,
            env=_environment(),
        )
        self._stdin = cast("IO[bytes]", self._process.stdin)
        self._stdout = cast("IO[bytes]", self._process.stdout)
        self._inbox = inbox
        self._send(work.line())
        self._reader = threading.Thread(target=self._read, name=f"child-{work.task}", daemon=True)
        self._reader.start()

    @property
    def pid(self) -> int:
        return self._process.pid

    def use_threads(self, threads: int) -> None:
        """Tell the child how many threads it may use from now on."""
        self._send(json.dumps({"threads": threads}).encode() + b"\n")

    def stop(self) -> None:
        """Ask the child to end, wait a second, then kill it; returns when it is gone."""
        self._send(b'{"stop": true}\n')
        try:
            self._process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._reader.join()
        for pipe in (self._stdin, self._stdout):
            with suppress(OSError):
                pipe.close()

    def _send(self, line: bytes) -> None:
        with suppress(OSError, ValueError):  # a child that has just ended is heard of in its own way
            self._stdin.write(line)
            self._stdin.flush()

    def _read(self) -> None:
        while line := self._stdout.readline(LONGEST_LINE):
            try:
                self._inbox.put(Heard(self, parse(line)))
            except ProtocolError:
                self._process.kill()
                self._process.wait()
                self._inbox.put(Heard(self, None, _GARBLED))
                return
        self._inbox.put(Heard(self, None, self._process.wait()))


def _environment() -> dict[str, str]:
    """The worker's own, without what would make a child slower or more talkative; no key is ever in it."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("CUBB_PASSPHRASE", "QT_"))}
    return {**environment, "PYTHONIOENCODING": "utf-8", "PYTHONWARNINGS": "ignore"}
