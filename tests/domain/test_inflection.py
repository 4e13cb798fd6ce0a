"""Which written forms are one word."""

from __future__ import annotations

import pytest

from cubb_desktop.domain.inflection import irregular_forms, root, spellings


@pytest.mark.parametrize(
    "words",
    [
        "arbejde arbejder arbejdet arbejdede",
        "praktik praktikken praktikker praktikkens",
        "borger borgere borgeren borgerens",
        "job jobbet jobs",
        "ven venner vennen",
        "lave laver lavede lavet",
    ],
)
def test_regular_forms_share_a_root_that_each_begins_with(words: str) -> None:
    roots = tuple({root(word) for word in words.split()})
    assert len(roots) == 1
    assert all(word.startswith(roots) for word in words.split())


@pytest.mark.parametrize(
    ("one", "other"), [("vi", "vil"), ("vrede", "vride"), ("man", "mand"), ("så", "se"), ("du", "dur")]
)
def test_other_words_do_not(one: str, other: str) -> None:
    assert root(one) != root(other)
    assert other not in irregular_forms(one)


@pytest.mark.parametrize(("one", "other"), [("går", "gik"), ("sagde", "sige"), ("mænd", "mand"), ("søgte", "søger")])
def test_irregular_forms_belong_together(one: str, other: str) -> None:
    assert other in irregular_forms(one)


def test_double_a_is_an_old_way_to_write_it() -> None:
    assert set(spellings("aalborg")) == {"aalborg", "ålborg"}
    assert "paa" in spellings("på")
    assert spellings("job") == ("job",)
