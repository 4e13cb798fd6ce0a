"""Qt's own dialogs speak the person's language too."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QFileDialog, QLabel, QPushButton

from tests.gui.conftest import OpenWindow

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot


def words_of_a_file_dialog(qtbot: QtBot) -> set[str]:
    dialog = QFileDialog()
    qtbot.addWidget(dialog)
    dialog.setOption(QFileDialog.Option.DontUseNativeDialog)
    dialog.setFileMode(QFileDialog.FileMode.ExistingFiles)
    labels = [label.text() for label in dialog.findChildren(QLabel)]
    buttons = [button.text() for button in dialog.findChildren(QPushButton)]
    return {text.replace("&", "") for text in [*labels, *buttons]}


def test_qts_own_file_dialog_follows_the_language(open_window: OpenWindow, qtbot: QtBot) -> None:
    window = open_window(unlocked=False)
    assert words_of_a_file_dialog(qtbot) == {"Kig i:", "Filnavn:", "Filer af typen:", "Åbn", "Annuller"}
    window.language.speak("en")
    assert words_of_a_file_dialog(qtbot) >= {"Look in:", "File name:", "Files of type:"}
    window.language.speak("da")
    assert "Kig i:" in words_of_a_file_dialog(qtbot)
