"""A conversation is recorded under everybody's agreement, with its marks, or leaves nothing."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable
from datetime import date
from typing import TypeVar

import pytest

from cubb_desktop.audio.recorder import Cut, Event, Failed, Level, LevelMeter, Marked, Started
from cubb_desktop.domain.consent import Consent, Purpose
from cubb_desktop.domain.errors import ConsentMissing, ConsentWithdrawn, InvalidInput, MicrophoneNotFound, NotYetStored
from cubb_desktop.domain.ids import ConsentId
from cubb_desktop.domain.recording import ConversationKind, MarkKind, Participant, RecordingState, Role, Source
from cubb_desktop.library import consents as agreements
from cubb_desktop.library import recordings as stored
from cubb_desktop.services import erasure, recordings
from cubb_desktop.services.consents import get_consent, withdraw_consent
from cubb_desktop.services.new_recordings import OwnerLock
from cubb_desktop.services.recording_live import LiveRecording, RecordingPlan, begin_recording
from cubb_desktop.services.workspace import Workspace
from tests import builders
from tests.services.sealed import assert_nothing_left, read_all
from tests.sound_server import SoundServer

PATIENCE_S = 20
E = TypeVar("E", bound=Event)


class Heard:
    """What the recorder told, for a test to wait on."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self._news = threading.Condition()

    def __call__(self, event: Event) -> None:
        with self._news:
            self.events.append(event)
            self._news.notify_all()

    def wait(self, kind: type[E], fits: Callable[[E], bool] = lambda _event: True) -> E:
        """Return the first event of a kind that fits, as soon as it is there."""

        def found() -> E | None:
            return next((event for event in self.events if isinstance(event, kind) and fits(event)), None)

        with self._news:
            assert self._news.wait_for(lambda: found() is not None, PATIENCE_S), self.events
        event = found()
        assert event is not None
        return event

    def wait_ms(self, position_ms: int) -> None:
        self.wait(Level, lambda level: level.position_ms >= position_ms)


@pytest.fixture
def heard() -> Heard:
    return Heard()


@pytest.fixture
def plan(workspace: Workspace, consent_id: ConsentId) -> RecordingPlan:
    return builders.plan(get_consent(workspace, consent_id))


def colleague(ws: Workspace, name: str = "Anders") -> Consent:
    """A colleague's agreement to be heard."""
    agreed = builders.consent(
        citizen=name, role=Role.COLLEAGUE, until=date(2036, 12, 31), purposes=frozenset({Purpose.OWN_LEARNING})
    )
    with ws.library.change("test", "consent.added", agreed.id) as change:
        agreements.add(change, agreed)
    return agreed


# --- beginning and ending --------------------------------------------------------------------------------------------


@pytest.mark.sound
def test_a_conversation_is_recorded(workspace: Workspace, plan: RecordingPlan, sound_server: SoundServer) -> None:
    live = begin_recording(workspace, plan)
    assert recordings.get_recording(workspace, live.recording.id).state is RecordingState.RECORDING
    with pytest.raises(NotYetStored):
        recordings.delete_recording(workspace, live.recording.id)
    kept = live.finish()
    assert (kept.state, kept.source, kept.rate_hz) == (RecordingState.STORED, Source.MICROPHONE, 48_000)
    assert live.failure is None
    assert len(read_all(workspace, kept)) * 1000 // 48_000 == kept.duration_ms >= 250
    assert recordings.peaks(workspace, kept.id).duration_ms == pytest.approx(kept.duration_ms, abs=20)
    lock = OwnerLock(workspace, kept.id).acquire()
    lock.release()


