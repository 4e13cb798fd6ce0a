"""The concept book as a REFI-QDA codebook (`.qdc`, version 1.0), as NVivo, ATLAS.ti, MAXQDA and Taguette read it."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from xml.etree import ElementTree

from cubb_desktop import __version__
from cubb_desktop.domain.codebook import GROUPS, Concept, guid_of
from cubb_desktop.domain.codebook_text import description
from cubb_desktop.domain.ids import ConceptId
from cubb_desktop.i18n import _

NAMESPACE = "urn:QDA-XML:codebook:1.0"
_COLOURS = {"worker": "#17616B", "citizen": "#8A5A12", "third": "#6A4B7C"}
_SETS = uuid.UUID("c2f3a3d0-7f55-5a0c-9d33-2a5f7d6c9b11")


def codebook_xml(concepts: Sequence[Concept], language: str) -> bytes:
    """Return the codebook, first in `language` ("da" or "en"): a code per concept under one per group, and two sets.

    The other language stands in the descriptions. A group can't be coded with; the sets say what the starter set is and
    what waits for approval.
    """
    ElementTree.register_namespace("", NAMESPACE)
    root = ElementTree.Element(_tag("CodeBook"), origin=f"CUBB Desktop {__version__}")
    codes = ElementTree.SubElement(root, _tag("Codes"))
    groups: dict[str, ElementTree.Element] = {}
    for concept in concepts:
        if concept.group not in groups:
            colour = list(_COLOURS.values())[len(groups) % len(_COLOURS)]
            groups[concept.group] = ElementTree.SubElement(
                codes, _tag("Code"), guid=guid_of(ConceptId(f"group/{concept.group}")), name=_shown(concept.group),
                isCodable="false", color=colour,
            )  # fmt: skip
        above = groups[concept.group]
        name = concept.name_en if language == "en" else concept.name_da
        code = ElementTree.SubElement(
            above, _tag("Code"), guid=guid_of(concept.id), name=name, isCodable="true", color=above.get("color", "")
        )
        ElementTree.SubElement(code, _tag("Description")).text = description(concept, language)
    _add_sets(root, concepts)
    ElementTree.indent(root)
    return bytes(ElementTree.tostring(root, encoding="utf-8", xml_declaration=True))


def _add_sets(root: ElementTree.Element, concepts: Sequence[Concept]) -> None:
    members = {
        _("Startpakken"): [concept for concept in concepts if concept.starter],
        _("Afventer godkendelse fra AAU"): [concept for concept in concepts if concept.awaits],
    }
    if not any(members.values()):
        return
    sets = ElementTree.SubElement(root, _tag("Sets"))
    for number, (name, found) in enumerate(members.items()):
        if found:
            one = ElementTree.SubElement(sets, _tag("Set"), guid=str(uuid.uuid5(_SETS, str(number))), name=name)
            for concept in found:
                ElementTree.SubElement(one, _tag("MemberCode"), guid=guid_of(concept.id))


def _shown(group: str) -> str:
    return _(group) if group in GROUPS else group


def _tag(name: str) -> str:
    return f"{{{NAMESPACE}}}{name}"
