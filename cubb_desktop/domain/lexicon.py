"""Danish words and phrases that finders look for, and how they are recognised in a word with its punctuation.

The lists are short on purpose: each is shown with a finder's candidates, so that a person can see what was looked for.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

import snowballstemmer

MINIMAL = frozenset(
    {
        "aha", "hm", "hmm", "ja", "jaja", "jamen", "jao", "jap", "javel", "jep", "jo", "joh", "mhm", "mm", "mmh", "mmm",
        "nej", "næ", "nemlig", "nå", "nåh", "nåja", "ok", "okay", "præcis", "øh", "årh",
    }
)  # fmt: skip
YES_NO = frozenset(
    {"ja", "jaja", "jo", "joh", "jao", "jap", "jep", "nej", "næ", "mm", "mmm", "mmh", "mhm", "nå", "ok", "okay"}
)
PRONOUNS = {
    "vi": "vi", "os": "vi", "vores": "vi",
    "jeg": "jeg", "mig": "jeg", "min": "jeg", "mit": "jeg", "mine": "jeg",
    "du": "du", "dig": "du", "din": "du", "dit": "du", "dine": "du",
    "man": "man", "jer": "I", "jeres": "I",
}  # fmt: skip
NOT_US = frozenset({"ik", "ikk", "ikk'", "ikk’", "ik'", "ik’", "så"})  # "ikk os" asks for agreement, "så os" is "også"
FINITE_VERBS = frozenset(
    {
        "er", "var", "har", "havde", "kan", "kunne", "skal", "skulle", "vil", "ville", "må", "måtte", "bør", "burde",
        "tør", "bliver", "blev", "får", "fik", "går", "gik", "gør", "gjorde", "kommer", "kom", "siger", "sagde", "ser",
        "så", "synes", "syntes", "tager", "tog", "tror", "troede", "tænker", "tænkte", "ved", "vidste", "føler",
        "følte", "husker", "hører", "kender", "mener", "mente", "plejer", "søger", "savner", "arbejder", "ønsker",
        "står", "sidder", "bor", "passer", "betyder", "lyder", "oplever", "oplevede", "forstår", "mangler", "bruger",
    }
)  # fmt: skip
SUBJECTS = frozenset({"du", "i", "vi", "jeg", "han", "hun", "de", "det", "den", "man", "der", "nogen"})
TAGS = (
    ("ikk",),
    ("ik",),
    ("ikke",),
    ("vel",),
    ("ikke", "også"),
    ("ikk", "også"),
    ("ikk", "os"),
    ("ik", "os"),
    ("ikke", "sandt"),
)
QUESTION_BEGINNING = "hv"
NO_QUESTION_WORDS = frozenset(
    {"hver", "hverken", "hvis", "hvile", "hviler", "hvert", "hverdag", "hverdagen", "hvid", "hvidt"}
)
OPENERS = frozenset({"og", "men", "altså", "øh", "øhm", "for"})  # may stand before a question; after "så" a verb tells
REPAIR_TURNS = frozenset(  # a whole turn that asks again
    {
        ("hvad",), ("hva",), ("hvabehar",), ("undskyld",), ("hvem",), ("hvor",), ("hvad", "siger", "du"),
        ("hvad", "sagde", "du"), ("undskyld", "hvad"), ("hvad", "for", "noget"), ("undskyld", "hvad", "siger", "du"),
    }
)  # fmt: skip
REPAIR_PHRASES = (
    ("eller", "rettere"), ("det", "jeg", "mener"), ("hvad", "mener", "du"), ("det", "forstod", "jeg", "ikke"),
    ("forstår", "ikke", "helt"), ("hvordan", "skal", "det", "forstås"), ("jeg", "mener"),
)  # fmt: skip
FORMULATIONS = (
    ("så", "du", "siger"), ("så", "det", "du", "siger"), ("så", "det", "jeg", "hører"), ("hvis", "jeg", "forstår"),
    ("forstår", "jeg", "dig", "ret"), ("har", "jeg", "forstået"), ("det", "vil", "sige"), ("med", "andre", "ord"),
    ("så", "det", "betyder"), ("jeg", "hører", "dig", "sige"), ("så", "du", "mener"), ("så", "du", "vil"),
    ("så", "du", "tænker"), ("så", "du", "har"),
)  # fmt: skip
GUIDANCE = (
    "vejled", "pligt", "rettighed", "sanktion", "udebliv", "udeblev", "§", "paragraf", "rådighed", "partshør",
    "nedsæt", "nedsat", "bortfald", "forpligt", "klageadgang", "lovgivning", "loven", "aktivitetspligt", "mødepligt",
)  # beginnings of words  # fmt: skip
GUIDANCE_PHRASES = (
    ("ret", "til"), ("loven", "siger"), ("siger", "loven"), ("trukket", "i"), ("trækker", "vi", "i"), ("træk", "i"),
    ("trækkes", "i"), ("trak", "i"), ("mister", "du"), ("miste", "din"), ("gyldig", "grund"), ("uden", "gyldig"),
)  # fmt: skip
WORK = (
    "job",
    "arbejd",
    "praktik",
    "kolleg",
    "ansat",
    "ansættels",
    "uddannels",
    "kursus",
    "søg",
    "drøm",
    "håb",
    "erfaring",
)
WISHES = (
    ("vil", "gerne"),
    ("kunne", "godt", "tænke"),
    ("har", "lyst"),
    ("vil", "godt"),
    ("godt", "kunne", "lide"),
    ("kan", "godt", "lide"),
)
LAUGHTER = ("hehe", "haha", "hihi", "((ler", "((griner", "((latter")

_PUNCTUATION = ' \t.,;:!?…"„“”»«()[]<>°£='
_EMPTY = frozenset(
    {
        "og", "i", "at", "det", "en", "den", "til", "er", "som", "på", "de", "med", "han", "af", "for", "ikke", "der",
        "var", "mig", "sig", "men", "et", "har", "om", "vi", "min", "havde", "ham", "hun", "nu", "over", "da", "fra",
        "du", "ud", "sin", "dem", "os", "op", "man", "hans", "hvor", "eller", "hvad", "skal", "selv", "her", "alle",
        "vil", "blev", "kunne", "ind", "når", "være", "dog", "noget", "ville", "jo", "deres", "efter", "ned", "skulle",
        "denne", "end", "dette", "mit", "også", "under", "have", "dig", "anden", "hende", "mine", "alt", "meget",
        "sit", "sine", "vor", "mod", "disse", "hvis", "din", "nogle", "hos", "blive", "mange", "ad", "bliver", "hendes",
        "været", "jer", "sådan", "jeg", "så", "ja", "nej", "øh", "lige", "bare", "altså", "måske", "godt", "kan",
        "må", "få", "får", "gøre", "gør", "sige", "siger", "tror", "synes", "ved", "hvordan", "hvorfor", "hvornår",
        "nå", "okay", "mm", "vel", "egentlig", "nok", "ikk", "lidt", "helt", "mere", "dit", "dine", "kommer", "går",
    }
)  # fmt: skip  # Snowball's list of Danish stop words, and what talk adds to it


@cache
def bare(text: str) -> str:
    """Return a word in small letters without the punctuation and signs around it; "" for punctuation alone."""
    return text.strip(_PUNCTUATION).casefold()


@cache
def stem(word: str) -> str:
    """Return a bare word's stem by the Danish Snowball algorithm (Porter 2001)."""
    stemmed: str = snowballstemmer.stemmer("danish").stemWord(word)
    return stemmed


def content_stems(words: Iterable[str]) -> frozenset[str]:
    """Return the stems of what carries meaning among bare words."""
    return frozenset(stem(word) for word in words if len(word) > 2 and word not in _EMPTY and word not in MINIMAL)
