"""A confined process can read and write what it has, and nothing else."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

_TRIES = """
import ctypes, json, os, platform, resource, signal, socket, subprocess, sys
from cubb_desktop.audio.confinement import confine
folder, parent = sys.argv[1], os.getppid()
libc = ctypes.CDLL(None, use_errno=True)
def fork():
    if os.fork() == 0:
        os._exit(0)
def thread():
    import threading
    threading.Thread(target=print).start()
tries = {
    "opens": lambda: os.open(folder + "/lyd", os.O_RDONLY),
    "creates": lambda: os.open(folder + "/ny", os.O_WRONLY | os.O_CREAT),
    "removes": lambda: os.unlink(folder + "/lyd"),
    "renames": lambda: os.rename(folder + "/lyd", folder + "/ny"),
    "makes a folder": lambda: os.mkdir(folder + "/ny"),
    "changes rights": lambda: os.chmod(folder + "/lyd", 0),
    "lists": lambda: os.listdir(folder),
    "connects": lambda: socket.socket(),
    "forks": fork,
    "starts": lambda: os.execv("/bin/true", ["true"]),
    "kills": lambda: os.kill(parent, 0),
    "reads a process": lambda: os.open(f"/proc/{parent}/mem", os.O_RDONLY),
    "takes memory": lambda: bytearray(1 << 31),
}
subprocess, json.dumps({"": 1})
confine()
found = {}
for name, work in tries.items():
    try:
        work()
        found[name] = "done"
    except (OSError, MemoryError) as error:
        found[name] = type(error).__name__
os.write(1, json.dumps(found).encode())
os._exit(0)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the filter of system calls is Linux's")
def test_nothing_can_be_opened_changed_started_or_reached(tmp_path: Path) -> None:
    (tmp_path / "lyd").write_bytes(b"lyd")
    done = subprocess.run([sys.executable, "-c", _TRIES, str(tmp_path)], cwd=ROOT, capture_output=True, check=False)
    found = json.loads(done.stdout)
    assert found.pop("takes memory") == "MemoryError"
    assert "done" not in found.values(), found
    assert (tmp_path / "lyd").read_bytes() == b"lyd"
    assert [path.name for path in tmp_path.iterdir()] == ["lyd"]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such timer; the parent watches")
def test_a_process_that_only_computes_ends_by_itself() -> None:
    spin = "from cubb_desktop.audio.confinement import end_after\nend_after(0.2)\nwhile True: pass"
    done = subprocess.run([sys.executable, "-c", spin], cwd=ROOT, timeout=30, check=False)
    assert done.returncode == -signal.SIGPROF
