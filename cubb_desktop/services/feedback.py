"""Booked feedback: who listens with whom, and when; and the booking as a calendar entry."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

from cubb_desktop.domain.consent import Purpose, Use
from cubb_desktop.domain.errors import InvalidInput
from cubb_desktop.domain.feedback import Slot
from cubb_desktop.domain.ids import RecordingId, SlotId
from cubb_desktop.export.calendar import calendar_of
from cubb_desktop.i18n import _
from cubb_desktop.library import bookings
from cubb_desktop.services.gate import gate_in
from cubb_desktop.services.workspace import Workspace

LONGEST_MINUTES = 8 * 60
LONGEST_NAME = 120


def book_slot(
    ws: Workspace,
    starts_at: datetime,
    minutes: int,
    worker: str,
    partner: str,
    place: str = "",
    recording_id: RecordingId | None = None,
) -> Slot:
    """Book one feedback meeting. `starts_at` without a zone is meant in this machine's; raises InvalidInput.

    A conversation is only booked to be heard where all who are heard agreed to feedback, by this partner where they
    named any; raises RecordingNotFound and NotAllowed.
    """
    worker, partner, place = (" ".join(text.split()) for text in (worker, partner, place))
    _check(minutes, worker, partner, place)
    starts_at = starts_at.astimezone()
    slot = Slot(
        id=SlotId(str(uuid.uuid4())),
        starts_at=starts_at,
        ends_at=starts_at + timedelta(minutes=minutes),
        worker=worker,
        partner=partner,
        place=place,
        recording_id=recording_id,
        author=ws.actor,
        created_at=ws.clock(),
    )
    with ws.library.change(ws.actor, "slot.booked", slot.id) as change:
        if recording_id is not None:
            gate_in(change, recording_id, Use.SHARE, Purpose.FEEDBACK, partner)
        bookings.add(change, slot)
    return slot


def list_slots(ws: Workspace) -> list[Slot]:
    """Every booking in order of time."""
    with ws.library.read() as reading:
        return bookings.all(reading)


def get_slot(ws: Workspace, slot_id: SlotId) -> Slot:
    """One booking; raises NotFound."""
    with ws.library.read() as reading:
        return bookings.get(reading, slot_id)


def slot_calendar(slot: Slot) -> bytes:
    """The booking as an iCalendar file; it names the two people and the time, nothing of the conversation."""
    summary = _("Feedback: {worker} og {partner}").format(worker=slot.worker, partner=slot.partner)
    description = _("Hvad skete der? Hvorfor? Hvad lagde jeg mærke til? Vi evaluerer ikke.")
    return calendar_of(slot, summary, description)


def _check(minutes: int, worker: str, partner: str, place: str) -> None:
    if not 0 < minutes <= LONGEST_MINUTES:
        problem = _("Vælg mellem 1 og {most} minutter.").format(most=LONGEST_MINUTES)
        raise InvalidInput(field=_("Varighed"), problem=problem)
    if not worker or not partner:
        raise InvalidInput(field=_("Hvem"), problem=_("Skriv begge navne."))
    if worker.casefold() == partner.casefold():
        raise InvalidInput(field=_("Hvem"), problem=_("Feedback kræver to forskellige personer."))
    if max(map(len, (worker, partner, place))) > LONGEST_NAME:
        raise InvalidInput(field=_("Hvem"), problem=_("Brug højst {most} tegn.").format(most=LONGEST_NAME))
