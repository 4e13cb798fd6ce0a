"""Signs for what was noticed while a conversation was recorded: marks, notes, missing sound, the spoken agreement."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPen, QPolygonF

from cubb_desktop.domain.recording import Mark, MarkKind, Recording
from cubb_desktop.gui.theme import Theme
from cubb_desktop.i18n import _, format_number

if TYPE_CHECKING:
    from cubb_desktop.services.noticed import Missing

_FLAG = 9  # how wide and high a flag is, at 100 %
_LEAST_BAND = 3


@dataclass(frozen=True, slots=True)
class Sign:
    """One place: a point (end_ms None) or a stretch, in a colour, with its words."""

    at_ms: int
    end_ms: int | None
    text: str
    token: str


def signs_of(recording: Recording, marks: Sequence[Mark], missing: Sequence[Missing]) -> tuple[Sign, ...]:
    """Return what the picture and the menu show, in order of time."""
    signs = [_sign_of(mark) for mark in marks]
    for gap in missing:
        text = _("her mangler {seconds} s lyd").format(seconds=format_number(gap.lost_ms / 1000, 1))
        signs.append(Sign(gap.at_ms, gap.at_ms + gap.lost_ms, text, "soft"))
    if recording.spoken_ms:
        signs.append(Sign(0, recording.spoken_ms, _("aftalen"), "accent"))
    return tuple(sorted(signs, key=lambda sign: sign.at_ms))


def _sign_of(mark: Mark) -> Sign:
    if mark.kind is MarkKind.NOTE:
        return Sign(mark.at_ms, None, _("{name}: {text}").format(name=mark.author, text=mark.text), "third")
    return Sign(mark.at_ms, None, mark.text or _("mærke uden ord"), "worker")


def draw_signs(
    painter: QPainter, theme: Theme, signs: Sequence[Sign], lanes: QRectF, x_of: Callable[[float], float]
) -> None:
    """Draw flags and bands over the lanes, each with its words where there is room before the next."""
    painter.save()
    painter.setClipRect(lanes.adjusted(-1, -theme.px(6), 1, 2))
    painter.setFont(theme.font(12))
    places = [x_of(sign.at_ms) for sign in signs]
    for n, (sign, x) in enumerate(zip(signs, places, strict=True)):
        end = x if sign.end_ms is None else max(x + _LEAST_BAND, x_of(sign.end_ms))
        if end < lanes.left() or x > lanes.right():
            continue
        if sign.end_ms is None:
            _draw_flag(painter, theme, sign, lanes, x)
        else:
            _draw_band(painter, theme, sign, lanes, x, end)
        room = (places[n + 1] if n + 1 < len(places) else lanes.right()) - x - theme.px(_FLAG + 6)
        words = painter.fontMetrics().elidedText(sign.text, Qt.TextElideMode.ElideRight, round(room))
        if room > theme.px(30) and words:
            painter.setPen(theme.color(sign.token))
            painter.drawText(QPointF(x + theme.px(_FLAG + 3), lanes.top() + theme.px(8)), words)
    painter.restore()


def _draw_flag(painter: QPainter, theme: Theme, sign: Sign, lanes: QRectF, x: float) -> None:
    colour, side, top = theme.color(sign.token), theme.px(_FLAG), lanes.top() - theme.px(2)
    painter.setPen(QPen(colour, 1.4))
    painter.drawLine(QPointF(x, top), QPointF(x, lanes.bottom()))
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour)
    painter.drawPolygon(QPolygonF([QPointF(x, top), QPointF(x + side, top + side / 2), QPointF(x, top + side)]))


def _draw_band(painter: QPainter, theme: Theme, sign: Sign, lanes: QRectF, x: float, end: float) -> None:
    colour = theme.color(sign.token)
    colour.setAlphaF(0.18)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour)
    painter.drawRect(QRectF(x, lanes.top() - theme.px(2), end - x, lanes.height() + theme.px(2)))
    painter.setPen(QPen(theme.color(sign.token), 1.4, Qt.PenStyle.DashLine))
    for edge in (x, end):
        painter.drawLine(QPointF(edge, lanes.top()), QPointF(edge, lanes.bottom()))
