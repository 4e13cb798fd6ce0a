"""kill -9 of child, worker and window at random moments of a transcription: five each here, thirty in the bench."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.campaigns import Template, Victim, make_template, run_campaign

KILLS = 5


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Template:
    """A library with one waiting transcription, and what comes of it undisturbed."""
    place: Path = tmp_path_factory.mktemp("kills")
    return make_template(place, seconds=8.0)


@pytest.mark.campaign
@pytest.mark.timeout(600)
@pytest.mark.parametrize("victim", ["child", "worker", "window"])
def test_whatever_is_killed_nothing_is_lost_and_nothing_doubled(template: Template, victim: Victim) -> None:
    outcome = run_campaign(template, victim, KILLS)
    assert outcome.runs == KILLS
    assert outcome.clean, outcome
