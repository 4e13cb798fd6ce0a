"""Choosing the microphone; the choice is remembered, and the list can be read again when one has been plugged in."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Signal, Slot
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QVBoxLayout, QWidget

from cubb_desktop.audio.device import Device, inputs, refresh
from cubb_desktop.domain.errors import CubbError
from cubb_desktop.gui.context import PageContext
from cubb_desktop.gui.widgets.controls import Choice, IconButton
from cubb_desktop.gui.widgets.text import PlainLabel
from cubb_desktop.i18n import _, sentence


def _look() -> list[Device]:
    """Return the microphones there are now, also those that were plugged in since the last look."""
    refresh()
    return inputs()


class MicrophonePicker(QWidget):
    """The microphones of this computer; the first entry is whichever one the system prefers."""

    chosen = Signal()  # another one, or the list is new
    missing = Signal()  # there is none

    def __init__(self, context: PageContext) -> None:
        super().__init__()
        self._context = context
        self.found: list[Device] = []
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        label = PlainLabel(_("Mikrofon"), "label")
        column.addWidget(label)
        row = QHBoxLayout()
        row.setSpacing(10)
        self.box = Choice()
        self.box.setAccessibleName(_("Mikrofon"))
        self.box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.box.setMinimumContentsLength(12)
        self.box.setEnabled(False)
        self.box.currentIndexChanged.connect(self._on_picked)
        label.setBuddy(self.box)
        self.again = IconButton(context.theme, "refresh", _("Find mikrofoner igen"))
        self.again.clicked.connect(self.reload)
        row.addWidget(self.box, 1)
        row.addWidget(self.again)
        column.addLayout(row)
        self.problem = PlainLabel("", "fault", wrap=True)
        self.problem.hide()
        column.addWidget(self.problem)

    def device(self) -> str | None:
        """The id of the chosen microphone, None for the system's own choice."""
        found = self.box.currentData()
        return found if isinstance(found, str) and found else None

    def ready(self) -> bool:
        """Whether there is a microphone to use."""
        return bool(self.found)

    @Slot()
    def reload(self) -> None:
        """Look for microphones, beside the main thread."""
        self.again.setEnabled(False)
        self._context.background.run_read(_look, self._on_found, self._on_failed)

    @Slot(object)
    def _on_found(self, found: list[Device]) -> None:
        self.again.setEnabled(True)
        self.found = found
        wanted = self._context.settings_store.value.microphone or ""
        with QSignalBlocker(self.box):
            self.box.clear()
            if found:
                self.box.addItem(_("Computerens valg ({name})").format(name=found[0].name), "")
            for device in found:
                self.box.addItem(device.name, device.id)
            at = self.box.findData(wanted)
            self.box.setCurrentIndex(max(0, at) if found else -1)
        self.box.setEnabled(bool(found))
        self._say("" if found else _("Der er ingen mikrofon. Sæt en mikrofon til, og tryk på pilen."))
        if found:
            self.chosen.emit()
        else:
            self.missing.emit()

    @Slot(object)
    def _on_failed(self, error: CubbError) -> None:
        self.again.setEnabled(True)
        self.found = []
        self.box.setEnabled(False)
        self._say(sentence(error))
        self.missing.emit()

    def _say(self, text: str) -> None:
        self.problem.setText(text)
        self.problem.setVisible(bool(text))

    @Slot()
    def _on_picked(self) -> None:
        self._context.settings_store.change(microphone=self.device())
        self.chosen.emit()
