"""What a query asks for, where it stands in a text, and how lines are sorted."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from cubb_desktop.domain.concordance import Found, KwicLine, Order, Slot, Sought, around, find, in_order, parse
from cubb_desktop.domain.ids import RecordingId, TurnId


def exact(*words: str) -> tuple[Slot, ...]:
    return tuple(Slot(frozenset((word,))) for word in words)


def line(before: str, hit: str, after: str) -> KwicLine:
    now = datetime(2026, 11, 24, tzinfo=UTC)
    return KwicLine(RecordingId("r"), "T", now, TurnId("t"), 0, "", before, hit, after, Found(0, 0))


def test_words_phrases_and_beginnings() -> None:
    assert parse('Job »det er« arbejd* "på vej*"') == (
        (Sought("job"),),
        (Sought("det"), Sought("er")),
        (Sought("arbejd", begins=True),),
        (Sought("på"), Sought("vej", begins=True)),
    )
    assert parse("e-boks") == ((Sought("e"), Sought("boks")),)
    assert parse(' "" * ?! ') == ()


@given(st.text(max_size=60))
def test_any_text_is_a_query(text: str) -> None:
    for term in parse(text):
        assert all(sought.text for sought in term)


def test_a_hit_is_counted_in_words_and_the_other_terms_must_be_there() -> None:
    text = "Ja, e-boks. Det er »e-boks«, tror jeg"
    assert find(text, (exact("e", "boks"),)) == [Found(1, 1), Found(4, 4)]
    assert find(text, (exact("det", "er"),)) == [Found(2, 3)]
    assert find(text, (exact("det"), exact("jeg"))) == [Found(2, 2)]
    assert find(text, (exact("det"), exact("nej"))) == []
    assert find("ja ja ja", (exact("ja", "ja"),)) == [Found(0, 1)]
    assert find("arbejdsplads", ((Slot(frozenset(), ("arbejd",)),),)) == [Found(0, 0)]


def test_what_is_around_is_cut_at_both_sides() -> None:
    text = " ".join(f"o{n}" for n in range(9))
    assert around(text, Found(4, 5), 2) == ("… o2 o3", "o4 o5", "o6 o7 …")
    assert around(text, Found(0, 0), 20) == ("", "o0", " ".join(f"o{n}" for n in range(1, 9)))


def test_lines_are_sorted_by_the_nearest_word_first() -> None:
    lines = [line("x b", "ja", "c"), line("a a", "ja", "b"), line("", "ja", "a")]
    assert in_order(lines, Order.LEFT) == [lines[2], lines[1], lines[0]]
    assert in_order(lines, Order.RIGHT) == [lines[2], lines[1], lines[0]]
    assert in_order(lines, Order.TIME) == lines
