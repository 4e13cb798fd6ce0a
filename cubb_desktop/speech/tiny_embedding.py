"""The small speaker-embedding network of the demo diariser, in the form that pyannote.audio loads.

It keeps the front end of pyannote's WeSpeaker models (Kaldi filter banks, statistics pooling with frame weights) and
puts a four-layer time-delay network where they have a ResNet, so that the file is 0.9 MB instead of 26 MB. The demo
checkpoint names this module and class, so neither may be renamed without making the checkpoint again.
"""

from __future__ import annotations

from typing import Any

import torch
from pyannote.audio.core.task import Task
from pyannote.audio.models.blocks.pooling import StatsPool
from pyannote.audio.models.embedding.wespeaker import BaseWeSpeakerResNet
from pyannote.audio.utils.receptive_field import (
    multi_conv_num_frames,
    multi_conv_receptive_field_center,
    multi_conv_receptive_field_size,
)
from torch import Tensor, nn

_LAYERS: dict[str, list[int]] = {
    "kernel_size": [5, 3, 3, 1],
    "stride": [1, 1, 1, 1],
    "padding": [2, 2, 3, 0],
    "dilation": [1, 2, 3, 1],
}


class TimeDelayNetwork(nn.Module):
    """Dilated convolutions, weighted statistics pooling and one linear layer; answers as WeSpeaker's ResNet does."""

    def __init__(self, feature_count: int, width: int, embed_dim: int) -> None:
        super().__init__()
        self.embed_dim = embed_dim
        layers: list[nn.Module] = []
        channels = feature_count
        for index, kernel in enumerate(_LAYERS["kernel_size"]):
            out = width if index < len(_LAYERS["kernel_size"]) - 1 else 2 * width
            layers += [
                nn.Conv1d(
                    channels,
                    out,
                    kernel,
                    _LAYERS["stride"][index],
                    _LAYERS["padding"][index],
                    _LAYERS["dilation"][index],
                ),
                nn.LeakyReLU(),
                nn.BatchNorm1d(out),
            ]
            channels = out
        self.layers = nn.Sequential(*layers)
        self.pool = StatsPool()
        self.seg_1 = nn.Linear(2 * channels, embed_dim)

    def num_frames(self, num_samples: int) -> int:
        """Output frames for `num_samples` filter-bank frames."""
        return int(multi_conv_num_frames(num_samples, **_LAYERS))

    def receptive_field_size(self, num_frames: int = 1) -> int:
        """Filter-bank frames seen by `num_frames` output frames."""
        return int(multi_conv_receptive_field_size(num_frames, **_LAYERS))

    def receptive_field_center(self, frame: int = 0) -> int:
        """The filter-bank frame in the middle of what output frame `frame` sees."""
        return int(multi_conv_receptive_field_center(frame, **_LAYERS))

    def forward_frames(self, fbank: Tensor) -> Tensor:
        """(batch, frames, features) to (batch, channels, frames)."""
        frames: Tensor = self.layers(fbank.transpose(1, 2))
        return frames

    def forward_embedding(self, frames: Tensor, weights: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Pool frames to one vector per row of `weights`; the first value is the placeholder WeSpeaker returns too."""
        return torch.tensor(0.0), self.seg_1(self.pool(frames, weights=weights))

    def forward(self, fbank: Tensor, weights: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """(batch, frames, features) to (placeholder, (batch, embed_dim))."""
        return self.forward_embedding(self.forward_frames(fbank), weights)


class TinySpeakerEmbedding(BaseWeSpeakerResNet):
    """(batch, 1, samples) at 16 kHz to (batch, embed_dim) speaker vectors; for synthetic demo voices only."""

    def __init__(self, width: int = 128, embed_dim: int = 64, task: Task | None = None, **front_end: Any) -> None:
        super().__init__(task=task, **front_end)
        self.save_hyperparameters("width", "embed_dim")
        self.resnet = TimeDelayNetwork(int(self.hparams.num_mel_bins), width, embed_dim)
