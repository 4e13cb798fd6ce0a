"""Sound that the demo models have never heard, with its truth: sentences, word salad and conversations."""

from __future__ import annotations

import random
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "packaging"))

from demo_models import language, synthesis, voices
from demo_models.espeak import EspeakError

Conversation = synthesis.Conversation
SEEN = voices.COMMON
UNSEEN = (*voices.UNSEEN, *voices.UNSEEN_MORE)


@dataclass(frozen=True)
class Said:
    """Samples (n,) at 16 kHz, and the words said with their true times in ms."""

    samples: NDArray[np.float32]
    words: tuple[tuple[str, int, int], ...]


def _said(samples: NDArray[np.float32], words: Any) -> Said:
    timed = tuple((w.text, round(w.start_s * 1000), round(w.end_s * 1000)) for w in words)
    return Said(samples, timed)


def sentences(count: int, names: tuple[str, ...], seed: int, *, shuffled: bool = False) -> list[Said]:
    """`count` held-out sentences (or known words in random order), half a second of silence around each."""
    rng = random.Random(seed)
    found: list[Said] = []
    while len(found) < count:
        text = language.shuffled_words(rng) if shuffled else language.sentence(rng, "held")
        try:
            found.append(_said(*synthesis.spoken_line(text, names[len(found) % len(names)], seed=rng.randrange(10**6))))
        except EspeakError:
            continue
    return found


def conversation(seconds: float, seed: int, names: tuple[str, ...], *, lively: bool = False) -> Conversation:
    """A held-out conversation; a lively one has overlaps and back-channels."""
    style = synthesis.LIVELY if lively else synthesis.ONE_AT_A_TIME
    return synthesis.held_out_conversation(seconds, seed, names, style=style)


def said(talk: Conversation) -> Said:
    """A conversation as one sound with its words in order."""
    return _said(talk.samples, talk.words)
