"""The worker beside the window: the key over stdin only, started again when it dies, gone when the window goes."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import pytest
from PySide6.QtCore import QObject

from cubb_desktop.gui.worker_process import WorkerProcess, worker_command
from tests.guards import eventually

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

KEY = bytes(range(32))
READS = "import sys, pathlib; pathlib.Path(sys.argv[1]).write_text(sys.stdin.readline()); sys.stdin.read()"
STUBBORN = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)\nwhile True: signal.pause()"


@pytest.fixture
def owner(qtbot: QtBot) -> Iterator[QObject]:
    made = QObject()
    yield made
    made.deleteLater()


def test_the_key_goes_over_stdin_and_is_in_no_argument_or_variable(
    owner: QObject, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CUBB_PASSPHRASE", "hemmelig sætning")
    got = tmp_path / "key"
    worker = WorkerProcess([sys.executable, "-c", READS, str(got)], lambda: KEY, owner)
    with qtbot.waitSignal(worker.started):
        worker.start()
    qtbot.waitUntil(lambda: got.exists() and bool(got.read_text()))
    assert got.read_text() == KEY.hex() + "\n"
    process = psutil.Process(worker.pid)
    assert KEY.hex() not in " ".join(process.cmdline())
    assert KEY.hex() not in str(process.environ())
    assert "CUBB_PASSPHRASE" not in process.environ()
    worker.stop()
    assert eventually(lambda: not process.is_running())


def test_a_worker_that_dies_is_started_again(owner: QObject, qtbot: QtBot) -> None:
    worker = WorkerProcess([sys.executable, "-c", "import sys; sys.stdin.read()"], lambda: KEY, owner)
    with qtbot.waitSignal(worker.started):
        worker.start()
    first = worker.pid
    with qtbot.waitSignal(worker.started):
        psutil.Process(first).kill()
    assert worker.pid != first
    worker.stop()


def test_a_worker_that_will_not_stay_up_is_told_of_once(
    owner: QObject, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cubb_desktop.gui.worker_process._FIRST_WAIT_MS", 1)
    worker = WorkerProcess([sys.executable, "-c", "raise SystemExit(1)"], lambda: KEY, owner)
    troubles: list[int] = []
    worker.trouble.connect(lambda: troubles.append(1))
    with qtbot.waitSignal(worker.trouble):
        worker.start()
    worker.stop()
    assert troubles == [1]


def test_a_program_that_cannot_be_started_is_trouble_too(
    owner: QObject, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cubb_desktop.gui.worker_process._FIRST_WAIT_MS", 1)
    worker = WorkerProcess([str(tmp_path / "nothing")], lambda: KEY, owner)
    with qtbot.waitSignal(worker.trouble):
        worker.start()
    worker.stop()


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_a_worker_that_does_not_listen_is_ended(owner: QObject, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cubb_desktop.gui.worker_process._POLITE_MS", 50)
    monkeypatch.setattr("cubb_desktop.gui.worker_process._TERMINATE_MS", 200)
    worker = WorkerProcess([sys.executable, "-c", STUBBORN], lambda: KEY, owner)
    with qtbot.waitSignal(worker.started):
        worker.start()
    process = psutil.Process(worker.pid)
    worker.stop()
    assert eventually(lambda: not process.is_running())


def test_the_command_names_the_library_and_nothing_secret(tmp_path: Path) -> None:
    command = worker_command(tmp_path)
    assert command[1:] == ["-m", "cubb_desktop", "--library", str(tmp_path), "worker", "--key-on-stdin"]
