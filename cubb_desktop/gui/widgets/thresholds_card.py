"""In the settings: from where on the rules point at a place."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QGridLayout, QSpinBox

from cubb_desktop.domain.thresholds import LIMITS, Limit, thresholds_from, usual
from cubb_desktop.gui.context import PageContext
from cubb_desktop.gui.widgets.controls import Button, Card
from cubb_desktop.gui.widgets.text import PlainLabel
from cubb_desktop.i18n import _
from cubb_desktop.settings import Settings


class ThresholdsCard(Card):
    """A row per threshold; what was decided about suggestions stays, whatever is set."""

    def __init__(self, context: PageContext) -> None:
        super().__init__(context.theme, _("Grænser for forslag"))
        self._context = context
        hint = _("Reglerne peger på steder, der måske er værd at se på. Her bestemmer du, hvornår de gør det.")
        self.add(PlainLabel(hint, "sub", wrap=True))
        grid = QGridLayout()
        grid.setHorizontalSpacing(context.theme.px(14))
        grid.setVerticalSpacing(context.theme.px(6))
        grid.setColumnStretch(0, 1)
        self.fields: dict[str, QSpinBox] = {}
        for row, (name, limit) in enumerate(LIMITS.items()):
            grid.addWidget(PlainLabel(_(limit.name), wrap=True), row, 0)
            grid.addWidget(self._field(name, limit), row, 1)
        self.add(grid)
        self.usual = Button(_("Tilbage til de almindelige grænser"), "quiet")
        self.usual.clicked.connect(lambda: context.settings_store.change(thresholds={}))
        self.add(self.usual)
        context.settings_store.changed.connect(self._on_settings)
        self._show()

    def _field(self, name: str, limit: Limit) -> QSpinBox:
        box = QSpinBox()
        box.setRange(limit.least, limit.most)
        box.setSingleStep(limit.step)
        box.setSuffix(f" {_(limit.unit)}")
        box.setAccessibleName(_(limit.name))
        box.setKeyboardTracking(False)
        box.valueChanged.connect(partial(self._on_value, name))
        self.fields[name] = box
        return box

    def _on_value(self, name: str, value: int) -> None:
        chosen = {**self._context.settings_store.value.thresholds, name: value}
        self._context.settings_store.change(
            thresholds={one: chosen[one] for one in chosen if chosen[one] != usual(one)}
        )

    @Slot(object, object)
    def _on_settings(self, old: Settings, new: Settings) -> None:
        if old.thresholds != new.thresholds:
            self._show()

    def _show(self) -> None:
        chosen = self._context.settings_store.value.thresholds
        shown = thresholds_from(chosen)
        for name, box in self.fields.items():
            box.blockSignals(True)
            box.setValue(getattr(shown, name))
            box.blockSignals(False)
        self.usual.setEnabled(bool(chosen))
