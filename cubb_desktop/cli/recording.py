"""`record`, `recordings recover`, `marks`: a conversation recorded, found again after a crash, and what was noticed."""

from __future__ import annotations

import os
import queue
import signal
import stat
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from cubb_desktop.audio import device
from cubb_desktop.audio.recorder import (
    SILENT_DB,
    Cut,
    DiskLow,
    Event,
    Failed,
    Gap,
    Level,
    Moved,
    Paused,
    Started,
    Stopped,
)
from cubb_desktop.cli.opening import Run
from cubb_desktop.cli.output import warn
from cubb_desktop.cli.policy import warn_of_open_basis
from cubb_desktop.domain.errors import ConsentMissing, InvalidInput, MicrophoneNotFound, MicrophoneUnknown
from cubb_desktop.domain.ids import ConsentId, RecordingId
from cubb_desktop.domain.recording import Mark, MarkKind, Recording, RecordingState
from cubb_desktop.i18n import _, format_clock_ms, format_day, format_number, sentence
from cubb_desktop.services import noticed, recovery
from cubb_desktop.services.consents import get_consent
from cubb_desktop.services.new_recordings import participant_of
from cubb_desktop.services.recording_live import LiveRecording, RecordingPlan, begin_recording
from cubb_desktop.services.recordings import delete_recording, get_recording
from cubb_desktop.services.workspace import Workspace

_MINUTE_MS, _SILENT_MS = 60_000, 10_000
_LEAST_DB, _BARS = -60.0, 12


def plan_of(run: Run, ws: Workspace) -> RecordingPlan:
    """Return what the options ask for; each agreement knows its person and role. Raises the `NotAllowed` family."""
    options = run.options
    if not options.consent:
        raise ConsentMissing
    agreed = [get_consent(ws, ConsentId(given)) for given in options.consent]
    return RecordingPlan(
        kind=options.kind,
        participants=tuple(participant_of(consent) for consent in agreed),
        title=options.title or "",
        device=options.device or run.settings.microphone,
        spoken=options.spoken_agreement,
    )


def record(run: Run) -> int:
    """Record until the given seconds have passed, Enter is pressed or Ctrl+C comes; what was recorded is kept.

    Returns the exit code of what ended it by itself, if something did.
    """
    seconds = run.options.seconds
    if run.options.spoken_agreement and not _can_type():
        problem = _("Her kan der ikke skrives v, når aftalen er givet. Start optagelsen i en terminal.")
        raise InvalidInput(field="--spoken-agreement", problem=problem)
    console = _Console(None if seconds is None else seconds * 1000)
    with run.open() as workspace, _obeying_sigterm(console):
        live = _begin(workspace, plan_of(run, workspace), console)
        warn_of_open_basis(workspace)
        console.explain(spoken=live.plan.spoken)
        threading.Thread(target=console.read_lines, daemon=True, name="lines").start()
        try:
            while console.obey(live):
                pass
        except KeyboardInterrupt:
            warn(_("Stopper og gemmer."))
        console.done()
        console.tell_of_silence()
        recording = live.finish()
        document = _recorded(workspace, live, recording)
    if live.failure is not None:
        warn(sentence(live.failure))
        warn(
            _("Det, der blev optaget, er gemt. Behold det med »recordings recover {id} --keep«.").format(
                id=recording.id
            )
        )
        return live.failure.exit_code
    run.output.made(document, recording.id)
    return 0


def _can_type() -> bool:
    """Whether words can come on stdin while it records: from a terminal, or from a program through a pipe."""
    if sys.stdin is None:
        return False
    with suppress(OSError, ValueError):
        mode = os.fstat(sys.stdin.fileno()).st_mode
        return sys.stdin.isatty() or stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode)
    return False


def _begin(ws: Workspace, plan: RecordingPlan, console: _Console) -> LiveRecording:
    """Begin to record; where only the one microphone that was asked for is missing, the fault says so."""
    try:
        return begin_recording(ws, plan, on_event=console.on_event)
    except MicrophoneNotFound:
        device.refresh()  # what this process has seen of the sound card may be older than what the child looked at
        found = device.inputs()
        if plan.device and found and not any(plan.device in (one.id, one.name) for one in found):
            raise MicrophoneUnknown(device=plan.device) from None
        raise


