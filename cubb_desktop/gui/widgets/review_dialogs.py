"""Making an excerpt of a conversation, and letting a conversation or an excerpt leave the house as a file."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QCompleter, QHBoxLayout, QLineEdit, QWidget

from cubb_desktop.domain.consent import PURPOSE_LABELS, Consent, ConsentState, Purpose, state_on
from cubb_desktop.domain.errors import N_, ConsentExpired, ConsentWithdrawn
from cubb_desktop.domain.pack import Excerpt, ExportFormat
from cubb_desktop.domain.recording import Recording
from cubb_desktop.gui.theme import Theme
from cubb_desktop.gui.widgets.controls import Button, Choice, field
from cubb_desktop.gui.widgets.dialogs import Form
from cubb_desktop.gui.widgets.text import PlainLabel
from cubb_desktop.i18n import _, format_clock_ms, format_date, sentence

_CLOCK = re.compile(r"(?:(\d{1,2}):)?(\d{1,3}):(\d{1,2})(?:[.,](\d{1,3}))?")
_LONGEST_TITLE = 200
FORMATS: tuple[tuple[ExportFormat, str], ...] = (
    (ExportFormat.WAV, N_("Lyd (WAV)")),
    (ExportFormat.DOCX, N_("Udskrift til Word (DOCX)")),
    (ExportFormat.JSON, N_("Udskrift til andre programmer (JSON)")),
)


def clock_text(position_ms: int) -> str:
    """Return a time with a tenth of a second, as it can be typed: "12:58.4"."""
    return f"{format_clock_ms(position_ms)}.{max(0, position_ms) // 100 % 10}"


def parse_clock(text: str) -> int | None:
    """Return the milliseconds of "12:58", "12:58.4", "1:02:03,25"; None for anything else."""
    match = _CLOCK.fullmatch(text.strip())
    if match is None:
        return None
    hours, minutes, seconds, part = match.groups()
    if int(seconds) > 59 or (hours is not None and int(minutes) > 59):
        return None
    milliseconds = int((part or "0").ljust(3, "0"))
    return ((int(hours or 0) * 60 + int(minutes)) * 60 + int(seconds)) * 1000 + milliseconds


@dataclass(frozen=True, slots=True)
class NewExcerpt:
    """A passage with the title it is to have."""

    start_ms: int
    end_ms: int
    title: str


class ExcerptDialog(Form):
    """Asks for a title and for where the excerpt begins and ends."""

    hear_requested = Signal(int, int)
    chosen = Signal(object)  # NewExcerpt

    def __init__(self, parent: QWidget, theme: Theme, duration_ms: int, start_ms: int, end_ms: int) -> None:
        super().__init__(parent, theme, _("Lav uddrag"), _("Gem uddrag"))
        self._duration_ms = duration_ms
        hint = _("Et uddrag er et stykke, I lytter til sammen. Lyden bliver i biblioteket.")
        self.add(PlainLabel(hint, "soft", wrap=True))
        self.title = QLineEdit()
        self.title.setMaxLength(_LONGEST_TITLE)
        self.title.setPlaceholderText(_("fx Borgeren nævner lageret"))
        self.add(field(_("Titel"), self.title))
        # up to the next tenth, so that what was chosen is wholly inside
        self.start, self.end = QLineEdit(clock_text(start_ms)), QLineEdit(clock_text(min(end_ms + 99, duration_ms)))
        times = QHBoxLayout()
        times.setSpacing(theme.px(14))
        times.addLayout(field(_("Fra"), self.start))
        times.addLayout(field(_("Til"), self.end))
        self.add(times)
        row = QHBoxLayout()
        self.length = PlainLabel("", "sub")
        self.hear = Button(_("Hør uddraget"), "quiet")
        self.hear.clicked.connect(self._on_hear)
        self.hear.setAutoDefault(False)
        row.addWidget(self.length)
        row.addStretch(1)
        row.addWidget(self.hear)
        self.add(row)
        self.finish_rows()
        for line in (self.start, self.end):
            line.textChanged.connect(self._show_length)
        self._show_length()
        self.title.setFocus()

    def passage(self) -> tuple[int, int] | None:
        """The stretch that is written, None while it is none."""
        start, end = parse_clock(self.start.text()), parse_clock(self.end.text())
        if start is None or end is None or not start < min(end, self._duration_ms):
            return None
        return start, min(end, self._duration_ms)

    def submit(self) -> None:
        passage, title = self.passage(), " ".join(self.title.text().split())
        if not title:
            self.say(_("Giv uddraget en titel."))
            self.title.setFocus()
        elif passage is None:
            self.say(_("Skriv tiderne som 12:58.4, og lad uddraget begynde, før det slutter."))
        else:
            self.chosen.emit(NewExcerpt(*passage, title))
            self.accept()

    def _on_hear(self) -> None:
        if passage := self.passage():
            self.hear_requested.emit(*passage)

    def _show_length(self) -> None:
        passage = self.passage()
        self.hear.setEnabled(passage is not None)
        if passage is None:
            self.length.setText("")
        else:
            self.length.setText(_("Længde {length}").format(length=format_clock_ms(passage[1] - passage[0])))


@dataclass(frozen=True, slots=True)
class ExportChoice:
    """What is to leave (a recording's or an excerpt's id and title), as what, for which purpose, and who gets it."""

    target_id: str
    title: str
    format: ExportFormat
    purpose: Purpose
    recipient: str = ""


class ExportDialog(Form):
    """Asks what is to leave, as what and for which purpose; offers only what the citizen agreed to."""

    chosen = Signal(object)  # ExportChoice

    def __init__(
        self,
        parent: QWidget,
        theme: Theme,
        recording: Recording,
        excerpts: Sequence[Excerpt],
        consent: Consent,
        today: date,
    ) -> None:
        super().__init__(parent, theme, _("Eksportér"), _("Vælg, hvor filen skal ligge"))
        self.target = Choice()
        self.target.addItem(_("Hele samtalen"), (recording.id, recording.title))
        for excerpt in excerpts:
            self.target.addItem(_excerpt_text(excerpt), (excerpt.id, excerpt.title))
        self.format = Choice()
        for format_, text in FORMATS:
            self.format.addItem(_(text), format_.value)
        self.purpose = Choice()
        for purpose in Purpose:
            if purpose in consent.purposes:
                self.purpose.addItem(_(PURPOSE_LABELS[purpose]), purpose.value)
        self.add(field(_("Hvad"), self.target))
        self.add(field(_("Format"), self.format))
        self.add(field(_("Formål"), self.purpose))
        self.recipient = QLineEdit()
        self.recipient.setMaxLength(_LONGEST_TITLE)
        names = QCompleter(list(consent.named), self.recipient)
        names.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        self.recipient.setCompleter(names)
        hint = _("Den, filen er til. Så kan den kaldes tilbage, hvis aftalen trækkes tilbage.")
        self.add(field(_("Modtager"), self.recipient, hint))
        self.terms = PlainLabel(_terms(consent, today), "soft", wrap=True)
        self.add(self.terms)
        self.finish_rows()
        allowed = state_on(consent, today) is ConsentState.VALID and self.purpose.count() > 0
        self.accept_button.setEnabled(allowed)

    def choose(self, target_id: str) -> None:
        """Point at what is to leave."""
        for index in range(self.target.count()):
            if self.target.itemData(index)[0] == target_id:
                self.target.setCurrentIndex(index)

    def submit(self) -> None:
        target_id, title = self.target.currentData()
        format_, purpose = ExportFormat(self.format.currentData()), Purpose(self.purpose.currentData())
        recipient = " ".join(self.recipient.text().split())
        if not recipient and purpose is not Purpose.OWN_LEARNING:
            self.say(_("Skriv, hvem der får filen, så den kan kaldes tilbage."))
            self.recipient.setFocus()
            return
        self.accept()
        self.chosen.emit(ExportChoice(target_id, title, format_, purpose, recipient))


def _excerpt_text(excerpt: Excerpt) -> str:
    return f"{excerpt.title} · {format_clock_ms(excerpt.start_ms)}–{format_clock_ms(excerpt.end_ms)}"


def _terms(consent: Consent, today: date) -> str:
    """Say in one sentence what the agreement allows, or why it allows nothing."""
    state = state_on(consent, today)
    if state is ConsentState.WITHDRAWN:
        return sentence(ConsentWithdrawn())
    if state is ConsentState.EXPIRED:
        return sentence(ConsentExpired(until=consent.until.isoformat()))
    said = ", ".join(_(PURPOSE_LABELS[purpose]) for purpose in Purpose if purpose in consent.purposes)
    return _("Borgeren har sagt ja til: {purposes}. Aftalen gælder til {until}. Filen skrives i eksportlisten.").format(
        purposes=said, until=format_date(consent.until)
    )


def file_name(title: str, format_: ExportFormat) -> str:
    """Return a file name that every system takes, from a title."""
    kept = "".join(c if c.isalnum() or c in " -_" else " " for c in title)
    return f"{' '.join(kept.split())[:80].strip() or 'uddrag'}.{format_.value}"
