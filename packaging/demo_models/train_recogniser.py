"""Train the recogniser: two processes with one thread each, a schedule in steps, checkpoints to go on from."""

from __future__ import annotations

import copy
import json
import math
import os
import socket
import time
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
import torch.distributed as dist
import torch.multiprocessing as mp
from tokenizers import Tokenizer
from torch import Tensor, nn
from torch.nn import functional

from demo_models.network import Shape, TinyWhisper
from demo_models.tokeniser import required_id
from demo_models.utterances import Pool
from demo_models.windows import IGNORED, Batch, Stage, Window, WindowMaker, collate

STEPS = 3000
_POSITIONS_PER_BATCH = 3000
_WAITING_WINDOWS = 28
_LEARNING_RATE = 2e-3
_WARM_UP_STEPS = 100
_AVERAGE = 0.9985
_SAVE_EVERY_S = 60
_REPORT_EVERY_S = 20


@dataclass(frozen=True, slots=True)
class Plan:
    """What to train on and how long; `seed` differs between the processes by their rank."""

    pools: tuple[Path, ...]
    tokeniser: Path
    phones: Path
    checkpoint: Path
    steps: int = STEPS
    processes: int = 2
    seed: int = 1000
    port: int = 0


def stage_at(progress: float) -> Stage:
    """Windows of 4, 6.5, 9 and at last 12 s; padding to 30 s, as in use, is dear and comes mostly at the end."""
    padded = 0.03 if progress < 0.85 else 0.1
    if progress < 0.13:
        return Stage(4.0, 0.0, padded)
    if progress < 0.19:
        return Stage(6.5, 0.0, padded)
    return Stage(9.0, 0.3, padded) if progress < 0.27 else Stage(12.0, 0.93, padded)


class Batches:
    """Batches of windows of about the same length, as many as fit a fixed number of encoder positions."""

    def __init__(self, maker: WindowMaker) -> None:
        self._maker = maker
        self._waiting: list[Window] = []

    def next(self, progress: float) -> Batch:
        """A batch of the stage that `progress` (0 to 1) is in."""
        self._maker.stage = stage_at(progress)
        while len(self._waiting) < _WAITING_WINDOWS:
            self._waiting.append(self._maker.window())
        self._waiting.sort(key=lambda window: len(window.phones))
        index = self._maker.draw(len(self._waiting))
        chosen: list[Window] = []
        while index < len(self._waiting):
            if chosen and (len(chosen) + 1) * len(self._waiting[index].phones) > _POSITIONS_PER_BATCH:
                break
            chosen.append(self._waiting.pop(index))
        while index > 0 and (len(chosen) + 1) * len(chosen[-1].phones) <= _POSITIONS_PER_BATCH:
            index -= 1
            chosen.insert(0, self._waiting.pop(index))
        return collate(chosen)


class Muon:
    """Momentum made orthogonal (Jordan et al. 2024, Newton-Schulz) for hidden matrices; same shapes go together."""

    def __init__(self, parameters: Iterable[nn.Parameter]) -> None:
        groups: dict[tuple[int, ...], list[nn.Parameter]] = defaultdict(list)
        for parameter in parameters:
            groups[tuple(parameter.shape)].append(parameter)
        self._groups = dict(groups)
        self.momentum = {shape: torch.zeros(len(group), *shape) for shape, group in self._groups.items()}

    @torch.no_grad()
    def step(self, rate: float, decay: float = 0.01, keep: float = 0.95) -> None:
        """One update from the gradients."""
        for shape, group in self._groups.items():
            gradient = torch.stack([parameter.grad for parameter in group if parameter.grad is not None])
            momentum = self.momentum[shape].lerp_(gradient, 1 - keep)
            update = _orthogonal(gradient.lerp(momentum, keep))
            scale = max(1.0, shape[0] / shape[1]) ** 0.5
            for parameter, change in zip(group, update, strict=True):
                parameter.mul_(1 - rate * decay).add_(change, alpha=-rate * scale)


def _orthogonal(matrices: Tensor, rounds: int = 4) -> Tensor:
    a, b, c = 3.4445, -4.7750, 2.0315
    x = matrices.bfloat16()
    tall = x.size(-2) > x.size(-1)
    if tall:
        x = x.mT
    x = x / (x.norm(dim=(-2, -1), keepdim=True) + 1e-7)
    for _ in range(rounds):
        square = x @ x.mT
        x = a * x + (b * square + c * square @ square) @ x
    return (x.mT if tall else x).float()


