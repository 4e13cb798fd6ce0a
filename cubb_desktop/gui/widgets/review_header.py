"""The head of the review page: which conversation, how its text was made, what can be done; and how far the text is."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QMenu, QProgressBar, QSizePolicy, QVBoxLayout

from cubb_desktop.domain.job import JobState
from cubb_desktop.domain.transcript import Origin
from cubb_desktop.gui.theme import Theme
from cubb_desktop.gui.widgets.controls import Button, IconButton
from cubb_desktop.gui.widgets.conversation_texts import PHASE_WORDS, job_failure
from cubb_desktop.gui.widgets.review_source import Conversation
from cubb_desktop.gui.widgets.text import ElidedLabel
from cubb_desktop.i18n import _, format_clock_ms, format_date, format_time_left

_WIDE = 860  # with room for everything in one line, at 100 %


def about(conversation: Conversation) -> str:
    """Return the line under the title: when, how long, and who made the text."""
    recording = conversation.recording
    parts = [format_date(recording.recorded_at), format_clock_ms(recording.duration_ms)]
    if conversation.transcript is not None:
        untouched = all(turn.origin is Origin.MACHINE for turn in conversation.transcript.turns)
        parts.append(_("maskinel udskrift") if untouched else _("delvis rettet udskrift"))
    parts.append(_("slettes efter {date}").format(date=format_date(recording.delete_after)))
    return " · ".join(parts) + (" ·" if demo_note(conversation) else "")


def demo_note(conversation: Conversation) -> str:
    """Return what must be said plainly of a text made with the demo models, "" of any other."""
    transcript = conversation.transcript
    if transcript is None or not transcript.engine.demo:
        return ""
    return _("lavet med demomodellen: kender kun demoens ord")


class ReviewHeader(QFrame):
    """Title, a line about it, and the page's buttons."""

    back_requested = Signal()
    speakers_requested = Signal()
    export_requested = Signal()
    excerpt_requested = Signal()
    versions_requested = Signal()
    panel_toggled = Signal(bool)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._margins = theme.px(11), theme.px(24), theme.px(11)
        self.setProperty("role", "header")
        self.setMinimumHeight(theme.px(66))
        self.row = QHBoxLayout(self)
        self.row.setSpacing(theme.px(10))
        self.back = IconButton(theme, "back", _("Tilbage til Samtaler"), key="Alt+Left")
        self.back.clicked.connect(self.back_requested)
        self.row.addWidget(self.back)
        self.row.addLayout(self._words(theme), 1)
        self.panel = self._button(_("Mærker"), "")
        self.panel.setCheckable(True)
        self.panel.toggled.connect(self.panel_toggled)
        self.speakers = self._button(_("Talere"), _("Hør stemmerne, og skriv, hvem det er"))
        self.speakers.clicked.connect(self.speakers_requested)
        self.versions = self._button(_("Versioner"), _("Udskriftens versioner: læs, sammenlign, lav den igen"))
        self.versions.clicked.connect(self.versions_requested)
        self.export = self._button(_("Eksportér"), _("Gem lyd eller udskrift som fil, hvis aftalen tillader det"))
        self.export.clicked.connect(self.export_requested)
        self.excerpt = self._button(_("Lav uddrag"), _("Gem det, du har valgt, til at lytte til sammen"))
        self.excerpt.clicked.connect(self.excerpt_requested)
        self.more = self._button(_("Mere"), _("Mere, der kan gøres med samtalen"))
        self.more.clicked.connect(self._on_more)
        self._offered: list[Button] = []

    def _words(self, theme: Theme) -> QVBoxLayout:
        words = QVBoxLayout()
        words.setSpacing(theme.px(1))
        self.title = ElidedLabel("", "title")
        self.title.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        below = QHBoxLayout()
        below.setSpacing(theme.px(4))
        self.about = ElidedLabel("", "sub")
        self.demo = ElidedLabel("", "sub")
        self._color_demo()
        theme.changed.connect(self._color_demo)
        for label in (self.about, self.demo):
            label.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
            below.addWidget(label)
        below.addStretch(1)
        words.addWidget(self.title)
        words.addLayout(below)
        return words

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """Where it is narrow, say only what must be said, and put the buttons into a menu."""
        wide = self.width() >= self._theme.px(_WIDE)
        self.about.setVisible(bool(self.about.text()) and (wide or not self.demo.text()))
        self.demo.setVisible(bool(self.demo.text()))
        for button in self._offered:
            button.setVisible(wide)
        self.more.setVisible(bool(self._offered) and not wide)

    def _on_more(self) -> None:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for button in self._offered:
            menu.addAction(button.text()).triggered.connect(button.click)
        menu.popup(self.more.mapToGlobal(self.more.rect().bottomLeft()))

    def _color_demo(self) -> None:
        self.demo.setStyleSheet(f"color: {self._theme.color('citizen').name()};")

    def _button(self, text: str, tooltip: str) -> Button:
        button = Button(text, tooltip=tooltip)
        self.row.addWidget(button)
        return button

    def show_nothing(self) -> None:
        """No conversation is chosen."""
        self.title.setText(_("Gennemgang"))
        self.about.setText("")
        self.demo.setText("")
        self.row.setContentsMargins(self._theme.px(24), *self._margins)
        self._offer()
        self.back.hide()
        self.panel.hide()

    def show_conversation(self, conversation: Conversation) -> None:
        """Show which conversation it is and offer what can be done with it."""
        self.row.setContentsMargins(self._theme.px(16), *self._margins)
        self.title.setText(conversation.recording.title)
        self.about.setText(about(conversation))
        self.demo.setText(demo_note(conversation))
        transcript = conversation.transcript
        named = transcript is not None and transcript.has_speakers and bool(transcript.speakers)
        usable = [] if conversation.withdrawn else [self.export, self.excerpt]
        if conversation.reading is not None:
            usable, named = [], False  # what is made from here is made from the version that counts
        versions = [self.versions] if conversation.versions and not conversation.withdrawn else []
        self._offer(*([self.speakers] if named else []), *versions, *usable)
        self.back.show()

    def _offer(self, *buttons: Button) -> None:
        for button in (self.speakers, self.versions, self.export, self.excerpt):
            button.setVisible(button in buttons)
        self._offered = list(buttons)
        self._fit()

    def show_menu(self, menu: QMenu) -> None:
        """Open a menu under the button of the versions, or of everything where it is narrow."""
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        button = self.more if self.versions.isHidden() else self.versions
        menu.popup(button.mapToGlobal(button.rect().bottomLeft()))

    def offer_panel(self, offered: bool, shown: bool) -> None:
        """Offer to open and close the marks where there is no room for both."""
        self.panel.blockSignals(True)
        self.panel.setChecked(shown)
        self.panel.blockSignals(False)
        self.panel.setVisible(offered)


