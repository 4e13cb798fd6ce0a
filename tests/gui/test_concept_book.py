"""The concept book in the window: own words, groups, merging, putting away, other programs' files, examples to hear."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QApplication, QLabel, QWidget

from cubb_desktop.domain.changes import Changes
from cubb_desktop.domain.codebook import Concept, ExampleKind, guid_of
from cubb_desktop.domain.ids import ConceptId, RecordingId
from cubb_desktop.gui.background import Background
from cubb_desktop.gui.context import Notice, Notices, PageContext, SettingsStore
from cubb_desktop.gui.pages.concepts_page import ConceptsPage
from cubb_desktop.gui.theme import Theme
from cubb_desktop.gui.widgets.concept_dialogs import HistoryDialog, MergeDialog
from cubb_desktop.gui.widgets.concept_form import ConceptForm
from cubb_desktop.gui.widgets.concept_texts import Shown
from cubb_desktop.i18n import set_language
from cubb_desktop.services import concepts as book
from cubb_desktop.services.annotations import annotate, list_annotations
from cubb_desktop.services.consents import withdraw_consent
from cubb_desktop.services.examples import add_example, list_examples
from cubb_desktop.services.workspace import Workspace
from cubb_desktop.settings import Settings
from tests import builders
from tests.gui import review_seed
from tests.gui.hands import click, press, write
from tests.gui.review_desk import HandPlayer

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

    from cubb_desktop.audio.chunks import SoundReader

T = TypeVar("T", bound=QWidget)
GRIBNING, OVERLAP, MODSTAND = ConceptId("gribning"), ConceptId("overlap"), ConceptId("modstand")


@dataclass(slots=True)
class Shelf:
    """The page on a library of its own, and what a test of it reaches for."""

    qtbot: QtBot
    workspace: Workspace
    page: ConceptsPage
    background: Background
    posted: list[Notice]
    players: list[HandPlayer]

    def rest(self, condition: Callable[[], bool] = lambda: True) -> None:
        """Wait until no work is under way, what it brought is shown, and something is so."""

        def idle() -> bool:
            QApplication.processEvents()
            return not self.background._running and not self.background._outcomes and condition()

        self.qtbot.waitUntil(idle)

    def choose(self, name: str) -> None:
        """Choose a concept in the list."""
        found = [at for at in range(self.page.list.count()) if self.concept_at(at) == name]
        self.page.list.setCurrentRow(found[0])
        self.rest()

    def concept_at(self, row: int) -> str | None:
        item = self.page.list.item(row)
        return item.text() if isinstance(item.data(Qt.ItemDataRole.UserRole), Concept) else None

    def names(self) -> list[str]:
        """The concepts in the list."""
        return [name for at in range(self.page.list.count()) if (name := self.concept_at(at)) is not None]

    def dialog(self, kind: type[T]) -> T:
        """The dialog that is open."""
        self.rest(lambda: isinstance(QApplication.activeModalWidget(), kind))
        found = QApplication.activeModalWidget()
        assert isinstance(found, kind)
        return found

    def undo(self) -> None:
        """Take the offer of the newest notice."""
        notice = self.posted[-1]
        assert notice.act is not None, notice.text
        notice.act()
        self.rest()

    def concept(self, concept_id: ConceptId) -> Concept:
        return book.get_concept(self.workspace, concept_id)


@pytest.fixture
def shelf(qtbot: QtBot, tmp_path: Path) -> Iterator[Shelf]:
    application = QApplication.instance()
    assert isinstance(application, QApplication)
    workspace = builders.new_workspace(tmp_path / "bibliotek æøå")
    background, notices, posted, players = Background(), Notices(), list[Notice](), list[HandPlayer]()
    notices.posted.connect(posted.append)
    theme = Theme(application, "light")
    store = SettingsStore(Settings(), background)
    page = ConceptsPage(PageContext(background, theme, store, lambda: workspace, notices))

    def make(open_reader: Callable[[], SoundReader], output: str | None) -> HandPlayer:
        players.append(HandPlayer(open_reader, output))
        return players[-1]

    page.playback.make_player = make
    page.resize(1262, 768)
    page.show()
    made = Shelf(qtbot, workspace, page, background, posted, players)
    made.rest(lambda: page.list.count() > 36)
    try:
        yield made
    finally:
        page.leave()
        background.close()
        page.close()
        page.deleteLater()
        theme.deleteLater()
        workspace.close()


@pytest.fixture
def talk(shelf: Shelf) -> RecordingId:
    """A conversation with sound and text."""
    return review_seed.demo_conversation(shelf.workspace).id


def menu(shelf: Shelf, concept_id: ConceptId) -> dict[str, QAction]:
    """What can be done with a concept, by its text."""
    made = shelf.page.concept_menu(shelf.concept(concept_id))
    return {action.text().split("\t")[0]: action for action in made.actions()}


# --- reading and finding ---------------------------------------------------------------------------------------------


def test_the_list_is_searched_and_narrowed_down(shelf: Shelf) -> None:
    page = shelf.page
    assert len(shelf.names()) == 36
    page.concepts.part.setCurrentIndex(list(Shown).index(Shown.IN_USE))
    assert len(shelf.names()) == 8
    page.concepts.part.setCurrentIndex(list(Shown).index(Shown.AWAITING))
    assert set(shelf.names()) == {"Instrumentel taletur", "Ekstra kommunikation", "Appel", "Tilslutning"}
    assert page.card.awaits.isVisible()
    page.concepts.part.setCurrentIndex(page.concepts.part.findText("Turdesign"))
    assert "Fagsprog" in shelf.names()
    assert len(shelf.names()) == 7
    page.concepts.part.setCurrentIndex(0)
    page.concepts.search.setFocus()
    write(page.concepts.search, "følelser latter")
    shelf.qtbot.waitUntil(lambda: 0 < len(shelf.names()) < 8)
    assert "Vrede og konflikt" in shelf.names()
    write(page.concepts.search, " findes ikke")
    shelf.qtbot.waitUntil(page.concepts.nothing.isVisible)
    assert not page.card.isVisible()
    click(page.concepts.whole)
    assert len(shelf.names()) == 36


def test_the_whole_book_is_there_in_english(shelf: Shelf) -> None:
    set_language("en")
    book.add_concept(shelf.workspace, "Own", "Waiting", {"definition": "To wait."})
    shelf.page.reload()
    shelf.rest(lambda: "Missed opening" in shelf.names())
    shelf.choose("Waiting")
    assert "9 in use" in shelf.page.header.sub.text()
    assert "1 lacks a translation" in shelf.page.header.sub.text()
    assert "the same in Danish and English" in shelf.page.card.missing.text()
    assert "Your own" in shelf.page.card.group.text()
    shelf.page.acts.write_new()
    form = shelf.dialog(ConceptForm)
    assert list(form.columns) == ["en", "da"]
    form.reject()


# --- own words -------------------------------------------------------------------------------------------------------


def test_a_concept_of_ones_own_is_written_by_keyboard_alone(shelf: Shelf) -> None:
    shelf.page.list.setFocus()
    press(shelf.page, Qt.Key.Key_N, Qt.KeyboardModifier.ControlModifier)
    form = shelf.dialog(ConceptForm)
    press(form, Qt.Key.Key_Return)
    shelf.rest(form.problem.isVisible)
    assert form.problem.text() == "Gruppe: Skriv noget her."
    write(form.columns["da"].name, "Ventetid")
    definition = form.columns["da"].texts["definition"]
    press(form.columns["da"].name, Qt.Key.Key_Tab)
    assert QApplication.focusWidget() is definition
    write(definition, "At vente.")
    line = form.group.lineEdit()
    assert line is not None
    write(line, "Temaer")
    press(line, Qt.Key.Key_Return)
    shelf.rest(lambda: "Ventetid" in shelf.names())
    made = shelf.concept(ConceptId("ventetid"))
    assert (made.group, made.definition_da, made.definition_en) == ("Temaer", "At vente.", "At vente.")
    assert shelf.page.card.name.text() == "Ventetid"
    assert "1 tekst siger det samme" in shelf.page.card.missing.text()
    assert "1 mangler engelsk" in shelf.page.header.sub.text()


def test_a_concept_of_the_book_gets_our_wording_and_its_own_back(shelf: Shelf) -> None:
    shelf.choose("Modstand")
    press(shelf.page.list, Qt.Key.Key_F2)
    form = shelf.dialog(ConceptForm)
    assert form.columns["en"].name.text() == shelf.concept(MODSTAND).name_en
    form.columns["da"].texts["definition"].setPlainText("Vores ord.")
    form.columns["en"].texts["definition"].setPlainText("Our words.")
    form.group.setCurrentText("gribning")
    form.submit()
    shelf.rest(lambda: shelf.page.card.definition.text() == "Vores ord.")
    changed = shelf.concept(MODSTAND)
    assert (changed.definition_en, changed.group) == ("Our words.", "Gribning")
    assert shelf.page.card.group.text() == "Gribning · Jeres ordlyd"
    menu(shelf, MODSTAND)["Historik…"].trigger()
    history = shelf.dialog(HistoryDialog)
    said = [label.text() for label in history.findChildren(QLabel)]
    assert any(text.startswith(f"Nu: {builders.ACTOR}") for text in said)
    assert {"Blev: Vores ord.", "Definition på engelsk", "Før: bogens egen ordlyd"} <= set(said)
    assert "Var: Tilslutning og modstand" in said
    click(history.take[0])
    shelf.rest(lambda: not book.is_reworded(shelf.concept(MODSTAND)))
    assert len(book.wordings(shelf.workspace, MODSTAND)) == 3
    assert "tidligere ordlyd" in shelf.posted[-1].text


def test_a_name_that_is_taken_is_refused_in_the_form(shelf: Shelf) -> None:
    shelf.choose("Modstand")
    click(shelf.page.card.revise)
    form = shelf.dialog(ConceptForm)
    form.columns["da"].name.setText("Gribning")
    form.submit()
    shelf.rest(form.problem.isVisible)
    assert "allerede et begreb" in form.problem.text()
    form.reject()


# --- in use, away, together ------------------------------------------------------------------------------------------


def test_a_concept_is_put_away_undone_and_taken_back(shelf: Shelf) -> None:
    shelf.choose("Overlap")
    press(shelf.page.list, Qt.Key.Key_Delete)
    shelf.rest(lambda: "Overlap" not in shelf.names())
    assert shelf.concept(OVERLAP).retired
    shelf.undo()
    assert not shelf.concept(OVERLAP).retired
    assert shelf.page.card.name.text() == "Overlap"
    shelf.page.acts.retire(shelf.concept(OVERLAP))
    shelf.rest(lambda: shelf.concept(OVERLAP).retired)
    shelf.page.concepts.part.setCurrentIndex(list(Shown).index(Shown.RETIRED))
    assert shelf.names() == ["Overlap"]
    assert "Lagt væk" in shelf.page.card.state.text()
    click(shelf.page.card.back)
    shelf.rest(lambda: len(shelf.names()) == 36)
    assert shelf.concept(OVERLAP).in_use
    assert shelf.page.card.name.text() == "Overlap"


def test_two_concepts_are_merged_and_taken_apart(shelf: Shelf, talk: RecordingId) -> None:
    annotate(shelf.workspace, talk, 0, 900, OVERLAP)
    shelf.page.reload()
    shelf.rest()
    shelf.choose("Overlap")
    assert shelf.page.card.used.text() == "Brugt: 1 mærke i 1 samtale."
    menu(shelf, OVERLAP)["Læg sammen med…"].trigger()
    dialog = shelf.dialog(MergeDialog)
    dialog.into.setCurrentIndex(dialog.into.findText("Gribning", Qt.MatchFlag.MatchStartsWith))
    assert "1 mærke i 1 samtale bliver til mærker med »Gribning«" in dialog.what.text()
    click(dialog.accept_button)
    shelf.rest(lambda: shelf.page.card.name.text() == "Gribning")
    assert [mark.concept_id for mark in list_annotations(shelf.workspace, talk)] == [GRIBNING]
    shelf.page.concepts.part.setCurrentIndex(list(Shown).index(Shown.RETIRED))
    assert "Lagt sammen med »Gribning«" in shelf.page.card.state.text()
    shelf.undo()
    assert [mark.concept_id for mark in list_annotations(shelf.workspace, talk)] == [OVERLAP]
    assert shelf.page.card.name.text() == "Overlap"


# --- other programs --------------------------------------------------------------------------------------------------


def test_the_book_goes_out_and_another_comes_in(shelf: Shelf, tmp_path: Path) -> None:
    file = tmp_path / "begreber.qdc"
    file.write_text("var her før", encoding="utf-8")
    asked: list[str] = []

    def choose(_parent: QWidget, name: str) -> Path:
        asked.append(name)
        return file

    shelf.page.acts.choose_to_write = choose
    own = book.add_concept(shelf.workspace, "Temaer", "Ventetid", {"definition": "At vente."})
    go_out, come_in = reversed(shelf.page.codebook_menu().actions())
    go_out.trigger()
    shelf.rest(lambda: bool(shelf.posted))
    assert asked == ["begreber.qdc"]
    assert shelf.posted[-1].text.startswith("37 begreber er gemt i begreber.qdc.")
    book.revise(shelf.workspace, own.id, {"definition": "Noget andet."})
    shelf.page.acts.choose_to_read = lambda _parent: file
    come_in.trigger()
    shelf.rest(lambda: len(shelf.posted) == 2)
    assert "Ingen nye begreber. 37 kendes i forvejen." in shelf.posted[-1].text
    assert "skrevet anderledes: Ventetid" in shelf.posted[-1].text
    shelf.undo()
    assert "Skrevet om som i filen: Ventetid." in shelf.posted[-1].text
    assert shelf.concept(own.id).definition_da == "At vente."


def test_what_is_no_codebook_is_told_in_one_sentence(shelf: Shelf, tmp_path: Path) -> None:
    file = tmp_path / "x.qdc"
    file.write_text('<!DOCTYPE x [<!ENTITY a "a">]><x>&a;</x>', encoding="utf-8")
    shelf.page.acts.choose_to_read = lambda _parent: file
    shelf.page.acts.import_book()
    shelf.rest(lambda: bool(shelf.posted))
    assert shelf.posted[-1].fault
    assert "REFI-QDA" in shelf.posted[-1].text
    shelf.page.acts.choose_to_write = lambda _parent, _name: tmp_path / "ingen mappe" / "b.qdc"
    shelf.page.acts.export_book()
    shelf.rest(lambda: len(shelf.posted) == 2)
    assert shelf.posted[-1].fault


def test_new_concepts_of_a_file_are_named_and_shown(shelf: Shelf, tmp_path: Path) -> None:
    book.add_concept(shelf.workspace, "Temaer", "Ventetid", {"definition": "At vente."})
    book.export_codebook(shelf.workspace, tmp_path / "b.qdc")
    elsewhere = tmp_path / "andet.qdc"
    text = (tmp_path / "b.qdc").read_text(encoding="utf-8").replace("Ventetid", "Trussel")
    elsewhere.write_text(text.replace(guid_of(ConceptId("ventetid")), builders.new_id()), encoding="utf-8")
    shelf.page.acts.read_book(elsewhere)
    shelf.rest(lambda: "Trussel" in shelf.names())
    assert shelf.posted[-1].text.startswith("1 begreb er nyt: Trussel.")
    assert shelf.page.card.name.text() == "Trussel"


# --- examples --------------------------------------------------------------------------------------------------------


def shown_examples(shelf: Shelf, talk: RecordingId) -> None:
    """Give Gribning an example and a counter-example, and show them."""
    add_example(shelf.workspace, GRIBNING, talk, 0, 2_000, note="hør her")
    add_example(shelf.workspace, GRIBNING, talk, 5_000, 8_000, ExampleKind.COUNTER_EXAMPLE)
    shelf.page.reload()
    shelf.rest()
    shelf.choose("Gribning")
    shelf.rest(lambda: len(shelf.page.examples.cards) == 2)


def test_examples_are_heard_stopped_and_opened_by_keyboard(shelf: Shelf, talk: RecordingId) -> None:
    shown_examples(shelf, talk)
    first, second = shelf.page.examples.cards
    assert "Eksempel" in first.accessibleName()
    assert first.words.text().startswith(f"»{review_seed.first_line()[0]}")
    assert "Modeksempel" in second.accessibleName()
    first.setFocus()
    press(first, Qt.Key.Key_Space)
    shelf.rest(lambda: bool(shelf.players) and shelf.players[-1].playing)
    assert shelf.players[-1].played == [(0, 2_000)]
    assert first.play.accessibleName() == "Stop"
    press(first, Qt.Key.Key_Space)
    shelf.rest(lambda: not shelf.page.playback.playing)
    assert first.play.accessibleName() == "Hør stykket"
    click(second.play)
    shelf.rest(lambda: shelf.players[-1].played == [(5_000, 8_000)])
    shelf.choose("Overlap")
    assert not shelf.page.playback.playing
    assert shelf.page.examples.cards == []
    assert "Højreklik" in shelf.page.examples.hint.text()
    shelf.choose("Gribning")
    shelf.rest(lambda: len(shelf.page.examples.cards) == 2)
    with shelf.qtbot.waitSignal(shelf.page.open_requested) as asked:
        press(shelf.page.examples.cards[1], Qt.Key.Key_Return)
    assert asked.args == [talk, 5_000]


def test_an_example_is_removed_and_put_back(shelf: Shelf, talk: RecordingId) -> None:
    shown_examples(shelf, talk)
    before = [one.example for one in list_examples(shelf.workspace)]
    press(shelf.page.examples.cards[0], Qt.Key.Key_Delete)
    shelf.rest(lambda: len(shelf.page.examples.cards) == 1)
    shelf.undo()
    shelf.rest(lambda: len(shelf.page.examples.cards) == 2)
    assert [one.example for one in list_examples(shelf.workspace)] == before


def test_an_example_whose_agreement_is_taken_back_says_so_and_is_not_heard(shelf: Shelf, talk: RecordingId) -> None:
    shown_examples(shelf, talk)
    with shelf.workspace.library.read() as reading:
        [row] = reading.connection.exec_driver_sql("SELECT consent_id FROM recordings").all()
    click(shelf.page.examples.cards[0].play)
    shelf.rest(lambda: shelf.players[-1].playing)
    withdraw_consent(shelf.workspace, row[0])
    click(shelf.page.examples.cards[1].play)  # the page does not know yet: the door does
    shelf.rest(lambda: bool(shelf.posted) and shelf.posted[-1].fault)
    assert not shelf.page.playback.playing
    shelf.page.reload()
    shelf.rest(lambda: not shelf.page.examples.cards[0].play.isEnabled())
    card = shelf.page.examples.cards[0]
    assert card.words.text() == "Borgeren har trukket sin aftale tilbage. Samtalen må ikke bruges."
    press(card, Qt.Key.Key_Space)
    shelf.rest()
    assert not shelf.page.playback.playing


def test_what_is_about_to_be_deleted_is_let_go_of(shelf: Shelf, talk: RecordingId) -> None:
    shown_examples(shelf, talk)
    click(shelf.page.examples.cards[0].play)
    shelf.rest(lambda: shelf.players[-1].playing)
    shelf.background.forgetting.emit(frozenset({talk}))
    assert shelf.players[-1].closed
    assert shelf.page.examples.cards == []


def test_a_page_that_is_not_seen_reads_no_examples(shelf: Shelf, talk: RecordingId) -> None:
    shown_examples(shelf, talk)
    shelf.page.hide()
    add_example(shelf.workspace, GRIBNING, talk, 9_000, 9_900)
    shelf.background.changed.emit(Changes(concepts=True))
    shelf.rest()
    assert len(shelf.page.examples.cards) == 2
    shelf.page.show()
    shelf.rest(lambda: len(shelf.page.examples.cards) == 3)
