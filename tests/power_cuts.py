"""Simulated power cuts: what a process really wrote is recorded, and disks are made as a cut could have left them.

The model is harsh. Writes to a file before its last sync are on the disk; of each later one, all, nothing, some of its
512-byte sectors, or some sectors of noise. A name that was made, moved or removed is so for certain only after its
folder was synced; until then each such step may or may not have happened.
"""

from __future__ import annotations

import os
import random
import shutil
import struct
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Literal, TypeAlias, get_args

SECTOR = 512
_FRONT = struct.Struct("<cIIq")  # act, bytes of the path and of the data, offset
_SOURCE = Path(__file__).with_name("power_recorder.c")

Fate: TypeAlias = Literal["kept", "dropped", "torn", "garbled"]
Disk: TypeAlias = dict[str, bytes]  # what lies in the folder after the cut: path below it -> content


@dataclass(frozen=True)
class Event:
    """One step that reached the system: W write, S sync, T truncate, C create, U unlink, R rename, A acknowledge."""

    act: str
    path: str
    offset: int
    data: bytes


@dataclass(frozen=True)
class Recorded:
    """All steps of a process in order, and what was on the disk before it began."""

    before: Disk
    events: list[Event]


@dataclass(frozen=True)
class CrashState:
    """A disk after a cut, what had been acknowledged by then, and after which step the power went."""

    disk: Disk
    acks: list[str]
    step: int


# --- recording -------------------------------------------------------------------------------------------------------


@cache
def recorder(place: Path) -> Path:
    """Compile the recorder into `place` and return it; a system without a C compiler fails with what to install."""
    compiler = next(filter(None, map(shutil.which, ("cc", "gcc", "clang", "tcc"))), None)
    if compiler is None:
        raise RuntimeError(
            "simulated power cuts need a C compiler; install one (Debian: apt-get install gcc libc6-dev)"
        )
    built = place / "power_recorder.so"
    command = [compiler, "-shared", "-fPIC", "-O1", "-o", str(built), str(_SOURCE), "-ldl", "-lpthread"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"the recorder for power cuts cannot be built:\n{done.stderr}")
    return built


def record(arguments: Sequence[str], folder: Path, acks: Path, place: Path) -> Recorded:
    """Run Python with `arguments` and return all it wrote in `folder`, and the lines it wrote to the file `acks`.

    `acks` lies beside `folder`, in the same parent; each acknowledgement is one write of whole lines.
    """
    trace = place / "trace"
    trace.unlink(missing_ok=True)
    before = read_disk(folder)
    environment = {
        **os.environ,
        "LD_PRELOAD": str(recorder(place)),
        "CUBB_RECORD_BELOW": f"{folder.parent}/",
        "CUBB_RECORD_TO": str(trace),
    }
    done = subprocess.run(
        [sys.executable, *arguments], env=environment, capture_output=True, text=True, timeout=300, check=False
    )
    if done.returncode != 0:
        raise RuntimeError(f"the recorded process failed:\n{done.stderr}")
    return Recorded(before, list(_events(trace.read_bytes(), folder, acks)))


def read_disk(folder: Path) -> Disk:
    """Return the files below `folder`, without SQLite's shared memory, which no cut survives."""
    found = (path for path in folder.rglob("*") if path.is_file() and not path.name.endswith("-shm"))
    return {str(path.relative_to(folder)): path.read_bytes() for path in found}


def _events(trace: bytes, folder: Path, acks: Path) -> Iterator[Event]:
    place = 0
    below = f"{folder}/"
    while place < len(trace):
        act, path_bytes, data_bytes, offset = _FRONT.unpack_from(trace, place)
        place += _FRONT.size
        path = os.fsdecode(trace[place : place + path_bytes]).removesuffix(" (deleted)")
        data = trace[place + path_bytes : place + path_bytes + data_bytes]
        place += path_bytes + data_bytes
        if path == str(acks) and act == b"W":
            yield Event("A", "", 0, data)
        elif (path == str(folder) or path.startswith(below)) and not path.endswith("-shm"):
            data = os.fsencode(os.fsdecode(data).removeprefix(below)) if act == b"R" else data
            yield Event(act.decode(), path.removeprefix(below) if path != str(folder) else ".", offset, data)


# --- cutting the power -----------------------------------------------------------------------------------------------


