"""`search` and `collections`: find the same in several conversations, and gather the places."""

from __future__ import annotations

from typing import Any

from cubb_desktop.cli.opening import Run
from cubb_desktop.domain.collection import Collection, Passage
from cubb_desktop.domain.concordance import KwicLine, Mode, in_order
from cubb_desktop.domain.ids import RecordingId
from cubb_desktop.i18n import _, format_clock_ms, format_short_date, sentence
from cubb_desktop.services import collected, patterns, transcripts
from cubb_desktop.services.collected import Case
from cubb_desktop.services.recordings import get_recording

_BESIDE = 44  # characters on each side of a hit


# --- searching -------------------------------------------------------------------------------------------------------


def search(run: Run) -> None:
    """Show the turns that hold every word of the query, or each hit with what was said around it."""
    if run.options.kwic or run.options.exact or run.options.only:
        _concordance(run)
        return
    with run.open() as workspace:
        hits = transcripts.search(workspace, run.options.query, run.options.most)
        titles = {hit.recording_id: get_recording(workspace, hit.recording_id).title for hit in hits}
    if run.output.as_json:
        run.output.document(
            [
                {"recording": h.recording_id, "turn": h.turn_id, "start_ms": h.start_ms, "snippet": h.snippet}
                for h in hits
            ]
        )
        return
    rows = [(titles[h.recording_id], format_clock_ms(h.start_ms), h.snippet, h.recording_id) for h in hits]
    run.output.table(rows, _("Ingen samtaler indeholder det."))


def _concordance(run: Run) -> None:
    options = run.options
    mode = Mode.EXACT if options.exact else Mode.INFLECTED
    only = RecordingId(options.only) if options.only else None
    with run.open() as workspace:
        page = patterns.concordance(workspace, options.query, mode, most=options.most, recording_id=only)
    lines = in_order(page.lines, options.order)
    if run.output.as_json:
        document = [_line(line) for line in lines]
        run.output.document({"lines": document, "more": page.rest is not None} if options.kwic else document)
        return
    if not options.kwic:
        rows = [(line.title, format_clock_ms(line.turn_start_ms), _whole(line), line.recording_id) for line in lines]
        run.output.table(rows, _("Ingen samtaler indeholder det."))
        return
    for line in lines:
        before, after = line.before[-_BESIDE:].rjust(_BESIDE), line.after[:_BESIDE].ljust(_BESIDE)
        where = f"{format_clock_ms(line.turn_start_ms)}  {line.speaker}  {line.title}"
        run.output.say(f"{before}  {line.hit}  {after}  {where}".rstrip())
    if not lines:
        run.output.say(_("Ingen samtaler indeholder det."))
    elif page.rest is not None:
        run.output.say(_("Der er flere. Skriv et større tal efter --most."))


def _whole(line: KwicLine) -> str:
    return " ".join(part for part in (line.before, line.hit, line.after) if part)


def _line(line: KwicLine) -> dict[str, Any]:
    return {
        "recording": line.recording_id,
        "title": line.title,
        "turn": line.turn_id,
        "start_ms": line.turn_start_ms,
        "speaker": line.speaker,
        "word": line.found.first,
        "before": line.before,
        "hit": line.hit,
        "after": line.after,
        "snippet": _whole(line),
    }


# --- collections -----------------------------------------------------------------------------------------------------


def collections(run: Run) -> None:
    """Show the collections."""
    with run.open() as workspace:
        found = collected.list_collections(workspace)
    if run.output.as_json:
        run.output.document([_collection(one) for one in found])
        return
    rows = [(one.name, one.question.replace("\n", " "), one.id) for one in found]
    run.output.table(rows, _("Der er ingen samlinger endnu."))


def add_collection(run: Run) -> None:
    """Begin a collection."""
    with run.open() as workspace:
        made = collected.add_collection(workspace, run.options.name, run.options.question or "")
    run.output.made(_collection(made), made.id)


def change_collection(run: Run) -> None:
    """Give a collection another name or question."""
    options = run.options
    with run.open() as workspace:
        known = collected.get_collection(workspace, options.collection)
        name = known.name if options.name is None else options.name
        question = known.question if options.question is None else options.question
        changed = collected.word_collection(workspace, known.id, name, question)
    run.output.made(_collection(changed), _("Samlingen hedder »{name}«.").format(name=changed.name))


