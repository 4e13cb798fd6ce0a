"""Paints the lines of a transcript: number, label, words, silences, margin bars; knows no events and no scrolling."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPen

from cubb_desktop.domain.ids import AnnotationId, SpeakerId, WordId
from cubb_desktop.domain.lines import Piece
from cubb_desktop.domain.reading import LOW_CONFIDENCE, Row, RowKind, Sheet
from cubb_desktop.domain.recording import Role
from cubb_desktop.domain.transcript import Origin, Speaker
from cubb_desktop.gui.theme import Theme
from cubb_desktop.gui.widgets.review_layout import INDENT, Strip
from cubb_desktop.i18n import _, format_seconds

LEFT, NUMBER, LABEL, MARGIN = 24, 44, 52, 30  # lengths at 100 %
LINE = 27
PADDING = 12  # above the first and below the last line
_BAR, _BAR_GAP = 5, 2
_BARS = 3  # more marks than this over one line share the last place
_RADIUS = 8
_SIGN = 14  # width of the sign of a line that a person has corrected or listened through
_ORIGIN_SIGNS = {Origin.CORRECTED: "✎", Origin.LISTENED: "✓"}


def speaker_tokens(speakers: Sequence[Speaker]) -> dict[SpeakerId, str]:
    """Return the colour of each speaker: worker and citizen have theirs, the others take what is free, then plum."""
    own = {Role.WORKER: "worker", Role.CITIZEN: "citizen"}
    free = [token for token in ("worker", "citizen", "third") if token not in {own.get(s.role) for s in speakers}]
    tokens: dict[SpeakerId, str] = {}
    for speaker in speakers:
        known = own.get(speaker.role)
        tokens[speaker.id] = known or (free.pop(0) if free else "third")
    return tokens


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar in the margin beside the rows `first` to `last` (both included), in its own lane."""

    annotation_id: AnnotationId
    first: int
    last: int
    token: str
    lane: int = 0
    spoken: str = ""  # what it is, in words


def lanes(bars: Sequence[Bar]) -> list[Bar]:
    """Give bars that stand beside the same row different lanes."""
    placed: list[Bar] = []
    for bar in sorted(bars, key=lambda b: (b.first, -b.last)):
        taken = {other.lane for other in placed if other.first <= bar.last and other.last >= bar.first}
        lane = next(n for n in range(len(taken) + 1) if n not in taken)
        placed.append(replace(bar, lane=min(lane, _BARS - 1)))
    return placed


class Span(NamedTuple):
    """The characters of a word that somebody searched for; `current` for the place that is shown now."""

    first: int
    last: int
    current: bool


@dataclass(slots=True)
class Looks:
    """What the painter must know beside the text: who has which label and colour, what is heard, chosen and marked.

    A word of a confidence below `unsure_below` is shown as the guess it is.
    """

    labels: Mapping[SpeakerId, str] = field(default_factory=dict)
    tokens: Mapping[SpeakerId, str] = field(default_factory=dict)
    current_row: int = -1
    heard: tuple[int, int] | None = None  # row and piece
    chosen: range = range(0)  # stops
    cursor: tuple[int, int] | None = None  # row and piece, shown while the keyboard is here
    bars: Sequence[Bar] = ()
    found: Mapping[WordId, Sequence[Span]] = field(default_factory=dict)
    unsure_below: float = LOW_CONFIDENCE


