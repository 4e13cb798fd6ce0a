"""An extract of the log about one conversation, for a citizen who asks who has listened."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QCheckBox, QFileDialog, QWidget

from cubb_desktop.domain.errors import CubbError
from cubb_desktop.domain.ids import RecordingId
from cubb_desktop.domain.recording import Recording
from cubb_desktop.gui.context import PageContext
from cubb_desktop.gui.widgets.controls import Choice, field
from cubb_desktop.gui.widgets.dialogs import Form
from cubb_desktop.gui.widgets.text import PlainLabel
from cubb_desktop.i18n import _, format_short_date, sentence
from cubb_desktop.services.audit import extract
from cubb_desktop.services.recordings import list_recordings


class ExtractDialog(Form):
    """Asks for which conversation and whether with the staff's names, then where to save."""

    shown = Signal()
    saved = Signal()

    def __init__(self, parent: QWidget, context: PageContext) -> None:
        super().__init__(parent, context.theme, _("Logudtræk til borgeren"), _("Gem…"))
        self._context = context
        self.widen(560)
        text = _("Udtrækket siger, hvad der er sket med samtalen og hvornår. Det siger ikke, hvad der er sagt.")
        self.add(PlainLabel(text, "soft", wrap=True))
        self.conversation = Choice()
        self.conversation.setMinimumContentsLength(20)
        self.conversation.setSizeAdjustPolicy(Choice.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.add(field(_("Samtale"), self.conversation))
        self.with_names = QCheckBox(_("Skriv medarbejdernes navne"))
        self.with_names.setAccessibleName(self.with_names.text())
        self.add(self.with_names)
        hint = _("Ellers står der medarbejder 1, medarbejder 2. Om borgeren får navnene, afgør I fra gang til gang.")
        self.with_names.setAccessibleDescription(hint)
        self.add(PlainLabel(hint, "sub", wrap=True))
        self.finish_rows()
        self.accept_button.setEnabled(False)
        workspace = context.workspace()
        context.background.run_read(lambda: list_recordings(workspace), self._on_listed, self._on_failed)

    @Slot(object)
    def _on_listed(self, recordings: list[Recording]) -> None:
        for recording in recordings:
            text = f"{format_short_date(recording.recorded_at)} · {recording.title}"
            self.conversation.addItem(text, recording.id)
        self.accept_button.setEnabled(bool(recordings))
        if not recordings:
            self.say(_("Der er ingen samtaler endnu."))
        self.shown.emit()

    def submit(self) -> None:
        # Translators: the name that is proposed for a file
        proposed = _("logudtræk.csv")
        kinds = ";;".join((_("Regneark (*.csv)"), "JSON (*.json)"))
        chosen, _kind = QFileDialog.getSaveFileName(self, _("Gem logudtræk"), proposed, kinds)
        if chosen:
            self.save(Path(chosen))

    def save(self, out: Path) -> None:
        """Write the extract to `out`."""
        self.accept_button.setEnabled(False)
        workspace, recording = self._context.workspace(), RecordingId(self.conversation.currentData())
        with_names = self.with_names.isChecked()

        def work() -> int:  # the dialog has asked already whether an older file may go
            return extract(workspace, recording, out, with_names=with_names, replace_existing=True)

        self._context.background.run_write(work, self._on_saved, self._on_failed)

    @Slot(object)
    def _on_saved(self, lines: int) -> None:
        self._context.notices.tell(_("Logudtrækket er gemt: {lines} linjer.").format(lines=lines))
        self.saved.emit()
        self.accept()

    @Slot(object)
    def _on_failed(self, error: CubbError) -> None:
        self.accept_button.setEnabled(self.conversation.count() > 0)
        self.say(sentence(error))
