"""torch's compiler is left out until something asks for it: importing it takes a third of what pyannote.audio costs.

lightning imports `torch._dynamo` for a class that recognises compiled models and a decorator that keeps functions from
being compiled; nothing is compiled here. A stand-in answers both; whoever asks it for anything else, or imports one of
its parts, gets the real compiler.
"""

from __future__ import annotations

import importlib
import importlib.machinery
import sys
import types
from collections.abc import Sequence
from typing import Any

_NAME = "torch._dynamo"


class _CompiledModel:
    """Stands for `torch._dynamo.OptimizedModule`: nothing is an instance of it."""


class _StandIn(types.ModuleType):
    """Answers for torch's compiler and brings it in on the first real question."""

    OptimizedModule = _CompiledModel

    def __init__(self) -> None:
        super().__init__(_NAME)
        self.__path__ = []  # a package, so that `_PartFinder` is asked for its parts

    @staticmethod
    def disable(function: Any = None, *_arguments: Any, **_options: Any) -> Any:
        """Mark a function as one that is never compiled: here none is."""
        return (lambda later: later) if function is None else function

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(_real(), name)


class _PartFinder:
    """Brings the real compiler in when one of its parts is imported."""

    @staticmethod
    def find_spec(
        name: str, _path: Sequence[str] | None = None, _target: types.ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if name.startswith(_NAME + ".") and isinstance(sys.modules.get(_NAME), _StandIn):
            return importlib.machinery.PathFinder.find_spec(name, _real().__path__)
        return None


def defer_compiler() -> None:
    """Put the stand-in in place; does nothing when the compiler has been imported. Call it after `import torch`."""
    if _NAME not in sys.modules:
        sys.meta_path.insert(0, _PartFinder)  # a class with find_spec is a finder
        sys.modules[_NAME] = _StandIn()


def _real() -> types.ModuleType:
    if isinstance(sys.modules.get(_NAME), _StandIn):
        del sys.modules[_NAME]
        sys.meta_path[:] = [finder for finder in sys.meta_path if finder is not _PartFinder]
    return importlib.import_module(_NAME)
