"""An agreement in words: whom with, where it stands, what was said, how it was given, and what rests on it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from cubb_desktop.domain.consent import (
    MANNER_LABELS,
    PURPOSE_LABELS,
    PURPOSE_STATE_LABELS,
    READING_AID_LABELS,
    Consent,
    ConsentState,
    Purpose,
    PurposeState,
    days_left,
    purpose_state,
    state_on,
)
from cubb_desktop.domain.recording import Recording
from cubb_desktop.i18n import _, format_date, ngettext

_MOST_TITLES = 6


def whom(consent: Consent) -> str:
    """Return the reference, or that it was forgotten with the agreement."""
    return consent.citizen or _("(trukket tilbage)")


def standing(consent: Consent, today: date) -> str:
    """Return where an agreement stands, in a few words."""
    left = days_left(consent, today)
    if left is not None:
        return ngettext("slutter om {days} dag", "slutter om {days} dage", left).format(days=left)
    return {
        ConsentState.VALID: _("gælder til {until}"),
        ConsentState.EXPIRED: _("udløb {until}"),
        ConsentState.WITHDRAWN: _("trukket tilbage"),
    }[state_on(consent, today)].format(until=format_date(consent.until))


def answers(consent: Consent, today: date) -> list[str]:
    """Return a line for each purpose that was spoken of, and one for the colleagues that were named."""
    states = {purpose: purpose_state(consent, purpose, today) for purpose in Purpose}
    lines = [
        f"{_(PURPOSE_LABELS[purpose])}: {_(PURPOSE_STATE_LABELS[state])}"
        for purpose, state in states.items()
        if state is not PurposeState.NOT_ASKED
    ]
    if consent.named:
        lines.append(_("feedback fra: {names}").format(names=", ".join(consent.named)))
    return lines


def how(consent: Consent) -> str:
    """Return when, by whom and how it was taken, on one line."""
    parts = [
        _("Taget {day} af {who}").format(day=format_date(consent.given_at.astimezone().date()), who=consent.author)
    ]
    parts.append(_(MANNER_LABELS[consent.manner]))
    if consent.wording is not None:
        parts.append(
            _("tekst {version} ({language})").format(version=consent.wording, language=consent.wording_language)
        )
        parts.append(_(READING_AID_LABELS[consent.reading_aid]))
    if consent.form:
        parts.append(consent.form)
    return " · ".join(parts)


def resting(found: Sequence[Recording]) -> str:
    """Return the titles of the conversations that rest on it."""
    if not found:
        return _("Ingen samtaler hviler på den.")
    titles = [recording.title for recording in found[:_MOST_TITLES]]
    if len(found) > _MOST_TITLES:
        titles.append(_("og {number} til").format(number=len(found) - _MOST_TITLES))
    return _("På den hviler: {titles}").format(titles=" · ".join(titles))
