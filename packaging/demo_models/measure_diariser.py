"""Diarisation error of a diariser folder, through pyannote.audio, on conversations between voices it never heard."""

from __future__ import annotations

import random
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from pyannote.audio import Pipeline
from pyannote.core import Annotation, Segment, Timeline
from pyannote.metrics.diarization import DiarizationErrorRate

from demo_models.diariser_voices import TEST
from demo_models.espeak import RATE_HZ, Espeak
from demo_models.synthesis import LIVELY, Conversation, held_out_conversation

COLLAR_S = 0.25
"""pyannote.metrics' collar is the whole width: an eighth of a second on each side of a boundary is not counted."""
LONG_UTTERANCE_S = 1.5
_TEST_SHAPES = ((2, 60), (3, 90), (2, 75), (3, 120), (2, 90), (3, 150), (2, 120), (3, 180), (2, 60), (3, 75))
TEST_SEEDS = (2024, 5000, 9000)
"""One for each set of ten test conversations; the first was in view when a rule of the product was chosen."""


@dataclass(slots=True)
class Tally:
    """Errors over a set of conversations."""

    conversations: int = 0
    right_count: int = 0
    long_utterances: dict[int, int] = field(default_factory=lambda: {2: 0, 3: 0})
    long_right: dict[int, int] = field(default_factory=lambda: {2: 0, 3: 0})
    error: Any = field(default_factory=lambda: DiarizationErrorRate(collar=COLLAR_S))
    sound_s: float = 0.0
    work_s: float = 0.0

    def figures(self) -> dict[str, float]:
        """The set's row in measured.json."""
        row: dict[str, float] = {
            "conversations": self.conversations,
            "diarization_error_rate": round(abs(self.error), 4),
            "right_speaker_count": self.right_count,
        }
        for voices, total in self.long_utterances.items():
            if total:
                row[f"long_utterances_{voices}_voices"] = total
                row[f"long_utterances_right_{voices}_voices"] = round(self.long_right[voices] / total, 4)
        if self.work_s:
            row["seconds_per_second"] = round(self.work_s / self.sound_s, 3)
        return row


def test_conversations(espeak: Espeak | None = None, seed: int = TEST_SEEDS[0]) -> list[Conversation]:
    """Ten lively conversations of two and three test voices, every other with noise."""
    return conversations(_TEST_SHAPES, TEST, seed, espeak)


def conversations(
    shapes: Iterable[tuple[int, int]], voices: Sequence[str], seed: int, espeak: Espeak | None = None
) -> list[Conversation]:
    """A conversation for each (number of voices, seconds), with voices drawn from `voices`."""
    rng = random.Random(seed)
    return [
        held_out_conversation(seconds, seed + number, rng.sample(list(voices), count), "held", LIVELY, espeak)
        for number, (count, seconds) in enumerate(shapes)
    ]


def reference(conversation: Conversation) -> Annotation:
    """Who sounds when, from the clean signals."""
    truth = Annotation()
    for speaker, spans in conversation.activity().items():
        for number, span in enumerate(spans):
            truth[Segment(span.start_ms / 1000, span.end_ms / 1000), f"{speaker}{number}"] = speaker
    return truth


@dataclass(slots=True)
class Prepared:
    """A conversation as pyannote takes it; the pipeline keeps what does not depend on clustering in `file`."""

    conversation: Conversation
    truth: Annotation
    file: dict[str, Any]


def prepare(items: Iterable[Conversation]) -> list[Prepared]:
    """Put sound and truth side by side."""
    prepared = []
    for number, item in enumerate(items):
        file = {"waveform": torch.from_numpy(item.samples)[None], "sample_rate": RATE_HZ, "uri": str(number)}
        prepared.append(Prepared(item, reference(item), file))
    return prepared


def measure(pipeline: Pipeline, items: Sequence[Prepared], given: bool) -> Tally:
    """Diarise every conversation, with the number of speakers given or not."""
    tally = Tally()
    for item in items:
        voices = len(item.conversation.tracks)
        started = time.perf_counter()
        output = pipeline(item.file, **({"num_speakers": voices} if given else {}))
        tally.work_s += time.perf_counter() - started
        duration_s = item.conversation.duration_ms / 1000
        tally.sound_s += duration_s
        whole = Timeline([Segment(0, duration_s)])
        tally.error(item.truth, output.speaker_diarization, uem=whole)
        tally.conversations += 1
        tally.right_count += len(output.speaker_diarization.labels()) == voices
        mapping = tally.error.optimal_mapping(item.truth, output.speaker_diarization)
        named = output.exclusive_speaker_diarization.rename_labels(mapping=mapping)
        for turn in item.conversation.turns:
            if turn.end_s - turn.start_s >= LONG_UTTERANCE_S:
                tally.long_utterances[voices] += 1
                tally.long_right[voices] += named.argmax(Segment(turn.start_s, turn.end_s)) == turn.speaker
    return tally


def load(folder: Path, remember: bool = False) -> Pipeline:
    """Load a diariser folder; with `remember`, a file that comes again is only clustered again."""
    pipeline = Pipeline.from_pretrained(folder)
    if pipeline is None:
        raise FileNotFoundError(folder)
    pipeline.training = remember
    return pipeline


def measure_both(folder: Path) -> dict[str, dict[str, float]]:
    """The test conversations with the number of speakers given and not given."""
    items = prepare(test_conversations())
    pipeline = load(folder)
    return {
        "speakers_given": measure(pipeline, items, given=True).figures(),
        "speakers_unknown": measure(pipeline, items, given=False).figures(),
    }
