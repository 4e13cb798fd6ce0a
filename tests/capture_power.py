"""Power cuts while it is recorded, paused, marked and forgotten: what was acknowledged is there, nothing wrong is.

A capture runs in this process on a disk that remembers what it was asked; its microphone is fed by hand. Then the power
goes after any of the things that were asked, and what may be left is looked at as the next start would do it.
"""

from __future__ import annotations

import random
import shutil
import uuid
from collections import Counter
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np

from cubb_desktop.audio import capture, device
from cubb_desktop.audio.chunks import SoundReader, recording_folder
from cubb_desktop.audio.cuts import complete_cuts
from cubb_desktop.audio.flac import Samples
from cubb_desktop.audio.journal import read_marks
from cubb_desktop.domain.errors import AudioMissing
from cubb_desktop.domain.ids import RecordingId
from tests.audio import sounds
from tests.audio.sounds import KEY, RATE_HZ
from tests.disk_states import Disk, State, crashed

CHUNK = RATE_HZ // 4
_SAID = sounds.noise(60, seed=3)


@dataclass(frozen=True)
class Truth:
    """What holds at a moment: what the sound may be the beginning of, what must be there, which words may stand."""

    wholes: tuple[Samples, ...] = (_SAID[:0],)
    acknowledged: int = 0  # frames
    must: frozenset[str] = frozenset()  # ids of marks
    may: tuple[tuple[str, frozenset[str]], ...] = ()  # id -> texts


@dataclass
class Outcome:
    """What a campaign found; no faults is the bar."""

    states: int = 0
    found: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)


class Card:
    """A microphone that gives what is put into the capture's ring."""

    device = device.Device("Test: card", "card", RATE_HZ, 1)
    rate_hz, channels, active = RATE_HZ, 1, True

    def close(self, *, at_once: bool = False) -> None:
        pass