@pytest.mark.sound
def test_kind_and_everybody_present_are_kept_with_the_earliest_last_day(
    workspace: Workspace, consent_id: ConsentId, sound_server: SoundServer
) -> None:
    citizen, sitting_in = get_consent(workspace, consent_id), colleague(workspace)
    kept = begin_recording(workspace, builders.plan(sitting_in, citizen, kind=ConversationKind.OPEN_ROOM)).finish()
    assert kept.kind is ConversationKind.OPEN_ROOM
    assert kept.consent_id == consent_id
    assert kept.delete_after <= min(citizen.until, sitting_in.until)
    with workspace.library.read() as reading:
        assert stored.get_participants(reading, kept.id) == (
            Participant(Role.WORKER, workspace.actor),
            Participant(Role.COLLEAGUE, "Anders", sitting_in.id),
            Participant(Role.CITIZEN, "B-17", consent_id),
        )


@pytest.mark.sound
def test_a_meter_that_listens_is_taken_over(
    workspace: Workspace, plan: RecordingPlan, heard: Heard, sound_server: SoundServer
) -> None:
    meter = LevelMeter(None, heard)
    meter.start()
    heard.wait(Level)
    pid = meter._child.pid if meter._child is not None else None
    live = begin_recording(workspace, plan, meter=meter)
    assert live.recorder.pid == pid
    assert live.finish().state is RecordingState.STORED


@pytest.mark.sound
def test_an_abandoned_recording_is_forgotten(
    workspace: Workspace, plan: RecordingPlan, sound_server: SoundServer
) -> None:
    begin_recording(workspace, plan).abandon()
    assert_nothing_left(workspace)


@pytest.mark.sound
def test_what_was_withdrawn_while_it_was_recorded_is_not_kept(
    workspace: Workspace, plan: RecordingPlan, consent_id: ConsentId, sound_server: SoundServer
) -> None:
    live = begin_recording(workspace, plan)
    assert erasure.withdraw(workspace, consent_id).erased.busy == (live.recording.id,)
    with pytest.raises(ConsentWithdrawn):
        live.finish()
    assert_nothing_left(workspace)
    assert get_consent(workspace, consent_id).citizen == "B-17"
    erasure.erase_due(workspace)
    assert get_consent(workspace, consent_id).citizen == ""


@pytest.mark.sound
def test_a_recording_whose_recorder_was_killed_is_kept_as_interrupted(
    workspace: Workspace, plan: RecordingPlan, heard: Heard, sound_server: SoundServer
) -> None:
    live = begin_recording(workspace, plan, on_event=heard)
    live.recorder.mark(MarkKind.BOOKMARK, "før", "Mette")
    heard.wait(Marked)
    heard.wait_ms(500)
    assert live.recorder.pid is not None
    os.kill(live.recorder.pid, signal.SIGKILL)
    heard.wait(Failed)
    kept = live.finish()
    assert live.failure is not None
    assert live.failure.code == "CaptureFailed"
    assert kept.state is RecordingState.INTERRUPTED
    assert kept.duration_ms >= 500
    with workspace.library.read() as reading:
        assert [mark.text for mark in stored.get_marks(reading, kept.id)] == ["før"]


# --- the gate --------------------------------------------------------------------------------------------------------


def test_without_a_microphone_nothing_is_left(workspace: Workspace, consent_id: ConsentId) -> None:
    plan = builders.plan(get_consent(workspace, consent_id), device="findes ikke")
    with pytest.raises(MicrophoneNotFound):
        begin_recording(workspace, plan)
    assert_nothing_left(workspace)


def test_without_an_agreement_nothing_is_recorded(workspace: Workspace, consent_id: ConsentId) -> None:
    nobody = RecordingPlan(ConversationKind.CITIZEN_MEETING, ())
    with pytest.raises(ConsentMissing):
        begin_recording(workspace, nobody)
    citizen = get_consent(workspace, consent_id)
    unasked = Participant(Role.COLLEAGUE, "Anders")
    with pytest.raises(ConsentMissing):
        begin_recording(
            workspace, RecordingPlan(ConversationKind.OPEN_ROOM, (*builders.plan(citizen).participants, unasked))
        )
    assert_nothing_left(workspace)


def test_one_withdrawn_agreement_among_several_stops_the_start(workspace: Workspace, consent_id: ConsentId) -> None:
    citizen, sitting_in = get_consent(workspace, consent_id), colleague(workspace)
    withdraw_consent(workspace, sitting_in.id)
    with pytest.raises(ConsentWithdrawn):
        begin_recording(workspace, builders.plan(citizen, sitting_in, kind=ConversationKind.OPEN_ROOM))
    assert_nothing_left(workspace)


