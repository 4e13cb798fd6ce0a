"""Texts, numbers and dates in the person's language. Danish is the source; English is a catalogue beside it.

The language is one setting of the process. Nothing heavy is imported: a start pays a few milliseconds here.
"""

from __future__ import annotations

import gettext
from datetime import date, datetime, timedelta
from typing import Literal

from cubb_desktop.domain.consent import PURPOSE_LABELS, Purpose
from cubb_desktop.domain.errors import N_, CubbError
from cubb_desktop.settings import resources_folder

__all__ = [
    "N_",
    "Language",
    "_",
    "current_language",
    "format_clock_ms",
    "format_date",
    "format_day",
    "format_number",
    "format_seconds",
    "format_share",
    "format_short_date",
    "format_time",
    "format_time_left",
    "ngettext",
    "sentence",
    "set_language",
    "text_in",
]

Language = Literal["da", "en"]
DOMAIN = "cubb"

MONTHS: dict[Language, tuple[str, ...]] = {
    "da": (
        "januar",
        "februar",
        "marts",
        "april",
        "maj",
        "juni",
        "juli",
        "august",
        "september",
        "oktober",
        "november",
        "december",
    ),
    "en": (
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ),
}
SHORT_MONTHS: dict[Language, tuple[str, ...]] = {
    "da": ("jan.", "feb.", "mar.", "apr.", "maj", "jun.", "jul.", "aug.", "sep.", "okt.", "nov.", "dec."),
    "en": ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
}


class _Spoken:
    """The language of this process and its catalogue."""

    language: Language = "da"
    catalogue: gettext.NullTranslations = gettext.NullTranslations()


# --- texts -----------------------------------------------------------------------------------------------------------


def set_language(language: Language) -> None:
    """Speak `language` from now on; texts already shown are the window's to renew. English needs its catalogue."""
    if language not in MONTHS:
        raise ValueError(f"unknown language: {language}")
    if language == "da":
        _Spoken.catalogue = gettext.NullTranslations()
    else:
        _Spoken.catalogue = gettext.translation(DOMAIN, resources_folder() / "locale", [language])
    _Spoken.language = language


def current_language() -> Language:
    """Return the language spoken now."""
    return _Spoken.language


def _(message: str) -> str:
    """Return the Danish `message` in the current language."""
    return _Spoken.catalogue.gettext(message) if message else ""  # the empty id is the catalogue's own header


def text_in(language: Language, message: str) -> str:
    """Return the Danish `message` in a language of its own, as for a letter to somebody else than the person here."""
    if language == "da":
        return message
    return gettext.translation(DOMAIN, resources_folder() / "locale", [language]).gettext(message)


def ngettext(singular: str, plural: str, number: int) -> str:
    """Return the Danish text for `number` things in the current language."""
    return _Spoken.catalogue.ngettext(singular, plural, number)


class _Params(dict[str, object]):
    """An error's params; a missing one must not hide the error it belongs to."""

    def __missing__(self, key: str) -> str:
        return "…"


def sentence(error: CubbError) -> str:
    """Return the error's sentence in the current language with its params filled in, ready to show."""
    shown = _Params({name: _param(name, value) for name, value in error.params.items()})
    return _(error.message).format_map(shown)


def _param(name: str, value: object) -> object:
    """Say a param as a person would: dates in words, purposes by their label, texts of the catalogue translated."""
    if name == "purpose" and isinstance(value, str) and value in set(Purpose):
        return _(PURPOSE_LABELS[Purpose(value)])
    if isinstance(value, date):
        return format_date(value)
    if not isinstance(value, str):
        return value
    if name == "until":
        try:
            return format_date(date.fromisoformat(value))
        except ValueError:
            return value
    return _(value)


# --- numbers ---------------------------------------------------------------------------------------------------------


def format_number(value: float, decimals: int = 1) -> str:
    """Return a number with the language's decimal mark: "3,2" / "3.2"."""
    text = f"{value:.{decimals}f}"
    return text.replace(".", ",") if _Spoken.language == "da" else text


