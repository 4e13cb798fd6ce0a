"""Begreber: the concept book, to read; ways of noticing, never scores."""

from __future__ import annotations

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import QFrame, QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from cubb_desktop.domain.changes import Changes
from cubb_desktop.domain.codebook import SOURCE_REMARKS, Concept
from cubb_desktop.domain.errors import CubbError
from cubb_desktop.gui.context import PageContext
from cubb_desktop.gui.widgets.controls import Card
from cubb_desktop.gui.widgets.layouts import Columns, Page, scrolling
from cubb_desktop.gui.widgets.text import PlainLabel
from cubb_desktop.i18n import _, current_language
from cubb_desktop.services.concepts import concept_book, switch


def concept_name(concept: Concept) -> str:
    """Return a concept's name in the person's language."""
    return concept.name_da if current_language() == "da" else concept.name_en


def concept_source(concept: Concept) -> str:
    """Return where a concept comes from: names of works as they are, a remark behind them in the person's language."""
    source = concept.source
    for remark in SOURCE_REMARKS:
        source = source.replace(f"({remark})", f"({_(remark)})")
    return source


def _state(concept: Concept) -> str:
    if concept.retired:
        return _("Lagt væk. Mærkerne med det bliver stående. Sæt flueben for at tage det i brug igen.")
    if not concept.in_use:
        return _("Ikke i brug. Sæt flueben i listen for at kunne mærke med det.")
    return ""


class ConceptsPage(Page):
    """A list by group at the left, the concept that is read at the right."""

    def __init__(self, context: PageContext) -> None:
        super().__init__(context.theme, _("Begreber"), scrolls=False)
        self._context = context
        theme = context.theme
        self.header.sub.setText(_("Måder at lægge mærke til noget på"))
        self.list = QListWidget()
        self.list.setAccessibleName(_("Begreber"))
        self.list.setProperty("role", "book")
        self.list.setMinimumWidth(theme.px(230))
        self.list.setMaximumWidth(theme.px(330))
        self.list.setFrameShape(QFrame.Shape.NoFrame)
        self.list.setWordWrap(True)
        self.list.currentItemChanged.connect(self._on_chosen)
        self.list.itemChanged.connect(self._on_checked)
        self.card = Card(theme, spacing=8)
        self.name = PlainLabel("", "title", wrap=True)
        self.group = PlainLabel("", "pill")
        self.state = PlainLabel("", "sub", wrap=True)
        self.definition = PlainLabel("", wrap=True)
        self.listen_for = PlainLabel("", wrap=True)
        self.ask_yourself = PlainLabel("", wrap=True)
        self.source = PlainLabel("", "sub", wrap=True)
        self._lay_out_card()
        columns = Columns(theme, 500)
        columns.add(self.list, 2)
        columns.add(scrolling(self._reading()), 5)
        self.body.addWidget(columns, 1)
        context.background.changed.connect(self._on_changed)
        self.reload()

    def _lay_out_card(self) -> None:
        self.card.add(self.name)
        self.card.rows.addWidget(self.group, 0, Qt.AlignmentFlag.AlignLeft)
        self.card.add(self.state)
        self.card.add(self.definition)
        for heading, text in ((_("Lyt efter"), self.listen_for), (_("Spørg dig selv"), self.ask_yourself)):
            self.card.rows.addSpacing(self._context.theme.px(8))
            self.card.add(PlainLabel(heading, "accent"))
            self.card.add(text)
        self.card.rows.addSpacing(self._context.theme.px(8))
        self.card.add(self.source)

    def _reading(self) -> QWidget:
        content = QWidget()
        content.setProperty("role", "page")
        rows = QVBoxLayout(content)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(self._context.theme.px(18))
        rows.addWidget(self.card)
        rows.addWidget(PlainLabel(_("Vi evaluerer ikke."), "strong"))
        rows.addWidget(PlainLabel(_("Hvad skete der? Hvorfor? Hvad lagde jeg mærke til?"), "soft", wrap=True))
        rows.addStretch(1)
        return content

    @Slot(object)
    def _on_changed(self, changes: Changes) -> None:
        if changes.concepts:
            self.reload()

    def reload(self) -> None:
        """Read the book again."""
        workspace = self._context.workspace()
        self._context.background.run_read(lambda: concept_book(workspace), self._on_read)

    @Slot(object)
    def _on_read(self, concepts: list[Concept]) -> None:
        chosen = self._chosen() or next(iter(concepts), None)
        wanted = chosen.id if chosen is not None else None
        self.list.blockSignals(True)  # filling it is nobody's choice
        self.list.clear()
        groups: dict[str, list[Concept]] = {}
        for concept in concepts:
            groups.setdefault(concept.group, []).append(concept)
        for group, members in groups.items():
            heading = QListWidgetItem(_(group))
            heading.setFlags(Qt.ItemFlag.NoItemFlags)
            heading.setForeground(self._context.theme.color("soft"))
            heading.setFont(self._context.theme.font(12.5))
            self.list.addItem(heading)
            for concept in members:
                item = QListWidgetItem(concept_name(concept))
                item.setData(Qt.ItemDataRole.UserRole, concept)
                item.setFlags(item.flags() | Qt.ItemFlag.ItemIsUserCheckable)
                item.setCheckState(Qt.CheckState.Checked if concept.in_use else Qt.CheckState.Unchecked)
                self.list.addItem(item)
                if concept.id == wanted:
                    self.list.setCurrentItem(item)
        self.list.blockSignals(False)
        self._on_chosen()

    @Slot(QListWidgetItem)
    def _on_checked(self, item: QListWidgetItem) -> None:
        concept, on = item.data(Qt.ItemDataRole.UserRole), item.checkState() is Qt.CheckState.Checked
        if not isinstance(concept, Concept) or concept.in_use is on:
            return
        workspace = self._context.workspace()
        self._context.background.run_write(
            lambda: switch(workspace, concept.id, on=on), None, self._on_switch_failed, changes=Changes(concepts=True)
        )

    @Slot(object)
    def _on_switch_failed(self, error: CubbError) -> None:
        self._context.notices.fault(error)
        self.reload()

    def _chosen(self) -> Concept | None:
        item: QListWidgetItem | None = self.list.currentItem()
        found = item.data(Qt.ItemDataRole.UserRole) if item is not None else None
        return found if isinstance(found, Concept) else None

    @Slot()
    def _on_chosen(self) -> None:
        concept = self._chosen()
        self.card.setVisible(concept is not None)
        if concept is None:
            return
        danish = current_language() == "da"
        self.name.setText(concept_name(concept))
        self.group.setText(_(concept.group))
        self.state.setText(_state(concept))
        self.state.setVisible(not concept.in_use)
        self.definition.setText(concept.definition_da if danish else concept.definition_en)
        self.listen_for.setText(concept.listen_for_da if danish else concept.listen_for_en)
        self.ask_yourself.setText(concept.ask_yourself_da if danish else concept.ask_yourself_en)
        self.source.setText(_("Kilde: {source}").format(source=concept_source(concept)) if concept.source else "")
        self.card.setAccessibleName(self.name.text())
