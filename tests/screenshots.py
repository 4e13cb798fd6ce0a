"""Pictures of every page and state, to be looked at: `python -m tests.screenshots --out DIR [--only NAME ...]`.

Light and dark, Danish and English, and at 200 %, at 1366 x 768, taken off screen from libraries that are made for it.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from unittest import mock

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QDialog, QScrollArea, QWidget

from cubb_desktop.audio.device import Device
from cubb_desktop.audio.recorder import DiskLow, Level, Moved
from cubb_desktop.domain.changes import Changes
from cubb_desktop.domain.codebook import ExampleKind
from cubb_desktop.domain.consent import Manner, Purpose
from cubb_desktop.domain.errors import BackupDamaged, KeyringTrouble, WrongPassphrase
from cubb_desktop.domain.ids import ConceptId, MarkId, RecordingId
from cubb_desktop.domain.recording import ConversationKind, MarkKind, Role
from cubb_desktop.gui import session
from cubb_desktop.gui.app import Window
from cubb_desktop.gui.background import Errand
from cubb_desktop.gui.pages.concepts_page import ConceptsPage
from cubb_desktop.gui.pages.feedback_page import FeedbackPage
from cubb_desktop.gui.pages.library_page import Incoming, LibraryPage
from cubb_desktop.gui.pages.patterns_page import PatternsPage
from cubb_desktop.gui.pages.recording_page import RecordingPage, State
from cubb_desktop.gui.pages.settings_page import SettingsPage
from cubb_desktop.gui.pages.unlock_page import UnlockPage
from cubb_desktop.gui.widgets import microphone
from cubb_desktop.gui.widgets.concept_form import ConceptForm
from cubb_desktop.gui.widgets.consents import ConsentForm
from cubb_desktop.gui.widgets.forget_dialog import ForgetDialog
from cubb_desktop.gui.widgets.level_source import LevelSource
from cubb_desktop.gui.widgets.recovery_form import RecoveryKeyForm
from cubb_desktop.gui.widgets.restore_form import RestoreForm
from cubb_desktop.i18n import sentence
from cubb_desktop.library import consents as agreements
from cubb_desktop.services import collected
from cubb_desktop.services.concepts import add_concept, revise
from cubb_desktop.services.examples import add_example
from cubb_desktop.services.feedback import book_slot
from cubb_desktop.services.keeping import hold
from cubb_desktop.services.known_backups import note_backup
from cubb_desktop.services.recordings import get_recording
from cubb_desktop.services.workspace import open_workspace
from cubb_desktop.settings import Settings
from tests import builders, review_screenshots
from tests.guards import eventually
from tests.gui import hands, review_seed, seed

SIZE = (1366, 768)
MICROPHONES = [
    Device("1", "Jabra Speak 510 (USB)", 48_000, 1, is_default=True),
    Device("2", "Indbygget mikrofon", 48_000, 2),
]
WAITING_WORKER = [sys.executable, "-c", "import sys; sys.stdin.read()"]
KINDS = {
    "light": Settings(appearance="light"),
    "dark": Settings(appearance="dark"),
    "english": Settings(appearance="light", language="en"),
    "large": Settings(appearance="light", text_scale=2.0),
    "dark-english-large": Settings(appearance="dark", language="en", text_scale=2.0),
}


@dataclass(slots=True)
class Stage:
    """An open window and the ids of what is in its library."""

    window: Window
    ids: dict[str, RecordingId]

    def settle(self, condition: Callable[[], bool] = lambda: True) -> None:
        """Let the window work until nothing is under way and something is so."""

        def met() -> bool:
            QApplication.sendPostedEvents()
            QApplication.processEvents()
            return not self.window.background._running and not self.window.background._outcomes and condition()

        if not eventually(met, 20):
            raise RuntimeError("the window never came to rest")
        for _round in range(5):  # layouts that ask each other
            QApplication.sendPostedEvents()
            QApplication.processEvents()

    def page(self, key: str) -> QWidget:
        """Show a page and wait for what is in it."""
        self.window.main.show_page(key)
        self.settle()
        return self.window.main.page(key)

    def dialog(self, ask: Callable[[], object]) -> QWidget:
        """Ask for a dialog and return it."""
        ask()
        self.settle(lambda: isinstance(QApplication.activeModalWidget(), QDialog))
        shown = QApplication.activeModalWidget()
        assert shown is not None
        return shown


# --- the states: each returns the dialog that is to be in the picture, or None --------------------------------------


def unlock(stage: Stage) -> None:
    stage.window.main.lock()


def unlock_wrong(stage: Stage) -> None:
    stage.window.main.lock()
    stage.window.open_with("ikke den rigtige")
    stage.settle(stage.window.main.unlock_page.problem.isVisible)


def unlock_new(stage: Stage) -> None:
    stage.window.main.lock()
    stage.window.main.unlock_page.choose_folder(Path("/hjem/mette/Samtaler"))


def unlock_recovery_key(stage: Stage) -> None:
    stage.window.main.lock()
    page = stage.window.main.unlock_page
    page._show_recovery_key("7K2M-Q9TX-4HVB-0RZC-W3NE-8PYD-5GSA-1JFT-X4QM", builders.new_id(), first=True)


def unlock_recovery_groups(stage: Stage) -> None:
    unlock_recovery_key(stage)
    page = stage.window.main.unlock_page
    page.button.click()
    assert page.steps is not None
    for line in page.steps.asked.values():
        line.setText("ABCD")
    page.button.click()


def unlock_never_confirmed(stage: Stage) -> None:
    stage.window.main.lock()
    page = stage.window.main.unlock_page
    page._show_recovery_key("7K2M-Q9TX-4HVB-0RZC-W3NE-8PYD-5GSA-1JFT-X4QM", builders.new_id(), first=False)


def unlock_keyring(stage: Stage) -> None:
    stage.window.main.workspace().vault.add_keyring_secret(bytes(32))
    stage.window.main.lock()
    page = stage.window.main.unlock_page
    page.tell("Biblioteket blev låst, fordi det ikke var i brug i 15 minutter.")
    page._on_failed(KeyringTrouble())


def unlock_waiting(stage: Stage) -> None:
    stage.window.main.lock()
    page = stage.window.main.unlock_page
    for _try in range(7):
        page._on_failed(WrongPassphrase())
    hands.press(page.passphrase, Qt.Key.Key_A)
    hands.write(page.passphrase, "HVAD ER DETTE")


def unlock_recover(stage: Stage) -> None:
    stage.window.main.lock()
    stage.window.main.unlock_page._show_recover()


def library(stage: Stage) -> None:
    page = _library(stage)
    page.table.choose(stage.ids["ready"])
    page.table.setFocus()


def library_failed(stage: Stage) -> None:
    page = _library(stage)
    page.table.choose(stage.ids["failed"])


def library_importing(stage: Stage) -> None:
    page = _library(stage)
    page._incoming["import-1"] = Incoming("import-1", "Virksomhedsbesøg på lageret", share=0.43)
    page._show("")


def library_search(stage: Stage) -> None:
    page = _library(stage)
    page.search.setText("samtale")
    stage.settle(lambda: page._query == "samtale")


def library_nothing_found(stage: Stage) -> None:
    page = _library(stage)
    page.search.setText("findes slet ikke")
    stage.settle(page.nothing_found.isVisible)


def library_empty(stage: Stage) -> None:
    page = _library(stage)
    page._conversations = []
    page._show("")


def library_message(stage: Stage) -> None:
    _library(stage)
    stage.window.notices.fault_text("notat.wav: Filen er tom. Vælg en anden lydfil; intet er hentet ind.")


def library_import(stage: Stage) -> QWidget:
    page = _library(stage)
    return stage.dialog(lambda: page.ask_import([Path("Opfølgning i praktikken.m4a")]))


def library_consent(stage: Stage) -> QWidget:
    page = _library(stage)
    asking = page.ask_import([Path("Opfølgning.m4a")])
    stage.settle()
    asking.picker.rows[0].make.click()
    stage.settle()
    shown = QApplication.activeModalWidget()
    assert isinstance(shown, ConsentForm)
    shown.answers.rows[Purpose.OWN_LEARNING].yes.click()
    return shown


def library_consent_arabic(stage: Stage) -> QWidget:
    shown = library_consent(stage)
    assert isinstance(shown, ConsentForm)
    shown.language.setCurrentIndex(shown.language.findData("ar"))
    shown.manner.choose(Manner.PAPER)
    return shown


def library_consent_turned(stage: Stage) -> QWidget:
    shown = library_consent(stage)
    assert isinstance(shown, ConsentForm)
    shown.turn.click()
    stage.settle(lambda: QApplication.activeModalWidget() is not shown)
    turned = QApplication.activeModalWidget()
    assert turned is not None
    return turned


def library_agreements(stage: Stage) -> QWidget:
    return stage.dialog(_library(stage).agreements_button.click)


def library_delete(stage: Stage) -> QWidget:
    page = _library(stage)
    page.table.choose(stage.ids["ready"])
    return stage.dialog(page.strip.buttons["delete"].click)


def record(stage: Stage) -> None:
    page = _record(stage)
    page.setup.present.rows[0].box.setCurrentIndex(0)
    for _level in range(9):
        page._on_heard(Level(-26, -14, False, 0))


def record_idle(stage: Stage) -> None:
    _record(stage)


def record_open_room(stage: Stage) -> None:
    workspace = stage.window.main.workspace()
    until = workspace.today() + timedelta(days=90)
    sitting_in = builders.consent(citizen="Anders", role=Role.COLLEAGUE, until=until, given_at=workspace.clock())
    with workspace.library.change("Mette", "consent.added", sitting_in.id) as change:
        agreements.add(change, sitting_in)
    page = _record(stage)
    page.setup.present.reload()
    stage.settle()
    page.setup.kind.choose(ConversationKind.OPEN_ROOM)
    for row in page.setup.present.rows:
        row.box.setCurrentIndex(0)
    page.setup.spoken.setChecked(True)


class Marker:
    """Sets marks that nobody keeps."""

    def mark(self, _kind: MarkKind, _text: str, _author: str) -> MarkId:
        return MarkId(builders.new_id())

    def reword(self, mark_id: MarkId, text: str) -> None: ...

    def forget_mark(self, mark_id: MarkId) -> None: ...


def record_live(stage: Stage) -> None:
    page = _record(stage)
    page.setup.present.rows[0].box.setCurrentIndex(0)
    page.panel.begin("Første samtale efter praktik", spoken=False)
    marks = page.panel.marks
    marks.prepare("Mette", ["Anders"])
    marks.begin(Marker())
    for place, word in ((92_000, "hun vender tilbage til lageret"), (411_000, ""), (700_000, "gribning?")):
        marks.set_position(place)
        marks.bookmark()
        assert marks.own is not None
        marks.own.word.setText(word)
        marks.own._on_return()
    page._set_state(State.LIVE)
    page._show_position(767_000)
    page._on_heard(Level(-22, -9, False, 767_000))
    page.button.setFocus()


def record_warned(stage: Stage) -> None:
    record_live(stage)
    page = _record(stage)
    page._on_happened(Moved("Indbygget mikrofon", 768_000, 800))
    page._on_happened(DiskLow(12))


def record_notes(stage: Stage) -> None:
    record_live(stage)
    marks = _record(stage).panel.marks
    marks.note()
    marks.notes[0].word.setText("lang pause, før hun svarer")
    marks.notes[0]._on_edited("lang pause, før hun svarer")


def record_agreement(stage: Stage) -> None:
    record_live(stage)
    page = _record(stage)
    page._agreeing = True
    page.panel.begin("Første samtale efter praktik", spoken=True)
    page._show_position(21_000)
    page._show_state()


def record_paused(stage: Stage) -> None:
    record_live(stage)
    _record(stage)._set_state(State.PAUSED)


def record_forget(stage: Stage) -> QWidget:
    record_live(stage)
    page = _record(stage)
    page.panel.marks.set_position(767_000)

    def ask() -> None:
        ForgetDialog(page.window(), page._context.theme, 767_000, 0, page.panel.marks.after).open()

    return stage.dialog(ask)


def record_stop(stage: Stage) -> QWidget:
    record_live(stage)
    return stage.dialog(_record(stage)._ask_stop)


def record_without_microphone(stage: Stage) -> None:
    page = _record(stage)
    page.setup.microphone._on_found([])


def feedback(stage: Stage) -> None:
    workspace = stage.window.main.workspace()
    start = datetime.now().astimezone().replace(hour=10, minute=0, second=0, microsecond=0)
    book_slot(workspace, start + timedelta(days=1), 45, "Mette", "Anders", "Rum 2")
    book_slot(workspace, start + timedelta(days=8, hours=3), 30, "Anders", "Mette", "Telefon")
    book_slot(workspace, start - timedelta(days=6), 45, "Mette", "Anders", "Rum 2")
    stage.window.background.changed.emit(Changes(slots=True))
    page = stage.page("feedback")
    assert isinstance(page, FeedbackPage)
    page.reload()


def feedback_empty(stage: Stage) -> None:
    stage.page("feedback")


def feedback_book(stage: Stage) -> QWidget:
    page = stage.page("feedback")
    assert isinstance(page, FeedbackPage)
    return stage.dialog(page.book.click)


def concepts(stage: Stage) -> None:
    page = stage.page("concepts")
    assert isinstance(page, ConceptsPage)
    page.list.setCurrentRow(2)


def _concept(stage: Stage, name: str) -> ConceptsPage:
    page = stage.page("concepts")
    assert isinstance(page, ConceptsPage)
    page.concepts.choose(ConceptId(name))
    stage.settle()
    return page


def concepts_examples(stage: Stage) -> None:
    """Passages of two conversations, one of which may not be opened any more."""
    workspace, ids = stage.window.main.workspace(), stage.ids
    concept = ConceptId("ugrebet-ytring")
    add_example(workspace, concept, ids["marked"], 0, 3_300, note="Hun nævner lageret. Hvad sker der så?")
    add_example(workspace, concept, ids["ready"], 5_000, 6_500, ExampleKind.COUNTER_EXAMPLE)
    add_example(workspace, concept, ids["ending"], 0, 1_800)
    hold(workspace, ids["ending"], "aktindsigt")
    with workspace.library.change("Mette", "consent.withdrawn") as change:
        withdrawn = get_recording(workspace, ids["ending"])
        agreements.withdraw(change, withdrawn.consent_id, workspace.clock())
    _concept(stage, concept)


def concepts_own(stage: Stage) -> None:
    """A concept of one's own without English, in a group of its own."""
    texts = {"definition": "At vente på et svar, en ydelse eller en tid.", "listen_for": "»venter«, »endnu ikke hørt«"}
    made = add_concept(stage.window.main.workspace(), "Temaer", "Ventetid", texts)
    _concept(stage, made.id)


