"""Progress and time left, with a clock in the test's hand."""

from __future__ import annotations

import pytest

from cubb_desktop.domain.job import Phase
from cubb_desktop.worker.estimate import Estimate

R, D = Phase.RECOGNISING, Phase.DIARISING


def new_estimate(*, learned: bool) -> Estimate:
    speeds: dict[Phase, float | None] = {R: 0.1, D: 0.2} if learned else {}
    return Estimate(600_000, speeds, {R: 1.0, D: 8.0} if learned else {}, now=100.0)


def test_nothing_is_promised_before_anything_is_known() -> None:
    progress = new_estimate(learned=False).progress(101.0, text_ready=False)
    assert (progress.share, progress.phase, progress.seconds_left) == (0.0, Phase.LOADING, None)


def test_what_was_learned_gives_a_time_from_the_first_second() -> None:
    progress = new_estimate(learned=True).progress(100.0, text_ready=False)
    assert progress.seconds_left == pytest.approx(8 + 120)


def test_the_slower_track_decides_the_time_and_the_phase() -> None:
    estimate = new_estimate(learned=True)
    estimate.tracks[R].moved(0.0, 101.0)
    estimate.tracks[D].moved(0.0, 108.0)
    estimate.tracks[R].moved(0.5, 131.0)
    estimate.tracks[D].moved(0.25, 138.0)
    progress = estimate.progress(138.0, text_ready=False)
    assert progress.phase is D
    assert progress.seconds_left == pytest.approx(90, rel=0.05)


def test_what_is_seen_overrules_what_was_learned() -> None:
    estimate = new_estimate(learned=True)
    estimate.tracks[D].moved(0.0, 108.0)
    estimate.tracks[R].done = True
    estimate.tracks[D].moved(0.5, 408.0)  # three times slower than it used to be
    progress = estimate.progress(408.0, text_ready=True)
    assert progress.seconds_left == pytest.approx(300)
    assert progress.text_ready


def test_the_share_never_goes_back_and_is_whole_only_at_the_end() -> None:
    estimate = new_estimate(learned=True)
    shares = []
    for now in range(100, 400, 7):
        done = min(1.0, (now - 100) / 250)
        estimate.tracks[R].moved(done, now)
        estimate.tracks[D].moved(done**2, now)
        shares.append(estimate.progress(now, text_ready=False).share)
    assert shares == sorted(shares)
    assert shares[-1] == 0.99


def test_when_both_are_done_only_putting_together_is_left() -> None:
    estimate = new_estimate(learned=False)
    for track in estimate.tracks.values():
        track.done = True
    progress = estimate.progress(105.0, text_ready=True)
    assert (progress.phase, progress.seconds_left) == (Phase.ALIGNING, 0.0)
