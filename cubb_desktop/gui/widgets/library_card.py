"""The library's card among the settings: where it is, how one gets in, and when it locks by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import QCheckBox, QVBoxLayout

from cubb_desktop.domain.errors import CubbError
from cubb_desktop.gui.context import PageContext
from cubb_desktop.gui.widgets.controls import Button, Card, Choice, Rule, field
from cubb_desktop.gui.widgets.passphrase_form import PassphraseForm
from cubb_desktop.gui.widgets.recovery_form import RecoveryKeyForm
from cubb_desktop.gui.widgets.text import PlainLabel
from cubb_desktop.i18n import _, sentence
from cubb_desktop.settings import LOCK_MINUTES

if TYPE_CHECKING:
    from cubb_desktop.vault import SystemKeyring


class LibraryCard(Card):
    """What it changes counts at once, here and in the library's key file."""

    def __init__(self, context: PageContext, keyring: SystemKeyring | None = None) -> None:
        """`keyring` is the system's unless a test names another."""
        super().__init__(context.theme, _("Bibliotek"))
        self._context, self.keyring = context, keyring
        self._add_folder()
        self._add_forms()
        self.add(Rule())
        self._add_lock()
        self.add(Rule())
        self._add_keyring()

    def _add_folder(self) -> None:
        folder = PlainLabel(str(self._context.workspace().folder), wrap=True)
        folder.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        folder.setAccessibleName(_("Bibliotekets mappe"))
        column = QVBoxLayout()
        column.setSpacing(4)
        column.addWidget(PlainLabel(_("Mappe"), "label"))
        column.addWidget(folder)
        column.addWidget(
            PlainLabel(_("Alt i mappen er krypteret. Lås biblioteket for at åbne et andet."), "sub", wrap=True)
        )
        self.add(column)

    def _add_forms(self) -> None:
        self.change_passphrase = Button(_("Skift adgangssætning…"))
        self.change_passphrase.clicked.connect(self._on_change_passphrase)
        self.new_recovery_key = Button(_("Ny gendannelsesnøgle…"))
        self.new_recovery_key.clicked.connect(self._on_new_recovery_key)
        for button in (self.change_passphrase, self.new_recovery_key):
            self.rows.addWidget(button, 0, Qt.AlignmentFlag.AlignLeft)

    def _add_lock(self) -> None:
        store = self._context.settings_store
        self.lock_minutes = Choice()
        for minutes in LOCK_MINUTES:
            text = _("{minutes} minutter").format(minutes=minutes) if minutes else _("Aldrig")
            self.lock_minutes.addItem(text, minutes)
        self.lock_minutes.setCurrentIndex(LOCK_MINUTES.index(store.value.lock_minutes))
        self.lock_minutes.activated.connect(lambda _: store.change(lock_minutes=self.lock_minutes.currentData()))
        hint = _("Det sker aldrig, mens der optages, eller mens du lytter. En udskrift bliver gjort færdig.")
        self.add(field(_("Lås, når biblioteket ikke har været i brug i"), self.lock_minutes, hint))

    def _add_keyring(self) -> None:
        self.by_keyring = QCheckBox(_("Åbn med computerens nøglering"))
        self.by_keyring.setAccessibleName(self.by_keyring.text())
        self.by_keyring.setChecked(self._context.workspace().vault.opens_by_keyring)
        self.by_keyring.clicked.connect(self._on_keyring)
        hint = _("Så kan alle, der kan bruge din konto på computeren, åbne biblioteket uden adgangssætningen.")
        self.by_keyring.setAccessibleDescription(hint)
        self.keyring_said = PlainLabel("", "strong", wrap=True)
        self.keyring_said.hide()
        self.add(self.by_keyring)
        self.add(PlainLabel(hint, "sub", wrap=True))
        self.add(self.keyring_said)

    # --- acting ------------------------------------------------------------------------------------------------------

    @Slot()
    def _on_change_passphrase(self) -> None:
        form = PassphraseForm(self.window(), self._context)
        form.changed.connect(lambda: self._context.notices.tell(_("Adgangssætningen er skiftet.")))
        form.open()

    @Slot()
    def _on_new_recovery_key(self) -> None:
        form = RecoveryKeyForm(self.window(), self._context)
        told = _("Den nye gendannelsesnøgle gælder nu. Smid arket med den gamle ud.")
        form.changed.connect(lambda: self._context.notices.tell(told))
        form.open()

    @Slot(bool)
    def _on_keyring(self, wanted: bool) -> None:
        vault, keyring = self._context.workspace().vault, self.keyring

        def work() -> bool:
            from cubb_desktop.vault import leave_keyring, use_keyring

            if not wanted:
                return leave_keyring(vault, keyring)
            use_keyring(vault, keyring)
            return True

        self.by_keyring.setEnabled(False)
        self._say("")
        self._context.background.run_write(work, self._on_keyring_set, self._on_keyring_refused)

    @Slot(object)
    def _on_keyring_set(self, clean: bool) -> None:
        self._show_keyring()
        if not clean:
            self._say(
                _(
                    "Nøgleringen åbner ikke længere biblioteket. Den svarede ikke, så dens del ligger der endnu; "
                    "den kan ikke bruges til noget."
                )
            )

    @Slot(object)
    def _on_keyring_refused(self, error: CubbError) -> None:
        self._show_keyring()
        self._say(sentence(error))

    def _show_keyring(self) -> None:
        self.by_keyring.setEnabled(True)
        self.by_keyring.setChecked(self._context.workspace().vault.opens_by_keyring)

    def _say(self, text: str) -> None:
        self.keyring_said.setText(text)
        self.keyring_said.setVisible(bool(text))
