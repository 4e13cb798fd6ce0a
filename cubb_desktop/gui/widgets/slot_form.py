"""Booking one feedback meeting."""

from __future__ import annotations

from datetime import datetime

from PySide6.QtCore import QDate, QTime, Signal, Slot
from PySide6.QtWidgets import QDateEdit, QHBoxLayout, QLineEdit, QSpinBox, QTimeEdit, QWidget

from cubb_desktop.domain.changes import Changes
from cubb_desktop.domain.errors import CubbError
from cubb_desktop.domain.feedback import USUAL_MINUTES
from cubb_desktop.gui.context import PageContext
from cubb_desktop.gui.widgets.controls import field
from cubb_desktop.gui.widgets.dialogs import Form
from cubb_desktop.i18n import _, sentence
from cubb_desktop.services.feedback import book_slot


class SlotForm(Form):
    """Who with whom, when, how long, where."""

    booked = Signal(object)  # Slot

    def __init__(self, parent: QWidget, context: PageContext) -> None:
        super().__init__(parent, context.theme, _("Book feedback"), _("Book"))
        self._context = context
        settings = context.settings_store.value
        self.worker = QLineEdit(settings.person)
        self.partner = QLineEdit()
        self.place = QLineEdit()
        for line in (self.worker, self.partner, self.place):
            line.setMaxLength(120)
        self.day = QDateEdit(QDate.currentDate().addDays(1))
        self.day.setCalendarPopup(True)
        # Translators: how Qt writes a date
        self.day.setDisplayFormat(_("d. MMM yyyy"))
        self.day.setMinimumDate(QDate.currentDate())
        self.time = QTimeEdit(QTime(10, 0))
        # Translators: how Qt writes a time of day
        self.time.setDisplayFormat(_("H.mm"))
        self.minutes = QSpinBox()
        self.minutes.setRange(5, 480)
        self.minutes.setSingleStep(5)
        self.minutes.setValue(USUAL_MINUTES)
        self.add(field(_("Den, der får feedback"), self.worker))
        self.add(field(_("Feedback-makker"), self.partner))
        row = QHBoxLayout()
        row.setSpacing(14)
        row.addLayout(field(_("Dag"), self.day), 5)
        row.addLayout(field(_("Tidspunkt"), self.time), 2)
        row.addLayout(field(_("Minutter"), self.minutes), 2)
        self.add(row)
        self.add(field(_("Sted"), self.place))
        self.finish_rows()
        (self.partner if settings.person else self.worker).setFocus()

    def submit(self) -> None:
        workspace = self._context.workspace()
        day, time = self.day.date(), self.time.time()
        starts_at = datetime(day.year(), day.month(), day.day(), time.hour(), time.minute()).astimezone()
        minutes, worker, partner, place = (
            self.minutes.value(), self.worker.text(), self.partner.text(), self.place.text(),
        )  # fmt: skip
        self.accept_button.setEnabled(False)
        self._context.background.run_write(
            lambda: book_slot(workspace, starts_at, minutes, worker, partner, place),
            self._on_booked,
            self._on_refused,
            changes=Changes(slots=True),
        )

    @Slot(object)
    def _on_booked(self, slot: object) -> None:
        self.booked.emit(slot)
        self.accept()

    @Slot(object)
    def _on_refused(self, error: CubbError) -> None:
        self.accept_button.setEnabled(True)
        self.say(sentence(error))
