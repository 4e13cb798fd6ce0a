"""What this machine remembers between starts, where it is kept, and where the bundled resources lie.

One TOML file per person and machine. It holds preferences and paths: nothing about citizens or conversations.
"""

from __future__ import annotations

import errno
import getpass
import logging
import os
import sys
import tempfile
import tomllib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, cast, get_args

import platformdirs

from cubb_desktop.domain.doubts import LEAST_DOUBT, MOST_DOUBT
from cubb_desktop.domain.errors import DiskFull, FolderReadOnly
from cubb_desktop.domain.reading import LOW_CONFIDENCE

APP = "cubb-desktop"
FILE_NAME = "settings.toml"
CONFIG_VARIABLE = "CUBB_CONFIG_DIR"

Language = Literal["da", "en"]
Appearance = Literal["system", "light", "dark"]
TextView = Literal["reading", "jefferson", "table"]

LEAST_TEXT_SCALE = 0.8
MOST_TEXT_SCALE = 2.0
MOST_SPEAKERS = 8
LOCK_MINUTES = (5, 15, 30, 60, 0)  # without use before the window locks; 0 is never

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Settings:
    """This machine's preferences; None for a model means the bundled one, for a device the system's default.

    `speech_language` is a language code or "auto" (detect); `text_scale` is a factor from 0.8 to 2; a word below the
    confidence `unsure_below` (0..1) is in doubt; `keys` holds the keys that a person has chosen, by what they do,
    `thresholds` those of the finders.
    """

    language: Language = "da"
    appearance: Appearance = "system"
    text_scale: float = 1.0
    library: Path | None = None
    recogniser: Path | None = None
    diariser: Path | None = None
    speech_language: str = "da"
    speakers: int = 2
    microphone: str | None = None
    output: str | None = None
    person: str = ""
    lock_minutes: int = 15
    keys: Mapping[str, str] = field(default_factory=dict)
    thresholds: Mapping[str, int] = field(default_factory=dict)
    unsure_below: float = LOW_CONFIDENCE
    text_view: TextView = "jefferson"

    @property
    def actor(self) -> str:
        """Who acts on this machine: the person's own name for themselves, else the account's."""
        return self.person or _account()

    @property
    def library_folder(self) -> Path:
        """The library to open: the chosen one, else the default place."""
        return self.library or default_library_folder()


@dataclass(frozen=True, slots=True)
class LoadedSettings:
    """Settings as read; `moved_aside` is where a file that could not be read was kept, for a notice to the person."""

    settings: Settings
    moved_aside: Path | None = None


# --- places ----------------------------------------------------------------------------------------------------------


def resources_folder() -> Path:
    """Return the folder of bundled resources: beside the package in a checkout, inside it when installed."""
    package = Path(__file__).resolve().parent
    for folder in (package.parent / "resources", package / "resources"):
        if folder.is_dir():
            return folder
    raise FileNotFoundError("the program's resources are missing; install it again")


def config_folder() -> Path:
    """Return the folder of the settings file; the environment variable `CUBB_CONFIG_DIR` wins."""
    chosen = os.environ.get(CONFIG_VARIABLE)
    return Path(chosen) if chosen else Path(platformdirs.user_config_dir(APP, appauthor=False))


def state_folder() -> Path:
    """Return the folder for what may be lost: window sizes, crash reports without content, locks."""
    chosen = os.environ.get(CONFIG_VARIABLE)
    return Path(chosen) / "state" if chosen else Path(platformdirs.user_state_dir(APP, appauthor=False))


def default_library_folder() -> Path:
    """Return where a library lies when nobody chose; never roaming, so that it stays on this machine."""
    return Path(platformdirs.user_data_dir(APP, appauthor=False, roaming=False)) / "library"


def has_screen() -> bool:
    """Whether a window can be opened here: on Linux a display, or a way to do without, must be named."""
    names = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    return not sys.platform.startswith("linux") or any(os.environ.get(name) for name in names)


def settings_file() -> Path:
    """Return the path of the settings file, whether or not it exists."""
    return config_folder() / FILE_NAME


# --- reading ---------------------------------------------------------------------------------------------------------


