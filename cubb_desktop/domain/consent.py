"""What a citizen agreed to: purposes, an end date, and whether something may be done under it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from cubb_desktop.domain.errors import N_, ConsentExpired, ConsentLacksPurpose, ConsentWithdrawn
from cubb_desktop.domain.ids import ConsentId
from cubb_desktop.domain.recording import Role


class Purpose(StrEnum):
    """What a recording may be used for; the values are the command line's."""

    OWN_LEARNING = "own-learning"
    FEEDBACK = "feedback"
    LEARNING_ROOM = "learning-room"
    FLIP = "flip"
    RESEARCH = "research"
    CASE_DOCUMENTATION = "case-documentation"


PURPOSE_LABELS: dict[Purpose, str] = {
    Purpose.OWN_LEARNING: N_("egen læring"),
    Purpose.FEEDBACK: N_("feedback fra din makker"),
    Purpose.LEARNING_ROOM: N_("læringsrum"),
    Purpose.FLIP: N_("FLIP med forskere"),
    Purpose.RESEARCH: N_("forskning"),
    Purpose.CASE_DOCUMENTATION: N_("sagsdokumentation"),
}


class Manner(StrEnum):
    """How an agreement was given; `unspecified` are those of before it was asked."""

    SIGNATURE = "signature"  # drawn on the screen
    PAPER = "paper"  # a signed paper, scanned or photographed
    SPOKEN = "spoken"  # aloud, as the first segment of the recording
    UNSPECIFIED = "unspecified"


class ReadingAid(StrEnum):
    """What help there was to understand the wording."""

    NONE = "none"
    READ_ALOUD = "read-aloud"
    INTERPRETER = "interpreter"


@dataclass(frozen=True, slots=True)
class Consent:
    """One person's agreement. `citizen` is the reference the worker typed (never a CPR number), or a colleague's name.

    `wording` names the version of the text that was agreed to, in `wording_language`; `named` are the colleagues who
    may give feedback; `author` took the agreement. Dates are local.
    """

    id: ConsentId
    citizen: str
    purposes: frozenset[Purpose]
    until: date
    given_at: datetime
    author: str
    form: str | None = None
    withdrawn_at: datetime | None = None
    role: Role = Role.CITIZEN
    manner: Manner = Manner.UNSPECIFIED
    wording: str | None = None
    wording_language: str | None = None
    reading_aid: ReadingAid = ReadingAid.NONE
    named: tuple[str, ...] = ()
    version: int = 1


class ConsentState(StrEnum):
    """Where an agreement stands on a given day."""

    VALID = "valid"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"


def state_on(consent: Consent, today: date) -> ConsentState:
    """Return the agreement's state on `today`; the last day itself is still valid."""
    if consent.withdrawn_at is not None:
        return ConsentState.WITHDRAWN
    return ConsentState.VALID if today <= consent.until else ConsentState.EXPIRED


def require(consent: Consent, today: date, purpose: Purpose | None = None) -> None:
    """Raise the matching `NotAllowed` unless `consent` is valid on `today` and, if given, holds `purpose`."""
    state = state_on(consent, today)
    if state is ConsentState.WITHDRAWN:
        raise ConsentWithdrawn
    if state is ConsentState.EXPIRED:
        raise ConsentExpired(until=consent.until.isoformat())
    if purpose is not None and purpose not in consent.purposes:
        raise ConsentLacksPurpose(purpose=purpose.value)
