"""A place to sign on the screen, with a pen, a finger or the mouse; kept as a picture, never as a movement."""

from __future__ import annotations

from itertools import pairwise

from PySide6.QtCore import QBuffer, QByteArray, QEvent, QIODevice, QLineF, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QImage,
    QImageWriter,
    QMouseEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
    QPolygonF,
)
from PySide6.QtWidgets import QWidget

from cubb_desktop.gui.theme import Theme
from cubb_desktop.i18n import _

_PICTURE = QSize(1200, 400)
_LEAST_LENGTH = 60.0  # of all lines, in pixels of the widget at 100 %: less is a slip of the hand


class SignaturePad(QWidget):
    """Lines as they are drawn. Its keyboard ways are the other two manners: on paper, or spoken."""

    changed = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._lines: list[list[QPointF]] = []
        self.setMinimumHeight(theme.px(110))
        self.setCursor(Qt.CursorShape.CrossCursor)
        self.setAttribute(Qt.WidgetAttribute.WA_AcceptTouchEvents, False)  # Qt then gives touches as mouse events
        self.setAccessibleName(_("Skriv under her"))
        self.setAccessibleDescription(_("Med tastaturet: vælg i stedet »På papir« eller »Sagt højt«."))

    def is_signed(self) -> bool:
        """Whether enough was drawn to be meant."""
        return self._length() >= _LEAST_LENGTH * self._theme.scale

    def clear(self) -> None:
        """Begin anew."""
        self._lines = []
        self.update()
        self.changed.emit()

    def picture(self) -> bytes:
        """Return what was drawn as a PNG, black on white, in one size."""
        image = QImage(_PICTURE, QImage.Format.Format_Grayscale8)
        image.fill(Qt.GlobalColor.white)
        room = self._theme.px(12)
        drawn = QPolygonF([point for points in self._lines for point in points]).boundingRect()
        drawn = drawn.adjusted(-room, -room, room, room)
        scale = min(_PICTURE.width() / drawn.width(), _PICTURE.height() / drawn.height())
        painter = QPainter(image)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.scale(scale, scale)
        painter.translate(-drawn.topLeft())
        self._draw(painter, QColor(Qt.GlobalColor.black))
        painter.end()
        content = QByteArray()
        buffer = QBuffer(content)
        buffer.open(QIODevice.OpenModeFlag.WriteOnly)
        QImageWriter(buffer, QByteArray(b"png")).write(image)
        return bytes(content.data())

    # --- drawing -----------------------------------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() is Qt.MouseButton.LeftButton:
            self._lines.append([event.position()])
            self.update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._lines and event.buttons() & Qt.MouseButton.LeftButton:
            self._lines[-1].append(event.position())
            self.update()

    def mouseReleaseEvent(self, _event: QMouseEvent) -> None:
        self.changed.emit()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(self._theme.color("edge"), 1))
        painter.setBrush(self._theme.color("card"))
        radius = self._theme.px(9)
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), radius, radius)
        line = self.height() * 0.78
        painter.drawLine(QPointF(radius * 2, line), QPointF(self.width() - radius * 2, line))
        if not self._lines:
            painter.setPen(self._theme.color("soft"))
            painter.setFont(self._theme.font(13.5))
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, _("Skriv under her"))
        self._draw(painter, self._theme.color("ink"))
        painter.end()

    def _draw(self, painter: QPainter, colour: QColor) -> None:
        pen = QPen(colour, self._theme.px(2))
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
        painter.setPen(pen)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for points in self._lines:
            path = QPainterPath(points[0])
            for point in points[1:]:
                path.lineTo(point)
            painter.drawPath(path)

    def _length(self) -> float:
        lengths = [QLineF(a, b).length() for points in self._lines for a, b in pairwise(points)]
        return sum(lengths)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() is QEvent.Type.PaletteChange:
            self.update()
