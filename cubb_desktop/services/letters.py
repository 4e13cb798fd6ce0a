"""What is handed out after a withdrawal: a letter to each who has a copy, and a receipt for the citizen.

Neither says whose agreement it was; a name stands on the receipt only if somebody types it when it is made.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from cubb_desktop.domain.consent import PURPOSE_LABELS, Purpose
from cubb_desktop.domain.errors import N_
from cubb_desktop.domain.pack import ExportEntry
from cubb_desktop.export.letters import Letter, Rows
from cubb_desktop.i18n import Language, format_clock_ms, format_date, text_in
from cubb_desktop.services.erasure import Withdrawal

BACKUP_DAYS = 30

_RECALL = N_("Tilbagekaldelse af kopier")
_TO = N_("Til {name}")
_TO_UNKNOWN = N_("Til den, der har fået kopien")
_RECALL_WHY = N_(
    "Du har fået en kopi af lyd eller udskrift fra en samtale. Den {date} trak en, der høres i samtalen, sin aftale "
    "tilbage, helt eller for det formål, du fik kopien til. Kopien må derfor ikke bruges mere."
)
_RECALL_WHAT = N_(
    "Slet filerne herunder overalt, hvor de ligger: også i mails, på delte drev, på USB-nøgler og i sikkerhedskopier. "
    "Makulér det, der er printet. Har du givet en fil videre, så giv også brevet her videre."
)
_RECALL_SUM = N_("Kontrolsummen (SHA-256) gør det muligt at genkende en fil, selv om den har fået et andet navn.")
_RECALL_ANSWER = N_("Skriv under, når det er gjort, og send brevet tilbage til {name}.")
_RECALL_SIGN = N_("Slettet den ____________________   Navn ________________________________________")
_FILE, _PURPOSE, _LEFT, _SUM = N_("Fil"), N_("Formål"), N_("Gemt den"), N_("Kontrolsum (SHA-256)")
_WHO = N_("Hvem fik den")
_NOT_WRITTEN = N_("ikke skrevet ned")

_RECEIPT = N_("Kvittering: din aftale er trukket tilbage")
_RECEIPT_WHOLE = N_("Den {date} trak du din aftale tilbage. Aftalens nummer er {id}.")
_RECEIPT_PART = N_(
    "Den {date} trak du din aftale tilbage for: {purposes}. Resten af aftalen gælder stadig. Aftalens nummer er {id}."
)
_DELETED = N_("Slettet på computeren: lyd, udskrift, mærker, noter og uddrag fra")
_DELETED_ONE = N_("samtalen den {date} ({length})")
_DELETED_NONE = N_("Der var ingen samtaler at slette.")
_DELETED_BEFORE = N_(
    "Alt, hvad der hvilede på aftalen, er slettet, senest den {date}. Programmet ved ikke længere, hvad det var."
)
_DELETED_OTHERS = N_("Alt andet, der hvilede på aftalen, er slettet før. Programmet ved ikke længere, hvad det var.")
_KEPT_PART = N_("Samtalerne bliver, men bruges ikke mere til det, du har trukket tilbage.")
_HELD = N_(
    "Holdt tilbage: {count}. Kommunen skal først journalisere, eller nogen har ret til at se samtalen. Ingen må bruge "
    "den til læring imens, og den slettes, så snart det er overstået."
)
_BUSY = N_("Optages lige nu: {count}. Det slettes, så snart optagelsen er stoppet.")
_COPIES = N_("Kopier, der var givet videre, og som nu bliver kaldt tilbage:")
_NO_COPIES = N_("Der var ikke givet kopier videre.")
_COPIES_BEFORE = N_(
    "Er der givet kopier videre, er de kaldt tilbage, eller de står på kommunens liste over kopier, der mangler at "
    "blive kaldt tilbage."
)
_BACKUPS = N_(
    "Sikkerhedskopier: nøglen til samtalerne er slettet. Senest den {date} kan de heller ikke læses i ældre kopier."
)
_BEFORE = N_(
    "Det, samtalerne er brugt til, før du trak aftalen tilbage, var lovligt og ændres ikke (databeskyttelses"
    "forordningen, artikel 7, stk. 3)."
)
_PROOF = N_(
    "Vi beholder kun et bevis for, at der var en aftale, og at den er trukket tilbage: dens nummer, datoer og formål, "
    "og hvem der tog imod den. Der står ikke, hvem du er."
)
_COMPLAINT = N_("Er du utilfreds, kan du klage til Datatilsynet, datatilsynet.dk.")


@dataclass(frozen=True, slots=True)
class RecallLetter:
    """A letter and the copies it calls back; `recipient` None where nobody wrote down who got them."""

    recipient: str | None
    copies: tuple[ExportEntry, ...]
    letter: Letter


def recall_letters(
    copies: Iterable[ExportEntry], withdrawn_on: date, sender: str, language: Language
) -> list[RecallLetter]:
    """Return one letter for each who has copies, by name; those of whom nobody knows come last, in one letter."""
    by_recipient: dict[str | None, list[ExportEntry]] = {}
    for copy in copies:
        by_recipient.setdefault(copy.recipient, []).append(copy)
    order = sorted(by_recipient, key=lambda name: (name is None, name or ""))
    return [
        RecallLetter(name, tuple(by_recipient[name]), _recall(name, by_recipient[name], withdrawn_on, sender, language))
        for name in order
    ]


def _recall(
    recipient: str | None, copies: Iterable[ExportEntry], withdrawn_on: date, sender: str, language: Language
) -> Letter:
    def said(message: str, **params: object) -> str:
        return text_in(language, message).format(**params)

    to = said(_TO, name=recipient) if recipient is not None else said(_TO_UNKNOWN)
    rows = tuple(
        (copy.file_name, _purposes([copy.purpose], language), _day(copy.exported_at, language), copy.sha256)
        for copy in copies
    )
    headings = (said(_FILE), said(_PURPOSE), said(_LEFT), said(_SUM))
    parts = (
        to,
        said(_RECALL_WHY, date=format_date(withdrawn_on, language)),
        said(_RECALL_WHAT),
        Rows(headings, rows),
        said(_RECALL_SUM),
        said(_RECALL_ANSWER, name=sender),
        said(_RECALL_SIGN),
    )
    return Letter(said(_RECALL), parts, language)


def receipt(withdrawal: Withdrawal, language: Language, name: str = "") -> Letter:
    """Return the citizen's receipt; `name` stands on it only if it is given."""

    def said(message: str, **params: object) -> str:
        return text_in(language, message).format(**params)

    day = _day(withdrawal.at, language)
    opening = _RECEIPT_WHOLE if withdrawal.whole else _RECEIPT_PART
    purposes = _purposes(withdrawal.purposes, language)
    parts: list[str | Rows] = [said(_TO, name=name.strip())] if name.strip() else []
    parts.append(said(opening, date=day, id=withdrawal.consent_id, purposes=purposes))
    parts += _what_went(withdrawal, language)
    rows = tuple(
        (copy.recipient or said(_NOT_WRITTEN), _purposes([copy.purpose], language), _day(copy.exported_at, language))
        for copy in withdrawal.copies
    )
    if rows:
        parts += [said(_COPIES), Rows((said(_WHO), said(_PURPOSE), said(_LEFT)), rows)]
    else:
        parts.append(said(_COPIES_BEFORE if withdrawal.earlier else _NO_COPIES))
    if withdrawal.whole:
        gone_at = withdrawal.settled_at or withdrawal.at
        until = gone_at.astimezone().date() + timedelta(days=BACKUP_DAYS)
        parts += [said(_BACKUPS, date=format_date(until, language)), said(_PROOF)]
    parts += [said(_BEFORE), said(_COMPLAINT)]
    return Letter(said(_RECEIPT), tuple(parts), language)


