"""Collects what a recorder tells, and lets a test wait for it."""

from __future__ import annotations

import threading
from typing import TypeVar

from cubb_desktop.audio.recorder import Event, Level

PATIENCE_S = 20.0
Kind = TypeVar("Kind")


class Heard:
    """Collects events and lets a test wait for one."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self._came = threading.Condition()

    def __call__(self, event: Event) -> None:
        with self._came:
            self.events.append(event)
            self._came.notify_all()

    def wait_for(self, kind: type[Kind], count: int = 1) -> Kind:
        with self._came:
            assert self._came.wait_for(lambda: len(self.of(kind)) >= count, PATIENCE_S), f"no {kind.__name__}"
            return self.of(kind)[count - 1]

    def of(self, kind: type[Kind]) -> list[Kind]:
        return [event for event in self.events if isinstance(event, kind)]

    def wait_for_position(self, position_ms: int) -> None:
        with self._came:
            reached = self._came.wait_for(
                lambda: any(isinstance(e, Level) and e.position_ms >= position_ms for e in self.events), PATIENCE_S
            )
            assert reached
