"""What must happen before torch, pyannote.audio or torchaudio is imported: no network, no telemetry, few threads."""

from __future__ import annotations

import importlib.machinery
import importlib.util
import os
import sys
import types
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

_ENVIRONMENT = {
    "PYANNOTE_METRICS_ENABLED": "0",
    "OTEL_SDK_DISABLED": "true",
    "HF_HUB_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "TOKENIZERS_PARALLELISM": "false",
}


def go_offline(threads: int = 1) -> None:
    """Set the environment, keep torch to `threads` threads and let torchaudio import without its shared library."""
    os.environ.update(_ENVIRONMENT)
    os.environ.setdefault("OMP_NUM_THREADS", str(threads))
    sys.modules.setdefault("torchcodec", None)  # type: ignore[arg-type]  # sound is always passed in memory
    warnings.filterwarnings("ignore", message=r"\s*torchcodec is not installed", module=r"pyannote\.audio")
    import torch

    torch.set_num_threads(threads)
    _allow_torchaudio(torch)


def _allow_torchaudio(torch: Any) -> None:
    """Stand in for torchaudio's extension loader when its library needs CUDA files that a CPU torch lacks."""
    if "torchaudio" in sys.modules:
        return
    spec = importlib.util.find_spec("torchaudio")
    if spec is None or not spec.submodule_search_locations:
        return
    root = Path(next(iter(spec.submodule_search_locations)))
    try:
        for library in sorted((root / "lib").glob("_torchaudio*.so")):
            torch.ops.load_library(str(library))
    except OSError:
        sys.modules["torchaudio._extension"] = extension = _extension_without_library(root)
        import torchaudio

        torchaudio._extension = extension


def _extension_without_library(root: Path) -> Any:
    name = "torchaudio._extension"
    module: Any = types.ModuleType(name, "torchaudio's shared library cannot be loaded on this machine")
    module.__path__ = [str(root / "_extension")]
    module.__package__ = name
    module.__spec__ = importlib.machinery.ModuleSpec(name, None, is_package=True)
    module.__spec__.submodule_search_locations = module.__path__

    def fail_if_no_align(function: Callable[..., Any]) -> Callable[..., Any]:
        def fail(*_args: Any, **_keywords: Any) -> Any:
            raise RuntimeError(f"{function.__name__} needs torchaudio's shared library")

        return fail

    module._IS_TORCHAUDIO_EXT_AVAILABLE = False
    module._IS_ALIGN_AVAILABLE = False
    module._load_lib = lambda _library: False
    module._check_cuda_version = lambda: None
    module.fail_if_no_align = fail_if_no_align
    return module
