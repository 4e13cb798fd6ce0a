"""Kommunens rammer: the legal basis, who answers for it, and for how long conversations may be kept."""

from __future__ import annotations

from datetime import date

from PySide6.QtCore import QDate, Slot
from PySide6.QtWidgets import QCheckBox, QDateEdit, QHBoxLayout, QLineEdit, QSpinBox, QWidget

from cubb_desktop.domain.changes import Changes
from cubb_desktop.domain.errors import CubbError
from cubb_desktop.domain.policy import LEGAL_BASIS_LABELS, LegalBasis, Policy, Retention
from cubb_desktop.domain.retention import LONGEST_DAYS
from cubb_desktop.gui.context import PageContext
from cubb_desktop.gui.widgets.controls import Button, Card, Choice, Rule, field
from cubb_desktop.gui.widgets.text import PlainLabel
from cubb_desktop.i18n import _, format_date, sentence
from cubb_desktop.services.policy import LONGEST_TEXT, get_policy, set_policy


class PolicyCard(Card):
    """What was decided is shown; it is changed by "Gem", for it is the municipality's word and not a taste."""

    def __init__(self, context: PageContext) -> None:
        super().__init__(context.theme, _("Kommunens rammer"))
        self._context = context
        text = _("Grundlaget er kommunens. Borgerens aftale er noget andet: den siger, hvad I må bruge samtalen til.")
        self.add(PlainLabel(text, "sub", wrap=True))
        self.municipality, self.controller, self.contact = self._line(), self._line(), self._line()
        self.add(field(_("Kommune"), self.municipality))
        self.add(field(_("Dataansvarlig"), self.controller))
        self.add(field(_("Databeskyttelsesrådgiver, og hvordan man får fat i dem"), self.contact))
        self.add(Rule())
        self.basis = Choice()
        self.basis.addItem(_("Ikke valgt endnu"), None)
        for basis in LegalBasis:
            self.basis.addItem(_(LEGAL_BASIS_LABELS[basis]), basis.value)
        self.basis.setMinimumContentsLength(12)
        self.basis.setSizeAdjustPolicy(Choice.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.law = self._line()
        self.add(field(_("Behandlingsgrundlag"), self.basis))
        self.add(field(_("Lov"), self.law, _("Fx den bestemmelse, opgaven hviler på.")))
        self._add_sign_off()
        self.required = QCheckBox(_("Optag først, når grundlaget er godkendt"))
        self.required.setAccessibleName(self.required.text())
        self.add(self.required)
        self.add(Rule())
        self._add_days()
        self.problem = PlainLabel("", "fault", wrap=True)
        self.problem.hide()
        self.add(self.problem)
        self.save = Button(_("Gem kommunens rammer"))
        self.save.clicked.connect(self._on_save)
        row = QHBoxLayout()
        row.addWidget(self.save)
        row.addStretch(1)
        self.add(row)
        context.background.changed.connect(self._on_changed)
        self.reload()

    def _line(self) -> QLineEdit:
        line = QLineEdit()
        line.setMaxLength(LONGEST_TEXT)
        return line

    def _add_sign_off(self) -> None:
        self.signed_by = self._line()
        self.signed_on = QDateEdit()
        self.signed_on.setCalendarPopup(True)
        # Translators: how Qt writes a date
        self.signed_on.setDisplayFormat(_("d. MMMM yyyy"))
        today = _qdate(self._context.workspace().today())
        self.signed_on.setMaximumDate(today)
        self.signed_on.setDate(today)
        row = QHBoxLayout()
        row.setSpacing(10)
        row.addLayout(field(_("Godkendt af"), self.signed_by), 1)
        row.addLayout(field(_("Godkendt den"), self.signed_on), 1)
        self.add(row)
        self.standing = PlainLabel("", "sub", wrap=True)
        self.add(self.standing)

    def _add_days(self) -> None:
        self.days: list[QSpinBox] = []
        row = QHBoxLayout()
        row.setSpacing(10)
        for label in (_("Lyd, dage"), _("Tekst, dage"), _("Uddrag, dage")):
            box = QSpinBox()
            box.setRange(1, LONGEST_DAYS)
            self.days.append(box)
            row.addLayout(field(label, box), 1)
        self.add(row)
        self.add(PlainLabel(_("En samtale slettes som et hele: den korteste frist gælder."), "sub", wrap=True))

    # --- showing -----------------------------------------------------------------------------------------------------

    def reload(self) -> None:
        """Read what is decided."""
        workspace = self._context.workspace()
        self._context.background.run_read(lambda: get_policy(workspace), self.show_policy)

    @Slot(object)
    def _on_changed(self, changes: Changes) -> None:
        if changes.consents:
            self.reload()

    @Slot(object)
    def show_policy(self, policy: Policy) -> None:
        """Show what is decided, unless somebody is writing."""
        if any(child.hasFocus() for child in self.findChildren(QWidget) if child is not self.save):
            return
        for line, text in (
            (self.municipality, policy.municipality),
            (self.controller, policy.controller),
            (self.contact, policy.contact),
            (self.law, policy.law),
            (self.signed_by, policy.signed_by),
        ):
            line.setText(text)
        self.basis.setCurrentIndex(max(0, self.basis.findData(policy.legal_basis)))
        if policy.signed_on is not None:
            self.signed_on.setDate(_qdate(policy.signed_on))
        self.required.setChecked(policy.require_legal_basis)
        kept = policy.retention
        for box, days in zip(self.days, (kept.audio_days, kept.transcript_days, kept.excerpt_days), strict=True):
            box.setValue(days)
        self._say_standing(policy)

    def _say_standing(self, policy: Policy) -> None:
        if policy.is_settled and policy.signed_on is not None:
            text = _("Grundlaget er godkendt {day}.").format(day=format_date(policy.signed_on))
        else:
            text = _("Grundlaget er ikke godkendt endnu: vælg det, nævn loven, og skriv, hvem der har godkendt det.")
        self.standing.setText(text)

    # --- saving ------------------------------------------------------------------------------------------------------

    def policy(self) -> Policy:
        """Return what stands in the fields."""
        basis, signed_by, day = self.basis.currentData(), self.signed_by.text().strip(), self.signed_on.date()
        audio, transcript, excerpts = (box.value() for box in self.days)
        return Policy(
            municipality=self.municipality.text(),
            controller=self.controller.text(),
            contact=self.contact.text(),
            legal_basis=LegalBasis(basis) if basis is not None else None,
            law=self.law.text(),
            signed_by=signed_by,
            signed_on=date(day.year(), day.month(), day.day()) if signed_by else None,
            retention=Retention(audio, transcript, excerpts),
            require_legal_basis=self.required.isChecked(),
        )

    @Slot()
    def _on_save(self) -> None:
        workspace, policy = self._context.workspace(), self.policy()
        self.save.setEnabled(False)
        self._context.background.run_write(
            lambda: set_policy(workspace, policy), self._on_saved, self._on_refused, changes=Changes(consents=True)
        )

    @Slot(object)
    def _on_saved(self, policy: Policy) -> None:
        self.save.setEnabled(True)
        self.problem.hide()
        self.signed_by.setText(policy.signed_by)
        self._say_standing(policy)
        self._context.notices.tell(_("Kommunens rammer er gemt."))

    @Slot(object)
    def _on_refused(self, error: CubbError) -> None:
        self.save.setEnabled(True)
        self.problem.setText(sentence(error))
        self.problem.show()


def _qdate(day: date) -> QDate:
    return QDate(day.year, day.month, day.day)
