"""espeak-ng as a sound maker: a sentence in, 16 kHz sound with word and phone times out.

espeak-ng (GPL-3.0) is loaded here only to make demo sound and test sound; the product never loads or ships it.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.signal import resample_poly

RATE_HZ = 16_000
_ESPEAK_RATE_HZ = 22_050
_SYNCHRONOUS, _PHONE_EVENTS = 2, 1
_WORD, _PHONE = 1, 7
_SPEED, _PITCH, _PITCH_RANGE = 1, 3, 4
_BY_CHARACTER, _UTF8 = 1, 1
_PAUSES = ("_:", "_!", "_")
_WINDOWS_LIBRARY = Path(r"C:\Program Files\eSpeak NG\libespeak-ng.dll")

Samples = NDArray[np.float32]


class EspeakError(RuntimeError):
    """espeak-ng is missing, lacks a voice, or could not say when a word was spoken."""


@dataclass(frozen=True, slots=True)
class TimedWord:
    """One word as written, with its punctuation, and the seconds in which it sounds."""

    text: str
    start_s: float
    end_s: float


@dataclass(frozen=True, slots=True)
class Phone:
    """An espeak-ng phone name and the second at which it starts."""

    name: str
    start_s: float


@dataclass(frozen=True, slots=True)
class Speech:
    """One spoken sentence: float samples at 16 kHz, its words and its phones."""

    samples: Samples
    words: tuple[TimedWord, ...]
    phones: tuple[Phone, ...]

    @property
    def end_s(self) -> float:
        """When the last word ends; the samples go on a little longer."""
        return self.words[-1].end_s


class _EventId(ctypes.Union):
    _fields_ = [("number", ctypes.c_int), ("name", ctypes.c_char_p), ("string", ctypes.c_char * 8)]


class _Event(ctypes.Structure):
    _fields_ = [
        ("type", ctypes.c_int),
        ("unique_identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("id", _EventId),
    ]


_Callback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(_Event))


def _load_library() -> ctypes.CDLL:
    names = [os.environ.get("ESPEAK_LIBRARY"), ctypes.util.find_library("espeak-ng"), "libespeak-ng.so.1"]
    if sys.platform == "win32":
        names.append(str(_WINDOWS_LIBRARY))
    for name in filter(None, names):
        try:
            return ctypes.CDLL(name)
        except OSError:
            continue
    raise EspeakError("espeak-ng is not installed: install it, or name its library in ESPEAK_LIBRARY.")


class Espeak:
    """The espeak-ng library of this process; it can hold one data folder at a time, so make one object only."""

    def __init__(self, data: Path | None = None) -> None:
        """`data` is the folder that contains `espeak-ng-data`; None takes the installed one."""
        self._library = _load_library()
        path = str(data).encode() if data is not None else None
        if self._library.espeak_Initialize(_SYNCHRONOUS, 0, path, _PHONE_EVENTS) <= 0:
            raise EspeakError("espeak-ng could not start.")
        self._blocks: list[NDArray[np.int16]] = []
        self._words: list[tuple[int, float]] = []
        self._phones: list[Phone] = []
        self._callback = _Callback(self._on_sound)
        self._library.espeak_SetSynthCallback(self._callback)

    @property
    def data(self) -> Path:
        """The data folder in use (its `voices/!v` holds the voice variants)."""
        path = ctypes.c_char_p()
        self._library.espeak_Info(ctypes.byref(path))
        return Path((path.value or b"").decode())

    def require(self, voice: str) -> None:
        """Select `voice`, raising EspeakError for one that espeak-ng would quietly replace by the plain voice."""
        _, _, variant = voice.partition("+")
        if variant and not (self.data / "voices" / "!v" / variant).is_file():
            raise EspeakError(f"espeak-ng has no voice variant {variant}.")
        if self._library.espeak_SetVoiceByName(voice.encode()) != 0:
            raise EspeakError(f"espeak-ng has no voice {voice}.")

    def speak(
        self, text: str, voice: str = "da", *, pitch: int = 50, words_per_minute: int = 160, pitch_range: int = 50
    ) -> Speech:
        """Say `text`; raises EspeakError for an unknown voice or when a word has no time of its own."""
        self.require(voice)
        self._library.espeak_SetParameter(_SPEED, words_per_minute, 0)
        self._library.espeak_SetParameter(_PITCH, pitch, 0)
        self._library.espeak_SetParameter(_PITCH_RANGE, pitch_range, 0)
        self._blocks, self._words, self._phones = [], [], []
        data = text.encode() + b"\0"
        self._library.espeak_Synth(data, ctypes.c_size_t(len(data)), 0, _BY_CHARACTER, 0, _UTF8, None, None)
        self._library.espeak_Synchronize()
        sound = np.concatenate(self._blocks).astype(np.float32) / 32768
        samples = resample_poly(sound, RATE_HZ // 50, _ESPEAK_RATE_HZ // 50).astype(np.float32)
        return Speech(samples, _timed_words(text, samples, self._words, self._phones), tuple(self._phones))

    def _on_sound(self, sound: Any, count: int, events: Any) -> int:
        if count > 0:
            self._blocks.append(np.ctypeslib.as_array(sound, shape=(count,)).copy())
        index = 0
        while events[index].type != 0:
            event = events[index]
            if event.type == _WORD:
                self._words.append((event.text_position - 1, event.audio_position / 1000))
            elif event.type == _PHONE:
                name = bytes(event.id.string).split(b"\0")[0].decode("utf-8", "replace")
                self._phones.append(Phone(name, event.audio_position / 1000))
            index += 1
        return 0


def _timed_words(
    text: str, samples: Samples, events: list[tuple[int, float]], phones: list[Phone]
) -> tuple[TimedWord, ...]:
    """One time span per word between spaces; several espeak words inside it (as in "cv") count as one."""
    spans: list[tuple[int, int]] = []
    position = 0
    for word in text.split():
        start = text.index(word, position)
        position = start + len(word)
        spans.append((start, position))
    starts = [next((at for where, at in events if a <= where < b), None) for a, b in spans]
    loud = np.abs(samples) > 0.01 * np.abs(samples).max()
    words = []
    for index, (first, last) in enumerate(spans):
        start_s = starts[index]
        limit_s = starts[index + 1] if index + 1 < len(spans) else len(samples) / RATE_HZ
        if start_s is None or limit_s is None or limit_s <= start_s:
            raise EspeakError("espeak-ng gave a word no time.")
        sounding = np.flatnonzero(loud[int(start_s * RATE_HZ) : int(limit_s * RATE_HZ)])
        if len(sounding) == 0:
            raise EspeakError("espeak-ng gave a word no sound.")
        end_s = min(limit_s, start_s + float(sounding[-1]) / RATE_HZ + 0.01)
        if text[last - 1] in ".,?":  # the pause starts with its phone, not where a voice's echo dies
            pauses = [p.start_s + 0.01 for p in phones if p.name in _PAUSES and start_s + 0.05 < p.start_s < end_s]
            end_s = min([end_s, *pauses])
        words.append(TimedWord(text[first:last], start_s, end_s))
    return tuple(words)