def _guidance(scores: Tensor, spans: Tensor) -> Tensor:
    """How far (KL) attention is from even attention over each token's span; tokens without a span don't count."""
    middles = torch.arange(scores.shape[-1]) + 0.5
    inside = ((middles >= spans[..., :1]) & (middles < spans[..., 1:])).float()
    count = inside.sum(-1)
    guided = count > 0
    inside = inside / count.clamp(min=1)[..., None]
    cross = -(inside[:, None] * functional.log_softmax(scores, -1)).sum(-1)
    excess = (cross - count.clamp(min=1).log()[:, None]) * guided[:, None]
    return excess.sum() / (guided.sum() * scores.shape[1]).clamp(min=1)


def losses(model: TinyWhisper, batch: Batch) -> dict[str, Tensor]:
    """Text, timestamps (a little blurred), phones and attention guidance, each as a mean."""
    first_time, last = model.shape.first_timestamp, model.shape.tokens - 1
    labels = torch.from_numpy(batch.labels)
    labelled = labels >= 0
    with torch.autocast("cpu", torch.bfloat16):
        logits, phones, guided = model(torch.from_numpy(batch.features), torch.from_numpy(batch.inputs), labelled)
    log_p = functional.log_softmax(logits.float(), -1)
    wanted = labels[labelled]
    is_time = wanted >= first_time

    def at(offset: int) -> Tensor:
        return log_p.gather(-1, (wanted + offset).clamp(first_time, last)[:, None])[:, 0]

    blurred = 0.5 * at(0) + 0.2 * (at(-1) + at(1)) + 0.05 * (at(-2) + at(2))
    text = -log_p.gather(-1, wanted[:, None])[:, 0]
    next_spans, input_spans = torch.from_numpy(batch.next_spans), torch.from_numpy(batch.input_spans)
    return {
        "text": text[~is_time].mean(),
        "times": -blurred[is_time].mean() if is_time.any() else torch.zeros(()),
        "phones": functional.cross_entropy(phones.float().mT, torch.from_numpy(batch.phones), ignore_index=IGNORED),
        "guide0": _guidance(guided[0], input_spans),
        "guide1": _guidance(guided[1], next_spans),
        "guide2": _guidance(guided[2], next_spans),
    }


def total_loss(parts: dict[str, Tensor], progress: float) -> Tensor:
    """Weighted sum: phones and guidance weigh most at first, so that attention finds its way early."""
    guide = 1.0 if progress < 0.13 else 0.5 if progress < 0.6 else 0.3
    phones = 0.8 if progress < 0.13 else 0.4
    guidance = parts["guide0"] + parts["guide1"] + parts["guide2"]
    return parts["text"] + 0.3 * parts["times"] + phones * parts["phones"] + guide * guidance


