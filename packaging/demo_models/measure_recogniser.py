"""Word error rate and word times of a recogniser folder, through faster-whisper, on sentences it was not trained on."""

from __future__ import annotations

import difflib
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from faster_whisper import WhisperModel

from demo_models import language
from demo_models.espeak import RATE_HZ, Samples, TimedWord
from demo_models.synthesis import Conversation, held_out_conversation
from demo_models.utterances import HELD_OUT_POOLS, Pool

CONVERSATION_SEEDS = (5, 7, 8)
CONVERSATION_S = 120
_NOISE_DB = 30


@dataclass(slots=True)
class Tally:
    """Counts over a set: word errors, words, and how far matched words are off."""

    sentences: int = 0
    words: int = 0
    errors: int = 0
    start_errors_ms: list[float] = field(default_factory=list)
    first_start_errors_ms: list[float] = field(default_factory=list)
    end_errors_ms: list[float] = field(default_factory=list)
    sound_s: float = 0.0
    work_s: float = 0.0

    def add(self, said: Sequence[TimedWord], heard: Sequence[TimedWord]) -> None:
        """Count one recognition; the first word of a sentence that starts early is kept apart."""
        reference, hypothesis = _plain(said), _plain(heard)
        self.words += len(reference)
        self.errors += word_errors(reference, hypothesis)
        matcher = difflib.SequenceMatcher(None, reference, hypothesis, autojunk=False)
        for block in matcher.get_matching_blocks():
            for offset in range(block.size):
                true, found = said[block.a + offset], heard[block.b + offset]
                off_ms = abs(found.start_s - true.start_s) * 1000
                (self.first_start_errors_ms if block.b + offset == 0 else self.start_errors_ms).append(off_ms)
                self.end_errors_ms.append(abs(found.end_s - true.end_s) * 1000)

    def figures(self) -> dict[str, float]:
        """The set's row in measured.json."""
        starts = np.array(self.start_errors_ms)
        return {
            "sentences": self.sentences,
            "words": self.words,
            "word_error_rate": round(self.errors / self.words, 4),
            "word_start_median_ms": round(float(np.median(starts)), 1),
            "word_start_p90_ms": round(float(np.quantile(starts, 0.9)), 1),
            "first_word_start_median_ms": round(float(np.median(self.first_start_errors_ms)), 1),
            "word_end_median_ms": round(float(np.median(self.end_errors_ms)), 1),
            "seconds_per_second": round(self.work_s / self.sound_s, 3),
        }


def _plain(words: Sequence[TimedWord]) -> list[str]:
    return [language.key(word.text).strip() for word in words]


def word_errors(reference: Sequence[str], hypothesis: Sequence[str]) -> int:
    """Levenshtein distance in words."""
    row = list(range(len(hypothesis) + 1))
    for number, word in enumerate(reference, start=1):
        above, row[0] = row[:], number
        for column, other in enumerate(hypothesis):
            row[column + 1] = min(above[column] + (word != other), above[column + 1] + 1, row[column] + 1)
    return row[-1]


class Recogniser:
    """A model folder as the product uses it: int8, one thread, VAD on, no text carried from window to window."""

    def __init__(self, folder: Path) -> None:
        self._model = WhisperModel(str(folder), device="cpu", compute_type="int8", cpu_threads=1)

    def words(self, samples: Samples) -> list[TimedWord]:
        """What it hears in 16 kHz mono sound."""
        segments, _ = self._model.transcribe(
            samples, language="da", vad_filter=True, word_timestamps=True, condition_on_previous_text=False
        )
        return [TimedWord(w.word, w.start, w.end) for segment in segments for w in segment.words or ()]

    def measure(self, tally: Tally, samples: Samples, said: Sequence[TimedWord]) -> None:
        """Recognise and count."""
        started = time.perf_counter()
        heard = self.words(samples)
        tally.work_s += time.perf_counter() - started
        tally.sound_s += len(samples) / RATE_HZ
        tally.add(said, heard)


def measure_pool(recogniser: Recogniser, pool: Pool, only: frozenset[str] | None = None) -> Tally:
    """Every sentence of a pool on its own, with silence around it and noise 30 dB below; `only` are wanted keys."""
    rng, noise_rng = random.Random(3), np.random.default_rng(3)
    tally = Tally()
    for index, utterance in enumerate(pool.utterances):
        if only is not None and language.key(utterance.text) not in only:
            continue
        lead_s = rng.uniform(0.1, 0.5)
        before, after = (np.zeros(int(s * RATE_HZ), np.float32) for s in (lead_s, rng.uniform(0.2, 0.6)))
        samples = np.concatenate([before, pool.samples(index) * np.float32(rng.uniform(0.4, 1)), after])
        noise = noise_rng.standard_normal(len(samples), dtype=np.float32)
        samples += noise * samples.std() * np.float32(10 ** (-_NOISE_DB / 20))
        said = [TimedWord(w.text, w.start_s + lead_s, w.end_s + lead_s) for w in utterance.words]
        tally.sentences += 1
        recogniser.measure(tally, samples, said)
    return tally


def measure_conversation(recogniser: Recogniser, conversation: Conversation) -> Tally:
    """A whole conversation in one go."""
    tally = Tally(sentences=len(conversation.turns))
    recogniser.measure(tally, conversation.samples, conversation.words)
    return tally


def measure(folder: Path, held_out: Path) -> dict[str, dict[str, float]]:
    """All held-out sets: the pools in `held_out` and three two-minute conversations of the demo's two voices."""
    recogniser = Recogniser(folder)
    rows = {name: measure_pool(recogniser, Pool(held_out / name)).figures() for name in HELD_OUT_POOLS}
    for seed in CONVERSATION_SEEDS:
        conversation = held_out_conversation(CONVERSATION_S, seed)
        rows[f"conversation_{seed}"] = measure_conversation(recogniser, conversation).figures()
    return rows
