"""The command line's grammar; which function does a command is named here and loaded only when it is called."""

from __future__ import annotations

import argparse
from contextlib import suppress
from datetime import date, datetime
from pathlib import Path
from typing import Any

import cubb_desktop
from cubb_desktop.cli import annotating_grammar
from cubb_desktop.cli.grammar import Parser
from cubb_desktop.cli.patterns_grammar import add_collections, add_search
from cubb_desktop.domain.consent import Manner, Purpose, ReadingAid
from cubb_desktop.domain.feedback import USUAL_MINUTES
from cubb_desktop.domain.finders import FinderId
from cubb_desktop.domain.policy import LegalBasis
from cubb_desktop.domain.recording import ConversationKind, RecordingState, Role
from cubb_desktop.domain.thresholds import LIMITS, can_be
from cubb_desktop.i18n import _

Commands = Any  # argparse keeps the type of its sub-parsers to itself


def build() -> Parser:
    """Return the whole grammar. Options that hold for all commands may stand before or after the command."""
    parser = Parser(prog="cubb-desktop", description=_("Optag, udskriv og læs samtaler, som borgeren har sagt ja til."))
    version = f"CUBB Desktop {cubb_desktop.__version__}"
    parser.add_argument("--version", action="version", version=version, help=_("vis versionen"))
    _add_global(parser, first=True)
    commands = parser.add_subparsers(dest="command", metavar=_("KOMMANDO"))
    for add in (_program, _library, _consent, _policy, _sound, _speech, _reading, _leaving, _forgetting, _feedback):
        add(commands)
    _audit(commands)
    return parser


def _add_global(parser: argparse.ArgumentParser, *, first: bool = False) -> None:
    def default(value: object) -> Any:
        return value if first else argparse.SUPPRESS

    options = parser.add_argument_group(_("Valg til alle kommandoer"))
    options.add_argument(
        "--library", type=Path, metavar=_("MAPPE"), default=default(None), help=_("bibliotekets mappe")
    )
    options.add_argument(
        "--passphrase-file", type=Path, metavar=_("FIL"), default=default(None), help=_("fil med adgangssætningen")
    )
    options.add_argument(
        "--json", action="store_true", default=default(False), help=_("ét JSON-dokument på stdout, intet andet")
    )
    options.add_argument("--lang", choices=["da", "en"], default=default(None), help=_("sprog"))


