"""A disk that loses power: records what this process asks of it, and makes the states it may be found in afterwards.

The calls are those of `os` that the writers really make, and they are carried out as well. What a file got before its
last fsync is there in every state. Each later write is kept, dropped, torn at 512 bytes or garbled, one by one; names
that came, changed or went are there as they were or as they became until their folder has been synced.
"""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest import mock

SECTOR = 512


@dataclass(frozen=True)
class Asked:
    """One thing that was asked of the disk, or one that a test noted down in between."""

    what: str  # create, write, truncate, sync, sync folder, replace, unlink, note
    file: int = -1
    folder: str = ""
    name: str = ""
    other: str = ""
    offset: int = 0
    content: bytes = b""
    note: Any = None


@dataclass
class Disk:
    """What was asked, in order; use `recording`."""

    root: Path
    log: list[Asked] = field(default_factory=list)
    _open: dict[int, int | str] = field(default_factory=dict)  # descriptor -> file, or folder
    _names: dict[str, int] = field(default_factory=dict)  # path -> file
    _files: int = 0

    def note(self, note: Any) -> None:
        """Remember what is true from here on."""
        self.log.append(Asked("note", note=note))

    @contextmanager
    def recording(self) -> Iterator[None]:
        """While this holds, everything under `root` is recorded."""
        calls: dict[str, Callable[..., Any]] = {
            "open": self._on_open(os.open),
            "close": self._on_close(os.close),
            "write": self._on_write(os.write),
            "ftruncate": self._on_truncate(os.ftruncate),
            "fsync": self._on_sync(os.fsync),
            "fdatasync": self._on_sync(os.fdatasync),
            "replace": self._on_replace(os.replace),
            "unlink": self._on_unlink(os.unlink),
        }
        with ExitStack() as patched:
            for name, call in calls.items():
                patched.enter_context(mock.patch.object(os, name, call))
            yield

    def _on_open(self, real: Callable[..., int]) -> Callable[..., int]:
        def act(path: Any, flags: int, mode: int = 0o777, **options: Any) -> int:
            name = os.fspath(path)
            new = not Path(name).exists()
            descriptor = real(path, flags, mode, **options)
            if Path(name).is_dir():
                self._open[descriptor] = name
            elif Path(name).is_relative_to(self.root):
                if new:
                    self._files += 1
                    self._names[name] = self._files
                    self.log.append(Asked("create", self._files, *_split(name)))
                elif flags & os.O_TRUNC:
                    self.log.append(Asked("truncate", self._names[name], offset=0))
                self._open[descriptor] = self._names[name]
            return descriptor

        return act

    def _on_close(self, real: Callable[[int], None]) -> Callable[[int], None]:
        def act(descriptor: int) -> None:
            self._open.pop(descriptor, None)
            real(descriptor)

        return act

    def _on_write(self, real: Callable[..., int]) -> Callable[..., int]:
        def act(descriptor: int, content: Any) -> int:
            written = real(descriptor, content)
            file = self._open.get(descriptor)
            if isinstance(file, int):
                offset = os.lseek(descriptor, 0, os.SEEK_CUR) - written
                self.log.append(Asked("write", file, offset=offset, content=bytes(content)[:written]))
            return written

        return act

    def _on_truncate(self, real: Callable[[int, int], None]) -> Callable[[int, int], None]:
        def act(descriptor: int, length: int) -> None:
            real(descriptor, length)
            file = self._open.get(descriptor)
            if isinstance(file, int):
                self.log.append(Asked("truncate", file, offset=length))

        return act

    def _on_sync(self, real: Callable[[int], None]) -> Callable[[int], None]:
        def act(descriptor: int) -> None:
            real(descriptor)
            place = self._open.get(descriptor)
            if isinstance(place, int):
                self.log.append(Asked("sync", place))
            elif place is not None:
                self.log.append(Asked("sync folder", folder=place))

        return act

    def _on_replace(self, real: Callable[..., None]) -> Callable[..., None]:
        def act(source: Any, target: Any) -> None:
            real(source, target)
            before, after = os.fspath(source), os.fspath(target)
            file = self._names[after] = self._names.pop(before)
            folder, name = _split(before)
            self.log.append(Asked("replace", file, folder, name, Path(after).name))

        return act

    def _on_unlink(self, real: Callable[..., None]) -> Callable[..., None]:
        def act(path: Any, **options: Any) -> None:
            real(path, **options)
            self._names.pop(os.fspath(path), None)
            self.log.append(Asked("unlink", -1, *_split(os.fspath(path))))

        return act


