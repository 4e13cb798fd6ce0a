"""What every page gets: threads, theme, settings, messages, and the open library."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal, Slot

from cubb_desktop.domain.errors import CubbError
from cubb_desktop.gui.background import Background
from cubb_desktop.gui.theme import Theme
from cubb_desktop.i18n import sentence
from cubb_desktop.settings import Settings, save_settings

if TYPE_CHECKING:
    from cubb_desktop.services.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Notice:
    """One sentence for the person, with at most one thing to do about it; a `fault` is shown longer."""

    text: str
    fault: bool = False
    action: str = ""
    act: Callable[[], object] | None = None


class Notices(QObject):
    """Where pages leave messages; the window shows them."""

    posted = Signal(object)  # Notice

    def tell(self, text: str, action: str = "", act: Callable[[], object] | None = None) -> None:
        """Say what has happened."""
        self.posted.emit(Notice(text, False, action, act))

    @Slot(object)
    def fault(self, error: CubbError) -> None:
        """Say what went wrong and what to do next, in the error's own sentence."""
        self.posted.emit(Notice(sentence(error), True))

    def fault_text(self, text: str, action: str = "", act: Callable[[], object] | None = None) -> None:
        """Say what went wrong where there is no error to say it."""
        self.posted.emit(Notice(text, True, action, act))


class SettingsStore(QObject):
    """The settings in use; a change counts at once and is written in the background."""

    changed = Signal(object, object)  # old Settings, new Settings

    def __init__(self, settings: Settings, background: Background, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._settings = settings
        self._background = background

    @property
    def value(self) -> Settings:
        """The settings as they are now."""
        return self._settings

    def change(self, **fields: Any) -> None:
        """Set the named fields of `Settings`."""
        old, new = self._settings, replace(self._settings, **fields)
        if new != old:
            self._settings = new
            self._background.run_write(lambda: save_settings(new))
            self.changed.emit(old, new)


@dataclass(frozen=True, slots=True)
class PageContext:
    """What a page is given. `workspace()` is the open library; a page exists only while there is one."""

    background: Background
    theme: Theme
    settings_store: SettingsStore
    workspace: Callable[[], Workspace]
    notices: Notices
