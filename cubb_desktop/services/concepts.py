"""The concept book as a library has it: the bundled concepts, what people switched, reworded, added, merged, retired.

Nothing that is used is ever deleted: a retired concept keeps the marks it has, and every wording stays in its history.
"""

from __future__ import annotations

import tomllib
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from cubb_desktop.domain.codebook import Concept, ConceptVersion, guid_of
from cubb_desktop.domain.errors import ConceptNotFound, ConceptRetired, InvalidInput
from cubb_desktop.domain.ids import ConceptId
from cubb_desktop.exchange.refi_qda import read_codebook
from cubb_desktop.export.refi_qda import codebook_xml
from cubb_desktop.i18n import _, current_language
from cubb_desktop.library import codebook
from cubb_desktop.library.access import Change
from cubb_desktop.services.outfile import NewFile
from cubb_desktop.services.workspace import Workspace
from cubb_desktop.settings import resources_folder

LONGEST_NAME, LONGEST_TEXT = 120, 2000
_TEXTS = ("definition", "listen_for", "ask_yourself")
_FOLDED = str.maketrans({"æ": "ae", "ø": "oe", "å": "aa"})


@dataclass(frozen=True, slots=True)
class BookImport:
    """What came of reading another program's codebook: what is new here, and what was here and stays as it is."""

    added: tuple[Concept, ...]
    known: tuple[Concept, ...]


@lru_cache(maxsize=1)
def bundled_concepts() -> tuple[Concept, ...]:
    """The bundled concepts, in the book's order; the starter set is in use."""
    document = tomllib.loads((resources_folder() / "concepts.toml").read_text(encoding="utf-8"))
    return tuple(
        Concept(**{**row, "id": ConceptId(row["id"])}, in_use=row.get("starter", False)) for row in document["concept"]
    )


def concept_book(ws: Workspace) -> list[Concept]:
    """Every concept, retired ones included; the library's wording wins where it has one."""
    with ws.library.read() as reading:
        own = {concept.id: concept for concept in codebook.all(reading)}
    bundled = [own.pop(concept.id, concept) for concept in bundled_concepts()]
    return [*bundled, *own.values()]


def list_concepts(ws: Workspace) -> list[Concept]:
    """The concepts that are in use."""
    return [concept for concept in concept_book(ws) if concept.in_use and not concept.retired]


def get_concept(ws: Workspace, concept_id: ConceptId) -> Concept:
    """One concept; raises ConceptNotFound."""
    for concept in concept_book(ws):
        if concept.id == concept_id:
            return concept
    raise ConceptNotFound


def keep(change: Change, concept: Concept) -> None:
    """Store a bundled concept that is used for the first time, so that the mark has its wording."""
    if concept.id not in {known.id for known in codebook.all(change)}:
        codebook.put(change, concept)


def switch(ws: Workspace, concept_id: ConceptId, *, on: bool) -> Concept:
    """Let a concept be chosen for marks, or not; switching on brings a retired one back. Raises ConceptNotFound."""
    concept = get_concept(ws, concept_id)
    changed = replace(concept, in_use=True, retired=False, merged_into=None) if on else replace(concept, in_use=False)
    return _store(ws, changed, "concept.switched")


def retire(ws: Workspace, concept_id: ConceptId) -> Concept:
    """Take a concept out of use for good; its marks stay. Raises ConceptNotFound."""
    return _store(ws, replace(get_concept(ws, concept_id), retired=True, in_use=False), "concept.retired")


def merge(ws: Workspace, concept_id: ConceptId, into: ConceptId) -> Concept:
    """Let one concept's marks be another's, and retire it; returns the other. Raises ConceptNotFound, InvalidInput."""
    concept, other = get_concept(ws, concept_id), get_concept(ws, into)
    if concept.id == other.id:
        raise InvalidInput(field=_("Begreb"), problem=_("Vælg et andet begreb at lægge det sammen med."))
    if other.retired:
        raise ConceptRetired
    with ws.library.change(ws.actor, "concept.merged", guid_of(concept.id)) as change:
        keep(change, other)
        codebook.put(change, replace(concept, retired=True, in_use=False, merged_into=other.id))
        codebook.move_marks(change, concept.id, other.id)
    return other


