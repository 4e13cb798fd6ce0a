"""Damage to a container of sound: wrong bits, missing ends and worse, and what a reader may make of them.

Never complete, never wrong sound, never an exception, and every chunk that was not hit is there. Run small by the tests
and large by `bench damage`.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from cubb_desktop.audio import container
from cubb_desktop.audio.chunks import SoundReader, SoundState
from cubb_desktop.audio.flac import Samples
from cubb_desktop.domain.errors import AudioMissing
from cubb_desktop.domain.ids import RecordingId
from tests.audio import sounds
from tests.audio.sounds import KEY


@dataclass
class Outcome:
    """What a campaign found; no faults is the bar."""

    tried: int = 0
    chunks_lost: int = 0
    faults: list[str] = field(default_factory=list)


class Victim:
    """A stored recording of one segment, with or without an index, that can be damaged again and again."""

    def __init__(self, folder: Path, seconds: float, *, rate_hz: int = sounds.RATE_HZ, indexed: bool = False) -> None:
        self.folder = folder
        self.samples: Samples = sounds.noise(seconds, rate_hz=rate_hz)
        self.recording: RecordingId = sounds.store(folder, self.samples, rate_hz=rate_hz, indexed=indexed)
        self.path = sounds.segment_path(folder, self.recording)
        self.whole = self.path.read_bytes()
        self.chunk = rate_hz // 4
        with self.open() as reader:
            self.ends = [chunk.end for chunk in reader._segments[0].chunks.values()]

    def open(self) -> SoundReader:
        return SoundReader.open(self.folder, self.recording, KEY)

    def heard(self, content: bytes) -> tuple[Samples, SoundState, np.ndarray] | None:
        """Return the sound of a damaged copy, its state and which frames are no gap; None when there is nothing."""
        self.path.write_bytes(content)
        try:
            with self.open() as reader:
                state, gaps, samples = reader.state, reader.gaps, reader.read(0, reader.frames)
        except AudioMissing:
            return None
        there = np.ones(len(samples), bool)
        for gap in gaps:
            there[gap.start_frame : gap.start_frame + gap.frames] = False
        return samples, state, there


def flip_bits(folder: Path, count: int, seed: int = 5) -> Outcome:
    """Turn one bit round, `count` times: it costs at most the chunk it is in, and moves nothing."""
    outcome, drawn = Outcome(), random.Random(seed)
    victims = [Victim(folder, 5, indexed=indexed) for indexed in (False, True)]
    for number in range(count):
        victim = victims[number % 2]
        flipped = bytearray(victim.whole)
        place = drawn.randrange(len(flipped))
        flipped[place] ^= 1 << drawn.randrange(8)
        outcome.tried += 1
        found = victim.heard(bytes(flipped))
        if found is None:
            outcome.faults.append(f"byte {place}: nothing left")
            continue
        samples, state, there = found
        lost = len(victim.samples) - int(there.sum())
        outcome.chunks_lost += lost > 0
        expected = 0 if place < container.HEADER_BYTES else victim.chunk
        if state is SoundState.COMPLETE:
            outcome.faults.append(f"byte {place}: told as complete")
        if lost > expected:
            outcome.faults.append(f"byte {place}: {lost} frames lost")
        if not np.array_equal(samples[there], victim.samples[: len(samples)][there]) or samples[~there].any():
            outcome.faults.append(f"byte {place}: wrong sound")
    return outcome


def truncate_everywhere(folder: Path, seconds: float, rate_hz: int) -> Outcome:
    """Cut the container off at every offset: interrupted, with every whole chunk before the cut."""
    outcome, victim = Outcome(), Victim(folder, seconds, rate_hz=rate_hz)
    for size in range(len(victim.whole)):
        outcome.tried += 1
        found = victim.heard(victim.whole[:size])
        if size < container.HEADER_BYTES:
            if found is not None:
                outcome.faults.append(f"{size} bytes: sound without a header")
            continue
        frames = min(len(victim.samples), victim.chunk * sum(end <= size for end in victim.ends))
        if found is None or found[1] is not SoundState.INTERRUPTED:
            outcome.faults.append(f"{size} bytes: not interrupted")
        elif not np.array_equal(found[0], victim.samples[:frames]):
            outcome.faults.append(f"{size} bytes: {len(found[0])} frames instead of {frames}, or others")
    return outcome


def mutate(folder: Path, count: int, seed: int = 11) -> Outcome:
    """Change several stretches cruelly, `count` times: what is read is what was written, or silence."""
    outcome, drawn = Outcome(), random.Random(seed)
    victims = [Victim(folder, 2, indexed=indexed) for indexed in (False, True)]
    for number in range(count):
        victim = victims[number % 2]
        content = mutated(victim.whole, drawn)
        outcome.tried += 1
        found = victim.heard(content)
        if found is None:
            continue
        samples, state, _ = found
        if state is SoundState.COMPLETE and content != victim.whole:
            outcome.faults.append(f"{number}: told as complete")
        right = len(samples) <= len(victim.samples)
        if not right or not (samples == victim.samples[: len(samples)])[samples != 0].all():
            outcome.faults.append(f"{number}: wrong sound")
    return outcome


def mutated(whole: bytes, drawn: random.Random) -> bytes:
    """One to five cruel changes: bytes overwritten, cut out, doubled, swapped, appended."""
    content = bytearray(whole)
    for _ in range(drawn.randrange(1, 6)):
        place, length = drawn.randrange(len(content) + 1), drawn.randrange(1, 3_000)
        kind = drawn.randrange(6)
        if kind == 0:
            content[place : place + length] = drawn.randbytes(min(length, len(content) - place))
        elif kind == 1 and len(content) > length:
            del content[place : place + length]
        elif kind == 2:
            content[place:place] = content[drawn.randrange(len(content)) :][:length]
        elif kind == 3:
            content += drawn.randbytes(length)
        elif kind == 4:
            content[place:place] = container.SYNC * (length // 8)
        else:
            content = content[:place] or content
    return bytes(content)
