"""No process of the program leaves a core dump or lets others read its memory (Linux: asked of the kernel)."""

from __future__ import annotations

import resource
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from cubb_desktop import hardening
from tests import builders
from tests.children import DONE, in_child

ROOT = Path(__file__).resolve().parent.parent
PR_GET_DUMPABLE = 3
# Each way the program starts, stopped where its own work would begin.
ENDED = """
import ctypes, resource, sys
import cubb_desktop.__main__ as program
import {module}
def at_work(*given, **named):
    print(ctypes.CDLL(None).prctl({get}, 0, 0, 0, 0), resource.getrlimit(resource.RLIMIT_CORE), flush=True)
    raise SystemExit(0)
{module}.{function} = at_work
program.main({words!r})
"""
STARTS = {
    "window": ("cubb_desktop.gui.app", "run", ["window"]),
    "command": ("cubb_desktop.cli.main", "main", ["doctor"]),
    "worker": ("cubb_desktop.cli.main", "main", ["worker", "--key-on-stdin"]),
    "capture": ("cubb_desktop.audio.capture", "run_capture", ["capture"]),
    "decode": ("cubb_desktop.audio.decoding", "run_decoding", ["decode-child"]),
    "job": ("cubb_desktop.worker.child", "run_child", ["job-child"]),
    "keyring": ("cubb_desktop.vault.keyring_child", "run_keyring_child", ["keyring-child"]),
}

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the kernel is asked in Linux's way")


@pytest.mark.parametrize("start", STARTS)
def test_every_process_is_hardened_before_its_work_begins(start: str) -> None:
    module, function, words = STARTS[start]
    script = ENDED.format(module=module, function=function, words=words, get=PR_GET_DUMPABLE)
    if module == "cubb_desktop.cli.main":  # the package's name for it is what is called
        script = script.replace(
            "cubb_desktop.cli.main.main = at_work", "import cubb_desktop.cli; cubb_desktop.cli.main = at_work"
        )
    done = _run([sys.executable, "-c", script])
    assert done.stdout.splitlines()[:1] == ["0 (0, 0)"], done.stderr


def test_a_running_command_has_no_room_for_a_core_dump(tmp_path: Path) -> None:
    builders.new_workspace(tmp_path / "bibliotek").close()
    command = [
        sys.executable,
        "-m",
        "cubb_desktop",
        "--library",
        str(tmp_path / "bibliotek"),
        "worker",
        "--key-on-stdin",
    ]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stderr=subprocess.DEVNULL) as worker:
        limits = Path(f"/proc/{worker.pid}/limits")
        while _soft_and_hard(limits) != ["0", "0"]:
            assert worker.poll() is None
        assert worker.stdin is not None
        worker.stdin.close()


def test_hardening_twice_or_where_it_is_refused_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_given: object) -> None:
        raise ValueError("not allowed to raise maximum limit")

    def harden_twice() -> None:
        hardening.harden()
        monkeypatch.setattr(resource, "setrlimit", refused)
        hardening.harden()

    assert in_child(harden_twice) == DONE


def _soft_and_hard(limits: Path) -> list[str]:
    line = next(line for line in limits.read_text().splitlines() if line.startswith("Max core file size"))
    return line.split()[4:6]


def _run(command: Sequence[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=100)
