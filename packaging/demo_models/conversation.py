"""Makes the demo conversation: a fictional follow-up talk at a job centre, as sound and as exact truth."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import soundfile

from demo_models import language
from demo_models.espeak import RATE_HZ
from demo_models.synthesis import Conversation, Stage, Turn, installed_espeak

TITLE = "Opfølgning: lageret og ydelsen"


@dataclass(frozen=True, slots=True)
class Speaker:
    """A fictional person and their espeak-ng voice; the two must differ enough for the demo diariser."""

    id: str
    label: str
    role: str
    voice: str
    pitch: int
    words_per_minute: int
    level: float


WORKER = Speaker("S", "Sagsbehandler", "sagsbehandler", "da", 42, 155, 0.62)
CITIZEN = Speaker("B", "Borger", "borger", "da+anika", 55, 140, 0.5)


@dataclass(frozen=True, slots=True)
class Line:
    """What is said `pause_s` after the turn before ended (negative: over its end).

    With `inside_s` it is a back-channel that long after the start of the turn before, which keeps the floor.
    """

    speaker: Speaker
    text: str
    pause_s: float = 0.4
    inside_s: float | None = None


def _worker(text: str, pause_s: float = 0.4, inside_s: float | None = None) -> Line:
    return Line(WORKER, text, pause_s, inside_s)


def _citizen(text: str, pause_s: float = 0.5, inside_s: float | None = None) -> Line:
    return Line(CITIZEN, text, pause_s, inside_s)


LINES: tuple[Line, ...] = (
    _worker("Goddag, og velkommen.", 0.9),
    _citizen("Goddag."),
    _worker("Hvordan går det i dag?", 0.6),
    _citizen("Tak, jeg har det okay.", 1.1),
    _worker("Jeg skal vejlede dig om dine rettigheder og pligter.", 0.7),
    _citizen("Okay.", 0.5),
    _worker("Hvor længe har du været syg?", 0.6),
    _citizen("Jeg har været syg i to uger.", 1.4),
    _citizen("Jeg har ondt i ryggen, og det er ikke så nemt.", 0.6),
    _worker("Nå.", inside_s=1.15),
    _worker("Har du talt med din læge om praktikken?", 0.5),
    _citizen("Jeg har talt med min læge om praktikken.", 0.8),
    _worker("Det er jo fint, ikk os?", 0.3),
    _citizen("Ja.", 2.1),
    _citizen("Jeg drømmer om at arbejde med dyr.", 0.9),
    _worker("Først skal vi tale om brevet.", 0.7),
    _citizen("Nå, okay.", 1.8),
    _worker("Du har pligt til at møde til samtalen.", 0.5),
    _worker("Du skal huske at opdatere dit cv.", 0.6),
    _worker("Hvis du udebliver fra samtalen, kan du få en sanktion.", 0.5),
    _citizen("Ja.", inside_s=1.75),
    _worker("Din kontanthjælp kan blive nedsat i tre uger, hvis du udebliver fra praktikken.", 0.6),
    _worker("Har du forstået vejledningen om sanktioner?", 1.0),
    _citizen("Ja, okay.", 2.6),
    _worker("Man skal jo skrive ansøgninger, når man er ledig.", 0.5),
    _citizen("Jeg bliver nervøs, når jeg skal skrive ansøgninger.", 1.2),
    _worker("Det forstår jeg godt.", -0.45),
    _worker("Hvad skal der til, for at du kan skrive ansøgninger?", 0.6),
    _citizen("Det ved jeg ikke.", 2.9),
    _citizen("Måske kunne jeg tage et kursus.", 0.8),
    _citizen("Jeg har arbejdet som gartner i seks år.", 0.5),
    _worker("Kunne du tænke dig at blive gartner?", 0.4),
    _citizen("Nej, det tror jeg ikke.", 0.6),
    _citizen("Jeg vil gerne arbejde med dyr, men jeg har ondt i knæet.", 0.5),
    _citizen("Jeg kunne godt tænke mig at arbejde på et lager.", 0.7),
    _worker("Du kan miste din ydelse i to måneder, hvis du ikke har en rimelig grund.", 0.9),
    _citizen("Nå.", 3.0),
    _worker("Hvad tænker du om praktikken?", 0.6),
    _citizen("Det er jo hårdt, ikk os?", 1.6),
    _worker("Det kan vi tale om en anden gang.", 0.4),
    _citizen("Okay.", 1.1),
    _worker("Man skal jo tage et kursus, ikk os?", 0.5),
    _citizen("Jo.", 0.9),
    _worker("Jeg skriver, at du gerne vil tage et kursus.", 0.6),
    _citizen("Ja, nemlig.", -0.3),
    _worker("Er der noget, du vil spørge om?", 0.9),
    _citizen("Kan du fortælle mig lidt om praktikken?", 2.3),
    _worker("Det vigtigste er dit helbred, og at du får ro.", 0.7),
    _citizen("Ja, præcis.", 0.6),
    _worker("Så aftaler vi et møde på tirsdag, passer det dig?", 0.8),
    _citizen("Jeg kan ikke komme på tirsdag, fordi jeg er i praktik.", 1.2),
    _worker("Nå, okay.", 0.4),
    _worker("Så aftaler vi et møde på fredag, er det okay?", 1.3),
    _citizen("Selvfølgelig.", 0.5),
    _worker("Hvis du ikke kan komme til tiden, skal du ringe til os samme dag.", 0.6),
    _citizen("Det forstår jeg godt.", 0.7),
    _worker("Tak for i dag.", 0.9),
    _citizen("Tak, i lige måde.", 0.3),
    _worker("Vi ses på fredag.", 0.5),
    _citizen("Farvel, og god weekend.", 0.6),
)


def make() -> Conversation:
    """Speak all lines; raises ValueError for a line that is not in the demo's language."""
    known = {language.key(text) for template in language.TEMPLATES for text in language.fillings(template)}
    espeak = installed_espeak()
    stage = Stage()
    floor: Turn | None = None
    for line in LINES:
        if language.key(line.text) not in known:
            raise ValueError(f"not in the demo's language: {line.text}")
        who = line.speaker
        speech = espeak.speak(line.text, who.voice, pitch=who.pitch, words_per_minute=who.words_per_minute)
        if line.inside_s is not None and floor is not None:
            stage.put(who.id, line.text, speech, floor.start_s + line.inside_s, who.level)
            continue
        floor = stage.put(who.id, line.text, speech, (floor.end_s if floor else 0.0) + line.pause_s, who.level)
    return stage.mix(tail_s=1.2)


def write(folder: Path) -> Conversation:
    """Write conversation.flac (mono, 16 kHz) and conversation.json into `folder`."""
    conversation = make()
    folder.mkdir(parents=True, exist_ok=True)
    soundfile.write(folder / "conversation.flac", conversation.samples, RATE_HZ, subtype="PCM_16")
    speakers = [{"id": s.id, "label": s.label, "role": s.role} for s in (WORKER, CITIZEN)]
    truth = {"title": TITLE, "language": "da", "speakers": speakers} | conversation.truth()
    text = json.dumps(truth, ensure_ascii=False, indent=1)
    (folder / "conversation.json").write_text(text + "\n", encoding="utf-8")
    return conversation
