"""What the concept book says of a concept beside its own words, and which concepts a choice of the list shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from cubb_desktop.domain.codebook import GROUPS, SOURCE_REMARKS, Concept, ExampleKind
from cubb_desktop.domain.errors import N_
from cubb_desktop.i18n import _, current_language, format_clock_ms, ngettext
from cubb_desktop.services.concepts import is_bundled, is_reworded

LANGUAGES = {"da": N_("På dansk"), "en": N_("På engelsk")}
FIELDS = {
    "name": N_("Navn"),
    "definition": N_("Definition"),
    "listen_for": N_("Lyt efter"),
    "ask_yourself": N_("Spørg dig selv"),
}
KINDS = {ExampleKind.EXAMPLE: N_("Eksempel"), ExampleKind.COUNTER_EXAMPLE: N_("Modeksempel")}


class Shown(StrEnum):
    """Which part of the book the list shows, beside its groups."""

    BOOK = "book"
    IN_USE = "in-use"
    OWN = "own"
    AWAITING = "awaiting"
    RETIRED = "retired"


SHOWN = {
    Shown.BOOK: N_("Hele bogen"),
    Shown.IN_USE: N_("Kun i brug"),
    Shown.OWN: N_("Egne og omskrevne"),
    Shown.AWAITING: N_("Afventer AAU"),
    Shown.RETIRED: N_("Lagt væk"),
}


@dataclass(frozen=True, slots=True)
class Choice:
    """What the list shows: a part of the book or one group, and the words that were searched for."""

    part: Shown = Shown.BOOK
    group: str = ""
    words: str = ""

    def shows(self, concept: Concept) -> bool:
        """Whether the list shows a concept."""
        parts = {
            Shown.BOOK: not concept.retired,
            Shown.IN_USE: concept.in_use and not concept.retired,
            Shown.OWN: not concept.retired and (is_reworded(concept) or not is_bundled(concept.id)),
            Shown.AWAITING: not concept.retired and concept.awaits,
            Shown.RETIRED: concept.retired,
        }
        here = not self.group or concept.group == self.group
        said = " ".join((*concept.wording, group_text(concept.group))).casefold()
        return parts[self.part] and here and all(word in said for word in self.words.casefold().split())


def concept_text(concept: Concept, field: str) -> str:
    """Return one of a concept's texts in the person's language."""
    return str(getattr(concept, f"{field}_{current_language()}"))


def concept_source(concept: Concept) -> str:
    """Return where a concept comes from: names of works as they are, a remark behind them in the person's language."""
    source = concept.source
    for remark in SOURCE_REMARKS:
        source = source.replace(f"({remark})", f"({_(remark)})")
    return source


def group_text(group: str) -> str:
    """Return a group's name: the book's own in the person's language, others as they were written."""
    return _(group) if group in GROUPS else group


def group_of(text: str, known: Sequence[str]) -> str:
    """Return the group that a person means by a name: one that is there, else a new one of that name."""
    said = " ".join(text.split()).casefold()
    return next((group for group in known if said in {group.casefold(), group_text(group).casefold()}), text)


def whose_text(concept: Concept) -> str:
    """Return whose words a concept has, "" for the book's own."""
    if not is_bundled(concept.id):
        return _("Jeres eget")
    return _("Jeres ordlyd") if is_reworded(concept) else ""


def state_text(concept: Concept, merged_into: Concept | None) -> str:
    """Return whether a concept can be used, "" where it can."""
    if concept.retired and merged_into is not None:
        name = concept_text(merged_into, "name")
        return _("Lagt sammen med »{name}«, som har dets mærker nu.").format(name=name)
    if concept.retired:
        return _("Lagt væk. Mærkerne med det bliver stående.")
    if not concept.in_use:
        return _("Ikke i brug. Sæt flueben i listen for at kunne mærke med det.")
    return ""


def missing_text(concept: Concept) -> str:
    """Return how many texts say the same in both languages, "" where all are translated."""
    number = len(concept.untranslated)
    if not number:
        return ""
    return ngettext(
        "{number} tekst siger det samme på dansk og engelsk. Skriv om for at oversætte den.",
        "{number} tekster siger det samme på dansk og engelsk. Skriv om for at oversætte dem.",
        number,
    ).format(number=number)


def marks_text(marks: int, talks: int) -> str:
    """Return "12 mærker i 3 samtaler"."""
    many = ngettext("{number} mærke", "{number} mærker", marks).format(number=marks)
    where = ngettext("{number} samtale", "{number} samtaler", talks).format(number=talks)
    return _("{marks} i {talks}").format(marks=many, talks=where)


def book_text(concepts: Sequence[Concept]) -> str:
    """Return how large the book is, how much of it is in use and what is still to be translated."""
    there = [concept for concept in concepts if not concept.retired]
    used = sum(concept.in_use for concept in there)
    said = _("{number} begreber, {used} i brug").format(number=len(there), used=used)
    missing = sum(bool(concept.untranslated) for concept in there)
    if missing:
        said += " · " + ngettext("{number} mangler engelsk", "{number} mangler engelsk", missing).format(number=missing)
    return said


def place_text(start_ms: int, end_ms: int) -> str:
    """Return "1:23–1:31": whole seconds that the passage lies in."""
    return f"{format_clock_ms(start_ms)}–{format_clock_ms(end_ms + 999)}"
