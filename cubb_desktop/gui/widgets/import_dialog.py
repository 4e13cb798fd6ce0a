"""Before sound files come in: what sort of conversation, under whose agreements, and under which title."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QLineEdit, QWidget

from cubb_desktop.gui.context import PageContext
from cubb_desktop.gui.widgets.controls import field
from cubb_desktop.gui.widgets.dialogs import Form
from cubb_desktop.gui.widgets.present import KindChoice, PresentPicker
from cubb_desktop.gui.widgets.text import PlainLabel
from cubb_desktop.i18n import _, ngettext

MOST_NAMED = 4


class ImportDialog(Form):
    """Chooses the agreements for one or more files; `wanted` tells files, who is heard, a single title, the kind."""

    wanted = Signal(object, object, str, object)  # paths, Participants, title ("": the files' own), ConversationKind

    def __init__(self, parent: QWidget, context: PageContext, paths: Sequence[Path]) -> None:
        heading = ngettext("Hent en lydfil ind", "Hent {number} lydfiler ind", len(paths)).format(number=len(paths))
        super().__init__(parent, context.theme, heading, _("Hent ind"))
        self._paths = tuple(paths)
        self.widen(700)
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
        self.kind = KindChoice()
        self.add(field(_("Slags samtale"), self.kind))
        self.picker = PresentPicker(context, _("Hvem der høres, ud over dig"))
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
        self.kind.currentIndexChanged.connect(lambda: self.picker.set_kind(self.kind.kind()))
        self._on_picked()

    @Slot()
    def _on_picked(self) -> None:
        self.accept_button.setEnabled(not self.picker.missing())

    def submit(self) -> None:
        missing = self.picker.missing()
        if missing:
            self.say(missing)
            return
        title = self.title.text().strip() if self.title is not None else ""
        self.wanted.emit(self._paths, self.picker.participants(), title, self.kind.kind())
        self.accept()
