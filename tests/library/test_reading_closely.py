"""The rows of close reading: concepts, annotations, excerpts, exports, bookings."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from cubb_desktop.domain.errors import ConceptNotFound, ExcerptNotFound, NotFound
from cubb_desktop.domain.ids import AnnotationId, ConceptId, ExcerptId, SlotId, WordId
from cubb_desktop.library import annotations as marks
from cubb_desktop.library import bookings, codebook, packs
from cubb_desktop.library.session import Library
from cubb_desktop.library.zones import in_zone, zone_name
from tests import builders
from tests.builders import ACTOR, MORNING

# --- the concept book ------------------------------------------------------------------------------------------------


def test_the_book_keeps_its_order_and_its_words(library: Library) -> None:
    first, second = builders.concept(), builders.concept(id=ConceptId("pauser"), name_da="Pauser", starter=False)
    with library.change(ACTOR, "concept.added") as change:
        codebook.put(change, first)
        codebook.put(change, second)
    assert change.changes.concepts
    changed = replace(first, definition_da="Om nogen griber det.")
    with library.change(ACTOR, "concept.changed", "gribning") as change:
        codebook.put(change, changed)
    with library.read() as reading:
        assert codebook.all(reading) == [changed, second]
        assert codebook.get(reading, second.id) == second
        with pytest.raises(ConceptNotFound):
            codebook.get(reading, ConceptId("findes-ikke"))


# --- annotations -----------------------------------------------------------------------------------------------------


def test_annotations_come_back_in_order_of_time_with_their_words(library: Library) -> None:
    recording = builders.stored_recording(library)
    words = tuple(WordId(f"ord {n}") for n in (3, 1, 2))
    late = builders.annotation(recording.id, start_ms=9_000, end_ms=9_500, word_ids=words)
    early = builders.annotation(recording.id, note="æøå 😀")
    with library.change(ACTOR, "annotation.added") as change:
        codebook.put(change, builders.concept())
        marks.add(change, late)
        marks.add(change, early)
    assert change.changes.annotations == {recording.id}
    with library.read() as reading:
        assert marks.all(reading, recording.id, seen_by=ACTOR) == [early, late]
        assert marks.all(reading, builders.recording().id, seen_by=ACTOR) == []


def test_a_removed_annotation_is_gone_once(library: Library) -> None:
    recording = builders.stored_recording(library)
    mark = builders.annotation(recording.id, word_ids=(WordId("a"),))
    with library.change(ACTOR, "annotation.added") as change:
        codebook.put(change, builders.concept())
        marks.add(change, mark)
    with library.change(ACTOR, "annotation.removed", mark.id) as change:
        marks.remove(change, mark.id)
    assert change.changes.annotations == {recording.id}
    with library.read() as reading:
        assert marks.all(reading, recording.id, seen_by=ACTOR) == []
    with pytest.raises(NotFound), library.change(ACTOR, "annotation.removed") as change:
        marks.remove(change, AnnotationId(mark.id))


def test_an_annotation_needs_its_concept_and_its_recording(library: Library) -> None:
    recording = builders.stored_recording(library)
    with pytest.raises(sa.exc.IntegrityError), library.change(ACTOR, "annotation.added") as change:
        marks.add(change, builders.annotation(recording.id))
    with library.change(ACTOR, "concept.added") as change:
        codebook.put(change, builders.concept())
    with pytest.raises(sa.exc.IntegrityError), library.change(ACTOR, "annotation.added") as change:
        marks.add(change, builders.annotation(builders.recording().id))


# --- excerpts and exports --------------------------------------------------------------------------------------------


def test_excerpts_come_back_newest_first(library: Library) -> None:
    one, two = builders.stored_recording(library), builders.stored_recording(library)
    old = builders.excerpt(one.id, title="Om praktik æøå")
    new = builders.excerpt(two.id, created_at=MORNING + timedelta(hours=1))
    with library.change(ACTOR, "excerpt.added") as change:
        packs.add_excerpt(change, old)
        packs.add_excerpt(change, new)
    assert change.changes.excerpts
    with library.read() as reading:
        assert packs.all_excerpts(reading) == [new, old]
        assert packs.all_excerpts(reading, one.id) == [old]
        assert packs.get_excerpt(reading, old.id) == old
        with pytest.raises(ExcerptNotFound):
            packs.get_excerpt(reading, ExcerptId("findes ikke"))


def test_the_register_of_exports_keeps_every_line(library: Library) -> None:
    recording = builders.stored_recording(library)
    passage = builders.excerpt(recording.id)
    first = builders.export_entry(recording.id, recording.consent_id, excerpt_id=passage.id)
    second = builders.export_entry(recording.id, recording.consent_id, exported_at=MORNING + timedelta(hours=1))
    with library.change(ACTOR, "excerpt.exported") as change:
        packs.add_export(change, first)
        packs.add_export(change, second)
    assert change.changes.exports
    with library.read() as reading:
        assert packs.all_exports(reading) == [second, first]
        assert packs.all_exports(reading, recording.id) == [second, first]
        assert packs.all_exports(reading, builders.recording().id) == []


# --- bookings --------------------------------------------------------------------------------------------------------


def test_bookings_keep_the_zone_they_were_made_in(library: Library) -> None:
    copenhagen = ZoneInfo("Europe/Copenhagen")
    summer = builders.slot(
        starts_at=datetime(2027, 7, 1, 10, tzinfo=copenhagen), ends_at=datetime(2027, 7, 1, 10, 45, tzinfo=copenhagen)
    )
    sooner = builders.slot(recording_id=builders.stored_recording(library).id)
    with library.change(ACTOR, "slot.booked") as change:
        bookings.add(change, summer)
        bookings.add(change, sooner)
    assert change.changes.slots
    with library.read() as reading:
        assert bookings.all(reading) == [sooner, summer]
        kept = bookings.get(reading, summer.id)
        assert (kept.starts_at.hour, str(kept.starts_at.tzinfo)) == (10, "Europe/Copenhagen")
        with pytest.raises(NotFound):
            bookings.get(reading, SlotId("findes ikke"))


@pytest.mark.parametrize("zone", [UTC, timezone(timedelta(hours=5, minutes=30)), ZoneInfo("Europe/Copenhagen")])
def test_a_time_comes_back_in_its_zone(zone: timezone | ZoneInfo) -> None:
    time = datetime(2027, 7, 1, 10, tzinfo=zone)
    back = in_zone(time.astimezone(UTC), zone_name(time))
    assert back == time
    assert back.utcoffset() == time.utcoffset()


def test_a_zone_this_machine_does_not_know_becomes_utc_and_no_zone_is_a_bug() -> None:
    assert in_zone(MORNING, "Mars/Olympus") == MORNING
    with pytest.raises(ValueError, match="zone"):
        zone_name(datetime(2027, 7, 1, 10))  # noqa: DTZ001 - that is what is refused


def test_times_without_zone_never_reach_the_library(library: Library) -> None:
    with pytest.raises(sa.exc.StatementError, match="zone"), library.change(ACTOR, "slot.booked") as change:
        bookings.add(change, builders.slot(created_at=datetime(2027, 7, 1, 10)))  # noqa: DTZ001 - the same
