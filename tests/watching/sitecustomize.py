"""Loaded by every Python process of a test that watches what is written; see `WriteWatch` in `tests/guards.py`."""

from __future__ import annotations

import os
import sys
from typing import Any

_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_NAMED = {"os.rename": 1, "os.link": 1, "os.symlink": 1, "os.mkdir": 0, "os.truncate": 0}  # event: which argument


def _watch(folder: str) -> None:
    log = os.open(os.path.join(folder, f"{os.getpid()}.txt"), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)  # noqa: PTH118 - as little as can be

    def on_event(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open":
            path, mode, flags = arguments
            writes = flags & _WRITING if isinstance(flags, int) else any(c in str(mode) for c in "wax+")
        else:
            path, writes = (arguments[_NAMED[event]], True) if event in _NAMED else (None, False)
        if writes and isinstance(path, (str, bytes)):
            os.write(log, os.path.abspath(os.fsencode(path)) + b"\n")  # noqa: PTH100 - the same

    sys.addaudithook(on_event)


if folder := os.environ.get("CUBB_TEST_WRITES"):
    _watch(folder)
