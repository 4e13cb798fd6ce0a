"""Tables as CSV that any spreadsheet opens as text: no cell of it can become a formula."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence

# A spreadsheet may split at another separator than ours, so what would begin a cell then is looked at too.
_BEGINS_A_FORMULA = re.compile(r"""(^|[,;|"'\t\r\n])(\s*)(?=[=+\-@\uff1d\uff0b\uff0d\uff20])|^(?=[\t\r\n])""")


def harmless(text: str) -> str:
    """Return `text` with an apostrophe before each place from which a spreadsheet could read a formula."""
    return _BEGINS_A_FORMULA.sub(lambda match: f"{match[1] or ''}{match[2] or ''}'", text)


def csv_of(header: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    """Return a table as CSV: UTF-8 with its mark, semicolons and quotes as Danish spreadsheets expect them."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";", quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    for row in (header, *rows):
        writer.writerow([harmless(cell) for cell in row])
    return b"\xef\xbb\xbf" + text.getvalue().encode()