@contextmanager
def _obeying_sigterm(console: _Console) -> Iterator[None]:
    """Stop and keep what was recorded when the program is told to end, instead of dying of it."""
    before = signal.signal(signal.SIGTERM, lambda *_: console.stop())
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


class _Console:
    """What the person types and the recorder tells, in one queue; the status line on a terminal."""

    def __init__(self, least_ms: float | None) -> None:
        self._least_ms = float("inf") if least_ms is None else least_ms
        self._words: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._terminal = sys.stderr.isatty()
        self._position_ms = 0
        self._paused = False
        self._shown = 0
        self._heard = self._told_of_silence = False

    def explain(self, *, spoken: bool) -> None:
        """Say what can be typed."""
        warn(_("Optager. Enter eller Ctrl+C stopper."))
        if self._terminal:
            warn(_("p: pause og videre · b ORD: mærke · f N: glem de sidste N minutter (hver med Enter)"))
        if spoken:
            warn(_("Aftalen optages først. Skriv v og Enter, når samtalen begynder."))

    def read_lines(self) -> None:
        """Put what is typed into the queue, from a pipe as from a terminal; runs in a thread.

        When there will be no more, it stops, unless it stops by itself later.
        """
        with suppress(OSError, ValueError):
            for line in sys.stdin or ():
                self._words.put(line.strip())
        if self._least_ms == float("inf"):
            self.stop()

    def stop(self) -> None:
        """Let the recording end; any thread and a signal may say so."""
        self._words.put("")

    def on_event(self, event: Event) -> None:
        """Runs in the recorder's thread."""
        if isinstance(event, Level):
            self._position_ms = event.position_ms
            self._show(event)
            self._heard = self._heard or event.rms_db >= SILENT_DB
            if event.position_ms >= _SILENT_MS:
                self.tell_of_silence()
            if event.position_ms >= self._least_ms:
                self.stop()
        elif isinstance(event, Failed | Stopped):
            self.stop()
        elif isinstance(event, Paused):
            self._say(_("På pause. Mikrofonen er slukket."))
        elif isinstance(event, Started):
            self._paused = False
        elif isinstance(event, Cut):
            self._position_ms = event.position_ms
            self._say(
                _("{length} er slettet. Optagelsen går videre fra {place}.").format(
                    length=format_clock_ms(event.dropped_ms), place=format_clock_ms(event.position_ms)
                )
            )
        elif isinstance(event, Moved | Gap | DiskLow):
            self._say(_told(event))

    def tell_of_silence(self) -> None:
        """Say, once, that nothing at all has been heard yet."""
        if self._position_ms and not (self._heard or self._told_of_silence):
            self._told_of_silence = True
            self._say(_("Mikrofonen hører ingenting. Sig et par ord, og se, om den er slået til."))

    def obey(self, live: LiveRecording) -> bool:
        """Do what the next word says; return whether to go on."""
        name, _space, rest = self._words.get().partition(" ")
        match name.casefold():
            case "":
                return False
            case "p":
                self._paused = not self._paused
                (live.recorder.pause if self._paused else live.recorder.resume)()
            case "b":
                live.recorder.mark(MarkKind.BOOKMARK, rest.strip(), live.recording.author)
                self._say(_("Mærke ved {place}.").format(place=format_clock_ms(self._position_ms)))
            case "v" if live.plan.spoken:
                live.begin_talk()
                self._say(_("Aftalen er gemt. Samtalen optages."))
            case "f":
                self._forget(live, rest)
            case _:
                self._say(_("Skriv p, b, f eller v; Enter alene stopper."))
        return True

    def _forget(self, live: LiveRecording, minutes: str) -> None:
        try:
            wanted_ms = round(float(minutes.replace(",", ".")) * _MINUTE_MS)
        except (ValueError, OverflowError):
            wanted_ms = 0
        if wanted_ms <= 0:
            self._say(_("Skriv, hvor mange minutter: fx f 2."))
            return
        drop_ms = min(wanted_ms, self._position_ms - live.spoken_ms)
        if drop_ms > 0:
            live.recorder.forget_last(drop_ms)
        else:
            self._say(_("Der er ikke noget at glemme endnu."))

    def _show(self, level: Level) -> None:
        if not self._terminal:
            return
        bars = round(_BARS * min(1.0, max(0.0, 1 - level.rms_db / _LEAST_DB)))
        line = f"● {format_clock_ms(level.position_ms)}  {'█' * bars:<{_BARS}}"
        if level.clipped:
            line += "  " + _("for højt")
        sys.stderr.write("\r" + line.ljust(self._shown))
        sys.stderr.flush()
        self._shown = len(line)

    def _say(self, text: str) -> None:
        self.done()
        warn(text)

    def done(self) -> None:
        """Take the status line away."""
        if self._terminal and self._shown:
            sys.stderr.write("\r" + " " * self._shown + "\r")
            self._shown = 0