class Session:
    """One recorded conversation with everything that can happen in it, and the truth at every moment."""

    def __init__(self, audio_folder: Path, drawn: random.Random) -> None:
        self.recording = sounds.new_id()
        self.disk = Disk(audio_folder)
        self._drawn = drawn
        self._truth = Truth()
        self._kept = _SAID[:0]
        self._said = drawn.randrange(RATE_HZ)
        self._texts: dict[str, frozenset[str]] = {}
        self._at_ms: dict[str, int] = {}
        self._capture = capture.Capture(self._on_told)
        audio_folder.mkdir(parents=True)
        with (
            mock.patch.object(device, "open_input", side_effect=lambda *_, **__: Card()),
            mock.patch.object(device, "refresh"),
            self.disk.recording(),
        ):
            self._run(audio_folder)

    def _run(self, audio_folder: Path) -> None:
        self._capture.handle({"do": "listen"})
        place = {"audio_folder": str(audio_folder), "recording": self.recording, "key": KEY.hex(), "segment": 0}
        self._capture.handle({"do": "record", **place})
        for _ in range(self._drawn.randrange(6, 20)):
            self._say(self._drawn.choice([300, 1_999, CHUNK, 4_500]))
            match self._drawn.randrange(10):
                case 0:
                    self._capture.handle({"do": "pause"})
                case 1:
                    self._capture.handle({"do": "resume"})
                case 2:
                    self._capture.handle({"do": "next_segment"})
                case 3 | 4:
                    self._forget(self._drawn.choice([1, 100, 249, 251, 700, 2_000]))
                case 5 | 6:
                    self._mark()
                case 7:
                    self._reword()
                case 8:
                    self._forget_mark()
                case _:
                    self._capture.pump()
        self._capture.handle({"do": "stop"})

    def _on_told(self, event: dict[str, Any]) -> None:
        if event["event"] in {"level", "paused"}:  # so much is on disk
            acknowledged = event["position_ms"] * RATE_HZ // 1000
            may_go = min(len(whole) for whole in self._truth.wholes)  # while something is being forgotten
            self._hold(acknowledged=max(self._truth.acknowledged, min(acknowledged, may_go)))
        elif event["event"] == "marked":
            self._at_ms[event["id"]] = event["position_ms"]
            self._hold(must=self._truth.must | {event["id"]})

    def _hold(self, **changes: Any) -> None:
        self._truth = replace(self._truth, **changes, may=tuple(self._texts.items()))
        self.disk.note(self._truth)

    def _say(self, frames: int) -> None:
        if self._capture._mic is not None:
            samples = np.take(_SAID, np.arange(self._said, self._said + frames), axis=0, mode="wrap")
            self._said += frames
            self._kept = np.concatenate([self._kept, samples])
            self._hold(wholes=(self._kept,))
            self._capture._mic.ring.put(samples.tobytes(), frames, False)

    def _forget(self, ms: int) -> None:
        before = self._kept
        dropped = min(len(before), ms * RATE_HZ // 1000)
        self._kept = before[: len(before) - dropped]
        end_ms = len(self._kept) * 1000 // RATE_HZ
        gone = {id for id, at_ms in self._at_ms.items() if dropped and at_ms >= end_ms}
        acknowledged = min(self._truth.acknowledged, len(self._kept))
        self._hold(wholes=(before, self._kept), must=self._truth.must - gone, acknowledged=acknowledged)
        self._capture.handle({"do": "forget_last", "ms": ms})
        for id in gone:
            del self._texts[id], self._at_ms[id]
        self._hold(wholes=(self._kept,), acknowledged=acknowledged)

    def _mark(self) -> None:
        id = str(uuid.UUID(int=self._drawn.getrandbits(128)))
        self._texts[id] = frozenset({f"ord {id}"})
        self._hold()
        self._capture.handle({"do": "mark", "id": id, "kind": "note", "text": f"ord {id}", "author": "Bo"})

    def _reword(self) -> None:
        if self._at_ms:
            id = self._drawn.choice(sorted(self._at_ms))
            new = f"andre ord {self._drawn.random()}"
            self._texts[id] |= {new}
            self._hold()
            self._capture.handle({"do": "reword", "id": id, "text": new})
            self._texts[id] = frozenset({new})
            self._hold()

    def _forget_mark(self) -> None:
        if self._at_ms:
            id = self._drawn.choice(sorted(self._at_ms))
            self._hold(must=self._truth.must - {id})
            self._capture.handle({"do": "forget_mark", "id": id})
            del self._texts[id], self._at_ms[id]
            self._hold()


def judge(audio_folder: Path, recording: RecordingId, truth: Truth) -> tuple[str, list[str]]:
    """Look at what was left as the next start does; return what it is, and what is wrong with that."""
    faults = []
    complete_cuts(audio_folder, recording, KEY)
    names = {path.suffix for path in recording_folder(audio_folder, recording).iterdir()}
    if not names <= {".cba", ".cbm"} or (recording_folder(audio_folder, recording) / "cut.cbm").exists():
        faults.append(f"left behind: {names}")
    try:
        with SoundReader.open(audio_folder, recording, KEY) as reader:
            samples, state = reader.read(0, reader.frames), str(reader.state)
            if reader.gaps:
                faults.append("a gap")
    except AudioMissing:
        samples, state = _SAID[:0], "no sound"
    if len(samples) < truth.acknowledged:
        faults.append(f"{len(samples)} of {truth.acknowledged} frames that were acknowledged")
    if not any(np.array_equal(samples, whole[: len(samples)]) for whole in truth.wholes):
        faults.append("wrong sound")
    marks, may = {mark.id: mark.text for mark in read_marks(audio_folder, recording, KEY)}, dict(truth.may)
    if not truth.must <= marks.keys():
        faults.append("a mark that was acknowledged")
    if any(text not in may.get(id, ()) for id, text in marks.items()):
        faults.append("a mark that is not there any more, or other words")
    return state, faults


def run_campaign(place: Path, states: int, seed: int = 1, *, sessions: int = 60) -> Outcome:
    """Look at `states` disks, from `sessions` conversations; nothing is left in `place`."""
    outcome, drawn = Outcome(), random.Random(seed)
    for number in range(sessions):
        session = Session(place / f"session {number}", drawn)
        for _ in range(states // sessions):
            state = crashed(session.disk.log, drawn.randrange(1, len(session.disk.log) + 1), drawn)
            _look(place / "found", session, state, outcome)
        shutil.rmtree(place / f"session {number}")
    return outcome


def _look(place: Path, session: Session, state: State, outcome: Outcome) -> None:
    outcome.states += 1
    state.put(session.disk.root, place)
    recording_folder(place, session.recording).mkdir(parents=True, exist_ok=True)
    try:
        found, faults = judge(place, session.recording, state.note or Truth())
        outcome.found[found] += 1
        outcome.faults += [f"{outcome.states}, after {state.asked}: {fault}" for fault in faults]
    except Exception as error:  # whatever it is, no state may make it
        outcome.faults.append(f"{outcome.states}, after {state.asked}: {type(error).__name__} {error}")
    shutil.rmtree(place)
