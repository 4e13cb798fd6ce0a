"""The recovery key on paper: one sheet to write on, to be kept away from the computer."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QFont, QFontMetricsF, QPageSize, QPainter
from PySide6.QtWidgets import QDialog, QWidget

from cubb_desktop.i18n import _, format_date

if TYPE_CHECKING:
    from PySide6.QtPrintSupport import QPrinter

_MARGIN, _HEADING, _TEXT, _KEY, _NUMBER = 0.1, 18.0, 11.0, 22.0, 9.0  # share of the width; points
_COLUMNS = 3
_ROW = 1.3  # of what is in it


def ask_to_print(parent: QWidget, groups: tuple[str, ...], library_id: str, mono: QFont) -> None:
    """Let the person choose a printer; nothing is printed, or written anywhere, before that."""
    from PySide6.QtPrintSupport import QPrintDialog, QPrinter

    printer = QPrinter(QPrinter.PrinterMode.HighResolution)
    printer.setPageSize(QPageSize(QPageSize.PageSizeId.A4))
    printer.setDocName(_("Gendannelsesnøgle"))
    dialog = QPrintDialog(printer, parent)
    dialog.setWindowTitle(_("Udskriv gendannelsesnøglen"))
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.accepted.connect(_printing(printer, groups, library_id, mono))
    QDialog.open(dialog)


def _printing(printer: QPrinter, groups: tuple[str, ...], library_id: str, mono: QFont) -> Callable[[], None]:
    def print_it() -> None:
        painter = QPainter(printer)
        draw_sheet(painter, QRectF(painter.viewport()), groups, library_id, mono)
        painter.end()

    return print_it


def draw_sheet(painter: QPainter, page: QRectF, groups: tuple[str, ...], library_id: str, mono: QFont) -> None:
    """Draw the sheet on `page`: what it is for, the key in numbered groups, which library it opens."""
    margin = page.width() * _MARGIN
    area = page.adjusted(margin, margin, -margin, -margin)
    top = _write(painter, area, area.top(), _("Gendannelsesnøgle til CUBB Desktop"), _HEADING, bold=True)
    explained = _(
        "Nøglen åbner biblioteket, hvis adgangssætningen er glemt. Læg arket et sikkert sted, ikke sammen med "
        "computeren. Alle, der har arket og computeren, kan åbne biblioteket."
    )
    top = _write(painter, area, top + margin / 2, explained, _TEXT)
    top = _draw_groups(painter, area, top + margin / 2, groups, mono)
    today = datetime.now().astimezone()
    about = _("Bibliotek {id} · skrevet ud {day}").format(id=library_id[:8], day=format_date(today))
    _write(painter, area, top + margin / 2, about, _TEXT)


def _draw_groups(painter: QPainter, area: QRectF, top: float, groups: tuple[str, ...], mono: QFont) -> float:
    """Draw the groups in rows of three, each under its number; return where they end."""
    small, big = QFont(painter.font()), QFont(mono)
    small.setPointSizeF(_NUMBER)
    small.setBold(False)
    big.setPointSizeF(_KEY)
    lines = [QFontMetricsF(font, painter.device()).height() for font in (small, big)]
    row_height, width = sum(lines) * _ROW, area.width() / _COLUMNS
    painter.save()
    for place, group in enumerate(groups):
        left, upper = area.left() + place % _COLUMNS * width, top + place // _COLUMNS * row_height
        painter.setFont(small)
        painter.drawText(QRectF(left, upper, width, lines[0]), str(place + 1))
        painter.setFont(big)
        painter.drawText(QRectF(left, upper + lines[0], width, lines[1]), group)
    painter.restore()
    return top + -(-len(groups) // _COLUMNS) * row_height


def _write(painter: QPainter, area: QRectF, top: float, text: str, points: float, *, bold: bool = False) -> float:
    """Write `text` over the width of `area` from `top` on; return where it ends."""
    font = QFont(painter.font())
    font.setPointSizeF(points)
    font.setBold(bold)
    painter.setFont(font)
    place = QRectF(area.left(), top, area.width(), area.height())
    flags = int(Qt.AlignmentFlag.AlignLeft) | int(Qt.TextFlag.TextWordWrap)
    return painter.drawText(place, flags, text).bottom()
