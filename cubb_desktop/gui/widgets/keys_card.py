"""In the settings: which key does what on Gennemgang, for fingers and for foot pedals that send keys."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Slot
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QGridLayout, QKeySequenceEdit, QLineEdit, QToolButton

from cubb_desktop.gui.context import PageContext
from cubb_desktop.gui.keys import ACTS, FIXED, KeyAct, act_with, keys_of
from cubb_desktop.gui.widgets.controls import Button, Card, key_text
from cubb_desktop.gui.widgets.text import PlainLabel
from cubb_desktop.i18n import _
from cubb_desktop.settings import Settings


class KeysCard(Card):
    """A row per act: press the key it is to have. A key that another act has is refused, and both keep theirs."""

    def __init__(self, context: PageContext) -> None:
        super().__init__(context.theme, _("Taster på Gennemgang"))
        self._context = context
        self.add(
            PlainLabel(
                _("Klik i et felt, og tryk på tasten. En fodpedal virker, når den sender en tast."), "sub", wrap=True
            )
        )
        grid = QGridLayout()
        grid.setHorizontalSpacing(context.theme.px(14))
        grid.setVerticalSpacing(context.theme.px(6))
        grid.setColumnStretch(0, 1)
        self.fields: dict[str, QKeySequenceEdit] = {}
        for row, act in enumerate(ACTS):
            grid.addWidget(PlainLabel(_(act.name), wrap=True), row, 0)
            grid.addWidget(self._field(act), row, 1)
        self.add(grid)
        self.problem = PlainLabel("", "fault", wrap=True)
        self.problem.hide()
        self.add(self.problem)
        self.usual = Button(_("Tilbage til de almindelige taster"), "quiet")
        self.usual.clicked.connect(lambda: context.settings_store.change(keys={}))
        self.add(self.usual)
        context.settings_store.changed.connect(self._on_settings)
        self._show()

    def _field(self, act: KeyAct) -> QKeySequenceEdit:
        field = QKeySequenceEdit()
        field.setMaximumSequenceLength(1)
        field.setClearButtonEnabled(True)
        field.setAccessibleName(_("Tast: {act}").format(act=_(act.name)))
        inner = field.findChild(QLineEdit)
        if inner is not None:  # what a screen reader and Tab really reach
            inner.setAccessibleName(field.accessibleName())
            inner.setPlaceholderText(_("ingen tast"))
        for clear in field.findChildren(QToolButton):
            clear.setAccessibleName(_("Fjern tasten: {act}").format(act=_(act.name)))
        field.setMaximumWidth(self._context.theme.px(150))
        field.keySequenceChanged.connect(partial(self._on_key, act))
        self.fields[act.id] = field
        return field

    def _on_key(self, act: KeyAct, sequence: QKeySequence) -> None:
        settings = self._context.settings_store.value
        key = sequence.toString()
        if key == keys_of(settings)[act.id]:
            return
        other = act_with(settings, key)
        taken = _(other.name) if other is not None else _(FIXED[key]) if key in FIXED else ""
        if taken:
            text = _("Tasten {key} bruges allerede til: {act}. Vælg en anden, eller tag den derfra først.")
            self._say(text.format(key=key_text(key), act=taken))
            self._show()
            return
        self._say("")
        keys = {**settings.keys, act.id: key}
        self._context.settings_store.change(keys={one: keys[one] for one in keys if keys[one] != _usual(one)})

    def _say(self, text: str) -> None:
        self.problem.setText(text)
        self.problem.setVisible(bool(text))

    @Slot(object, object)
    def _on_settings(self, old: Settings, new: Settings) -> None:
        if old.keys != new.keys:
            self._show()

    def _show(self) -> None:
        settings = self._context.settings_store.value
        for act_id, key in keys_of(settings).items():
            self.fields[act_id].setKeySequence(QKeySequence(key))
        self.usual.setEnabled(bool(settings.keys))


def _usual(act_id: str) -> str | None:
    return next((act.key for act in ACTS if act.id == act_id), None)
