"""The small form in which a mark is made, or changed: its concept, its note; where it lies is chosen in the text."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QListWidget, QListWidgetItem, QVBoxLayout

from cubb_desktop.gui.theme import Theme
from cubb_desktop.gui.widgets.concept_chips import NUMBERED, Choice
from cubb_desktop.gui.widgets.controls import Button
from cubb_desktop.gui.widgets.mentions import MentionField
from cubb_desktop.gui.widgets.text import ElidedLabel, PlainLabel
from cubb_desktop.i18n import _


class MarkForm(QFrame):
    """Chooses a concept and takes a note for a passage."""

    saved = Signal(str, str)  # ConceptId, note
    cancelled = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._hints: dict[str, str] = {}
        self.setProperty("role", "card")
        rows = QVBoxLayout(self)
        rows.setContentsMargins(theme.px(16), theme.px(12), theme.px(16), theme.px(14))
        rows.setSpacing(theme.px(8))
        self.place = PlainLabel("", "strong")
        self.quote = ElidedLabel("", "sub")
        self.follows = PlainLabel(_("Vælg andre ord for at flytte mærket."), "sub", wrap=True)
        self.concepts = self._concept_list()
        self.hint = PlainLabel("", "sub", wrap=True)
        self.note = MentionField(theme, _("Note"), _("Hvad lagde du mærke til?"))
        self.note.installEventFilter(self)
        for widget in (self.place, self.quote, self.follows, self.concepts, self.hint, self.note):
            rows.addWidget(widget)
        rows.addLayout(self._buttons())
        self.color()

    def _concept_list(self) -> QListWidget:
        concepts = QListWidget()
        concepts.setAccessibleName(_("Begreb"))
        concepts.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        concepts.currentItemChanged.connect(self._on_chosen)
        concepts.installEventFilter(self)
        return concepts

    def color(self) -> None:
        """Take the colours of the theme; what is chosen looks chosen also while the note is written."""
        theme = self._theme
        self.concepts.setStyleSheet(
            f"QListView::item {{ padding: 0 {theme.px(8)}px; border-radius: {theme.px(6)}px; }}"
            f"QListView::item:selected {{ background: {theme.color('accent-soft').name()};"
            f" color: {theme.color('accent-ink').name()}; }}"
        )

    def _buttons(self) -> QHBoxLayout:
        row = QHBoxLayout()
        self.save = Button(_("Gem mærke"), "primary", tooltip=_("Gem mærket · Ctrl+Enter"))
        self.save.clicked.connect(self._on_save)
        cancel = Button(_("Annullér"), "quiet")
        cancel.clicked.connect(self.cancelled)
        row.addWidget(self.save)
        row.addWidget(cancel)
        row.addStretch(1)
        return row

    def set_choices(self, choices: Sequence[Choice]) -> None:
        """Offer the concepts of the book."""
        before = self._chosen()
        self.concepts.clear()
        self._hints = {choice.id: choice.hint for choice in choices}
        for choice in choices:
            item = QListWidgetItem(choice.name, self.concepts)
            item.setData(Qt.ItemDataRole.UserRole, choice.id)
            item.setSizeHint(QSize(0, self._theme.px(28)))
        self._choose(before)
        shown = min(8, max(1, len(choices)))
        self.concepts.setFixedHeight(shown * self._theme.px(28) + 4)

    def begin(self, place: str, quote: str) -> None:
        """Start a new mark on a passage; the finger is on the list of concepts."""
        self.setAccessibleName(_("Nyt mærke"))
        self.follows.hide()
        self.show_place(place, quote)
        self.note.clear()
        self.concepts.setFocus()

    def begin_editing(self, place: str, quote: str, concept: str, note: str) -> None:
        """Start changing a mark; the finger is on the note."""
        self.setAccessibleName(_("Ret mærket"))
        self.follows.show()
        self.show_place(place, quote)
        self._choose(concept)
        self.note.setPlainText(note)
        self.note.moveCursor(self.note.textCursor().MoveOperation.End)
        self.note.setFocus()

    def show_place(self, place: str, quote: str) -> None:
        """Say where the mark is to lie."""
        self.place.setText(place)
        self.quote.setText(_("»{quote}«").format(quote=quote) if quote else "")

    def _choose(self, concept: str) -> None:
        ids = [self.concepts.item(n).data(Qt.ItemDataRole.UserRole) for n in range(self.concepts.count())]
        self.concepts.setCurrentRow(ids.index(concept) if concept in ids else 0)

    def _chosen(self) -> str:
        """The id of the concept that is chosen, "" while there is none."""
        if self.concepts.currentRow() < 0:
            return ""
        return str(self.concepts.currentItem().data(Qt.ItemDataRole.UserRole))

    def _on_chosen(self) -> None:
        self.hint.setText(self._hints.get(self._chosen(), ""))

    def _on_save(self) -> None:
        if concept := self._chosen():
            self.saved.emit(concept, self.note.toPlainText().strip())

    def eventFilter(self, watched: object, event: QEvent) -> bool:
        if isinstance(event, QKeyEvent) and event.type() is QEvent.Type.KeyPress:
            enter = event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter}
            control = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
            if enter and (control or watched is self.concepts):
                self._on_save() if control else self.note.setFocus()
                return True
            number = event.key() - Qt.Key.Key_0.value
            if watched is self.concepts and 1 <= number <= min(NUMBERED, self.concepts.count()):
                self.concepts.setCurrentRow(number - 1)
                return True
        return False
