"""How long a recording is kept: never longer than was agreed to, nor than three years."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

LONGEST_DAYS = 3 * 365


def last_day(recorded: date, agreed_until: Iterable[date], days: int = LONGEST_DAYS) -> date:
    """Return the last day a recording of `recorded` is kept: the earliest of the agreements' and `days` later."""
    return min([recorded + timedelta(days=min(days, LONGEST_DAYS)), *agreed_until])
