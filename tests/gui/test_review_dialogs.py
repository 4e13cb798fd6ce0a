"""Excerpts and exports from the review page: borders, titles, consent, and the file that leaves."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtWidgets import QApplication, QDialog

from cubb_desktop.domain.consent import Purpose
from cubb_desktop.domain.pack import ExportFormat
from cubb_desktop.gui.widgets.review_dialogs import ExcerptDialog, ExportDialog, clock_text, file_name, parse_clock
from cubb_desktop.services.packs import list_excerpts, list_exports
from tests.gui import review_seed
from tests.gui.review_desk import Desk, review_desk

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

D = TypeVar("D", bound=QDialog)


@pytest.fixture
def desk(qtbot: QtBot, tmp_path: Path) -> Iterator[Desk]:
    with review_desk(qtbot, tmp_path) as made:
        yield made


def asked(desk: Desk, kind: type[D]) -> D:
    """Wait for a dialog and return it."""
    desk.qtbot.waitUntil(lambda: isinstance(QApplication.activeModalWidget(), kind))
    dialog = QApplication.activeModalWidget()
    assert isinstance(dialog, kind)
    return dialog


# --- times -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "ms"),
    [
        ("12:58.4", 778_400), ("12:58,4", 778_400), ("0:07", 7_000), ("1:02:03.25", 3_723_250), ("75:00", 4_500_000),
        ("12:60", None), ("1:75:00", None), ("tolv", None), ("", None), ("12.58", None), ("-1:00", None),
    ],
)  # fmt: skip
def test_times_are_read_as_they_are_written(text: str, ms: int | None) -> None:
    assert parse_clock(text) == ms


@given(st.integers(0, 12 * 3_600_000))
def test_a_time_that_is_shown_can_be_read_back_to_the_tenth(ms: int) -> None:
    assert parse_clock(clock_text(ms)) == ms // 100 * 100


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Ugrebet: lageret?", "Ugrebet lageret.wav"),
        ("../../etc/passwd", "etc passwd.wav"),
        ("æøå – 1", "æøå 1.wav"),
        ("???", "uddrag.wav"),
        ("x" * 300, "x" * 80 + ".wav"),
    ],
)
def test_file_names_hold_no_path_and_no_odd_signs(title: str, name: str) -> None:
    assert file_name(title, ExportFormat.WAV) == name


# --- excerpts --------------------------------------------------------------------------------------------------------


def test_an_excerpt_begins_with_what_is_chosen_and_is_stored(desk: Desk) -> None:
    recording = review_seed.demo_conversation(desk.workspace)
    desk.open(recording.id)
    desk.view.select_passage(28_000, 41_000)
    chosen = desk.view.selection()
    assert chosen is not None
    desk.page.header.excerpt.click()
    dialog = asked(desk, ExcerptDialog)
    passage = dialog.passage()
    assert passage is not None
    assert passage[0] <= chosen.start_ms
    assert chosen.end_ms <= passage[1] < chosen.end_ms + 100
    dialog.accept_button.click()
    assert "titel" in dialog.problem.text()
    dialog.title.setText("  Borgeren   nævner lageret ")
    dialog.accept_button.click()
    desk.qtbot.waitUntil(lambda: bool(desk.posted))
    (excerpt,) = list_excerpts(desk.workspace, recording.id)
    assert excerpt.title == "Borgeren nævner lageret"
    assert (excerpt.start_ms, excerpt.end_ms) == passage
    assert desk.posted[-1].text == "Uddraget er gemt. Du finder det under Eksportér."
    desk.page.header.export.click()
    listed = asked(desk, ExportDialog).target
    assert any("Borgeren nævner lageret" in listed.itemText(n) for n in range(listed.count()))


def test_an_excerpt_that_ends_before_it_begins_is_refused_with_a_sentence(desk: Desk) -> None:
    desk.open(review_seed.demo_conversation(desk.workspace).id)
    desk.page.header.excerpt.click()
    dialog = asked(desk, ExcerptDialog)
    dialog.title.setText("Baglæns")
    dialog.start.setText("1:00")
    dialog.end.setText("0:30")
    assert not dialog.hear.isEnabled()
    dialog.accept_button.click()
    assert "12:58.4" in dialog.problem.text()
    dialog.end.setText("1:30")
    dialog.hear.click()
    assert desk.player.played[-1] == (60_000, 90_000)
    assert dialog.length.text() == "Længde 0:30"
    dialog.reject()
    assert not desk.page.playback.playing


# --- exports ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", list(ExportFormat))
def test_a_conversation_leaves_as_a_file_and_is_registered(desk: Desk, tmp_path: Path, kind: ExportFormat) -> None:
    recording = review_seed.demo_conversation(desk.workspace)
    desk.open(recording.id)
    names: list[str] = []
    out = tmp_path / f"ud.{kind.value}"

    def choose(_parent: object, name: str) -> Path:
        names.append(name)
        return out

    desk.page.acts.choose_file = choose
    desk.page.header.export.click()
    dialog = asked(desk, ExportDialog)
    dialog.format.setCurrentIndex(dialog.format.findData(kind.value))
    dialog.purpose.setCurrentIndex(dialog.purpose.findData(Purpose.FLIP.value))
    dialog.accept_button.click()
    assert "hvem der får filen" in dialog.problem.text()
    dialog.recipient.setText(" FLIP  Herning ")
    dialog.accept_button.click()
    desk.qtbot.waitUntil(lambda: bool(desk.posted))
    assert desk.posted[-1].text == "Filen er gemt og står i eksportlisten."
    assert out.stat().st_size > 1_000
    (entry,) = list_exports(desk.workspace, recording.id)
    assert (entry.format, entry.purpose, entry.file_name) == (kind, Purpose.FLIP, out.name)
    assert entry.recipient == "FLIP Herning"
    assert names == [f"Opfølgning lageret og ydelsen.{kind.value}"]


def test_only_what_the_citizen_agreed_to_can_be_chosen(desk: Desk) -> None:
    recording = review_seed.demo_recording(desk.workspace, purposes=frozenset({Purpose.FEEDBACK}))
    review_seed.store(desk.workspace, review_seed.demo_transcript(recording.id))
    desk.open(recording.id)
    desk.page.header.export.click()
    dialog = asked(desk, ExportDialog)
    assert [dialog.purpose.itemData(n) for n in range(dialog.purpose.count())] == [Purpose.FEEDBACK.value]
    assert "feedback fra din makker" in dialog.terms.text()
    dialog.reject()


def test_nothing_can_leave_when_the_agreement_has_ended(desk: Desk, tmp_path: Path) -> None:
    recording = review_seed.demo_conversation(desk.workspace)
    desk.open(recording.id)
    conversation = desk.page._conversation
    assert conversation is not None
    ended = ExportDialog(desk.page, desk.theme, recording, [], conversation.consent, date(2090, 1, 1))
    assert not ended.accept_button.isEnabled()
    assert "udløb" in ended.terms.text()
    ended.reject()


def test_a_folder_that_cannot_be_written_to_is_told(desk: Desk, tmp_path: Path) -> None:
    desk.open(review_seed.demo_conversation(desk.workspace).id)
    desk.page.acts.choose_file = lambda _parent, _name: tmp_path / "findes ikke" / "ud.json"
    desk.page.header.export.click()
    dialog = asked(desk, ExportDialog)
    dialog.format.setCurrentIndex(2)
    dialog.accept_button.click()
    desk.qtbot.waitUntil(lambda: bool(desk.posted))
    assert desk.posted[-1].fault
    assert not list_exports(desk.workspace)


def test_a_saved_excerpt_can_leave_at_once(desk: Desk, tmp_path: Path) -> None:
    recording = review_seed.demo_conversation(desk.workspace)
    desk.open(recording.id)
    desk.view.select_passage(28_000, 41_000)
    desk.page.header.excerpt.click()
    dialog = asked(desk, ExcerptDialog)
    dialog.title.setText("Lageret")
    dialog.accept_button.click()
    desk.qtbot.waitUntil(lambda: bool(desk.posted))
    act = desk.posted[-1].act
    assert act is not None
    act()
    export = asked(desk, ExportDialog)
    assert export.target.currentText().startswith("Lageret · 0:")
    export.reject()