def _told(event: Moved | Gap | DiskLow) -> str:
    if isinstance(event, Moved):
        return _("Mikrofonen forsvandt. Nu optages der med {device}.").format(device=event.device_name)
    if isinstance(event, DiskLow):
        return _("Der er kun plads til {number} minutter mere.").format(number=event.minutes_left)
    return _("Der mangler {seconds} s lyd ved {where}. Stedet er mærket.").format(
        seconds=format_number(event.lost_ms / 1000), where=format_clock_ms(event.position_ms)
    )


def _recorded(ws: Workspace, live: LiveRecording, recording: Recording) -> dict[str, Any]:
    missing = noticed.missing_sound(ws, recording.id)
    return {
        "id": recording.id,
        "duration_ms": recording.duration_ms,
        "kind": recording.kind.value,
        "spoken_ms": recording.spoken_ms,
        "segments": live.sound.segments if live.sound is not None else 0,
        "gaps": [{"at_ms": gap.at_ms, "lost_ms": gap.lost_ms} for gap in missing],
        "marks": [_mark_document(mark) for mark in noticed.marks_of(ws, recording.id)],
        "delete_after": recording.delete_after.isoformat(),
    }


def _mark_document(mark: Mark) -> dict[str, Any]:
    return {"id": mark.id, "kind": mark.kind.value, "at_ms": mark.at_ms, "text": mark.text, "author": mark.author}


def marks(run: Run) -> None:
    """Show what was marked and noted while a conversation was recorded."""
    with run.open() as workspace:
        found = noticed.marks_of(workspace, RecordingId(run.options.recording))
    if run.output.as_json:
        run.output.document([_mark_document(mark) for mark in found])
        return
    rows = [(format_clock_ms(mark.at_ms), mark.author, mark.text) for mark in found]
    run.output.table(rows, _("Der er ingen mærker fra optagelsen."))


def recover(run: Run) -> None:
    """Find recordings that were interrupted; keep or delete one that is named. Until then their files are untouched."""
    options = run.options
    if options.id is None and (options.keep or options.delete):
        raise InvalidInput(field="recover", problem=_("Skriv, hvilken optagelse det gælder."))
    if options.id is not None and not (options.keep or options.delete):
        raise InvalidInput(field="recover", problem=_("Skriv --keep eller --delete efter optagelsens id."))
    with run.open() as workspace:
        found = recovery.reconcile(workspace)
        chosen = _interrupted(workspace, RecordingId(options.id)) if options.id is not None else None
        kept = recovery.keep_recording(workspace, chosen.id) if chosen is not None and options.keep else None
        if chosen is not None and options.delete:
            delete_recording(workspace, chosen.id)
        shown = [kept] if kept is not None else recovery.list_unfinished(workspace)
    if found.busy:
        warn(_("Der optages lige nu. Det, der er i gang, står ikke på listen."))
    if run.output.as_json:
        run.output.document([_unfinished_document(recording) for recording in shown])
        return
    if chosen is not None and options.delete:
        length = format_clock_ms(chosen.duration_ms)
        run.output.say(_("Slettet: {title} ({length}).").format(title=chosen.title, length=length))
        if not shown:
            return
    rows = [(r.id, format_day(r.recorded_at), format_clock_ms(r.duration_ms), r.title) for r in shown]
    run.output.table(rows, _("Ingen optagelser er blevet afbrudt."))


def _interrupted(ws: Workspace, recording_id: RecordingId) -> Recording:
    recording = get_recording(ws, recording_id)
    if recording.state is not RecordingState.INTERRUPTED:
        raise InvalidInput(field="recover", problem=_("Den optagelse er ikke afbrudt. Intet er ændret eller slettet."))
    return recording


def _unfinished_document(recording: Recording) -> dict[str, Any]:
    return {
        "id": recording.id,
        "title": recording.title,
        "state": recording.state.value,
        "kind": recording.kind.value,
        "recorded_at": recording.recorded_at.isoformat(),
        "duration_ms": recording.duration_ms,
    }
