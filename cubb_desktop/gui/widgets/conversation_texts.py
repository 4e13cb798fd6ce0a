"""How a conversation is told in words: who, how far, until when. Pure functions from rows to texts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Literal

from cubb_desktop.domain import errors
from cubb_desktop.domain.consent import ConsentState, Purpose, state_on
from cubb_desktop.domain.errors import N_, CubbError
from cubb_desktop.domain.job import Job, JobState, Phase
from cubb_desktop.domain.recording import RecordingState, Role
from cubb_desktop.domain.retention import Hold, holds_of
from cubb_desktop.domain.transcript import Speaker
from cubb_desktop.i18n import _, format_time_left, ngettext, sentence
from cubb_desktop.services.conversations import Conversation

Tone = Literal["plain", "accent", "recording"]

ROLE_WORDS: dict[Role, str] = {
    Role.WORKER: N_("dig"),
    Role.CITIZEN: N_("borger"),
    Role.COLLEAGUE: N_("kollega"),
    Role.EMPLOYER: N_("arbejdsgiver"),
}
PHASE_WORDS: dict[Phase, str] = {
    Phase.LOADING: N_("Gør klar"),
    Phase.LISTENING: N_("Lytter efter tale"),
    Phase.RECOGNISING: N_("Skriver ud"),
    Phase.DIARISING: N_("Finder talere"),
    Phase.ALIGNING: N_("Samler udskriften"),
}
_SOON_DAYS = 14


@dataclass(frozen=True, slots=True)
class Pill:
    """A word in a rounded box."""

    text: str
    tone: Tone = "plain"


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a conversation is: a bar (share 0..1) with a line, or pills with a line behind them."""

    pills: tuple[Pill, ...] = ()
    line: str = ""
    share: float | None = None

    @property
    def text(self) -> str:
        """All of it as one line, for screen readers and sorting."""
        percent = [] if self.share is None else [f"{round(self.share * 100)} %"]
        return " · ".join([*(pill.text for pill in self.pills), *percent, *([self.line] if self.line else [])])


def speakers_text(speakers: Iterable[Speaker]) -> str:
    """Return "dig, borger, makker"; a voice whose role nobody has told is named by its label."""
    words = [_(ROLE_WORDS[s.role]) if s.role in ROLE_WORDS else s.label for s in speakers]
    return ", ".join(dict.fromkeys(words))


def job_failure(job: Job) -> str:
    """Return the sentence of what ended a failed job."""
    kind = getattr(errors, job.failure or "", None)
    if isinstance(kind, type) and issubclass(kind, CubbError):
        return sentence(kind(**job.failure_params))
    return sentence(errors.JobFailed(exit="?"))


def standing(conversation: Conversation, today: date) -> Standing:
    """Return how far a conversation is, as its row says it."""
    state, job = conversation.recording.state, conversation.job
    if job is not None and job.state is JobState.DOING:
        return _under_way(job, conversation.has_text)
    if state is RecordingState.QUEUED or (job is not None and job.state is JobState.TODO):
        return Standing((Pill(_("Venter på udskrift")),))
    if state is RecordingState.RECORDING:
        return Standing((Pill(_("Optages nu"), "recording"),))
    if state is RecordingState.INTERRUPTED:
        return Standing((Pill(_("Afbrudt")),), _("lyden indtil da er bevaret"))
    if job is not None and job.state is JobState.FAILED and state is not RecordingState.READY:
        return Standing((Pill(_("Uden udskrift")),), job_failure(job))
    if state_on(conversation.consent, today) is not ConsentState.VALID:
        return Standing(tuple(_consent_pills(conversation, today)))
    return Standing((*_text_pills(conversation), *_consent_pills(conversation, today)))


def _under_way(job: Job, has_text: bool) -> Standing:
    if job.cancel_requested:
        return Standing((Pill(_("Annulleres")),))
    if job.progress is None:
        return Standing(line=_(PHASE_WORDS[Phase.LOADING]), share=0.0)
    parts = [_(PHASE_WORDS[job.progress.phase]), format_time_left(job.progress.seconds_left)]
    if job.progress.text_ready or has_text:
        parts.append(_("teksten kan læses nu"))
    return Standing(line=" · ".join(part for part in parts if part), share=job.progress.share)


def _text_pills(conversation: Conversation) -> list[Pill]:
    state, marks = conversation.recording.state, conversation.marks
    if state is RecordingState.READY and not marks:
        return [Pill(_("Klar til gennemgang"), "accent")]
    if state is RecordingState.READY:
        return [Pill(ngettext("{number} mærke", "{number} mærker", marks).format(number=marks))]
    return [Pill(_("Tekst uden talere") if conversation.has_text else _("Uden udskrift"))]


def _consent_pills(conversation: Conversation, today: date) -> list[Pill]:
    state = state_on(conversation.consent, today)
    if state is ConsentState.WITHDRAWN:
        return [Pill(_("Aftalen er trukket tilbage")), *_hold_pills(conversation)]
    if state is ConsentState.EXPIRED:
        return [Pill(_("Aftalen er udløbet")), *_hold_pills(conversation)]
    left = (conversation.recording.delete_after - today).days
    days = (conversation.consent.until - today).days
    if left < 0:
        return _hold_pills(conversation)
    if left < min(days, _SOON_DAYS):
        text = ngettext("Slettes om {days} dag", "Slettes om {days} dage", left + 1)
        return [Pill(text.format(days=left + 1))]
    if days == 0:
        return [Pill(_("Aftalen udløber i dag"))]
    if days <= _SOON_DAYS:
        text = ngettext("Aftalen udløber om {days} dag", "Aftalen udløber om {days} dage", days)
        return [Pill(text.format(days=days))]
    return []


def _hold_pills(conversation: Conversation) -> list[Pill]:
    """Return why a conversation whose time has passed is still there."""
    agreed = conversation.consent.purposes | conversation.consent.taken_back
    holds = holds_of(conversation.recording, is_case=Purpose.CASE_DOCUMENTATION in agreed)
    if Hold.JOURNAL in holds:
        return [Pill(_("Venter på journalisering"))]
    return [Pill(_("Holdes tilbage"))] if holds else []


def waits_for_person(conversation: Conversation, today: date) -> bool:
    """Whether a choice is to be made after a crash, or a text is ready that may be used and has no mark yet."""
    if conversation.recording.state is RecordingState.INTERRUPTED:
        return True
    allowed = state_on(conversation.consent, today) is ConsentState.VALID
    return allowed and conversation.recording.state is RecordingState.READY and not conversation.marks
