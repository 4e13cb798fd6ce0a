"""Feedback: book a meeting with your partner, see what is booked, and put it into both calendars."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import QFileDialog, QFrame, QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from cubb_desktop.domain.changes import Changes
from cubb_desktop.domain.errors import DiskFull, TargetUnwritable, from_os_error
from cubb_desktop.domain.feedback import Slot as FeedbackSlot
from cubb_desktop.gui.context import PageContext
from cubb_desktop.gui.widgets.controls import Button, Card
from cubb_desktop.gui.widgets.layouts import Columns, Page
from cubb_desktop.gui.widgets.messages import EmptyState
from cubb_desktop.gui.widgets.slot_form import SlotForm
from cubb_desktop.gui.widgets.text import PlainLabel
from cubb_desktop.i18n import N_, _, format_date, format_time
from cubb_desktop.services.feedback import list_slots, slot_calendar

QUESTIONS = (N_("Hvad skete der?"), N_("Hvorfor, tænker vi?"), N_("Hvad lagde jeg mærke til?"))


def when_text(slot: FeedbackSlot) -> str:
    """Return "24. november 2026 kl. 10.00–10.45"."""
    return _("{day} kl. {start}–{end}").format(
        day=format_date(slot.starts_at), start=format_time(slot.starts_at), end=format_time(slot.ends_at)
    )


class FeedbackPage(Page):
    """Coming meetings first, earlier ones below; who with whom and when, never what was said."""

    def __init__(self, context: PageContext) -> None:
        super().__init__(context.theme, _("Feedback"))
        self._context = context
        theme = context.theme
        self.book = Button(_("Book feedback"), "primary", key="Ctrl+N")
        self.book.clicked.connect(self._on_book)
        self.header.add(self.book)
        self.stack = QStackedWidget()
        self._rows = QVBoxLayout()
        self._rows.setContentsMargins(0, 0, 0, 0)
        self._rows.setSpacing(theme.px(10))
        content = QWidget()
        content.setProperty("role", "page")
        outer = QVBoxLayout(content)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addLayout(self._rows)
        outer.addStretch(1)
        self.empty = EmptyState(
            theme, "feedback", _("Der er ikke booket feedback endnu."), _("Book feedback"),
            _("Feedback, der er booket i begges kalender, bliver holdt."),
        )  # fmt: skip
        self.empty.chosen.connect(self._on_book)
        for widget in (QWidget(), content, self.empty):
            self.stack.addWidget(widget)
        columns = Columns(theme, 760)
        columns.add(self.stack, 1)
        columns.add(self._questions(), 0, top=True)
        self.body.addWidget(columns, 1)
        context.background.changed.connect(self._on_changed)
        self.reload()

    def _questions(self) -> Card:
        card = Card(self._context.theme, _("Efter samtalen"), spacing=8)
        card.setMaximumWidth(self._context.theme.px(420))
        card.setMinimumWidth(self._context.theme.px(280))
        for number, question in enumerate(QUESTIONS, 1):
            card.add(PlainLabel(f"{number}.  {_(question)}", wrap=True))
        card.add(PlainLabel(_("Vi evaluerer ikke. Vi er nysgerrige."), "soft", wrap=True))
        return card

    # --- reading -----------------------------------------------------------------------------------------------------

    @Slot(object)
    def _on_changed(self, changes: Changes) -> None:
        if changes.slots:
            self.reload()

    def reload(self) -> None:
        """Read the bookings again."""
        workspace = self._context.workspace()
        self._context.background.run_read(lambda: (list_slots(workspace), workspace.clock()), self._on_read)

    @Slot(object)
    def _on_read(self, found: tuple[list[FeedbackSlot], datetime]) -> None:
        slots, now = found
        while (item := self._rows.takeAt(0)) is not None:
            if (old := item.widget()) is not None:
                old.deleteLater()
        coming = [slot for slot in slots if slot.ends_at >= now]
        past = [slot for slot in reversed(slots) if slot.ends_at < now]
        for slot in coming:
            self._rows.addWidget(self._slot_card(slot))
        if past:
            self._rows.addWidget(PlainLabel(_("Tidligere"), "label"))
        for slot in past:
            self._rows.addWidget(self._slot_card(slot, past=True))
        self.stack.setCurrentIndex(1 if slots else 2)
        self.book.setVisible(True)

    def _slot_card(self, slot: FeedbackSlot, *, past: bool = False) -> QFrame:
        theme = self._context.theme
        card = QFrame()
        card.setProperty("role", "card")
        row = QHBoxLayout(card)
        row.setContentsMargins(theme.px(18), theme.px(12), theme.px(12), theme.px(12))
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(PlainLabel(when_text(slot), "soft" if past else "strong", wrap=True))
        who = _("{worker} får feedback af {partner}").format(worker=slot.worker, partner=slot.partner)
        words.addWidget(PlainLabel(who, "soft" if past else "", wrap=True))
        if slot.place:
            words.addWidget(PlainLabel(slot.place, "sub", wrap=True))
        row.addLayout(words, 1)
        save = Button(_("Gem til kalender…"), name=_("Gem til kalender: {when}").format(when=when_text(slot)))
        save.clicked.connect(lambda: self._on_save(slot))
        row.addWidget(save, 0, Qt.AlignmentFlag.AlignVCenter)
        return card

    # --- acting ------------------------------------------------------------------------------------------------------

    @Slot()
    def _on_book(self) -> None:
        form = SlotForm(self.window(), self._context)
        form.booked.connect(self._on_booked)
        form.open()

    @Slot(object)
    def _on_booked(self, slot: FeedbackSlot) -> None:
        self._context.notices.tell(
            _("Feedback er booket. Gem den til kalenderen, og send filen til din makker."),
            _("Gem til kalender…"),
            lambda: self._on_save(slot),
        )

    def _on_save(self, slot: FeedbackSlot) -> None:
        name = f"feedback-{slot.starts_at.astimezone():%Y-%m-%d}.ics"
        chosen, _kind = QFileDialog.getSaveFileName(self, _("Gem til kalender"), name, _("Kalenderfil (*.ics)"))
        if chosen:
            self.save_calendar(slot, Path(chosen))

    def save_calendar(self, slot: FeedbackSlot, path: Path) -> None:
        """Write the meeting as a calendar file."""

        def work() -> Path:
            try:
                path.write_bytes(slot_calendar(slot))
            except OSError as error:
                raise DiskFull if isinstance(from_os_error(error), DiskFull) else TargetUnwritable from None
            return path

        self._context.background.run_write(work, self._on_saved)

    @Slot(object)
    def _on_saved(self, path: Path) -> None:
        self._context.notices.tell(_("Gemt som {name}. Åbn filen for at få den i kalenderen.").format(name=path.name))
