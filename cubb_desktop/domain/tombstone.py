"""A tombstone: what was forgotten, without saying what it was, so that no backup can bring it back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Reason(StrEnum):
    """Why something was forgotten."""

    DELETED = "deleted"  # a person chose to
    EXPIRED = "expired"  # its last day had passed
    WITHDRAWN = "withdrawn"  # somebody who is heard took the agreement back


@dataclass(frozen=True, slots=True)
class Tombstone:
    """The random id of a recording or of an agreement, when it was forgotten and why; no personal data."""

    id: str
    at: datetime
    reason: Reason