@dataclass
class _File:
    """A file's bytes that are on the disk for certain, and what was written since."""

    lasting: bytes = b""
    waiting: list[Event] = field(default_factory=list)

    def sync(self) -> None:
        content = bytearray(self.lasting)
        for event in self.waiting:
            _apply(content, event, event.data)
        self.lasting, self.waiting = bytes(content), []

    def after_cut(self, rng: random.Random) -> bytes:
        content = bytearray(self.lasting)
        for event in self.waiting:
            fate: Fate = rng.choice(get_args(Fate))
            if event.act == "T":
                if fate in ("kept", "torn"):
                    _apply(content, event, b"")
            elif fate != "dropped":
                _write_sectors(content, event, fate, rng)
        return bytes(content)


def _apply(content: bytearray, event: Event, data: bytes) -> None:
    if event.act == "T":
        del content[event.offset :]
        content.extend(bytes(event.offset - len(content)))
        return
    content.extend(bytes(max(0, event.offset - len(content))))
    content[event.offset : event.offset + len(data)] = data


def _write_sectors(content: bytearray, event: Event, fate: Fate, rng: random.Random) -> None:
    """Write all of the event, or each of its sectors by chance: torn ones are missing, garbled ones hold noise."""
    if fate == "kept":
        _apply(content, event, event.data)
        return
    place = 0
    while place < len(event.data):
        size = min(SECTOR - (event.offset + place) % SECTOR, len(event.data) - place)
        part = event.data[place : place + size]
        if rng.random() < 0.5:
            part = rng.randbytes(size) if fate == "garbled" else b""
        if part:
            _apply(content, Event("W", event.path, event.offset + place, b""), part)
        place += size


class _Machine:
    """The files of a folder while the steps are played back, as its programs see them and as its disk has them."""

    def __init__(self, before: Disk) -> None:
        self.seen: dict[str, _File] = {path: _File(content) for path, content in before.items()}
        self.lasting = dict(self.seen)  # names that are on the disk for certain
        self.steps: list[tuple[Event, _File | None]] = []  # names that were changed since their folder was synced

    def play(self, event: Event) -> None:
        if event.act == "S":
            if event.path in self.seen:
                self.seen[event.path].sync()
            else:
                self._sync_names(event.path)
        elif event.act in "WT":
            self.seen.setdefault(event.path, _File()).waiting.append(event)
        elif event.act == "C":
            self.seen[event.path] = _File()
            self.steps.append((event, self.seen[event.path]))
        elif event.act == "U":
            self.steps.append((event, self.seen.pop(event.path, None)))
        else:
            moved = self.seen.pop(event.path)
            self.seen[os.fsdecode(event.data)] = moved
            self.steps.append((event, moved))

    def _sync_names(self, folder: str) -> None:
        here = [step for step in self.steps if _folder_of(step[0]) == folder]
        self.steps = [step for step in self.steps if _folder_of(step[0]) != folder]
        for event, file in here:
            _rename(self.lasting, event, file)

    def after_cut(self, rng: random.Random) -> Disk:
        names = dict(self.lasting)
        for event, file in self.steps:
            if rng.random() < 0.5:
                _rename(names, event, file)
        contents: dict[int, bytes] = {}
        for file in names.values():
            if id(file) not in contents:
                contents[id(file)] = file.after_cut(rng)
        return {path: contents[id(file)] for path, file in names.items()}


def _folder_of(event: Event) -> str:
    return str(Path(event.path).parent)


def _rename(names: dict[str, _File], event: Event, file: _File | None) -> None:
    if event.act == "U":
        names.pop(event.path, None)
    elif file is not None:
        if event.act == "R":
            names.pop(event.path, None)
        names[event.path if event.act == "C" else os.fsdecode(event.data)] = file


def crash_states(recorded: Recorded, number: int, seed: int | str) -> Iterator[CrashState]:
    """Yield `number` disks, cut after steps that are spread evenly by chance over the whole recording."""
    rng = random.Random(seed)
    steps = sorted(rng.randrange(len(recorded.events) + 1) for _ in range(number))
    machine = _Machine(recorded.before)
    acks: list[str] = []
    played = 0
    for step in steps:
        for event in recorded.events[played:step]:
            if event.act == "A":
                acks += event.data.decode().splitlines()
            else:
                machine.play(event)
        played = step
        yield CrashState(machine.after_cut(rng), list(acks), step)


def write_disk(disk: Disk, folder: Path) -> None:
    """Put a disk into the new folder `folder`."""
    folder.mkdir(parents=True)
    for path, content in disk.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
