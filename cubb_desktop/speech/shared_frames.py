"""Speaker vectors with each chunk heard once: pyannote.audio hears it anew for every voice in it.

pyannote's pipeline asks for one vector per chunk and voice, three for each chunk, and runs the whole network for each.
The voices differ only in which frames are pooled at the end, so the frames can be shared: the same vectors in a third
of the time.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import torch
from numpy.typing import NDArray
from pyannote.audio import Model
from pyannote.audio.pipelines.speaker_verification import PyannoteAudioPretrainedSpeakerEmbedding
from torch import Tensor


def can_share(model: object) -> bool:
    """Whether `model` computes its frames apart from their pooling, as the WeSpeaker family does."""
    return hasattr(model, "forward_frames") and hasattr(model, "forward_embedding")


class SharedFrames(PyannoteAudioPretrainedSpeakerEmbedding):
    """A stand-in for the pipeline's own: one run of the network for rows of the same sound that follow each other."""

    def __init__(self, model: Model) -> None:
        super().__init__(model)

    def __call__(self, waveforms: Tensor, masks: Tensor | None = None) -> NDArray[np.float32]:
        """(rows, 1, samples) and weights (rows, frames) to vectors (rows, dimension)."""
        if masks is None:
            return np.asarray(super().__call__(waveforms), np.float32)
        first_of_chunk = [True, *(not torch.equal(one, next_one) for one, next_one in pairwise(waveforms))]
        starts = [row for row, is_first in enumerate(first_of_chunk) if is_first]
        chunk_of_row = torch.tensor(first_of_chunk).cumsum(0) - 1
        with torch.inference_mode():
            frames = self.model_.forward_frames(waveforms[starts])
            vectors = self.model_.forward_embedding(frames[chunk_of_row], weights=masks)
        return np.asarray(vectors.numpy(), np.float32)
