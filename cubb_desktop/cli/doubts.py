"""`doubts`: the places of a transcript that are in doubt, in the order of time; words can be confirmed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cubb_desktop.cli.opening import Run
from cubb_desktop.domain import corrections
from cubb_desktop.domain.doubts import DOUBT_LABELS, LEAST_DOUBT, MOST_DOUBT, Doubt
from cubb_desktop.domain.doubts import doubts as queue_of
from cubb_desktop.domain.errors import InvalidInput
from cubb_desktop.domain.ids import RecordingId
from cubb_desktop.domain.reading import Sheet
from cubb_desktop.i18n import _, format_clock_ms, format_share
from cubb_desktop.services.corrections import Editing
from cubb_desktop.services.lines import sheet_of
from cubb_desktop.services.transcripts import get_transcript


def doubts(run: Run) -> None:
    """Show what is in doubt, after confirming what is named."""
    options = run.options
    below = run.settings.unsure_below if options.below is None else options.below / 100
    if not LEAST_DOUBT <= below <= MOST_DOUBT:
        least, most = format_share(LEAST_DOUBT), format_share(MOST_DOUBT)
        problem = _("Skriv en procent fra {least} til {most}.").format(least=least, most=most)
        raise InvalidInput(field="--below", problem=problem)
    recording_id = RecordingId(options.recording)
    with run.open() as workspace:
        if options.confirm:
            editing = Editing(workspace, recording_id)
            _confirm(editing, options.confirm, below)
        transcript = get_transcript(workspace, recording_id)
        sheet = sheet_of(workspace, transcript)
    _show(run, queue_of(transcript, below), sheet)


def _confirm(editing: Editing, names: list[str], below: float) -> None:
    known = {_name(one): one for one in queue_of(editing.transcript, below)}
    unknown = [name for name in names if name not in known or not known[name].words]
    if unknown:
        problem = _("»{name}« er ikke et sted med usikre ord. Se listen med »doubts«.").format(name=unknown[0])
        raise InvalidInput(field="--confirm", problem=problem)
    edit = corrections.confirm(editing.text, [word for name in names for word in known[name].words])
    if edit is not None:
        editing.do(edit).save()


def _show(run: Run, found: Sequence[Doubt], sheet: Sheet) -> None:
    if run.output.as_json:
        run.output.document([_document(one, sheet) for one in found])
        return
    rows = [
        (
            format_clock_ms(one.start_ms),
            _("linje {number}").format(number=_line(one, sheet)),
            f"»{one.said}«" if one.said else "(?)",
            _(DOUBT_LABELS[one.kind]) + (f" ({format_share(one.confidence)})" if one.confidence is not None else ""),
            f"[{_name(one)}]" if one.words else "",
        )
        for one in found
    ]
    run.output.table(rows, _("Der er ingen steder i tvivl."))


def _name(one: Doubt) -> str:
    """Return what a place is called on the command line: its first word's id, or when it begins."""
    return one.words[0] if one.words else str(one.start_ms)


def _line(one: Doubt, sheet: Sheet) -> str | None:
    stop = sheet.stop_of(one.words[0]) if one.words else sheet.nearest_stop(one.start_ms)
    return None if stop is None else sheet.rows[sheet.stops[stop].row].name


def _document(one: Doubt, sheet: Sheet) -> dict[str, Any]:
    return {
        "id": _name(one),
        "kind": one.kind.value,
        "line": _line(one, sheet),
        "start_ms": one.start_ms,
        "end_ms": one.end_ms,
        "said": one.said,
        "turn": one.turn_id,
        "words": list(one.words),
        "confidence": None if one.confidence is None else round(one.confidence, 4),
    }
