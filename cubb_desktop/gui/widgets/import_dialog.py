"""Before sound files come in: under which agreement, and under which title."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QLineEdit, QWidget

from cubb_desktop.domain.consent import Consent
from cubb_desktop.gui.context import PageContext
from cubb_desktop.gui.widgets.consents import ConsentPicker
from cubb_desktop.gui.widgets.controls import field
from cubb_desktop.gui.widgets.dialogs import Form
from cubb_desktop.gui.widgets.text import PlainLabel
from cubb_desktop.i18n import _, ngettext

MOST_NAMED = 4


class ImportDialog(Form):
    """Chooses the agreement for one or more files; `wanted` tells files, agreement and a single file's title."""

    wanted = Signal(object, object, str)  # paths, Consent, title ("" for the files' own names)

    def __init__(self, parent: QWidget, context: PageContext, paths: Sequence[Path]) -> None:
        heading = ngettext("Hent en lydfil ind", "Hent {number} lydfiler ind", len(paths)).format(number=len(paths))
        super().__init__(parent, context.theme, heading, _("Hent ind"))
        self._paths = tuple(paths)
        self.widen(620)
        self.title: QLineEdit | None = None
        if len(paths) == 1:
            self.title = QLineEdit(paths[0].stem[:200])
            self.title.setMaxLength(200)
            self.add(field(_("Samtalens titel"), self.title, _("Skriv ikke borgerens navn.")))
        else:
            names = [path.name for path in paths[:MOST_NAMED]]
            if len(paths) > MOST_NAMED:
                names.append(_("og {number} til").format(number=len(paths) - MOST_NAMED))
            self.add(PlainLabel("\n".join(names), "soft", wrap=True))
        self.picker = ConsentPicker(context)
        self.add(self.picker)
        self.add(
            PlainLabel(
                _("Lyden krypteres, mens den læses. Filen selv bliver liggende; slet den, når samtalen er hentet ind."),
                "sub",
                wrap=True,
            )
        )
        self.finish_rows()
        self.picker.changed.connect(self._on_picked)
        self._on_picked()

    @Slot()
    def _on_picked(self) -> None:
        self.accept_button.setEnabled(self.picker.chosen() is not None)

    def submit(self) -> None:
        consent: Consent | None = self.picker.chosen()
        if consent is None:
            self.say(_("Vælg en aftale, eller lav en ny."))
            return
        title = self.title.text().strip() if self.title is not None else ""
        self.wanted.emit(self._paths, consent, title)
        self.accept()
