"""What a person can do with the conversation under review beside reading it: dialogs, and the writes behind them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TypeVar

from PySide6.QtCore import QObject, Slot
from PySide6.QtWidgets import QFileDialog, QWidget

from cubb_desktop.domain.changes import Changes
from cubb_desktop.domain.ids import RecordingId
from cubb_desktop.domain.pack import Excerpt, ExportEntry
from cubb_desktop.gui.context import PageContext
from cubb_desktop.gui.widgets.review_dialogs import ExcerptDialog, ExportChoice, ExportDialog, NewExcerpt, file_name
from cubb_desktop.gui.widgets.review_playback import Playback
from cubb_desktop.gui.widgets.review_scroll import Passage
from cubb_desktop.gui.widgets.review_source import Conversation
from cubb_desktop.gui.widgets.speaker_dialog import Naming, SpeakerDialog
from cubb_desktop.i18n import _
from cubb_desktop.services import transcripts
from cubb_desktop.services.workspace import Workspace

T = TypeVar("T")


def choose_file(parent: QWidget, name: str) -> Path | None:
    """Ask where a file is to lie; the system's own dialog asks before another is replaced."""
    chosen, _kind = QFileDialog.getSaveFileName(parent, _("Eksportér"), name)
    return Path(chosen) if chosen else None


def lines_text(first: str, last: str) -> str:
    """Return "linje 216" or "linje 216–217"."""
    if first == last:
        return _("linje {number}").format(number=first)
    return _("linje {first}–{last}").format(first=first, last=last)


