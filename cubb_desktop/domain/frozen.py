"""Line numbers that never change again: which words, silences and unheard stretches stood in which line.

Once a transcript has been used in a meeting, people have quoted its lines. From then on

- every word that was there keeps its line, whatever is corrected, and so does every silence;
- words that are put in belong to the line of the word before them in their turn (at its beginning, of the one after);
- a line that needs more room goes on below without a number, and so does one of which a part is given to somebody else;
- a line that was not there at all gets the number of the line it comes after with a letter: 12a;
- a line that is removed leaves a gap.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from cubb_desktop.domain.ids import TranscriptId, WordId
from cubb_desktop.domain.transcript import Transcript, Turn


@dataclass(frozen=True, slots=True)
class FrozenLine:
    """One line as it was frozen: its words, or the place of its silence in the transcript's list, or neither of them.

    A line that has neither is a stretch that was not understood.
    """

    number: int
    start_ms: int
    words: tuple[WordId, ...] = ()
    silence: int | None = None


@dataclass(frozen=True)
class Frozen:
    """All lines of a transcript as they were frozen, in order, by whom and when."""

    transcript_id: TranscriptId
    lines: tuple[FrozenLine, ...]
    by: str
    at: datetime

    @cached_property
    def _of_word(self) -> dict[WordId, int]:
        return {word: line.number for line in self.lines for word in line.words}

    @cached_property
    def _by_start(self) -> list[FrozenLine]:
        return sorted(self.lines, key=lambda line: (line.start_ms, line.number))

    @cached_property
    def _starts(self) -> list[int]:
        return [line.start_ms for line in self._by_start]

    @cached_property
    def _of_silence(self) -> dict[int, int]:
        return {line.silence: line.number for line in self.lines if line.silence is not None}

    @cached_property
    def _of_unheard(self) -> dict[int, int]:
        return {line.start_ms: line.number for line in self.lines if not line.words and line.silence is None}

    @cached_property
    def _wordless(self) -> set[int]:
        return {line.number for line in self.lines if not line.words}

    def line_of(self, word_id: WordId) -> int | None:
        """Return the line a word keeps, None for a word that came later."""
        return self._of_word.get(word_id)

    def numbers(self, turn: Turn) -> list[int]:
        """Return the line that each word of a turn belongs to."""
        found = [self._of_word.get(word.id) for word in turn.words]
        first = next((number for number in found if number is not None), None)
        if first is None and any(word.edited for word in turn.words):
            first = self._of_unheard.get(turn.start_ms, self._at(turn.start_ms))
        elif first is None:  # another machine transcript of the same talk
            return [self._at(word.start_ms) for word in turn.words]
        filled: list[int] = []
        for number in found:
            filled.append(number if number is not None else filled[-1] if filled else first)
        return filled

    def of_silences(self, transcript: Transcript) -> list[int]:
        """Return the line of each silence: none comes or goes by hand, so that its place in the list names it."""
        if transcript.id == self.transcript_id:
            known = enumerate(transcript.silences)
            return [self._of_silence.get(place, self._at(silence.start_ms)) for place, silence in known]
        return [self._at(silence.start_ms) for silence in transcript.silences]

    def of_unheard(self, transcript: Transcript) -> list[int]:
        """Return the line of each stretch that was not understood."""
        return [self._of_unheard.get(one.start_ms, self._at(one.start_ms)) for one in transcript.unheard]

    def holds(self, number: int, words: Iterable[WordId]) -> bool:
        """Whether anything of a row with some words (none in a silence) was there when the lines were frozen."""
        known = list(words)
        return any(word in self._of_word for word in known) if known else number in self._wordless

    def _at(self, time_ms: int) -> int:
        """Return the line that began last before a time."""
        n = bisect_right(self._starts, time_ms) - 1
        return self._by_start[max(0, n)].number if self._by_start else 1
