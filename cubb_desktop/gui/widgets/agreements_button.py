"""The button that shows everybody's agreements, for the pages that rest on them."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from cubb_desktop.gui.context import PageContext
from cubb_desktop.gui.widgets.controls import Button, IconButton
from cubb_desktop.i18n import _

_MOST_SCALE_FOR_WORDS = 1.5


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
