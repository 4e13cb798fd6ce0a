"""What is played of a conversation: all of it, one voice alone, or without its long silences; times in milliseconds."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from cubb_desktop.domain.ids import SpeakerId
from cubb_desktop.domain.transcript import Transcript

LEAST_SKIPPED_MS = 800  # a shorter silence is heard as it was: it belongs to how something is said
_LEFT_MS = 200  # of a skipped silence that is still heard at each end
_AROUND_WORD_MS = 80  # a word's first and last sound reach beyond its measured ends
_JOIN_MS = 500  # between words of one voice; a jump costs more than so much sound


class Stretch(NamedTuple):
    """Sound from `start_ms` up to `end_ms`, None for the end of the sound."""

    start_ms: int
    end_ms: int | None


def voice(transcript: Transcript, speaker: SpeakerId) -> list[Stretch]:
    """Return where one speaker is heard; who talks at the same time is heard too."""
    words = sorted((w.start_ms, w.end_ms) for t in transcript.turns if t.speaker == speaker for w in t.words)
    around = [
        (max(0, start - _AROUND_WORD_MS), min(end + _AROUND_WORD_MS, transcript.duration_ms)) for start, end in words
    ]
    return _joined(around)


def without_silences(transcript: Transcript) -> list[Stretch]:
    """Return the sound without its silences of `LEAST_SKIPPED_MS` and more; a little of each is left."""
    heard: list[Stretch] = []
    start = 0
    for silence in sorted(transcript.silences, key=lambda silence: silence.start_ms):
        if silence.length_ms >= LEAST_SKIPPED_MS and silence.start_ms + _LEFT_MS > start:
            heard.append(Stretch(start, silence.start_ms + _LEFT_MS))
            start = silence.end_ms - _LEFT_MS
    return [*heard, Stretch(start, None)]


def within(stretches: Iterable[Stretch], start_ms: int, end_ms: int | None) -> list[Stretch]:
    """Return what of some stretches lies in a passage (`end_ms` None: to the end)."""
    found = []
    for stretch in stretches:
        start = max(stretch.start_ms, start_ms)
        end = _earlier(stretch.end_ms, end_ms)
        if end is None or start < end:
            found.append(Stretch(start, end))
    return found


def common(one: Sequence[Stretch], other: Sequence[Stretch]) -> list[Stretch]:
    """Return what lies in both of two lists in order of time."""
    return [part for stretch in one for part in within(other, *stretch)]


def _joined(times: Iterable[tuple[int, int]]) -> list[Stretch]:
    joined: list[tuple[int, int]] = []
    for start, end in times:
        if joined and start - joined[-1][1] < _JOIN_MS:
            joined[-1] = joined[-1][0], max(joined[-1][1], end)
        else:
            joined.append((start, end))
    return [Stretch(*both) for both in joined]


def _earlier(one: int | None, other: int | None) -> int | None:
    known = [end for end in (one, other) if end is not None]
    return min(known, default=None)
