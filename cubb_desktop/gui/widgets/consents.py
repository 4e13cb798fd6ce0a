"""An agreement on one line, for lists to choose from."""

from __future__ import annotations

from cubb_desktop.domain.consent import PURPOSE_LABELS, Consent, Purpose
from cubb_desktop.gui.widgets.consent_form import ConsentForm
from cubb_desktop.i18n import _, format_date

__all__ = ["ConsentForm", "consent_text"]


def consent_text(consent: Consent) -> str:
    """Return an agreement as one line: whom with, until when, what for (last, as there may be no room for it)."""
    purposes = ", ".join(_(PURPOSE_LABELS[purpose]) for purpose in Purpose if purpose in consent.purposes)
    return _("{citizen} · til {until} · {purposes}").format(
        citizen=consent.citizen, until=format_date(consent.until), purposes=purposes
    )
