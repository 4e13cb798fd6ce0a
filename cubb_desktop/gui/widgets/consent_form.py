"""A new agreement, made together with the person: who it is, what they say yes and no to, until when, and how."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from PySide6.QtCore import QDate, Signal, Slot
from PySide6.QtWidgets import QCheckBox, QDateEdit, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from cubb_desktop.domain.changes import Changes
from cubb_desktop.domain.consent import (
    PURPOSE_LABELS,
    READING_AID_LABELS,
    Consent,
    Purpose,
    ReadingAid,
    usual_until,
)
from cubb_desktop.domain.errors import N_, CubbError
from cubb_desktop.domain.policy import Policy
from cubb_desktop.domain.recording import Role
from cubb_desktop.domain.retention import LONGEST_DAYS
from cubb_desktop.domain.wording import Wording, filled
from cubb_desktop.gui.context import PageContext
from cubb_desktop.gui.widgets.answers import Answers
from cubb_desktop.gui.widgets.citizen_view import CitizenView
from cubb_desktop.gui.widgets.controls import Button, Choice, field
from cubb_desktop.gui.widgets.dialogs import Form
from cubb_desktop.gui.widgets.layouts import Columns
from cubb_desktop.gui.widgets.manner import MannerChooser
from cubb_desktop.gui.widgets.text import PlainLabel
from cubb_desktop.i18n import _, sentence
from cubb_desktop.services.consents import Given, add_consent, check_reference, list_consents, usual_names
from cubb_desktop.services.policy import get_policy
from cubb_desktop.services.wordings import languages, wording

_ROLES: dict[Role, str] = {
    Role.CITIZEN: N_("Borger"),
    Role.COLLEAGUE: N_("Kollega"),
    Role.EMPLOYER: N_("Arbejdsgiver"),
    Role.OTHER: N_("En anden"),
}


class ConsentForm(Form):
    """Left what the worker writes, right what the person is asked; nothing is ticked beforehand.

    Who says no to everything leaves no trace: the form closes and nothing is stored.
    """

    made = Signal(object)  # Consent

    def __init__(
        self, parent: QWidget, context: PageContext, *, role: Role = Role.CITIZEN, renews: Consent | None = None
    ) -> None:
        heading = _("Ny aftale") if renews is None else _("Forny aftalen med {citizen}").format(citizen=renews.citizen)
        super().__init__(parent, context.theme, heading, _("Gem aftalen"))
        self._context = context
        self._renews = renews
        self._policy = Policy()
        self.widen(980)
        columns = Columns(context.theme, 780, spacing=28)
        columns.add(self._left(role if renews is None else renews.role), 4, top=True)
        columns.add(self._right(), 5, top=True)
        self.add(columns)
        self.finish_rows()
        self._on_language()
        self._fill(renews)
        workspace = context.workspace()
        context.background.run_read(lambda: (list_consents(workspace), get_policy(workspace)), self._on_known)
        self.citizen.setFocus()

    # --- layout ------------------------------------------------------------------------------------------------------

    def _left(self, role: Role) -> QWidget:
        theme = self._context.theme
        column, rows = _column(theme.px(14))
        self.role = Choice()
        for one, word in _ROLES.items():
            self.role.addItem(_(word), one.value)
        self.role.setCurrentIndex(self.role.findData(role.value))
        self.role.currentIndexChanged.connect(self._on_role)
        self.citizen = QLineEdit()
        self.citizen.setMaxLength(200)
        self.reference_hint = PlainLabel("", "sub", wrap=True)
        who = QHBoxLayout()
        who.setSpacing(theme.px(10))
        who.addLayout(field(_("Hvem"), self.role), 2)
        who.addLayout(field(_("Betegnelse"), self.citizen), 3)
        rows.addLayout(who)
        rows.addWidget(self.reference_hint)
        today = self._context.workspace().today()
        self.until = QDateEdit()
        self.until.setCalendarPopup(True)
        # Translators: how Qt writes a date
        self.until.setDisplayFormat(_("d. MMMM yyyy"))
        self.until.setDateRange(_qdate(today), _qdate(today + timedelta(days=LONGEST_DAYS)))
        self.until.setDate(_qdate(usual_until(today)))
        rows.addLayout(field(_("Til og med"), self.until))
        self.manner = MannerChooser(theme)
        self.manner.changed.connect(lambda: self.say(""))
        rows.addWidget(self.manner)
        self.case = QCheckBox(_("Samtalen er også sagsdokumentation"))
        self.case.setAccessibleName(self.case.text())
        rows.addWidget(self.case)
        self._on_role()
        return column

    def _right(self) -> QWidget:
        theme = self._context.theme
        column, rows = _column(theme.px(10))
        self.language = Choice()
        for language in languages():
            self.language.addItem(wording(language).name, language)
        self.language.currentIndexChanged.connect(self._on_language)
        self.aid = Choice()
        for aid in ReadingAid:
            self.aid.addItem(_(READING_AID_LABELS[aid]), aid.value)
        self.turn = Button(_("Vend skærmen…"), tooltip=_("Vis teksten for den, du taler med"))
        self.turn.clicked.connect(self._on_turn)
        row = QHBoxLayout()
        row.setSpacing(theme.px(10))
        row.addLayout(field(_("Tekstens sprog"), self.language), 3)
        row.addLayout(field(_("Hjælp"), self.aid), 3)
        turn = QVBoxLayout()
        turn.addStretch(1)
        turn.addWidget(self.turn)
        row.addLayout(turn)
        rows.addLayout(row)
        self.answers = Answers(theme)
        self.answers.answered.connect(self._on_answered)
        rows.addWidget(self.answers)
        self.named = QLineEdit()
        self.named.setMaxLength(400)
        self.named_row = QWidget()
        named = field(_("Kolleger, der må give feedback"), self.named, _("Flere navne skilles med komma."))
        named.setContentsMargins(0, 0, 0, 0)
        self.named_row.setLayout(named)
        self.named_row.hide()
        rows.addWidget(self.named_row)
        return column

    def _fill(self, renews: Consent | None) -> None:
        """Begin a renewal with what was agreed before; the person says it anew all the same."""
        if renews is None:
            return
        self.citizen.setText(renews.citizen)
        self.named.setText(", ".join(renews.named))
        self.case.setChecked(Purpose.CASE_DOCUMENTATION in renews.purposes)
        at = self.language.findData(renews.wording_language)
        self.language.setCurrentIndex(max(at, 0))

    # --- what is known and chosen ------------------------------------------------------------------------------------

    @Slot(object)
    def _on_known(self, found: tuple[Sequence[Consent], Policy]) -> None:
        consents, self._policy = found
        if not self.named.text():
            self.named.setText(", ".join(usual_names(consents)))

    @property
    def wording(self) -> Wording:
        """The text that is asked with."""
        return wording(self.language.currentData())

    @Slot()
    def _on_language(self) -> None:
        self.answers.show_wording(self.wording)

    @Slot()
    def _on_role(self) -> None:
        citizen = Role(self.role.currentData()) is Role.CITIZEN
        hint = _("Initialer eller et nummer, aldrig CPR-nummeret.") if citizen else _("Navnet, aldrig et CPR-nummer.")
        self.reference_hint.setText(hint)
        self.citizen.setAccessibleDescription(hint)

    @Slot()
    def _on_answered(self) -> None:
        self.named_row.setVisible(Purpose.FEEDBACK in self.answers.said(True))
        refused = self._refused_all()
        self.accept_button.setText(_("Luk uden at gemme") if refused else _("Gem aftalen"))
        self.manner.setEnabled(not refused)
        self.say(_("Der er sagt nej til det hele. Så bliver intet gemt, og samtalen optages ikke.") if refused else "")

    def _refused_all(self) -> bool:
        return len(self.answers.said(False)) == len(self.answers.rows)

    @Slot()
    def _on_turn(self) -> None:
        CitizenView(self, self._context.theme, filled(self.wording, self._policy)).open()

    # --- saving ------------------------------------------------------------------------------------------------------

    def submit(self) -> None:
        if self._refused_all():
            self.reject()
            return
        problem = self._problem()
        if problem:
            self.say(problem)
            return
        purposes = self.answers.said(True) + [Purpose.CASE_DOCUMENTATION] * self.case.isChecked()
        refused, until = self.answers.said(False), self.until.date()
        last = date(until.year(), until.month(), until.day())
        workspace, citizen, role = self._context.workspace(), self.citizen.text(), Role(self.role.currentData())
        named = self.named.text().split(",")
        shown, aid, manner = self.wording, ReadingAid(self.aid.currentData()), self.manner.manner
        proof, form = self.manner.proof(), self.manner.form()
        renews = self._renews.id if self._renews is not None else None

        def work() -> Consent:
            given = Given(manner, shown.version, shown.language, aid, proof(), form)
            return add_consent(
                workspace,
                citizen,
                purposes,
                last,
                role=role,
                given=given,
                named=named,
                refused=refused,
                renews=renews,
            )

        self.accept_button.setEnabled(False)
        self._context.background.run_write(work, self._on_added, self._on_refused, changes=Changes(consents=True))

    def _problem(self) -> str:
        """Return the first thing that is missing, in the order of the form."""
        try:
            check_reference(self.citizen.text())
        except CubbError as error:
            self.citizen.setFocus()
            return sentence(error)
        if not self.answers.said(True):
            return _("Vælg mindst ét formål, der er sagt ja til.")
        if Purpose.FEEDBACK in self.answers.said(True) and not self.named.text().strip(" ,"):
            self.named.setFocus()
            return _("Skriv navnet på den kollega, der må give feedback ({purpose}).").format(
                purpose=_(PURPOSE_LABELS[Purpose.FEEDBACK])
            )
        return self.manner.missing()

    @Slot(object)
    def _on_added(self, consent: Consent) -> None:
        self.made.emit(consent)
        self.accept()

    @Slot(object)
    def _on_refused(self, error: CubbError) -> None:
        self.accept_button.setEnabled(True)
        self.say(sentence(error))


def _column(spacing: int) -> tuple[QWidget, QVBoxLayout]:
    column = QWidget()
    rows = QVBoxLayout(column)
    rows.setContentsMargins(0, 0, 0, 0)
    rows.setSpacing(spacing)
    return column, rows


def _qdate(day: date) -> QDate:
    return QDate(day.year, day.month, day.day)
