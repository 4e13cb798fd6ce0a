"""Making a new recovery key for the open library, as when the sheet with the old one is lost."""

from __future__ import annotations

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QLineEdit, QWidget

from cubb_desktop.domain.errors import CubbError
from cubb_desktop.gui.context import PageContext
from cubb_desktop.gui.widgets.controls import field
from cubb_desktop.gui.widgets.dialogs import Form
from cubb_desktop.gui.widgets.recovery_key import RecoveryKeySteps
from cubb_desktop.gui.widgets.text import PlainLabel
from cubb_desktop.i18n import _, sentence


class RecoveryKeyForm(Form):
    """Asks for the passphrase, shows a new key and has it typed back; until then the old one holds."""

    changed = Signal()

    def __init__(self, parent: QWidget, context: PageContext) -> None:
        super().__init__(parent, context.theme, _("Ny gendannelsesnøgle"), _("Lav en ny nøgle"))
        self._context = context
        self.steps: RecoveryKeySteps | None = None
        self.add(PlainLabel(_("Når du har bekræftet den nye nøgle, gælder den gamle ikke længere."), "soft", wrap=True))
        self.passphrase = QLineEdit()
        self.passphrase.setEchoMode(QLineEdit.EchoMode.Password)
        self.asking = QWidget()
        self.asking.setLayout(field(_("Din adgangssætning"), self.passphrase))
        self.add(self.asking)
        self.finish_rows()
        self.passphrase.setFocus()

    def submit(self) -> None:
        if self.steps is not None:
            self.steps.go_on()
            return
        vault, passphrase = self._context.workspace().vault, self.passphrase.text()
        self._wait()
        self._context.background.run_write(
            lambda: vault.require_passphrase(passphrase), self._on_allowed, self._on_refused
        )

    def _wait(self) -> None:
        self.accept_button.setEnabled(False)
        self.say("")

    @Slot(object)
    def _on_allowed(self, _result: None) -> None:
        from cubb_desktop.vault import new_recovery_key

        self.passphrase.setText("")
        self.asking.hide()
        recovery = new_recovery_key()
        self.steps = RecoveryKeySteps(self.theme, recovery, self._context.workspace().vault.library_id)
        self.steps.stepped.connect(self._on_stepped)
        self.steps.wrong.connect(self._on_wrong)
        self.steps.confirmed.connect(lambda: self._keep(recovery))
        self.rows.insertWidget(self.rows.indexOf(self.problem), self.steps)
        self.accept_button.setEnabled(True)
        self._on_stepped()

    @Slot()
    def _on_stepped(self) -> None:
        if self.steps is not None:
            self.say("")
            self.accept_button.setText(self.steps.button_text)

    @Slot(str, object)
    def _on_wrong(self, problem: str, line: QLineEdit) -> None:
        line.setFocus()
        line.selectAll()
        self.say(problem)  # last, for it scrolls to what it says

    def _keep(self, recovery: str) -> None:
        vault = self._context.workspace().vault
        self._wait()
        background = self._context.background
        background.run_write(lambda: vault.replace_recovery_key(recovery), self._on_changed, self._on_refused)

    @Slot(object)
    def _on_changed(self, _result: None) -> None:
        self.changed.emit()
        self.accept()

    @Slot(object)
    def _on_refused(self, error: CubbError) -> None:
        self.accept_button.setEnabled(True)
        self.say(sentence(error))
