"""Words as one reads them: signs that people typed are left out, what the machine wrote stays."""

from __future__ import annotations

import pytest

from cubb_desktop.domain.plain import plain_text, plain_word
from tests import builders


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("°stille°", "stille"), (">hurtigt", "hurtigt"), ("hurtigt<", "hurtigt"), ("£smil£", "smil"), ("ja:::", "ja"),
        ("ja::eg", "jaeg"), ("sagde:", "sagde:"), ("[ja]", "ja"), ("ord=", "ord"), ("afbr-", "afbr-"), ("(.)", ""),
        ("(0.4)", ""), (".hh", ""), ("hhh", ""), ("hh", ""), ("((ler))", "(ler)"), ("=", ""), ("2:30", "2:30"),
    ],
)  # fmt: skip
def test_signs_are_left_out(typed: str, read: str) -> None:
    assert plain_word(builders.word(typed, 0, 100, edited=True)) == read


def test_what_the_machine_wrote_stays() -> None:
    assert plain_word(builders.word("2:30", 0, 100)) == "2:30"
    turn = builders.turn("kl. 2:30 <hej>", 0)
    assert plain_text(turn) == "kl. 2:30 <hej>"
