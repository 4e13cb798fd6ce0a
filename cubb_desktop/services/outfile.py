"""A file that leaves the house: written beside its place, given its name in one step, gone again after any fault."""

from __future__ import annotations

import hashlib
import os
import uuid
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

from cubb_desktop.domain.errors import CubbError, DiskFull, TargetExists, TargetUnwritable, from_os_error


class NewFile:
    """The file `path` in the making; use it with `with`, and `keep` it before the end or nothing stays.

    Raises TargetExists, TargetUnwritable and DiskFull. With `replace_existing` an older file gives way at `keep`.
    """

    def __init__(self, path: Path, *, replace_existing: bool = False) -> None:
        self._path = path
        self._replace_existing = replace_existing
        self._beside = path.with_name(f".{uuid.uuid4()}.part")
        self._file: BinaryIO | None = None
        self._digest = hashlib.sha256()

    @property
    def sha256(self) -> str:
        """Of what has been written so far, in hex."""
        return self._digest.hexdigest()

    def __enter__(self) -> Self:
        try:
            if self._path.is_dir():
                raise TargetUnwritable
            if self._path.exists() and not self._replace_existing:
                raise TargetExists
            self._file = open(self._beside, "xb", opener=_for_the_owner)
        except OSError as error:
            raise _fault(error) from None
        return self

    def write(self, content: bytes) -> None:
        """Add to the file."""
        try:
            self._opened().write(content)
        except OSError as error:
            raise _fault(error) from None
        self._digest.update(content)

    def seal(self) -> None:
        """Bring everything to the disk; only `keep` may follow."""
        file = self._opened()
        try:
            file.flush()
            os.fsync(file.fileno())
            file.close()
        except OSError as error:
            raise _fault(error) from None

    def keep(self) -> None:
        """Seal the file and give it its name."""
        if not self._opened().closed:
            self.seal()
        try:
            if self._replace_existing:
                self._beside.replace(self._path)
            else:
                _name_first(self._beside, self._path)
        except OSError as error:
            raise _fault(error) from None

    def _opened(self) -> BinaryIO:
        if self._file is None:
            raise RuntimeError("a new file is written inside `with`")
        return self._file

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is not None:
            with suppress(OSError):
                self._file.close()
        with suppress(OSError):
            self._beside.unlink(missing_ok=True)


def check_place(path: Path) -> None:
    """Raise what `NewFile` would, before work is done that can't be taken back; nothing stays on the disk."""
    with NewFile(path):
        pass


def make_folder(folder: Path) -> None:
    """Make a folder with those above it, unless it is there; raises TargetUnwritable and DiskFull."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _fault(error) from None


def _for_the_owner(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _name_first(beside: Path, path: Path) -> None:
    """Give a file its name unless another has it; what came to bear the name meanwhile is never overwritten."""
    try:
        os.link(beside, path)
    except FileExistsError:
        raise TargetExists from None
    except OSError:  # a file system without links: look, then rename
        if path.exists():
            raise TargetExists from None
        beside.rename(path)


def _fault(error: OSError) -> CubbError:
    known = from_os_error(error)
    return known if isinstance(known, DiskFull) else TargetUnwritable()
