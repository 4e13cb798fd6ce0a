"""Each by themselves first, in the window: what the state is in one sentence, and the question how it begins."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QFrame, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from cubb_desktop.domain.annotating import BlindRound, same_person
from cubb_desktop.gui.theme import Theme
from cubb_desktop.gui.widgets.controls import Button, field
from cubb_desktop.gui.widgets.dialogs import Form
from cubb_desktop.gui.widgets.text import PlainLabel, plain_button_text
from cubb_desktop.i18n import _, format_day
from cubb_desktop.services.round_words import round_sentence


class RoundStrip(QFrame):
    """Says how a conversation's round stands, with what the person can do about it."""

    ready_requested = Signal(bool)
    open_requested = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._not_ready = True
        self.setProperty("role", "notice")
        rows = QVBoxLayout(self)
        rows.setContentsMargins(theme.px(12), theme.px(8), theme.px(8), theme.px(8))
        rows.setSpacing(theme.px(6))
        self.text = PlainLabel("", wrap=True)
        rows.addWidget(self.text)
        self.buttons = QWidget()
        row = QHBoxLayout(self.buttons)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.px(6))
        self.ready = Button(_("Jeg er færdig"))
        self.ready.clicked.connect(lambda: self.ready_requested.emit(self._not_ready))
        self.open_now = Button(_("Åbn for alle…"), "quiet")
        self.open_now.clicked.connect(self.open_requested)
        row.addWidget(self.ready)
        row.addWidget(self.open_now)
        row.addStretch(1)
        rows.addWidget(self.buttons)
        self.hide()

    def show_round(self, blind: BlindRound | None, me: str) -> None:
        """Show how it stands for a person; nothing where it is opened or never was."""
        self.setVisible(blind is not None and not blind.is_open)
        if blind is None or blind.is_open:
            return
        said = round_sentence(blind, me)
        self.text.setText(said)
        self.setAccessibleName(said)
        self._not_ready = blind.waits_for_person(me)
        self.ready.setVisible(blind.takes_part(me))
        self.ready.setText(_("Jeg er færdig") if self._not_ready else _("Ikke færdig endnu"))
        self.ready.setAccessibleName(self.ready.text())
        self.open_now.setVisible(blind.was_begun_by(me))
        self.buttons.setVisible(not self.ready.isHidden() or not self.open_now.isHidden())


class RoundDialog(Form):
    """Asks who are to mark a conversation each by themselves first."""

    chosen = Signal(object)  # list of names

    def __init__(self, parent: QWidget, theme: Theme, me: str, colleagues: Sequence[str]) -> None:
        super().__init__(parent, theme, _("Først hver for sig"), _("Begynd"))
        self.add(
            PlainLabel(
                _(
                    "Til I åbner for hinanden, ser hver kun sine egne mærker og svar, også i forslag og eksport. "
                    "Det åbnes for alle på én gang, når alle herunder har sagt »Jeg er færdig«, eller når du åbner. "
                    "Det kan ikke gøres om."
                ),
                wrap=True,
            )
        )
        self.boxes: list[QCheckBox] = []
        self._names: list[str] = [me, *(name for name in colleagues if not same_person(name, me))]
        for n, name in enumerate(self._names):
            box = QCheckBox(plain_button_text(_("{name} (dig)").format(name=name) if n == 0 else name))
            box.setChecked(n == 0)
            box.setAccessibleName(name)
            self.boxes.append(box)
            self.add(box)
        self.others = QLineEdit()
        self.others.setMaxLength(400)
        hint = _("Navnet, som de selv har skrevet under Indstillinger. Vælg ingen, hvis alle må være med.")
        self.add(field(_("Andre, med komma imellem"), self.others, hint))
        self.finish_rows()

    def submit(self) -> None:
        ticked = [name for name, box in zip(self._names, self.boxes, strict=True) if box.isChecked()]
        self.chosen.emit([*ticked, *self.others.text().split(",")])
        self.accept()


def opened_text(blind: BlindRound | None) -> str:
    """Return since when all see everything; nothing where that was always so."""
    if blind is None or blind.opened_at is None:
        return ""
    return _("Åbnet for alle {day}").format(day=format_day(blind.opened_at))
