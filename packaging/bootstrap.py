#!/usr/bin/env python3
"""The one tool: sets up what is missing and then runs, tests, measures or pictures CUBB Desktop.

    python3 packaging/bootstrap.py run    [ARGS]   the window, or the demo where there is no display
    python3 packaging/bootstrap.py demo   [ARGS]   the bundled conversation, from sound to transcript
    python3 packaging/bootstrap.py test   [ARGS]   lint, types, layers and every test (ARGS go to pytest)
    python3 packaging/bootstrap.py check           lint, types and layers only
    python3 packaging/bootstrap.py bench  [ARGS]   the measurements
    python3 packaging/bootstrap.py shots  [ARGS]   a picture of every page

Standard library only. It may be interrupted at any point and run again: what it has finished is written down last, in
`.venv/bootstrap-*.json`, and only what is missing is done.
"""

import sys

if sys.version_info < (3, 11):  # noqa: UP036 - said in a sentence instead of a stack trace; parses on Python 3.6 on
    sys.exit(
        "CUBB Desktop needs Python 3.11 or newer; this is Python %d.%d.\n"  # noqa: UP031 - older Pythons read this
        "Install a newer one and run, for example: python3.11 packaging/bootstrap.py run" % sys.version_info[:2]
    )

import contextlib
import ctypes
import hashlib
import json
import os
import platform
import queue
import shutil
import signal
import subprocess
import threading
import time
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

ROOT = Path(__file__).resolve().parent.parent
WINDOWS = os.name == "nt"
LEAST_FREE_BYTES = 3_500_000_000  # what the packages take, with room to unpack the largest

RUN, TEST = "run", "test"
EXTRAS = {RUN: (), TEST: ("dev",)}

# What the packages need from a Linux system: a shared library as the loader knows it -> its Debian package.
LIBRARIES = {
    "libportaudio.so.2": "libportaudio2",
    "libEGL.so.1": "libegl1",
    "libGL.so.1": "libgl1",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
    "libdbus-1.so.3": "libdbus-1-3",
    "libfontconfig.so.1": "libfontconfig1",
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxcb-xkb.so.1": "libxcb-xkb1",
}
# Files, for what is no library the loader finds; a pattern under /usr -> its Debian package.
FILES = {"lib*/*/alsa-lib/libasound_module_pcm_pulse.so": "libasound2-plugins"}
# What the tests use besides: a program -> its Debian package.
PROGRAMS = {"pulseaudio": "pulseaudio", "pactl": "pulseaudio-utils", "espeak-ng": "espeak-ng", "Xvfb": "xvfb"}
FONTS = {"share/fonts/**/*.[to]tf": "fonts-dejavu-core"}
COMPILING = {"bin/cc": "gcc", "include/stdio.h": "libc6-dev"}  # for the recorder of writes (simulated power cuts)


class SetupError(Exception):
    """Something outside this program that a person can put right; the message says how."""


# --- what there is ---------------------------------------------------------------------------------------------------


