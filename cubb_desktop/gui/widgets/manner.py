"""How an agreement is given: signed on the screen, signed on paper, or said aloud when the recording begins."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import (
    QButtonGroup,
    QFileDialog,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from cubb_desktop.domain.consent import Manner
from cubb_desktop.gui.theme import Theme
from cubb_desktop.gui.widgets.controls import Button
from cubb_desktop.gui.widgets.signature_pad import SignaturePad
from cubb_desktop.gui.widgets.text import PlainLabel
from cubb_desktop.i18n import N_, _, ngettext
from cubb_desktop.services.evidence import pages_of, signature_of

_MANNERS = (
    (Manner.SIGNATURE, N_("På skærmen")),
    (Manner.PAPER, N_("På papir")),
    (Manner.SPOKEN, N_("Sagt højt")),
)
Pages = list[tuple[str, bytes]]


class MannerChooser(QWidget):
    """Three ways side by side, and below what the chosen one asks for."""

    changed = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.files: list[Path] = []
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.px(8))
        column.addWidget(PlainLabel(_("Sådan er aftalen givet"), "label"))
        row = QHBoxLayout()
        row.setSpacing(theme.px(8))
        self._group = QButtonGroup(self)
        self.buttons: dict[Manner, QPushButton] = {}
        for manner, text in _MANNERS:
            button = QPushButton(_(text))
            button.setCheckable(True)
            button.setAutoDefault(False)
            button.setAccessibleName(_(text))
            self._group.addButton(button)
            self.buttons[manner] = button
            row.addWidget(button, 1)
        column.addLayout(row)
        self._stack = QStackedWidget()
        for panel in (self._signature_panel(), self._paper_panel(), self._spoken_panel()):
            self._stack.addWidget(panel)
        column.addWidget(self._stack)
        self.buttons[Manner.SIGNATURE].setChecked(True)
        self._group.buttonClicked.connect(self._on_chosen)

    def _signature_panel(self) -> QWidget:
        panel, rows = _panel()
        self.pad = SignaturePad(self._theme)
        self.pad.changed.connect(self._on_drawn)
        self.again = Button(_("Slet, og skriv igen"), "quiet")
        self.again.setProperty("tight", True)
        self.again.setEnabled(False)
        self.again.clicked.connect(self.pad.clear)
        rows.addWidget(self.pad, 1)
        rows.addWidget(self.again, 0, Qt.AlignmentFlag.AlignRight)
        return panel

    def _paper_panel(self) -> QWidget:
        panel, rows = _panel()
        self.attach = Button(_("Vedhæft scanning eller foto…"), tooltip=_("PNG, JPEG eller PDF, højst 10 MB"))
        self.attach.clicked.connect(self._on_attach)
        self.attached = PlainLabel("", "sub", wrap=True)
        self.place = QLineEdit()
        self.place.setMaxLength(200)
        self.place.setPlaceholderText(_("Eller skriv, hvor papiret ligger"))
        self.place.setAccessibleName(_("Hvor papiret ligger"))
        self.place.textChanged.connect(lambda _text: self.changed.emit())
        rows.addWidget(self.attach, 0, Qt.AlignmentFlag.AlignLeft)
        rows.addWidget(self.attached)
        rows.addWidget(self.place)
        rows.addStretch(1)
        return panel

    def _spoken_panel(self) -> QWidget:
        panel, rows = _panel()
        text = _("Optag aftalen først, når I begynder: læs op, og lad borgeren svare. Det bliver et stykke for sig.")
        rows.addWidget(PlainLabel(text, "sub", wrap=True))
        rows.addStretch(1)
        return panel

    # --- what was chosen ---------------------------------------------------------------------------------------------

    @property
    def manner(self) -> Manner:
        """The way that is chosen."""
        return next(manner for manner, button in self.buttons.items() if button.isChecked())

    def choose(self, manner: Manner) -> None:
        """Choose a way."""
        self.buttons[manner].click()

    def missing(self) -> str:
        """Return what the chosen way still asks for, in one sentence; "" when all is there."""
        if self.manner is Manner.SIGNATURE and not self.pad.is_signed():
            return _("Lad borgeren skrive under, eller vælg papir eller sagt højt.")
        if self.manner is Manner.PAPER and not self.files and not self.place.text().strip():
            return _("Vedhæft det underskrevne papir, eller skriv, hvor det ligger.")
        return ""

    def form(self) -> str | None:
        """Where the paper lies, if that was written."""
        return (self.place.text().strip() or None) if self.manner is Manner.PAPER else None

    def proof(self) -> Callable[[], Pages]:
        """Return the work that makes the pictures to store; it is done in another thread and may raise `CubbError`."""
        if self.manner is Manner.SIGNATURE:
            untrusted = self.pad.picture()
            return lambda: [signature_of(untrusted)]
        files = tuple(self.files) if self.manner is Manner.PAPER else ()
        return lambda: [page for file in files for page in pages_of(file)]

    # --- acting ------------------------------------------------------------------------------------------------------

    @Slot()
    def _on_chosen(self) -> None:
        self._stack.setCurrentIndex([manner for manner, _text in _MANNERS].index(self.manner))
        self.changed.emit()

    @Slot()
    def _on_drawn(self) -> None:
        self.again.setEnabled(self.pad.is_signed())
        self.changed.emit()

    @Slot()
    def _on_attach(self) -> None:
        filters = _("Billeder og PDF (*.png *.jpg *.jpeg *.pdf)")
        chosen, _kind = QFileDialog.getOpenFileNames(self, _("Vedhæft det underskrevne papir"), "", filters)
        if chosen:
            self.set_files([Path(name) for name in chosen])

    def set_files(self, files: list[Path]) -> None:
        """Attach files; they are read when the agreement is saved."""
        self.files = files
        text = ngettext("{number} fil er vedhæftet.", "{number} filer er vedhæftet.", len(files))
        self.attached.setText(text.format(number=len(files)))
        self.changed.emit()


def _panel() -> tuple[QWidget, QVBoxLayout]:
    panel = QWidget()
    rows = QVBoxLayout(panel)
    rows.setContentsMargins(0, 0, 0, 0)
    rows.setSpacing(6)
    return panel, rows
