"""The worker beside the window: started with the library, started again if it dies, stopped when the window closes."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QObject, QProcess, QProcessEnvironment, QTimer, Signal, Slot

import cubb_desktop

_FIRST_WAIT_MS, _LONGEST_WAIT_MS = 500, 30_000
_SETTLED_MS = 20_000  # a worker that lived this long was well; the next death is a new story
_TROUBLE_AFTER = 4
_POLITE_MS, _TERMINATE_MS = 1500, 2000

log = logging.getLogger(__name__)


def worker_command(folder: Path) -> list[str]:
    """Return the command line of a worker on the library in `folder`; the key goes over its stdin."""
    return [sys.executable, "-m", "cubb_desktop", "--library", str(folder.resolve()), "worker", "--key-on-stdin"]


class WorkerProcess(QObject):
    """Keeps one worker running; `trouble` says once that it will not stay up."""

    started = Signal()
    trouble = Signal()
    ended = Signal()  # after `finish`, once it is gone

    def __init__(self, command: Sequence[str], key: Callable[[], bytes], parent: QObject) -> None:
        """`key` returns the library's master key; it is written to the worker's stdin and kept nowhere."""
        super().__init__(parent)
        self._command, self._key = list(command), key
        self._stopping = False
        self._deaths = 0
        self._process = QProcess(self)
        self._process.setProcessEnvironment(_environment())
        self._process.setWorkingDirectory(str(Path(cubb_desktop.__file__).resolve().parent.parent))
        self._process.setStandardOutputFile(QProcess.nullDevice())
        self._process.setProcessChannelMode(QProcess.ProcessChannelMode.ForwardedErrorChannel)
        self._process.started.connect(self._on_started)
        self._process.finished.connect(self._on_ended)
        self._process.errorOccurred.connect(self._on_error)
        self._settled = QTimer(self, singleShot=True, interval=_SETTLED_MS)
        self._settled.timeout.connect(self._on_settled)
        self._again = QTimer(self, singleShot=True)
        self._again.timeout.connect(self.start)

    @property
    def running(self) -> bool:
        """Whether there is a worker."""
        return self._process.state() is not QProcess.ProcessState.NotRunning

    @property
    def pid(self) -> int:
        """The worker's process id, 0 while there is none."""
        return self._process.processId()

    @Slot()
    def start(self) -> None:
        """Start the worker, unless it runs."""
        if not self._stopping and not self.running:
            self._process.start(self._command[0], self._command[1:])

    @Slot()
    def _on_started(self) -> None:
        if self._stopping:
            return
        self._process.write(self._key().hex().encode() + b"\n")
        self._settled.start()
        self.started.emit()

    @Slot()
    def _on_settled(self) -> None:
        self._deaths = 0

    @Slot(QProcess.ProcessError)
    def _on_error(self, error: QProcess.ProcessError) -> None:
        if error is QProcess.ProcessError.FailedToStart:
            self._on_ended()

    @Slot()
    def _on_ended(self) -> None:
        self._settled.stop()
        if self._stopping:
            self.ended.emit()
            return
        self._deaths += 1
        log.info("the worker ended with %s; starting it again", self._process.exitCode())
        if self._deaths == _TROUBLE_AFTER:
            self.trouble.emit()
        self._again.start(min(_LONGEST_WAIT_MS, _FIRST_WAIT_MS * 2 ** (self._deaths - 1)))

    def finish(self) -> None:
        """Close its stdin and let it end by itself after what it is doing, for however long that takes."""
        self._stopping = True
        self._again.stop()
        if self.running:
            self._process.closeWriteChannel()

    def stop(self) -> None:
        """Close its stdin, wait, and end it if it goes on; what it was doing waits for the next start."""
        self.finish()
        if not self.running:
            return
        if self._process.waitForFinished(_POLITE_MS):
            return
        self._process.terminate()
        if not self._process.waitForFinished(_TERMINATE_MS):
            self._process.kill()
            self._process.waitForFinished(_TERMINATE_MS)


def _environment() -> QProcessEnvironment:
    """The window's environment without the passphrase that automation may have put there."""
    environment = QProcessEnvironment.systemEnvironment()
    environment.remove("CUBB_PASSPHRASE")
    return environment
