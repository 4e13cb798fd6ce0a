"""What the picture of the sound shows of a transcript: who speaks when, and where one gives way to another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from cubb_desktop.domain.ids import TurnId
from cubb_desktop.domain.transcript import Silence, Speaker, Transcript, Turn
from cubb_desktop.gui.widgets.review_lines import speaker_tokens

_BLOCK_JOIN_MS = 400  # words of one speaker nearer than this are one block
_BORDER_MS = 1_500  # turns further apart have no border that can be moved


class Block(NamedTuple):
    """A stretch in which one speaker is heard, in a lane."""

    start_ms: int
    end_ms: int
    lane: int
    token: str


@dataclass(frozen=True, slots=True)
class Speech:
    """Who speaks when, in how many lanes, and the measured silences between."""

    blocks: tuple[Block, ...] = ()
    lanes: int = 1
    silences: tuple[Silence, ...] = ()
    borders: tuple[Border, ...] = ()


class Border(NamedTuple):
    """Where one turn gives way to the next, that of another speaker."""

    at_ms: int
    turn_id: TurnId  # the earlier


def borders_of(transcript: Transcript) -> tuple[Border, ...]:
    """Return the borders that can be moved: between turns of two speakers that follow each other closely."""
    pairs = zip(transcript.turns, transcript.turns[1:], strict=False)
    return tuple(
        Border(after.start_ms, before.id)
        for before, after in pairs
        if before.speaker != after.speaker and abs(after.start_ms - before.end_ms) <= _BORDER_MS
    )


def speech_of(transcript: Transcript) -> Speech:
    """Return what the picture shows of a transcript; blocks in order of time, none while speakers are unknown."""
    if not transcript.has_speakers or not transcript.speakers:
        return Speech(silences=transcript.silences)
    tokens = speaker_tokens(transcript.speakers)
    lane_of = {speaker.id: lane for lane, speaker in enumerate(_in_order(transcript.speakers))}
    found: list[Block] = []
    for turn in transcript.turns:
        if turn.speaker in lane_of:
            found += _blocks_of(turn, lane_of[turn.speaker], tokens[turn.speaker])
    found.sort(key=lambda block: block.start_ms)
    return Speech(tuple(found), len(lane_of), transcript.silences, borders_of(transcript))


def _blocks_of(turn: Turn, lane: int, token: str) -> list[Block]:
    blocks: list[Block] = []
    start_ms, end_ms = turn.start_ms, turn.start_ms
    for word in turn.words:
        if word.start_ms - end_ms > _BLOCK_JOIN_MS and end_ms > start_ms:
            blocks.append(Block(start_ms, end_ms, lane, token))
            start_ms = word.start_ms
        end_ms = max(end_ms, word.end_ms)
    return [*blocks, Block(start_ms, end_ms, lane, token)] if end_ms > start_ms else blocks


def _in_order(speakers: Sequence[Speaker]) -> list[Speaker]:
    """The worker's lane is the uppermost, the citizen's the next."""
    rank = {"worker": 0, "citizen": 1}
    tokens = speaker_tokens(speakers)
    return sorted(speakers, key=lambda speaker: rank.get(tokens[speaker.id], 2))
