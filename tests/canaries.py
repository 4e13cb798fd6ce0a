"""Plaintext canaries: what a test says, writes or plays into a library must lie open nowhere on the disk afterwards.

`conftest.py` looks after every test that has a library: in the library, in the empty home (settings, state, logs,
caches) and in a temporary folder of the test's own, while the library is open and once more when it is closed. A test
marked `whole` answers for all of its own folder, except what it says leaves the house.
"""

from __future__ import annotations

import mmap
import re
from collections.abc import Iterable, Iterator
from fnmatch import fnmatch
from pathlib import Path

import numpy as np

SPOKEN = "Kanariefryd Æskebjerg"
CPR = "010190-4321"
NOTE = f"{SPOKEN}, {CPR}, sagde det i fortrolighed"
MARKED = np.random.default_rng(20261123).integers(-12_000, 12_000, 64).astype(np.int16)  # 64 samples that nobody says

# What the usual builders put into libraries; nothing of it occurs elsewhere.
_BUILT = ("Samtale om praktik", "hvad tænker du selv om arbejde", "jeg vil gerne ud at køre", "fint det skriver vi ned")
_MAGIC = {
    "an open database": rb"SQLite format 3\x00",
    "open FLAC": rb"fLaC[\x00\x80]\x00\x00\x22",  # with its first block's header: four bytes alone come by chance
    "open WAV": rb"RIFF.{4}WAVE",
}
_WINDOW = 12  # samples of the pattern, so that a cut one is known too


def marked(samples: np.ndarray, every: int = 8_000) -> np.ndarray:
    """Return int16 samples (frames,) with the marked pattern at every `every`th place."""
    heard = samples.astype(np.int16, copy=True)
    for first in range(0, len(heard) - len(MARKED), every):
        heard[first : first + len(MARKED)] = MARKED
    return heard


def _spellings(text: str) -> Iterator[bytes]:
    for form in {text, text.lower(), text.upper()}:
        for code in ("utf-8", "utf-16-le", "utf-16-be"):
            yield form.encode(code)


def _pattern(words: Iterable[str]) -> re.Pattern[bytes]:
    """Return what finds all canaries at once; each kind is a group with its name."""
    texts = [SPOKEN.split(maxsplit=1)[0], CPR, CPR.replace("-", ""), *_BUILT, *words]
    sounds = [MARKED[at : at + _WINDOW] for at in range(0, len(MARKED) - _WINDOW, _WINDOW)]
    floats = [(part.astype(np.float32) / np.float32(scale)).tobytes() for part in sounds for scale in (32_767, 32_768)]
    kinds = {
        "words": b"|".join(re.escape(s) for text in texts for s in _spellings(text)),
        "sound": b"|".join(re.escape(part) for part in [*(p.tobytes() for p in sounds), *floats]),
        **{name.replace(" ", "_"): magic for name, magic in _MAGIC.items()},
    }
    return re.compile(b"|".join(b"(?P<%s>%s)" % (name.encode(), body) for name, body in kinds.items()), re.DOTALL)


class CanaryGuard:
    """Which folders are looked through for which canaries after one test."""

    def __init__(self, own: Path | None) -> None:
        self._own = own  # the test's own folder
        self._rooms: list[Path] = []
        self._words: list[str] = []
        self._leaving: list[str] = []
        self.whole = False

    def watch(self, *folders: Path) -> None:
        """Look through these folders too."""
        self._rooms += folders

    def listen_for(self, words: Iterable[str]) -> None:
        """Take these words for canaries too."""
        self._words += words

    def may_leave(self, *patterns: str) -> None:
        """Leave out the files of the test's own folder whose path in it is like one of `patterns`: sources, exports."""
        self._leaving += patterns

    def found(self) -> list[str]:
        """Return where canaries lie open: the file, and what kind it is."""
        sought = _pattern(self._words)
        return sorted({hit for path in self._files() for hit in _hits(path, sought)})

    def _files(self) -> Iterator[Path]:
        rooms = list(self._rooms)
        if self._own is not None and self._own.is_dir():
            rooms += [self._own] if self.whole else [file.parent for file in self._own.rglob("library.json")]
        for room in rooms:
            for path in room.rglob("*"):
                if path.is_file() and not path.is_symlink() and not self._leaves(path):
                    yield path

    def _leaves(self, path: Path) -> bool:
        if self._own is None or not path.is_relative_to(self._own):
            return False
        return any(fnmatch(path.relative_to(self._own).as_posix(), pattern) for pattern in self._leaving)


def _hits(path: Path, sought: re.Pattern[bytes]) -> Iterator[str]:
    if found := sought.search(str(path).encode("utf-8", "surrogateescape")):
        yield f"{path}: {found.lastgroup} in the name"
    try:
        with path.open("rb") as file:
            if path.stat().st_size == 0:
                return
            with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
                for hit in sought.finditer(content):
                    yield f"{path}: {hit.lastgroup} at byte {hit.start()}"
    except (FileNotFoundError, PermissionError):  # gone meanwhile, or a test has closed it off
        return