def concepts_awaiting(stage: Stage) -> None:
    page = _concept(stage, "appel")
    page.concepts.part.setCurrentIndex(3)


def concepts_nothing(stage: Stage) -> None:
    page = _concept(stage, "appel")
    page.concepts.search.setText("findes slet ikke")
    stage.settle(page.concepts.nothing.isVisible)


def concepts_write(stage: Stage) -> QWidget:
    page = _concept(stage, "gribning")
    return stage.dialog(page.card.revise.click)


def concepts_new(stage: Stage) -> QWidget:
    page = _concept(stage, "gribning")
    form = stage.dialog(page.new.click)
    assert isinstance(form, ConceptForm)
    form.submit()
    stage.settle(form.problem.isVisible)
    return form


def concepts_merge(stage: Stage) -> QWidget:
    page = _concept(stage, "gribning")
    concept = page.concepts.current()
    assert concept is not None
    return stage.dialog(lambda: page.acts.ask_merge(concept))


def concepts_history(stage: Stage) -> QWidget:
    workspace = stage.window.main.workspace()
    for words in (
        "Du tager noget op, som borgeren har sagt.",
        "Du tager noget op, som borgeren – måske vagt – har sagt.",
    ):
        revise(workspace, ConceptId("modstand"), {"definition": words, "source": "Vores læringsrum"})
    page = _concept(stage, "modstand")
    concept = page.concepts.current()
    assert concept is not None
    return stage.dialog(lambda: page.acts.show_history(concept))


