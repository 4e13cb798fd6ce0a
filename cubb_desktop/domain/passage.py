"""A passage of a transcript: what lies between two moments, and nothing else."""

from __future__ import annotations

from dataclasses import replace

from cubb_desktop.domain.transcript import Interval, Overlap, Silence, Transcript, Turn, Unheard


def cut(transcript: Transcript, start_ms: int, end_ms: int) -> Transcript:
    """Return the transcript with only what sounds between the two times; times stay those of the whole recording.

    A word belongs to the passage that holds its middle; silences, overlaps and the unheard are clipped to it. Speakers
    who say nothing in the passage are left out.
    """
    turns = tuple(kept for turn in transcript.turns if (kept := _clipped_turn(turn, start_ms, end_ms)) is not None)
    ids = {turn.id for turn in turns}
    speaking = {turn.speaker for turn in turns}
    return replace(
        transcript,
        speakers=tuple(s for s in transcript.speakers if s.id in speaking),
        turns=turns,
        silences=tuple(
            replace(s, start_ms=span[0], end_ms=span[1])
            for s in transcript.silences
            if (span := _clip(s, start_ms, end_ms))
        ),
        overlaps=tuple(
            Overlap(*span, o.turns)
            for o in transcript.overlaps
            if set(o.turns) <= ids and (span := _clip(o, start_ms, end_ms))
        ),
        unheard=tuple(Unheard(*span) for u in transcript.unheard if (span := _clip(u, start_ms, end_ms))),
        flagged=tuple(Interval(*span) for f in transcript.flagged if (span := _clip(f, start_ms, end_ms))),
    )


def _clipped_turn(turn: Turn, start_ms: int, end_ms: int) -> Turn | None:
    words = tuple(w for w in turn.words if start_ms <= (w.start_ms + w.end_ms) // 2 < end_ms)
    if not words:
        return None
    return replace(turn, words=words, start_ms=words[0].start_ms, end_ms=max(w.end_ms for w in words))


def _clip(span: Silence | Overlap | Unheard | Interval, start_ms: int, end_ms: int) -> tuple[int, int] | None:
    first, last = max(start_ms, span.start_ms), min(end_ms, span.end_ms)
    return (first, last) if first < last else None
