"""Run a piece of a test in a child process that lacks something: room on the disk, the right to write (POSIX only)."""

from __future__ import annotations

import os
import select
import signal
import traceback
from collections.abc import Callable
from pathlib import Path

import pytest

from cubb_desktop.domain.errors import CubbError

NOBODY = 65_534
DONE = "done"
_PATIENCE_S = 30
_TRIES = 3


def in_child(work: Callable[[], object], *limits: Callable[[], None]) -> str:
    """Fork, apply `limits`, do `work`; return `DONE`, the code of the `CubbError` it ended with, or the traceback."""
    if os.name == "nt":
        pytest.skip("Windows has neither fork nor these limits")
    for _ in range(_TRIES):  # a fork may find a lock held that another library's thread can't let go of any more
        answer = _forked(work, limits)
        if answer is not None:
            return answer or "the child died"
    return "the child hung"


def _forked(work: Callable[[], object], limits: tuple[Callable[[], None], ...]) -> str | None:
    """Return what the child says, None when it says nothing for long; it is then ended."""
    reader, writer = os.pipe()
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
    os.close(writer)
    with os.fdopen(reader, "rb") as pipe:
        spoke = bool(select.select([pipe], [], [], _PATIENCE_S)[0])
        if not spoke:
            os.kill(child, signal.SIGKILL)
        answer = pipe.read().decode()
    os.waitpid(child, 0)
    return answer if spoke else None


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
