"""Train the diariser's two networks: who sounds when in five seconds (PyanNet), and a vector for each voice.

Each runs in one process with one thread, on a schedule in steps, and saves a checkpoint in the form that pyannote.audio
loads. The segmentation may start from an earlier checkpoint.
"""

from __future__ import annotations

import itertools
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from demo_models import offline

offline.prepare()

import lightning  # noqa: E402  # these must come after offline.prepare()
import numpy as np  # noqa: E402 - the display is chosen first
import torch  # noqa: E402 - the display is chosen first
from pyannote.audio.core.task import Problem, Resolution, Specifications  # noqa: E402 - the display is chosen first
from pyannote.audio.models.segmentation import PyanNet  # noqa: E402 - the display is chosen first
from pyannote.audio.utils.powerset import Powerset  # noqa: E402 - the display is chosen first
from torch import Tensor, nn  # noqa: E402 - the display is chosen first
from torch.nn import functional  # noqa: E402 - the display is chosen first

from cubb_desktop.speech.tiny_embedding import TinySpeakerEmbedding  # noqa: E402 - the display is chosen first
from demo_models.chunks import ChunkMaker  # noqa: E402 - the display is chosen first
from demo_models.diariser_voices import Bank  # noqa: E402 - the display is chosen first
from demo_models.espeak import RATE_HZ  # noqa: E402 - the display is chosen first

SEGMENTATION_S = 5.0
EMBEDDING_S = 6.0
SEGMENTATION_STEPS = 4300
EMBEDDING_STEPS = 2200
SPEEDS = (0.87, 1.0, 1.15)  # each makes a voice of its own for the embedding to tell apart
_MOST_AT_ONCE = 2
_VOICES = 3
_MASKS_PER_S = 29.6
_SHORTEST_MASK = 12
_REPORT_EVERY = 50


@dataclass(frozen=True, slots=True)
class Plan:
    """Which bank to train on, where to save and for how many steps; `initial` is a checkpoint to start from."""

    bank: Path
    checkpoint: Path
    steps: int
    batch: int
    rate: float
    seed: int = 0
    initial: Path | None = None


def _rate(plan: Plan, step: int, warm_up: int) -> float:
    cosine = 0.485 * (1 + np.cos(np.pi * step / plan.steps)) + 0.03
    return plan.rate * min(1.0, (step + 1) / warm_up) * float(cosine)


def _save(model: Any, path: Path, step: int) -> None:
    state = {
        "state_dict": {name: value.clone() for name, value in model.state_dict().items()},
        "hyper_parameters": dict(model.hparams),
        "hparams_name": "kwargs",
        "pytorch-lightning_version": lightning.__version__,
        "epoch": 0,
        "global_step": step,
    }
    model.on_save_checkpoint(state)
    unfinished = path.with_suffix(".part")
    torch.save(state, unfinished)
    unfinished.replace(path)


