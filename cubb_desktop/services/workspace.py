"""The composition root: one open library with its vault, database, key store and folder of sound; closed cleanly."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack, suppress
from datetime import date, datetime
from pathlib import Path
from typing import Self

from cubb_desktop.domain.errors import (
    CubbError,
    DiskFull,
    FolderNotEmpty,
    FolderReadOnly,
    LibraryBusy,
    LibraryExists,
    NotAFolder,
    UnsafePlace,
    from_os_error,
)
from cubb_desktop.library.access import utc_now
from cubb_desktop.library.keys import DATABASE as KEY_DATABASE
from cubb_desktop.library.keys import KeyStore
from cubb_desktop.library.places import is_unsafe
from cubb_desktop.library.session import DATABASE, Library
from cubb_desktop.services.known_backups import backup_named
from cubb_desktop.services.locks import WindowLock, WorkerLock, worker_lock
from cubb_desktop.services.openings import Openings
from cubb_desktop.vault import (
    KEY_FILE,
    KdfCost,
    Vault,
    is_library,
    new_vault,
    sync_folder,
    unlock,
)

__all__ = [
    "WindowLock",
    "WorkerLock",
    "Workspace",
    "create_workspace",
    "open_unlocked",
    "open_workspace",
    "open_workspace_with_key",
    "worker_lock",
]

AUDIO = "audio"
MOST_TRIES_TOLD = 9_999


class Workspace:
    """An open library and who acts in it; `with` closes it."""

    def __init__(
        self,
        vault: Vault,
        library: Library,
        keys: KeyStore,
        *,
        actor: str,
        clock: Callable[[], datetime] = utc_now,
        window_lock: WindowLock | None = None,
    ) -> None:
        """Use `create_workspace`, `open_workspace` or `open_workspace_with_key`."""
        self.folder = vault.folder
        self.audio_folder = vault.folder / AUDIO
        self.vault = vault
        self.library = library
        self.keys = keys
        self.actor = actor
        self.clock = clock
        self.openings = Openings()
        self._window_lock = window_lock

    def today(self) -> date:
        """Return the date where the person is."""
        return self.clock().astimezone().date()

    def note_unlocked(self, failed_tries: int = 0) -> None:
        """Log that the library was unlocked, and after how many failed tries.

        A disk that is full, or a library that others keep busy, is no reason not to let somebody in to see to it.
        """
        outcome = f"after-failed-tries-{min(failed_tries, MOST_TRIES_TOLD)}" if failed_tries else "done"
        self._note("library.unlocked", outcome)

    def note_locked(self) -> None:
        """Log that the window has locked the library."""
        self._note("library.locked")

    def _note(self, action: str, outcome: str = "done") -> None:
        with suppress(DiskFull, FolderReadOnly, LibraryBusy):
            self.library.note(self.actor, action, self.vault.library_id, outcome)

    def close(self) -> None:
        """Close the databases, forget the keys, let the window's lock go."""
        self.library.close()
        self.keys.close()
        self.vault.lock()
        if self._window_lock is not None:
            self._window_lock.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def create_workspace(
    folder: Path,
    passphrase: str,
    *,
    actor: str,
    cost: KdfCost | None = None,
    allow_weak: bool = False,
    window: bool = False,
    clock: Callable[[], datetime] = utc_now,
) -> tuple[Workspace, str]:
    """Make a library in `folder` (absent or empty) and open it; return it with its recovery key, kept nowhere else.

    Until `vault.confirm_recovery_key()` the window shows a new one, to be typed back, whenever it opens the library.
    `cost` None is what takes about a second on this machine; `window` is as in `open_workspace`. `library.json` is
    written last: a folder without it is no library. Raises `LibraryExists`, `FolderNotEmpty`, `NotAFolder`,
    `UnsafePlace`, `PassphraseTooShort`, `PassphraseGuessable`, `FolderReadOnly`, `DiskFull`; nothing is then left.
    """
    if is_library(folder):
        raise LibraryExists
    if is_unsafe(folder):
        raise UnsafePlace
    vault, recovery = new_vault(folder, passphrase, cost, allow_weak=allow_weak)
    made_folder = prepare_folder(folder)
    try:
        library = Library.create(folder, *vault.database_key(), vault.audit_key(), clock=clock)
        library.close()
        keys = KeyStore.create(folder, *vault.keystore_key(), vault.wrap_recording_key, vault.unwrap_recording_key)
        keys.close()
        (folder / AUDIO).mkdir()
        vault.save()
        sync_folder(folder)
    except (CubbError, OSError) as error:
        _remove_traces(folder, made_folder)
        fault = from_os_error(error) if isinstance(error, OSError) else None
        if fault is None:
            raise
        raise fault from None
    workspace = open_unlocked(vault, actor=actor, window=window, clock=clock)
    workspace.library.note(actor, "library.created", vault.library_id)
    return workspace, recovery


