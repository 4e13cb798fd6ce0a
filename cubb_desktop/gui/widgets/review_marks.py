"""Marks on the review page: made, changed, talked about, filtered; every act is stored at once and can be undone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from PySide6.QtCore import QObject, Qt, Signal, Slot
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QWidget

from cubb_desktop.domain.annotating import BlindRound, Reply, Thread, each_once, rows_of, same_person, shown, stops_of
from cubb_desktop.domain.changes import Changes
from cubb_desktop.domain.codebook import Annotation, MarkStatus
from cubb_desktop.domain.ids import AnnotationId, ConceptId, RecordingId, ReplyId
from cubb_desktop.gui.context import PageContext
from cubb_desktop.gui.widgets.annotation_panel import AnnotationPanel
from cubb_desktop.gui.widgets.concept_chips import NUMBERED, Choice
from cubb_desktop.gui.widgets.dialogs import Confirm
from cubb_desktop.gui.widgets.mark_card import MarkView, ReplyView
from cubb_desktop.gui.widgets.review_acts import lines_text
from cubb_desktop.gui.widgets.review_lines import Bar
from cubb_desktop.gui.widgets.review_scroll import Passage
from cubb_desktop.gui.widgets.review_source import Conversation, concept_hint, concept_name, concept_tokens
from cubb_desktop.gui.widgets.round_strip import RoundDialog
from cubb_desktop.gui.widgets.transcript_view import TranscriptView
from cubb_desktop.i18n import _, format_day, ngettext
from cubb_desktop.services import annotations as marks
from cubb_desktop.services import blind_rounds, replies
from cubb_desktop.services.annotations import Extent, RemovedMark
from cubb_desktop.services.round_words import joined

T = TypeVar("T")
_LONGEST_QUOTE = 120


@dataclass(frozen=True, slots=True)
class _Editing:
    """A mark that is being changed, and where it is to lie (None: where it lies)."""

    mark: Annotation
    passage: Passage | None = None


class ReviewMarks(QObject):
    """Keeps bars and cards with the marks of the conversation that the page shows."""

    panel_wanted = Signal(bool)  # where there is no room for both: the marks, or the text
    show_wanted = Signal(int)  # the sound from here on, unless something plays

    def __init__(
        self,
        context: PageContext,
        panel: AnnotationPanel,
        view: TranscriptView,
        conversation: Callable[[], Conversation | None],
    ) -> None:
        super().__init__(panel)
        self._context, self._panel, self._view, self._conversation = context, panel, view, conversation
        self._marking: Passage | None = None  # what the form makes a mark of
        self._editing: _Editing | None = None  # what the form changes
        self._connect()

    def _connect(self) -> None:
        panel, view = self._panel, self._view
        panel.mark_requested.connect(self.begin)
        panel.saved.connect(self._on_saved)
        panel.cancelled.connect(self.end)
        panel.remove_requested.connect(self._on_remove)
        panel.edit_requested.connect(self.begin_editing)
        panel.show_requested.connect(self._on_show)
        panel.status_requested.connect(self._on_status)
        panel.reply_saved.connect(self._on_reply_saved)
        panel.reply_removed.connect(self._on_reply_removed)
        panel.chips.concept_chosen.connect(self.mark_chosen)
        panel.filter.changed.connect(self.refresh)
        panel.round_requested.connect(self.ask_round)
        panel.round.ready_requested.connect(self._on_ready)
        panel.round.open_requested.connect(self.ask_open)
        view.mark_chosen.connect(self._on_bar_chosen)
        view.concept_dropped.connect(self._on_dropped)
        view.selection_changed.connect(self._on_selection_changed)

    # --- showing -----------------------------------------------------------------------------------------------------

    @Slot()
    def refresh(self) -> None:
        """Show the marks of the conversation, as far as the filter lets them pass, in the margin and as cards."""
        conversation = self._conversation()
        if conversation is None or conversation.sheet is None:
            return
        me, tokens = conversation.reader, concept_tokens(conversation.concepts)
        names = each_once([me, *conversation.colleagues])
        in_use = [concept for concept in conversation.concepts if concept.in_use]
        self._panel.set_choices(
            [Choice(c.id, concept_name(c), concept_hint(c), tokens.get(c.id, "accent")) for c in in_use]
        )
        self._panel.set_people(names)
        self._panel.show_round(conversation.blind, me)
        self._offer_filter(conversation)
        wanted = shown(conversation.threads, self._panel.filter.value, me, names)
        bars, views = [], []
        for thread in wanted:
            token = tokens.get(thread.mark.concept_id, "accent")
            rows = rows_of(conversation.sheet, thread.mark)
            view = _view(conversation, thread, token, rows)
            if rows:
                bars.append(Bar(thread.mark.id, rows[0], rows[-1], token, spoken=view.spoken))
            views.append(view)
        self._view.set_bars(bars)
        self._panel.show_marks(views, self._empty(conversation))

    def _offer_filter(self, conversation: Conversation) -> None:
        people = sorted(each_once(mark.author for mark in conversation.marks), key=str.casefold)
        used = {mark.concept_id for mark in conversation.marks}
        known = [(concept.id, concept_name(concept)) for concept in conversation.concepts if concept.id in used]
        self._panel.filter.offer(people, known)

    def _empty(self, conversation: Conversation) -> str:
        if conversation.threads:
            return _("Ingen mærker passer til det, du har valgt at se. Tast 0 for at se alle.")
        return _("Ingen mærker endnu. Træk hen over ord i udskriften, og tryk M eller et begrebs tal.")

    def forget(self) -> None:
        """Let go of what is shown and what is being written."""
        self._marking = self._editing = None
        self._panel.end()
        self._panel.forget()

    def thread_of(self, annotation_id: str) -> Thread | None:
        """Return a mark of the conversation with its replies."""
        conversation = self._conversation()
        threads = conversation.threads if conversation is not None else ()
        return next((thread for thread in threads if thread.mark.id == annotation_id), None)

    # --- keys --------------------------------------------------------------------------------------------------------

    def key(self, event: QKeyEvent) -> bool:
        """Take a key of the page: 1 to 9 mark with a concept, 0 shows all marks, F chooses which; else return False."""
        if event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier:
            return False
        number = event.key() - Qt.Key.Key_0.value
        if 1 <= number <= NUMBERED:
            concept = self._panel.chips.numbered(number)
            if concept is not None:
                self.mark_chosen(concept)
        elif number == 0:
            self._panel.filter.clear()
        elif event.key() == Qt.Key.Key_F and self._panel.isVisible():
            self._panel.filter.open_menu()
        else:
            return False
        return True

    # --- the form ----------------------------------------------------------------------------------------------------

    @Slot()
    def begin(self) -> None:
        """Open the form for what is chosen, else for the line that is marked."""
        passage = self._passage()
        if passage is None:
            return
        self._editing, self._marking = None, None
        if self._view.selection() is None:
            self._view.select_passage(passage.start_ms, passage.end_ms)
        self._marking = passage
        self.panel_wanted.emit(True)
        self._panel.begin(*self._said_of(passage))

    @Slot(str)
    def begin_editing(self, annotation_id: str) -> None:
        """Open the form for one's own mark; other words that are chosen meanwhile are where it will lie."""
        conversation, thread = self._conversation(), self.thread_of(annotation_id)
        if thread is None or conversation is None or not same_person(thread.mark.author, conversation.reader):
            return
        self._marking = self._editing = None
        self._show(thread.mark)
        passage = self._view.selection()
        if passage is None:
            return
        self._editing = _Editing(thread.mark)
        self.panel_wanted.emit(True)
        self._panel.begin_editing(*self._said_of(passage), thread.mark.concept_id, thread.mark.note)

    @Slot()
    def end(self) -> None:
        """Close the form."""
        self._marking = self._editing = None
        self._panel.end()
        self.panel_wanted.emit(False)
        self._view.setFocus()

    @Slot()
    def _on_selection_changed(self) -> None:
        """Let the form follow what is chosen in the text."""
        passage = self._view.selection()
        if passage is None or (self._marking is None and self._editing is None):
            return
        if self._editing is not None:
            self._editing = _Editing(self._editing.mark, passage)
        else:
            self._marking = passage
        self._panel.form.show_place(*self._said_of(passage))

    def _said_of(self, passage: Passage) -> tuple[str, str]:
        place = lines_text(passage.first_line, passage.last_line)
        return place[:1].upper() + place[1:], self._view.selected_words()[:_LONGEST_QUOTE]

    def _passage(self) -> Passage | None:
        passage = self._view.passage_at_hand()
        if passage is None or self._conversation() is None:
            self._context.notices.tell(_("Vælg først nogle ord i udskriften."))
            return None
        return passage

    @Slot(str, str)
    def _on_saved(self, concept_id: str, note: str) -> None:
        passage, editing = self._marking, self._editing
        if editing is not None:
            extent = self._extent(editing.passage) if editing.passage is not None else None
            self._edit(editing.mark, ConceptId(concept_id), note, extent)
        elif passage is not None:
            self._mark(passage, ConceptId(concept_id), note)
        self.end()

    # --- making, changing, taking away -------------------------------------------------------------------------------

    @Slot(str)
    def mark_chosen(self, concept_id: str) -> None:
        """Mark what is chosen, else the line that is marked, with a concept; a notice offers to undo it."""
        passage = self._passage()
        if passage is not None:
            self._mark(passage, ConceptId(concept_id), "", told=True)

    @Slot(str, object)
    def _on_dropped(self, concept_id: str, passage: Passage) -> None:
        self._mark(passage, ConceptId(concept_id), "", told=True)

    def _mark(self, passage: Passage, concept_id: ConceptId, note: str, *, told: bool = False) -> None:
        conversation, workspace, extent = self._conversation(), self._context.workspace(), self._extent(passage)
        if conversation is None or extent is None:
            return
        recording_id = conversation.recording.id
        concept = conversation.concept(concept_id)
        named = concept_name(concept) if concept is not None else concept_id

        def made(mark: Annotation) -> None:
            if told:
                self._context.notices.tell(
                    _("{concept}: {place} er mærket.").format(
                        concept=named, place=lines_text(passage.first_line, passage.last_line)
                    ),
                    _("Fortryd"),
                    lambda: self._write(lambda: marks.remove_annotation(workspace, mark.id), recording_id),
                )

        self._write(
            lambda: marks.annotate(
                workspace, recording_id, extent.start_ms, extent.end_ms, concept_id, note, extent.word_ids
            ),
            recording_id,
            made,
        )

    def _extent(self, passage: Passage | None) -> Extent | None:
        """Return what a mark on a passage lies on; the last line may reach beyond the sound."""
        conversation = self._conversation()
        if passage is None or conversation is None:
            return None
        end_ms = min(passage.end_ms, conversation.recording.duration_ms)
        return Extent(passage.start_ms, end_ms, passage.words)

    def _edit(self, before: Annotation, concept_id: ConceptId, note: str, extent: Extent | None) -> None:
        workspace = self._context.workspace()
        as_it_was = Extent(before.start_ms, before.end_ms, before.word_ids)
        moved = extent if extent != as_it_was else None
        if (concept_id, note) == (before.concept_id, before.note) and moved is None:
            return

        def back() -> None:
            self._write(
                lambda: marks.edit_annotation(
                    workspace, before.id, concept_id=before.concept_id, note=before.note, extent=as_it_was
                ),
                before.recording_id,
            )

        self._write(
            lambda: marks.edit_annotation(workspace, before.id, concept_id=concept_id, note=note, extent=moved),
            before.recording_id,
            lambda _after: self._context.notices.tell(_("Mærket er ændret."), _("Fortryd"), back),
        )

    @Slot(str)
    def _on_remove(self, annotation_id: str) -> None:
        """Take a mark away; where others have replied, say first that their replies go too."""
        thread = self.thread_of(annotation_id)
        if thread is None:
            return
        number = len(thread.replies)
        if not number:
            self._remove(thread)
            return
        lost = ngettext(
            "Der er {number} svar på mærket. Det bliver også fjernet.",
            "Der er {number} svar på mærket. De bliver også fjernet.",
            number,
        ).format(number=number)
        dialog = Confirm(
            self._panel, self._context.theme, _("Fjern mærket og svarene?"), lost, _("Fjern det hele"),
            kept=_("Lige bagefter kan du fortryde; så kommer alt tilbage."),
        )  # fmt: skip
        dialog.accepted.connect(lambda: self._remove(thread))
        dialog.open()

    def _remove(self, thread: Thread) -> None:
        workspace, recording_id = self._context.workspace(), thread.mark.recording_id

        def removed(gone: RemovedMark) -> None:
            text = _("Mærket og svarene er fjernet.") if gone.thread.replies else _("Mærket er fjernet.")
            self._context.notices.tell(text, _("Fortryd"), lambda: back(gone))

        def back(gone: RemovedMark) -> None:
            self._write(lambda: marks.restore_annotation(workspace, gone), recording_id)

        self._write(lambda: marks.remove_annotation(workspace, thread.mark.id), recording_id, removed)

    # --- talking about it --------------------------------------------------------------------------------------------

    @Slot(str, bool)
    def _on_status(self, annotation_id: str, talked: bool) -> None:
        thread, workspace = self.thread_of(annotation_id), self._context.workspace()
        if thread is not None:
            status = MarkStatus.DISCUSSED if talked else MarkStatus.OPEN
            mark = thread.mark
            self._write(lambda: marks.set_status(workspace, mark.id, status), mark.recording_id)

    @Slot(str, str, str)
    def _on_reply_saved(self, annotation_id: str, reply_id: str, text: str) -> None:
        thread, workspace = self.thread_of(annotation_id), self._context.workspace()
        if thread is None:
            return
        recording_id = thread.mark.recording_id
        if not reply_id:
            self._write(lambda: replies.reply(workspace, AnnotationId(annotation_id), text), recording_id)
            return
        before = next((reply.text for reply in thread.replies if reply.id == reply_id), text)
        if text.strip() == before:
            return
        known = ReplyId(reply_id)

        def back() -> None:
            self._write(lambda: replies.edit_reply(workspace, known, before), recording_id)

        self._write(
            lambda: replies.edit_reply(workspace, known, text),
            recording_id,
            lambda _done: self._context.notices.tell(_("Svaret er ændret."), _("Fortryd"), back),
        )

    @Slot(str)
    def _on_reply_removed(self, reply_id: str) -> None:
        conversation, workspace = self._conversation(), self._context.workspace()
        if conversation is None:
            return
        recording_id = conversation.recording.id

        def back(gone: Reply) -> None:
            self._write(lambda: replies.restore_reply(workspace, gone), recording_id)

        self._write(
            lambda: replies.remove_reply(workspace, ReplyId(reply_id)),
            recording_id,
            lambda gone: self._context.notices.tell(_("Svaret er fjernet."), _("Fortryd"), lambda: back(gone)),
        )

    # --- each by themselves first ------------------------------------------------------------------------------------

    @Slot()
    def ask_round(self) -> None:
        """Ask who are to mark the conversation each by themselves first."""
        conversation = self._conversation()
        if conversation is None or conversation.blind is not None:
            return
        dialog = RoundDialog(self._page(), self._context.theme, conversation.reader, conversation.colleagues)
        dialog.chosen.connect(self._on_round_chosen)
        dialog.open()

    @Slot(object)
    def _on_round_chosen(self, names: list[str]) -> None:
        conversation, workspace = self._conversation(), self._context.workspace()
        if conversation is not None:
            recording_id = conversation.recording.id
            self._write(lambda: blind_rounds.begin_round(workspace, recording_id, names), recording_id)

    @Slot(bool)
    def _on_ready(self, ready: bool) -> None:
        conversation, workspace = self._conversation(), self._context.workspace()
        if conversation is None:
            return
        recording_id = conversation.recording.id

        def said(blind: BlindRound) -> None:
            if blind.is_open:
                self._context.notices.tell(_("Alle er færdige. Nu ser alle alle mærker."))

        self._write(lambda: blind_rounds.say_ready(workspace, recording_id, ready=ready), recording_id, said)

    @Slot()
    def ask_open(self) -> None:
        """Open the round for all; where somebody is not done, say who, and that it can't be undone."""
        conversation = self._conversation()
        blind = conversation.blind if conversation is not None else None
        if conversation is None or blind is None or blind.is_open:
            return
        waiting = [name for name in blind.waits_for if not same_person(name, conversation.reader)]
        lost = _("Alle ser alle mærker og svar fra nu af. Det kan ikke gøres om.")
        if waiting:
            still = ngettext("{names} er ikke færdig endnu.", "{names} er ikke færdige endnu.", len(waiting))
            lost = f"{still.format(names=joined(waiting))} {lost}"
        dialog = Confirm(self._page(), self._context.theme, _("Åbn for alle nu?"), lost, _("Åbn for alle"))
        dialog.accepted.connect(self._open_round)
        dialog.open()

    @Slot()
    def _open_round(self) -> None:
        conversation, workspace = self._conversation(), self._context.workspace()
        if conversation is not None:
            recording_id = conversation.recording.id
            self._write(
                lambda: blind_rounds.open_round(workspace, recording_id),
                recording_id,
                lambda _blind: self._context.notices.tell(_("Nu ser alle alle mærker.")),
            )

    # --- showing one -------------------------------------------------------------------------------------------------

    @Slot(str)
    def _on_show(self, annotation_id: str) -> None:
        thread = self.thread_of(annotation_id)
        if thread is not None:
            self._show(thread.mark)
            self.show_wanted.emit(thread.mark.start_ms)

    def _show(self, mark: Annotation) -> None:
        self._view.select_stops(stops_of(self._view.sheet, mark.word_ids, mark.start_ms, mark.end_ms))

    @Slot(str)
    def _on_bar_chosen(self, annotation_id: str) -> None:
        self._marking = self._editing = None
        self.panel_wanted.emit(True)
        self._panel.reveal(annotation_id)

    def _page(self) -> QWidget:
        return self._panel.window()

    def _write(
        self, work: Callable[[], T], recording_id: RecordingId, done: Callable[[T], object] | None = None
    ) -> None:
        changes = Changes(annotations=frozenset({recording_id}))
        self._context.background.run_write(work, done, self._context.notices.fault, changes=changes)


