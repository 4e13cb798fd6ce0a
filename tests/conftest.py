"""The bench every test runs on: an empty home, no network, and nothing left behind.

A test fails if it leaves a thread, a process or a window, logs a warning it did not announce, or reaches out.
Announce with `@pytest.mark.expected_log("pattern")` and `@pytest.mark.outlives("thread name")`.
"""

from __future__ import annotations

import logging
import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from cubb_desktop.library import cipher
from tests.canaries import CanaryGuard
from tests.guards import (
    RUN_VARIABLE,
    LogGuard,
    NetworkGuard,
    ProcessGuard,
    leaked_threads,
    leaked_widgets,
    running_threads,
    top_level_widgets,
)
from tests.sound_server import SoundServer, missing_parts

pytest_plugins = ["tests.fixtures_storage"]

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.update(
    HF_HUB_OFFLINE="1",
    PYANNOTE_METRICS_ENABLED="0",
    OTEL_SDK_DISABLED="true",
    PYTHON_KEYRING_BACKEND="keyring.backends.null.Keyring",
)
# pyannote brings matplotlib, which would look through all fonts again for each empty home
os.environ.setdefault("MPLCONFIGDIR", str(Path(tempfile.gettempdir()) / "cubb-tests-matplotlib"))

ROOT = Path(__file__).resolve().parent.parent
OWN_VARIABLES = ("CUBB_PASSPHRASE", "CUBB_LIBRARY", "PULSE_SERVER", "PULSE_SINK", "PULSE_SOURCE", "LANGUAGE")

# Sixty thousand calls to the system for each library that a test makes, two fifths of all the processor's time. Every
# other process the tests start has it on, and `tests/library/test_session.py` looks that it has.
cipher.MEMORY_SECURITY = "OFF"

processes = ProcessGuard()
os.environ[RUN_VARIABLE] = processes.mark

network = NetworkGuard()
network.install()


# --- an empty home ---------------------------------------------------------------------------------------------------


@pytest.fixture(autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty home folder that settings, data, caches and devices of this test go to; never the person's own."""
    folder = tmp_path_factory.mktemp("home", numbered=True)
    places = {
        "HOME": "",
        "USERPROFILE": "",
        "CUBB_CONFIG_DIR": "cubb",
        "XDG_CONFIG_HOME": ".config",
        "XDG_DATA_HOME": ".local/share",
        "XDG_STATE_HOME": ".local/state",
        "XDG_CACHE_HOME": ".cache",
        "APPDATA": "AppData/Roaming",
        "LOCALAPPDATA": "AppData/Local",
        "XDG_RUNTIME_DIR": "run",
    }
    for variable, place in places.items():
        monkeypatch.setenv(variable, str(folder / place))
    for variable in OWN_VARIABLES:
        monkeypatch.delenv(variable, raising=False)
    (folder / "run").mkdir(mode=0o700)
    return folder


@pytest.fixture(autouse=True)
def _danish() -> Iterator[None]:
    """Every test begins and ends in Danish, whatever it sets."""
    yield
    from cubb_desktop import i18n

    i18n.set_language("da")


# --- nothing lies open -----------------------------------------------------------------------------------------------

# Whoever asks for one of these has a library.
HOLDS_A_LIBRARY = frozenset({"library", "workspace", "command", "library_folder"})


@pytest.fixture(autouse=True)
def canaries(request: pytest.FixtureRequest, home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[CanaryGuard]:
    """Fail the test if what was said lies open somewhere afterwards; see `tests/canaries.py`."""
    marks = list(request.node.iter_markers("whole"))
    has_folder = marks or HOLDS_A_LIBRARY & set(request.fixturenames)
    guard = CanaryGuard(request.getfixturevalue("tmp_path") if has_folder else None)
    if not has_folder:
        yield guard
        return
    guard.whole = bool(marks)
    guard.may_leave(*(str(pattern) for mark in marks for pattern in mark.args))
    guard.watch(home)
    temporary = home / "tmp"
    temporary.mkdir()
    for variable in ("TMPDIR", "TEMP", "TMP"):
        monkeypatch.setenv(variable, str(temporary))
    monkeypatch.setattr(tempfile, "tempdir", None)  # what it had found before
    yield guard
    if found := guard.found():
        pytest.fail(f"lies open on the disk: {found}", pytrace=False)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    """Look for canaries while the test's library is still open, too."""
    yield
    guard = getattr(item, "funcargs", {}).get("canaries")
    if isinstance(guard, CanaryGuard) and (found := guard.found()):
        pytest.fail(f"lies open while the library is open: {found}", pytrace=False)


# --- nothing left behind ---------------------------------------------------------------------------------------------


@pytest.fixture(autouse=True)
def _nothing_left_behind(request: pytest.FixtureRequest, home: Path) -> Iterator[None]:
    """Fail the test for threads, processes and windows that outlive it."""
    threads, children, widgets = running_threads(), processes.running(), top_level_widgets()
    yield
    may_outlive = [str(name) for mark in request.node.iter_markers("outlives") for name in mark.args]
    left = {
        "windows": leaked_widgets(widgets),
        "processes": processes.leaked(children),
        "threads": leaked_threads(threads, may_outlive),
    }
    if found := {kind: names for kind, names in left.items() if names}:
        pytest.fail(f"left behind: {found}", pytrace=False)


@pytest.fixture(autouse=True)
def _no_stray_log_lines(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail the test for log lines of level WARNING or above that it did not announce."""
    guard = LogGuard(str(pattern) for mark in request.node.iter_markers("expected_log") for pattern in mark.args)
    root = logging.getLogger()
    root.addHandler(guard)
    yield
    root.removeHandler(guard)
    if guard.lines:
        pytest.fail("unexpected log lines:\n" + "\n".join(guard.lines), pytrace=False)


@pytest.fixture(autouse=True)
def _no_network() -> Iterator[None]:
    """Fail the test for attempts to reach another machine, also where a library hides the refusal."""
    network.attempts.clear()
    yield
    attempts, network.attempts = network.attempts, []
    if attempts:
        pytest.fail(f"reached out: {attempts}", pytrace=False)


# --- bundled content -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class DemoModels:
    """Where the bundled models and the bundled conversation with its truth lie."""

    recogniser: Path
    diariser: Path
    conversation: Path
    truth: Path


@pytest.fixture(scope="session")
def demo_models() -> DemoModels:
    """The bundled demo models and conversation."""
    folder = ROOT / "resources" / "demo"
    found = DemoModels(
        folder / "whisper", folder / "diariser", folder / "conversation.flac", folder / "conversation.json"
    )
    for path in (found.recogniser, found.diariser, found.conversation, found.truth):
        assert path.exists(), f"{path.relative_to(ROOT)} is missing"
    return found


# --- sound -----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def _sound_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SoundServer]:
    if missing := missing_parts():
        pytest.skip(f"sound tests need {', '.join(missing)}")
    server = SoundServer(tmp_path_factory.mktemp("sound"))
    server.start()
    yield server
    server.stop()


@pytest.fixture
def sound_server(_sound_server: SoundServer, home: Path, monkeypatch: pytest.MonkeyPatch) -> SoundServer:
    """The session's PulseAudio null sink; this process and its children play to it and record from it."""
    for variable, value in _sound_server.environment.items():
        monkeypatch.setenv(variable, value)
    return _sound_server
