"""`doctor`: what works on this machine, and what to do about what doesn't; needs no library and changes nothing."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import psutil

from cubb_desktop.audio import device
from cubb_desktop.cli.opening import PASSPHRASE_VARIABLE, Run
from cubb_desktop.domain.errors import CubbError, UnsafePlace
from cubb_desktop.i18n import _, format_number, sentence
from cubb_desktop.library.places import is_unsafe
from cubb_desktop.services import models as catalogue
from cubb_desktop.services.policy import start_notice
from cubb_desktop.settings import has_screen
from cubb_desktop.vault import is_library

_BYTES_PER_HOUR = 180e6  # an hour of mono at 48 kHz, sealed
_FEW_HOURS = 2.0
_LITTLE_MEMORY_GB = 4.0


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at: works (True), works with a remark (None), doesn't (False). `check` names it for programs."""

    check: str
    what: str
    works: bool | None
    remark: str


def doctor(run: Run) -> int:
    """Look at everything; exit 2 when something needed for the main job doesn't work."""
    findings = list(_look(run))
    if run.output.as_json:
        states = {True: "ok", None: "remark", False: "missing"}
        rows = [(f.check, f.what, states[f.works], f.remark) for f in findings]
        run.output.document([dict(zip(("check", "what", "state", "remark"), row, strict=True)) for row in rows])
    for finding in findings:
        sign = {True: "✓", None: "–", False: "✗"}[finding.works]
        run.output.say(f"{sign} {finding.what}: {finding.remark}")
    return 2 if any(finding.works is False for finding in findings) else 0


def _look(run: Run) -> Iterator[Finding]:
    advice = _("Sæt en mikrofon til; du kan stadig hente lydfiler ind.")
    yield _devices("microphone", _("Mikrofon"), device.inputs, advice)
    advice = _("Tilslut en højttaler eller hovedtelefoner for at lytte.")
    yield _devices("output", _("Afspilning"), device.outputs, advice)
    yield _models(run)
    yield _memory()
    yield _disk(run.folder)
    yield from _library(run)
    yield _screen()
    yield Finding("network", _("Netværk"), True, _("bruges ikke; udskrivningen er afskåret fra det"))


def _devices(check: str, what: str, find: Callable[[], list[device.Device]], otherwise: str) -> Finding:
    try:
        found = find()
    except CubbError as error:
        return Finding(check, what, None, f"{sentence(error)} {otherwise}")
    if not found:
        return Finding(check, what, None, _("ingen fundet. {advice}").format(advice=otherwise))
    shown = found if check == "microphone" else found[:3]  # one of them all may be asked for by its name
    return Finding(check, what, True, ", ".join(one.name for one in shown))


def _models(run: Run) -> Finding:
    try:
        chosen = catalogue.chosen_models(run.settings)
    except CubbError as error:
        return Finding("models", _("Modeller"), False, sentence(error))
    names = ", ".join(info.name for info in chosen)
    if any(info.demo for info in chosen):
        advice = _("{names}: demomodeller, der kun kender demoens ord. Vælg dine egne under Indstillinger.")
        return Finding("models", _("Modeller"), None, advice.format(names=names))
    return Finding("models", _("Modeller"), True, names)


def _memory() -> Finding:
    """Full-size models need about 4 GB beside everything else; the demo's need one."""
    free = psutil.virtual_memory().available / 1e9
    text = _("{free} GB fri; {cores} kerner").format(free=format_number(free), cores=os.cpu_count() or 1)
    if free >= _LITTLE_MEMORY_GB:
        return Finding("memory", _("Hukommelse"), True, text)
    advice = _("Luk andre programmer, før du laver udskrifter med store modeller.")
    return Finding("memory", _("Hukommelse"), None, f"{text}. {advice}")


def _disk(folder: Path) -> Finding:
    place = next(p for p in (folder, *folder.resolve().parents) if p.exists())
    hours = shutil.disk_usage(place).free / _BYTES_PER_HOUR
    text = _("plads til ca. {hours} timers optagelse").format(hours=round(hours))
    return Finding("disk", _("Disk"), hours >= _FEW_HOURS, text)


def _library(run: Run) -> Iterator[Finding]:
    """The library, and whether the municipality's legal basis is in it."""
    what = _("Bibliotek")
    unseen = Finding("legal-basis", _("Behandlingsgrundlag"), None, _("står i biblioteket, som ikke er åbnet"))
    if is_unsafe(run.folder):
        yield from (Finding("library", what, False, sentence(UnsafePlace())), unseen)
        return
    if not is_library(run.folder):
        text = _("der er intet endnu i {folder}; opret et i vinduet eller med library init")
        yield from (Finding("library", what, None, text.format(folder=run.folder)), unseen)
        return
    if run.options.passphrase_file is None and PASSPHRASE_VARIABLE not in os.environ:
        yield from (Finding("library", what, True, _("ligger i {folder}, låst").format(folder=run.folder)), unseen)
        return
    try:
        with run.open() as workspace:
            problems = workspace.library.verify()
            notice = start_notice(workspace)
    except CubbError as error:
        yield from (Finding("library", what, False, sentence(error)), unseen)
        return
    if problems:
        yield Finding("library", what, False, _("noget er ændret eller ødelagt; kør library verify"))
    else:
        yield Finding("library", what, True, _("åbner, og alt er helt"))
    yield replace(unseen, works=None if notice else True, remark=notice or _("skrevet og godkendt"))


def _screen() -> Finding:
    found = has_screen()
    text = _("vinduet kan åbnes") if found else _("ingen skærm; brug kommandolinjen")
    return Finding("display", _("Skærm"), True if found else None, text)
