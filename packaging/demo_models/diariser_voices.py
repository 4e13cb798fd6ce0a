"""A bank of spoken sentences for the diariser: training, tuning and test voices that never meet.

Test voices are espeak-ng's own variants of the Danish voice. Training has other variants in several base languages,
warped at random, and random voices; tuning has six variants more and random voices from another draw.
"""

from __future__ import annotations

import json
import random
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from demo_models import language, voices
from demo_models.espeak import RATE_HZ, Espeak, EspeakError, Samples

Part = Literal["train", "tune"]
TEST: tuple[str, ...] = ("da+f2", "da+m3", "da+f4", "da+m7", "da+Andy", "da+linda", "da+m1", "da+anika")
_TUNE = "f5 m5 Michael Alicia m6 steph2"
_TRAIN = (
    "f1 f3 m2 m4 m8 adam Alex Andrea Annie antonio aunty belinda benjamin boris david Denis Diogo ed edward Gene Gene2"
    " gustave Henrique iven iven2 iven3 iven4 Jacky john kaukovalta Lee marcelo Marco Mario max michel miguel Mike"
    " Nguyen pablo paul pedro quincy rob robert steph steph3 Storm travis victor zac grandma grandpa klatt klatt2"
    " klatt4 croak norbert sandro shelby edward2"
)
_BASES = ("da",) * 6 + ("sv", "nb", "nl", "de", "fi", "is")
_PITCHES = (25, 35, 45, 50, 55, 65, 75)
_SENTENCES_PER_VOICE = 16
_RANDOM_TRAIN, _RANDOM_TUNE = 160, 24
_LEVEL = 0.06
_SHORT = 0.22


@dataclass(frozen=True, slots=True)
class Said:
    """Where in the bank's samples a sentence of a voice is."""

    part: Part
    voice: str
    first: int
    count: int


@dataclass(frozen=True, slots=True)
class _Voice:
    part: Part
    name: str
    espeak_voice: str
    pitch: int
    warp: float


class Bank:
    """The sentences of one part, by voice; played at another speed a voice is another one."""

    def __init__(self, stem: Path, part: Part, speeds: tuple[float, ...] = (1.0,)) -> None:
        sound: NDArray[np.int16] = np.fromfile(stem.with_suffix(".i16"), dtype="<i2")
        self.sentences: dict[str, list[Samples]] = {}
        for row in json.loads(stem.with_suffix(".json").read_text(encoding="utf-8")):
            said = Said(**row)
            if said.part == part:
                pcm = sound[said.first : said.first + said.count]
                samples = np.asarray(pcm, np.float32) / np.float32(32768)
                for speed in speeds:
                    name = said.voice if speed == 1.0 else f"{said.voice} at {speed}"
                    self.sentences.setdefault(name, []).append(stretched(samples, speed))

    @property
    def voices(self) -> list[str]:
        """The voices' names."""
        return list(self.sentences)


def write_plain_part(stem: Path, seed: int = 7) -> int:
    """Speak the training and tuning voices that the installed espeak-ng has; returns the number of sentences."""
    rng = random.Random(seed)
    chosen = [
        _Voice("train", f"{name}{turn}", f"{rng.choice(_BASES)}+{name}", rng.choice(_PITCHES), rng.uniform(0.86, 1.16))
        for name in _TRAIN.split()
        for turn in range(2)
    ]
    chosen += [_Voice("tune", name, f"da+{name}", 50, 1.0) for name in _TUNE.split()]
    return _write(stem, chosen, Espeak(), rng)


def write_random_part(stem: Path, part: Part, data: Path, seed: int = 8) -> int:
    """Speak random voices from a data copy of the recogniser's training (see voices.make_data_copy)."""
    rng = random.Random(seed)
    count = _RANDOM_TRAIN if part == "train" else _RANDOM_TUNE
    names = rng.sample(voices.RANDOM, count)
    chosen = [_Voice(part, f"{data.name} {name}", name, rng.choice(_PITCHES), 1.0) for name in names]
    return _write(stem, chosen, Espeak(data), rng)


def join(stems: list[Path], joined: Path) -> None:
    """Put several banks into one."""
    rows: list[dict[str, object]] = []
    done = 0
    with joined.with_suffix(".i16").open("wb") as sound:
        for stem in stems:
            data = stem.with_suffix(".i16").read_bytes()
            own = json.loads(stem.with_suffix(".json").read_text(encoding="utf-8"))
            rows.extend(row | {"first": row["first"] + done} for row in own)
            sound.write(data)
            done += len(data) // 2
    joined.with_suffix(".json").write_text(json.dumps(rows), encoding="utf-8")


def _write(stem: Path, chosen: list[_Voice], espeak: Espeak, rng: random.Random) -> int:
    stem.parent.mkdir(parents=True, exist_ok=True)
    rows: list[Said] = []
    first = 0
    with stem.with_suffix(".i16").open("wb") as sound:
        for voice in chosen:
            spoken = 0
            while spoken < _SENTENCES_PER_VOICE:
                samples = _say(espeak, voice, rng)
                if samples is None:
                    continue
                pcm = (np.clip(samples, -1, 1) * 32767).astype("<i2")
                sound.write(pcm.tobytes())
                rows.append(Said(voice.part, voice.name, first, len(pcm)))
                first += len(pcm)
                spoken += 1
    stem.with_suffix(".json").write_text(json.dumps([asdict(row) for row in rows]), encoding="utf-8")
    return len(rows)


def _say(espeak: Espeak, voice: _Voice, rng: random.Random) -> Samples | None:
    """One training sentence at a fixed loudness without silence around it; None when it could not be timed."""
    text = rng.choice(language.fillings("{kvittering}")) if rng.random() < _SHORT else language.sentence(rng)
    espeak.require(voice.espeak_voice)
    try:
        speech = espeak.speak(text, voice.espeak_voice, pitch=voice.pitch, words_per_minute=rng.randint(140, 185))
    except EspeakError:
        return None
    samples = stretched(speech.samples, voice.warp)
    loud = np.flatnonzero(np.abs(samples) > 1e-3)
    if len(loud) < 0.1 * RATE_HZ:
        return None
    samples = samples[max(0, loud[0] - 80) : loud[-1] + 80]
    return np.asarray(samples * (_LEVEL / np.sqrt(np.mean(samples**2))), dtype=np.float32)


def stretched(samples: Samples, factor: float) -> Samples:
    """Play `factor` times as fast: another vocal tract and pitch, so nearly another voice."""
    if factor == 1.0:
        return samples
    at = np.arange(0, len(samples) - 1, factor, dtype=np.float32)
    return np.interp(at, np.arange(len(samples)), samples).astype(np.float32)
