"""How long a recording is kept."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from cubb_desktop.domain.retention import LONGEST_DAYS, Hold, Kept, last_day
from cubb_desktop.domain.tombstone import Reason
from tests import builders

TODAY = date(2026, 11, 23)


def kept(days: int = 100, *, withdrawn: bool = False, is_case: bool = False, **fields: object) -> Kept:
    recording = builders.recording(delete_after=TODAY + timedelta(days=days), **fields)
    return Kept(recording, TODAY, withdrawn, is_case)


def test_the_earliest_limit_counts_and_none_is_later_than_three_years() -> None:
    far, near = TODAY + timedelta(days=9_999), TODAY + timedelta(days=30)
    assert last_day(TODAY, [far]) == TODAY + timedelta(days=LONGEST_DAYS)
    assert last_day(TODAY, [far, near]) == near
    assert last_day(TODAY, [far], 180) == TODAY + timedelta(days=180)
    assert last_day(TODAY, [], 99_999) == TODAY + timedelta(days=LONGEST_DAYS)


@pytest.mark.parametrize(
    ("days", "over", "soon"), [(-1, True, False), (0, False, True), (13, False, True), (14, False, False)]
)
def test_the_last_day_itself_still_counts(days: int, over: bool, soon: bool) -> None:
    one = kept(days)
    assert one.is_over(TODAY) is one.is_due(TODAY) is over
    assert one.is_soon(TODAY) is soon
    assert one.reason(TODAY) is (Reason.EXPIRED if over else Reason.DELETED)


def test_a_withdrawal_makes_it_due_at_once() -> None:
    assert kept(withdrawn=True).is_due(TODAY)
    assert kept(-1, withdrawn=True).reason(TODAY) is Reason.WITHDRAWN


def test_holds_keep_what_is_over_and_say_which() -> None:
    case = kept(-1, is_case=True)
    assert case.holds == (Hold.JOURNAL,)
    assert case.waits(TODAY)
    assert not case.is_due(TODAY)
    assert kept(-1, is_case=True, journalised_on=TODAY).is_due(TODAY)
    both = kept(3, is_case=True, hold_reason="aktindsigt")
    assert both.holds == (Hold.JOURNAL, Hold.REQUEST)
    assert not both.is_soon(TODAY)
    assert not both.waits(TODAY)
    assert kept(hold_reason="aktindsigt").holds == (Hold.REQUEST,)
