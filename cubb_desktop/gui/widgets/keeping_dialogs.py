"""How long conversations stay: one conversation's last day and what holds it back, and the list of those to go soon."""

from __future__ import annotations

from datetime import date
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QDate, Signal, Slot
from PySide6.QtWidgets import QCheckBox, QDateEdit, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from cubb_desktop.domain.changes import Changes
from cubb_desktop.domain.consent import PURPOSE_LABELS
from cubb_desktop.domain.errors import CubbError
from cubb_desktop.domain.ids import RecordingId
from cubb_desktop.domain.retention import Kept
from cubb_desktop.gui.context import PageContext
from cubb_desktop.gui.forgetting import forget_elsewhere
from cubb_desktop.gui.widgets.controls import Button, Rule, field
from cubb_desktop.gui.widgets.dialogs import Form
from cubb_desktop.gui.widgets.text import PlainLabel
from cubb_desktop.i18n import _, format_date, ngettext, sentence

if TYPE_CHECKING:
    from cubb_desktop.domain.pack import ExportEntry
    from cubb_desktop.services.erasure import Erased
    from cubb_desktop.services.workspace import Workspace


def fate_text(one: Kept, today: date) -> str:
    """Return when a conversation goes, or what it waits for."""
    if one.waits(today):
        return _("Venter på journalisering") if one.is_case else _("Holdes tilbage")
    if one.is_due(today):
        return _("Slettes nu")
    day = format_date(one.recording.delete_after)
    if one.holds:
        return _("Slettes tidligst {date}; holdes tilbage").format(date=day)
    left = one.days_left(today)
    if left == 0:
        return _("Slettes i morgen")
    if one.is_soon(today):
        text = ngettext(
            "Slettes om {days} dag (gemmes til og med {date})",
            "Slettes om {days} dage (gemmes til og med {date})",
            left + 1,
        )
        return text.format(days=left + 1, date=day)
    return _("Kan bruges til og med {date}; så slettes den").format(date=day)


class KeepingDialog(Form):
    """One conversation: its last day, the day it was journalised, a reason to hold it back."""

    def __init__(self, parent: QWidget, context: PageContext, recording_id: RecordingId) -> None:
        super().__init__(parent, context.theme, _("Opbevaring"), _("Gem"))
        self._context, self._recording_id = context, recording_id
        self._workspace = context.workspace()
        self._one: Kept | None = None
        self.fate = PlainLabel(_("Læser …"), wrap=True)
        self.why = PlainLabel(
            _("Den sidste dag er den tidligste af aftalernes og kommunens frist. Forny aftalen for at flytte den."),
            "soft",
            wrap=True,
        )
        self.duty = PlainLabel("", wrap=True)
        self.journalised = QCheckBox(_("Journaliseret den"))
        self.journalised.setAccessibleName(self.journalised.text())
        self.day = QDateEdit()
        self.day.setCalendarPopup(True)
        # Translators: how Qt writes a date
        self.day.setDisplayFormat(_("d. MMMM yyyy"))
        self.day.setAccessibleName(_("Journaliseret den"))
        today = context.workspace().today()
        self.day.setMaximumDate(QDate(today.year, today.month, today.day))
        self.journalised.toggled.connect(self.day.setEnabled)
        self._case = QWidget()
        case = QVBoxLayout(self._case)
        case.setContentsMargins(0, 0, 0, 0)
        case.addWidget(self.duty)
        row = QHBoxLayout()
        row.addWidget(self.journalised)
        row.addWidget(self.day)
        row.addStretch(1)
        case.addLayout(row)
        self.reason = QLineEdit()
        self.reason.setMaxLength(200)
        for widget in (self.fate, self.why, self._case):
            self.add(widget)
        hint = _("Så længe der står en grund, slettes samtalen ikke. Skriv ingen navne.")
        self.add(field(_("Hold tilbage, fordi (fx aktindsigt)"), self.reason, hint))
        self.finish_rows()
        self._case.hide()
        self.accept_button.setEnabled(False)
        workspace = self._workspace
        context.background.run_read(lambda: _kept_one(workspace, recording_id), self._on_read, self._on_refused)

    @Slot(object)
    def _on_read(self, one: Kept) -> None:
        from cubb_desktop.services.keeping import DUTY

        self._one = one
        self.fate.setText(f"{one.recording.title}\n{fate_text(one, self._workspace.today())}")
        self.duty.setText(_(DUTY))
        self._case.setVisible(one.is_case)
        done = one.recording.journalised_on
        self.journalised.setChecked(done is not None)
        self.day.setEnabled(done is not None)
        day = done or self._workspace.today()
        self.day.setDate(QDate(day.year, day.month, day.day))
        self.reason.setText(one.recording.hold_reason or "")
        self.accept_button.setEnabled(True)
        self._fit()

    def submit(self) -> None:
        one, workspace = self._one, self._workspace
        if one is None:
            return
        chosen = self.day.date()
        on = date(chosen.year(), chosen.month(), chosen.day()) if self.journalised.isChecked() else None
        reason = self.reason.text().strip()
        if one.is_over(workspace.today()) and not reason and (on is not None or not one.is_case):
            self._context.background.forgetting.emit(frozenset({one.recording.id}))
        self.accept_button.setEnabled(False)
        self._context.background.run_write(lambda: _keep(workspace, one, on, reason), self._on_kept, self._on_refused)

    @Slot(object)
    def _on_kept(self, erased: Erased) -> None:
        self._context.background.changed.emit(erased.changes)
        if erased.gone:
            forget_elsewhere(self._context.background, self._workspace)
            self._context.notices.tell(_("Samtalens tid var gået, så den er slettet."))
        self.accept()

    @Slot(object)
    def _on_refused(self, error: CubbError) -> None:
        self.accept_button.setEnabled(self._one is not None)
        self.say(sentence(error))


