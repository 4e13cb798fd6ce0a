"""The keys of the review page, which each person can set; a foot pedal counts as the keys it sends."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from PySide6.QtCore import QKeyCombination, QObject, Qt, Signal, Slot
from PySide6.QtGui import QKeyEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import QWidget

from cubb_desktop.domain.errors import N_
from cubb_desktop.gui.context import SettingsStore
from cubb_desktop.settings import Settings

_FIRST_SPECIAL = 0x0100_0000  # Qt's codes below it are characters
_PLAIN = Qt.KeyboardModifier.NoModifier | Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.KeypadModifier


@dataclass(frozen=True, slots=True)
class KeyAct:
    """Something a key does, with the key it has until a person chooses another."""

    id: str
    key: str
    name: str


ACTS = (
    KeyAct("play", "Esc", N_("Afspil og pause")),
    KeyAct("back", "F1", N_("To sekunder tilbage")),
    KeyAct("forward", "F2", N_("To sekunder frem")),
    KeyAct("slower", "F3", N_("Afspil langsommere")),
    KeyAct("faster", "F4", N_("Afspil hurtigere")),
    KeyAct("repeat", "L", N_("Gentag linjen eller det valgte")),
    KeyAct("loop", "Shift+L", N_("Gentag i ring, til du stopper")),
    KeyAct("skip", "S", N_("Spring lange stilheder over")),
    KeyAct("stamp", "Ctrl+J", N_("Skriv tidspunktet")),
    KeyAct("mark", "M", N_("Mærk linjen eller det valgte")),
    KeyAct("edit", "E", N_("Ret linjen")),
    KeyAct("listened", "A", N_("Linjen er lyttet igennem")),
    KeyAct("confirm", "X", N_("Det er rigtigt, som det står")),
)

FIXED = {  # keys that always do the same
    "Ctrl+L": N_("Lås biblioteket"),
    "Alt+1": N_("Læs"),
    "Alt+2": N_("Jefferson"),
    "Alt+3": N_("Tabel"),
    "Ctrl+F": N_("Find i samtalen"),
    "Ctrl+H": N_("Find og erstat"),
    "Ctrl+Down": N_("Næste sted i tvivl"),
    "Ctrl+Up": N_("Stedet i tvivl før"),
    "Ctrl+Z": N_("Fortryd"),
    "Ctrl+Shift+Z": N_("Gør igen"),
    "Return": N_("Hør herfra"),
    "Tab": N_("Næste felt"),
}


def keys_of(settings: Settings) -> Mapping[str, str]:
    """Return each act's key as Qt writes it; "" for one that a person took the key from."""
    return {act.id: settings.keys.get(act.id, act.key) for act in ACTS}


def act_with(settings: Settings, key: str) -> KeyAct | None:
    """Return the act that has a key, None if no act has it."""
    keys = keys_of(settings)
    return next((act for act in ACTS if key and keys[act.id] == key), None)


def is_typed(sequence: QKeySequence) -> bool:
    """Whether a key writes a character where one can write: it then acts only where no field takes it."""
    if sequence.isEmpty():
        return False
    combination: QKeyCombination = sequence[0]  # type: ignore[index]  # its stub has no __getitem__
    return combination.key().value < _FIRST_SPECIAL and not combination.keyboardModifiers() & ~_PLAIN


class Keys(QObject):
    """Binds keys to what they do on the page that `page` is, and binds anew when a person changes them."""

    changed = Signal()

    def __init__(self, store: SettingsStore, page: QWidget) -> None:
        super().__init__(page)
        self._store, self._page = store, page
        self._acts: dict[str, Callable[[], object]] = {}
        self._shortcuts: dict[str, QShortcut] = {}
        self._typed: dict[str, str] = {}  # act by key, of those that write a character elsewhere
        store.changed.connect(self._on_settings)

    def bind(self, act_id: str, act: Callable[[], object]) -> None:
        """Let an act's key do `act` while the page is shown."""
        self._acts[act_id] = act
        self._bind(act_id)

    def key(self, act_id: str) -> str:
        """Return an act's key as Qt writes it."""
        return keys_of(self._store.value)[act_id]

    def take(self, event: QKeyEvent) -> bool:
        """Do what a character that no field took is for; False if it is for nothing."""
        modifiers = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        pressed = QKeySequence(modifiers.value | event.key()).toString()
        act_id = self._typed.get(pressed)
        if act_id is None:
            return False
        self._acts[act_id]()
        return True

    def _bind(self, act_id: str) -> None:
        shortcut = self._shortcuts.pop(act_id, None)
        if shortcut is not None:
            shortcut.deleteLater()
            shortcut.setEnabled(False)
        self._typed = {key: owner for key, owner in self._typed.items() if owner != act_id}
        sequence = QKeySequence(self.key(act_id))
        if is_typed(sequence):
            self._typed[sequence.toString()] = act_id
        elif not sequence.isEmpty():
            shortcut = QShortcut(sequence, self._page)
            shortcut.activated.connect(self._acts[act_id])
            self._shortcuts[act_id] = shortcut

    @Slot(object, object)
    def _on_settings(self, old: Settings, new: Settings) -> None:
        if old.keys != new.keys:
            for act_id in self._acts:
                self._bind(act_id)
            self.changed.emit()
