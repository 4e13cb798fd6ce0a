"""What the acts and outcomes of the audit log are called in plain language; nothing here names or quotes anybody."""

from __future__ import annotations

import re
from datetime import date

from cubb_desktop.domain.audit import AuditLine
from cubb_desktop.domain.errors import N_
from cubb_desktop.i18n import _, format_date, format_month

# Said after the name of who did it; {id} is the beginning of the thing's id, for a conversation with its day.
ACTS: dict[str, str] = {
    "recording.begun": N_("begyndte på samtalen {id}"),
    "recording.agreed": N_("skrev en aftale til samtalen {id}"),
    "recording.imported": N_("hentede samtalen {id} ind fra en fil"),
    "recording.recorded": N_("optog samtalen {id}"),
    "recording.interrupted": N_("fandt samtalen {id} afbrudt"),
    "recording.kept": N_("beholdt den afbrudte samtale {id}"),
    "recording.undone": N_("fortrød samtalen {id}"),
    "recording.renamed": N_("gav samtalen {id} en ny titel"),
    "recording.deleted": N_("slettede samtalen {id}"),
    "recording.expired": N_("slettede samtalen {id}, hvis tid var udløbet"),
    "recording.forgotten": N_("slettede samtalen {id}, fordi en aftale blev trukket tilbage"),
    "recording.journalised": N_("skrev, at samtalen {id} er journaliseret"),
    "recording.held": N_("holdt samtalen {id} tilbage fra sletning"),
    "recording.released": N_("holdt ikke længere samtalen {id} tilbage"),
    "recording.opened": N_("åbnede samtalen {id}"),
    "recording.played": N_("lyttede til samtalen {id}"),
    "recording.quoted": N_("læste et eksempel fra samtalen {id} i begrebsbogen"),
    "transcripts.searched": N_("søgte i udskrifterne"),
    "transcription.requested": N_("bad om en udskrift af samtalen {id}"),
    "transcription.started": N_("begyndte på udskriften af samtalen {id}"),
    "transcription.succeeded": N_("blev færdig med udskriften af samtalen {id}"),
    "transcription.failed": N_("kunne ikke lave udskriften {id}"),
    "transcription.cancelled": N_("annullerede udskriften {id}"),
    "transcription.retried": N_("bad om udskriften {id} igen"),
    "transcription.restarted": N_("begyndte forfra på udskriften af samtalen {id}"),
    "transcript.readable": N_("gjorde teksten til samtalen {id} læselig"),
    "transcript.finished": N_("gjorde udskriften {id} færdig"),
    "transcript.corrected": N_("rettede i udskriften af samtalen {id}"),
    "lines.frozen": N_("lagde linjenumrene i udskriften af samtalen {id} fast"),
    "transcript.undone": N_("fortrød en rettelse i udskriften af samtalen {id}"),
    "transcript.redone": N_("gjorde en rettelse i udskriften af samtalen {id} igen"),
    "transcript.chosen": N_("valgte, hvilken version af udskriften til samtalen {id} der gælder"),
    "speaker.named": N_("gav en taler i samtalen {id} et navn"),
    "annotation.added": N_("satte mærket {id}"),
    "annotation.removed": N_("fjernede mærket {id}"),
    "annotation.restored": N_("satte mærket {id} tilbage"),
    "annotation.edited": N_("ændrede mærket {id}"),
    "annotation.status": N_("skrev, om mærket {id} er drøftet"),
    "reply.added": N_("svarede på mærket {id}"),
    "reply.edited": N_("ændrede et svar på mærket {id}"),
    "reply.removed": N_("fjernede et svar på mærket {id}"),
    "reply.restored": N_("satte et svar på mærket {id} tilbage"),
    "round.begun": N_("satte samtalen {id} til »først hver for sig«"),
    "round.ready": N_("sagde, at mærkerne i samtalen {id} er færdige"),
    "round.unready": N_("sagde, at mærkerne i samtalen {id} ikke er færdige endnu"),
    "round.opened": N_("åbnede samtalen {id} for alles mærker"),
    "concept.switched": N_("tog et begreb i brug eller lagde det til side ({id})"),
    "concept.retired": N_("lagde et begreb væk ({id})"),
    "concept.merged": N_("lagde et begreb sammen med et andet ({id})"),
    "concept.added": N_("tilføjede et begreb ({id})"),
    "concept.revised": N_("skrev et begreb om ({id})"),
    "concept.unmerged": N_("skilte to begreber ad igen ({id})"),
    "concept.imported": N_("hentede begreber ind fra en kodebog"),
    "example.added": N_("gjorde et stykke til eksempel på et begreb ({id})"),
    "example.removed": N_("fjernede et eksempel på et begreb ({id})"),
    "example.restored": N_("satte et eksempel på et begreb tilbage ({id})"),
    "suggestion.accepted": N_("gjorde et forslag til mærket {id}"),
    "suggestion.dismissed": N_("afviste et forslag i samtalen {id}"),
    "suggestion.restored": N_("tog et afvist forslag i samtalen {id} tilbage"),
    "excerpt.added": N_("lavede uddraget {id}"),
    "collection.added": N_("lavede samlingen {id}"),
    "collection.changed": N_("ændrede samlingen {id}"),
    "collection.removed": N_("slettede samlingen {id}"),
    "collection.restored": N_("lagde samlingen {id} tilbage"),
    "passage.added": N_("lagde et sted i en samling ({id})"),
    "passage.changed": N_("skrev om et sted i en samling ({id})"),
    "passage.removed": N_("tog et sted ud af en samling ({id})"),
    "passage.restored": N_("lagde et sted tilbage i en samling ({id})"),
    "export.written": N_("gemte en fil af en samtale eller et uddrag ({id})"),
    "consent.added": N_("skrev aftalen {id}"),
    "consent.withdrawn": N_("skrev, at aftalen {id} er trukket tilbage"),
    "consent.purpose_withdrawn": N_("skrev, at et formål i aftalen {id} er trukket tilbage"),
    "consent.forgotten": N_("fjernede betegnelse og bevis fra aftalen {id}"),
    "export.recalled": N_("kaldte en kopi tilbage ({id})"),
    "slot.booked": N_("bookede feedback ({id})"),
    "policy.set": N_("ændrede kommunens rammer"),
    "library.created": N_("oprettede biblioteket"),
    "library.unlocked": N_("låste biblioteket op"),
    "library.locked": N_("låste biblioteket"),
    "library.backed_up": N_("lavede en sikkerhedskopi af biblioteket"),
    "library.restored": N_("gendannede biblioteket fra en sikkerhedskopi"),
    "audit.verified": N_("efterprøvede logbogen"),
    "audit.listed": N_("så i logbogen"),
    "audit.sampled": N_("så stikprøven for {id}"),
    "audit.signed": N_("skrev under på stikprøven for {id}"),
    "audit.extracted": N_("lavede et logudtræk om samtalen {id}"),
    "audit.pruned": N_("fjernede de ældste linjer af logbogen efter reglerne"),
}

