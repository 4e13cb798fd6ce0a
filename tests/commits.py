"""Processes that commit and say so, to be killed or have their power cut: `python -m tests.commits WORK FOLDER ACKS N`.

Each piece of work writes a line to the descriptor of its acknowledgements once what the line says must last. What has
been acknowledged is then looked for by the work's check, which returns what is wrong, in words.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from unittest import mock

import sqlalchemy as sa

from cubb_desktop.domain.errors import CubbError
from cubb_desktop.domain.ids import RecordingId
from cubb_desktop.domain.tombstone import Reason
from cubb_desktop.library import audit, migrate, recordings, tombstones
from cubb_desktop.library.keys import KeyStore
from cubb_desktop.library.session import DATABASE, Library
from cubb_desktop.library.tables import metadata
from cubb_desktop.services.backup import apply_tombstones, backup_library
from cubb_desktop.services.restore import restore_library
from cubb_desktop.services.workspace import open_workspace
from cubb_desktop.settings import CONFIG_VARIABLE
from cubb_desktop.vault import create_vault, new_recording_key, unlock
from tests import builders

Acknowledge = Callable[[str], None]
Acks = Iterable[str]

_KEPT_BEFORE = 3  # recordings that an older library holds before it is migrated
_SPOKEN = metadata.tables["turns"], metadata.tables["words"]


@dataclass(frozen=True)
class Work:
    """One kind of writing: its folder made ready, what a process does `times` times, and the check afterwards."""

    prepare: Callable[[Path], None]
    do: Callable[[Path, Acknowledge, int | None], None]
    check: Callable[[Path, Acks], list[str]]


def _open(folder: Path) -> Library:
    return Library.open(folder, builders.KEY, builders.SALT, builders.AUDIT_KEY)


def _unchanged(_recording_id: str, key: bytes) -> bytes:
    return key


def _open_keys(folder: Path) -> KeyStore:
    return KeyStore.open(folder, builders.KEY, builders.SALT, _unchanged, _unchanged)


def _store(library: Library) -> RecordingId:
    """Commit a recording and, in a change of its own, its transcript with one word that no other has."""
    recording = builders.stored_recording(library)
    spoken = builders.turn(f"hvad tænker du selv om arbejde {_own_word(recording.id)}", 0)
    with library.change(builders.ACTOR, "transcript.made", recording.id) as change:
        recordings.put_peaks(change, recording.id, os.urandom(1500))
        builders.store_transcript(change, builders.transcript(recording.id, (spoken,)))
    return recording.id


def _own_word(recording_id: str) -> str:
    return "ord" + recording_id.replace("-", "")


# --- a library that is worked in -------------------------------------------------------------------------------------


def _prepare_library(folder: Path) -> None:
    Library.create(folder, builders.KEY, builders.SALT, builders.AUDIT_KEY).close()
    KeyStore.create(folder, builders.KEY, builders.SALT, _unchanged, _unchanged).close()


def _commit(folder: Path, acknowledge: Acknowledge, times: int | None) -> None:
    """Keep recordings with key, text and search index; every third time forget one, its key first."""
    library, keys = _open(folder), _open_keys(folder)
    mine: list[RecordingId] = []
    for number in count(1) if times is None else range(1, times + 1):
        made = _store(library)
        keys.put(made, new_recording_key())
        mine.append(made)
        acknowledge(f"kept {made}")
        if number % 3 == 0:
            gone = mine.pop(0)
            acknowledge(f"goes {gone}")
            keys.destroy(gone)
            acknowledge(f"keyless {gone}")
            with library.change(builders.ACTOR, "recording.deleted", gone) as change:
                recordings.remove(change, gone)
            acknowledge(f"gone {gone}")
    library.close()
    keys.close()


def _check_library(folder: Path, acks: Acks) -> list[str]:
    try:
        library, keys = _open(folder), _open_keys(folder)
    except CubbError as error:
        return [f"unreadable: {error.code}"]
    said: dict[str, set[str]] = {"kept": set(), "goes": set(), "keyless": set(), "gone": set()}
    for ack in acks:
        kind, _, name = ack.partition(" ")
        said[kind].add(name)
    try:
        problems = [f"verify: {problem}" for problem in library.verify()]
        with_key = set(keys.ids())
        with library.read() as reading:
            rows = {recording.id for recording in recordings.all(reading)}
            logged = {line.object_id for line in audit.lines(reading)}
            found = {_found(reading.connection, name): name for name in said["kept"] - said["goes"]}
    except CubbError as error:
        return [f"unreadable: {error.code}"]
    finally:
        library.close()
        keys.close()
    lasting = said["kept"] - said["goes"]
    problems += [f"lost: {name}" for name in sorted(lasting - rows)]
    problems += [f"lost from the log: {name}" for name in sorted(said["kept"] - logged)]
    problems += [f"lost from the search: {name}" for key, name in found.items() if key is not None]
    problems += [f"lost key: {name}" for name in sorted(lasting - with_key)]
    problems += [f"key came back: {name}" for name in sorted(said["keyless"] & with_key)]
    problems += [f"came back: {name}" for name in sorted(said["gone"] & rows)]
    return problems


def _found(connection: sa.Connection, name: str) -> str | None:
    """None when the recording's own word leads to exactly its turn, else the name."""
    turns, _words = _SPOKEN
    query = sa.text("SELECT rowid FROM turn_texts WHERE turn_texts MATCH :word")
    keys = connection.execute(query, {"word": _own_word(name)}).scalars().all()
    transcripts = metadata.tables["transcripts"]
    owner = (
        sa.select(transcripts.c.recording_id)
        .join(turns, turns.c.transcript_key == transcripts.c.key)
        .where(turns.c.key == (keys[0] if len(keys) == 1 else -1))
    )
    return None if connection.execute(owner).scalar() == name else name


