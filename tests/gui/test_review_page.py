"""Reviewing a conversation: every state it can be in, hearing, marking, naming, and what a refresh leaves alone."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel

from cubb_desktop.domain.changes import Changes
from cubb_desktop.domain.ids import RecordingId
from cubb_desktop.domain.job import JobState, Phase, Progress
from cubb_desktop.domain.reading import read, short_labels
from cubb_desktop.domain.recording import Recording, RecordingState, Role
from cubb_desktop.gui.pages.review_page import ReviewPage
from cubb_desktop.i18n import format_clock_ms
from cubb_desktop.library import queue, transcripts
from cubb_desktop.services.annotations import list_annotations
from cubb_desktop.services.consents import withdraw_consent
from cubb_desktop.services.recordings import delete_recording
from cubb_desktop.services.transcripts import get_transcript, set_speaker
from tests import builders
from tests.gui import review_seed
from tests.gui.conftest import OpenWindow
from tests.gui.review_desk import Desk, review_desk

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

FIRST, LAST = review_seed.first_line()[0], review_seed.first_line()[-1]


@pytest.fixture
def talk(desk: Desk) -> Recording:
    """The bundled conversation, opened."""
    recording = review_seed.demo_conversation(desk.workspace)
    desk.open(recording.id)
    return recording


# --- states ----------------------------------------------------------------------------------------------------------


def test_an_empty_page_says_what_to_do_and_leads_there(desk: Desk) -> None:
    assert desk.page.stack.currentWidget() is desk.page.empty
    with desk.qtbot.waitSignal(desk.page.back_requested):
        desk.page.empty.button.click()
    assert not desk.page.player_bar.isVisible()


def test_the_header_says_what_it_is_and_plainly_that_a_demo_model_made_it(desk: Desk, talk: Recording) -> None:
    header = desk.page.header
    assert header.title.text() == talk.title
    assert format_clock_ms(review_seed.duration_ms()) in header.about.text()
    assert "maskinel udskrift" in header.about.text()
    assert header.demo.text() == "lavet med demomodellen: kender kun demoens ord"
    assert header.demo.isVisible()


def test_a_transcript_of_another_model_is_not_called_a_demo(desk: Desk) -> None:
    recording = builders.stored_recording(desk.workspace.library)
    review_seed.store(desk.workspace, builders.transcript(recording.id, engine=builders.engine(demo=False)))
    desk.open(recording.id)
    assert not desk.page.header.demo.isVisible()


def test_a_recording_without_text_offers_to_make_it_and_says_when_it_waits(desk: Desk) -> None:
    recording = review_seed.demo_recording(desk.workspace)
    desk.open(recording.id)
    assert desk.page.stack.currentWidget() is desk.page.no_text
    assert desk.page.player_bar.play.isEnabled()
    desk.page.no_text.button.click()
    desk.qtbot.waitUntil(lambda: desk.page.stack.currentWidget() is desk.page.waiting)
    assert "tur" in desk.page.job_strip.text.text()
    with desk.workspace.library.read() as reading:
        assert [job.state for job in queue.all(reading, recording.id)] == [JobState.TODO]
    desk.page.job_strip.cancel.click()
    desk.qtbot.waitUntil(lambda: desk.page.stack.currentWidget() is desk.page.no_text)
    assert not desk.page.job_strip.isVisible()


def test_text_can_be_read_while_the_speakers_are_being_found(desk: Desk) -> None:
    recording = review_seed.demo_recording(desk.workspace)
    draft = review_seed.demo_transcript(recording.id)
    _append(desk, recording, draft_turns := 3)
    progress = Progress(0.64, Phase.DIARISING, 236.0, text_ready=True)
    with desk.workspace.library.change("worker", "job.added") as change:
        queue.add(change, builders.job(recording.id, state=JobState.DOING, progress=progress))
    desk.open(recording.id)
    assert desk.page.stack.currentWidget() is desk.view
    assert desk.page.job_strip.text.text() == "Finder talere · ca. 4 min · teksten kan læses nu"
    assert desk.page.job_strip.bar.value() == 640
    assert len(desk.view.sheet.rows) == draft_turns
    _append(desk, recording, 6)
    desk.background.changed.emit(Changes(transcripts=frozenset({recording.id})))
    desk.qtbot.waitUntil(lambda: len(desk.view.sheet.rows) == 6)
    review_seed.store(desk.workspace, replace(draft, engine=builders.engine()))
    desk.background.changed.emit(Changes(transcripts=frozenset({recording.id})))
    desk.qtbot.waitUntil(lambda: any(row.speaker for row in desk.view.sheet.rows))
    assert [label for label, _ in desk.view.labels()] == list(short_labels(draft.speakers).values())


def _append(desk: Desk, recording: Recording, turns: int) -> None:
    """Let a draft have so many turns, without speakers, as the recogniser gives them."""
    whole = review_seed.demo_transcript(recording.id)
    bare = tuple(
        replace(turn, speaker=None, words=tuple(replace(word, speaker=None) for word in turn.words))
        for turn in whole.turns[:turns]
    )
    empty = replace(whole, turns=(), speakers=(), silences=(), overlaps=(), unheard=(), has_speakers=False)
    with desk.workspace.library.change("worker", "words.added") as change:
        draft = transcripts.start_draft(change, empty)
        transcripts.append_words(change, draft.id, bare)


def test_a_failed_transcription_says_why_and_can_be_tried_again(desk: Desk) -> None:
    recording = review_seed.demo_recording(desk.workspace)
    with desk.workspace.library.change("worker", "job.added") as change:
        queue.add(change, builders.job(recording.id, state=JobState.FAILED, failure="JobOutOfMemory"))
    desk.open(recording.id)
    trouble = desk.page.trouble
    assert trouble is not None
    assert desk.page.stack.currentWidget() is trouble
    assert any("hukommelse" in label.text() for label in trouble.findChildren(QLabel))
    trouble.button.click()
    desk.qtbot.waitUntil(lambda: desk.page.stack.currentWidget() is desk.page.waiting)


def test_missing_sound_is_said_and_the_text_is_kept(desk: Desk) -> None:
    recording = review_seed.long_conversation(desk.workspace, words=300)
    desk.open(recording.id)
    assert "Lyden" in desk.page.player_bar.note.text()
    assert not desk.page.player_bar.play.isEnabled()
    assert desk.page.stack.currentWidget() is desk.view
    desk.click("ord3")
    assert not desk.players
    assert desk.view.current_line() is not None


def test_a_machine_without_a_loudspeaker_says_so_and_goes_on(qtbot: QtBot, tmp_path: Path) -> None:
    with review_desk(qtbot, tmp_path, loudspeaker=False) as desk:
        desk.open(review_seed.demo_conversation(desk.workspace).id)
        desk.click(LAST)
        desk.qtbot.waitUntil(lambda: bool(desk.posted))
        assert "afspilles" in desk.posted[-1].text
        assert not desk.page.playback.playing
        desk.key(Qt.Key.Key_Down)
        assert desk.view.current_line() is not None


def test_a_conversation_that_is_deleted_meanwhile_leaves_the_page_empty(desk: Desk, talk: Recording) -> None:
    delete_recording(desk.workspace, talk.id)
    desk.background.changed.emit(Changes(recordings=frozenset({talk.id})))
    desk.qtbot.waitUntil(lambda: desk.page.stack.currentWidget() is desk.page.empty)
    assert desk.page.recording_id is None


def test_a_withdrawn_agreement_takes_text_and_sound_away_at_once(desk: Desk, talk: Recording) -> None:
    page = desk.page
    withdraw_consent(desk.workspace, talk.consent_id)
    desk.background.changed.emit(Changes(consents=True))
    desk.qtbot.waitUntil(lambda: page.stack.currentWidget() is page.withdrawn)
    assert not desk.view.sheet.rows
    assert not page.playback.available
    for gone in (page.player_bar, page.wave_frame, page.panel, page.header.export, page.header.excerpt):
        assert not gone.isVisible()
    page.open(RecordingId("en anden"))  # forgets it
    desk.rest()
    desk.open(talk.id)
    assert page.stack.currentWidget() is page.withdrawn
    with desk.qtbot.waitSignal(page.back_requested):
        page.withdrawn.button.click()


def test_the_window_opens_a_conversation_at_a_place_and_locks_without_leaving_anything(
    open_window: OpenWindow, seeded: dict[str, RecordingId], qtbot: QtBot
) -> None:
    window = open_window().main
    window.open_recording(seeded["marked"], 5_100)
    page = window.page("review")
    assert isinstance(page, ReviewPage)
    qtbot.waitUntil(lambda: page.view.current_line() is not None)
    assert page.recording_id == seeded["marked"]
    assert len(page.panel.cards()) == 7
    with qtbot.waitSignal(window.locked):
        window.lock()


# --- hearing ---------------------------------------------------------------------------------------------------------


def test_a_click_on_a_word_plays_from_its_start_and_marks_what_sounds(desk: Desk, talk: Recording) -> None:
    stop = desk.stop_of(LAST)
    start_ms = desk.view.sheet.stops[stop].start_ms
    desk.click(LAST)
    assert desk.player.played == [(start_ms, None)]
    desk.player.advance(60)
    desk.qtbot.waitUntil(lambda: desk.page.playback.position_ms > start_ms)
    assert desk.view._looks.heard == (desk.view.sheet.stops[stop].row, desk.view.sheet.stops[stop].piece)
    assert desk.page.player_bar.clock.text().startswith(format_clock_ms(start_ms) + ".")


def test_the_keys_play_jump_and_change_speed(desk: Desk, talk: Recording) -> None:
    playback = desk.page.playback
    told: list[bool] = []
    playback.playing_changed.connect(told.append)
    desk.key(Qt.Key.Key_Escape)
    desk.key(Qt.Key.Key_Escape)
    assert told == [True, False]
    playback.seek(10_000)
    desk.key(Qt.Key.Key_F1)
    assert playback.position_ms == 8_000
    desk.key(Qt.Key.Key_F2)
    assert playback.position_ms == 10_000
    for _ in range(9):
        desk.key(Qt.Key.Key_F3)
    assert playback.rate == 0.5
    assert desk.player.rate == 0.5
    assert desk.page.player_bar.rate.text() == "0,5×"
    desk.key(Qt.Key.Key_F4)
    assert playback.rate == 0.6
    desk.page.player_bar.rate.click()
    assert playback.rate == 1.0


def test_l_plays_the_line_again_from_its_start_to_its_end(desk: Desk, talk: Recording) -> None:
    desk.click(LAST)
    row = desk.view.sheet.rows[desk.view.sheet.stops[desk.stop_of(LAST)].row]
    desk.key(Qt.Key.Key_L)
    assert desk.player.played[-1] == (row.start_ms, row.end_ms)
    desk.player.advance(60_000)
    desk.qtbot.waitUntil(lambda: not desk.page.playback.playing)
    assert desk.page.playback.position_ms == row.end_ms
    desk.key(Qt.Key.Key_L)
    assert desk.player.played[-1] == (row.start_ms, row.end_ms), "the same line again, not the next"


def test_enter_on_unheard_speech_plays_just_that(desk: Desk, talk: Recording) -> None:
    unheard = next(row for row in desk.view.sheet.rows if row.text == "(?)")
    desk.view.go_to(unheard.start_ms)
    desk.view.setFocus()
    desk.key(Qt.Key.Key_Return)
    assert desk.player.played[-1] == (unheard.start_ms, unheard.end_ms)


def test_the_view_goes_along_until_the_person_scrolls_away(desk: Desk, talk: Recording) -> None:
    desk.click(LAST)
    rows = desk.view.sheet.rows
    desk.player.position_ms = rows[60].start_ms + 50
    desk.qtbot.waitUntil(lambda: desk.view.row_visible(60))
    bar = desk.view.verticalScrollBar()
    bar.triggerAction(bar.SliderAction.SliderToMinimum)
    QApplication.processEvents()
    desk.player.position_ms = rows[62].start_ms + 50
    desk.qtbot.waitUntil(lambda: desk.page.playback.position_ms > rows[62].start_ms)
    assert bar.value() == 0


def test_leaving_the_page_stops_the_sound_and_closing_lets_it_go(desk: Desk, talk: Recording) -> None:
    desk.click(LAST)
    desk.page.hide()
    assert not desk.page.playback.playing
    desk.page.leave()
    assert desk.player.closed


def test_another_conversation_begins_at_its_top_with_its_own_sound(desk: Desk, talk: Recording) -> None:
    desk.view.select_passage(60_000, 70_000)
    desk.click(LAST)
    first = desk.player
    other = review_seed.marked_conversation(desk.workspace)
    desk.open(other.id)
    assert first.closed
    assert desk.view.verticalScrollBar().value() == 0
    assert desk.view.selection() is None
    assert len(desk.page.panel.cards()) == 3


def test_opening_at_a_place_shows_that_line(desk: Desk) -> None:
    recording = review_seed.demo_conversation(desk.workspace)
    desk.page.open(recording.id, 90_000)
    desk.qtbot.waitUntil(lambda: desk.view.current_line() is not None)
    line = desk.view.current_line()
    assert line is not None
    assert desk.view.row_visible(int(line.first_line) - 1)
    assert line.start_ms <= 90_000
    desk.rest()
    desk.key(Qt.Key.Key_Escape)
    assert desk.player.played == [(90_000, None)]
    desk.page.open(recording.id, 0)
    assert desk.view.row_visible(0)
    desk.rest()


# --- refresh ---------------------------------------------------------------------------------------------------------


def test_opening_at_a_found_word_lands_on_its_line_and_marks_it(desk: Desk) -> None:
    recording = review_seed.demo_conversation(desk.workspace)
    turn = max(get_transcript(desk.workspace, recording.id).turns, key=lambda turn: len(turn.words))
    word = turn.words[-1]
    desk.page.open(recording.id, turn.start_ms, word.text.upper())
    desk.qtbot.waitUntil(lambda: desk.view.current_line() is not None)
    desk.rest()
    row, piece = desk.view._looks.heard or (-1, -1)
    shown = desk.view.sheet.rows[row].pieces[piece].word
    assert shown is not None
    assert shown.text.casefold() == word.text.casefold()
    assert shown.start_ms > turn.start_ms
    assert desk.view._looks.current_row == row
    assert desk.view.row_visible(row)
    assert desk.page.playback.position_ms == shown.start_ms


def test_a_refresh_keeps_the_place_the_selection_and_the_cursor(desk: Desk, talk: Recording) -> None:
    desk.view.verticalScrollBar().setValue(733)
    desk.view.select_passage(60_000, 64_000)
    desk.view.verticalScrollBar().setValue(733)
    chosen = desk.view.selection()
    set_speaker(desk.workspace, talk.id, get_transcript(desk.workspace, talk.id).speakers[0].id, "Mette", Role.WORKER)
    desk.background.changed.emit(Changes(transcripts=frozenset({talk.id})))
    desk.qtbot.waitUntil(lambda: desk.view.labels()[0][0] == "MET")
    assert desk.view.verticalScrollBar().value() == 733
    assert desk.view.selection() == chosen


def test_changes_elsewhere_do_not_read_the_text_again(desk: Desk, talk: Recording) -> None:
    sheet = desk.view.sheet
    desk.background.changed.emit(Changes(jobs=True))
    desk.rest()
    assert desk.view.sheet is sheet


# --- marks -----------------------------------------------------------------------------------------------------------


def test_chosen_words_become_a_mark_in_the_library_and_on_the_page(desk: Desk, talk: Recording) -> None:
    desk.click(FIRST)
    desk.click(LAST, Qt.KeyboardModifier.ShiftModifier)
    desk.key(Qt.Key.Key_M)
    form = desk.page.panel.form
    assert form.isVisible()
    assert form.quote.text() == f"»{' '.join(review_seed.first_line())}«"
    form.concepts.setCurrentRow(3)
    QTest.keyClicks(form.note, "Her begynder vi.")
    QTest.keyClick(form.note, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    desk.qtbot.waitUntil(lambda: len(desk.page.panel.cards()) == 1)
    (mark,) = list_annotations(desk.workspace, talk.id)
    words = [stop.word for stop in desk.view.sheet.stops[desk.stop_of(FIRST) : desk.stop_of(LAST) + 1]]
    assert list(mark.word_ids) == [word.id for word in words if word is not None]
    assert mark.note == "Her begynder vi."
    assert mark.author == desk.workspace.actor
    card = desk.page.panel.cards()[0]
    assert card.view.place == "linje 2"
    assert card.view.author == "dig"
    assert [bar.first for bar in desk.view._looks.bars] == [1]


def test_m_in_a_note_is_a_letter(desk: Desk, talk: Recording) -> None:
    desk.click(FIRST)
    desk.key(Qt.Key.Key_M)
    note = desk.page.panel.form.note
    QTest.keyClicks(note, "Mm, lad mig")
    assert note.toPlainText() == "Mm, lad mig"
    assert len(desk.players) == 1


def test_a_silence_can_be_marked(desk: Desk, talk: Recording) -> None:
    silence = desk.view.sheet.rows[0]
    desk.view.go_to(silence.start_ms)
    desk.page.marks.begin()
    desk.page.panel.form.save.click()
    desk.qtbot.waitUntil(lambda: len(desk.page.panel.cards()) == 1)
    (mark,) = list_annotations(desk.workspace, talk.id)
    assert (mark.start_ms, mark.end_ms) == (silence.start_ms, silence.end_ms)


def test_a_removed_mark_can_be_put_back_as_it_was(desk: Desk) -> None:
    recording = review_seed.marked_conversation(desk.workspace)
    desk.open(recording.id)
    before = list_annotations(desk.workspace, recording.id)
    desk.page.panel.cards()[0].remove.click()
    desk.qtbot.waitUntil(lambda: len(desk.page.panel.cards()) == 2)
    assert len(list_annotations(desk.workspace, recording.id)) == 2
    notice = desk.posted[-1]
    assert notice.act is not None
    notice.act()
    desk.qtbot.waitUntil(lambda: len(desk.page.panel.cards()) == 3)
    assert list_annotations(desk.workspace, recording.id) == before


def test_a_card_shows_its_passage_and_a_bar_shows_its_card(desk: Desk) -> None:
    recording = review_seed.marked_conversation(desk.workspace)
    desk.open(recording.id)
    mark = list_annotations(desk.workspace, recording.id)[1]
    card = desk.page.panel.cards()[1]
    QTest.mouseClick(card, Qt.MouseButton.LeftButton)
    chosen = desk.view.selection()
    assert chosen is not None
    assert chosen.start_ms == mark.start_ms
    bar, top, height = next(b for b in desk.view._bars_on_screen() if b[0].annotation_id == mark.id)
    place = desk.view._lines.bar_rect(desk.view.viewport().width(), top, height, bar.lane).center().toPoint()
    QTest.mouseClick(desk.view.viewport(), Qt.MouseButton.LeftButton, pos=place)
    shown = desk.page.panel.card(mark.id)
    assert shown is not None
    assert shown.opened
    assert shown.hasFocus()


# --- speakers --------------------------------------------------------------------------------------------------------


def test_naming_a_speaker_relabels_every_line_at_once(desk: Desk) -> None:
    recording = review_seed.demo_conversation(desk.workspace, named=False)
    desk.open(recording.id)
    desk.page.header.speakers.click()
    dialog = QApplication.activeModalWidget()
    assert dialog is not None
    voice = dialog.voices[1]  # type: ignore[attr-defined]
    voice.role.setCurrentIndex(voice.role.findData(Role.CITIZEN.value))
    voice.role.activated.emit(voice.role.currentIndex())
    assert voice.label.text() == "Borger"
    dialog.accept_button.click()  # type: ignore[attr-defined]
    desk.qtbot.waitUntil(lambda: ("BOR", "citizen") in desk.view.labels())
    named = get_transcript(desk.workspace, recording.id).speakers
    assert [(s.label, s.role) for s in named] == [("Taler 1", Role.OTHER), ("Borger", Role.CITIZEN)]
    assert desk.view.labels() == [("T1", "worker"), ("BOR", "citizen")]
    assert desk.view.verticalScrollBar().value() == 0


def test_a_voice_can_be_heard_before_it_is_named(desk: Desk) -> None:
    recording = review_seed.demo_conversation(desk.workspace, named=False)
    desk.open(recording.id)
    desk.page.header.speakers.click()
    dialog = QApplication.activeModalWidget()
    assert dialog is not None
    dialog.voices[0].hear.click()  # type: ignore[attr-defined]
    start_ms, end_ms = desk.player.played[-1]
    assert end_ms is not None
    turns = [t for t in get_transcript(desk.workspace, recording.id).turns if t.speaker == desk.view._speakers[0].id]
    assert any(turn.start_ms == start_ms for turn in turns)
    dialog.close()
    assert not desk.page.playback.playing


# --- room ------------------------------------------------------------------------------------------------------------


def test_at_twice_the_text_size_the_window_is_not_pushed_wider(desk: Desk, talk: Recording) -> None:
    desk.theme.set_scale(2.0)
    desk.page.resize(1100, 700)
    QApplication.processEvents()
    assert desk.page.size().width() == 1100
    assert desk.page.header.panel.isVisible()
    assert not desk.page.panel.isVisible()
    desk.page.header.panel.click()
    assert desk.page.panel.isVisible()
    widest = max(desk.view._fold.strip(n).last for n in range(len(desk.view._fold)))
    assert widest > 0


def test_every_control_has_a_name_and_nothing_reads_data_as_markup(desk: Desk) -> None:
    recording = review_seed.demo_recording(desk.workspace, "x")
    evil = "<b>fed</b><img src='file:///etc/passwd'>"
    turn = builders.turn(f"{evil.replace(' ', '_')} hej", 0, builders.WORKER.id)
    speaker = replace(builders.WORKER, label=evil)
    review_seed.store(
        desk.workspace,
        builders.transcript(recording.id, (turn,), speakers=(speaker,), silences=(), overlaps=(), unheard=()),
    )
    desk.open(recording.id)
    desk.view.select_passage(0, 500)
    desk.page.marks.begin()
    from PySide6.QtWidgets import QAbstractButton, QTextBrowser, QTextEdit

    for label in desk.page.findChildren(QLabel):
        assert label.textFormat() is Qt.TextFormat.PlainText, label.text()
    assert not desk.page.findChildren(QTextEdit)
    assert not desk.page.findChildren(QTextBrowser)
    for control in [*desk.page.findChildren(QAbstractButton), desk.view, desk.page.waveform, desk.page.panel.form.note]:
        assert control.accessibleName(), control
    assert desk.view.sheet.rows[0].text.startswith("<b>fed</b>")


def test_a_recording_that_is_ready_for_review_is_ready(desk: Desk, talk: Recording) -> None:
    with desk.workspace.library.read() as reading:
        from cubb_desktop.library import recordings

        assert recordings.get(reading, talk.id).state is RecordingState.READY


def test_a_long_conversation_begins_at_once_and_is_then_all_there(desk: Desk) -> None:
    recording = review_seed.long_conversation(desk.workspace, words=3_000, marks=20)
    sheets: list[tuple[int, bool]] = []
    desk.page.shown.connect(lambda: sheets.append((len(desk.view.sheet.rows), desk.page.editing.may)))
    desk.open(recording.id)
    desk.qtbot.waitUntil(lambda: len(sheets) >= 2)
    (first, could_edit), (whole, can_edit) = sheets[0], sheets[-1]
    assert 100 < first < whole
    assert (could_edit, can_edit) == (False, True)
    words = read(get_transcript(desk.workspace, recording.id))
    assert len(words.rows) == whole
    assert len(desk.page._conversation.marks) == 20  # type: ignore[union-attr]


def test_a_long_conversation_that_is_opened_at_a_place_comes_whole(desk: Desk) -> None:
    recording = review_seed.long_conversation(desk.workspace, words=3_000)
    counts: list[int] = []
    desk.page.shown.connect(lambda: counts.append(len(desk.view.sheet.rows)))
    desk.page.open(recording.id, at_ms=1_000_000)
    desk.qtbot.waitUntil(lambda: bool(counts))
    desk.rest()
    assert len(set(counts)) == 1
    line = desk.view.current_line()
    assert line is not None
    assert line.start_ms <= 1_000_000 <= line.end_ms + 500
