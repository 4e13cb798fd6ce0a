"""Two concepts put together, and how a concept has been worded: the questions and the reading over the book."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QFrame, QVBoxLayout, QWidget

from cubb_desktop.domain.codebook import Concept
from cubb_desktop.domain.ids import ConceptId
from cubb_desktop.gui.theme import Theme
from cubb_desktop.gui.widgets.concept_texts import FIELDS, concept_text, group_text, marks_text
from cubb_desktop.gui.widgets.controls import Button, Choice, field
from cubb_desktop.gui.widgets.dialogs import Form
from cubb_desktop.gui.widgets.text import PlainLabel
from cubb_desktop.i18n import N_, _, format_day
from cubb_desktop.services.concepts import Wording

_IN = {"da": N_("{text} på dansk"), "en": N_("{text} på engelsk")}
_COMMON = {"group": N_("Gruppe"), "source": N_("Kilde")}


class MergeDialog(Form):
    """Asks which concept takes over another's marks, and says what happens."""

    chosen = Signal(str)  # ConceptId of the one that stays

    def __init__(
        self,
        parent: QWidget,
        theme: Theme,
        concept: Concept,
        others: Sequence[Concept],
        marks: Mapping[ConceptId, tuple[int, int]],
    ) -> None:
        super().__init__(parent, theme, _("Læg sammen"), _("Læg sammen"))
        self._concept, self._others = concept, list(others)
        self._marks = marks.get(concept.id, (0, 0))
        self.widen(520)
        self.into = Choice()
        for other in others:
            self.into.addItem(f"{concept_text(other, 'name')} · {group_text(other.group)}")
        self.into.currentIndexChanged.connect(self._on_chosen)
        name = concept_text(concept, "name")
        self.add(field(_("Læg »{name}« sammen med").format(name=name), self.into))
        self.what = PlainLabel("", wrap=True)
        self.add(self.what)
        self.add(PlainLabel(_("Du kan fortryde lige bagefter."), "soft", wrap=True))
        self.finish_rows()
        self._on_chosen()
        self.into.setFocus()

    @Slot()
    def _on_chosen(self) -> None:
        if not 0 <= self.into.currentIndex() < len(self._others):
            return
        into = concept_text(self._others[self.into.currentIndex()], "name")
        name = concept_text(self._concept, "name")
        moved = (
            _("{marks} bliver til mærker med »{into}«, og eksemplerne følger med.").format(
                marks=marks_text(*self._marks), into=into
            )
            if self._marks[0]
            else _("Der er ingen mærker med »{name}«; eksemplerne følger med til »{into}«.").format(
                name=name, into=into
            )
        )
        self.what.setText(f"{moved} " + _("»{name}« bliver lagt væk.").format(name=name))

    def submit(self) -> None:
        if 0 <= self.into.currentIndex() < len(self._others):
            self.chosen.emit(self._others[self.into.currentIndex()].id)
            self.accept()


def changed_texts(before: Concept, after: Concept) -> Iterator[tuple[str, str, str]]:
    """Return what differs between two wordings: the text's name, what it was, what it became."""
    for key, label in _COMMON.items():
        old, new = getattr(before, key), getattr(after, key)
        if old != new:
            shown = group_text if key == "group" else str
            yield _(label), shown(old), shown(new)
    for key, label in FIELDS.items():
        for language, name in _IN.items():
            old, new = (str(getattr(one, f"{key}_{language}")) for one in (before, after))
            if old != new:
                yield _(name).format(text=_(label)), old, new


class HistoryDialog(Form):
    """Shows each wording of a concept, today's first, with who wrote it, when, and what they changed."""

    taken = Signal(object)  # Wording that is to be used again

    def __init__(self, parent: QWidget, theme: Theme, wordings: Sequence[Wording]) -> None:
        name = concept_text(wordings[0].concept, "name")
        super().__init__(parent, theme, _("Historik for »{name}«").format(name=name), _("Luk"))
        self.widen(620)
        self.take: list[Button] = []
        for at, wording in enumerate(wordings):
            before = wordings[at + 1] if at + 1 < len(wordings) else None
            self.add(self._entry(wording, before, now=at == 0))
        if len(wordings) == 1:
            self.add(PlainLabel(_("Begrebet har kun haft den ordlyd, det har nu."), "soft", wrap=True))
        self.finish_rows()
        self.cancel_button.hide()
        self.accept_button.setFocus()

    def _entry(self, wording: Wording, before: Wording | None, *, now: bool) -> QFrame:
        frame = QFrame()
        frame.setProperty("role", "card")
        rows = QVBoxLayout(frame)
        px = self.theme.px
        rows.setContentsMargins(px(16), px(12), px(16), px(14))
        rows.setSpacing(px(4))
        heading = _("Nu: {who}") if now else _("Før: {who}")
        rows.addWidget(PlainLabel(heading.format(who=_who(wording)), "strong", wrap=True))
        if before is None:
            rows.addWidget(PlainLabel(concept_text(wording.concept, "definition"), wrap=True))
        else:
            for label, old, new in changed_texts(before.concept, wording.concept):
                rows.addWidget(PlainLabel(label, "label", wrap=True))
                rows.addWidget(PlainLabel(_("Var: {text}").format(text=old or _("ingenting")), "soft", wrap=True))
                rows.addWidget(PlainLabel(_("Blev: {text}").format(text=new or _("ingenting")), wrap=True))
        if not now:
            again = Button(_("Brug denne ordlyd igen"), name=_("Brug ordlyden igen: {who}").format(who=_who(wording)))
            again.setAutoDefault(False)
            again.clicked.connect(partial(self._on_taken, wording))
            rows.addWidget(again, 0, Qt.AlignmentFlag.AlignLeft)
            self.take.append(again)
        return frame

    def _on_taken(self, wording: Wording) -> None:
        self.taken.emit(wording)
        self.accept()


def _who(wording: Wording) -> str:
    if wording.since is None:
        return _("bogens egen ordlyd")
    return _("{who}, {day}").format(who=wording.author, day=format_day(wording.since))
