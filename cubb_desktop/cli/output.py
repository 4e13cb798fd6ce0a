"""What a command says: one JSON document or plain lines on stdout, progress and faults on stderr."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Sequence
from typing import Any

from cubb_desktop.i18n import _, format_share, format_time_left


class Output:
    """Collects nothing: what is said is written at once. With `as_json` only `document` writes to stdout."""

    def __init__(self, *, as_json: bool) -> None:
        self.as_json = as_json

    def document(self, document: object) -> None:
        """Write the one JSON document of this run."""
        sys.stdout.write(json.dumps(document, ensure_ascii=False, indent=2) + "\n")

    def say(self, line: str = "") -> None:
        """Write a line for a person."""
        if not self.as_json:
            sys.stdout.write(line + "\n")

    def made(self, document: dict[str, Any], line: str) -> None:
        """Say that a thing was made: its JSON, or `line`."""
        if self.as_json:
            self.document(document)
        else:
            self.say(line)

    def table(self, rows: Sequence[Sequence[str]], empty: str) -> None:
        """Write rows in columns, or the sentence for none."""
        if not rows:
            self.say(empty)
            return
        widths = [max(len(row[n]) for row in rows) for n in range(len(rows[0]))]
        for row in rows:
            self.say("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def warn(line: str) -> None:
    """Write a line on stderr."""
    sys.stderr.write(line + "\n")
    sys.stderr.flush()


class ProgressLine:
    """Progress on stderr: one line that changes on a terminal, a line now and then elsewhere."""

    _SECONDS_BETWEEN_LINES = 15.0

    def __init__(self) -> None:
        self._terminal = sys.stderr.isatty()
        self._last = ""
        self._said_at = time.monotonic()

    def show(self, what: str, share: float, seconds_left: float | None = None) -> None:
        """Show a phase, its share 0..1 and, where it is known, the time left."""
        left = f" · {format_time_left(seconds_left)}" if seconds_left is not None else ""
        line = f"{what} {format_share(share):>5}{left}"
        now = time.monotonic()
        if self._terminal:
            sys.stderr.write("\r" + line.ljust(len(self._last)))
            sys.stderr.flush()
        elif now - self._said_at >= self._SECONDS_BETWEEN_LINES:
            warn(line)
            self._said_at = now
        self._last = line

    def done(self) -> None:
        """Leave the line behind."""
        if self._terminal and self._last:
            sys.stderr.write("\r" + " " * len(self._last) + "\r")
            sys.stderr.flush()


def bug_sentence(error: BaseException) -> str:
    """A bug as kind and place: never its message, which may hold words or names."""
    trace = error.__traceback__
    place = ""
    while trace is not None:
        place = f"{trace.tb_frame.f_code.co_filename.rsplit('/', 1)[-1].rsplit(chr(92), 1)[-1]}:{trace.tb_lineno}"
        trace = trace.tb_next
    return _("Intern fejl ({kind}, {place}). Intet er slettet; prøv igen, og meld fejlen, hvis den bliver ved.").format(
        kind=type(error).__name__, place=place
    )
