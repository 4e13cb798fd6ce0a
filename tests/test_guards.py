"""The bench itself: each guard lets the good pass and catches the bad."""

from __future__ import annotations

import logging
import os
import socket
import subprocess
import sys
import threading
from fnmatch import fnmatch
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.conftest import ROOT, network
from tests.guards import WriteWatch

BREACHES = {
    "thread": (
        "import threading\nstop = threading.Event()\n"
        "def test_it(): threading.Thread(target=stop.wait, name='stray', daemon=True).start()\n",
        "*left behind*threads*stray*",
    ),
    "process": (
        "import subprocess, sys\nkept = []\n"
        "def test_it(): kept.append(subprocess.Popen([sys.executable, '-c', 'input()'], stdin=subprocess.PIPE))\n",
        "*left behind*processes*input()*",
    ),
    "orphan": (
        "import subprocess, sys\n"
        "INNER = 'import signal; signal.pause()'\n"
        "OUTER = f'import subprocess, sys; subprocess.Popen([sys.executable, \"-c\", {INNER!r}])'\n"
        "def test_it(): subprocess.run([sys.executable, '-c', OUTER], check=True)\n",
        "*left behind*processes*signal.pause()*",
    ),
    "log line": (
        "import logging\ndef test_it(): logging.getLogger('cubb_desktop.x').warning('something odd')\n",
        "*unexpected log lines*",
    ),
    "python warning": (
        "import warnings\ndef test_it(): warnings.warn('old', DeprecationWarning)\n",
        "*DeprecationWarning: old*",
    ),
    "qt warning": (
        "from PySide6.QtCore import qWarning\ndef test_it(qapp): qWarning('odd')\n",
        "*Qt messages with level WARNING or above*",
    ),
    "window": (
        "from PySide6.QtWidgets import QWidget\nkept = []\ndef test_it(qapp): kept.append(QWidget())\n",
        "*left behind*windows*QWidget*",
    ),
    "plaintext": (
        "import pytest\nfrom tests.canaries import NOTE\n"
        "@pytest.mark.whole\n"
        "def test_it(tmp_path): (tmp_path / 'cache').write_bytes(NOTE.encode('utf-16-le'))\n",
        "*lies open*cache: words at byte 0*",
    ),
    "plaintext in temp": (
        "import tempfile\nfrom tests.canaries import MARKED\n"
        "def test_it(workspace): tempfile.NamedTemporaryFile(delete=False).write(MARKED.tobytes())\n",
        "*lies open*tmp*: sound at byte 0*",
    ),
    "plaintext sound": (
        "def test_it(workspace): (workspace.audio_folder / 'x.cba').write_bytes(b'..fLaC\\0\\0\\0\\x22')\n",
        "*lies open*x.cba: open FLAC at byte 2*",
    ),
    "plaintext name": (
        "def test_it(workspace): (workspace.folder / 'Samtale om praktik.bak').touch()\n",
        "*lies open*words in the name*",
    ),
    "network": (
        "import socket\ndef test_it(): socket.create_connection(('192.0.2.1', 80), timeout=1)\n",
        "*NetworkAttempt*192.0.2.1*",
    ),
    "hidden network": (
        "import socket\n"
        "def test_it():\n"
        "    try: socket.getaddrinfo('example.org', 443)\n"
        "    except BaseException: pass\n",
        "*reached out*example.org*",
    ),
}


TIDY = (
    "import logging, subprocess, sys, threading, pytest\n"
    "from PySide6.QtWidgets import QWidget\n"
    "def test_thread():\n"
    "    thread = threading.Thread(target=print)\n    thread.start()\n    thread.join()\n"
    "def test_process(): subprocess.run([sys.executable, '-c', ''], check=True)\n"
    "def test_window(qtbot): qtbot.addWidget(QWidget())\n"
    "@pytest.mark.expected_log('odd')\n"
    "def test_log(): logging.warning('something odd')\n"
    "@pytest.mark.whole('*.wav')\n"
    "def test_leaving(tmp_path): (tmp_path / 'ud.wav').write_bytes(b'RIFF....WAVE')\n"
    "def test_sealed(workspace, canaries):\n"
    "    from tests.canaries import NOTE\n"
    "    canaries.listen_for(['laksetrappe'])\n"
    "    from tests import builders\n"
    "    builders.stored_recording(workspace.library, title=NOTE + ' laksetrappe')\n"
    "def test_home(home):\n"
    "    from cubb_desktop import settings\n"
    "    assert home in settings.settings_file().parents\n"
    "    assert home in settings.default_library_folder().parents\n"
)


