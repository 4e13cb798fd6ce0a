"""Full-text search over finished transcripts, for a field that somebody types into: words, and how they begin."""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice

from cubb_desktop.domain.concordance import MOST_TERMS, Slot, tokens
from cubb_desktop.domain.inflection import irregular_forms, root
from cubb_desktop.domain.transcript import Hit
from cubb_desktop.library.access import Reading
from cubb_desktop.library.concordance import forms, turns_with

SNIPPET_WORDS = 16
_WORDS_BEFORE = 5


def search(reading: Reading, query: str, limit: int = 100) -> list[Hit]:
    """Return the turns that hold every word of `query`, a form of it, or its beginning; any text is a valid query.

    The newest conversation comes first, then the order of time.
    """
    terms = tokens(query)[:MOST_TERMS]
    if not terms:
        return []
    pattern = tuple((Slot(forms(reading, term), (term,)),) for term in terms)
    is_sought = finder(query)
    return [
        Hit(turn.recording_id, turn.turn_id, turn.start_ms, *snippet(turn.text, is_sought))
        for turn in islice(turns_with(reading, pattern), limit)
    ]


def finder(query: str) -> Callable[[str], bool]:
    """Return what tells of a word as it is written whether a search for `query` finds it."""
    terms = tuple(tokens(query)[:MOST_TERMS])
    alike = frozenset(form for term in terms for form in irregular_forms(term))
    roots = frozenset(map(root, terms))

    def is_sought(word: str) -> bool:
        return any(part.startswith(terms) or part in alike or root(part) in roots for part in tokens(word))

    return is_sought


def snippet(text: str, is_sought: Callable[[str], bool]) -> tuple[str, tuple[int, int]]:
    """Return at most `SNIPPET_WORDS` words of `text` around the first that is sought, with … where it is cut.

    Beside it stands where in the snippet that word is: its first character and the one after it.
    """
    words = text.split()
    found = next((n for n, word in enumerate(words) if is_sought(word)), 0)
    first = max(0, min(found - _WORDS_BEFORE, len(words) - SNIPPET_WORDS))
    last = first + SNIPPET_WORDS
    before = "…" * (first > 0) + "".join(f"{word} " for word in words[first:found])
    cut = before + " ".join(words[found:last]) + "…" * (last < len(words))
    return cut, (len(before), len(before) + len("".join(words[found : found + 1])))
