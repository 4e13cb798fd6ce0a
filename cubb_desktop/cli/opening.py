"""Which library a command works on, and how it is unlocked."""

from __future__ import annotations

import argparse
import getpass
import os
import sys
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from cubb_desktop.cli.output import Output, warn
from cubb_desktop.domain.errors import CubbError, InvalidInput, PassphraseMissing, SourceNotFound
from cubb_desktop.domain.recording import RecordingState
from cubb_desktop.i18n import _, ngettext
from cubb_desktop.library import recordings
from cubb_desktop.services.forgetting import finish
from cubb_desktop.services.workspace import Workspace, open_workspace, open_workspace_with_key
from cubb_desktop.settings import Settings, load_settings

PASSPHRASE_VARIABLE = "CUBB_PASSPHRASE"  # noqa: S105 - the name of a variable


@dataclass
class Run:
    """One run of the command line: its options, where it speaks, and the library once it is needed."""

    options: argparse.Namespace
    output: Output

    @cached_property
    def settings(self) -> Settings:
        """This machine's settings."""
        return load_settings()

    @property
    def folder(self) -> Path:
        """The library's folder: given, else the one of the settings."""
        given: Path | None = self.options.library
        return given if given is not None else self.settings.library_folder

    def passphrase(self, *, new: bool = False) -> str:
        """The passphrase from the file, the environment or the terminal; raises PassphraseMissing."""
        file: Path | None = self.options.passphrase_file
        if file is not None:
            return _line_of(file)
        from_environment = os.environ.get(PASSPHRASE_VARIABLE)
        if from_environment is not None:
            return from_environment
        if not sys.stdin.isatty():
            raise PassphraseMissing
        first = getpass.getpass(_("Adgangssætning: "))
        return _same_again(first) if new else first

    def new_passphrase(self) -> str:
        """The passphrase that is to be instead, from the file named for it or the terminal."""
        file: Path | None = self.options.new_passphrase_file
        if file is not None:
            return _line_of(file)
        if not sys.stdin.isatty():
            raise PassphraseMissing
        return _same_again(getpass.getpass(_("Ny adgangssætning: ")))

    def open(self) -> Workspace:
        """Open the library; close it with `with`."""
        if getattr(self.options, "key_on_stdin", False):
            line = sys.stdin.readline().strip()
            try:
                key = bytes.fromhex(line)
            except ValueError:
                raise PassphraseMissing from None
            if not key:
                raise PassphraseMissing
            return open_workspace_with_key(self.folder, key, actor=self.settings.actor)
        workspace = open_workspace(self.folder, self.passphrase(), actor=self.settings.actor)
        workspace.note_unlocked()
        finish(workspace)
        _settle(workspace)
        for name in workspace.vault.healed:
            warn(_("{file} manglede eller var beskadiget og er skrevet igen fra sin kopi.").format(file=name))
        return workspace


def _settle(ws: Workspace) -> None:
    """Settle recordings whose process is gone, as the window does; the heavy part is loaded only when there are any."""
    with ws.library.read() as reading:
        if not recordings.all(reading, RecordingState.RECORDING):
            return
    from cubb_desktop.services.recovery import reconcile

    with suppress(CubbError):  # no reason not to let somebody in to see to it
        count = len(reconcile(ws).interrupted)
        if count:
            said = ngettext(
                "{count} optagelse blev afbrudt. Det, der blev optaget, er gemt; vælg med »recordings recover«.",
                "{count} optagelser blev afbrudt. Det, der blev optaget, er gemt; vælg med »recordings recover«.",
                count,
            )
            warn(said.format(count=count))


def _line_of(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError):
        raise SourceNotFound from None


def _same_again(passphrase: str) -> str:
    if getpass.getpass(_("Skriv den igen: ")) != passphrase:
        raise InvalidInput(field=_("Adgangssætning"), problem=_("De to adgangssætninger er ikke ens. Skriv dem igen."))
    return passphrase
