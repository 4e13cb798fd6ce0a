"""The audit log for people: check it, look at it, draw the month's sample and sign it, write a citizen's extract.

What is shown are acts: who did what to which thing and when. Never what was said, and nobody is counted.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from random import SystemRandom
from typing import Any

from cubb_desktop.domain.audit import (
    LEAST_KEPT_YEARS,
    MOST_KEPT_YEARS,
    USUAL_KEPT_YEARS,
    AuditLine,
    Sample,
)
from cubb_desktop.domain.errors import (
    N_,
    InvalidInput,
    RecordingNotFound,
    SampleMissing,
    SampleSigned,
    TargetUnwritable,
)
from cubb_desktop.domain.ids import RecordingId
from cubb_desktop.export.tables import csv_of
from cubb_desktop.i18n import _, format_date, format_month, format_time
from cubb_desktop.library import audit, policies, trails
from cubb_desktop.library.access import Reading
from cubb_desktop.library.audit import Fault, Verdict
from cubb_desktop.services.audit_words import act_sentence, is_sampled, outcome_words
from cubb_desktop.services.outfile import NewFile
from cubb_desktop.services.workspace import Workspace

USUAL_SAMPLE, LARGEST_SAMPLE = 20, 500
LONGEST_REMARK = 2000
KEPT_YEARS = "log_kept_years"

_FAULTS: dict[Fault, str] = {
    Fault.ALTERED: N_("Logbogen er brudt ved linje {number}: linjen er ændret, flyttet eller sat ind."),
    Fault.MISSING: N_("Logbogen er brudt ved linje {number}: linjen er fjernet."),
    Fault.CUT_OFF: N_("Logbogen er brudt ved linje {number}: de nyeste linjer er fjernet eller skiftet ud."),
    Fault.UNANCHORED: N_("Logbogens kendemærke er væk: ingen kan vide, om der mangler linjer fra {number} og frem."),
}


@dataclass(frozen=True, slots=True)
class Told:
    """A line of the log in plain words."""

    line: AuditLine
    who: str
    what: str
    day: str
    time: str

    def document(self) -> dict[str, Any]:
        """Return the line for another program; the same names in every language."""
        return {
            "number": self.line.number,
            "at": self.line.at.isoformat(),
            "who": self.who,
            "action": self.line.action,
            "object": self.line.object_id,
            "outcome": self.line.outcome,
            "what": self.what,
        }


@dataclass(frozen=True, slots=True)
class SampleView:
    """A month's sample with its lines; `removed` of them have gone by the rules, `final` once the month is over."""

    sample: Sample
    lines: tuple[Told, ...]
    removed: int
    final: bool


# --- checking and looking --------------------------------------------------------------------------------------------


def verify_log(ws: Workspace) -> Verdict:
    """Check the whole log and log that it was done."""
    verdict = ws.library.check_log()
    ws.library.note(ws.actor, "audit.verified", outcome="whole" if verdict.broken is None else "broken")
    return verdict


def fault_sentence(verdict: Verdict) -> str:
    """Return what is wrong with a broken log, where, and what to do."""
    told = _(_FAULTS[verdict.fault]).format(number=verdict.broken) if verdict.fault is not None else ""
    return told + " " + _("Kopiér mappen et sikkert sted hen, og bed om hjælp.")


def list_log(ws: Workspace, recording_id: RecordingId | None = None, since: date | None = None) -> list[Told]:
    """Return the lines about one conversation (all without) since a day, newest first; looking leaves a line too."""
    start = _midnight(since) if since is not None else None
    with ws.library.change(ws.actor, "audit.listed", recording_id) as change:
        objects = trails.objects_of(change, recording_id) if recording_id is not None else None
        return _told(change, audit.lines(change, since=start, objects=objects))


def _told(reading: Reading, lines: Iterable[AuditLine], who: Callable[[str], str] = str) -> list[Told]:
    held = trails.recorded_days(reading)
    return [
        Told(
            line,
            who(line.actor),
            act_sentence(line, held.get(line.object_id or "")) + outcome_words(line.outcome),
            format_date(line.at),
            format_time(line.at),
        )
        for line in lines
    ]


