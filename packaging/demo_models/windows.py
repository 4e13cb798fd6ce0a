"""Training windows for the recogniser: sentences joined with pauses, spoiled a little, with everything to learn.

A window is made exactly as faster-whisper will see one: its own feature extractor, prompts cut as it cuts them, time
stamps that begin anew in each window.
"""

from __future__ import annotations

import json
import random
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from faster_whisper.feature_extractor import FeatureExtractor
from numpy.typing import NDArray
from scipy.signal import oaconvolve
from tokenizers import Tokenizer

from demo_models.espeak import RATE_HZ, Samples
from demo_models.tokeniser import required_id
from demo_models.utterances import Pool, Utterance

WINDOW_S = 12.0
"""The model's window, written to preprocessor_config.json as chunk_length."""
POSITIONS_PER_S = 50
MAX_POSITIONS = 1500
IGNORED = -100
PHONE_PAUSES = ("_", "_:", "", "_!", "_|")
_MELS = 80
_LONGEST_PROMPT = 223

Features = NDArray[np.float32]
Integers = NDArray[np.int64]
Spoken = list[tuple[float, Utterance]]


@dataclass(slots=True)
class Stage:
    """What windows look like at a point of the training: short and simple first, as in use at the end."""

    longest_s: float = WINDOW_S
    as_in_use: float = 0.93
    fully_padded: float = 0.03


@dataclass(slots=True)
class Window:
    """One training example; `spans` say on which encoder positions each token is to look (-1: nowhere)."""

    features: Features
    phones: Integers
    inputs: list[int]
    labels: list[int]
    next_spans: Features
    input_spans: Features


@dataclass(slots=True)
class Sound:
    """The sound of a window before it becomes features; `cut` is a last sentence that runs over the end."""

    samples: Samples
    whole: Spoken = field(default_factory=list)
    cut: Spoken = field(default_factory=list)

    @property
    def duration_s(self) -> float:
        """Length of the samples."""
        return len(self.samples) / RATE_HZ


@dataclass(slots=True)
class _Body:
    """Tokens of the transcript with the positions where each is spoken."""

    tokens: list[int] = field(default_factory=list)
    spans: list[tuple[float, float] | None] = field(default_factory=list)

    def add(self, token: int, span: tuple[float, float] | None) -> None:
        self.tokens.append(token)
        self.spans.append(span)


