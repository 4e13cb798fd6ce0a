"""The first thing a person sees: open a library, make one, get in with the recovery key, or confirm that key."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer, Signal, Slot
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QCheckBox, QFileDialog, QHBoxLayout, QLineEdit, QSizePolicy, QVBoxLayout, QWidget

from cubb_desktop.domain.errors import (
    CubbError,
    KeyringTrouble,
    RecoveryKeyMistyped,
    WrongPassphrase,
    WrongRecoveryKey,
)
from cubb_desktop.gui.background import Background
from cubb_desktop.gui.context import SettingsStore
from cubb_desktop.gui.theme import Theme
from cubb_desktop.gui.tries import Tries
from cubb_desktop.gui.widgets.caps_lock import CapsLockHint
from cubb_desktop.gui.widgets.controls import Button, Card, Rule, field
from cubb_desktop.gui.widgets.layouts import scrolling
from cubb_desktop.gui.widgets.text import ElidedLabel, PlainLabel, set_tooltip
from cubb_desktop.i18n import _, sentence

if TYPE_CHECKING:
    from cubb_desktop.gui.widgets.recovery_key import RecoveryKeySteps
    from cubb_desktop.services.workspace import Workspace
    from cubb_desktop.vault import KdfCost, SystemKeyring, Vault

KEY_FILES = ("library.json", "library.json.bak")
_WIDTH = 500
_LARGEST_KEY_FILE = 65_536
_COUNTDOWN_MS = 200
_ABOUT_KEY = (RecoveryKeyMistyped, WrongRecoveryKey)
_GUESSES = (WrongPassphrase, WrongRecoveryKey)


def holds_library(folder: Path) -> bool:
    """Whether `folder` looks like a library; a look at two names, so that the first window need not load the vault."""
    return any((folder / name).is_file() for name in KEY_FILES)


def offers_keyring(folder: Path) -> bool:
    """Whether a keyring may open the library in `folder`; only a hint for what to show, what is read is not checked."""
    for name in KEY_FILES:
        try:
            with (folder / name).open("rb") as file:
                untrusted = json.loads(file.read(_LARGEST_KEY_FILE))
            return any(slot["kind"] == "keyring" for slot in untrusted["slots"])
        except (OSError, ValueError, LookupError, TypeError, RecursionError):
            continue
    return False


class UnlockPage(QWidget):
    """One card: the passphrase of the library, or how to make one; all work is done beside the main thread."""

    opened = Signal(object)  # Workspace

    def __init__(
        self,
        theme: Theme,
        settings_store: SettingsStore,
        background: Background,
        *,
        tries: defaultdict[Path, Tries] | None = None,
        cost: KdfCost | None = None,
        keyring: SystemKeyring | None = None,
    ) -> None:
        """`tries` outlive the page; `cost` and `keyring` are the usual ones unless a test names others."""
        super().__init__()
        self.setProperty("role", "page")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._theme, self._settings_store, self._background = theme, settings_store, background
        self._tries = tries if tries is not None else defaultdict(Tries)
        self.cost, self.keyring = cost, keyring
        self.folder = settings_store.value.library_folder
        self._workspace: Workspace | None = None  # open, but its recovery key is not confirmed yet
        self.steps: RecoveryKeySteps | None = None
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        content = QWidget()
        content.setProperty("role", "page")
        self._place = QVBoxLayout(content)
        self._place.setContentsMargins(theme.px(24), theme.px(24), theme.px(24), theme.px(24))
        outer.addWidget(scrolling(content))
        self._secrets: list[QLineEdit] = []
        self._first: QWidget | None = None
        self._countdown = QTimer(self, interval=_COUNTDOWN_MS)
        self._countdown.timeout.connect(self._show_wait)
        self.show_start()

    # --- the cards ---------------------------------------------------------------------------------------------------

    @Slot()
    def show_start(self) -> None:
        """Show what fits the folder: open the library in it, or make one."""
        if holds_library(self.folder):
            self._show_open()
        else:
            self._show_create()

    def _show_open(self) -> None:
        card = self._new_card(_("Åbn dit bibliotek"), _("Samtalerne ligger krypteret på denne computer."))
        by_keyring = offers_keyring(self.folder)
        if by_keyring:
            self.keyring_button = Button(_("Åbn med computerens nøglering"), "primary")
            self.keyring_button.setAutoDefault(True)
            self.keyring_button.clicked.connect(self._on_open_with_keyring)
            card.add(self.keyring_button)
            card.add(Rule())
        self.passphrase = self._password(_("Adgangssætning"))
        self.passphrase.returnPressed.connect(self._on_open)
        card.add(field(_("Adgangssætning"), self.passphrase))
        self._add_problem_and_button(_("Åbn"), self._on_open, primary=not by_keyring)
        self._add_folder(_("Vælg en anden mappe…"))
        card.add(self._quiet(_("Glemt adgangssætningen? Brug gendannelsesnøglen"), self._show_recover))
        card.add(self._quiet(_("Gendan fra en sikkerhedskopi…"), self._on_restore))
        self._begin_at(self.keyring_button if by_keyring else self.passphrase)

    @Slot()
    def _show_create(self) -> None:
        self._new_card(
            _("Opret et bibliotek til dine samtaler"),
            _("Alt bliver på denne computer og krypteres med en adgangssætning, som kun du kender."),
        )
        self._add_new_passphrase(_("Fire tilfældige ord er lette at huske og svære at gætte."), self._on_create)
        self._add_problem_and_button(_("Opret bibliotek"), self._on_create)
        self._add_folder(_("Vælg en anden mappe…"))
        self.card.add(self._quiet(_("Gendan fra en sikkerhedskopi…"), self._on_restore))
        self._begin_at(self.passphrase)

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
        self._add_new_passphrase("", self._on_recover)
        self._add_problem_and_button(_("Åbn med nøglen"), self._on_recover)
        card.add(self._quiet(_("Tilbage"), self.show_start))
        self._begin_at(self.recovery)

    def _show_recovery_key(self, recovery: str, library_id: str, *, first: bool) -> None:
        """Show the key of a library that is just being made, or a new one where the last was never confirmed."""
        from cubb_desktop.gui.widgets.recovery_key import RecoveryKeySteps

        text = _(
            "Den er den eneste vej ind, hvis adgangssætningen bliver glemt, og den vises kun nu. "
            "Læg den et sikkert sted, ikke på computeren."
        )
        never_confirmed = _(
            "Bibliotekets gendannelsesnøgle blev aldrig bekræftet. Her er en ny; når du har bekræftet den, "
            "gælder den gamle ikke længere."
        )
        card = self._new_card(_("Skriv din gendannelsesnøgle ned"), text if first else f"{never_confirmed} {text}")
        self.steps = RecoveryKeySteps(self._theme, recovery, library_id)
        self.steps.stepped.connect(self._on_stepped)
        self.steps.wrong.connect(self._say)
        self.steps.confirmed.connect(lambda: self._on_confirmed(recovery, first=first))
        card.add(self.steps)
        self._add_problem_and_button(self.steps.button_text, self.steps.go_on)
        self._begin_at(self.button)

    def tell(self, text: str) -> None:
        """Say something calm above the card's fields, such as why the library was locked; nothing to say no more."""
        self.note.setText(text)
        self.note.setVisible(bool(text))

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._first is not None:
            self._first.setFocus()

    # --- building ----------------------------------------------------------------------------------------------------

    def _new_card(self, heading: str, text: str) -> Card:
        while (item := self._place.takeAt(0)) is not None:
            if (old := item.widget()) is not None:
                old.hide()
                old.deleteLater()
        self._secrets.clear()
        self._countdown.stop()
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
        self.note = PlainLabel("", "strong", wrap=True)
        self.note.hide()
        self.card.add(self.note)
        return self.card

    def _begin_at(self, first: QWidget) -> None:
        self._first = first
        first.setFocus()

    def _password(self, name: str) -> QLineEdit:
        line = QLineEdit()
        line.setEchoMode(QLineEdit.EchoMode.Password)
        line.setAccessibleName(name)
        self._secrets.append(line)
        return line

    def _add_new_passphrase(self, hint: str, act: Callable[[], object]) -> None:
        self.passphrase = self._password(_("Ny adgangssætning"))
        self.repeated = self._password(_("Adgangssætningen igen"))
        self.repeated.returnPressed.connect(act)
        self.card.add(field(_("Ny adgangssætning"), self.passphrase, hint))
        self.card.add(field(_("Adgangssætningen igen"), self.repeated))

    def _add_problem_and_button(self, text: str, act: Callable[[], object], *, primary: bool = True) -> None:
        if self._secrets:
            caps_lock = CapsLockHint()
            for line in self._secrets:
                caps_lock.watch(line)
            self.card.add(caps_lock)
            self.show_passphrase = QCheckBox(_("Vis det, jeg skriver"))
            self.show_passphrase.setAccessibleName(self.show_passphrase.text())
            self.show_passphrase.toggled.connect(self._on_show_passphrase)
            self.card.add(self.show_passphrase)
        self.problem = PlainLabel("", "fault", wrap=True)
        self.problem.hide()
        self.card.add(self.problem)
        for line in self.card.findChildren(QLineEdit):
            line.textEdited.connect(self._on_edited)
        self.button = Button(text, "primary" if primary else "plain")
        self.button.setAutoDefault(True)
        self.button.clicked.connect(act)
        self._button_text = text
        self.card.add(self.button)
        self._show_wait()

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
    def _on_restore(self) -> None:
        from cubb_desktop.gui.widgets.restore_form import RestoreForm

        target = self.folder.with_name(_("{name} gendannet").format(name=self.folder.name))
        target = target if holds_library(self.folder) else self.folder
        form = RestoreForm(self, self._theme, self._background, target, self._settings_store.value.actor)
        form.restored.connect(self._on_restored)
        form.open()

    @Slot(object, str)
    def _on_restored(self, folder: Path, told: str) -> None:
        self.choose_folder(folder)
        self.note.setText(told)
        self.note.show()

    @Slot()
    def _on_open(self) -> None:
        self.open_with(self.passphrase.text())

    def open_with(self, passphrase: str, *, typed: bool = True) -> None:
        """Open the library of the chosen folder; that a passphrase is wrong is told to whoever typed it only."""
        folder = self.folder
        if self._tries[folder].wait_s():
            return

        def unlocked() -> Vault:
            from cubb_desktop.vault import unlock

            return unlock(folder, passphrase)

        self._open(unlocked, self._on_failed if typed else self._on_not_opened)

    @Slot()
    def _on_open_with_keyring(self) -> None:
        folder, keyring = self.folder, self.keyring

        def unlocked() -> Vault:
            from cubb_desktop.vault import unlock_with_keyring

            return unlock_with_keyring(folder, keyring)

        self._open(unlocked, self._on_failed)

    def _open(self, unlocked: Callable[[], Vault], failed: Callable[[CubbError], object]) -> None:
        """Open the library of a vault that `unlocked` gets, beside the main thread."""
        actor, failed_tries = self._settings_store.value.actor, self._tries[self.folder].failed

        def work() -> Workspace:
            vault = unlocked()  # first: it lets other threads load the database meanwhile
            from cubb_desktop.services.forgetting import finish
            from cubb_desktop.services.workspace import open_unlocked

            workspace = open_unlocked(vault, actor=actor, window=True)
            workspace.note_unlocked(failed_tries)
            finish(workspace)
            return workspace

        self._busy(_("Åbner …"))
        self._background.run_write(work, self._on_opened, failed)

    @Slot()
    def _on_create(self) -> None:
        if not self._passphrases_agree():
            return
        folder, passphrase = self.folder, self.passphrase.text()
        actor, cost = self._settings_store.value.actor, self.cost

        def work() -> tuple[Workspace, str]:
            from cubb_desktop.services.workspace import create_workspace

            return create_workspace(folder, passphrase, actor=actor, cost=cost, window=True)

        self._busy(_("Opretter biblioteket …"))
        self._background.run_write(work, self._on_created, self._on_failed)

    @Slot()
    def _on_recover(self) -> None:
        if not self.recovery.text().strip():
            self._say(sentence(RecoveryKeyMistyped()), self.recovery)
            return
        if not self._passphrases_agree() or self._tries[self.folder].wait_s():
            return
        folder, text, new = self.folder, self.recovery.text(), self.passphrase.text()
        actor, cost, failed_tries = self._settings_store.value.actor, self.cost, self._tries[self.folder].failed

        def work() -> Workspace:
            from cubb_desktop.vault import unlock_with_recovery_key

            vault = unlock_with_recovery_key(folder, text)
            from cubb_desktop.services.forgetting import finish
            from cubb_desktop.services.workspace import open_unlocked

            workspace = open_unlocked(vault, actor=actor, window=True)
            try:
                vault.set_passphrase(new, cost)
                vault.confirm_recovery_key()  # all of it has just been typed
            except CubbError:
                workspace.close()
                raise
            workspace.note_unlocked(failed_tries)
            finish(workspace)
            return workspace

        self._busy(_("Åbner …"))
        self._background.run_write(work, self._on_opened, self._on_failed)

    def _passphrases_agree(self) -> bool:
        if self.passphrase.text() == self.repeated.text():
            return True
        self._say(_("De to adgangssætninger er ikke ens. Skriv dem igen."), self.repeated)
        return False

    # --- what came of it ---------------------------------------------------------------------------------------------

    @Slot(object)
    def _on_created(self, made: tuple[Workspace, str]) -> None:
        self._workspace, recovery = made
        self._forget_typed()
        self._show_recovery_key(recovery, self._workspace.vault.library_id, first=True)

    @Slot(object)
    def _on_opened(self, workspace: Workspace) -> None:
        self._tries[self.folder].succeed()
        self._forget_typed()
        if workspace.vault.recovery_confirmed:
            self._enter(workspace)
            return
        from cubb_desktop.vault import new_recovery_key

        self._workspace = workspace
        self._show_recovery_key(new_recovery_key(), workspace.vault.library_id, first=False)

    @Slot()
    def _on_stepped(self) -> None:
        if self.steps is not None:
            self._say("")
            self._button_text = self.steps.button_text
            self.button.setText(self._button_text)

    def _on_confirmed(self, recovery: str, *, first: bool) -> None:
        if self._workspace is None:
            return
        vault = self._workspace.vault
        self._busy(_("Åbner …"))
        if first:
            self._background.run_write(vault.confirm_recovery_key, self._on_kept, self._on_failed)
        else:
            self._background.run_write(lambda: vault.replace_recovery_key(recovery), self._on_kept, self._on_failed)

    @Slot(object)
    def _on_kept(self, _result: None) -> None:
        workspace, self._workspace = self._workspace, None
        if workspace is not None:
            self._forget_key()
            self._enter(workspace)

    def _enter(self, workspace: Workspace) -> None:
        self._settings_store.change(library=self.folder)
        self.opened.emit(workspace)

    @Slot(object)
    def _on_failed(self, error: CubbError) -> None:
        self._ready_again()
        if isinstance(error, _GUESSES):
            self._tries[self.folder].fail()
            self._show_wait()
        at = None if self.steps is not None else self.passphrase
        self._say(sentence(error), self.recovery if isinstance(error, _ABOUT_KEY) else at)
        if isinstance(error, KeyringTrouble):
            self.problem.set_role("strong")  # nothing is wrong: there is another way in

    @Slot(object)
    def _on_not_opened(self, error: CubbError) -> None:
        if isinstance(error, WrongPassphrase):
            self._tries[self.folder].fail()
            self._ready_again()
            self.passphrase.setFocus()
        else:
            self._on_failed(error)

    @Slot()
    def _show_wait(self) -> None:
        """Count down on the button while the next try must wait."""
        seconds = self._tries[self.folder].wait_s() if self._secrets and holds_library(self.folder) else 0.0
        if seconds:
            self._countdown.start()
            self.button.setText(_("Vent {seconds} s").format(seconds=int(seconds) + 1))
        elif self._countdown.isActive():
            self._countdown.stop()
            self.button.setText(self._button_text)
        self.button.setEnabled(not seconds)

    def _ready_again(self) -> None:
        self.card.setEnabled(True)
        self.button.setText(self._button_text)

    def _busy(self, text: str) -> None:
        self._say("")
        self.card.setEnabled(False)
        self.button.setText(text)

    @Slot(str, object)
    def _say(self, text: str, wrong: QLineEdit | None = None) -> None:
        """Say what is wrong, or nothing, and put the cursor in the field that is wrong."""
        self.problem.set_role("fault")
        self.problem.setText(text)
        self.problem.setVisible(bool(text))
        if wrong is not None:
            wrong.setFocus()
            wrong.selectAll()

    @Slot()
    def _on_edited(self) -> None:
        """What was wrong is being mended: don't go on about it."""
        self._say("")

    # --- forgetting --------------------------------------------------------------------------------------------------

    def _forget_typed(self) -> None:
        for line in self._secrets:
            line.setText("")  # unlike clear(), it can't be undone

    def _forget_key(self) -> None:
        if self.steps is not None:
            self.steps.forget()
            self.steps = None

    @property
    def unfinished(self) -> bool:
        """Whether a library is open here, waiting for its recovery key to be confirmed."""
        return self._workspace is not None

    def abandon(self) -> None:
        """Close a library whose recovery key was not confirmed; the next who unlocks it is shown a new key."""
        if self._workspace is not None:
            self._workspace.close()
            self._workspace = None
            self._forget_key()
