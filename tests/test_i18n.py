"""Danish first, English beside it: texts, errors, dates and durations."""

from __future__ import annotations

import gettext
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path

import pytest

from cubb_desktop import i18n
from cubb_desktop.domain.errors import ConsentExpired, ConsentLacksPurpose, CubbError, InvalidInput, PassphraseTooShort
from cubb_desktop.i18n import (
    _,
    current_language,
    format_clock_ms,
    format_date,
    format_day,
    format_number,
    format_seconds,
    format_share,
    format_short_date,
    format_time,
    format_time_left,
    ngettext,
    sentence,
    set_language,
)

COPENHAGEN = timezone(timedelta(hours=1))
SINCE_THEN = datetime(2026, 11, 19, 9, 30)  # noqa: DTZ001 - local, as the machine shows it
TODAY = date(2026, 11, 19)


@pytest.fixture
def in_english(monkeypatch: pytest.MonkeyPatch) -> None:
    """Speak English with a catalogue of this test's own, so that it does not wait for the bundled one."""

    class Catalogue(gettext.NullTranslations):
        texts = {  # noqa: RUF012 - of a class that lives for one test
            "læringsrum": "learning room",
            "Adgangssætningen er for kort. Brug mindst {least} tegn, gerne fire tilfældige ord.": "Too short: {least}.",
            "i dag {time}": "today {time}",
            "ca. {minutes} min": "about {minutes} min",
        }

        def gettext(self, message: str) -> str:
            return self.texts.get(message, message)

        def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
            return "one recording" if n == 1 else "{n} recordings"

    set_language("en")
    monkeypatch.setattr(i18n._Spoken, "catalogue", Catalogue())


def test_danish_is_spoken_until_something_else_is_chosen() -> None:
    assert current_language() == "da"
    assert _("Gem") == "Gem"
    assert ngettext("{n} optagelse", "{n} optagelser", 1) == "{n} optagelse"
    assert ngettext("{n} optagelse", "{n} optagelser", 0) == "{n} optagelser"


def test_the_bundled_english_catalogue_can_be_spoken_and_left_again() -> None:
    set_language("en")
    assert current_language() == "en"
    assert _("a text that nobody translated") == "a text that nobody translated"
    set_language("da")
    assert current_language() == "da"


def test_an_unknown_language_is_refused() -> None:
    with pytest.raises(ValueError, match="fr"):
        set_language("fr")  # type: ignore[arg-type]
    assert current_language() == "da"


def test_an_empty_text_stays_empty_in_every_language() -> None:
    set_language("en")
    assert _("") == ""


@pytest.mark.usefixtures("in_english")
def test_texts_and_plurals_are_translated() -> None:
    assert _("læringsrum") == "learning room"
    assert ngettext("{n} optagelse", "{n} optagelser", 2).format(n=2) == "2 recordings"


# --- errors ----------------------------------------------------------------------------------------------------------


def test_an_error_is_a_sentence_with_its_params() -> None:
    assert sentence(PassphraseTooShort(least=12)).startswith("Adgangssætningen er for kort. Brug mindst 12 tegn")


@pytest.mark.usefixtures("in_english")
def test_an_error_is_translated_before_it_is_filled_in() -> None:
    assert sentence(PassphraseTooShort(least=12)) == "Too short: 12."


def test_an_error_says_dates_and_purposes_as_a_person_would() -> None:
    assert "udløb 1. februar 2026." in sentence(ConsentExpired(until="2026-02-01"))
    assert "udløb 1. februar 2026." in sentence(ConsentExpired(until=date(2026, 2, 1)))
    assert "dette formål: læringsrum." in sentence(ConsentLacksPurpose(purpose="learning-room"))


def test_an_error_with_a_missing_or_odd_param_is_still_a_sentence() -> None:
    assert "udløb …." in sentence(ConsentExpired())
    assert "udløb snart." in sentence(ConsentExpired(until="snart"))
    assert sentence(InvalidInput(field="Titel", problem="Skriv noget {her}.")) == "Titel: Skriv noget {her}."


@pytest.mark.parametrize("kind", sorted(CubbError.__subclasses__(), key=str))
def test_every_error_is_a_sentence_even_without_params(kind: type[CubbError]) -> None:
    assert sentence(kind()).endswith((".", "…"))


# --- dates -----------------------------------------------------------------------------------------------------------


