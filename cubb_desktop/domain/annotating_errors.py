"""What can go wrong where several people mark and talk about the same conversation."""

from __future__ import annotations

from cubb_desktop.domain.errors import N_, CubbError


class NotYours(CubbError):
    message = N_("Det har en anden skrevet. Kun den, der har skrevet det, kan ændre eller fjerne det. Skriv et svar.")


class RepliesGoToo(CubbError):
    message = N_("Mærket har svar, og de følger med. Skriv --with-replies, hvis de også skal væk.")


class RepliesHidden(CubbError):
    message = N_("Der er svar på mærket fra før runden. Vent med at fjerne det, til I har åbnet for hinanden.")


class RoundUnderWay(CubbError):
    message = N_("I er allerede i gang, først hver for sig. Åbn for hinanden, når alle er færdige.")


class RoundOpened(CubbError):
    message = N_("Der er åbnet for hinandens mærker i samtalen. Det kan ikke gøres om.")


class NoRound(CubbError):
    message = N_("Ingen har sat samtalen til »først hver for sig«. Alle ser alle mærker.")


class NotTakingPart(CubbError):
    message = N_("Runden venter ikke på dig. De, den venter på, siger selv, når de er færdige.")


class NotTheBeginner(CubbError):
    message = N_("Kun {name}, som begyndte runden, kan åbne for alle. Sig, at du er færdig, så åbnes der med de andre.")
