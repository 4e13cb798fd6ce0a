"""The one tool: sets up a small real checkout, is fast the second time, and survives interruption and company."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import bootstrap
import pytest

from tests.conftest import ROOT
from tests.guards import eventually

PROJECT = """
[project]
name = "cubb-desktop"
dependencies = ["tinydep>=1"]
[project.optional-dependencies]
dev = []
"""
PROGRAM = "import sys, tinydep\nprint('program', tinydep.NAME, *sys.argv[1:])\n"


class SmallHouse:
    """A checkout with the real tool, one package to install from a folder, and a program that tells its call."""

    def __init__(self, root: Path) -> None:
        self.root = root
        (root / "packaging").mkdir(parents=True)
        (root / "cubb_desktop").mkdir()
        (root / "wheels").mkdir()
        shutil.copy(ROOT / "packaging" / "bootstrap.py", root / "packaging")
        (root / "packaging" / "constraints.txt").write_text("tinydep==1.2\n", encoding="utf-8")
        (root / "pyproject.toml").write_text(PROJECT, encoding="utf-8")
        (root / "cubb_desktop" / "__init__.py").touch()
        (root / "cubb_desktop" / "__main__.py").write_text(PROGRAM, encoding="utf-8")
        for version in ("1.2", "1.3"):
            write_wheel(root / "wheels", version)

    def start(self, *arguments: str, **variables: str) -> subprocess.Popen[str]:
        """Start the tool; it finds packages in the folder only, never on the network, and sees no display."""
        left_out = {"DISPLAY", "WAYLAND_DISPLAY", "PYTHONPATH"}
        inherited = {n: v for n, v in os.environ.items() if n not in left_out and not n.startswith("PIP_")}
        wheels = (self.root / "wheels").as_uri()
        offline = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": wheels, "PIP_CONFIG_FILE": os.devnull}
        return subprocess.Popen(
            [sys.executable, str(self.root / "packaging" / "bootstrap.py"), *arguments],
            env=inherited | offline | variables,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def call(self, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        process = self.start(*arguments, **variables)
        out, err = process.communicate(timeout=100)
        return subprocess.CompletedProcess(process.args, process.returncode, out, err)


def write_wheel(folder: Path, version: str) -> None:
    """Write the smallest wheel pip accepts."""
    info = f"tinydep-{version}.dist-info"
    with zipfile.ZipFile(folder / f"tinydep-{version}-py3-none-any.whl", "w") as wheel:
        wheel.writestr("tinydep.py", f"NAME = 'tinydep {version}'\n")
        wheel.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: tinydep\nVersion: {version}\n")
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{info}/RECORD", f"tinydep.py,,\n{info}/METADATA,,\n{info}/WHEEL,,\n{info}/RECORD,,\n")


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> SmallHouse:
    """A small checkout that has been set up once."""
    if bootstrap.missing_system_packages(bootstrap.RUN):
        pytest.skip("the product's system packages are missing here, and a test must not install any")
    small = SmallHouse(tmp_path_factory.mktemp("house") / "æøå and spaces")
    first = small.call("run", "--lang", "en")
    assert first.returncode == 0, first.stderr
    assert first.stdout == "program tinydep 1.2 --lang en demo\n"
    assert "no display here" in first.stderr
    return small


def test_a_second_start_does_nothing_and_is_fast(house: SmallHouse) -> None:
    started = time.monotonic()
    again = house.call("run")
    assert time.monotonic() - started < 2
    assert again.stdout == "program tinydep 1.2 demo\n"
    assert "setting up" not in again.stderr


def test_what_the_tests_installed_is_enough_to_run(house: SmallHouse) -> None:
    checkout = bootstrap.Checkout(house.root)
    kept = checkout.stamp(bootstrap.RUN).rename(checkout.stamp(bootstrap.RUN).with_suffix(".kept"))
    checkout.write_stamp(bootstrap.TEST)
    ready = checkout.is_ready(bootstrap.RUN)
    checkout.stamp(bootstrap.TEST).unlink()
    assert ready
    assert not checkout.is_ready(bootstrap.RUN)
    kept.rename(checkout.stamp(bootstrap.RUN))


def test_with_a_display_the_window_opens(house: SmallHouse) -> None:
    assert house.call("run", "--lang", "en", DISPLAY=":7").stdout == "program tinydep 1.2 --lang en\n"


def test_a_command_of_the_program_is_passed_on(house: SmallHouse) -> None:
    assert house.call("run", "doctor", "--json").stdout == "program tinydep 1.2 doctor --json\n"


def test_the_demo_takes_its_own_options(house: SmallHouse) -> None:
    assert house.call("demo", "--keep", "x").stdout == "program tinydep 1.2 demo --keep x\n"


def test_the_environment_has_the_program_as_a_command(house: SmallHouse) -> None:
    name = "cubb-desktop.cmd" if sys.platform == "win32" else "cubb-desktop"
    command = bootstrap.Checkout(house.root).python.with_name(name)
    printed = subprocess.run([str(command), "doctor"], capture_output=True, text=True, check=True).stdout
    assert printed == "program tinydep 1.2 doctor\n"


def test_a_changed_pin_is_installed(house: SmallHouse) -> None:
    pins = house.root / "packaging" / "constraints.txt"
    pins.write_text("tinydep==1.3\n", encoding="utf-8")
    changed = house.call("run")
    pins.write_text("tinydep==1.2\n", encoding="utf-8")
    assert changed.stdout == "program tinydep 1.3 demo\n"
    assert house.call("run").stdout == "program tinydep 1.2 demo\n"


def test_two_at_once_wait_for_each_other_and_both_start(house: SmallHouse) -> None:
    bootstrap.Checkout(house.root).stamp(bootstrap.RUN).unlink()
    both = [house.start("run"), house.start("run")]
    ended = [process.communicate(timeout=100) for process in both]
    assert [out for out, _err in ended] == ["program tinydep 1.2 demo\n"] * 2
    assert sum("ready" in err for _out, err in ended) == 1


def test_one_killed_half_way_is_completed_by_the_next(house: SmallHouse) -> None:
    stamp = bootstrap.Checkout(house.root).stamp(bootstrap.RUN)
    stamp.unlink()
    process = house.start("run")
    assert process.stderr is not None
    assert "setting up" in process.stderr.readline()
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=30)
    assert not stamp.exists()
    assert house.call("run").stdout == "program tinydep 1.2 demo\n"
    assert stamp.exists()


@pytest.mark.skipif(sys.platform == "win32", reason="locks are not inherited on Windows")
def test_what_a_killed_set_up_left_running_keeps_the_next_one_waiting(tmp_path: Path) -> None:
    (tmp_path / "packaging").mkdir()
    code = (
        "import os, pathlib, subprocess, sys; sys.path.insert(0, sys.argv[1]); import bootstrap\n"
        "with bootstrap.only_one(bootstrap.Checkout(pathlib.Path(sys.argv[2]))):\n"
        "    subprocess.Popen([sys.executable, '-c', 'print(1, flush=True); input()'], close_fds=False)\n"
        "    os._exit(1)\n"
    )
    holder = subprocess.Popen(
        [sys.executable, "-c", code, str(ROOT / "packaging"), str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert holder.stdout is not None
    assert holder.stdin is not None
    assert holder.stdout.readline().strip() == b"1"
    with (tmp_path / ".venv.lock").open("a+b") as file:
        assert not bootstrap._lock(file, wait=False)
        holder.stdin.write(b"\n")
        holder.stdin.close()
        assert eventually(lambda: bootstrap._lock(file, wait=False))
    holder.wait()
    holder.stdout.close()


def test_a_broken_environment_is_made_anew(house: SmallHouse) -> None:
    checkout = bootstrap.Checkout(house.root)
    checkout.stamp(bootstrap.RUN).unlink()
    checkout.python.unlink()
    mended = house.call("run")
    assert "making a virtual environment" in mended.stderr
    assert mended.stdout == "program tinydep 1.2 demo\n"


def test_a_linked_environment_is_left_as_it_is(tmp_path: Path) -> None:
    house = SmallHouse(tmp_path / "house")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "precious").touch()
    (house.root / ".venv").symlink_to(elsewhere, target_is_directory=True)
    done = house.call("run")
    assert done.returncode == 1
    assert "Remove the link" in done.stderr + done.stdout
    assert (elsewhere / "precious").exists()


def test_a_package_that_cannot_be_had_is_said_and_nothing_is_stamped(house: SmallHouse) -> None:
    settings = house.root / "pyproject.toml"
    settings.write_text(PROJECT.replace("tinydep>=1", "nowhere-to-be-found"), encoding="utf-8")
    failed = house.call("run")
    settings.write_text(PROJECT, encoding="utf-8")
    assert failed.returncode == 1
    assert failed.stdout == ""
    assert "A package was not found" in failed.stderr
    assert "Traceback" not in failed.stderr
    assert house.call("run").returncode == 0


def test_an_unknown_command_shows_the_commands(house: SmallHouse) -> None:
    unknown = house.call("fly")
    assert unknown.returncode == 2
    assert "packaging/bootstrap.py run" in unknown.stderr
    assert house.call("--help").returncode == 0


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("ERROR: [Errno 28] No space left on device", "disk is full"),
        ("Temporary failure in name resolution", "no network"),
        ("Failed to establish a new connection: [Errno 101]", "no network"),
        ("[Errno 13] Permission denied: '/x'", "may not be written"),
        ("something unheard of", "last lines"),
    ],
)
def test_what_pip_says_becomes_a_sentence(line: str, said: str) -> None:
    assert said in bootstrap.cause_of(["Collecting x", line])


def test_a_disk_that_is_too_small_is_said_before_anything_is_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda _place: usage._replace(free=10**9))
    small = SmallHouse(tmp_path / "house")
    with pytest.raises(bootstrap.SetupError, match=r"1\.0 GB left"):
        bootstrap.set_up(bootstrap.Checkout(small.root), bootstrap.RUN)
    assert not (small.root / ".venv").exists()


def test_a_python_that_is_too_old_gets_a_sentence(tmp_path: Path) -> None:
    older = [path for version in ("3.10", "3.9", "3.8") for path in _pythons(version)]
    if not older:
        pytest.skip("no older Python on this machine")
    tool = ROOT / "packaging" / "bootstrap.py"
    refused = subprocess.run([older[0], str(tool), "run"], capture_output=True, text=True, check=False)
    assert refused.returncode == 1
    assert "needs Python 3.11 or newer; this is Python 3." in refused.stderr
    assert "Traceback" not in refused.stderr


def _pythons(version: str) -> list[str]:
    """Return the interpreters of `version` that start here: on the path, or beside the one that runs this."""
    beside = Path(sys.base_prefix).parent.glob(f"*{version}*/bin/python{version}")
    found = [name for name in (shutil.which(f"python{version}"), *map(str, beside)) if name]
    starts = {name: subprocess.run([name, "-c", ""], capture_output=True, check=False).returncode for name in found}
    return [name for name in found if starts[name] == 0]


def test_missing_system_packages_are_named_with_their_command(monkeypatch: pytest.MonkeyPatch) -> None:
    if not sys.platform.startswith("linux"):
        pytest.skip("Linux only")
    monkeypatch.setattr(bootstrap, "LIBRARIES", {"libnowhere.so.9": "libnowhere9"})
    missing = bootstrap.missing_system_packages(bootstrap.RUN)
    assert missing["libnowhere.so.9"] == "libnowhere9"
    monkeypatch.setattr(shutil, "which", lambda name: "/usr/bin/apt-get" if name == "apt-get" else None)
    assert "sudo apt-get install" in bootstrap.advice(missing)
    assert "libnowhere9" in bootstrap.advice(missing)
    monkeypatch.setattr(shutil, "which", lambda name: "/usr/bin/dnf" if name == "dnf" else None)
    assert "'libnowhere.so.9()(64bit)'" in bootstrap.advice(missing)


def test_the_lock_goes_with_the_process_that_held_it(tmp_path: Path) -> None:
    (tmp_path / "packaging").mkdir()
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]); import bootstrap, pathlib\n"
        "with bootstrap.only_one(bootstrap.Checkout(pathlib.Path(sys.argv[2]))): print('held', flush=True); input()\n"
    )
    holder = subprocess.Popen(
        [sys.executable, "-c", code, str(ROOT / "packaging"), str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert holder.stdout is not None
    assert holder.stdout.readline().strip() == b"held"
    with (tmp_path / ".venv.lock").open("a+b") as file:
        assert not bootstrap._lock(file, wait=False)
        holder.kill()
        holder.communicate()
        assert eventually(lambda: bootstrap._lock(file, wait=False))


def test_the_pins_cover_what_the_product_asks_for() -> None:
    lines = (ROOT / "packaging" / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pins = [line for line in lines if line and not line.startswith("#")]
    names = {line.split("==")[0].lower().replace("_", "-") for line in pins}
    checkout = bootstrap.Checkout(ROOT)
    asked = {line.split(">=")[0].split("==")[0].lower().replace("_", "-") for line in checkout.requirements("test")}
    assert asked <= names
    assert all(line.count("==") == 1 and "+" not in line and "/" not in line for line in pins)
    assert "torch==2.13.0" in pins
