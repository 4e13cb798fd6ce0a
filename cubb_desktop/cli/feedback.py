"""`slot`: booked feedback."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from cubb_desktop.cli.opening import Run
from cubb_desktop.domain.feedback import Slot
from cubb_desktop.domain.ids import RecordingId, SlotId
from cubb_desktop.i18n import _, format_short_date, format_time
from cubb_desktop.services import feedback
from cubb_desktop.services.outfile import NewFile


def add(run: Run) -> None:
    """Book feedback and, if asked, write the calendar file; where that can't be written nothing is booked."""
    out: Path | None = run.options.ics
    if out is None:
        slot = _book(run)
    else:
        with NewFile(out) as file:
            slot = _book(run)
            file.write(feedback.slot_calendar(slot))
            file.keep()
    run.output.made(_document(slot), slot.id)


def _book(run: Run) -> Slot:
    options = run.options
    with run.open() as workspace:
        return feedback.book_slot(
            workspace,
            options.at,
            options.minutes,
            options.worker,
            options.partner,
            options.place,
            RecordingId(options.recording) if options.recording else None,
        )


def calendar(run: Run) -> None:
    """Write the calendar file of a booking."""
    with run.open() as workspace:
        slot = feedback.get_slot(workspace, SlotId(run.options.id))
    with NewFile(run.options.out) as file:
        file.write(feedback.slot_calendar(slot))
        file.keep()
    run.output.made(_document(slot), _("Gemt: {file}").format(file=run.options.out))


def listing(run: Run) -> None:
    """Show the bookings."""
    with run.open() as workspace:
        slots = feedback.list_slots(workspace)
    if run.output.as_json:
        run.output.document([_document(slot) for slot in slots])
        return
    rows = [(_when(s), s.worker, s.partner, s.place, s.id) for s in slots]
    run.output.table(rows, _("Der er ikke booket feedback endnu."))


def _when(slot: Slot) -> str:
    return _("{day} kl. {start}–{end}").format(
        day=format_short_date(slot.starts_at), start=format_time(slot.starts_at), end=format_time(slot.ends_at)
    )


def _document(slot: Slot) -> dict[str, Any]:
    return {
        "id": slot.id,
        "starts_at": slot.starts_at.isoformat(),
        "ends_at": slot.ends_at.isoformat(),
        "worker": slot.worker,
        "partner": slot.partner,
        "place": slot.place,
        "recording": slot.recording_id,
    }
