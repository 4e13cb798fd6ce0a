"""Choose the clustering's settings on conversations between tuning voices, which neither training nor test has."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from pathlib import Path

from demo_models import build_diariser, measure_diariser, voices
from demo_models.espeak import Espeak

_SHAPES = ((2, 60), (3, 80), (2, 90), (3, 100), (2, 60), (3, 120), (2, 80), (3, 70), (2, 120), (3, 90))
_THRESHOLDS = (0.5, 0.6, 0.7)
_FA = (0.03, 0.07, 0.15, 0.3)
_FB = (0.8, 2.0, 4.0)
_VOICES = ("da+f5", "da+m5", "da+Michael", "da+Alicia", "da+m6", "da+steph2")
_SEED = 11


@dataclass(frozen=True, slots=True)
class Choice:
    """A setting and its errors: number of voices not given, given, and how often it was counted right."""

    threshold: float
    fa: float
    fb: float
    unknown: float
    given: float
    right_count: int

    @property
    def badness(self) -> float:
        """Mostly the error without a given number; the given one and the count break ties."""
        return self.unknown + 0.5 * self.given - 0.002 * self.right_count


def tuning_conversations(data: Path) -> list[measure_diariser.Prepared]:
    """Lively conversations of variants and random voices (from the data copy that training did not use)."""
    names = (*_VOICES, *(f"da+random{number}" for number in range(0, voices.RANDOM_COUNT, 16)))
    return measure_diariser.prepare(measure_diariser.conversations(_SHAPES, names, _SEED, Espeak(data)))


def tune(folder: Path, data: Path) -> list[Choice]:
    """Try the grid; returns the choices, best first. The folder's config.yaml is left with the best."""
    items = tuning_conversations(data)
    pipeline = measure_diariser.load(folder, remember=True)
    choices = []
    for threshold, fa, fb in itertools.product(_THRESHOLDS, _FA, _FB):
        settings = {"threshold": threshold, "Fa": fa, "Fb": fb}
        pipeline.instantiate({"clustering": settings, "segmentation": {"min_duration_off": 0.0}})
        unknown = measure_diariser.measure(pipeline, items, given=False)
        given = measure_diariser.measure(pipeline, items, given=True)
        errors = (abs(unknown.error), abs(given.error))
        choices.append(Choice(threshold, fa, fb, *errors, unknown.right_count))
    choices.sort(key=lambda choice: choice.badness)
    best = choices[0]
    build_diariser.write_settings(folder, best.threshold, best.fa, best.fb)
    return choices
