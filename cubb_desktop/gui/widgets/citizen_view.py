"""What the citizen reads when the screen is turned: the sheet's text, large, with its pictograms, in their language."""

from __future__ import annotations

from PySide6.QtCore import QByteArray, QRectF, Qt
from PySide6.QtGui import QPainter, QPixmap
from PySide6.QtWidgets import QGridLayout, QWidget

from cubb_desktop.domain.wording import Wording
from cubb_desktop.gui.theme import Theme
from cubb_desktop.gui.widgets.dialogs import Form
from cubb_desktop.gui.widgets.text import PlainLabel
from cubb_desktop.i18n import _
from cubb_desktop.settings import resources_folder

_PRINTED = "#17616B"  # the pictograms' own colour on paper


class CitizenView(Form):
    """Only to be read; closing it leads back to the agreement."""

    def __init__(self, parent: QWidget, theme: Theme, wording: Wording) -> None:
        super().__init__(parent, theme, wording.words["title"], _("Tilbage til aftalen"))
        self.widen(860)
        self.cancel_button.hide()
        text = QWidget()
        direction = Qt.LayoutDirection.RightToLeft if wording.right_to_left else Qt.LayoutDirection.LeftToRight
        text.setLayoutDirection(direction)
        grid = QGridLayout(text)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(theme.px(16))
        grid.setVerticalSpacing(theme.px(4))
        grid.setColumnStretch(1, 1)
        grid.addWidget(PlainLabel(wording.words["intro"], wrap=True), 0, 0, 1, 2)
        for place, section in enumerate(wording.sections):
            picture = PlainLabel()
            picture.setPixmap(pictogram(section.pictogram, theme, 34, self.devicePixelRatioF()))
            picture.setAccessibleName(section.heading)
            row = 2 + 3 * place
            grid.setRowMinimumHeight(row - 1, theme.px(8))
            grid.addWidget(picture, row, 0, 2, 1, Qt.AlignmentFlag.AlignTop)
            grid.addWidget(PlainLabel(section.heading, "heading", wrap=True), row, 1)
            grid.addWidget(PlainLabel(section.text, wrap=True), row + 1, 1)
        self.add(text)
        self.finish_rows()


def pictogram(name: str, theme: Theme, size: float, ratio: float) -> QPixmap:
    """Return a pictogram of the sheet in the window's accent, for a screen with `ratio` dots per pixel."""
    from PySide6.QtSvg import QSvgRenderer

    file = resources_folder() / "consent" / "pictograms" / f"{name}.svg"
    source = file.read_text(encoding="utf-8").replace(_PRINTED, theme.color("accent").name())
    pixels = theme.px(size)
    picture = QPixmap(round(pixels * ratio), round(pixels * ratio))
    picture.setDevicePixelRatio(ratio)
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    QSvgRenderer(QByteArray(source.encode())).render(painter, QRectF(0, 0, pixels, pixels))
    painter.end()
    return picture
