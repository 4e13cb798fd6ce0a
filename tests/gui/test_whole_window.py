"""The main job in the window: a file comes in, its text appears, it is opened; the window dies and loses nothing."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import pytest

from cubb_desktop.domain.consent import Purpose
from cubb_desktop.domain.recording import RecordingState
from cubb_desktop.gui.main_window import MainWindow
from cubb_desktop.gui.pages.library_page import LibraryPage
from cubb_desktop.services.consents import add_consent
from cubb_desktop.services.new_recordings import participant_of
from cubb_desktop.services.recordings import list_recordings
from cubb_desktop.services.transcripts import get_transcript
from cubb_desktop.services.workspace import open_workspace
from tests import builders
from tests.canaries import CanaryGuard
from tests.conftest import DemoModels
from tests.guards import eventually
from tests.gui.conftest import OpenWindow

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

PATIENCE_MS = 110_000

pytestmark = pytest.mark.whole


@pytest.fixture(autouse=True)
def _listening(canaries: CanaryGuard, demo_models: DemoModels) -> None:
    """What is said in the demo must not lie open anywhere after any of these tests."""
    spoken = json.loads(demo_models.truth.read_text(encoding="utf-8"))["utterances"]
    canaries.listen_for(word["text"].strip(".,?") for turn in spoken for word in turn["words"] if len(word["text"]) > 7)


def bring_in(main: MainWindow, path: Path) -> LibraryPage:
    page = main.page("conversations")
    assert isinstance(page, LibraryPage)
    workspace = main.workspace()
    consent = add_consent(workspace, "B-1", [Purpose.OWN_LEARNING], workspace.today() + timedelta(days=30))
    page.import_files([path], [participant_of(consent)], "Demosamtalen")
    return page


@pytest.mark.usefixtures("real_worker")
def test_a_file_that_is_dropped_becomes_a_transcript_with_its_progress_in_the_row(
    open_window: OpenWindow, demo_models: DemoModels, qtbot: QtBot
) -> None:
    main = open_window().main
    page = bring_in(main, demo_models.conversation)
    told: set[str] = set()

    def ready() -> bool:
        rows = page.table.conversations.rows()
        told.update(row.standing.line.split(" · ")[0] for row in rows if row.standing.share is not None)
        return any(c.recording.state is RecordingState.READY for c in page._conversations)

    qtbot.waitUntil(ready, timeout=PATIENCE_MS)
    assert "Hentes ind og krypteres" in told
    assert told & {"Skriver ud", "Finder talere", "Lytter efter tale", "Gør klar"}
    recording = list_recordings(main.workspace())[0]
    transcript = get_transcript(main.workspace(), recording.id)
    assert transcript.has_speakers
    assert len(transcript.words()) > 100
    assert page.table.conversations.rows()[0].standing.text == "Klar til gennemgang"


@pytest.mark.usefixtures("real_worker")
def test_closing_in_the_middle_of_a_transcript_loses_nothing(
    open_window: OpenWindow, demo_models: DemoModels, library_folder: Path, qtbot: QtBot
) -> None:
    others = set(psutil.Process().children(recursive=True))  # the sound server of the tests
    main = open_window().main
    page = bring_in(main, demo_models.conversation)
    qtbot.waitUntil(
        lambda: any(c.job is not None and c.job.progress is not None for c in page._conversations), timeout=PATIENCE_MS
    )
    children = set(psutil.Process().children(recursive=True)) - others
    main.close()
    assert eventually(lambda: not any(child.is_running() for child in children), 15)
    with open_workspace(library_folder, builders.PASSPHRASE, actor="en") as workspace:
        recordings = list_recordings(workspace)
    assert [recording.duration_ms > 0 for recording in recordings] == [True]