def _command(commands: Commands, name: str, handler: str, text: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(name, help=text, description=text)
    parser.set_defaults(handler=handler)
    _add_global(parser)
    return parser


def _group(commands: Commands, name: str, text: str, handler: str | None = None) -> Commands:
    """A command with verbs of its own; `handler` does it where no verb is given."""
    parser = commands.add_parser(name, help=text, description=text)
    _add_global(parser)
    if handler is not None:
        parser.set_defaults(handler=handler)
    return parser.add_subparsers(dest="verb", metavar=_("HVAD"), required=handler is None)


# --- the commands ----------------------------------------------------------------------------------------------------


def _program(commands: Commands) -> None:
    window = _command(commands, "window", "window", _("åbn vinduet (som uden kommando)"))
    window.add_argument("--until-ready", action="store_true", help=argparse.SUPPRESS)
    demo = _command(commands, "demo", "demo:demo", _("prøv det hele på en opdigtet samtale"))
    demo.add_argument(
        "--keep", type=Path, metavar=_("MAPPE"), help=_("behold biblioteket og filerne i denne nye mappe")
    )
    _command(commands, "doctor", "doctor:doctor", _("se, hvad der virker på denne computer, og hvad der skal til"))


def _library(commands: Commands) -> None:
    verbs = _group(commands, "library", _("opret og efterprøv biblioteket"))
    _command(verbs, "init", "library:init", _("opret et bibliotek"))
    _command(verbs, "info", "library:info", _("vis, hvad biblioteket rummer"))
    change = _command(verbs, "passphrase", "keys:passphrase", _("skift adgangssætningen"))
    change.add_argument("--new-passphrase-file", type=Path, metavar=_("FIL"), help=_("fil med den nye adgangssætning"))
    about = _("lav en ny gendannelsesnøgle; den gamle gælder så ikke længere")
    _command(verbs, "recovery-key", "keys:recovery_key", about)
    _command(verbs, "verify", "library:verify", _("efterprøv, at intet er ændret eller ødelagt"))
    backup = _command(verbs, "backup", "backup:backup", _("lav en sikkerhedskopi, og efterprøv den"))
    backup.add_argument("to", type=Path, metavar=_("MAPPE"), help=_("mappen til kopien, helst på et andet drev"))
    restore = _command(verbs, "restore", "backup:restore", _("gendan biblioteket fra en sikkerhedskopi i en ny mappe"))
    restore.add_argument("source", type=Path, metavar=_("MAPPE"), help=_("mappen, som kopien ligger i"))
    restore.add_argument(
        "--recovery-key-file",
        type=Path,
        metavar=_("FIL"),
        help=_("fil med gendannelsesnøglen, i stedet for adgangssætningen"),
    )
    restore.add_argument(
        "--tombstones",
        type=Path,
        metavar=_("FIL"),
        help=_("fil med flere samtaler, der er glemt og ikke må komme igen"),
    )
    restore.add_argument(
        "--salvage", action="store_true", help=_("hent det, der er helt, selv om noget af kopien er beskadiget")
    )


def _consent(commands: Commands) -> None:
    verbs = _group(commands, "consent", _("aftaler med dem, der høres"))
    add = _command(verbs, "add", "consent:add", _("skriv ned, hvad en person har sagt ja til"))
    add.add_argument(
        "--citizen", required=True, metavar=_("BETEGNELSE"), help=_("din egen betegnelse; aldrig et CPR-nummer")
    )
    add.add_argument(
        "--purpose", required=True, action="append", nargs="+", type=_purpose, metavar="P",
        help=_("formål: {purposes}").format(purposes=", ".join(Purpose)),
    )  # fmt: skip
    add.add_argument("--until", required=True, type=_day, metavar=_("DATO"), help=_("sidste dag, fx 2027-05-23"))
    add.add_argument("--form", metavar=_("FIL"), help=_("hvor den underskrevne aftale ligger"))
    _given(add)
    _command(verbs, "list", "consent:listing", _("vis aftalerne"))
    _id(_command(verbs, "show", "consent:show", _("vis én aftale")))
    _withdraw(_command(verbs, "withdraw", "forgetting:withdraw", _("aftalen trækkes tilbage, og samtalerne slettes")))
    sheet = _command(verbs, "sheet", "consent:sheet", _("gem informationsarket til borgeren, klar til print"))
    sheet.add_argument("--language", default="da", metavar="da", help=_("arkets sprog, fx da, en eller ar"))
    sheet.add_argument("--wording", metavar="V", help=_("tekstens version; ellers den nyeste"))
    sheet.add_argument("--out", required=True, type=Path, metavar=_("FIL"), help=_("filen, der skal laves"))


def _given(add: argparse.ArgumentParser) -> None:
    """How an agreement was given, and by whom."""
    add.add_argument(
        "--role", type=Role, choices=list(Role), default=Role.CITIZEN, metavar="R",
        help=_("hvem det er: {roles}").format(roles=", ".join(Role)),
    )  # fmt: skip
    add.add_argument(
        "--refused",
        action="append",
        nargs="+",
        type=_purpose,
        default=[],
        metavar="P",
        help=_("formål, der er sagt nej til"),
    )
    add.add_argument(
        "--name",
        action="append",
        default=[],
        metavar=_("NAVN"),
        help=_("en kollega, der må give feedback; gerne flere"),
    )
    add.add_argument(
        "--manner", type=Manner, choices=list(Manner), default=Manner.UNSPECIFIED, metavar="M",
        help=_("hvordan aftalen er givet: {manners}").format(manners=", ".join(Manner)),
    )  # fmt: skip
    add.add_argument(
        "--wording-language", metavar="da", help=_("sproget i den tekst, der blev læst, fx da, en eller ar")
    )
    add.add_argument(
        "--reading-aid", type=ReadingAid, choices=list(ReadingAid), default=ReadingAid.NONE, metavar="H",
        help=_("hjælp til at forstå teksten: {aids}").format(aids=", ".join(ReadingAid)),
    )  # fmt: skip
    add.add_argument(
        "--evidence", action="append", type=Path, default=[], metavar=_("FIL"),
        help=_("den underskrevne aftale som PNG, JPEG eller PDF; gerne flere"),
    )  # fmt: skip
    add.add_argument("--renews", metavar="ID", help=_("den ældre aftale med samme person, som denne afløser"))


def _policy(commands: Commands) -> None:
    verbs = _group(commands, "policy", _("kommunens rammer"), "policy:show")
    _command(verbs, "show", "policy:show", _("vis, hvad kommunen har bestemt"))
    change = _command(verbs, "set", "policy:change", _("skriv, hvad kommunen har bestemt"))
    change.add_argument("--municipality", metavar=_("NAVN"), help=_("kommunens navn"))
    change.add_argument("--controller", metavar=_("NAVN"), help=_("den dataansvarlige"))
    change.add_argument("--contact", metavar="T", help=_("databeskyttelsesrådgiveren, og hvordan man får fat i dem"))
    change.add_argument(
        "--legal-basis", type=LegalBasis, choices=list(LegalBasis), metavar="B",
        help=_("behandlingsgrundlaget: {bases}").format(bases=", ".join(LegalBasis)),
    )  # fmt: skip
    change.add_argument("--law", metavar="T", help=_("loven, det hviler på"))
    change.add_argument("--signed-by", metavar=_("NAVN"), help=_("den, der har godkendt grundlaget"))
    change.add_argument("--signed-on", type=_day, metavar=_("DATO"), help=_("dagen, det blev godkendt"))
    for name, text in (
        ("--audio-days", _("så længe lyd må gemmes")),
        ("--transcript-days", _("så længe udskrifter må gemmes")),
        ("--excerpt-days", _("så længe uddrag må gemmes")),
    ):
        change.add_argument(name, type=int, metavar="N", help=text)
    change.add_argument(
        "--require-legal-basis", action=argparse.BooleanOptionalAction, default=None,
        help=_("optag kun, når grundlaget er godkendt"),
    )  # fmt: skip


def _sound(commands: Commands) -> None:
    record = _command(commands, "record", "recording:record", _("optag en samtale"))
    _agreed(record, _("aftalen med en, der er til stede; gerne flere gange"))
    record.add_argument("--device", metavar="D", help=_("mikrofonens navn, som »doctor« viser det"))
    record.add_argument("--seconds", type=_seconds, metavar="N", help=_("stop selv efter N sekunder"))
    record.add_argument("--title", metavar="T", help=_("samtalens titel"))
    record.add_argument(
        "--spoken-agreement", action="store_true", help=_("aftalen siges højt og optages først, som et stykke for sig")
    )
    fetch = _command(commands, "import", "sound:import_sound", _("hent en lydfil ind"))
    fetch.add_argument("file", type=Path, metavar=_("FIL"), help=_("lydfilen, fx WAV, MP3, M4A eller FLAC"))
    _agreed(fetch, _("aftalen med en, der høres; gerne flere gange"))
    fetch.add_argument("--title", metavar="T", help=_("samtalens titel; ellers filens navn"))
    listing = _command(commands, "recordings", "sound:recordings", _("vis samtalerne"))
    listing.add_argument("--state", metavar="S", help=_("kun dem i en af tilstandene: {states}").format(
        states=", ".join(RecordingState)
    ))  # fmt: skip
    verbs = listing.add_subparsers(dest="verb", metavar=_("HVAD"), required=False)
    recover = _command(verbs, "recover", "recording:recover", _("find optagelser, der blev afbrudt, og vælg"))
    recover.add_argument("id", nargs="?", metavar="ID", help=_("den optagelse, der skal beholdes eller slettes"))
    choice = recover.add_mutually_exclusive_group()
    choice.add_argument("--keep", action="store_true", help=_("behold den, som den er"))
    choice.add_argument("--delete", action="store_true", help=_("slet den"))
    _holds(verbs)
    _recording(_command(commands, "marks", "recording:marks", _("vis, hvad der blev mærket under optagelsen")))


def _speech(commands: Commands) -> None:
    one = _command(commands, "transcribe", "speech:transcribe", _("lav en udskrift, og vent på den"))
    _recording(one)
    one.add_argument("--model", type=Path, metavar="M", help=_("modelmappe til tale"))
    one.add_argument("--diariser", type=Path, metavar="D", help=_("modelmappe til stemmer"))
    one.add_argument("--speakers", type=int, metavar="N", help=_("så mange talere i samtalen"))
    one.add_argument("--min-speakers", type=int, metavar="A", help=_("mindst så mange talere"))
    one.add_argument("--max-speakers", type=int, metavar="B", help=_("højst så mange talere"))
    one.add_argument("--language", metavar="da", help=_("sproget i samtalen; auto finder det i lyden"))
    one.add_argument("--no-wait", action="store_true", help=_("sæt opgaven i kø, og vent ikke"))
    jobs = _group(commands, "jobs", _("køen af udskrifter"), "speech:jobs")
    _command(jobs, "list", "speech:jobs", _("vis opgaverne"))
    _id(_command(jobs, "cancel", "speech:cancel", _("annullér en opgave")))
    _id(_command(jobs, "retry", "speech:retry", _("prøv en opgave igen")))
    worker = _command(commands, "worker", "speech:worker", _("lav de udskrifter, der venter"))
    worker.add_argument("--once", action="store_true", help=_("stop, når køen er tom"))
    worker.add_argument("--key-on-stdin", action="store_true", help=argparse.SUPPRESS)
    models = _group(commands, "models", _("modeller til tale og stemmer"))
    _command(models, "list", "speech:models", _("vis modellerne"))
    add = _command(models, "add", "speech:add_model", _("tilføj en modelmappe"))
    add.add_argument("folder", type=Path, metavar=_("MAPPE"), help=_("modellens mappe"))


def _reading(commands: Commands) -> None:
    transcript = _command(commands, "transcript", "reading:transcript", _("vis en udskrift"))
    _recording(transcript)
    transcript.add_argument(
        "--format", choices=["text", "jefferson", "table", "json"], default="text",
        help=_("ren tekst, Jefferson-notation, tabel eller JSON"),
    )  # fmt: skip
    lines = _group(commands, "lines", _("linjer og linjenumre"))
    _recording(_command(lines, "freeze", "lines:freeze", _("læg linjenumrene fast; det kan ikke fortrydes")))
    checked = _command(lines, "check", "lines:check", _("se, om en fil følger Jefferson-notationen"))
    checked.add_argument("file", type=Path, metavar=_("FIL"), help=_("en tekstfil i UTF-8"))
    _candidates(_command(commands, "candidates", "reading:candidates", _("vis steder, der måske er værd at se på")))
    _correct(_command(commands, "correct", "correcting:correct", _("ret i en udskrift; alt kan fortrydes")))
    find = _command(commands, "find", "correcting:find", _("find en tekst i én udskrift"))
    _recording(find)
    find.add_argument("text", metavar=_("TEKST"), help=_("den tekst, der søges efter"))
    _exactly(find)
    doubts = _command(commands, "doubts", "doubts:doubts", _("vis de steder i en udskrift, der er i tvivl"))
    _recording(doubts)
    doubts.add_argument("--below", type=int, metavar="P", help=_("usikre ord er dem under P procent"))
    doubts.add_argument("--confirm", action="append", metavar="ID", help=_("ordene på dette sted er rigtige"))
    _versions(_command(commands, "versions", "versions:list_all", _("udskriftens versioner: læs, vælg, sammenlign")))
    search = _command(commands, "search", "patterns:search", _("søg i alle udskrifter"))
    search.add_argument("query", metavar=_("ORD"), help=_("ord, der alle skal stå i samme tur"))
    add_search(search)
    add_collections(_group(commands, "collections", _("samlinger af steder fra flere samtaler")), _command, _stretch)
    _book(_group(commands, "concepts", _("begrebsbogen")))
    annotate = _command(commands, "annotate", "reading:annotate", _("mærk et stykke med et begreb"))
    _recording(annotate)
    _passage(annotate)
    annotate.add_argument(
        "--concept", required=True, metavar="C", help=_("begrebets id, som »concepts list« viser det")
    )
    annotate.add_argument("--note", default="", metavar="T", help=_("hvad du lagde mærke til"))
    annotation = _group(commands, "annotation", _("mærker: ret, svar, drøft, og først hver for sig"))
    annotating_grammar.add_commands(commands, annotation, _command)


def _candidates(one: argparse.ArgumentParser) -> None:
    _recording(one)
    one.add_argument(
        "--finder", action="append", type=FinderId, choices=list(FinderId), metavar="F",
        help=_("kun den regel: {names}").format(names=", ".join(FinderId)),
    )  # fmt: skip
    one.add_argument("--name", action="append", metavar=_("NAVN"), help=_("borgerens navn, som det siges"))
    one.add_argument(
        "--threshold", action="append", type=_threshold, default=[], metavar=_("NAVN=TAL"),
        help=_("en anden grænse end den valgte: {names}").format(names=", ".join(LIMITS)),
    )  # fmt: skip
    one.add_argument("--all", action="store_true", help=_("også dem, der er taget stilling til"))
    one.add_argument("--accept", action="append", metavar="ID", help=_("gør forslaget til et mærke"))
    one.add_argument("--note", default="", metavar="T", help=_("hvad du lagde mærke til"))
    one.add_argument("--dismiss", action="append", metavar="ID", help=_("afvis forslaget"))
    one.add_argument("--restore", action="append", metavar="ID", help=_("tag et afvist forslag tilbage"))


def _book(concepts: Commands) -> None:
    listing = _command(concepts, "list", "book:show", _("vis begreberne"))
    listing.add_argument("--all", action="store_true", help=_("også dem, der ikke er i brug"))
    for name, what in (("on", _("tag begreber i brug")), ("off", _("læg begreber til side"))):
        switch = _command(concepts, name, f"book:{name}", what)
        switch.add_argument("id", nargs="+", metavar="C", help=_("begrebets id"))
    add = _command(concepts, "add", "book:add", _("tilføj et begreb"))
    add.add_argument("--name", required=True, metavar=_("NAVN"), help=_("hvad det hedder"))
    add.add_argument("--group", required=True, metavar=_("GRUPPE"), help=_("hvor i bogen det hører til"))
    add.add_argument("--definition", required=True, metavar="T", help=_("hvad det er, i én sætning"))
    revise = _command(concepts, "revise", "book:revise", _("skriv et begreb om; den gamle ordlyd gemmes"))
    _id(revise)
    revise.add_argument("--name", metavar=_("NAVN"), help=_("hvad det hedder"))
    revise.add_argument("--group", metavar=_("GRUPPE"), help=_("hvor i bogen det hører til"))
    revise.add_argument("--definition", metavar="T", help=_("hvad det er, i én sætning"))
    for one in (add, revise):
        one.add_argument("--listen-for", metavar="T", help=_("hvad man lytter efter"))
        one.add_argument("--ask-yourself", metavar="T", help=_("hvad man spørger sig selv om"))
        one.add_argument("--source", metavar="T", help=_("hvor det kommer fra"))
    merge = _command(concepts, "merge", "book:merge", _("lad et begrebs mærker blive et andets"))
    _id(merge)
    merge.add_argument("--into", required=True, metavar="C", help=_("det begreb, der bliver"))
    _id(_command(concepts, "retire", "book:retire", _("læg et begreb væk; dets mærker bliver stående")))
    _id(_command(concepts, "history", "book:history", _("vis, hvordan et begreb har været skrevet")))
    for name, what in (("export", _("gem bogen som kodebog (REFI-QDA)")), ("import", _("hent en kodebog (REFI-QDA)"))):
        file = _command(concepts, name, f"book:{name}_book", what)
        file.add_argument("file", type=Path, metavar=_("FIL"), help=_("filen, fx begreber.qdc"))
    file.add_argument(
        "--take-wordings", action="store_true", help=_("skriv også kendte begreber om, som filen har dem")
    )
    _examples(_group(concepts, "example", _("eksempler og modeksempler fra jeres samtaler")))


def _examples(verbs: Commands) -> None:
    add = _command(verbs, "add", "examples:add", _("lad et stykke vise, hvad et begreb er"))
    _id(add)
    _recording(add)
    _passage(add)
    add.add_argument("--counter", action="store_true", help=_("et modeksempel: hvad begrebet ikke er"))
    add.add_argument("--note", default="", metavar="T", help=_("hvad stykket viser"))
    listing = _command(verbs, "list", "examples:listing", _("vis eksemplerne"))
    listing.add_argument("id", nargs="?", metavar="C", help=_("begrebets id; ellers hele bogens"))
    _id(_command(verbs, "remove", "examples:remove", _("lad et stykke ikke længere være eksempel")))


def _correct(one: argparse.ArgumentParser) -> None:
    _recording(one)
    what = one.add_mutually_exclusive_group(required=True)
    what.add_argument("--line", metavar="N", help=_("linjen, som »transcript --format jefferson« viser den"))
    what.add_argument("--replace", metavar="A", help=_("en tekst, der skal erstattes overalt"))
    what.add_argument("--undo", action="store_true", help=_("fortryd det, der sidst blev gjort"))
    what.add_argument("--redo", action="store_true", help=_("gør det, der sidst blev fortrudt, igen"))
    one.add_argument("--text", metavar="T", help=_("det, linjen skal sige; tom fjerner den"))
    one.add_argument("--speaker", metavar=_("NAVN"), help=_("den, der siger linjen, eller hvis stilhed det er"))
    one.add_argument("--listened", action="store_true", help=_("linjen er lyttet igennem"))
    one.add_argument("--with", dest="instead", metavar="B", help=_("det, der skal stå i stedet"))
    _exactly(one)


def _exactly(one: argparse.ArgumentParser) -> None:
    one.add_argument("--match-case", action="store_true", help=_("store og små bogstaver skal passe"))
    one.add_argument("--whole-words", action="store_true", help=_("kun hele ord"))


def _versions(one: argparse.ArgumentParser) -> None:
    _recording(one)
    verbs = one.add_subparsers(dest="verb", metavar=_("HVAD"), required=False)
    _command(verbs, "list", "versions:list_all", _("vis versionerne"))
    for name, what in (("show", _("vis en version")), ("use", _("lad en version være den gældende"))):
        _number(_command(verbs, name, f"versions:{name}", what))
    compare = _command(verbs, "compare", "versions:compare", _("vis, hvor to versioner er forskellige"))
    compare.add_argument("one", type=int, metavar="A", help=_("den ene versions nummer"))
    compare.add_argument("other", type=int, metavar="B", help=_("den anden versions nummer"))
    take = _command(verbs, "take", "versions:take", _("tag det, en anden version siger ét sted, ind i den gældende"))
    _number(take)
    take.add_argument("--place", type=int, required=True, metavar="P", help=_("stedet, som »compare« nummererer det"))


def _number(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("number", type=int, metavar="N", help=_("versionens nummer, som listen viser det"))


def _leaving(commands: Commands) -> None:
    excerpts = _group(commands, "excerpt", _("uddrag"))
    add = _command(excerpts, "add", "leaving:add_excerpt", _("lav et uddrag"))
    _recording(add)
    _passage(add)
    add.add_argument("--title", required=True, metavar="T", help=_("uddragets titel"))
    _command(excerpts, "list", "leaving:excerpts", _("vis uddragene"))
    export = _command(commands, "export", "leaving:export", _("gem et uddrag eller en samtale som fil"))
    export.add_argument("target", metavar=_("SAMTALE|UDDRAG"), help=_("samtalens eller uddragets id"))
    export.add_argument("--format", required=True, metavar="F", help="wav, docx, json")
    export.add_argument("--out", required=True, type=Path, metavar=_("FIL"), help=_("filen, der skal laves"))
    export.add_argument("--purpose", type=_purpose, metavar="P", help=_("hvad filen skal bruges til"))
    export.add_argument("--recipient", metavar=_("NAVN"), help=_("den, der får filen"))
    listing = _command(commands, "exports", "leaving:exports", _("vis eksportlisten"))
    verbs = listing.add_subparsers(dest="verb", metavar=_("HVAD"), required=False)
    recall = _command(verbs, "recall", "forgetting:recall", _("vis kopier, der skal kaldes tilbage"))
    recall.add_argument("id", nargs="*", metavar="ID", help=_("de kopier, der nu er kaldt tilbage"))


def _forgetting(commands: Commands) -> None:
    erase = _command(commands, "erase", "forgetting:erase", _("slet en samtale, eller alt, hvis tid er gået"))
    erase.add_argument("id", nargs="?", metavar="ID", help=_("samtalens id, som »recordings« viser det"))
    erase.add_argument("--due", action="store_true", help=_("alt, hvis tid er gået, og som ikke holdes tilbage"))
    erase.add_argument("--dry-run", action="store_true", help=_("vis kun, hvad der ville blive slettet og hvornår"))


def _withdraw(withdraw: argparse.ArgumentParser) -> None:
    _id(withdraw)
    withdraw.add_argument(
        "--purpose", action="append", nargs="+", type=_purpose, metavar="P", help=_("kun disse formål; ellers det hele")
    )
    withdraw.add_argument("--letters", type=Path, metavar=_("MAPPE"), help=_("gem brevene til dem, der har kopier"))
    withdraw.add_argument("--receipt", type=Path, metavar=_("FIL"), help=_("gem borgerens kvittering (.docx, .txt)"))
    withdraw.add_argument("--name", metavar=_("NAVN"), help=_("navn på kvitteringen; det gemmes ikke i biblioteket"))
    withdraw.add_argument("--letter-language", choices=["da", "en"], help=_("sproget i breve og kvittering"))


def _holds(verbs: Commands) -> None:
    """What holds a conversation back, under `recordings`."""
    hold = _command(verbs, "hold", "forgetting:hold", _("hold en samtale tilbage fra sletning, fx ved aktindsigt"))
    _recording(hold)
    hold.add_argument("--reason", required=True, metavar="T", help=_("hvorfor, fx aktindsigt"))
    _recording(_command(verbs, "release", "forgetting:release", _("hold en samtale tilbage ikke længere")))
    done = _command(verbs, "journalise", "forgetting:journalise", _("skriv ned, at en samtale er journaliseret"))
    _recording(done)
    done.add_argument("--on", type=_day, metavar=_("DATO"), help=_("hvornår, fx 2026-11-23; ellers i dag"))


def _feedback(commands: Commands) -> None:
    slots = _group(commands, "slot", _("booket feedback"))
    add = _command(slots, "add", "feedback:add", _("book feedback"))
    add.add_argument("--at", required=True, type=_moment, metavar=_("TIDSPUNKT"), help=_("fx 2026-12-03T10:00"))
    add.add_argument(
        "--minutes", type=int, default=USUAL_MINUTES, metavar="N",
        help=_("hvor længe det varer; ellers {usual} minutter").format(usual=USUAL_MINUTES),
    )  # fmt: skip
    add.add_argument("--worker", required=True, metavar=_("NAVN"), help=_("den, hvis samtale det er"))
    add.add_argument("--partner", required=True, metavar=_("NAVN"), help=_("makkeren"))
    add.add_argument("--place", default="", metavar="T", help=_("hvor I mødes"))
    add.add_argument("--recording", default=None, metavar=_("SAMTALE"), help=_("samtalen, det handler om"))
    add.add_argument("--ics", type=Path, metavar=_("FIL"), help=_("gem også som kalenderfil"))
    calendar = _command(slots, "calendar", "feedback:calendar", _("gem en booking som kalenderfil"))
    _id(calendar)
    calendar.add_argument("--out", required=True, type=Path, metavar=_("FIL"), help=_("filen, der skal laves"))
    _command(slots, "list", "feedback:listing", _("vis den bookede feedback"))


def _audit(commands: Commands) -> None:
    verbs = _group(commands, "audit", _("logbogen"))
    _command(verbs, "verify", "audit:verify", _("efterprøv, at ingen linje er ændret eller fjernet"))
    listing = _command(verbs, "list", "audit:listing", _("vis logbogen"))
    listing.add_argument("--recording", metavar=_("SAMTALE"), help=_("kun det, der handler om én samtale"))
    listing.add_argument("--since", type=_day, metavar=_("DATO"), help=_("kun fra og med en dag, fx 2026-11-01"))
    sample = _command(verbs, "sample", "audit:sample", _("træk månedens stikprøve, eller vis den"))
    sample.add_argument("--month", metavar=_("MÅNED"), help=_("fx 2026-11; ellers den seneste, der er slut"))
    sample.add_argument("--size", type=int, default=20, metavar="N", help=_("så mange linjer trækkes; ellers 20"))
    sign = _command(verbs, "sign", "audit:sign", _("skriv under på, at stikprøven er set igennem"))
    sign.add_argument("month", metavar=_("MÅNED"), help=_("fx 2026-11"))
    sign.add_argument("--remark", default="", metavar="T", help=_("en bemærkning"))
    extract = _command(verbs, "extract", "audit:extract", _("gem et logudtræk om en samtale til borgeren"))
    _recording(extract)
    extract.add_argument("--out", required=True, type=Path, metavar=_("FIL"), help=_("en ny .csv- eller .json-fil"))
    extract.add_argument("--with-names", action="store_true", help=_("skriv medarbejdernes navne"))
    prune = _command(verbs, "prune", "audit:prune", _("fjern de linjer, der er ældre, end logbogen gemmes"))
    prune.add_argument("--years", type=int, metavar="N", help=_("bestem først, at linjer gemmes i N år"))


# --- pieces ----------------------------------------------------------------------------------------------------------


def _id(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("id", metavar="ID", help=_("dens id, som listen viser det"))


def _agreed(parser: argparse.ArgumentParser, text: str) -> None:
    parser.add_argument("--consent", action="append", metavar="ID", help=text)
    parser.add_argument(
        "--kind", type=_kind, default=ConversationKind.CITIZEN_MEETING, metavar="K",
        help=_("slags samtale: {kinds}").format(kinds=", ".join(ConversationKind)),
    )  # fmt: skip


def _recording(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("recording", metavar=_("SAMTALE"), help=_("samtalens id, som »recordings« viser det"))


def _passage(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--from-ms", required=True, type=int, metavar="A", help=_("stykkets begyndelse i millisekunder")
    )
    parser.add_argument("--to-ms", required=True, type=int, metavar="B", help=_("stykkets slutning i millisekunder"))


def _stretch(parser: argparse.ArgumentParser) -> None:
    _recording(parser)
    _passage(parser)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(_("»{text}« er ikke en dato; skriv fx 2027-05-23").format(text=text)) from None


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text).astimezone()
    except (ValueError, OverflowError):
        problem = _("»{text}« er ikke et tidspunkt; skriv fx 2026-12-03T10:00").format(text=text)
        raise argparse.ArgumentTypeError(problem) from None
    with suppress(ValueError):
        date.fromisoformat(text)
        problem = _("»{text}« mangler et klokkeslæt; skriv fx 2026-12-03T10:00").format(text=text)
        raise argparse.ArgumentTypeError(problem)
    if moment < datetime.now().astimezone():
        raise argparse.ArgumentTypeError(_("»{text}« er passeret; vælg et senere tidspunkt").format(text=text))
    return moment


def _purpose(text: str) -> Purpose:
    try:
        return Purpose(text)
    except ValueError:
        problem = _("»{text}« er ikke et formål; vælg et af: {purposes}").format(text=text, purposes=", ".join(Purpose))
        raise argparse.ArgumentTypeError(problem) from None


def _kind(text: str) -> ConversationKind:
    try:
        return ConversationKind(text)
    except ValueError:
        problem = _("»{text}« er ikke en slags samtale; vælg en af: {kinds}")
        raise argparse.ArgumentTypeError(problem.format(text=text, kinds=", ".join(ConversationKind))) from None


def _seconds(text: str) -> float:
    try:
        seconds = float(text.replace(",", "."))
    except ValueError:
        seconds = 0.0
    if not 0 < seconds <= 12 * 3600:
        raise argparse.ArgumentTypeError(_("»{text}« er ikke et antal sekunder fra 1 til 43200").format(text=text))
    return seconds


def _threshold(text: str) -> tuple[str, int]:
    """Return a threshold's name and value out of "silence_ms=700"."""
    name, _equals, value = text.partition("=")
    if not value.isdecimal() or not can_be(name, int(value)):
        known = [f"{one}={limit.least}-{limit.most}" for one, limit in LIMITS.items()]
        raise argparse.ArgumentTypeError(_("skriv fx silence_ms=700; der er {names}").format(names=", ".join(known)))
    return name, int(value)
