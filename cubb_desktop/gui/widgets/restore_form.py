"""Restoring a library from a backup, before any library is open."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QLineEdit, QProgressBar, QWidget

from cubb_desktop.domain.errors import BackupDamaged, CubbError
from cubb_desktop.gui.background import Background, Errand
from cubb_desktop.gui.theme import Theme
from cubb_desktop.gui.widgets.controls import Button, field
from cubb_desktop.gui.widgets.dialogs import Form
from cubb_desktop.gui.widgets.text import ElidedLabel, PlainLabel, set_tooltip
from cubb_desktop.i18n import _, format_share, ngettext, sentence

if TYPE_CHECKING:
    from cubb_desktop.services.restore import RestoreResult


class RestoreForm(Form):
    """Asks for the backup's folder, a new folder and a way in; `restored` tells where the library is now."""

    restored = Signal(object, str)  # the library's folder, what the person should know

    def __init__(self, parent: QWidget, theme: Theme, background: Background, target: Path, actor: str) -> None:
        super().__init__(parent, theme, _("Gendan fra en sikkerhedskopi"), _("Gendan"))
        self._background, self._actor = background, actor
        self._errand: Errand | None = None
        self._salvage = False
        self.source: Path | None = None
        self.target = target
        self.widen(560)
        self.source_label, self.choose_source = self._folder_row(_("Mappen med sikkerhedskopien"), self._on_source)
        self.target_label, self.choose_target = self._folder_row(_("Ny mappe til biblioteket"), self._on_target)
        self.secret = QLineEdit()
        self.secret.setEchoMode(QLineEdit.EchoMode.Password)
        self.secret.returnPressed.connect(self.submit)
        hint = _("Den adgangssætning, der gjaldt, da kopien blev lavet.")
        self.add(field(_("Adgangssætning eller gendannelsesnøgle"), self.secret, hint))
        self.add(PlainLabel(_("Samtaler, der er glemt siden, bliver ikke hentet."), "sub", wrap=True))
        self.progress = QProgressBar()
        self.progress.setRange(0, 1000)
        self.progress.setTextVisible(False)
        self.progress.setAccessibleName(_("Gendanner"))
        self.progress.hide()
        self.add(self.progress)
        self.finish_rows()
        self._show_folders()
        self.choose_source.setFocus()

    def _folder_row(self, label: str, act: object) -> tuple[ElidedLabel, Button]:
        text = _("Vælg mappe…")
        shown, choose = ElidedLabel("", "sub"), Button(text, name=f"{text} {label}")
        choose.setAutoDefault(False)
        choose.clicked.connect(act)
        shown.setAccessibleName(label)
        self.add(PlainLabel(label, "label", wrap=True))
        row = QHBoxLayout()
        row.setSpacing(10)
        row.addWidget(shown, 1)
        row.addWidget(choose)
        self.add(row)
        return shown, choose

    def _show_folders(self) -> None:
        texts = (str(self.source) if self.source else _("Ikke valgt endnu"), str(self.target))
        for label, text in zip((self.source_label, self.target_label), texts, strict=True):
            label.setText(text)
            set_tooltip(label, text)

    # --- acting ------------------------------------------------------------------------------------------------------

    @Slot()
    def _on_source(self) -> None:
        chosen = QFileDialog.getExistingDirectory(self, _("Vælg mappen med sikkerhedskopien"), str(Path.home()))
        if chosen:
            self.choose(source=Path(chosen))

    @Slot()
    def _on_target(self) -> None:
        chosen = QFileDialog.getExistingDirectory(self, _("Vælg en tom mappe til biblioteket"), str(self.target.parent))
        if chosen:
            self.choose(target=Path(chosen))

    def choose(self, *, source: Path | None = None, target: Path | None = None) -> None:
        """Take one of the two folders."""
        self.source, self.target = source or self.source, target or self.target
        self._salvage = False
        self._show_folders()
        (self.secret if self.source else self.choose_source).setFocus()

    def submit(self) -> None:
        if self._errand is not None:
            return
        source, target, secret = self.source, self.target, self.secret.text()
        if source is None:
            self.say(_("Vælg mappen med sikkerhedskopien først."))
            return
        actor, salvage = self._actor, self._salvage

        def work(errand: Errand) -> RestoreResult:
            from cubb_desktop.services.restore import restore_library

            is_key = _is_recovery_key(secret)
            return restore_library(
                source,
                target,
                passphrase=None if is_key else secret,
                recovery_key=secret if is_key else None,
                actor=actor,
                salvage=salvage,
                on_progress=lambda progress: errand.report(progress.share),
                cancelled=errand.cancelled,
            )

        self.say("")
        self._busy(True)
        self._errand = self._background.run_errand(work, self._on_done, self._on_failed, self._on_progress)

    def reject(self) -> None:
        """Stop what is under way, or close."""
        if self._errand is not None:
            self._errand.cancel()
        else:
            super().reject()

    def _on_progress(self, share: float) -> None:
        self.progress.setValue(round(share * 1000))
        self.progress.setAccessibleDescription(format_share(share))

    @Slot(object)
    def _on_done(self, back: RestoreResult) -> None:
        from cubb_desktop.services.backup_words import restore_remarks

        self._errand = None
        number = ngettext("{count} samtale", "{count} samtaler", back.recordings).format(count=back.recordings)
        told = _("Biblioteket er gendannet: {number}. Åbn det med adgangssætningen.").format(number=number)
        self.restored.emit(back.folder, " ".join([told, *restore_remarks(back)]))
        self.accept()

    @Slot(object)
    def _on_failed(self, error: CubbError) -> None:
        self._errand = None
        self._busy(False)
        if isinstance(error, BackupDamaged):
            self._salvage = True
            self.accept_button.setText(_("Hent resten"))
        self.say(sentence(error))

    def _busy(self, busy: bool) -> None:
        for control in (self.choose_source, self.choose_target, self.secret, self.accept_button):
            control.setEnabled(not busy)
        self.progress.setVisible(busy)
        self.accept_button.setText(_("Gendan"))


def _is_recovery_key(secret: str) -> bool:
    from cubb_desktop.vault import recovery_bytes

    try:
        recovery_bytes(secret)
    except CubbError:
        return False
    return True
