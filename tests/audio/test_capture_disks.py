"""Full disks at 60 sizes: limits on a file's size, and small file systems where they may be mounted."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.capture_disks import STOP_WITHIN_S, can_mount, run_on_small_disks, run_with_limits


@pytest.mark.campaign
@pytest.mark.timeout(600)
def test_a_full_disk_is_a_clean_stop_and_costs_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    small = 30 if can_mount(tmp_path / "try") else 0
    limited, mounted = run_with_limits(tmp_path, 60 - small), run_on_small_disks(tmp_path, small)
    assert len(limited.runs) + len(mounted.runs) == 60
    assert limited.faults + mounted.faults == []
    assert max(limited.stops_s + mounted.stops_s) <= STOP_WITHIN_S
    assert len(mounted.closed) >= 0.9 * small  # the reserve, or a page that a torn chunk gave back
