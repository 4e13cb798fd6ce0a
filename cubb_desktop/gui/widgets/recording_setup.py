"""What is chosen before a recording: the sort of conversation, who is present, and the microphone with its level."""

from __future__ import annotations

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from cubb_desktop.gui.context import PageContext
from cubb_desktop.gui.theme import Theme
from cubb_desktop.gui.widgets.controls import Card, field, key_row
from cubb_desktop.gui.widgets.level_bar import LevelBar
from cubb_desktop.gui.widgets.microphone import MicrophonePicker
from cubb_desktop.gui.widgets.present import KindChoice, PresentPicker
from cubb_desktop.gui.widgets.text import PlainLabel
from cubb_desktop.i18n import _
from cubb_desktop.services.recording_live import RecordingPlan


class RecordingSetup(QWidget):
    """Two cards, who and what, and the sound; what they hold makes a `RecordingPlan`."""

    def __init__(self, context: PageContext) -> None:
        super().__init__()
        theme = context.theme
        cards = QVBoxLayout(self)
        cards.setContentsMargins(0, 0, 0, 0)
        cards.setSpacing(theme.px(18))
        self.kind = KindChoice()
        self.title = QLineEdit()
        self.title.setMaxLength(200)
        self.title.setPlaceholderText(_("Fx »Første samtale efter praktik«"))
        self.present = PresentPicker(context)
        self.kind.currentIndexChanged.connect(self._on_kind)
        self.spoken = QCheckBox(_("Aftalen siges højt og optages først"))
        self.spoken.setAccessibleName(self.spoken.text())
        self.present.to_be_spoken.connect(lambda: self.spoken.setChecked(True))
        cards.addWidget(self._who_and_what(theme))
        self.microphone = MicrophonePicker(context)
        self.level = LevelBar(theme)
        self.level_words = PlainLabel("", "sub", wrap=True)
        sound = Card(theme, _("2 · Lyd"))
        for widget in (self.microphone, self.level, self.level_words):
            sound.add(widget)
        cards.addWidget(sound)

    def _who_and_what(self, theme: Theme) -> Card:
        card = Card(theme, _("1 · Hvem og hvad"), spacing=14)
        top = QHBoxLayout()
        top.setSpacing(theme.px(14))
        top.addLayout(field(_("Slags samtale"), self.kind), 1)
        top.addLayout(field(_("Titel, uden borgerens navn"), self.title), 2)
        card.add(top)
        card.add(self.present)
        card.add(self.spoken)
        return card

    @Slot()
    def _on_kind(self) -> None:
        self.present.set_kind(self.kind.kind())

    def plan(self, usual_title: str) -> RecordingPlan:
        """What is to be recorded, as it is chosen now."""
        return RecordingPlan(
            kind=self.kind.kind(),
            participants=self.present.participants(),
            title=self.title.text().strip() or usual_title,
            device=self.microphone.device(),
            spoken=self.spoken.isChecked(),
        )

    def missing(self) -> str:
        """What must be chosen first, in one sentence; "" when a recording can begin."""
        missing = self.present.missing()
        if not missing and not self.microphone.ready():
            return _("Der mangler en mikrofon.")
        return missing

    def begin_anew(self) -> None:
        """Take nothing for granted the next time, except the kind and the microphone."""
        self.title.clear()
        self.spoken.setChecked(False)
        self.present.reset()


def keys_box(theme: Theme) -> QWidget:
    """Return what can be pressed, told before it is needed."""
    box = QWidget()
    rows = QVBoxLayout(box)
    rows.setContentsMargins(0, 0, 0, 0)
    rows.setSpacing(theme.px(8))
    rows.addWidget(PlainLabel(_("Under samtalen"), "label"))
    for key, text in (
        ("Ctrl+R", _("start og stop")),
        ("B", _("sæt et mærke")),
        ("P", _("pause, og videre igen")),
        ("G", _("glem de sidste minutter")),
    ):
        rows.addWidget(key_row(key, text))
    return box
