"""Writing a concept of one's own, or wording one anew: both languages beside each other."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QComboBox, QLineEdit, QPlainTextEdit, QVBoxLayout, QWidget

from cubb_desktop.domain.changes import Changes
from cubb_desktop.domain.codebook import Concept
from cubb_desktop.domain.errors import CubbError
from cubb_desktop.gui.context import PageContext
from cubb_desktop.gui.theme import Theme
from cubb_desktop.gui.widgets.concept_texts import FIELDS, LANGUAGES, group_of, group_text
from cubb_desktop.gui.widgets.controls import Choice, field
from cubb_desktop.gui.widgets.dialogs import Form
from cubb_desktop.gui.widgets.layouts import Columns
from cubb_desktop.gui.widgets.text import PlainLabel
from cubb_desktop.i18n import _, current_language, sentence
from cubb_desktop.services.concepts import LONGEST_NAME, LONGEST_TEXT, add_concept, is_bundled, revise

WIDTH, LEAST_BESIDE, TEXT_HEIGHT = 860, 640, 62  # at 100 %


class LanguageColumn(QWidget):
    """A concept's texts in one language; what is left blank is said as in the other."""

    def __init__(self, theme: Theme, language: str, concept: Concept | None) -> None:
        super().__init__()
        self.language = language
        self.name = QLineEdit()
        self.name.setMaxLength(LONGEST_NAME)
        self.texts = {key: _text_field(theme) for key in FIELDS if key != "name"}
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.px(8))
        column.addWidget(PlainLabel(_(LANGUAGES[language]), "accent"))
        other = _("som på engelsk") if language == "da" else _("som på dansk")
        for key, label in FIELDS.items():
            control = self.name if key == "name" else self.texts[key]
            control.setAccessibleName(f"{_(label)} ({_(LANGUAGES[language])})")
            if language != current_language():
                control.setPlaceholderText(other)
            column.addLayout(field(_(label), control))
        if concept is not None:
            self._fill(concept)

    def _fill(self, concept: Concept) -> None:
        other = "en" if self.language == "da" else "da"
        for key in FIELDS:
            here, there = (str(getattr(concept, f"{key}_{language}")) for language in (self.language, other))
            blank = here == there and self.language != current_language()
            self._write(key, "" if blank else here)

    def _write(self, key: str, text: str) -> None:
        if key == "name":
            self.name.setText(text)
        else:
            self.texts[key].setPlainText(text)

    def said(self) -> dict[str, str]:
        """What is written, by the concept's fields."""
        texts = {key: text.toPlainText() for key, text in self.texts.items()}
        return {f"{key}_{self.language}": text for key, text in {"name": self.name.text(), **texts}.items()}


def _text_field(theme: Theme) -> QPlainTextEdit:
    text = QPlainTextEdit()
    text.setTabChangesFocus(True)
    text.setFixedHeight(theme.px(TEXT_HEIGHT))
    return text


class ConceptForm(Form):
    """Asks for a concept's group, its texts in both languages and its source; stores it in the background."""

    saved = Signal(object)  # Concept

    def __init__(self, parent: QWidget, context: PageContext, groups: Sequence[str], concept: Concept | None) -> None:
        heading = _("Skriv begrebet om") if concept is not None else _("Nyt begreb")
        super().__init__(parent, context.theme, heading, _("Gem"))
        self._context, self._groups, self._concept = context, groups, concept
        self.widen(WIDTH)
        if concept is not None:
            self.add(PlainLabel(self._hint(concept), "soft", wrap=True))
        self.group = self._group_field()
        self.add(field(_("Gruppe"), self.group))
        order = sorted(LANGUAGES, key=lambda language: language != current_language())
        self.columns = {language: LanguageColumn(context.theme, language, concept) for language in order}
        beside = Columns(context.theme, LEAST_BESIDE)
        for column in self.columns.values():
            beside.add(column, 1)
        self.add(beside)
        self.source = QLineEdit(concept.source if concept is not None else "")
        self.source.setMaxLength(LONGEST_TEXT)
        self.add(field(_("Kilde"), self.source))
        self.finish_rows()
        first = self.columns[current_language()].name
        first.setFocus()
        first.selectAll()

    def _hint(self, concept: Concept) -> str:
        if is_bundled(concept.id):
            return _("Det bliver jeres ordlyd. Bogens egen bliver stående i historikken.")
        return _("Den ordlyd, det har nu, bliver stående i historikken.")

    def _group_field(self) -> QComboBox:
        group = Choice()
        group.setEditable(True)
        group.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        group.addItems([group_text(known) for known in self._groups])
        group.setCompleter(None)  # type: ignore[arg-type]  # a new group may begin as another does
        line = group.lineEdit()
        if line is not None:
            line.setMaxLength(LONGEST_NAME)
            line.setPlaceholderText(_("Vælg en gruppe, eller skriv en ny"))
        if self._concept is not None:
            group.setCurrentText(group_text(self._concept.group))
        else:
            group.setCurrentIndex(-1)
        return group

    def submit(self) -> None:
        workspace, concept = self._context.workspace(), self._concept
        texts = {key: text for column in self.columns.values() for key, text in column.said().items()}
        texts["source"] = self.source.text()
        group = group_of(self.group.currentText(), self._groups)
        self.accept_button.setEnabled(False)

        def store() -> Concept:
            if concept is None:
                return add_concept(workspace, group, texts[f"name_{current_language()}"], texts)
            return revise(workspace, concept.id, {**texts, "group": group})

        self._context.background.run_write(store, self._on_saved, self._on_refused, changes=Changes(concepts=True))

    @Slot(object)
    def _on_saved(self, concept: Concept) -> None:
        self.saved.emit(concept)
        self.accept()

    @Slot(object)
    def _on_refused(self, error: CubbError) -> None:
        self.accept_button.setEnabled(True)
        self.say(sentence(error))