class SegmentationTrainer:
    """PyanNet with three local voices of which at most two sound at once, trained whichever way round they come."""

    def __init__(self, plan: Plan) -> None:
        torch.manual_seed(plan.seed)
        self.plan = plan
        self.model = PyanNet(
            sincnet={"stride": 20},
            lstm={"hidden_size": 96, "num_layers": 2, "bidirectional": True, "dropout": 0.0},
            linear={"hidden_size": 64, "num_layers": 1},
        )
        self.model.specifications = Specifications(
            problem=Problem.MONO_LABEL_CLASSIFICATION,
            resolution=Resolution.FRAME,
            duration=SEGMENTATION_S,
            warm_up=(0.0, 0.0),
            classes=[f"speaker#{number + 1}" for number in range(_VOICES)],
            powerset_max_classes=_MOST_AT_ONCE,
            permutation_invariant=True,
        )
        self.model.setup()
        if plan.initial is not None:
            # pyannote's checkpoints name its own classes; this one was made here
            self.model.load_state_dict(torch.load(plan.initial, weights_only=False)["state_dict"])
        frozen = itertools.chain(self.model.sincnet.wav_norm1d.parameters(), self.model.sincnet.conv1d[0].parameters())
        for parameter in frozen:  # a gradient for the norm alone would run back through the costly first layer
            parameter.requires_grad = False
        field = self.model.receptive_field
        self._frames = self.model.num_frames(int(SEGMENTATION_S * RATE_HZ))
        middles = (field.start + field.duration / 2 + field.step * np.arange(self._frames)) * RATE_HZ
        self._middles = middles.astype(int).clip(0, int(SEGMENTATION_S * RATE_HZ) - 1)
        self.powerset = Powerset(_VOICES, _MOST_AT_ONCE)
        orders = itertools.permutations(range(_VOICES))
        self._orders = torch.tensor([self.powerset.permutation_mapping[order] for order in orders])

    def batch(self, maker: ChunkMaker, count: int) -> tuple[Tensor, Tensor]:
        """(count, 1, samples) sound and (count, frames, 3) activity, the third of three at once left out."""
        sound = np.zeros((count, int(SEGMENTATION_S * RATE_HZ)), np.float32)
        active = np.zeros((count, self._frames, _VOICES), np.float32)
        for row in range(count):
            chunk = maker.chunk((0.12, 0.53, 0.35))
            sound[row] = chunk.samples
            active[row, :, : len(chunk.voices)] = chunk.active[:, self._middles].T
        active[active.sum(2) > _MOST_AT_ONCE, _VOICES - 1] = 0
        return torch.from_numpy(sound)[:, None], torch.from_numpy(active)

    def losses(self, log_p: Tensor, active: Tensor) -> Tensor:
        """For each chunk the loss of the best order of voices."""
        wanted = self.powerset.to_powerset(active).argmax(-1)
        each = [functional.nll_loss(log_p.mT, order[wanted], reduction="none").mean(1) for order in self._orders]
        return torch.stack(each).min(0).values

    def run(self) -> None:
        """Train and save."""
        plan = self.plan
        maker = ChunkMaker(Bank(plan.bank, "train"), SEGMENTATION_S, plan.seed, warp=True)
        checks = self.batch(ChunkMaker(Bank(plan.bank, "tune"), SEGMENTATION_S, 5), 96)
        learning = [parameter for parameter in self.model.parameters() if parameter.requires_grad]
        optimiser = torch.optim.AdamW(learning, lr=plan.rate, weight_decay=1e-4)
        started, mean = time.monotonic(), 0.0
        for step in range(plan.steps):
            for group in optimiser.param_groups:
                group["lr"] = _rate(plan, step, 50)
            sound, active = self.batch(maker, plan.batch)
            self.model.train()
            loss = self.losses(self.model(sound), active).mean()
            optimiser.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
            optimiser.step()
            mean = loss.item() if step == 0 else 0.97 * mean + 0.03 * loss.item()
            if (step + 1) % _REPORT_EVERY == 0:
                self.model.eval()
                with torch.inference_mode():
                    check = self.losses(self.model(checks[0]), checks[1]).mean().item()
                minutes = (time.monotonic() - started) / 60
                done = f"{minutes:.1f} min, step {step + 1}/{plan.steps}"
                print(f"{done}: loss {mean:.3f}, tuning {check:.3f}", flush=True)
                _save(self.model, plan.checkpoint, step + 1)
        _save(self.model, plan.checkpoint, plan.steps)