def _view(conversation: Conversation, thread: Thread, token: str, rows: range) -> MarkView:
    mark, me = thread.mark, conversation.reader
    concept = conversation.concept(mark.concept_id)
    return MarkView(
        id=mark.id,
        concept=concept_name(concept) if concept is not None else mark.concept_id,
        token=token,
        place=lines_text(*_ends(conversation, rows)) if rows else _("uden for teksten"),
        author=_person(mark.author, me),
        note=mark.note,
        spoken_place=_spoken(conversation, rows),
        own=same_person(mark.author, me),
        discussed=mark.status is MarkStatus.DISCUSSED,
        replies=tuple(
            ReplyView(
                reply.id,
                _person(reply.author, me),
                format_day(reply.created_at),
                reply.text,
                same_person(reply.author, me),
            )
            for reply in thread.replies
        ),
    )


def _ends(conversation: Conversation, rows: range) -> tuple[str, str]:
    """Return the names of the first and the last of some lines."""
    shown = conversation.sheet.rows if conversation.sheet is not None else ()
    return shown[rows[0]].name, shown[rows[-1]].name


def _spoken(conversation: Conversation, rows: range) -> str:
    """Return where a mark is, as a screen reader says it."""
    if not rows:
        return _("uden for teksten")
    first, last = _ends(conversation, rows)
    return lines_text(first, last) if len(rows) == 1 else _("linje {first} til {last}").format(first=first, last=last)


def _person(name: str, me: str) -> str:
    return _("dig") if same_person(name, me) else name
