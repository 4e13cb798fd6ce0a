"""A Whisper small enough to train on two cores, with Whisper's own parameter names inside its layers.

Beyond Whisper it takes any encoder length, gives out cross-attention scores (training tells some heads where to look)
and has a phone head on the encoder. Timestamp embeddings are a linear map of sinusoids. `whisper_state` turns all of it
into the state of transformers' WhisperForConditionalGeneration.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

MAX_POSITIONS = 1500
MAX_TOKENS = 448


@dataclass(frozen=True, slots=True)
class Shape:
    """Sizes of the network; `guided` says how many heads of each decoder layer are told where to look."""

    tokens: int
    first_timestamp: int
    phones: int
    width: int = 128
    heads: int = 4
    inner: int = 512
    encoder_layers: int = 4
    decoder_layers: int = 3
    guided: tuple[int, ...] = (1, 1, 2)

    def as_dict(self) -> dict[str, object]:
        """For checkpoints."""
        return asdict(self)


def sinusoids(length: int, width: int) -> Tensor:
    """Whisper's fixed position table, (length, width)."""
    step = math.log(10_000) / (width // 2 - 1)
    angles = torch.arange(length).view(-1, 1) * torch.exp(-step * torch.arange(width // 2)).view(1, -1)
    return torch.cat([angles.sin(), angles.cos()], 1)


class Attention(nn.Module):
    """Multi-head attention that can also return the scores of its first heads."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.k_proj = nn.Linear(width, width, bias=False)
        self.v_proj = nn.Linear(width, width)
        self.q_proj = nn.Linear(width, width)
        self.out_proj = nn.Linear(width, width)

    def forward(
        self, x: Tensor, memory: Tensor | None = None, causal: bool = False, wanted: int = 0
    ) -> tuple[Tensor, Tensor | None]:
        """(batch, length, width) and optional memory to the same shape and (batch, wanted, length, memory) scores."""
        source = x if memory is None else memory
        batch, length, width = x.shape
        q, k, v = (
            part.view(batch, -1, self.heads, width // self.heads).transpose(1, 2)
            for part in (self.q_proj(x), self.k_proj(source), self.v_proj(source))
        )
        scale = (width // self.heads) ** -0.5
        scores = (q[:, :wanted] @ k[:, :wanted].transpose(-1, -2)).float() * scale if wanted else None
        if self.training:  # three times faster on a CPU than the backward pass of scaled_dot_product_attention
            weights = (q * scale) @ k.transpose(-1, -2)
            if causal:
                weights = weights + torch.full((length, length), -1e4, dtype=weights.dtype).triu(1)
            out = torch.softmax(weights, -1, dtype=weights.dtype) @ v
        else:
            out = functional.scaled_dot_product_attention(q, k, v, is_causal=causal)
        return self.out_proj(out.transpose(1, 2).reshape(batch, length, width)), scores


class EncoderLayer(nn.Module):
    """Self-attention and a feed-forward net, each behind a norm."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.self_attn = Attention(shape.width, shape.heads)
        self.self_attn_layer_norm = nn.LayerNorm(shape.width)
        self.fc1 = nn.Linear(shape.width, shape.inner)
        self.fc2 = nn.Linear(shape.inner, shape.width)
        self.final_layer_norm = nn.LayerNorm(shape.width)

    def forward(self, x: Tensor) -> Tensor:
        """(batch, positions, width) to the same."""
        x = x + self.self_attn(self.self_attn_layer_norm(x))[0]
        out: Tensor = x + self.fc2(functional.gelu(self.fc1(self.final_layer_norm(x))))
        return out


class DecoderLayer(nn.Module):
    """Self-attention, attention to the encoder, feed-forward."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.self_attn = Attention(shape.width, shape.heads)
        self.self_attn_layer_norm = nn.LayerNorm(shape.width)
        self.encoder_attn = Attention(shape.width, shape.heads)
        self.encoder_attn_layer_norm = nn.LayerNorm(shape.width)
        self.fc1 = nn.Linear(shape.width, shape.inner)
        self.fc2 = nn.Linear(shape.inner, shape.width)
        self.final_layer_norm = nn.LayerNorm(shape.width)

    def forward(self, x: Tensor, memory: Tensor, wanted: int) -> tuple[Tensor, Tensor | None]:
        """(batch, tokens, width) and the encoder's output to the same shape and the wanted scores."""
        x = x + self.self_attn(self.self_attn_layer_norm(x), causal=True)[0]
        heard, scores = self.encoder_attn(self.encoder_attn_layer_norm(x), memory, wanted=wanted)
        x = x + heard
        return x + self.fc2(functional.gelu(self.fc1(self.final_layer_norm(x)))), scores


class TinyWhisper(nn.Module):
    """Features and tokens in; token logits, phone logits and guided attention scores out."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        width = shape.width
        self.conv1 = nn.Conv1d(80, width, 3, padding=1)
        self.conv2 = nn.Conv1d(width, width, 3, stride=2, padding=1)
        self.register_buffer("encoder_positions", sinusoids(MAX_POSITIONS, width))
        self.encoder = nn.ModuleList(EncoderLayer(shape) for _ in range(shape.encoder_layers))
        self.encoder_norm = nn.LayerNorm(width)
        self.text = nn.Parameter(torch.randn(shape.first_timestamp, width) * 0.05)
        self.register_buffer("time_table", sinusoids(shape.tokens - shape.first_timestamp, width))
        self.time_map = nn.Parameter(torch.randn(width, width) * 0.006)
        self.decoder_positions = nn.Parameter(sinusoids(MAX_TOKENS, width) * 0.1)
        self.decoder = nn.ModuleList(DecoderLayer(shape) for _ in range(shape.decoder_layers))
        self.decoder_norm = nn.LayerNorm(width)
        self.phone_head = nn.Linear(width, shape.phones)

    def embeddings(self) -> Tensor:
        """(tokens, width), text first, timestamps last."""
        return torch.cat([self.text, self.time_table @ self.time_map])

    def encode(self, features: Tensor) -> Tensor:
        """(batch, 80, 2 x positions) to (batch, positions, width)."""
        x = functional.gelu(self.conv2(functional.gelu(self.conv1(features)))).transpose(1, 2)
        x = x + self.encoder_positions[: x.shape[1]]
        for layer in self.encoder:
            x = layer(x)
        out: Tensor = self.encoder_norm(x)
        return out

    def forward(
        self, features: Tensor, inputs: Tensor, labelled: Tensor | None = None
    ) -> tuple[Tensor, Tensor, list[Tensor]]:
        """Logits for all tokens, or for the `labelled` ones only (a boolean mask), phone logits, guided scores."""
        memory = self.encode(features)
        table = self.embeddings()
        x = functional.embedding(inputs, table) + self.decoder_positions[: inputs.shape[1]]
        guided = []
        for layer, wanted in zip(self.decoder, self.shape.guided, strict=True):
            x, scores = layer(x, memory, wanted)
            if scores is not None:
                guided.append(scores)
        x = self.decoder_norm(x)
        if labelled is not None:
            x = x[labelled]
        return x @ table.T, self.phone_head(memory), guided

    def whisper_state(self) -> dict[str, Tensor]:
        """The same weights under the names of transformers' WhisperForConditionalGeneration."""
        table = self.embeddings()
        named = {
            "model.encoder.embed_positions.weight": self.encoder_positions,
            "model.decoder.embed_tokens.weight": table,
            "model.decoder.embed_positions.weight": self.decoder_positions,
            "proj_out.weight": table,
        }
        for ours, theirs in (
            ("conv1", "encoder.conv1"),
            ("conv2", "encoder.conv2"),
            ("encoder_norm", "encoder.layer_norm"),
            ("decoder_norm", "decoder.layer_norm"),
            ("encoder", "encoder.layers"),
            ("decoder", "decoder.layers"),
        ):
            for name, value in getattr(self, ours).state_dict().items():
                named[f"model.{theirs}.{name}"] = value
        return {name: value.detach().clone() for name, value in named.items()}