class EmbeddingTrainer:
    """Vectors that tell the bank's training voices apart (additive-margin softmax), from masked mixed chunks."""

    def __init__(self, plan: Plan) -> None:
        torch.manual_seed(plan.seed)
        self.plan = plan
        self.model = TinySpeakerEmbedding(width=192, embed_dim=96)
        self.model.specifications = Specifications(
            problem=Problem.REPRESENTATION,
            resolution=Resolution.CHUNK,
            duration=EMBEDDING_S,
            min_duration=1.0,
            classes=None,
        )
        self.model.setup()
        self._rng = np.random.default_rng(plan.seed + 1)
        self._masks = int(EMBEDDING_S * _MASKS_PER_S)
        middles = (np.arange(self._masks) + 0.5) / self._masks * EMBEDDING_S * RATE_HZ
        self._middles = middles.astype(int)

    def batch(self, maker: ChunkMaker, numbers: dict[str, int], count: int) -> tuple[Tensor, Tensor, Tensor]:
        """(count, 1, samples) sound, (count, 3, masks) where each voice sounds alone, (count, 3) voice or -1."""
        sound = np.zeros((count, int(EMBEDDING_S * RATE_HZ)), np.float32)
        masks = np.zeros((count, _VOICES, self._masks), np.float32)
        labels = np.full((count, _VOICES), -1)
        for row in range(count):
            chunk = maker.chunk((0.15, 0.5, 0.35))
            sound[row] = chunk.samples
            active = chunk.active[:, self._middles].astype(np.float32)
            alone = active * (active.sum(0, keepdims=True) < 2)
            for voice, name in enumerate(chunk.voices):
                mask = self._shortened(alone[voice])
                if mask.sum() >= _SHORTEST_MASK:
                    masks[row, voice] = mask
                    labels[row, voice] = numbers[name]
        masks[labels < 0] = 1  # an empty mask would give a NaN gradient even where its row is ignored
        return torch.from_numpy(sound)[:, None], torch.from_numpy(masks), torch.from_numpy(labels)

    def _shortened(self, mask: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        """Half of the masks keep only some of their frames, so that short turns work too."""
        if self._rng.random() >= 0.5 or mask.sum() <= 20:
            return mask
        frames = np.flatnonzero(mask)
        count = int(self._rng.integers(_SHORTEST_MASK, len(frames)))
        first = int(self._rng.integers(0, len(frames) - count + 1))
        kept = np.zeros_like(mask)
        kept[frames[first : first + count]] = 1
        return kept

    def run(self) -> None:
        """Train and save."""
        plan = self.plan
        bank, tuning = Bank(plan.bank, "train", SPEEDS), Bank(plan.bank, "tune")
        numbers = {voice: number for number, voice in enumerate(bank.voices)}
        maker = ChunkMaker(bank, EMBEDDING_S, plan.seed)
        names = {voice: number for number, voice in enumerate(tuning.voices)}
        checks = [self.batch(ChunkMaker(tuning, EMBEDDING_S, 100 + part), names, 32) for part in range(3)]
        centres = nn.Parameter(torch.randn(len(numbers), self.model.hparams.embed_dim) * 0.1)
        optimiser = torch.optim.AdamW([*self.model.parameters(), centres], lr=plan.rate, weight_decay=1e-3)
        started, mean = time.monotonic(), 0.0
        for step in range(plan.steps):
            for group in optimiser.param_groups:
                group["lr"] = _rate(plan, step, 30)
            sound, masks, labels = self.batch(maker, numbers, plan.batch)
            known = labels >= 0
            self.model.train()
            vectors = functional.normalize(self.model(sound, weights=masks)[known])
            cosines = vectors @ functional.normalize(centres).T
            margin = 0.2 * min(1.0, 3 * step / plan.steps)
            wanted = labels[known]
            loss = functional.cross_entropy(20 * (cosines - margin * functional.one_hot(wanted, len(numbers))), wanted)
            optimiser.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(self.model.parameters(), 3.0)
            optimiser.step()
            mean = loss.item() if step == 0 else 0.97 * mean + 0.03 * loss.item()
            if (step + 1) % _REPORT_EVERY == 0:
                rate = self.equal_error_rate(checks)
                minutes = (time.monotonic() - started) / 60
                done = f"{minutes:.1f} min, step {step + 1}/{plan.steps}"
                print(f"{done}: loss {mean:.3f}, tuning EER {rate:.3f}", flush=True)
                _save(self.model, plan.checkpoint, step + 1)
        _save(self.model, plan.checkpoint, plan.steps)

    def equal_error_rate(self, checks: list[tuple[Tensor, Tensor, Tensor]]) -> float:
        """Where as many pairs of one tuning voice are told apart as pairs of two are taken for one."""
        self.model.eval()
        vectors, voices, chunks = [], [], []
        with torch.inference_mode():
            for part, (sound, masks, labels) in enumerate(checks):
                known = labels >= 0
                vectors.append(self.model(sound, weights=masks)[known])
                voices.append(labels[known])
                rows = part * 1000 + torch.arange(len(labels))[:, None].expand_as(labels)
                chunks.append(rows[known])
        unit = functional.normalize(torch.cat(vectors))
        voice, chunk = torch.cat(voices), torch.cat(chunks)
        pairs = torch.triu(chunk[:, None] != chunk[None], 1)
        same = voice[:, None] == voice[None]
        alike = (unit @ unit.T).numpy()
        one, two = alike[(pairs & same).numpy()], alike[(pairs & ~same).numpy()]
        thresholds = np.quantile(np.concatenate([one, two]), np.linspace(0, 1, 500))
        missed = np.array([(one < t).mean() for t in thresholds])
        wrong = np.array([(two >= t).mean() for t in thresholds])
        best = int(np.argmin(np.abs(missed - wrong)))
        return float(missed[best] + wrong[best]) / 2