def show_collection(run: Run) -> None:
    """Show a collection's passages in order; why one may not be shown stands in its place."""
    with run.open() as workspace:
        known = collected.get_collection(workspace, run.options.collection)
        found = collected.shelf(workspace, known.id)
    if run.output.as_json:
        run.output.document({**_collection(found.collection), "passages": [_case(case) for case in found.cases]})
        return
    run.output.say(found.collection.name)
    if found.collection.question:
        run.output.say(found.collection.question)
    for number, case in enumerate(found.cases, 1):
        _say(run, number, case)
    if not found.cases:
        run.output.say(_("Ingen steder endnu."))


def _say(run: Run, number: int, case: Case) -> None:
    passage = case.passage
    times = f"{format_clock_ms(passage.start_ms)}–{format_clock_ms(passage.end_ms)}"
    said = _("afvigende")
    deviant = f"  ({said})" if passage.deviant else ""
    run.output.say()
    run.output.say(f"{number}. {times}  {format_short_date(case.recorded_at)}  {case.title}{deviant}  [{passage.id}]")
    run.output.say("   " + (sentence(case.refused) if case.refused is not None else case.quote))
    if passage.note and case.refused is None:
        run.output.say("   " + _("Note: {note}").format(note=" ".join(passage.note.split())))


def delete_collection(run: Run) -> None:
    """Delete a collection; the conversations stay."""
    with run.open() as workspace:
        known = collected.get_collection(workspace, run.options.collection)
        gone = collected.remove_collection(workspace, known.id)
    run.output.made(_collection(gone), _("Samlingen »{name}« er slettet.").format(name=gone.name))


# --- passages --------------------------------------------------------------------------------------------------------


def add_passage(run: Run) -> None:
    """Put a passage into a collection."""
    options = run.options
    with run.open() as workspace:
        into = collected.get_collection(workspace, options.collection)
        stretch = (RecordingId(options.recording), options.from_ms, options.to_ms)
        made = collected.add_passage(workspace, into.id, *stretch, note=options.note, deviant=options.deviant)
    run.output.made(_passage(made), made.id)


def remove_passage(run: Run) -> None:
    """Take a passage out of its collection."""
    with run.open() as workspace:
        known = collected.get_passage(workspace, run.options.id)
        collected.remove_passage(workspace, known.id)
    run.output.made({"id": known.id}, _("Stedet er taget ud af samlingen."))


def order_passage(run: Run) -> None:
    """Let a passage stand at another place in its collection."""
    with run.open() as workspace:
        known = collected.get_passage(workspace, run.options.id)
        collected.move_passage(workspace, known.id, run.options.position - 1)
        cases = collected.shelf(workspace, known.collection_id).cases
    document = {"id": known.id, "order": [case.passage.id for case in cases]}
    run.output.made(document, _("Stedet er flyttet."))


def note_passage(run: Run) -> None:
    """Write a note about a passage."""
    with run.open() as workspace:
        known = collected.get_passage(workspace, run.options.id)
        changed = collected.set_passage(workspace, known.id, note=run.options.text)
    run.output.made(_passage(changed), _("Noten er gemt.") if changed.note else _("Noten er fjernet."))


def mark_deviant(run: Run) -> None:
    """Say whether a passage goes against the pattern."""
    with run.open() as workspace:
        known = collected.get_passage(workspace, run.options.id)
        changed = collected.set_passage(workspace, known.id, deviant=not run.options.no)
    told = _("Stedet er et afvigende tilfælde.") if changed.deviant else _("Stedet er ikke et afvigende tilfælde.")
    run.output.made(_passage(changed), told)


def _collection(one: Collection) -> dict[str, Any]:
    return {
        "id": one.id,
        "name": one.name,
        "question": one.question,
        "author": one.author,
        "created_at": one.created_at.isoformat(),
    }


def _passage(passage: Passage) -> dict[str, Any]:
    return {
        "id": passage.id,
        "collection": passage.collection_id,
        "recording": passage.recording_id,
        "start_ms": passage.start_ms,
        "end_ms": passage.end_ms,
        "words": list(passage.word_ids),
        "deviant": passage.deviant,
        "note": passage.note,
        "author": passage.author,
    }


def _case(case: Case) -> dict[str, Any]:
    """Return a passage with what is said in it; of one that may not be opened only that, and why."""
    if case.refused is not None:
        row = {"id": case.passage.id, "collection": case.passage.collection_id, "recording": case.passage.recording_id}
        return {**row, "refused": case.refused.code}
    return {**_passage(case.passage), "title": case.title, "quote": case.quote, "refused": None}
