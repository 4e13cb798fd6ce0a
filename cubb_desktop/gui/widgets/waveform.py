"""The sound as a picture: a lane per speaker around the playhead, and the whole conversation as a strip below it."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from PySide6.QtCore import QLineF, QPointF, QRectF, QSize, Qt, Signal, Slot
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QPixmap, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import QApplication, QSizePolicy, QWidget

from cubb_desktop.domain.transcript import Silence
from cubb_desktop.gui.theme import Theme
from cubb_desktop.gui.widgets.noticed_signs import Sign, draw_signs
from cubb_desktop.gui.widgets.text import set_tooltip
from cubb_desktop.gui.widgets.waveform_speech import Block, Border, Speech
from cubb_desktop.i18n import _, format_clock_ms, format_seconds

if TYPE_CHECKING:  # the text is painted before anything needs numpy
    import numpy as np
    import numpy.typing as npt

LANES, RULER, OVERVIEW, GAP = 80, 20, 24, 10  # heights at 100 %
SIDE = 24
_FAR_MS, _LEAST_BARS = 180_000, 3  # where more is shown, speech narrower than so many bars is drawn as one
_BAR, _PITCH = 2, 3  # a bar of sound and the way to the next
_SHOWN_MS, _LEAST_MS = 45_000, 4_000
_PLAYHEAD_AT = 0.35  # where the playhead comes to stand when the picture turns over
_LEAST_SILENCE_MS = 700  # shorter silences bear no number in the picture
_STEP_MS = 2_000
_LEAST_ROOM = 10  # that a number needs
_GRIP = 5  # so near a border it is taken hold of
_SAMPLED = 4_000  # columns that tell how loud a recording is
_TICKS_MS = (1_000, 2_000, 5_000, 10_000, 20_000, 30_000, 60_000, 120_000, 300_000, 600_000)


class PeaksView(Protocol):
    """What is drawn: the lowest and highest sample per column of a stretch."""

    @property
    def duration_ms(self) -> int: ...

    def view(self, start_ms: float, end_ms: float, columns: int) -> npt.NDArray[np.int8]: ...


@dataclass(frozen=True, slots=True)
class _Drag:
    """What the mouse has taken hold of: "" is nothing; `x` is where it has got to since it moved."""

    kind: str = ""
    from_x: float = 0.0
    border: Border | None = None
    x: float | None = None


class Waveform(QWidget):
    """Shows sound and playhead: a click asks to go there, a drag chooses a passage, a border between turns is drawn."""

    seek_requested = Signal(int)
    passage_chosen = Signal(int, int)  # by hand; as long as nothing where it is taken back
    border_moved = Signal(str, int)  # the earlier turn's id, to where

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
        self._overview: QPixmap | None = None  # without the frame that says which stretch is shown
        self._longest_ms = self._longest_silence_ms = 0
        self._borders: tuple[Border, ...] = ()
        self._passage: tuple[int, int] | None = None
        self._drag = _Drag()
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAccessibleName(_("Lyden som bølge"))
        self.setMouseTracking(True)
        set_tooltip(self, _("Klik for at høre derfra, træk for at vælge. Rul for at flytte, Ctrl og rul for at zoome."))
        theme.changed.connect(self._on_theme_changed)

    # --- what it shows -----------------------------------------------------------------------------------------------

    def show_recording(self, duration_ms: int) -> None:
        """Begin with another conversation, nothing drawn yet."""
        self._duration_ms, self._position_ms, self._start_ms = max(1, duration_ms), 0, 0.0
        self._shown_ms = float(min(_SHOWN_MS, self._duration_ms))
        self._peaks, self._signs, self._passage = None, (), None
        self.show_speech(Speech())

    def show_peaks(self, peaks: PeaksView | None) -> None:
        """Draw the sound, or nothing where there is none."""
        self._peaks = peaks
        self._loudest = 1.0
        if peaks is not None:
            import numpy as np

            everything = np.abs(peaks.view(0, peaks.duration_ms, _SAMPLED).astype(np.float64)).max(axis=1)
            self._loudest = max(0.05, float(np.quantile(everything, 0.99)) / 128)
        self._overview = None
        self._renew()

    def show_speech(self, speech: Speech) -> None:
        """Draw who speaks when, and the silences between."""
        self._blocks, self._lanes, self._silences = speech.blocks, speech.lanes, speech.silences
        self._block_starts = [block.start_ms for block in self._blocks]
        self._longest_ms = max((block.end_ms - block.start_ms for block in self._blocks), default=0)
        self._longest_silence_ms = max((silence.length_ms for silence in self._silences), default=0)
        self._borders = speech.borders
        self._overview = None
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
        if not self._drag.kind and not self._start_ms <= position_ms < self._start_ms + self._shown_ms:
            self._show_from(position_ms - _PLAYHEAD_AT * self._shown_ms)
            return
        for shown_ms in (old, position_ms):
            for x in (self._x(shown_ms), self._overview_x(shown_ms)):
                self.update(round(x) - 4, 0, 9, self.height())

    @property
    def passage(self) -> tuple[int, int] | None:
        """The chosen passage in milliseconds, None if nothing is chosen."""
        return self._passage

    def choose(self, passage: tuple[int, int] | None) -> None:
        """Show which passage is chosen."""
        if passage != self._passage:
            self._passage = passage
            self.update()

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
        self._overview = None
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
        if event.button() is not Qt.MouseButton.LeftButton or not self._duration_ms:
            return
        place = event.position()
        border = self._border_at(place)
        if place.y() >= self._overview_rect().top():
            self._drag = _Drag("overview", place.x())
            self._go(place)
        elif border is not None:
            self._drag = _Drag("border", place.x(), border)
        else:
            self._drag = _Drag("click", place.x())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        place, drag = event.position(), self._drag
        if not drag.kind:
            on_border = self._border_at(place) is not None
            self.setCursor(Qt.CursorShape.SplitHCursor if on_border else Qt.CursorShape.PointingHandCursor)
            return
        if drag.kind == "click" and abs(place.x() - drag.from_x) >= QApplication.startDragDistance():
            self._drag = drag = replace(drag, kind="passage")
        if drag.kind == "overview":
            self._go(place)
        elif drag.kind == "passage":
            ends = sorted((self._within(self._ms(drag.from_x)), self._within(self._ms(place.x()))))
            self._passage = ends[0], ends[1]
        self._drag = replace(drag, x=place.x())
        self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        drag, self._drag = self._drag, _Drag()
        to_ms = self._within(self._ms(event.position().x()))
        if drag.kind == "click":
            if self._passage is not None:
                self._take_back()
            self.seek_requested.emit(to_ms)
        elif drag.kind == "passage" and self._passage is not None:
            self.passage_chosen.emit(*self._passage)
        elif drag.kind == "border" and drag.border is not None and drag.x is not None:
            self.border_moved.emit(drag.border.turn_id, to_ms)
        self.update()

    def _take_back(self) -> None:
        self._passage = None
        self.passage_chosen.emit(0, 0)
        self.update()

    def _border_at(self, place: QPointF) -> Border | None:
        """Return the border under a place of the lanes."""
        if not self._lanes_rect().contains(place):
            return None
        grip = self._theme.px(_GRIP) / self._inner()[1] * self._shown_ms
        at = self._ms(place.x())
        near = self._borders_between(at - grip, at + grip)
        return min(near, key=lambda border: abs(border.at_ms - at), default=None)

    def _borders_between(self, start_ms: float, end_ms: float) -> Sequence[Border]:
        first = bisect_left(self._borders, start_ms, key=lambda border: border.at_ms)
        return self._borders[first : bisect_right(self._borders, end_ms, key=lambda border: border.at_ms)]

    def _within(self, position_ms: float) -> int:
        return round(max(0.0, min(position_ms, float(self._duration_ms))))

    def _go(self, place: QPointF) -> None:
        position = self._within(self._overview_ms(place.x()))
        self._position_ms = position
        self._show_from(position - _PLAYHEAD_AT * self._shown_ms)
        self.seek_requested.emit(position)

    def wheelEvent(self, event: QWheelEvent) -> None:
        steps = (event.angleDelta().y() or -event.angleDelta().x()) / 120
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.zoom(steps, self._ms(event.position().x()))
        else:
            self._show_from(self._start_ms - steps * self._shown_ms * 0.12)
        event.accept()

    def zoom(self, steps: float, at_ms: float | None = None) -> None:
        """Show less (steps above 0) or more around a place, else around the playhead."""
        at = float(self._position_ms) if at_ms is None else at_ms
        share = min(max((at - self._start_ms) / self._shown_ms, 0.0), 1.0)
        least = min(_LEAST_MS, self._duration_ms)
        self._shown_ms = float(min(max(self._shown_ms * 0.8**steps, least), self._duration_ms))
        self._show_from(at - share * self._shown_ms)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Left and right go there, with Shift they choose, plus and minus zoom."""
        step = {Qt.Key.Key_Left: -_STEP_MS, Qt.Key.Key_Right: _STEP_MS}.get(Qt.Key(event.key()))
        closer = {Qt.Key.Key_Plus: 1, Qt.Key.Key_Minus: -1}.get(Qt.Key(event.key()))
        if not self._duration_ms or (step is None and closer is None):
            event.ignore()
        elif closer is not None:
            self.zoom(closer)
        elif step is not None:
            to_ms = self._within(self._position_ms + step)
            if event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
                self._extend(to_ms)
            self.seek_requested.emit(to_ms)

    def _extend(self, to_ms: int) -> None:
        """Let the chosen passage reach from where the keyboard began to choose to another place."""
        known = self._passage or (self._position_ms, self._position_ms)
        fixed = known[0] if self._position_ms == known[1] else known[1]
        self._passage = min(fixed, to_ms), max(fixed, to_ms)
        self.passage_chosen.emit(*self._passage)
        self.update()

    # --- painting ----------------------------------------------------------------------------------------------------

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._picture = self._overview = None

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._picture is None:
            self._picture = self._draw()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.drawPixmap(0, 0, self._picture)
        if not self._duration_ms:
            return
        lanes, overview = self._lanes_rect(), self._overview_rect()
        self._draw_passage(painter, lanes, overview)
        self._draw_border(painter, lanes)
        painter.setPen(QPen(self._theme.color("ink"), 1.6))
        x = self._x(self._position_ms)
        if lanes.left() - 1 <= x <= lanes.right() + 1:
            painter.drawLine(QLineF(x, lanes.top() - 3, x, lanes.bottom() + 3))
        x = self._overview_x(self._position_ms)
        painter.drawLine(QLineF(x, overview.top(), x, overview.bottom()))
        if self.hasFocus():
            painter.setPen(QPen(self._theme.color("accent"), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(6, 3, -6, -3), 9, 9)

    def _draw_passage(self, painter: QPainter, lanes: QRectF, overview: QRectF) -> None:
        """Draw the chosen passage as a veil with an edge at each end."""
        if self._passage is None:
            return
        veil = self._theme.color("accent")
        veil.setAlphaF(0.18)
        start, end = (min(max(self._x(ms), lanes.left()), lanes.right()) for ms in self._passage)
        if end > start:
            painter.fillRect(QRectF(start, lanes.top(), end - start, lanes.height()), veil)
            painter.setPen(QPen(self._theme.color("accent"), 1.6))
            painter.drawLine(QLineF(start, lanes.top(), start, lanes.bottom()))
            painter.drawLine(QLineF(end, lanes.top(), end, lanes.bottom()))
        start, end = (self._overview_x(ms) for ms in self._passage)
        painter.fillRect(QRectF(start, overview.top(), max(2.0, end - start), overview.height()), veil)

    def _draw_border(self, painter: QPainter, lanes: QRectF) -> None:
        """Draw where the border that is held would come to stand."""
        if self._drag.kind == "border" and self._drag.x is not None:
            x = min(max(self._drag.x, lanes.left()), lanes.right())
            painter.setPen(QPen(self._theme.color("accent"), 2, Qt.PenStyle.DashLine))
            painter.drawLine(QLineF(x, lanes.top(), x, lanes.bottom()))

    def _canvas(self) -> QPixmap:
        ratio = self.devicePixelRatioF()
        canvas = QPixmap((self.size().toSizeF() * ratio).toSize())
        canvas.setDevicePixelRatio(ratio)
        return canvas

    def _draw(self) -> QPixmap:
        picture = self._canvas()
        picture.fill(self._theme.color("paper"))
        painter = QPainter(picture)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self._duration_ms:
            painter.setClipRect(QRectF(0, 0, self.width(), self.height()))
            self._draw_lanes(painter)
            draw_signs(painter, self._theme, self._signs, self._lanes_rect(), self._x)
            self._draw_ruler(painter)
            if self._overview is None:
                self._overview = self._canvas()
                self._overview.fill(Qt.GlobalColor.transparent)
                with QPainter(self._overview) as whole:
                    whole.setRenderHint(QPainter.RenderHint.Antialiasing)
                    self._draw_overview(whole)
            painter.drawPixmap(0, 0, self._overview)
            if self._shown_ms < self._duration_ms:
                self._draw_window(painter, self._overview_rect())
        painter.end()
        return picture

    def _draw_lanes(self, painter: QPainter) -> None:
        lanes = self._lanes_rect()
        painter.save()
        painter.setClipRect(lanes.adjusted(-1, 0, 1, 0))
        if self._blocks:
            for block in self._drawn():
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

    def _drawn(self) -> Sequence[Block]:
        """Return the blocks that are shown; from far away, those that nearly touch are drawn as one."""
        near_ms = _PITCH / self._inner()[1] * self._shown_ms
        drawn: list[Block] = []
        last: dict[int, int] = {}  # where in `drawn` each lane's last one is
        for block in self._blocks_between(*self.shown()):
            n = last.get(block.lane)
            if n is not None and block.start_ms - drawn[n].end_ms < near_ms:
                drawn[n] = drawn[n]._replace(end_ms=max(block.end_ms, drawn[n].end_ms))
            else:
                last[block.lane] = len(drawn)
                drawn.append(block)
        return drawn

    def _blocks_between(self, start_ms: float, end_ms: float) -> Sequence[Block]:
        first = bisect_left(self._block_starts, start_ms - self._longest_ms)
        last = bisect_right(self._block_starts, end_ms)
        return [block for block in self._blocks[first:last] if block.end_ms > start_ms]

    def _draw_bars(self, painter: QPainter, rect: QRectF, token: str) -> None:
        """Draw the sound as bars that stand at the same places however the picture is cut."""
        if self._peaks is None:
            return
        pitch = _PITCH * max(1.0, self._theme.scale)
        inner = rect.intersected(self._lanes_rect())
        count = int((inner.width() - 2) / pitch)
        if count < 1:
            return
        if count < _LEAST_BARS and self._shown_ms > _FAR_MS:  # that somebody speaks, not how loud
            solid = QRectF(inner.left(), inner.center().y() - inner.height() / 4, inner.width(), inner.height() / 2)
            painter.fillRect(solid.adjusted(0.5, 0, -0.5, 0), self._theme.color(token))
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
        least_ms = max(_LEAST_SILENCE_MS, self._theme.px(_LEAST_ROOM) / self._inner()[1] * self._shown_ms)
        if least_ms > self._longest_silence_ms:
            return
        first = max(0, bisect_left(self._silences, start, key=lambda s: s.start_ms) - 1)
        for silence in self._silences[first:]:
            if silence.start_ms >= end:
                break
            if silence.length_ms < least_ms:
                continue
            text = format_seconds(silence.length_ms)
            rect = self._lane_rect(0, silence.start_ms, silence.end_ms)
            rect.setHeight(self._lanes_rect().height())
            room = painter.fontMetrics().horizontalAdvance(text)
            if rect.width() >= room:
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
