"""What was noticed while a conversation was recorded, on the review page: a line of it, and a menu of its places."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QFrame, QHBoxLayout, QMenu, QSizePolicy

from cubb_desktop.domain.errors import CubbError
from cubb_desktop.domain.ids import RecordingId
from cubb_desktop.domain.recording import Recording
from cubb_desktop.gui.background import Background
from cubb_desktop.gui.theme import Theme
from cubb_desktop.gui.widgets.controls import Button
from cubb_desktop.gui.widgets.noticed_signs import Sign, signs_of
from cubb_desktop.gui.widgets.text import ElidedLabel, plain_button_text
from cubb_desktop.i18n import _, format_clock_ms

if TYPE_CHECKING:
    from cubb_desktop.services.workspace import Workspace

_NAMED = 4  # places that are named in the line itself


class NoticedStrip(QFrame):
    """One line under the picture, only where there is something to show."""

    seek_requested = Signal(int)
    found = Signal(object)  # tuple[Sign, ...]

    def __init__(self, theme: Theme, background: Background) -> None:
        super().__init__()
        self._background = background
        self._recording_id: RecordingId | None = None
        self.signs: tuple[Sign, ...] = ()
        self.setProperty("role", "header")
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        row = QHBoxLayout(self)
        row.setContentsMargins(theme.px(24), theme.px(3), theme.px(24), theme.px(3))
        row.setSpacing(theme.px(10))
        self.button = Button(_("Fra optagelsen"), "quiet", tooltip=_("Gå til det, der blev mærket under optagelsen"))
        self.button.setProperty("tight", True)
        self.button.clicked.connect(self._on_menu)
        self.line = ElidedLabel("", "sub")
        row.addWidget(self.button)
        row.addWidget(self.line, 1)
        self.hide()

    def show_recording(self, workspace: Workspace, recording: Recording) -> None:
        """Look for what was noticed, beside the main thread."""
        self.clear()
        self._recording_id = recording.id

        def work() -> tuple[Sign, ...]:
            from cubb_desktop.services.noticed import marks_of, missing_sound

            return signs_of(recording, marks_of(workspace, recording.id), missing_sound(workspace, recording.id))

        self._background.run_read(work, partial(self._on_found, recording.id), self._on_nothing)

    def clear(self) -> None:
        """Show nothing."""
        self._recording_id, self.signs = None, ()
        self.hide()

    def _on_found(self, recording_id: RecordingId, signs: tuple[Sign, ...]) -> None:
        if recording_id != self._recording_id:
            return
        self.signs = signs
        named = [f"{format_clock_ms(sign.at_ms)} {sign.text}" for sign in signs[:_NAMED]]
        more = ["…"] if len(signs) > _NAMED else []
        self.line.setText(" · ".join([*named, *more]))
        self.setVisible(bool(signs))
        self.found.emit(signs)

    @Slot(object)
    def _on_nothing(self, _error: CubbError) -> None:
        self.clear()

    def menu(self) -> QMenu:
        """Return the places as a menu; choosing one goes there."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for sign in self.signs:
            action = menu.addAction(plain_button_text(f"{format_clock_ms(sign.at_ms)}   {sign.text}"))
            action.triggered.connect(lambda _=False, place=sign.at_ms: self.seek_requested.emit(place))
        return menu

    @Slot()
    def _on_menu(self) -> None:
        self.menu().popup(self.button.mapToGlobal(self.button.rect().bottomLeft()))
