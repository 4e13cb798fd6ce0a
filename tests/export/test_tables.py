"""No cell of a table that leaves the house can become a formula, wherever a spreadsheet cuts it."""

from __future__ import annotations

import csv
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cubb_desktop.export.tables import csv_of, harmless

BEGINS = re.compile(r"\s*[=+\-@\uff1d\uff0b\uff0d\uff20]")
nasty = st.text(st.sampled_from("=+-@\t\r\n,;|\"' abcæ1()!＝＋"), max_size=30)


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "+45 12",
        "-2",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        "\n=1",
        "  =1",
        "x;=1",
        'x","=1',
        "x\n=cmd|' /C calc'!A0",
        "＝1",
    ],
)
def test_what_begins_a_formula_is_neutralised(text: str) -> None:
    for part in re.split(r"[,;|\r\n\t\"]", harmless(text)):
        assert not BEGINS.match(part), part


@pytest.mark.parametrize("text", ["", "Mette", "åbnede samtalen (a1b2-c3)", "2026-11-23", "a=b", "mail@kommune.dk"])
def test_usual_text_stays_as_it_is(text: str) -> None:
    assert harmless(text) == text


@given(nasty)
@settings(max_examples=2_000, deadline=None)
def test_no_text_begins_a_formula_anywhere_a_spreadsheet_could_cut_it(text: str) -> None:
    for part in re.split(r"[,;|\"\t\r\n]", harmless(text)):
        assert not BEGINS.match(part)
    assert harmless(text).replace("'", "") == text.replace("'", "")


@given(st.lists(st.tuples(nasty, nasty), max_size=5))
@settings(max_examples=300, deadline=None)
def test_a_table_is_read_back_with_its_rows(rows: list[tuple[str, str]]) -> None:
    made = csv_of(("En", "To"), rows)
    assert made.startswith(b"\xef\xbb\xbf")
    read = list(csv.reader(made.decode("utf-8-sig").splitlines(keepends=True), delimiter=";"))
    assert read == [["En", "To"], *([harmless(cell) for cell in row] for row in rows)]
