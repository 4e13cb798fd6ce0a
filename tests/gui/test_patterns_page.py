"""The patterns page: lines of a search to hear, open and collect; collections to order, note and hear in a row."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QMenu, QWidget

from cubb_desktop.audio.chunks import SegmentWriter, SoundFormat
from cubb_desktop.domain.changes import Changes
from cubb_desktop.domain.concordance import Order
from cubb_desktop.domain.ids import RecordingId
from cubb_desktop.gui.background import Background
from cubb_desktop.gui.context import Notice, Notices, PageContext, SettingsStore
from cubb_desktop.gui.main_window import MainWindow
from cubb_desktop.gui.pages.patterns_page import PatternsPage
from cubb_desktop.gui.theme import Theme
from cubb_desktop.gui.widgets import passage_player
from cubb_desktop.gui.widgets.collecting import CollectDialog, CollectionForm
from cubb_desktop.gui.widgets.dialogs import Confirm
from cubb_desktop.i18n import set_language
from cubb_desktop.services import collected, erasure
from cubb_desktop.services.recordings import get_recording
from cubb_desktop.services.workspace import Workspace
from cubb_desktop.settings import Settings
from cubb_desktop.vault import new_recording_key
from tests import builders
from tests.gui import review_seed
from tests.gui.hands import click, press, write
from tests.gui.review_desk import Desk, HandPlayer

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

    from cubb_desktop.audio.chunks import SoundReader

ALT = Qt.KeyboardModifier.AltModifier


@dataclass
class Bench:
    """The page on a library with two conversations, of which the first has sound."""

    qtbot: QtBot
    workspace: Workspace
    page: PatternsPage
    background: Background
    heard: RecordingId
    silent: RecordingId
    posted: list[Notice]
    players: list[HandPlayer] = field(default_factory=list)
    opened: list[tuple[RecordingId, int, str]] = field(default_factory=list)

    @property
    def player(self) -> HandPlayer:
        return self.players[-1]

    def rest(self) -> None:
        def idle() -> bool:
            QApplication.sendPostedEvents()
            QApplication.processEvents()
            return not self.background._running and not self.background._outcomes

        self.qtbot.waitUntil(idle)

    def search(self, query: str) -> list[str]:
        """Search and return what stands in the middle of the lines."""
        panel = self.page.search
        panel.search(query)
        self.qtbot.waitUntil(lambda: panel._result.asked.query == query and not panel._reading)
        self.rest()
        return [line.hit for line in panel.table.lines.lines]

    def gather(self, *notes: str) -> list[str]:
        """Put a passage per note into a collection and show it."""
        into = collected.add_collection(self.workspace, "Gribninger", "Hvad sker der?")
        for n, note in enumerate(notes):
            stretch = (self.heard, n * 2_000, n * 2_000 + 1_500)
            collected.add_passage(self.workspace, into.id, *stretch, note=note)
        self.page.tabs.setCurrentWidget(self.page.collections)
        self.background.changed.emit(Changes(collections=True))
        self.rest()
        return self.notes()

    def notes(self) -> list[str]:
        return [case.passage.note for case in self.page.collections.cases.cases()]

    def end_of_passage(self) -> None:
        """Let the passage that sounds come to its end; the silence after it is a millisecond."""
        self.player.advance(99_999_999)

    def dialog(self, kind: type[QWidget]) -> QWidget:
        """The dialog that is open."""

        def shown() -> list[QWidget]:
            return [one for one in QApplication.topLevelWidgets() if isinstance(one, kind) and one.isVisible()]

        self.qtbot.waitUntil(lambda: bool(shown()))
        return shown()[0]


def sounding(ws: Workspace) -> RecordingId:
    """Store the bundled conversation's text with as much silence for its sound; return its id."""
    key, duration_ms = new_recording_key(), review_seed.duration_ms()
    recording = builders.stored_recording(ws.library, title="Om lageret", duration_ms=duration_ms)
    ws.keys.put(recording.id, key)
    review_seed.store(ws, review_seed.demo_transcript(recording.id))
    form = SoundFormat(recording.rate_hz, 1)
    with SegmentWriter.create(ws.audio_folder, recording.id, 0, key, form) as writer:
        writer.append(np.zeros((duration_ms * recording.rate_hz // 1000, 1), np.int16))
    return recording.id


@pytest.fixture
def bench(qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    monkeypatch.setattr(passage_player, "BETWEEN_MS", 1)
    application = QApplication.instance()
    assert isinstance(application, QApplication)
    workspace = builders.new_workspace(tmp_path / "bibliotek")
    heard = sounding(workspace)
    silent = builders.stored_recording(
        workspace.library, title="Telefon om ydelse", author="Anders", recorded_at=builders.MORNING - timedelta(days=9)
    )
    with workspace.library.change(workspace.actor, "transcript.made", silent.id) as change:
        builders.store_transcript(change, builders.transcript(silent.id))
    background, notices, posted = Background(), Notices(), list[Notice]()
    notices.posted.connect(posted.append)
    theme = Theme(application, "light")
    context = PageContext(background, theme, SettingsStore(Settings(), background), lambda: workspace, notices)
    page = PatternsPage(context)
    made = Bench(qtbot, workspace, page, background, heard, silent.id, posted)

    def make(open_reader: Callable[[], SoundReader], output: str | None) -> HandPlayer:
        made.players.append(HandPlayer(open_reader, output))
        return made.players[-1]

    page.player.playback.make_player = make
    page.open_requested.connect(lambda *asked: made.opened.append(asked))
    page.resize(1262, 768)
    page.show()
    made.rest()
    yield made
    page.leave()
    background.close()
    page.close()
    page.deleteLater()
    theme.deleteLater()
    workspace.close()


# --- searching -------------------------------------------------------------------------------------------------------


def test_a_word_is_found_in_its_forms_or_as_it_is_written(bench: Bench) -> None:
    forms = bench.search("arbejder")
    assert {form.strip("?,.") for form in forms} >= {"arbejde", "arbejdet"}
    click(bench.page.search.inflected)
    bench.rest()
    assert bench.page.search.table.lines.lines == []
    assert bench.page.search.nothing.isVisible()
    click(bench.page.search.nothing.button)
    bench.qtbot.waitUntil(bench.page.search.start.isVisible)


def test_enter_opens_the_conversation_at_the_hit(bench: Bench) -> None:
    bench.search("køre")
    press(bench.page.search.table, Qt.Key.Key_Return)
    bench.rest()
    assert bench.opened == [(bench.silent, 4_000, "")]
    click(bench.page.search.open)
    bench.rest()
    assert len(bench.opened) == 2


def test_space_plays_from_the_hit_and_pauses_it_again(bench: Bench) -> None:
    bench.search("lager")
    table = bench.page.search.table
    line = table.line()
    assert line is not None
    assert line.recording_id == bench.heard
    press(table, Qt.Key.Key_Space)
    bench.qtbot.waitUntil(lambda: bool(bench.players) and bench.player.playing)
    start_ms, end_ms = bench.player.played[-1]
    assert start_ms > line.turn_start_ms
    assert end_ms is None
    assert bench.page.bar.isVisible()
    press(table, Qt.Key.Key_Space)
    assert not bench.page.playback.playing
    assert not bench.player.playing


def test_a_conversation_without_sound_says_so(bench: Bench) -> None:
    bench.search("køre")
    press(bench.page.search.table, Qt.Key.Key_Space)
    bench.qtbot.waitUntil(lambda: bool(bench.posted))
    assert bench.posted[-1].fault
    bench.qtbot.waitUntil(lambda: not bench.page.playback.playing)


def test_c_collects_into_a_new_collection_and_the_next_time_into_the_same(bench: Bench) -> None:
    bench.search("køre")
    press(bench.page.search.table, Qt.Key.Key_C)
    dialog = bench.dialog(CollectDialog)
    assert isinstance(dialog, CollectDialog)
    dialog.submit()
    assert dialog.problem.isVisible()
    write(dialog.name, "Om at køre")
    click(dialog.accept_button)
    bench.rest()
    [made] = collected.list_collections(bench.workspace)
    [case] = collected.shelf(bench.workspace, made.id).cases
    assert (made.name, case.quote) == ("Om at køre", "jeg vil ja gerne ud at køre")
    assert case.passage.word_ids
    press(bench.page.search.table, Qt.Key.Key_C)
    again = bench.dialog(CollectDialog)
    assert isinstance(again, CollectDialog)
    assert again.collection.currentText() == "Om at køre"
    click(again.accept_button)
    bench.rest()
    assert len(collected.shelf(bench.workspace, made.id).cases) == 2
    undo = bench.posted[-1]
    assert undo.act is not None
    undo.act()
    bench.rest()
    assert len(collected.shelf(bench.workspace, made.id).cases) == 1


def test_hits_are_counted_and_played_only_in_a_conversation_of_ones_own(bench: Bench) -> None:
    panel = bench.page.search
    bench.search("jeg")
    assert not panel.count.isVisible()
    rows = [line.recording_id for line in panel.table.lines.lines]
    panel.table.setCurrentIndex(panel.table.lines.index(rows.index(bench.silent)))
    press(panel.table, Qt.Key.Key_O)
    bench.rest()
    assert panel.scope.isVisible()
    assert not panel.count.isVisible()  # it is another's
    click(panel.everywhere)
    bench.rest()
    panel.table.setCurrentIndex(panel.table.lines.index(rows.index(bench.heard)))
    click(panel.only)
    bench.rest()
    number = len(panel.table.lines.lines)
    assert panel.count.text() == f"{number} steder"
    click(panel.play_all)
    bench.qtbot.waitUntil(lambda: bool(bench.players) and bench.player.playing)
    bench.end_of_passage()
    bench.qtbot.waitUntil(lambda: len(bench.player.played) == 2)
    first, second = bench.player.played
    assert first[1] is not None
    assert first[1] <= second[0]


def test_lines_are_sorted_by_what_stands_beside_the_hit(bench: Bench) -> None:
    panel = bench.page.search
    bench.search("jeg")
    panel.order.setCurrentIndex(panel.order.findData(Order.RIGHT.value))
    bench.rest()
    after = [line.after.casefold().split()[0] for line in panel.table.lines.lines if line.after]
    assert after == sorted(after)


def test_more_is_read_when_it_is_asked_for(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    from cubb_desktop.services import patterns

    monkeypatch.setattr(patterns, "PAGE", 3)
    first = bench.search("jeg")
    panel = bench.page.search
    assert panel.more.isVisible()
    click(panel.more)
    bench.rest()
    more = [line.hit for line in panel.table.lines.lines]
    assert len(more) > len(first)
    assert more[: len(first)] == first


def test_what_is_withdrawn_leaves_the_screen_and_the_sound(bench: Bench) -> None:
    bench.search("lager")
    press(bench.page.search.table, Qt.Key.Key_Space)
    bench.qtbot.waitUntil(lambda: bool(bench.players) and bench.player.playing)
    bench.background.forgetting.emit(frozenset({bench.heard}))
    assert bench.page.search.table.lines.lines == []
    assert bench.player.closed
    assert bench.page.player.piece is None


# --- collections -----------------------------------------------------------------------------------------------------


def test_an_empty_page_offers_to_begin_and_a_name_is_needed(bench: Bench) -> None:
    panel = bench.page.collections
    bench.page.tabs.setCurrentWidget(panel)
    click(panel.empty.button)
    form = bench.dialog(CollectionForm)
    assert isinstance(form, CollectionForm)
    click(form.accept_button)
    assert form.problem.isVisible()
    write(form.name, "Tøven")
    form.question.setPlainText("Hvem venter?")
    click(form.accept_button)
    bench.rest()
    assert (panel.name.text(), panel.question.text()) == ("Tøven", "Hvem venter?")
    assert panel.no_cases.isVisible()
    click(panel.remove)  # nothing would be lost: no question, and a way back
    bench.rest()
    assert panel.empty.isVisible()
    undo = bench.posted[-1]
    assert undo.act is not None
    undo.act()
    bench.rest()
    assert panel.name.text() == "Tøven"


def test_cases_are_ordered_by_key_and_taken_out_and_put_back(bench: Bench) -> None:
    assert bench.gather("a", "b", "c") == ["a", "b", "c"]
    cases = bench.page.collections.cases
    press(cases, Qt.Key.Key_Down, ALT)
    bench.rest()
    assert bench.notes() == ["b", "a", "c"]
    chosen = cases.case()
    assert chosen is not None
    assert chosen.passage.note == "a"
    press(cases, Qt.Key.Key_Up, ALT)
    bench.rest()
    assert bench.notes() == ["a", "b", "c"]
    press(cases, Qt.Key.Key_Up, ALT)  # it is the first already
    bench.rest()
    press(cases, Qt.Key.Key_Delete)
    bench.rest()
    assert bench.notes() == ["b", "c"]
    undo = bench.posted[-1]
    assert undo.act is not None
    undo.act()
    bench.rest()
    assert bench.notes() == ["a", "b", "c"]


def test_a_drop_is_kept(bench: Bench) -> None:
    bench.gather("a", "b", "c")
    cases = bench.page.collections.cases
    first = cases.cases()[0].passage.id
    cases.moved.emit(first, 2)
    bench.rest()
    assert bench.notes() == ["b", "c", "a"]


def test_a_deviant_case_and_a_note_are_kept(bench: Bench) -> None:
    bench.gather("a", "b")
    panel = bench.page.collections
    press(panel.cases, Qt.Key.Key_D)
    bench.rest()
    assert panel.deviant.isChecked()
    assert [case.passage.deviant for case in panel.cases.cases()] == [True, False]
    panel.note.setPlainText("ingen pause her")
    panel.cases.setCurrentRow(1)  # going on keeps what was written
    bench.rest()
    assert bench.notes() == ["ingen pause her", "b"]
    assert panel.note.toPlainText() == "b"
    panel.note.setPlainText("skrevet til sidst")
    bench.page.hide()
    bench.rest()
    bench.page.show()
    bench.rest()
    assert bench.notes() == ["ingen pause her", "skrevet til sidst"]


def test_passages_are_heard_in_a_row_and_the_one_that_sounds_is_marked(bench: Bench) -> None:
    bench.gather("a", "b", "c")
    panel = bench.page.collections
    ids = [case.passage.id for case in panel.cases.cases()]
    click(panel.play_all)
    bench.qtbot.waitUntil(lambda: bool(bench.players) and bench.player.playing)
    assert panel.cases.sounding == ids[0]
    bench.end_of_passage()
    bench.qtbot.waitUntil(lambda: len(bench.player.played) == 2)
    assert panel.cases.sounding == ids[1]
    assert bench.player.played == [(0, 1_500), (2_000, 3_500)]
    bench.player.advance(500)
    click(bench.page.bar.play)
    assert not bench.page.playback.playing
    click(bench.page.bar.play)
    bench.qtbot.waitUntil(lambda: len(bench.player.played) == 3)
    assert bench.player.played[-1] == (2_500, 3_500)  # on from where it was paused
    click(bench.page.bar.previous)
    bench.qtbot.waitUntil(lambda: panel.cases.sounding == ids[0])
    click(bench.page.bar.next)
    click(bench.page.bar.next)
    bench.qtbot.waitUntil(lambda: panel.cases.sounding == ids[2])
    assert not bench.page.bar.next.isEnabled()
    bench.end_of_passage()
    bench.qtbot.waitUntil(lambda: not bench.page.playback.playing)
    click(bench.page.bar.stop)
    assert bench.page.player.piece is None
    assert not bench.page.bar.isVisible()


def test_space_plays_one_case_and_enter_opens_it(bench: Bench) -> None:
    bench.gather("a", "b")
    cases = bench.page.collections.cases
    cases.setCurrentRow(1)
    press(cases, Qt.Key.Key_Space)
    bench.qtbot.waitUntil(lambda: bool(bench.players) and bench.player.playing)
    assert bench.player.played == [(2_000, 3_500)]
    press(cases, Qt.Key.Key_Return)
    assert bench.opened == [(bench.heard, 2_000, "")]


def test_a_collection_with_cases_is_deleted_after_a_question(bench: Bench) -> None:
    bench.gather("a")
    click(bench.page.collections.remove)
    question = bench.dialog(Confirm)
    assert isinstance(question, Confirm)
    assert "»Gribninger«" in question.windowTitle()
    click(question.cancel_button)
    bench.rest()
    assert len(collected.list_collections(bench.workspace)) == 1
    click(bench.page.collections.remove)
    question = bench.dialog(Confirm)
    assert isinstance(question, Confirm)
    click(question.accept_button)
    bench.rest()
    assert collected.list_collections(bench.workspace) == []


def test_a_case_of_a_withdrawn_conversation_is_gone(bench: Bench) -> None:
    bench.gather("a", "b")
    agreed = get_recording(bench.workspace, bench.heard).consent_id
    bench.background.forgetting.emit(frozenset({bench.heard}))
    assert bench.notes() == []
    erasure.withdraw(bench.workspace, agreed)
    bench.background.changed.emit(Changes(collections=True))
    bench.rest()
    assert bench.notes() == []
    assert bench.page.collections.no_cases.isVisible()


# --- around it -------------------------------------------------------------------------------------------------------


def test_the_review_page_collects_what_is_chosen(desk: Desk) -> None:
    recording = review_seed.demo_conversation(desk.workspace)
    into = collected.add_collection(desk.workspace, "Gribninger")
    desk.open(recording.id)
    desk.click(review_seed.first_line()[0])
    menu = QMenu(desk.page)
    desk.page.collecting.add_to_menu(menu, desk.page.recording_id, desk.page.view.passage_at_hand)
    [entry] = menu.actions()
    assert entry.text() == "Læg i samling…"
    entry.trigger()
    desk.rest()
    [dialog] = [one for one in QApplication.topLevelWidgets() if isinstance(one, CollectDialog) and one.isVisible()]
    click(dialog.accept_button)
    desk.rest()
    [case] = collected.shelf(desk.workspace, into.id).cases
    assert case.quote.startswith(review_seed.first_line()[0])


def test_the_window_shows_the_page_and_goes_from_it_to_a_conversation(main: MainWindow, qtbot: QtBot) -> None:
    main.show_page("patterns")
    page = main.page("patterns")
    assert isinstance(page, PatternsPage)
    recording = builders.stored_recording(main.workspace().library)
    page.open_requested.emit(recording.id, 0, "")
    assert main.shown_page() == "review"


def test_the_page_speaks_english(qtbot: QtBot, bench: Bench) -> None:
    set_language("en")
    page = PatternsPage(bench.page.search._context)
    qtbot.addWidget(page)
    assert [page.tabs.tabText(n) for n in range(2)] == ["Search", "Collections"]
    assert page.begin.text() == "New collection"
    bench.rest()
