"""How a round in which each works alone first is told: one plain sentence, the same wherever it is said."""

from __future__ import annotations

from collections.abc import Sequence

from cubb_desktop.domain.annotating import BlindRound, same_person
from cubb_desktop.i18n import _, format_day


def round_sentence(blind: BlindRound | None, me: str) -> str:
    """Return how a round stands for a person."""
    if blind is None:
        return _("Alle ser alle mærker.")
    if blind.opened_at is not None:
        return _("Åbnet for alle {day}. Alle ser alle mærker.").format(day=format_day(blind.opened_at))
    if not blind.people:
        beginner = _("du") if blind.was_begun_by(me) else blind.begun_by
        alone = _("Først hver for sig: du ser kun dine egne mærker og svar, til {name} åbner for alle.")
        return alone.format(name=beginner)
    names = joined([_("dig") if same_person(name, me) else name for name in blind.waits_for])
    alone = _("Først hver for sig: du ser kun dine egne mærker og svar, til alle er færdige. Vi venter på {names}.")
    return alone.format(names=names)


def joined(names: Sequence[str]) -> str:
    """Return "Anders", "Anders og Bodil" or "Anders, Bodil og Mette"."""
    if len(names) < 2:
        return "".join(names)
    return _("{names} og {last}").format(names=", ".join(names[:-1]), last=names[-1])