@pytest.mark.parametrize("kind", [ConversationKind.OPEN_ROOM, ConversationKind.MUS, ConversationKind.COMPANY_VISIT])
def test_a_kind_needs_its_people(workspace: Workspace, consent_id: ConsentId, kind: ConversationKind) -> None:
    with pytest.raises(InvalidInput):
        begin_recording(workspace, builders.plan(get_consent(workspace, consent_id), kind=kind))
    assert_nothing_left(workspace)


# --- while it runs ---------------------------------------------------------------------------------------------------


@pytest.mark.sound
def test_marks_are_stored_with_whose_they_are(
    workspace: Workspace, plan: RecordingPlan, heard: Heard, sound_server: SoundServer
) -> None:
    live = begin_recording(workspace, plan, on_event=heard)
    own = live.recorder.mark(MarkKind.BOOKMARK, "", "Mette")
    live.recorder.reword(own, "gribning?")
    note = live.recorder.mark(MarkKind.NOTE, "lang pause", "Anders")
    gone = live.recorder.mark(MarkKind.BOOKMARK, "ved en fejl", "Mette")
    live.recorder.forget_mark(gone)
    heard.wait(Marked, lambda marked: marked.id == note)
    kept = live.finish()
    with workspace.library.read() as reading:
        found = {mark.id: mark for mark in stored.get_marks(reading, kept.id)}
    assert {(mark.kind, mark.text, mark.author) for mark in found.values()} == {
        (MarkKind.BOOKMARK, "gribning?", "Mette"),
        (MarkKind.NOTE, "lang pause", "Anders"),
    }
    assert all(0 <= mark.at_ms <= kept.duration_ms for mark in found.values())


@pytest.mark.sound
def test_the_last_stretch_is_forgotten_with_its_marks(
    workspace: Workspace, plan: RecordingPlan, heard: Heard, sound_server: SoundServer
) -> None:
    live = begin_recording(workspace, plan, on_event=heard)
    heard.wait_ms(1_500)
    live.recorder.mark(MarkKind.BOOKMARK, "hemmeligt", "Mette")
    heard.wait(Marked)
    live.recorder.forget_last(1_000)
    cut = heard.wait(Cut)
    assert cut.dropped_ms == 1_000
    kept = live.finish()
    assert kept.duration_ms < cut.position_ms + 1_000 + 5_000
    with workspace.library.read() as reading:
        assert stored.get_marks(reading, kept.id) == []


@pytest.mark.sound
def test_a_spoken_agreement_is_the_first_segment(
    workspace: Workspace, consent_id: ConsentId, heard: Heard, sound_server: SoundServer
) -> None:
    plan = builders.plan(get_consent(workspace, consent_id), spoken=True)
    live = begin_recording(workspace, plan, on_event=heard)
    heard.wait_ms(500)
    spoken_ms = live.begin_talk()
    assert spoken_ms >= 500
    assert live.begin_talk() == spoken_ms  # pressed twice
    heard.wait(Started, lambda started: started.segment == 1)
    with workspace.library.read() as reading:
        assert stored.get(reading, live.recording.id).spoken_ms == spoken_ms  # before the end: a crash keeps it
    kept = live.finish()
    assert kept.spoken_ms == spoken_ms < kept.duration_ms
    with recordings.open_sound(workspace, kept.id) as reader:
        assert [seam * 1000 // reader.rate_hz for seam in reader.seams] == [spoken_ms]


@pytest.mark.sound
def test_the_machine_is_kept_awake_only_while_it_records(
    workspace: Workspace, plan: RecordingPlan, sound_server: SoundServer
) -> None:
    live: LiveRecording = begin_recording(workspace, plan)
    keeper = live.awake._thread
    assert keeper.is_alive()
    live.finish()
    assert not keeper.is_alive()
