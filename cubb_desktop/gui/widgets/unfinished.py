"""Recordings that were interrupted, above the list: each with its length, and the choice to keep, hear or delete it."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from cubb_desktop.domain.recording import Recording, RecordingState
from cubb_desktop.gui.theme import Theme
from cubb_desktop.gui.widgets.controls import Button
from cubb_desktop.gui.widgets.text import PlainLabel
from cubb_desktop.i18n import _, format_clock_ms, format_day, ngettext
from cubb_desktop.services.conversations import Conversation

_MOST_AT_ONCE = 3  # the next come when these are settled, so that the list below keeps its room


class UnfinishedRow(QWidget):
    """One interrupted recording; nothing is done with it until a button is pressed."""

    def __init__(self, theme: Theme, recording: Recording) -> None:
        super().__init__()
        self.recording = recording
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.px(8))
        length = format_clock_ms(recording.duration_ms) if recording.duration_ms else _("lyden kan ikke læses")
        text = f"{recording.title} · {format_day(recording.recorded_at)} · {length}"
        label = PlainLabel(text, wrap=True)
        row.addWidget(label, 1)
        self.keep = self._button(_("Behold"), _("Behold »{title}«, og lav en udskrift"))
        self.listen = self._button(_("Hør først"), _("Hør »{title}«, før du vælger"))
        self.delete = self._button(_("Slet"), _("Slet »{title}«"))
        for button in (self.keep, self.listen, self.delete):
            row.addWidget(button, 0, Qt.AlignmentFlag.AlignVCenter)

    def _button(self, text: str, name: str) -> Button:
        full = name.format(title=self.recording.title)
        return Button(text, tooltip=full, name=full)


class UnfinishedStrip(QFrame):
    """Shown while something waits for a choice; `…_asked` carry the conversation."""

    keep_asked = Signal(object)
    listen_asked = Signal(object)
    delete_asked = Signal(object)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.rows: list[UnfinishedRow] = []
        self._shown: list[Conversation] = []
        self.setProperty("role", "notice")
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        column = QVBoxLayout(self)
        column.setContentsMargins(theme.px(14), theme.px(9), theme.px(10), theme.px(9))
        column.setSpacing(theme.px(6))
        first = QHBoxLayout()
        self.heading = PlainLabel("", "strong", wrap=True)
        self.keep_all = Button(_("Behold alle"), "quiet")
        self.keep_all.clicked.connect(self._on_keep_all)
        first.addWidget(self.heading, 1)
        first.addWidget(self.keep_all)
        column.addLayout(first)
        self._list = QVBoxLayout()
        self._list.setContentsMargins(0, 0, 0, 0)
        self._list.setSpacing(theme.px(6))
        column.addLayout(self._list)
        self.hide()

    def show_conversations(self, conversations: Sequence[Conversation]) -> None:
        """Show those among them that were interrupted."""
        found = [one for one in conversations if one.recording.state is RecordingState.INTERRUPTED]
        if [one.recording for one in found] == [one.recording for one in self._shown]:
            return
        self._shown = found
        for row in self.rows:
            self._list.removeWidget(row)
            row.hide()
            row.deleteLater()
        self.rows = [self._row(one) for one in found[:_MOST_AT_ONCE]]
        self.heading.setText(
            ngettext(
                "En optagelse blev afbrudt. Lyden indtil da er efterprøvet og urørt. Du vælger, hvad der sker.",
                "{number} optagelser blev afbrudt. Lyden indtil da er efterprøvet og urørt. Du vælger, hvad der sker.",
                len(found),
            ).format(number=len(found))
        )
        self.keep_all.setVisible(len(found) > 1)
        self.setVisible(bool(found))

    def event(self, event: QEvent) -> bool:
        """Never be lower than the texts need at the width there is."""
        done = super().event(event)
        layout = self.layout()
        if event.type() in {QEvent.Type.Resize, QEvent.Type.LayoutRequest} and layout is not None:
            self.setMinimumHeight(layout.totalHeightForWidth(self.width()))
        return done

    def _row(self, conversation: Conversation) -> UnfinishedRow:
        row = UnfinishedRow(self._theme, conversation.recording)
        row.keep.clicked.connect(lambda: self.keep_asked.emit(conversation))
        row.listen.clicked.connect(lambda: self.listen_asked.emit(conversation))
        row.delete.clicked.connect(lambda: self.delete_asked.emit(conversation))
        self._list.addWidget(row)
        return row

    def _on_keep_all(self) -> None:
        for conversation in list(self._shown):
            self.keep_asked.emit(conversation)
