"""The concept book as a library has it: the bundled concepts, what people switched, reworded, added, merged, retired.

Nothing that is used is ever deleted: a retired concept keeps the marks it has, and every wording stays in its history.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from cubb_desktop.domain.codebook import GROUPS, Concept, ConceptVersion, guid_of
from cubb_desktop.domain.codebook_text import TEXTS as _TEXTS
from cubb_desktop.domain.errors import N_, ConceptNotFound, ConceptRetired, InvalidInput
from cubb_desktop.domain.ids import ConceptId
from cubb_desktop.exchange.refi_qda import Code, read_codebook
from cubb_desktop.export.refi_qda import codebook_xml
from cubb_desktop.i18n import _, current_language
from cubb_desktop.library import codebook
from cubb_desktop.library.access import Change
from cubb_desktop.services.outfile import NewFile
from cubb_desktop.services.workspace import Workspace
from cubb_desktop.settings import resources_folder

LONGEST_NAME, LONGEST_TEXT = 120, 2000
_FIELDS = {
    "name": N_("Navn"), "group": N_("Gruppe"), "definition": N_("Definition"), "listen_for": N_("Lyt efter"),
    "ask_yourself": N_("Spørg dig selv"), "source": N_("Kilde"),
}  # fmt: skip
_NO_LANGUAGE, _NEEDED = frozenset({"group", "source"}), frozenset({"name", "group", "definition"})
_SLUG = re.compile(r"[a-z0-9]{1,300}(-[a-z0-9]{1,300}){0,100}")
_FOLDED = str.maketrans({"æ": "ae", "ø": "oe", "å": "aa"})


@dataclass(frozen=True, slots=True)
class BookImport:
    """What came of reading a codebook: what is new here, and what was here and stays as it is.

    `differing` are those of the known that the file words otherwise; `reworded` those that took its wording.
    """

    added: tuple[Concept, ...]
    known: tuple[Concept, ...]
    differing: tuple[Concept, ...] = ()
    reworded: tuple[Concept, ...] = ()


@dataclass(frozen=True, slots=True)
class Merged:
    """Two concepts put together: the one that was retired, as it was; the one that stays; and what it took over."""

    concept: Concept
    into: Concept
    uses: codebook.Uses


@dataclass(frozen=True, slots=True)
class Wording:
    """A wording of a concept: who wrote it and since when it held; neither is known of the bundled book's own."""

    concept: Concept
    author: str = ""
    since: datetime | None = None


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


def restore_state(ws: Workspace, concept: Concept) -> Concept:
    """Let a concept be in use, put aside or retired as it was before; its wording stays. Raises ConceptNotFound."""
    now = get_concept(ws, concept.id)
    return _store(ws, _in_state_of(now, concept), "concept.switched")


def marks_with(ws: Workspace) -> dict[ConceptId, tuple[int, int]]:
    """How many marks each concept that is used has, and in how many conversations."""
    with ws.library.read() as reading:
        return codebook.marks_with(reading)


def merge(ws: Workspace, concept_id: ConceptId, into: ConceptId) -> Merged:
    """Let one concept's marks and examples be another's, and retire it.

    Raises ConceptNotFound, ConceptRetired, InvalidInput.
    """
    concept, other = get_concept(ws, concept_id), get_concept(ws, into)
    if concept.id == other.id:
        raise InvalidInput(field=_("Begreb"), problem=_("Vælg et andet begreb at lægge det sammen med."))
    if other.retired:
        raise ConceptRetired
    with ws.library.change(ws.actor, "concept.merged", guid_of(concept.id)) as change:
        keep(change, other)
        codebook.put(change, replace(concept, retired=True, in_use=False, merged_into=other.id))
        uses = codebook.move_uses(change, concept.id, other.id)
    return Merged(concept, other, uses)


def undo_merge(ws: Workspace, merged: Merged) -> None:
    """Take two concepts apart again: the marks and examples that were taken over go back. Raises ConceptNotFound."""
    concept = merged.concept
    now = get_concept(ws, concept.id)
    with ws.library.change(ws.actor, "concept.unmerged", guid_of(concept.id)) as change:
        codebook.put(change, _in_state_of(now, concept))
        codebook.move_uses(change, merged.into.id, concept.id, only=merged.uses)


# --- words -----------------------------------------------------------------------------------------------------------


def is_bundled(concept_id: ConceptId) -> bool:
    """Whether a concept is one of the bundled book."""
    return concept_id in _bundled()


def is_reworded(concept: Concept) -> bool:
    """Whether a concept of the bundled book is worded otherwise here."""
    bundled = _bundled().get(concept.id)
    return bundled is not None and bundled.wording != concept.wording


