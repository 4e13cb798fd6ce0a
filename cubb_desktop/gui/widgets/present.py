"""Who is present: one row per person, each with a role and the agreement that person has given."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from PySide6.QtCore import QSignalBlocker, Qt, Signal, Slot
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QVBoxLayout, QWidget

from cubb_desktop.domain.changes import Changes
from cubb_desktop.domain.consent import Consent, ConsentState, Manner, state_on
from cubb_desktop.domain.errors import N_
from cubb_desktop.domain.ids import ConsentId
from cubb_desktop.domain.recording import EXPECTED_ROLES, KIND_LABELS, ConversationKind, Participant, Role
from cubb_desktop.gui.context import PageContext
from cubb_desktop.gui.widgets.consents import ConsentForm, consent_text
from cubb_desktop.gui.widgets.controls import Button, Choice, IconButton
from cubb_desktop.gui.widgets.text import PlainLabel
from cubb_desktop.i18n import _
from cubb_desktop.services.consents import list_consents
from cubb_desktop.services.new_recordings import participant_of

PERSON_WORDS: dict[Role, str] = {
    Role.CITIZEN: N_("Borger"),
    Role.COLLEAGUE: N_("Kollega"),
    Role.EMPLOYER: N_("Arbejdsgiver"),
    Role.OTHER: N_("En anden"),
}
_MISSING: dict[Role, str] = {
    Role.CITIZEN: N_("Vælg først en aftale med borgeren."),
    Role.COLLEAGUE: N_("Vælg først en aftale med kollegaen."),
    Role.EMPLOYER: N_("Vælg først en aftale med arbejdsgiveren."),
    Role.OTHER: N_("Vælg først en aftale med den anden."),
}
_MOST_PEOPLE = 12


class KindChoice(Choice):
    """What sort of conversation it is."""

    def __init__(self) -> None:
        super().__init__()
        for kind in ConversationKind:
            label = _(KIND_LABELS[kind])
            self.addItem(label[:1].upper() + label[1:], kind.value)

    def kind(self) -> ConversationKind:
        """The sort that is chosen."""
        return ConversationKind(self.currentData())

    def choose(self, kind: ConversationKind) -> None:
        """Choose a sort."""
        self.setCurrentIndex(self.findData(kind.value))


class PersonRow(QWidget):
    """One person: role, agreement, a button to make one there and then, and one to take the row away."""

    changed = Signal()
    made = Signal()
    to_be_spoken = Signal()  # an agreement was made that is still to be said aloud
    removed = Signal(object)  # this row

    def __init__(self, context: PageContext, role: Role) -> None:
        super().__init__()
        self._context = context
        self._agreements: list[Consent] = []
        self._wanted: ConsentId | None = None
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(context.theme.px(8))
        self.role_box = Choice()
        self.role_box.setAccessibleName(_("Hvem det er"))
        for one, word in PERSON_WORDS.items():
            self.role_box.addItem(_(word), one.value)
        self.role_box.setCurrentIndex(self.role_box.findData(role.value))
        self.role_box.currentIndexChanged.connect(self._on_role)
        self.box = Choice()
        self.box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.box.setMinimumContentsLength(10)
        self.box.setPlaceholderText(_("Vælg en aftale"))
        self.box.currentIndexChanged.connect(self.changed)
        self.make = Button(_("Ny aftale…"), tooltip=_("Skriv ned, hvad der er sagt ja til"))
        self.make.clicked.connect(self._on_make)
        self.remove = IconButton(context.theme, "close", _("Fjern fra listen"), size=16)
        self.remove.clicked.connect(lambda: self.removed.emit(self))
        row.addWidget(self.role_box)
        row.addWidget(self.box, 1)
        row.addWidget(self.make)
        row.addWidget(self.remove)
        self._name()

    @property
    def role(self) -> Role:
        """What this person is in the conversation."""
        return Role(self.role_box.currentData())

    def chosen(self) -> Consent | None:
        """The agreement that is chosen."""
        found = self.box.currentData(Qt.ItemDataRole.UserRole)
        return next((consent for consent in self._agreements if consent.id == found), None)

    def show_agreements(self, agreements: Sequence[Consent]) -> None:
        """Offer the agreements of this row's role, and keep what was chosen."""
        self._agreements = [consent for consent in agreements if consent.role is self.role]
        chosen = self._wanted or self.box.currentData(Qt.ItemDataRole.UserRole)
        ids = [consent.id for consent in self._agreements]
        with QSignalBlocker(self.box):
            self.box.clear()
            for consent in self._agreements:
                self.box.addItem(consent_text(consent), consent.id)
            self.box.setCurrentIndex(ids.index(chosen) if chosen in ids else -1)
        self.box.setEnabled(bool(ids))
        self.box.setPlaceholderText(_("Vælg en aftale") if ids else _("Der er ingen gyldig aftale endnu"))
        self._wanted = None

    def _name(self) -> None:
        self.box.setAccessibleName(_("Aftale med: {who}").format(who=self.role_box.currentText()))

    @Slot()
    def _on_role(self) -> None:
        self._name()
        self.made.emit()  # other agreements are to be offered

    @Slot()
    def _on_make(self) -> None:
        form = ConsentForm(self.window(), self._context, role=self.role)
        form.made.connect(self._on_made)
        form.open()

    @Slot(object)
    def _on_made(self, consent: Consent) -> None:
        self._wanted = consent.id
        at = self.role_box.findData(consent.role.value)
        with QSignalBlocker(self.role_box):
            self.role_box.setCurrentIndex(max(at, 0))
        self._name()
        self.made.emit()
        if consent.manner is Manner.SPOKEN:
            self.to_be_spoken.emit()


