"""Keeping the machine awake while it works; where that can't be done, the work goes on all the same."""

from __future__ import annotations

import logging
import threading
from types import TracebackType
from typing import Self

log = logging.getLogger(__name__)


class Awake:
    """Asks the operating system, from a thread of its own (a desktop's bus may be slow to answer), not to sleep."""

    def __init__(self) -> None:
        self.kept: bool | None = None  # None until the system has answered
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._keep, name="awake", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join(timeout=5)

    def _keep(self) -> None:
        from wakepy import keep

        with keep.running(on_fail="pass") as mode:
            self.kept = bool(mode.active)
            if not self.kept:
                log.info("this machine can't be kept awake; it may go to sleep during long work")
            self._over.wait()