# --- a key store -----------------------------------------------------------------------------------------------------


def _prepare_keys(folder: Path) -> None:
    KeyStore.create(folder, builders.KEY, builders.SALT, _unchanged, _unchanged).close()


def _keep_and_destroy(folder: Path, acknowledge: Acknowledge, times: int | None) -> None:
    """Keep keys, and destroy every second one when the next has been kept."""
    keys = _open_keys(folder)
    for number in range(times or 1):
        name, key = RecordingId(builders.new_id()), new_recording_key()
        keys.put(name, key)
        acknowledge(f"kept {name} {key.hex()}")
        if number % 2:
            acknowledge(f"goes {name}")
            keys.destroy(name)
            acknowledge(f"keyless {name}")
    keys.close()


def _check_keys(folder: Path, acks: Acks) -> list[str]:
    said = [ack.split() for ack in acks]
    going = {words[1] for words in said if words[0] == "goes"}
    kept = {words[1]: bytes.fromhex(words[2]) for words in said if words[0] == "kept" and words[1] not in going}
    destroyed = {words[1] for words in said if words[0] == "keyless"}
    keys = _open_keys(folder)
    try:
        with_key = keys.ids()
        problems = [f"lost key: {name}" for name in sorted(kept.keys() - with_key)]
        problems += [f"key came back: {name}" for name in sorted(destroyed & with_key)]
        readable = kept.keys() & with_key
        problems += [f"another key: {name}" for name in readable if keys.get(RecordingId(name)) != kept[name]]
    except CubbError as error:
        return [f"unreadable: {error.code}"]
    finally:
        keys.close()
    return problems


# --- a library that is migrated --------------------------------------------------------------------------------------


def _prepare_older(folder: Path) -> None:
    library = Library.create(folder, builders.KEY, builders.SALT, builders.AUDIT_KEY)
    for _ in range(_KEPT_BEFORE):
        _store(library)
    library.close()
    path = folder / DATABASE
    maker = migrate.engine_maker(builders.KEY, builders.SALT)
    migrate.take_down(path, maker, builders.older_revision())
    migrate.remove_copies(path)


def _migrate(folder: Path, acknowledge: Acknowledge, times: int | None) -> None:
    library = _open(folder)
    acknowledge("migrated")
    for _ in range(times or 1):
        acknowledge(f"kept {_store(library)}")
    library.close()


def _check_migrated(folder: Path, acks: Acks) -> list[str]:
    try:
        library = _open(folder)
    except CubbError as error:
        return [f"unreadable: {error.code}"]
    kept = {ack.removeprefix("kept ") for ack in acks if ack.startswith("kept ")}
    try:
        problems = [f"verify: {problem}" for problem in library.verify()]
        with library.read() as reading:
            rows = {recording.id for recording in recordings.all(reading)}
            words = reading.connection.execute(sa.select(sa.func.count()).select_from(_SPOKEN[1])).scalar_one()
    except CubbError as error:
        return [f"unreadable: {error.code}"]
    finally:
        library.close()
    problems += [f"lost: {name}" for name in sorted(kept - rows)]
    if len(rows) < _KEPT_BEFORE + len(kept) or words < 7 * (_KEPT_BEFORE + len(kept)):
        problems.append(f"lost rows: {len(rows)} recordings with {words} words")
    return problems


# --- key files whose passphrase is changed ---------------------------------------------------------------------------


def _passphrase(number: int) -> str:
    return f"adgangssætning nummer {number}"


