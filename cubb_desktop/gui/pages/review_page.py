"""Gennemgang: read a conversation line by line, hear every word, mark what one notices, pick excerpts."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, Qt, Signal, Slot
from PySide6.QtGui import QCloseEvent, QHideEvent, QKeyEvent, QKeySequence, QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QMenu, QStackedWidget, QVBoxLayout, QWidget

from cubb_desktop.domain.changes import Changes
from cubb_desktop.domain.codebook import Annotation
from cubb_desktop.domain.errors import CubbError, RecordingNotFound
from cubb_desktop.domain.ids import ConceptId, RecordingId
from cubb_desktop.domain.transcript import Transcript
from cubb_desktop.gui.context import PageContext
from cubb_desktop.gui.widgets.annotation_panel import AnnotationPanel, Choice, MarkView
from cubb_desktop.gui.widgets.conversation_texts import job_failure
from cubb_desktop.gui.widgets.messages import EmptyState
from cubb_desktop.gui.widgets.noticed_strip import NoticedStrip
from cubb_desktop.gui.widgets.player_bar import JUMP_MS, RATE_STEP, PlayerBar
from cubb_desktop.gui.widgets.review_acts import ReviewActs, lines_text
from cubb_desktop.gui.widgets.review_editing import ReviewEditing
from cubb_desktop.gui.widgets.review_header import JobStrip, ReviewHeader
from cubb_desktop.gui.widgets.review_lines import Bar
from cubb_desktop.gui.widgets.review_playback import Playback
from cubb_desktop.gui.widgets.review_scroll import Passage
from cubb_desktop.gui.widgets.review_source import (
    Conversation,
    concept_hint,
    concept_name,
    concept_tokens,
    load,
)
from cubb_desktop.gui.widgets.review_suggestions import ReviewSuggestions
from cubb_desktop.gui.widgets.review_views import ReviewViews
from cubb_desktop.gui.widgets.transcript_view import TO_THE_END, TranscriptView
from cubb_desktop.gui.widgets.waveform import Speech, Waveform, speech_of
from cubb_desktop.i18n import _, sentence
from cubb_desktop.library.search import finder

if TYPE_CHECKING:
    from cubb_desktop.audio.peaks import Peaks
    from cubb_desktop.services.workspace import Workspace

PANEL, LEAST_TEXT, LEAST_BOTH = 380, 420, 900  # widths at 100 %
_LONGEST_QUOTE = 120


class ReviewPage(QWidget):
    """Shows one conversation; what it shows it has read in the background, and reads again when it has changed."""

    back_requested = Signal()
    shown = Signal()  # a conversation, or why there is none, is on the screen

    def __init__(self, context: PageContext) -> None:
        super().__init__()
        self._context = context
        self._recording_id: RecordingId | None = None
        self._conversation: Conversation | None = None
        self._wanted_ms: int | None = None
        self._wanted_words = ""
        self._wanted_top: tuple[int, int] | None = None
        self._loading = self._dirty = False
        self._marking: Passage | None = None
        self._sound_waits: RecordingId | None = None
        self._place_ms = 0  # where in the sound the page is
        self._panel_open = False
        self.playback = Playback(context.background, lambda: context.settings_store.value.output, self)
        self.acts = ReviewActs(context, self, lambda: self._conversation, self.playback)
        self.setProperty("role", "page")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setAccessibleName(_("Gennemgang"))
        self._build()
        self.editing = ReviewEditing(context, self.view, lambda: self._conversation)
        self.suggestions = ReviewSuggestions(context, self.panel.suggestion, self.view, lambda: self._conversation)
        self._connect()
        self._show_nothing()

    # --- layout ------------------------------------------------------------------------------------------------------

    def _build(self) -> None:
        theme = self._context.theme
        self.header = ReviewHeader(theme)
        self.job_strip = JobStrip(theme)
        self.waveform = Waveform(theme)
        self.noticed = NoticedStrip(theme, self._context.background)
        self.view = TranscriptView(theme)
        self.panel = AnnotationPanel(theme)
        self.panel.setMinimumHeight(1)
        self.player_bar = PlayerBar(theme)
        self.blank = QWidget()
        self.empty = EmptyState(theme, "review", _("Vælg en samtale for at læse og lytte."), _("Gå til Samtaler"))
        self.no_text = EmptyState(
            theme,
            "conversations",
            _("Samtalen har ingen udskrift endnu."),
            _("Lav udskrift"),
            _("Den laves på denne computer. Lyden kan høres imens."),
        )
        self.waiting = EmptyState(
            theme,
            "conversations",
            _("Udskriften er på vej."),
            hint=_("Teksten kommer her, efterhånden som den bliver til."),
        )
        self.withdrawn = EmptyState(
            theme,
            "conversations",
            _("Aftalen er trukket tilbage. Samtalen kan ikke længere læses eller høres, men du kan slette den."),
            _("Gå til Samtaler"),
        )
        self.trouble: EmptyState | None = None
        self.stack = QStackedWidget()
        self.stack.setMinimumSize(1, 1)  # what does not fit is scrolled; the window is never pushed wider
        for widget in (self.blank, self.empty, self.no_text, self.waiting, self.withdrawn, self.view):
            self.stack.addWidget(widget)
        self.views = ReviewViews(self._context, self.view, self.stack, lambda: self._conversation)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        for widget in (self.header, self.job_strip, self._wave_frame(), self.noticed):
            column.addWidget(widget)
        column.addLayout(self._middle(), 1)
        column.addWidget(self.player_bar)

    def _wave_frame(self) -> QFrame:
        self.wave_frame = QFrame()
        self.wave_frame.setProperty("role", "header")
        row = QHBoxLayout(self.wave_frame)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.waveform)
        return self.wave_frame

    def _middle(self) -> QHBoxLayout:
        middle = QHBoxLayout()
        middle.setContentsMargins(0, 0, 0, 0)
        middle.setSpacing(0)
        middle.addWidget(self.views.column, 1)
        middle.addWidget(self.panel)
        return middle

    def _connect(self) -> None:
        self._context.background.changed.connect(self._on_changed)
        self._context.background.forgetting.connect(self._on_forgetting)
        self.header.back_requested.connect(self.back_requested)
        self.header.speakers_requested.connect(self.acts.name_speakers)
        self.header.export_requested.connect(self.acts.export)
        self.header.excerpt_requested.connect(self._on_excerpt)
        self.header.panel_toggled.connect(self._on_panel_toggled)
        self.job_strip.cancel_requested.connect(self.acts.cancel)
        self.job_strip.retry_requested.connect(self.acts.retry)
        self.empty.chosen.connect(self.back_requested)
        self.withdrawn.chosen.connect(self.back_requested)
        self.no_text.chosen.connect(self.acts.transcribe)
        self.view.hear_requested.connect(self._on_hear)
        self.view.mark_chosen.connect(self._on_bar_chosen)
        self.view.menu_requested.connect(self._on_menu)
        self.waveform.seek_requested.connect(self._on_seek)
        self.noticed.seek_requested.connect(self._on_seek)
        self.noticed.found.connect(self.waveform.show_signs)
        self.panel.mark_requested.connect(self.begin_mark)
        self.panel.saved.connect(self._on_mark_saved)
        self.panel.cancelled.connect(self._end_mark)
        self.panel.remove_requested.connect(self._on_mark_removed)
        self.panel.show_requested.connect(self._on_mark_shown)
        self._connect_sound()

    def _connect_sound(self) -> None:
        bar, playback = self.player_bar, self.playback
        bar.play_requested.connect(playback.toggle)
        bar.back_requested.connect(lambda: self._on_seek(playback.position_ms - JUMP_MS))
        bar.forward_requested.connect(lambda: self._on_seek(playback.position_ms + JUMP_MS))
        bar.slower_requested.connect(lambda: playback.change_rate(playback.rate - RATE_STEP))
        bar.faster_requested.connect(lambda: playback.change_rate(playback.rate + RATE_STEP))
        bar.usual_rate_requested.connect(lambda: playback.change_rate(1.0))
        bar.repeat_requested.connect(self.repeat_line)
        self.view.painted.connect(self._open_sound)
        playback.opened.connect(lambda: bar.set_sound(True))
        playback.missing.connect(self._on_sound_missing)
        playback.failed.connect(self._context.notices.fault)
        playback.position_changed.connect(self._on_position)
        playback.playing_changed.connect(self._on_playing)
        playback.rate_changed.connect(bar.set_rate)

    # --- opening and leaving -----------------------------------------------------------------------------------------

    def open(self, recording_id: RecordingId, at_ms: int | None = None, words: str = "") -> None:
        """Show a conversation, at a place if one is given; the one that is shown already only goes there.

        With `words`, that somebody searched for, the place is the first of them from there on.
        """
        self._wanted_ms, self._wanted_words, self._wanted_top = at_ms, words, None
        if recording_id != self._recording_id:
            self.playback.close()
            self._recording_id, self._conversation, self._place_ms = recording_id, None, 0
            self._end_mark()
            self.editing.end()
            self.view.clear()
            self.stack.setCurrentWidget(self.blank)
        elif self._conversation is not None:
            self._go_to_wanted()
        self.reload()

    def begin_at(self, top: tuple[int, int] | None) -> None:
        """Begin the conversation that is being opened with the lines that were on screen (`views.top_place`)."""
        self._wanted_top = top

    def leave(self) -> None:
        """Put the sound down; the conversation stays chosen."""
        self.playback.close()

    def hideEvent(self, event: QHideEvent) -> None:
        self.playback.pause()
        super().hideEvent(event)

    def closeEvent(self, event: QCloseEvent) -> None:
        self.leave()
        super().closeEvent(event)

    @property
    def recording_id(self) -> RecordingId | None:
        """The conversation that is shown."""
        return self._recording_id

    @property
    def place_ms(self) -> int:
        """Where in the sound the page is."""
        return self._place_ms

    # --- reading -----------------------------------------------------------------------------------------------------

    @Slot(object)
    def _on_changed(self, changes: Changes) -> None:
        here = self._recording_id
        touched = changes.recordings | changes.transcripts | changes.annotations
        if here is not None and (here in touched or changes.jobs or changes.concepts or changes.consents):
            self.reload()

    def reload(self) -> None:
        """Read the conversation again; a change that comes meanwhile is read afterwards."""
        recording_id = self._recording_id
        if recording_id is None:
            return
        if self._loading:
            self._dirty = True
            return
        self._loading, self._dirty = True, False
        workspace, known = self._context.workspace(), self._conversation
        self._context.background.run_read(
            lambda: load(workspace, recording_id, known), self._on_loaded, self._on_load_failed
        )

    @Slot(object)
    def _on_loaded(self, conversation: Conversation) -> None:
        self._loading = False
        if conversation.recording.id == self._recording_id:
            first = self._conversation is None
            self._show(conversation)
            if first and not conversation.withdrawn:
                self._prepare_sound(conversation)
                self.view.setFocus()
                self._go_to_wanted()
            self.shown.emit()
        else:
            self._dirty = True
        if self._dirty:
            self.reload()

    @Slot(object)
    def _on_forgetting(self, going: frozenset[RecordingId]) -> None:
        """Put a conversation down that is about to be deleted: its sound, its text, and the undo of its marks."""
        if self._recording_id in going:
            self._forget()
            self._recording_id = self._conversation = None
            self._show_nothing()

    @Slot(object)
    def _on_load_failed(self, error: CubbError) -> None:
        self._loading = False
        if isinstance(error, RecordingNotFound):
            self.playback.close()
            self._recording_id = self._conversation = None
            self._show_nothing()
        self._context.notices.fault(error)
        if self._dirty:
            self.reload()

    def _prepare_sound(self, conversation: Conversation) -> None:
        """Show the length at once; the sound itself is opened when the text is on the screen."""
        recording = conversation.recording
        self.waveform.show_recording(recording.duration_ms)
        self.player_bar.set_times(self._place_ms, recording.duration_ms)
        self.player_bar.set_sound(False)
        self._sound_waits = recording.id
        if not self.views.shows_text or not self.isVisible():
            self._open_sound()

    @Slot()
    def _open_sound(self) -> None:
        recording_id, self._sound_waits = self._sound_waits, None
        if recording_id is None or recording_id != self._recording_id:
            return
        workspace = self._context.workspace()
        if self._conversation is not None and self._conversation.transcript is not None:
            self._draw_speech(self._conversation.transcript)
        self.playback.open(workspace, recording_id, self._place_ms)
        if self._conversation is not None:
            self.noticed.show_recording(workspace, self._conversation.recording)
        self.suggestions.refresh()
        show = partial(self._on_peaks, recording_id)
        self._context.background.run_read(lambda: _peaks(workspace, recording_id), show, lambda _error: None)

    def _draw_speech(self, transcript: Transcript) -> None:
        show = partial(self._on_speech, transcript.recording_id)
        self._context.background.run_read(lambda: speech_of(transcript), show)

    def _on_speech(self, recording_id: RecordingId, speech: Speech) -> None:
        if recording_id == self._recording_id:
            self.waveform.show_speech(speech)

    def _on_peaks(self, recording_id: RecordingId, found: Peaks) -> None:
        if recording_id == self._recording_id:
            self.waveform.show_peaks(found)

    @Slot(object)
    def _on_sound_missing(self, error: CubbError) -> None:
        self.player_bar.set_sound(False, sentence(error))

    # --- showing -----------------------------------------------------------------------------------------------------

    def _show_nothing(self) -> None:
        self.header.show_nothing()
        self.noticed.clear()
        for widget in (self.job_strip, self.wave_frame, self.player_bar, self.panel):
            widget.hide()
        self.stack.setCurrentWidget(self.empty)
        self.shown.emit()

    def _show(self, conversation: Conversation) -> None:
        old, self._conversation = self._conversation, conversation
        self.header.show_conversation(conversation)
        self.views.show_conversation(conversation)
        self.job_strip.show_conversation(conversation)
        self.wave_frame.setVisible(not conversation.withdrawn)
        self.player_bar.setVisible(not conversation.withdrawn)
        if conversation.withdrawn:
            self._forget()
        if conversation.sheet is not None and conversation.transcript is not None:
            if old is None or old.sheet is not conversation.sheet:
                self.view.show_sheet(conversation.sheet, conversation.transcript.speakers)
                self.player_bar.set_speakers(self.view.labels())
                if old is not None:
                    self._draw_speech(conversation.transcript)
            self._show_marks(conversation)
        shown = (conversation.stamp, conversation.marks, conversation.concepts)
        if old is not None and (old.stamp, old.marks, old.concepts) != shown:
            self.suggestions.refresh()
        self.stack.setCurrentWidget(self._state_of(conversation))
        self._place_panel()

    def _forget(self) -> None:
        """Let go of sound and text: the citizen has taken the agreement back."""
        self._sound_waits = None
        self.playback.close()
        self._end_mark()
        self.editing.end()
        self.view.clear()
        self.panel.show_marks([])
        self.waveform.show_recording(0)

    def _state_of(self, conversation: Conversation) -> QWidget:
        if conversation.withdrawn:
            return self.withdrawn
        if conversation.sheet is not None and conversation.sheet.rows:
            return self.views.current
        if conversation.under_way:
            return self.waiting
        if conversation.failed and conversation.job is not None:
            return self._trouble_of(job_failure(conversation.job))
        return self.no_text

    def _trouble_of(self, text: str) -> EmptyState:
        """Return the page that says why there is no text."""
        if self.trouble is not None:
            self.stack.removeWidget(self.trouble)
            self.trouble.deleteLater()
        self.trouble = EmptyState(self._context.theme, "conversations", text, _("Prøv igen"))
        self.trouble.chosen.connect(self.acts.retry)
        self.stack.addWidget(self.trouble)
        return self.trouble

    def _show_marks(self, conversation: Conversation) -> None:
        tokens = concept_tokens(conversation.concepts)
        self.panel.set_choices(
            [Choice(c.id, concept_name(c), concept_hint(c)) for c in conversation.concepts if c.in_use]
        )
        bars, views = [], []
        for mark in conversation.marks:
            token = tokens.get(mark.concept_id, "accent")
            rows = conversation.sheet.rows_between(mark.start_ms, mark.end_ms) if conversation.sheet else range(0)
            if rows:
                bars.append(Bar(mark.id, rows[0], rows[-1], token))
            views.append(self._mark_view(conversation, mark, token, rows))
        self.view.set_bars(bars)
        self.panel.show_marks(views)

    def _mark_view(self, conversation: Conversation, mark: Annotation, token: str, rows: range) -> MarkView:
        concept = conversation.concept(mark.concept_id)
        own = mark.author == self._context.workspace().actor
        return MarkView(
            id=mark.id,
            concept=concept_name(concept) if concept is not None else mark.concept_id,
            token=token,
            place=_lines_of(conversation, rows) if rows else _("uden for teksten"),
            author=_("dig") if own else mark.author,
            note=mark.note,
        )

    def _go_to_wanted(self) -> None:
        if self._wanted_ms is not None and self._conversation is not None:
            position, self._wanted_ms = self._wanted_ms, None
            if self._wanted_words and self._conversation.sheet is not None:
                found = self._conversation.sheet.first_word(position, finder(self._wanted_words))
                position = position if found is None else self._conversation.sheet.stops[found].start_ms
            self.view.go_to(position)
            self._on_seek(position)
        top, self._wanted_top = self._wanted_top, None
        if top is not None:
            self.views.show_top(top)

    # --- the panel and the room there is -----------------------------------------------------------------------------

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place_panel()

    def _narrow(self) -> bool:
        return self.width() < self._context.theme.px(LEAST_BOTH)

    def _place_panel(self) -> None:
        """Show text and marks beside each other, or one of them where there is no room for both."""
        reading = self.views.shows_text
        narrow = self._narrow()
        shown = reading and (not narrow or self._panel_open)
        self.header.offer_panel(reading and narrow, self._panel_open)
        alone = shown and self.width() - self._context.theme.px(PANEL) < self._context.theme.px(LEAST_TEXT)
        self.panel.setVisible(shown)
        self.panel.setContentsMargins(self._context.theme.px(20) if alone else 0, 0, 0, 0)
        self.views.column.setVisible(not alone)
        if alone:
            self.panel.setMinimumWidth(0)
            self.panel.setMaximumWidth(self.maximumWidth())
        else:
            self.panel.setFixedWidth(self._context.theme.px(PANEL))

    @Slot(bool)
    def _on_panel_toggled(self, opened: bool) -> None:
        self._panel_open = opened
        self._place_panel()

    # --- hearing -----------------------------------------------------------------------------------------------------

    @Slot(int, int)
    def _on_hear(self, start_ms: int, end_ms: int) -> None:
        self.view.follow()
        self.playback.play(start_ms, None if end_ms == TO_THE_END else end_ms)

    @Slot(int)
    def _on_seek(self, position_ms: int) -> None:
        self.view.follow()
        if self.playback.available:
            self.playback.seek(position_ms)
        else:
            self._on_position(max(0, position_ms))

    def repeat_line(self) -> None:
        """Play the line that is marked once more."""
        line = self.view.current_line()
        if line is not None:
            self._on_hear(line.start_ms, line.end_ms)

    @Slot(int)
    def _on_position(self, position_ms: int) -> None:
        self._place_ms = position_ms
        if self._conversation is not None:
            self.view.set_position(position_ms, stay=self.playback.bounded)
            self.waveform.set_position(position_ms)
            self.player_bar.set_times(position_ms, self._conversation.recording.duration_ms)

    @Slot(bool)
    def _on_playing(self, playing: bool) -> None:
        self.player_bar.set_playing(playing)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Take the letters that no field took: M marks, L repeats, E edits, A says that it was listened through."""
        acts = {
            Qt.Key.Key_M: self.begin_mark,
            Qt.Key.Key_L: self.repeat_line,
            Qt.Key.Key_E: lambda: self.views.edit(self.editing.begin),
            Qt.Key.Key_A: self.editing.listened,
        }
        act = acts.get(Qt.Key(event.key())) if event.modifiers() == Qt.KeyboardModifier.NoModifier else None
        if act is not None:
            act()
        elif event.matches(QKeySequence.StandardKey.Undo):
            self.editing.undo()
        elif event.matches(QKeySequence.StandardKey.Redo):
            self.editing.redo()
        else:
            super().keyPressEvent(event)

    # --- marks -------------------------------------------------------------------------------------------------------

    def begin_mark(self) -> None:
        """Open the form for what is chosen, else for the line that is marked."""
        passage = self.view.selection() or self.view.current_line()
        if passage is None or self._conversation is None:
            self._context.notices.tell(_("Vælg først nogle ord i udskriften."))
            return
        self._marking = passage
        if self.view.selection() is None:
            self.view.select_passage(passage.start_ms, passage.end_ms)
        self._panel_open = True
        self._place_panel()
        quote = self.view.selected_words()
        self.panel.begin(_capital(lines_text(passage.first_line, passage.last_line)), quote[:_LONGEST_QUOTE])

    @Slot(str, str)
    def _on_mark_saved(self, concept_id: str, note: str) -> None:
        passage, conversation = self._marking, self._conversation
        if passage is None or conversation is None:
            return
        self.acts.mark(passage, ConceptId(concept_id), note)
        self._end_mark()

    @Slot()
    def _end_mark(self) -> None:
        self._marking = None
        self.panel.end()
        if self._narrow():
            self._on_panel_toggled(False)
        self.view.setFocus()

    def _mark(self, annotation_id: str) -> Annotation | None:
        known = self._conversation.marks if self._conversation is not None else ()
        return next((mark for mark in known if mark.id == annotation_id), None)

    @Slot(str)
    def _on_mark_removed(self, annotation_id: str) -> None:
        mark = self._mark(annotation_id)
        if mark is not None:
            self.acts.unmark(mark)

    @Slot(str)
    def _on_mark_shown(self, annotation_id: str) -> None:
        mark = self._mark(annotation_id)
        if mark is not None:
            self.view.select_passage(mark.start_ms, mark.end_ms)
            if not self.playback.playing:
                self._on_seek(mark.start_ms)

    @Slot(str)
    def _on_bar_chosen(self, annotation_id: str) -> None:
        self._panel_open = True
        self._place_panel()
        self.panel.reveal(annotation_id)

    @Slot()
    def _on_excerpt(self) -> None:
        self.acts.make_excerpt(self.view.selection() or self.view.current_line())

    @Slot(QPoint)
    def _on_menu(self, place: QPoint) -> None:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addAction(_("Mærk…")).triggered.connect(self.begin_mark)
        menu.addAction(_("Lav uddrag…")).triggered.connect(self._on_excerpt)
        copy = menu.addAction(_("Kopiér"))
        copy.triggered.connect(self.view.copy)
        copy.setEnabled(self.view.selection() is not None)
        self.editing.add_to_menu(menu)
        self.views.add_to_menu(menu)
        menu.popup(self.view.viewport().mapToGlobal(place))


def _peaks(workspace: Workspace, recording_id: RecordingId) -> Peaks:
    from cubb_desktop.services.recordings import peaks

    return peaks(workspace, recording_id)


def _lines_of(conversation: Conversation, rows: range) -> str:
    shown = conversation.sheet.rows if conversation.sheet is not None else ()
    return lines_text(shown[rows[0]].name, shown[rows[-1]].name)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
