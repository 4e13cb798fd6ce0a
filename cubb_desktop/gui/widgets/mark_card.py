"""One mark as a card: concept, place, author, note; opened, also what was replied, and what one can do about it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPoint, Qt, Signal, Slot
from PySide6.QtGui import QContextMenuEvent, QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from cubb_desktop.domain.ids import AnnotationId, ReplyId
from cubb_desktop.gui.theme import Theme
from cubb_desktop.gui.widgets.concept_chips import GROUNDS
from cubb_desktop.gui.widgets.controls import Button, IconButton, Rule
from cubb_desktop.gui.widgets.mentions import MentionField, MentionText
from cubb_desktop.gui.widgets.text import ElidedLabel, PlainLabel
from cubb_desktop.i18n import _, ngettext


@dataclass(frozen=True, slots=True)
class ReplyView:
    """What a card says of a reply."""

    id: ReplyId
    author: str
    when: str
    text: str
    own: bool


@dataclass(frozen=True, slots=True)
class MarkView:
    """What a card says: the concept, where it is, who made it, what they and others wrote."""

    id: AnnotationId
    concept: str
    token: str
    place: str
    author: str
    note: str
    spoken_place: str
    own: bool = True
    discussed: bool = False
    replies: tuple[ReplyView, ...] = ()

    @property
    def answered(self) -> str:
        """How many replies there are, in words; nothing for none."""
        number = len(self.replies)
        return ngettext("{number} svar", "{number} svar", number).format(number=number) if number else ""

    @property
    def spoken(self) -> str:
        """How a screen reader says it."""
        parts = [_("mærke af {name}: {concept}").format(name=self.author, concept=self.concept), self.spoken_place]
        parts += [part for part in (self.answered, _("drøftet") if self.discussed else "") if part]
        return ", ".join(parts)


@dataclass(frozen=True, slots=True)
class Draft:
    """A reply that is being written: to which mark, which reply is worded anew ("" for a new one), and the text."""

    annotation_id: str
    reply_id: str = ""
    text: str = ""


class Pill(PlainLabel):
    """A concept's name in its colour."""

    def __init__(self, theme: Theme, text: str, token: str) -> None:
        super().__init__(text, "pill")
        ink, ground = GROUNDS.get(token, ("soft", "rail"))
        self.setStyleSheet(
            f"color: {theme.color(ink).name()}; background: {theme.color(ground).name()};"
            f"border-color: {theme.color(ground).name()};"
        )
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)


