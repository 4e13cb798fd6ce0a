"""Measure the bundled demo models on what they never met, print a table and write resources/demo/measured.json."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from demo_models import measure_recogniser

Rows = dict[str, dict[str, float]]


@dataclass(frozen=True, slots=True)
class Bar:
    """A figure that a set must not exceed (or, with `least`, not fall below)."""

    model: str
    sets: tuple[str, ...]
    figure: str
    bound: float
    least: bool = False

    def holds(self, value: float) -> bool:
        """Whether `value` is good enough."""
        return value >= self.bound if self.least else value <= self.bound


_CONVERSATIONS = tuple(f"conversation_{seed}" for seed in measure_recogniser.CONVERSATION_SEEDS)
BARS = (
    Bar("recogniser", ("seen_voices",), "word_error_rate", 0.02),
    Bar("recogniser", ("unseen_voices", "more_unseen_voices"), "word_error_rate", 0.04),
    Bar("recogniser", ("shuffled_words",), "word_error_rate", 0.10),
    Bar("recogniser", _CONVERSATIONS, "word_error_rate", 0.02),
    Bar("recogniser", ("seen_voices", "unseen_voices", *_CONVERSATIONS), "word_start_median_ms", 20),
    Bar("recogniser", ("folder",), "megabytes", 6),
    Bar("diariser", ("speakers_given",), "diarization_error_rate", 0.04),
    Bar("diariser", ("speakers_unknown",), "diarization_error_rate", 0.07),
    Bar("diariser", ("speakers_given",), "long_utterances_right_2_voices", 0.97, least=True),
    Bar("diariser", ("folder",), "megabytes", 4),
)


def megabytes(folder: Path) -> float:
    """Size of all files in a model folder."""
    return round(sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) / 1e6, 2)


def measure(demo: Path, held_out: Path) -> dict[str, Rows]:
    """Both models' figures; `demo` holds whisper/ and diariser/, `held_out` the recogniser's held-out pools."""
    from demo_models import measure_diariser  # needs offline.prepare(), and seconds to import

    recogniser = measure_recogniser.measure(demo / "whisper", held_out)
    diariser = measure_diariser.measure_both(demo / "diariser")
    recogniser["folder"] = {"megabytes": megabytes(demo / "whisper")}
    diariser["folder"] = {"megabytes": megabytes(demo / "diariser")}
    return {"recogniser": recogniser, "diariser": diariser}


def misses(measured: dict[str, Rows]) -> list[str]:
    """A line for each figure that does not reach its bar."""
    return [
        f"{bar.model} {name}: {bar.figure} is {measured[bar.model][name][bar.figure]}, the bar is {bar.bound}"
        for bar in BARS
        for name in bar.sets
        if not bar.holds(measured[bar.model][name][bar.figure])
    ]


def table(measured: dict[str, Rows]) -> str:
    """All figures as text, a line for each set."""
    return "\n".join(
        f"{model:10} {name:20} " + "  ".join(f"{figure} {value:g}" for figure, value in row.items())
        for model, rows in measured.items()
        for name, row in rows.items()
    )


def evaluate(demo: Path, held_out: Path) -> list[str]:
    """Measure, print, write measured.json; returns the bars that were missed."""
    measured = measure(demo, held_out)
    print(table(measured))
    missed = misses(measured)
    print("\n".join(missed) or "all bars are reached")
    (demo / "measured.json").write_text(json.dumps(measured, indent=1) + "\n", encoding="utf-8")
    return missed