class Checkout:
    """The folder with the source, its virtual environment and what has been installed there."""

    def __init__(self, root: Path = ROOT) -> None:
        self.root = root
        self.environment = root / ".venv"
        self.constraints = root / "packaging" / "constraints.txt"

    @property
    def python(self) -> Path:
        """The environment's interpreter, whether or not it exists."""
        return self.environment / ("Scripts/python.exe" if WINDOWS else "bin/python")

    def requirements(self, profile: str) -> list[str]:
        """Return what pyproject.toml asks for in `profile`."""
        project = tomllib.loads((self.root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
        extras = project.get("optional-dependencies", {})
        return [*project["dependencies"], *(line for extra in EXTRAS[profile] for line in extras.get(extra, ()))]

    def wanted(self, profile: str) -> dict[str, str]:
        """Return what must have been installed for `profile` to be ready, as the stamp states it."""
        asked = hashlib.sha256(self.constraints.read_bytes() + "\n".join(self.requirements(profile)).encode())
        return {
            "python": platform.python_version(),
            "platform": f"{sys.platform} {platform.machine()}",
            "place": str(self.root),
            "packages": asked.hexdigest(),
        }

    def stamp(self, profile: str) -> Path:
        """The file that says, once all is done, what was installed."""
        return self.environment / f"bootstrap-{profile}.json"

    def stamped(self, profile: str) -> dict[str, str]:
        """Return what the stamp says; empty if there is none that can be read."""
        try:
            found = json.loads(self.stamp(profile).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}

    def is_ready(self, profile: str) -> bool:
        """Return whether nothing is left to install for `profile`; what the tests need holds what a run needs."""
        enough = {profile, TEST}
        return self.python.exists() and any(self.stamped(name) == self.wanted(name) for name in enough)

    def write_stamp(self, profile: str) -> None:
        """Write down that `profile` is complete, in one step."""
        half = self.stamp(profile).with_suffix(".half")
        half.write_text(json.dumps(self.wanted(profile), indent=1) + "\n", encoding="utf-8")
        half.replace(self.stamp(profile))


@contextlib.contextmanager
def only_one(checkout: Checkout) -> Iterator[None]:
    """Let one set-up at a time work on a checkout; the lock goes with the process that holds it.

    Children inherit it (see `run_long`): a pip that outlives a killed set-up still keeps the next one waiting.
    """
    with (checkout.root / ".venv.lock").open("a+b") as file:
        os.set_inheritable(file.fileno(), True)
        if not _lock(file, wait=False):
            say("another set-up is at work here; waiting for it")
            _lock(file, wait=True)
        yield


def _lock(file: IO[bytes], *, wait: bool) -> bool:
    if sys.platform == "win32":
        import msvcrt

        while True:
            file.seek(0)
            try:
                msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
            except OSError:
                if not wait:
                    return False
                time.sleep(0.2)
            else:
                return True
    else:
        import fcntl

        try:
            fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            return False
        return True


# --- saying and doing ------------------------------------------------------------------------------------------------


def say(text: str) -> None:
    """Tell the person what is being done; on stderr, so that a command's own output stays clean."""
    print(f"[cubb] {text}", file=sys.stderr, flush=True)


class Line:
    """One line that is rewritten while something long goes on; on a log, a line now and then."""

    def __init__(self, title: str) -> None:
        self.title = title
        self.started = time.monotonic()
        self.live = sys.stderr.isatty()
        self._said = self.started

    def elapsed(self) -> str:
        seconds = int(time.monotonic() - self.started)
        return f"{seconds // 60}:{seconds % 60:02}"

    def show(self, text: str) -> None:
        message = f"[cubb] {self.title}: {text} · {self.elapsed()}"
        if self.live:
            width = shutil.get_terminal_size().columns - 1
            print(f"\r{message[:width]:<{width}}", end="", file=sys.stderr, flush=True)
        elif time.monotonic() - self._said > 15:
            self._said = time.monotonic()
            print(message, file=sys.stderr, flush=True)

    def end(self, text: str) -> None:
        if self.live:
            print("\r" + " " * (shutil.get_terminal_size().columns - 1), end="\r", file=sys.stderr)
        say(f"{self.title}: {text} · {self.elapsed()}")


def run_long(title: str, command: list[str], describe: Callable[[str], str | None], log: Path) -> list[str]:
    """Run a talkative command under one progress line; return its output, which is also kept in `log`.

    Raises SetupError with a cause and the last lines if it fails.
    """
    line, output, shown = Line(title), [], "starting"
    lines: queue.Queue[str | None] = queue.Queue()
    with subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=child_environment(),
        close_fds=False, text=True, encoding="utf-8", errors="replace",
    ) as process:  # fmt: skip
        reader = threading.Thread(target=_read_lines, args=(process, lines), daemon=True)
        reader.start()
        try:
            while True:
                with contextlib.suppress(queue.Empty):
                    text = lines.get(timeout=0.5)
                    if text is None:
                        break
                    output.append(text)
                    shown = describe(text) or shown
                line.show(shown)
        except BaseException:  # Ctrl-C too: never leave the child behind
            process.terminate()
            raise
    with contextlib.suppress(OSError):  # a full disk must not hide what went wrong
        log.write_text("\n".join(output) + "\n", encoding="utf-8")
    if process.returncode != 0:
        line.end("failed")
        raise SetupError(f"{cause_of(output)}\n" + "\n".join(f"    {text}" for text in output[-12:]))
    line.end("done")
    return output


def _read_lines(process: "subprocess.Popen[str]", lines: "queue.Queue[str | None]") -> None:
    assert process.stdout is not None
    for text in process.stdout:
        lines.put(text.rstrip())
    lines.put(None)


CAUSES = {
    "No space left on device": "The disk is full. Free about 4 GB and run the same command again.",
    "not enough space": "The disk is full. Free about 4 GB and run the same command again.",
    "Permission denied": "A file or folder may not be written. Give yourself the right to this folder, and run again.",
    "Temporary failure in name resolution": "There is no network. Connect, and run the same command again.",
    "Failed to establish a new connection": "There is no network. Connect, and run the same command again.",
    "Network is unreachable": "There is no network. Connect, and run the same command again.",
    "getaddrinfo failed": "There is no network. Connect, and run the same command again.",
    "Read timed out": "The network is too slow or was cut off. Run the same command again; it goes on where it was.",
    "No matching distribution found": "A package was not found: no network, or none for this Python and system.",
    "ResolutionImpossible": "pyproject.toml and packaging/constraints.txt ask for different versions; change both.",
    "Could not resolve": "There is no network. Connect, and run the same command again.",
}


def cause_of(output: list[str]) -> str:
    """Return a sentence with a next step for what a failed command printed."""
    text = "\n".join(output)
    return next((sentence for sign, sentence in CAUSES.items() if sign in text), "It failed; its last lines were:")


def child_environment() -> dict[str, str]:
    """Return the environment for what is started: nothing of another Python's, UTF-8 everywhere."""
    left_out = {"PYTHONHOME", "PYTHONPATH", "VIRTUAL_ENV", "__PYVENV_LAUNCHER__"}
    inherited = {name: value for name, value in os.environ.items() if name not in left_out}
    return inherited | {"PYTHONUTF8": "1", "PYTHONNOUSERSITE": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}


# --- the system's part -----------------------------------------------------------------------------------------------


def missing_system_packages(profile: str) -> dict[str, str]:
    """Return what a Linux system lacks: the library, file or program -> its Debian package. Empty elsewhere."""
    if not sys.platform.startswith("linux"):
        return {}
    missing = {name: package for name, package in LIBRARIES.items() if not _loads(name)}
    patterns = FILES if profile == RUN else FILES | FONTS | COMPILING
    missing |= {name: package for name, package in patterns.items() if not any(Path("/usr").glob(name))}
    if profile == TEST:
        missing |= {name: package for name, package in PROGRAMS.items() if shutil.which(name) is None}
    return missing


def _loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def set_up_system(profile: str, log: Path) -> None:
    """Install what the system lacks where that is possible (Debian, as root), else say exactly what to install."""
    missing = missing_system_packages(profile)
    if not missing:
        return
    packages = sorted(set(missing.values()))
    if shutil.which("apt-get") and os.geteuid() == 0:
        say(f"installing system packages: {' '.join(packages)}")
        install_debian_packages(packages, log)
        missing = missing_system_packages(profile)
    if missing:
        say(f"this system lacks {', '.join(sorted(missing))}; without them some of the program will not work")
        say(advice(missing))


def install_debian_packages(packages: list[str], log: Path) -> None:
    """Install by apt-get; asks for the lists only if the first try shows that they are needed."""
    command = ["apt-get", "install", "-y", "--no-install-recommends", "-o", "Dpkg::Use-Pty=0", *packages]
    os.environ.setdefault("DEBIAN_FRONTEND", "noninteractive")
    try:
        run_long("system packages", command, _apt_step, log)
    except SetupError:
        try:
            run_long("lists of packages", ["apt-get", "update"], _apt_step, log)
            run_long("system packages", command, _apt_step, log)
        except SetupError as error:
            say(f"the system packages could not be installed. {error}")


def _apt_step(text: str) -> str | None:
    words = text.split()
    if text.startswith("Get:"):
        return f"fetching {words[4]}" if len(words) > 4 else "fetching"
    return " ".join(words[:2]) if words[:1] in (["Unpacking"], ["Preparing"]) else None


def advice(missing: dict[str, str]) -> str:
    """Return the command that installs what is missing on this kind of Linux."""
    if shutil.which("apt-get"):
        return f"install them with: sudo apt-get install {' '.join(sorted(set(missing.values())))}"
    if shutil.which("dnf"):
        names = [f"'{name}()(64bit)'" if ".so." in name else package for name, package in missing.items()]
        return f"install them with: sudo dnf install {' '.join(sorted(names))}"
    return "install them with your system's package manager; the file names above are what to search for"


# --- Python's part ---------------------------------------------------------------------------------------------------


def set_up(checkout: Checkout, profile: str) -> None:
    """Bring the checkout to where `profile` can start; does nothing, fast, where nothing is missing."""
    if checkout.is_ready(profile):
        return
    with only_one(checkout):
        if checkout.is_ready(profile):  # the one we waited for has done it
            return
        say(f"setting up {checkout.environment} (only the first time)")
        need_room(checkout)
        make_environment(checkout, profile)
        set_up_system(profile, checkout.environment / "bootstrap-system.log")
        install_packages(checkout, profile)
        make_importable(checkout)
        checkout.write_stamp(profile)
        say("ready")


def need_room(checkout: Checkout) -> None:
    """Raise SetupError if the packages can't fit and none are there yet."""
    free = shutil.disk_usage(checkout.root).free
    if free < LEAST_FREE_BYTES and not any(checkout.stamp(profile).exists() for profile in EXTRAS):
        raise SetupError(
            f"The disk has {free / 1e9:.1f} GB left and the packages take about {LEAST_FREE_BYTES / 1e9:.1f} GB. "
            "Free some, and run the same command again."
        )


def make_environment(checkout: Checkout, profile: str) -> None:
    """Make the virtual environment, or make it anew if it is broken, of another Python, or has been moved."""
    if checkout.environment.is_symlink():
        raise SetupError(
            f"{checkout.environment} is a link to {checkout.environment.resolve()}, which would be emptied. "
            "Remove the link and run the same command again."
        )
    if is_usable(checkout, profile):
        return
    say(f"making a virtual environment with Python {platform.python_version()}")
    command = [sys.executable, "-m", "venv", "--clear", str(checkout.environment)]
    done = subprocess.run(command, capture_output=True, text=True, env=child_environment(), check=False)
    if done.returncode != 0 and "ensurepip" in done.stdout + done.stderr and shutil.which("apt-get"):
        package = f"python{sys.version_info.major}.{sys.version_info.minor}-venv"
        if os.geteuid() != 0:
            raise SetupError(f"Python's venv is missing. Install it with: sudo apt-get install {package}")
        install_debian_packages([package], checkout.root / ".venv.lock")
        done = subprocess.run(command, capture_output=True, text=True, env=child_environment(), check=False)
    if done.returncode != 0:
        lines = (done.stdout + done.stderr).splitlines()
        raise SetupError("The virtual environment could not be made. " + cause_of(lines) + "\n" + "\n".join(lines[-5:]))


def is_usable(checkout: Checkout, profile: str) -> bool:
    """Return whether the environment's Python starts, is of this version and has pip, and nobody moved the folder."""
    places = {checkout.stamped(name).get("place", str(checkout.root)) for name in EXTRAS}
    if not checkout.python.exists() or places != {str(checkout.root)}:
        return False
    code = "import pip, platform; print(platform.python_version())"
    try:
        done = subprocess.run([str(checkout.python), "-c", code], capture_output=True, text=True, check=False)
    except OSError:
        return False
    return done.stdout.strip() == platform.python_version()


def install_packages(checkout: Checkout, profile: str) -> None:
    """Install the pinned packages of `profile` into the environment."""
    requirements = checkout.requirements(profile)
    if not requirements:
        return
    command = [str(checkout.python), "-m", "pip", "install", "--no-input", "--progress-bar", "off"]
    command += ["--constraint", str(checkout.constraints), *requirements]
    log = checkout.environment / "bootstrap-pip.log"
    run_long("packages", command, PipSteps(checkout.constraints), log)


class PipSteps:
    """Turns pip's talk into one short text: how many packages it has found and which is at hand."""

    def __init__(self, constraints: Path) -> None:
        pins = [line for line in constraints.read_text(encoding="utf-8").splitlines() if "==" in line]
        self.all = len([line for line in pins if not line.startswith("#")])
        self.found: set[str] = set()

    def __call__(self, text: str) -> str | None:
        """Return what to show for one line of pip's output; None leaves the last text standing."""
        words = text.split()
        if text.startswith("Installing collected packages"):
            return f"unpacking {len(text.split(','))} packages"
        if words[:1] == ["Collecting"] or text.startswith("Requirement already satisfied:"):
            name = words[1] if words[0] == "Collecting" else words[3]
            self.found.add(name.split("==")[0].split(">")[0])
            return f"{min(len(self.found), self.all)} of about {self.all} · {name.split('=')[0].split('>')[0]}"
        if words[:1] in (["Downloading"], ["Using"], ["Building"]):
            size = text[text.rfind("(") :] if "(" in text else ""
            return f"{min(len(self.found), self.all)} of about {self.all} · {Path(words[1]).name[:40]} {size}"
        return None


def make_importable(checkout: Checkout) -> None:
    """Let the environment's Python find the package where it lies, and give it a command of its own."""
    code = "import sysconfig; print(sysconfig.get_path('purelib'))"
    found = subprocess.run([str(checkout.python), "-c", code], capture_output=True, text=True, check=True)
    (Path(found.stdout.strip()) / "cubb_desktop_checkout.pth").write_text(f"{checkout.root}\n", encoding="utf-8")
    if WINDOWS:
        command = checkout.python.with_name("cubb-desktop.cmd")
        command.write_text(f'@"{checkout.python}" -P -m cubb_desktop %*\r\n', encoding="utf-8")
    else:
        command = checkout.python.with_name("cubb-desktop")
        command.write_text(f'#!/bin/sh\nexec "{checkout.python}" -P -m cubb_desktop "$@"\n', encoding="utf-8")
        command.chmod(0o755)


# --- commands --------------------------------------------------------------------------------------------------------


def has_display() -> bool:
    """Return whether a window can be opened here."""
    if platform.system() in {"Windows", "Darwin"}:
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def become(checkout: Checkout, arguments: list[str]) -> int:
    """Go on as the environment's Python with `arguments`; on Windows, start it and wait."""
    command = [str(checkout.python), "-P", *arguments]  # -P: this checkout, whatever lies in the person's folder
    environment = child_environment() | {"PYTHONPATH": str(checkout.root)}
    sys.stderr.flush()
    if WINDOWS:
        return subprocess.call(command, env=environment)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    return os.execve(command[0], command, environment)  # noqa: S606 - from here on this process is that program


def run(checkout: Checkout, arguments: list[str]) -> int:
    """Open the window; with no display run the demo; with a command of the program, that command."""
    set_up(checkout, RUN)
    names_a_command = bool(arguments) and not arguments[0].startswith("-")
    if names_a_command or has_display():
        return become(checkout, ["-m", "cubb_desktop", *arguments])
    say("no display here: running the demo instead of the window")
    return become(checkout, ["-m", "cubb_desktop", *arguments, "demo"])


def demo(checkout: Checkout, arguments: list[str]) -> int:
    """Run the bundled conversation through the whole program."""
    set_up(checkout, RUN)
    return become(checkout, ["-m", "cubb_desktop", "demo", *arguments])


def test(checkout: Checkout, arguments: list[str]) -> int:
    """Check everything; goes on after a failure, so that one run shows all there is."""
    set_up(checkout, TEST)
    return run_steps(checkout, [*STATIC_STEPS, ("tests", ["-m", "pytest", *(arguments or SIDE_BY_SIDE)])])


def check(checkout: Checkout, arguments: list[str]) -> int:
    """Check what can be checked without running the program."""
    set_up(checkout, TEST)
    layers = ("layers", ["-m", "pytest", "-q", "tests/test_architecture.py", *arguments])
    return run_steps(checkout, [*STATIC_STEPS, layers])


def bench(checkout: Checkout, arguments: list[str]) -> int:
    """Measure."""
    set_up(checkout, TEST)
    return become(checkout, ["-m", "tests.benchmarks", *arguments])


def shots(checkout: Checkout, arguments: list[str]) -> int:
    """Picture every page, into build/shots unless told otherwise."""
    set_up(checkout, TEST)
    place = [] if "--out" in arguments else ["--out", str(checkout.root / "build" / "shots")]
    return become(checkout, ["-m", "tests.screenshots", *place, *arguments])


SIDE_BY_SIDE = ["-n", "2", "--dist", "worksteal"]  # more would have the tests that measure a delay wait for each other
STATIC_STEPS = [
    ("lint", ["-m", "ruff", "check", "."]),
    ("format", ["-m", "ruff", "format", "--check", "."]),
    ("types", ["-m", "mypy"]),
]


def run_steps(checkout: Checkout, steps: list[tuple[str, list[str]]]) -> int:
    """Run each step and say how it went and how long it took; 1 if any failed."""
    results = []
    for name, arguments in steps:
        say(f"{name} ...")
        started = time.monotonic()
        code = subprocess.call([str(checkout.python), *arguments], cwd=checkout.root, env=child_environment())
        results.append((name, code, time.monotonic() - started))
    for name, code, seconds in results:
        say(f"{'ok    ' if code == 0 else 'FAILED'} {name} ({seconds:.0f} s)")
    return 1 if any(code for _name, code, _seconds in results) else 0


COMMANDS = {"run": run, "demo": demo, "test": test, "check": check, "bench": bench, "shots": shots}


def main(arguments: list[str]) -> int:
    """Run one command; 2 for an unknown one, 1 for what a person can put right."""
    if not arguments or arguments[0] not in COMMANDS:
        print(__doc__, file=sys.stderr if arguments[:1] not in (["-h"], ["--help"]) else sys.stdout)
        return 0 if arguments[:1] in (["-h"], ["--help"]) else 2
    signal.signal(signal.SIGTERM, lambda number, _frame: sys.exit(128 + number))
    try:
        return COMMANDS[arguments[0]](Checkout(), arguments[1:])
    except SetupError as error:
        say(str(error))
    except OSError as error:
        say(f"{cause_of([str(error)])} {error}")
    except KeyboardInterrupt:
        say("stopped; run the same command again to go on")
        return 130
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
