"""A job child's process stays offline. Each test has a process of its own: the guards can't be taken off again."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

START = "import json, os, sys; from cubb_desktop.speech import guards; guard = guards.go_offline(); "


def in_process(code: str) -> Any:
    done = subprocess.run(
        [sys.executable, "-c", START + code], capture_output=True, text=True, timeout=100, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout.splitlines()[-1])


def test_connections_and_look_ups_are_refused_and_counted() -> None:
    attempts = in_process(
        """
import socket
refused = 0
for reach in (
    lambda: socket.create_connection(("192.0.2.1", 80), timeout=1),
    lambda: socket.getaddrinfo("example.org", 443),
    lambda: socket.gethostbyname("example.org"),
    lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("192.0.2.1", 53)),
):
    try:
        reach()
    except OSError:
        refused += 1
print(json.dumps([refused, guard.attempts]))
"""
    )
    assert attempts == [4, 4]


def test_no_port_can_be_opened_and_asking_is_no_attempt_to_reach_out() -> None:
    answer = in_process(
        """
import socket
try:
    socket.socket().bind(("127.0.0.1", 0))
    print(json.dumps("bound"))
except OSError:
    print(json.dumps(guard.attempts))
"""
    )
    assert answer == 0


def test_telemetry_and_look_ups_are_switched_off_before_any_library_is_imported() -> None:
    names = ["PYANNOTE_METRICS_ENABLED", "OTEL_SDK_DISABLED", "HF_HUB_OFFLINE"]
    answer = in_process(f"print(json.dumps([[os.environ[n] for n in {names!r}], 'torch' in sys.modules]))")
    assert answer == [["0", "true", "1"], False]


def test_pyannotes_telemetry_is_never_loaded() -> None:
    answer = in_process(
        """
from cubb_desktop.speech.diarizer import prepare_imports
prepare_imports()
import threading
from pyannote.audio import Inference, Model, Pipeline
loaded = [name for name in sys.modules if name.startswith("opentelemetry")]
print(json.dumps([loaded, len(threading.enumerate()), guard.attempts]))
"""
    )
    assert answer == [[], 1, 0]


def test_torchaudio_can_be_imported_whether_or_not_its_library_loads() -> None:
    answer = in_process(
        """
guards.allow_torchaudio()
import torch, torchaudio
resampled = torchaudio.functional.resample(torch.ones(1, 320), 16000, 8000)
print(json.dumps([list(resampled.shape), sys.modules["torchcodec"] is None, guard.attempts]))
"""
    )
    assert answer == [[1, 160], True, 0]


def test_threads_are_limited_and_wait_without_spinning() -> None:
    answer = in_process(
        """
guards.limit_threads(3)
print(json.dumps([os.environ["OMP_NUM_THREADS"], os.environ["OMP_WAIT_POLICY"]]))
"""
    )
    assert answer == ["3", "PASSIVE"]


def test_freed_memory_goes_back_to_the_system() -> None:
    held, kept = in_process(
        """
import psutil
size = lambda: psutil.Process().memory_info().rss / 2**20
blocks = [bytearray(100_000) for _ in range(2000)]
held = size()
del blocks[:-1]  # the last one keeps the heap from shrinking by itself
guards.give_memory_back()
print(json.dumps([held, size()]))
"""
    )
    assert kept < held - 150


@pytest.mark.skipif(sys.platform == "win32", reason="there it hands its events to the system, which has a setting")
def test_the_speech_libraries_note_nothing_about_the_machine(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """ONNX Runtime would keep an id of the machine and its events in the cache, and send them by sockets of its own."""
    for variable in ("CI", "GITHUB_ACTIONS", "ORT_RUNNING_UNIT_TESTS", "ORT_DISABLE_TELEMETRY"):
        monkeypatch.delenv(variable, raising=False)  # the library is silent by itself where it sees these
    in_process("from faster_whisper.vad import get_vad_model; get_vad_model(); print(1)")
    assert [path for path in home.rglob("*") if "onnxruntime" in path.name.lower() or "deviceid" in path.name] == []
