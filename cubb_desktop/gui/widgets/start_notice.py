"""One calm line on the page that records: what the municipality has not settled yet."""

from __future__ import annotations

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QWidget

from cubb_desktop.domain.changes import Changes
from cubb_desktop.gui.context import PageContext
from cubb_desktop.gui.widgets.controls import Button, IconButton
from cubb_desktop.gui.widgets.text import PlainLabel
from cubb_desktop.i18n import _
from cubb_desktop.services.policy import start_notice

_MOST_SCALE_FOR_WORDS = 1.5


class StartNotice(PlainLabel):
    """Says that the legal basis is open, and nothing once it is settled."""

    def __init__(self, context: PageContext) -> None:
        super().__init__("", "sub", wrap=True)
        self._context = context
        self.hide()
        context.background.changed.connect(self._on_changed)
        self.reload()

    def reload(self) -> None:
        """Ask again."""
        workspace = self._context.workspace()
        self._context.background.run_read(lambda: start_notice(workspace), self._on_known)

    @Slot(object)
    def _on_changed(self, changes: Changes) -> None:
        if changes.consents:
            self.reload()

    @Slot(object)
    def _on_known(self, notice: str | None) -> None:
        self.setText(notice or "")
        self.setVisible(notice is not None)


def agreements_button(page: QWidget, context: PageContext) -> Button | IconButton:
    """Return the button that shows everybody's agreements over a page; an icon where the text is very large."""
    button: Button | IconButton
    if context.theme.scale > _MOST_SCALE_FOR_WORDS:
        button = IconButton(context.theme, "agreement", _("Aftaler"))
    else:
        button = Button(_("Aftaler"), tooltip=_("Se, hvem der har sagt ja til hvad, og hvor længe"))

    def show() -> None:
        from cubb_desktop.gui.widgets.agreements import AgreementsDialog

        AgreementsDialog(page.window(), context).open()

    button.clicked.connect(show)
    return button
