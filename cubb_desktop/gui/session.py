"""One open library in the window: its watch, its worker, and the housekeeping when it is opened."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from cubb_desktop.domain.changes import Changes
from cubb_desktop.domain.ids import RecordingId
from cubb_desktop.gui.background import Background
from cubb_desktop.gui.forgetting import Forgetting
from cubb_desktop.gui.library_watch import LibraryWatch
from cubb_desktop.gui.worker_process import WorkerProcess, worker_command
from cubb_desktop.services.workspace import Workspace

if TYPE_CHECKING:
    from cubb_desktop.services.recovery import Reconciled

_BUSY_MS = 2_000
_WORKER_AFTER_MS = 300  # the list is painted first


class Session(QObject):
    """Lives from unlocking to locking or closing."""

    worker_trouble = Signal()

    def __init__(
        self, workspace: Workspace, background: Background, parent: QObject, after: WorkerProcess | None = None
    ) -> None:
        """`after` is a worker of the same library that may still be finishing a job from before it was locked."""
        super().__init__(parent)
        self.workspace = workspace
        self._free = after is None or not after.running  # a library has one worker at a time
        self._wanted = False
        if after is not None:
            after.ended.connect(self._on_free)
        self._background = background
        self.watch = LibraryWatch(lambda: workspace, background, self)
        self.watch.changed.connect(background.changed)
        self.worker = WorkerProcess(worker_command(workspace.folder), workspace.vault.master_key, self)
        self.worker.trouble.connect(self.worker_trouble)
        self.forgetting = Forgetting(workspace, background, self)
        self._worker_soon = QTimer(self, singleShot=True, interval=_WORKER_AFTER_MS)
        self._worker_soon.timeout.connect(self._start_worker)
        self._awaited: frozenset[RecordingId] | None = None  # busy when the library was opened, and since
        self._reconcile_soon = QTimer(self, singleShot=True, interval=_BUSY_MS)
        self._reconcile_soon.timeout.connect(self._reconcile)

    def start(self) -> None:
        """Begin to watch; the worker follows when the window has been painted."""
        self.watch.start()
        self._worker_soon.start()

    def _start_worker(self) -> None:
        self._reconcile()
        self.forgetting.start()
        self._wanted = True
        if self._free:
            self.worker.start()

    @Slot()
    def _on_free(self) -> None:
        self._free = True
        if self._wanted:
            self.worker.start()

    @Slot()
    def _reconcile(self) -> None:
        """Find what a crash left unfinished; a recorder that has lost its window may still be sealing it."""
        from cubb_desktop.services.recovery import reconcile

        self._background.run_write(lambda: reconcile(self.workspace), self._on_reconciled)

    @Slot(object)
    def _on_reconciled(self, found: Reconciled) -> None:
        settled = frozenset((*found.interrupted, *found.removed, *found.erased))
        if settled:
            self._background.changed.emit(Changes(recordings=settled))
        self._awaited = frozenset(found.busy) if self._awaited is None else self._awaited & frozenset(found.busy)
        if self._awaited:
            self._reconcile_soon.start()

    def stop(self) -> None:
        """Stop the worker, finish what is being written and close the library."""
        self._leave()
        self.worker.stop()
        self._close()

    def lock(self) -> WorkerProcess | None:
        """Close the library and let the worker finish what it is doing; return the worker if it still runs."""
        self._leave()
        self.worker.finish()
        self._close()
        if not self.worker.running:
            return None
        self.worker.setParent(self.parent())  # it outlives the session
        return self.worker

    def _leave(self) -> None:
        self.watch.stop()
        self._worker_soon.stop()
        self._reconcile_soon.stop()
        self.forgetting.stop()

    def _close(self) -> None:
        self._background.run_write(self.workspace.note_locked)
        self._background.drain()
        self.workspace.close()