def load_settings() -> Settings:
    """Return the settings; defaults for what is missing or unusable. Never fails on a broken file."""
    return read_settings().settings


def read_settings() -> LoadedSettings:
    """Return the settings and, if the file was broken, where it was moved; it is never thrown away."""
    path = settings_file()
    try:
        document = tomllib.loads(path.read_bytes().decode("utf-8"))
    except FileNotFoundError:
        return LoadedSettings(Settings())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError):
        return LoadedSettings(Settings(), _move_aside(path))
    except OSError as error:
        log.warning("the settings cannot be read (%s); using the defaults", errno.errorcode.get(error.errno or 0))
        return LoadedSettings(Settings())
    return LoadedSettings(_from_document(document))


def _from_document(untrusted: dict[str, Any]) -> Settings:
    """Keep each value that is usable; a value that is not leaves its default and says so by key."""
    known = {}
    for one in fields(Settings):
        if one.name not in untrusted:
            continue
        value = _checked(one.name, untrusted[one.name])
        if value is None:
            log.warning("the setting %s is not usable; using its default", one.name)
        else:
            known[one.name] = value
    return Settings(**known)


def _checked(name: str, value: object) -> Any:
    """Return `value` as the setting's type, or None where it can't be used."""
    match name:
        case "language":
            return value if value in get_args(Language) else None
        case "appearance":
            return value if value in get_args(Appearance) else None
        case "text_view":
            return value if value in get_args(TextView) else None
        case "text_scale":
            usable = isinstance(value, (int, float)) and LEAST_TEXT_SCALE <= value <= MOST_TEXT_SCALE
            return float(cast("float", value)) if usable and not isinstance(value, bool) else None
        case "unsure_below":
            usable = isinstance(value, float) and LEAST_DOUBT <= value <= MOST_DOUBT
            return value if usable else None
        case "speakers":
            whole = isinstance(value, int) and not isinstance(value, bool)
            return value if whole and 1 <= cast("int", value) <= MOST_SPEAKERS else None
        case "lock_minutes":
            return value if value in LOCK_MINUTES and not isinstance(value, (bool, float)) else None
        case "keys":
            usable = isinstance(value, dict) and all(isinstance(key, str) for key in value.values())
            return dict(cast("dict[str, str]", value)) if usable else None
        case "thresholds":
            usable = isinstance(value, dict) and all(type(number) is int for number in value.values())
            return dict(cast("dict[str, int]", value)) if usable else None
        case "library" | "recogniser" | "diariser":
            return Path(value) if isinstance(value, str) and value else None
        case _:
            return value if isinstance(value, str) else None


def _move_aside(path: Path) -> Path:
    stamp = datetime.now(UTC).strftime("%Y%m%d-%H%M%S-%f")
    aside = path.with_name(f"{path.stem}.broken-{stamp}{path.suffix}")
    log.warning("the settings file cannot be read; it was kept beside the new one")
    try:
        path.replace(aside)
    except OSError:  # a read-only folder: the file stays where it is
        return path
    return aside


# --- writing ---------------------------------------------------------------------------------------------------------


def save_settings(settings: Settings) -> None:
    """Write the settings in one step; keys and comments this version does not know stay.

    Raises `DiskFull` or `FolderReadOnly`. A crash leaves either the old file or the new one, never half of one.
    """
    import tomlkit  # 20 ms that a start without a change need not pay

    path = settings_file()
    read_settings()  # moves a broken file aside, so that what follows reads a good one or none
    try:
        document = tomlkit.parse(path.read_text(encoding="utf-8")) if path.exists() else tomlkit.document()
        for one in fields(Settings):
            value = getattr(settings, one.name)
            if value is None or value == {}:
                document.pop(one.name, None)
            else:
                document[one.name] = str(value) if isinstance(value, Path) else value
        _write_atomically(path, tomlkit.dumps(document))
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            raise DiskFull from error
        raise FolderReadOnly from error


def _write_atomically(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".settings-", suffix=".toml")
    temporary = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:  # after the replacement there is nothing beside it any more
        with suppress(OSError):
            temporary.unlink(missing_ok=True)


def _account() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a container without an account for this user id
        return "?"
