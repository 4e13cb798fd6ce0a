"""Pictures of the review page in every state it can be in: `python -m tests.review_screenshots FOLDER`."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtWidgets import QApplication, QWidget

from cubb_desktop.domain import corrections
from cubb_desktop.domain.ids import RecordingId
from cubb_desktop.domain.job import JobState, Phase, Progress
from cubb_desktop.domain.recording import Recording
from cubb_desktop.domain.transcript import Origin
from cubb_desktop.gui.background import Background
from cubb_desktop.gui.context import Notices, PageContext, SettingsStore
from cubb_desktop.gui.pages.review_page import ReviewPage
from cubb_desktop.gui.theme import Theme
from cubb_desktop.i18n import set_language
from cubb_desktop.library import queue
from cubb_desktop.services.corrections import Editing
from cubb_desktop.services.lines import freeze_lines
from cubb_desktop.services.workspace import Workspace
from cubb_desktop.settings import Settings
from tests import builders
from tests.guards import eventually
from tests.gui import review_seed

SIZE = (1262, 768)  # the usual municipal laptop less the rail


@dataclass(slots=True)
class Stage:
    """A page on an open library, and what its pictures need."""

    workspace: Workspace
    page: ReviewPage
    background: Background

    def settle(self, condition: Callable[[], bool]) -> None:
        """Let the window work until something is so; fails loudly if it never is."""

        def met() -> bool:
            QApplication.processEvents()
            return condition()

        if not eventually(met, 20):
            raise RuntimeError("the page never came to rest")
        QApplication.processEvents()

    def open(self, recording: Recording) -> None:
        """Open a conversation and wait for its text and sound to be there."""
        done: list[bool] = []
        self.page.shown.connect(lambda: done.append(True))
        self.page.open(recording.id)
        self.settle(lambda: bool(done) and not self.background._running and not self.page._sound_waits)


@contextmanager
def staged(folder: Path, theme: Theme, settings: Settings, size: tuple[int, int] = SIZE) -> Iterator[Stage]:
    """Open a new library and a page on it; everything is put away afterwards."""
    workspace = builders.new_workspace(folder)
    background = Background()
    context = PageContext(background, theme, SettingsStore(settings, background), lambda: workspace, Notices())
    page = ReviewPage(context)
    page.resize(*size)
    page.show()
    try:
        yield Stage(workspace, page, background)
    finally:
        page.leave()
        background.close()
        page.close()
        page.deleteLater()
        workspace.close()


# --- the states ------------------------------------------------------------------------------------------------------


def nothing_chosen(stage: Stage) -> QWidget:
    return stage.page


def reading(stage: Stage) -> QWidget:
    """Marks, a playhead, a word that is heard."""
    stage.open(review_seed.marked_conversation(stage.workspace))
    page = stage.page
    stage.settle(lambda: page.playback.available)
    page.playback.seek(32_400)
    return page


def unnamed(stage: Stage) -> QWidget:
    stage.open(review_seed.demo_conversation(stage.workspace, named=False))
    stage.page.view.select_passage(6_000, 9_000)
    return stage.page


def marking(stage: Stage) -> QWidget:
    stage.open(review_seed.marked_conversation(stage.workspace))
    stage.page.view.select_passage(28_000, 33_000)
    stage.page.begin_mark()
    return stage.page


def suggesting(stage: Stage) -> QWidget:
    """A place that a rule points at, shown in the text."""
    stage.open(review_seed.marked_conversation(stage.workspace))
    card = stage.page.panel.suggestion
    stage.settle(lambda: card.current() is not None)
    card.rules.setCurrentIndex(2)
    card.step(1)
    return stage.page


def correcting(stage: Stage) -> QWidget:
    """Lines that were corrected and listened through, a silence that was given away, and one line being typed anew."""
    recording = review_seed.marked_conversation(stage.workspace)
    editing = Editing(stage.workspace, recording.id)
    text, hand = editing.text, editing.hand()
    turns = [turn for turn in text.turns if len(turn.words) > 4]
    edits = [
        corrections.retype(text, turns[0].id, f"{turns[0].text} altså", hand),
        corrections.vouch(text, [turns[1].id, turns[2].id], Origin.LISTENED, hand),
        corrections.assign_silence(text, 2, text.transcript.speakers[1].id),
    ]
    for edit in edits:
        assert edit is not None
        editing.do(edit).save()
    stage.open(recording)
    page = stage.page
    page.view.go_to(next(turn.start_ms for turn in text.turns if turn.start_ms > 14_000))
    page.editing.begin()
    page.editing.editor.field.setCursorPosition(8)
    return page


def as_prose(stage: Stage) -> QWidget:
    """Reading text, with something chosen."""
    reading(stage)
    stage.page.playback.seek(31_400)
    stage.page.view.select_passage(36_000, 42_000)
    stage.page.views.choose("reading")
    return stage.page


def as_table(stage: Stage) -> QWidget:
    """The table, with lines that people have corrected."""
    correcting(stage)
    stage.page.editing.end()
    stage.page.views.choose("table")
    return stage.page


def kept_lines(stage: Stage) -> QWidget:
    """Line numbers that are kept: something was put in, something taken out."""
    recording = review_seed.demo_conversation(stage.workspace)
    freeze_lines(stage.workspace, recording.id)
    editing = Editing(stage.workspace, recording.id)
    for n, typed in ((0, ""), (4, "Jeg skal vejlede dig om dine rettigheder og om alle de pligter, som du har nu")):
        edit = corrections.retype(editing.text, editing.text.turns[n].id, typed, editing.hand())
        if edit is not None:
            editing.do(edit).save()
    stage.open(recording)
    return stage.page


def asking_to_keep(stage: Stage) -> QWidget:
    stage.open(review_seed.demo_conversation(stage.workspace))
    return _dialog(stage, stage.page.views.ask_to_freeze)


def no_text(stage: Stage) -> QWidget:
    stage.open(review_seed.demo_recording(stage.workspace))
    return stage.page


def under_way(stage: Stage) -> QWidget:
    """Text has come, the speakers are still being found."""
    recording = review_seed.demo_recording(stage.workspace)
    draft = review_seed.demo_transcript(recording.id)
    bare = tuple(
        replace(t, speaker=None, words=tuple(replace(w, speaker=None) for w in t.words)) for t in draft.turns[:14]
    )
    draft = replace(draft, turns=bare, speakers=(), silences=(), overlaps=(), unheard=(), has_speakers=False)
    review_seed.store(stage.workspace, draft, final=False)
    _add_job(stage.workspace, recording.id, JobState.DOING, Progress(0.64, Phase.DIARISING, 236.0, text_ready=True))
    stage.open(recording)
    return stage.page


def failed(stage: Stage) -> QWidget:
    recording = review_seed.demo_recording(stage.workspace)
    _add_job(stage.workspace, recording.id, JobState.FAILED, None)
    stage.open(recording)
    return stage.page


def sound_missing(stage: Stage) -> QWidget:
    stage.open(review_seed.long_conversation(stage.workspace, 3_000))
    stage.settle(lambda: not stage.page.player_bar.note.isHidden())
    return stage.page


def speakers(stage: Stage) -> QWidget:
    stage.open(review_seed.demo_conversation(stage.workspace, named=False))
    return _dialog(stage, stage.page.acts.name_speakers)


def excerpt(stage: Stage) -> QWidget:
    stage.open(review_seed.demo_conversation(stage.workspace))
    stage.page.view.select_passage(28_000, 41_000)
    return _dialog(stage, stage.page.header.excerpt.click)


def export(stage: Stage) -> QWidget:
    stage.open(review_seed.demo_conversation(stage.workspace))
    return _dialog(stage, stage.page.acts.export)


STATES: dict[str, Callable[[Stage], QWidget]] = {
    "nothing_chosen": nothing_chosen,
    "reading": reading,
    "unnamed": unnamed,
    "marking": marking,
    "correcting": correcting,
    "as_prose": as_prose,
    "as_table": as_table,
    "kept_lines": kept_lines,
    "asking_to_keep": asking_to_keep,
    "suggesting": suggesting,
    "no_text": no_text,
    "under_way": under_way,
    "failed": failed,
    "sound_missing": sound_missing,
    "speakers": speakers,
    "excerpt": excerpt,
    "export": export,
}


def _add_job(ws: Workspace, recording_id: RecordingId, state: JobState, progress: Progress | None) -> None:
    failure = "JobOutOfMemory" if state is JobState.FAILED else None
    with ws.library.change("worker", "job.added") as change:
        queue.add(change, builders.job(recording_id, state=state, progress=progress, failure=failure))


def _dialog(stage: Stage, ask: Callable[[], object]) -> QWidget:
    ask()
    stage.settle(lambda: QApplication.activeModalWidget() is not None)
    dialog = QApplication.activeModalWidget()
    assert dialog is not None
    return dialog


def take(
    folder: Path, theme: Theme, settings: Settings, names: list[str] | None = None, size: tuple[int, int] = SIZE
) -> list[Path]:
    """Take a picture of each state (or of the named ones) into `folder` as review_STATE.png; return the files."""
    folder.mkdir(parents=True, exist_ok=True)
    set_language(settings.language)
    pictures = []
    for name in names or list(STATES):
        with tempfile.TemporaryDirectory() as place, staged(Path(place) / "bibliotek", theme, settings, size) as stage:
            shown = STATES[name](stage)
            QApplication.processEvents()
            picture = folder / f"review_{name}.png"
            shown.grab().save(str(picture))
            pictures.append(picture)
            if shown is not stage.page:
                shown.close()
    return pictures


def main(arguments: list[str]) -> int:
    """Take all pictures, light and dark, in both languages, and at 200 %."""
    folder = Path(arguments[0])
    application = QApplication([])
    theme = Theme(application, "light")
    for kind, settings in {
        "light": Settings(appearance="light"),
        "dark": Settings(appearance="dark"),
        "english": Settings(appearance="light", language="en"),
        "large": Settings(appearance="light", text_scale=2.0),
        "dark_english_large": Settings(appearance="dark", language="en", text_scale=2.0),
    }.items():
        if len(arguments) > 1 and arguments[1] not in {kind, "all"}:
            continue
        theme.set_appearance(settings.appearance)
        theme.set_scale(settings.text_scale)
        for picture in take(folder / kind, theme, settings, arguments[2:] or None):
            print(picture)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