def open_workspace(
    folder: Path, passphrase: str, *, actor: str, window: bool = False, clock: Callable[[], datetime] = utc_now
) -> Workspace:
    """Open the library in `folder`; `window=True` also takes the window's lock, or raises `LibraryInUse`.

    Raises `LibraryNotFound`, `WrongPassphrase`, `LibraryNewer`, `LibraryDamaged`, `FolderReadOnly`, `DiskFull`. With a
    wrong passphrase nothing is written, not even a lock.
    """
    with backup_named(folder):
        vault = unlock(folder, passphrase)
    return open_unlocked(vault, actor=actor, window=window, clock=clock)


def open_unlocked(
    vault: Vault, *, actor: str, window: bool = False, clock: Callable[[], datetime] = utc_now
) -> Workspace:
    """Open the library of a vault that has been unlocked already; `window` and errors as in `open_workspace`."""
    with ExitStack() as undone:
        undone.callback(vault.lock)
        lock = undone.enter_context(WindowLock(vault.folder)) if window else None
        with backup_named(vault.folder):
            workspace = _opened(vault, actor=actor, clock=clock, window_lock=lock)
        undone.pop_all()
    return workspace


def open_workspace_with_key(
    folder: Path, master_key: bytes, *, actor: str, clock: Callable[[], datetime] = utc_now
) -> Workspace:
    """Open the library in `folder` for a process that was handed its master key, as the worker is."""
    return _opened(Vault.from_master_key(folder, master_key), actor=actor, clock=clock)


def _opened(
    vault: Vault, *, actor: str, clock: Callable[[], datetime], window_lock: WindowLock | None = None
) -> Workspace:
    with ExitStack() as unless_opened:
        unless_opened.callback(vault.lock)
        library = Library.open(vault.folder, *vault.database_key(), vault.audit_key(), clock=clock)
        unless_opened.callback(library.close)
        keys = KeyStore.open(vault.folder, *vault.keystore_key(), vault.wrap_recording_key, vault.unwrap_recording_key)
        unless_opened.pop_all()
    library.keep_heads(keys.heads)
    return Workspace(vault, library, keys, actor=actor, clock=clock, window_lock=window_lock)


def prepare_folder(folder: Path) -> bool:
    """Make `folder` or accept an empty one, for the owner's eyes only; return whether it was made."""
    made = not folder.exists()
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise FolderNotEmpty
        folder.chmod(0o700)
    except OSError as error:
        if isinstance(error, FileExistsError | NotADirectoryError):
            raise NotAFolder from None
        if isinstance(error, FileNotFoundError):  # as /proc and its like say no
            raise FolderReadOnly from None
        fault = from_os_error(error)
        if fault is None:
            raise
        raise fault from None
    return made


def _remove_traces(folder: Path, made_folder: bool) -> None:
    """Take away what a failed creation left; the folder was empty before."""
    for name in (DATABASE, KEY_DATABASE, KEY_FILE):
        for path in folder.glob(f"{name}*"):
            with suppress(OSError):
                path.unlink()
    with suppress(OSError):
        (folder / AUDIO).rmdir()
    if made_folder:
        with suppress(OSError):
            folder.rmdir()
