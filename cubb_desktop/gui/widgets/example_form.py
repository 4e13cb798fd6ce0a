"""Asks which concept a passage shows, and whether it shows what the concept is or what it is not."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QPlainTextEdit, QRadioButton, QWidget

from cubb_desktop.domain.codebook import Concept, ExampleKind
from cubb_desktop.gui.theme import Theme
from cubb_desktop.gui.widgets.concept_texts import KINDS, concept_text
from cubb_desktop.gui.widgets.controls import Choice, field
from cubb_desktop.gui.widgets.dialogs import Form
from cubb_desktop.gui.widgets.text import PlainLabel
from cubb_desktop.i18n import _


class ExampleForm(Form):
    """One passage, given with its place and its words."""

    chosen = Signal(str, object, str)  # ConceptId, ExampleKind, note

    def __init__(self, parent: QWidget, theme: Theme, place: str, quote: str, concepts: Sequence[Concept]) -> None:
        super().__init__(parent, theme, _("Brug som eksempel"), _("Gem eksempel"))
        self.add(PlainLabel(place, "strong", wrap=True))
        if quote:
            self.add(PlainLabel(_("»{quote}«").format(quote=quote), "sub", wrap=True))
        self.concept = Choice()
        for concept in concepts:
            self.concept.addItem(concept_text(concept, "name"), concept.id)
        self.add(field(_("Begreb"), self.concept))
        self.kinds = {kind: QRadioButton(_(name)) for kind, name in KINDS.items()}
        self.kinds[ExampleKind.EXAMPLE].setChecked(True)
        row = QHBoxLayout()
        row.setSpacing(theme.px(18))
        for button in self.kinds.values():
            row.addWidget(button)
        row.addStretch(1)
        self.add(row)
        self.note = QPlainTextEdit()
        self.note.setTabChangesFocus(True)
        self.note.setFixedHeight(theme.px(70))
        self.note.setPlaceholderText(_("Hvad viser stykket?"))
        self.add(field(_("Note"), self.note))
        self.add(PlainLabel(_("Stykket kan høres i begrebsbogen, så længe aftalen gælder."), "soft", wrap=True))
        self.finish_rows()
        self.concept.setFocus()

    def submit(self) -> None:
        concept_id = self.concept.currentData()
        if concept_id is None:
            self.say(_("Tag først et begreb i brug under Begreber."))
            return
        kind = next(kind for kind, button in self.kinds.items() if button.isChecked())
        self.chosen.emit(concept_id, kind, self.note.toPlainText().strip())
        self.accept()
