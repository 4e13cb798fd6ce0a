"""Model checkpoints are pickles, and a pickle can run code: look before loading.

A checkpoint passes when torch can load it with `weights_only=True` and the three plain classes in which pyannote.audio
writes down what a model was trained for. Anything else needs somebody's explicit trust.
"""

from __future__ import annotations

import pickle
import warnings
import zipfile
from pathlib import Path
from typing import Any

from cubb_desktop.domain.errors import ModelIncomplete, ModelUntrusted

_OWN_MODULES = ("pyannote.audio.", "cubb_desktop.speech.")
_CHECKPOINT_ENDINGS = (".bin", ".ckpt", ".pt", ".pth")


def checkpoint_files(folder: Path) -> list[Path]:
    """The checkpoints in a pyannote folder and its sub-folders, sorted."""
    return sorted(p for p in folder.rglob("*") if p.suffix in _CHECKPOINT_ENDINGS and p.is_file())


def check_checkpoints(folder: Path, *, trust: bool = False) -> None:
    """Raise ModelUntrusted when a checkpoint holds more than weights (unless trusted), ModelIncomplete when broken."""
    for path in checkpoint_files(folder):
        if not trust:
            _check(path)


def _check(path: Path) -> None:
    import torch
    from pyannote.audio.core.task import Problem, Resolution, Specifications

    version = getattr(torch, "torch_version", None)
    plain = [Specifications, Problem, Resolution]
    if version is not None:
        plain.append(version.TorchVersion)  # older checkpoints note the version of torch as an object of this class
    try:
        with warnings.catch_warnings(), torch.serialization.safe_globals(plain):
            warnings.simplefilter("ignore")
            untrusted = torch.load(path, map_location="cpu", weights_only=True, mmap=_is_zip(path))
    except pickle.UnpicklingError as error:
        if _is_zip(path) or path.read_bytes()[:1] == b"\x80":
            raise ModelUntrusted(file=path.name) from error
        raise ModelIncomplete(missing=path.name) from error
    except (RuntimeError, EOFError, OSError) as error:
        raise ModelIncomplete(missing=path.name) from error
    if _foreign_module(untrusted):
        raise ModelUntrusted(file=path.name)


def _foreign_module(untrusted: Any) -> bool:
    """Whether the checkpoint names a module that isn't pyannote's or ours: loading it would import, and so run, it."""
    try:
        module = str(untrusted["pyannote.audio"]["architecture"]["module"])
    except (KeyError, TypeError, IndexError):
        return False
    return not module.startswith(_OWN_MODULES)


def _is_zip(path: Path) -> bool:
    return zipfile.is_zipfile(path)
