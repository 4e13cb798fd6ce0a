"""Changing the library's passphrase."""

from __future__ import annotations

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QLineEdit, QWidget

from cubb_desktop.domain.errors import CubbError
from cubb_desktop.gui.context import PageContext
from cubb_desktop.gui.widgets.controls import field
from cubb_desktop.gui.widgets.dialogs import Form
from cubb_desktop.i18n import _, sentence


class PassphraseForm(Form):
    """Asks for the old one, and for the new one twice; the recovery key stays the same."""

    changed = Signal()

    def __init__(self, parent: QWidget, context: PageContext) -> None:
        super().__init__(parent, context.theme, _("Skift adgangssætning"), _("Skift"))
        self._context = context
        self.old, self.new, self.repeated = QLineEdit(), QLineEdit(), QLineEdit()
        for line in (self.old, self.new, self.repeated):
            line.setEchoMode(QLineEdit.EchoMode.Password)
        self.add(field(_("Nuværende adgangssætning"), self.old))
        self.add(field(_("Ny adgangssætning"), self.new, _("Fire tilfældige ord er lette at huske og svære at gætte.")))
        self.add(field(_("Den nye igen"), self.repeated))
        self.finish_rows()
        self.old.setFocus()

    def submit(self) -> None:
        if self.new.text() != self.repeated.text():
            self.say(_("De to nye adgangssætninger er ikke ens. Skriv dem igen."))
            return
        vault, old, new = self._context.workspace().vault, self.old.text(), self.new.text()
        self.accept_button.setEnabled(False)
        self.say("")
        background = self._context.background
        background.run_write(lambda: vault.change_passphrase(old, new), self._on_changed, self._on_refused)

    @Slot(object)
    def _on_changed(self, _result: None) -> None:
        self.changed.emit()
        self.accept()

    @Slot(object)
    def _on_refused(self, error: CubbError) -> None:
        self.accept_button.setEnabled(True)
        self.say(sentence(error))
