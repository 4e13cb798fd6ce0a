"""What the command line understands of marks and replies; what is done is in `annotating`, loaded when it is called."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any

from cubb_desktop.domain.codebook import MarkStatus
from cubb_desktop.i18n import _

Commands = Any  # argparse keeps the type of its sub-parsers to itself
Command = Callable[[Commands, str, str, str], argparse.ArgumentParser]
ROUND_ACTS = ("state", "start", "ready", "not-ready", "open")


def add_commands(commands: Commands, verbs: Commands, command: Command) -> None:
    """Add `annotations` to the commands, and to `annotation` its verbs; `command` adds one."""
    _listing(command(commands, "annotations", "annotating:listing", _("vis mærkerne i en samtale, med svar")))
    _changing(verbs, command)
    _round(command(verbs, "blind", "annotating:blind", _("først hver for sig, så åbnet for alle på én gang")))


def _listing(listing: argparse.ArgumentParser) -> None:
    _recording(listing)
    listing.add_argument("--by", action="append", default=[], metavar=_("NAVN"), help=_("kun den persons mærker"))
    listing.add_argument("--concept", action="append", default=[], metavar="C", help=_("kun mærker med det begreb"))
    listing.add_argument(
        "--status", type=MarkStatus, choices=list(MarkStatus), metavar="S",
        help=_("kun dem, der er: {states}").format(states=", ".join(MarkStatus)),
    )  # fmt: skip
    listing.add_argument("--mine", action="store_true", help=_("kun dine egne"))
    listing.add_argument("--mentions-me", action="store_true", help=_("kun dem, der nævner dig"))
    listing.add_argument("--unanswered", action="store_true", help=_("kun dem uden svar"))


def _changing(verbs: Commands, command: Command) -> None:
    edit = command(verbs, "edit", "annotating:edit", _("ret dit eget mærke eller svar"))
    _id(edit)
    edit.add_argument("--concept", metavar="C", help=_("et andet begreb"))
    edit.add_argument("--note", metavar="T", help=_("en anden note, eller svarets nye tekst"))
    edit.add_argument("--from-ms", type=int, metavar="A", help=_("stykkets nye begyndelse i millisekunder"))
    edit.add_argument("--to-ms", type=int, metavar="B", help=_("stykkets nye slutning i millisekunder"))
    remove = command(verbs, "remove", "annotating:remove", _("fjern dit eget mærke eller svar"))
    _id(remove)
    remove.add_argument("--with-replies", action="store_true", help=_("også når mærket har svar"))
    reply = command(verbs, "reply", "annotating:reply", _("svar på et mærke; @Navn nævner en kollega"))
    _id(reply)
    reply.add_argument("--text", required=True, metavar="T", help=_("svaret"))
    status = command(verbs, "status", "annotating:status", _("skriv, om et mærke er drøftet"))
    _id(status)
    status.add_argument(
        "status", type=MarkStatus, choices=list(MarkStatus), metavar=_("STATUS"), help=", ".join(MarkStatus)
    )


def _round(blind: argparse.ArgumentParser) -> None:
    _recording(blind)
    blind.add_argument("act", choices=ROUND_ACTS, metavar=_("HVAD"), help=", ".join(ROUND_ACTS))
    blind.add_argument(
        "--with", dest="people", action="append", default=[], metavar=_("NAVN"),
        help=_("en, der er med, og som der ventes på; gerne flere, også dig selv"),
    )  # fmt: skip
    blind.add_argument("--now", action="store_true", help=_("åbn, selv om nogen ikke er færdige"))


def _recording(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("recording", metavar=_("SAMTALE"), help=_("samtalens id, som »recordings« viser det"))


def _id(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("id", metavar="ID", help=_("mærkets eller svarets id, som »annotations« viser det"))
