"""Choosing a model folder: what is in use, what it is good for, and what is wrong with a folder that cannot be used."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QVBoxLayout, QWidget

from cubb_desktop.domain.errors import CubbError
from cubb_desktop.gui.context import PageContext
from cubb_desktop.gui.widgets.controls import Button
from cubb_desktop.gui.widgets.dialogs import Confirm
from cubb_desktop.gui.widgets.text import PlainLabel, set_tooltip
from cubb_desktop.i18n import _, sentence
from cubb_desktop.services.models import RECOGNISER, ModelInfo, add_model, bundled_models, find_model, inspect_model

_MEGABYTE = 1_000_000


class ModelChooser(QWidget):
    """One of the two models; the setting changes only when the folder has been looked at and can be used."""

    def __init__(self, context: PageContext, kind: str, label: str) -> None:
        super().__init__()
        self._context, self._kind = context, kind
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        row = QHBoxLayout()
        row.setSpacing(10)
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(PlainLabel(label, "label", wrap=True))
        self.name = PlainLabel("…", "strong", wrap=True)
        words.addWidget(self.name)
        row.addLayout(words, 1)
        self.choose = Button(_("Vælg mappe…"), name=_("Vælg mappe: {what}").format(what=label))
        self.choose.clicked.connect(self._on_choose)
        row.addWidget(self.choose)
        column.addLayout(row)
        self.notes = PlainLabel("", "sub", wrap=True)
        column.addWidget(self.notes)
        self.problem = PlainLabel("", "fault", wrap=True)
        self.problem.hide()
        column.addWidget(self.problem)
        self.use_demo = Button(_("Brug demomodellen"), "quiet", name=_("Brug demomodellen: {what}").format(what=label))
        self.use_demo.clicked.connect(self._on_use_demo)
        self.use_demo.hide()
        column.addWidget(self.use_demo)
        self.reload()

    def _chosen(self) -> Path | None:
        settings = self._context.settings_store.value
        return settings.recogniser if self._kind == RECOGNISER else settings.diariser

    def _set(self, folder: Path | None) -> None:
        self._context.settings_store.change(**{self._kind: folder})
        self.reload()

    def reload(self) -> None:
        """Look at the folder in use again."""
        folder = self._chosen() or bundled_models()[0 if self._kind == RECOGNISER else 1]
        kind = self._kind
        self._context.background.run_read(lambda: find_model(str(folder), kind), self._on_found, self._on_lost)

    @Slot(object)
    def _on_found(self, info: ModelInfo) -> None:
        self.name.setText(_("Demomodel") if info.demo else info.name)
        set_tooltip(self.name, str(info.path))
        size = _("{size} MB").format(size=max(1, round(info.size_bytes / _MEGABYTE)))
        if info.demo:
            text = _("Kender kun demoens ord. Til prøve og test, ikke til rigtige samtaler.")
        else:
            languages = ", ".join(info.languages)
            text = " · ".join(part for part in (languages, size, str(info.path), *info.notes) if part)
        self._show(text, "")

    @Slot(object)
    def _on_lost(self, error: CubbError) -> None:
        folder = self._chosen()
        self.name.setText(folder.name if folder is not None else "")
        self._show("", sentence(error))

    def _show(self, notes: str, problem: str) -> None:
        self.notes.setText(notes)
        self.notes.setVisible(bool(notes))
        self.problem.setText(problem)
        self.problem.setVisible(bool(problem))
        self.use_demo.setVisible(self._chosen() is not None)

    @Slot()
    def _on_choose(self) -> None:
        start = self._chosen()
        nearby = str(start.parent) if start is not None else ""
        folder = QFileDialog.getExistingDirectory(self, _("Vælg mappen med modellen"), nearby)
        if folder:
            self.try_folder(Path(folder))

    def try_folder(self, folder: Path) -> None:
        """Look at a folder and use it if it holds the right kind of model."""
        kind = self._kind
        self._context.background.run_read(lambda: inspect_model(folder, kind), self._on_inspected, self._on_refused)

    @Slot(object)
    def _on_inspected(self, info: ModelInfo) -> None:
        self._set(info.path)
        if not info.trusted:
            self._ask_trust(info)

    @Slot(object)
    def _on_refused(self, error: CubbError) -> None:
        self.problem.setText(sentence(error))
        self.problem.show()

    @Slot()
    def _on_use_demo(self) -> None:
        self._set(None)

    def _ask_trust(self, info: ModelInfo) -> None:
        question = Confirm(
            self.window(),
            self._context.theme,
            _("Stoler du på den, der har lavet modellen?"),
            _("En model af denne slags kan indeholde programkode, som kører på din computer."),
            _("Ja, brug den fuldt ud"),
            kept=_("Siger du nej, bruges modellen kun, hvis den ikke indeholder andet end tal."),
        )
        question.cancel_button.setText(_("Nej, kun tal"))
        folder = info.path
        question.accepted.connect(lambda: self._context.background.run_write(lambda: add_model(folder, trust=True)))
        question.open()
