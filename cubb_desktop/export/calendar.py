"""A booking as iCalendar (RFC 5545), as Outlook and others read it."""

from __future__ import annotations

from datetime import UTC

from icalendar import Calendar, Event

from cubb_desktop.domain.feedback import Slot

PRODUCT = "-//CUBB//CUBB Desktop//DA"


def calendar_of(slot: Slot, summary: str, description: str) -> bytes:
    """The booking as one VEVENT in UTC, with a steady UID so that a changed booking replaces the old one."""
    event = Event()
    event.add("uid", f"{slot.id}@cubb-desktop")
    event.add("dtstamp", slot.created_at.astimezone(UTC))
    event.add("dtstart", slot.starts_at.astimezone(UTC))
    event.add("dtend", slot.ends_at.astimezone(UTC))
    event.add("sequence", slot.sequence)
    event.add("summary", summary)
    event.add("description", description)
    if slot.place:
        event.add("location", slot.place)
    event.add("class", "PRIVATE")
    event.add("status", "CONFIRMED")
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add_component(event)
    content: bytes = calendar.to_ical()
    return content