def _split(path: str) -> tuple[str, str]:
    return str(Path(path).parent), Path(path).name


# --- states ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class State:
    """What may be found after the power came back: folders with their files' contents, and the last note before."""

    folders: dict[str, dict[str, bytes]]
    note: Any
    asked: int

    def put(self, root: Path, place: Path) -> None:
        """Write it out below `place`, as it stood below `root`."""
        for folder, files in self.folders.items():
            there = place / Path(folder).relative_to(root)
            there.mkdir(parents=True, exist_ok=True)
            for name, content in files.items():
                (there / name).write_bytes(content)


@dataclass
class _Platter:
    """What is there for good, and what was asked for since."""

    durable: dict[int, bytearray] = field(default_factory=dict)
    pending: dict[int, list[Asked]] = field(default_factory=dict)
    names: dict[str, dict[str, int]] = field(default_factory=dict)
    renamed: dict[str, list[Asked]] = field(default_factory=dict)
    note: Any = None

    def take(self, asked: Asked) -> None:
        match asked.what:
            case "note":
                self.note = asked.note
            case "write" | "truncate":
                self.pending.setdefault(asked.file, []).append(asked)
            case "sync":
                for one in self.pending.pop(asked.file, []):
                    _apply(self.durable.setdefault(asked.file, bytearray()), one, one.content)
            case "sync folder":
                for one in self.renamed.pop(asked.folder, []):
                    _rename(self.names.setdefault(one.folder, {}), one)
            case _:
                self.renamed.setdefault(asked.folder, []).append(asked)


def crashed(log: list[Asked], moment: int, drawn: random.Random) -> State:
    """Return a state that a power cut after the first `moment` things may leave."""
    disk = _Platter()
    for asked in log[:moment]:
        disk.take(asked)
    for file, left in disk.pending.items():
        for one in left:
            _perhaps(disk.durable.setdefault(file, bytearray()), one, drawn)
    for folder, left in disk.renamed.items():
        for one in left:
            if drawn.random() < 0.5:
                _rename(disk.names.setdefault(folder, {}), one)
    folders = {
        folder: {name: bytes(disk.durable.get(file, b"")) for name, file in there.items()}
        for folder, there in disk.names.items()
    }
    return State(folders, disk.note, moment)


def _perhaps(content: bytearray, asked: Asked, drawn: random.Random) -> None:
    """Let the disk have got to a thing, or not, or only in part."""
    fate = drawn.randrange(4)
    if fate == 0:
        return
    if asked.what == "truncate" or fate == 1:
        _apply(content, asked, asked.content)
    elif fate == 2:
        for start in range(0, len(asked.content), SECTOR):
            if drawn.random() < 0.5:
                part = asked.content[start : start + SECTOR]
                _apply(content, Asked("write", offset=asked.offset + start), part)
    else:
        _apply(content, asked, drawn.randbytes(len(asked.content)))


def _apply(content: bytearray, asked: Asked, written: bytes) -> None:
    if asked.what == "truncate":
        del content[asked.offset :]
        content.extend(bytes(asked.offset - len(content)))
        return
    content.extend(bytes(max(0, asked.offset - len(content))))
    content[asked.offset : asked.offset + len(written)] = written


def _rename(there: dict[str, int], asked: Asked) -> None:
    match asked.what:
        case "create":
            there[asked.name] = asked.file
        case "unlink":
            there.pop(asked.name, None)
        case "replace":
            there.pop(asked.name, None)
            there[asked.other] = asked.file
