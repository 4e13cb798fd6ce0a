"""`concepts`: the concept book, to read, to keep, to exchange."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from cubb_desktop.cli.opening import Run
from cubb_desktop.domain.codebook import Concept
from cubb_desktop.domain.ids import ConceptId
from cubb_desktop.i18n import _, current_language, format_day, ngettext
from cubb_desktop.services import concepts

_TEXTS = ("name", "group", "definition", "listen_for", "ask_yourself", "source")


def show(run: Run) -> None:
    """Show the concepts that are in use, or the whole book."""
    with run.open() as workspace:
        found = concepts.concept_book(workspace) if run.options.all else concepts.list_concepts(workspace)
    if run.output.as_json:
        run.output.document([_document(concept) for concept in found])
        return
    run.output.say(_("Et begreb er en måde at lægge mærke til noget på. Vi evaluerer ikke."))
    for concept in found:
        _say(run, concept)


def _say(run: Run, concept: Concept) -> None:
    danish = current_language() == "da"
    state = "" if concept.in_use else " (" + (_("lagt væk") if concept.retired else _("ikke i brug")) + ")"
    run.output.say()
    run.output.say(f"{concept.id}: {concept.name_da if danish else concept.name_en}{state}")
    run.output.say(f"  {concept.definition_da if danish else concept.definition_en}")
    texts = (
        (_("Lyt efter: {what}"), concept.listen_for_da if danish else concept.listen_for_en),
        (_("Spørg dig selv: {what}"), concept.ask_yourself_da if danish else concept.ask_yourself_en),
    )
    for label, text in texts:
        if text:
            run.output.say("  " + label.format(what=text))
    if concept.awaits:
        run.output.say("  " + _("Afventer AAU: definitionen er et udkast, til forskerne har godkendt den."))


def _document(concept: Concept) -> dict[str, Any]:
    return {
        "id": concept.id,
        "group": concept.group,
        "starter": concept.starter,
        "awaits": concept.awaits,
        "untranslated": list(concept.untranslated),
        "in_use": concept.in_use,
        "retired": concept.retired,
        "merged_into": concept.merged_into,
        "name": {"da": concept.name_da, "en": concept.name_en},
        "definition": {"da": concept.definition_da, "en": concept.definition_en},
        "listen_for": {"da": concept.listen_for_da, "en": concept.listen_for_en},
        "ask_yourself": {"da": concept.ask_yourself_da, "en": concept.ask_yourself_en},
        "source": concept.source,
    }


def on(run: Run) -> None:
    """Take concepts into use."""
    _switch(run, to=True)


def off(run: Run) -> None:
    """Put concepts aside."""
    _switch(run, to=False)


def _switch(run: Run, *, to: bool) -> None:
    with run.open() as workspace:
        ids = [concepts.get_concept(workspace, ConceptId(given)).id for given in run.options.id]
        changed = [concepts.switch(workspace, concept_id, on=to) for concept_id in ids]
    text = _("Taget i brug: {names}.") if to else _("Lagt til side: {names}.")
    run.output.made({"concepts": [_document(concept) for concept in changed]}, text.format(names=_names(changed)))


def add(run: Run) -> None:
    """Add a concept of one's own."""
    texts = _texts(run)
    with run.open() as workspace:
        concept = concepts.add_concept(workspace, texts.pop("group"), texts.pop("name"), texts)
    run.output.made({"id": concept.id}, concept.id)


def revise(run: Run) -> None:
    """Word a concept anew in the current language."""
    with run.open() as workspace:
        concept = concepts.revise(workspace, ConceptId(run.options.id), _texts(run))
    run.output.made(
        _document(concept), _("Skrevet om: {names}. Den gamle ordlyd er gemt.").format(names=_names([concept]))
    )


def merge(run: Run) -> None:
    """Let a concept's marks be another's."""
    with run.open() as workspace:
        kept = concepts.merge(workspace, ConceptId(run.options.id), ConceptId(run.options.into)).into
    run.output.made(_document(kept), _("Lagt sammen. Mærkerne er nu: {names}.").format(names=_names([kept])))


def retire(run: Run) -> None:
    """Take a concept out of use for good."""
    with run.open() as workspace:
        concept = concepts.retire(workspace, ConceptId(run.options.id))
    text = _("Lagt væk: {names}. Dets mærker bliver stående.").format(names=_names([concept]))
    run.output.made(_document(concept), text)


def history(run: Run) -> None:
    """Show how a concept was worded before."""
    with run.open() as workspace:
        found = concepts.history(workspace, ConceptId(run.options.id))
    if run.output.as_json:
        rows = [
            {**asdict(v.concept), "version": v.version, "author": v.author, "until": v.at.isoformat()} for v in found
        ]
        run.output.document(rows)
        return
    danish = current_language() == "da"
    lines = [
        (format_day(v.at), v.author, v.concept.name_da if danish else v.concept.name_en,
         v.concept.definition_da if danish else v.concept.definition_en)
        for v in found
    ]  # fmt: skip
    run.output.table(lines, _("Begrebet har kun haft den ordlyd, det har nu."))


def export_book(run: Run) -> None:
    """Write the book as a codebook for other programs."""
    with run.open() as workspace:
        number = concepts.export_codebook(workspace, run.options.file)
    text = ngettext("{number} begreb er gemt i {file}.", "{number} begreber er gemt i {file}.", number)
    document = {"file": str(run.options.file), "concepts": number}
    run.output.made(document, text.format(number=number, file=run.options.file))


def import_book(run: Run) -> None:
    """Add the concepts of a codebook that are not in the book."""
    with run.open() as workspace:
        result = concepts.import_codebook(workspace, run.options.file, take_wordings=run.options.take_wordings)
    document = {
        name: [concept.id for concept in getattr(result, name)] for name in ("added", "known", "differing", "reworded")
    }
    number = len(result.added)
    text = ngettext("{number} begreb er nyt: {names}.", "{number} begreber er nye: {names}.", number)
    told = text.format(number=number, names=_names(result.added)) if number else _("Ingen nye begreber.")
    if result.differing:
        told += " " + _("Skrevet anderledes i filen: {names}. Tag dens ordlyd med --take-wordings.").format(
            names=_names(result.differing)
        )
    if result.reworded:
        told += " " + _("Skrevet om som i filen: {names}.").format(names=_names(result.reworded))
    run.output.made(document, told)


def _texts(run: Run) -> dict[str, str]:
    given = {name: getattr(run.options, name, None) for name in _TEXTS}
    return {name: text for name, text in given.items() if text is not None}


def _names(found: list[Concept] | tuple[Concept, ...]) -> str:
    danish = current_language() == "da"
    return ", ".join(concept.name_da if danish else concept.name_en for concept in found)