def test_dates_and_times_in_danish() -> None:
    assert format_date(date(2026, 11, 19)) == "19. november 2026"
    assert format_short_date(date(2026, 11, 9), today=TODAY) == "9. nov."
    assert format_short_date(date(2025, 5, 9), today=TODAY) == "9. maj 2025"
    assert format_time(SINCE_THEN) == "9.30"


def test_dates_and_times_in_english() -> None:
    set_language("en")
    assert format_date(date(2026, 11, 19)) == "19 November 2026"
    assert format_short_date(date(2025, 5, 9), today=TODAY) == "9 May 2025"
    assert format_time(SINCE_THEN) == "9:30"


def test_a_day_is_today_yesterday_or_a_date() -> None:
    assert format_day(SINCE_THEN, today=TODAY) == "i dag 9.30"
    assert format_day(SINCE_THEN, today=date(2026, 11, 20)) == "i går 9.30"
    assert format_day(SINCE_THEN, today=date(2026, 11, 21)) == "19. nov."
    assert format_day(SINCE_THEN, today=date(2027, 1, 1)) == "19. nov. 2026"
    assert format_day(SINCE_THEN, today=date(2026, 11, 18)) == "19. nov."


def test_a_time_with_a_zone_is_shown_in_the_machines_zone() -> None:
    code = (
        "from datetime import datetime, timezone; from cubb_desktop.i18n import *\n"
        "late = datetime(2026, 11, 19, 23, 30, tzinfo=timezone.utc)\n"
        "print(format_time(late), format_date(late), sep='|')"
    )
    environment = {"TZ": "Europe/Copenhagen", "PYTHONPATH": str(Path(i18n.__file__).parent.parent)}
    printed = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert printed.stdout.strip() == "0.30|20. november 2026"


def test_the_months_are_the_calendars() -> None:
    assert [format_date(date(2026, month, 1)).split()[1] for month in (1, 5, 12)] == ["januar", "maj", "december"]
    assert {len(months) for months in (*i18n.MONTHS.values(), *i18n.SHORT_MONTHS.values())} == {12}


# --- durations -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("milliseconds", "shown"),
    [(0, "0:00"), (999, "0:00"), (7_000, "0:07"), (2_292_400, "38:12"), (3_723_000, "1:02:03"), (-5, "0:00")],
)
def test_a_length_reads_like_a_clock(milliseconds: int, shown: str) -> None:
    assert format_clock_ms(milliseconds) == shown


def test_a_silence_is_shown_to_a_tenth_with_the_languages_mark() -> None:
    assert [format_seconds(ms) for ms in (0, 249, 250, 1_249, 12_000)] == ["0,0", "0,2", "0,3", "1,2", "12,0"]
    set_language("en")
    assert format_seconds(1_249) == "1.2"


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (None, ""),
        (3, "få sekunder"),
        (22, "ca. 20 sek."),
        (57, "ca. 1 min"),
        (240, "ca. 4 min"),
        (3_580, "ca. 1 t."),
        (4_200, "ca. 1 t. 10 min"),
        (7_199, "ca. 2 t."),
    ],
)
def test_time_left_is_no_finer_than_it_can_be_known(seconds: float | None, shown: str) -> None:
    assert format_time_left(seconds) == shown


@pytest.mark.usefixtures("in_english")
def test_time_left_is_translated() -> None:
    assert format_time_left(240) == "about 4 min"


def test_local_and_zoned_times_agree() -> None:
    zoned = datetime(2026, 11, 19, 8, 30, tzinfo=UTC)
    assert format_time(zoned) == format_time(zoned.astimezone(COPENHAGEN))


def test_speaking_costs_a_start_next_to_nothing() -> None:
    code = "import sys, cubb_desktop.i18n; print(*sorted({name.split('.')[0] for name in sys.modules}))"
    environment = {"PYTHONPATH": str(Path(i18n.__file__).parent.parent)}
    loaded = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert not {"babel", "tomlkit", "numpy", "PySide6", "sqlalchemy"} & set(loaded.stdout.split())


# --- numbers ---------------------------------------------------------------------------------------------------------


def test_numbers_have_the_decimal_mark_of_the_language() -> None:
    assert (format_number(3.24), format_number(0.05, 2), format_number(12, 0)) == ("3,2", "0,05", "12")
    assert (format_share(0.973, 1), format_share(0.5)) == ("97,3 %", "50 %")


@pytest.mark.usefixtures("in_english")
def test_numbers_have_the_decimal_mark_of_english() -> None:
    assert format_number(3.24) == "3.2"
    assert (format_share(0.973, 1), format_share(1)) == ("97.3%", "100%")
