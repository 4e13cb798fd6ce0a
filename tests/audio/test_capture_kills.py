"""kill -9 of the capture child: 200 random moments here, 10 more on a real sound system, 2,000 in the bench."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.capture_kills import LARGEST_LOSS_MS, run_campaign, run_on_null_sink
from tests.sound_server import SoundServer

KILLS = int(os.environ.get("CUBB_CAPTURE_KILLS", "200"))


@pytest.mark.campaign
@pytest.mark.timeout(900)
def test_whenever_the_child_is_killed_what_was_acknowledged_is_kept(tmp_path: Path) -> None:
    outcome = run_campaign(tmp_path, KILLS)
    assert outcome.runs == KILLS
    assert outcome.faults == []
    assert outcome.in_cuts > KILLS // 20  # some died while they forgot
    assert len(outcome.losses_ms) > KILLS // 4
    assert outcome.worst_ms <= LARGEST_LOSS_MS


@pytest.mark.campaign
@pytest.mark.sound
@pytest.mark.timeout(300)
def test_a_kill_on_a_real_sound_system_costs_no_more(sound_server: SoundServer, tmp_path: Path) -> None:
    outcome = run_on_null_sink(tmp_path, sound_server, 10)
    assert outcome.faults == []
    assert outcome.worst_ms <= LARGEST_LOSS_MS
