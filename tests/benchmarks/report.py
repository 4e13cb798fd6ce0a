"""Rows of a measurement, their bars, and the table they end in."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Row:
    """One measured figure. `kept` is None where the figure has no bar."""

    what: str
    value: str
    bar: str = ""
    kept: bool | None = None


@dataclass
class Report:
    """What one benchmark found."""

    name: str
    rows: list[Row] = field(default_factory=list)

    def at_most(self, what: str, value: float, bar: float, unit: str = "", digits: int = 2) -> None:
        """Add a figure that must not exceed `bar`."""
        self._add(what, value, bar, unit, digits, "<=", value <= bar)

    def at_least(self, what: str, value: float, bar: float, unit: str = "", digits: int = 2) -> None:
        """Add a figure that must reach `bar`."""
        self._add(what, value, bar, unit, digits, ">=", value >= bar)

    def note(self, what: str, value: str) -> None:
        """Add a figure without a bar."""
        self.rows.append(Row(what, value))

    def _add(self, what: str, value: float, bar: float, unit: str, digits: int, sign: str, kept: bool) -> None:
        shown = f"{value:.{digits}f}{unit}"
        self.rows.append(Row(what, shown, f"{sign} {bar:g}{unit}", kept))

    @property
    def kept(self) -> bool:
        """True when every bar in the report was kept."""
        return all(row.kept is not False for row in self.rows)

    def table(self) -> str:
        """The report as a Markdown table."""
        lines = [f"### {self.name}", "", "| what | measured | bar | |", "|---|---|---|---|"]
        for row in self.rows:
            mark = "" if row.kept is None else "kept" if row.kept else "**NOT KEPT**"
            lines.append(f"| {row.what} | {row.value} | {row.bar} | {mark} |")
        return "\n".join(lines)


def spread(values: Sequence[float], digits: int = 2) -> str:
    """Median with minimum and maximum, as text."""
    return f"{statistics.median(values):.{digits}f} ({min(values):.{digits}f}-{max(values):.{digits}f})"
