"""The concordance over every conversation that may be opened, a page at a time, and where its hits are to be heard."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from cubb_desktop.domain.concordance import Found, KwicLine, Mode, around, find, parse
from cubb_desktop.domain.consent import Use
from cubb_desktop.domain.errors import TranscriptNotFound
from cubb_desktop.domain.ids import RecordingId, WordId
from cubb_desktop.library import concordance as index
from cubb_desktop.library import recordings, transcripts
from cubb_desktop.library.concordance import Place
from cubb_desktop.services.gate import gate_in
from cubb_desktop.services.openings import searched
from cubb_desktop.services.workspace import Workspace

PAGE = 100
MOST_COUNTED = 5_000  # hits in one conversation


@dataclass(frozen=True, slots=True)
class KwicPage:
    """Some lines of a concordance; `rest` is where the next page begins, None after the last line."""

    lines: tuple[KwicLine, ...]
    rest: Place | None


class Stretch(NamedTuple):
    """A stretch of a conversation and the words in it."""

    start_ms: int
    end_ms: int
    word_ids: tuple[WordId, ...]


def concordance(
    ws: Workspace,
    query: str,
    mode: Mode = Mode.INFLECTED,
    *,
    after: Place | None = None,
    most: int = PAGE,
    recording_id: RecordingId | None = None,
) -> KwicPage:
    """Return hits with what was said around them, the newest conversation first; at least `most` if there are so many.

    What is sought is a word or a phrase in quotation marks; words after it must stand in the same turn. In one
    conversation, if one is given: raises RecordingNotFound and ConsentWithdrawn for that.
    """
    terms = parse(query)
    if not terms:
        return KwicPage((), None)
    lines: list[KwicLine] = []
    with ws.library.read() as reading:
        if recording_id is not None:
            gate_in(reading, recording_id, Use.OPEN)
        pattern = index.pattern_of(reading, terms, mode)
        last: Place | None = None
        rest: Place | None = None
        for turn in index.turns_with(reading, pattern, after, recording_id):
            if len(lines) >= most:
                rest = last
                break
            lines += [_line(turn, found) for found in find(turn.text, pattern)]
            last = turn.place
    searched(ws, query)
    return KwicPage(tuple(lines), rest)


def _line(turn: index.TurnText, found: Found) -> KwicLine:
    before, hit, after = around(turn.text, found)
    return KwicLine(
        recording_id=turn.recording_id,
        title=turn.title,
        recorded_at=turn.recorded_at,
        turn_id=turn.turn_id,
        turn_start_ms=turn.start_ms,
        speaker=turn.speaker,
        before=before,
        hit=hit,
        after=after,
        found=found,
    )


def is_own(ws: Workspace, recording_id: RecordingId) -> bool:
    """Whether a conversation is the person's own: only then are its hits counted. Raises RecordingNotFound."""
    with ws.library.read() as reading:
        return recordings.get(reading, recording_id).author == ws.actor


def stretch_of(ws: Workspace, line: KwicLine) -> Stretch:
    """Return where a hit is heard: its words in the turn as it is now, or the whole turn if it has changed since.

    Raises RecordingNotFound, ConsentWithdrawn, TranscriptNotFound (the turn is gone).
    """
    return _stretches(ws, line.recording_id, [line])[0]


def turn_of(ws: Workspace, line: KwicLine) -> Stretch:
    """Return the whole turn that a hit stands in; raises as `stretch_of`."""
    return _stretches(ws, line.recording_id, [line], whole=True)[0]


def stretches_of(ws: Workspace, recording_id: RecordingId, lines: list[KwicLine]) -> list[Stretch]:
    """Return where the turns of hits in one conversation are heard, each turn once; raises as `stretch_of`."""
    found = _stretches(ws, recording_id, lines, whole=True)
    return list(dict.fromkeys(found))


def _stretches(
    ws: Workspace, recording_id: RecordingId, lines: list[KwicLine], *, whole: bool = False
) -> list[Stretch]:
    with ws.library.read() as reading:
        gate_in(reading, recording_id, Use.OPEN)
        transcript = transcripts.latest(reading, recording_id)
    turns = {turn.id: turn for turn in transcript.turns} if transcript is not None else {}
    found = []
    for line in lines:
        turn = turns.get(line.turn_id)
        if turn is None:
            raise TranscriptNotFound
        words = turn.words if whole else turn.words[line.found.first : line.found.last + 1]
        words = words or turn.words
        times = (words[0].start_ms, max(word.end_ms for word in words)) if words else (turn.start_ms, turn.end_ms)
        found.append(Stretch(*times, tuple(word.id for word in words)))
    return found
