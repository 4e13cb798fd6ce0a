"""The finders' thresholds as a person sets them: what each is called and how far it goes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from cubb_desktop.domain.errors import N_
from cubb_desktop.domain.finders import Thresholds


@dataclass(frozen=True, slots=True)
class Limit:
    """How far a threshold can be set, in steps, and its name; `unit` is "ms" or a word."""

    name: str
    least: int
    most: int
    step: int
    unit: str


LIMITS: dict[str, Limit] = {  # by field of `Thresholds`
    "silence_ms": Limit(N_("Stilhed fra"), 200, 10_000, 100, "ms"),
    "lapse_ms": Limit(N_("Kaldes tavshed fra"), 1_000, 60_000, 500, "ms"),
    "overlap_ms": Limit(N_("Overlap fra"), 50, 2_000, 50, "ms"),
    "receipt_words": Limit(N_("Kvittering på højst"), 1, 10, 1, N_("ord")),
    "repeat_words": Limit(N_("Gentagelse, der spørger, på højst"), 1, 10, 1, N_("ord")),
    "window_ms": Limit(N_("Kun ja og nej inden for"), 60_000, 3_600_000, 60_000, "ms"),
    "least_turns": Limit(N_("Kun ja og nej i mindst"), 2, 100, 1, N_("ture")),
    "passage_gap_ms": Limit(N_("Ord om vejledning med højst"), 1_000, 120_000, 1_000, "ms"),
}


def thresholds_from(chosen: Mapping[str, int]) -> Thresholds:
    """Return the thresholds with those a person chose; a name or a number that can't be used is left out."""
    return Thresholds(**{name: value for name, value in chosen.items() if can_be(name, value)})


def can_be(name: str, value: int) -> bool:
    """Whether a threshold can be set to a value."""
    return name in LIMITS and LIMITS[name].least <= value <= LIMITS[name].most


def usual(name: str) -> int:
    """Return what a threshold is until somebody sets it."""
    return int(getattr(Thresholds(), name))
