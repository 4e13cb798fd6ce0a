"""A line of the audit log, the monthly sample of lines, and how long lines are kept."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

LEAST_KEPT_YEARS, USUAL_KEPT_YEARS, MOST_KEPT_YEARS = 1, 5, 15


@dataclass(frozen=True, slots=True)
class AuditLine:
    """One line of the log; `object_id` is the id of the thing, never its name."""

    number: int
    at: datetime
    actor: str
    device: str
    action: str
    object_id: str | None
    outcome: str


@dataclass(frozen=True, slots=True)
class Sample:
    """The lines drawn for a month ("2026-11"), and who has looked them through; `drawn_at` None: not kept yet."""

    month: str
    numbers: tuple[int, ...]
    drawn_at: datetime | None = None
    signed_by: str | None = None
    signed_at: datetime | None = None
    remark: str = ""
