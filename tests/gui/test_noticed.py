"""What was noticed while a conversation was recorded is found again on the review page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cubb_desktop.domain.ids import MarkId, RecordingId
from cubb_desktop.domain.recording import Mark, MarkKind
from cubb_desktop.gui.main_window import MainWindow
from cubb_desktop.gui.pages.review_page import ReviewPage
from cubb_desktop.gui.widgets.noticed_signs import signs_of
from cubb_desktop.library import recordings as stored
from cubb_desktop.services.noticed import Missing
from tests import builders
from tests.gui.conftest import OpenWindow

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot


def mark(at_ms: int, text: str, kind: MarkKind = MarkKind.BOOKMARK, author: str = "Mette") -> Mark:
    return Mark(MarkId(builders.new_id()), kind, at_ms, text, author)


def opened(main: MainWindow, recording_id: RecordingId) -> ReviewPage:
    main.open_recording(recording_id)
    page = main.page("review")
    assert isinstance(page, ReviewPage)
    return page


def test_signs_stand_in_order_with_their_words() -> None:
    recording = builders.recording(spoken_ms=21_000, duration_ms=900_000)
    marks = [mark(92_000, "gribning?"), mark(95_000, ""), mark(97_000, "lang pause", MarkKind.NOTE, "Anders")]
    signs = signs_of(recording, marks, [Missing(94_000, 800)])
    assert [(sign.at_ms, sign.end_ms, sign.text) for sign in signs] == [
        (0, 21_000, "aftalen"),
        (92_000, None, "gribning?"),
        (94_000, 94_800, "her mangler 0,8 s lyd"),
        (95_000, None, "mærke uden ord"),
        (97_000, None, "Anders: lang pause"),
    ]


def test_marks_are_shown_and_lead_to_their_place(
    open_window: OpenWindow, seeded: dict[str, RecordingId], qtbot: QtBot
) -> None:
    main = open_window().main
    recording_id = seeded["ready"]
    with main.workspace().library.change("test", None) as change:
        stored.put_marks(change, recording_id, [mark(92_000, "gribning?"), mark(411_000, "")])
    page = opened(main, recording_id)
    qtbot.waitUntil(page.noticed.isVisible)
    assert page.noticed.line.text() == "1:32 gribning? · 6:51 mærke uden ord"
    assert page.waveform._signs == page.noticed.signs
    page.waveform.grab()
    menu = page.noticed.menu()
    menu.actions()[0].trigger()
    menu.deleteLater()
    assert page.place_ms == 92_000


def test_a_conversation_without_marks_shows_no_line(
    open_window: OpenWindow, seeded: dict[str, RecordingId], qtbot: QtBot
) -> None:
    page = opened(open_window().main, seeded["marked"])
    with qtbot.waitSignal(page.noticed.found):
        pass
    assert not page.noticed.isVisible()
