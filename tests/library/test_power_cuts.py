"""Three thousand power cuts in work on the library, its key store and its key files: nothing acknowledged is lost."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from cubb_desktop.library import cipher
from tests.campaigns_power import SHARES, record_work, run_campaign
from tests.commits import WORKS
from tests.power_cuts import crash_states, write_disk

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the recorder of writes is for Linux")

STATES = 3_000


@pytest.mark.campaign
@pytest.mark.timeout(1200)
def test_every_disk_a_power_cut_can_leave_opens_with_all_that_was_acknowledged(tmp_path: Path) -> None:
    outcome = run_campaign(tmp_path, STATES)
    assert outcome.states == STATES
    assert outcome.acknowledged > STATES
    assert outcome.faults == []


def test_all_kinds_of_work_are_cut(tmp_path: Path) -> None:
    assert len(SHARES) >= 3
    recorded = record_work("library", tmp_path)
    acts = {(event.act, Path(event.path).name) for event in recorded.events}
    assert {("W", "library.db"), ("W", "library.db-wal"), ("S", "library.db"), ("A", "")} <= acts
    assert {("T", "keys.db-wal"), ("U", "library.db-wal")} <= acts  # checkpoints that cut the log, and closing


def test_the_cuts_are_harsh_enough_to_find_a_library_that_does_not_sync(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same commits with their syncs left out of the record lose what was acknowledged."""
    recorded = record_work("library", tmp_path)
    careless = type(recorded)(recorded.before, [e for e in recorded.events if e.act != "S"])
    faults = []
    for number, state in enumerate(crash_states(careless, 12, "harsh")):
        folder = tmp_path / f"cut {number}"
        write_disk(state.disk, folder)
        monkeypatch.setattr(cipher, "BUSY_TIMEOUT_MS", 100)
        faults += WORKS["library"].check(folder, state.acks)
    assert faults
