"""Optag: under which agreement, with which microphone, and the one big button."""

from __future__ import annotations

import shutil
from enum import Enum
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QLineEdit, QVBoxLayout, QWidget

from cubb_desktop.audio.recorder import Event, Failed, Level, Paused, Started, fault
from cubb_desktop.domain.changes import Changes
from cubb_desktop.domain.errors import CubbError
from cubb_desktop.domain.job import TranscribeOptions
from cubb_desktop.domain.recording import Recording
from cubb_desktop.gui.context import PageContext
from cubb_desktop.gui.widgets.consents import ConsentPicker
from cubb_desktop.gui.widgets.controls import Button, Card, Rule, field, key_row
from cubb_desktop.gui.widgets.dialogs import Confirm, Form
from cubb_desktop.gui.widgets.layouts import Columns, Page
from cubb_desktop.gui.widgets.level_bar import LevelBar, LevelWords
from cubb_desktop.gui.widgets.level_source import LevelSource
from cubb_desktop.gui.widgets.microphone import MicrophonePicker
from cubb_desktop.gui.widgets.record_button import RecordButton
from cubb_desktop.gui.widgets.text import PlainLabel
from cubb_desktop.i18n import _, format_clock_ms, format_day, sentence
from cubb_desktop.services.recording_live import LiveRecording, begin_recording
from cubb_desktop.services.transcripts import options_of, request_transcription

if TYPE_CHECKING:
    from cubb_desktop.services.workspace import Workspace

_BYTES_PER_HOUR = 48_000 * 2 * 3600  # one channel; what is sealed is smaller


class State(Enum):
    """What the button does next depends on this."""

    IDLE = "idle"
    STARTING = "starting"
    LIVE = "live"
    PAUSED = "paused"
    STOPPING = "stopping"