class SoonDialog(Form):
    """What will be deleted within two weeks, what waits to be journalised, and the copies not called back yet."""

    keeping_requested = Signal(str)  # RecordingId

    def __init__(self, parent: QWidget, context: PageContext) -> None:
        super().__init__(parent, context.theme, _("Slettes snart"), _("Luk"))
        self._context = context
        self._workspace = context.workspace()
        self.widen(560)
        self.rows_of: dict[str, Button] = {}
        self._list = QVBoxLayout()
        self._list.setSpacing(context.theme.px(8))
        self.add(self._list)
        self.finish_rows()
        self.cancel_button.hide()
        workspace = self._workspace
        context.background.run_read(lambda: _listed(workspace), self._on_read, self._on_unread)

    @Slot(object)
    def _on_read(self, found: tuple[list[Kept], list[ExportEntry]]) -> None:
        kept, copies = found
        today = self._workspace.today()
        soon = [one for one in kept if one.is_soon(today) or one.is_due(today)]
        self._section(_("Inden for 14 dage"), soon)
        if soon:
            renew = _("Forny aftalen under Aftaler, hvis en samtale skal bruges længere.")
            self._list.addWidget(PlainLabel(renew, "soft", wrap=True))
        self._section(_("Venter på journalisering eller holdes tilbage"), [one for one in kept if one.waits(today)])
        if copies:
            self._list.addWidget(Rule())
            self._list.addWidget(PlainLabel(_("Kopier, der ikke er kaldt tilbage endnu"), "heading", wrap=True))
            for copy in copies:
                self._list.addWidget(PlainLabel(_copy_line(copy), wrap=True))
        if self._list.count() == 0:
            self._list.addWidget(PlainLabel(_("Intet slettes inden for 14 dage."), wrap=True))
        self._fit()

    def _section(self, heading: str, found: list[Kept]) -> None:
        if not found:
            return
        self._list.addWidget(PlainLabel(heading, "heading", wrap=True))
        today = self._workspace.today()
        for one in found:
            words = PlainLabel(f"{one.recording.title}\n{fate_text(one, today)}", wrap=True)
            button = Button(_("Opbevaring…"), name=_("Opbevaring af {title}").format(title=one.recording.title))
            button.setAutoDefault(False)
            button.clicked.connect(partial(self._on_keeping, one.recording.id))
            row = QHBoxLayout()
            row.setSpacing(self.theme.px(10))
            row.addWidget(words, 1)
            row.addWidget(button)
            self._list.addLayout(row)
            self.rows_of[one.recording.id] = button

    def _on_keeping(self, recording_id: RecordingId) -> None:
        parent = self.parentWidget()
        self.accept()
        if parent is not None:
            KeepingDialog(parent, self._context, recording_id).open()

    @Slot(object)
    def _on_unread(self, error: CubbError) -> None:
        self.say(sentence(error))


def _copy_line(copy: ExportEntry) -> str:
    return _("{recipient} · {file} · {purpose} · {date}").format(
        recipient=copy.recipient or _("modtager ikke skrevet ned"),
        file=copy.file_name,
        purpose=_(PURPOSE_LABELS[copy.purpose]),
        date=format_date(copy.exported_at.astimezone().date()),
    )


# --- in the background -----------------------------------------------------------------------------------------------


def _kept_one(workspace: Workspace, recording_id: RecordingId) -> Kept:
    from cubb_desktop.services.keeping import kept_one

    return kept_one(workspace, recording_id)


def _listed(workspace: Workspace) -> tuple[list[Kept], list[ExportEntry]]:
    from cubb_desktop.services.erasure import recalls
    from cubb_desktop.services.keeping import kept

    return kept(workspace), recalls(workspace)


def _keep(workspace: Workspace, one: Kept, journalised_on: date | None, reason: str) -> Erased:
    """Write down what differs from how it was; what is then due goes."""
    from cubb_desktop.services import erasure, keeping

    recording = one.recording
    done = erasure.Erased(changes=Changes(recordings=frozenset({recording.id})))
    if reason and reason != recording.hold_reason:
        keeping.hold(workspace, recording.id, reason)
    if journalised_on is not None and journalised_on != recording.journalised_on:
        done = erasure.journalise(workspace, recording.id, journalised_on)
    elif journalised_on is None and recording.journalised_on is not None:
        keeping.not_journalised(workspace, recording.id)
    if not reason and recording.hold_reason is not None and not done.gone:
        done = erasure.release(workspace, recording.id)
    return done
