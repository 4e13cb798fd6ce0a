"""Samtaler: rows, states, search, files that come in, and what can be done with a conversation."""

from __future__ import annotations

import wave
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent, QFontMetrics
from PySide6.QtWidgets import QApplication

from cubb_desktop.domain.consent import Consent, Manner, Purpose
from cubb_desktop.domain.ids import RecordingId, TurnId
from cubb_desktop.domain.job import JobState
from cubb_desktop.domain.recording import RecordingState
from cubb_desktop.domain.transcript import Hit
from cubb_desktop.gui.main_window import MainWindow
from cubb_desktop.gui.pages.library_page import LibraryPage
from cubb_desktop.gui.pages.review_page import ReviewPage
from cubb_desktop.gui.widgets.controls import KeyCap
from cubb_desktop.gui.widgets.conversation_table import Column, Row, around
from cubb_desktop.gui.widgets.dialogs import AskText, Confirm
from cubb_desktop.gui.widgets.import_dialog import ImportDialog
from cubb_desktop.services.consents import add_consent
from cubb_desktop.services.new_recordings import participant_of
from cubb_desktop.services.recordings import get_recording, list_recordings
from cubb_desktop.services.transcripts import list_jobs
from tests.gui import hands
from tests.gui.conftest import OpenWindow

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

Ids = dict[str, RecordingId]


def library(main: MainWindow) -> LibraryPage:
    page = main.page("conversations")
    assert isinstance(page, LibraryPage)
    return page


def rows(page: LibraryPage) -> list[Row]:
    return list(page.table.conversations.rows())


def dialog(kind: type) -> object:
    found = [widget for widget in QApplication.topLevelWidgets() if type(widget) is kind and widget.isVisible()]
    assert len(found) == 1
    return found[0]


def agreed(main: MainWindow) -> Consent:
    workspace = main.workspace()
    return add_consent(workspace, "B-1", [Purpose.OWN_LEARNING], workspace.today() + timedelta(days=30))


@pytest.fixture
def sound_file(tmp_path: Path) -> Path:
    path = tmp_path / "møde æøå 🙂.wav"
    samples = (3000 * np.sin(np.linspace(0, 2000, 16_000))).astype("<i2")
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16_000)
        file.writeframes(samples.tobytes())
    return path


@pytest.fixture
def page(open_window: OpenWindow, seeded: Ids) -> LibraryPage:
    assert seeded
    main = open_window().main
    main.activateWindow()
    return library(main)


# --- the list --------------------------------------------------------------------------------------------------------


def test_an_empty_library_says_what_to_do_first(main: MainWindow) -> None:
    page = library(main)
    assert page.empty.isVisible()
    assert not page.table.isVisible()


def test_every_state_is_told_in_its_row(page: LibraryPage, seeded: Ids) -> None:
    told = {row.key: row.standing for row in rows(page)}
    assert told[seeded["doing"]].share == pytest.approx(0.64)
    assert told[seeded["doing"]].line == "Finder talere · ca. 4 min · teksten kan læses nu"
    assert told[seeded["ready"]].text == "Klar til gennemgang"
    assert told[seeded["marked"]].text == "7 mærker"
    assert told[seeded["stored"]].text == "Uden udskrift"
    assert told[seeded["queued"]].text == "Venter på udskrift"
    assert "hukommelse" in told[seeded["failed"]].text
    assert "bevaret" in told[seeded["interrupted"]].text
    assert "udløber om 9 dage" in told[seeded["ending"]].text
    assert told[seeded["past"]].text == "Aftalen er udløbet"
    assert page.header.sub.text() == "9 · 3 venter på dig"


def test_who_speaks_and_until_when(page: LibraryPage, seeded: Ids) -> None:
    at = page.table.conversations.row_of_key(seeded["ready"])
    model = page.table.conversations
    assert model.index(at, Column.WHO).data() == "dig, borger"
    assert model.index(at, Column.LENGTH).data() == "12:47"


@pytest.mark.parametrize("column", list(Column))
def test_every_column_sorts_both_ways_and_keeps_the_choice(page: LibraryPage, seeded: Ids, column: Column) -> None:
    page.table.choose(seeded["stored"])
    page.table.sortByColumn(column, Qt.SortOrder.AscendingOrder)
    up = [row.key for row in rows(page)]
    page.table.sortByColumn(column, Qt.SortOrder.DescendingOrder)
    assert [row.key for row in rows(page)] == up[::-1]
    chosen = page.table.current()
    assert chosen is not None
    assert chosen.key == seeded["stored"]


def test_the_newest_stands_first(page: LibraryPage, seeded: Ids) -> None:
    assert rows(page)[0].key == seeded["doing"]


