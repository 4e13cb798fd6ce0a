"""Who has the floor where a diariser is at its weakest: in blips too short for a turn, and in short gaps in speech."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import replace

from cubb_desktop.domain.transcript import Diarisation, Interval, Silence, SpeakerSegment

LONGEST_GAP_MS = 500  # what is longer may be somebody the diariser did not hear
LONGEST_BLIP_MS = 200  # the shortest "ja" is longer
_SAME_BREATH_MS = 100


def settled(diarisation: Diarisation, silences: Sequence[Silence]) -> Diarisation:
    """The diarisation without blips and with short gaps given away; see `without_blips` and `give_gaps`."""
    return give_gaps(without_blips(diarisation), silences)


def without_blips(diarisation: Diarisation) -> Diarisation:
    """Take back segments of up to a fifth of a second that lie inside one voice's talk.

    Over that talk they are dropped; between two stretches of it, without a pause, they become part of it.
    """
    return Diarisation(_without_blips(diarisation.overlapping), _without_blips(diarisation.exclusive))


def _without_blips(segments: Sequence[SpeakerSegment]) -> tuple[SpeakerSegment, ...]:
    kept: list[SpeakerSegment] = []
    for one in segments:
        if one.end_ms - one.start_ms > LONGEST_BLIP_MS:
            kept.append(one)
            continue
        others = [other for other in segments if other.voice != one.voice]
        if any(other.start_ms <= one.start_ms and one.end_ms <= other.end_ms for other in others):
            continue
        kept.append(replace(one, voice=_surrounding(one, segments) or one.voice))
    return tuple(sorted(kept, key=lambda segment: (segment.start_ms, segment.end_ms, segment.voice)))


def _surrounding(blip: SpeakerSegment, segments: Sequence[SpeakerSegment]) -> str | None:
    """The one other voice that stops where `blip` begins and goes on where it ends."""
    before = {s.voice for s in segments if 0 <= blip.start_ms - s.end_ms <= _SAME_BREATH_MS}
    after = {s.voice for s in segments if 0 <= s.start_ms - blip.end_ms <= _SAME_BREATH_MS}
    meanwhile = {s.voice for s in segments if s.start_ms < blip.end_ms and blip.start_ms < s.end_ms}
    around = (before & after) - meanwhile
    return around.pop() if len(around) == 1 and meanwhile == {blip.voice} else None


def give_gaps(diarisation: Diarisation, silences: Sequence[Silence]) -> Diarisation:
    """Give speech of up to half a second that nobody has to the voice it touches; between two voices it is halved.

    A diariser cuts soft beginnings and endings of words. `silences` are the measured ones: nothing is given there.
    """
    ordered = sorted(silences, key=lambda silence: silence.start_ms)
    return Diarisation(_filled(diarisation.overlapping, ordered), _filled(diarisation.exclusive, ordered))


def _filled(segments: Sequence[SpeakerSegment], silences: Sequence[Silence]) -> tuple[SpeakerSegment, ...]:
    ordered = sorted(segments, key=lambda segment: (segment.start_ms, segment.end_ms))
    given = list(ordered)
    before: SpeakerSegment | None = None
    for one in [*ordered, None]:
        if before is None and one is not None:
            open_from = max(0, one.start_ms - LONGEST_GAP_MS - 1)
            given += _shared(None, one, _speech(open_from, one.start_ms, silences))
        elif before is not None:
            end_ms = one.start_ms if one is not None else before.end_ms + LONGEST_GAP_MS + 1
            given += _shared(before, one, _speech(before.end_ms, end_ms, silences))
        if one is not None and (before is None or one.end_ms > before.end_ms):
            before = one
    return tuple(sorted(given, key=lambda segment: (segment.start_ms, segment.end_ms)))


def _shared(
    before: SpeakerSegment | None, after: SpeakerSegment | None, pieces: Sequence[Interval]
) -> list[SpeakerSegment]:
    """Divide pieces of free speech between the voices they touch."""
    given: list[SpeakerSegment] = []
    for piece in pieces:
        start_ms, end_ms = piece.start_ms, piece.end_ms
        left = before if before is not None and start_ms == before.end_ms else None
        right = after if after is not None and end_ms == after.start_ms else None
        if end_ms - start_ms > LONGEST_GAP_MS:
            continue
        if left is not None and right is not None and left.voice != right.voice:
            middle_ms = (start_ms + end_ms) // 2
            given.append(replace(left, start_ms=start_ms, end_ms=middle_ms))
            given.append(replace(right, start_ms=middle_ms, end_ms=end_ms))
        elif (touched := left or right) is not None:
            given.append(replace(touched, start_ms=start_ms, end_ms=end_ms))
    return given


def _speech(start_ms: int, end_ms: int, silences: Sequence[Silence]) -> list[Interval]:
    """What is not silent between two times, in order."""
    pieces: list[Interval] = []
    index = max(0, bisect_right(silences, start_ms, key=lambda silence: silence.start_ms) - 1)
    for silence in silences[index:]:
        if silence.start_ms >= end_ms:
            break
        if silence.start_ms > start_ms:
            pieces.append(Interval(start_ms, silence.start_ms))
        start_ms = max(start_ms, silence.end_ms)
    if start_ms < end_ms:
        pieces.append(Interval(start_ms, end_ms))
    return pieces
