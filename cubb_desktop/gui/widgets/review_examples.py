"""From the conversation into the concept book: a passage, or a mark, becomes an example of a concept."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, QPoint, Qt, Slot
from PySide6.QtWidgets import QMenu

from cubb_desktop.domain.changes import Changes
from cubb_desktop.domain.codebook import Annotation, ConceptExample, ExampleKind
from cubb_desktop.domain.ids import ConceptId
from cubb_desktop.gui.context import PageContext
from cubb_desktop.gui.widgets.annotation_panel import AnnotationPanel
from cubb_desktop.gui.widgets.concept_texts import concept_text
from cubb_desktop.gui.widgets.example_form import ExampleForm
from cubb_desktop.gui.widgets.review_acts import lines_text
from cubb_desktop.gui.widgets.review_source import Conversation
from cubb_desktop.gui.widgets.text import plain_button_text
from cubb_desktop.gui.widgets.transcript_view import TranscriptView
from cubb_desktop.i18n import _

_LONGEST_QUOTE = 200


class ReviewExamples(QObject):
    """Asks for the concept where it is not known, stores the example, offers to undo that."""

    def __init__(
        self,
        context: PageContext,
        panel: AnnotationPanel,
        view: TranscriptView,
        conversation: Callable[[], Conversation | None],
    ) -> None:
        super().__init__(view)
        self._context, self._panel, self._view, self._conversation = context, panel, view, conversation
        panel.menu_requested.connect(self._on_mark_menu)

    def add_to_menu(self, menu: QMenu) -> None:
        """Offer the passage that is chosen, or the line, as an example."""
        menu.addAction(_("Brug som eksempel…")).triggered.connect(self.ask)

    @Slot()
    def ask(self) -> None:
        """Ask what the chosen passage, else the line, is an example of."""
        conversation = self._conversation()
        passage = self._view.passage_at_hand()
        if conversation is None or passage is None:
            self._context.notices.tell(_("Vælg først nogle ord i udskriften."))
            return
        if self._view.selection() is None:
            self._view.select_passage(passage.start_ms, passage.end_ms)
        place = lines_text(passage.first_line, passage.last_line)
        quote = self._view.selected_words()[:_LONGEST_QUOTE]
        in_use = [concept for concept in conversation.concepts if concept.in_use]
        form = ExampleForm(self._view, self._context.theme, place[:1].upper() + place[1:], quote, in_use)
        form.chosen.connect(
            lambda concept_id, kind, note: self.store(
                ConceptId(concept_id), passage.start_ms, passage.end_ms, kind, note
            )
        )
        form.open()

    @Slot(str, QPoint)
    def _on_mark_menu(self, annotation_id: str, place: QPoint) -> None:
        menu = self.mark_menu(annotation_id)
        if menu is not None:
            menu.popup(place)

    def mark_menu(self, annotation_id: str) -> QMenu | None:
        """Return what can be done with a mark's passage in the book, None for a mark that is gone."""
        conversation = self._conversation()
        if conversation is None:
            return None
        mark = next((mark for mark in conversation.marks if mark.id == annotation_id), None)
        concept = conversation.concept(mark.concept_id) if mark is not None else None
        if mark is None or concept is None:
            return None
        menu = QMenu(self._panel)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        name = concept_text(concept, "name")
        for kind, text in (
            (ExampleKind.EXAMPLE, _("Brug som eksempel på »{name}«")),
            (ExampleKind.COUNTER_EXAMPLE, _("Brug som modeksempel til »{name}«")),
        ):
            action = menu.addAction(plain_button_text(text.format(name=name)))
            action.triggered.connect(lambda _on=False, kind=kind: self.store_mark(mark, kind))
            action.setEnabled(not concept.retired)
        return menu

    def store_mark(self, mark: Annotation, kind: ExampleKind) -> None:
        """Let a mark's passage be an example of its concept, with its note."""
        self.store(mark.concept_id, mark.start_ms, mark.end_ms, kind, mark.note)

    def store(self, concept_id: ConceptId, start_ms: int, end_ms: int, kind: ExampleKind, note: str) -> None:
        """Store an example from the conversation that is shown."""
        conversation, workspace = self._conversation(), self._context.workspace()
        if conversation is None:
            return
        recording = conversation.recording
        changes = Changes(concepts=True)

        def add() -> ConceptExample:
            from cubb_desktop.services.examples import add_example

            end = min(end_ms, recording.duration_ms)
            return add_example(workspace, concept_id, recording.id, start_ms, end, kind, note)

        def told(example: ConceptExample) -> None:
            concept = conversation.concept(concept_id)
            name = concept_text(concept, "name") if concept is not None else str(concept_id)
            self._context.notices.tell(
                _("Stykket står nu under »{name}« i Begreber.").format(name=name),
                _("Fortryd"),
                lambda: self._undo(example),
            )

        self._context.background.run_write(add, told, self._context.notices.fault, changes=changes)

    def _undo(self, example: ConceptExample) -> None:
        workspace = self._context.workspace()

        def remove() -> None:
            from cubb_desktop.services.examples import remove_example

            remove_example(workspace, example.id)

        self._context.background.run_write(remove, None, self._context.notices.fault, changes=Changes(concepts=True))
