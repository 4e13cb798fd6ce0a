"""A long recording through the real child: its memory stays flat, nothing is lost, it opens at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from cubb_desktop.audio.chunks import SoundState
from tests.long_recording import record


@pytest.mark.campaign
@pytest.mark.timeout(300)
def test_six_minutes_cost_no_memory_and_no_frame(tmp_path: Path) -> None:
    found = record(tmp_path, 360)
    assert (found.lost_frames, found.gaps, found.frames_short) == (0, 0, 0)
    assert found.state is SoundState.COMPLETE
    assert found.exact
    assert found.growth_mb < 20
    assert found.open_s < 2
