"""Begreber: the concept book; ways of noticing, never scores, with examples from one's own conversations."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Qt, Signal, Slot
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QMenu, QVBoxLayout, QWidget

from cubb_desktop.domain.changes import Changes
from cubb_desktop.domain.codebook import Concept
from cubb_desktop.domain.ids import ConceptId, RecordingId
from cubb_desktop.gui.context import PageContext
from cubb_desktop.gui.widgets.concept_acts import Book, ConceptActs
from cubb_desktop.gui.widgets.concept_card import ConceptCard
from cubb_desktop.gui.widgets.concept_examples import ConceptExamples
from cubb_desktop.gui.widgets.concept_list import ConceptList
from cubb_desktop.gui.widgets.concept_texts import book_text
from cubb_desktop.gui.widgets.controls import Button
from cubb_desktop.gui.widgets.layouts import Columns, Page, scrolling
from cubb_desktop.gui.widgets.text import PlainLabel
from cubb_desktop.i18n import _
from cubb_desktop.services.concepts import concept_book, marks_with


class ConceptsPage(Page):
    """A list by group at the left, the concept that is read at the right with its examples under it."""

    open_requested = Signal(object, object)  # RecordingId, place in ms

    def __init__(self, context: PageContext) -> None:
        super().__init__(context.theme, _("Begreber"), scrolls=False)
        self._context = context
        self._book = Book()
        self._stale = False
        theme = context.theme
        self.header.sub.setText(_("Måder at lægge mærke til noget på"))
        self.codebook = Button(_("Kodebog…"), name=_("Kodebog: hent eller gem (REFI-QDA)"))
        self.new = Button(_("Nyt begreb"), "primary", key="Ctrl+N")
        self.header.add(self.codebook)
        self.header.add(self.new)
        self.concepts = ConceptList(theme)
        self.list = self.concepts.list
        self.card = ConceptCard(theme)
        self.examples = ConceptExamples(context)
        self.playback = self.examples.playback
        self.acts = ConceptActs(context, self, lambda: self._book)
        columns = Columns(theme, 500)
        columns.add(self.concepts, 2)
        columns.add(scrolling(self._reading()), 5)
        self.body.addWidget(columns, 1)
        self._connect()
        self.reload()

    def _reading(self) -> QWidget:
        content = QWidget()
        content.setProperty("role", "page")
        rows = QVBoxLayout(content)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(self._context.theme.px(18))
        rows.addWidget(self.card)
        rows.addWidget(self.examples)
        rows.addWidget(PlainLabel(_("Vi evaluerer ikke."), "strong"))
        rows.addWidget(PlainLabel(_("Hvad skete der? Hvorfor? Hvad lagde jeg mærke til?"), "soft", wrap=True))
        rows.addStretch(1)
        self.card.hide()
        return content

    def _connect(self) -> None:
        background = self._context.background
        background.changed.connect(self._on_changed)
        background.forgetting.connect(self._on_forgetting)
        self.concepts.chosen.connect(self._on_chosen)
        self.concepts.switched.connect(lambda concept, on: self.acts.switch(concept, on=on))
        self.concepts.menu_requested.connect(self._pop_up)
        self.list.revise_requested.connect(self._on_revise)
        self.list.retire_requested.connect(self._on_retire)
        self.new.clicked.connect(self.acts.write_new)
        self.codebook.clicked.connect(lambda: self.codebook_menu().popup(_under(self.codebook)))
        self.card.revise.clicked.connect(self._on_revise)
        self.card.back.clicked.connect(self._on_back)
        self.card.more.clicked.connect(lambda: self._pop_up(_under(self.card.more)))
        self.acts.made.connect(self._on_made)
        self.examples.open_requested.connect(self.open_requested)

    # --- reading -----------------------------------------------------------------------------------------------------

    @Slot(object)
    def _on_changed(self, changes: Changes) -> None:
        touched = changes.annotations | changes.recordings | changes.transcripts
        if changes.concepts or changes.consents or touched:
            self._stale = True
            if self.isVisible():  # what nobody sees is not read: reading examples is looking into conversations
                self.reload()

    def reload(self) -> None:
        """Read the book again."""
        self._stale = False
        workspace = self._context.workspace()
        self._context.background.run_read(lambda: Book(concept_book(workspace), marks_with(workspace)), self._on_read)

    @Slot(object)
    def _on_read(self, book: Book) -> None:
        self._book = book
        self.header.sub.setText(" · ".join((_("Måder at lægge mærke til noget på"), book_text(book.concepts))))
        self.concepts.show_book(book.concepts)

    @Slot(object)
    def _on_chosen(self, concept: Concept | None) -> None:
        self.card.setVisible(concept is not None)
        self.examples.setVisible(concept is not None)
        self.examples.show_concept(concept)
        if concept is not None:
            into = self._book.concept(concept.merged_into)
            self.card.show_concept(concept, into, self._book.marks.get(concept.id, (0, 0)))

    @Slot(object)
    def _on_made(self, concept_id: ConceptId) -> None:
        self.concepts.choose(concept_id)
        self.list.setFocus()

    @Slot(object)
    def _on_forgetting(self, going: frozenset[RecordingId]) -> None:
        self.examples.forget(going)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._stale:
            self.reload()

    def hideEvent(self, event: QHideEvent) -> None:
        self.examples.leave()
        super().hideEvent(event)

    def leave(self) -> None:
        """Put the sound down."""
        self.examples.leave()

    # --- acting ------------------------------------------------------------------------------------------------------

    @Slot()
    def _on_revise(self) -> None:
        concept = self.concepts.current()
        if concept is not None:
            self.acts.write(concept)

    @Slot()
    def _on_retire(self) -> None:
        concept = self.concepts.current()
        if concept is not None and not concept.retired:
            self.acts.retire(concept)

    @Slot()
    def _on_back(self) -> None:
        concept = self.concepts.current()
        if concept is not None:
            self.acts.bring_back(concept)

    @Slot(QPoint)
    def _pop_up(self, place: QPoint) -> None:
        concept = self.concepts.current()
        if concept is not None:
            self.concept_menu(concept).popup(place)

    def concept_menu(self, concept: Concept) -> QMenu:
        """Return everything that can be done with a concept."""
        menu = self._menu()
        reword = menu.addAction("\t".join((_("Skriv om…"), "F2")))
        reword.triggered.connect(lambda: self.acts.write(concept))
        menu.addAction(_("Historik…")).triggered.connect(lambda: self.acts.show_history(concept))
        menu.addSeparator()
        merge = menu.addAction(_("Læg sammen med…"))
        merge.triggered.connect(lambda: self.acts.ask_merge(concept))
        merge.setEnabled(not concept.retired)
        if concept.retired:
            menu.addAction(_("Tag i brug igen")).triggered.connect(lambda: self.acts.bring_back(concept))
        else:
            away = menu.addAction("\t".join((_("Læg væk"), "Del")))
            away.triggered.connect(lambda: self.acts.retire(concept))
        return menu

    def codebook_menu(self) -> QMenu:
        """Return what can be exchanged with other programs."""
        menu = self._menu()
        menu.addAction(_("Hent kodebog…")).triggered.connect(self.acts.import_book)
        menu.addAction(_("Gem som kodebog…")).triggered.connect(self.acts.export_book)
        return menu

    def _menu(self) -> QMenu:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        return menu


def _under(button: QWidget) -> QPoint:
    return button.mapToGlobal(QPoint(0, button.height()))
