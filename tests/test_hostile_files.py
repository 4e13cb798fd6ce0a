"""Broken sound files into a real library: a few hundred here, ten thousand in the bench."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from cubb_desktop.audio import decoder
from tests.campaigns_hostile import Campaign

FILES = 210
REFUSED = {"goes down", "is killed", "half a frame", "no end", "never ends", "wants what is not there"}
SEED = os.environ.get("CUBB_SEED", "1")


@pytest.mark.campaign
@pytest.mark.timeout(600)
def test_a_broken_file_ends_in_sound_or_in_a_sentence_and_leaves_nothing(tmp_path: Path) -> None:
    campaign = Campaign(tmp_path)
    with campaign.workspace:
        outcome = campaign.run([f"{SEED}-{number}" for number in range(FILES)])
    assert outcome.clean, outcome
    assert outcome.runs == FILES
    assert outcome.stored > FILES / 4  # the mutations are not so coarse that everything is refused at the door
    assert sum(outcome.refused.values()) > FILES / 10


@pytest.mark.parametrize("act", sorted(REFUSED))
def test_a_child_that_ends_badly_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, act: str) -> None:
    monkeypatch.setattr(decoder, "_command", lambda: [sys.executable, "-m", "tests.audio.acting_decoder", act])
    monkeypatch.setattr(decoder, "LONGEST_HOURS", 0.01)
    campaign = Campaign(tmp_path)
    with campaign.workspace:
        outcome = campaign.run(["1", "2"])
    assert outcome.clean, outcome
    assert sum(outcome.refused.values()) == 2
