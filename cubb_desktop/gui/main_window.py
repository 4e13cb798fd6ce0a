"""The window: the unlock page first, then the rail with its pages; pages are built when they are first shown."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QByteArray, QSettings, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QCloseEvent, QIcon, QKeySequence, QShortcut
from PySide6.QtWidgets import QHBoxLayout, QMainWindow, QStackedWidget, QWidget

from cubb_desktop.domain.changes import Changes
from cubb_desktop.domain.ids import RecordingId
from cubb_desktop.gui.background import Background
from cubb_desktop.gui.clipboard import clear_clipboard
from cubb_desktop.gui.context import Notices, PageContext, SettingsStore
from cubb_desktop.gui.idle import IdleWatch
from cubb_desktop.gui.language import WindowLanguage
from cubb_desktop.gui.locking import close_over
from cubb_desktop.gui.pages.unlock_page import UnlockPage
from cubb_desktop.gui.theme import Theme
from cubb_desktop.gui.tries import Tries
from cubb_desktop.gui.widgets.dialogs import Confirm
from cubb_desktop.gui.widgets.messages import Toasts
from cubb_desktop.gui.widgets.rail import Rail
from cubb_desktop.i18n import N_, _
from cubb_desktop.settings import Settings, resources_folder, state_folder

if TYPE_CHECKING:
    from cubb_desktop.gui.pages.library_page import LibraryPage
    from cubb_desktop.gui.pages.patterns_page import PatternsPage
    from cubb_desktop.gui.pages.recording_page import RecordingPage
    from cubb_desktop.gui.pages.review_page import ReviewPage
    from cubb_desktop.gui.session import Session
    from cubb_desktop.gui.worker_process import WorkerProcess
    from cubb_desktop.services.workspace import Workspace

RECORD, LIBRARY, REVIEW = "record", "conversations", "review"
PATTERNS, FEEDBACK, CONCEPTS, SETTINGS = "patterns", "feedback", "concepts", "settings"

_CLOSING_MS, _CLOSING_TRIES = 20, 25  # dialogs with a loop of their own leave it a moment after they were closed
_FINISHING_TOLD_MS = 2_000  # a worker without a job is gone by then

# key (also its icon's name) and word, in the order of the rail
PAGES: tuple[tuple[str, str], ...] = (
    (RECORD, N_("Optag")),
    (LIBRARY, N_("Samtaler")),
    (REVIEW, N_("Gennemgang")),
    (PATTERNS, N_("Mønstre")),
    (FEEDBACK, N_("Feedback")),
    (CONCEPTS, N_("Begreber")),
    (SETTINGS, N_("Indstillinger")),
)


class MainWindow(QMainWindow):
    """Owns the open library's session and wires the pages together."""

    ready = Signal()  # the library is open and the list of conversations is on screen
    locked = Signal()

    def __init__(
        self,
        theme: Theme,
        language: WindowLanguage,
        settings_store: SettingsStore,
        background: Background,
        notices: Notices,
    ) -> None:
        super().__init__()
        self._theme, self._language = theme, language
        self._settings_store, self._background, self._notices = settings_store, background, notices
        self._rebuild_later = False
        self._session: Session | None = None
        self._pages: dict[str, QWidget] = {}
        self._rail: Rail | None = None
        self._shell: QWidget | None = None
        self._stack: QStackedWidget | None = None
        self._reviewed: RecordingId | None = None
        self._review_again: tuple[RecordingId, int | None, tuple[int, int] | None] | None = None  # see `_rebuild`
        self._closing = False
        self.setWindowTitle("CUBB Desktop")
        self.setWindowIcon(QIcon(str(resources_folder() / "icons" / "app.svg")))
        self._outer = QStackedWidget()
        self.setCentralWidget(self._outer)
        self.toasts = Toasts(theme, self._outer)
        notices.posted.connect(self.toasts.show_notice)
        background.failed.connect(notices.fault)
        background.forgetting.connect(self._on_forgetting)
        settings_store.changed.connect(self._on_settings_changed)
        QShortcut(QKeySequence("Ctrl+L"), self, self.lock)
        self._tries: defaultdict[Path, Tries] = defaultdict(Tries)
        self._finishing: dict[Path, WorkerProcess] = {}  # they work on although their library is locked
        self._locked_because = ""
        self.idle = IdleWatch(settings_store.value.lock_minutes, self.in_use, self)
        self.idle.expired.connect(self._on_idle)
        self._restore_place()
        self._show_unlock()

    # --- unlocking and locking ---------------------------------------------------------------------------------------

    def _show_unlock(self) -> None:
        self.unlock_page = UnlockPage(self._theme, self._settings_store, self._background, tries=self._tries)
        self.unlock_page.opened.connect(self._on_opened)
        self._outer.addWidget(self.unlock_page)
        self._outer.setCurrentWidget(self.unlock_page)

    @Slot(object)
    def _on_opened(self, workspace: Workspace) -> None:
        from cubb_desktop.gui.session import Session

        self._session = Session(workspace, self._background, self, self._finishing.get(workspace.folder))
        self._session.worker_trouble.connect(self._on_worker_trouble)
        self._session.forgetting.told.connect(self._on_forgotten)
        self._build_shell(LIBRARY)
        self._outer.removeWidget(self.unlock_page)
        self.unlock_page.deleteLater()
        self._session.start()

    @Slot()
    def lock(self) -> None:
        """Close the library and ask for the passphrase again; asks first if something is being recorded."""
        if self._session is not None or self.unlock_page.unfinished:
            self._unless_busy(self._lock_now)

    @Slot()
    def _on_idle(self) -> None:
        minutes = self.idle.minutes
        self._lock_now(
            _("Biblioteket blev låst, fordi det ikke var i brug i {minutes} minutter.").format(minutes=minutes)
        )

    def _lock_now(self, because: str = "", tries: int = _CLOSING_TRIES) -> None:
        if not close_over(self) and tries:
            QTimer.singleShot(_CLOSING_MS, self, lambda: self._lock_now(because, tries - 1))
            return
        clear_clipboard()
        if self._session is None:
            self.unlock_page.abandon()
            self.unlock_page.show_start()
        else:
            self._leave_pages()
            self._take_over(self._session)
            self._drop_session()
            self._show_unlock()
        self.toasts.clear()
        self._locked_because = because
        self.unlock_page.tell(because)
        self.locked.emit()

    def _take_over(self, session: Session) -> None:
        """Lock the session's library; the transcription that is being made is finished all the same."""
        folder, worker = session.workspace.folder, session.lock()
        if worker is not None:
            self._finishing[folder] = worker
            worker.ended.connect(lambda: self._on_worker_finished(folder))
            QTimer.singleShot(_FINISHING_TOLD_MS, self, self._tell_finishing)

    @Slot()
    def _tell_finishing(self) -> None:
        if self._session is None and self._finishing:
            working = _("Udskriften bliver gjort færdig, mens biblioteket er låst.")
            self.unlock_page.tell(f"{self._locked_because} {working}".strip())

    def _on_worker_finished(self, folder: Path) -> None:
        self._finishing.pop(folder).deleteLater()
        if self._session is None:
            self.unlock_page.tell(self._locked_because)

    def in_use(self) -> bool:
        """Whether there is nothing to lock, or something goes on that locking would cut off."""
        nothing_open = self._session is None and not self.unlock_page.unfinished
        return nothing_open or self.recording_now() or self._background.on_errand or self._playing()

    def _playing(self) -> bool:
        """Whether somebody listens to a conversation."""
        players = (getattr(self._pages.get(key), "playback", None) for key in (REVIEW, PATTERNS, CONCEPTS))
        return any(getattr(playback, "playing", False) for playback in players)

    def _stop_session(self) -> None:
        self._leave_pages()
        if self._session is not None:
            self._session.stop()
        self._drop_session()

    def _drop_session(self) -> None:
        if self._session is not None:
            self._session.deleteLater()
            self._session = None
        if self._shell is not None:
            self._outer.removeWidget(self._shell)
            self._shell.deleteLater()
            self._shell = self._rail = self._stack = None
            self._pages = {}
        self._reviewed = self._review_again = None

    def workspace(self) -> Workspace:
        """The open library; asking while there is none is a bug."""
        if self._session is None:
            raise RuntimeError("no library is open")
        return self._session.workspace

    # --- the rail and its pages --------------------------------------------------------------------------------------

    def _build_shell(self, page: str) -> None:
        old = self._shell
        self._pages = {}
        self._shell = QWidget()
        row = QHBoxLayout(self._shell)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        self._rail = Rail(self._theme, [(key, key, _(word)) for key, word in PAGES])
        self._rail.chosen.connect(self.show_page)
        self._stack = QStackedWidget()
        row.addWidget(self._rail)
        row.addWidget(self._stack, 1)
        self._outer.addWidget(self._shell)
        self.show_page(page)
        self._outer.setCurrentWidget(self._shell)
        self.toasts.raise_()
        if old is not None:
            self._outer.removeWidget(old)
            old.deleteLater()

    @Slot(str)
    def show_page(self, key: str) -> None:
        """Show a page of the rail, building it the first time."""
        if self._rail is None or self._stack is None:
            return
        self._rail.choose(key)
        page = self.page(key)
        if page is not self._stack.currentWidget():
            self.toasts.clear()  # it was about the page that is left
        self._stack.setCurrentWidget(page)
        if key == REVIEW and self._review_again is not None:
            self._reopen(*self._review_again)

    def page(self, key: str) -> QWidget:
        """Return a page, built if need be."""
        if key not in self._pages:
            self._pages[key] = self._builders()[key]()
            if self._stack is not None:
                self._stack.addWidget(self._pages[key])
        return self._pages[key]

    def shown_page(self) -> str:
        """The key of the page on screen, "" while locked."""
        shown = self._stack.currentWidget() if self._stack is not None else None
        return next((key for key, page in self._pages.items() if page is shown), "")

    def _builders(self) -> dict[str, Callable[[], QWidget]]:
        return {
            RECORD: self._build_record,
            LIBRARY: self._build_library,
            REVIEW: self._build_review,
            PATTERNS: self._build_patterns,
            FEEDBACK: self._build_feedback,
            CONCEPTS: self._build_concepts,
            SETTINGS: self._build_settings,
        }

    def context(self) -> PageContext:
        """What a page is given."""
        return PageContext(self._background, self._theme, self._settings_store, self.workspace, self._notices)

    def _build_record(self) -> RecordingPage:
        from cubb_desktop.gui.pages.recording_page import RecordingPage

        page = RecordingPage(self.context())
        page.live_changed.connect(self._on_live_changed)
        page.stored.connect(self._on_stored)
        return page

    def _build_library(self) -> LibraryPage:
        from cubb_desktop.gui.pages.library_page import LibraryPage

        page = LibraryPage(self.context())
        page.open_requested.connect(self.open_recording)
        page.record_requested.connect(lambda: self.show_page(RECORD))
        page.settings_requested.connect(lambda: self.show_page(SETTINGS))
        page.soon_requested.connect(self.show_what_goes_soon)
        page.loaded.connect(self.ready)
        return page

    def _build_review(self) -> ReviewPage:
        from cubb_desktop.gui.pages.review_page import ReviewPage

        page = ReviewPage(self.context())
        page.back_requested.connect(lambda: self.show_page(LIBRARY))
        return page

    def _build_patterns(self) -> PatternsPage:
        from cubb_desktop.gui.pages.patterns_page import PatternsPage

        page = PatternsPage(self.context())
        page.open_requested.connect(self.open_recording)
        return page

    def _build_feedback(self) -> QWidget:
        from cubb_desktop.gui.pages.feedback_page import FeedbackPage

        return FeedbackPage(self.context())

    def _build_concepts(self) -> QWidget:
        from cubb_desktop.gui.pages.concepts_page import ConceptsPage

        page = ConceptsPage(self.context())
        page.open_requested.connect(self.open_recording)
        return page

    def _build_settings(self) -> QWidget:
        from cubb_desktop.gui.pages.settings_page import SettingsPage

        page = SettingsPage(self.context())
        page.lock_requested.connect(self.lock)
        return page

    # --- what pages ask for ------------------------------------------------------------------------------------------

    @Slot(object, object, str)
    def open_recording(self, recording_id: RecordingId, at_ms: int | None = None, words: str = "") -> None:
        """Show a conversation on the review page, at a place if one is given, or where `words` are found after it."""
        self._reviewed, self._review_again = recording_id, None
        page = self.page(REVIEW)
        self.show_page(REVIEW)
        if TYPE_CHECKING:
            assert isinstance(page, ReviewPage)
        if at_ms is None:
            page.open(recording_id)
        else:
            page.open(recording_id, at_ms, words)

    @Slot(bool)
    def _on_live_changed(self, live: bool) -> None:
        if self._rail is not None:
            self._rail.set_live(RECORD, live)
        if self._rebuild_later and not live:
            QTimer.singleShot(0, self._rebuild)

    @Slot(object)
    def _on_stored(self, recording_id: RecordingId) -> None:
        self.show_page(LIBRARY)
        library = self.page(LIBRARY)
        if TYPE_CHECKING:
            assert isinstance(library, LibraryPage)
        library.select(recording_id)

    @Slot(object)
    def _on_forgetting(self, going: frozenset[RecordingId]) -> None:
        """Let nothing of what is about to be deleted stay on the clipboard, in an undo or as the place to return to."""
        clear_clipboard()
        self.toasts.clear()
        if self._reviewed in going:
            self._reviewed = self._review_again = None

    @Slot(str, bool)
    def _on_forgotten(self, text: str, offers_list: bool) -> None:
        if offers_list:
            self._notices.tell(text, _("Se listen"), self.show_what_goes_soon)
        else:
            self._notices.tell(text)

    @Slot()
    def show_what_goes_soon(self) -> None:
        """List what will be deleted, what waits to be journalised, and which copies are to be called back."""
        from cubb_desktop.gui.widgets.keeping_dialogs import SoonDialog

        if self._session is not None:
            SoonDialog(self, self.context()).open()

    @Slot()
    def _on_worker_trouble(self) -> None:
        self._notices.fault_text(
            _("Udskrifterne er gået i stå. Luk programmet, og åbn det igen; samtalerne er bevaret.")
        )

    @Slot(object, object)
    def _on_settings_changed(self, old: Settings, new: Settings) -> None:
        if new.appearance != old.appearance:
            self._theme.set_appearance(new.appearance)
        if new.text_scale != old.text_scale:
            self._theme.set_scale(new.text_scale)
        if new.language != old.language:
            self._language.speak(new.language)
        self.idle.minutes = new.lock_minutes
        if new.person != old.person and self._session is not None:
            self._session.workspace.actor = new.actor
            self._background.changed.emit(Changes(consents=True))  # every page shows what this person may see
        if (new.language, new.text_scale) != (old.language, old.text_scale):
            QTimer.singleShot(0, self._rebuild)  # the page that asked is still in its own signal

    @Slot()
    def _rebuild(self) -> None:
        """Build every page anew: words and lengths are not what they were. What is being recorded comes first."""
        self._rebuild_later = self.recording_now()
        if self._rebuild_later:
            return
        if self._session is None:
            if not self.unlock_page.unfinished:
                self._outer.removeWidget(self.unlock_page)
                self.unlock_page.deleteLater()
                self._show_unlock()
            return
        shown, focus = self.shown_page() or LIBRARY, self._focus_place()
        review = self._pages.get(REVIEW)
        if review is not None and self._reviewed is not None:
            if TYPE_CHECKING:
                assert isinstance(review, ReviewPage)
            self._review_again = self._reviewed, review.place_ms or None, review.views.top_place()
        self._leave_pages()
        self._build_shell(shown)
        self._put_focus(focus)

    def _reopen(self, recording_id: RecordingId, at_ms: int | None, top: tuple[int, int] | None) -> None:
        """Show a conversation as it was on the review page before: the place in the sound, the lines on screen."""
        self.open_recording(recording_id, at_ms)
        page = self.page(REVIEW)
        if TYPE_CHECKING:
            assert isinstance(page, ReviewPage)
        page.begin_at(top)

    def _focus_place(self) -> tuple[str, type[QWidget], int] | None:
        """Return where the keyboard is: the page ("" for the rail), what kind of control, which one of them."""
        focused = self.focusWidget()
        owners: list[tuple[str, QWidget | None]] = [("", self._rail), *self._pages.items()]
        for key, owner in owners:
            if owner is not None and _holds(owner, focused):
                return key, type(focused), owner.findChildren(type(focused)).index(focused)
        return None

    def _put_focus(self, place: tuple[str, type[QWidget], int] | None) -> None:
        """Put the keyboard where it was before the pages were built anew; on the page where that is not there."""
        page = self._pages.get(self.shown_page())
        if place is not None:
            owner = self._pages.get(place[0]) if place[0] else self._rail
            same = owner.findChildren(place[1]) if owner is not None else []
            if place[2] < len(same):
                same[place[2]].setFocus(Qt.FocusReason.OtherFocusReason)
                return
        if page is not None:
            page.setFocus()

    def _leave_pages(self) -> None:
        """Let pages put down what they hold (a microphone, a player)."""
        for page in self._pages.values():
            leave = getattr(page, "leave", None)
            if leave is not None:
                leave()

    # --- closing -----------------------------------------------------------------------------------------------------

    def recording_now(self) -> bool:
        """Whether something is being recorded."""
        return bool(getattr(self._pages.get(RECORD), "live", False))

    def _unless_busy(self, act: Callable[[], object]) -> None:
        if not self.recording_now():
            act()
            return
        question = Confirm(
            self,
            self._theme,
            _("Der optages lige nu"),
            _("Optagelsen stopper, hvis du går videre."),
            _("Stop og gem"),
            kept=_("Alt, der er sagt indtil nu, bliver gemt i Samtaler."),
        )
        question.accepted.connect(act)
        question.open()

    def closeEvent(self, event: QCloseEvent) -> None:
        if self._closing or not self.recording_now():
            self._shut_down()
            event.accept()
            return
        event.ignore()
        self._unless_busy(self._close_now)

    def _close_now(self) -> None:
        self._closing = True
        self.close()

    def _shut_down(self) -> None:
        self._save_place()
        self.hide()
        clear_clipboard()
        self.unlock_page_abandon()
        self._stop_session()
        for worker in list(self._finishing.values()):
            worker.stop()
        self._background.close()

    def unlock_page_abandon(self) -> None:
        """Close what the unlock page may have made."""
        if self._session is None:
            self.unlock_page.abandon()

    # --- where it stands ---------------------------------------------------------------------------------------------

    def _place_store(self) -> QSettings:
        return QSettings(str(state_folder() / "window.ini"), QSettings.Format.IniFormat)

    def _restore_place(self) -> None:
        self.setMinimumSize(760, 520)
        self.resize(1366, 768)
        place = self._place_store().value("place")
        if isinstance(place, QByteArray):
            self.restoreGeometry(place)

    def _save_place(self) -> None:
        if not self.windowState() & Qt.WindowState.WindowMinimized:
            self._place_store().setValue("place", self.saveGeometry())


def _holds(owner: QWidget, widget: QWidget | None) -> bool:
    return widget is not None and owner.isAncestorOf(widget)
