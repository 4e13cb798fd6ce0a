"""A pool of spoken sentences on disk: 16-bit samples in one file, words and phones as JSON lines in another."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from demo_models import language, voices
from demo_models.espeak import RATE_HZ, Espeak, EspeakError, Phone, Samples, Speech, TimedWord

_LONGEST_S = 10.0
_PEAK = 0.7
_SHUFFLED = 0.5


@dataclass(frozen=True, slots=True)
class Utterance:
    """A sentence in the pool; `first` and `count` say where its samples are."""

    text: str
    voice: str
    words: tuple[TimedWord, ...]
    phones: tuple[Phone, ...]
    first: int
    count: int

    @property
    def end_s(self) -> float:
        """When its last word ends."""
        return self.words[-1].end_s


class Pool:
    """The utterances of one or more pool files, read without loading all sound."""

    def __init__(self, *stems: Path) -> None:
        self.utterances: list[Utterance] = []
        self._sound: list[np.memmap[tuple[int], np.dtype[np.int16]]] = []
        self._file_of: list[int] = []
        for number, stem in enumerate(stems):
            self._sound.append(np.memmap(stem.with_suffix(".i16"), dtype="<i2", mode="r"))
            with stem.with_suffix(".jsonl").open(encoding="utf-8") as lines:
                for line in lines:
                    self.utterances.append(_from_json(json.loads(line)))
                    self._file_of.append(number)

    def __len__(self) -> int:
        return len(self.utterances)

    def samples(self, index: int) -> Samples:
        """Float samples of utterance `index`."""
        item = self.utterances[index]
        sound = self._sound[self._file_of[index]][item.first : item.first + item.count]
        return np.asarray(sound, dtype=np.float32) / np.float32(32768)


def _from_json(row: dict[str, object]) -> Utterance:
    words = tuple(TimedWord(**w) for w in row.pop("words"))  # type: ignore[attr-defined]
    phones = tuple(Phone(**p) for p in row.pop("phones"))  # type: ignore[attr-defined]
    return Utterance(words=words, phones=phones, **row)  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class Manner:
    """How far pitch, speed and pitch range may stray, and how often the whole sound is stretched."""

    pitch: tuple[int, int] = (25, 75)
    words_per_minute: tuple[int, int] = (125, 185)
    pitch_range: tuple[int, int] = (30, 70)
    stretched: float = 0.0


PLAIN = Manner()
WIDE = Manner((15, 85), (115, 195), (15, 85), 0.2)


def write_pool(
    stem: Path,
    count: int,
    seed: int,
    espeak: Espeak,
    text: Callable[[random.Random], str],
    voice: Callable[[random.Random], str],
    manner: Manner = PLAIN,
) -> float:
    """Speak `count` sentences into `stem`.i16 and `stem`.jsonl; returns the seconds of sound."""
    rng = random.Random(seed)
    first = written = 0
    stem.parent.mkdir(parents=True, exist_ok=True)
    with stem.with_suffix(".i16").open("wb") as sound, stem.with_suffix(".jsonl").open("w", encoding="utf-8") as rows:
        while written < count:
            said = text(rng)
            name = voice(rng)
            try:
                speech = say(espeak, said, name, rng, manner)
            except EspeakError:
                continue
            if len(speech.samples) > _LONGEST_S * RATE_HZ:
                continue
            pcm = (speech.samples / np.abs(speech.samples).max() * _PEAK * 32767).astype("<i2")
            sound.write(pcm.tobytes())
            row = Utterance(said, name, speech.words, speech.phones, first, len(pcm))
            rows.write(json.dumps(asdict(row), ensure_ascii=False) + "\n")
            first += len(pcm)
            written += 1
    return first / RATE_HZ


def say(espeak: Espeak, text: str, voice: str, rng: random.Random, manner: Manner = PLAIN) -> Speech:
    """Speak in a random manner; stretching moves pitch, formants and tempo together."""
    speech = espeak.speak(
        text,
        voice,
        pitch=rng.randint(*manner.pitch),
        words_per_minute=rng.randint(*manner.words_per_minute),
        pitch_range=rng.randint(*manner.pitch_range),
    )
    if rng.random() >= manner.stretched:
        return speech
    factor = rng.uniform(0.9, 1.12)
    count = int(len(speech.samples) * factor)
    samples = np.interp(np.arange(count) / factor, np.arange(len(speech.samples)), speech.samples).astype(np.float32)
    words = tuple(TimedWord(w.text, w.start_s * factor, w.end_s * factor) for w in speech.words)
    return Speech(samples, words, tuple(Phone(p.name, p.start_s * factor) for p in speech.phones))


def training_text(rng: random.Random) -> str:
    """Half of the texts are words in random order; no held-out sentence is among the rest."""
    while True:
        text = language.shuffled_words(rng) if rng.random() < _SHUFFLED else language.sentence(rng)
        if language.key(text) not in language.held_out():
            return text


def write_training_pool(stem: Path, count: int, seed: int, data: Path) -> float:
    """One training pool from one espeak-ng data copy with random voices (run each in a process of its own)."""
    return write_pool(stem, count, seed, Espeak(data), training_text, voices.pick_training_voice, WIDE)


HELD_OUT_POOLS = {
    "seen_voices": (160, 11, voices.COMMON, False),
    "unseen_voices": (160, 12, voices.UNSEEN, False),
    "more_unseen_voices": (160, 22, voices.UNSEEN_MORE, False),
    "shuffled_words": (160, 13, voices.COMMON, True),
}
"""Name: (sentences, seed, voices, words in random order instead of held-out sentences)."""


def write_held_out_pool(folder: Path, name: str) -> float:
    """One of HELD_OUT_POOLS into `folder`/`name`, from the installed espeak-ng."""
    count, seed, names, shuffled = HELD_OUT_POOLS[name]
    text = language.shuffled_words if shuffled else lambda rng: language.sentence(rng, "held")
    return write_pool(folder / name, count, seed, Espeak(), text, lambda rng: rng.choice(names))