def format_share(share: float, decimals: int = 0) -> str:
    """Return a share 0..1 in per cent: "97,3 %" / "97.3%"."""
    return f"{format_number(share * 100, decimals)}{' ' if _Spoken.language == 'da' else ''}%"


# --- dates and times -------------------------------------------------------------------------------------------------


def format_date(value: date, language: Language | None = None) -> str:
    """Return "19. november 2026" / "19 November 2026"; a datetime counts by the local day."""
    day = _local_day(value)
    spoken = language or _Spoken.language
    dot = "." if spoken == "da" else ""
    return f"{day.day}{dot} {MONTHS[spoken][day.month - 1]} {day.year}"


def format_month(value: date) -> str:
    """Return the month of a day: "november 2026" / "November 2026"."""
    day = _local_day(value)
    return f"{MONTHS[_Spoken.language][day.month - 1]} {day.year}"


def format_short_date(value: date, *, today: date | None = None) -> str:
    """Return "19. nov." / "19 Nov", with the year where it is not that of `today` (default: this one)."""
    day = _local_day(value)
    dot = "." if _Spoken.language == "da" else ""
    short = f"{day.day}{dot} {SHORT_MONTHS[_Spoken.language][day.month - 1]}"
    this_year = (today or _now().date()).year
    return short if day.year == this_year else f"{short} {day.year}"


def format_time(value: datetime) -> str:
    """Return the local time of day: "9.30" / "9:30"."""
    local = _local(value)
    mark = "." if _Spoken.language == "da" else ":"
    return f"{local.hour}{mark}{local.minute:02}"


def format_day(value: datetime, *, today: date | None = None) -> str:
    """Return a list's way of saying when: "i dag 10.04", "i går 14.20", "19. nov.", "19. nov. 2025"."""
    local = _local(value)
    reference = today or _now().date()
    if local.date() == reference:
        return _("i dag {time}").format(time=format_time(local))
    if local.date() == reference - timedelta(days=1):
        return _("i går {time}").format(time=format_time(local))
    return format_short_date(local, today=reference)


def _now() -> datetime:
    return datetime.now().astimezone()


def _local(value: datetime) -> datetime:
    """Return `value` in the machine's zone; one without a zone is local already."""
    return value.astimezone() if value.tzinfo is not None else value


def _local_day(value: date) -> date:
    return _local(value).date() if isinstance(value, datetime) else value


# --- durations -------------------------------------------------------------------------------------------------------


def format_clock_ms(milliseconds: int) -> str:
    """Return a length or a position: "0:07", "38:12", "1:02:03"; parts of a second are dropped, as clocks do."""
    seconds = max(0, milliseconds) // 1000
    hours, minutes, seconds = seconds // 3600, seconds // 60 % 60, seconds % 60
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


def format_seconds(milliseconds: int) -> str:
    """Return a short length to a tenth of a second, half up: "1,2" / "1.2"."""
    tenths = (max(0, milliseconds) + 50) // 100
    mark = "," if _Spoken.language == "da" else "."
    return f"{tenths // 10}{mark}{tenths % 10}"


def format_time_left(seconds: float | None) -> str:
    """Return how long is left, no finer than it can be known: "ca. 20 sek.", "ca. 4 min", "ca. 1 t. 10 min"."""
    if seconds is None:
        return ""
    if seconds < 10:
        return _("få sekunder")
    if seconds < 55:
        return _("ca. {seconds} sek.").format(seconds=round(seconds / 10) * 10)
    minutes = max(1, round(seconds / 60))
    if minutes < 60:
        return _("ca. {minutes} min").format(minutes=minutes)
    minutes = round(minutes / 5) * 5
    if minutes % 60 == 0:
        return _("ca. {hours} t.").format(hours=minutes // 60)
    return _("ca. {hours} t. {minutes} min").format(hours=minutes // 60, minutes=minutes % 60)
