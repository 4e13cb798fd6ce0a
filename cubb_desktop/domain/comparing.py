"""Where two versions of one conversation's text differ, word by word.

Words are the same when they are written alike but for capitals and punctuation and begin at about the same time: the
versions say the same sound, so a word of the first minute is never held against one of the tenth. Of all ways to lay
the versions beside each other that keep the order, the one with the most equal words is taken (Hunt & Szymanski 1977).
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from cubb_desktop.domain.transcript import Transcript, Word

NEAR_MS = 2000  # recognisers place a word up to so much earlier or later

_AROUND = 4  # words before and after a difference that tell where it is


@dataclass(frozen=True, slots=True)
class Difference:
    """A stretch where one version says `before` and the other `after`; either may say nothing there.

    `lead` and `trail` are the words of the one version around it, to know the place by.
    """

    start_ms: int
    end_ms: int
    before: tuple[Word, ...]
    after: tuple[Word, ...]
    lead: str = ""
    trail: str = ""

    @property
    def said_before(self) -> str:
        return _said(self.before)

    @property
    def said_after(self) -> str:
        return _said(self.after)


def _said(words: Sequence[Word]) -> str:
    return " ".join(word.text for word in words)


def differences(one: Transcript, other: Transcript) -> list[Difference]:
    """Return where another version says something else than one, in the order of time; who speaks is not compared."""
    mine, theirs = one.words(), other.words()
    found = []
    i = j = 0
    for next_i, next_j in [*_same(mine, theirs), (len(mine), len(theirs))]:
        before, after = mine[i:next_i], theirs[j:next_j]
        if before or after:
            both = before + after
            start, end = min(word.start_ms for word in both), max(word.end_ms for word in both)
            lead, trail = _said(mine[max(0, i - _AROUND) : i]), _said(mine[next_i : next_i + _AROUND])
            found.append(Difference(start, end, before, after, lead, trail))
        i, j = next_i + 1, next_j + 1
    return found


def _same(mine: Sequence[Word], theirs: Sequence[Word]) -> list[tuple[int, int]]:
    """Return the longest rising sequence of pairs (index in the one, index in the other) of equal words."""
    places: defaultdict[str, list[int]] = defaultdict(list)
    starts: defaultdict[str, list[int]] = defaultdict(list)
    for j, word in enumerate(theirs):
        key = _plain(word.text)
        places[key].append(j)
        starts[key].append(word.start_ms)
    ends: list[int] = []  # the smallest index in the other at which a sequence of so many pairs can end
    last: list[int] = []  # and which pair that is
    pairs: list[tuple[int, int, int]] = []  # with the pair before it, -1 for none
    for i, word in enumerate(mine):
        key = _plain(word.text)
        low = bisect_left(starts[key], word.start_ms - NEAR_MS)
        high = bisect_left(starts[key], word.start_ms + NEAR_MS + 1)
        for j in reversed(places[key][low:high]):  # backwards: one word is in one pair of a sequence only
            length = bisect_left(ends, j)
            pairs.append((i, j, last[length - 1] if length else -1))
            ends[length : length + 1] = [j]
            last[length : length + 1] = [len(pairs) - 1]
    chain: list[tuple[int, int]] = []
    at = last[-1] if last else -1
    while at >= 0:
        i, j, at = pairs[at]
        chain.append((i, j))
    return chain[::-1]


def _plain(text: str) -> str:
    """Return a word without capitals and punctuation; what is nothing but signs stays as it is."""
    return "".join(c for c in text.casefold() if c.isalnum()) or text
