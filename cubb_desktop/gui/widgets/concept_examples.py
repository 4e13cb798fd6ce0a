"""A concept's examples and counter-examples as cards that can be heard where they stand, opened and removed."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from cubb_desktop.domain.changes import Changes
from cubb_desktop.domain.codebook import Concept, ConceptExample, ExampleKind
from cubb_desktop.domain.errors import CubbError
from cubb_desktop.domain.ids import ConceptId, ExampleId, RecordingId
from cubb_desktop.gui.context import PageContext
from cubb_desktop.gui.theme import Theme
from cubb_desktop.gui.widgets.concept_texts import KINDS, place_text
from cubb_desktop.gui.widgets.controls import IconButton
from cubb_desktop.gui.widgets.review_playback import Playback
from cubb_desktop.gui.widgets.text import ElidedLabel, PlainLabel
from cubb_desktop.i18n import _, sentence
from cubb_desktop.services.examples import ShownExample, list_examples, remove_example, restore_example


class ExampleCard(QFrame):
    """One passage; Space hears it, Enter opens it in its conversation, Delete removes it."""

    play_requested = Signal()
    open_requested = Signal()
    remove_requested = Signal()

    def __init__(self, theme: Theme, shown: ShownExample) -> None:
        super().__init__()
        self.shown = shown
        self._theme = theme
        example = shown.example
        kind = _(KINDS[example.kind])
        place = place_text(example.start_ms, example.end_ms)
        self.setProperty("role", "card")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        self.setAccessibleName(f"{kind}, {shown.title}, {place}")
        rows = QVBoxLayout(self)
        rows.setContentsMargins(theme.px(14), theme.px(10), theme.px(10), theme.px(12))
        rows.setSpacing(theme.px(6))
        self.play = IconButton(theme, "play", _("Hør stykket"), size=18)
        self.play.clicked.connect(self.play_requested)
        self.play.setEnabled(shown.refusal is None)
        self.open = IconButton(theme, "review", _("Åbn samtalen her"), size=16)
        self.open.clicked.connect(self.open_requested)
        self.open.setEnabled(shown.refusal is None)
        self.remove = IconButton(theme, "close", _("Fjern eksemplet"), size=14)
        self.remove.clicked.connect(self.remove_requested)
        top = QHBoxLayout()
        top.setSpacing(theme.px(8))
        top.addWidget(self.play)
        top.addWidget(PlainLabel(kind, "pill-accent" if example.kind is ExampleKind.EXAMPLE else "pill"))
        top.addWidget(ElidedLabel(f"{shown.title} · {place}", "sub"), 1)
        top.addWidget(self.open)
        top.addWidget(self.remove)
        rows.addLayout(top)
        self.words = PlainLabel(self._words(), "soft" if shown.refusal is not None else "", wrap=True)
        rows.addWidget(self.words)
        if shown.note:
            rows.addWidget(PlainLabel(shown.note, "sub", wrap=True))
        self.setAccessibleDescription(" ".join(part for part in (self.words.text(), shown.note) if part))

    def _words(self) -> str:
        shown = self.shown
        if shown.refusal is not None:
            return sentence(shown.refusal)
        return _("»{quote}«").format(quote=shown.quote) if shown.quote else _("Stykket har ingen tekst endnu.")

    def set_playing(self, playing: bool) -> None:
        """Show whether it is heard now."""
        self.play.setIcon(self._theme.icon("pause" if playing else "play", "soft", 18))
        self.play.setAccessibleName(_("Stop") if playing else _("Hør stykket"))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        allowed = self.shown.refusal is None
        if event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter} and allowed:
            self.open_requested.emit()
        elif event.key() == Qt.Key.Key_Space and allowed:
            self.play_requested.emit()
        elif event.key() == Qt.Key.Key_Delete:
            self.remove_requested.emit()
        else:
            super().keyPressEvent(event)


class ConceptExamples(QWidget):
    """The examples of the concept that is read; the agreements are asked for each that is shown or heard."""

    open_requested = Signal(object, object)  # RecordingId, start in ms

    def __init__(self, context: PageContext) -> None:
        super().__init__()
        self._context = context
        self._concept_id: ConceptId | None = None
        self._heard: ConceptExample | None = None
        self._shown: Sequence[ShownExample] = ()
        self.cards: list[ExampleCard] = []
        self.playback = Playback(context.background, lambda: context.settings_store.value.output, self)
        self.playback.opened.connect(self._on_opened)
        self.playback.missing.connect(self._on_missing)
        self.playback.failed.connect(context.notices.fault)
        self.playback.playing_changed.connect(self._on_playing)
        theme = context.theme
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(theme.px(10))
        self._column.addWidget(PlainLabel(_("Eksempler fra jeres samtaler"), "heading", wrap=True))
        self.hint = PlainLabel("", "sub", wrap=True)
        self._column.addWidget(self.hint)

    # --- what it shows -----------------------------------------------------------------------------------------------

    def show_concept(self, concept: Concept | None) -> None:
        """Read a concept's examples; another concept's sound is put down."""
        concept_id = concept.id if concept is not None else None
        if concept_id != self._concept_id:
            self.leave()
            self._concept_id = concept_id
            self._show([])
        if concept_id is None:
            return
        workspace = self._context.workspace()
        self._context.background.run_read(
            lambda: (concept_id, list_examples(workspace, concept_id)), self._on_read, self._context.notices.fault
        )

    @Slot(object)
    def _on_read(self, found: tuple[ConceptId, list[ShownExample]]) -> None:
        concept_id, shown = found
        if concept_id == self._concept_id:
            self._show(shown)

    def _show(self, shown: Sequence[ShownExample]) -> None:
        self.hint.setText(
            _("Mellemrum spiller, Enter åbner samtalen, Del fjerner.")
            if shown
            else _("Ingen endnu. Højreklik på en linje i Gennemgang, og vælg »Brug som eksempel…«.")
        )
        if [_stable(one) for one in shown] == [_stable(one) for one in self._shown] and self.cards:
            return
        self._shown = shown
        for card in self.cards:
            self._column.removeWidget(card)
            card.hide()
            card.deleteLater()
        self.cards = [self._card(one) for one in shown]
        for card in self.cards:
            self._column.addWidget(card)
        self._on_playing(self.playback.playing)

    def _card(self, shown: ShownExample) -> ExampleCard:
        card, example = ExampleCard(self._context.theme, shown), shown.example
        card.play_requested.connect(lambda: self.play(example))
        card.open_requested.connect(lambda: self.open_requested.emit(example.recording_id, example.start_ms))
        card.remove_requested.connect(lambda: self.remove(example))
        return card

    # --- hearing -----------------------------------------------------------------------------------------------------

    def play(self, example: ConceptExample) -> None:
        """Hear a passage, or stop it; the agreements are asked anew each time."""
        if self.playback.playing and self._heard == example:
            self.playback.pause()
            return
        self._heard = example
        self.playback.open(self._context.workspace(), example.recording_id, example.start_ms)

    @Slot()
    def _on_opened(self) -> None:
        if self._heard is not None:
            self.playback.play(self._heard.start_ms, self._heard.end_ms)

    @Slot(object)
    def _on_missing(self, error: CubbError) -> None:
        self._context.notices.fault(error)

    @Slot(bool)
    def _on_playing(self, playing: bool) -> None:
        for card in self.cards:
            card.set_playing(playing and card.shown.example == self._heard)

    def leave(self) -> None:
        """Put the sound down."""
        self._heard = None
        self.playback.close()

    def forget(self, going: frozenset[RecordingId]) -> None:
        """Let go of passages of conversations that are about to be deleted."""
        if any(one.example.recording_id in going for one in self._shown):
            self.leave()
            self._show([one for one in self._shown if one.example.recording_id not in going])

    # --- taking away -------------------------------------------------------------------------------------------------

    def remove(self, example: ConceptExample) -> None:
        """Let a passage be an example no longer; a notice offers to put it back as it was."""
        workspace, example_id = self._context.workspace(), ExampleId(example.id)
        if self._heard == example:
            self.leave()

        def undo() -> None:
            self._write(lambda: restore_example(workspace, example))

        def told(_done: None) -> None:
            self._context.notices.tell(_("Eksemplet er fjernet. Samtalen er der stadig."), _("Fortryd"), undo)

        self._write(lambda: remove_example(workspace, example_id), told)

    def _write(self, work: Callable[[], None], done: Callable[[None], object] | None = None) -> None:
        changes = Changes(concepts=True)
        self._context.background.run_write(work, done, self._context.notices.fault, changes=changes)


def _stable(one: ShownExample) -> tuple[object, ...]:
    code = one.refusal.code if one.refusal is not None else None
    return one.example, one.title, one.quote, one.note, code