class LinePainter:
    """Fonts, colours and measures for one theme at one scale, and the painting of one strip with them."""

    indent = INDENT  # columns that the continuation of a folded line stands in
    slack = 0.5  # columns beside a word that still point at it

    def __init__(self, theme: Theme) -> None:
        self._theme = theme
        self.renew()

    def renew(self) -> None:
        """Take fonts and colours from the theme again."""
        theme = self._theme
        self._color: dict[str, QColor] = theme.tokens()
        self._font: QFont = theme.mono_font(14.5)
        self._label_font: QFont = theme.mono_font(13, strong=True)
        self._number_font: QFont = theme.mono_font(12)
        self._sans: QFont = theme.font(13.5)
        self._cap_font: QFont = theme.mono_font(12)
        self.advance = QFontMetricsF(self._font).horizontalAdvance("M" * 64) / 64
        self.line = theme.px(LINE)
        self.padding = theme.px(PADDING)
        self.left = theme.px(LEFT)
        self.text_left = theme.px(LEFT + NUMBER + LABEL)
        self.margin = theme.px(MARGIN)
        self._chosen_ground = _blend(self._color["accent"], self._color["paper"], 0.4 if theme.dark else 0.26)

    def columns(self, width: int) -> int:
        """Return how many columns of text a view of `width` pixels has room for."""
        return int((width - self.text_left - self.margin) / self.advance)

    def column_x(self, column: float) -> float:
        """Return where a column begins."""
        return self.text_left + column * self.advance

    def bar_rect(self, width: int, top: float, height: float, lane: int) -> QRectF:
        """Return where a margin bar stands in a view of `width`."""
        bar, gap = self._theme.px(_BAR), self._theme.px(_BAR_GAP)
        left = width - self.margin + self._theme.px(6) + lane * (bar + gap)
        return QRectF(left, top + 1, bar, height - 2)

    # --- one strip ---------------------------------------------------------------------------------------------------

    def paint(self, painter: QPainter, sheet: Sheet, strip: Strip, top: int, looks: Looks) -> None:
        """Paint one strip with its upper edge at `top`."""
        row = sheet.rows[strip.row]
        current = strip.row == looks.current_row
        if strip.opens:
            self._paint_front(painter, row, top, looks, current=current)
        if row.kind is RowKind.UNHEARD:
            self._paint_unheard(painter, sheet, strip.row, top, looks)
        else:
            self._paint_pieces(painter, sheet, strip, top, looks)

    def paint_bars(self, painter: QPainter, bars: Sequence[tuple[Bar, float, float]], width: int) -> None:
        """Paint margin bars; each comes with its upper edge and its height."""
        painter.setPen(Qt.PenStyle.NoPen)
        for bar, top, height in bars:
            painter.setBrush(self._color[bar.token])
            painter.drawRoundedRect(self.bar_rect(width, top, height, bar.lane), 2.5, 2.5)

    def paint_current(self, painter: QPainter, top: int, height: int, width: int) -> None:
        """Paint the ground of the line that is marked; a folded line is one ground."""
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._color["accent-soft"])
        ground = QRectF(self.left - 8, top, width - self.margin - self.left + 8, height)
        painter.drawRoundedRect(ground, self._theme.px(_RADIUS), self._theme.px(_RADIUS))

    def _paint_front(self, painter: QPainter, row: Row, top: int, looks: Looks, *, current: bool) -> None:
        painter.setFont(self._number_font)
        painter.setPen(self._color["soft" if current else "faint"])
        middle = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
        painter.drawText(QRectF(self.left, top, self._theme.px(NUMBER), self.line), middle, row.numeral)
        if row.origin is not Origin.MACHINE:
            painter.setPen(self._color["soft"])
            place = QRectF(self.left + self._theme.px(NUMBER - _SIGN), top, self._theme.px(_SIGN), self.line)
            painter.drawText(place, middle, _ORIGIN_SIGNS[row.origin])
        if row.opens and row.speaker is not None:
            painter.setFont(self._label_font)
            painter.setPen(self._color[looks.tokens.get(row.speaker, "soft")])
            place = QRectF(self.left + self._theme.px(NUMBER), top, self._theme.px(LABEL), self.line)
            painter.drawText(place, middle, looks.labels.get(row.speaker, ""))

    def _paint_pieces(self, painter: QPainter, sheet: Sheet, strip: Strip, top: int, looks: Looks) -> None:
        row = sheet.rows[strip.row]
        stops = {sheet.stops[n].piece: n for n in sheet.stops_in(strip.row)}
        self._paint_grounds(painter, row, strip, top, looks, stops)
        painter.setFont(self._font)
        for n in range(strip.first, strip.last):
            piece = row.pieces[n]
            rect = self._piece_rect(piece, strip.shift, top)
            guess = piece.word is not None and piece.word.confidence < looks.unsure_below
            emphasised = strip.row == looks.current_row or stops.get(n, -1) in looks.chosen
            painter.setPen(self._ink(row, guess=guess, emphasised=emphasised))
            painter.drawText(rect, Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextDontClip, piece.text)
            if guess:
                self._underline(painter, rect)

    def _ink(self, row: Row, *, guess: bool, emphasised: bool) -> QColor:
        if row.kind is RowKind.SILENCE:
            return self._color["soft"]
        if guess:
            return self._color["soft" if emphasised else "guess"]
        return self._color["ink"]

    def _underline(self, painter: QPainter, rect: QRectF) -> None:
        """Dots under a guess, so that its colour is not all that tells it."""
        pen = QPen(self._color["guess"], max(1.0, self._theme.scale))
        pen.setStyle(Qt.PenStyle.DotLine)
        painter.setPen(pen)
        y = rect.bottom() - self._theme.px(5)
        painter.drawLine(round(rect.left()), round(y), round(rect.right()), round(y))

    def _paint_grounds(
        self, painter: QPainter, row: Row, strip: Strip, top: int, looks: Looks, stops: Mapping[int, int]
    ) -> None:
        chosen = [n for n in range(strip.first, strip.last) if stops.get(n, -1) in looks.chosen]
        painter.setPen(Qt.PenStyle.NoPen)
        if chosen:
            painter.setBrush(self._chosen_ground)
            first = self._piece_rect(row.pieces[chosen[0]], strip.shift, top)
            last = self._piece_rect(row.pieces[chosen[-1]], strip.shift, top)
            painter.drawRoundedRect(first.united(last).adjusted(-2, 2, 2, -2), 4, 4)
        if looks.found:
            self._paint_found(painter, row.pieces[strip.first : strip.last], strip.shift, top, looks)
        for n in range(strip.first, strip.last):
            rect = self._piece_rect(row.pieces[n], strip.shift, top).adjusted(-2, 3, 2, -3)
            if looks.heard == (strip.row, n):
                painter.setBrush(self._color["heard"])
                painter.setPen(Qt.PenStyle.NoPen)
                painter.drawRoundedRect(rect, 4, 4)
            if looks.cursor == (strip.row, n):
                self._paint_cursor(painter, rect)

    def _paint_found(self, painter: QPainter, pieces: Sequence[Piece], shift: int, top: int, looks: Looks) -> None:
        """Paint a soft ground under the letters that were found, and a frame around those of the current place."""
        for piece in pieces:
            for span in looks.found.get(piece.word.id, ()) if piece.word is not None else ():
                x = self.column_x(piece.column - shift + span.first)
                rect = QRectF(x, top, (span.last - span.first) * self.advance, self.line).adjusted(-1, 4, 1, -4)
                painter.setBrush(self._color["line"])
                painter.setPen(QPen(self._color["accent"], 1.5) if span.current else Qt.PenStyle.NoPen)
                painter.drawRoundedRect(rect, 3, 3)
        painter.setPen(Qt.PenStyle.NoPen)

    def _paint_cursor(self, painter: QPainter, rect: QRectF) -> None:
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(self._color["accent"], 1.5 * max(1.0, self._theme.scale)))
        painter.drawRoundedRect(rect.adjusted(-1, 0, 1, 0), 4, 4)
        painter.setPen(Qt.PenStyle.NoPen)

    def _paint_unheard(self, painter: QPainter, sheet: Sheet, number: int, top: int, looks: Looks) -> None:
        """Say in words what the sign means, how long it is, and how to hear it."""
        row = sheet.rows[number]
        length = format_seconds(row.length_ms)
        text = _("(?)  tale, som ikke blev forstået · {length} s").format(length=length)
        metrics = QFontMetricsF(self._sans)
        rect = QRectF(self.text_left, top, metrics.horizontalAdvance(text), self.line)
        chosen = any(n in looks.chosen for n in sheet.stops_in(number))
        if chosen or looks.heard == (number, 0):
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(self._chosen_ground if chosen else self._color["heard"])
            painter.drawRoundedRect(rect.adjusted(-3, 3, 3, -3), 4, 4)
        if looks.cursor == (number, 0):
            self._paint_cursor(painter, rect.adjusted(-3, 3, 3, -3))
        painter.setFont(self._sans)
        painter.setPen(self._color["soft"])
        painter.drawText(rect, Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextDontClip, text)
        x = self._paint_keycap(painter, _("Enter"), rect.right() + self._theme.px(12), top)
        painter.setFont(self._sans)
        painter.setPen(self._color["soft"])
        behind = QRectF(x + self._theme.px(6), top, self._theme.px(120), self.line)
        painter.drawText(behind, Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextDontClip, _("hør"))

    def _paint_keycap(self, painter: QPainter, key: str, x: float, top: int) -> float:
        width = QFontMetricsF(self._cap_font).horizontalAdvance(key) + self._theme.px(10)
        height = self._theme.px(19)
        rect = QRectF(x, top + (self.line - height) / 2, width, height)
        painter.setPen(self._color["line"])
        painter.setBrush(self._color["card"])
        painter.drawRoundedRect(rect, self._theme.px(5), self._theme.px(5))
        painter.setFont(self._cap_font)
        painter.setPen(self._color["soft"])
        painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, key)
        return rect.right()

    def _piece_rect(self, piece: Piece, shift: int, top: int) -> QRectF:
        width = (piece.end - piece.column) * self.advance
        return QRectF(self.column_x(piece.column - shift), top, width, self.line)


def _blend(one: QColor, other: QColor, share: float) -> QColor:
    parts = zip(one.getRgb()[:3], other.getRgb()[:3], strict=True)  # type: ignore[index]  # a stub says object
    return QColor(*(round(a * share + b * (1 - share)) for a, b in parts))