class WindowMaker:
    """Makes endless random windows from a pool; one per training process, each with its own seed."""

    def __init__(self, pool: Pool, tokeniser: Path, phones: dict[str, int], seed: int) -> None:
        self.pool = pool
        self.stage = Stage()
        self._tokeniser = Tokenizer.from_file(str(tokeniser))
        self._extractor = FeatureExtractor()
        self._phones = phones
        self._rng = random.Random(seed)
        self._noise_rng = np.random.default_rng(seed)
        self._encoded: dict[str, tuple[list[int], list[int]]] = {}
        ids = {name: required_id(self._tokeniser, f"<|{name}|>") for name in _SPECIAL}
        self._id = ids
        self._languages = range(ids["startoftranscript"] + 1, ids["translate"])

    def draw(self, count: int) -> int:
        """A number below `count` from this maker's own dice."""
        return self._rng.randrange(count)

    def window(self) -> Window:
        """The next window of the current stage."""
        rng = self._rng
        in_use = rng.random() < self.stage.as_in_use
        silent = rng.random() < (0.05 if in_use else 0.02)
        sound = self._silence(in_use) if silent else self._talk(in_use)
        sound.samples = self._spoil(sound.samples, silent)
        features = self._features(sound.samples)
        sounding = features.shape[1] // 2
        full = in_use and rng.random() < self.stage.fully_padded
        positions = MAX_POSITIONS if full else min(MAX_POSITIONS, sounding + rng.choice([0, 5, 20, 60, 120]))
        padded = np.zeros((_MELS, 2 * positions), np.float32)
        padded[:, : min(features.shape[1], 2 * positions)] = features[:, : 2 * positions]
        timestamps = rng.random() < 0.5
        body = self._body(sound, timestamps, in_use, sounding) if not silent else self._empty_body(timestamps)
        return self._example(padded, self._phone_labels(sound, positions, sounding), body, timestamps, silent, in_use)

    # sound

    def _duration(self, in_use: bool) -> float:
        if in_use:
            return WINDOW_S if self._rng.random() < 0.5 else self._rng.uniform(1.5, WINDOW_S)
        return self._rng.uniform(2.0, self.stage.longest_s)

    def _silence(self, in_use: bool) -> Sound:
        return Sound(np.zeros(int(self._duration(in_use) * RATE_HZ), np.float32))

    def _talk(self, in_use: bool) -> Sound:
        rng = self._rng
        sound = Sound(np.zeros(int(self._duration(in_use) * RATE_HZ), np.float32))
        at_s = rng.uniform(0, 0.5) if rng.random() < 0.8 else rng.uniform(0, 2.5 if in_use else 1)
        if rng.random() < 0.2:  # the tail of a sentence that was in the window before
            self._put_tail(sound)
            at_s = max(at_s, 0.2)
        gap = rng.choice([(0.1, 0.5), (0.2, 1.2), (0.1, 2.5)])
        while True:
            index = rng.randrange(len(self.pool))
            spoken = self.pool.utterances[index]
            if at_s + spoken.end_s > sound.duration_s - 0.03:
                if not sound.whole:
                    missing = at_s + spoken.end_s - sound.duration_s
                    if missing > 0:
                        more = int((missing + rng.uniform(0.05, 0.5)) * RATE_HZ)
                        sound.samples = np.concatenate([sound.samples, np.zeros(more, np.float32)])
                    self._put(sound, index, at_s)
                    sound.whole.append((at_s, spoken))
                elif in_use and sound.duration_s - at_s > 0.3 and rng.random() < 0.6:
                    self._put(sound, index, at_s)
                    sound.cut.append((at_s, spoken))
                break
            self._put(sound, index, at_s)
            sound.whole.append((at_s, spoken))
            at_s += spoken.end_s + rng.uniform(*gap)
            if rng.random() < 0.08 if in_use else len(sound.whole) >= 6:
                break
        if not in_use or (not sound.cut and sound.duration_s < WINDOW_S - 0.1):
            at_s, spoken = sound.whole[-1]
            sound.samples = sound.samples[: int((at_s + spoken.end_s + rng.uniform(0.05, 1.0)) * RATE_HZ)]
        return sound

    def _put(self, sound: Sound, index: int, at_s: float) -> None:
        first = int(at_s * RATE_HZ)
        room = max(0, len(sound.samples) - first)
        spoken = self.pool.samples(index)[:room] * self._rng.uniform(0.25, 1.0)
        sound.samples[first : first + len(spoken)] += spoken.astype(np.float32)

    def _put_tail(self, sound: Sound) -> None:
        spoken = self.pool.samples(self._rng.randrange(len(self.pool)))
        count = int(self._rng.uniform(0.02, 0.15) * RATE_HZ)
        end = len(spoken) - int(0.15 * RATE_HZ)
        tail = spoken[max(0, end - count) : max(0, end)]
        sound.samples[: len(tail)] += tail * np.float32(self._rng.uniform(0.3, 1))

    def _noise(self, count: int) -> Samples:
        noise: NDArray[np.floating[Any]] = self._noise_rng.standard_normal(count)
        if self._rng.random() < 0.4:
            noise = np.convolve(noise, np.ones(self._rng.randint(2, 12)) / 6, "same")
        return np.asarray(noise / (noise.std() + 1e-9), dtype=np.float32)

    def _spoil(self, samples: Samples, silent: bool) -> Samples:
        """Noise, now and then a tone in silence or a small room around speech, and a random level."""
        rng = self._rng
        if rng.random() >= 0.3:
            level = 10 ** rng.uniform(-4.5, -1.5) if silent else samples.std() * 10 ** (-rng.uniform(15, 45) / 20)
            samples = np.asarray(samples + self._noise(len(samples)) * level, dtype=np.float32)
        if silent and rng.random() < 0.4:
            first = rng.randrange(len(samples))
            count = min(len(samples) - first, rng.randint(200, 20_000))
            tone = np.sin(np.arange(count) * rng.uniform(0.02, 0.8)) * rng.uniform(0.02, 0.4)
            samples[first : first + count] += tone.astype(np.float32)
        if not silent and rng.random() < 0.2:
            count = int(rng.uniform(0.04, 0.25) * RATE_HZ)
            decay = np.exp(-np.arange(count, dtype=np.float32) * (rng.uniform(4, 9) / count))
            room = self._noise_rng.standard_normal(count, dtype=np.float32) * decay
            room *= rng.uniform(0.05, 0.5) / np.sqrt((room * room).sum())
            room[0] += 1
            samples = oaconvolve(samples, room)[: len(samples)]
        return np.asarray(samples * 10 ** (rng.uniform(-15, 5) / 20), dtype=np.float32)

    def _features(self, samples: Samples) -> Features:
        """faster-whisper's log-mel features; half of them equalised at random, some with a few bands missing."""
        rng = self._rng
        features: Features = self._extractor(np.clip(samples, -1, 1))
        if rng.random() < 0.5:
            knots = self._noise_rng.uniform(-1, 1, 6) * rng.uniform(0.2, 1.0)
            curve = np.interp(np.arange(_MELS), np.linspace(0, _MELS - 1, 6), knots)
            if rng.random() < 0.25:
                edge = rng.randint(48, 76)
                curve[edge:] -= np.minimum(4, np.arange(_MELS - edge) * rng.uniform(0.1, 1.0))
            features = features + (curve[:, None] / 4).astype(np.float32)
            features = np.maximum(features, features.max() - 2)
        if rng.random() < 0.15:
            band = rng.randint(0, 72)
            features = features.copy()
            features[band : band + rng.randint(2, 7)] = features.min()
        return np.asarray(features[:, : 2 * MAX_POSITIONS], dtype=np.float32)

    # what to learn

    def _phone_labels(self, sound: Sound, positions: int, sounding: int) -> Integers:
        labels = np.zeros(positions, np.int64)
        labels[min(sounding, positions) :] = IGNORED
        for at_s, spoken in sound.whole + sound.cut:
            ends = [phone.start_s for phone in spoken.phones[1:]] + [spoken.end_s]
            for phone, end_s in zip(spoken.phones, ends, strict=True):
                first, last = round(_position(at_s + phone.start_s)), round(_position(at_s + end_s))
                labels[first : min(last, sounding, positions)] = self._phones.get(phone.name, 0)
        return labels

    def _empty_body(self, timestamps: bool) -> _Body:
        body = _Body()
        if timestamps:
            body.add(self._id["0.00"], None)
        body.add(self._id["endoftext"], None)
        return body

    def _body(self, sound: Sound, timestamps: bool, in_use: bool, sounding: int) -> _Body:
        body = _Body()
        spoken = sound.whole + sound.cut
        for number, (at_s, utterance) in enumerate(spoken):
            start_s = at_s + utterance.words[0].start_s
            following = spoken[number + 1 : number + 2]
            next_s = following[0][0] + following[0][1].words[0].start_s if following else None
            if timestamps:
                shown_s = min(start_s, 1.0) if in_use and number == 0 else start_s
                body.add(self._timestamp(shown_s), _around(start_s))
            if number >= len(sound.whole):  # cut off: a start time alone, or the words that still fit
                if not timestamps:
                    self._add_words(body, sound, at_s, utterance, next_s, only_whole=True)
                break
            self._add_words(body, sound, at_s, utterance, next_s)
            if timestamps:
                body.add(self._timestamp(at_s + utterance.end_s), _around(at_s + utterance.end_s))
        last = max((span[1] for span in body.spans if span), default=0.0)
        body.add(self._id["endoftext"], (min(last, sounding - 3), float(sounding)))
        return body

    def _add_words(
        self,
        body: _Body,
        sound: Sound,
        at_s: float,
        utterance: Utterance,
        next_s: float | None,
        only_whole: bool = False,
    ) -> None:
        words = utterance.words
        if only_whole:
            words = tuple(word for word in words if at_s + word.end_s <= sound.duration_s - 0.02)
        for index, word in enumerate(words):
            core = word.text.rstrip(".,?")
            ids, lengths = self._encode(" " + core)
            start_s, length_s, done = at_s + word.start_s, word.end_s - word.start_s, 0
            for token, letters in zip(ids, lengths, strict=True):
                first = start_s + length_s * done / sum(lengths)
                done += letters
                body.add(token, (_position(first), _position(start_s + length_s * done / sum(lengths))))
            if core == word.text:
                continue
            end_s = at_s + word.end_s  # punctuation looks at the pause: that is what makes word ends right
            room_s = sound.duration_s - end_s
            after_s = at_s + words[index + 1].start_s if index + 1 < len(words) else next_s
            if after_s is None:
                after_s = min(sound.duration_s, end_s + max(0.1, min(0.4, room_s / 2)))
            mark = self._encode(word.text[len(core) :])[0][0]
            body.add(mark, (_position(end_s), max(_position(end_s) + 2, _position(after_s))))

    def _example(
        self, features: Features, phones: Integers, body: _Body, timestamps: bool, silent: bool, in_use: bool
    ) -> Window:
        rng, ids = self._rng, self._id
        danish = rng.random() > 0.04
        head = [
            ids["startoftranscript"],
            ids["da"] if danish else rng.choice(self._languages),
            ids["transcribe"] if rng.random() > 0.03 else ids["translate"],
        ] + ([] if timestamps else [ids["notimestamps"]])
        prompt = self._prompt(in_use) if rng.random() < (0.6 if in_use else 0.25) else []
        sequence = prompt + head + body.tokens
        inputs, targets = sequence[:-1], sequence[1:]
        labels = [IGNORED] * len(targets)
        if silent:
            labels[len(prompt)] = ids["nospeech"]
        elif danish:
            labels[len(prompt)] = ids["da"]
        start = len(prompt) + len(head) - 1
        labels[start:] = targets[start:]
        next_spans = np.full((len(targets), 2), -1.0, np.float32)
        input_spans = next_spans.copy()
        for offset, span in enumerate(body.spans):
            if span is None:
                continue
            clipped = _clipped(span, len(phones))
            next_spans[start + offset] = clipped
            if offset + 1 < len(body.spans):
                input_spans[start + offset + 1] = clipped
        if body.spans and body.spans[0] is not None:
            input_spans[start] = (max(0.0, body.spans[0][0] - 2), max(2.0, body.spans[0][0] + 2))
        return Window(features, phones, inputs, labels, next_spans, input_spans)

    def _prompt(self, in_use: bool) -> list[int]:
        """Earlier sentences as faster-whisper hands them on: the last 223 tokens, cut anywhere, often with times."""
        rng = self._rng
        full = in_use and rng.random() < 0.45
        wanted = _LONGEST_PROMPT if full else rng.randint(3, _LONGEST_PROMPT if in_use else 60)
        timed = rng.random() < 0.75
        step = rng.randint(0, 60)
        tokens: list[int] = []
        while len(tokens) < wanted:
            utterance = self.pool.utterances[rng.randrange(len(self.pool))]
            said = self._encoded_text(utterance.text)
            if timed:
                end = step + max(20, round(utterance.end_s * POSITIONS_PER_S))
                if end > WINDOW_S * POSITIONS_PER_S - 10:
                    step = rng.randint(0, 60)
                    end = step + 60
                said = [self._id["0.00"] + step, *said, self._id["0.00"] + end]
                step = end + rng.choice([0, rng.randint(5, 80)])
            tokens += said
            if wanted < _LONGEST_PROMPT and rng.random() < 0.15:
                break
        return [self._id["startofprev"], *tokens[-_LONGEST_PROMPT:]]

    def _encoded_text(self, text: str) -> list[int]:
        tokens: list[int] = []
        for word in text.split():
            core = word.rstrip(".,?")
            tokens += self._encode(" " + core)[0]
            if core != word:
                tokens += self._encode(word[len(core) :])[0]
        return tokens

    def _encode(self, text: str) -> tuple[list[int], list[int]]:
        """Token ids and how many letters each stands for."""
        if text not in self._encoded:
            encoding = self._tokeniser.encode(text)
            self._encoded[text] = (encoding.ids, [end - start for start, end in encoding.offsets])
        return self._encoded[text]

    def _timestamp(self, at_s: float) -> int:
        return int(self._id["0.00"]) + min(MAX_POSITIONS, max(0, round(_position(at_s))))


