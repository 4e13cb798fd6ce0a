"""Notices that nobody has used the window for a while, so that it can lock; also when the computer slept meanwhile."""

from __future__ import annotations

import time
from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, QTimer, Signal, Slot
from PySide6.QtGui import QGuiApplication, QWindow

LOOK_MS = 5_000

_ACTS = frozenset(
    {
        QEvent.Type.KeyPress,
        QEvent.Type.MouseButtonPress,
        QEvent.Type.MouseMove,
        QEvent.Type.Wheel,
        QEvent.Type.TouchBegin,
        QEvent.Type.TouchUpdate,
        QEvent.Type.TabletPress,
        QEvent.Type.TabletMove,
        QEvent.Type.InputMethod,
    }
)


def seconds() -> float:
    """Return a clock that goes on while the computer sleeps."""
    boot_time = getattr(time, "CLOCK_BOOTTIME", None)
    return time.clock_gettime(boot_time) if boot_time is not None else time.monotonic()


class IdleWatch(QObject):
    """Emits `expired` once after `minutes` without a key, a click or a move in any window of the program; 0 is never.

    It listens to the few windows that have the keyboard, not to every event of the program.
    """

    expired = Signal()

    def __init__(
        self, minutes: int, in_use: Callable[[], bool], parent: QObject, clock: Callable[[], float] = seconds
    ) -> None:
        """`in_use` says whether something goes on that must not be interrupted; it counts as somebody being there."""
        super().__init__(parent)
        self.minutes = minutes
        self._in_use, self._clock = in_use, clock
        self._last = clock()
        self._timer = QTimer(self, interval=LOOK_MS)
        self._timer.timeout.connect(self.look)
        self._timer.start()
        application = QGuiApplication.instance()
        if isinstance(application, QGuiApplication):
            application.focusWindowChanged.connect(self._on_focus)
            self._on_focus(application.focusWindow())

    @Slot(QWindow)
    def _on_focus(self, window: QWindow | None) -> None:
        if window is not None:
            window.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in _ACTS:
            self._last = self._clock()
        return super().eventFilter(watched, event)

    @Slot()
    def look(self) -> None:
        """See whether the time is up."""
        now = self._clock()
        if not self.minutes or self._in_use():
            self._last = now
        elif now - self._last >= self.minutes * 60:
            self._last = now
            self.expired.emit()
