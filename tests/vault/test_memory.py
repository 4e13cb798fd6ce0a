"""After locking, the master key is nowhere in the process's memory (Linux: all of it is looked through)."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from cubb_desktop import vault
from cubb_desktop.services.workspace import create_workspace
from tests.builders import CHEAP, PASSPHRASE

ROOT = Path(__file__).resolve().parents[2]
VAULT_ALONE = """
import sys
from pathlib import Path
from cubb_desktop import vault
opened = vault.unlock(Path(sys.argv[1]), sys.stdin.readline().rstrip("\\n"))
opened.audit_key(), opened.unwrap_recording_key("a", opened.wrap_recording_key("a", bytes(32)))
print("open", flush=True); sys.stdin.readline()
opened.lock()
print("locked", flush=True); sys.stdin.readline()
"""
WHOLE_LIBRARY = """
import sys
from pathlib import Path
from cubb_desktop.services.workspace import open_workspace
opened = open_workspace(Path(sys.argv[1]), sys.stdin.readline().rstrip("\\n"), actor="en", window=True)
opened.note_unlocked(); opened.keys.put("a", bytes(32)); opened.keys.get("a"); opened.library.verify()
print("open", flush=True); sys.stdin.readline()
opened.close()
print("locked", flush=True); sys.stdin.readline()
"""


def times_in_memory(pid: int, wanted: bytes) -> int:
    """Count `wanted` in everything the process may read or write."""
    found = 0
    with Path(f"/proc/{pid}/maps").open() as maps, Path(f"/proc/{pid}/mem").open("rb", buffering=0) as memory:
        for line in maps:
            span, rights, *_rest = line.split()
            if not rights.startswith("r"):
                continue
            start, end = (int(edge, 16) for edge in span.split("-"))
            try:
                memory.seek(start)
                found += memory.read(end - start).count(wanted)
            except (OSError, ValueError, OverflowError):  # the kernel's own pages
                continue
    return found


@pytest.mark.skipif(sys.platform != "linux", reason="/proc is Linux's")
@pytest.mark.parametrize("script", [VAULT_ALONE, WHOLE_LIBRARY], ids=["vault", "library"])
def test_a_locked_library_leaves_no_master_key_in_memory(tmp_path: Path, script: str) -> None:
    folder = tmp_path / "bibliotek"
    workspace, _recovery = create_workspace(folder, PASSPHRASE, actor="en", cost=CHEAP, allow_weak=True)
    key = workspace.vault.master_key()
    workspace.close()
    command = [sys.executable, "-c", script, str(folder)]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(PASSPHRASE + "\n")
        process.stdin.flush()
        assert process.stdout.readline() == "open\n"
        try:
            assert times_in_memory(process.pid, key) == 1, "one buffer holds it, and no other"
        except PermissionError:
            process.kill()
            pytest.skip("this machine lets nobody look at a process's memory")
        process.stdin.write("\n")
        process.stdin.flush()
        assert process.stdout.readline() == "locked\n"
        assert times_in_memory(process.pid, key) == 0
        process.stdin.write("\n")


def test_locking_zeroes_the_buffer_in_place_also_after_a_wrong_turn(tmp_path: Path) -> None:
    made, _recovery = vault.create_vault(tmp_path, PASSPHRASE, CHEAP, allow_weak=True)
    buffer = bytearray(made.master_key())
    opened = vault.Vault.from_master_key(tmp_path, buffer)
    opened.lock()
    assert buffer == bytes(32)
    opened.lock()  # twice is as good as once
    assert opened.locked
