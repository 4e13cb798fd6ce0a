"""Record a conversation from a microphone: under everybody's agreement, and kept whatever happens to this process."""

from __future__ import annotations

import threading
from contextlib import ExitStack
from dataclasses import dataclass, replace

from cubb_desktop.audio.journal import read_marks
from cubb_desktop.audio.recorder import (
    Event,
    Failed,
    LevelMeter,
    OnEvent,
    RecordedSound,
    Recorder,
    Segmented,
    Stopped,
    fault,
)
from cubb_desktop.domain.consent import Use
from cubb_desktop.domain.errors import CaptureFailed, ConsentWithdrawn, CubbError
from cubb_desktop.domain.recording import ConversationKind, Mark, Participant, Recording, RecordingState, Role, Source
from cubb_desktop.library import recordings
from cubb_desktop.services.awake import Awake
from cubb_desktop.services.gate import gate_start
from cubb_desktop.services.keeping import kept_one
from cubb_desktop.services.new_recordings import OwnerLock, begin, new_recording, undo, usual_title
from cubb_desktop.services.workspace import Workspace

_SEGMENT_TIMEOUT_S = 10.0


@dataclass(frozen=True, slots=True)
class RecordingPlan:
    """What is to be recorded: `participants` are all who are present besides the one who records, each by an agreement.

    `device` None is the system's own choice; `spoken` tells that the first segment is an agreement given aloud.
    """

    kind: ConversationKind
    participants: tuple[Participant, ...]
    title: str = ""
    device: str | None = None
    channels: int = 1
    spoken: bool = False


class LiveRecording:
    """A conversation that is being recorded; ends with `finish` or `abandon`. The machine is kept awake meanwhile."""

    def __init__(self, ws: Workspace, recording: Recording, lock: OwnerLock, key: bytes, plan: RecordingPlan) -> None:
        """Use `begin_recording`."""
        self.recording = recording
        self.plan = plan
        self.awake = Awake()
        self.sound: RecordedSound | None = None  # what it came to, when it has ended
        self.recorder: Recorder
        self._ws, self._lock, self._key = ws, lock, key
        self._on_event: OnEvent = lambda _event: None
        self._segmented = threading.Event()
        self._talk_from_ms: int | None = None

    def _start(self, on_event: OnEvent | None, meter: LevelMeter | None) -> None:
        if on_event is not None:
            self._on_event = on_event
        plan = self.plan
        self.recorder = Recorder(
            self._ws.audio_folder, self.recording.id, self._key, plan.device, self._take, channels=plan.channels
        )
        with ExitStack() as unless_started:
            unless_started.enter_context(self.awake)  # it takes its time while the first sound is waited for
            started = self.recorder.start(meter)
            unless_started.pop_all()
        self.recording = replace(self.recording, rate_hz=started.rate_hz, channels=started.channels)

    def _take(self, event: Event) -> None:
        """Runs in the recorder's thread."""
        if isinstance(event, Segmented):
            self._talk_from_ms = event.position_ms
        if isinstance(event, Segmented | Failed | Stopped):
            self._segmented.set()
        self._on_event(event)

    @property
    def failure(self) -> CubbError | None:
        """What ended the recording by itself, if something did; what was on disk is kept all the same."""
        failed = self.recorder.failure
        return fault(failed.code) if failed is not None else None

    @property
    def spoken_ms(self) -> int:
        """How much of the beginning is the agreement that was given aloud; 0 while it is still being given."""
        return self._talk_from_ms or 0

    def begin_talk(self) -> int:
        """End the spoken agreement and go on with the conversation, without a frame between; return where that is.

        Returns when the agreement is sealed and noted; not for the main thread of a window.
        """
        if self._talk_from_ms is None:
            self._segmented.clear()
            self.recorder.next_segment()
            self._segmented.wait(_SEGMENT_TIMEOUT_S)
            with self._ws.library.change(self._ws.actor, "recording.agreed", self.recording.id) as change:
                recordings.update(change, self.recording, spoken_ms=self.spoken_ms)
        return self.spoken_ms

    def finish(self) -> Recording:
        """Stop and keep what was recorded: STORED, or INTERRUPTED when a fault had ended it (see `failure`).

        Raises that fault when nothing at all was stored, and `ConsentWithdrawn` when somebody who is heard took the
        agreement back meanwhile; the recording is then gone.
        """
        try:
            sound = self.sound = self.recorder.stop()
        finally:
            self.awake.__exit__(None, None, None)
        if not sound.frames:
            undo(self._ws, self.recording.id, self._lock)
            raise self.failure or CaptureFailed
        if kept_one(self._ws, self.recording.id).withdrawn:
            undo(self._ws, self.recording.id, self._lock)
            raise ConsentWithdrawn
        duration_ms = sound.frames * 1000 // sound.rate_hz
        state = RecordingState.STORED if sound.failure is None else RecordingState.INTERRUPTED
        marks = merged_marks(self._ws, self.recording, duration_ms)
        with self._ws.library.change(self._ws.actor, "recording.recorded", self.recording.id) as change:
            if marks is not None:
                recordings.put_marks(change, self.recording.id, marks)
            self.recording = recordings.update(
                change,
                self.recording,
                state=state,
                duration_ms=duration_ms,
                rate_hz=sound.rate_hz,
                channels=sound.channels,
                spoken_ms=min(self.spoken_ms, duration_ms),
            )
        self._lock.release()
        return self.recording

    def abandon(self) -> None:
        """Stop and forget what was recorded."""
        try:
            self.recorder.stop()
        finally:
            self.awake.__exit__(None, None, None)
        undo(self._ws, self.recording.id, self._lock)


def begin_recording(
    ws: Workspace, plan: RecordingPlan, *, on_event: OnEvent | None = None, meter: LevelMeter | None = None
) -> LiveRecording:
    """Record under everybody's valid agreement; returns when the first sound is on disk.

    A `meter` that listens to the same microphone is taken over, which is quicker; one that was armed when the person
    pressed gives what was said since, if everybody has agreed, and else forgets it. Either way it is over.

    `on_event` is called from the recorder's own thread. Raises the `NotAllowed` family, `InvalidInput` (nobody of a
    role that such a conversation needs), `MicrophoneNotFound`, `SoundSystemMissing`, `DiskFull`, `FolderReadOnly`,
    `CaptureFailed`: nothing is then left.
    """
    with ExitStack() as unless_begun:
        if meter is not None:
            unless_begun.callback(meter.stop)
        agreed = gate_start(ws, [person.consent_id for person in plan.participants], Use.RECORD)
        title = plan.title.strip() or usual_title(ws.today())
        recording = new_recording(ws, agreed, title, Source.MICROPHONE, plan.kind)
        lock, key = begin(ws, recording, (Participant(Role.WORKER, ws.actor), *plan.participants))
        unless_begun.pop_all()  # from here on the recorder takes the meter over
    live = LiveRecording(ws, recording, lock, key, plan)
    with ExitStack() as unless_started:
        unless_started.callback(undo, ws, recording.id, lock)
        live._start(on_event, meter)
        unless_started.pop_all()
    return live


def merged_marks(ws: Workspace, recording: Recording, duration_ms: int) -> list[Mark] | None:
    """Return the marks in a recording's journal, none beyond its sound; None where the journal can't be trusted."""
    try:
        found = read_marks(ws.audio_folder, recording.id, ws.keys.get(recording.id))
    except CubbError:
        return None
    return [replace(mark, at_ms=min(mark.at_ms, duration_ms)) for mark in found]