def add_concept(ws: Workspace, group: str, name: str, texts: Mapping[str, str]) -> Concept:
    """Add a concept of one's own; `texts` may hold `definition`, `listen_for`, `ask_yourself` and `source`.

    It gets the same words in both languages, for others to translate. Raises InvalidInput.
    """
    named = _checked(_("Navn"), name, LONGEST_NAME)
    said = {key: _checked(_("Tekst"), texts.get(key, ""), LONGEST_TEXT, empty=key != "definition") for key in _TEXTS}
    known = concept_book(ws)
    if any(named.casefold() in {concept.name_da.casefold(), concept.name_en.casefold()} for concept in known):
        raise InvalidInput(field=_("Navn"), problem=_("Der er allerede et begreb, der hedder sådan."))
    both: dict[str, Any] = {f"{key}_{language}": text for key, text in said.items() for language in ("da", "en")}
    concept = Concept(
        id=_new_id(named, {concept.id for concept in known}),
        group=_checked(_("Gruppe"), group, LONGEST_NAME),
        name_da=named,
        name_en=named,
        source=_checked(_("Kilde"), texts.get("source", ""), LONGEST_TEXT, empty=True),
        **both,
    )
    return _store(ws, concept, "concept.added")


def revise(ws: Workspace, concept_id: ConceptId, texts: Mapping[str, str]) -> Concept:
    """Word a concept anew in the current language; the wording it had stays in its history.

    `texts` may hold `name`, `group`, `definition`, `listen_for`, `ask_yourself` and `source`. Raises ConceptNotFound,
    InvalidInput.
    """
    concept, language = get_concept(ws, concept_id), current_language()
    changed: dict[str, Any] = {}
    for key, text in texts.items():
        longest = LONGEST_NAME if key in {"name", "group"} else LONGEST_TEXT
        empty = key not in {"name", "group", "definition"}
        kept = _checked(_("Tekst"), text, longest, empty=empty)
        changed[key if key in {"group", "source"} else f"{key}_{language}"] = kept
    return _store(ws, replace(concept, **changed), "concept.revised")


def history(ws: Workspace, concept_id: ConceptId) -> list[ConceptVersion]:
    """How a concept was worded before, the newest first; raises ConceptNotFound."""
    get_concept(ws, concept_id)
    with ws.library.read() as reading:
        return codebook.versions(reading, concept_id)


def export_codebook(ws: Workspace, out: Path) -> int:
    """Write the book as REFI-QDA `.qdc` in the current language; return how many concepts it holds.

    Retired ones stay behind. Raises what `NewFile` raises.
    """
    kept = [concept for concept in concept_book(ws) if not concept.retired]
    with NewFile(out) as file:
        file.write(codebook_xml(kept, current_language()))
        file.keep()
    return len(kept)


def import_codebook(ws: Workspace, file: Path) -> BookImport:
    """Add the codes of another program's `.qdc` that the book does not have; nothing that is here is changed.

    Raises what `read_codebook` raises; nothing is then added.
    """
    codes = read_codebook(file)
    book = concept_book(ws)
    by_guid = {guid_of(concept.id): concept for concept in book}
    by_name = {name.casefold(): concept for concept in book for name in (concept.name_da, concept.name_en)}
    added: list[Concept] = []
    known: list[Concept] = []
    taken = {concept.id for concept in book}
    for code in codes:
        here = by_guid.get(code.guid) or by_name.get(code.name.casefold())
        if here is not None:
            known.append(here)
            continue
        concept_id = _new_id(code.name, taken)
        taken.add(concept_id)
        both: dict[str, Any] = {
            f"{key}_{language}": getattr(code, key)[:LONGEST_TEXT] for key in _TEXTS for language in ("da", "en")
        }  # fmt: skip
        name = code.name[:LONGEST_NAME]
        group = code.group[:LONGEST_NAME] or _("Andre")
        source = code.source[:LONGEST_TEXT]
        concept = Concept(id=concept_id, group=group, name_da=name, name_en=name, source=source, **both)
        by_name[name.casefold()] = concept
        added.append(concept)
    if added:
        with ws.library.change(ws.actor, "concept.imported") as change:
            for concept in added:
                codebook.put(change, concept)
    return BookImport(tuple(added), tuple(known))


def _store(ws: Workspace, concept: Concept, action: str) -> Concept:
    with ws.library.change(ws.actor, action, guid_of(concept.id)) as change:
        codebook.put(change, concept)
    return concept


def _checked(field: str, text: str, longest: int, *, empty: bool = False) -> str:
    printable = "".join(c if c.isprintable() else " " for c in unicodedata.normalize("NFC", text))
    kept = " ".join(printable.split())
    if not kept and not empty:
        raise InvalidInput(field=field, problem=_("Skriv noget her."))
    if len(kept) > longest:
        raise InvalidInput(field=field, problem=_("Brug højst {most} tegn.").format(most=longest))
    return kept


def _new_id(name: str, taken: set[ConceptId]) -> ConceptId:
    """Return a slug of a name that no concept has."""
    folded = unicodedata.normalize("NFKD", name.casefold().translate(_FOLDED))
    slug = "-".join("".join(c if c.isascii() and c.isalnum() else " " for c in folded).split()) or "begreb"
    candidate, number = ConceptId(slug), 2
    while candidate in taken:
        candidate, number = ConceptId(f"{slug}-{number}"), number + 1
    return candidate
