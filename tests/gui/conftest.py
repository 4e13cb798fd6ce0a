"""The window for tests: a real library, real threads; the worker is a stand-in that waits for its stdin to close."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from pytestqt.qtbot import QtBot

if TYPE_CHECKING:
    from PySide6.QtCore import SignalInstance
    from pytestqt.wait_signal import CheckParamsCb, SignalBlocker

from cubb_desktop.domain.ids import RecordingId
from cubb_desktop.gui import session
from cubb_desktop.gui.app import Window
from cubb_desktop.gui.main_window import MainWindow
from cubb_desktop.services.workspace import Workspace
from cubb_desktop.settings import Settings
from tests import builders
from tests.gui import seed
from tests.gui.review_desk import Desk, review_desk

WAITING_WORKER = [sys.executable, "-c", "import sys; sys.stdin.read()"]
OpenWindow = Callable[..., Window]
PATIENCE_MS = 30_000


class PatientBot(QtBot):
    """Waits half a minute where the original waits 5 s: on a busy machine a write to disk alone may take that."""

    def waitUntil(self, callback: Callable[[], bool | None], *, timeout: int = PATIENCE_MS) -> None:  # noqa: N802 - Qt
        super().waitUntil(callback, timeout=timeout)

    def waitSignal(  # noqa: N802 - Qt
        self,
        signal: SignalInstance,
        *,
        timeout: int = PATIENCE_MS,
        raising: bool | None = None,
        check_params_cb: CheckParamsCb | None = None,
    ) -> SignalBlocker:
        return super().waitSignal(signal, timeout=timeout, raising=raising, check_params_cb=check_params_cb)


@pytest.fixture
def qtbot(qapp: object, request: pytest.FixtureRequest) -> QtBot:
    """pytest-qt's hand on the window, with more patience."""
    return PatientBot(request)


@pytest.fixture(autouse=True)
def _waiting_worker(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test of the window transcribes, unless it asks for `real_worker`."""
    if "real_worker" not in request.fixturenames:
        monkeypatch.setattr(session, "worker_command", lambda _folder: WAITING_WORKER)


@pytest.fixture
def real_worker() -> None:
    """Asks for the real worker beside the window, which transcribes."""


@pytest.fixture
def library_folder(tmp_path: Path) -> Path:
    """A folder with a new, empty library; its passphrase is `builders.PASSPHRASE`."""
    folder = tmp_path / "bibliotek æøå"
    builders.new_workspace(folder).close()
    return folder


@pytest.fixture
def open_window(qtbot: QtBot, library_folder: Path) -> Iterator[OpenWindow]:
    """A function that opens the window; `Settings` fields by name, `unlocked=False` stays at the first page."""
    windows: list[Window] = []

    def opened(*, unlocked: bool = True, folder: Path | None = None, **fields: object) -> Window:
        application = qtbot_application()
        window = Window(application, Settings(library=folder or library_folder, **fields))  # type: ignore[arg-type]
        windows.append(window)
        window.main.resize(1366, 768)
        window.main.show()
        if unlocked:
            with qtbot.waitSignal(window.main.ready, timeout=15_000):
                window.open_with(builders.PASSPHRASE)
        return window

    yield opened
    for window in windows:
        window.main._closing = True  # what a test was recording is stopped without a question
        window.main.close()
        window.main.deleteLater()
        window.background.deleteLater()
        window.theme.deleteLater()


def qtbot_application() -> object:
    from PySide6.QtWidgets import QApplication

    application = QApplication.instance()
    assert isinstance(application, QApplication)
    return application


@pytest.fixture
def seeded(library_folder: Path) -> dict[str, RecordingId]:
    """A library with one conversation per state; ids by short name."""
    from cubb_desktop.services.workspace import open_workspace

    with open_workspace(library_folder, builders.PASSPHRASE, actor=builders.ACTOR) as workspace:
        return seed.fill(workspace)


@pytest.fixture
def main(open_window: OpenWindow) -> MainWindow:
    """The open window on an empty library."""
    return open_window().main


def workspace_of(window: MainWindow) -> Workspace:
    """The window's open library."""
    return window.workspace()


@pytest.fixture
def desk(qtbot: QtBot, tmp_path: Path) -> Iterator[Desk]:
    """A review page on a library of its own."""
    with review_desk(qtbot, tmp_path) as made:
        yield made
