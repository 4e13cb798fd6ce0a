"""The restore drill: random libraries are backed up, lost and brought back the same; what was forgotten stays away."""

from __future__ import annotations

import errno
import os
import random
import shutil
from collections import Counter
from functools import partial
from pathlib import Path

import pytest

from cubb_desktop.domain.errors import (
    BackupDamaged,
    BackupNotFound,
    BackupUnreadable,
    CubbError,
    DiskFull,
    FolderNotEmpty,
    LibraryExists,
    LibraryNewer,
    LibraryNotFound,
    NotAFolder,
    RecoveryKeyMistyped,
    RestoreCancelled,
    TombstonesUnreadable,
    UnsafePlace,
    WrongPassphrase,
)
from cubb_desktop.domain.ids import RecordingId
from cubb_desktop.domain.recording import Recording
from cubb_desktop.domain.tombstone import Reason, Tombstone
from cubb_desktop.i18n import sentence
from cubb_desktop.library import codebook, consents, migrate, objects, queue, tombstones
from cubb_desktop.library.checks import Problem
from cubb_desktop.library.session import Library
from cubb_desktop.services import tombstone_file
from cubb_desktop.services.backup import BackupProgress, apply_tombstones, backup_library
from cubb_desktop.services.backup_store import Kind
from cubb_desktop.services.backup_tombstones import open_store
from cubb_desktop.services.backup_words import restore_remarks
from cubb_desktop.services.known_backups import known_backups
from cubb_desktop.services.restore import MARK, restore_library
from cubb_desktop.services.workspace import Workspace, create_workspace, open_workspace
from tests import builders, library_states
from tests.campaigns_backup import drill
from tests.children import in_child, without_disk
from tests.library_states import content, populate

CITIZEN = "Bjørn Æbleskov"
STATES = 25


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def queue_taken_back(ws: Workspace) -> None:
    """What was being done waits again, as after a restore."""
    with ws.library.change(ws.actor, None) as change:
        queue.take_back(change)


def come_back(backup: Path, target: Path) -> Workspace:
    restore_library(backup, target, passphrase=builders.PASSPHRASE, actor=builders.ACTOR)
    return open_workspace(target, builders.PASSPHRASE, actor=builders.ACTOR)


@pytest.mark.campaign
@pytest.mark.parametrize("seed", range(STATES))
def test_a_lost_library_comes_back_as_it_was(tmp_path: Path, seed: int) -> None:
    assert drill(tmp_path, seed) == []


# --- what was forgotten ----------------------------------------------------------------------------------------------


def add(ws: Workspace, seed: int = 1, **fields: object) -> Recording:
    """Add a recording with sound and perhaps text, under an agreement of its own."""
    with ws.library.change(ws.actor, "consent.added") as change:
        agreement = builders.consent(citizen=CITIZEN)
        consents.add(change, agreement)
        codebook.put(change, builders.concept())
    return library_states.add_recording(ws, random.Random(seed), agreement.id, **fields)


@pytest.fixture
def backup(workspace: Workspace, tmp_path: Path) -> Path:
    """A backup of a library with two recordings."""
    add(workspace)
    add(workspace, seed=2)
    backup_library(workspace, tmp_path / "kopi")
    return tmp_path / "kopi"


def ids(ws: Workspace) -> list[RecordingId]:
    with ws.library.read() as reading:
        return objects.recording_ids(reading)


def citizens(ws: Workspace) -> list[str]:
    with ws.library.read() as reading:
        return sorted(consent.citizen for consent in consents.all(reading))


def withdraw(ws: Workspace, recording: Recording) -> list[Tombstone]:
    """Forget a recording and its agreement, as a withdrawal does; return the tombstones."""
    library_states.forget(ws, recording.id)
    with ws.library.change(ws.actor, "consent.withdrawn", recording.consent_id) as change:
        consents.withdraw(change, recording.consent_id, change.now())
        consents.forget(change, recording.consent_id)
        tombstones.add(change, recording.consent_id, Reason.WITHDRAWN)
    with ws.library.read() as reading:
        return tombstones.all(reading)


