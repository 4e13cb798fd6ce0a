"""Conversations between espeak-ng voices with their exact truth: who says which word when, silences and overlaps.

Tests and benchmarks call `held_out_conversation`; it needs nothing but an installed espeak-ng. For a seed the sentences
are the same; espeak-ng carries a little state from one sentence to the next, so sound and times repeat to the sample
only for the same calls in a fresh process (within one process they differ by some milliseconds).
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import combinations

import numpy as np

from demo_models import language
from demo_models.espeak import RATE_HZ, Espeak, EspeakError, Samples, Speech, TimedWord
from demo_models.utterances import PLAIN, say

SHORTEST_SILENCE_MS = 200
_SOUNDING = 0.003
"""Share of a speaker's own peak (-50 dB) above which a sample sounds."""
_BACKCHANNELS = ("Ja.", "Nå.", "Okay.", "Aha.", "Nemlig.", "Jo.")


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of time in whole milliseconds; `speakers` names who sounds in an overlap."""

    start_ms: int
    end_ms: int
    speakers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Turn:
    """One utterance as it was placed; the words keep their punctuation."""

    speaker: str
    text: str
    words: tuple[TimedWord, ...]

    @property
    def start_s(self) -> float:
        """When its first word starts."""
        return self.words[0].start_s

    @property
    def end_s(self) -> float:
        """When its last word ends."""
        return self.words[-1].end_s


@dataclass(frozen=True, slots=True)
class Conversation:
    """Mono float samples at 16 kHz and the truth about them; `tracks` are the clean separate signals."""

    samples: Samples
    turns: tuple[Turn, ...]
    tracks: dict[str, Samples]

    @property
    def duration_ms(self) -> int:
        """Length of the sound."""
        return round(len(self.samples) * 1000 / RATE_HZ)

    @property
    def words(self) -> list[TimedWord]:
        """All words by start time."""
        return sorted((word for turn in self.turns for word in turn.words), key=lambda word: word.start_s)

    def activity(self) -> dict[str, list[Span]]:
        """When each speaker's clean signal sounds; breaks shorter than a quarter of a second don't count."""
        return {name: sounding_spans(track) for name, track in self.tracks.items()}

    def silences(self) -> list[Span]:
        """Stretches of at least 200 ms in which no speaker's clean signal sounds, from the first to the last sample."""
        loud = np.zeros(len(self.samples), bool)
        for track in self.tracks.values():
            loud |= np.abs(track) > _SOUNDING * np.abs(track).max()
        edges = np.concatenate([[-1], np.flatnonzero(loud), [len(loud)]])
        gaps = np.flatnonzero(np.diff(edges) - 1 >= SHORTEST_SILENCE_MS * RATE_HZ // 1000)
        # rounded inwards, so that a silence never holds a sounding sample
        found = (Span(-(-1000 * (int(edges[g]) + 1) // RATE_HZ), 1000 * int(edges[g + 1]) // RATE_HZ) for g in gaps)
        return [span for span in found if span.end_ms - span.start_ms >= SHORTEST_SILENCE_MS]

    def overlaps(self) -> list[Span]:
        """Where the utterances of two speakers lie over each other."""
        found = []
        for one, other in combinations(self.turns, 2):
            start_s, end_s = max(one.start_s, other.start_s), min(one.end_s, other.end_s)
            if one.speaker != other.speaker and end_s > start_s:
                found.append(Span(_ms(start_s), _ms(end_s), tuple(sorted((one.speaker, other.speaker)))))
        return sorted(found, key=lambda span: span.start_ms)

    def truth(self) -> dict[str, object]:
        """The truth as it is written to JSON."""
        return {
            "duration_ms": self.duration_ms,
            "utterances": [_turn_row(turn) for turn in sorted(self.turns, key=lambda turn: turn.start_s)],
            "silences": [{"start_ms": s.start_ms, "end_ms": s.end_ms} for s in self.silences()],
            "overlaps": [
                {"start_ms": s.start_ms, "end_ms": s.end_ms, "speakers": list(s.speakers)} for s in self.overlaps()
            ],
        }


def sounding_spans(track: Samples, break_s: float = 0.25) -> list[Span]:
    """Stretches in which a clean signal sounds, those less than `break_s` apart joined."""
    loud = np.flatnonzero(np.abs(track) > _SOUNDING * np.abs(track).max())
    if len(loud) == 0:
        return []
    breaks = np.flatnonzero(np.diff(loud) >= break_s * RATE_HZ)
    starts = loud[np.concatenate([[0], breaks + 1])]
    ends = loud[np.concatenate([breaks, [len(loud) - 1]])] + 1
    return [Span(int(a) * 1000 // RATE_HZ, -(-int(b) * 1000 // RATE_HZ)) for a, b in zip(starts, ends, strict=True)]


def _ms(at_s: float) -> int:
    return round(at_s * 1000)


def _turn_row(turn: Turn) -> dict[str, object]:
    words = [{"text": w.text, "start_ms": _ms(w.start_s), "end_ms": _ms(w.end_s)} for w in turn.words]
    return {
        "speaker": turn.speaker,
        "start_ms": _ms(turn.start_s),
        "end_ms": _ms(turn.end_s),
        "text": turn.text,
        "words": words,
    }


@dataclass(slots=True)
class Stage:
    """Places utterances in time, each speaker on a track of their own, and mixes them at the end."""

    _placed: list[tuple[Turn, Samples, int]] = field(default_factory=list)

    def put(self, speaker: str, text: str, speech: Speech, at_s: float, level: float = 0.6) -> Turn:
        """Let `speaker` start the first word of `speech` at `at_s`; `level` is the peak (1 is full scale)."""
        offset_s = max(0.0, at_s - speech.words[0].start_s)
        words = tuple(TimedWord(w.text, w.start_s + offset_s, w.end_s + offset_s) for w in speech.words)
        turn = Turn(speaker, text, words)
        samples = speech.samples * np.float32(level / np.abs(speech.samples).max())
        self._placed.append((turn, samples, round(offset_s * RATE_HZ)))
        return turn

    def mix(self, tail_s: float = 1.0, noise_db: float = -70.0, seed: int = 0) -> Conversation:
        """The conversation, with white noise at `noise_db` under full scale under everything."""
        last = max(first + len(samples) for _, samples, first in self._placed)
        length = last + round(tail_s * RATE_HZ)
        tracks: dict[str, Samples] = {}
        for turn, samples, first in self._placed:
            track = tracks.setdefault(turn.speaker, np.zeros(length, np.float32))
            track[first : first + len(samples)] += samples
        mixed = np.sum(list(tracks.values()), axis=0, dtype=np.float32)
        noise = np.random.default_rng(seed).standard_normal(length, dtype=np.float32)
        mixed += noise * np.float32(10 ** (noise_db / 20))
        mixed = np.clip(mixed, -1, 1)
        return Conversation(mixed, tuple(turn for turn, _, _ in self._placed), tracks)


@cache
def installed_espeak() -> Espeak:
    """The espeak-ng of this machine; raises EspeakError where it is missing."""
    return Espeak()


@dataclass(frozen=True, slots=True)
class Style:
    """How people take turns: pauses in seconds, and how often they start early or say "ja" inside another's turn."""

    pause_s: tuple[float, float] = (0.25, 2.0)
    overlap_chance: float = 0.0
    overlap_s: tuple[float, float] = (0.15, 0.9)
    backchannel_chance: float = 0.0
    level: tuple[float, float] = (0.3, 0.7)


ONE_AT_A_TIME = Style()
LIVELY = Style((0.1, 1.5), overlap_chance=0.4, overlap_s=(0.2, 1.3), backchannel_chance=0.25)


def held_out_conversation(
    duration_s: float,
    seed: int,
    voices: Sequence[str] = ("da", "da+f2"),
    split: language.Split = "held",
    style: Style = ONE_AT_A_TIME,
    espeak: Espeak | None = None,
) -> Conversation:
    """Two or three voices for about `duration_s` seconds; the voices' names are the speakers' ids.

    `split` "held" takes only sentences that the demo recogniser has never been trained on (back-channels apart).
    """
    speaker = espeak or installed_espeak()
    rng = random.Random(seed)
    pitch = {voice: rng.randint(40, 60) for voice in voices}
    level = {voice: rng.uniform(*style.level) for voice in voices}
    stage = Stage()
    floor_s, previous = rng.uniform(0.4, 1.2), ""
    while floor_s < duration_s - 4:
        voice = rng.choice([v for v in voices if v != previous] or list(voices))
        early = bool(previous) and rng.random() < style.overlap_chance
        at_s = max(0.1, floor_s - rng.uniform(*style.overlap_s)) if early else floor_s
        for _ in range(rng.choice((1, 1, 2, 3))):
            text, speech = _speak_something(speaker, voice, pitch[voice], split, rng)
            turn = stage.put(voice, text, speech, at_s, level[voice])
            if rng.random() < style.backchannel_chance and turn.end_s - turn.start_s > 1.5:
                _put_backchannel(stage, speaker, rng, turn, [v for v in voices if v != voice], pitch, level)
            floor_s = max(floor_s, turn.end_s)
            at_s = floor_s + rng.uniform(*style.pause_s)
        floor_s, previous = at_s, voice
    return stage.mix(seed=seed)


def _speak_something(
    espeak: Espeak, voice: str, pitch: int, split: language.Split, rng: random.Random
) -> tuple[str, Speech]:
    while True:
        text = language.sentence(rng, split)
        try:
            return text, espeak.speak(text, voice, pitch=pitch, words_per_minute=rng.randint(130, 180))
        except EspeakError:
            espeak.require(voice)  # a missing voice is no reason to try another sentence


def _put_backchannel(
    stage: Stage,
    espeak: Espeak,
    rng: random.Random,
    turn: Turn,
    others: Sequence[str],
    pitch: dict[str, int],
    level: dict[str, float],
) -> None:
    text, voice = rng.choice(_BACKCHANNELS), rng.choice(others)
    speech = espeak.speak(text, voice, pitch=pitch[voice])
    latest_s = max(turn.start_s + 0.5, turn.end_s - speech.end_s - 0.3)
    stage.put(voice, text, speech, rng.uniform(turn.start_s + 0.5, latest_s), level[voice])


def spoken_line(text: str, voice: str, seed: int = 0) -> tuple[Samples, tuple[TimedWord, ...]]:
    """One sentence with half a second of silence on both sides, for quick tests."""
    speech = say(installed_espeak(), text, voice, random.Random(seed), PLAIN)
    stage = Stage()
    stage.put(voice, text, speech, 0.5)
    mixed = stage.mix(tail_s=0.5, seed=seed)
    return mixed.samples, mixed.turns[0].words
