"""Gennemgang: read a conversation line by line, hear every word, mark what one notices, pick excerpts."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QPoint, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QCloseEvent, QHideEvent, QKeyEvent, QKeySequence, QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QMenu, QStackedWidget, QVBoxLayout, QWidget

from cubb_desktop.domain.changes import Changes
from cubb_desktop.domain.errors import CubbError, RecordingNotFound
from cubb_desktop.domain.ids import RecordingId
from cubb_desktop.gui.context import PageContext
from cubb_desktop.gui.keys import Keys
from cubb_desktop.gui.widgets.annotation_panel import AnnotationPanel
from cubb_desktop.gui.widgets.collecting import Collecting
from cubb_desktop.gui.widgets.conversation_texts import job_failure
from cubb_desktop.gui.widgets.messages import EmptyState
from cubb_desktop.gui.widgets.noticed_strip import NoticedStrip
from cubb_desktop.gui.widgets.player_bar import PlayerBar
from cubb_desktop.gui.widgets.review_acts import ReviewActs
from cubb_desktop.gui.widgets.review_editing import ReviewEditing
from cubb_desktop.gui.widgets.review_examples import ReviewExamples
from cubb_desktop.gui.widgets.review_header import JobStrip, ReviewHeader
from cubb_desktop.gui.widgets.review_marks import ReviewMarks
from cubb_desktop.gui.widgets.review_sound import ReviewSound
from cubb_desktop.gui.widgets.review_source import Conversation, load
from cubb_desktop.gui.widgets.review_suggestions import ReviewSuggestions
from cubb_desktop.gui.widgets.review_tools import ReviewTools
from cubb_desktop.gui.widgets.review_views import ReviewViews
from cubb_desktop.gui.widgets.transcript_view import TranscriptView
from cubb_desktop.gui.widgets.waveform import Waveform
from cubb_desktop.i18n import _
from cubb_desktop.library.search import finder
from cubb_desktop.settings import Settings

PANEL, LEAST_TEXT, LEAST_BOTH = 380, 420, 900  # widths at 100 %


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
        self._panel_open = False
        self.setProperty("role", "page")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setAccessibleName(_("Gennemgang"))
        self._build()
        self.sound = ReviewSound(context, self.view, self.waveform, self.player_bar, lambda: self._conversation)
        self.playback = self.sound.playback
        self.acts = ReviewActs(context, self, lambda: self._conversation, self.playback)
        self.editing = ReviewEditing(context, self.view, lambda: self._conversation)
        self.marks = ReviewMarks(context, self.panel, self.view, lambda: self._conversation)
        self.suggestions = ReviewSuggestions(context, self.panel.suggestion, self.view, lambda: self._conversation)
        self.examples = ReviewExamples(context, self.panel, self.view, lambda: self._conversation)
        about = (lambda: self._conversation, self.sound.hear, self.header, self.reload, self.acts.transcribe)
        self.tools = ReviewTools(context, self.view, self.editing, *about)
        self.column.insertWidget(self.column.count() - 2, self.tools)  # above the text
        self.collecting = Collecting(context, self)
        self._bind_keys()
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
        self.column = column = QVBoxLayout(self)
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
        self.view.menu_requested.connect(self._on_menu)
        self.waveform.border_moved.connect(self.editing.move_border)
        self.editing.refused.connect(self.reload)
        self.noticed.seek_requested.connect(self.sound.seek)
        self.noticed.found.connect(self.waveform.show_signs)
        self.sound.opening.connect(self._on_opening)
        self.marks.panel_wanted.connect(self._on_panel_wanted)
        self.marks.show_wanted.connect(self._on_mark_shown)
        self._context.settings_store.changed.connect(self._on_settings_changed)

    # --- opening and leaving -----------------------------------------------------------------------------------------

    def open(self, recording_id: RecordingId, at_ms: int | None = None, words: str = "") -> None:
        """Show a conversation, at a place if one is given; the one that is shown already only goes there.

        With `words`, that somebody searched for, the place is the first of them from there on.
        """
        self._wanted_ms, self._wanted_words, self._wanted_top = at_ms, words, None
        if recording_id != self._recording_id:
            self.playback.close()
            self._recording_id, self._conversation, self.sound.place_ms = recording_id, None, 0
            self.marks.forget()
            self.editing.end()
            self.tools.reset()
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
        return self.sound.place_ms

    # --- reading -----------------------------------------------------------------------------------------------------

    @Slot(object)
    def _on_changed(self, changes: Changes) -> None:
        here = self._recording_id
        touched = changes.recordings | changes.transcripts | changes.annotations
        if here is not None and (here in touched or changes.jobs or changes.concepts or changes.consents):
            self.reload()

    @Slot(object, object)
    def _on_settings_changed(self, old: Settings, new: Settings) -> None:
        """Somebody else sits here now: what the one before them saw is not left standing."""
        if new.person != old.person and self._conversation is not None:
            self._conversation = replace(self._conversation, threads=(), reader=new.actor)
            self.marks.forget()
            self.marks.refresh()
            QTimer.singleShot(0, self, self.reload)  # when the library knows who acts

    def reload(self) -> None:
        """Read the conversation again; a change that comes meanwhile is read afterwards."""
        recording_id = self._recording_id
        if recording_id is None:
            return
        if self._loading:
            self._dirty = True
            return
        self._loading, self._dirty = True, False
        workspace, known, version = self._context.workspace(), self._conversation, self.tools.versions.reading
        begin = known is None and self._wanted_ms is None and self._wanted_top is None
        self._context.background.run_read(
            lambda: load(workspace, recording_id, known, version, begin=begin), self._on_loaded, self._on_load_failed
        )

    @Slot(object)
    def _on_loaded(self, conversation: Conversation) -> None:
        self._loading = False
        own = conversation.reader == self._context.workspace().actor
        if conversation.recording.id == self._recording_id and own:
            first = self._conversation is None
            self._show(conversation)
            self._dirty = self._dirty or not conversation.whole
            if first and not conversation.withdrawn:
                hidden = not self.views.shows_text or not self.isVisible()
                self.sound.prepare(conversation, at_once=hidden)
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

    @Slot()
    def _on_opening(self) -> None:
        """Read what can wait until the text is on the screen."""
        if self._conversation is not None:
            self.noticed.show_recording(self._context.workspace(), self._conversation.recording)
        self.suggestions.refresh()

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
        self.tools.show_conversation(conversation)
        self.wave_frame.setVisible(not conversation.withdrawn)
        self.player_bar.setVisible(not conversation.withdrawn)
        if conversation.withdrawn:
            self._forget()
        if conversation.sheet is not None and conversation.transcript is not None:
            if old is None or old.sheet is not conversation.sheet:
                self.view.show_sheet(conversation.sheet, conversation.transcript.speakers)
                self.player_bar.set_speakers(self.view.labels())
                if old is not None:
                    self.sound.show_text(conversation.transcript)
            self.marks.refresh()
        shown = (conversation.stamp, conversation.marks, conversation.concepts, conversation.reader)
        if old is not None and (old.stamp, old.marks, old.concepts, old.reader) != shown:
            self.suggestions.refresh()
        self.stack.setCurrentWidget(self._state_of(conversation))
        self._place_panel()

    def _forget(self) -> None:
        """Let go of sound and text: the citizen has taken the agreement back."""
        self.sound.put_down()
        self.marks.forget()
        self.editing.end()
        self.tools.reset()
        self.view.clear()

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

    def _go_to_wanted(self) -> None:
        if self._wanted_ms is not None and self._conversation is not None:
            position, self._wanted_ms = self._wanted_ms, None
            if self._wanted_words and self._conversation.sheet is not None:
                found = self._conversation.sheet.first_word(position, finder(self._wanted_words))
                position = position if found is None else self._conversation.sheet.stops[found].start_ms
            self.view.go_to(position)
            self.sound.seek(position)
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

    # --- keys --------------------------------------------------------------------------------------------------------

    def _bind_keys(self) -> None:
        self.keys = Keys(self._context.settings_store, self)
        self.sound.bind(self.keys)
        self.keys.bind("mark", self.marks.begin)
        self.keys.bind("edit", lambda: self.views.edit(self.editing.begin))
        self.keys.bind("listened", self.editing.listened)
        self.keys.bind("confirm", self.tools.doubts.confirm)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Take the letters that no field took, and what undoes and does again."""
        if self.keys.take(event) or self.marks.key(event):
            return
        if event.matches(QKeySequence.StandardKey.Undo):
            self.editing.undo()
        elif event.matches(QKeySequence.StandardKey.Redo):
            self.editing.redo()
        else:
            super().keyPressEvent(event)

    # --- excerpts, the menu ------------------------------------------------------------------------------------------

    @Slot(bool)
    def _on_panel_wanted(self, wanted: bool) -> None:
        """Show the marks, or the text again where there is no room for both."""
        if wanted or self._narrow():
            self._on_panel_toggled(wanted)

    @Slot(int)
    def _on_mark_shown(self, start_ms: int) -> None:
        if not self.playback.playing:
            self.sound.seek(start_ms)

    @Slot()
    def _on_excerpt(self) -> None:
        self.acts.make_excerpt(self.view.passage_at_hand())

    @Slot(QPoint)
    def _on_menu(self, place: QPoint) -> None:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addAction(_("Mærk…")).triggered.connect(self.marks.begin)
        menu.addAction(_("Lav uddrag…")).triggered.connect(self._on_excerpt)
        self.examples.add_to_menu(menu)
        self.collecting.add_to_menu(menu, self._recording_id, self.view.passage_at_hand)
        copy = menu.addAction(_("Kopiér"))
        copy.triggered.connect(self.view.copy)
        copy.setEnabled(self.view.selection() is not None)
        self.editing.add_to_menu(menu)
        self.views.add_to_menu(menu)
        menu.popup(self.view.viewport().mapToGlobal(place))
