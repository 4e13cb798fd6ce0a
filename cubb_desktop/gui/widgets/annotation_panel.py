"""The marks on a conversation as cards, and the small form in which a new one is made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QPoint, QSize, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QKeyEvent, QMouseEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QListWidget,
    QListWidgetItem,
    QPlainTextEdit,
    QSizePolicy,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from cubb_desktop.domain.ids import AnnotationId, ConceptId
from cubb_desktop.gui.theme import Theme
from cubb_desktop.gui.widgets.controls import Button, IconButton, KeyCap
from cubb_desktop.gui.widgets.layouts import scrolling
from cubb_desktop.gui.widgets.suggestion_card import SuggestionCard
from cubb_desktop.gui.widgets.text import ElidedLabel, PlainLabel
from cubb_desktop.i18n import _

# ink and ground of a concept's name, by the colour of its marks
_GROUNDS = {
    "accent": ("accent-ink", "accent-soft"),
    "third": ("third", "third-bg"),
    "citizen": ("citizen", "citizen-bg"),
}


@dataclass(frozen=True, slots=True)
class MarkView:
    """What a card says: the concept, where it is, who made it, what they wrote."""

    id: AnnotationId
    concept: str
    token: str
    place: str
    author: str
    note: str


@dataclass(frozen=True, slots=True)
class Choice:
    """A concept that can be chosen, with what to listen for."""

    id: ConceptId
    name: str
    hint: str


class Pill(PlainLabel):
    """A concept's name in its colour."""

    def __init__(self, theme: Theme, text: str, token: str) -> None:
        super().__init__(text, "pill")
        ink, ground = _GROUNDS.get(token, ("soft", "rail"))
        self.setStyleSheet(
            f"color: {theme.color(ink).name()}; background: {theme.color(ground).name()};"
            f"border-color: {theme.color(ground).name()};"
        )
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)


class MarkCard(QFrame):
    """One mark; a click or Enter shows its passage."""

    chosen = Signal()
    remove_requested = Signal()
    menu_requested = Signal(QPoint)  # where on the screen

    def __init__(self, theme: Theme, view: MarkView) -> None:
        super().__init__()
        self.view = view
        self.setProperty("role", "card")
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(f"{view.concept}, {view.place}, {view.author}")
        self.setAccessibleDescription(view.note)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(theme.px(16), theme.px(12), theme.px(10), theme.px(13))
        rows.setSpacing(theme.px(6))
        top = QHBoxLayout()
        top.setSpacing(theme.px(8))
        top.addWidget(Pill(theme, view.concept, view.token))
        top.addStretch(1)
        self.remove = IconButton(theme, "close", _("Fjern mærket"), size=14)
        self.remove.clicked.connect(self.remove_requested)
        top.addWidget(self.remove)
        rows.addLayout(top)
        rows.addWidget(ElidedLabel(f"{view.place} · {view.author}", "sub"))
        if view.note:
            rows.addWidget(PlainLabel(view.note, wrap=True))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() is Qt.MouseButton.LeftButton and self.rect().contains(event.position().toPoint()):
            self.chosen.emit()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        self.menu_requested.emit(event.globalPos())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space}:
            self.chosen.emit()
        elif event.key() == Qt.Key.Key_Delete:
            self.remove_requested.emit()
        else:
            super().keyPressEvent(event)


class MarkForm(QFrame):
    """Chooses a concept and takes a note for a passage."""

    saved = Signal(str, str)  # ConceptId, note
    cancelled = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._hints: dict[str, str] = {}
        self.setProperty("role", "card")
        self.setAccessibleName(_("Nyt mærke"))
        rows = QVBoxLayout(self)
        rows.setContentsMargins(theme.px(16), theme.px(12), theme.px(16), theme.px(14))
        rows.setSpacing(theme.px(8))
        self.place = PlainLabel("", "strong")
        self.quote = ElidedLabel("", "sub")
        self.concepts = self._concept_list()
        self.hint = PlainLabel("", "sub", wrap=True)
        self.note = self._note_field()
        rows.addWidget(self.place)
        rows.addWidget(self.quote)
        rows.addWidget(self.concepts)
        rows.addWidget(self.hint)
        rows.addWidget(self.note)
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

    def _note_field(self) -> QPlainTextEdit:
        note = QPlainTextEdit()
        note.setAccessibleName(_("Note"))
        note.setPlaceholderText(_("Hvad lagde du mærke til?"))
        note.setTabChangesFocus(True)
        note.setFixedHeight(self._theme.px(70))
        note.installEventFilter(self)
        return note

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
            if choice.id == before:
                self.concepts.setCurrentItem(item)
        if self.concepts.currentRow() < 0:
            self.concepts.setCurrentRow(0)
        shown = min(8, max(1, len(choices)))
        self.concepts.setFixedHeight(shown * self._theme.px(28) + 4)

    def begin(self, place: str, quote: str) -> None:
        """Start on a passage; the finger is on the list of concepts."""
        self.place.setText(place)
        self.quote.setText(_("»{quote}«").format(quote=quote) if quote else "")
        self.note.clear()
        self.concepts.setFocus()

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
        return False


