"""Print the citizen's information sheet, or save it as a PDF, in the language that is chosen."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QPoint, QRect, Qt, Slot
from PySide6.QtGui import QImage, QPainter
from PySide6.QtPrintSupport import QPrintDialog, QPrinter
from PySide6.QtWidgets import QFileDialog, QWidget

from cubb_desktop.gui.context import PageContext
from cubb_desktop.gui.widgets.controls import Button, Choice, field
from cubb_desktop.gui.widgets.dialogs import Form
from cubb_desktop.gui.widgets.text import PlainLabel
from cubb_desktop.i18n import _
from cubb_desktop.services.outfile import NewFile
from cubb_desktop.services.policy import get_policy
from cubb_desktop.services.wordings import information_sheet, languages, sheet_pictures, wording

_DOTS_PER_INCH = 300


class SheetDialog(Form):
    """Asks for the language; the sheet holds nothing about any citizen, so that it may lie anywhere."""

    def __init__(self, parent: QWidget, context: PageContext, language: str | None = None) -> None:
        super().__init__(parent, context.theme, _("Informationsark til borgeren"), _("Udskriv…"))
        self._context = context
        self.language = Choice()
        for one in languages():
            self.language.addItem(wording(one).name, one)
        self.language.setCurrentIndex(max(0, self.language.findData(language)))
        self.add(field(_("Sprog"), self.language))
        text = _("To sider: hvad det betyder, og hvad borgeren siger ja og nej til. Arket nævner ingen personer.")
        self.add(PlainLabel(text, "soft", wrap=True))
        self.save_button = Button(_("Gem som PDF…"))
        self.save_button.clicked.connect(self._on_save)
        self.add(self.save_button)
        self.finish_rows()

    @Slot()
    def _on_save(self) -> None:
        language = str(self.language.currentData())
        name = _("Informationsark ({language}).pdf").format(language=wording(language).name)
        chosen, _kind = QFileDialog.getSaveFileName(self, _("Gem informationsarket"), name, _("PDF (*.pdf)"))
        if chosen:
            self.save_to(Path(chosen))

    def save_to(self, path: Path) -> None:
        """Write the sheet to a file that the person has chosen; the file dialog has asked before it replaces one."""
        workspace, language = self._context.workspace(), str(self.language.currentData())
        notices = self._context.notices

        def work() -> None:
            with NewFile(path, replace_existing=True) as file:
                file.write(information_sheet(get_policy(workspace), language))
                file.seal()
                file.keep()

        self._context.background.run_read(
            work, lambda _done: notices.tell(_("Informationsarket er gemt.")), notices.fault
        )
        self.accept()

    def submit(self) -> None:
        printer = QPrinter(QPrinter.PrinterMode.HighResolution)
        printer.setDocName(_("Informationsark til borgeren"))
        if QPrintDialog(printer, self).exec() == QPrintDialog.DialogCode.Accepted:
            self.print_on(printer)

    def print_on(self, printer: QPrinter) -> None:
        """Print both pages; they are drawn beside the main thread and held in memory only."""
        workspace, language = self._context.workspace(), str(self.language.currentData())
        self._context.background.run_read(
            lambda: sheet_pictures(get_policy(workspace), language, _DOTS_PER_INCH),
            lambda pages: _paint(printer, pages),
            self._context.notices.fault,
        )
        self.accept()


def _paint(printer: QPrinter, pages: Sequence[bytes]) -> None:
    painter = QPainter(printer)
    for number, page in enumerate(pages):
        if number:
            printer.newPage()
        image = QImage.fromData(page)
        room = painter.viewport().size()
        size = image.size().scaled(room, Qt.AspectRatioMode.KeepAspectRatio)
        painter.drawImage(QRect(QPoint(0, 0), size), image)
    painter.end()
