"""Names the voices of a conversation and says who they are; one act counts for every line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QGridLayout, QLineEdit, QWidget

from cubb_desktop.domain.errors import N_
from cubb_desktop.domain.ids import SpeakerId
from cubb_desktop.domain.recording import Role
from cubb_desktop.domain.transcript import Speaker, Transcript
from cubb_desktop.gui.theme import Theme
from cubb_desktop.gui.widgets.controls import Choice, IconButton
from cubb_desktop.gui.widgets.dialogs import Form
from cubb_desktop.gui.widgets.review_lines import speaker_tokens
from cubb_desktop.gui.widgets.text import PlainLabel
from cubb_desktop.i18n import _

ROLE_LABELS: tuple[tuple[Role, str], ...] = (
    (Role.WORKER, N_("medarbejder")),
    (Role.CITIZEN, N_("borger")),
    (Role.COLLEAGUE, N_("kollega")),
    (Role.EMPLOYER, N_("arbejdsgiver")),
    (Role.OTHER, N_("anden")),
)
_LONGEST_LABEL = 80
_SAMPLE_MS = 6_000


@dataclass(frozen=True, slots=True)
class Naming:
    """What a person calls a voice."""

    speaker_id: SpeakerId
    label: str
    role: Role


def sample_of(transcript: Transcript, speaker_id: SpeakerId) -> tuple[int, int] | None:
    """Return a stretch of at most six seconds in which a voice is heard well: of its longest turn."""
    turns = [turn for turn in transcript.turns if turn.speaker == speaker_id]
    if not turns:
        return None
    longest = max(turns, key=lambda turn: turn.end_ms - turn.start_ms)
    return longest.start_ms, min(longest.end_ms, longest.start_ms + _SAMPLE_MS)


class _VoiceRow:
    """One voice: hear it, name it, say who it is."""

    def __init__(self, theme: Theme, speaker: Speaker, token: str, grid: QGridLayout, row: int) -> None:
        self.speaker = speaker
        self.hear = IconButton(theme, "play", _("Hør stemmen: {label}").format(label=speaker.label), size=18)
        self.label = QLineEdit(speaker.label)
        self.label.setMinimumWidth(theme.px(170))
        self.label.setMaxLength(_LONGEST_LABEL)
        self.label.setAccessibleName(_("Navn på taler {number}").format(number=row))
        self.role = Choice()
        self.role.setAccessibleName(_("Rolle for taler {number}").format(number=row))
        for role, text in ROLE_LABELS:
            self.role.addItem(_(text), role.value)
        self.role.setCurrentIndex(self.role.findData(speaker.role.value))
        self.role.activated.connect(self._on_role)
        mark = PlainLabel("●")
        mark.setStyleSheet(f"color: {theme.color(token).name()};")
        for column, widget in enumerate((mark, self.hear, self.label, self.role)):
            grid.addWidget(widget, row, column)

    def _on_role(self) -> None:
        """A voice that nobody has named yet is called by its role, until a person writes something else."""
        role = Role(self.role.currentData())
        named = {_(text).capitalize() for _role, text in ROLE_LABELS} | {self.speaker.label}
        if role is not Role.OTHER and self.label.text().strip() in named:
            self.label.setText(self.role.currentText().capitalize())

    def naming(self) -> Naming | None:
        """What was changed, None if nothing was."""
        naming = Naming(self.speaker.id, " ".join(self.label.text().split()), Role(self.role.currentData()))
        return None if (naming.label, naming.role) == (self.speaker.label, self.speaker.role) else naming


class SpeakerDialog(Form):
    """Shows every voice; `saved` carries only what was changed."""

    hear_requested = Signal(int, int)
    saved = Signal(object)  # list[Naming]

    def __init__(self, parent: QWidget, theme: Theme, transcript: Transcript) -> None:
        super().__init__(parent, theme, _("Talere"), _("Gem"))
        hint = _("Hør stemmen, og skriv, hvem det er. Navnet gælder alle linjer på én gang.")
        self.add(PlainLabel(hint, "soft", wrap=True))
        grid = QGridLayout()
        grid.setHorizontalSpacing(theme.px(10))
        grid.setVerticalSpacing(theme.px(8))
        grid.setColumnStretch(2, 1)
        for column, heading in ((2, _("Navn")), (3, _("Rolle"))):
            grid.addWidget(PlainLabel(heading, "label"), 0, column)
        tokens = speaker_tokens(transcript.speakers)
        self.voices = [
            _VoiceRow(theme, speaker, tokens[speaker.id], grid, number)
            for number, speaker in enumerate(transcript.speakers, 1)
        ]
        for voice in self.voices:
            self._connect(voice, sample_of(transcript, voice.speaker.id))
        self.add(grid)
        self.finish_rows()
        if self.voices:
            self.voices[0].label.setFocus()
            self.voices[0].label.selectAll()

    def _connect(self, voice: _VoiceRow, sample: tuple[int, int] | None) -> None:
        voice.hear.setEnabled(sample is not None)
        if sample is not None:
            voice.hear.clicked.connect(lambda: self.hear_requested.emit(*sample))

    def submit(self) -> None:
        if not all(voice.label.text().strip() for voice in self.voices):
            self.say(_("Skriv et navn eller en betegnelse for hver taler."))
            return
        self.saved.emit(changed_names(self.voices))
        self.accept()


def changed_names(voices: Sequence[_VoiceRow]) -> list[Naming]:
    """Return what was changed in a dialog's rows."""
    return [naming for voice in voices if (naming := voice.naming()) is not None]