class AnnotationPanel(QWidget):
    """The column at the right of the text."""

    mark_requested = Signal()
    saved = Signal(str, str)
    cancelled = Signal()
    remove_requested = Signal(str)
    show_requested = Signal(str)
    menu_requested = Signal(str, QPoint)  # AnnotationId, where on the screen

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._views: tuple[MarkView, ...] = ()
        self._cards: list[MarkCard] = []
        self.setAccessibleName(_("Mærker"))
        self.form = MarkForm(theme)
        self.form.saved.connect(self.saved)
        self.form.cancelled.connect(self.cancelled)
        self.stack = QStackedWidget()
        self.stack.addWidget(self._cards_page())
        self.stack.addWidget(self._form_page())
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(0)
        outer.addWidget(self.stack)
        theme.changed.connect(self._on_theme_changed)

    def _cards_page(self) -> QWidget:
        theme, page = self._theme, QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(theme.px(4), theme.px(12), theme.px(12), theme.px(14))
        column.setSpacing(theme.px(10))
        column.addLayout(self._top())
        content = QWidget()
        content.setProperty("role", "page")
        self._list = QVBoxLayout(content)
        self._list.setContentsMargins(0, 0, theme.px(12), 0)
        self._list.setSpacing(theme.px(12))
        self._list.addWidget(self._hint())
        self._list.addStretch(1)
        self.area = scrolling(content)
        column.addWidget(self.area, 1)
        self.suggestion = SuggestionCard(theme)
        beside = QHBoxLayout()
        beside.setContentsMargins(0, 0, theme.px(12), 0)
        beside.addWidget(self.suggestion)
        column.addLayout(beside)
        rule = QVBoxLayout()
        rule.setSpacing(theme.px(1))
        rule.addWidget(PlainLabel(_("Vi evaluerer ikke."), "strong"))
        rule.addWidget(PlainLabel(_("Hvad skete der? Hvorfor? Hvad lagde jeg mærke til?"), "sub", wrap=True))
        column.addLayout(rule)
        return page

    def _form_page(self) -> QWidget:
        theme, content = self._theme, QWidget()
        content.setProperty("role", "page")
        column = QVBoxLayout(content)
        column.setContentsMargins(theme.px(4), theme.px(14), theme.px(24), theme.px(14))
        column.addWidget(self.form)
        column.addStretch(1)
        return scrolling(content)

    def _top(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setContentsMargins(0, 0, self._theme.px(12), 0)
        row.setSpacing(self._theme.px(8))
        self.count = PlainLabel(_("Mærker"), "heading")
        row.addWidget(self.count)
        row.addStretch(1)
        self.mark = Button(_("Mærk"), tooltip=_("Sæt et mærke på det, du har valgt · M"))
        self.mark.clicked.connect(self.mark_requested)
        row.addWidget(KeyCap("M"))
        row.addWidget(self.mark)
        return row

    def _hint(self) -> PlainLabel:
        self.hint = PlainLabel(_("Ingen mærker endnu. Træk hen over ord i udskriften, og tryk M."), "soft", wrap=True)
        return self.hint

    # --- what it shows -----------------------------------------------------------------------------------------------

    def set_choices(self, choices: Sequence[Choice]) -> None:
        """Offer the concepts of the book in the form."""
        self.form.set_choices(choices)

    def show_marks(self, views: Sequence[MarkView]) -> None:
        """Show one card per mark, in order of time; a scrolled list stays where it is."""
        if tuple(views) != self._views:
            self._views = tuple(views)
            self._rebuild()

    def cards(self) -> list[MarkCard]:
        """The cards that are shown."""
        return list(self._cards)

    def begin(self, place: str, quote: str) -> None:
        """Open the form for a passage."""
        self.stack.setCurrentIndex(1)
        self.form.begin(place, quote)

    def end(self) -> None:
        """Close the form."""
        self.stack.setCurrentIndex(0)

    def reveal(self, annotation_id: str) -> None:
        """Bring a mark's card into view and point at it."""
        self.stack.setCurrentIndex(0)
        for card in self._cards:
            if card.view.id == annotation_id:
                self.area.ensureWidgetVisible(card)
                card.setFocus()

    def _rebuild(self) -> None:
        for card in self._cards:
            self._list.removeWidget(card)
            card.hide()
            card.deleteLater()
        self._cards = []
        for view in self._views:
            card = MarkCard(self._theme, view)
            card.chosen.connect(lambda mark=view.id: self.show_requested.emit(mark))
            card.remove_requested.connect(lambda mark=view.id: self.remove_requested.emit(mark))
            card.menu_requested.connect(lambda place, mark=view.id: self.menu_requested.emit(mark, place))
            self._list.insertWidget(self._list.count() - 1, card)
            self._cards.append(card)
        self.hint.setVisible(not self._views)

    def _on_theme_changed(self) -> None:
        self.form.color()
        self._rebuild()
