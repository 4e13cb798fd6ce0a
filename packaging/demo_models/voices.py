"""Which espeak-ng voices the recogniser trains on, which it never hears, and random voices made for training."""

from __future__ import annotations

import random
import shutil
from collections.abc import Iterable
from pathlib import Path

from demo_models.espeak import Espeak

_COMMON = "m1 m2 m3 m4 m5 m6 m8 f1 f2 f3 f4 adam david edward linda steph anika belinda antonio quincy rob victor"
_OTHER = (
    "Alex Annie Andy Denis Diogo Gene Jacky Lee Marco Michael Mike Nguyen Storm UniRobot announcer aunty benjamin croak"
    " ed grandma gustave Henrique iven kaukovalta klatt klatt2 klatt3 klatt4 klatt5 pablo paul pedro robert sandro"
    " shelby travis norbert john"
)

COMMON: tuple[str, ...] = ("da", *(f"da+{name}" for name in _COMMON.split()))
"""The voices that training hears most; the demo conversation uses two of them."""
OTHER: tuple[str, ...] = tuple(f"da+{name}" for name in _OTHER.split())
RANDOM_COUNT = 220
"""Random voices in each data copy; espeak-ng 1.51 forgets its languages when a folder holds more than 350 voices."""
RANDOM: tuple[str, ...] = tuple(f"da+random{number}" for number in range(RANDOM_COUNT))
UNSEEN: tuple[str, ...] = ("da+f5", "da+m7", "da+zac")
"""Never trained on. whisperf and Mario, near copies of f5 and m7, are left out of training too."""
UNSEEN_MORE: tuple[str, ...] = ("da+Alicia", "da+Andrea", "da+marcelo", "da+grandpa", "da+boris")


def pick_training_voice(rng: random.Random) -> str:
    """Half the time a random voice, else a common one (the demo's own two a little more often) or another."""
    draw = rng.random()
    if draw < 0.05:
        return rng.choice(("da", "da+f2"))
    return rng.choice(COMMON if draw < 0.35 else OTHER if draw < 0.5 else RANDOM)


def make_data_copy(installed: Path, folder: Path, seed: int) -> Path:
    """Copy espeak-ng's data (Danish and English only) to `folder` and add the random voices; returns `folder`."""
    target = folder / "espeak-ng-data"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(installed, target)
    for language in (target / "lang").rglob("*"):
        if language.is_file() and language.name not in ("da", "en"):
            language.unlink()
    shutil.rmtree(target / "voices" / "mb", ignore_errors=True)
    rng = random.Random(seed)
    for number in range(RANDOM_COUNT):
        lines = _random_variant(rng)
        lines[1] = f"name random{number}"
        (target / "voices" / "!v" / f"random{number}").write_text("\n".join(lines) + "\n")
    return folder


def _random_variant(rng: random.Random) -> list[str]:
    """A vocal tract, pitch and manner of speaking, kept away from the voice zac, which stays unheard."""
    while True:
        tract = rng.choice((rng.uniform(0.86, 1.16), rng.uniform(0.9, 1.35), rng.uniform(1.0, 1.6)))
        middle = 75 if tract < 1.02 else 150 if tract < 1.3 else 210
        low = min(330.0, max(55.0, middle * 2 ** rng.uniform(-0.55, 0.6)))
        if abs(tract - 1.45) >= 0.06 or low <= 190:
            break
    lines = ["language variant", "name", f"pitch {low:.0f} {low * rng.uniform(1.1, 1.9):.0f}"]
    tilt = rng.gauss(0, 8)
    for formant in range(9):
        frequency = 100 * tract * (1 + rng.gauss(0, 0.05 if formant < 4 else 0.08))
        strength = max(15, min(220, 100 + tilt * (formant - 2) + rng.gauss(0, 18 if formant < 5 else 35)))
        width = max(50, min(200, rng.gauss(105, 28)))
        lines.append(f"formant {formant} {frequency:.0f} {strength:.0f} {width:.0f}")
    return lines + _random_manner(rng)


def _random_manner(rng: random.Random) -> list[str]:
    tone = (
        f"{rng.randint(100, 700)} {rng.randint(150, 255)} {rng.randint(900, 2000)} {rng.randint(80, 255)}"
        f" {rng.randint(2500, 6000)} {rng.randint(40, 200)}"
    )
    options: Iterable[tuple[float, str]] = (
        (0.5, f"voicing {rng.randint(35, 200)}"),
        (0.3, f"consonants {rng.randint(50, 160)} {rng.randint(50, 160)}"),
        (0.3, "breath " + " ".join(str(rng.randint(0, 9)) for _ in range(8))),
        (0.35, f"roughness {rng.randint(0, 5)}"),
        (0.35, f"flutter {rng.randint(0, 14)}"),
        (0.2, f"echo {rng.randint(20, 150)} {rng.randint(5, 25)}"),
        (0.3, f"tone {tone}"),
        (0.3, "stressAdd " + " ".join(str(rng.randint(-20, 30)) for _ in range(8))),
        (0.12, f"klatt {rng.randint(1, 6)}"),
    )
    return [line for chance, line in options if rng.random() < chance]


def same_sounding(espeak: Espeak, voices: Iterable[str]) -> list[tuple[str, str]]:
    """Pairs of voices that say a sentence in exactly the same way (a variant that espeak-ng did not find would)."""
    heard: dict[bytes, str] = {}
    pairs = []
    for voice in voices:
        sound = espeak.speak("Jeg har ondt i ryggen.", voice).samples.tobytes()
        if sound in heard:
            pairs.append((heard[sound], voice))
        heard.setdefault(sound, voice)
    return pairs
