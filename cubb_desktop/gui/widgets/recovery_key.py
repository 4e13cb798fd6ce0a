"""The recovery key in two steps: shown to be written down, then hidden, and three of its groups typed back."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from cubb_desktop.gui.theme import Theme
from cubb_desktop.gui.widgets.controls import Button, field
from cubb_desktop.gui.widgets.recovery_sheet import ask_to_print
from cubb_desktop.gui.widgets.text import PlainLabel
from cubb_desktop.i18n import _

_COLUMNS = 3


class RecoveryKeySteps(QWidget):
    """What stands above the primary button of a card or form; that button calls `go_on`."""

    confirmed = Signal()
    stepped = Signal()  # another step is shown: the button says something else
    wrong = Signal(str, object)  # what is wrong, and the field to mend it in

    def __init__(self, theme: Theme, recovery: str, library_id: str) -> None:
        super().__init__()
        from cubb_desktop.vault import groups

        self._theme, self._recovery, self._library_id = theme, recovery, library_id
        self._groups = groups(recovery)
        self.asked: dict[int, QLineEdit] = {}
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        self._step = QWidget()
        self._show_key()

    @property
    def asking(self) -> bool:
        """Whether the key is hidden and groups of it are asked for."""
        return bool(self.asked)

    @property
    def button_text(self) -> str:
        """What the primary button says at this step."""
        return _("Bekræft nøglen") if self.asking else _("Jeg har skrevet den ned")

    # --- the two steps -----------------------------------------------------------------------------------------------

    def _new_step(self) -> QVBoxLayout:
        self._step.hide()
        self._step.deleteLater()
        self._step = QWidget()
        rows = QVBoxLayout(self._step)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(self._theme.px(12))
        layout = self.layout()
        if layout is not None:
            layout.addWidget(self._step)
        self.asked = {}
        return rows

    @Slot()
    def _show_key(self) -> None:
        rows = self._new_step()
        shown = QWidget()
        shown.setAccessibleName(_("Gendannelsesnøgle"))
        grid = QGridLayout(shown)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(self._theme.px(18))
        for place, group in enumerate(self._groups):
            cell = QHBoxLayout()
            cell.setSpacing(self._theme.px(8))
            number = PlainLabel(str(place + 1), "label")
            number.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            letters = PlainLabel(group, "key")
            letters.setAccessibleName(_("Gruppe {number}: {group}").format(number=place + 1, group=" ".join(group)))
            cell.addWidget(number)
            cell.addWidget(letters, 1)
            grid.addLayout(cell, place // _COLUMNS, place % _COLUMNS)
        rows.addWidget(shown)
        self.print_button = Button(_("Udskriv arket…"), "quiet")
        self.print_button.clicked.connect(self._on_print)
        rows.addWidget(self.print_button, 0, Qt.AlignmentFlag.AlignLeft)
        self.stepped.emit()

    def _ask_groups(self) -> None:
        from cubb_desktop.vault import groups_to_ask

        rows = self._new_step()
        rows.addWidget(
            PlainLabel(_("Skriv tre af grupperne fra dit ark, så du ved, at de er skrevet rigtigt af."), wrap=True)
        )
        beside = QHBoxLayout()
        beside.setSpacing(self._theme.px(12))
        for number in groups_to_ask():
            line = QLineEdit()
            line.setFont(self._theme.mono_font(14))
            line.setMaxLength(12)
            line.returnPressed.connect(self.go_on)
            beside.addLayout(field(_("Gruppe {number}").format(number=number), line), 1)
            self.asked[number] = line
        rows.addLayout(beside)
        again = Button(_("Vis nøglen igen"), "quiet")
        again.clicked.connect(self._show_key)
        rows.addWidget(again, 0, Qt.AlignmentFlag.AlignLeft)
        next(iter(self.asked.values())).setFocus()
        self.stepped.emit()

    # --- acting ------------------------------------------------------------------------------------------------------

    @Slot()
    def go_on(self) -> None:
        """Hide the key and ask for groups of it, or look whether what was typed is right."""
        from cubb_desktop.vault import is_group

        if not self.asking:
            self._ask_groups()
            return
        for number, line in self.asked.items():
            if not is_group(self._recovery, number, line.text()):
                problem = _("Gruppe {number} passer ikke. Se efter på dit ark, eller vis nøglen igen.")
                self.wrong.emit(problem.format(number=number), line)
                return
        self.confirmed.emit()

    @Slot()
    def _on_print(self) -> None:
        ask_to_print(self.window(), self._groups, self._library_id, self._theme.mono_font())

    def forget(self) -> None:
        """Take the key off the screen and out of this widget."""
        self._recovery, self._groups = "", ()
        self._new_step()