def test_the_demo_models_are_named_plainly(page: LibraryPage, qtbot: QtBot) -> None:
    qtbot.waitUntil(page.demo_strip.isVisible)
    assert "demomodeller" in page.demo_strip.text.text()


def test_columns_give_way_when_it_gets_narrow(page: LibraryPage, qtbot: QtBot) -> None:
    table = page.table
    assert not any(table.isColumnHidden(column) for column in Column)
    page.window().resize(800, 600)
    qtbot.waitUntil(lambda: table.isColumnHidden(Column.WHO))
    assert not table.isColumnHidden(Column.TITLE)
    assert not table.isColumnHidden(Column.STATE)
    assert table.columnWidth(Column.TITLE) >= 200


# --- searching -------------------------------------------------------------------------------------------------------


def test_search_finds_titles_and_what_was_said(page: LibraryPage, seeded: Ids, qtbot: QtBot) -> None:
    hands.write(page.search, "lager")
    qtbot.waitUntil(lambda: {row.key for row in rows(page)} == {seeded["stored"], seeded["queued"]})
    spoken = page._context.workspace()
    from cubb_desktop.services.transcripts import get_transcript

    word = get_transcript(spoken, seeded["ready"]).turns[0].words[0].text.strip(".,?")
    page.search.setText(word)
    qtbot.waitUntil(lambda: any(row.key == seeded["ready"] and row.snippet for row in rows(page)))
    row = next(row for row in rows(page) if row.key == seeded["ready"])
    assert word.casefold() in row.snippet.casefold()
    with qtbot.waitSignal(page.open_requested) as asked:
        page.table.choose(seeded["ready"])
        hands.press(page.table, Qt.Key.Key_Return)
    assert asked.args == [seeded["ready"], row.hit_ms, word]


def test_the_found_word_stays_in_the_middle_however_narrow_the_column_is(page: LibraryPage) -> None:
    plain, strong = (QFontMetrics(page._context.theme.font(13, strong=bold)) for bold in (False, True))
    text = "…men jeg har ondt i knæet. Jeg kunne godt tænke mig et lager, det er da et sted, hvor der er noget at lave"
    at = text.index("lager,")
    hit = Hit(RecordingId("r"), TurnId("t"), 81_000, text, (at, at + len("lager,")))
    assert "".join(around(hit, plain, strong, 10_000)) == text
    for room in (120, 180, 240):
        before, word, after = around(hit, plain, strong, room)
        assert word == "lager,"
        assert before.startswith("…")
        assert after.endswith("…")
        widths = plain.horizontalAdvance(before), plain.horizontalAdvance(after)
        assert sum(widths) + strong.horizontalAdvance(word) <= room
        assert abs(widths[0] - widths[1]) <= plain.horizontalAdvance("mmmmmmmm")
    assert around(hit, plain, strong, 1)[1] == "lager,"


def test_a_search_for_anything_is_no_error(page: LibraryPage, qtbot: QtBot) -> None:
    for query in ('"', "* OR (", "%_\\", "🙂", "a" * 500):
        page.search.setText(query)
        qtbot.waitUntil(partial(_searched, page, query.strip()))
    assert page.nothing_found.isVisible()
    hands.press(page.search, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: len(rows(page)) == 9)


def _searched(page: LibraryPage, query: str) -> bool:
    return page._query == query and not page._reading


def test_ctrl_f_goes_to_the_search(page: LibraryPage, qtbot: QtBot) -> None:
    page.table.setFocus()
    hands.press(page.window(), Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(page.search.hasFocus)


# --- bringing files in -----------------------------------------------------------------------------------------------


def test_dropping_a_file_brings_it_in_and_asks_for_its_transcript(
    main: MainWindow, sound_file: Path, qtbot: QtBot
) -> None:
    page = library(main)
    consent = agreed(main)
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(sound_file))])
    buttons, keys = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    page.dropEvent(QDropEvent(QPointF(5, 5), Qt.DropAction.CopyAction, mime, buttons, keys))
    asking = dialog(ImportDialog)
    assert isinstance(asking, ImportDialog)
    assert asking.title is not None
    assert asking.title.text() == sound_file.stem
    assert not asking.accept_button.isEnabled()
    qtbot.waitUntil(lambda: asking.picker.rows[0].box.count() == 1)
    asking.picker.rows[0].box.setCurrentIndex(0)
    asking.title.setText("Opfølgning")
    hands.click(asking.accept_button)
    assert [row.title for row in rows(page)] == ["Opfølgning"]
    qtbot.waitUntil(lambda: bool(rows(page)) and rows(page)[0].conversation is not None)
    workspace = main.workspace()
    recording = list_recordings(workspace)[0]
    assert (recording.title, recording.consent_id, recording.duration_ms) == ("Opfølgning", consent.id, 1000)
    assert [job.recording_id for job in list_jobs(workspace)] == [recording.id]
    notice = main.toasts.shown()
    assert notice is not None
    assert "udskriften er sat i gang" in notice.text


