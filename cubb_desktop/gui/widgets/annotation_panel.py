"""The column beside the text: concepts to mark with, how a round stands, the marks as cards, and the form."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QCoreApplication, QEvent, QPoint, QTimer, Signal, Slot
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QApplication, QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from cubb_desktop.domain.annotating import BlindRound
from cubb_desktop.gui.theme import Theme
from cubb_desktop.gui.widgets.concept_chips import Choice, ConceptChips
from cubb_desktop.gui.widgets.controls import Button, KeyCap
from cubb_desktop.gui.widgets.layouts import scrolling
from cubb_desktop.gui.widgets.mark_card import Draft, MarkCard, MarkView
from cubb_desktop.gui.widgets.mark_filter import MarkFilterBar
from cubb_desktop.gui.widgets.mark_form import MarkForm
from cubb_desktop.gui.widgets.round_strip import RoundStrip, opened_text
from cubb_desktop.gui.widgets.suggestion_card import SuggestionCard
from cubb_desktop.gui.widgets.text import PlainLabel
from cubb_desktop.i18n import _

_AT_ONCE = 30  # cards that are made at a time
_LOW = 360  # at 100 %: where it is lower than this, everything under the heading scrolls
_BELOW = 120  # from the line one writes to below the button that saves, at 100 %


class AnnotationPanel(QWidget):
    """The column at the right of the text."""

    mark_requested = Signal()
    saved = Signal(str, str)
    cancelled = Signal()
    remove_requested = Signal(str)  # AnnotationId, here and below
    edit_requested = Signal(str)
    show_requested = Signal(str)
    menu_requested = Signal(str, QPoint)  # AnnotationId, where on the screen
    status_requested = Signal(str, bool)
    reply_saved = Signal(str, str, str)  # AnnotationId, ReplyId or "", text
    reply_removed = Signal(str)  # ReplyId
    round_requested = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._views: tuple[MarkView, ...] = ()
        self._names: tuple[str, ...] = ()
        self._cards: list[MarkCard] = []
        self._opened = ""  # the mark whose thread is shown
        self._draft: Draft | None = None
        self._low = False
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
        column = self._column = QVBoxLayout(page)
        column.setContentsMargins(theme.px(4), theme.px(12), theme.px(12), theme.px(14))
        column.setSpacing(theme.px(8))
        self.chips = ConceptChips(theme)
        self.round = RoundStrip(theme)
        self.filter = MarkFilterBar(theme)
        self.begin_round = Button(
            _("Først hver for sig…"), "quiet", tooltip=_("Mærk hver for sig først, og åbn så for hinanden på én gang")
        )
        self.begin_round.clicked.connect(self.round_requested)
        self.since = PlainLabel("", "sub")
        self.concepts = Button(
            _("Begreber"), "quiet", tooltip=_("Vis begreberne: tryk deres tal, eller træk dem hen på ord og linjer")
        )
        self.concepts.setCheckable(True)
        self.concepts.toggled.connect(self.chips.setVisible)
        for widget in (self.concepts, self.begin_round, self.since):
            self.filter.top.addWidget(widget)
        column.addLayout(self._top())
        content = QWidget()
        content.setProperty("role", "page")
        self._list = QVBoxLayout(content)
        self._list.setContentsMargins(0, 0, theme.px(12), 0)
        self._list.setSpacing(theme.px(12))
        for shown in (self.chips, self.round, self._hint()):
            self._list.addWidget(shown)
        self.chips.hide()
        self._cards_at = QVBoxLayout()
        self._cards_at.setSpacing(theme.px(12))
        self._list.addLayout(self._cards_at)
        self._list.addStretch(1)
        self.area = scrolling(content)
        self.area.verticalScrollBar().valueChanged.connect(self._on_scrolled)
        column.addWidget(self.area, 1)
        self._foot = self._made_foot()
        self._place(low=False)
        return page

    def _made_foot(self) -> QWidget:
        theme, foot = self._theme, QWidget()
        self.suggestion = SuggestionCard(theme)
        rows = QVBoxLayout(foot)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(theme.px(8))
        rows.addWidget(self.suggestion)
        rule = QVBoxLayout()
        rule.setSpacing(theme.px(1))
        rule.addWidget(PlainLabel(_("Vi evaluerer ikke."), "strong"))
        rule.addWidget(PlainLabel(_("Hvad skete der? Hvorfor? Hvad lagde jeg mærke til?"), "sub", wrap=True))
        rows.addLayout(rule)
        return foot

    def _place(self, *, low: bool) -> None:
        """Let only the cards scroll, or everything under the heading where the panel is low."""
        self._low = low
        edge = 0 if low else self._theme.px(12)
        for widget in (self.filter, self._foot):
            (self._column if low else self._list).removeWidget(widget)
            rows = widget.layout()
            if rows is not None:
                rows.setContentsMargins(0, 0, edge, 0)
        if low:
            self._list.insertWidget(0, self.filter)
            self._list.addWidget(self._foot)
        else:
            self._column.insertWidget(1, self.filter)
            self._column.addWidget(self._foot)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        low = event.size().height() < self._theme.px(_LOW)
        if low != self._low:
            self._place(low=low)

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
        self.hint = PlainLabel("", "soft", wrap=True)
        return self.hint

    # --- what it shows -----------------------------------------------------------------------------------------------

    def set_choices(self, choices: Sequence[Choice]) -> None:
        """Offer the concepts of the book in the form and as chips."""
        self.form.set_choices(choices)
        self.chips.show_choices(choices)

    def set_people(self, names: Sequence[str]) -> None:
        """Offer and highlight these people where somebody writes @."""
        self._names = tuple(names)
        self.form.note.set_names(names)

    def show_round(self, blind: BlindRound | None, me: str) -> None:
        """Show how the conversation's round stands."""
        self.round.show_round(blind, me)
        self.begin_round.setVisible(blind is None)
        self.since.setText(opened_text(blind))
        self.since.setVisible(bool(self.since.text()))

    def show_marks(self, views: Sequence[MarkView], empty: str = "") -> None:
        """Show one card per mark, in order of time, or the sentence for none; a scrolled list stays where it is."""
        self.hint.setText(empty)
        self.hint.setVisible(not views)
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

    def begin_editing(self, place: str, quote: str, concept: str, note: str) -> None:
        """Open the form for a mark that is to be changed."""
        self.stack.setCurrentIndex(1)
        self.form.begin_editing(place, quote, concept, note)

    def end(self) -> None:
        """Close the form."""
        self.stack.setCurrentIndex(0)

    def forget(self) -> None:
        """Let go of what was shown and what is being written: another conversation comes, or none."""
        self._opened, self._draft = "", None
        for card in self._cards:
            card.field = None
        self.form.note.clear()
        self.form.show_place("", "")
        self.filter.clear()
        self.show_marks([])

    def card(self, annotation_id: str) -> MarkCard | None:
        """Return a mark's card, None where it is not shown."""
        place = next((n for n, view in enumerate(self._views) if view.id == annotation_id), -1)
        self._make(place + 1)
        return next((card for card in self._cards if card.view.id == annotation_id), None)

    def reveal(self, annotation_id: str, *, focus: bool = True) -> None:
        """Open a mark's card and bring it into view; with `focus` the keyboard goes there."""
        self.stack.setCurrentIndex(0)
        if self._opened != annotation_id:
            self._keep_draft()
            self._opened = annotation_id
            self._rebuild()
        card = self.card(annotation_id)
        if card is not None:
            self._bring_into_sight(annotation_id)
            if focus:
                card.setFocus()

    def _bring_into_sight(self, annotation_id: str) -> None:
        """Scroll to a card, once it has its place: to all of it, else to where one writes, else to its top."""

        def scroll() -> None:
            card = self.card(annotation_id)
            layout = card.layout() if card is not None else None
            if card is None or layout is None:
                return
            layout.activate()
            QCoreApplication.sendPostedEvents(self.area.widget(), QEvent.Type.LayoutRequest)
            if card.height() <= self.area.viewport().height():
                self.area.ensureWidgetVisible(card, 0, 0)
            elif card.field is not None:
                self.area.ensureWidgetVisible(card.field, 0, self._theme.px(_BELOW))
            else:
                self.area.verticalScrollBar().setValue(card.y())

        QTimer.singleShot(0, self, scroll)

    # --- cards -------------------------------------------------------------------------------------------------------

    def _keep_draft(self) -> None:
        """Keep the reply that is being written over the making of new cards."""
        for card in self._cards:
            if card.draft is not None:
                self._draft = card.draft

    def _rebuild(self) -> None:
        self._keep_draft()
        focused = QApplication.focusWidget()
        at_hand = [n for n, c in enumerate(self._cards) if focused is not None and _holds(c, focused)]
        at = at_hand[0] if at_hand else None
        at_id = self._cards[at].view.id if at is not None else ""
        for card in self._cards:
            self._cards_at.removeWidget(card)
            card.hide()
            card.deleteLater()
        had, self._cards = len(self._cards), []
        self._make(max(_AT_ONCE, had))
        self._write_draft()
        if at is not None and self._cards:
            same = self.card(at_id) or self._cards[min(at, len(self._cards) - 1)]
            (same.field or same).setFocus()

    def _make(self, number: int) -> None:
        """Make cards until there are so many; the rest are made when somebody comes near them."""
        for view in self._views[len(self._cards) : number]:
            card = self._made(view)
            self._cards_at.addWidget(card)
            self._cards.append(card)
            card.show()  # now, not when Qt comes to it: the keyboard may go there at once

    @Slot(int)
    def _on_scrolled(self, value: int) -> None:
        if value + self.area.viewport().height() >= self.area.verticalScrollBar().maximum():
            self._make(len(self._cards) + _AT_ONCE)

    def _made(self, view: MarkView) -> MarkCard:
        card = MarkCard(self._theme, view, self._names, opened=view.id == self._opened)
        mark = view.id
        card.chosen.connect(lambda: self._on_chosen(mark))
        card.remove_requested.connect(lambda: self.remove_requested.emit(mark))
        card.edit_requested.connect(lambda: self.edit_requested.emit(mark))
        card.status_requested.connect(lambda talked: self.status_requested.emit(mark, talked))
        card.reply_requested.connect(lambda reply: self._on_reply(mark, reply))
        card.reply_saved.connect(lambda reply, text: self._on_reply_saved(mark, reply, text))
        card.reply_left.connect(lambda: self._on_reply_left(mark))
        card.reply_removed.connect(self.reply_removed)
        card.step_requested.connect(lambda step: self._on_step(mark, step))
        card.menu_requested.connect(lambda place: self.menu_requested.emit(mark, place))
        return card

    def _write_draft(self) -> None:
        draft = self._draft
        card = self.card(draft.annotation_id) if draft is not None else None
        if draft is not None and card is not None and card.opened:
            card.write(draft)

    @Slot(str)
    def _on_chosen(self, annotation_id: str) -> None:
        self.reveal(annotation_id)
        self.show_requested.emit(annotation_id)

    def _on_reply(self, annotation_id: str, reply_id: str) -> None:
        """Open the field for a reply; one that is being written to another mark gives way."""
        card = self.card(annotation_id)
        if card is None:
            return
        if card.field is not None and card.draft is not None and card.draft.reply_id == reply_id:
            card.field.setFocus()
            return
        texts: dict[str, str] = {reply.id: reply.text for reply in card.view.replies}
        self._put_draft(Draft(annotation_id, reply_id, texts.get(reply_id, "")))
        self._opened = annotation_id
        self._rebuild()
        made = self.card(annotation_id)
        if made is not None and made.field is not None:
            self._bring_into_sight(annotation_id)
            made.field.setFocus()

    def _put_draft(self, draft: Draft | None) -> None:
        for card in self._cards:
            card.field = None
        self._draft = draft

    def _on_reply_saved(self, annotation_id: str, reply_id: str, text: str) -> None:
        self._on_reply_left(annotation_id)
        self.reply_saved.emit(annotation_id, reply_id, text)

    def _on_reply_left(self, annotation_id: str) -> None:
        self._put_draft(None)
        self._rebuild()
        card = self.card(annotation_id)
        if card is not None:
            card.setFocus()

    def _on_step(self, annotation_id: str, step: int) -> None:
        """Go to the card beside a mark's."""
        at = next(n for n, card in enumerate(self._cards) if card.view.id == annotation_id) + step
        self._make(at + 1)
        if 0 <= at < len(self._cards):
            self._bring_into_sight(self._cards[at].view.id)
            self._cards[at].setFocus()

    def _on_theme_changed(self) -> None:
        self.form.color()
        self._rebuild()


def _holds(card: MarkCard, widget: QWidget) -> bool:
    return card is widget or card.isAncestorOf(widget)
