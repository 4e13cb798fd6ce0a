"""The bundled models, loaded once, and short conversations whose truth is known."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from demo_models.synthesis import Conversation, Style, held_out_conversation

from cubb_desktop.speech.diarizer import Diarizer
from cubb_desktop.speech.transcriber import Transcriber

DEMO = Path(__file__).resolve().parents[2] / "resources" / "demo"


@pytest.fixture(scope="session")
def transcriber() -> Transcriber:
    """The demo recogniser on one thread."""
    return Transcriber(DEMO / "whisper", threads=1)


@pytest.fixture(scope="session")
def diarizer() -> Diarizer:
    """The demo diariser on one thread; its imports take seconds."""
    return Diarizer(DEMO / "diariser", threads=1)


@pytest.fixture(scope="session")
def talk() -> Conversation:
    """About 40 seconds between two voices, with pauses."""
    return held_out_conversation(44, seed=11, voices=("da", "da+anika"), style=Style(pause_s=(0.35, 1.8)))


@pytest.fixture(scope="session")
def noisy_talk(talk: Conversation) -> Conversation:
    """The same under noise 30 dB below the speech."""
    level = float(np.sqrt(np.mean(talk.samples[np.abs(talk.samples) > 0.01] ** 2)))
    noise = np.random.default_rng(3).standard_normal(len(talk.samples), dtype=np.float32)
    return Conversation((talk.samples + noise * level * 10**-1.5).astype(np.float32), talk.turns, talk.tracks)
