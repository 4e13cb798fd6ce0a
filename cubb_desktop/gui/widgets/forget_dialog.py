"""Glem de sidste minutter: how many, what exactly goes with them, and one question, since it can't be undone."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QButtonGroup, QDoubleSpinBox, QHBoxLayout, QPushButton, QWidget

from cubb_desktop.gui.theme import Theme
from cubb_desktop.gui.widgets.controls import Button, field
from cubb_desktop.gui.widgets.dialogs import Form
from cubb_desktop.gui.widgets.text import PlainLabel
from cubb_desktop.i18n import _, format_clock_ms, ngettext

USUAL_MINUTES = (1, 2, 5, 10)
MINUTE_MS = 60_000


class ForgetDialog(Form):
    """Says from where to where is dropped while time goes on; `floor_ms` (the spoken agreement) always stays."""

    def __init__(
        self, parent: QWidget, theme: Theme, position_ms: int, floor_ms: int, marks_after: Callable[[int], int]
    ) -> None:
        super().__init__(parent, theme, _("Glem de sidste minutter"), _("Slet dem nu"), kind="danger")
        self._position_ms, self._floor_ms, self._marks_after = position_ms, floor_ms, marks_after
        self.buttons: dict[int, QPushButton] = {}
        self._group = QButtonGroup(self)
        row = QHBoxLayout()
        row.setSpacing(theme.px(8))
        for minutes in USUAL_MINUTES:
            button = Button(ngettext("{number} minut", "{number} minutter", minutes).format(number=minutes))
            button.setCheckable(True)
            button.clicked.connect(lambda _=False, minutes=minutes: self.choose(minutes))
            self._group.addButton(button)
            self.buttons[minutes] = button
            row.addWidget(button)
        row.addStretch(1)
        self.add(row)
        self.minutes = QDoubleSpinBox()
        self.minutes.setDecimals(1)
        self.minutes.setRange(0.1, 720.0)
        self.minutes.setSingleStep(0.5)
        self.minutes.setValue(float(USUAL_MINUTES[1]))
        self.minutes.valueChanged.connect(self._say)
        self.add(field(_("Minutter"), self.minutes))
        self.what = PlainLabel("", wrap=True)
        self.add(self.what)
        self.add(PlainLabel(_("Det kan ikke fortrydes. Optagelsen går videre bagefter."), "soft", wrap=True))
        self.finish_rows()
        self.accept_button.setAutoDefault(False)
        self.cancel_button.setDefault(True)
        self.minutes.setFocus()
        self._say()

    def choose(self, minutes: float) -> None:
        """Ask for the last `minutes`."""
        self.minutes.setValue(minutes)

    def set_position(self, position_ms: int) -> None:
        """Say how far the recording is now."""
        self._position_ms = position_ms
        self._say()

    def wanted_ms(self) -> int:
        """How much is to be dropped, counted back from now."""
        asked = round(self.minutes.value() * MINUTE_MS)
        return max(0, min(asked, self._position_ms - self._floor_ms))

    @Slot()
    def _say(self) -> None:
        for minutes, button in self.buttons.items():
            self._group.setExclusive(False)
            button.setChecked(self.minutes.value() == minutes)
            self._group.setExclusive(True)
        drop_ms = self.wanted_ms()
        start_ms = self._position_ms - drop_ms
        text = _("Alt, hvad der er sagt fra {start} til {end} ({length}), bliver slettet fra computeren.").format(
            start=format_clock_ms(start_ms), end=format_clock_ms(self._position_ms), length=format_clock_ms(drop_ms)
        )
        marks = self._marks_after(start_ms)
        if marks:
            also = ngettext("{number} mærke følger med.", "{number} mærker følger med.", marks)
            text = f"{text} {also.format(number=marks)}"
        if start_ms == self._floor_ms and self._floor_ms:
            stays = _("Aftalen, der blev sagt højt, bliver stående.")
            text = f"{text} {stays}"
        self.what.setText(text)
        self.accept_button.setEnabled(drop_ms > 0)