_SPECIAL = (
    "endoftext",
    "startoftranscript",
    "startofprev",
    "nospeech",
    "notimestamps",
    "da",
    "transcribe",
    "translate",
    "0.00",
)


def _position(at_s: float) -> float:
    return at_s * POSITIONS_PER_S


def _around(at_s: float) -> tuple[float, float]:
    return (_position(at_s) - 2, _position(at_s) + 2)


def _clipped(span: tuple[float, float], positions: int) -> tuple[float, float]:
    first, last = max(0.0, span[0]), min(span[1], positions)
    if last - first >= 1.0:
        return first, last
    first = max(0.0, min(first, positions - 1))
    return first, min(float(positions), first + 1.5)


def phone_numbers(pool: Pool) -> dict[str, int]:
    """Numbers for the phones heard more than 100 times; pauses and rare phones are 0."""
    counts: dict[str, int] = {}
    for utterance in pool.utterances:
        for phone in utterance.phones:
            counts[phone.name] = counts.get(phone.name, 0) + 1
    heard = (name for name, count in counts.items() if count > 100 and name not in PHONE_PAUSES)
    common = sorted(heard, key=counts.__getitem__, reverse=True)
    return dict.fromkeys(PHONE_PAUSES, 0) | {name: number for number, name in enumerate(common, start=1)}


