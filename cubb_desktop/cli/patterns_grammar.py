"""The grammar of `collections` and of what `search` takes beside the words."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any

from cubb_desktop.domain.concordance import Order
from cubb_desktop.i18n import _

Command = Callable[[Any, str, str, str], argparse.ArgumentParser]
Stretch = Callable[[argparse.ArgumentParser], None]


def add_search(search: argparse.ArgumentParser) -> None:
    """How words are taken, and how what is found is shown."""
    search.add_argument("--exact", action="store_true", help=_("kun ordene, som de er skrevet, ikke deres bøjninger"))
    search.add_argument("--kwic", action="store_true", help=_("vis hvert sted med ordene før og efter"))
    search.add_argument("--in", dest="only", metavar=_("SAMTALE"), help=_("kun i den samtale"))
    search.add_argument(
        "--order", type=Order, choices=list(Order), default=Order.TIME, metavar="R",
        help=_("rækkefølge med --kwic: {orders}").format(orders=", ".join(Order)),
    )  # fmt: skip
    search.add_argument(
        "--most", type=_number, default=100, metavar="N", help=_("mindst så mange steder, om de findes")
    )


def add_collections(verbs: Any, command: Command, stretch: Stretch) -> None:
    """The verbs of `collections`."""
    command(verbs, "list", "patterns:collections", _("vis samlingerne"))
    add = command(verbs, "add", "patterns:add_collection", _("begynd en samling"))
    add.add_argument("--name", required=True, metavar=_("NAVN"), help=_("hvad den hedder"))
    change = command(verbs, "change", "patterns:change_collection", _("giv en samling et andet navn eller spørgsmål"))
    _collection(change)
    change.add_argument("--name", metavar=_("NAVN"), help=_("hvad den hedder"))
    for one in (add, change):
        one.add_argument("--question", metavar="T", help=_("hvad I vil undersøge"))
    _collection(command(verbs, "show", "patterns:show_collection", _("vis stederne i en samling")))
    _collection(command(verbs, "delete", "patterns:delete_collection", _("slet en samling; samtalerne bliver")))
    put = command(verbs, "add-passage", "patterns:add_passage", _("læg et sted i en samling"))
    _collection(put)
    stretch(put)
    put.add_argument("--note", default="", metavar="T", help=_("hvad du lagde mærke til"))
    put.add_argument("--deviant", action="store_true", help=_("stedet går imod mønsteret"))
    _id(command(verbs, "remove", "patterns:remove_passage", _("tag et sted ud af sin samling")))
    order = command(verbs, "order", "patterns:order_passage", _("flyt et sted i sin samling"))
    _id(order)
    order.add_argument("position", type=_number, metavar="N", help=_("pladsen, hvor det skal stå; 1 er den første"))
    note = command(verbs, "note", "patterns:note_passage", _("skriv en note til et sted"))
    _id(note)
    note.add_argument("text", metavar="T", help=_("noten; tom fjerner den"))
    deviant = command(verbs, "deviant", "patterns:mark_deviant", _("sig, at et sted går imod mønsteret"))
    _id(deviant)
    deviant.add_argument("--no", action="store_true", help=_("sig, at det ikke gør"))


def _collection(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("collection", metavar=_("SAMLING"), help=_("samlingens id, eller begyndelsen af det"))


def _id(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("id", metavar="ID", help=_("stedets id, eller begyndelsen af det"))


def _number(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 1_000_000:
        raise argparse.ArgumentTypeError(_("»{text}« er ikke et helt tal fra 1").format(text=text))
    return int(text)
