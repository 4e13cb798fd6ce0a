"""A concept as the description of a code in another program's codebook: all its texts, in both languages, as lines.

People read it there, so it begins in one language without signs; what follows is labelled, so that it can be read back.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from cubb_desktop.domain.codebook import Concept

TEXTS = ("definition", "listen_for", "ask_yourself")
_DEFINITION = "Definition: "
_LABELS = {
    "da": {
        "definition": _DEFINITION,
        "listen_for": "Lyt efter: ",
        "ask_yourself": "Spørg dig selv: ",
        "source": "Kilde: ",
    },
    "en": {
        "definition": _DEFINITION,
        "listen_for": "Listen for: ",
        "ask_yourself": "Ask yourself: ",
        "source": "Source: ",
    },
}
_IN_LANGUAGE = {"da": "På dansk: ", "en": "In English: "}  # before the name in the other language
_ID = "CUBB: "  # before the concept's own id
_KINDS = {label: kind for labels in _LABELS.values() for kind, label in labels.items()}


@dataclass(frozen=True, slots=True)
class Described:
    """What a description says. `other` is the language that its second half is in, "" where it has none.

    `texts` are those of the first half, `other_texts` (with `name`) those of the second; `book_id` is what it claims to
    be known by.
    """

    texts: Mapping[str, str]
    other: str = ""
    other_texts: Mapping[str, str] = field(default_factory=dict)
    book_id: str = ""


def description(concept: Concept, language: str) -> str:
    """Return a concept's description, beginning in `language` ("da" or "en")."""
    other = "da" if language == "en" else "en"
    lines = [
        *_section(concept, language),
        *([_LABELS[language]["source"] + concept.source] if concept.source else []),
        _IN_LANGUAGE[other] + _text(concept, "name", other),
        *_section(concept, other, first=_DEFINITION),
        _ID + concept.id,
    ]
    return "\n".join(lines)


def _section(concept: Concept, language: str, *, first: str = "") -> Iterator[str]:
    definition = _text(concept, "definition", language)
    if definition:
        yield (first or (_DEFINITION if _is_labelled(definition) else "")) + definition
    for kind in TEXTS[1:]:
        if text := _text(concept, kind, language):
            yield _LABELS[language][kind] + text


def _text(concept: Concept, kind: str, language: str) -> str:
    return str(getattr(concept, f"{kind}_{language}"))


def _is_labelled(line: str) -> bool:
    return line.startswith((*_KINDS, *_IN_LANGUAGE.values(), _ID))


def read_description(text: str) -> Described:
    """Return a description by its parts, of whichever program; what is not labelled is the definition."""
    first: dict[str, str] = dict.fromkeys((*TEXTS, "source"), "")
    second: dict[str, str] = {}
    other = book_id = ""
    for line in text.splitlines():
        turned = next((language for language, sign in _IN_LANGUAGE.items() if line.startswith(sign)), "")
        if turned:
            other, second = turned, {**dict.fromkeys(TEXTS, ""), "name": line.removeprefix(_IN_LANGUAGE[turned])}
        elif line.startswith(_ID):
            book_id = line.removeprefix(_ID)
        else:
            kind, said = _labelled(line)
            into = first if kind == "source" or not other else second
            into[kind] = f"{into[kind]} {said}".strip()
    return Described(first, other, second, book_id)


def _labelled(line: str) -> tuple[str, str]:
    label = next((label for label in _KINDS if line.startswith(label)), "")
    return _KINDS.get(label, "definition"), line.removeprefix(label)