# --- the monthly sample ----------------------------------------------------------------------------------------------


def drawn(numbers: Sequence[int], size: int) -> list[int]:
    """Return at most `size` of `numbers`, each as likely as the others, by the system's own randomness."""
    return SystemRandom().sample(numbers, min(size, len(numbers)))


def draw_sample(ws: Workspace, month: str | None = None, size: int = USUAL_SAMPLE) -> SampleView:
    """Draw at most `size` lines of a month ("2026-11"; None: the last one), each as likely as the others.

    What was drawn for a month stays: nobody draws until they like it. A month that is not over gives a view that is
    neither kept nor signed. Raises `InvalidInput`.
    """
    month = month or last_month(ws.today())
    start, end = _bounds(month)
    if not 1 <= size <= LARGEST_SAMPLE:
        raise InvalidInput(field=_("Antal"), problem=_("Vælg mellem 1 og {most} linjer.").format(most=LARGEST_SAMPLE))
    if start > ws.today():
        raise InvalidInput(field=_("Måned"), problem=_("Måneden er ikke begyndt."))
    with ws.library.change(ws.actor, "audit.sampled", month) as change:
        sample = audit.get_sample(change, month)
        if sample is None:
            lines = audit.lines(change, since=_midnight(start), until=_midnight(end))
            numbers = [line.number for line in lines if is_sampled(line.action)]
            sample = Sample(month, tuple(sorted(drawn(numbers, size))))
            if end <= ws.today():
                audit.put_sample(change, month, sample.numbers)
                sample = audit.get_sample(change, month) or sample
        return _view(change, sample, final=end <= ws.today())


def sign_sample(ws: Workspace, month: str, remark: str = "") -> SampleView:
    """Sign that the month's sample has been looked through; raises `SampleMissing`, `SampleSigned`, `InvalidInput`.

    Whoever signs for lines of their own may do so where they are alone; the log then says so.
    """
    _bounds(month)
    if len(remark) > LONGEST_REMARK:
        raise InvalidInput(field=_("Bemærkning"), problem=_("Brug højst {most} tegn.").format(most=LONGEST_REMARK))
    with ws.library.change(ws.actor, "audit.signed", month) as change:
        sample = audit.get_sample(change, month)
        if sample is None:
            raise SampleMissing(month=month)
        if sample.signed_at is not None:
            raise SampleSigned(month=month)
        if any(line.actor == ws.actor for line in audit.numbered(change, sample.numbers)):
            change.outcome = "own-acts"
        audit.sign_sample(change, month, remark.strip())
        return _view(change, audit.get_sample(change, month) or sample, final=True)


def sample_notes(view: SampleView) -> list[str]:
    """Return what must be said beside a sample: whether it can be signed, by whom it was, what has gone since."""
    sample, notes = view.sample, []
    if not view.final:
        notes.append(_("Måneden er ikke slut. Det her er et foreløbigt kig; stikprøven trækkes, når måneden er slut."))
    if view.removed:
        notes.append(_("{removed} af linjerne er fjernet efter reglerne siden.").format(removed=view.removed))
    if sample.signed_by is not None and sample.signed_at is not None:
        signed = _("Skrevet under af {name} {day}.").format(name=sample.signed_by, day=format_date(sample.signed_at))
        notes.append(f"{signed} {sample.remark}".strip())
    return notes


def unsigned_month(ws: Workspace) -> str | None:
    """Return last month if there is something in it to look through that nobody has signed for; leaves no line."""
    month = last_month(ws.today())
    start, end = _bounds(month)
    with ws.library.read() as reading:
        sample = audit.get_sample(reading, month)
        if sample is not None:
            return month if sample.signed_at is None else None
        lines = audit.lines(reading, since=_midnight(start), until=_midnight(end))
    return month if any(is_sampled(line.action) for line in lines) else None


def last_month(today: date) -> str:
    """Return the month before that of `today`, as "2026-10"."""
    return f"{today.replace(day=1) - timedelta(days=1):%Y-%m}"


def month_name(month: str) -> str:
    """Return "november 2026" for "2026-11", in the current language."""
    return format_month(_bounds(month)[0])


