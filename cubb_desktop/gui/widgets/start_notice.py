"""One calm line on the page that records: what the municipality has not settled yet."""

from __future__ import annotations

from PySide6.QtCore import Slot

from cubb_desktop.domain.changes import Changes
from cubb_desktop.gui.context import PageContext
from cubb_desktop.gui.widgets.text import PlainLabel
from cubb_desktop.services.policy import start_notice


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
