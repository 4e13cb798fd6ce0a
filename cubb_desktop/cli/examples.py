"""`concepts example`: passages of one's own conversations that show what a concept is, or is not."""

from __future__ import annotations

from typing import Any

from cubb_desktop.cli.opening import Run
from cubb_desktop.domain.codebook import ExampleKind
from cubb_desktop.domain.ids import ConceptId, ExampleId, RecordingId
from cubb_desktop.i18n import _, format_clock_ms, sentence
from cubb_desktop.services import examples


def add(run: Run) -> None:
    """Let a passage show what a concept is, or is not."""
    options = run.options
    kind = ExampleKind.COUNTER_EXAMPLE if options.counter else ExampleKind.EXAMPLE
    concept_id, recording_id = ConceptId(options.id), RecordingId(options.recording)
    with run.open() as workspace:
        made = examples.add_example(
            workspace, concept_id, recording_id, options.from_ms, options.to_ms, kind, options.note
        )
    document = {
        "id": made.id, "concept": made.concept_id, "kind": made.kind.value, "recording": made.recording_id,
        "words": list(made.word_ids),
    }  # fmt: skip
    run.output.made(document, made.id)


def listing(run: Run) -> None:
    """Show the examples of a concept, or of the whole book."""
    concept_id = ConceptId(run.options.id) if run.options.id else None
    with run.open() as workspace:
        found = examples.list_examples(workspace, concept_id)
    if run.output.as_json:
        run.output.document([examples.example_document(one) for one in found])
        return
    for one in found:
        example = one.example
        kind = _("modeksempel") if example.kind is ExampleKind.COUNTER_EXAMPLE else _("eksempel")
        place = f"{format_clock_ms(example.start_ms)}–{format_clock_ms(example.end_ms + 999)}"
        run.output.say(f"{example.concept_id} · {kind} · {one.title} {place}  [{example.id}]")
        said = sentence(one.refusal) if one.refusal is not None else _("»{quote}«").format(quote=one.quote)
        for line in (said if one.quote or one.refusal is not None else "", one.note):
            if line:
                run.output.say(f"  {line}")
    if not found:
        run.output.say(_("Der er ingen eksempler endnu."))


def remove(run: Run) -> None:
    """Let a passage be an example no longer."""
    example_id = ExampleId(run.options.id)
    with run.open() as workspace:
        examples.remove_example(workspace, example_id)
    document: dict[str, Any] = {"removed": example_id}
    run.output.made(document, _("Eksemplet er fjernet. Samtalen er der stadig."))
