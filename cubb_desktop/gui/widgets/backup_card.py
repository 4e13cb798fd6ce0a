"""The backup's card among the settings: when it was last made and where, making one, and how far it is."""

from __future__ import annotations

import time
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QProgressBar

from cubb_desktop.domain.errors import BackupCancelled, CubbError
from cubb_desktop.gui.background import Errand
from cubb_desktop.gui.context import PageContext
from cubb_desktop.gui.widgets.controls import Button, Card
from cubb_desktop.gui.widgets.text import PlainLabel
from cubb_desktop.i18n import _, format_date, format_share, format_time_left, ngettext, sentence

if TYPE_CHECKING:
    from cubb_desktop.services.backup import BackupResult
    from cubb_desktop.services.known_backups import KnownBackup

REMIND_AFTER = timedelta(days=30)
_FIRST_ESTIMATE_S = 3.0


class BackupCard(Card):
    """Backs the open library up beside the main thread; leaving the page does not stop it, locking the library does."""

    def __init__(self, context: PageContext) -> None:
        super().__init__(context.theme, _("Sikkerhedskopi"))
        self._context = context
        self._errand: Errand | None = None
        self._known: KnownBackup | None = None
        self._started = 0.0
        self.last = PlainLabel("", wrap=True)
        self.reminder = PlainLabel("", "strong", wrap=True)
        hint = _("Kopien er krypteret og bliver læst igennem, når den er skrevet. Læg den på et andet drev.")
        self.said = PlainLabel("", "strong", wrap=True)
        self.progress = QProgressBar()
        self.progress.setRange(0, 1000)
        self.progress.setTextVisible(False)
        self.progress.setAccessibleName(_("Sikkerhedskopi"))
        self.left = PlainLabel("", "sub", wrap=True)
        for widget in (self.last, self.reminder, PlainLabel(hint, "sub", wrap=True), self.said):
            self.add(widget)
        self.add(self.progress)
        self.add(self.left)
        self._add_buttons()
        self._show_idle()

    def _add_buttons(self) -> None:
        self.again = Button(_("Lav en ny kopi samme sted"), "primary")
        self.again.clicked.connect(self._on_again)
        self.choose = Button(_("Sikkerhedskopi…"), tooltip=_("Vælg en mappe, og lav en sikkerhedskopi i den"))
        self.choose.clicked.connect(self._on_choose)
        self.cancel = Button(_("Annullér"), "quiet", name=_("Annullér sikkerhedskopien"))
        self.cancel.clicked.connect(self._on_cancel)
        row = QHBoxLayout()
        row.setSpacing(10)
        for button in (self.again, self.choose, self.cancel):
            row.addWidget(button)
        row.addStretch(1)
        self.add(row)

    def reload(self) -> None:
        """Look again at when the last backup was made."""
        folder = self._context.workspace().folder

        def look() -> list[KnownBackup]:
            from cubb_desktop.services.known_backups import known_backups

            return known_backups(folder)

        self._context.background.run_read(look, self._on_known)

    @Slot(object)
    def _on_known(self, known: list[KnownBackup]) -> None:
        self._known = known[0] if known else None
        self._show_idle()

    def _show_idle(self) -> None:
        known = self._known
        running = self._errand is not None
        if known is None:
            self.last.setText(_("Der er ikke lavet en sikkerhedskopi fra denne computer endnu."))
            self.reminder.hide()
        else:
            day = format_date(known.at.astimezone().date())
            self.last.setText(_("Sidst {date} i {folder}").format(date=day, folder=known.folder))
            days = (self._context.workspace().clock() - known.at).days
            late = ngettext(
                "Det er {count} dag siden. Lav en ny kopi.", "Det er {count} dage siden. Lav en ny kopi.", days
            )
            self.reminder.setText(late.format(count=days))
            self.reminder.setVisible(days > REMIND_AFTER.days)
        self.again.setVisible(known is not None and not running)
        self.choose.setVisible(not running)
        for widget in (self.progress, self.left, self.cancel):
            widget.setVisible(running)

    # --- acting ------------------------------------------------------------------------------------------------------

    @Slot()
    def _on_choose(self) -> None:
        begin = self._known.folder.parent if self._known is not None else Path.home()
        chosen = QFileDialog.getExistingDirectory(self, _("Vælg mappe til sikkerhedskopien"), str(begin))
        if chosen:
            self.back_up_to(Path(chosen))

    @Slot()
    def _on_again(self) -> None:
        if self._known is not None:
            self.back_up_to(self._known.folder)

    def back_up_to(self, folder: Path) -> None:
        """Make a backup in `folder`."""
        workspace = self._context.workspace()

        def work(errand: Errand) -> BackupResult:
            from cubb_desktop.services.backup import backup_library

            return backup_library(
                workspace,
                folder,
                on_progress=lambda progress: errand.report(progress.share),
                cancelled=errand.cancelled,
            )

        self.said.setText("")
        self.said.hide()
        self._started = time.monotonic()
        self._on_progress(0.0)
        self._errand = self._context.background.run_errand(work, self._on_made, self._on_failed, self._on_progress)
        self._show_idle()
        self.cancel.setFocus()

    @Slot()
    def _on_cancel(self) -> None:
        if self._errand is not None:
            self._errand.cancel()
            self.left.setText(_("Stopper …"))

    def _on_progress(self, share: float) -> None:
        elapsed = time.monotonic() - self._started
        known = share > 0 and elapsed > _FIRST_ESTIMATE_S
        left = format_time_left(elapsed * (1 - share) / share) if known else ""
        self.progress.setValue(round(share * 1000))
        self.left.setText(" · ".join(part for part in (format_share(share), left) if part))

    @Slot(object)
    def _on_made(self, made: BackupResult) -> None:
        from cubb_desktop.services.backup_words import backup_remarks

        self._errand = None
        self._context.notices.tell(_("Sikkerhedskopien er lavet og efterprøvet."))
        self._say(" ".join(backup_remarks(made)))
        self.reload()

    @Slot(object)
    def _on_failed(self, error: CubbError) -> None:
        self._errand = None
        self._show_idle()
        self._say(sentence(error), fault=not isinstance(error, BackupCancelled))

    def _say(self, text: str, *, fault: bool = False) -> None:
        self.said.set_role("fault" if fault else "strong")
        self.said.setText(text)
        self.said.setVisible(bool(text))
