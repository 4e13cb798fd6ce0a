"""The window is killed while it records, three times here, twenty in the bench: what was said is kept and offered."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.campaigns_recording import LARGEST_LOSS_MS, kill_windows, make_library
from tests.sound_server import SoundServer

KILLS = 3


@pytest.mark.campaign
@pytest.mark.sound
@pytest.mark.timeout(300)
def test_a_window_that_is_killed_while_recording_loses_next_to_nothing(
    tmp_path: Path, sound_server: SoundServer
) -> None:
    make_library(tmp_path / "library")
    found = kill_windows(tmp_path / "library", KILLS)
    assert found.faults == []
    assert len(found.losses_ms) == KILLS
    assert found.worst_ms <= LARGEST_LOSS_MS