@pytest.mark.parametrize("where", ["in the backup", "on this machine", "in a file"])
def test_an_older_backup_does_not_bring_back_what_was_withdrawn(
    workspace: Workspace, tmp_path: Path, where: str
) -> None:
    gone, kept = add(workspace), add(workspace, seed=2)
    backup_library(workspace, tmp_path / "kopi")
    shutil.copytree(tmp_path / "kopi", tmp_path / "ældre")
    stones = withdraw(workspace, gone)
    file = tmp_path / "glemt.json"
    if where == "in the backup":
        assert apply_tombstones(workspace, tmp_path / "ældre", stones)
    elif where == "on this machine":
        tombstone_file.note_machine(workspace.vault.library_id, stones)
    else:
        tombstone_file.write_file(file, workspace.vault.library_id, stones)
    back = restore_library(
        tmp_path / "ældre",
        tmp_path / "igen",
        passphrase=builders.PASSPHRASE,
        actor=builders.ACTOR,
        tombstones=file if where == "in a file" else None,
    )
    assert (back.recordings, back.forgotten, back.lost) == (1, 1, 0)
    assert restore_remarks(back) == ["1 samtale i kopien er glemt siden og er ikke hentet."]
    with open_workspace(tmp_path / "igen", builders.PASSPHRASE, actor=builders.ACTOR) as ws:
        assert ids(ws) == [kept.id]
        assert ws.keys.ids() == {kept.id}
        assert CITIZEN not in citizens(ws)[:-1]
        assert citizens(ws).count(CITIZEN) == 1
        assert {path.stem for path in ws.audio_folder.glob("??/*")} == {kept.id}
        with ws.library.read() as reading:
            assert {stone.id for stone in tombstones.all(reading)} == {gone.id, gone.consent_id}
    assert {stone.id for stone in tombstone_file.read_machine(back.library_id)} == {gone.id, gone.consent_id}


def test_a_recording_whose_key_is_gone_does_not_come_back(workspace: Workspace, tmp_path: Path) -> None:
    gone, kept = add(workspace), add(workspace, seed=2)
    made = backup_library(workspace, tmp_path / "kopi")
    store = open_store(workspace, made.folder)
    store.put_keys(1, {name: key for name, key in store.keys(1).items() if name == kept.id})
    back = restore_library(tmp_path / "kopi", tmp_path / "igen", passphrase=builders.PASSPHRASE, actor=builders.ACTOR)
    assert (back.recordings, back.forgotten) == (1, 1)
    with open_workspace(tmp_path / "igen", builders.PASSPHRASE, actor=builders.ACTOR) as ws:
        assert ids(ws) == [kept.id] != [gone.id]


@pytest.mark.parametrize("seed", range(5))
def test_tombstones_win_in_any_library(tmp_path: Path, seed: int) -> None:
    rng = random.Random(1000 + seed)
    with builders.new_workspace(tmp_path / "library") as ws:
        made = [*populate(ws, rng), add(ws)]
        backup_library(ws, tmp_path / "kopi")
        gone = rng.sample(made, rng.randint(1, len(made)))
        for recording in gone:
            library_states.forget(ws, recording.id)
        queue_taken_back(ws)
        with ws.library.read() as reading:
            apply_tombstones(ws, tmp_path / "kopi", tombstones.all(reading))
        before = content(ws)
    with come_back(tmp_path / "kopi", tmp_path / "igen") as ws:
        after = content(ws)
        assert ws.library.verify() == []
    assert (after.keys, after.sound, after.index) == (before.keys, before.sound, before.index)
    without_times = [name for name in before.rows if name != "tombstones"]
    assert {name: after.rows[name] for name in without_times} == {name: before.rows[name] for name in without_times}
    assert {row[0] for row in after.rows["tombstones"]} == {row[0] for row in before.rows["tombstones"]}


def test_tombstones_that_cannot_be_read_stop_a_restore(workspace: Workspace, backup: Path, tmp_path: Path) -> None:
    for name in ("tombstones.json", "tombstones.json.bak"):
        (backup / name).write_text("{")
    with pytest.raises(TombstonesUnreadable):
        restore_library(backup, tmp_path / "igen", passphrase=builders.PASSPHRASE, actor="x")
    assert not (tmp_path / "igen").exists()


# --- ways in and places ----------------------------------------------------------------------------------------------


def test_the_recovery_key_restores_too(tmp_path: Path) -> None:
    ws, recovery = create_workspace(
        tmp_path / "bibliotek", builders.PASSPHRASE, actor="x", cost=builders.CHEAP, allow_weak=True
    )
    with ws:
        made = add(ws)
        backup_library(ws, tmp_path / "kopi")
    back = restore_library(tmp_path / "kopi", tmp_path / "igen", recovery_key=recovery, actor="x")
    assert back.recordings == 1
    with open_workspace(tmp_path / "igen", builders.PASSPHRASE, actor="x") as ws:
        assert ids(ws) == [made.id]
        assert known_backups(ws.folder)[0].folder == tmp_path / "kopi"


