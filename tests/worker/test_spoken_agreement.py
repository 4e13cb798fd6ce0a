"""An agreement that was given aloud is never transcribed; the conversation after it is, with the right times."""

from __future__ import annotations

import pytest
from demo_models.synthesis import Conversation

from cubb_desktop.domain.job import TranscribeOptions
from cubb_desktop.domain.recording import Recording
from cubb_desktop.library import recordings
from cubb_desktop.services.transcripts import get_transcript, request_transcription
from cubb_desktop.services.workspace import Workspace
from cubb_desktop.worker.supervisor import run_worker


@pytest.mark.timeout(400)
def test_the_spoken_agreement_is_left_out_of_the_transcript(
    workspace: Workspace, spoken: Recording, short_talk: Conversation
) -> None:
    words = short_talk.words
    middle = next(n for n in range(len(words) // 3, len(words)) if words[n].start_s - words[n - 1].end_s >= 0.3)
    spoken_ms = round(500 * (words[middle - 1].end_s + words[middle].start_s))
    with workspace.library.change("test", None) as change:
        recordings.update(change, spoken, spoken_ms=spoken_ms)
    request_transcription(workspace, spoken.id, TranscribeOptions(speakers=2))
    run_worker(workspace, once=True)
    found = get_transcript(workspace, spoken.id)
    expected = words[middle:]
    assert abs(len(found.words()) - len(expected)) <= 0.2 * len(expected)
    assert min(word.start_ms for word in found.words()) >= spoken_ms
    assert abs(found.words()[0].start_ms - 1000 * expected[0].start_s) < 400
    assert all(silence.start_ms >= spoken_ms for silence in found.silences)
    assert abs(found.duration_ms - spoken.duration_ms) <= 20
