"""The month's sample of the log: its lines in plain words, and the leader's signature."""

from __future__ import annotations

from datetime import date, timedelta

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QListWidget, QListWidgetItem, QPlainTextEdit, QWidget

from cubb_desktop.domain.errors import CubbError
from cubb_desktop.gui.context import PageContext
from cubb_desktop.gui.widgets.controls import Choice, field
from cubb_desktop.gui.widgets.dialogs import Form
from cubb_desktop.gui.widgets.text import PlainLabel
from cubb_desktop.i18n import _, sentence
from cubb_desktop.services.audit import (
    LONGEST_REMARK,
    SampleView,
    draw_sample,
    last_month,
    month_name,
    sample_notes,
    sign_sample,
)

_MONTHS = 12  # that can be looked back at


class SampleDialog(Form):
    """Draws last month's sample when it opens; signs for it when it has been looked through."""

    signed = Signal()
    shown = Signal()

    def __init__(self, parent: QWidget, context: PageContext) -> None:
        super().__init__(parent, context.theme, _("Stikprøve af logbogen"), _("Skriv under"))
        self._context = context
        self.widen(720)
        text = _("Linjerne er trukket tilfældigt. Se, om der er noget, du ikke kan forklare, og spørg dem, det gælder.")
        self.add(PlainLabel(text, "soft", wrap=True))
        self.month = Choice()
        for month in _months(context.workspace().today()):
            self.month.addItem(month_name(month), month)
        self.month.setCurrentIndex(1)  # last month; the one before it in the list is not over
        self.month.currentIndexChanged.connect(self._draw)
        self.add(field(_("Måned"), self.month))
        self.lines = QListWidget()
        self.lines.setWordWrap(True)
        self.lines.setSpacing(context.theme.px(3))
        self.lines.setSelectionMode(QListWidget.SelectionMode.SingleSelection)
        self.lines.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.lines.setMinimumHeight(context.theme.px(260))
        self.lines.setAccessibleName(_("Stikprøvens linjer"))
        self.add(self.lines)
        self.notes = PlainLabel("", "sub", wrap=True)
        self.add(self.notes)
        self.remark = QPlainTextEdit()
        self.remark.setTabChangesFocus(True)
        self.remark.setFixedHeight(context.theme.px(72))
        self.add(field(_("Bemærkning"), self.remark, _("Fx hvad du har spurgt om. Skriv ikke, hvad der er sagt.")))
        self.finish_rows()
        self.cancel_button.setText(_("Luk"))
        self.accept_button.setEnabled(False)
        self._draw()

    @Slot()
    def _draw(self) -> None:
        self.accept_button.setEnabled(False)
        workspace, month = self._context.workspace(), self.month.currentData()
        self._context.background.run_write(lambda: draw_sample(workspace, month), self._on_drawn, self._on_failed)

    @Slot(object)
    def _on_drawn(self, view: SampleView) -> None:
        self.say("")
        self.lines.clear()
        for told in view.lines:
            self.lines.addItem(QListWidgetItem(f"{told.day} {told.time} · {told.who} {told.what}"))
        if not view.lines:
            self.lines.addItem(QListWidgetItem(_("Der skete ikke noget i den måned.")))
        notes = sample_notes(view)
        self.notes.setText("\n".join(notes))
        self.notes.setVisible(bool(notes))
        open_for_signing = view.final and view.sample.signed_at is None
        self.remark.setEnabled(open_for_signing)
        self.accept_button.setEnabled(open_for_signing)
        self.shown.emit()

    @Slot(object)
    def _on_failed(self, error: CubbError) -> None:
        self.say(sentence(error))

    def submit(self) -> None:
        remark = self.remark.toPlainText().strip()
        if len(remark) > LONGEST_REMARK:
            self.say(_("Brug højst {most} tegn.").format(most=LONGEST_REMARK))
            return
        self.accept_button.setEnabled(False)
        workspace, month = self._context.workspace(), self.month.currentData()
        self._context.background.run_write(
            lambda: sign_sample(workspace, month, remark), self._on_signed, self._on_failed
        )

    @Slot(object)
    def _on_signed(self, view: SampleView) -> None:
        month = month_name(view.sample.month)
        self._context.notices.tell(_("Stikprøven for {month} er skrevet under.").format(month=month))
        self.signed.emit()
        self.accept()


def _months(today: date) -> list[str]:
    """Return this month and those before it, the newest first."""
    months = [f"{today:%Y-%m}"]
    day = today
    for _number in range(_MONTHS):
        months.append(last_month(day))
        day = day.replace(day=1) - timedelta(days=1)
    return months
