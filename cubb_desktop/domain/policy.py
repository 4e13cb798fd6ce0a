"""What the municipality has decided for a library: its legal basis, and how long things are kept.

The legal basis (behandlingsgrundlag) makes the processing lawful; the person's agreement does not, and neither stands
in for the other.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from cubb_desktop.domain.errors import N_
from cubb_desktop.domain.retention import LONGEST_DAYS


class LegalBasis(StrEnum):
    """What the municipality rests the recordings on; for `public-task` and `other` a text says which law."""

    PUBLIC_TASK = "public-task"
    CONSENT = "consent"
    OTHER = "other"


LEGAL_BASIS_LABELS: dict[LegalBasis, str] = {
    LegalBasis.PUBLIC_TASK: N_("myndighedsopgave: artikel 6, stk. 1, litra e, og 9, stk. 2, litra g"),
    LegalBasis.CONSENT: N_("samtykke: artikel 6, stk. 1, litra a, og 9, stk. 2, litra a"),
    LegalBasis.OTHER: N_("et andet grundlag"),
}


@dataclass(frozen=True, slots=True)
class Retention:
    """For how many days sound, text and excerpts may be kept; never more than three years.

    A conversation goes as a whole, so that the shortest decides.
    """

    audio_days: int = 180
    transcript_days: int = 365
    excerpt_days: int = 730

    def __post_init__(self) -> None:
        if not all(1 <= days <= LONGEST_DAYS for days in (self.audio_days, self.transcript_days, self.excerpt_days)):
            raise ValueError("everything is kept between a day and three years")

    @property
    def shortest_days(self) -> int:
        """For how many days a conversation is kept at most."""
        return min(self.audio_days, self.transcript_days, self.excerpt_days)


@dataclass(frozen=True, slots=True)
class Policy:
    """The municipality's decisions; `contact` is its data protection officer, `signed_by` who answers for the basis.

    `require_legal_basis` forbids every start until the legal basis is settled; without it each start only says so.
    """

    municipality: str = ""
    controller: str = ""
    contact: str = ""
    legal_basis: LegalBasis | None = None
    law: str = ""
    signed_by: str = ""
    signed_on: date | None = None
    retention: Retention = field(default_factory=Retention)
    require_legal_basis: bool = False

    @property
    def is_settled(self) -> bool:
        """Whether the legal basis is chosen, its law named where it needs one, and somebody has signed it off."""
        named = self.legal_basis is LegalBasis.CONSENT or bool(self.law)
        return self.legal_basis is not None and named and bool(self.signed_by) and self.signed_on is not None