@pytest.mark.parametrize(
    ("content", "said"), [(b"", "Filen er tom"), (b"Dette er ikke lyd. " * 50, "indeholder ikke lyd")]
)
def test_a_file_that_is_no_sound_is_told_of_and_leaves_nothing(
    main: MainWindow, tmp_path: Path, qtbot: QtBot, content: bytes, said: str
) -> None:
    page, consent = library(main), agreed(main)
    path = tmp_path / "notat.wav"
    path.write_bytes(content)
    page.import_files([path], [participant_of(consent)], "")
    qtbot.waitUntil(lambda: main.toasts.shown() is not None)
    notice = main.toasts.shown()
    assert notice is not None
    assert notice.fault
    assert said in notice.text
    assert not rows(page)
    assert not list_recordings(main.workspace())


def test_bringing_in_can_be_cancelled(main: MainWindow, tmp_path: Path, qtbot: QtBot) -> None:
    page, consent = library(main), agreed(main)
    path = tmp_path / "lang.wav"
    with wave.open(str(path), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(48_000)
        noise = np.random.default_rng(1).integers(-3000, 3000, 48_000 * 2, dtype="<i2").tobytes()
        for _second in range(180):
            file.writeframes(noise)
    page.import_files([path], [participant_of(consent)], "Lang samtale")
    page.table.selectRow(0)
    qtbot.waitUntil(page.strip.isVisible)
    assert page.strip.buttons["cancel"].isVisible()
    hands.click(page.strip.buttons["cancel"])
    qtbot.waitUntil(lambda: not rows(page))
    assert not list_recordings(main.workspace())


def test_a_new_agreement_can_be_made_right_there(main: MainWindow, sound_file: Path, qtbot: QtBot) -> None:
    asking = library(main).ask_import([sound_file])
    qtbot.waitUntil(lambda: "ingen gyldig aftale" in asking.picker.rows[0].box.placeholderText())
    hands.click(asking.picker.rows[0].make)
    from cubb_desktop.gui.widgets.consents import ConsentForm

    form = dialog(ConsentForm)
    assert isinstance(form, ConsentForm)
    form.citizen.setText("010190-1234")
    hands.click(form.accept_button)
    qtbot.waitUntil(form.problem.isVisible)
    assert "CPR" in form.problem.text()
    form.citizen.setText("B-42")
    hands.click(form.accept_button)
    qtbot.waitUntil(lambda: "mindst ét formål" in form.problem.text())
    assert form.citizen.text() == "B-42"
    hands.click(form.answers.rows[Purpose.OWN_LEARNING].yes)
    hands.click(form.manner.buttons[Manner.SPOKEN])
    hands.click(form.accept_button)
    qtbot.waitUntil(lambda: asking.picker.rows[0].chosen() is not None)
    chosen = asking.picker.rows[0].chosen()
    assert chosen is not None
    assert (chosen.citizen, chosen.purposes) == ("B-42", frozenset({Purpose.OWN_LEARNING}))
    assert asking.accept_button.isEnabled()
    asking.reject()


def test_agreements_that_are_over_cannot_be_chosen(page: LibraryPage, sound_file: Path, qtbot: QtBot) -> None:
    asking = page.ask_import([sound_file])
    qtbot.waitUntil(lambda: asking.picker.rows[0].box.count() == 3)
    assert not any("B-02" in asking.picker.rows[0].box.itemText(at) for at in range(3))
    asking.reject()


# --- doing something with a conversation -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "can"),
    [
        ("ready", {"open", "rename", "delete", "transcribe"}),
        ("doing", {"open", "rename", "delete", "cancel"}),
        ("queued", {"open", "rename", "delete", "cancel"}),
        ("failed", {"open", "rename", "delete", "retry"}),
        ("interrupted", {"open", "rename", "delete", "keep"}),
    ],
)
def test_the_strip_offers_what_can_be_done(page: LibraryPage, seeded: Ids, name: str, can: set[str]) -> None:
    page.table.choose(seeded[name])
    assert {key for key, button in page.strip.buttons.items() if button.isVisible()} == can


