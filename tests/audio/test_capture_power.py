"""Power cuts while it is recorded: 3,000 disks here, 10,000 in the bench."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.capture_power import run_campaign

STATES = 3_000


@pytest.mark.campaign
@pytest.mark.timeout(600)
def test_whatever_a_power_cut_leaves_what_was_acknowledged_is_there(tmp_path: Path) -> None:
    outcome = run_campaign(tmp_path, STATES)
    assert outcome.states == STATES
    assert outcome.faults == []
    assert outcome.found["interrupted"] > STATES // 4
    assert outcome.found["complete"] > STATES // 10
