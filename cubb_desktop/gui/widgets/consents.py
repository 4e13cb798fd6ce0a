"""Choosing the citizen's agreement, and making one right there; nothing is recorded or brought in without one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QVBoxLayout, QWidget

from cubb_desktop.domain.changes import Changes
from cubb_desktop.domain.consent import PURPOSE_LABELS, Consent, ConsentState, Purpose, state_on
from cubb_desktop.domain.ids import ConsentId
from cubb_desktop.gui.context import PageContext
from cubb_desktop.gui.widgets.consent_form import ConsentForm
from cubb_desktop.gui.widgets.controls import Button, Choice
from cubb_desktop.gui.widgets.text import PlainLabel
from cubb_desktop.i18n import _, format_date
from cubb_desktop.services.consents import list_consents

__all__ = ["ConsentForm", "ConsentPicker", "consent_text"]


def consent_text(consent: Consent) -> str:
    """Return an agreement as one line: whom with, until when, what for (last, as there may be no room for it)."""
    purposes = ", ".join(_(PURPOSE_LABELS[purpose]) for purpose in Purpose if purpose in consent.purposes)
    return _("{citizen} · til {until} · {purposes}").format(
        citizen=consent.citizen, until=format_date(consent.until), purposes=purposes
    )


class ConsentPicker(QWidget):
    """The agreements that are valid today, the newest first, and a button to make one."""

    changed = Signal()

    def __init__(self, context: PageContext) -> None:
        super().__init__()
        self._context = context
        self._wanted: ConsentId | None = None
        self._consents: list[Consent] = []
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        label = PlainLabel(_("Aftale med borgeren"), "label")
        column.addWidget(label)
        row = QHBoxLayout()
        row.setSpacing(10)
        self.box = Choice()
        self.box.setAccessibleName(_("Aftale med borgeren"))
        self.box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.box.setMinimumContentsLength(12)
        self.box.setPlaceholderText(_("Vælg en aftale"))
        self.box.currentIndexChanged.connect(self.changed)
        label.setBuddy(self.box)
        self.make = Button(_("Ny aftale…"), tooltip=_("Skriv ned, hvad borgeren har sagt ja til"))
        self.make.clicked.connect(self._on_make)
        row.addWidget(self.box, 1)
        row.addWidget(self.make)
        column.addLayout(row)
        self.hint = PlainLabel("", "sub", wrap=True)
        column.addWidget(self.hint)
        context.background.changed.connect(self._on_changed)
        self.box.currentIndexChanged.connect(self._say)
        self.reload()

    def chosen(self) -> Consent | None:
        """The agreement that is chosen."""
        found = self.box.currentData(Qt.ItemDataRole.UserRole)
        return next((consent for consent in self._consents if consent.id == found), None)

    @Slot(object)
    def _on_changed(self, changes: Changes) -> None:
        if changes.consents:
            self.reload()

    def reload(self) -> None:
        """Read the agreements again and keep what was chosen."""
        workspace = self._context.workspace()
        self._context.background.run_read(lambda: (list_consents(workspace), workspace.today()), self._on_loaded)

    @Slot(object)
    def _on_loaded(self, found: tuple[Sequence[Consent], date]) -> None:
        consents, today = found
        chosen = self._wanted or self.box.currentData(Qt.ItemDataRole.UserRole)
        self._consents = [consent for consent in consents if state_on(consent, today) is ConsentState.VALID]
        self.box.blockSignals(True)
        self.box.clear()
        for consent in self._consents:
            self.box.addItem(consent_text(consent), consent.id)
        ids = [consent.id for consent in self._consents]
        self.box.setCurrentIndex(ids.index(chosen) if chosen in ids else -1)
        self._wanted = None
        self.box.setEnabled(bool(ids))
        self.box.blockSignals(False)
        self._say()
        self.changed.emit()

    @Slot()
    def _say(self) -> None:
        if not self._consents:
            self.hint.setText(_("Der er ingen gyldig aftale endnu. Lav en, sammen med borgeren."))
        elif self.chosen() is None:
            self.hint.setText(_("Vælg den aftale, samtalen hører til."))
        else:
            self.hint.setText("")
        self.hint.setVisible(bool(self.hint.text()))

    @Slot()
    def _on_make(self) -> None:
        form = ConsentForm(self.window(), self._context)
        form.made.connect(self._on_made)
        form.open()

    @Slot(object)
    def _on_made(self, consent: Consent) -> None:
        self._wanted = consent.id
        self.reload()
