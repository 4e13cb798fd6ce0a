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
from cubb_desktop.domain.annotating import MarkFilter
from cubb_desktop.domain.ids import ConceptId, RecordingId
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
        self.settle(lambda: bool(done) and not self.background._running and not self.page.sound.waits)


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
    stage.page.marks.begin()
    return stage.page


def talking(stage: Stage) -> QWidget:
    """A thread by three people, opened, and a mark that has been talked about."""
    stage.open(review_seed.talked_conversation(stage.workspace))
    stage.page.panel.reveal(stage.page.panel.cards()[0].view.id)
    return _rested(stage)


def replying(stage: Stage) -> QWidget:
    """A reply under way that mentions somebody."""
    stage.open(review_seed.talked_conversation(stage.workspace))
    panel = stage.page.panel
    panel.cards()[2].reply_requested.emit("")
    card = panel.cards()[2]
    assert card.field is not None
    card.field.setPlainText("@Anders, hvad sker der i linje 22?")
    return _rested(stage)


def concepts(stage: Stage) -> QWidget:
    """The concepts as chips, with no mark yet."""
    stage.open(review_seed.demo_conversation(stage.workspace))
    stage.page.panel.concepts.click()
    return _rested(stage)


def changing(stage: Stage) -> QWidget:
    """One's own mark in the form."""
    stage.open(review_seed.talked_conversation(stage.workspace))
    stage.page.marks.begin_editing(stage.page.panel.cards()[1].view.id)
    return _rested(stage)


def filtered(stage: Stage) -> QWidget:
    """Only some marks, and the words for it."""
    stage.open(review_seed.talked_conversation(stage.workspace))
    wanted = MarkFilter(people=frozenset({"Anders"}), concepts=frozenset({ConceptId("pronominer")}))
    stage.page.panel.filter.set_filter(wanted)
    return _rested(stage)


def filtered_away(stage: Stage) -> QWidget:
    """A filter that nothing passes."""
    stage.open(review_seed.talked_conversation(stage.workspace))
    stage.page.panel.filter.set_filter(MarkFilter(mentions_me=True, unanswered=True))
    return _rested(stage)


def blind(stage: Stage) -> QWidget:
    """Each by themselves first: one's own marks only, and who is waited for."""
    stage.open(review_seed.blind_conversation(stage.workspace))
    return _rested(stage)


def beginning_round(stage: Stage) -> QWidget:
    stage.open(review_seed.talked_conversation(stage.workspace))
    return _dialog(stage, stage.page.marks.ask_round)


def opening_round(stage: Stage) -> QWidget:
    stage.open(review_seed.blind_conversation(stage.workspace))
    return _dialog(stage, stage.page.marks.ask_open)


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


def example(stage: Stage) -> QWidget:
    """A passage that is to stand in the concept book."""
    stage.open(review_seed.marked_conversation(stage.workspace))
    stage.page.view.select_passage(28_000, 33_000)
    return _dialog(stage, stage.page.examples.ask)


def finding(stage: Stage) -> QWidget:
    """The places where a word stands, one of them the current, with what is to stand there instead."""
    stage.open(review_seed.marked_conversation(stage.workspace))
    tools = stage.page.tools
    tools.finding.open(replacing=True)
    tools.finding.bar.field.setText("du")
    tools.finding.bar.instead.setText("De")
    stage.settle(lambda: not stage.background._running and "af" in tools.finding.bar.count.text().replace("of", "af"))
    tools.finding.step(1)
    return stage.page


def doubting(stage: Stage) -> QWidget:
    """A word the machine was unsure of, walked to."""
    stage.open(review_seed.marked_conversation(stage.workspace))
    doubts = stage.page.tools.doubts
    stage.settle(lambda: bool(doubts._queue))
    doubts.step(-1)
    if not doubts._queue[-1].words:
        doubts.step(-1)
    return stage.page


def _two_versions(stage: Stage) -> QWidget:
    recording = review_seed.marked_conversation(stage.workspace)
    editing = Editing(stage.workspace, recording.id)
    edit = corrections.retype(editing.text, editing.text.turns[0].id, "velkommen indenfor", editing.hand())
    assert edit is not None
    editing.do(edit).save()
    review_seed.another_version(
        stage.workspace, recording.id, {"det": "dét", "jeg": "vi", "ja": "nja", "på": "hos", "lageret": "lageret her"}
    )
    stage.open(recording)
    return stage.page


def version_beside(stage: Stage) -> QWidget:
    """The machine has run again; the human's text stays."""
    return _two_versions(stage)


def version_read(stage: Stage) -> QWidget:
    """Another version is read."""
    _two_versions(stage)
    stage.page.tools.versions.read(2)
    stage.settle(lambda: not stage.page.tools.versions.strip.back.isHidden() and not stage.background._running)
    return stage.page


def comparing(stage: Stage) -> QWidget:
    _two_versions(stage)
    versions = stage.page.tools.versions
    dialog = _dialog(stage, lambda: versions.compare(2))
    stage.settle(lambda: versions.dialog is not None and versions.dialog.current() is not None)
    return dialog


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
    "example": example,
    "talking": talking,
    "replying": replying,
    "concepts": concepts,
    "changing": changing,
    "filtered": filtered,
    "filtered_away": filtered_away,
    "blind": blind,
    "beginning_round": beginning_round,
    "opening_round": opening_round,
    "finding": finding,
    "doubting": doubting,
    "version_beside": version_beside,
    "version_read": version_read,
    "comparing": comparing,
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


def _rested(stage: Stage) -> QWidget:
    """Show the marks also where there is room for one only, and let what was asked for later come about."""
    stage.page.marks.panel_wanted.emit(True)
    for _ in range(3):
        QApplication.processEvents()
    return stage.page


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
