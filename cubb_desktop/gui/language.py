"""The person's language for the window: our texts, Qt's own texts, and how dates are written in fields."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, QLibraryInfo, QLocale, QObject, QTranslator

from cubb_desktop.i18n import set_language
from cubb_desktop.settings import Language

_LOCALES = {
    "da": QLocale(QLocale.Language.Danish, QLocale.Country.Denmark),
    "en": QLocale(QLocale.Language.English, QLocale.Country.UnitedKingdom),
}


class WindowLanguage(QObject):
    """Speaks one language at a time; widgets that exist already keep theirs until they are built anew."""

    def __init__(self, language: Language, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._translator: QTranslator | None = None
        self.speak(language)

    def speak(self, language: Language) -> None:
        """Change to `language` for everything that is built from now on."""
        set_language(language)
        QLocale.setDefault(_LOCALES[language])
        if self._translator is not None:
            QCoreApplication.removeTranslator(self._translator)
        self._translator = QTranslator(self)
        folder = QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)
        if self._translator.load(f"qtbase_{language}", folder):
            QCoreApplication.installTranslator(self._translator)