OUTCOMES: dict[str, str] = {
    "done": "",
    "opened": N_("; dermed blev der åbnet for alles mærker"),
    "refused": N_("; det blev ved forsøget, for aftalen tillod det ikke"),
    "own-acts": N_("; egne linjer var imellem"),
    "whole": N_("; den var hel"),
    "broken": N_("; den var brudt"),
    "after-failed-tries": N_(" efter {number} forkerte forsøg"),
}

_MONTH = re.compile(r"\d{4}-\d\d")
_UNSAMPLED = frozenset({"library.unlocked", "library.locked"})


def act_sentence(line: AuditLine, recorded_on: date | None = None) -> str:
    """Return what was done, as said after the name of who did it; `recorded_on` is the conversation's day."""
    short = (line.object_id or "")[:8]
    if _MONTH.fullmatch(short):
        short = format_month(date.fromisoformat(f"{short}-01"))
    if recorded_on is not None:
        short = _("fra {day} ({id})").format(day=format_date(recorded_on), id=short)
    return _(ACTS.get(line.action, line.action)).format(id=short).strip()


def outcome_words(outcome: str) -> str:
    """Return how it went, to be said right after the sentence; nothing for what simply was done."""
    stem = outcome.rstrip("-0123456789")  # a code may end in a number
    return _(OUTCOMES[stem]).format(number=outcome[len(stem) + 1 :]) if stem in OUTCOMES else f" ({outcome})"


def is_sampled(action: str) -> bool:
    """Whether a line of this kind is drawn for the leader: not unlocking, locking, nor looking at the log itself."""
    return action not in _UNSAMPLED and not action.startswith("audit.")