def settings(stage: Stage) -> None:
    stage.page("settings")


def settings_passphrase(stage: Stage) -> QWidget:
    page = stage.page("settings")
    assert isinstance(page, SettingsPage)
    return stage.dialog(page.library.change_passphrase.click)


def settings_policy(stage: Stage) -> None:
    page = stage.page("settings")
    assert isinstance(page, SettingsPage)
    _show(page, page.policy.save)


def settings_backup(stage: Stage) -> None:
    page = stage.page("settings")
    assert isinstance(page, SettingsPage)
    at = datetime.now().astimezone() - timedelta(days=41)
    note_backup(stage.window.main.workspace().folder, Path("/media/mette/SIKKER"), at)
    page.backup.reload()
    stage.settle(lambda: page.backup.again.isVisibleTo(page))
    _show(page, page.backup)


def settings_backup_running(stage: Stage) -> None:
    settings_backup(stage)
    page = stage.page("settings")
    assert isinstance(page, SettingsPage)
    page.backup._errand = Errand(lambda _errand, _share: None)
    page.backup._started = time.monotonic() - 90
    page.backup._show_idle()
    page.backup._on_progress(0.4)
    _show(page, page.backup)


def unlock_restore(stage: Stage) -> QWidget:
    unlock(stage)
    page = stage.window.main.findChild(UnlockPage)
    assert page is not None
    dialog = stage.dialog(page._on_restore)
    assert isinstance(dialog, RestoreForm)
    dialog.choose(source=Path("/media/mette/SIKKER"))
    dialog.say(sentence(BackupDamaged(count=2, how="")))
    return dialog


