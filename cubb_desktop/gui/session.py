"""One open library in the window: its watch, its worker, and the housekeeping when it is opened."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer, Signal

from cubb_desktop.gui.background import Background
from cubb_desktop.gui.library_watch import LibraryWatch
from cubb_desktop.gui.worker_process import WorkerProcess, worker_command
from cubb_desktop.services.workspace import Workspace

_WORKER_AFTER_MS = 300  # the list is painted first


class Session(QObject):
    """Lives from unlocking to locking or closing."""

    worker_trouble = Signal()

    def __init__(self, workspace: Workspace, background: Background, parent: QObject) -> None:
        super().__init__(parent)
        self.workspace = workspace
        self._background = background
        self.watch = LibraryWatch(lambda: workspace, background, self)
        self.watch.changed.connect(background.changed)
        self.worker = WorkerProcess(worker_command(workspace.folder), workspace.vault.master_key, self)
        self.worker.trouble.connect(self.worker_trouble)
        self._worker_soon = QTimer(self, singleShot=True, interval=_WORKER_AFTER_MS)
        self._worker_soon.timeout.connect(self._start_worker)

    def start(self) -> None:
        """Begin to watch; the worker follows when the window has been painted."""
        self.watch.start()
        self._worker_soon.start()

    def _start_worker(self) -> None:
        from cubb_desktop.services.recovery import reconcile

        self._background.run_write(lambda: reconcile(self.workspace))
        self.worker.start()

    def stop(self) -> None:
        """Stop the worker, finish what is being written and close the library."""
        self.watch.stop()
        self._worker_soon.stop()
        self.worker.stop()
        self._background.drain()
        self.workspace.close()
