"""Plaintext canaries: what a test says, writes or plays into a library must lie open nowhere on the disk afterwards.

`conftest.py` looks after every test that has a library: in the library, in the empty home (settings, state, logs,
caches) and in a temporary folder of the test's own, while the library is open and once more when it is closed. A test
marked `whole` answers for all of its own folder, except what it says leaves the house.
"""

from __future__ import annotations

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
    "open database": (b"SQLite format 3", re.compile(rb"SQLite format 3\x00")),
    "open FLAC": (b"fLaC", re.compile(rb"fLaC[\x00\x80]\x00\x00\x22")),  # four bytes alone come by chance
    "open WAV": (b"RIFF", re.compile(rb"RIFF.{4}WAVE", re.DOTALL)),
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


class Needles:
    """All canaries as bytes. Each is sought by itself: that is a hundred times faster than one expression for all."""

    def __init__(self, words: Iterable[str]) -> None:
        texts = [SPOKEN.split(maxsplit=1)[0], CPR, CPR.replace("-", ""), *_BUILT, *words]
        sounds = [MARKED[at : at + _WINDOW] for at in range(0, len(MARKED) - _WINDOW, _WINDOW)]
        self._words = {spelling for text in texts for spelling in _spellings(text)}
        self._sounds = {part.tobytes() for part in sounds}
        self._sounds |= {
            (s.astype(np.float32) / np.float32(full)).tobytes() for s in sounds for full in (32_767, 32_768)
        }

    def in_name(self, path: Path) -> bool:
        """Whether a file's path tells what was said."""
        name = str(path).encode("utf-8", "surrogateescape")
        return any(word in name for word in self._words)

    def in_content(self, content: bytes) -> Iterator[tuple[str, int]]:
        """Yield each kind of canary that lies in a file, and the first byte of it."""
        for kind, needles in (("words", self._words), ("sound", self._sounds)):
            places = [at for at in (content.find(needle) for needle in needles) if at >= 0]
            if places:
                yield kind, min(places)
        for kind, (start, magic) in _MAGIC.items():
            at = content.find(start)
            while at >= 0:
                if magic.match(content, at):
                    yield kind, at
                    break
                at = content.find(start, at + 1)


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
        sought = Needles(self._words)
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


def _hits(path: Path, sought: Needles) -> Iterator[str]:
    if sought.in_name(path):
        yield f"{path}: words in the name"
    try:
        content = path.read_bytes()
    except (FileNotFoundError, PermissionError):  # gone meanwhile, or a test has closed it off
        return
    for kind, at in sought.in_content(content):
        yield f"{path}: {kind} at byte {at}"