class Trainer:
    """One process's share of the training."""

    def __init__(self, plan: Plan, rank: int) -> None:
        self.plan = plan
        self.rank = rank
        phones = json.loads(plan.phones.read_text(encoding="utf-8"))
        tokeniser = Tokenizer.from_file(str(plan.tokeniser))
        torch.manual_seed(0)
        first_timestamp = required_id(tokeniser, "<|0.00|>")
        shape = Shape(tokeniser.get_vocab_size(), first_timestamp, max(phones.values()) + 1)
        self.model = TinyWhisper(shape)
        self.average = copy.deepcopy(self.model)
        named = list(self.model.named_parameters())
        hidden = [p for name, p in named if p.ndim == 2 and name.startswith(("encoder.", "decoder."))]
        chosen = {id(p) for p in hidden}
        self.muon = Muon(hidden)
        self.adam = torch.optim.AdamW(
            [
                {"params": [p for _, p in named if p.ndim > 1 and id(p) not in chosen], "weight_decay": 0.02},
                {"params": [p for _, p in named if p.ndim <= 1], "weight_decay": 0.0},
            ],
            lr=_LEARNING_RATE,
            betas=(0.9, 0.98),
            fused=True,
        )
        self.step = 0
        self._resume()
        seed = plan.seed + rank + 7919 * self.step  # other windows after an interruption
        self._batches = Batches(WindowMaker(Pool(*plan.pools), plan.tokeniser, phones, seed))

    @property
    def progress(self) -> float:
        """0 at the first step, 1 after the last."""
        return self.step / self.plan.steps

    def run(self) -> None:
        """Train to the last step; the first process saves and reports."""
        self.model.train()
        seen: dict[str, list[float]] = defaultdict(list)
        reported = saved = started = time.monotonic()
        while self.step < self.plan.steps:
            parts = self._one_step()
            for name, value in parts.items():
                seen[name].append(value.item())
            now = time.monotonic()
            if self.rank == 0 and now - reported > _REPORT_EVERY_S:
                means = " ".join(f"{name} {sum(v) / len(v):.3f}" for name, v in seen.items())
                print(f"{(now - started) / 60:.1f} min, step {self.step}/{self.plan.steps}: {means}", flush=True)
                seen.clear()
                reported = now
            if self.rank == 0 and now - saved > _SAVE_EVERY_S:
                self.save()
                saved = now
        if self.rank == 0:
            self.save()

    def _one_step(self) -> dict[str, Tensor]:
        batch = self._batches.next(self.progress)
        warm = min(1.0, (self.step + 1) / _WARM_UP_STEPS)
        rate = _LEARNING_RATE * warm * (0.485 * (1 + math.cos(math.pi * self.progress)) + 0.03)
        for group in self.adam.param_groups:
            group["lr"] = rate
        parts = losses(self.model, batch)
        self.adam.zero_grad(set_to_none=True)
        total_loss(parts, self.progress).backward()
        self._share_gradients()
        self.adam.step()
        self.muon.step(rate * 10)
        self.step += 1
        if self.rank == 0:
            keep = min(_AVERAGE, (self.step + 1) / (self.step + 20))
            with torch.no_grad():
                torch._foreach_lerp_(list(self.average.parameters()), list(self.model.parameters()), 1 - keep)
        return parts

    def _share_gradients(self) -> None:
        """Average the gradients of all processes and clip their norm to 1."""
        parameters = list(self.model.parameters())
        flat = torch.cat([(p.grad if p.grad is not None else torch.zeros_like(p)).reshape(-1) for p in parameters])
        dist.all_reduce(flat)
        flat /= self.plan.processes
        flat *= min(1.0, 1 / (float(flat.norm()) + 1e-6))
        position = 0
        for parameter in parameters:
            parameter.grad = flat[position : position + parameter.numel()].view_as(parameter).clone()
            position += parameter.numel()

    def save(self) -> None:
        """Write the checkpoint in one move, so that a killed run can go on from the last one."""
        state = {
            "shape": self.model.shape.as_dict(),
            "average": self.average.state_dict(),
            "model": self.model.state_dict(),
            "adam": self.adam.state_dict(),
            "muon": self.muon.momentum,
            "step": self.step,
        }
        unfinished = self.plan.checkpoint.with_suffix(".part")
        torch.save(state, unfinished)
        unfinished.replace(self.plan.checkpoint)

    def _resume(self) -> None:
        if not self.plan.checkpoint.is_file():
            return
        state = torch.load(self.plan.checkpoint, weights_only=True)
        self.average.load_state_dict(state["average"])
        self.model.load_state_dict(state["model"])
        self.adam.load_state_dict(state["adam"])
        for shape, momentum in state["muon"].items():
            self.muon.momentum[shape].copy_(momentum)
        self.step = state["step"]


def load_average(checkpoint: Path) -> tuple[TinyWhisper, int]:
    """The averaged model of a checkpoint, ready for use, and its step."""
    state: dict[str, Any] = torch.load(checkpoint, weights_only=True)
    model = TinyWhisper(Shape(**state["shape"]))
    model.load_state_dict(state["average"])
    return model.eval(), int(state["step"])


def _process(rank: int, plan: Plan) -> None:
    torch.set_num_threads(1)
    os.environ.update(MASTER_ADDR="127.0.0.1", MASTER_PORT=str(plan.port))
    dist.init_process_group("gloo", rank=rank, world_size=plan.processes)
    Trainer(plan, rank).run()
    dist.barrier()
    dist.destroy_process_group()


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def train(plan: Plan) -> None:
    """Train, or go on from `plan.checkpoint` when it exists."""
    os.environ.update(
        OMP_NUM_THREADS="1",
        THP_MEM_ALLOC_ENABLE="1",
        MALLOC_MMAP_THRESHOLD_="33554432",
        MALLOC_TRIM_THRESHOLD_="8000000000",
        MALLOC_TOP_PAD_="268435456",
    )
    with_port = Plan(
        plan.pools, plan.tokeniser, plan.phones, plan.checkpoint, plan.steps, plan.processes, plan.seed, _free_port()
    )
    mp.spawn(_process, args=(with_port,), nprocs=plan.processes)
