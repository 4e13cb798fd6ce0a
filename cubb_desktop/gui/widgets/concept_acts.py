"""What a person does with the concept book: dialogs over its page, writes behind them, notices with an undo."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QFileDialog, QWidget

from cubb_desktop.domain.changes import Changes
from cubb_desktop.domain.codebook import Concept
from cubb_desktop.domain.errors import CubbError
from cubb_desktop.domain.ids import ConceptId
from cubb_desktop.gui.context import PageContext
from cubb_desktop.gui.widgets.concept_dialogs import HistoryDialog, MergeDialog
from cubb_desktop.gui.widgets.concept_form import ConceptForm
from cubb_desktop.gui.widgets.concept_texts import concept_text
from cubb_desktop.i18n import _, ngettext
from cubb_desktop.services import concepts as book
from cubb_desktop.services.concepts import BookImport, Merged, Wording

T = TypeVar("T")
_MOST_NAMED = 5  # in a notice
_CHANGED = Changes(concepts=True)


@dataclass(frozen=True, slots=True)
class Book:
    """The concept book as a page shows it: all concepts, and how many marks each has in how many conversations."""

    concepts: Sequence[Concept] = ()
    marks: dict[ConceptId, tuple[int, int]] = field(default_factory=dict)

    @property
    def groups(self) -> list[str]:
        """The groups in the book's order."""
        return list(dict.fromkeys(concept.group for concept in self.concepts))

    def concept(self, concept_id: ConceptId | None) -> Concept | None:
        """Return one concept, None where there is none."""
        return next((concept for concept in self.concepts if concept.id == concept_id), None)


def choose_to_write(parent: QWidget, name: str) -> Path | None:
    """Ask where the codebook is to lie; the system's own dialog asks before another is replaced."""
    chosen, _kind = QFileDialog.getSaveFileName(parent, _("Gem som kodebog"), name, _("Kodebog (*.qdc)"))
    return Path(chosen) if chosen else None


def choose_to_read(parent: QWidget) -> Path | None:
    """Ask for a codebook."""
    kinds = ";;".join((_("Kodebog (*.qdc)"), _("Alle filer (*)")))
    chosen, _kind = QFileDialog.getOpenFileName(parent, _("Hent kodebog"), "", kinds)
    return Path(chosen) if chosen else None


