"""What can be done with the chosen conversation, as a strip of buttons, a menu and keys that agree with each other."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QFrame, QHBoxLayout, QMenu, QWidget

from cubb_desktop.domain.job import JobState
from cubb_desktop.domain.recording import RecordingState
from cubb_desktop.gui.theme import Theme
from cubb_desktop.gui.widgets.controls import Button, KeyCap, Kind, key_text
from cubb_desktop.gui.widgets.conversation_table import Row
from cubb_desktop.gui.widgets.text import plain_button_text
from cubb_desktop.i18n import N_, _

OPEN, TRANSCRIBE, RETRY, KEEP, CANCEL, RENAME, KEEPING, DELETE = (
    "open", "transcribe", "retry", "keep", "cancel", "rename", "keeping", "delete",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Action:
    """One thing to do, with its key; the strip leaves out what there is no room for at 200 % (`only_menu`)."""

    name: str
    text: str
    key: str
    kind: Kind = "plain"
    only_menu: bool = False


ACTIONS = (
    Action(OPEN, N_("Åbn"), "Return"),
    Action(TRANSCRIBE, N_("Lav udskrift"), "U"),
    Action(RETRY, N_("Prøv igen"), "U"),
    Action(KEEP, N_("Behold og lav udskrift"), "U"),
    Action(CANCEL, N_("Annullér"), "Backspace"),
    Action(RENAME, N_("Omdøb"), "F2"),
    Action(KEEPING, N_("Opbevaring…"), "F4", only_menu=True),
    Action(DELETE, N_("Slet"), "Del"),
)
_KEY_WORDS = {"Return": N_("Enter"), "Backspace": "⌫", "Del": "Del"}


def key_word(key: str) -> str:
    """Return what a key is called, the same in the strip and in the menu."""
    return _(_KEY_WORDS[key]) if key in _KEY_WORDS else key_text(key)


def possible(row: Row | None) -> frozenset[str]:
    """Return the names of what can be done with `row` now."""
    if row is None:
        return frozenset()
    if row.conversation is None:
        return frozenset({CANCEL})
    recording, job = row.conversation.recording, row.conversation.job
    if recording.state is RecordingState.RECORDING:
        return frozenset()
    can = {OPEN, RENAME, KEEPING, DELETE}
    if job is not None and job.state in {JobState.TODO, JobState.DOING}:
        can.add(CANCEL)
    elif job is not None and job.state in {JobState.FAILED, JobState.CANCELLED}:
        can.add(RETRY)
    else:
        can.add(KEEP if recording.state is RecordingState.INTERRUPTED else TRANSCRIBE)
    return frozenset(can)


class ActionStrip(QFrame):
    """The strip at the foot of the list."""

    asked = Signal(str)

    def __init__(self, theme: Theme, table: QWidget) -> None:
        super().__init__()
        self.setProperty("role", "footer")
        self._row: Row | None = None
        layout = QHBoxLayout(self)
        layout.setContentsMargins(theme.px(24), theme.px(8), theme.px(24), theme.px(8))
        layout.setSpacing(theme.px(6))
        self.buttons: dict[str, Button] = {}
        self._parts: dict[str, list[QWidget]] = {}
        for action in ACTIONS:
            if action.only_menu:
                continue
            button = Button(_(action.text), "quiet", tooltip=_(action.text))
            button.setProperty("tight", True)
            button.clicked.connect(lambda _=False, name=action.name: self._ask(name))
            cap = KeyCap(key_word(action.key))
            layout.addWidget(cap)
            layout.addWidget(button)
            layout.addSpacing(theme.px(4))
            self.buttons[action.name] = button
            self._parts[action.name] = [cap, button]
        for key in dict.fromkeys(action.key for action in ACTIONS if action.name != OPEN):  # the table opens on Enter
            shortcut = QShortcut(QKeySequence(key), table)
            shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            shortcut.activated.connect(lambda key=key: self._on_key(key))
        layout.addStretch(1)
        self.show_for(None)

    def show_for(self, row: Row | None) -> None:
        """Offer what can be done with `row`."""
        self._row = row
        can = possible(row)
        for name, parts in self._parts.items():
            for part in parts:
                part.setVisible(name in can)
        self.setVisible(bool(can))

    def menu(self) -> QMenu:
        """Return the same as a menu, not yet on screen."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        can = possible(self._row)
        for action in ACTIONS:
            if action.name in can:
                if action.name == DELETE:
                    menu.addSeparator()
                entry = menu.addAction(f"{plain_button_text(_(action.text))}\t{key_word(action.key)}")
                entry.triggered.connect(lambda _=False, name=action.name: self._ask(name))
        return menu

    def _on_key(self, key: str) -> None:
        can = possible(self._row)
        for action in ACTIONS:
            if action.key == key and action.name in can:
                self._ask(action.name)
                return

    def _ask(self, name: str) -> None:
        if name in possible(self._row):
            self.asked.emit(name)
