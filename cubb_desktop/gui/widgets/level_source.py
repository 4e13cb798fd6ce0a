"""Listens to a microphone before anything is recorded, so that silence and too loud a sound are seen in time."""

from __future__ import annotations

import threading

from PySide6.QtCore import QObject, Qt, Signal, Slot

from cubb_desktop.audio.recorder import Failed, Level, LevelMeter
from cubb_desktop.gui.background import Background


class LevelSource(QObject):
    """Keeps one meter running on the wanted microphone; starting and stopping is done beside the main thread."""

    heard = Signal(object)  # Level
    failed = Signal(object)  # Failed
    _arrived = Signal(object)

    def __init__(self, background: Background, parent: QObject) -> None:
        super().__init__(parent)
        self._background = background
        self._settling = threading.Lock()
        self._wanted: tuple[bool, str | None] = (False, None)
        self._running: tuple[bool, str | None] = (False, None)
        self._meter: LevelMeter | None = None
        self._arrived.connect(self._on_arrived, Qt.ConnectionType.QueuedConnection)

    def listen(self, device: str | None) -> None:
        """Listen to a microphone (None: the system's choice) from now on."""
        self._want((True, device))

    def stop(self) -> None:
        """Let the microphone go."""
        self._want((False, None))

    def _want(self, wanted: tuple[bool, str | None]) -> None:
        if wanted != self._wanted:
            self._wanted = wanted
            self._background.run_read(self._settle)

    def arm(self) -> None:
        """Say that the button has been pressed: what is heard from now on counts, if a recorder takes over at once."""
        if self._meter is not None:
            self._meter.arm()

    def hand_over(self) -> LevelMeter | None:
        """Give away the meter that runs, for a recorder to take over; not for the main thread."""
        self._wanted = (False, None)
        with self._settling:
            meter, self._meter = self._meter, None
            self._running = (False, None)
        return meter

    def _settle(self) -> None:
        with self._settling:
            while self._running != self._wanted:
                wanted = self._wanted
                if self._meter is not None:
                    self._meter.stop()
                    self._meter = None
                if wanted[0]:
                    self._meter = LevelMeter(wanted[1], self._arrived.emit)
                    self._meter.start()
                self._running = wanted

    @Slot(object)
    def _on_arrived(self, event: Level | Failed) -> None:
        if not self._wanted[0]:
            return
        if isinstance(event, Failed):
            self.failed.emit(event)
        else:
            self.heard.emit(event)
