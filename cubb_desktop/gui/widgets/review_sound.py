"""The sound of the conversation under review: player, waveform and text go to one place and choose one passage."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtWidgets import QApplication, QLineEdit, QPlainTextEdit

from cubb_desktop.domain.errors import CubbError
from cubb_desktop.domain.ids import RecordingId, SpeakerId
from cubb_desktop.domain.playing import Stretch, common, voice, without_silences
from cubb_desktop.domain.transcript import Transcript
from cubb_desktop.gui.clipboard import put_text
from cubb_desktop.gui.context import PageContext
from cubb_desktop.gui.keys import Keys
from cubb_desktop.gui.widgets.player_bar import JUMP_MS, RATE_STEP, PlayerBar
from cubb_desktop.gui.widgets.review_playback import Playback
from cubb_desktop.gui.widgets.review_source import Conversation
from cubb_desktop.gui.widgets.transcript_view import TO_THE_END, TranscriptView
from cubb_desktop.gui.widgets.waveform import Waveform
from cubb_desktop.gui.widgets.waveform_speech import Speech, speech_of
from cubb_desktop.i18n import _, format_clock_ms, sentence

if TYPE_CHECKING:
    from cubb_desktop.audio.peaks import Peaks
    from cubb_desktop.services.workspace import Workspace

Fields = (QLineEdit, QPlainTextEdit)


class ReviewSound(QObject):
    """Plays what text and waveform ask for, and shows in both what is heard and what is chosen."""

    opening = Signal()  # the text is on the screen, and the sound is being opened

    def __init__(
        self,
        context: PageContext,
        view: TranscriptView,
        waveform: Waveform,
        bar: PlayerBar,
        conversation: Callable[[], Conversation | None],
    ) -> None:
        super().__init__(view)
        self._context, self._view, self._waveform, self._bar = context, view, waveform, bar
        self._conversation = conversation
        self._waits: RecordingId | None = None  # the conversation whose sound is opened when its text is shown
        self._voice: SpeakerId | None = None
        self._skips = self._choosing = False
        self.place_ms = 0  # where in the sound the page is
        self.playback = Playback(context.background, lambda: context.settings_store.value.output, self)
        self._connect()

    def _connect(self) -> None:
        bar, playback = self._bar, self.playback
        bar.play_requested.connect(playback.toggle)
        bar.back_requested.connect(lambda: self.seek(playback.position_ms - JUMP_MS))
        bar.forward_requested.connect(lambda: self.seek(playback.position_ms + JUMP_MS))
        bar.slower_requested.connect(lambda: playback.change_rate(playback.rate - RATE_STEP))
        bar.faster_requested.connect(lambda: playback.change_rate(playback.rate + RATE_STEP))
        bar.usual_rate_requested.connect(lambda: playback.change_rate(1.0))
        bar.repeat_requested.connect(self.repeat)
        bar.skip_toggled.connect(self._on_skip)
        bar.voice_chosen.connect(self._on_voice)
        self._view.painted.connect(self.open_waiting)
        self._view.hear_requested.connect(self.hear)
        self._view.selection_changed.connect(self._on_words_chosen)
        self._waveform.seek_requested.connect(self.seek)
        self._waveform.passage_chosen.connect(self._on_passage_chosen)
        playback.opened.connect(lambda: bar.set_sound(True))
        playback.missing.connect(self._on_missing)
        playback.failed.connect(self._context.notices.fault)
        playback.nothing_left.connect(self._on_nothing_left)
        playback.position_changed.connect(self._on_position)
        playback.playing_changed.connect(bar.set_playing)
        playback.ring_changed.connect(bar.show_round)
        playback.rate_changed.connect(bar.set_rate)

    def bind(self, keys: Keys) -> None:
        """Give the keys of playing to what they do; a button that is off keeps its key off."""
        for act_id, button in self._bar.buttons.items():
            keys.bind(act_id, button.click)
        keys.bind("loop", self.repeat_round)
        keys.bind("stamp", self.stamp)
        keys.changed.connect(lambda: self._bar.show_keys(keys.key))
        self._bar.show_keys(keys.key)

    # --- opening and putting down ------------------------------------------------------------------------------------

    def prepare(self, conversation: Conversation, *, at_once: bool) -> None:
        """Show the length of the sound; it is opened when the text is on the screen, or `at_once`."""
        recording = conversation.recording
        self._voice = None
        self._bar.every_voice()
        self._waveform.show_recording(recording.duration_ms)
        self._bar.set_times(self.place_ms, recording.duration_ms)
        self._bar.set_sound(False)
        self._waits = recording.id
        if at_once:
            self.open_waiting()

    @property
    def waits(self) -> bool:
        """Whether the sound is to be opened when the text is on the screen."""
        return self._waits is not None

    @Slot()
    def open_waiting(self) -> None:
        """Open the sound that waits, if any does."""
        recording_id, self._waits = self._waits, None
        conversation = self._conversation()
        if recording_id is None or conversation is None or conversation.recording.id != recording_id:
            return
        workspace = self._context.workspace()
        if conversation.transcript is not None:
            self.show_text(conversation.transcript)
        self.playback.open(workspace, recording_id, self.place_ms)
        self.opening.emit()
        show = partial(self._on_peaks, recording_id)
        self._context.background.run_read(lambda: _peaks(workspace, recording_id), show, lambda _error: None)

    def show_text(self, transcript: Transcript) -> None:
        """Draw who speaks when; what is left out of the playing follows the text."""
        show = partial(self._on_speech, transcript.recording_id)
        self._context.background.run_read(lambda: speech_of(transcript), show)
        self._leave_out()

    def put_down(self) -> None:
        """Let the sound go, and what is drawn of it: the conversation may not be heard any more."""
        self._waits = None
        self.playback.close()
        self._waveform.show_recording(0)

    def _on_speech(self, recording_id: RecordingId, speech: Speech) -> None:
        if self._is_shown(recording_id):
            self._waveform.show_speech(speech)

    def _on_peaks(self, recording_id: RecordingId, found: Peaks) -> None:
        if self._is_shown(recording_id):
            self._waveform.show_peaks(found)

    def _is_shown(self, recording_id: RecordingId) -> bool:
        conversation = self._conversation()
        return conversation is not None and conversation.recording.id == recording_id

    @Slot(object)
    def _on_missing(self, error: CubbError) -> None:
        self._bar.set_sound(False, sentence(error))

    # --- going and playing -------------------------------------------------------------------------------------------

    @Slot(int, int)
    def hear(self, start_ms: int, end_ms: int) -> None:
        """Play from a place to another, or on to the end (`TO_THE_END`); the text goes along."""
        self._view.follow()
        self.playback.play(start_ms, None if end_ms == TO_THE_END else end_ms)

    @Slot(int)
    def seek(self, position_ms: int) -> None:
        """Go to a place; without sound the text goes there alone."""
        self._view.follow()
        if self.playback.available:
            self.playback.seek(position_ms)
        else:
            self._on_position(max(0, position_ms))

    @Slot()
    def repeat(self) -> None:
        """Play the chosen passage, else the line that is marked, once more."""
        passage = self.passage()
        if passage is not None:
            self.hear(*passage)

    def repeat_round(self) -> None:
        """Play the chosen passage, else the line that is marked, over and over; the second time, stop."""
        passage = self.passage()
        if self.playback.ring is not None:
            self.playback.pause()
        elif passage is not None:
            self._view.follow()
            self.playback.play_round(*passage)

    def passage(self) -> tuple[int, int] | None:
        """Return from and to of what is chosen, else of the line that is marked."""
        line = self._view.current_line()
        return self._waveform.passage or ((line.start_ms, line.end_ms) if line is not None else None)

    @Slot(int)
    def _on_position(self, position_ms: int) -> None:
        self.place_ms = position_ms
        conversation = self._conversation()
        if conversation is not None:
            self._view.set_position(position_ms, stay=self.playback.bounded)
            self._waveform.set_position(position_ms)
            self._bar.set_times(position_ms, conversation.recording.duration_ms)

    def stamp(self) -> None:
        """Write the time of the sound where one is writing, else put it on the clipboard."""
        text = format_clock_ms(self.place_ms)
        field = QApplication.focusWidget()
        if isinstance(field, Fields) and not field.isReadOnly():
            field.insert(f"[{text}] ") if isinstance(field, QLineEdit) else field.insertPlainText(f"[{text}] ")
        else:
            put_text(text)
            self._context.notices.tell(_("Tidspunktet {time} er kopieret.").format(time=text))

    # --- what is left out --------------------------------------------------------------------------------------------

    @Slot(bool)
    def _on_skip(self, skips: bool) -> None:
        self._skips = skips
        self._leave_out()

    @Slot(int)
    def _on_voice(self, place: int) -> None:
        conversation = self._conversation()
        speakers = conversation.transcript.speakers if conversation and conversation.transcript else ()
        self._voice = speakers[place].id if 0 <= place < len(speakers) else None
        self._leave_out()

    def _leave_out(self) -> None:
        conversation = self._conversation()
        transcript = conversation.transcript if conversation is not None else None
        heard = [Stretch(0, None)]
        if transcript is not None and self._voice is not None:
            heard = voice(transcript, self._voice)
        if transcript is not None and self._skips:
            heard = common(heard, without_silences(transcript))
        self.playback.hear_only(heard)

    @Slot()
    def _on_nothing_left(self) -> None:
        self._context.notices.tell(_("Den stemme høres ikke mere i samtalen. Vælg alle stemmer, eller gå tilbage."))

    # --- choosing ----------------------------------------------------------------------------------------------------

    @Slot()
    def _on_words_chosen(self) -> None:
        if not self._choosing:
            chosen = self._view.selection()
            self._waveform.choose(None if chosen is None else (chosen.start_ms, chosen.end_ms))

    @Slot(int, int)
    def _on_passage_chosen(self, start_ms: int, end_ms: int) -> None:
        """Choose the words of a passage of sound; the passage itself stays as it was drawn."""
        self._choosing = True
        if end_ms > start_ms:
            self._view.select_passage(start_ms, end_ms)
        else:
            self._view.clear_selection()
        self._choosing = False


def _peaks(workspace: Workspace, recording_id: RecordingId) -> Peaks:
    from cubb_desktop.services.recordings import peaks

    return peaks(workspace, recording_id)
