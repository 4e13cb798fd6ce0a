"""Optag: what sort of conversation, who is present, with which microphone, and the one big button."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer, Signal, Slot
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from cubb_desktop.audio.recorder import Cut, DiskLow, Event, Failed, Gap, Level, Marked, Moved, Paused, Started, fault
from cubb_desktop.domain.changes import Changes
from cubb_desktop.domain.errors import CubbError
from cubb_desktop.domain.ids import RecordingId
from cubb_desktop.domain.job import TranscribeOptions
from cubb_desktop.domain.recording import Recording, Role
from cubb_desktop.gui.context import PageContext
from cubb_desktop.gui.widgets.agreements_button import agreements_button
from cubb_desktop.gui.widgets.controls import Button, Card, Rule, add_key
from cubb_desktop.gui.widgets.dialogs import Confirm, Form
from cubb_desktop.gui.widgets.forget_dialog import ForgetDialog
from cubb_desktop.gui.widgets.layouts import Columns, Page
from cubb_desktop.gui.widgets.level_bar import LevelWords
from cubb_desktop.gui.widgets.level_source import LevelSource
from cubb_desktop.gui.widgets.live_panel import LivePanel
from cubb_desktop.gui.widgets.live_warnings import (
    PowerWatch,
    battery,
    event_sentence,
    power_sentence,
    room_hours,
    room_sentence,
)
from cubb_desktop.gui.widgets.record_button import RecordButton
from cubb_desktop.gui.widgets.recording_setup import RecordingSetup, keys_box
from cubb_desktop.gui.widgets.start_notice import StartNotice
from cubb_desktop.gui.widgets.text import PlainLabel
from cubb_desktop.i18n import _, format_clock_ms, format_day, sentence
from cubb_desktop.services.recording_live import LiveRecording, RecordingPlan, begin_recording
from cubb_desktop.services.transcripts import options_of, request_transcription

if TYPE_CHECKING:
    from cubb_desktop.services.workspace import Workspace

_LEAST_HOURS = 2
_LARGE_TEXT = 1.5  # from there on the title needs the header
_ROOM_EVERY_MS = 30_000


class State(Enum):
    """What the button does next depends on this."""

    IDLE = "idle"
    STARTING = "starting"
    LIVE = "live"
    PAUSED = "paused"
    STOPPING = "stopping"


_RUNNING = frozenset({State.LIVE, State.PAUSED})


class RecordingPage(Page):
    """Red only while something is being recorded; nothing can begin without everybody's agreement and a microphone."""

    live_changed = Signal(bool)
    stored = Signal(object)  # RecordingId
    _happened = Signal(object)  # an event of the recorder, from its thread

    def __init__(self, context: PageContext) -> None:
        super().__init__(context.theme, _("Optag en samtale"))
        self._context = context
        self._state = State.IDLE
        self._recording: LiveRecording | None = None
        self._begun: list[LiveRecording] = []  # written by the thread that begins one, so that leaving finds it
        self._words = LevelWords()
        self._failed: CubbError | None = None
        self._agreeing = self._resuming = False
        self._position_ms = self._floor_ms = 0
        self._forgetting: ForgetDialog | None = None
        if context.theme.scale < _LARGE_TEXT:
            self.header.add(PlainLabel(_("Alt bliver på denne computer"), "pill-accent"))
        self.header.add(agreements_button(self, context))
        self.source = LevelSource(context.background, self)
        self.source.heard.connect(self._on_heard)
        self.source.failed.connect(self._on_meter_failed)
        context.background.forgetting.connect(self._on_forgetting)
        self._happened.connect(self._on_happened, Qt.ConnectionType.QueuedConnection)
        self._power = PowerWatch(self)
        self._room_timer = QTimer(self, interval=_ROOM_EVERY_MS)
        self._room_timer.timeout.connect(self._say_room)
        columns = Columns(context.theme, 760, last_on_top=True)
        columns.add(self._left(), 1, top=True)
        columns.add(self._right(), 0)
        self.body.addWidget(columns, 1)
        self._power.said.connect(lambda text: self.panel.warn("power", text))
        self._show_state()

    @property
    def live(self) -> bool:
        """Whether something is being recorded, a pause included."""
        return self._state is not State.IDLE

    # --- layout ------------------------------------------------------------------------------------------------------

    def _left(self) -> QWidget:
        theme = self._context.theme
        column = QWidget()
        rows = QVBoxLayout(column)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(theme.px(18))
        self.setup = RecordingSetup(self._context)
        self.setup.present.changed.connect(self._show_state)
        self.setup.microphone.chosen.connect(self._on_microphone)
        self.setup.microphone.missing.connect(self._on_no_microphone)
        rows.addWidget(self.setup)
        self.panel = LivePanel(theme)
        self.panel.talk_requested.connect(self._on_talk)
        self.panel.marks.left.connect(self._on_marked)
        rows.addWidget(self.panel)
        self.room = PlainLabel("", "sub", wrap=True)
        rows.addWidget(self.room)
        rows.addWidget(StartNotice(self._context))
        return column

    def _right(self) -> Card:
        theme = self._context.theme
        card = Card(theme, spacing=12)
        card.setMinimumWidth(theme.px(330))
        self.button = RecordButton(theme, _("Optag"), "Ctrl+R")
        self.button.clicked.connect(self._on_button)
        card.rows.addWidget(self.button, 0, Qt.AlignmentFlag.AlignCenter)
        self.clock = PlainLabel("0:00", "clock")
        self.clock.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.clock.setAccessibleName(_("Optaget tid"))
        card.add(self.clock)
        self.hint = PlainLabel("", "sub", wrap=True)
        self.hint.setAlignment(Qt.AlignmentFlag.AlignCenter)
        card.add(self.hint)
        card.add(Rule())
        self.keys = keys_box(theme)
        card.add(self.keys)
        self.acts = self._acts()
        card.add(self.acts)
        card.rows.addStretch(1)
        change_of_mind = _("Borgeren kan fortryde når som helst.\nTryk »Kassér«, så er det hele væk.")
        promise = PlainLabel(change_of_mind, "sub", wrap=True)
        promise.setAlignment(Qt.AlignmentFlag.AlignCenter)
        card.add(promise)
        return card

    def _acts(self) -> QWidget:
        """What can be done while it runs; each button tells its key."""
        box = QWidget()
        rows = QVBoxLayout(box)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(self._context.theme.px(8))
        self.mark_button = Button(_("Sæt et mærke  (B)"), key="B", name=_("Sæt et mærke"))
        self.mark_button.clicked.connect(self._on_mark)
        self.pause_button = Button(_("Pause  (P)"), key="P", name=_("Pause"))
        self.pause_button.clicked.connect(self._on_pause)
        self.forget_button = Button(_("Glem de sidste minutter…  (G)"), key="G", name=_("Glem de sidste minutter"))
        self.forget_button.clicked.connect(self._on_forget)
        self.discard_button = Button(_("Kassér optagelsen"), "danger")
        self.discard_button.clicked.connect(self._on_discard)
        for button in (self.mark_button, self.pause_button, self.forget_button, self.discard_button):
            rows.addWidget(button)
        add_key(box, "N", self._on_note)
        return box

    # --- coming and going --------------------------------------------------------------------------------------------

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._say_room()
        self._room_timer.start()
        if not self.live:
            self.setup.microphone.reload()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._room_timer.stop()
        self.source.stop()

    def leave(self) -> None:
        """Let the microphone go; what is being recorded is stopped and kept."""
        self.source.stop()
        self._recording = None
        if self._state in {State.STARTING, *_RUNNING}:
            self._set_state(State.STOPPING)
            begun = self._begun  # filled by then: writes run one after the other
            self._context.background.run_write(lambda: [live.finish() for live in begun])

    @Slot()
    def _say_room(self) -> None:
        hours = room_hours(self._context.workspace().folder)
        parts = [room_sentence(hours)]
        if hours < _LEAST_HOURS and not self.live:
            parts = [_("Der er næsten ikke plads på computeren. Ryd op, før du optager."), *parts]
        if self._recording is not None and self._recording.awake.kept is not None:
            kept = self._recording.awake.kept
            parts.append(_("Computeren holdes vågen") if kept else _("Computeren kan falde i søvn: hold den i gang"))
        power = battery()
        if power is not None:
            parts.append(power_sentence(power) or (_("Strøm tilsluttet") if power[1] else _("Kører på batteri")))
        self.room.setText(" · ".join(parts))

    # --- the level ---------------------------------------------------------------------------------------------------

    @Slot()
    def _on_microphone(self) -> None:
        self._words = LevelWords()
        if not self.live and self.isVisible():
            self.source.listen(self.setup.microphone.device())
        self._show_state()

    @Slot()
    def _on_no_microphone(self) -> None:
        self.source.stop()
        self.setup.level.clear()
        self.setup.level_words.setText("")
        self._show_state()

    @Slot(object)
    def _on_heard(self, level: Level) -> None:
        bar, label = self.setup.level, self.setup.level_words
        if self._state in _RUNNING:
            bar, label = self.panel.level, self.panel.level_words
        bar.show_level(level.rms_db, level.peak_db, clipped=level.clipped)
        words = self._words.sentence(level.rms_db, clipped=level.clipped)
        if words != label.text():
            label.setText(words)

    @Slot(object)
    def _on_meter_failed(self, failed: Failed) -> None:
        self.source.stop()
        self.setup.level.clear()
        self.setup.level_words.setText(sentence(fault(failed.code)))

    # --- starting ----------------------------------------------------------------------------------------------------

    @Slot()
    def _on_button(self) -> None:
        if self._state is State.IDLE:
            self._start()
        elif self._state in _RUNNING:
            self._ask_stop()

    def plan(self) -> RecordingPlan:
        """What is to be recorded, as the page says now."""
        day = format_day(self._context.workspace().clock())
        return self.setup.plan(_("Samtale {day}").format(day=day))

    def _start(self) -> None:
        if self.setup.missing():
            return
        self.source.arm()
        workspace, plan, source = self._context.workspace(), self.plan(), self.source
        told, begun = self._happened.emit, self._begun

        def work() -> LiveRecording:
            live = begin_recording(workspace, plan, on_event=told, meter=source.hand_over())
            begun.append(live)
            return live

        self._failed, self._resuming = None, False
        self._position_ms = self._floor_ms = 0
        self._words = LevelWords()
        self._set_state(State.STARTING)
        self._context.background.run_write(work, self._on_begun, self._on_not_begun)
        self._agreeing = plan.spoken
        self.panel.begin(plan.title, spoken=plan.spoken)
        sitting_in = [person.label for person in plan.participants if person.role is Role.COLLEAGUE]
        self.panel.marks.prepare(workspace.actor, sitting_in)

    @Slot(object)
    def _on_begun(self, live: LiveRecording) -> None:
        self._recording = live
        self.panel.marks.begin(live.recorder)
        self._set_state(State.LIVE)
        self._power.start()
        self._say_room()
        self.button.setFocus()

    @Slot(object)
    def _on_not_begun(self, error: CubbError) -> None:
        self._agreeing = False
        self._set_state(State.IDLE)
        self._context.notices.fault(error)
        self.setup.microphone.reload()

    # --- while it runs -----------------------------------------------------------------------------------------------

    @Slot(object)
    def _on_happened(self, event: Event) -> None:
        if isinstance(event, Level):
            if self._state in {State.LIVE, State.STARTING}:
                self._show_position(event.position_ms)
                self._on_heard(event)
        elif isinstance(event, Paused) and self._state is State.LIVE:
            self._set_state(State.PAUSED)
        elif isinstance(event, Started) and self._resuming:
            self._resuming = False
            self._set_state(State.LIVE)
        elif isinstance(event, Marked):
            self.panel.marks.place(event.id, event.position_ms)
        elif isinstance(event, Cut):
            self._on_cut(event)
        elif isinstance(event, Moved | Gap | DiskLow):
            self.panel.warn("room" if isinstance(event, DiskLow) else "sound", event_sentence(event))
        elif isinstance(event, Failed) and self._state in _RUNNING:
            self._failed = fault(event.code)
            self.finish()

    def _show_position(self, position_ms: int) -> None:
        self._position_ms = position_ms
        self.clock.setText(format_clock_ms(position_ms))
        self.panel.marks.set_position(position_ms)
        if self._forgetting is not None:
            self._forgetting.set_position(position_ms)

    @Slot()
    def _on_pause(self) -> None:
        live = self._recording
        if live is None:
            return
        self._resuming = self._state is State.PAUSED
        act = live.recorder.resume if self._resuming else live.recorder.pause
        self.pause_button.setEnabled(False)
        self._context.background.run_read(act, lambda _: self.pause_button.setEnabled(True))

    @Slot()
    def _on_mark(self) -> None:
        if self._state in _RUNNING and not self._agreeing:
            self.panel.marks.bookmark()

    @Slot()
    def _on_marked(self) -> None:
        self.button.setFocus()

    @Slot()
    def _on_note(self) -> None:
        if self._state in _RUNNING and not self._agreeing:
            self.panel.marks.note()

    @Slot()
    def _on_talk(self) -> None:
        """The agreement has been given: it is sealed as the first segment, and the conversation begins."""
        live = self._recording
        if live is None or not self._agreeing:
            return
        self.panel.talk_button.setEnabled(False)
        self._context.background.run_write(live.begin_talk, self._on_talking, self._context.notices.fault)

    @Slot(object)
    def _on_talking(self, spoken_ms: int) -> None:
        self._agreeing, self._floor_ms = False, spoken_ms
        self.panel.set_spoken(False)
        self._show_state()
        self.button.setFocus()

    @Slot()
    def _on_forget(self) -> None:
        live = self._recording
        if live is None or self._state not in _RUNNING or self._agreeing:
            return
        question = ForgetDialog(
            self.window(), self._context.theme, self._position_ms, self._floor_ms, self.panel.marks.after
        )
        self._forgetting = question
        question.accepted.connect(lambda: self._forget(question.wanted_ms()))
        question.finished.connect(self._on_forget_closed)
        question.open()

    def _forget(self, drop_ms: int) -> None:
        if self._recording is not None and drop_ms > 0:
            self._recording.recorder.forget_last(drop_ms)

    @Slot()
    def _on_forget_closed(self) -> None:
        self._forgetting = None

    def _on_cut(self, cut: Cut) -> None:
        self.panel.marks.cut(cut.position_ms)
        self._show_position(cut.position_ms)
        text = _("{length} er slettet. Optagelsen går videre fra {place}.")
        self._context.notices.tell(
            text.format(length=format_clock_ms(cut.dropped_ms), place=format_clock_ms(cut.position_ms))
        )

    # --- stopping ----------------------------------------------------------------------------------------------------

    def _ask_stop(self) -> None:
        question = Form(self.window(), self._context.theme, _("Stop optagelsen?"), _("Stop og gem"))
        question.cancel_button.setText(_("Optag videre"))
        question.add(PlainLabel(_("Samtalen bliver gemt, og udskriften går i gang."), "soft", wrap=True))
        question.finish_rows()
        question.accepted.connect(self.finish)
        question.open()

    @Slot()
    def finish(self) -> None:
        """Stop, keep what was recorded, and ask for its transcript."""
        live, self._recording = self._recording, None
        if live is None:
            return
        workspace, options = self._context.workspace(), options_of(self._context.settings_store.value)
        self._set_state(State.STOPPING)
        recording_id = live.recording.id
        self._context.background.run_write(
            lambda: _finished(workspace, live, options),
            self._on_finished,
            self._on_not_finished,
            changes=Changes(recordings=frozenset({recording_id}), jobs=True),
        )

    @Slot(object)
    def _on_finished(self, found: tuple[Recording, CubbError | None]) -> None:
        recording, untranscribed = found
        self._begin_anew()
        self.stored.emit(recording.id)
        if self._failed is not None:  # said on the page that is shown now, where what was kept waits for a choice
            self._context.notices.fault(self._failed)
        elif untranscribed is not None:
            text = _("Samtalen er gemt, men udskriften er ikke sat i gang.")
            self._context.notices.fault_text(f"{text} {sentence(untranscribed)}")
        else:
            self._context.notices.tell(_("Samtalen er gemt, og udskriften er sat i gang."))

    @Slot(object)
    def _on_not_finished(self, error: CubbError) -> None:
        self._begin_anew()
        self._context.notices.fault(error)

    @Slot()
    def _on_discard(self) -> None:
        question = Confirm(
            self.window(),
            self._context.theme,
            _("Kassér optagelsen?"),
            _("Alt, der er optaget i denne samtale, bliver slettet og kan ikke hentes tilbage."),
            _("Kassér"),
        )
        question.cancel_button.setText(_("Optag videre"))
        question.accepted.connect(self._discard)
        question.open()

    @Slot(object)
    def _on_forgetting(self, going: frozenset[RecordingId]) -> None:
        """Stop at once when somebody who is being recorded takes the agreement back, and keep nothing."""
        if self._recording is not None and self._recording.recording.id in going:
            self._discard()

    def _discard(self) -> None:
        live, self._recording = self._recording, None
        if live is None:
            return
        self._set_state(State.STOPPING)
        changes = Changes(recordings=frozenset({live.recording.id}))
        self._context.background.run_write(live.abandon, self._on_discarded, self._on_not_finished, changes=changes)

    @Slot(object)
    def _on_discarded(self, _result: object) -> None:
        self._begin_anew()
        self._context.notices.tell(_("Optagelsen er kasseret. Intet er gemt."))

    def _begin_anew(self) -> None:
        self._begun.clear()
        self._power.stop()
        self._agreeing = False
        self.clock.setText("0:00")
        self.setup.begin_anew()
        self._set_state(State.IDLE)
        self.setup.microphone.reload()

    # --- what is shown -----------------------------------------------------------------------------------------------

    def _set_state(self, state: State) -> None:
        was_live, self._state = self.live, state
        self._show_state()
        if was_live != self.live:
            self.live_changed.emit(self.live)

    @Slot()
    def _show_state(self) -> None:
        running = self._state in _RUNNING
        self.button.say(_("Stop") if running else _("Optag"), live=self._state is State.LIVE)
        missing = self.setup.missing()
        self.button.setEnabled(running or (self._state is State.IDLE and not missing))
        self.hint.setText(self._hint(missing))
        self.setup.setVisible(not running)
        self.setup.setEnabled(not self.live)
        self.panel.setVisible(running)
        self.panel.dot.set_live(self._state is State.LIVE)
        self.panel.what.setText(self._what())
        self.keys.setVisible(not running)
        self.acts.setVisible(running)
        self.pause_button.setText(_("Optag videre  (P)") if self._state is State.PAUSED else _("Pause  (P)"))
        self.pause_button.setAccessibleName(_("Optag videre") if self._state is State.PAUSED else _("Pause"))
        self.mark_button.setEnabled(not self._agreeing)
        self.forget_button.setEnabled(not self._agreeing)

    def _what(self) -> str:
        if self._state is State.PAUSED:
            return _("På pause")
        return _("Aftalen optages") if self._agreeing else _("Der optages")

    def _hint(self, missing: str) -> str:
        return {
            State.IDLE: missing or _("Klar. Tryk, når I begynder."),
            State.STARTING: _("Gør klar …"),
            State.LIVE: _("Alt krypteres med det samme."),
            State.PAUSED: _("Mikrofonen er slukket."),
            State.STOPPING: _("Gemmer …"),
        }[self._state]


def _finished(
    workspace: Workspace, live: LiveRecording, options: TranscribeOptions
) -> tuple[Recording, CubbError | None]:
    """Finish a recording and ask for its transcript; the fault of the second does not undo the first."""
    recording = live.finish()
    try:
        request_transcription(workspace, recording.id, options)
    except CubbError as error:
        return recording, error
    return recording, None
