"""`doctor`: what works on this machine, and what to do about what doesn't; needs no library and changes nothing."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from cubb_desktop.audio import device
from cubb_desktop.cli.opening import PASSPHRASE_VARIABLE, Run
from cubb_desktop.domain.errors import CubbError
from cubb_desktop.i18n import _, sentence
from cubb_desktop.services import models as catalogue
from cubb_desktop.vault import is_library

_BYTES_PER_HOUR = 180e6  # an hour of mono at 48 kHz, sealed
_FEW_HOURS = 2.0


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at: works (True), works with a remark (None), doesn't (False)."""

    what: str
    works: bool | None
    remark: str


def doctor(run: Run) -> int:
    """Look at everything; exit 2 when something needed for the main job doesn't work."""
    findings = list(_look(run))
    if run.output.as_json:
        states = {True: "ok", None: "remark", False: "missing"}
        run.output.document([{"what": f.what, "state": states[f.works], "remark": f.remark} for f in findings])
    for finding in findings:
        sign = {True: "✓", None: "–", False: "✗"}[finding.works]
        run.output.say(f"{sign} {finding.what}: {finding.remark}")
    return 2 if any(finding.works is False for finding in findings) else 0


def _look(run: Run) -> Iterator[Finding]:
    yield _devices(_("Mikrofon"), device.inputs, _("Sæt en mikrofon til; du kan stadig hente lydfiler ind."))
    yield _devices(_("Afspilning"), device.outputs, _("Tilslut en højttaler eller hovedtelefoner for at lytte."))
    yield _models(run)
    yield _disk(run.folder)
    yield _library(run)
    yield _screen()
    yield Finding(_("Netværk"), True, _("bruges ikke; udskrivningen er afskåret fra det"))


def _devices(what: str, find: Callable[[], list[device.Device]], otherwise: str) -> Finding:
    try:
        found = find()
    except CubbError as error:
        return Finding(what, None, f"{sentence(error)} {otherwise}")
    if not found:
        return Finding(what, None, otherwise)
    return Finding(what, True, ", ".join(one.name for one in found[:3]))


def _models(run: Run) -> Finding:
    try:
        chosen = catalogue.chosen_models(run.settings)
    except CubbError as error:
        return Finding(_("Modeller"), False, sentence(error))
    notice = catalogue.demo_notice(chosen)
    return Finding(_("Modeller"), None if notice else True, notice or ", ".join(info.name for info in chosen))


def _disk(folder: Path) -> Finding:
    place = next(p for p in (folder, *folder.resolve().parents) if p.exists())
    hours = shutil.disk_usage(place).free / _BYTES_PER_HOUR
    text = _("plads til ca. {hours} timers optagelse").format(hours=round(hours))
    return Finding(_("Disk"), hours >= _FEW_HOURS, text)


def _library(run: Run) -> Finding:
    what = _("Bibliotek")
    if not is_library(run.folder):
        return Finding(what, None, _("der er intet endnu i {folder}; opret et i vinduet eller med library init").format(
            folder=run.folder
        ))  # fmt: skip
    if run.options.passphrase_file is None and PASSPHRASE_VARIABLE not in os.environ:
        return Finding(what, True, _("ligger i {folder}, låst").format(folder=run.folder))
    try:
        with run.open() as workspace:
            problems = workspace.library.verify()
    except CubbError as error:
        return Finding(what, False, sentence(error))
    if problems:
        return Finding(what, False, _("noget er ændret eller ødelagt; kør library verify"))
    return Finding(what, True, _("åbner, og alt er helt"))


def _screen() -> Finding:
    has_screen = sys.platform != "linux" or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
    text = _("vinduet kan åbnes") if has_screen else _("ingen skærm; brug kommandolinjen")
    return Finding(_("Skærm"), True if has_screen else None, text)
