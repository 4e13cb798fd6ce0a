"""Reads the command line, calls the command, and turns every fault into one sentence and an exit code.

Exit codes: 0 done, 1 a bug, 2 the user's fault or the world's, 3 not allowed by the agreement, 130 interrupted.
"""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import cast, get_args

from cubb_desktop.cli.output import Output, bug_sentence, warn
from cubb_desktop.domain.errors import CubbError, from_os_error
from cubb_desktop.i18n import _, sentence, set_language
from cubb_desktop.settings import Language, load_settings

Handler = Callable[..., int | None]


def main(arguments: list[str], *, open_window: Callable[[list[str]], int]) -> int:
    """Run one command and return its exit code; without a command the window is opened."""
    _speak_utf8()
    language = _language(arguments)
    set_language(language)
    try:
        return _run(arguments, open_window)
    except CubbError as error:
        warn(sentence(error))
        return error.exit_code
    except KeyboardInterrupt:
        warn(_("Afbrudt."))
        return 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or Python complains when it closes stdout
        return 0
    except OSError as error:
        return _told(error)
    except Exception as error:  # noqa: BLE001 - one of the few places where a bug is met: it must not show its content
        return _bug(error)


def _told(error: OSError) -> int:
    """Say a fault of the disk that no part of the house has met; the others are bugs."""
    fault = from_os_error(error)
    if fault is None:
        return _bug(error)
    warn(sentence(fault))
    return fault.exit_code


def _bug(error: Exception) -> int:
    warn(bug_sentence(error))
    if os.environ.get("CUBB_TRACEBACKS"):
        raise error
    return 1


def _run(arguments: list[str], open_window: Callable[[list[str]], int]) -> int:
    from cubb_desktop.cli import parser

    options = parser.build().parse_args(arguments)
    for name, value in vars(options).items():
        if type(value) is str:  # words can't be stored with another alphabet's bytes; paths keep them, enums have none
            setattr(options, name, value.encode("utf-8", "replace").decode("utf-8"))
    if options.command in (None, "window"):
        return open_window(arguments)
    from cubb_desktop.cli.opening import Run

    module, function = options.handler.split(":")
    handler: Handler = getattr(importlib.import_module(f"cubb_desktop.cli.{module}"), function)
    code = handler(Run(options, Output(as_json=options.json)))
    sys.stdout.flush()
    return code or 0


def _language(arguments: list[str]) -> Language:
    """The language to speak: `--lang`, else the settings'; found before parsing, so that help speaks it too."""
    for argument, following in zip(arguments, [*arguments[1:], ""], strict=True):
        given = following if argument == "--lang" else argument.removeprefix("--lang=")
        if argument.startswith("--lang") and given in get_args(Language):
            return cast("Language", given)
    return load_settings().language


def _speak_utf8() -> None:
    """Danish letters must come through a pipe too, whatever the machine's locale."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # closed by the caller, or started without a console
            setattr(sys, name, Path(os.devnull).open("w", encoding="utf-8"))  # noqa: SIM115 - for the process's life
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(encoding="utf-8", errors="backslashreplace")  # a file name may hold what is no letter