def test_transcribing_by_key_puts_a_job_in_the_queue(page: LibraryPage, seeded: Ids, qtbot: QtBot) -> None:
    page.table.choose(seeded["stored"])
    page.table.setFocus()
    hands.press(page.table, Qt.Key.Key_U)
    workspace = page._context.workspace()
    qtbot.waitUntil(lambda: any(job.recording_id == seeded["stored"] for job in list_jobs(workspace)))
    qtbot.waitUntil(lambda: get_recording(workspace, seeded["stored"]).state is RecordingState.QUEUED)
    qtbot.waitUntil(
        lambda: any(r.key == seeded["stored"] and r.standing.text == "Venter på udskrift" for r in rows(page))
    )


def test_a_waiting_transcript_is_cancelled_and_tried_again(page: LibraryPage, seeded: Ids, qtbot: QtBot) -> None:
    workspace = page._context.workspace()

    def state() -> JobState:
        return next(job.state for job in list_jobs(workspace) if job.recording_id == seeded["queued"])

    page.table.choose(seeded["queued"])
    hands.click(page.strip.buttons["cancel"])
    qtbot.waitUntil(lambda: state() is JobState.CANCELLED)
    qtbot.waitUntil(page.strip.buttons["retry"].isVisible)
    hands.click(page.strip.buttons["retry"])
    qtbot.waitUntil(lambda: state() is JobState.TODO)


def test_renaming_by_key(page: LibraryPage, seeded: Ids, qtbot: QtBot) -> None:
    page.table.choose(seeded["ready"])
    page.table.setFocus()
    hands.press(page.table, Qt.Key.Key_F2)
    question = dialog(AskText)
    assert isinstance(question, AskText)
    assert question.line.text() == "Telefonsamtale om ydelse"
    question.line.setText("  ")
    hands.click(question.accept_button)
    assert question.isVisible()
    question.line.setText("Ydelse")
    hands.press(question.line, Qt.Key.Key_Return)
    workspace = page._context.workspace()
    qtbot.waitUntil(lambda: get_recording(workspace, seeded["ready"]).title == "Ydelse")
    qtbot.waitUntil(lambda: any(row.title == "Ydelse" for row in rows(page)))


def test_deleting_asks_says_what_is_lost_and_starts_on_the_harmless_button(
    page: LibraryPage, seeded: Ids, qtbot: QtBot
) -> None:
    page.table.choose(seeded["ready"])
    page.table.setFocus()
    hands.press(page.table, Qt.Key.Key_Delete)
    question = dialog(Confirm)
    assert isinstance(question, Confirm)
    assert question.cancel_button.isDefault()
    question.reject()
    assert len(rows(page)) == 9
    hands.press(page.table, Qt.Key.Key_Delete)
    again = dialog(Confirm)
    assert isinstance(again, Confirm)
    hands.click(again.accept_button)
    qtbot.waitUntil(lambda: all(row.key != seeded["ready"] for row in rows(page)))
    assert seeded["ready"] not in {recording.id for recording in list_recordings(page._context.workspace())}


def test_an_interrupted_recording_can_be_kept(page: LibraryPage, seeded: Ids, qtbot: QtBot) -> None:
    page.table.choose(seeded["interrupted"])
    hands.click(page.strip.buttons["keep"])
    workspace = page._context.workspace()
    qtbot.waitUntil(lambda: get_recording(workspace, seeded["interrupted"]).state is RecordingState.QUEUED)


def test_a_place_that_was_found_is_opened_there(
    page: LibraryPage, seeded: Ids, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[tuple[object, ...]] = []
    monkeypatch.setattr(ReviewPage, "open", lambda _page, *place: opened.append(place))
    page.open_requested.emit(seeded["ready"], 4200, "lager")
    page.open_requested.emit(seeded["ready"], None, "")
    assert opened == [(seeded["ready"], 4200, "lager"), (seeded["ready"],)]


def test_enter_opens_the_conversation_for_review(page: LibraryPage, seeded: Ids, qtbot: QtBot) -> None:
    main = page.window()
    assert isinstance(main, MainWindow)
    page.table.choose(seeded["ready"])
    page.table.setFocus()
    hands.press(page.table, Qt.Key.Key_Return)
    assert main.shown_page() == "review"


def test_the_menu_offers_what_the_strip_does_and_how_long_it_is_kept(page: LibraryPage, seeded: Ids) -> None:
    page.table.choose(seeded["failed"])
    menu = page.strip.menu()
    offered = [action.text().split("\t") for action in menu.actions() if not action.isSeparator()]
    shown = [button.text() for button in page.strip.buttons.values() if button.isVisible()]
    assert [word for word, _key in offered if word != "Opbevaring…"] == shown
    assert ["Opbevaring…", "F4"] in offered
    keys = [key for word, key in offered if word != "Opbevaring…"]
    assert keys == [cap.text() for cap in page.strip.findChildren(KeyCap) if cap.isVisible()]
    assert keys[0] == "Enter"
    menu.deleteLater()
