"""Codebooks of other programs: REFI-QDA `.qdc`, read as the untrusted files they are.

No document type, no entities, no network; bounded in bytes, elements, depth and the length of each text. What holds no
code, or is no such file, is refused as a whole.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from xml.etree.ElementTree import Element, ParseError

from cubb_desktop.domain.codebook_text import Described, read_description
from cubb_desktop.domain.errors import CodebookUnreadable, SourceNotFound

NAMESPACE = "urn:QDA-XML:codebook:1.0"
LARGEST, MOST_ELEMENTS, DEEPEST, LONGEST = 4 << 20, 20_000, 20, 20_000
_GUID = re.compile(r"\{?([0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})\}?")


@dataclass(frozen=True, slots=True)
class Code:
    """A code of a codebook: its GUID in lower case, its name, the name and GUID of the code above it, what it says."""

    guid: str
    name: str
    group: str
    group_guid: str
    said: Described


def read_codebook(file: Path) -> tuple[Code, ...]:
    """Return the codes that passages can be marked with, in their order; raises SourceNotFound, CodebookUnreadable."""
    try:
        with file.open("rb") as opened:
            content = opened.read(LARGEST + 1)
    except OSError:
        raise SourceNotFound from None
    if len(content) > LARGEST:
        raise CodebookUnreadable
    codes = tuple(_codes(_parsed(content), "", ""))
    if not codes or len({code.guid for code in codes}) != len(codes):
        raise CodebookUnreadable
    return codes


def _parsed(content: bytes) -> Element:
    """Return the document's root; nothing larger, deeper or wilder than a codebook is ever built."""
    from defusedxml.common import DefusedXmlException
    from defusedxml.ElementTree import iterparse

    root: Element | None = None
    depth = elements = 0
    try:
        for event, element in iterparse(io.BytesIO(content), events=("start", "end"), forbid_dtd=True):
            root = element if root is None else root
            depth += 1 if event == "start" else -1
            elements += event == "start"
            if depth > DEEPEST or elements > MOST_ELEMENTS:
                raise CodebookUnreadable
    except (ParseError, DefusedXmlException, ValueError, LookupError):  # LookupError: an encoding nobody knows
        raise CodebookUnreadable from None
    if root is None or root.tag != _tag("CodeBook"):
        raise CodebookUnreadable
    codes = root.find(_tag("Codes"))
    if codes is None:
        raise CodebookUnreadable
    return codes


def _codes(above: Element, group: str, group_guid: str) -> Iterator[Code]:
    for element in above.iterfind(_tag("Code")):
        found, name = _GUID.fullmatch(element.get("guid", "")), _line(element.get("name", ""))
        if found is None or not name:
            raise CodebookUnreadable
        guid = found[1].lower()
        if element.get("isCodable") in {"true", "1"}:
            yield Code(guid, name, group, group_guid, _said(element.findtext(_tag("Description"), "")))
        yield from _codes(element, name, guid)


def _said(description: str) -> Described:
    if len(description) > LONGEST:
        raise CodebookUnreadable
    return read_description("\n".join(_line(line) for line in description.splitlines()))


def _line(text: str) -> str:
    if len(text) > LONGEST:
        raise CodebookUnreadable
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def _tag(name: str) -> str:
    return f"{{{NAMESPACE}}}{name}"
