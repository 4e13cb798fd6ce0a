"""The demo's small Danish: about 250 words and 50 sentence templates from a conversation at a job centre.

Every template and every word is used in training. The sentences in `held_out.txt` (never more than half of what a
template can say) are spoken only when the models are measured, so the recogniser has not met them.
"""

from __future__ import annotations

import hashlib
import itertools
import random
import re
import string
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import Literal

Split = Literal["train", "held"]

HELD_OUT_FILE = Path(__file__).with_name("held_out.txt")
_SHORTEST_HELD_OUT_WORDS = 5

_PLACES = (
    "i en børnehave|i et køkken|på et lager|på et plejehjem|i en butik|på et værksted|i en skole|på et kontor"
    "|i en café|i haven|på en fabrik|i et supermarked"
)
_TIMES = "i dag|i morgen|i går|i sidste uge|på mandag|på tirsdag|på fredag"

_CHOICES: dict[str, str] = {
    "antal": "to|tre|fire|fem|seks|ti",
    "periode": "uger|måneder|år",
    "tid": _TIMES,
    "senere": "i morgen|på mandag|på tirsdag|på fredag|næste gang|en anden gang",
    "sted": _PLACES,
    "job": "pædagog|kok|chauffør|gartner|maler|tømrer|sygeplejerske|lærer|smed|bager",
    "opgave": "passe børn|lave mad|køre lastbil|gøre rent|arbejde med dyr|hjælpe ældre|sælge varer|tale med kunder"
    "|reparere cykler|lære dansk|tage et kursus|skrive ansøgninger",
    "ydelse": "kontanthjælp|ydelse|dagpenge|hjælp",
    "pligt": "møde til samtalen|søge job hver uge|ringe til os|tjekke din post|opdatere dit cv|melde dig syg"
    "|deltage i praktikken|svare på brevet|komme til tiden",
    "krop": "ryggen|knæet|skulderen|hovedet|benet|hånden",
    "hvordan": "godt|fint|lidt svært|hårdt|meget bedre|dejligt|ikke så nemt|okay",
    "person": "læge|leder|mor|kone|mand|nabo|søn|datter|sagsbehandler",
    "emne": "din sag|din familie|dit helbred|din økonomi|dit arbejde|dine planer|din bolig|praktikken|samtalen|brevet",
    "status": "ledig|syg|i praktik|på barsel|i arbejde|hjemme",
    "aftale": "samtalen|mødet|praktikken|kurset",
    "frist": "samme dag|med det samme|inden mødet",
    "passer": "er det okay|passer det dig|ikk os",
    "mål": "hjælp|et job|en plan|ro",
    "åbning": "Hvordan har du det|Hvordan går det|Hvordan gik det",
    "svar": "Tak|Jo tak|Ja",
    "tilstand": "jeg har det|det går|det er",
    "vejledt": "sanktioner|dine pligter|din kontanthjælp|din ydelse|din dagpenge|din hjælp",
    "fortid": "været {status}|arbejdet som {job}",
    "hilsen": "Goddag.|Goddag, og velkommen.|Hej, kom indenfor.|Velkommen til samtalen.|Hej igen.|Tak for i dag."
    "|Tak, i lige måde.|Ja, det er rigtigt.|Nej, det tror jeg ikke.|Det ved jeg ikke.|Selvfølgelig."
    "|Jo, det kan jeg godt.|Farvel, og god weekend.",
    "kvittering": "Ja.|Nej.|Jo.|Okay.|Nå.|Aha.|Nemlig.|Præcis.|Ja, okay.|Nå, okay.|Ja, nemlig.|Ja, præcis."
    "|Det forstår jeg godt.",
}

# "{x?}" is "{x}" or nothing; a template is drawn as often as it stands here.
TEMPLATES: tuple[str, ...] = (
    "{hilsen}",
    "{kvittering}",
    "Vi ses {tid}.",
    "{åbning}{tid?}?",
    "{svar}, {tilstand} {hvordan}.",
    "Jeg kunne godt tænke mig at arbejde {sted}.",
    "Jeg kunne godt tænke mig at {opgave}{sted?}.",
    "Jeg vil gerne {opgave}, men jeg har ondt i {krop}.",
    "Jeg har ondt i {krop}, og det er {hvordan}.",
    "Jeg har været {status} i {antal} {periode}.",
    "Jeg har arbejdet som {job} i {antal} {periode}.",
    "Man skal jo {opgave}, ikk os?",
    "Det er jo {hvordan}, ikk os?",
    "Man skal jo {opgave}, når man er {status}.",
    "Hvad kunne du godt tænke dig at arbejde med?",
    "Hvor længe har du {fortid}?",
    "Har du talt med din {person} om {emne}{tid?}?",
    "Jeg har talt med min {person} om {emne}.",
    "Kan du fortælle mig lidt om {emne}?",
    "Har du prøvet at {opgave}{sted?}?",
    "Kunne du tænke dig at blive {job}?",
    "Min {person} er {job} {sted}.",
    "Du har pligt til at {pligt}.",
    "Du skal huske at {pligt}.",
    "Jeg skal vejlede dig om dine rettigheder og pligter.",
    "Hvis du udebliver fra {aftale}, kan du få en sanktion.",
    "Hvis du ikke kan {pligt}, skal du ringe til os {frist}.",
    "Din {ydelse} kan blive nedsat i {antal} {periode}, hvis du udebliver fra {aftale}.",
    "Du kan miste din {ydelse} i {antal} {periode}, hvis du ikke har en rimelig grund.",
    "Har du forstået vejledningen om {vejledt}?",
    "Så aftaler vi et møde {tid}, {passer}?",
    "Jeg kan ikke komme {tid}, fordi jeg er {status}.",
    "Du får en ny samtale om {antal} {periode}.",
    "Jeg har {antal} børn, og min {person} er {status}.",
    "Vi skal tale om {emne} og {emne} {tid}.",
    "Det vigtigste er {emne}, og at du får {mål}.",
    "Jeg drømmer om at {opgave}{sted?}.",
    "Måske kunne jeg {opgave}{sted?}.",
    "Hvad tænker du om {emne}?",
    "Hvad er vigtigt for dig?",
    "Det kan vi tale om {senere}.",
    "Først skal vi tale om {emne}.",
    "Jeg bliver nervøs, når jeg skal {opgave}.",
    "Hvad skal der til, for at du kan {opgave}?",
    "Vi har jo en aftale om {emne}, ikk os?",
    "Er der noget, du vil spørge om?",
    "Jeg skriver, at du gerne vil {opgave}.",
)


