"""Sees what other processes (the worker, the command line) change in the library, and says what that was."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from cubb_desktop.domain.changes import Changes
from cubb_desktop.domain.errors import CubbError
from cubb_desktop.domain.ids import JobId, RecordingId
from cubb_desktop.domain.job import Job
from cubb_desktop.gui.background import Background
from cubb_desktop.library import queue, recordings
from cubb_desktop.services.workspace import Workspace

EVERY_MS = 400


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What two looks at the library are compared by."""

    version: int
    recordings: dict[RecordingId, int]
    jobs: dict[JobId, Job]


def look(workspace: Workspace, known: Snapshot | None) -> Snapshot | None:
    """Return the library as it is now, None if nothing was committed since `known`."""
    version = workspace.library.data_version()
    if known is not None and version == known.version:
        return None
    with workspace.library.read() as reading:
        return Snapshot(
            version,
            {recording.id: recording.version for recording in recordings.all(reading)},
            {job.id: job for job in queue.all(reading)},
        )


def changes_between(old: Snapshot, new: Snapshot) -> Changes:
    """Return what differs; where only things were touched that a snapshot does not hold, all of those."""
    touched = {key for key, version in new.recordings.items() if old.recordings.get(key) != version}
    gone = old.recordings.keys() - new.recordings.keys()
    jobs = [job for key, job in new.jobs.items() if old.jobs.get(key) != job]
    seen = Changes(
        recordings=frozenset(touched | gone),
        transcripts=frozenset({job.recording_id for job in jobs} | touched | gone),
        jobs=bool(jobs) or old.jobs.keys() != new.jobs.keys(),
    )
    if seen:
        return seen
    everything = frozenset(new.recordings)
    return Changes(
        consents=True, transcripts=everything, annotations=everything, excerpts=True, slots=True, concepts=True,
        exports=True, collections=True,
    )  # fmt: skip


class LibraryWatch(QObject):
    """Looks every 400 ms, in the read pool, and at once after a write of this window."""

    changed = Signal(object)  # Changes

    def __init__(self, workspace: Callable[[], Workspace], background: Background, parent: QObject) -> None:
        super().__init__(parent)
        self._workspace, self._background = workspace, background
        self._known: Snapshot | None = None
        self._looking = False
        self._timer = QTimer(self)
        self._timer.setInterval(EVERY_MS)
        self._timer.timeout.connect(self.look_now)

    def start(self) -> None:
        """Begin to look; what is there now is not news."""
        workspace = self._workspace()
        self._looking = True
        self._background.run_read(lambda: Snapshot(workspace.library.data_version(), {}, {}), self._on_looked)
        self._timer.start()

    def stop(self) -> None:
        """Stop looking."""
        self._timer.stop()

    @Slot()
    def look_now(self) -> None:
        """Look once, unless a look is under way."""
        if not self._looking:
            self._looking = True
            workspace, known = self._workspace(), self._known
            self._background.run_read(lambda: look(workspace, known), self._on_looked, self._on_failed)

    @Slot(object)
    def _on_looked(self, snapshot: Snapshot | None) -> None:
        self._looking = False
        if snapshot is None:
            return
        known, self._known = self._known, snapshot
        if known is not None:
            self.changed.emit(changes_between(known, snapshot))

    @Slot(object)
    def _on_failed(self, _: CubbError) -> None:
        self._looking = False  # a busy or unreadable library: what the person does next will say so
