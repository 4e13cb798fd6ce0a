"""What a person agreed to: purposes, an end date, and whether something may be done under it.

An agreement is never what makes the processing lawful: the municipality's legal basis is kept apart (`policy.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from cubb_desktop.domain.errors import (
    N_,
    ConsentExpired,
    ConsentLacksPurpose,
    ConsentMissing,
    ConsentWithdrawn,
    NoCommonPurpose,
    NotAllowed,
    RecipientNotNamed,
)
from cubb_desktop.domain.ids import ConsentId, EvidenceId
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


MANNER_LABELS: dict[Manner, str] = {
    Manner.SIGNATURE: N_("underskrevet på skærmen"),
    Manner.PAPER: N_("underskrevet på papir"),
    Manner.SPOKEN: N_("sagt højt"),
    Manner.UNSPECIFIED: N_("ikke oplyst"),
}
READING_AID_LABELS: dict[ReadingAid, str] = {
    ReadingAid.NONE: N_("læste selv"),
    ReadingAid.READ_ALOUD: N_("læst højt"),
    ReadingAid.INTERPRETER: N_("med tolk"),
}
# What the citizen is asked about; case documentation is a duty of the authority, which nobody says yes or no to.
ASKED: tuple[Purpose, ...] = (
    Purpose.OWN_LEARNING,
    Purpose.FEEDBACK,
    Purpose.LEARNING_ROOM,
    Purpose.FLIP,
    Purpose.RESEARCH,
)
USUAL_DAYS = 182
SOON_DAYS = 14


@dataclass(frozen=True, slots=True)
class Consent:
    """One person's agreement. `citizen` is the reference the worker typed (never a CPR number), or a colleague's name.

    `purposes` are those agreed to; `refused`, `informed` (told of, not decided) and `taken_back` the others that were
    spoken of. `wording` names the version of the text that was agreed to, in `wording_language`; `named` are the
    colleagues who may give feedback; `author` took the agreement. Dates are local.
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
    refused: frozenset[Purpose] = frozenset()
    informed: frozenset[Purpose] = frozenset()
    taken_back: frozenset[Purpose] = frozenset()
    version: int = 1


class EvidenceKind(StrEnum):
    """What proves an agreement."""

    SIGNATURE = "signature"
    PAPER = "paper"


@dataclass(frozen=True, slots=True)
class Evidence:
    """A picture that proves an agreement: a drawn signature, or one page of a signed paper."""

    id: EvidenceId
    consent_id: ConsentId
    kind: EvidenceKind
    media_type: str
    content: bytes
    sha256: str
    author: str
    created_at: datetime


# --- where it stands -------------------------------------------------------------------------------------------------


class ConsentState(StrEnum):
    """Where an agreement stands on a given day."""

    VALID = "valid"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"


class PurposeState(StrEnum):
    """Where one person stands with one purpose: asked nothing, told, and what they said."""

    NOT_ASKED = "not-asked"
    INFORMED = "informed"
    AGREED = "agreed"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


PURPOSE_STATE_LABELS: dict[PurposeState, str] = {
    PurposeState.INFORMED: N_("fortalt, ikke svaret"),
    PurposeState.AGREED: N_("ja"),
    PurposeState.REFUSED: N_("nej"),
    PurposeState.WITHDRAWN: N_("trukket tilbage"),
    PurposeState.EXPIRED: N_("udløbet"),
}


def state_on(consent: Consent, today: date) -> ConsentState:
    """Return the agreement's state on `today`; the last day itself is still valid."""
    if consent.withdrawn_at is not None:
        return ConsentState.WITHDRAWN
    return ConsentState.VALID if today <= consent.until else ConsentState.EXPIRED


def purpose_state(consent: Consent, purpose: Purpose, today: date) -> PurposeState:
    """Return where the person stands with one purpose on `today`."""
    if purpose in consent.purposes:
        return {
            ConsentState.VALID: PurposeState.AGREED,
            ConsentState.EXPIRED: PurposeState.EXPIRED,
            ConsentState.WITHDRAWN: PurposeState.WITHDRAWN,
        }[state_on(consent, today)]
    if purpose in consent.taken_back:
        return PurposeState.WITHDRAWN
    if purpose in consent.refused:
        return PurposeState.REFUSED
    return PurposeState.INFORMED if purpose in consent.informed else PurposeState.NOT_ASKED


def usual_until(today: date) -> date:
    """Return the last day that is proposed for a new agreement."""
    return today + timedelta(days=USUAL_DAYS)


def days_left(consent: Consent, today: date) -> int | None:
    """Return how many days a valid agreement has left when they are few (0: today is the last), else None."""
    left = (consent.until - today).days
    return left if state_on(consent, today) is ConsentState.VALID and left <= SOON_DAYS else None


# --- the gate --------------------------------------------------------------------------------------------------------


class Use(StrEnum):
    """What may be asked of a conversation."""

    RECORD = "record"
    IMPORT = "import"
    TRANSCRIBE = "transcribe"
    OPEN = "open"  # read, listen, see the waveform, find by search
    SHARE = "share"
    EXCERPT = "excerpt"
    ANNOTATE = "annotate"
    EXPORT = "export"


_HANDS_ON = frozenset({Use.SHARE, Use.EXPORT})


def may(
    use: Use,
    heard: Sequence[Consent],
    today: date,
    purpose: Purpose | None = None,
    recipient: str | None = None,
) -> NotAllowed | None:
    """Return why `use` is refused on `today`, or None; `heard` are the agreements of everybody who is heard.

    Without a `purpose` they must have at least one in common. What is handed on for feedback goes to a named colleague,
    where names were given. After the last day the recording may only be opened, so that its owner sees what is to be
    deleted or agreed on anew; after a withdrawal nothing may.
    """
    if not heard:
        return ConsentMissing()
    if any(consent.withdrawn_at is not None for consent in heard):
        return ConsentWithdrawn()
    if use is Use.OPEN and purpose is None:
        return None
    for consent in heard:
        if state_on(consent, today) is ConsentState.EXPIRED:
            return ConsentExpired(until=consent.until.isoformat())
    if purpose is None:
        return None if frozenset.intersection(*(consent.purposes for consent in heard)) else NoCommonPurpose()
    if any(purpose not in consent.purposes for consent in heard):
        return ConsentLacksPurpose(purpose=purpose.value)
    if use in _HANDS_ON and purpose is Purpose.FEEDBACK and not all(_names(consent, recipient) for consent in heard):
        return RecipientNotNamed()
    return None


def require_use(
    use: Use,
    heard: Sequence[Consent],
    today: date,
    purpose: Purpose | None = None,
    recipient: str | None = None,
) -> None:
    """Raise what `may` returns."""
    refusal = may(use, heard, today, purpose, recipient)
    if refusal is not None:
        raise refusal


def _names(consent: Consent, recipient: str | None) -> bool:
    """Whether `recipient` is one of the colleagues that an agreement names; one that names nobody leaves it open."""
    return not consent.named or folded(recipient or "") in {folded(name) for name in consent.named}


def folded(name: str) -> str:
    """Return a person's name as it is compared: spaces and case do not count."""
    return " ".join(name.split()).casefold()