class RecordingPage(Page):
    """Red only while something is being recorded; nothing can begin without an agreement and a microphone."""

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
        self._failed = False
        self.header.add(PlainLabel(_("Alt bliver på denne computer"), "pill-accent"))
        self.source = LevelSource(context.background, self)
        self.source.heard.connect(self._on_heard)
        self.source.failed.connect(self._on_meter_failed)
        self._happened.connect(self._on_happened, Qt.ConnectionType.QueuedConnection)
        columns = Columns(context.theme, 760, last_on_top=True)
        columns.add(self._left(), 1, top=True)
        columns.add(self._right(), 0)
        self.body.addWidget(columns, 1)
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
        what = Card(theme, _("1 · Hvem og hvad"), spacing=16)
        self.title = QLineEdit()
        self.title.setMaxLength(200)
        self.title.setPlaceholderText(_("Fx »Første samtale efter praktik«"))
        what.add(field(_("Samtalens titel"), self.title, _("Skriv ikke borgerens navn.")))
        self.consent = ConsentPicker(self._context)
        self.consent.changed.connect(self._show_state)
        what.add(self.consent)
        rows.addWidget(what)
        sound = Card(theme, _("2 · Lyd"))
        self.microphone = MicrophonePicker(self._context)
        self.microphone.chosen.connect(self._on_microphone)
        self.microphone.missing.connect(self._on_no_microphone)
        sound.add(self.microphone)
        self.level = LevelBar(theme)
        sound.add(self.level)
        self.level_words = PlainLabel("", "sub", wrap=True)
        sound.add(self.level_words)
        rows.addWidget(sound)
        self.room = PlainLabel("", "sub", wrap=True)
        rows.addWidget(self.room)
        return column

    def _right(self) -> Card:
        theme = self._context.theme
        card = Card(theme, spacing=16)
        card.setMinimumWidth(theme.px(330))
        self.button = RecordButton(theme, _("Optag"), "Ctrl+R")
        self.button.clicked.connect(self._on_button)
        card.rows.addSpacing(theme.px(8))
        card.rows.addWidget(self.button, 0, Qt.AlignmentFlag.AlignCenter)
        self.clock = PlainLabel("0:00", "clock")
        self.clock.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.clock.setAccessibleName(_("Optaget tid"))
        card.add(self.clock)
        self.hint = PlainLabel("", "sub", wrap=True)
        self.hint.setAlignment(Qt.AlignmentFlag.AlignCenter)
        card.add(self.hint)
        card.add(Rule())
        card.add(key_row("Ctrl+R", _("start og stop")))
        card.add(key_row("P", _("pause, og videre igen")))
        self.pause_button = Button(_("Pause"), key="P")
        self.pause_button.clicked.connect(self._on_pause)
        self.discard_button = Button(_("Kassér optagelsen"), "danger")
        self.discard_button.clicked.connect(self._on_discard)
        card.add(self.pause_button)
        card.add(self.discard_button)
        card.rows.addStretch(1)
        promise = PlainLabel(_("Borgeren kan sige stop når som helst.\nSå er optagelsen væk."), "sub", wrap=True)
        promise.setAlignment(Qt.AlignmentFlag.AlignCenter)
        card.add(promise)
        return card

    # --- coming and going --------------------------------------------------------------------------------------------

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._say_room()
        if not self.live:
            self.microphone.reload()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.source.stop()

    def leave(self) -> None:
        """Let the microphone go; what is being recorded is stopped and kept."""
        self.source.stop()
        self._recording = None
        if self._state in {State.STARTING, State.LIVE, State.PAUSED}:
            self._set_state(State.STOPPING)
            begun = self._begun  # filled by then: writes run one after the other
            self._context.background.run_write(lambda: [live.finish() for live in begun])

    def _say_room(self) -> None:
        free = shutil.disk_usage(self._context.workspace().folder).free
        hours = free // _BYTES_PER_HOUR
        text = _("Der er plads til mere end {hours} timers optagelse på computeren.").format(hours=min(hours, 100))
        if hours < 2:
            text = _("Der er næsten ikke plads på computeren. Ryd op, før du optager.")
        self.room.setText(text)

    # --- the level ---------------------------------------------------------------------------------------------------

    @Slot()
    def _on_microphone(self) -> None:
        self._words = LevelWords()
        if not self.live and self.isVisible():
            self.source.listen(self.microphone.device())
        self._show_state()

    @Slot()
    def _on_no_microphone(self) -> None:
        self.source.stop()
        self.level.clear()
        self.level_words.setText("")
        self._show_state()

    @Slot(object)
    def _on_heard(self, level: Level) -> None:
        self.level.show_level(level.rms_db, level.peak_db, clipped=level.clipped)
        words = self._words.sentence(level.rms_db, clipped=level.clipped)
        if words != self.level_words.text():
            self.level_words.setText(words)

    @Slot(object)
    def _on_meter_failed(self, failed: Failed) -> None:
        self.source.stop()
        self.level.clear()
        self.level_words.setText(sentence(fault(failed.code)))

    # --- starting ----------------------------------------------------------------------------------------------------

    @Slot()
    def _on_button(self) -> None:
        if self._state is State.IDLE:
            self._start()
        elif self._state in {State.LIVE, State.PAUSED}:
            self._ask_stop()

    def _start(self) -> None:
        consent = self.consent.chosen()
        if consent is None:
            return
        workspace, device, source = self._context.workspace(), self.microphone.device(), self.source
        title = self.title.text().strip() or _("Samtale {day}").format(day=format_day(workspace.clock()))
        told, begun = self._happened.emit, self._begun

        def work() -> LiveRecording:
            source.let_go()
            live = begin_recording(workspace, consent.id, title, device, on_event=told)
            begun.append(live)
            return live

        self._failed = False
        self._set_state(State.STARTING)
        self._context.background.run_write(work, self._on_begun, self._on_not_begun)

    @Slot(object)
    def _on_begun(self, live: LiveRecording) -> None:
        self._recording = live
        self._set_state(State.LIVE)

    @Slot(object)
    def _on_not_begun(self, error: CubbError) -> None:
        self._set_state(State.IDLE)
        self._context.notices.fault(error)
        self.microphone.reload()

    # --- while it runs -----------------------------------------------------------------------------------------------

    @Slot(object)
    def _on_happened(self, event: Event) -> None:
        if isinstance(event, Level) and self._state in {State.LIVE, State.STARTING}:
            self.clock.setText(format_clock_ms(event.position_ms))
            self._on_heard(event)
        elif isinstance(event, Paused) and self._state is State.LIVE:
            self._set_state(State.PAUSED)
        elif isinstance(event, Started) and self._state is State.PAUSED:
            self._set_state(State.LIVE)
        elif isinstance(event, Failed) and self._state in {State.LIVE, State.PAUSED}:
            self._failed = True
            self._context.notices.fault(fault(event.code))
            self.finish()

    @Slot()
    def _on_pause(self) -> None:
        live = self._recording
        if live is None:
            return
        act = live.recorder.resume if self._state is State.PAUSED else live.recorder.pause
        self.pause_button.setEnabled(False)
        self._context.background.run_read(act, lambda _: self.pause_button.setEnabled(True))

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
        if untranscribed is not None:
            text = _("Samtalen er gemt, men udskriften er ikke sat i gang.")
            self._context.notices.fault_text(f"{text} {sentence(untranscribed)}")
        elif not self._failed:
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
        self.clock.setText("0:00")
        self.title.clear()
        self._set_state(State.IDLE)
        self.microphone.reload()

    # --- what is shown -----------------------------------------------------------------------------------------------

    def _set_state(self, state: State) -> None:
        was_live, self._state = self.live, state
        self._show_state()
        if was_live != self.live:
            self.live_changed.emit(self.live)

    @Slot()
    def _show_state(self) -> None:
        running = self._state in {State.LIVE, State.PAUSED}
        self.button.say(_("Stop") if running else _("Optag"), live=self._state is State.LIVE)
        missing = self._missing()
        self.button.setEnabled(running or (self._state is State.IDLE and not missing))
        self.hint.setText(self._hint(missing))
        for widget in (self.title, self.consent, self.microphone):
            widget.setEnabled(not self.live)
        self.pause_button.setVisible(running)
        self.pause_button.setText(_("Optag videre") if self._state is State.PAUSED else _("Pause"))
        self.discard_button.setVisible(running)

    def _missing(self) -> str:
        if self.consent.chosen() is None:
            return _("Vælg først en aftale med borgeren.")
        if not self.microphone.ready():
            return _("Der mangler en mikrofon.")
        return ""

    def _hint(self, missing: str) -> str:
        return {
            State.IDLE: missing or _("Klar. Tryk, når I begynder."),
            State.STARTING: _("Gør klar …"),
            State.LIVE: _("Der optages. Alt krypteres med det samme."),
            State.PAUSED: _("På pause. Mikrofonen er slukket."),
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