def _view(reading: Reading, sample: Sample, *, final: bool) -> SampleView:
    lines = _told(reading, audit.numbered(reading, sample.numbers))
    return SampleView(sample, tuple(lines), len(sample.numbers) - len(lines), final)


def _bounds(month: str) -> tuple[date, date]:
    """Return the first day of a month and of the next; raises `InvalidInput`."""
    try:
        start = datetime.strptime(month, "%Y-%m").date()  # noqa: DTZ007 - a month has no zone
        if f"{start:%Y-%m}" != month:
            raise ValueError
        return start, (start + timedelta(days=31)).replace(day=1)
    except (ValueError, OverflowError):
        problem = _("Skriv en måned som 2026-11.")
        raise InvalidInput(field=_("Måned"), problem=problem) from None


def _midnight(day: date) -> datetime:
    """Return when a day begins where the person is."""
    return datetime.combine(day, time()).astimezone()


# --- the extract for a citizen ---------------------------------------------------------------------------------------


def extract(
    ws: Workspace, recording_id: RecordingId, out: Path, *, with_names: bool = False, replace_existing: bool = False
) -> int:
    """Write what the log says about a conversation to a new file, oldest first; return how many lines it holds.

    The name's ending chooses .csv or .json. Staff are "medarbejder 1", "medarbejder 2" … unless `with_names`: whether a
    citizen gets their names is decided each time. Raises `RecordingNotFound` where the log knows no such conversation,
    `InvalidInput`, `TargetExists`, `TargetUnwritable`, `DiskFull`.
    """
    made = _EXTRACTS.get(out.suffix.lower())
    if made is None:
        raise InvalidInput(field=_("Fil"), problem=_("Giv filen et navn, der ender på .csv eller .json."))
    if out.resolve().is_relative_to(ws.folder.resolve()):
        raise TargetUnwritable
    staff: dict[str, str] = {}

    def who(actor: str) -> str:
        return actor if with_names else staff.setdefault(actor, _("medarbejder {n}").format(n=len(staff) + 1))

    with NewFile(out, replace_existing=replace_existing) as file:
        with ws.library.change(ws.actor, "audit.extracted", recording_id) as change:
            lines = audit.lines(change, objects=trails.objects_of(change, recording_id))
            if not lines:
                raise RecordingNotFound
            told = _told(change, reversed(lines), who)
        file.write(made(told))
        file.keep()
    return len(told)


def _csv(told: list[Told]) -> bytes:
    header = (_("Nummer"), _("Dag"), _("Klokken"), _("Hvem"), _("Hvad"))
    return csv_of(header, [(str(t.line.number), t.day, t.time, t.who, t.what) for t in told])


def _json(told: list[Told]) -> bytes:
    return (json.dumps([t.document() for t in told], ensure_ascii=False, indent=2) + "\n").encode()


_EXTRACTS: dict[str, Callable[[list[Told]], bytes]] = {".csv": _csv, ".json": _json}


# --- how long it is kept ---------------------------------------------------------------------------------------------


def log_kept_years(ws: Workspace) -> int:
    """Return for how many years lines of the log are kept."""
    with ws.library.read() as reading:
        return int(policies.get(reading, KEPT_YEARS) or USUAL_KEPT_YEARS)


def set_log_kept_years(ws: Workspace, years: int) -> None:
    """Decide for how many years lines of the log are kept; raises `InvalidInput`."""
    if not LEAST_KEPT_YEARS <= years <= MOST_KEPT_YEARS:
        problem = _("Vælg mellem {least} og {most} år.").format(least=LEAST_KEPT_YEARS, most=MOST_KEPT_YEARS)
        raise InvalidInput(field=_("Logbogen gemmes"), problem=problem)
    with ws.library.change(ws.actor, "policy.set") as change:
        policies.put(change, KEPT_YEARS, years)


def prune_log(ws: Workspace) -> int:
    """Remove the lines that are older than the log is kept; return how many. Raises `AuditBroken`."""
    years = log_kept_years(ws)
    today = ws.today()
    first_kept = today.replace(year=today.year - years, day=min(today.day, 28))
    return ws.library.prune_log(ws.actor, _midnight(first_kept))
