"""Putting a passage into a collection: which one is asked once, then it is the same until another is chosen."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QLineEdit, QMenu, QPlainTextEdit, QWidget

from cubb_desktop.domain.changes import Changes
from cubb_desktop.domain.collection import Collection, Passage
from cubb_desktop.domain.ids import CollectionId, RecordingId, WordId
from cubb_desktop.gui.context import PageContext
from cubb_desktop.gui.theme import Theme
from cubb_desktop.gui.widgets.controls import Choice, field
from cubb_desktop.gui.widgets.dialogs import Form
from cubb_desktop.gui.widgets.review_scroll import Passage as Chosen
from cubb_desktop.i18n import _
from cubb_desktop.services import collected

CHANGED = Changes(collections=True)


@dataclass(frozen=True, slots=True)
class Wanted:
    """A passage that somebody wants in a collection; `word_ids` None: the words that sound in it."""

    recording_id: RecordingId
    start_ms: int
    end_ms: int
    word_ids: tuple[WordId, ...] | None = None


class CollectionForm(Form):
    """Asks for a collection's name and for what one wants to find out with it."""

    saved = Signal(str, str)

    def __init__(self, parent: QWidget, theme: Theme, known: Collection | None = None) -> None:
        heading = _("Ny samling") if known is None else _("Ret samlingen")
        super().__init__(parent, theme, heading, _("Lav samling") if known is None else _("Gem"))
        self.name = QLineEdit(known.name if known is not None else "")
        self.name.setMaxLength(collected.LONGEST_NAME)
        self.name.setPlaceholderText(_("fx Gribninger efter tøven"))
        self.question = QPlainTextEdit(known.question if known is not None else "")
        self.question.setPlaceholderText(_("fx Hvad sker der, når borgeren tøver?"))
        self.question.setTabChangesFocus(True)
        self.question.setFixedHeight(theme.px(90))
        self.add(field(_("Navn"), self.name))
        self.add(field(_("Hvad vil I undersøge?"), self.question))
        self.finish_rows()
        self.name.setFocus()

    def submit(self) -> None:
        name, question = " ".join(self.name.text().split()), self.question.toPlainText().strip()
        if not name:
            self.say(_("Giv samlingen et navn."))
            self.name.setFocus()
        elif len(question) > collected.LONGEST_QUESTION:
            self.say(_("Brug højst {most} tegn.").format(most=collected.LONGEST_QUESTION))
        else:
            self.saved.emit(name, question)
            self.accept()


class CollectDialog(Form):
    """Asks which collection a passage goes into; a new one may be begun."""

    chosen = Signal(object, str)  # CollectionId or None, and the name of a new one

    def __init__(
        self, parent: QWidget, theme: Theme, collections: Sequence[Collection], last: CollectionId | None
    ) -> None:
        super().__init__(parent, theme, _("Læg i samling"), _("Læg i samling"))
        self.collection = Choice()
        for one in collections:
            self.collection.addItem(one.name, one.id)
        self.collection.addItem(_("Ny samling"), None)
        self.name = QLineEdit()
        self.name.setMaxLength(collected.LONGEST_NAME)
        self.name.setPlaceholderText(_("fx Gribninger efter tøven"))
        self.add(field(_("Samling"), self.collection))
        self._new = QWidget()
        new = field(_("Navn på den nye samling"), self.name)
        new.setContentsMargins(0, 0, 0, 0)
        self._new.setLayout(new)
        self.add(self._new)
        self.finish_rows()
        self.collection.currentIndexChanged.connect(self._on_chosen)
        self.collection.setCurrentIndex(max(0, self.collection.findData(last)) if last is not None else 0)
        self._on_chosen()
        (self.collection if collections else self.name).setFocus()

    def _on_chosen(self) -> None:
        self._new.setVisible(self.collection.currentData() is None)

    def submit(self) -> None:
        collection_id, name = self.collection.currentData(), " ".join(self.name.text().split())
        if collection_id is None and not name:
            self.say(_("Giv samlingen et navn."))
            self.name.setFocus()
            return
        self.chosen.emit(collection_id, name)
        self.accept()


class Collecting(QObject):
    """What a page does when somebody collects: ask, write, tell, and offer to undo."""

    collected = Signal(object)  # Passage

    def __init__(self, context: PageContext, page: QWidget) -> None:
        super().__init__(page)
        self._context, self._page = context, page
        self._last: CollectionId | None = None

    def collect(self, wanted: Wanted) -> None:
        """Put a passage into a collection that is asked for."""
        workspace = self._context.workspace()
        self._context.background.run_read(
            lambda: collected.list_collections(workspace), lambda found: self._ask(found, wanted)
        )

    def add_to_menu(self, menu: QMenu, recording_id: RecordingId | None, passage: Callable[[], Chosen | None]) -> None:
        """Add the entry that collects what is chosen in a conversation."""

        def collect() -> None:
            chosen = passage()
            if chosen is not None and recording_id is not None:
                self.collect(Wanted(recording_id, chosen.start_ms, chosen.end_ms))

        menu.addAction(_("Læg i samling…")).triggered.connect(collect)

    def _ask(self, collections: list[Collection], wanted: Wanted) -> None:
        dialog = CollectDialog(self._page, self._context.theme, collections, self._last)
        dialog.chosen.connect(lambda collection_id, name: self._put(wanted, collection_id, name))
        dialog.open()

    def _put(self, wanted: Wanted, collection_id: CollectionId | None, name: str) -> None:
        workspace = self._context.workspace()

        def work() -> tuple[Collection, Passage]:
            if collection_id is None:
                into = collected.add_collection(workspace, name)
            else:
                into = collected.get_collection(workspace, collection_id)
            stretch = (wanted.recording_id, wanted.start_ms, wanted.end_ms)
            return into, collected.add_passage(workspace, into.id, *stretch, word_ids=wanted.word_ids)

        self._context.background.run_write(work, self._on_put, self._context.notices.fault, changes=CHANGED)

    def _on_put(self, made: tuple[Collection, Passage]) -> None:
        into, passage = made
        self._last = into.id
        workspace, background = self._context.workspace(), self._context.background

        def undo() -> None:
            background.run_write(
                lambda: collected.remove_passage(workspace, passage.id),
                None,
                self._context.notices.fault,
                changes=CHANGED,
            )

        self._context.notices.tell(_("Stedet ligger i »{name}«.").format(name=into.name), _("Fortryd"), undo)
        self.collected.emit(passage)