def write_phones(path: Path, pool: Pool) -> None:
    """Save phone_numbers as JSON, so that a training that goes on later uses the same."""
    path.write_text(json.dumps(phone_numbers(pool), ensure_ascii=False), encoding="utf-8")


@dataclass(frozen=True, slots=True)
class Batch:
    """Windows padded to one shape."""

    features: Features
    phones: Integers
    inputs: Integers
    labels: Integers
    next_spans: Features
    input_spans: Features


def collate(windows: list[Window]) -> Batch:
    """Pad windows to the longest of them."""
    positions = max(len(window.phones) for window in windows)
    length = max(len(window.inputs) for window in windows)
    count = len(windows)
    batch = Batch(
        np.zeros((count, _MELS, 2 * positions), np.float32),
        np.full((count, positions), IGNORED, np.int64),
        np.zeros((count, length), np.int64),
        np.full((count, length), IGNORED, np.int64),
        np.full((count, length, 2), -1, np.float32),
        np.full((count, length, 2), -1, np.float32),
    )
    for row, window in enumerate(windows):
        tokens = len(window.inputs)
        batch.features[row, :, : window.features.shape[1]] = window.features
        batch.phones[row, : len(window.phones)] = window.phones
        batch.inputs[row, :tokens] = window.inputs
        batch.labels[row, :tokens] = window.labels
        batch.next_spans[row, :tokens] = window.next_spans
        batch.input_spans[row, :tokens] = window.input_spans
    return batch
