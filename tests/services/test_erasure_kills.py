"""kill -9 during a withdrawal, thirty times here, more in the bench; and the five seconds it may take."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.campaigns_forgetting import run_campaign

KILLS = 30


@pytest.mark.campaign
@pytest.mark.timeout(600)
def test_a_withdrawal_that_was_begun_is_complete_after_the_next_opening(tmp_path: Path) -> None:
    outcome = run_campaign(tmp_path, KILLS)
    assert outcome.kills == KILLS
    assert outcome.midway > 0  # kills before the first commit and after the last leave nothing to finish
    assert outcome.faults == []