def settings_library(stage: Stage) -> None:
    page = stage.page("settings")
    assert isinstance(page, SettingsPage)
    page.library.by_keyring.setFocus()
    scroller = page.findChild(QScrollArea)
    assert scroller is not None
    scroller.ensureWidgetVisible(page.library.keyring_said, 0, 200)


def settings_recovery_key(stage: Stage) -> QWidget:
    page = stage.page("settings")
    assert isinstance(page, SettingsPage)
    form = stage.dialog(page.library.new_recovery_key.click)
    assert isinstance(form, RecoveryKeyForm)
    form._on_allowed(None)
    assert form.steps is not None
    form.steps.go_on()
    form.submit()
    return form


def patterns(stage: Stage) -> None:
    _patterns(stage)


def patterns_search(stage: Stage) -> None:
    _say_more(stage)
    page = _patterns(stage)
    page.search.search("arbejde")
    stage.settle(lambda: bool(page.search.table.lines.lines))
    page.search.table.setCurrentIndex(page.search.table.lines.index(3))
    page.search.table.setFocus()


def patterns_one_conversation(stage: Stage) -> None:
    _say_more(stage)
    stage.window.main.workspace().actor = builders.ACTOR  # whose the conversations are: their hits are counted
    page = _patterns(stage)
    page.search.search("jeg")
    stage.settle(lambda: bool(page.search.table.lines.lines))
    hands.press(page.search.table, Qt.Key.Key_O)
    stage.settle(page.search.count.isVisible)
    hands.press(page.search.table, Qt.Key.Key_Space)


