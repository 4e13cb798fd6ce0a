"""kill -9 of a process that commits to the library, forty times here, three hundred in the bench."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.campaigns_library import run_campaign

KILLS = 40


@pytest.mark.campaign
@pytest.mark.timeout(600)
def test_whatever_was_acknowledged_outlives_the_process(tmp_path: Path) -> None:
    outcome = run_campaign(tmp_path, KILLS)
    assert outcome.kills == KILLS
    assert outcome.acknowledged > KILLS
    assert outcome.faults == []
