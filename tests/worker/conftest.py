"""A library with sound in it, and a child that speaks the protocol without models."""

from __future__ import annotations

import sys
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from demo_models.synthesis import Conversation, Style, held_out_conversation

from cubb_desktop.audio.chunks import SegmentWriter, SoundFormat
from cubb_desktop.domain.ids import RecordingId
from cubb_desktop.domain.recording import Recording
from cubb_desktop.library import consents, recordings
from cubb_desktop.services.workspace import Workspace
from cubb_desktop.vault import new_recording_key
from tests import builders

Store = Callable[..., Recording]


@pytest.fixture(scope="session")
def short_talk() -> Conversation:
    """About a quarter of a minute between two voices."""
    return held_out_conversation(18, seed=5, style=Style(pause_s=(0.35, 1.2)))


def store_sound(ws: Workspace, samples: np.ndarray, rate_hz: int = 16_000) -> Recording:
    """Seal mono float samples into `ws` as a stored recording under a valid agreement."""
    recording_id, key = RecordingId(str(uuid.uuid4())), new_recording_key()
    ws.keys.put(recording_id, key)
    pcm = (np.clip(samples, -1, 1) * 32767).astype(np.int16)[:, None]
    writer = SegmentWriter.create(ws.audio_folder, recording_id, 0, key, SoundFormat(rate_hz, 1))
    for first in range(0, len(pcm), rate_hz):
        writer.append(pcm[first : first + rate_hz])
    writer.finish()
    agreement = builders.consent()
    made = builders.recording(
        id=recording_id, consent_id=agreement.id, duration_ms=len(pcm) * 1000 // rate_hz, rate_hz=rate_hz
    )
    with ws.library.change(builders.ACTOR, "recording.imported", recording_id) as change:
        consents.add(change, agreement)
        recordings.add(change, made)
    return made


@pytest.fixture
def spoken(workspace: Workspace, short_talk: Conversation) -> Recording:
    """A recording of `short_talk` in `workspace`."""
    return store_sound(workspace, short_talk.samples)


@pytest.fixture
def tone(workspace: Workspace) -> Recording:
    """Ten seconds of sound for children that don't listen."""
    return store_sound(workspace, np.zeros(160_000, np.float32))


@pytest.fixture
def actor_child(tmp_path: Path) -> Callable[..., tuple[str, ...]]:
    """Make a command for a child that plays a part (see `acting_child`): name=value pairs per task."""

    def command(**parts: Any) -> tuple[str, ...]:
        return (sys.executable, str(Path(__file__).with_name("acting_child.py")), repr(parts), str(tmp_path))

    return command