@cache
def _choices(slot: str) -> tuple[str, ...]:
    if slot.endswith("?"):
        filled = tuple(" " + choice for choice in _choices(slot[:-1]))
        return ("",) * len(filled) + filled
    return tuple(
        filled for choice in _CHOICES[slot].split("|") for filled in (_fillings(choice) if "{" in choice else (choice,))
    )


@cache
def _slots(template: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """(text before, choices) pairs; the last pair has one empty choice when text follows the last slot."""
    return tuple(
        (before, _choices(slot) if slot else ("",)) for before, slot, _, _ in string.Formatter().parse(template)
    )


@cache
def _fillings(template: str) -> tuple[str, ...]:
    slots = _slots(template)
    said = itertools.product(*(dict.fromkeys(choices) for _, choices in slots))
    return tuple("".join(before + choice for (before, _), choice in zip(slots, chosen, strict=True)) for chosen in said)


def fillings(template: str) -> tuple[str, ...]:
    """Everything that a template can say, each sentence once."""
    return _fillings(template)


def key(text: str) -> str:
    """The sentence without case and punctuation: two sentences that sound alike have the same key."""
    return re.sub(r"[^\w ]", "", text.lower())


@cache
def held_out() -> frozenset[str]:
    """The keys of the sentences that are never trained on."""
    return frozenset(key(line) for line in HELD_OUT_FILE.read_text(encoding="utf-8").splitlines() if line)


@cache
def held_out_fillings(template: str) -> tuple[str, ...]:
    """What of a template is held out; may be empty."""
    return tuple(text for text in fillings(template) if key(text) in held_out())


def sentence(rng: random.Random, split: Split = "train") -> str:
    """A sentence of the language; "held" draws from held-out sentences only."""
    if split == "held":
        return rng.choice(held_out_fillings(rng.choice([t for t in TEMPLATES if held_out_fillings(t)])))
    while True:
        text = "".join(before + rng.choice(choices) for before, choices in _slots(rng.choice(TEMPLATES)))
        if key(text) not in held_out():
            return text


@cache
def words() -> tuple[str, ...]:
    """The whole vocabulary in lower case, sorted."""
    return tuple(sorted({word for template in TEMPLATES for text in fillings(template) for word in key(text).split()}))


def shuffled_words(rng: random.Random) -> str:
    """Three to nine known words in an order that means nothing, so that the recogniser has to listen."""
    chosen = [rng.choice(words()) for _ in range(rng.randint(3, 9))]
    if len(chosen) > 5 and rng.random() < 0.5:
        chosen[len(chosen) // 2 - 1] += ","
    text = " ".join(chosen)
    return text[0].upper() + text[1:] + rng.choice("...?")


def choose_held_out(texts: Iterable[str], share: float, already: Sequence[str] = ()) -> list[str]:
    """Pick `share` of one template's fillings (at most half, none of fewer than four), steadily by their hash."""
    pool = sorted({t for t in texts if len(t.split()) >= _SHORTEST_HELD_OUT_WORDS}, key=_hash)
    if len(pool) < 4:
        return []
    first = sorted((t for t in pool if t in already), key=_hash)
    rest = [t for t in pool if t not in already]
    wanted = min(max(len(first), round(share * len(pool)), 1), len(pool) // 2)
    return (first + rest)[:wanted]


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def write_held_out(path: Path, share: float = 0.08) -> int:
    """Choose the held-out sentences again, keeping those chosen before; returns how many there are."""
    before = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
    chosen = sorted({text for t in TEMPLATES for text in choose_held_out(fillings(t), share, before)})
    path.write_text("\n".join(chosen) + "\n", encoding="utf-8")
    return len(chosen)
