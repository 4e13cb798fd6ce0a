"""Endless random chunks of talk between bank voices, with who sounds when: what the diariser's networks train on."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from demo_models.diariser_voices import Bank, stretched
from demo_models.espeak import RATE_HZ, Samples
from demo_models.synthesis import sounding_spans

_WARP = (0.87, 1.15)
_WARPED = 0.8
_SHORT_S = 1.6

Activity = NDArray[np.bool_]


@dataclass(slots=True)
class Chunk:
    """Mono samples, and for each voice whether it sounds at each sample, (voices, samples)."""

    samples: Samples
    active: Activity
    voices: list[str]


@dataclass(slots=True)
class _Person:
    voice: str
    warp: float
    gain: float
    free_at: int = 0


class ChunkMaker:
    """Mixes chunks of `duration_s`; with `warp` each voice is played at a random speed, as another voice."""

    def __init__(self, bank: Bank, duration_s: float, seed: int, warp: bool = False) -> None:
        self._bank = bank
        self._length = int(duration_s * RATE_HZ)
        self._rng = np.random.default_rng(seed)
        self._warp = warp

    @cached_property
    def _short(self) -> dict[str, list[int]]:
        """Sentences short enough for a back-channel, by voice."""
        return {
            voice: [i for i, said in enumerate(sentences) if len(said) < _SHORT_S * RATE_HZ] or [0]
            for voice, sentences in self._bank.sentences.items()
        }

    def chunk(self, chances: tuple[float, float, float], spoil: bool = True) -> Chunk:
        """One chunk with one, two or three voices by the given chances; spoilt with noise and a little room."""
        rng = self._rng
        count = int(rng.choice(3, p=chances)) + 1
        people = [
            _Person(
                str(voice),
                float(rng.uniform(*_WARP)) if self._warp and rng.random() < _WARPED else 1.0,
                float(10 ** (rng.uniform(-4, 4) / 20)),
            )
            for voice in rng.choice(self._bank.voices, count, replace=False)
        ]
        margin = 4 * RATE_HZ  # so that chunks begin anywhere in a conversation
        samples = np.zeros(self._length + margin, np.float32)
        active = np.zeros((count, len(samples)), bool)
        self._talk(people, samples, active)
        first = int(rng.integers(0, margin))
        samples, active = samples[first : first + self._length], active[:, first : first + self._length]
        return Chunk(self._spoilt(samples) if spoil else samples, active, [person.voice for person in people])

    def _talk(self, people: list[_Person], samples: Samples, active: Activity) -> None:
        rng = self._rng
        at = int(rng.uniform(0, 0.8) * RATE_HZ)
        previous = -1
        while at < len(samples):
            others = [number for number in range(len(people)) if number != previous]
            pool = others if others and rng.random() < 0.9 else list(range(len(people)))
            number = int(rng.choice(pool))
            at = max(at, people[number].free_at)
            end = at
            for _ in range(int(rng.choice((1, 1, 1, 2, 2, 3)))):
                end = self._put(people, number, samples, active, at)
                if len(people) > 1 and rng.random() < 0.15 and end - at > 1.5 * RATE_HZ:
                    self._put_backchannel(people, number, samples, active, at, end)
                at = end + int(rng.uniform(0.08, 0.5) * RATE_HZ)
                if at >= len(samples):
                    break
            previous = number
            if rng.random() < 0.3:
                at = max(0, end - int(rng.uniform(0.15, 1.3) * RATE_HZ))
            else:
                at = end + int(rng.choice((rng.uniform(0.05, 0.5), rng.uniform(0.3, 1.5))) * RATE_HZ)

    def _put(
        self,
        people: list[_Person],
        number: int,
        samples: Samples,
        active: Activity,
        at: int,
        short: bool = False,
    ) -> int:
        """Let a person speak from sample `at`; returns where the sentence ends."""
        person = people[number]
        sentences = self._bank.sentences[person.voice]
        index = self._rng.choice(self._short[person.voice]) if short else self._rng.integers(len(sentences))
        said = stretched(sentences[int(index)], person.warp)
        heard = said[: max(0, len(samples) - at)] * np.float32(person.gain)
        samples[at : at + len(heard)] += heard
        for span in sounding_spans(said):
            active[number, at + span.start_ms * RATE_HZ // 1000 : at + span.end_ms * RATE_HZ // 1000] = True
        person.free_at = at + len(said) + RATE_HZ // 20
        return at + len(said)

    def _put_backchannel(
        self, people: list[_Person], number: int, samples: Samples, active: Activity, start: int, end: int
    ) -> None:
        other = int(self._rng.choice([n for n in range(len(people)) if n != number]))
        at = start + int(self._rng.uniform(0.3, 0.9) * (end - start))
        if people[other].free_at <= at < len(samples):
            self._put(people, other, samples, active, at, short=True)

    def _spoilt(self, samples: Samples) -> Samples:
        rng = self._rng
        if rng.random() < 0.3:
            count = int(rng.uniform(0.05, 0.25) * RATE_HZ)
            room = rng.standard_normal(count) * np.exp(-6.9 * np.arange(count) / count) * rng.uniform(0.02, 0.08)
            room[0] = 1
            size = 1 << (len(samples) + count - 1).bit_length()
            echoing = np.fft.irfft(np.fft.rfft(samples, size) * np.fft.rfft(room, size), size)
            samples = np.asarray(echoing[: len(samples)], np.float32)
        if rng.random() < 0.7:
            noise = rng.standard_normal(len(samples))
            if rng.random() < 0.5:
                noise = np.convolve(noise, (1, 0.9, 0.7, 0.4, 0.2), "same")
            samples = samples + noise / np.sqrt(np.mean(noise**2)) * 0.05 * 10 ** (-rng.uniform(18, 45) / 20)
        return np.asarray(samples * 10 ** (rng.uniform(-9, 6) / 20), dtype=np.float32)
