"""One concept of the book, to read: what it is, what to listen for, whose words they are, and what can be done."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy

from cubb_desktop.domain.codebook import Concept
from cubb_desktop.gui.theme import Theme
from cubb_desktop.gui.widgets.concept_texts import (
    concept_source,
    concept_text,
    group_text,
    marks_text,
    missing_text,
    state_text,
    whose_text,
)
from cubb_desktop.gui.widgets.controls import Button, Card
from cubb_desktop.gui.widgets.messages import NoticeStrip
from cubb_desktop.gui.widgets.text import PlainLabel
from cubb_desktop.i18n import _


class ConceptCard(Card):
    """Shows a concept; `revise` and `more` are what its page connects."""

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme, spacing=8)
        self._theme = theme
        self.name = PlainLabel("", "title", wrap=True)
        self.group = PlainLabel("", "sub", wrap=True)
        self.state = PlainLabel("", "sub", wrap=True)
        self.awaits = NoticeStrip(theme, _("Afventer AAU: definitionen er et udkast, til forskerne har godkendt den."))
        self.definition = PlainLabel("", wrap=True)
        self.listen_for = PlainLabel("", wrap=True)
        self.ask_yourself = PlainLabel("", wrap=True)
        self.source = PlainLabel("", "sub", wrap=True)
        self.missing = PlainLabel("", "sub", wrap=True)
        self.used = PlainLabel("", "sub", wrap=True)
        self.revise = Button(_("Skriv om…"), tooltip=_("Skriv begrebet om, på dansk og engelsk · F2"))
        self.back = Button(_("Tag i brug igen"))
        self.more = Button(_("Mere…"), name=_("Mere: læg sammen, historik, læg væk"))
        self._headings: list[PlainLabel] = []
        self._lay_out()

    def _lay_out(self) -> None:
        self.awaits.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        for item in (self.name, self.group, self.state, self.awaits, self.definition):
            self.add(item)
        for heading, text in ((_("Lyt efter"), self.listen_for), (_("Spørg dig selv"), self.ask_yourself)):
            label = PlainLabel(heading, "accent")
            label.setContentsMargins(0, self._theme.px(8), 0, 0)
            self._headings.append(label)
            self.add(label)
            self.add(text)
        self.rows.addSpacing(self._theme.px(8))
        for text in (self.source, self.missing, self.used):
            self.add(text)
        self.rows.addSpacing(self._theme.px(4))
        self.rows.addWidget(self.back, 0, Qt.AlignmentFlag.AlignLeft)
        acts = QHBoxLayout()
        acts.setSpacing(self._theme.px(10))
        for button in (self.revise, self.more):
            acts.addWidget(button)
        acts.addStretch(1)
        self.add(acts)

    def show_concept(self, concept: Concept, merged_into: Concept | None, marks: tuple[int, int]) -> None:
        """Show a concept with the number of its marks and of the conversations they are in."""
        self.name.setText(concept_text(concept, "name"))
        self.group.setText(" · ".join(part for part in (group_text(concept.group), whose_text(concept)) if part))
        self._show(self.state, state_text(concept, merged_into))
        self.awaits.setVisible(concept.awaits)
        self.definition.setText(concept_text(concept, "definition"))
        for heading, text, field in zip(
            self._headings, (self.listen_for, self.ask_yourself), ("listen_for", "ask_yourself"), strict=True
        ):
            self._show(text, concept_text(concept, field))
            heading.setVisible(bool(text.text()))
        self._show(self.source, _("Kilde: {source}").format(source=concept_source(concept)) if concept.source else "")
        self._show(self.missing, missing_text(concept))
        self._show(self.used, _("Brugt: {marks}.").format(marks=marks_text(*marks)) if marks[0] else "")
        self.back.setVisible(concept.retired)
        self.setAccessibleName(self.name.text())

    def _show(self, label: PlainLabel, text: str) -> None:
        label.setText(text)
        label.setVisible(bool(text))
