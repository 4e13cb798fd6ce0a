"""Logbog on Indstillinger: it reminds of the sample, checks the log, shows the sample, is signed, makes extracts."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from cubb_desktop.domain.ids import RecordingId
from cubb_desktop.gui.app import Window
from cubb_desktop.gui.pages.settings_page import SettingsPage
from cubb_desktop.gui.widgets.audit_card import AuditCard
from cubb_desktop.gui.widgets.audit_extract import ExtractDialog
from cubb_desktop.gui.widgets.audit_sample import SampleDialog
from cubb_desktop.library import audit
from cubb_desktop.services.audit import last_month, month_name
from cubb_desktop.services.workspace import Workspace, open_workspace
from tests import builders
from tests.gui.conftest import OpenWindow

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot


@pytest.fixture
def used_last_month(library_folder: Path, seeded: dict[str, RecordingId]) -> str:
    """Let a colleague open a conversation five times last month; the month."""
    now = datetime.now().astimezone()
    then = now.replace(day=1, hour=12) - timedelta(days=3)
    with open_workspace(library_folder, builders.PASSPHRASE, actor="Sanne", clock=lambda: then) as workspace:
        for _ in range(5):
            workspace.library.note("Sanne", "recording.opened", next(iter(seeded.values())))
    return last_month(now.date())


def opened_card(window: Window, qtbot: QtBot) -> AuditCard:
    page = window.main.page("settings")
    assert isinstance(page, SettingsPage)
    with qtbot.waitSignal(page.audit.looked):
        window.main.show_page("settings")
    return page.audit


def actions(workspace: Workspace) -> list[str]:
    with workspace.library.read() as reading:
        return [line.action for line in audit.lines(reading)]


def test_a_whole_log_is_said_to_be_whole(open_window: OpenWindow, qtbot: QtBot) -> None:
    card = opened_card(open_window(), qtbot)
    assert card.reminder.isHidden()
    card.verify.click()
    qtbot.waitUntil(lambda: card.result.text().startswith("Logbogen er hel"))
    assert card.verify.isEnabled()


def test_a_broken_log_is_told_with_its_line(
    open_window: OpenWindow, library_folder: Path, used_last_month: str, qtbot: QtBot
) -> None:
    with (
        open_workspace(library_folder, builders.PASSPHRASE, actor="en") as workspace,
        workspace.library._engine.begin() as connection,
    ):
        connection.exec_driver_sql("DROP TRIGGER audit_stays_update")
        connection.exec_driver_sql("UPDATE audit SET actor = 'en anden' WHERE number = 3")
    card = opened_card(open_window(), qtbot)
    card.verify.click()
    qtbot.waitUntil(lambda: "brudt ved linje 3" in card.result.text())
    assert card.result.property("role") == "fault"


def test_last_months_sample_waits_is_looked_through_and_signed(
    open_window: OpenWindow, used_last_month: str, qtbot: QtBot
) -> None:
    window = open_window()
    card = opened_card(window, qtbot)
    assert month_name(used_last_month) in card.reminder.text()
    assert card.reminder.isVisible()
    before = actions(window.main.workspace())
    card.look()  # being reminded is no look at the log
    dialog = opened_sample(card, window, qtbot)
    assert dialog.lines.count() == 5
    assert "Sanne åbnede samtalen" in dialog.lines.item(0).text()
    dialog.remark.setPlainText("Spurgt Sanne; alt i orden.")
    with qtbot.waitSignal(dialog.signed):
        dialog.accept_button.click()
    qtbot.waitUntil(card.reminder.isHidden)
    assert actions(window.main.workspace())[: -len(before)] == ["audit.signed", "audit.sampled"]
    with window.main.workspace().library.read() as reading:
        sample = audit.get_sample(reading, used_last_month)
    assert sample is not None
    assert sample.remark == "Spurgt Sanne; alt i orden."
    signed = opened_sample(card, window, qtbot)
    assert not signed.accept_button.isEnabled()
    assert "Skrevet under af" in signed.notes.text()
    signed.reject()


def opened_sample(card: AuditCard, window: Window, qtbot: QtBot) -> SampleDialog:
    card.sample.click()
    dialog = window.main.findChildren(SampleDialog)[-1]
    qtbot.waitUntil(lambda: dialog.lines.count() > 0)
    return dialog


def test_a_month_that_is_not_over_is_shown_and_not_signed(
    open_window: OpenWindow, seeded: dict[str, RecordingId], qtbot: QtBot
) -> None:
    window = open_window()
    dialog = opened_sample(opened_card(window, qtbot), window, qtbot)
    assert dialog.lines.item(0).text() == "Der skete ikke noget i den måned."
    with qtbot.waitSignal(dialog.shown):
        dialog.month.setCurrentIndex(0)
    assert dialog.lines.count() > 1
    assert not dialog.accept_button.isEnabled()
    assert "ikke slut" in dialog.notes.text()
    dialog.remark.setPlainText("x" * 2001)
    dialog.submit()
    assert "2000" in dialog.problem.text()
    dialog.remark.setPlainText("")
    dialog.submit()
    qtbot.waitUntil(lambda: "ikke trukket en stikprøve" in dialog.problem.text())
    dialog.reject()


@pytest.mark.parametrize("with_names", [False, True])
def test_the_chosen_conversation_is_extracted(
    open_window: OpenWindow, used_last_month: str, tmp_path: Path, qtbot: QtBot, *, with_names: bool
) -> None:
    window = open_window()
    card = opened_card(window, qtbot)
    card.extract.click()
    dialog = window.main.findChildren(ExtractDialog)[-1]
    with qtbot.waitSignal(dialog.shown):
        pass
    dialog.with_names.setChecked(with_names)
    dialog.save(tmp_path / "udtræk.txt")
    qtbot.waitUntil(lambda: ".csv eller .json" in dialog.problem.text())
    out = tmp_path / "udtræk.csv"
    out.write_text("et ældre", encoding="utf-8")
    with qtbot.waitSignal(dialog.saved):
        dialog.save(out)
    text = out.read_text(encoding="utf-8-sig")
    assert ("medarbejder 1" in text) is not with_names
    assert ("Sanne" in text) is with_names


def test_a_library_without_conversations_has_nothing_to_extract(open_window: OpenWindow, qtbot: QtBot) -> None:
    window = open_window()
    opened_card(window, qtbot).extract.click()
    dialog = window.main.findChildren(ExtractDialog)[-1]
    with qtbot.waitSignal(dialog.shown):
        pass
    assert not dialog.accept_button.isEnabled()
    assert "ingen samtaler" in dialog.problem.text()
    dialog.reject()
