"""Suggested places beside the text: read in the background when the text is there, decided about by the person."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Slot

from cubb_desktop.domain.changes import Changes
from cubb_desktop.domain.finders import FINDERS
from cubb_desktop.domain.ids import RecordingId
from cubb_desktop.domain.thresholds import thresholds_from
from cubb_desktop.gui.context import PageContext
from cubb_desktop.gui.widgets.review_source import Conversation, concept_name
from cubb_desktop.gui.widgets.suggestion_card import SuggestionCard, SuggestionView
from cubb_desktop.gui.widgets.transcript_view import TranscriptView
from cubb_desktop.i18n import _, format_seconds
from cubb_desktop.settings import Settings

if TYPE_CHECKING:
    from cubb_desktop.services.candidates import Suggestion
    from cubb_desktop.services.workspace import Workspace

Act = Callable[["Workspace", RecordingId, "Suggestion"], object]


class ReviewSuggestions(QObject):
    """Keeps the card with what the rules of the concepts in use point at, less what was decided about."""

    def __init__(
        self,
        context: PageContext,
        card: SuggestionCard,
        view: TranscriptView,
        conversation: Callable[[], Conversation | None],
    ) -> None:
        super().__init__(card)
        self._context, self._card, self._view, self._conversation = context, card, view, conversation
        self._known: dict[str, Suggestion] = {}
        card.show_requested.connect(self._on_shown)
        card.accepted.connect(self._on_accepted)
        card.dismissed.connect(self._on_dismissed)
        context.settings_store.changed.connect(self._on_settings)

    @Slot(object, object)
    def _on_settings(self, old: Settings, new: Settings) -> None:
        if old.thresholds != new.thresholds:
            self.refresh()

    def refresh(self) -> None:
        """Read anew what is suggested in the conversation that the page shows."""
        conversation = self._conversation()
        if conversation is None or conversation.withdrawn or not conversation.final or conversation.reading:
            self._show([])
            return
        in_use = {concept.id for concept in conversation.concepts if concept.in_use}
        finders = [finder.id for finder in FINDERS.values() if finder.concept in in_use]
        recording_id, workspace = conversation.recording.id, self._context.workspace()
        transcript = conversation.transcript
        limits = thresholds_from(self._context.settings_store.value.thresholds)

        def read() -> list[Suggestion]:
            from cubb_desktop.services.candidates import suggestions

            if not finders:
                return []
            return suggestions(workspace, recording_id, finders, thresholds=limits, transcript=transcript)

        # A fault here is the page's own to tell: it reads the same conversation.
        self._context.background.run_read(read, partial(self._on_read, recording_id), lambda _error: self._show([]))

    def _on_read(self, recording_id: RecordingId, found: list[Suggestion]) -> None:
        conversation = self._conversation()
        if conversation is not None and conversation.recording.id == recording_id:
            self._show([one for one in found if one.decision is None])

    def _show(self, found: list[Suggestion]) -> None:
        self._known = {one.place: one for one in found}
        self._card.show_suggestions([self._view_of(one) for one in found])

    def _view_of(self, one: Suggestion) -> SuggestionView:
        conversation, candidate = self._conversation(), one.candidate
        concept = conversation.concept(one.finder.concept) if conversation is not None else None
        row = self._view.row_of(candidate.word_ids, candidate.start_ms)
        length = _("{length} s").format(length=format_seconds(candidate.end_ms - candidate.start_ms))
        text = f"»{one.quote}«" if one.quote else " ".join(part for part in (candidate.form, length) if part)
        name = concept_name(concept) if concept is not None else str(one.finder.concept)
        return SuggestionView(
            place=one.place,
            finder=candidate.finder.value,
            finder_name=name,
            text=f"{name}: {text}",
            where=_("linje {number}").format(number=row.name) if row is not None else "",
            rule=f"{one.rule} ({one.finder.source})",
            start_ms=candidate.start_ms,
            end_ms=candidate.end_ms,
        )

    @Slot(str)
    def _on_shown(self, place: str) -> None:
        one = self._known.get(place)
        if one is not None:
            self._view.select_passage(one.candidate.start_ms, one.candidate.end_ms)

    @Slot(str)
    def _on_accepted(self, place: str) -> None:
        self._decide(self._known.get(place), _accept)

    @Slot(str)
    def _on_dismissed(self, place: str) -> None:
        def told() -> None:
            self._context.notices.tell(_("Forslaget er afvist."), _("Fortryd"), lambda: self._decide(one, _bring_back))

        one = self._known.get(place)
        self._decide(one, _dismiss, told)

    def _decide(self, one: Suggestion | None, act: Act, told: Callable[[], object] = lambda: None) -> None:
        conversation = self._conversation()
        if one is None or conversation is None:
            return
        recording_id, workspace = conversation.recording.id, self._context.workspace()

        def done(_made: object) -> None:
            told()
            self.refresh()

        self._context.background.run_write(
            lambda: act(workspace, recording_id, one),
            done,
            self._context.notices.fault,
            changes=Changes(annotations=frozenset({recording_id})),
        )


def _accept(workspace: Workspace, recording_id: RecordingId, one: Suggestion) -> None:
    from cubb_desktop.services.candidates import accept

    accept(workspace, recording_id, one)


def _dismiss(workspace: Workspace, recording_id: RecordingId, one: Suggestion) -> None:
    from cubb_desktop.services.candidates import dismiss

    dismiss(workspace, recording_id, one)


def _bring_back(workspace: Workspace, recording_id: RecordingId, one: Suggestion) -> None:
    from cubb_desktop.services.candidates import bring_back

    bring_back(workspace, recording_id, one.place)
