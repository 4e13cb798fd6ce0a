"""What proves an agreement, shown from memory: never a file, never another program."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QImage, QPixmap
from PySide6.QtWidgets import QWidget

from cubb_desktop.domain.consent import Evidence, EvidenceKind
from cubb_desktop.gui.theme import Theme
from cubb_desktop.gui.widgets.dialogs import Form
from cubb_desktop.gui.widgets.text import PlainLabel
from cubb_desktop.i18n import _, format_day

_WIDTH = 640


class EvidenceView(Form):
    """The pages under each other."""

    def __init__(self, parent: QWidget, theme: Theme, pages: Sequence[Evidence]) -> None:
        super().__init__(parent, theme, _("Bilag til aftalen"), _("Luk"))
        self.widen(_WIDTH + 60)
        self.cancel_button.hide()
        self.pictures: list[PlainLabel] = []
        for page in pages:
            signed = page.kind is EvidenceKind.SIGNATURE
            text = _("Underskrift, {day}") if signed else _("Papir, {day}")
            self.add(PlainLabel(text.format(day=format_day(page.created_at)), "sub"))
            picture = PlainLabel()
            picture.setAccessibleName(_("Underskrift") if signed else _("Side af det underskrevne papir"))
            image = QImage.fromData(page.content)
            room = self.minimumWidth() - theme.px(60)
            if image.width() > room:
                image = image.scaledToWidth(room, Qt.TransformationMode.SmoothTransformation)
            picture.setPixmap(QPixmap.fromImage(image))
            self.pictures.append(picture)
            self.add(picture)
        self.finish_rows()
