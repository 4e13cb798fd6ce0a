"""Aftaler: everybody's agreements, what each one says and how it was given, what rests on it, and what can be done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from cubb_desktop.domain.changes import Changes
from cubb_desktop.domain.consent import Consent, ConsentState, Evidence, state_on
from cubb_desktop.domain.ids import ConsentId
from cubb_desktop.domain.recording import ROLE_LABELS, Recording, Role
from cubb_desktop.gui.context import PageContext
from cubb_desktop.gui.widgets import agreement_texts as texts
from cubb_desktop.gui.widgets.consent_form import ConsentForm
from cubb_desktop.gui.widgets.controls import Button, Rule
from cubb_desktop.gui.widgets.dialogs import Form
from cubb_desktop.gui.widgets.evidence_view import EvidenceView
from cubb_desktop.gui.widgets.layouts import Columns
from cubb_desktop.gui.widgets.sheet_print import SheetDialog
from cubb_desktop.gui.widgets.start_notice import StartNotice
from cubb_desktop.gui.widgets.text import PlainLabel
from cubb_desktop.i18n import _, ngettext
from cubb_desktop.services.consents import (
    list_consents,
    list_evidence,
    resting_counts,
    resting_on,
)
from cubb_desktop.services.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Known:
    """What the list shows: agreements, how many conversations rest on each, and today."""

    consents: Sequence[Consent]
    resting: dict[ConsentId, int]
    today: date


@dataclass(frozen=True, slots=True)
class Details:
    """What is shown of one agreement beside itself."""

    consent: Consent
    resting: Sequence[Recording]
    pages: int


def known(workspace: Workspace) -> Known:
    """Read what the list shows."""
    return Known(list_consents(workspace), resting_counts(workspace), workspace.today())


class AgreementsDialog(Form):
    """The list at the left, one agreement at the right; it follows what changes in the library."""

    open_requested = Signal(object)  # RecordingId

    def __init__(self, parent: QWidget, context: PageContext) -> None:
        super().__init__(parent, context.theme, _("Aftaler"), _("Ny aftale…"))
        self._context = context
        self._known = Known((), {}, context.workspace().today())
        self._details: Details | None = None
        self.widen(1000)
        self.notice = StartNotice(context)
        self.add(self.notice)
        columns = Columns(context.theme, 760, spacing=24)
        columns.add(self._list_column(), 2)
        columns.add(self._detail_column(), 3, top=True)
        self.add(columns)
        self.sheet_button = Button(_("Informationsark…"), tooltip=_("Udskriv eller gem arket til borgeren"))
        self.sheet_button.clicked.connect(self._on_sheet)
        sheet = QHBoxLayout()
        sheet.addWidget(self.sheet_button)
        sheet.addStretch(1)
        self.add(sheet)
        self.finish_rows()
        self.cancel_button.setText(_("Luk"))
        context.background.changed.connect(self._on_changed)
        self.reload()

    # --- layout ------------------------------------------------------------------------------------------------------

    def _list_column(self) -> QWidget:
        self.list = QListWidget()
        self.list.setProperty("role", "book")
        self.list.setAccessibleName(_("Aftaler"))
        self.list.setWordWrap(True)
        self.list.setTextElideMode(Qt.TextElideMode.ElideNone)
        self.list.setMinimumHeight(min(self.theme.px(380), 480))
        self.list.currentItemChanged.connect(self._on_chosen)
        return self.list

    def _detail_column(self) -> QWidget:
        column = QWidget()
        rows = QVBoxLayout(column)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(self.theme.px(6))
        self.heading = PlainLabel("", "heading", wrap=True)
        self.state = PlainLabel("", "soft", wrap=True)
        self.purposes = PlainLabel("", wrap=True)
        self.how = PlainLabel("", "sub", wrap=True)
        self.resting = PlainLabel("", "sub", wrap=True)
        for label in (self.heading, self.state):
            rows.addWidget(label)
        rows.addWidget(Rule())
        for label in (self.purposes, self.how, self.resting):
            rows.addWidget(label)
        self.renew = Button(
            _("Forny…"), tooltip=_("Spørg igen: en ny aftale afløser denne, også for det, der er optaget")
        )
        self.proof = Button(_("Se bilag…"), tooltip=_("Underskriften eller det scannede papir"))
        self.withdraw = Button(_("Borgeren trækker sig tilbage…"), "danger")
        self.renew.clicked.connect(self._on_renew)
        self.proof.clicked.connect(self._on_proof)
        self.withdraw.clicked.connect(self._on_withdraw)
        buttons = QHBoxLayout()
        buttons.setSpacing(self.theme.px(8))
        buttons.addWidget(self.renew)
        buttons.addWidget(self.proof)
        buttons.addStretch(1)
        rows.addSpacing(self.theme.px(8))
        rows.addLayout(buttons)
        rows.addWidget(self.withdraw, 0, Qt.AlignmentFlag.AlignLeft)
        self._detail_widgets = (self.renew, self.proof, self.withdraw)
        self._show_nothing()
        return column

    # --- the list ----------------------------------------------------------------------------------------------------

    def reload(self) -> None:
        """Read the agreements again and keep the chosen one."""
        workspace = self._context.workspace()
        self._context.background.run_read(lambda: known(workspace), self._on_known)

    @Slot(object)
    def _on_changed(self, changes: Changes) -> None:
        if changes.consents or changes.recordings:
            self.reload()

    @Slot(object)
    def _on_known(self, found: Known) -> None:
        chosen = self._chosen_id()
        self._known = found
        self.list.blockSignals(True)
        self.list.clear()
        for consent in found.consents:
            item = QListWidgetItem(self._line(consent))
            item.setData(Qt.ItemDataRole.UserRole, consent.id)
            self.list.addItem(item)
        ids = [consent.id for consent in found.consents]
        self.list.setCurrentRow(ids.index(chosen) if chosen in ids else 0 if ids else -1)
        self.list.blockSignals(False)
        self._on_chosen()

    def _line(self, consent: Consent) -> str:
        number = self._known.resting.get(consent.id, 0)
        count = ngettext("{number} samtale", "{number} samtaler", number).format(number=number)
        who = f"{texts.whom(consent)} · {_(ROLE_LABELS[consent.role])}"
        return f"{who}\n{texts.standing(consent, self._known.today)} · {count}"

    def _chosen_id(self) -> ConsentId | None:
        item = self.list.currentItem()
        return ConsentId(item.data(Qt.ItemDataRole.UserRole)) if item else None

    # --- one agreement -----------------------------------------------------------------------------------------------

    @Slot()
    def _on_chosen(self) -> None:
        consent = next((one for one in self._known.consents if one.id == self._chosen_id()), None)
        if consent is None:
            self._show_nothing()
            return
        workspace = self._context.workspace()
        self._context.background.run_read(
            lambda: Details(consent, resting_on(workspace, consent.id), len(list_evidence(workspace, consent.id))),
            self._on_details,
            lambda _error: self.reload(),
        )

    def _show_nothing(self) -> None:
        self._details = None
        self.heading.setText(_("Der er ingen aftaler endnu. Lav en, sammen med borgeren."))
        for label in (self.state, self.purposes, self.how, self.resting):
            label.setText("")
        for widget in self._detail_widgets:
            widget.setVisible(False)

    @Slot(object)
    def _on_details(self, details: Details) -> None:
        consent, today = details.consent, self._known.today
        if consent.id != self._chosen_id():
            return  # another one was chosen meanwhile
        self._details = details
        state = state_on(consent, today)
        self.heading.setText(f"{texts.whom(consent)} · {_(ROLE_LABELS[consent.role])}")
        self.state.setText(texts.standing(consent, today))
        self.purposes.setText("\n".join(texts.answers(consent, today)))
        self.how.setText(texts.how(consent))
        self.resting.setText(texts.resting(details.resting))
        self.renew.setVisible(state is not ConsentState.WITHDRAWN)
        self.proof.setVisible(details.pages > 0)
        citizen = consent.role is Role.CITIZEN
        text = _("Borgeren trækker sig tilbage…") if citizen else _("Trækker sig tilbage…")
        self.withdraw.setText(text)
        self.withdraw.setAccessibleName(text)
        self.withdraw.setVisible(state is not ConsentState.WITHDRAWN)

    # --- acting ------------------------------------------------------------------------------------------------------

    def submit(self) -> None:
        form = ConsentForm(self, self._context)
        form.made.connect(self._on_made)
        form.open()

    @Slot(object)
    def _on_made(self, consent: Consent) -> None:
        item = QListWidgetItem(self._line(consent))
        item.setData(Qt.ItemDataRole.UserRole, consent.id)
        self.list.insertItem(0, item)
        self.list.setCurrentRow(0)
        self.reload()

    @Slot()
    def _on_renew(self) -> None:
        if self._details is not None:
            form = ConsentForm(self, self._context, renews=self._details.consent)
            form.made.connect(self._on_made)
            form.open()

    @Slot()
    def _on_proof(self) -> None:
        if self._details is None:
            return
        workspace, consent = self._context.workspace(), self._details.consent
        self._context.background.run_read(lambda: list_evidence(workspace, consent.id), self._on_evidence)

    @Slot(object)
    def _on_evidence(self, pages: Sequence[Evidence]) -> None:
        EvidenceView(self, self.theme, pages).open()

    @Slot()
    def _on_sheet(self) -> None:
        language = self._details.consent.wording_language if self._details is not None else None
        SheetDialog(self, self._context, language).open()

    @Slot()
    def _on_withdraw(self) -> None:
        if self._details is not None:
            from cubb_desktop.gui.widgets.withdrawal_dialog import WithdrawalDialog

            WithdrawalDialog(self, self._context, self._details.consent.id).open()