def patterns_nothing(stage: Stage) -> None:
    page = _patterns(stage)
    page.search.search("findes slet ikke")
    stage.settle(lambda: page.search.stack.currentIndex() == 2)


def patterns_collect(stage: Stage) -> QWidget:
    patterns_search(stage)
    page = _patterns(stage)
    return stage.dialog(page.search.collect.click)


def patterns_no_collections(stage: Stage) -> None:
    page = _patterns(stage)
    page.tabs.setCurrentWidget(page.collections)


def patterns_collections(stage: Stage) -> None:
    _collect(stage)
    page = _patterns(stage)
    page.tabs.setCurrentWidget(page.collections)
    stage.settle(lambda: page.collections.cases.count() == 4)
    page.collections.cases.setCurrentRow(1)
    page.collections.cases.show_sounding(page.collections.cases.cases()[2].passage.id)
    page.collections.cases.setFocus()


def patterns_new_collection(stage: Stage) -> QWidget:
    page = _patterns(stage)
    return stage.dialog(page.begin.click)


def _patterns(stage: Stage) -> PatternsPage:
    page = stage.page("patterns")
    assert isinstance(page, PatternsPage)
    return page


def _say_more(stage: Stage) -> None:
    """Give some conversations more to be found in."""
    workspace = stage.window.main.workspace()
    with workspace.library.change(workspace.actor, "transcript.finished") as change:
        for name in ("stored", "failed", "queued"):
            builders.store_transcript(change, review_seed.demo_transcript(stage.ids[name]))


