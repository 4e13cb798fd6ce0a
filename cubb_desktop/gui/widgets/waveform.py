"""The sound as a picture: a lane per speaker around the playhead, and the whole conversation as a strip below it."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from PySide6.QtCore import QLineF, QPointF, QRectF, QSize, Qt, Signal, Slot
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QPixmap, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from cubb_desktop.domain.transcript import Silence, Speaker, Transcript, Turn
from cubb_desktop.gui.theme import Theme
from cubb_desktop.gui.widgets.noticed_signs import Sign, draw_signs
from cubb_desktop.gui.widgets.review_lines import speaker_tokens
from cubb_desktop.gui.widgets.text import set_tooltip
from cubb_desktop.i18n import _, format_clock_ms, format_seconds

if TYPE_CHECKING:  # the text is painted before anything needs numpy
    import numpy as np
    import numpy.typing as npt

LANES, RULER, OVERVIEW, GAP = 80, 20, 24, 10  # heights at 100 %
SIDE = 24
_BAR, _PITCH = 2, 3  # a bar of sound and the way to the next
_SHOWN_MS, _LEAST_MS, _MOST_MS = 45_000, 8_000, 600_000
_PLAYHEAD_AT = 0.35  # where the playhead comes to stand when the picture turns over
_LEAST_SILENCE_MS = 700  # shorter silences bear no number in the picture
_STEP_MS = 2_000
_SAMPLED = 4_000  # columns that tell how loud a recording is
_BLOCK_JOIN_MS = 400  # words of one speaker nearer than this are one block
_TICKS_MS = (1_000, 2_000, 5_000, 10_000, 20_000, 30_000, 60_000, 120_000, 300_000, 600_000)


class PeaksView(Protocol):
    """What is drawn: the lowest and highest sample per column of a stretch."""

    @property
    def duration_ms(self) -> int: ...

    def view(self, start_ms: float, end_ms: float, columns: int) -> npt.NDArray[np.int8]: ...


@dataclass(frozen=True, slots=True)
class Block:
    """A stretch in which one speaker is heard, in a lane."""

    start_ms: int
    end_ms: int
    lane: int
    token: str


@dataclass(frozen=True, slots=True)
class Speech:
    """Who speaks when, in how many lanes, and the measured silences between."""

    blocks: tuple[Block, ...] = ()
    lanes: int = 1
    silences: tuple[Silence, ...] = ()


def speech_of(transcript: Transcript) -> Speech:
    """Return what the picture shows of a transcript; blocks in order of time, none while speakers are unknown."""
    if not transcript.has_speakers or not transcript.speakers:
        return Speech(silences=transcript.silences)
    tokens = speaker_tokens(transcript.speakers)
    lane_of = {speaker.id: lane for lane, speaker in enumerate(_in_order(transcript.speakers))}
    found: list[Block] = []
    for turn in transcript.turns:
        if turn.speaker in lane_of:
            found += _blocks_of(turn, lane_of[turn.speaker], tokens[turn.speaker])
    found.sort(key=lambda block: block.start_ms)
    return Speech(tuple(found), len(lane_of), transcript.silences)


def _blocks_of(turn: Turn, lane: int, token: str) -> list[Block]:
    blocks: list[Block] = []
    start_ms, end_ms = turn.start_ms, turn.start_ms
    for word in turn.words:
        if word.start_ms - end_ms > _BLOCK_JOIN_MS and end_ms > start_ms:
            blocks.append(Block(start_ms, end_ms, lane, token))
            start_ms = word.start_ms
        end_ms = max(end_ms, word.end_ms)
    return [*blocks, Block(start_ms, end_ms, lane, token)] if end_ms > start_ms else blocks


def _in_order(speakers: Sequence[Speaker]) -> list[Speaker]:
    """The worker's lane is the uppermost, the citizen's the next."""
    rank = {"worker": 0, "citizen": 1}
    tokens = speaker_tokens(speakers)
    return sorted(speakers, key=lambda speaker: rank.get(tokens[speaker.id], 2))


class Waveform(QWidget):
    """Shows sound and playhead; a click or a drag asks to go there."""

    seek_requested = Signal(int)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._peaks: PeaksView | None = None
        self._loudest = 1.0
        self._blocks: tuple[Block, ...] = ()
        self._block_starts: list[int] = []
        self._lanes = 1
        self._silences: tuple[Silence, ...] = ()
        self._signs: tuple[Sign, ...] = ()
        self._duration_ms = 0
        self._position_ms = 0
        self._start_ms, self._shown_ms = 0.0, float(_SHOWN_MS)
        self._picture: QPixmap | None = None
        self._dragging = ""
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAccessibleName(_("Lyden som bølge"))
        set_tooltip(self, _("Klik for at høre derfra. Rul for at flytte, Ctrl og rul for at zoome."))
        theme.changed.connect(self._on_theme_changed)

    # --- what it shows -----------------------------------------------------------------------------------------------

    def show_recording(self, duration_ms: int) -> None:
        """Begin with another conversation, nothing drawn yet."""
        self._duration_ms, self._position_ms, self._start_ms = max(1, duration_ms), 0, 0.0
        self._shown_ms = float(min(_SHOWN_MS, self._duration_ms))
        self._peaks, self._blocks, self._block_starts, self._silences, self._lanes = None, (), [], (), 1
        self._signs = ()
        self._renew()

    def show_peaks(self, peaks: PeaksView | None) -> None:
        """Draw the sound, or nothing where there is none."""
        self._peaks = peaks
        self._loudest = 1.0
        if peaks is not None:
            import numpy as np

            everything = np.abs(peaks.view(0, peaks.duration_ms, _SAMPLED).astype(np.float64)).max(axis=1)
            self._loudest = max(0.05, float(np.quantile(everything, 0.99)) / 128)
        self._renew()

    def show_speech(self, speech: Speech) -> None:
        """Draw who speaks when, and the silences between."""
        self._blocks, self._lanes, self._silences = speech.blocks, speech.lanes, speech.silences
        self._block_starts = [block.start_ms for block in self._blocks]
        self._renew()

    def show_signs(self, signs: Sequence[Sign]) -> None:
        """Draw what was noticed while it was recorded: points as small flags, stretches as bands."""
        self._signs = tuple(signs)
        self._renew()

    def set_position(self, position_ms: int) -> None:
        """Move the playhead; the picture turns over when it leaves."""
        if position_ms == self._position_ms:
            return
        old, self._position_ms = self._position_ms, position_ms
        if not self._dragging and not self._start_ms <= position_ms < self._start_ms + self._shown_ms:
            self._show_from(position_ms - _PLAYHEAD_AT * self._shown_ms)
            return
        for shown_ms in (old, position_ms):
            for x in (self._x(shown_ms), self._overview_x(shown_ms)):
                self.update(round(x) - 4, 0, 9, self.height())

    def shown(self) -> tuple[float, float]:
        """The stretch that the lanes show, in milliseconds."""
        return self._start_ms, self._start_ms + self._shown_ms

    def _show_from(self, start_ms: float) -> None:
        self._start_ms = max(0.0, min(start_ms, self._duration_ms - self._shown_ms))
        self._renew()

    def _renew(self) -> None:
        self._picture = None
        self.update()

    @Slot()
    def _on_theme_changed(self) -> None:
        self.updateGeometry()
        self._renew()

    # --- measures ----------------------------------------------------------------------------------------------------

    def sizeHint(self) -> QSize:
        return QSize(600, self._tall(GAP + LANES + OVERVIEW + GAP) + self._theme.px(RULER + 4))

    def minimumSizeHint(self) -> QSize:
        return QSize(200, self.sizeHint().height())

    def _tall(self, height: float) -> int:
        """A height that grows less than the text does: at 200 % the words need the room."""
        return round(height * math.sqrt(self._theme.scale))

    def _inner(self) -> tuple[float, float]:
        side = self._theme.px(SIDE)
        return float(side), max(1.0, float(self.width() - 2 * side))

    def _x(self, position_ms: float) -> float:
        left, width = self._inner()
        return left + (position_ms - self._start_ms) / self._shown_ms * width

    def _ms(self, x: float) -> float:
        left, width = self._inner()
        return self._start_ms + (x - left) / width * self._shown_ms

    def _overview_x(self, position_ms: float) -> float:
        left, width = self._inner()
        return left + position_ms / max(1, self._duration_ms) * width

    def _overview_ms(self, x: float) -> float:
        left, width = self._inner()
        return (x - left) / width * self._duration_ms

    def _lanes_rect(self) -> QRectF:
        left, width = self._inner()
        return QRectF(left, self._tall(GAP), width, self._tall(LANES))

    def _overview_rect(self) -> QRectF:
        left, width = self._inner()
        top = self._tall(GAP) + self._tall(LANES) + self._theme.px(RULER) + self._theme.px(4)
        return QRectF(left, top, width, self._tall(OVERVIEW))

    def _lane_rect(self, lane: int, start_ms: float, end_ms: float) -> QRectF:
        lanes = self._lanes_rect()
        height = lanes.height() / self._lanes
        return QRectF(self._x(start_ms), lanes.top() + lane * height, self._x(end_ms) - self._x(start_ms), height)

    # --- mouse and keyboard ------------------------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() is Qt.MouseButton.LeftButton and self._duration_ms:
            self._dragging = "overview" if event.position().y() >= self._overview_rect().top() else "lanes"
            self._seek(event.position())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._dragging:
            self._seek(event.position())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._dragging = ""

    def _seek(self, point: QPointF) -> None:
        overview = self._dragging == "overview"
        wanted = self._overview_ms(point.x()) if overview else self._ms(point.x())
        position = round(max(0.0, min(wanted, float(self._duration_ms))))
        if overview:
            self._position_ms = position
            self._show_from(position - _PLAYHEAD_AT * self._shown_ms)
        self.seek_requested.emit(position)

    def wheelEvent(self, event: QWheelEvent) -> None:
        steps = (event.angleDelta().y() or -event.angleDelta().x()) / 120
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            at = self._ms(event.position().x())
            share = (at - self._start_ms) / self._shown_ms
            most = max(_LEAST_MS, min(_MOST_MS, self._duration_ms))
            self._shown_ms = float(min(max(self._shown_ms * 0.8**steps, min(_LEAST_MS, self._duration_ms)), most))
            self._show_from(at - share * self._shown_ms)
        else:
            self._show_from(self._start_ms - steps * self._shown_ms * 0.12)
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = {Qt.Key.Key_Left: -_STEP_MS, Qt.Key.Key_Right: _STEP_MS}.get(Qt.Key(event.key()))
        if step is None or not self._duration_ms:
            event.ignore()
            return
        self.seek_requested.emit(max(0, min(self._position_ms + step, self._duration_ms)))

    # --- painting ----------------------------------------------------------------------------------------------------

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._picture = None

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._picture is None:
            self._picture = self._draw()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.drawPixmap(0, 0, self._picture)
        if not self._duration_ms:
            return
        painter.setPen(QPen(self._theme.color("ink"), 1.6))
        lanes, overview = self._lanes_rect(), self._overview_rect()
        x = self._x(self._position_ms)
        if lanes.left() - 1 <= x <= lanes.right() + 1:
            painter.drawLine(QLineF(x, lanes.top() - 3, x, lanes.bottom() + 3))
        x = self._overview_x(self._position_ms)
        painter.drawLine(QLineF(x, overview.top(), x, overview.bottom()))
        if self.hasFocus():
            painter.setPen(QPen(self._theme.color("accent"), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(6, 3, -6, -3), 9, 9)

    def _draw(self) -> QPixmap:
        ratio = self.devicePixelRatioF()
        picture = QPixmap((self.size().toSizeF() * ratio).toSize())
        picture.setDevicePixelRatio(ratio)
        picture.fill(self._theme.color("paper"))
        painter = QPainter(picture)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self._duration_ms:
            painter.setClipRect(QRectF(0, 0, self.width(), self.height()))
            self._draw_lanes(painter)
            draw_signs(painter, self._theme, self._signs, self._lanes_rect(), self._x)
            self._draw_ruler(painter)
            self._draw_overview(painter)
        painter.end()
        return picture

    def _draw_lanes(self, painter: QPainter) -> None:
        lanes = self._lanes_rect()
        painter.save()
        painter.setClipRect(lanes.adjusted(-1, 0, 1, 0))
        if self._blocks:
            for block in self._blocks_between(*self.shown()):
                rect = self._lane_rect(block.lane, block.start_ms, block.end_ms)
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(self._theme.color(f"{block.token}-bg"))
                painter.drawRoundedRect(rect.adjusted(0, 0.5, 0, -0.5), self._theme.px(6), self._theme.px(6))
                self._draw_bars(painter, rect, block.token)
            self._draw_silences(painter)
        else:
            middle = lanes.adjusted(0, lanes.height() * 0.15, 0, -lanes.height() * 0.15)
            painter.setPen(QPen(self._theme.color("line"), 1))
            painter.drawLine(QLineF(middle.left(), middle.center().y(), middle.right(), middle.center().y()))
            self._draw_bars(painter, middle, "soft")
        painter.restore()

    def _blocks_between(self, start_ms: float, end_ms: float) -> Sequence[Block]:
        last = bisect_right(self._block_starts, end_ms)
        return [block for block in self._blocks[:last] if block.end_ms > start_ms]

    def _draw_bars(self, painter: QPainter, rect: QRectF, token: str) -> None:
        """Draw the sound as bars that stand at the same places however the picture is cut."""
        if self._peaks is None:
            return
        pitch = _PITCH * max(1.0, self._theme.scale)
        inner = rect.intersected(self._lanes_rect())
        count = int((inner.width() - 2) / pitch)
        if count < 1:
            return
        view = self._peaks.view(self._ms(inner.left()), self._ms(inner.left() + count * pitch), count)
        painter.setPen(QPen(self._theme.color(token), _BAR * max(1.0, self._theme.scale)))
        middle, half = inner.center().y(), inner.height() / 2 - 3
        heights = [max(1.0, loudness * half) for loudness in self._loudness(view)]
        xs = [inner.left() + 1.5 + (n + 0.5) * pitch for n in range(count)]
        painter.drawLines([QLineF(x, middle - h, x, middle + h) for x, h in zip(xs, heights, strict=True)])

    def _loudness(self, view: npt.NDArray[np.int8]) -> list[float]:
        """Return 0..1 per column, 1 for what is loud in this recording; quiet speech is raised a little."""
        extremes: list[list[int]] = view.tolist()
        return [min(1.0, max(-low, high) / 128 / self._loudest) ** 0.85 for low, high in extremes]

    def _draw_silences(self, painter: QPainter) -> None:
        """Write the length of each silence that has room for it."""
        painter.setFont(self._theme.font(12))
        painter.setPen(self._theme.color("soft"))
        start, end = self.shown()
        first = max(0, bisect_left(self._silences, start, key=lambda s: s.start_ms) - 1)
        for silence in self._silences[first:]:
            if silence.start_ms >= end:
                break
            text = format_seconds(silence.length_ms)
            rect = self._lane_rect(0, silence.start_ms, silence.end_ms)
            rect.setHeight(self._lanes_rect().height())
            room = painter.fontMetrics().horizontalAdvance(text)
            if silence.length_ms >= _LEAST_SILENCE_MS and rect.width() >= room:
                painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, text)

    def _draw_ruler(self, painter: QPainter) -> None:
        painter.setFont(self._theme.font(12))
        painter.setPen(self._theme.color("soft"))
        lanes = self._lanes_rect()
        room = self._theme.px(110)
        step = next((t for t in _TICKS_MS if t / self._shown_ms * lanes.width() >= room), _TICKS_MS[-1])
        tick = -(-int(self._start_ms) // step) * step
        while tick <= self._start_ms + self._shown_ms:
            text = format_clock_ms(tick)
            width = painter.fontMetrics().horizontalAdvance(text)
            x = min(max(self._x(tick), lanes.left() + width / 2), lanes.right() - width / 2)
            place = QRectF(x - width / 2 - 2, lanes.bottom() + self._theme.px(2), width + 4, self._theme.px(RULER))
            painter.drawText(place, Qt.AlignmentFlag.AlignCenter, text)
            tick += step

    def _draw_overview(self, painter: QPainter) -> None:
        """Draw the whole conversation: who speaks when, and which stretch the lanes show."""
        rect = self._overview_rect()
        radius = self._theme.px(5)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._theme.color("rail"))
        painter.drawRoundedRect(rect, radius, radius)
        if self._blocks:
            height = (rect.height() - 6) / self._lanes
            for block in self._blocks:
                x = self._overview_x(block.start_ms)
                width = max(1.0, self._overview_x(block.end_ms) - x)
                painter.setBrush(self._theme.color(block.token))
                painter.drawRect(QRectF(x, rect.top() + 3 + block.lane * height, width, height - 0.5))
        elif self._peaks is not None:
            count = int(rect.width() / _PITCH)
            view = self._peaks.view(0, self._duration_ms, count)
            painter.setPen(QPen(self._theme.color("soft"), 1.4))
            half = rect.height() / 2 - 3
            heights = [max(0.5, loudness * half) for loudness in self._loudness(view)]
            middle = rect.center().y()
            xs = [rect.left() + (n + 0.5) * _PITCH for n in range(count)]
            painter.drawLines([QLineF(x, middle - h, x, middle + h) for x, h in zip(xs, heights, strict=True)])
        if self._shown_ms < self._duration_ms:
            self._draw_window(painter, rect)

    def _draw_window(self, painter: QPainter, rect: QRectF) -> None:
        left, right = (self._overview_x(ms) for ms in self.shown())
        painter.setPen(Qt.PenStyle.NoPen)
        veil = self._theme.color("paper")
        veil.setAlphaF(0.55)
        painter.setBrush(veil)
        painter.drawRect(QRectF(rect.left(), rect.top(), left - rect.left(), rect.height()))
        painter.drawRect(QRectF(right, rect.top(), rect.right() - right, rect.height()))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(self._theme.color("soft"), 1.4))
        painter.drawRoundedRect(QRectF(left, rect.top(), max(4.0, right - left), rect.height()), 4, 4)
