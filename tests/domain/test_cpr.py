"""What reads as a civil registration number, and what only looks like one."""

from __future__ import annotations

import pytest

from cubb_desktop.domain.cpr import holds_cpr


@pytest.mark.parametrize("text", ["010190-4321", "Jens 0101904321", "311299 1234", "(010190–4321)"])
def test_a_number_is_seen_however_it_is_typed(text: str) -> None:
    assert holds_cpr(text)


@pytest.mark.parametrize(
    "text", ["", "JH 12", "20260101_1530", "260101_1530", "320190-4321", "011390-4321", "01019043210"]
)
def test_dates_and_other_numbers_are_left_alone(text: str) -> None:
    assert not holds_cpr(text)
