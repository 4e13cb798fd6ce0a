"""Walking through the doubtful places of the conversation under review: hear one, put it right, go on."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QObject, Slot

from cubb_desktop.domain import corrections
from cubb_desktop.domain.doubts import DOUBT_LABELS, Doubt, DoubtKind, doubts
from cubb_desktop.domain.editing import Edit
from cubb_desktop.domain.ids import RecordingId
from cubb_desktop.gui.context import PageContext
from cubb_desktop.gui.widgets.doubt_strip import DoubtStrip
from cubb_desktop.gui.widgets.review_editing import ReviewEditing
from cubb_desktop.gui.widgets.review_source import Conversation
from cubb_desktop.gui.widgets.transcript_view import TranscriptView
from cubb_desktop.i18n import _, format_share, ngettext
from cubb_desktop.settings import Settings

AROUND_MS = 500  # heard before and after a place

Hear = Callable[[int, int], object]


class ReviewDoubts(QObject):
    """Keeps the queue of what is in doubt in the text that is shown, in the order of time."""

    def __init__(
        self,
        context: PageContext,
        view: TranscriptView,
        editing: ReviewEditing,
        conversation: Callable[[], Conversation | None],
        hear: Hear,
    ) -> None:
        super().__init__(view)
        self._context, self._view, self._editing, self._conversation = context, view, editing, conversation
        self._hear = hear
        self.strip = DoubtStrip(context.theme)
        self._queue: list[Doubt] = []
        self._of: RecordingId | None = None
        self._current: Doubt | None = None  # where one is, also when it is in doubt no more
        self._going_on = False  # to the next place, as soon as the queue is without this one
        self.strip.stepped.connect(self.step)
        self.strip.confirm_requested.connect(self.confirm)
        self.strip.edit_requested.connect(editing.begin)
        self.strip.listened_requested.connect(editing.listened)
        view.sheet_shown.connect(self.refresh)
        view.set_unsure_below(context.settings_store.value.unsure_below)
        context.settings_store.changed.connect(self._on_settings)

    # --- the queue ---------------------------------------------------------------------------------------------------

    @Slot()
    def refresh(self) -> None:
        """Find anew, in the background, what is in doubt in the text that is shown."""
        conversation = self._conversation()
        if conversation is None or conversation.transcript is None or not self._editing.may:
            self.clear()
            return
        transcript, below = conversation.transcript, self._below
        if transcript.recording_id != self._of:
            self._of, self._current, self._going_on = transcript.recording_id, None, False
        self._context.background.run_read(
            lambda: doubts(transcript, below), partial(self._on_found, transcript.recording_id)
        )

    def clear(self) -> None:
        """Show no queue."""
        self._queue, self._of, self._current = [], None, None
        self.strip.hide()

    @property
    def _below(self) -> float:
        return self._context.settings_store.value.unsure_below

    def _on_found(self, recording_id: RecordingId, found: list[Doubt]) -> None:
        if recording_id != self._of:
            return
        self._queue = found
        going_on, self._going_on = self._going_on, False
        if going_on and found:
            self.step(1)
        else:
            self._show()

    @Slot(object, object)
    def _on_settings(self, old: Settings, new: Settings) -> None:
        if old.unsure_below != new.unsure_below:
            self._view.set_unsure_below(new.unsure_below)
            self.refresh()

    # --- walking -----------------------------------------------------------------------------------------------------

    @Slot(int)
    def step(self, by: int) -> None:
        """Go to the next place or the one before, round and round, and play it with half a second around."""
        if not self._queue:
            return
        self._view.setFocus()
        self._current = one = self._queue[self._beside(by)]
        self._view.go_to_words(one.words, one.start_ms, choose=True)
        self._hear(max(0, one.start_ms - AROUND_MS), one.end_ms + AROUND_MS)
        self._show()

    def _beside(self, by: int) -> int:
        """Return the index of the place after (1) or before (-1) the one where one is, else where the line is."""
        queue, current = self._queue, self._current
        if current in queue:
            return (queue.index(current) + by) % len(queue)
        row = self._view.current_row()
        here = current.start_ms if current is not None else row.start_ms if row is not None else 0
        later = next((n for n, one in enumerate(queue) if one.start_ms >= here), 0)
        return later if by > 0 else later - 1

    def _show(self) -> None:
        one, queue = self._current, self._queue
        if one is None or one not in queue:
            self.strip.show_summary(self._summary(), walking=bool(queue))
            return
        row = self._view.row_of(one.words, one.start_ms)
        parts = [
            _("{number} af {count}").format(number=queue.index(one) + 1, count=len(queue)),
            _("linje {number}").format(number=row.name) if row is not None else "",
            f"»{one.said}«" if one.said else "",
            _(DOUBT_LABELS[one.kind]),
        ]
        if one.confidence is not None:
            share, below = format_share(one.confidence), format_share(self._below)
            parts.append(_("sikkerhed {share}, grænsen er {below}").format(share=share, below=below))
        text = " · ".join(part for part in parts if part)
        self.strip.show_place(text, words=bool(one.words), turn=one.turn_id is not None)

    def _summary(self) -> str:
        if not self._queue:
            return _("Der er ingen steder i tvivl.")
        below = format_share(self._below)
        kinds = [one.kind for one in self._queue]
        words, unheard = kinds.count(DoubtKind.WORDS), kinds.count(DoubtKind.UNHEARD)
        parts = []
        if words:
            said = ngettext(
                "{count} sted med ord, maskinen var usikker på (under {below})",
                "{count} steder med ord, maskinen var usikker på (under {below})",
                words,
            )
            parts.append(said.format(count=words, below=below))
        if unheard:
            said = ngettext(
                "{count} sted med tale, som ikke blev forstået",
                "{count} steder med tale, som ikke blev forstået",
                unheard,
            )
            parts.append(said.format(count=unheard))
        return _("I tvivl: {places}").format(places=", ".join(parts))

    # --- putting right -----------------------------------------------------------------------------------------------

    @Slot()
    def confirm(self) -> None:
        """Say that the words one is at are right as they stand, and go on to the next place."""
        one = self._here()
        if one is None or not self._editing.may:
            self._context.notices.tell(_("Stil dig på et ord, maskinen var usikker på."))
        elif not one.words:
            self._context.notices.tell(_("Skriv, hvad der blev sagt (E). En tom linje betyder, at det ikke er tale."))
        else:
            self._current = one

            def stored(_edit: Edit | None) -> None:
                self._going_on = True

            self._editing.apply(lambda editing: corrections.confirm(editing.text, one.words), stored)

    def _here(self) -> Doubt | None:
        """Return the place that the cursor is in, else the one that was walked to."""
        word = self._view.cursor_word()
        at_cursor = next((one for one in self._queue if word in one.words), None)
        return at_cursor or (self._current if self._current in self._queue else None)