def _what_went(withdrawal: Withdrawal, language: Language) -> list[str | Rows]:
    def said(message: str, **params: object) -> str:
        return text_in(language, message).format(**params)

    erased = withdrawal.erased
    if not withdrawal.whole:
        return [said(_KEPT_PART)]
    parts: list[str | Rows] = []
    if erased.gone:
        told = [
            said(_DELETED_ONE, date=format_date(gone.recorded_on, language), length=format_clock_ms(gone.duration_ms))
            for gone in erased.gone
        ]
        parts.append("\n".join([f"{said(_DELETED)}:", *(f"– {line}" for line in told)]))
    elif not erased.held and not erased.busy:
        day = _day(withdrawal.settled_at or withdrawal.at, language)
        parts.append(said(_DELETED_BEFORE, date=day) if withdrawal.earlier else said(_DELETED_NONE))
    if erased.held:
        parts.append(said(_HELD, count=len(erased.held)))
    if erased.busy:
        parts.append(said(_BUSY, count=len(erased.busy)))
    if withdrawal.earlier and (erased.gone or erased.held or erased.busy):
        parts.append(said(_DELETED_OTHERS))
    return parts


def _purposes(purposes: Iterable[Purpose], language: Language) -> str:
    wanted = frozenset(purposes)
    return ", ".join(text_in(language, PURPOSE_LABELS[purpose]) for purpose in Purpose if purpose in wanted)


def _day(moment: datetime, language: Language) -> str:
    return format_date(moment.astimezone().date(), language)