def _collect(stage: Stage) -> None:
    _say_more(stage)
    workspace = stage.window.main.workspace()
    hesitation = collected.add_collection(
        workspace, "Gribninger efter tøven", "Hvad gør vi, når borgeren tøver, før svaret kommer?"
    )
    collected.add_collection(workspace, "Vi og du")
    said = (("stored", 0, 4_000, ""), ("ready", 2_500, 4_500, "Spørgsmålet er åbent, men der er ingen pause efter."),
            ("failed", 9_000, 16_000, ""), ("marked", 0, 1_800, "Her går samtalen videre uden svar."))  # fmt: skip
    for name, start_ms, end_ms, note in said:
        collected.add_passage(
            workspace, hesitation.id, stage.ids[name], start_ms, end_ms, note=note, deviant=name == "marked"
        )


STATES: dict[str, Callable[[Stage], QWidget | None]] = {
    function.__name__.replace("_", "-"): function
    for function in (
        unlock, unlock_wrong, unlock_new, unlock_recovery_key, unlock_recovery_groups, unlock_never_confirmed,
        unlock_recover, unlock_keyring, unlock_waiting,
        library, library_failed, library_importing, library_search, library_nothing_found, library_empty,
        library_message, library_import, library_consent, library_consent_arabic,
        library_consent_turned, library_agreements, library_delete,
        record, record_idle, record_open_room, record_live, record_warned, record_notes, record_agreement,
        record_paused, record_forget, record_stop, record_without_microphone,
        feedback, feedback_empty, feedback_book, concepts, concepts_examples, concepts_own, concepts_awaiting,
        concepts_nothing, concepts_write, concepts_new, concepts_merge, concepts_history, settings, settings_passphrase,
        settings_library, settings_recovery_key, settings_policy, settings_backup,
        settings_backup_running, unlock_restore,
        patterns, patterns_search, patterns_one_conversation, patterns_nothing, patterns_collect,
        patterns_no_collections, patterns_collections, patterns_new_collection,
    )
}  # fmt: skip


def _show(page: SettingsPage, widget: QWidget) -> None:
    scroller = page.findChild(QScrollArea)
    assert isinstance(scroller, QScrollArea)
    scroller.ensureWidgetVisible(widget)


