"""Finders against a conversation of 400 lines that was labelled by ear."""

from __future__ import annotations

from tests.benchmarks.report import Report
from tests.finder_gold import LABELS, Score, score, score_silences


def measure(*, quick: bool = False) -> Report:
    """Precision and recall of each finder; there are no bars, the figures are to be known."""
    report = Report("finders on a labelled conversation of 400 lines")
    for finder in LABELS:
        _tell(report, finder.value, score(finder))
    _tell(report, "stilhed", score_silences())
    return report


def _tell(report: Report, name: str, found: Score) -> None:
    figures = f"{found.precision:.0%} of {found.suggested} right, {found.recall:.0%} of {found.wanted} found"
    report.note(name, figures)
