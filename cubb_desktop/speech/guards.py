"""What must be true of a job child before it imports a model library: no telemetry, no network, nothing that dies.

pyannote.audio 4 sends usage figures by default, and so does ONNX Runtime since 1.29, by itself and past Python;
huggingface_hub looks models up, and torchaudio's wheel may need CUDA files that a CPU torch lacks. Call `go_offline`
first thing in the process, `leave_out_telemetry` and `allow_torchaudio` before pyannote.
"""

from __future__ import annotations

import ctypes
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
    "ORT_DISABLE_TELEMETRY": "1",  # read when the library is loaded: later calls would come too late
    "ORT_TELEMETRY_DISABLED": "1",  # what some of its versions call it
    "OTEL_SDK_DISABLED": "true",
    "HF_HUB_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "TOKENIZERS_PARALLELISM": "false",
}
_OUTWARD_EVENTS = frozenset(
    {
        "socket.connect",
        "socket.getaddrinfo",
        "socket.gethostbyaddr",
        "socket.gethostbyname",
        "socket.getnameinfo",
        "socket.sendmsg",
        "socket.sendto",
    }
)
_LISTENING_EVENT = "socket.bind"  # refused too, but urllib3 merely asks in this way whether the machine has IPv6


_C_LIBRARY = ctypes.CDLL(None) if sys.platform == "linux" else None


class NetworkRefusedError(OSError):
    """Something in a process that must stay offline tried to reach the network."""


class NetworkGuard:
    """Refuses every attempt to use the network in this process, for good, and counts them."""

    def __init__(self) -> None:
        self.attempts = 0
        sys.addaudithook(self._on_event)

    def _on_event(self, event: str, _arguments: tuple[object, ...]) -> None:
        if event in _OUTWARD_EVENTS:
            self.attempts += 1
        if event in _OUTWARD_EVENTS or event == _LISTENING_EVENT:
            raise NetworkRefusedError("the network is closed to this process")


def give_memory_back() -> None:
    """Return freed memory to the system where the C library would keep it (glibc): batches leave up to 1 GB behind."""
    trim = getattr(_C_LIBRARY, "malloc_trim", None)
    if trim is not None:
        trim(0)


def go_offline() -> NetworkGuard:
    """Switch telemetry and look-ups off and close the network; returns the guard that counts attempts."""
    os.environ.update(_ENVIRONMENT)
    return NetworkGuard()


def limit_threads(threads: int) -> None:
    """Tell the mathematics libraries how many threads they may start; only works before they are imported.

    Threads that wait must sleep: spinning, as is the default, makes two of them ten times slower than one as soon as
    something else wants the cores.
    """
    os.environ["OMP_WAIT_POLICY"] = "PASSIVE"
    for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ[name] = str(threads)


def leave_out_telemetry() -> None:
    """Put functions that do nothing in the place of pyannote's telemetry; only works before pyannote is imported.

    Switched off by its variable, it would still make an exporter with an address on the internet, and a thread for it.
    """
    module: Any = types.ModuleType("pyannote.audio.telemetry", "Left out: nothing about the use of it leaves here")
    for name in ("track_model_init", "track_pipeline_init", "track_pipeline_apply"):
        setattr(module, name, _track_nothing)
    sys.modules.setdefault(module.__name__, module)


def _track_nothing(*_args: Any, **_keywords: Any) -> None:
    pass


def allow_torchaudio() -> None:
    """Let torchaudio be imported where only its shared library can't load, and keep torchcodec out.

    pyannote uses torchaudio's Python parts alone, and gets its sound from memory, never through torchcodec.
    """
    sys.modules.setdefault("torchcodec", None)  # type: ignore[arg-type]  # None makes its import fail at once
    warnings.filterwarnings("ignore", message=r"\s*torchcodec is not installed", module=r"pyannote\.audio")
    if "torchaudio" in sys.modules:
        return
    spec = importlib.util.find_spec("torchaudio")
    if spec is None or not spec.submodule_search_locations:
        return
    root = Path(next(iter(spec.submodule_search_locations)))
    if _libraries_load(root):
        return
    sys.modules["torchaudio._extension"] = extension = _extension_without_library(root)
    import torchaudio

    torchaudio._extension = extension


def _libraries_load(root: Path) -> bool:
    import torch

    libraries = [*(root / "lib").glob("_torchaudio*.so"), *(root / "lib").glob("_torchaudio*.pyd")]
    try:
        for library in sorted(libraries):
            torch.ops.load_library(str(library))
    except OSError:
        return False
    return True


def _extension_without_library(root: Path) -> Any:
    """A stand-in for `torchaudio._extension` that says, truly, that nothing of the shared library is there."""
    name = "torchaudio._extension"
    module: Any = types.ModuleType(name, "torchaudio's shared library can't be loaded on this machine")
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
