"""The first thing a person sees: open a library, make one, or get in with the recovery key."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QCheckBox, QFileDialog, QHBoxLayout, QLineEdit, QSizePolicy, QVBoxLayout, QWidget

from cubb_desktop.domain.errors import CubbError, RecoveryKeyMistyped, WrongPassphrase, WrongRecoveryKey
from cubb_desktop.gui.background import Background
from cubb_desktop.gui.context import SettingsStore
from cubb_desktop.gui.theme import Theme
from cubb_desktop.gui.widgets.controls import Button, Card, field
from cubb_desktop.gui.widgets.layouts import scrolling
from cubb_desktop.gui.widgets.text import ElidedLabel, PlainLabel, set_tooltip
from cubb_desktop.i18n import _, sentence

if TYPE_CHECKING:
    from cubb_desktop.services.workspace import Workspace
    from cubb_desktop.vault import KdfCost

_WIDTH = 500
_ABOUT_KEY = (RecoveryKeyMistyped, WrongRecoveryKey)


def holds_library(folder: Path) -> bool:
    """Whether `folder` looks like a library; a look at two names, so that the first window need not load the vault."""
    return any((folder / name).is_file() for name in ("library.json", "library.json.bak"))


class UnlockPage(QWidget):
    """One card: the passphrase of the library, or how to make one; all work is done beside the main thread."""

    opened = Signal(object)  # Workspace

    def __init__(
        self, theme: Theme, settings_store: SettingsStore, background: Background, *, cost: KdfCost | None = None
    ) -> None:
        super().__init__()
        self.setProperty("role", "page")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._theme, self._settings_store, self._background, self._cost = theme, settings_store, background, cost
        self.folder = settings_store.value.library_folder
        self._workspace: Workspace | None = None  # made, but its recovery key is not confirmed yet
        self._recovery = ""
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        content = QWidget()
        content.setProperty("role", "page")
        self._place = QVBoxLayout(content)
        self._place.setContentsMargins(theme.px(24), theme.px(24), theme.px(24), theme.px(24))
        outer.addWidget(scrolling(content))
        self._secrets: list[QLineEdit] = []
        self.show_start()

    # --- the four cards ----------------------------------------------------------------------------------------------

    @Slot()
    def show_start(self) -> None:
        """Show what fits the folder: open the library in it, or make one."""
        if holds_library(self.folder):
            self._show_open()
        else:
            self._show_create()

    def _show_open(self) -> None:
        card = self._new_card(_("Åbn dit bibliotek"), _("Samtalerne ligger krypteret på denne computer."))
        self.passphrase = self._password(_("Adgangssætning"))
        self.passphrase.returnPressed.connect(self._on_open)
        card.add(field(_("Adgangssætning"), self.passphrase))
        self._add_problem_and_button(_("Åbn"), self._on_open)
        self._add_folder(_("Vælg en anden mappe…"))
        card.add(self._quiet(_("Glemt adgangssætningen? Brug gendannelsesnøglen"), self._show_recover))
        self.passphrase.setFocus()

    @Slot()
    def _show_create(self) -> None:
        card = self._new_card(
            _("Opret et bibliotek til dine samtaler"),
            _("Alt bliver på denne computer og krypteres med en adgangssætning, som kun du kender."),
        )
        self.passphrase = self._password(_("Ny adgangssætning"))
        self.repeated = self._password(_("Adgangssætningen igen"))
        self.repeated.returnPressed.connect(self._on_create)
        hint = _("Fire tilfældige ord er lette at huske og svære at gætte.")
        card.add(field(_("Ny adgangssætning"), self.passphrase, hint))
        card.add(field(_("Adgangssætningen igen"), self.repeated))
        self._add_problem_and_button(_("Opret bibliotek"), self._on_create)
        self._add_folder(_("Vælg en anden mappe…"))
        self.passphrase.setFocus()

    @Slot()
    def _show_recover(self) -> None:
        card = self._new_card(
            _("Brug gendannelsesnøglen"),
            _("Den står på det ark, du skrev, da biblioteket blev oprettet. Vælg så en ny adgangssætning."),
        )
        self.recovery = QLineEdit()
        self.recovery.setFont(self._theme.mono_font(13))
        self.recovery.setPlaceholderText("XXXX-XXXX-…")
        card.add(field(_("Gendannelsesnøgle"), self.recovery))
        self.passphrase = self._password(_("Ny adgangssætning"))
        self.repeated = self._password(_("Adgangssætningen igen"))
        self.repeated.returnPressed.connect(self._on_recover)
        card.add(field(_("Ny adgangssætning"), self.passphrase))
        card.add(field(_("Adgangssætningen igen"), self.repeated))
        self._add_problem_and_button(_("Åbn med nøglen"), self._on_recover)
        card.add(self._quiet(_("Tilbage"), self.show_start))
        self.recovery.setFocus()

    def _show_recovery_key(self) -> None:
        card = self._new_card(
            _("Skriv din gendannelsesnøgle ned"),
            _(
                "Den er den eneste vej ind, hvis adgangssætningen bliver glemt, og den vises kun nu. "
                "Læg den et sikkert sted, ikke på computeren."
            ),
        )
        half = len(self._recovery) // 2
        cut = self._recovery.index("-", half) + 1
        key = PlainLabel(f"{self._recovery[:cut]}\n{self._recovery[cut:]}", "key")
        selectable = Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        key.setTextInteractionFlags(selectable)
        key.setAccessibleName(_("Gendannelsesnøgle"))
        key.setAlignment(Qt.AlignmentFlag.AlignCenter)
        card.add(key)
        self.confirmation = QLineEdit()
        self.confirmation.setFont(self._theme.mono_font(14))
        self.confirmation.returnPressed.connect(self._on_confirmed)
        hint = _("Så ved du, at den er skrevet rigtigt af.")
        card.add(field(_("Skriv de sidste fire tegn af nøglen"), self.confirmation, hint))
        self._add_problem_and_button(_("Nøglen er gemt, åbn biblioteket"), self._on_confirmed)
        self.confirmation.setFocus()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._secrets:
            self._secrets[0].setFocus()

    # --- building ----------------------------------------------------------------------------------------------------

    def _new_card(self, heading: str, text: str) -> Card:
        while (item := self._place.takeAt(0)) is not None:
            if (old := item.widget()) is not None:
                old.hide()
                old.deleteLater()
        self._secrets.clear()
        self.setAccessibleName(heading)
        self.card = Card(self._theme, spacing=14)
        self.card.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        self.card.setMaximumWidth(self._theme.px(_WIDTH))
        self._place.addStretch(2)
        brand = PlainLabel("CUBB Desktop", "soft")
        brand.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._place.addWidget(brand)
        row = QWidget()
        beside = QHBoxLayout(row)
        beside.setContentsMargins(0, 0, 0, 0)
        beside.addStretch(1)
        beside.addWidget(self.card, 20)
        beside.addStretch(1)
        self._place.addWidget(row)
        self._place.addStretch(3)
        self.card.add(PlainLabel(heading, "title", wrap=True))
        self.card.add(PlainLabel(text, "soft", wrap=True))
        return self.card

    def _password(self, name: str) -> QLineEdit:
        line = QLineEdit()
        line.setEchoMode(QLineEdit.EchoMode.Password)
        line.setAccessibleName(name)
        self._secrets.append(line)
        return line

    def _add_problem_and_button(self, text: str, act: Callable[[], object]) -> None:
        if self._secrets:
            self.show_passphrase = QCheckBox(_("Vis det, jeg skriver"))
            self.show_passphrase.setAccessibleName(self.show_passphrase.text())
            self.show_passphrase.toggled.connect(self._on_show_passphrase)
            self.card.add(self.show_passphrase)
        self.problem = PlainLabel("", "fault", wrap=True)
        self.problem.hide()
        self.card.add(self.problem)
        for line in self.card.findChildren(QLineEdit):
            line.textEdited.connect(self._on_edited)
        self.button = Button(text, "primary")
        self.button.clicked.connect(act)
        self._button_text = text
        self.card.add(self.button)

    def _add_folder(self, text: str) -> None:
        row = QHBoxLayout()
        shown = ElidedLabel(str(self.folder), "sub")
        shown.setAccessibleName(_("Bibliotekets mappe"))
        set_tooltip(shown, str(self.folder))
        row.addWidget(shown, 1)
        row.addWidget(self._quiet(text, self._on_choose_folder))
        self.card.add(row)

    def _quiet(self, text: str, act: Callable[[], object]) -> Button:
        button = Button(text, "quiet")
        button.clicked.connect(act)
        return button

    # --- acting ------------------------------------------------------------------------------------------------------

    @Slot(bool)
    def _on_show_passphrase(self, shown: bool) -> None:
        for line in self._secrets:
            line.setEchoMode(QLineEdit.EchoMode.Normal if shown else QLineEdit.EchoMode.Password)

    @Slot()
    def _on_choose_folder(self) -> None:
        chosen = QFileDialog.getExistingDirectory(self, _("Vælg mappe til biblioteket"), str(self.folder.parent))
        if chosen:
            self.choose_folder(Path(chosen))

    def choose_folder(self, folder: Path) -> None:
        """Look at another folder from now on; it is remembered when it has been opened."""
        self.folder = folder
        self.show_start()

    @Slot()
    def _on_open(self) -> None:
        self.open_with(self.passphrase.text())

    def open_with(self, passphrase: str, *, typed: bool = True) -> None:
        """Open the library of the chosen folder; that a passphrase is wrong is told to whoever typed it only."""
        folder, actor = self.folder, self._settings_store.value.actor

        def work() -> Workspace:
            from cubb_desktop.vault import unlock

            vault = unlock(folder, passphrase)  # first: it lets other threads load the database meanwhile
            from cubb_desktop.services.workspace import open_unlocked

            return open_unlocked(vault, actor=actor, window=True)

        self._busy(_("Åbner …"))
        self._background.run_write(work, self._on_opened, self._on_failed if typed else self._on_not_opened)

    @Slot()
    def _on_create(self) -> None:
        if not self._passphrases_agree():
            return
        folder, passphrase = self.folder, self.passphrase.text()
        actor, cost = self._settings_store.value.actor, self._cost

        def work() -> tuple[Workspace, str]:
            from cubb_desktop.services.workspace import create_workspace, open_workspace
            from cubb_desktop.vault import DEFAULT_COST

            made, recovery = create_workspace(folder, passphrase, actor=actor, cost=cost or DEFAULT_COST)
            made.close()
            return open_workspace(folder, passphrase, actor=actor, window=True), recovery

        self._busy(_("Opretter biblioteket …"))
        self._background.run_write(work, self._on_created, self._on_failed)

    @Slot()
    def _on_recover(self) -> None:
        if not self.recovery.text().strip():
            self._say(sentence(RecoveryKeyMistyped()), self.recovery)
            return
        if not self._passphrases_agree():
            return
        folder, text, new = self.folder, self.recovery.text(), self.passphrase.text()
        actor, cost = self._settings_store.value.actor, self._cost

        def work() -> Workspace:
            from cubb_desktop.services.workspace import open_workspace
            from cubb_desktop.vault import DEFAULT_COST, unlock_with_recovery_key

            vault = unlock_with_recovery_key(folder, text)
            vault.set_passphrase(new, cost or DEFAULT_COST)
            vault.lock()
            return open_workspace(folder, new, actor=actor, window=True)

        self._busy(_("Åbner …"))
        self._background.run_write(work, self._on_opened, self._on_failed)

    def _passphrases_agree(self) -> bool:
        if self.passphrase.text() == self.repeated.text():
            return True
        self._say(_("De to adgangssætninger er ikke ens. Skriv dem igen."), self.repeated)
        return False

    @Slot(object)
    def _on_created(self, made: tuple[Workspace, str]) -> None:
        self._workspace, self._recovery = made
        self._show_recovery_key()

    @Slot()
    def _on_confirmed(self) -> None:
        if self.confirmation.text().strip().upper() != self._recovery[-4:]:
            self._say(_("Tegnene passer ikke med nøglens sidste gruppe. Se efter på arket."), self.confirmation)
            return
        workspace, self._workspace, self._recovery = self._workspace, None, ""
        self._on_opened(workspace)

    @Slot(object)
    def _on_opened(self, workspace: Workspace | None) -> None:
        self._settings_store.change(library=self.folder)
        self._forget_typed()
        self.opened.emit(workspace)

    @Slot(object)
    def _on_failed(self, error: CubbError) -> None:
        self._ready_again()
        self._say(sentence(error), self.recovery if isinstance(error, _ABOUT_KEY) else self.passphrase)

    @Slot(object)
    def _on_not_opened(self, error: CubbError) -> None:
        if isinstance(error, WrongPassphrase):
            self._ready_again()
            self.passphrase.setFocus()
        else:
            self._on_failed(error)

    def _ready_again(self) -> None:
        self.card.setEnabled(True)
        self.button.setText(self._button_text)

    def _busy(self, text: str) -> None:
        self._say("")
        self.card.setEnabled(False)
        self.button.setText(text)

    def _say(self, text: str, wrong: QLineEdit | None = None) -> None:
        """Say what is wrong, or nothing, and put the cursor in the field that is wrong."""
        self.problem.setText(text)
        self.problem.setVisible(bool(text))
        if wrong is not None:
            wrong.setFocus()
            wrong.selectAll()

    @Slot()
    def _on_edited(self) -> None:
        """What was wrong is being mended: don't go on about it."""
        self._say("")

    def _forget_typed(self) -> None:
        for line in self._secrets:
            line.clear()

    def abandon(self) -> None:
        """Close a library that was made but whose recovery key was not confirmed, as when the window closes."""
        if self._workspace is not None:
            self._workspace.close()
            self._workspace = None