class ConceptActs(QObject):
    """Asks over the page, writes in the background, tells in notices."""

    made = Signal(object)  # ConceptId of what is to be shown next

    def __init__(self, context: PageContext, page: QWidget, shown: Callable[[], Book]) -> None:
        super().__init__(page)
        self._context, self._page, self._book = context, page, shown
        self.choose_to_write: Callable[[QWidget, str], Path | None] = choose_to_write
        self.choose_to_read: Callable[[QWidget], Path | None] = choose_to_read

    def _write(
        self, work: Callable[[], T], done: Callable[[T], object] | None = None, changes: Changes = _CHANGED
    ) -> None:
        self._context.background.run_write(work, done, self._context.notices.fault, changes=changes)

    # --- words -------------------------------------------------------------------------------------------------------

    def write_new(self) -> None:
        """Ask for the words of a new concept."""
        self.write(None)

    def write(self, concept: Concept | None) -> None:
        """Ask for new words of a concept, or (None) for those of a new one."""
        form = ConceptForm(self._page, self._context, self._book().groups, concept)
        form.saved.connect(lambda saved: self.made.emit(saved.id))
        form.open()

    def show_history(self, concept: Concept) -> None:
        """Show how a concept has been worded."""
        workspace = self._context.workspace()
        self._context.background.run_read(
            lambda: book.wordings(workspace, concept.id), self._on_wordings, self._context.notices.fault
        )

    def _on_wordings(self, found: list[Wording]) -> None:
        dialog = HistoryDialog(self._page, self._context.theme, found)
        dialog.taken.connect(self.take_wording)
        dialog.open()

    def take_wording(self, wording: Wording) -> None:
        """Word a concept as it was worded before; the wording it has now stays in its history too."""
        workspace, concept = self._context.workspace(), wording.concept
        fields = ("group", "source", *book.both_languages("name", "definition", "listen_for", "ask_yourself"))
        texts = {name: str(getattr(concept, name)) for name in fields}
        self._write(
            lambda: book.revise(workspace, concept.id, texts),
            lambda _done: self._context.notices.tell(_("Begrebet har nu den tidligere ordlyd.")),
        )

    # --- in use, away, together --------------------------------------------------------------------------------------

    def switch(self, concept: Concept, *, on: bool) -> None:
        """Let a concept be chosen for marks, or not; on brings a retired one back."""
        workspace = self._context.workspace()
        self._context.background.run_write(
            lambda: book.switch(workspace, concept.id, on=on), None, self._on_switch_failed, changes=_CHANGED
        )

    def _on_switch_failed(self, error: CubbError) -> None:
        self._context.notices.fault(error)
        self._context.background.changed.emit(_CHANGED)  # the list shows what is

    def bring_back(self, concept: Concept) -> None:
        """Take a retired concept into use again."""
        self.switch(concept, on=True)
        self.made.emit(concept.id)

    def retire(self, concept: Concept) -> None:
        """Take a concept out of use for good; a notice offers to undo that."""
        workspace = self._context.workspace()

        def undo() -> None:
            self._write(lambda: book.restore_state(workspace, concept), lambda _done: self.made.emit(concept.id))

        text = _("»{name}« er lagt væk. Mærkerne med det bliver stående.").format(name=concept_text(concept, "name"))
        self._write(
            lambda: book.retire(workspace, concept.id),
            lambda _done: self._context.notices.tell(text, _("Fortryd"), undo),
        )

    def ask_merge(self, concept: Concept) -> None:
        """Ask which concept takes over another's marks."""
        shown = self._book()
        others = [other for other in shown.concepts if other.id != concept.id and not other.retired]
        dialog = MergeDialog(self._page, self._context.theme, concept, others, shown.marks)
        dialog.chosen.connect(lambda into: self.merge(concept, ConceptId(into)))
        dialog.open()

    def merge(self, concept: Concept, into: ConceptId) -> None:
        """Put two concepts together; a notice offers to take them apart again."""
        workspace = self._context.workspace()
        self._write(lambda: book.merge(workspace, concept.id, into), self._on_merged)

    def _on_merged(self, merged: Merged) -> None:
        workspace = self._context.workspace()

        def undo() -> None:
            self._write(lambda: book.undo_merge(workspace, merged), lambda _done: self.made.emit(merged.concept.id))

        self.made.emit(merged.into.id)
        text = _("»{name}« er lagt sammen med »{into}«.").format(
            name=concept_text(merged.concept, "name"), into=concept_text(merged.into, "name")
        )
        self._context.notices.tell(text, _("Fortryd"), undo)

    # --- other programs ----------------------------------------------------------------------------------------------

    def export_book(self) -> None:
        """Ask for a file and write the book into it."""
        out = self.choose_to_write(self._page, _("begreber.qdc"))
        if out is None:
            return
        workspace = self._context.workspace()

        def told(number: int) -> None:
            text = ngettext(
                "{number} begreb er gemt i {file}. Eksempler og begreber, der er lagt væk, er ikke med.",
                "{number} begreber er gemt i {file}. Eksempler og begreber, der er lagt væk, er ikke med.",
                number,
            )
            self._context.notices.tell(text.format(number=number, file=out.name))

        self._write(lambda: book.export_codebook(workspace, out, replace_existing=True), told, Changes())

    def import_book(self) -> None:
        """Ask for a file and bring in what the book does not have."""
        file = self.choose_to_read(self._page)
        if file is not None:
            self.read_book(file)

    def read_book(self, file: Path, *, take_wordings: bool = False) -> None:
        """Bring in what the book does not have; a notice says what came, and offers the wordings that differ."""
        workspace = self._context.workspace()

        def told(found: BookImport) -> None:
            if found.added:
                self.made.emit(found.added[0].id)
            if found.differing:
                self._context.notices.tell(
                    import_text(found), _("Brug filens ordlyd"), lambda: self.read_book(file, take_wordings=True)
                )
            else:
                self._context.notices.tell(import_text(found))

        self._write(lambda: book.import_codebook(workspace, file, take_wordings=take_wordings), told)


def import_text(found: BookImport) -> str:
    """Return what came of a codebook: what is new, what was known, what is worded otherwise."""
    said = []
    if found.added:
        number = len(found.added)
        new = ngettext("{number} begreb er nyt: {names}.", "{number} begreber er nye: {names}.", number)
        said.append(new.format(number=number, names=_names(found.added)))
    else:
        said.append(_("Ingen nye begreber."))
    if found.reworded:
        said.append(_("Skrevet om som i filen: {names}.").format(names=_names(found.reworded)))
    elif found.known:
        known = ngettext("{number} kendes i forvejen.", "{number} kendes i forvejen.", len(found.known))
        said.append(known.format(number=len(found.known)))
    if found.differing:
        said.append(_("I filen er disse skrevet anderledes: {names}.").format(names=_names(found.differing)))
    return " ".join(said)


def _names(found: Sequence[Concept]) -> str:
    names = ", ".join(concept_text(concept, "name") for concept in found[:_MOST_NAMED])
    left = len(found) - _MOST_NAMED
    return _("{names} og {left} til").format(names=names, left=left) if left > 0 else names
