"""Booked feedback, and the calendar file of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from icalendar import Calendar

from cubb_desktop.domain.errors import InvalidInput, RecordingNotFound
from cubb_desktop.domain.ids import RecordingId, SlotId
from cubb_desktop.services import feedback
from cubb_desktop.services.workspace import Workspace
from tests import builders

STARTS = datetime(2036, 12, 3, 10, 0, tzinfo=timezone(timedelta(hours=1)))
GOLDEN = Path(__file__).parents[1] / "golden" / "slot.ics"


def test_a_slot_is_booked_and_listed_in_order_of_time(workspace: Workspace) -> None:
    later = feedback.book_slot(workspace, STARTS + timedelta(days=1), 30, "Mette", "Anders")
    first = feedback.book_slot(workspace, STARTS, 45, " Mette  Holm ", "Anders", "Lokale 3")
    assert [slot.id for slot in feedback.list_slots(workspace)] == [first.id, later.id]
    assert first.worker == "Mette Holm"
    assert first.ends_at - first.starts_at == timedelta(minutes=45)
    assert feedback.get_slot(workspace, first.id).starts_at == STARTS


@pytest.mark.parametrize(
    ("minutes", "worker", "partner"),
    [(0, "A", "B"), (481, "A", "B"), (30, " ", "B"), (30, "A", "a"), (30, "A" * 121, "B")],
)
def test_a_slot_that_makes_no_sense_is_refused(workspace: Workspace, minutes: int, worker: str, partner: str) -> None:
    with pytest.raises(InvalidInput):
        feedback.book_slot(workspace, STARTS, minutes, worker, partner)
    assert feedback.list_slots(workspace) == []


def test_a_slot_about_an_unknown_recording_is_refused(workspace: Workspace) -> None:
    with pytest.raises(RecordingNotFound):
        feedback.book_slot(workspace, STARTS, 30, "A", "B", recording_id=RecordingId(builders.new_id()))


def test_the_calendar_file_is_the_golden_one() -> None:
    slot = builders.slot(
        id=SlotId("00000000-0000-4000-8000-00000000000a"),
        starts_at=STARTS,
        ends_at=STARTS + timedelta(minutes=45),
        created_at=datetime(2036, 11, 1, 8, 0, tzinfo=UTC),
        place="Lokale 3; østfløjen",
    )
    assert feedback.slot_calendar(slot) == GOLDEN.read_bytes()


def test_a_calendar_program_reads_the_file_back() -> None:
    slot = builders.slot(starts_at=STARTS, ends_at=STARTS + timedelta(minutes=30), place="")
    (event,) = Calendar.from_ical(feedback.slot_calendar(slot)).walk("VEVENT")
    assert event.decoded("DTSTART") == STARTS
    assert "LOCATION" not in event
    assert "Mette" in str(event["SUMMARY"])
