"""Starts the window: settings, language, theme, then the unlock page; returns when the window has closed."""

from __future__ import annotations

import argparse
import gc
import logging
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from types import TracebackType

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from cubb_desktop.gui.background import Background
from cubb_desktop.gui.context import Notices, SettingsStore
from cubb_desktop.gui.language import WindowLanguage
from cubb_desktop.gui.main_window import MainWindow
from cubb_desktop.gui.theme import Theme
from cubb_desktop.i18n import _, set_language
from cubb_desktop.settings import Settings, has_screen, load_settings

_COLLECT_AFTER_MS = 3000  # also where nobody unlocks
_NO_SCREEN = 2  # the exit code

log = logging.getLogger(__name__)


class Window:
    """Everything that lives as long as the window does."""

    def __init__(self, application: QApplication, settings: Settings) -> None:
        self.language = WindowLanguage(settings.language, application)
        self.background = Background()
        self.notices = Notices()
        self.settings_store = SettingsStore(settings, self.background)
        self.theme = Theme(application, settings.appearance, settings.text_scale)
        self.main = MainWindow(self.theme, self.language, self.settings_store, self.background, self.notices)

    def open_with(self, passphrase: str) -> None:
        """Open the library at once, for automation; a passphrase that is wrong leaves the page as if none was given."""
        self.main.unlock_page.open_with(passphrase, typed=False)


def run(argv: Sequence[str] | None = None) -> int:
    """Open the window on the library of the settings or of `--library`; return the exit code.

    `CUBB_PASSPHRASE` opens the library at once; `--until-ready` ends when the list is shown (for measuring the start).
    """
    gc.disable()  # loading makes objects that stay; looking for others among them costs a tenth of the start
    options = _parser().parse_args(list(argv) if argv is not None else [])
    settings = load_settings()
    if options.library is not None:
        settings = replace(settings, library=options.library)
    if options.lang is not None:
        settings = replace(settings, language=options.lang)
    if not has_screen():
        set_language(settings.language)
        sys.stderr.write(f"{_no_screen()}\n")
        return _NO_SCREEN
    application = QApplication([sys.argv[0]])
    application.setApplicationName("CUBB Desktop")
    application.setDesktopFileName("cubb-desktop")
    window = Window(application, settings)
    sys.excepthook = _report_to(window)
    passphrase = os.environ.pop("CUBB_PASSPHRASE", None)
    if passphrase is not None:
        window.open_with(passphrase)
    window.background.run_read(_load_ahead)
    if options.until_ready:
        window.main.ready.connect(lambda: _say_ready(window))
    window.main.show()
    window.main.ready.connect(lambda: window.background.run_read(load_review))
    window.main.ready.connect(_collect_again)
    QTimer.singleShot(_COLLECT_AFTER_MS, _collect_again)
    return application.exec()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="cubb-desktop", add_help=False)
    parser.add_argument("command", nargs="?", choices=["window"])
    parser.add_argument("--library", type=Path)
    parser.add_argument("--lang", choices=["da", "en"])
    parser.add_argument("--until-ready", action="store_true")
    return parser


def _no_screen() -> str:
    return _(
        "Der er ingen skærm her, så vinduet kan ikke åbnes. "
        "Start programmet ved en skærm, eller brug kommandoerne: cubb-desktop --help"
    )


def _say_ready(window: Window) -> None:
    """Tell whoever measures the start that the list is shown, and close."""
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    QTimer.singleShot(0, window.main.close)


def _collect_again() -> None:
    """Look for garbage from now on, but not among what was loaded."""
    gc.freeze()
    gc.enable()


def _load_ahead() -> None:
    """Load what opening a library needs while the person types, or while the passphrase is being tried."""
    import cubb_desktop.gui.pages.library_page
    import cubb_desktop.gui.session  # noqa: F401 - loaded while the person types


def load_review() -> None:
    """Load what opening a conversation needs while the person looks at the list; a third of the wait for its text."""
    import cubb_desktop.gui.pages.review_page  # noqa: F401 - loaded before it is clicked for


def _report_to(window: Window) -> Callable[[type[BaseException], BaseException, TracebackType | None], None]:
    """Return what is done with a bug: a sentence for the person, kind and place (no content) for the log."""

    def report(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            window.main.close()
            return
        places = []
        while trace is not None:
            places.append(f"{Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}")
            trace = trace.tb_next
        log.error("a bug: %s at %s", kind.__name__, " < ".join(reversed(places[-6:])))
        window.notices.fault_text(
            _("Noget gik galt i programmet. Dine samtaler er bevaret; genstart programmet, hvis noget ser forkert ud.")
        )

    return report
