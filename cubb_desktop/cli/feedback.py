"""`slot`: booked feedback."""

from __future__ import annotations

from typing import Any

from cubb_desktop.cli.opening import Run
from cubb_desktop.domain.errors import TargetExists, TargetUnwritable
from cubb_desktop.domain.feedback import Slot
from cubb_desktop.domain.ids import RecordingId
from cubb_desktop.i18n import _, format_day
from cubb_desktop.services import feedback


def add(run: Run) -> None:
    """Book feedback and, if asked, write the calendar file."""
    options = run.options
    if options.ics is not None and options.ics.exists():
        raise TargetExists
    with run.open() as workspace:
        slot = feedback.book_slot(
            workspace,
            options.at,
            options.minutes,
            options.worker,
            options.partner,
            options.place,
            RecordingId(options.recording) if options.recording else None,
        )
    if options.ics is not None:
        try:
            options.ics.write_bytes(feedback.slot_calendar(slot))
        except OSError:
            raise TargetUnwritable from None
    run.output.made(_document(slot), slot.id)


def listing(run: Run) -> None:
    """Show the bookings."""
    with run.open() as workspace:
        slots = feedback.list_slots(workspace)
    if run.output.as_json:
        run.output.document([_document(slot) for slot in slots])
        return
    rows = [(format_day(s.starts_at), s.worker, s.partner, s.place, s.id) for s in slots]
    run.output.table(rows, _("Der er ikke booket feedback endnu."))


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