class MarkCard(QFrame):
    """One mark; a click or Enter shows its passage and opens it, the arrows go to the cards beside it."""

    chosen = Signal()
    remove_requested = Signal()
    edit_requested = Signal()
    status_requested = Signal(bool)  # whether it has been talked about
    reply_requested = Signal(str)  # the ReplyId to word anew, "" for a new one
    reply_saved = Signal(str, str)  # ReplyId or "", text
    reply_left = Signal()
    reply_removed = Signal(str)  # ReplyId
    step_requested = Signal(int)
    menu_requested = Signal(QPoint)  # where on the screen

    def __init__(self, theme: Theme, view: MarkView, names: Sequence[str], *, opened: bool = False) -> None:
        super().__init__()
        self._theme, self._names = theme, tuple(names)
        self.view, self.opened = view, opened
        self.field: MentionField | None = None
        self._draft: Draft | None = None
        self.setProperty("role", "card")
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(view.spoken)
        self.setAccessibleDescription(" · ".join([view.note, *(f"{r.author}: {r.text}" for r in view.replies)]))
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        self._rows = QVBoxLayout(self)
        self._rows.setContentsMargins(theme.px(16), theme.px(12), theme.px(10), theme.px(13))
        self._rows.setSpacing(theme.px(6))
        self._rows.addLayout(self._top())
        parts = (view.place, view.author, "" if opened else view.answered)
        self._rows.addWidget(ElidedLabel(" · ".join(part for part in parts if part), "sub"))
        if view.note:
            self._rows.addWidget(MentionText(theme, view.note, names))
        if opened:
            self._add_thread()

    def _top(self) -> QHBoxLayout:
        top = QHBoxLayout()
        top.setSpacing(self._theme.px(8))
        top.addWidget(Pill(self._theme, self.view.concept, self.view.token))
        if self.view.discussed:
            top.addWidget(PlainLabel(_("drøftet"), "pill"))
        top.addStretch(1)
        self.remove = IconButton(self._theme, "close", _("Fjern mærket"), size=14)
        self.remove.clicked.connect(self.remove_requested)
        if not self.view.own:
            self.remove.hide()
        top.addWidget(self.remove)
        return top

    # --- the thread --------------------------------------------------------------------------------------------------

    def _add_thread(self) -> None:
        for reply in self.view.replies:
            self._rows.addWidget(Rule())
            self._rows.addWidget(self._reply(reply))
        self.acts = QWidget()
        row = QHBoxLayout(self.acts)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(self._theme.px(6))
        self.answer = Button(_("Svar"), tooltip=_("Svar på mærket · R"))
        self.answer.clicked.connect(lambda: self.reply_requested.emit(""))
        talked = self.view.discussed
        self.status = Button(_("Åben igen") if talked else _("Drøftet"), "quiet", tooltip=_("Drøftet eller åben · D"))
        self.status.clicked.connect(lambda: self.status_requested.emit(not talked))
        row.addWidget(self.answer)
        row.addWidget(self.status)
        if self.view.own:
            self.edit = Button(_("Ret"), "quiet", tooltip=_("Ret begreb, note og sted · E"), name=_("Ret mærket"))
            self.edit.clicked.connect(self.edit_requested)
            row.addWidget(self.edit)
        row.addStretch(1)
        self._rows.addWidget(self.acts)

    def _reply(self, reply: ReplyView) -> QWidget:
        theme, shown = self._theme, QWidget()
        shown.setAccessibleName(_("svar af {name}").format(name=reply.author))
        rows = QVBoxLayout(shown)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(theme.px(2))
        top = QHBoxLayout()
        top.setSpacing(theme.px(4))
        top.addWidget(ElidedLabel(f"{reply.author} · {reply.when}", "sub"), 1)
        if reply.own:
            edit = Button(_("Ret"), "quiet", name=_("Ret svaret"))
            edit.clicked.connect(lambda: self.reply_requested.emit(reply.id))
            remove = IconButton(theme, "close", _("Fjern svaret"), size=12)
            remove.clicked.connect(lambda: self.reply_removed.emit(reply.id))
            top.addWidget(edit)
            top.addWidget(remove)
        rows.addLayout(top)
        rows.addWidget(MentionText(theme, reply.text, self._names))
        return shown

    def write(self, draft: Draft) -> None:
        """Open the field for a reply; the card must be open."""
        self._draft = draft
        self.acts.hide()
        field = self.field = MentionField(self._theme, _("Svar"), _("Hvad tænker du?"), leaves=True)
        field.set_names(self._names)
        field.setPlainText(draft.text)
        field.moveCursor(field.textCursor().MoveOperation.End)
        field.submitted.connect(self._on_saved)
        field.left.connect(self.reply_left)
        save = Button(_("Gem svar"), "primary", tooltip=_("Gem svaret · Ctrl+Enter"))
        save.clicked.connect(self._on_saved)
        leave = Button(_("Annullér"), "quiet")
        leave.clicked.connect(self.reply_left)
        row = QHBoxLayout()
        row.addWidget(save)
        row.addWidget(leave)
        row.addStretch(1)
        self._rows.addWidget(field)
        self._rows.addLayout(row)
        field.show()  # now: the keyboard goes there at once

    @property
    def draft(self) -> Draft | None:
        """The reply that is being written, as it stands now."""
        if self.field is None or self._draft is None:
            return None
        return Draft(self._draft.annotation_id, self._draft.reply_id, self.field.toPlainText())

    @Slot()
    def _on_saved(self) -> None:
        draft = self.draft
        if draft is not None and draft.text.strip():
            self.reply_saved.emit(draft.reply_id, draft.text)

    # --- hands -------------------------------------------------------------------------------------------------------

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() is Qt.MouseButton.LeftButton and self.rect().contains(event.position().toPoint()):
            self.chosen.emit()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        self.menu_requested.emit(event.globalPos())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = Qt.Key(event.key())
        does: dict[Qt.Key, Callable[[], object]] = {
            Qt.Key.Key_Return: self.chosen.emit,
            Qt.Key.Key_Enter: self.chosen.emit,
            Qt.Key.Key_Space: self.chosen.emit,
            Qt.Key.Key_R: lambda: self.reply_requested.emit(""),
            Qt.Key.Key_D: lambda: self.status_requested.emit(not self.view.discussed),
            Qt.Key.Key_Up: lambda: self.step_requested.emit(-1),
            Qt.Key.Key_Down: lambda: self.step_requested.emit(1),
        }
        if self.view.own:
            does |= {Qt.Key.Key_Delete: self.remove_requested.emit, Qt.Key.Key_E: self.edit_requested.emit}
        plain = not event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        if key in does and plain:
            does[key]()
        else:
            super().keyPressEvent(event)