def _prepare_key_files(folder: Path) -> None:
    vault, _recovery = create_vault(folder, _passphrase(0), builders.CHEAP, allow_weak=True)
    (folder / "master").write_bytes(vault.master_key())


def _change_passphrase(folder: Path, acknowledge: Acknowledge, times: int | None) -> None:
    vault = unlock(folder, _passphrase(0))
    for number in range(1, (times or 1) + 1):
        acknowledge(f"tries {number}")
        vault.set_passphrase(_passphrase(number), builders.CHEAP, allow_weak=True)
        acknowledge(f"changed {number}")


def _check_key_files(folder: Path, acks: Acks) -> list[str]:
    numbers = [int(ack.split()[1]) for ack in acks] or [0]
    fits = sorted({max((int(ack.split()[1]) for ack in acks if ack.startswith("changed")), default=0), numbers[-1]})
    opened = []
    for number in fits:
        try:
            vault = unlock(folder, _passphrase(number))
        except CubbError:
            continue
        opened.append(number)
        if vault.master_key() != (folder / "master").read_bytes():
            return ["another master key"]
    return [] if opened else [f"none of the passphrases {fits} opens"]


# --- a backup that is made again and again ---------------------------------------------------------------------------


def _library_of(backup: Path) -> Path:
    """The library lies beside the folder of its backup, on a disk whose power stays."""
    return backup.with_name("backed up library")


def _prepare_backup(folder: Path) -> None:
    with builders.new_workspace(_library_of(folder)) as ws:
        backup_library(ws, folder)


def _back_up(folder: Path, acknowledge: Acknowledge, times: int | None) -> None:
    """Add a recording, back up; every third time a recording is forgotten first."""
    with open_workspace(_library_of(folder), builders.PASSPHRASE, actor=builders.ACTOR) as ws:
        for number in range(times or 1):
            made = _store(ws.library)
            ws.keys.put(made, new_recording_key())
            backup_library(ws, folder)
            acknowledge(f"backed {made}")
            if number % 3 == 2:
                with ws.library.change(builders.ACTOR, "recording.deleted", made) as change:
                    tombstones.add(change, made, Reason.DELETED)
                    recordings.remove(change, made)
                ws.keys.destroy(made)
                acknowledge(f"goes {made}")
                with ws.library.read() as reading:
                    apply_tombstones(ws, folder, tombstones.all(reading))
                acknowledge(f"gone {made}")


def _check_backup(folder: Path, acks: Acks) -> list[str]:
    said: dict[str, set[str]] = {"backed": set(), "goes": set(), "gone": set()}
    for ack in acks:
        kind, _, name = ack.partition(" ")
        said[kind].add(name)
    target, machine = folder.with_name(f"restored {folder.name}"), folder.with_name(f"machine of {folder.name}")
    try:
        with mock.patch.dict(os.environ, {CONFIG_VARIABLE: str(machine)}):  # a machine that knows no tombstones
            restore_library(folder, target, passphrase=builders.PASSPHRASE, actor=builders.ACTOR)
        with open_workspace(target, builders.PASSPHRASE, actor=builders.ACTOR) as ws, ws.library.read() as reading:
            rows: set[str] = {recording.id for recording in recordings.all(reading)}
            problems = [f"verify: {problem}" for problem in ws.library.verify()]
    except CubbError as error:
        return [f"unreadable: {error.code}"]
    finally:
        for left in (target, machine):
            shutil.rmtree(left, ignore_errors=True)
    problems += [f"lost: {name}" for name in sorted(said["backed"] - said["goes"] - rows)]
    return problems + [f"came back: {name}" for name in sorted(said["gone"] & rows)]


WORKS = {
    "library": Work(_prepare_library, _commit, _check_library),
    "keys": Work(_prepare_keys, _keep_and_destroy, _check_keys),
    "backup": Work(_prepare_backup, _back_up, _check_backup),
    "migration": Work(_prepare_older, _migrate, _check_migrated),
    "passphrase": Work(_prepare_key_files, _change_passphrase, _check_key_files),
}


def acknowledging(descriptor: int) -> Acknowledge:
    """Return what writes each acknowledgement to `descriptor` at once, as one line."""

    def acknowledge(line: str) -> None:
        os.write(descriptor, f"{line}\n".encode())

    return acknowledge


def main(name: str, folder: Path, acks: Path, times: int) -> None:
    """Do one piece of work, `times` times; each acknowledgement is one write to the file `acks`."""
    descriptor = os.open(acks, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    WORKS[name].do(folder, acknowledging(descriptor), times)
    os.close(descriptor)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]), int(sys.argv[4]))
