"""Logbog on Indstillinger: is the log whole, has last month's sample been looked through, an extract for a citizen."""

from __future__ import annotations

from PySide6.QtCore import Signal, Slot
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QHBoxLayout

from cubb_desktop.domain.errors import CubbError
from cubb_desktop.gui.context import PageContext
from cubb_desktop.gui.widgets.audit_extract import ExtractDialog
from cubb_desktop.gui.widgets.audit_sample import SampleDialog
from cubb_desktop.gui.widgets.controls import Button, Card
from cubb_desktop.gui.widgets.text import PlainLabel
from cubb_desktop.i18n import _, sentence
from cubb_desktop.library.audit import Verdict
from cubb_desktop.services.audit import fault_sentence, month_name, unsigned_month, verify_log


class AuditCard(Card):
    """Says by itself when a sample waits for the leader; everything else is asked for."""

    looked = Signal()  # whether a sample waits is known and shown

    def __init__(self, context: PageContext) -> None:
        super().__init__(context.theme, _("Logbog"))
        self._context = context
        text = _("Her står, hvem der har åbnet, hørt, ændret eller gemt hvad, og hvornår. Aldrig hvad der er sagt.")
        self.add(PlainLabel(text, "sub", wrap=True))
        self.reminder = PlainLabel("", "strong", wrap=True)
        self.reminder.hide()
        self.add(self.reminder)
        self.sample = Button(_("Se stikprøven…"), tooltip=_("Månedens stikprøve, som lederen ser igennem"))
        self.sample.clicked.connect(self._on_sample)
        self.verify = Button(_("Efterprøv"), tooltip=_("Se efter, om nogen har ændret eller fjernet linjer"))
        self.verify.clicked.connect(self._on_verify)
        self.extract = Button(_("Logudtræk…"), tooltip=_("Gem, hvad logbogen siger om en samtale, til borgeren"))
        self.extract.clicked.connect(self._on_extract)
        row = QHBoxLayout()
        row.setSpacing(10)
        for button in (self.sample, self.verify, self.extract):
            row.addWidget(button)
        row.addStretch(1)
        self.add(row)
        self.result = PlainLabel("", "soft", wrap=True)
        self.result.hide()
        self.add(self.result)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.look()

    def look(self) -> None:
        """See whether a sample waits; this leaves no line in the log."""
        workspace = self._context.workspace()
        self._context.background.run_read(lambda: unsigned_month(workspace), self._on_looked, lambda _error: None)

    @Slot(object)
    def _on_looked(self, month: str | None) -> None:
        if month is not None:
            text = _("Stikprøven for {month} er ikke set igennem endnu.").format(month=month_name(month))
            self.reminder.setText(text)
        self.reminder.setVisible(month is not None)
        self.looked.emit()

    @Slot()
    def _on_sample(self) -> None:
        dialog = SampleDialog(self.window(), self._context)
        dialog.signed.connect(self.look)
        dialog.open()

    @Slot()
    def _on_extract(self) -> None:
        ExtractDialog(self.window(), self._context).open()

    @Slot()
    def _on_verify(self) -> None:
        self.verify.setEnabled(False)
        self._say(_("Efterprøver…"))
        workspace = self._context.workspace()
        self._context.background.run_write(lambda: verify_log(workspace), self._on_verified, self._on_failed)

    @Slot(object)
    def _on_verified(self, verdict: Verdict) -> None:
        self.verify.setEnabled(True)
        whole = _("Logbogen er hel: {lines} linjer.").format(lines=verdict.lines)
        self._say(whole if verdict.broken is None else fault_sentence(verdict), fault=verdict.broken is not None)

    @Slot(object)
    def _on_failed(self, error: CubbError) -> None:
        self.verify.setEnabled(True)
        self._say(sentence(error), fault=True)

    def _say(self, text: str, *, fault: bool = False) -> None:
        self.result.set_role("fault" if fault else "soft")
        self.result.setText(text)
        self.result.show()