class PresentPicker(QWidget):
    """Everybody present besides the one who records; nothing begins until each of them has a valid agreement."""

    changed = Signal()
    to_be_spoken = Signal()

    def __init__(self, context: PageContext, heading: str = "") -> None:
        super().__init__()
        self._context = context
        self._agreements: list[Consent] = []
        self._kind = ConversationKind.CITIZEN_MEETING
        self.rows: list[PersonRow] = []
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addWidget(PlainLabel(heading or _("Til stede, ud over dig"), "label"))
        self._list = QVBoxLayout()
        self._list.setSpacing(context.theme.px(8))
        column.addLayout(self._list)
        self.add_button = Button(_("+ En til"), "quiet", tooltip=_("Der er en til i rummet"))
        self.add_button.setProperty("tight", True)
        self.add_button.clicked.connect(self._on_add)
        column.addWidget(self.add_button, 0, Qt.AlignmentFlag.AlignLeft)
        context.background.changed.connect(self._on_changed)
        self.set_kind(self._kind)
        self.reload()

    def set_kind(self, kind: ConversationKind) -> None:
        """Have a row for everybody whom such a conversation needs; rows with an agreement stay."""
        self._kind = kind
        expected = list(EXPECTED_ROLES[kind])
        for row in list(self.rows):
            if row.role in expected:
                expected.remove(row.role)
            elif row.chosen() is None:
                self._drop(row)
        for role in expected:
            self._add(role)
        self._tell()

    def participants(self) -> tuple[Participant, ...]:
        """Everybody whose agreement is chosen."""
        return tuple(participant_of(consent) for row in self.rows if (consent := row.chosen()) is not None)

    def missing(self) -> str:
        """Return what must be chosen first, in one sentence; "" when all is there."""
        without = next((row for row in self.rows if row.chosen() is None), None)
        if without is not None:
            return _(_MISSING[without.role])
        chosen = [person.consent_id for person in self.participants()]
        return _("Den samme aftale er valgt to gange.") if len(set(chosen)) < len(chosen) else ""

    def reset(self) -> None:
        """Begin anew for the next conversation: nobody is taken for granted."""
        for row in list(self.rows):
            self._drop(row)
        self.set_kind(self._kind)

    def reload(self) -> None:
        """Read the agreements again and keep what was chosen."""
        workspace = self._context.workspace()
        self._context.background.run_read(lambda: (list_consents(workspace), workspace.today()), self._on_loaded)

    @Slot(object)
    def _on_changed(self, changes: Changes) -> None:
        if changes.consents:
            self.reload()

    @Slot(object)
    def _on_loaded(self, found: tuple[Sequence[Consent], date]) -> None:
        consents, today = found
        self._agreements = [consent for consent in consents if state_on(consent, today) is ConsentState.VALID]
        self._offer()

    @Slot()
    def _offer(self) -> None:
        for row in self.rows:
            row.show_agreements(self._agreements)
        self._tell()

    def _add(self, role: Role) -> PersonRow:
        row = PersonRow(self._context, role)
        row.changed.connect(self._tell)
        row.made.connect(self.reload)
        row.removed.connect(self._on_removed)
        row.to_be_spoken.connect(self.to_be_spoken)
        row.show_agreements(self._agreements)
        self.rows.append(row)
        self._list.addWidget(row)
        return row

    def _drop(self, row: PersonRow) -> None:
        self.rows.remove(row)
        self._list.removeWidget(row)
        row.hide()
        row.deleteLater()

    @Slot()
    def _on_add(self) -> None:
        row = self._add(Role.COLLEAGUE)
        row.role_box.setFocus()
        self._tell()

    @Slot(object)
    def _on_removed(self, row: PersonRow) -> None:
        self._drop(row)
        self.add_button.setFocus()
        self._tell()

    @Slot()
    def _tell(self) -> None:
        """Only a person whom the conversation can do without may be taken away."""
        needed = list(EXPECTED_ROLES[self._kind])
        for row in self.rows:
            row.remove.setVisible(row.role not in needed)
            if row.role in needed:
                needed.remove(row.role)
        self.add_button.setVisible(len(self.rows) < _MOST_PEOPLE)
        self.changed.emit()
