"""The person's language for the window: our texts, Qt's own texts, and how dates are written in fields."""

from __future__ import annotations

from typing import ClassVar

from PySide6.QtCore import QCoreApplication, QLibraryInfo, QLocale, QObject, QTranslator

from cubb_desktop.i18n import set_language
from cubb_desktop.settings import Language

_LOCALES = {
    "da": QLocale(QLocale.Language.Danish, QLocale.Country.Denmark),
    "en": QLocale(QLocale.Language.English, QLocale.Country.UnitedKingdom),
}


# What Qt's own Danish has not followed yet: these texts got their keys after they were translated.
_NOT_IN_QT = {("QFileDialog", "&Look in:"): "&Kig i:", ("QFileDialog", "Files of &type:"): "Filer af &typen:"}


class _RestOfDanish(QTranslator):
    """Danish for the few of Qt's texts that Qt has in English only."""

    def translate(self, context: str, source_text: str, disambiguation: str | None = None, n: int = -1) -> str | None:
        """Return the text in Danish, or None: then Qt asks its own translation."""
        return _NOT_IN_QT.get((context, source_text))

    def isEmpty(self) -> bool:
        return False


class WindowLanguage(QObject):
    """Speaks one language at a time; widgets that exist already keep theirs until they are built anew."""

    _installed: ClassVar[list[QTranslator]] = []  # an application has one language, whoever sets it

    def __init__(self, language: Language, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.speak(language)

    def speak(self, language: Language) -> None:
        """Change to `language` for everything that is built from now on."""
        set_language(language)
        QLocale.setDefault(_LOCALES[language])
        for translator in self._installed:
            QCoreApplication.removeTranslator(translator)
        self._installed.clear()
        application = QCoreApplication.instance()
        qt = QTranslator(application)
        if qt.load(f"qtbase_{language}", QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)):
            self._installed.append(qt)
        if language == "da":
            self._installed.append(_RestOfDanish(application))
        for translator in self._installed:
            QCoreApplication.installTranslator(translator)
