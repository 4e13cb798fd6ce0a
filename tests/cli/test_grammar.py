"""The command line's grammar: faults in the person's words, options on both sides of the command."""

from __future__ import annotations

import argparse
from collections.abc import Iterator

import pytest

from cubb_desktop.cli import parser
from cubb_desktop.cli.grammar import said_again
from cubb_desktop.domain.errors import InvalidInput
from cubb_desktop.i18n import sentence

SLOT = ("slot", "add", "--worker", "A", "--partner", "B", "--at")


def _fault(*arguments: str) -> str:
    with pytest.raises(InvalidInput) as raised:
        parser.build().parse_args(arguments)
    return sentence(raised.value)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("import",), "der mangler FIL"),
        (("search", "a", "--til", "b"), "--til b kendes ikke her"),
        (("--lang", "xx"), "--lang kan ikke være »xx«. Vælg en af: da, en"),
        (("transcrib",), "KOMMANDO kan ikke være »transcrib«. Vælg en af: transcribe, transcript"),
        (("transcribe", "x", "--speakers", "tre"), "--speakers kan ikke være »tre«"),
        (("transcribe", "x", "--speakers"), "--speakers mangler en værdi"),
        (("recordings", "--json=1"), "--json tager ingen værdi"),
        (("consent",), "der mangler HVAD"),
        (("consent", "add", "--citizen", "B", "--until", "i går", "--purpose", "flip"), "»i går« er ikke en dato"),
        (("consent", "add", "--citizen", "B", "--until", "2036-01-01", "--purpose", "alt"), "»alt« er ikke et formål"),
        (("record", "--seconds", "0"), "er ikke et antal sekunder"),
        ((*SLOT, "2036-12-03"), "»2036-12-03« mangler et klokkeslæt"),
        ((*SLOT, "2020-12-03T10:00"), "»2020-12-03T10:00« er passeret"),
        (("record", "--sec", "3"), "--sec 3 kendes ikke her"),
    ],
)
def test_a_fault_is_said_in_danish_with_where_to_look(arguments: tuple[str, ...], said: str) -> None:
    fault = _fault(*arguments)
    assert said in fault
    assert "--help" in fault
    assert not {"argument", "invalid", "required", "expected"} & set(fault.replace(":", " ").split())


def test_a_fault_nobody_foresaw_is_summed_up() -> None:
    assert said_again("the flux capacitor is missing") == "kommandoen kan ikke forstås"


def test_help_has_no_english_headings() -> None:
    shown = parser.build().format_help()
    assert shown.startswith("Brug: cubb-desktop")
    assert not any(word in shown for word in ("usage", "options:", "positional", "show "))


def test_every_option_and_every_word_of_every_command_is_explained() -> None:
    unexplained = [f"{command.prog}: {action.dest}" for command, action in _actions(parser.build()) if not action.help]
    assert unexplained == []


def _actions(command: argparse.ArgumentParser) -> Iterator[tuple[argparse.ArgumentParser, argparse.Action]]:
    for action in command._actions:
        if isinstance(action, argparse._SubParsersAction):
            for under in action.choices.values():
                yield from _actions(under)
        else:
            yield command, action


@pytest.mark.parametrize("place", [0, 1, 2])
def test_options_of_the_program_may_stand_anywhere(place: int) -> None:
    words = ["consent", "list"]
    words[place:place] = ["--json", "--library", "/x"]
    options = parser.build().parse_args(words)
    assert options.json
    assert str(options.library) == "/x"
    assert options.handler == "consent:listing"


def test_jobs_alone_lists_them_and_a_verb_wins() -> None:
    assert parser.build().parse_args(["jobs"]).handler == "speech:jobs"
    assert parser.build().parse_args(["jobs", "cancel", "x"]).handler == "speech:cancel"


def test_every_command_names_a_function_that_exists() -> None:
    import importlib

    def handlers(one: object) -> list[str]:
        found = []
        for action in getattr(one, "_actions", ()):
            for child in (action.choices or {}).values() if isinstance(action.choices, dict) else ():
                found += [child.get_default("handler"), *handlers(child)]
        return [name for name in found if name and name != "window"]

    names = set(handlers(parser.build()))
    assert len(names) > 25
    for name in names:
        module, function = name.split(":")
        assert callable(getattr(importlib.import_module(f"cubb_desktop.cli.{module}"), function))
