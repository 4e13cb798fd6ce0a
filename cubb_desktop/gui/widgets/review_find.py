"""Find and replace in the conversation under review: over the text as it stands, and again after each edit."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal, Slot

from cubb_desktop.domain import corrections
from cubb_desktop.domain.corrections import Found
from cubb_desktop.domain.editing import Edit
from cubb_desktop.domain.ids import WordId
from cubb_desktop.gui.context import PageContext
from cubb_desktop.gui.widgets.controls import add_key
from cubb_desktop.gui.widgets.find_bar import FindBar
from cubb_desktop.gui.widgets.review_editing import ReviewEditing
from cubb_desktop.gui.widgets.review_lines import Span
from cubb_desktop.gui.widgets.review_source import Conversation
from cubb_desktop.gui.widgets.transcript_view import TranscriptView
from cubb_desktop.i18n import _, ngettext

if TYPE_CHECKING:
    from cubb_desktop.services.corrections import Editing


class ReviewFind(QObject):
    """Keeps the places where something stands, shows them in the text and lets them be replaced."""

    opened = Signal(bool)  # or closed again

    def __init__(
        self,
        context: PageContext,
        view: TranscriptView,
        editing: ReviewEditing,
        conversation: Callable[[], Conversation | None],
    ) -> None:
        super().__init__(view)
        self._context, self._view, self._editing, self._conversation = context, view, editing, conversation
        self.bar = FindBar(context.theme)
        self._found: list[Found] = []
        self._at: int | None = None
        self._from: tuple[str, int, int] = ("", 0, 0)  # turn, character and time from which a place is the next
        self._replacing = False  # a place was replaced: the next one is shown as soon as the text is
        self._asked = 0  # of the searches that were begun, the newest
        self.bar.changed.connect(self._search)
        self.bar.stepped.connect(self.step)
        self.bar.replace_requested.connect(self._on_replace)
        self.bar.replace_all_requested.connect(self._on_replace_all)
        self.bar.closed.connect(self.close)
        add_key(view, "Ctrl+F", lambda: self.open(replacing=False))
        add_key(view, "Ctrl+H", lambda: self.open(replacing=True))
        view.sheet_shown.connect(self._on_sheet_shown)

    # --- opening and closing -----------------------------------------------------------------------------------------

    def open(self, *, replacing: bool) -> None:
        """Open the bar with what is chosen, if it is in one line."""
        chosen = self._view.selection()
        in_line = chosen is not None and chosen.first_line == chosen.last_line
        row = self._view.current_row()
        self._from = ("", 0, row.start_ms if row is not None else 0)
        self.bar.allow_replacing(allowed=self._editing.may)
        self.bar.begin(self._view.selected_words() if in_line else "", replacing=replacing)
        self._search()
        self.opened.emit(True)

    @Slot()
    def close(self) -> None:
        """Close the bar and go back to the text."""
        if not self.bar.isHidden():
            self.bar.hide()
            self._show([])
            self._view.setFocus()
            self.opened.emit(False)

    # --- searching ---------------------------------------------------------------------------------------------------

    @Slot()
    def _on_sheet_shown(self) -> None:
        if not self.bar.isHidden():
            self.bar.allow_replacing(allowed=self._editing.may)
            self._look(go=self._replacing)
            self._replacing = False

    @Slot()
    def _search(self) -> None:
        self._look(go=True)

    def _look(self, *, go: bool) -> None:
        """Look in the background through the text that is shown; `go` there."""
        conversation = self._conversation()
        if conversation is None or conversation.transcript is None:
            self._show([])
            return
        self._asked += 1
        turns, sought = conversation.transcript.turns, self.bar.field.text()
        match_case, whole_words = self.bar.match_case.isChecked(), self.bar.whole_words.isChecked()
        self._context.background.run_read(
            lambda: corrections.find(turns, sought, match_case=match_case, whole_words=whole_words),
            partial(self._on_found, self._asked, go),
        )

    def _on_found(self, asked: int, go: bool, found: list[Found]) -> None:
        if asked == self._asked and not self.bar.isHidden():
            self._show(found)
            if go:
                self._go()

    def _show(self, found: list[Found]) -> None:
        self._found = found
        turn, first, start_ms = self._from
        self._at = next(
            (
                n
                for n, one in enumerate(found)
                if (one.first >= first if one.turn_id == turn else one.start_ms >= start_ms)
            ),
            0 if found else None,
        )
        self._mark()

    def _mark(self) -> None:
        """Mark all places in the text, and say which one is the current."""
        spans: dict[WordId, list[Span]] = defaultdict(list)
        for n, one in enumerate(self._found):
            for word, first, last in one.in_words:
                spans[word].append(Span(first, last, n == self._at))
        self._view.show_found(spans)
        self.bar.show_count(self._at, len(self._found))

    @Slot(int)
    def step(self, by: int) -> None:
        """Go to the next place or the one before, round and round."""
        if self._at is not None:
            self._at = (self._at + by) % len(self._found)
            self._mark()
            self._go()

    def _go(self) -> None:
        one = self._current()
        if one is not None:
            self._from = one.turn_id, one.first, one.start_ms
            self._view.go_to_words([word for word, _first, _last in one.in_words], one.start_ms)

    def _current(self) -> Found | None:
        return self._found[self._at] if self._at is not None else None

    # --- replacing ---------------------------------------------------------------------------------------------------

    @Slot()
    def _on_replace(self) -> None:
        one, instead = self._current(), self.bar.instead.text()
        if one is None or not self._editing.may:
            return

        def stored(edit: Edit | None) -> None:
            if edit is None:
                self.step(1)

        self._from = one.turn_id, one.first + len(instead), one.start_ms
        self._replacing = True
        self._editing.apply(
            lambda editing: corrections.replace_found(editing.text, one, instead, editing.hand()), stored
        )

    @Slot()
    def _on_replace_all(self) -> None:
        sought, instead = self.bar.field.text(), self.bar.instead.text()
        match_case, whole_words = self.bar.match_case.isChecked(), self.bar.whole_words.isChecked()
        if not self._found or not self._editing.may:
            return
        counts: list[int] = []

        def stored(edit: Edit | None) -> None:
            if edit is None:
                self._context.notices.tell(_("Der er ikke noget at rette: det står der allerede."))
                return
            told = ngettext("{times} sted er rettet.", "{times} steder er rettet.", counts[0])
            undo = partial(self._editing.take_back, edit)
            self._context.notices.tell(told.format(times=counts[0]), _("Fortryd"), undo)

        def make(editing: Editing) -> Edit | None:
            edit, count = corrections.replace_all(
                editing.text, sought, instead, editing.hand(), match_case=match_case, whole_words=whole_words
            )
            counts.append(count)
            return edit

        self._editing.apply(make, stored)
