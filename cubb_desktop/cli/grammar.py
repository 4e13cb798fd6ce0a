"""An argument parser that speaks the person's language: headings, help and faults, each fault one sentence."""

from __future__ import annotations

import argparse
import difflib
import re
from collections.abc import Iterable
from typing import Any, NoReturn

from cubb_desktop.domain.errors import InvalidInput
from cubb_desktop.i18n import N_, _

# argparse has its sentences in English only, so they are recognised and said again; what is not recognised is summed up
_FAULTS = (
    (r"the following arguments are required: (?P<names>.+)", N_("der mangler {names}")),
    (r"unrecognized arguments: (?P<names>.+)", N_("{names} kendes ikke her")),
    (
        r"argument (?P<name>.+?): invalid choice: '?(?P<value>.*?)'? \((?:.*, )?choose from (?P<choices>.+)\)",
        N_("{name} kan ikke være »{value}«. Vælg en af: {choices}"),
    ),
    (r"argument (?P<name>.+?): expected .+", N_("{name} mangler en værdi")),
    (r"argument (?P<name>.+?): ignored explicit argument .+", N_("{name} tager ingen værdi")),
    (r"argument (?P<name>.+?): invalid \S+ value: '?(?P<value>.*?)'?", N_("{name} kan ikke være »{value}«")),
    (r"argument (?P<name>.+?): (?P<problem>.+)", N_("{name}: {problem}")),
)
_MOST_CHOICES = 8


class Parser(argparse.ArgumentParser):
    """An argument parser whose faults are raised like all others (`InvalidInput`, exit code 2)."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**{"formatter_class": Help, **settings, "add_help": False, "allow_abbrev": False})
        self._positionals.title = _("Hvad der skal stå")
        self._optionals.title = _("Valg")
        self.add_argument("-h", "--help", action="help", help=_("vis denne hjælp"))

    def error(self, message: str) -> NoReturn:
        advice = _("Se {command} --help.").format(command=self.prog)
        raise InvalidInput(field=self.prog, problem=f"{said_again(message)}. {advice}")


class Help(argparse.HelpFormatter):
    """Help whose first word is not English."""

    def add_usage(
        self,
        usage: str | None,
        actions: Iterable[argparse.Action],
        groups: Iterable[Any],
        prefix: str | None = None,
    ) -> None:
        super().add_usage(usage, actions, groups, _("Brug: ") if prefix is None else prefix)


def said_again(fault: str) -> str:
    """Return argparse's sentence for a fault in the person's language, without a full stop."""
    for pattern, message in _FAULTS:
        found = re.fullmatch(pattern, fault, re.DOTALL)
        if found is not None:
            parts = found.groupdict()
            if "choices" in parts:
                parts["choices"] = _near(parts["value"], parts["choices"])
            return _(message).format(**parts)
    return _("kommandoen kan ikke forstås")


def _near(value: str, choices: str) -> str:
    """Return the choices that look like what was written, where there are too many to read."""
    names = [name.strip(" '\"") for name in choices.split(",")]
    return ", ".join((len(names) > _MOST_CHOICES and difflib.get_close_matches(value, names, cutoff=0.5)) or names)