@pytest.fixture(scope="module")
def complaints(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Run every breach and the tidy tests on the bench in one process; what pytest held against each."""
    folder = tmp_path_factory.mktemp("bench")
    settings = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    start = settings.index("[tool.pytest.ini_options]")
    (folder / "pyproject.toml").write_text(settings[start : settings.index("[tool.coverage.run]")], encoding="utf-8")
    (folder / "conftest.py").write_text("pytest_plugins = ['tests.conftest']\n", encoding="utf-8")
    for name, (body, _complaint) in BREACHES.items():
        (folder / f"test_{name.replace(' ', '_')}.py").write_text(body, encoding="utf-8")
    (folder / "test_tidy.py").write_text(TIDY, encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--junit-xml=result.xml", "--tb=short"]
    environment = os.environ | {"PYTHONPATH": str(ROOT), "CUBB_TEST_GRACE_S": "0.3"}
    done = subprocess.run([*command, "."], cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert (folder / "result.xml").exists(), done.stdout + done.stderr
    held: dict[str, str] = {}
    for case in ElementTree.parse(folder / "result.xml").iter("testcase"):  # noqa: S314 - our own file
        name = str(case.get("classname")).rpartition("test_")[2].replace("_", " ")
        texts = [f"{part.get('message')} {part.text}" for part in case if part.tag in {"failure", "error"}]
        held[name] = held.get(name, "") + "\n".join(texts)
    return held


@pytest.mark.parametrize("breach", BREACHES)
def test_the_bench_catches_what_a_test_leaves_or_does_unseen(breach: str, complaints: dict[str, str]) -> None:
    _body, complaint = BREACHES[breach]
    assert fnmatch(complaints[breach], complaint)


def test_the_bench_lets_tidy_tests_pass(complaints: dict[str, str]) -> None:
    assert complaints["tidy"] == ""


def test_loopback_and_unix_sockets_are_allowed(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(server.getsockname(), timeout=5).close()
    assert socket.getaddrinfo("localhost", 80)
    assert network.attempts == []


def test_a_child_process_inherits_the_empty_home(home: Path) -> None:
    code = "import os; print(os.environ['HOME'], os.environ['CUBB_CONFIG_DIR'])"
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert printed.split() == [str(home), str(home / "cubb")]


@pytest.mark.outlives("a long-lived one")
def test_a_named_thread_may_outlive_its_test() -> None:
    release = threading.Event()
    thread = threading.Thread(target=release.wait, args=(30,), name="a long-lived one", daemon=True)
    thread.start()
    assert thread.is_alive()


@pytest.mark.expected_log("announced")
def test_an_announced_log_line_passes() -> None:
    logging.getLogger("cubb_desktop").warning("an announced line")


def test_what_processes_write_is_watched(tmp_path: Path) -> None:
    watch = WriteWatch(tmp_path / "watch")
    code = (
        "import os, subprocess, sys, pathlib; p = pathlib.Path(sys.argv[1]); (p / 'inne').mkdir(); "
        "(p / 'inne/fil').write_text('x'); (p / 'ude').write_text('x'); os.rename(p / 'ude', p / 'flyttet'); "
        "(p / 'inne/fil').read_text(); subprocess.run([sys.executable, '-c', 'open(sys.argv[1], \"a\")'"
        ".replace('open', 'import sys; open'), str(p / 'barn')])"
    )
    environment = {**os.environ, **watch.environment}
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], env=environment, check=True)
    assert watch.processes == 2
    assert [Path(path).name for path in watch.outside(tmp_path / "inne")] == ["barn", "flyttet", "ude"]