def _library(stage: Stage) -> LibraryPage:
    page = stage.page("conversations")
    assert isinstance(page, LibraryPage)
    return page


def _record(stage: Stage) -> RecordingPage:
    page = stage.page("record")
    assert isinstance(page, RecordingPage)
    return page


# --- taking them -----------------------------------------------------------------------------------------------------


@contextmanager
def staged(place: Path, settings: Settings) -> Iterator[Stage]:
    """Open the window on a new library with one conversation per state; no worker, no real microphone."""
    folder = place / "Samtaler"
    builders.new_workspace(folder).close()
    with open_workspace(folder, builders.PASSPHRASE, actor="Mette") as workspace:
        ids = seed.fill(workspace)
    application = QApplication.instance()
    assert isinstance(application, QApplication)
    with ExitStack() as stack:
        stack.enter_context(mock.patch.object(session, "worker_command", return_value=WAITING_WORKER))
        stack.enter_context(mock.patch.object(microphone, "_look", return_value=MICROPHONES))
        stack.enter_context(mock.patch.object(LevelSource, "listen"))
        window = Window(application, replace(settings, library=folder, person="Mette"))
        stage = Stage(window, ids)
        ready: list[bool] = []
        window.main.ready.connect(lambda: ready.append(True))
        window.main.show()
        window.main.resize(*SIZE)
        window.open_with(builders.PASSPHRASE)
        stage.settle(lambda: bool(ready))
        try:
            yield stage
        finally:
            window.main._closing = True
            window.main.close()
            for thing in (window.main, window.background, window.theme):
                thing.deleteLater()


def picture(window: QWidget, dialog: QWidget | None, path: Path) -> None:
    """Save what the window looks like, with the dialog where it would stand."""
    image = window.grab()
    if dialog is not None:
        from PySide6.QtGui import QPainter

        over = dialog.grab()
        painter = QPainter(image)
        left, top = (window.width() - dialog.width()) // 2, max(0, (window.height() - dialog.height()) // 2)
        painter.drawPixmap(left, top, over)
        painter.setPen(window.palette().mid().color())
        painter.drawRect(left, top, dialog.width() - 1, dialog.height() - 1)
        painter.end()
    image.save(str(path))


def take(folder: Path, settings: Settings, names: list[str]) -> list[Path]:
    """Take a picture of each named state into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    taken = []
    for name in names:
        with tempfile.TemporaryDirectory() as place, mock.patch.dict(os.environ, CUBB_CONFIG_DIR=place):
            with staged(Path(place), settings) as stage:
                dialog = STATES[name](stage)
                stage.settle()
                picture(stage.window.main, dialog, folder / f"{name}.png")
                if dialog is not None:
                    for shown in QApplication.topLevelWidgets():
                        if isinstance(shown, QDialog) and shown.isVisible():
                            shown.close()
            QApplication.sendPostedEvents()
            QApplication.processEvents()
        taken.append(folder / f"{name}.png")
    return taken


def main(arguments: list[str]) -> int:
    """Take all pictures, or those that are asked for."""
    parser = argparse.ArgumentParser(prog="screenshots", description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("build/screenshots"))
    parser.add_argument("--kind", choices=[*KINDS, "all"], default="all")
    parser.add_argument("--only", nargs="*", choices=[*STATES, "review"], default=[*STATES, "review"])
    options = parser.parse_args(arguments)
    application = QApplication([])
    for kind, settings in KINDS.items():
        if options.kind not in {kind, "all"}:
            continue
        folder = options.out / kind
        taken = take(folder, settings, [name for name in options.only if name != "review"])
        if "review" in options.only:
            from cubb_desktop.gui.theme import Theme

            theme = Theme(application, settings.appearance, settings.text_scale)
            taken += review_screenshots.take(folder, theme, settings)
            theme.deleteLater()
        for path in taken:
            print(path)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
