"""Run a piece of a test in a child process that lacks something: room on the disk, the right to write (POSIX only)."""

from __future__ import annotations

import faulthandler
import os
import select
import signal
import sys
import traceback
from collections.abc import Callable
from pathlib import Path

import pytest

from cubb_desktop.domain.errors import CubbError

NOBODY = 65_534
DONE = "done"
_PATIENCE_S = 30


def in_child(work: Callable[[], object], *limits: Callable[[], None]) -> str:
    """Fork, apply `limits`, do `work`; return `DONE`, the code of the `CubbError` it ended with, or the traceback."""
    if os.name == "nt":
        pytest.skip("Windows has neither fork nor these limits")
    reader, writer = os.pipe()
    faulthandler.register(signal.SIGUSR1, file=writer)  # before the fork, so that a hang in a library's hook is seen
    child = os.fork()
    if child == 0:
        os.close(reader)
        try:
            for limit in limits:
                limit()
            work()
            answer = DONE
        except CubbError as error:
            answer = error.code
        except BaseException:  # a forked child must never run on into the parent's test session
            answer = traceback.format_exc()
        os.write(writer, answer.encode())
        os._exit(0)
    faulthandler.unregister(signal.SIGUSR1)
    os.close(writer)
    with os.fdopen(reader, "rb") as pipe:
        hung = not select.select([pipe], [], [], _PATIENCE_S)[0]
        if hung:
            os.kill(child, signal.SIGUSR1)
            select.select([pipe], [], [], 1.0)
            os.kill(child, signal.SIGKILL)
        answer = pipe.read().decode()
    os.waitpid(child, 0)
    if hung:
        sys.stderr.write(answer)  # where: pytest shortens what is compared
    return "the child hung" if hung else answer or "the child died"


def without_disk(room_bytes: int) -> Callable[[], None]:
    """No file may grow beyond `room_bytes`."""

    def limit() -> None:
        import resource

        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (room_bytes, room_bytes))

    return limit


def without_rights(folder: Path) -> Callable[[], None]:
    """Nothing under `folder` may be written, not even by root: the child gives up being root."""

    def limit() -> None:
        for path in [folder, *folder.rglob("*")]:
            path.chmod(0o555 if path.is_dir() else 0o444)
        for parent in folder.parents:
            if parent.stat().st_uid == os.getuid() and not parent.stat().st_mode & 0o001:
                parent.chmod(0o711)
        if os.getuid() == 0:
            os.setgroups([])
            os.setgid(NOBODY)
            os.setuid(NOBODY)

    return limit
