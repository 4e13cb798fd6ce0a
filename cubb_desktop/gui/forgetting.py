"""The window's daily check: what has had its time is deleted beside the main thread, and what will be is told of."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from cubb_desktop.gui.background import Background
from cubb_desktop.i18n import ngettext

if TYPE_CHECKING:
    from cubb_desktop.services.erasure import Erased
    from cubb_desktop.services.workspace import Workspace

EVERY = timedelta(hours=24)
_LOOK_MS = 10 * 60 * 1000  # how often the clock is asked whether a day has gone: a laptop sleeps, and timers with it


class Forgetting(QObject):
    """Checks when it is started and every 24 hours by the clock."""

    told = Signal(str, bool)  # one sentence; whether something needs a person, so that a list is worth offering

    def __init__(self, workspace: Workspace, background: Background, parent: QObject) -> None:
        super().__init__(parent)
        self._workspace, self._background = workspace, background
        self._checked_at: datetime | None = None
        self._timer = QTimer(self, interval=_LOOK_MS)
        self._timer.timeout.connect(self.look)

    def start(self) -> None:
        """Check now, and from then on each day."""
        self._timer.start()
        self.look()

    def stop(self) -> None:
        """Check no more."""
        self._timer.stop()

    @Slot()
    def look(self) -> None:
        """Check if a day has gone since the last time."""
        now = self._workspace.clock()
        if self._checked_at is None or not timedelta(0) <= now - self._checked_at < EVERY:
            self._checked_at = now
            workspace = self._workspace
            self._background.run_read(lambda: _ids_due(workspace), self._on_due)

    @Slot(object)
    def _on_due(self, ids: frozenset[str]) -> None:
        workspace = self._workspace
        if ids:
            self._background.forgetting.emit(ids)
        self._background.run_write(lambda: _erase_due(workspace), self._on_erased)
        self._background.run_write(lambda: _prune_log(workspace))

    @Slot(object)
    def _on_erased(self, found: tuple[Erased, int]) -> None:
        erased, soon = found
        if erased.changes:
            self._background.changed.emit(erased.changes)
        if erased.gone:  # what will go and what waits stands over the list all the time
            forget_elsewhere(self._background, self._workspace)
            self.told.emit(summary(len(erased.gone), soon, len(erased.held)), bool(soon or erased.held))


def forget_elsewhere(background: Background, workspace: Workspace) -> None:
    """Let the backups that can be reached forget too; a drive may take its time."""
    background.run_errand(lambda _errand: _elsewhere(workspace))


def summary(gone: int, soon: int, held: int) -> str:
    """Return what was deleted, what will be and what waits, "" where there is nothing to tell."""
    parts = []
    if gone:
        text = ngettext(
            "{number} samtale er slettet, for dens tid var gået.",
            "{number} samtaler er slettet, for deres tid var gået.",
            gone,
        )
        parts.append(text.format(number=gone))
    if soon:
        text = ngettext(
            "{number} samtale slettes inden for 14 dage; forny aftalen, hvis den skal bruges længere.",
            "{number} samtaler slettes inden for 14 dage; forny aftalerne, hvis de skal bruges længere.",
            soon,
        )
        parts.append(text.format(number=soon))
    if held:
        text = ngettext(
            "{number} samtale venter på journalisering.", "{number} samtaler venter på journalisering.", held
        )
        parts.append(text.format(number=held))
    return " ".join(parts)


# --- in the background -----------------------------------------------------------------------------------------------


def _ids_due(workspace: Workspace) -> frozenset[str]:
    from cubb_desktop.services.keeping import kept

    today = workspace.today()
    return frozenset(one.recording.id for one in kept(workspace) if one.is_due(today))


def _prune_log(workspace: Workspace) -> int:
    from cubb_desktop.services.audit import prune_log

    return prune_log(workspace)


def _erase_due(workspace: Workspace) -> tuple[Erased, int]:
    from cubb_desktop.services.erasure import erase_due
    from cubb_desktop.services.keeping import kept

    erased, today = erase_due(workspace), workspace.today()
    return erased, sum(1 for one in kept(workspace) if one.is_soon(today))


def _elsewhere(workspace: Workspace) -> None:
    from cubb_desktop.services.erasure import forget_elsewhere as forget

    forget(workspace)
