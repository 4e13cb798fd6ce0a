"""A review page on a real library with real threads, and a player for machines without a loudspeaker."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from cubb_desktop.domain.errors import CubbError, SpeakerUnavailable
from cubb_desktop.domain.ids import RecordingId
from cubb_desktop.domain.playing import Stretch
from cubb_desktop.gui.background import Background
from cubb_desktop.gui.context import Notice, Notices, PageContext, SettingsStore
from cubb_desktop.gui.pages.review_page import ReviewPage
from cubb_desktop.gui.theme import Theme
from cubb_desktop.gui.widgets.transcript_view import TranscriptView
from cubb_desktop.services.workspace import Workspace
from cubb_desktop.settings import Settings
from tests import builders

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

    from cubb_desktop.audio.chunks import SoundReader

WAIT_MS = 15_000


class HandPlayer:
    """Plays as far as the test lets it: `advance` is the clock. It opens the sound as the real one does."""

    def __init__(self, open_reader: Callable[[], SoundReader], output: str | None, *, broken: bool = False) -> None:
        self._open_reader, self.output, self._broken = open_reader, output, broken
        self.rate = 1.0
        self.played: list[tuple[int, int | None]] = []
        self.position_ms = 0
        self.playing = False
        self.failure: CubbError | None = None
        self.closed = False
        self.loop = False
        self._ways: list[tuple[int, int]] = []

    def play_all(self, stretches: Sequence[Stretch], *, loop: bool = False, from_ms: int | None = None) -> None:
        if self._broken:
            self.failure = SpeakerUnavailable()
            return
        with self._open_reader() as reader:
            ends = [s.end_ms if s.end_ms is not None else reader.duration_ms for s in stretches]
            self._ways = [(s.start_ms, min(end, reader.duration_ms)) for s, end in zip(stretches, ends, strict=True)]
        self.position_ms = stretches[0].start_ms if from_ms is None else from_ms
        self.played.append((self.position_ms, stretches[-1].end_ms))
        self.loop, self.playing = loop, True

    def pause(self) -> None:
        self.playing = False

    def close(self) -> None:
        self.playing, self.closed = False, True

    def advance(self, milliseconds: float) -> None:
        """Let time go by."""
        left = round(milliseconds * self.rate)
        while self.playing and left:
            start, end = next((way for way in self._ways if self.position_ms < way[1]), self._ways[0])
            self.position_ms = max(self.position_ms, start)
            heard = min(left, end - self.position_ms)
            self.position_ms += heard
            left -= heard
            if self.position_ms == self._ways[-1][1]:
                self.playing = self.loop
                self.position_ms = self._ways[0][0] if self.loop else self.position_ms


@dataclass(slots=True)
class Desk:
    """A page and everything a test of it reaches for."""

    qtbot: QtBot
    workspace: Workspace
    page: ReviewPage
    background: Background
    theme: Theme
    posted: list[Notice]
    players: list[HandPlayer]

    @property
    def view(self) -> TranscriptView:
        return self.page.view

    @property
    def player(self) -> HandPlayer:
        """The player that was made last."""
        return self.players[-1]

    def open(self, recording_id: RecordingId) -> None:
        """Open a conversation and wait until it is read and everything that follows has been done."""
        with self.qtbot.waitSignal(self.page.shown, timeout=WAIT_MS):
            self.page.open(recording_id)
        self.rest()

    def rest(self) -> None:
        """Wait until no work is under way in the background and what it brought is shown."""

        def idle() -> None:
            QApplication.processEvents()
            assert not self.background._running
            assert not self.background._outcomes

        self.qtbot.waitUntil(lambda: not self._busy(), timeout=WAIT_MS)
        idle()

    def _busy(self) -> bool:
        QApplication.processEvents()
        return bool(self.background._running or self.background._outcomes or self.page.sound.waits)

    def point_of(self, text: str) -> QPoint:
        """Return the middle of the first word that is `text`."""
        stop = self.stop_of(text)
        row = self.view.sheet.stops[stop].row
        if not self.view.row_visible(row):
            self.view.scroll_to_row(row)
        return self.view.stop_rect(stop).center()

    def stop_of(self, text: str) -> int:
        return next(n for n, s in enumerate(self.view.sheet.stops) if s.word is not None and s.word.text == text)

    def click(self, text: str, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        QTest.mouseClick(self.view.viewport(), Qt.MouseButton.LeftButton, modifier, self.point_of(text))

    def key(self, key: Qt.Key, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        QTest.keyClick(self.view, key, modifier)


@contextmanager
def review_desk(
    qtbot: QtBot, folder: Path, *, loudspeaker: bool = True, real_player: bool = False, **settings: object
) -> Iterator[Desk]:
    """Open a library and a page on it; afterwards nothing of either is left."""
    application = QApplication.instance()
    assert isinstance(application, QApplication)
    workspace = builders.new_workspace(folder / "bibliotek æøå")
    background, notices, posted = Background(), Notices(), list[Notice]()
    notices.posted.connect(posted.append)
    theme = Theme(application, "light")
    store = SettingsStore(Settings(**settings), background)  # type: ignore[arg-type]
    page = ReviewPage(PageContext(background, theme, store, lambda: workspace, notices))
    desk = Desk(qtbot, workspace, page, background, theme, posted, [])
    if not real_player:

        def make(open_reader: Callable[[], SoundReader], output: str | None) -> HandPlayer:
            desk.players.append(HandPlayer(open_reader, output, broken=not loudspeaker))
            return desk.players[-1]

        page.playback.make_player = make
    page.resize(1262, 768)
    page.show()
    try:
        yield desk
    finally:
        page.leave()
        background.close()
        page.close()
        page.deleteLater()
        theme.deleteLater()
        workspace.close()