class JobStrip(QFrame):
    """One line about a transcription under way or failed, with what can be done about it."""

    cancel_requested = Signal()
    retry_requested = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setProperty("role", "header")
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        row = QHBoxLayout(self)
        row.setContentsMargins(theme.px(24), theme.px(6), theme.px(24), theme.px(6))
        row.setSpacing(theme.px(14))
        self.text = ElidedLabel("", "sub")
        self.bar = QProgressBar()
        self.bar.setRange(0, 1000)
        self.bar.setTextVisible(False)
        self.bar.setFixedWidth(theme.px(180))
        self.bar.setAccessibleName(_("Hvor langt udskriften er"))
        self.cancel = Button(_("Annullér"), "quiet", tooltip=_("Stop udskriften; lyden er bevaret"))
        self.cancel.clicked.connect(self.cancel_requested)
        self.retry = Button(_("Prøv igen"))
        self.retry.clicked.connect(self.retry_requested)
        row.addWidget(self.text, 1)
        for widget in (self.bar, self.cancel, self.retry):
            row.addWidget(widget, 0, Qt.AlignmentFlag.AlignVCenter)

    def show_conversation(self, conversation: Conversation) -> None:
        """Show the newest transcription if it is under way or has failed beside a readable text."""
        failed = conversation.failed and conversation.transcript is not None
        self.setVisible(conversation.under_way or failed)
        self.bar.setVisible(conversation.under_way)
        self.cancel.setVisible(conversation.under_way)
        self.retry.setVisible(failed)
        if conversation.job is None or self.isHidden():
            return
        progress = conversation.job.progress
        self.text.setText(job_failure(conversation.job) if failed else progress_text(conversation))
        self.cancel.setEnabled(not conversation.job.cancel_requested)
        self.bar.setValue(0 if progress is None else round(progress.share * 1000))


def progress_text(conversation: Conversation) -> str:
    """Return "Finder talere · ca. 4 min · teksten kan læses nu"."""
    job = conversation.job
    if job is None:
        return ""
    if job.cancel_requested:
        return _("Annulleres")
    if job.state is JobState.TODO:
        return _("Venter på, at det bliver dens tur")
    if job.progress is None:
        return _("Gør klar")
    parts = [_(PHASE_WORDS[job.progress.phase]), format_time_left(job.progress.seconds_left)]
    if conversation.transcript is not None:
        parts.append(_("teksten kan læses nu"))
    return " · ".join(part for part in parts if part)