class ReviewActs(QObject):
    """Asks in dialogs over the page, writes in the background, tells in notices."""

    def __init__(
        self, context: PageContext, page: QWidget, conversation: Callable[[], Conversation | None], playback: Playback
    ) -> None:
        super().__init__(page)
        self._context, self._page = context, page
        self._conversation, self._playback = conversation, playback
        self.choose_file: Callable[[QWidget, str], Path | None] = choose_file

    def _write(self, work: Callable[[], T], changes: Changes, done: Callable[[T], object] | None = None) -> None:
        self._context.background.run_write(work, done, self._context.notices.fault, changes=changes)

    # --- speakers, excerpts, exports ---------------------------------------------------------------------------------

    @Slot()
    def name_speakers(self) -> None:
        """Ask who the voices are."""
        conversation = self._conversation()
        if conversation is None or conversation.transcript is None:
            return
        dialog = SpeakerDialog(self._page, self._context.theme, conversation.transcript)
        dialog.hear_requested.connect(self._playback.play)
        dialog.saved.connect(self._on_speakers_named)
        dialog.finished.connect(lambda _result: self._playback.pause())
        dialog.open()

    @Slot(object)
    def _on_speakers_named(self, names: list[Naming]) -> None:
        conversation, workspace = self._conversation(), self._context.workspace()
        if conversation is None or not names:
            return
        recording_id = conversation.recording.id

        def name_all() -> None:
            for naming in names:
                transcripts.set_speaker(workspace, recording_id, naming.speaker_id, naming.label, naming.role)

        self._write(name_all, Changes(transcripts=frozenset({recording_id})))

    def make_excerpt(self, passage: Passage | None) -> None:
        """Ask for the title and the borders of an excerpt, starting with a passage, else with everything."""
        conversation = self._conversation()
        if conversation is None:
            return
        duration_ms = conversation.recording.duration_ms
        start_ms, end_ms = (passage.start_ms, passage.end_ms) if passage is not None else (0, duration_ms)
        dialog = ExcerptDialog(self._page, self._context.theme, duration_ms, start_ms, end_ms)
        dialog.hear_requested.connect(self._playback.play)
        dialog.chosen.connect(self._on_excerpt_chosen)
        dialog.finished.connect(lambda _result: self._playback.pause())
        dialog.open()

    @Slot(object)
    def _on_excerpt_chosen(self, chosen: NewExcerpt) -> None:
        conversation, workspace = self._conversation(), self._context.workspace()
        if conversation is not None:
            recording_id = conversation.recording.id
            self._write(
                lambda: _add_excerpt(workspace, recording_id, chosen), Changes(excerpts=True), self._on_excerpt_added
            )

    def _on_excerpt_added(self, excerpt: Excerpt) -> None:
        self._context.notices.tell(
            _("Uddraget er gemt. Du finder det under Eksportér."), _("Eksportér…"), lambda: self.export(excerpt.id)
        )

    def export(self, target_id: str = "") -> None:
        """Ask what is to leave the house, pointing at an excerpt if one is given."""
        conversation, workspace = self._conversation(), self._context.workspace()
        if conversation is not None:
            recording_id = conversation.recording.id
            self._context.background.run_read(
                lambda: _excerpts(workspace, recording_id), partial(self._ask_export, target_id)
            )

    def _ask_export(self, target_id: str, excerpts: list[Excerpt]) -> None:
        conversation = self._conversation()
        if conversation is None:
            return
        today, theme = self._context.workspace().today(), self._context.theme
        dialog = ExportDialog(self._page, theme, conversation.recording, excerpts, conversation.consent, today)
        dialog.choose(target_id)
        dialog.chosen.connect(self._on_export_chosen)
        dialog.open()

    @Slot(object)
    def _on_export_chosen(self, choice: ExportChoice) -> None:
        out = self.choose_file(self._page, file_name(choice.title, choice.format))
        if out is None:
            return
        workspace = self._context.workspace()
        self._context.background.run_errand(
            lambda _errand: _export(workspace, choice, out),
            lambda _entry: self._on_exported(),
            self._context.notices.fault,
        )

    def _on_exported(self) -> None:
        self._context.notices.tell(_("Filen er gemt og står i eksportlisten."))
        self._context.background.changed.emit(Changes(exports=True))

    # --- transcription -----------------------------------------------------------------------------------------------

    @Slot()
    def transcribe(self, told: str = "") -> None:
        """Ask for a transcription as the settings have it; `told` is said when it waits."""
        conversation, workspace = self._conversation(), self._context.workspace()
        options = transcripts.options_of(self._context.settings_store.value)
        if conversation is None:
            return
        recording_id = conversation.recording.id
        self._write(
            lambda: transcripts.request_transcription(workspace, recording_id, options),
            Changes(jobs=True),
            lambda _job: self._context.notices.tell(told) if told else None,
        )

    @Slot()
    def retry(self) -> None:
        """Let the newest transcription be tried again."""
        conversation, workspace = self._conversation(), self._context.workspace()
        if conversation is not None and conversation.job is not None:
            job_id = conversation.job.id
            self._write(lambda: transcripts.retry_job(workspace, job_id), Changes(jobs=True))

    @Slot()
    def cancel(self) -> None:
        """Stop the transcription under way."""
        conversation, workspace = self._conversation(), self._context.workspace()
        if conversation is not None and conversation.job is not None:
            job_id = conversation.job.id
            self._write(lambda: transcripts.cancel_job(workspace, job_id), Changes(jobs=True))


# --- in the background; the library that writes documents is loaded when the first is written -------------------------


def _add_excerpt(workspace: Workspace, recording_id: RecordingId, chosen: NewExcerpt) -> Excerpt:
    from cubb_desktop.services.packs import add_excerpt

    return add_excerpt(workspace, recording_id, chosen.start_ms, chosen.end_ms, chosen.title)


def _excerpts(workspace: Workspace, recording_id: RecordingId) -> list[Excerpt]:
    from cubb_desktop.services.packs import list_excerpts

    return list_excerpts(workspace, recording_id)


def _export(workspace: Workspace, choice: ExportChoice, out: Path) -> ExportEntry:
    from cubb_desktop.services.packs import export

    return export(
        workspace,
        choice.target_id,
        choice.format,
        out,
        choice.purpose,
        recipient=choice.recipient or None,
        replace_existing=True,
    )