@pytest.mark.parametrize(
    ("way", "fault"),
    [
        ({"passphrase": "noget helt andet"}, WrongPassphrase),
        ({"recovery_key": "ikke en nøgle"}, RecoveryKeyMistyped),
    ],
)
def test_a_wrong_key_brings_nothing_back(
    backup: Path, tmp_path: Path, way: dict[str, str], fault: type[CubbError]
) -> None:
    before = files(backup)
    with pytest.raises(fault):
        restore_library(
            backup,
            tmp_path / "igen",
            actor="x",
            passphrase=way.get("passphrase"),
            recovery_key=way.get("recovery_key"),
        )
    assert not (tmp_path / "igen").exists()
    assert files(backup) == before


def test_a_folder_with_something_in_it_is_refused(workspace: Workspace, backup: Path, tmp_path: Path) -> None:
    full = tmp_path / "fuld"
    full.mkdir()
    (full / "brev.txt").write_text("kære")
    for target, fault in (
        (full, FolderNotEmpty),
        (workspace.folder, LibraryExists),
        (full / "brev.txt", NotAFolder),
        (tmp_path / "OneDrive" / "x", UnsafePlace),
    ):
        with pytest.raises(fault):
            restore_library(backup, target, passphrase=builders.PASSPHRASE, actor="x")
    assert files(full) == {"brev.txt": b"k\xc3\xa6re"}


def test_a_backup_is_found_in_the_folder_that_was_chosen_for_it(workspace: Workspace, tmp_path: Path) -> None:
    stick = tmp_path / "stik"
    stick.mkdir()
    (stick / "andet.txt").write_text("")
    add(workspace)
    backup_library(workspace, stick)
    with come_back(stick, tmp_path / "igen") as ws:
        assert len(ids(ws)) == 1


def test_a_folder_without_a_backup_is_told(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "findes ikke"):
        with pytest.raises(BackupNotFound):
            restore_library(folder, tmp_path / "igen", passphrase=builders.PASSPHRASE, actor="x")


