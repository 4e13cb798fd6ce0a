"""The versions of the conversation under review: read another, choose one, compare, take over; the human's stays."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Slot
from PySide6.QtWidgets import QMenu, QWidget

from cubb_desktop.domain import corrections
from cubb_desktop.domain.changes import Changes
from cubb_desktop.domain.comparing import Difference
from cubb_desktop.domain.errors import CubbError
from cubb_desktop.domain.ids import RecordingId
from cubb_desktop.domain.transcript import Version
from cubb_desktop.gui.context import PageContext
from cubb_desktop.gui.widgets.review_doubts import AROUND_MS, Hear
from cubb_desktop.gui.widgets.review_editing import ReviewEditing
from cubb_desktop.gui.widgets.review_source import Conversation
from cubb_desktop.gui.widgets.text import plain_button_text
from cubb_desktop.gui.widgets.transcript_view import TranscriptView
from cubb_desktop.gui.widgets.version_compare import ComparisonDialog
from cubb_desktop.gui.widgets.version_strip import VersionStrip
from cubb_desktop.i18n import _, format_date, format_time

if TYPE_CHECKING:
    from cubb_desktop.services.workspace import Workspace


class ReviewVersions(QObject):
    """Knows which version is read; `reload` lets the page read it."""

    def __init__(
        self,
        context: PageContext,
        view: TranscriptView,
        editing: ReviewEditing,
        conversation: Callable[[], Conversation | None],
        hear: Hear,
        reload: Callable[[], object],
        transcribe: Callable[[str], object],
    ) -> None:
        super().__init__(view)
        self._context, self._view, self._editing, self._conversation = context, view, editing, conversation
        self._hear, self._reload, self._transcribe = hear, reload, transcribe
        self.reading: int | None = None  # the number of the version that is read instead of the one that counts
        self.strip = VersionStrip(context.theme)
        self.dialog: ComparisonDialog | None = None
        self._compared = 0
        self.strip.back_requested.connect(lambda: self.read(None))
        self.strip.read_requested.connect(lambda: self._with_other(self.read))
        self.strip.compare_requested.connect(lambda: self._with_other(self.compare))
        self.strip.use_requested.connect(lambda: self._with_other(self.use))
        self.strip.keep_requested.connect(self._on_keep)
        view.sheet_shown.connect(self._look_again)

    # --- what is shown -----------------------------------------------------------------------------------------------

    def show_conversation(self, conversation: Conversation) -> None:
        """Say where it is not plain which version is read."""
        other = self._other(conversation)
        if other is None or conversation.withdrawn:
            self.strip.hide()
        elif conversation.reading is not None:
            text = _("Du læser {version}. Den kan ikke rettes.").format(version=version_text(other))
            self.strip.show_reading(text)
        else:
            text = _("Der er en nyere maskinel udskrift: {version}. Den, du læser, er stadig den gældende.")
            self.strip.show_newer(text.format(version=version_text(other)))

    def reset(self) -> None:
        """Another conversation comes."""
        self.reading = None
        self.strip.hide()
        if self.dialog is not None:
            self.dialog.reject()

    def _other(self, conversation: Conversation) -> Version | None:
        """Return the version to speak of: the one that is read, else a newer one that nobody has decided about."""
        versions = conversation.versions
        if conversation.reading is not None:
            return next((one for one in versions if one.number == conversation.reading), None)
        current = next((one for one in versions if one.current), None)
        newest = versions[-1] if versions else None
        if current is None or newest is None or newest.number <= current.number:
            return None
        decided = current.chosen_at is not None and current.chosen_at >= newest.created_at
        return None if decided else newest

    def _with_other(self, act: Callable[[int], object]) -> None:
        conversation = self._conversation()
        other = self._other(conversation) if conversation is not None else None
        if other is not None:
            act(other.number)

    @Slot()
    def _on_keep(self) -> None:
        conversation = self._conversation()
        current = next((one for one in conversation.versions if one.current), None) if conversation else None
        if current is not None:
            self.use(current.number)

    # --- the menu ----------------------------------------------------------------------------------------------------

    def menu(self, parent: QWidget) -> QMenu:
        """Return the versions as a menu, with what can be done with each."""
        menu = QMenu(parent)
        conversation = self._conversation()
        for one in conversation.versions if conversation is not None else ():
            text = plain_button_text(version_text(one))
            if one.current:
                action = menu.addAction(_("{version} · den gældende").format(version=text))
                action.triggered.connect(lambda _on=False: self.read(None))
                action.setCheckable(True)
                action.setChecked(self.reading is None)
                continue
            entry = menu.addMenu(text)
            entry.addAction(_("Læs den")).triggered.connect(partial(self._act, self.read, one.number))
            entry.addAction(_("Sammenlign med den gældende…")).triggered.connect(
                partial(self._act, self.compare, one.number)
            )
            entry.addAction(_("Gør den til den gældende")).triggered.connect(partial(self._act, self.use, one.number))
        menu.addSeparator()
        again = menu.addAction(_("Lav udskrift igen"))
        again.setEnabled(conversation is not None and not conversation.under_way)
        again.triggered.connect(self.transcribe_again)
        return menu

    def _act(self, act: Callable[[int], object], number: int, _checked: bool = False) -> None:
        act(number)

    @Slot()
    def transcribe_again(self) -> None:
        """Ask for another run of the machine; what people have done stays as it is."""
        self._transcribe(
            _("Udskriften laves igen som en ny version ved siden af. Samme model og indstillinger giver den samme.")
        )

    # --- reading and choosing ----------------------------------------------------------------------------------------

    def read(self, number: int | None) -> None:
        """Read a version, None for the one that counts; reading changes nothing."""
        if number != self.reading:
            self.reading = number
            self._editing.end()
            self._reload()

    def use(self, number: int) -> None:
        """Let a version count from now on; a notice offers the one that counted before."""
        conversation, workspace = self._conversation(), self._context.workspace()
        if conversation is None:
            return
        recording_id = conversation.recording.id
        before = next((one.number for one in conversation.versions if one.current), number)

        def done(_done: object) -> None:
            told = _("Version {number} er nu den gældende.").format(number=number)
            if before == number:
                self._context.notices.tell(_("Version {number} er stadig den gældende.").format(number=number))
            else:
                self._context.notices.tell(told, _("Fortryd"), lambda: self.use(before))

        self.reading = None
        self._editing.end()
        self._context.background.run_write(
            lambda: _choose(workspace, recording_id, number),
            done,
            self._context.notices.fault,
            changes=Changes(transcripts=frozenset({recording_id})),
        )

    # --- comparing ---------------------------------------------------------------------------------------------------

    def compare(self, number: int) -> None:
        """Show where a version differs from the one that counts, which is shown behind."""
        conversation = self._conversation()
        current = next((one for one in conversation.versions if one.current), None) if conversation else None
        if current is None:
            return
        self.read(None)
        self._compared = number
        dialog = ComparisonDialog(self._view, self._context.theme, current.number, number)
        dialog.hear_requested.connect(lambda start, end: self._hear(max(0, start - AROUND_MS), end + AROUND_MS))
        dialog.take_requested.connect(self._on_take)
        dialog.undo_requested.connect(self._editing.undo)
        dialog.finished.connect(self._on_closed)
        self.dialog = dialog
        dialog.open()
        self._look_again()

    @Slot()
    def _on_closed(self) -> None:
        self.dialog = None
        self._view.setFocus()

    @Slot()
    def _look_again(self) -> None:
        """Compare anew with the text as it stands now, in the background."""
        conversation, dialog = self._conversation(), self.dialog
        if conversation is None or dialog is None:
            return
        recording_id, workspace, other = conversation.recording.id, self._context.workspace(), self._compared
        self._context.background.run_read(
            lambda: _compare(workspace, recording_id, other), partial(self._on_compared, dialog), self._on_not_compared
        )

    def _on_compared(self, dialog: ComparisonDialog, found: list[Difference]) -> None:
        if dialog is self.dialog:
            dialog.show_differences(found, may_take=self._editing.may)

    @Slot(object)
    def _on_not_compared(self, error: CubbError) -> None:
        if self.dialog is not None:
            self.dialog.reject()
        self._context.notices.fault(error)

    @Slot(object)
    def _on_take(self, one: Difference) -> None:
        gone = [word.id for word in one.before]
        self._editing.apply(
            lambda editing: corrections.take(editing.text, gone, one.after, editing.hand()),
            lambda edit: self._look_again() if edit is None else None,
        )


def version_text(one: Version) -> str:
    """Return "version 2 · 24. november 2026 9.30 · edda · rettet"."""
    parts = [
        _("version {number}").format(number=one.number),
        f"{format_date(one.created_at)} {format_time(one.created_at)}",
        one.engine.recogniser,
    ]
    return " · ".join([*parts, _("rettet")] if one.corrected else parts)


def _choose(workspace: Workspace, recording_id: RecordingId, number: int) -> None:
    from cubb_desktop.services.versions import choose_version

    choose_version(workspace, recording_id, number)


def _compare(workspace: Workspace, recording_id: RecordingId, other: int) -> list[Difference]:
    from cubb_desktop.services.versions import compare

    return compare(workspace, recording_id, other)