def add_concept(ws: Workspace, group: str, name: str, texts: Mapping[str, str]) -> Concept:
    """Add a concept of one's own; `texts` may hold `definition`, `listen_for`, `ask_yourself` and `source`.

    It gets the same words in both languages, for others to translate, where a key does not name one (`definition_en`;
    `name_da` and `name_en` stand in for the name). Raises InvalidInput.
    """
    blank: dict[str, Any] = dict.fromkeys(both_languages("name", *_TEXTS), "")
    known = concept_book(ws)
    draft = Concept(id=ConceptId(""), group="", source="", **blank)
    said = _said({"name": name, "group": group, "source": "", **texts}, "da", "en")
    concept = _checked(replace(draft, **said), draft, known)
    main = concept.name_en if current_language() == "en" else concept.name_da
    named = replace(concept, id=_new_id(main, {concept.id for concept in known}))
    return _store(ws, named, "concept.added")


def revise(ws: Workspace, concept_id: ConceptId, texts: Mapping[str, str]) -> Concept:
    """Word a concept anew; the wording it had stays in its history.

    `texts` may hold `name`, `group`, `definition`, `listen_for`, `ask_yourself` and `source`, in the current language
    where a key does not name one (`definition_en`). Raises ConceptNotFound, InvalidInput.
    """
    book = concept_book(ws)
    before = next((concept for concept in book if concept.id == concept_id), None)
    if before is None:
        raise ConceptNotFound
    revised = _checked(replace(before, **_said(texts, current_language())), before, book)
    if revised != before:
        with ws.library.change(ws.actor, "concept.revised", guid_of(concept_id)) as change:
            keep(change, before)
            codebook.put(change, revised)
    return revised


def history(ws: Workspace, concept_id: ConceptId) -> list[ConceptVersion]:
    """How a concept was worded before, the newest first; raises ConceptNotFound."""
    get_concept(ws, concept_id)
    with ws.library.read() as reading:
        return codebook.versions(reading, concept_id)


def wordings(ws: Workspace, concept_id: ConceptId) -> list[Wording]:
    """All wordings a concept has had with who wrote them and since when, today's first; raises ConceptNotFound."""
    concept = get_concept(ws, concept_id)
    with ws.library.read() as reading:
        before, now = codebook.versions(reading, concept_id), codebook.worded(reading, concept_id)
    if now is None:
        return [Wording(concept)]
    starts = [*(version.at for version in before), now.at]
    every = [(now.concept, now.author), *((version.concept, version.author) for version in before)]
    bundled = _bundled().get(concept_id)
    return [
        Wording(worded) if bundled is not None and worded.wording == bundled.wording else Wording(worded, author, since)
        for (worded, author), since in zip(every, starts, strict=True)
    ]


# --- other programs --------------------------------------------------------------------------------------------------


def export_codebook(ws: Workspace, out: Path, *, replace_existing: bool = False) -> int:
    """Write the book as REFI-QDA `.qdc`, in the current language first; return how many concepts it holds.

    Retired ones stay behind. Raises what `NewFile` raises.
    """
    kept = [concept for concept in concept_book(ws) if not concept.retired]
    with NewFile(out, replace_existing=replace_existing) as file:
        file.write(codebook_xml(kept, current_language()))
        file.keep()
    return len(kept)


def import_codebook(ws: Workspace, file: Path, *, take_wordings: bool = False) -> BookImport:
    """Add the codes of a `.qdc` that the book does not have.

    What is here stays as it is; with `take_wordings` it is worded as in the file, if that is a book of this program's,
    and the wording it had stays in its history. Raises what `read_codebook` raises; nothing is then changed.
    """
    codes = read_codebook(file)
    book = {guid_of(concept.id): concept for concept in concept_book(ws)}
    theirs = {code.guid: said for code in codes if code.guid in book and (said := _reworded(book[code.guid], code))}
    differing = {guid: said for guid, said in theirs.items() if said.wording != book[guid].wording}
    reworded = differing if take_wordings else {}
    now = {**book, **reworded}
    by_name = {name.casefold(): concept for concept in now.values() for name in (concept.name_da, concept.name_en)}
    taken = {concept.id for concept in now.values()}
    added: list[Concept] = []
    known: list[Concept] = []
    for code in codes:
        here = now.get(code.guid) or by_name.get(code.name.casefold())
        if here is not None:
            known.append(here)
            continue
        concept = _imported(code, taken)
        taken.add(concept.id)
        by_name[concept.name_da.casefold()] = by_name[concept.name_en.casefold()] = concept
        added.append(concept)
    if added or reworded:
        with ws.library.change(ws.actor, "concept.imported") as change:
            for guid, concept in reworded.items():
                keep(change, book[guid])
                codebook.put(change, concept)
            for concept in added:
                codebook.put(change, concept)
    left = {} if take_wordings else differing
    return BookImport(tuple(added), tuple(known), tuple(book[guid] for guid in left), tuple(reworded.values()))


def _imported(code: Code, taken: set[ConceptId]) -> Concept:
    """Return the concept of a code that is new here; what it says in one language is what it says in both."""
    said = _texts_of(code)
    blank: dict[str, Any] = dict.fromkeys(both_languages("name", *_TEXTS), "")
    claimed = ConceptId(code.said.book_id) if _is_of_a_book(code) else None
    concept_id = claimed if claimed is not None and claimed not in taken else _new_id(said["name_da"], taken)
    return Concept(**{"id": concept_id, "group": _group_of(code) or _("Andre"), **blank, **said})


