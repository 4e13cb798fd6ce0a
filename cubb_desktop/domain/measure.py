"""How far a transcript is from the truth, where the truth is known: for the demo and for measurements."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from statistics import median

from cubb_desktop.domain.transcript import Silence, Transcript

LEAST_SILENCE_MS = 300


@dataclass(frozen=True, slots=True)
class TrueWord:
    """A word as it was said."""

    text: str
    start_ms: int
    end_ms: int
    speaker: str


@dataclass(frozen=True, slots=True)
class Accuracy:
    """Errors against the truth; shares are 0..1."""

    words: int
    word_errors: int
    start_error_ms: float  # median over rightly recognised words
    starts_within_100_ms: float
    right_speaker: float  # of rightly recognised words
    silences: int  # of at least 0.3 s, in truth
    silences_found: int
    silences_false: int
    silence_error_ms: float  # of the length of those found, median

    @property
    def word_error_rate(self) -> float:
        return self.word_errors / self.words if self.words else 0.0


def plain_word(text: str) -> str:
    """A word without case and punctuation."""
    return "".join(c for c in text.casefold() if c.isalnum())


def edit_distance(truth: Sequence[Hashable], found: Sequence[Hashable]) -> int:
    """Insertions, deletions and substitutions that turn one into the other (Levenshtein)."""
    row = list(range(len(found) + 1))
    for i, true in enumerate(truth, 1):
        diagonal, row[0] = row[0], i
        for j, one in enumerate(found, 1):
            diagonal, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, diagonal + (true != one))
    return row[-1]


def compare(transcript: Transcript, truth: Sequence[TrueWord], silences: Sequence[Silence]) -> Accuracy:
    """Compare a transcript with what was said; speakers are matched by who says most of each other's words."""
    said = sorted((w for w in truth if plain_word(w.text)), key=lambda w: w.start_ms)
    heard = [w for w in transcript.words() if plain_word(w.text)]
    said_texts, heard_texts = [plain_word(w.text) for w in said], [plain_word(w.text) for w in heard]
    pairs = [
        (said[block.a + k], heard[block.b + k])
        for block in SequenceMatcher(None, said_texts, heard_texts, autojunk=False).get_matching_blocks()
        for k in range(block.size)
    ]
    starts = [abs(found.start_ms - true.start_ms) for true, found in pairs]
    found_silences, false_silences, silence_errors = _silences(transcript.silences, silences)
    return Accuracy(
        words=len(said),
        word_errors=edit_distance(said_texts, heard_texts),
        start_error_ms=median(starts) if starts else 0.0,
        starts_within_100_ms=sum(s <= 100 for s in starts) / len(starts) if starts else 0.0,
        right_speaker=_right_speakers([(true.speaker, str(found.speaker)) for true, found in pairs]),
        silences=sum(s.length_ms >= LEAST_SILENCE_MS for s in silences),
        silences_found=found_silences,
        silences_false=false_silences,
        silence_error_ms=median(silence_errors) if silence_errors else 0.0,
    )


def _right_speakers(pairs: Sequence[tuple[str, str]]) -> float:
    counts: dict[tuple[str, str], int] = {}
    for pair in pairs:
        counts[pair] = counts.get(pair, 0) + 1
    taken: set[str] = set()
    right = 0
    for (true, found), number in sorted(counts.items(), key=lambda item: -item[1]):
        if f"true {true}" not in taken and f"found {found}" not in taken:
            taken |= {f"true {true}", f"found {found}"}
            right += number
    return right / len(pairs) if pairs else 0.0


def _silences(measured: Sequence[Silence], truth: Sequence[Silence]) -> tuple[int, int, list[int]]:
    """How many true silences a measured one covers by more than half, how many measured ones cover none of the true
    ones so, and by how much the lengths of those found are wrong."""

    def counterpart(one: Silence, others: Sequence[Silence]) -> Silence | None:
        best = max(others, key=lambda o: min(one.end_ms, o.end_ms) - max(one.start_ms, o.start_ms), default=None)
        if best is None:
            return None
        shared = min(one.end_ms, best.end_ms) - max(one.start_ms, best.start_ms)
        return best if shared > one.length_ms / 2 else None

    long = [(s, counterpart(s, measured)) for s in truth if s.length_ms >= LEAST_SILENCE_MS]
    errors = [abs(true.length_ms - found.length_ms) for true, found in long if found is not None]
    false = sum(counterpart(s, truth) is None for s in measured if s.length_ms >= LEAST_SILENCE_MS)
    return len(errors), false, errors
