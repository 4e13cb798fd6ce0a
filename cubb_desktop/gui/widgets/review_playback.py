"""Between the page and the sound: opens it in the background, plays, and says on the main thread where it is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Protocol

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from cubb_desktop.domain.errors import CubbError
from cubb_desktop.domain.ids import RecordingId
from cubb_desktop.domain.playing import Stretch, within
from cubb_desktop.gui.background import Background
from cubb_desktop.gui.widgets.player_bar import LEAST_RATE, MOST_RATE
from cubb_desktop.services.openings import played
from cubb_desktop.services.workspace import Workspace

if TYPE_CHECKING:
    from cubb_desktop.audio.chunks import SoundReader

TICK_MS = 30


class SoundPlayer(Protocol):
    """What the page needs of `audio.player.Player`; it has a thread of its own."""

    rate: float

    def play_all(self, stretches: Sequence[Stretch], *, loop: bool = False, from_ms: int | None = None) -> None: ...

    def pause(self) -> None: ...

    @property
    def position_ms(self) -> int: ...

    @property
    def playing(self) -> bool: ...

    @property
    def failure(self) -> CubbError | None: ...

    def close(self) -> None: ...


MakePlayer = Callable[[Callable[[], "SoundReader"], str | None], SoundPlayer]


def usual_player(open_reader: Callable[[], SoundReader], output: str | None) -> SoundPlayer:
    """Return the player that sounds."""
    from cubb_desktop.audio.player import Player

    return Player(open_reader, output)


class Playback(QObject):
    """One conversation's sound: opened, played, listened to at another speed, put down again."""

    opened = Signal()
    missing = Signal(object)  # CubbError: this conversation's sound can't be had
    position_changed = Signal(int)
    playing_changed = Signal(bool)
    rate_changed = Signal(float)
    failed = Signal(object)  # CubbError
    ring_changed = Signal(bool)  # whether a passage is played over and over
    nothing_left = Signal()  # from here on there is nothing of what is to be heard

    def __init__(self, background: Background, output: Callable[[], str | None], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._background = background
        self._output = output
        self.make_player: MakePlayer = usual_player
        self._open_reader: Callable[[], SoundReader] | None = None
        self._log_playing: Callable[[], None] | None = None  # until it is done, once per opening
        self._player: SoundPlayer | None = None
        self._recording_id: RecordingId | None = None
        self._available = False
        self._duration_ms = 0
        self._position_ms = 0
        self._rate = 1.0
        self._playing = self._bounded = False
        self._heard: Sequence[Stretch] = [Stretch(0, None)]
        self._ring: tuple[int, int] | None = None
        self._timer = QTimer(self, interval=TICK_MS)
        self._timer.timeout.connect(self._on_tick)

    # --- opening and putting down ------------------------------------------------------------------------------------

    def open(self, workspace: Workspace, recording_id: RecordingId, position_ms: int = 0) -> None:
        """Put down what was open and open a conversation's sound at a place; `opened` or `missing` follows."""
        self.close()
        self._recording_id, self._position_ms = recording_id, position_ms
        self._open_reader = lambda: _open_sound(workspace, recording_id)
        self._log_playing = lambda: played(workspace, recording_id)
        self._background.run_read(lambda: _probe(workspace, recording_id), self._on_probed, self._on_missing)

    def close(self) -> None:
        """Stop and let the sound go; nothing of it stays in memory."""
        self.pause()
        player, self._player = self._player, None
        self._available, self._recording_id = False, None
        if player is not None:
            player.close()

    @Slot(object)
    def _on_probed(self, found: tuple[RecordingId, int]) -> None:
        recording_id, self._duration_ms = found
        if recording_id == self._recording_id:
            self._available = True
            self.opened.emit()

    @Slot(object)
    def _on_missing(self, error: CubbError) -> None:
        self._available = False
        self.missing.emit(error)

    # --- playing -----------------------------------------------------------------------------------------------------

    @property
    def available(self) -> bool:
        """Whether there is sound to play."""
        return self._available

    @property
    def playing(self) -> bool:
        """Whether sound is heard."""
        return self._playing

    @property
    def bounded(self) -> bool:
        """Whether what is or was played last had an end given: a line once more, a voice, an excerpt."""
        return self._bounded

    @property
    def position_ms(self) -> int:
        """Where in the sound one is."""
        return self._position_ms

    @property
    def rate(self) -> float:
        """How fast it goes; 1 is as it was said."""
        return self._rate

    @property
    def ring(self) -> tuple[int, int] | None:
        """The passage that is played over and over, None if none is."""
        return self._ring

    def hear_only(self, stretches: Sequence[Stretch]) -> None:
        """From now on let these stretches alone be heard when it plays on; a passage is always heard as it was."""
        changed, self._heard = stretches != self._heard, stretches
        if changed and self._playing and not self._bounded:
            self.play(self._position_ms)

    def play(self, start_ms: int, end_ms: int | None = None) -> None:
        """Play from a place, to a place if one is given; raises nothing, `failed` tells."""
        self._bounded = end_ms is not None
        self._set_ring(None)
        self._play([Stretch(start_ms, end_ms)] if self._bounded else within(self._heard, start_ms, None))

    def play_round(self, start_ms: int, end_ms: int) -> None:
        """Play a passage over and over until something else is asked for."""
        self._bounded = True
        self._set_ring((start_ms, end_ms))
        self._play([Stretch(start_ms, end_ms)])

    def _play(self, stretches: Sequence[Stretch], from_ms: int | None = None) -> None:
        if not self._available:
            return
        if not stretches:
            self.pause()
            self.nothing_left.emit()
            return
        start_ms = stretches[0].start_ms if from_ms is None else from_ms
        try:
            self._ready_player().play_all(stretches, loop=self._ring is not None, from_ms=start_ms)
        except CubbError as error:
            self._stop(error)
            return
        self._set_position(start_ms)
        self._set_playing(True)
        if self._log_playing is not None:
            self._background.run_write(self._log_playing)
            self._log_playing = None

    def toggle(self) -> None:
        """Pause, or go on from where it is; from the beginning after the end."""
        if self._playing:
            self.pause()
        else:
            self.play(0 if self._position_ms >= self._duration_ms else self._position_ms)

    def pause(self) -> None:
        """Stop where it is."""
        if self._player is not None and self._playing:
            self._player.pause()
            self._set_position(self._player.position_ms)
        self._set_playing(False)

    def seek(self, position_ms: int) -> None:
        """Go to a place; what is playing plays on from there, round and round if the place is in what is."""
        position = max(0, min(position_ms, self._duration_ms))
        if self._playing and self._ring is not None and self._ring[0] <= position < self._ring[1]:
            self._play([Stretch(*self._ring)], position)
        elif self._playing:
            self.play(position)
        else:
            self._bounded = False
            self._set_position(position)

    def change_rate(self, rate: float) -> None:
        """Go slower or faster at the same pitch, within bounds."""
        self._rate = round(min(max(rate, LEAST_RATE), MOST_RATE), 1)
        if self._player is not None:
            self._player.rate = self._rate
        self.rate_changed.emit(self._rate)

    def _ready_player(self) -> SoundPlayer:
        if self._player is None:
            if self._open_reader is None:
                raise RuntimeError("no sound is open")
            self._player = self.make_player(self._open_reader, self._output())
            self._player.rate = self._rate
        return self._player

    @Slot()
    def _on_tick(self) -> None:
        player = self._player
        if player is None:
            return
        self._set_position(player.position_ms)
        if player.failure is not None:
            self._stop(player.failure)
        elif not player.playing:
            self._set_playing(False)

    def _stop(self, error: CubbError) -> None:
        """Let a player go that can't play; the next try takes a new one (a loudspeaker may have been plugged in)."""
        player, self._player = self._player, None
        if player is not None:
            player.close()
        self._set_playing(False)
        self.failed.emit(error)

    def _set_position(self, position_ms: int) -> None:
        if position_ms != self._position_ms:
            self._position_ms = position_ms
            self.position_changed.emit(position_ms)

    def _set_ring(self, ring: tuple[int, int] | None) -> None:
        was, self._ring = self._ring, ring
        if (was is None) is not (ring is None):
            self.ring_changed.emit(ring is not None)

    def _set_playing(self, playing: bool) -> None:
        if playing:
            self._timer.start()
        else:
            self._timer.stop()
        if playing != self._playing:
            self._playing = playing
            if not playing:
                self._set_ring(None)
            self.playing_changed.emit(playing)


def _open_sound(workspace: Workspace, recording_id: RecordingId) -> SoundReader:
    from cubb_desktop.services.recordings import open_sound

    return open_sound(workspace, recording_id)


def _probe(workspace: Workspace, recording_id: RecordingId) -> tuple[RecordingId, int]:
    """Return how long the sound is; raises what `open_sound` raises."""
    with _open_sound(workspace, recording_id) as reader:
        return recording_id, reader.duration_ms
