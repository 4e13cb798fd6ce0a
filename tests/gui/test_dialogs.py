"""Dialogs stay on the screen, give way to what comes later, and show of an agreement what matters first."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QPoint, QRect

from cubb_desktop.domain.consent import Purpose
from cubb_desktop.gui.main_window import MainWindow
from cubb_desktop.gui.widgets.consents import ConsentForm, consent_text
from cubb_desktop.gui.widgets.dialogs import Form
from cubb_desktop.gui.widgets.import_dialog import ImportDialog
from cubb_desktop.gui.widgets.text import PlainLabel
from cubb_desktop.services.consents import add_consent
from tests.gui.conftest import OpenWindow

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot


def asking(main: MainWindow) -> ImportDialog:
    found = ImportDialog(main, main.context(), [Path("samtale.wav")])
    found.open()
    return found


def scrolled_away(form: Form) -> int:
    return form._scroller.verticalScrollBar().maximum()


@pytest.mark.parametrize("scale", [1.0, 2.0])
def test_a_dialog_over_a_dialog_stays_on_the_screen(open_window: OpenWindow, scale: float, qtbot: QtBot) -> None:
    main = open_window(text_scale=scale).main
    screen = main.screen().availableGeometry()
    main.move(screen.left(), screen.bottom() - 400)  # half of the window hangs below
    below = asking(main)
    form = ConsentForm(below, main.context())
    form.open()
    qtbot.waitUntil(lambda: screen.contains(below.frameGeometry()) and screen.contains(form.frameGeometry()))
    form.say("Skriv en betegnelse, fx initialer eller et nummer. " * 4)
    qtbot.waitUntil(lambda: screen.contains(form.frameGeometry()))
    button = QRect(form.accept_button.mapTo(form, QPoint()), form.accept_button.size())
    assert form.rect().contains(button)
    form.reject()
    below.reject()


def test_a_dialog_grows_for_a_row_that_comes_later(main: MainWindow, qtbot: QtBot) -> None:
    form = asking(main)
    qtbot.waitUntil(lambda: not scrolled_away(form))
    before = form.height()
    form.add(PlainLabel("En sætning, der først bliver kendt, når bibliotekets aftaler er læst. " * 4, wrap=True))
    qtbot.waitUntil(lambda: form.height() > before)
    assert not scrolled_away(form)
    form.reject()


def test_a_dialog_that_was_moved_stays_where_it_is(main: MainWindow, qtbot: QtBot) -> None:
    form = asking(main)
    qtbot.waitUntil(lambda: form.pos() != QPoint())
    form.move(20, 30)
    form.say("Vælg en aftale, eller lav en ny.")
    assert form.pos() == QPoint(20, 30)
    form.reject()


def test_the_day_an_agreement_ends_is_in_sight_however_many_purposes_it_has(main: MainWindow, qtbot: QtBot) -> None:
    workspace = main.workspace()
    consent = add_consent(workspace, "B-9", Purpose, workspace.today() + timedelta(days=182))
    form = asking(main)
    box = form.picker.rows[0].box
    qtbot.waitUntil(lambda: box.count() == 1)
    until = consent_text(consent).split(" · ")[1]
    assert until.startswith("til ")
    text = consent_text(consent)
    assert box.fontMetrics().horizontalAdvance(text[: text.index(until) + len(until)]) < box.width() - 60
    form.reject()
