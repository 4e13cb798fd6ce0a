"""Plays passages of several conversations after each other, with a short silence between, and says which one sounds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from cubb_desktop.domain.errors import CubbError
from cubb_desktop.domain.ids import RecordingId
from cubb_desktop.gui.background import Background
from cubb_desktop.gui.widgets.review_playback import Playback
from cubb_desktop.services.workspace import Workspace

BETWEEN_MS = 700


@dataclass(frozen=True, slots=True)
class Piece:
    """What is to be heard; `key` tells the page which line it is, `end_ms` None: on to the end, `label` names it."""

    key: str
    recording_id: RecordingId
    start_ms: int
    end_ms: int | None
    label: str


class PassagePlayer(QObject):
    """A row of passages and the place in it."""

    sounding = Signal(object)  # Piece that is played or paused, None: nothing
    playing_changed = Signal(bool)
    failed = Signal(object)  # CubbError

    def __init__(
        self,
        background: Background,
        workspace: Callable[[], Workspace],
        output: Callable[[], str | None],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._workspace = workspace
        self.playback = Playback(background, output, self)
        self._pieces: tuple[Piece, ...] = ()
        self._at = 0
        self._running = False  # somebody wants to hear; between two passages nothing sounds all the same
        self._opened: RecordingId | None = None
        self._between = QTimer(self, singleShot=True, interval=BETWEEN_MS)
        self._between.timeout.connect(self._on_silence_over)
        self.playback.opened.connect(self._on_opened)
        self.playback.missing.connect(self._on_missing)
        self.playback.failed.connect(self._on_failed)
        self.playback.playing_changed.connect(self._on_playing)

    @property
    def playing(self) -> bool:
        """Whether passages are being heard, the silence between two included."""
        return self._running

    @property
    def piece(self) -> Piece | None:
        """What is played or paused."""
        return self._pieces[self._at] if self._pieces else None

    @property
    def has_next(self) -> bool:
        """Whether another passage follows."""
        return self._at + 1 < len(self._pieces)

    @property
    def has_previous(self) -> bool:
        """Whether a passage stands before this one."""
        return bool(self._pieces) and self._at > 0

    # --- what is asked of it -----------------------------------------------------------------------------------------

    def play(self, pieces: Sequence[Piece], first: int = 0) -> None:
        """Play passages in their order, beginning with one of them, instead of what is playing."""
        self._between.stop()
        self._pieces = tuple(pieces)
        if self._pieces:
            self._begin(first)
        else:
            self.stop()

    def toggle(self) -> None:
        """Pause, or go on where it was paused."""
        if self._running:
            self.pause()
        elif self.piece is not None:
            self._go_on(self.piece)

    def pause(self) -> None:
        """Stop where it is."""
        self._between.stop()
        self._run(False)
        self.playback.pause()

    def next(self) -> None:
        """Go to the next passage."""
        if self.has_next:
            self._begin(self._at + 1)

    def previous(self) -> None:
        """Go to the passage before."""
        if self.has_previous:
            self._begin(self._at - 1)

    def stop(self) -> None:
        """Put the sound down; nothing is chosen any more."""
        self._between.stop()
        self._pieces, self._at, self._opened = (), 0, None
        self._run(False)
        self.playback.close()
        self.sounding.emit(None)

    def forget(self, going: frozenset[RecordingId]) -> None:
        """Let go of sound that is about to be deleted."""
        if any(piece.recording_id in going for piece in self._pieces):
            self.stop()

    # --- how it goes on ----------------------------------------------------------------------------------------------

    def _begin(self, at: int) -> None:
        self._between.stop()
        self._at = at
        self._run(True)
        piece = self._pieces[at]
        self.sounding.emit(piece)
        self._sound(piece, piece.start_ms)

    def _go_on(self, piece: Piece) -> None:
        self._run(True)
        position = self.playback.position_ms
        inside = piece.start_ms < position and (piece.end_ms is None or position < piece.end_ms)
        self._sound(piece, position if inside else piece.start_ms)

    def _sound(self, piece: Piece, start_ms: int) -> None:
        if self._opened == piece.recording_id and self.playback.available:
            self.playback.play(start_ms, piece.end_ms)
        else:
            self._opened = piece.recording_id
            self._quietly(lambda: self.playback.open(self._workspace(), piece.recording_id, start_ms))

    def _quietly(self, act: Callable[[], object]) -> None:
        """Do what stops the sound without taking that for the end of a passage."""
        running, self._running = self._running, False
        act()
        self._running = running

    @Slot()
    def _on_opened(self) -> None:
        if self._running and self.piece is not None:
            self.playback.play(self.playback.position_ms, self.piece.end_ms)

    @Slot(bool)
    def _on_playing(self, playing: bool) -> None:
        if not playing and self._running:
            self._between.start()

    @Slot()
    def _on_silence_over(self) -> None:
        if self.has_next:
            self._begin(self._at + 1)
        else:
            self._at = 0
            self._run(False)

    @Slot(object)
    def _on_missing(self, error: CubbError) -> None:
        self._opened = None
        self.failed.emit(error)
        if self._running:
            self._between.start()  # the others can be heard all the same

    @Slot(object)
    def _on_failed(self, error: CubbError) -> None:
        self._between.stop()
        self._run(False)
        self.failed.emit(error)

    def _run(self, running: bool) -> None:
        if running != self._running:
            self._running = running
            self.playing_changed.emit(running)