def _reworded(here: Concept, code: Code) -> Concept | None:
    """Return a known concept in the words of a file, None where the file does not have all its words."""
    if not _is_of_a_book(code):
        return None
    return replace(here, group=_group_of(code) or here.group, **_texts_of(code))


def _is_of_a_book(code: Code) -> bool:
    """Whether a code was written by this program: it has both languages, and the id that its GUID was made from."""
    book_id = code.said.book_id
    return bool(code.said.other and _SLUG.fullmatch(book_id)) and guid_of(ConceptId(book_id)) == code.guid


def _texts_of(code: Code) -> dict[str, Any]:
    said = code.said
    main = ("en",) if said.other == "da" else ("da",) if said.other == "en" else ("da", "en")
    texts = {f"name_{language}": code.name[:LONGEST_NAME] for language in main}
    texts |= {f"{key}_{language}": said.texts[key][:LONGEST_TEXT] for key in _TEXTS for language in main}
    if said.other:
        texts |= {f"{key}_{said.other}": said.other_texts[key][:LONGEST_TEXT] for key in _TEXTS}
        texts[f"name_{said.other}"] = (said.other_texts["name"] or code.name)[:LONGEST_NAME]
    return {**texts, "source": said.texts["source"][:LONGEST_TEXT]}


def _group_of(code: Code) -> str:
    bundled = {guid_of(ConceptId(f"group/{group}")): group for group in GROUPS}
    return bundled.get(code.group_guid, code.group[:LONGEST_NAME])


# --- pieces ----------------------------------------------------------------------------------------------------------


def _store(ws: Workspace, concept: Concept, action: str) -> Concept:
    with ws.library.change(ws.actor, action, guid_of(concept.id)) as change:
        codebook.put(change, concept)
    return concept


def _in_state_of(concept: Concept, other: Concept) -> Concept:
    return replace(concept, in_use=other.in_use, retired=other.retired, merged_into=other.merged_into)


@lru_cache(maxsize=1)
def _bundled() -> Mapping[ConceptId, Concept]:
    return {concept.id: concept for concept in bundled_concepts()}


def both_languages(*texts: str) -> tuple[str, ...]:
    """Return the names of texts in both languages: `name_da`, `name_en`."""
    return tuple(f"{text}_{language}" for text in texts for language in ("da", "en"))


def _said(texts: Mapping[str, str], *languages: str) -> dict[str, Any]:
    """Return texts as a concept's fields: in `languages` where a key names none; what is blank is said as the other."""
    tidy = {key: tidied(text) for key, text in texts.items()}
    fields = {
        field: text
        for key, text in tidy.items()
        for field in ([key] if key in _NO_LANGUAGE or key[-3:] in {"_da", "_en"} else [f"{key}_{x}" for x in languages])
    }
    fields |= {key: text for key, text in tidy.items() if key[-3:] in {"_da", "_en"}}
    for key in [key for key in tidy if key[-3:] in {"_da", "_en"}]:
        other = f"{key[:-3]}_{'en' if key.endswith('_da') else 'da'}"
        fields[key] = fields[key] or fields.get(other, "")
    return fields


def tidied(text: str) -> str:
    """Return a text as it is kept: one line of letters that can be seen."""
    printable = "".join(c if c.isprintable() else " " for c in unicodedata.normalize("NFC", text))
    return " ".join(printable.split())


def _checked(concept: Concept, before: Concept, book: Iterable[Concept]) -> Concept:
    """Return a concept if it can stand in the book beside the others; raises InvalidInput."""
    for name, text in asdict(concept).items():
        kind = name if name in _NO_LANGUAGE else name[:-3]
        if kind not in _FIELDS:
            continue
        longest = LONGEST_NAME if kind in {"name", "group"} else LONGEST_TEXT
        if not text and kind in _NEEDED and (getattr(before, name) or not before.id):
            raise InvalidInput(field=_(_FIELDS[kind]), problem=_("Skriv noget her."))
        if len(text) > longest:
            raise InvalidInput(field=_(_FIELDS[kind]), problem=_("Brug højst {most} tegn.").format(most=longest))
    names = {name.casefold() for name in (concept.name_da, concept.name_en)}
    names -= {name.casefold() for name in (before.name_da, before.name_en)}
    if any(names & {other.name_da.casefold(), other.name_en.casefold()} for other in book if other.id != concept.id):
        raise InvalidInput(field=_("Navn"), problem=_("Der er allerede et begreb, der hedder sådan."))
    return concept


def _new_id(name: str, taken: set[ConceptId]) -> ConceptId:
    """Return a slug of a name that no concept has."""
    folded = unicodedata.normalize("NFKD", name.casefold().translate(_FOLDED))
    slug = "-".join("".join(c if c.isascii() and c.isalnum() else " " for c in folded).split()) or "begreb"
    candidate, number = ConceptId(slug), 2
    while candidate in taken:
        candidate, number = ConceptId(f"{slug}-{number}"), number + 1
    return candidate
