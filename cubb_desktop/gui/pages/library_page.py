"""Samtaler: every conversation with how far it is; search, bring files in, transcribe, rename, delete."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, Qt, Signal, Slot
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDropEvent, QShowEvent
from PySide6.QtWidgets import QFileDialog, QStackedWidget, QVBoxLayout, QWidget

from cubb_desktop.domain.changes import Changes
from cubb_desktop.domain.errors import CubbError, ImportCancelled
from cubb_desktop.domain.ids import RecordingId
from cubb_desktop.domain.recording import ConversationKind, Participant, RecordingState, Source
from cubb_desktop.domain.transcript import Hit
from cubb_desktop.gui.background import Errand
from cubb_desktop.gui.context import PageContext
from cubb_desktop.gui.widgets import conversation_actions as actions
from cubb_desktop.gui.widgets.agreements_button import agreements_button
from cubb_desktop.gui.widgets.controls import Button
from cubb_desktop.gui.widgets.conversation_table import ConversationTable, Row, row_of
from cubb_desktop.gui.widgets.conversation_texts import Standing, waits_for_person
from cubb_desktop.gui.widgets.dialogs import AskText, Confirm
from cubb_desktop.gui.widgets.layouts import Page, scrolling
from cubb_desktop.gui.widgets.messages import EmptyState, NoticeStrip
from cubb_desktop.gui.widgets.search_field import SearchField
from cubb_desktop.gui.widgets.text import PlainLabel
from cubb_desktop.gui.widgets.unfinished import UnfinishedStrip
from cubb_desktop.i18n import _, format_clock_ms, format_date, ngettext, sentence
from cubb_desktop.services.conversations import Conversation, list_conversations
from cubb_desktop.settings import Settings

if TYPE_CHECKING:
    from cubb_desktop.gui.widgets.import_dialog import ImportDialog
    from cubb_desktop.services.recordings import ImportResult
    from cubb_desktop.services.workspace import Workspace

# What decodes sound and looks at models takes half a second to load, so it is imported by the work that needs it, in
# its thread: the list is on screen before that.

_LARGE_TEXT = 1.5
SOUND_SUFFIXES = (
    "wav", "flac", "mp3", "m4a", "ogg", "opus", "aac", "wma", "aiff", "amr", "3gp", "mp4", "mov", "mkv", "webm",
)  # fmt: skip


@dataclass(slots=True)
class Incoming:
    """A file on its way in."""

    key: str
    title: str
    errand: Errand | None = None
    share: float = 0.0

    def row(self) -> Row:
        text = _("Hentes ind og krypteres · {percent} %").format(percent=round(self.share * 100))
        return Row(self.key, self.title, Standing(line=text, share=self.share))


class LibraryPage(Page):
    """The list of conversations; it shows what it read last and reads again when something in it has changed."""

    open_requested = Signal(object, object, str)  # RecordingId, place in ms or None, the words that were found there
    record_requested = Signal()
    settings_requested = Signal()
    soon_requested = Signal()  # the list of what goes soon
    loaded = Signal()

    def __init__(self, context: PageContext) -> None:
        super().__init__(context.theme, _("Samtaler"), scrolls=False)
        self._context = context
        self._conversations: list[Conversation] = []
        self._incoming: dict[str, Incoming] = {}
        self._hits: dict[RecordingId, Hit] | None = None
        self._query = ""
        self._reading = self._dirty = False
        self._wanted: RecordingId | None = None
        self._first = True
        self._demo_text = ""
        self._import_count = 0
        self.setAcceptDrops(True)
        self._build()
        context.background.changed.connect(self._on_changed)
        context.settings_store.changed.connect(self._on_settings_changed)
        self.reload()

    # --- layout ------------------------------------------------------------------------------------------------------

    def _build(self) -> None:
        theme = self._context.theme
        self.search = SearchField(theme, _("Søg i titel og tekst"), _("Søg i alt, du må åbne"))
        self.search.searched.connect(self._on_searched)
        self.import_button = Button(_("Hent lydfil…"), key="Ctrl+O", tooltip=_("Hent en lydfil ind"))
        self.import_button.clicked.connect(self._on_import)
        self.record_button = Button(_("Optag"), "primary", tooltip=_("Optag en samtale"), key="Ctrl+N")
        self.record_button.clicked.connect(self.record_requested)
        self.agreements_button = agreements_button(self, self._context)
        self.header.add(self.search)
        self.header.add(self.agreements_button)
        self.header.add(self.import_button)
        self.header.add(self.record_button)
        self.demo_strip = NoticeStrip(theme, button=_("Vælg model"))
        self.demo_strip.button.clicked.connect(self.settings_requested)
        self.demo_strip.hide()
        self.soon_strip = NoticeStrip(theme, button=_("Se listen"))
        self.soon_strip.button.setAccessibleDescription(_("Samtaler, der slettes snart eller venter"))
        self.soon_strip.button.clicked.connect(self.soon_requested)
        self.soon_strip.hide()
        self.unfinished = UnfinishedStrip(theme)
        self.unfinished.keep_asked.connect(self._keep)
        self.unfinished.listen_asked.connect(lambda c: self.open_requested.emit(c.recording.id, None, ""))
        self.unfinished.delete_asked.connect(self._delete)
        self.table = ConversationTable(theme)
        self.table.chosen.connect(lambda: self._on_action(actions.OPEN))
        self.table.selection_changed.connect(self._on_selected)
        self.table.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.table.customContextMenuRequested.connect(self._on_menu)
        self.hint = PlainLabel("", "sub", wrap=True)
        self.hint.setProperty("foot", True)  # messages leave it free
        self.strip = actions.ActionStrip(theme, self.table)
        self.strip.asked.connect(self._on_action)
        self.empty = EmptyState(
            theme,
            "conversations",
            _("Her kommer dine samtaler til at ligge."),
            _("Hent lydfil…"),
            _("Optag en samtale, eller træk en lydfil hertil."),
        )
        self.empty.chosen.connect(self._on_import)
        self.nothing_found = EmptyState(theme, "search", _("Ingen samtaler med de ord."), _("Ryd søgningen"))
        self.nothing_found.chosen.connect(self.search.clear)
        listed = QWidget()
        column = QVBoxLayout(listed)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.px(10))
        column.addWidget(self.table, 1)
        column.addWidget(self.hint)
        self.stack = QStackedWidget()
        for widget in (QWidget(), listed, scrolling(self.empty), scrolling(self.nothing_found)):
            self.stack.addWidget(widget)
        self.body.setContentsMargins(theme.px(24), theme.px(8), theme.px(24), theme.px(12))
        self.body.setSpacing(theme.px(8))
        self.body.addWidget(self.unfinished)
        self.body.addWidget(self.demo_strip)
        self.body.addWidget(self.soon_strip)
        self.body.addWidget(self.stack, 1)
        outer = self.layout()
        if outer is not None:
            outer.addWidget(self.strip)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._dirty:
            self.reload()

    # --- reading -----------------------------------------------------------------------------------------------------

    @Slot(object)
    def _on_changed(self, changes: Changes) -> None:
        if changes.recordings or changes.jobs or changes.consents or changes.annotations or changes.transcripts:
            self._dirty = True
            if self.isVisible() or self._wanted is not None:
                self.reload()

    def reload(self) -> None:
        """Read the list again, one reading at a time."""
        self._dirty = True
        if self._reading:
            return
        self._reading, self._dirty = True, False
        workspace, query = self._context.workspace(), self._query

        def work() -> tuple[list[Conversation], list[Hit], str]:
            return list_conversations(workspace), _transcripts().search(workspace, query) if query else [], query

        self._context.background.run_read(work, self._on_read, self._on_unread)

    @Slot(object)
    def _on_read(self, found: tuple[list[Conversation], list[Hit], str]) -> None:
        conversations, hits, query = found
        self._reading = False
        self._conversations = [c for c in conversations if not _coming_in(c)]
        self._hits = None
        if query:
            self._hits = {}
            for hit in hits:
                self._hits.setdefault(hit.recording_id, hit)
        self._show(query)
        workspace = self._context.workspace()
        self._context.background.run_read(lambda: _soon_text(workspace), self._on_soon)
        if self._first:
            self._first = False
            self.loaded.emit()
            self._check_models()
        if self._dirty or query != self._query:
            self.reload()

    @Slot(object)
    def _on_unread(self, error: CubbError) -> None:
        self._reading = False
        self._context.notices.fault(error)

    def _show(self, query: str) -> None:
        today = self._context.workspace().today()
        rows = [incoming.row() for incoming in self._incoming.values()]
        for conversation in self._conversations:
            hit = (self._hits or {}).get(conversation.recording.id)
            if not query or hit is not None or query.casefold() in conversation.recording.title.casefold():
                rows.append(row_of(conversation, today, hit))
        self.table.show_rows(rows, today)
        self.unfinished.show_conversations(self._conversations)
        anything = bool(self._conversations or self._incoming)
        self.stack.setCurrentIndex(1 if rows else (3 if anything else 2))
        self.header.sub.setText(self._summary(query, len(rows)))
        if self._wanted is not None and self.table.conversations.row_of_key(self._wanted) >= 0:
            self.table.choose(self._wanted)
            self._wanted = None
        self._on_selected()
        self._show_demo_strip()

    def _summary(self, query: str, shown: int) -> str:
        if query:
            return ngettext("{number} fundet", "{number} fundet", shown).format(number=shown)
        if not self._conversations:
            return ""
        today = self._context.workspace().today()
        waiting = sum(1 for conversation in self._conversations if waits_for_person(conversation, today))
        parts = [str(len(self._conversations))]
        if waiting:
            parts.append(ngettext("{number} venter på dig", "{number} venter på dig", waiting).format(number=waiting))
        return " · ".join(parts)

    @Slot(str)
    def _on_soon(self, text: str) -> None:
        self.soon_strip.text.setText(text)
        self.soon_strip.setVisible(bool(text))

    # --- the demo models ---------------------------------------------------------------------------------------------

    @Slot(object, object)
    def _on_settings_changed(self, old: Settings, new: Settings) -> None:
        if (old.recogniser, old.diariser) != (new.recogniser, new.diariser):
            self._check_models()

    def _check_models(self) -> None:
        settings = self._context.settings_store.value

        def work() -> str:
            from cubb_desktop.services.models import chosen_models, demo_notice

            try:
                return demo_notice(chosen_models(settings)) or ""
            except CubbError as error:  # a chosen folder has gone: what it means is said here, not when a job fails
                return sentence(error)

        self._context.background.run_read(work, self._on_models_checked)

    @Slot(object)
    def _on_models_checked(self, text: str) -> None:
        self._demo_text = text
        self._show_demo_strip()

    def _show_demo_strip(self) -> None:
        self.demo_strip.text.setText(self._demo_text)
        shown = bool(self._demo_text and (self._conversations or self._incoming))
        crowded = bool(self.unfinished.rows) and self._context.theme.scale >= _LARGE_TEXT  # one thing at a time
        self.demo_strip.setVisible(shown and not crowded)

    # --- searching and choosing --------------------------------------------------------------------------------------

    @Slot(str)
    def _on_searched(self, query: str) -> None:
        if query != self._query:
            self._query = query
            self.reload()

    def select(self, recording_id: RecordingId) -> None:
        """Choose a conversation as soon as it is in the list."""
        self._wanted = recording_id
        self.search.clear()
        self.reload()
        self.table.setFocus()

    @Slot()
    def _on_selected(self) -> None:
        row = self.table.current()
        self.strip.show_for(row)
        failure = row.standing.line if row is not None and actions.RETRY in actions.possible(row) else ""
        drop = _("Træk en lydfil hertil for at hente den ind. Den krypteres, mens den læses.")
        goes = goes_text(row.conversation) if row is not None and row.conversation is not None else ""
        self.hint.setText(" ".join(part for part in (failure if goes else failure or drop, goes) if part))

    @Slot(QPoint)
    def _on_menu(self, place: QPoint) -> None:
        if self.table.current() is not None:
            self.strip.menu().popup(self.table.viewport().mapToGlobal(place))

    @Slot(str)
    def _on_action(self, name: str) -> None:
        row = self.table.current()
        if row is None or name not in actions.possible(row):
            return
        if row.conversation is None:
            self._cancel_import(row.key)
            return
        doing: dict[str, Callable[[Conversation], None]] = {
            actions.OPEN: lambda c: self.open_requested.emit(
                c.recording.id, row.hit_ms, self._query if row.hit else ""
            ),
            actions.TRANSCRIBE: self._transcribe,
            actions.RETRY: self._retry,
            actions.CANCEL: self._cancel,
            actions.KEEP: self._keep,
            actions.RENAME: self._rename,
            actions.KEEPING: self._keeping,
            actions.DELETE: self._delete,
        }
        doing[name](row.conversation)

    # --- doing -------------------------------------------------------------------------------------------------------

    def _transcribe(self, conversation: Conversation) -> None:
        workspace, recording_id = self._context.workspace(), conversation.recording.id
        options = _transcripts().options_of(self._context.settings_store.value)
        self._write(lambda: _transcripts().request_transcription(workspace, recording_id, options), Changes(jobs=True))

    def _retry(self, conversation: Conversation) -> None:
        workspace, job = self._context.workspace(), conversation.job
        if job is not None:
            self._write(lambda: _transcripts().retry_job(workspace, job.id), Changes(jobs=True))

    def _cancel(self, conversation: Conversation) -> None:
        workspace, job = self._context.workspace(), conversation.job
        if job is not None:
            self._write(lambda: _transcripts().cancel_job(workspace, job.id), Changes(jobs=True))

    def _keep(self, conversation: Conversation) -> None:
        workspace, recording_id = self._context.workspace(), conversation.recording.id
        options = _transcripts().options_of(self._context.settings_store.value)

        def work() -> object:
            from cubb_desktop.services.recovery import keep_recording

            keep_recording(workspace, recording_id)
            return _transcripts().request_transcription(workspace, recording_id, options)

        self._write(work, Changes(recordings=frozenset({recording_id}), jobs=True))

    def _rename(self, conversation: Conversation) -> None:
        workspace, recording = self._context.workspace(), conversation.recording
        question = AskText(
            self.window(), self._context.theme, _("Omdøb samtalen"), _("Titel"), recording.title, _("Gem")
        )
        changes = Changes(recordings=frozenset({recording.id}))

        def rename() -> None:
            title = question.text()
            self._write(lambda: _recordings().rename_recording(workspace, recording.id, title), changes)

        question.accepted.connect(rename)
        question.open()

    def _delete(self, conversation: Conversation) -> None:
        recording = conversation.recording
        question = Confirm(
            self.window(),
            self._context.theme,
            _("Slet samtalen »{title}«?").format(title=recording.title),
            _("Lyden ({length}), udskriften og alle mærker bliver slettet og kan ikke hentes tilbage.").format(
                length=format_clock_ms(recording.duration_ms)
            ),
            _("Slet samtalen"),
            kept=_("Aftalen med borgeren bliver stående."),
        )
        question.accepted.connect(lambda: self._erase(recording.id))
        question.open()

    def _erase(self, recording_id: RecordingId) -> None:
        from cubb_desktop.gui.forgetting import forget_elsewhere

        background, workspace = self._context.background, self._context.workspace()
        background.forgetting.emit(frozenset({recording_id}))
        self._context.background.run_write(
            lambda: _erasure().erase(workspace, recording_id).changes,
            lambda _changes: forget_elsewhere(background, workspace),
            self._context.notices.fault,
        )

    def _keeping(self, conversation: Conversation) -> None:
        from cubb_desktop.gui.widgets.keeping_dialogs import KeepingDialog

        KeepingDialog(self.window(), self._context, conversation.recording.id).open()

    def _write(self, work: Callable[[], object], changes: Changes | None = None) -> None:
        self._context.background.run_write(work, changes=changes)

    # --- bringing files in -------------------------------------------------------------------------------------------

    @Slot()
    def _on_import(self) -> None:
        kinds = " ".join(f"*.{suffix}" for suffix in SOUND_SUFFIXES)
        sound, everything = _("Lyd og video"), _("Alle filer")
        filters = f"{sound} ({kinds});;{everything} (*)"
        chosen, _kind = QFileDialog.getOpenFileNames(self, _("Hent lydfil"), "", filters)
        if chosen:
            self.ask_import([Path(name) for name in chosen])

    def ask_import(self, paths: Sequence[Path]) -> ImportDialog:
        """Ask under which agreement the files come in; returns the dialog, which is already open."""
        from cubb_desktop.gui.widgets.import_dialog import ImportDialog

        dialog = ImportDialog(self.window(), self._context, paths)
        dialog.wanted.connect(self.import_files)
        dialog.open()
        return dialog

    @Slot(object, object, str, object)
    def import_files(
        self,
        paths: Iterable[Path],
        heard: Sequence[Participant],
        title: str,
        kind: ConversationKind = ConversationKind.CITIZEN_MEETING,
    ) -> None:
        """Bring files in, one after the other, and ask for their transcripts."""
        for path in paths:
            self._import_count += 1
            incoming = Incoming(f"import-{self._import_count}", title or path.stem)
            self._incoming[incoming.key] = incoming
            self._start_import(incoming, path, heard, kind)
        self._show(self._query)

    def _start_import(
        self, incoming: Incoming, path: Path, heard: Sequence[Participant], kind: ConversationKind
    ) -> None:
        workspace, options = self._context.workspace(), _transcripts().options_of(self._context.settings_store.value)
        key = incoming.key
        first, *others = [person.consent_id for person in heard if person.consent_id is not None]

        def work(errand: Errand) -> tuple[ImportResult, CubbError | None]:
            result = _recordings().import_sound(
                workspace,
                path,
                first,
                incoming.title,
                kind=kind,
                also=others,
                on_progress=errand.report,
                cancelled=errand.cancelled,
            )
            try:
                _transcripts().request_transcription(workspace, result.recording.id, options)
            except CubbError as error:  # the sound is in; why it is not written out is said beside that
                return result, error
            return result, None

        incoming.errand = self._context.background.run_errand(
            work,
            lambda found: self._on_imported(key, *found),
            lambda error: self._on_import_failed(key, path.name, error),
            lambda share: self._on_import_progress(key, share),
        )

    def _on_import_progress(self, key: str, share: float) -> None:
        if key in self._incoming:
            self._incoming[key].share = share
            self._show(self._query)

    def _on_imported(self, key: str, result: ImportResult, untranscribed: CubbError | None) -> None:
        self._incoming.pop(key, None)
        self._wanted = result.recording.id
        changes = Changes(recordings=frozenset({result.recording.id}), jobs=True)
        self._context.background.changed.emit(changes)
        notes = " ".join(_recordings().note_sentence(note) for note in result.notes)
        if untranscribed is not None:
            text = _("Samtalen er hentet ind, men udskriften er ikke sat i gang.")
            self._context.notices.fault_text(f"{text} {sentence(untranscribed)}")
        elif notes:
            self._context.notices.fault_text(notes)
        else:
            self._context.notices.tell(_("Samtalen er hentet ind, og udskriften er sat i gang."))

    def _on_import_failed(self, key: str, file_name: str, error: CubbError) -> None:
        self._incoming.pop(key, None)
        self._show(self._query)
        if isinstance(error, ImportCancelled):
            self._context.notices.tell(sentence(error))
        else:
            self._context.notices.fault_text(f"{file_name}: {sentence(error)}")

    def _cancel_import(self, key: str) -> None:
        incoming = self._incoming.get(key)
        if incoming is not None and incoming.errand is not None:
            incoming.errand.cancel()

    # --- dropping files ----------------------------------------------------------------------------------------------

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if any(url.isLocalFile() for url in event.mimeData().urls()):
            event.acceptProposedAction()
            self.hint.set_role("accent")

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self.hint.set_role("sub")

    def dropEvent(self, event: QDropEvent) -> None:
        self.hint.set_role("sub")
        paths = [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]
        files = [path for path in paths if not path.is_dir()]
        event.acceptProposedAction()
        if files:
            self.ask_import(files)
        else:
            self._context.notices.fault_text(_("Træk lydfiler hertil, ikke en mappe."))


def _recordings() -> ModuleType:
    """Return the service of recordings, loaded when it is first needed."""
    from cubb_desktop.services import recordings

    return recordings


def _erasure() -> ModuleType:
    """Return the service of forgetting, loaded when it is first needed."""
    from cubb_desktop.services import erasure

    return erasure


def _transcripts() -> ModuleType:
    """Return the service of transcripts, loaded when it is first needed."""
    from cubb_desktop.services import transcripts

    return transcripts


def _soon_text(workspace: Workspace) -> str:
    """Return what goes soon and what waits, in one sentence; "" for nothing."""
    from cubb_desktop.gui.forgetting import summary
    from cubb_desktop.services.keeping import kept

    found, today = kept(workspace), workspace.today()
    return summary(0, sum(one.is_soon(today) for one in found), sum(one.waits(today) for one in found))


def goes_text(conversation: Conversation) -> str:
    """Return on which day a conversation goes."""
    day = format_date(conversation.recording.delete_after)
    return _("Slettes efter {date}. F4 viser, hvad der bestemmer det.").format(date=day)


def _coming_in(conversation: Conversation) -> bool:
    """Whether this is a file on its way in, which has a row of its own."""
    recording = conversation.recording
    return recording.state is RecordingState.RECORDING and recording.source is Source.FILE
