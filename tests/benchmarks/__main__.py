"""`python -m tests.benchmarks [NAME ...] [--quick] [--runs N] [--markdown FILE]`: run the named, or all, in turn."""

from __future__ import annotations

import argparse
import importlib
import inspect
import os
import sys
import tempfile
import time
from pathlib import Path

from cubb_desktop.settings import CONFIG_VARIABLE

NAMES = (
    "recogniser",
    "diariser",
    "silences",
    "importing",
    "window",
    "reading",
    "reviewing",
    "hearing",
    "transcribing",
    "full_size",
    "recording",
    "recording_window",
    "kills",
    "vault",
    "commits",
    "power_cuts",
    "starting",
    "capture_kills",
    "capture_power",
    "capture_disks",
    "long_recording",
    "damage",
    "backup",
    "hostile",
    "forgetting",
    "finders",
    "searching",
)


def main(arguments: list[str]) -> int:
    """Run what is asked for; exit 1 when a bar was not kept."""
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"any of {', '.join(NAMES)}; all if none is given")
    parser.add_argument("--quick", action="store_true", help="smaller runs, to see that everything works")
    parser.add_argument("--runs", type=int, help="how many, in campaigns that count them")
    parser.add_argument("--markdown", type=Path, help="also write the tables to this file")
    options = parser.parse_args(arguments)
    unknown = set(options.names) - set(NAMES)
    if unknown:
        parser.error(f"unknown: {', '.join(sorted(unknown))}; known are {', '.join(NAMES)}")
    home = tempfile.TemporaryDirectory()
    os.environ[CONFIG_VARIABLE] = home.name  # never the person's own settings and lists
    tables: list[str] = []
    kept = True
    for name in options.names or NAMES:
        started = time.monotonic()
        print(f"== {name}", file=sys.stderr, flush=True)
        measure = importlib.import_module(f"tests.benchmarks.{name}").measure
        counted = {"runs": options.runs} if options.runs and "runs" in inspect.signature(measure).parameters else {}
        report = measure(quick=options.quick, **counted)
        tables.append(report.table())
        kept = kept and report.kept
        print(report.table(), flush=True)
        print(f"   ({time.monotonic() - started:.0f} s)", file=sys.stderr, flush=True)
        if options.markdown:
            options.markdown.write_text("\n\n".join(tables) + "\n", encoding="utf-8")
    home.cleanup()
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
