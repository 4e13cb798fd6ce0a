"""torch's compiler stays out of the way and comes when it is called; each test in a process of its own."""

from __future__ import annotations

import subprocess
import sys

START = "import sys, torch; from cubb_desktop.speech.deferral import defer_compiler; defer_compiler(); "


def said(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", START + code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout.strip()


def test_pyannote_is_imported_without_the_compiler() -> None:
    code = (
        "from cubb_desktop.speech import guards, diarizer; guards.go_offline(); diarizer.prepare_imports(); "
        "print('pyannote.audio.pipelines' in sys.modules, 'torch._dynamo.convert_frame' in sys.modules)"
    )
    assert said(code) == "True False"


def test_nothing_is_a_compiled_model_and_any_function_stays_as_it_is() -> None:
    code = (
        "from torch._dynamo import OptimizedModule; "
        "print(isinstance(torch.nn.Linear(1, 1), OptimizedModule), torch.compiler.disable(len)('abc'), "
        "torch.compiler.disable()(len)('ab'))"
    )
    assert said(code) == "False 3 2"


def test_the_real_compiler_comes_when_something_compiles() -> None:
    code = "print(torch.compile(lambda x: x + 1, backend='eager')(torch.ones(1)).item(), type(torch._dynamo).__name__)"
    assert said(code) == "2.0 module"


def test_parts_of_the_compiler_can_be_imported() -> None:
    assert said("import torch._dynamo.config as config; print(config.__name__)") == "torch._dynamo.config"


def test_a_compiler_that_is_there_already_is_left_alone() -> None:
    assert said("import torch._dynamo as real; defer_compiler(); print(sys.modules['torch._dynamo'] is real)") == "True"
