"""Danish civil registration numbers, as they are typed: what no label, title or name may hold."""

from __future__ import annotations

import re

# DDMMYY and four digits, with a space, a hyphen or nothing between. The check digit is no test: since 2007 numbers
# without one are given out. Longer runs of digits (a date and a time in a file's name) are something else.
_CPR = re.compile(r"(?<!\d)(?:0[1-9]|[12]\d|3[01])(?:0[1-9]|1[0-2])\d{2}[ –-]?\d{4}(?!\d)")


def holds_cpr(text: str) -> bool:
    """Return whether the text holds something that reads as a civil registration number."""
    return _CPR.search(text) is not None