def test_a_backup_of_an_older_program_is_migrated(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The dumps as the program before this one would have made them: without the columns that came since."""
    add(workspace)
    older = builders.older_revision()
    shape = columns_at(workspace, older, tmp_path)
    real = objects._pack

    def pack_as_before(rows: objects.Rows) -> bytes:
        kept = {}
        for table, body in rows.items():
            places = [n for n, name in enumerate(body["columns"]) if name in shape.get(table, ())]
            if table in shape:
                cut = [[row[n] for n in places] for row in body["rows"]]
                kept[table] = {"columns": [body["columns"][n] for n in places], "rows": cut}
        monkeypatch.setattr(objects, "REVISION", older)
        try:
            return real(kept)
        finally:
            monkeypatch.setattr(objects, "REVISION", objects.THIS_REVISION)

    with monkeypatch.context() as patch:
        patch.setattr(objects, "_pack", pack_as_before)
        now = objects.THIS_REVISION
        patch.setattr(objects, "THIS_REVISION", older)
        monkeypatch.setattr(objects, "REVISION", now)
        backup_library(workspace, tmp_path / "kopi")
    monkeypatch.setattr(objects, "REVISION", now)
    with come_back(tmp_path / "kopi", tmp_path / "igen") as ws:
        assert len(ids(ws)) == 1
        assert ws.library.verify() == []


def columns_at(ws: Workspace, revision: str, tmp_path: Path) -> dict[str, set[str]]:
    path = tmp_path / "ældre.db"
    maker = migrate.engine_maker(*ws.vault.database_key())
    migrate.create(path, maker, target=revision)
    with maker(path).connect() as connection:
        return objects._columns(connection)


def test_a_backup_of_a_newer_program_is_refused(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(objects, "REVISION", "9999")
        patch.setattr(objects, "THIS_REVISION", "9999")
        backup_library(workspace, tmp_path / "kopi")
    with pytest.raises(LibraryNewer):
        restore_library(tmp_path / "kopi", tmp_path / "igen", passphrase=builders.PASSPHRASE, actor="x")
    assert not (tmp_path / "igen").exists()


# --- interrupted -----------------------------------------------------------------------------------------------------


def test_a_cancelled_restore_leaves_nothing(backup: Path, tmp_path: Path) -> None:
    for patience in range(0, 7, 2):
        asked = iter([False] * patience)
        with pytest.raises(RestoreCancelled):
            restore_library(
                backup,
                tmp_path / "igen",
                passphrase=builders.PASSPHRASE,
                actor="x",
                cancelled=lambda asked=asked: next(asked, True),  # type: ignore[misc]
            )
        assert not (tmp_path / "igen").exists()


def test_a_restore_that_was_killed_is_no_library_and_the_next_try_clears_it_away(backup: Path, tmp_path: Path) -> None:
    target = tmp_path / "igen"
    rng = random.Random(1)
    for _ in range(6):
        share = rng.uniform(0.2, 1.0)

        def work(share: float = share) -> None:
            def die(progress: BackupProgress) -> None:
                if progress.share >= share:
                    os.kill(os.getpid(), 9)

            restore_library(backup, target, passphrase=builders.PASSPHRASE, actor="x", on_progress=die)

        assert in_child(work) == "the child died"
        with pytest.raises(LibraryNotFound):
            open_workspace(target, builders.PASSPHRASE, actor="x")
    with come_back(backup, target) as ws:
        assert len(ids(ws)) == 2
        assert ws.library.verify() == []
    assert MARK not in files(target)


def test_a_full_disk_leaves_nothing(backup: Path, tmp_path: Path) -> None:
    for room in (0, 2_000, 50_000):
        target = tmp_path / f"igen {room}"
        work = partial(restore_library, backup, target, passphrase=builders.PASSPHRASE, actor="x")
        assert in_child(work, without_disk(room)) == "DiskFull"
        assert not target.exists()


# --- damaged ---------------------------------------------------------------------------------------------------------

MUTATIONS = 100
SENTENCES = {"BackupUnreadable", "BackupDamaged", "BackupNotFound", "WrongPassphrase", "TombstonesUnreadable"}


def mutated(rng: random.Random, data: bytes) -> bytes:
    changed = bytearray(data)
    match rng.randrange(4):
        case 0:
            del changed[rng.randrange(len(changed)) :]
        case 1:
            changed[rng.randrange(len(changed))] ^= 1 << rng.randrange(8)
        case 2:
            place = rng.randrange(len(changed))
            changed[place : place + 64] = rng.randbytes(64)
        case _:
            changed = bytearray(rng.randbytes(len(changed)))
    return bytes(changed)


@pytest.mark.timeout(600)
def test_a_damaged_backup_comes_back_whole_or_not_at_all(workspace: Workspace, backup: Path, tmp_path: Path) -> None:
    """One file after another is changed or cut short: one sentence and nothing restored, or all of it."""
    whole = files(backup)
    names = sorted(name for name in whole if name != "backup.lock")
    made = content(workspace)
    rng = random.Random(5)
    outcomes: Counter[str] = Counter()
    sentences: set[str] = set()
    left: list[Path] = []
    for number in range(MUTATIONS):
        name = names[number % len(names)]
        (backup / name).write_bytes(mutated(rng, whole[name]))
        target = tmp_path / f"igen {number}"
        try:
            restore_library(backup, target, passphrase=builders.PASSPHRASE, actor="x")
        except CubbError as error:
            outcomes[error.code] += 1
            sentences.add(sentence(error))
            left += list(tmp_path.glob("igen*"))
        else:
            outcomes["whole"] += 1
            with open_workspace(target, builders.PASSPHRASE, actor="x") as ws:
                after = content(ws)
            assert (after.keys, after.sound) == (made.keys, made.sound)
            shutil.rmtree(target)
        for key_file in ("library.json", "library.json.bak"):
            (backup / key_file).write_bytes(whole[key_file])
        (backup / name).write_bytes(whole[name])
    assert left == []
    assert all(sentences)
    assert set(outcomes) <= SENTENCES | {"whole"}
    assert outcomes["BackupDamaged"] > MUTATIONS // 4
    assert outcomes["whole"] > 0  # a twin of the key file stepped in


def spoil(ws: Workspace, backup: Path, kind: Kind, owner: str | None = None) -> None:
    store = open_store(ws, backup)
    entry = next(e for e in store.manifests()[0].entries if e.kind is kind and owner in (None, e.owner))
    data = bytearray(store.path(entry.object).read_bytes())
    data[len(data) // 2] ^= 1
    store.path(entry.object).write_bytes(data)


@pytest.mark.parametrize("kind", [Kind.ROWS, Kind.CONSENT])
def test_what_is_whole_in_a_damaged_backup_can_be_salvaged(workspace: Workspace, tmp_path: Path, kind: Kind) -> None:
    lost, kept = add(workspace), add(workspace, seed=2)
    backup = backup_library(workspace, tmp_path / "kopi").folder
    spoil(workspace, backup, kind, lost.id if kind is Kind.ROWS else lost.consent_id)
    with pytest.raises(BackupDamaged) as raised:
        restore_library(backup, tmp_path / "igen", passphrase=builders.PASSPHRASE, actor="x")
    assert raised.value.params["count"] == 1
    back = restore_library(backup, tmp_path / "igen", passphrase=builders.PASSPHRASE, actor="x", salvage=True)
    assert (back.recordings, back.lost) == (1, 1)
    assert len(restore_remarks(back)) == 1
    with open_workspace(tmp_path / "igen", builders.PASSPHRASE, actor="x") as ws:
        assert ids(ws) == [kept.id]
        assert ws.library.verify() == []


def test_damaged_sound_is_salvaged_with_its_holes(workspace: Workspace, tmp_path: Path) -> None:
    made = add(workspace)
    backup = backup_library(workspace, tmp_path / "kopi").folder
    spoil(workspace, backup, Kind.SOUND)
    with pytest.raises(BackupDamaged):
        restore_library(backup, tmp_path / "igen", passphrase=builders.PASSPHRASE, actor="x")
    back = restore_library(backup, tmp_path / "igen", passphrase=builders.PASSPHRASE, actor="x", salvage=True)
    assert back.damaged == (made.id,)
    assert len(restore_remarks(back)) == 1


def test_a_key_that_cannot_be_unwrapped_is_a_lost_recording(workspace: Workspace, tmp_path: Path) -> None:
    made = add(workspace)
    backup = backup_library(workspace, tmp_path / "kopi").folder
    open_store(workspace, backup).put_keys(1, {made.id: b"noget andet"})
    with pytest.raises(BackupDamaged):
        restore_library(backup, tmp_path / "igen", passphrase=builders.PASSPHRASE, actor="x")


def test_an_older_backup_steps_in_for_a_newer_that_cannot_be_read(workspace: Workspace, tmp_path: Path) -> None:
    first = add(workspace)
    backup = backup_library(workspace, tmp_path / "kopi").folder
    add(workspace, seed=2)
    backup_library(workspace, tmp_path / "kopi")
    (backup / "keys" / "00000002.sealed").write_bytes(b"")
    back = restore_library(backup, tmp_path / "igen", passphrase=builders.PASSPHRASE, actor="x")
    assert back.newer_unreadable
    assert "ældre" in restore_remarks(back)[0]
    with open_workspace(tmp_path / "igen", builders.PASSPHRASE, actor="x") as ws:
        assert ids(ws) == [first.id]


def test_a_library_that_does_not_verify_is_not_kept(
    workspace: Workspace, backup: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Library, "verify", lambda _library: [Problem("structure", "x")])
    with pytest.raises(BackupUnreadable):
        restore_library(backup, tmp_path / "igen", passphrase=builders.PASSPHRASE, actor="x")
    assert not (tmp_path / "igen").exists()


def test_a_backup_without_key_files_that_can_be_read_is_told(backup: Path, tmp_path: Path) -> None:
    for name in ("library.json", "library.json.bak"):
        (backup / name).write_text("{")
    with pytest.raises(BackupUnreadable):
        restore_library(backup, tmp_path / "igen", passphrase=builders.PASSPHRASE, actor="x")


@pytest.mark.parametrize(("code", "fault"), [(errno.ENOSPC, DiskFull), (errno.EIO, OSError)])
def test_a_fault_of_the_new_disk_leaves_nothing(
    backup: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int, fault: type[Exception]
) -> None:
    def fail(*_: object) -> None:
        raise OSError(code, "")

    monkeypatch.setattr(objects, "load", fail)
    (tmp_path / "igen").mkdir()
    with pytest.raises(fault):
        restore_library(backup, tmp_path / "igen", passphrase=builders.PASSPHRASE, actor="x")
    assert list((tmp_path / "igen").iterdir()) == []


def test_what_rests_on_a_forgotten_agreement_does_not_come_back(workspace: Workspace, tmp_path: Path) -> None:
    """A backup that was reached when the agreement was forgotten, but not its recording's own tombstone."""
    made = add(workspace)
    backup = backup_library(workspace, tmp_path / "kopi").folder
    stone = Tombstone(made.consent_id, workspace.clock(), Reason.WITHDRAWN)
    assert apply_tombstones(workspace, backup, [stone])
    back = restore_library(backup, tmp_path / "igen", passphrase=builders.PASSPHRASE, actor="x")
    assert (back.recordings, back.forgotten) == (0, 1)
