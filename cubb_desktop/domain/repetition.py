"""Loops and repeats: what a recogniser does when it has lost the sound, told from what people do when they insist."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

_LONGEST_PHRASE = 12
_LEAST_TIMES = {1: 8, 2: 5}  # people do say "ja ja ja ja"; longer phrases are seldom said three times running
_LEAST_TIMES_LONGER = 3
_LEAST_REPEATED_WORDS = 4


@dataclass(frozen=True, slots=True)
class Loop:
    """Words `first` up to, not including, `last` are one phrase of `length` words said over and over."""

    first: int
    last: int
    length: int


def plain(text: str) -> str:
    """A word without case and surrounding punctuation, for comparing."""
    return "".join(c for c in text.casefold() if c.isalnum())


def find_loops(texts: Sequence[str]) -> list[Loop]:
    """The stretches of `texts` where a phrase of 1 to 12 words is repeated more often than people do."""
    words = [plain(text) for text in texts]
    loops: list[Loop] = []
    start = 0
    while start < len(words):
        loop = _loop_at(words, start)
        if loop is None:
            start += 1
        else:
            loops.append(loop)
            start = loop.last
    return loops


def _loop_at(words: Sequence[str], start: int) -> Loop | None:
    for length in range(1, _LONGEST_PHRASE + 1):
        end = start + length
        while end + length <= len(words) and words[end : end + length] == words[start : start + length]:
            end += length
        if (end - start) // length >= _LEAST_TIMES.get(length, _LEAST_TIMES_LONGER):
            return Loop(start, end, length)
    return None


def is_repeat(texts: Sequence[str], previous: Sequence[str]) -> bool:
    """Whether a whole stretch says exactly what the one before it said, and enough for that to be suspicious."""
    if len(texts) < _LEAST_REPEATED_WORDS:
        return False
    return [plain(t) for t in texts] == [plain(t) for t in previous]
