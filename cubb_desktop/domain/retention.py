"""How long a recording is kept: never longer than was agreed to, nor than three years, and what holds it back."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from cubb_desktop.domain.recording import Recording
from cubb_desktop.domain.tombstone import Reason

LONGEST_DAYS = 3 * 365
SOON_DAYS = 14


class Hold(StrEnum):
    """What keeps a recording from being deleted, whatever its last day and its agreements say."""

    JOURNAL = "journal"  # case documentation that is not journalised yet
    REQUEST = "request"  # a person has a reason: somebody has asked to see it (aktindsigt)


@dataclass(frozen=True, slots=True)
class Kept:
    """A recording with what decides how long it stays.

    `added_on` is the day it came into the library; `withdrawn` tells that somebody who is heard has taken the agreement
    back, `is_case` that it documents a case.
    """

    recording: Recording
    added_on: date
    withdrawn: bool
    is_case: bool

    @property
    def holds(self) -> tuple[Hold, ...]:
        """What holds it back, () for nothing."""
        return holds_of(self.recording, is_case=self.is_case)

    def is_over(self, today: date) -> bool:
        """Whether its time has passed, held back or not; the last day itself still counts."""
        return self.withdrawn or today > self.recording.delete_after

    def is_due(self, today: date) -> bool:
        """Whether it is to be deleted now."""
        return self.is_over(today) and not self.holds

    def waits(self, today: date) -> bool:
        """Whether its time has passed and only a hold keeps it: nobody may open it for learning."""
        return self.is_over(today) and bool(self.holds)

    def is_soon(self, today: date) -> bool:
        """Whether it will be deleted within two weeks unless the agreement is renewed."""
        return not self.is_over(today) and not self.holds and self.days_left(today) < SOON_DAYS

    def days_left(self, today: date) -> int:
        """How many days it has after `today`; 0 on the last one."""
        return (self.recording.delete_after - today).days

    def reason(self, today: date) -> Reason:
        """Why it goes, if it goes on `today`."""
        if self.withdrawn:
            return Reason.WITHDRAWN
        return Reason.EXPIRED if self.is_over(today) else Reason.DELETED


def last_day(recorded: date, agreed_until: Iterable[date], days: int = LONGEST_DAYS) -> date:
    """Return the last day a recording of `recorded` is kept: the earliest of the agreements' and `days` later."""
    return min([recorded + timedelta(days=min(days, LONGEST_DAYS)), *agreed_until])


def holds_of(recording: Recording, *, is_case: bool) -> tuple[Hold, ...]:
    """Return what holds a recording back."""
    journal = (Hold.JOURNAL,) if is_case and recording.journalised_on is None else ()
    return (*journal, Hold.REQUEST) if recording.hold_reason is not None else journal
