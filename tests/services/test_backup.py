"""A backup holds what has changed, sealed and read back; whatever interrupts it, the one before is whole."""

from __future__ import annotations

import os
import random
import shutil
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cubb_desktop.audio.chunks import recording_folder, segment_files
from cubb_desktop.domain.errors import (
    BackupCancelled,
    BackupInsideLibrary,
    BackupNoRoom,
    BackupRunning,
    BackupUnverified,
    BackupUnwritable,
    LibraryNewer,
)
from cubb_desktop.domain.recording import Recording, RecordingState
from cubb_desktop.domain.tombstone import Reason, Tombstone
from cubb_desktop.library import audit, codebook, consents, recordings, tombstones
from cubb_desktop.services import backup as service
from cubb_desktop.services import backup_store
from cubb_desktop.services.backup import (
    BackupProgress,
    BackupResult,
    apply_tombstones,
    backup_library,
    forget_in_backups,
)
from cubb_desktop.services.backup_store import BackupLock, Kind, ObjectUnreadable
from cubb_desktop.services.backup_tombstones import open_store, read_tombstones
from cubb_desktop.services.backup_words import backup_remarks
from cubb_desktop.services.known_backups import known_backups
from cubb_desktop.services.workspace import Workspace
from cubb_desktop.vault import BlobCipher
from tests import builders, library_states
from tests.children import in_child, without_disk, without_rights
from tests.services.test_restore import come_back

CANARY = "Bjørn Æbleskov 010190-1234"
DAY = timedelta(days=1)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "kopi på stik"


def add(ws: Workspace, seed: int = 1, **fields: object) -> Recording:
    """Add a recording with sound and text."""
    with ws.library.change(ws.actor, "consent.added") as change:
        agreement = builders.consent(citizen=CANARY)
        consents.add(change, agreement)
    with ws.library.change(ws.actor, None) as change:
        codebook.put(change, builders.concept())
    rng = random.Random(seed)
    return library_states.add_recording(ws, rng, agreement.id, **fields)


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def newest(ws: Workspace, folder: Path) -> backup_store.Manifest:
    return open_store(ws, folder).manifests()[0]


def at(ws: Workspace, moment: datetime) -> None:
    ws.clock = lambda: moment


# --- what is written -------------------------------------------------------------------------------------------------


def test_only_what_has_changed_is_written_again(workspace: Workspace, folder: Path) -> None:
    made = add(workspace)
    first = backup_library(workspace, folder)
    assert (first.recordings, first.kept_objects, first.left_out, first.damaged) == (1, 0, 0, ())
    second = backup_library(workspace, folder)
    assert second.written_objects == 1  # the log has grown
    assert second.kept_objects == first.written_objects - 1
    with workspace.library.change(workspace.actor, "recording.renamed", made.id) as change:
        recordings.update(change, recordings.get(change, made.id), title="Et nyt navn")
    assert backup_library(workspace, folder).written_objects == 2


def test_nothing_can_be_read_without_the_key(workspace: Workspace, folder: Path) -> None:
    made = add(workspace, title=f"Samtale med {CANARY}", state=RecordingState.READY)
    backup_library(workspace, folder)
    held = files(folder)
    assert len(held) > 6
    for text in (CANARY, made.id, made.consent_id, workspace.actor, "Samtale", "gribning"):
        for needle in (text.encode(), text.encode("utf-16-le")):
            assert not [name for name, data in held.items() if needle in data or needle in name.encode()]
    assert not [name for name, data in held.items() if data[:4] in (b"fLaC", b"RIFF") or b"SQLite format 3" in data]


def test_whoever_lacks_the_recordings_key_cannot_open_its_rows(workspace: Workspace, folder: Path) -> None:
    made = add(workspace)
    backup_library(workspace, folder)
    store = open_store(workspace, folder)
    (rows,) = [e for e in newest(workspace, folder).entries if e.kind is Kind.ROWS]
    assert rows.owner == made.id
    with pytest.raises(ObjectUnreadable):
        store.open(rows)
    with pytest.raises(ObjectUnreadable):
        store.open(rows, BlobCipher(bytes(32)))


def test_files_are_for_the_owners_eyes_only(workspace: Workspace, folder: Path) -> None:
    add(workspace)
    backup_library(workspace, folder)
    if os.name != "nt":
        assert {path.stat().st_mode & 0o077 for path in [folder, *folder.rglob("*")]} == {0}


def test_a_folder_with_other_things_gets_a_folder_of_the_backups_own(workspace: Workspace, folder: Path) -> None:
    folder.mkdir()
    (folder / "feriebilleder.txt").write_text("andet")
    add(workspace)
    made = backup_library(workspace, folder)
    assert made.folder.parent == folder
    assert backup_library(workspace, folder).folder == made.folder
    assert backup_library(workspace, made.folder).folder == made.folder
    assert (folder / "feriebilleder.txt").read_text() == "andet"


def test_what_is_being_recorded_is_left_out(workspace: Workspace, folder: Path) -> None:
    add(workspace, state=RecordingState.RECORDING)
    made = add(workspace, seed=2)
    result = backup_library(workspace, folder)
    assert (result.recordings, result.left_out) == (1, 1)
    assert {e.owner for e in newest(workspace, folder).entries if e.kind is Kind.SOUND} == {made.id}


def test_a_recording_without_its_key_is_left_out(workspace: Workspace, folder: Path) -> None:
    made = add(workspace)
    workspace.keys.destroy(made.id)
    assert backup_library(workspace, folder).recordings == 0


def test_sound_that_was_damaged_before_is_copied_and_told(workspace: Workspace, folder: Path) -> None:
    made, whole, headless = add(workspace), add(workspace, seed=2), add(workspace, seed=3)
    (path, *_) = segment_files(workspace.audio_folder, made.id).values()
    sound = bytearray(path.read_bytes())
    sound[200] ^= 1
    path.write_bytes(sound)
    (path, *_) = segment_files(workspace.audio_folder, headless.id).values()
    path.write_bytes(bytes(40))
    (recording_folder(workspace.audio_folder, whole.id) / "marks.cbm").write_bytes(b"forseglet")
    result = backup_library(workspace, folder)
    assert set(result.damaged) == {made.id, headless.id}
    assert "2 samtaler" in backup_remarks(replace(result, same_disk=False))[0]


def test_sound_that_cannot_be_read_is_told(workspace: Workspace, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = add(workspace)
    (path, *_) = segment_files(workspace.audio_folder, made.id).values()
    real = Path.open

    def refuse(self: Path, *args: object, **options: object) -> object:
        if self == path:
            raise OSError(5, "Input/output error")
        return real(self, *args, **options)  # type: ignore[call-overload]

    with monkeypatch.context() as patch:
        patch.setattr(Path, "open", refuse)
        assert backup_library(workspace, folder).damaged == (made.id,)


def test_the_log_says_that_a_backup_was_made_and_this_machine_knows_where(workspace: Workspace, folder: Path) -> None:
    first = backup_library(workspace, folder)
    assert [(b.folder, b.at) for b in known_backups(workspace.folder)] == [(folder, first.made_at)]
    other = backup_library(workspace, folder.with_name("en anden"))
    assert [b.folder for b in known_backups(workspace.folder)] == [other.folder, folder]
    with workspace.library.read() as reading:
        assert audit.lines(reading)[0].action == "library.backed_up"


def test_progress_goes_from_nothing_to_all(workspace: Workspace, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    add(workspace)
    told: list[BackupProgress] = []
    monkeypatch.setattr(service, "_FIRST_ESTIMATE_S", 0.0)
    backup_library(workspace, folder, on_progress=told.append)
    assert told[-1].share == 1.0
    assert told[-1].seconds_left == pytest.approx(0, abs=0.5)
    assert all(0 <= progress.share <= 1 for progress in told)


def test_a_person_hears_of_the_same_disk_and_of_what_was_left_out() -> None:
    made = BackupResult(Path("x"), builders.MORNING, 1, 1, 1, 1, 2, (), True)
    assert len(backup_remarks(made)) == 2
    assert backup_remarks(replace(made, left_out=0, same_disk=False)) == []


def test_a_library_elsewhere_is_not_on_the_same_disk(workspace: Workspace, folder: Path) -> None:
    assert service._same_disk(workspace.folder, folder.with_name("findes ikke")) is False
    shared = Path("/dev/shm")
    if shared.is_dir() and shared.stat().st_dev != workspace.folder.stat().st_dev:
        assert service._same_disk(workspace.folder, shared) is False


# --- beside other work -----------------------------------------------------------------------------------------------


def test_a_backup_beside_other_work_is_of_one_moment(workspace: Workspace, tmp_path: Path) -> None:
    """Another thread keeps moving a count from one recording's title to another's; their sum is always the same."""
    a, b = add(workspace, title="50"), add(workspace, seed=2, title="50")
    stop = threading.Event()

    def move() -> None:
        rng = random.Random(1)
        while not stop.is_set():
            some = rng.randint(1, 9)
            with workspace.library.change("other", "recording.renamed", a.id) as change:
                for id_, by in ((a.id, some), (b.id, -some)):
                    row = recordings.get(change, id_)
                    recordings.update(change, row, title=str(int(row.title) + by))

    mover = threading.Thread(target=move)
    mover.start()
    try:
        for number in range(5):
            backup_library(workspace, tmp_path / f"kopi {number}")
    finally:
        stop.set()
        mover.join()
    for number in range(5):
        with come_back(tmp_path / f"kopi {number}", tmp_path / f"igen {number}") as ws, ws.library.read() as reading:
            assert sum(int(recording.title) for recording in recordings.all(reading)) == 100
            assert ws.library.verify() == []


def test_what_is_forgotten_while_a_backup_is_made_is_not_in_it(workspace: Workspace, folder: Path) -> None:
    made, other = add(workspace), add(workspace, seed=2)
    forgotten = False

    def forget_one(progress: BackupProgress) -> None:
        nonlocal forgotten
        if not forgotten and progress.share > 0.3:
            forgotten = True
            library_states.forget(workspace, made.id)

    result = backup_library(workspace, folder, on_progress=forget_one)
    assert forgotten
    assert result.recordings == 1
    store = open_store(workspace, folder)
    assert store.keys(store.numbers()[0]).keys() == {other.id}
    assert made.id not in {entry.owner for entry in newest(workspace, folder).entries}
    assert len(list((folder / "objects").glob("??/*"))) == len(newest(workspace, folder).entries)


# --- what can go wrong -----------------------------------------------------------------------------------------------


def kept_and_whole(ws: Workspace, folder: Path, before: dict[str, bytes], tmp_path: Path) -> None:
    """What an interrupted backup leaves restores to what was backed up before it."""
    after = files(folder)
    after = {name: data for name, data in after.items() if not name.startswith(".") and name != "backup.lock"}
    expected = {name: data for name, data in before.items() if name != "backup.lock"}
    assert expected.items() <= after.items()
    with come_back(folder, tmp_path / f"igen {random.random()}") as back:
        assert back.library.verify() == []


def test_a_cancelled_backup_leaves_the_one_before(workspace: Workspace, folder: Path, tmp_path: Path) -> None:
    add(workspace)
    backup_library(workspace, folder)
    before = files(folder)
    add(workspace, seed=2)
    asked = iter([False] * 3)
    with pytest.raises(BackupCancelled):
        backup_library(workspace, folder, cancelled=lambda: next(asked, True))
    assert files(folder) == before
    kept_and_whole(workspace, folder, before, tmp_path)


@pytest.mark.timeout(300)
def test_a_backup_that_was_killed_leaves_the_one_before_and_the_next_cleans_up(
    workspace: Workspace, folder: Path, tmp_path: Path
) -> None:
    add(workspace)
    backup_library(workspace, folder)
    before = files(folder)
    for seed in range(2, 6):
        add(workspace, seed=seed)
    workspace.close()
    rng = random.Random(1)
    shares = iter(sorted(rng.uniform(0, 1) for _ in range(8)))
    for share in shares:

        def work(share: float = share) -> None:
            def die(progress: BackupProgress) -> None:
                if progress.share >= share:
                    os.kill(os.getpid(), 9)

            ws = service_open(workspace.folder)
            backup_library(ws, folder, on_progress=die)

        assert in_child(work) == "the child died"
        kept_and_whole(workspace, folder, before, tmp_path)
    with service_open(workspace.folder) as ws:
        assert backup_library(ws, folder).recordings == 5
        named = {entry.object for manifest in open_store(ws, folder).manifests() for entry in manifest.entries}
        assert {path.name for path in (folder / "objects").glob("??/*")} == named


def service_open(folder: Path) -> Workspace:
    from cubb_desktop.services.workspace import open_workspace

    return open_workspace(folder, builders.PASSPHRASE, actor=builders.ACTOR)


def test_a_full_drive_leaves_the_backup_before(workspace: Workspace, folder: Path, tmp_path: Path) -> None:
    add(workspace)
    backup_library(workspace, folder)
    before = files(folder)
    for seed in range(2, 5):
        add(workspace, seed=seed)
    workspace.close()
    largest = max(path.stat().st_size for path in workspace.audio_folder.rglob("*.cba"))
    ws = service_open(workspace.folder)

    for room in (0, 100, 1_000, largest - 1):
        outcome = in_child(lambda: backup_library(ws, folder), without_disk(room))
        assert outcome in ("BackupNoRoom", "DiskFull"), outcome
        kept_and_whole(ws, folder, before, tmp_path)
    ws.close()


def test_too_little_room_is_seen_before_anything_is_copied(
    workspace: Workspace, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(workspace)
    monkeypatch.setattr(service, "_ROOM_TO_SPARE", 1 << 60)
    with pytest.raises(BackupNoRoom):
        backup_library(workspace, folder)
    assert not list((folder / "objects").glob("??/*"))


def test_a_folder_that_may_not_be_written_is_told(workspace: Workspace, folder: Path) -> None:
    folder.mkdir()
    ws = workspace
    assert in_child(lambda: backup_library(ws, folder / "ny"), without_rights(folder)) == "BackupUnwritable"
    file = folder.with_name("en fil")
    file.write_text("")
    with pytest.raises(BackupUnwritable):
        backup_library(workspace, file)


def test_the_librarys_own_folder_is_refused(workspace: Workspace, tmp_path: Path) -> None:
    for inside in (workspace.folder, workspace.folder / "kopi", workspace.audio_folder):
        with pytest.raises(BackupInsideLibrary):
            backup_library(workspace, inside)
    link = tmp_path / "genvej"
    link.symlink_to(workspace.folder, target_is_directory=True)
    with pytest.raises(BackupInsideLibrary):
        backup_library(workspace, link / "kopi")


def test_two_backups_at_once_are_refused(workspace: Workspace, folder: Path) -> None:
    backup_library(workspace, folder)
    with BackupLock(folder), pytest.raises(BackupRunning):
        backup_library(workspace, folder)


@pytest.mark.parametrize("kind", list(Kind))
def test_a_drive_that_gives_something_else_back_is_found_out(
    workspace: Workspace, folder: Path, monkeypatch: pytest.MonkeyPatch, kind: Kind
) -> None:
    add(workspace)
    real = service._Run._check

    def spoil_and_check(run: service._Run) -> None:
        entry = next(entry for entry in run.written if entry.kind is kind)
        path = run.store.path(entry.object)
        spoiled = bytearray(path.read_bytes())
        spoiled[len(spoiled) // 2] ^= 1
        path.write_bytes(spoiled)
        real(run)

    monkeypatch.setattr(service._Run, "_check", spoil_and_check)
    with pytest.raises(BackupUnverified):
        backup_library(workspace, folder)
    assert not list((folder / "objects").glob("??/*"))


def test_an_object_that_went_missing_is_written_again(workspace: Workspace, folder: Path) -> None:
    add(workspace)
    backup_library(workspace, folder)
    sound = next(entry for entry in newest(workspace, folder).entries if entry.kind is Kind.SOUND)
    open_store(workspace, folder).path(sound.object).unlink()
    assert backup_library(workspace, folder).written_objects == 2


def test_what_was_not_read_for_a_month_is_read_again(workspace: Workspace, folder: Path) -> None:
    add(workspace)
    now = datetime.now(UTC)
    backup_library(workspace, folder)
    sound = next(entry for entry in newest(workspace, folder).entries if entry.kind is Kind.SOUND)
    path = open_store(workspace, folder).path(sound.object)
    rotten = bytearray(path.read_bytes())
    rotten[-1] ^= 1
    path.write_bytes(rotten)
    at(workspace, now + 5 * DAY)
    assert backup_library(workspace, folder).written_objects == 1
    at(workspace, now + 31 * DAY)
    assert backup_library(workspace, folder).written_objects == 2
    checked = {e.checked_at[:10] for e in newest(workspace, folder).entries}
    assert checked == {(now + 31 * DAY).date().isoformat()}


def test_a_backup_by_a_newer_program_is_not_touched(
    workspace: Workspace, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backup_store, "FORMAT", 2)
    backup_library(workspace, folder)
    monkeypatch.setattr(backup_store, "FORMAT", 1)
    before = files(folder)
    with pytest.raises(LibraryNewer):
        backup_library(workspace, folder)
    assert files(folder).keys() >= before.keys()


# --- how long --------------------------------------------------------------------------------------------------------


def test_older_backups_and_their_keys_go_after_thirty_days(workspace: Workspace, folder: Path) -> None:
    made = add(workspace)
    now = datetime.now(UTC)
    at(workspace, now)
    backup_library(workspace, folder)
    workspace.keys.destroy(made.id)
    at(workspace, now + 29 * DAY)
    backup_library(workspace, folder)
    store = open_store(workspace, folder)
    assert store.numbers() == [2, 1]
    assert made.id in store.keys(1)
    at(workspace, now + 30 * DAY)
    backup_library(workspace, folder)
    assert store.numbers() == [3, 2]
    assert sorted(path.name for path in (folder / "keys").iterdir()) == ["00000002.sealed", "00000003.sealed"]
    assert made.id not in {entry.owner for manifest in store.manifests() for entry in manifest.entries}
    named = {entry.object for manifest in store.manifests() for entry in manifest.entries}
    assert {path.name for path in (folder / "objects").glob("??/*")} == named


def test_a_backup_that_cannot_be_read_any_more_goes_too(workspace: Workspace, folder: Path) -> None:
    backup_library(workspace, folder)
    (folder / "manifests" / "00000001.sealed").write_bytes(b"noget andet")
    (folder / "keys" / "stray.sealed").write_bytes(b"")
    backup_library(workspace, folder)
    assert [path.name for path in (folder / "manifests").iterdir()] == ["00000002.sealed"]
    assert [path.name for path in (folder / "keys").iterdir()] == ["00000002.sealed"]


# --- forgetting ------------------------------------------------------------------------------------------------------


def stones(*ids: str) -> list[Tombstone]:
    return [Tombstone(id_, datetime.now(UTC), Reason.WITHDRAWN) for id_ in ids]


def test_forgetting_reaches_every_known_backup_at_once(workspace: Workspace, folder: Path) -> None:
    made, other = add(workspace), add(workspace, seed=2)
    away = folder.with_name("tages ud")
    for place in (folder, away):
        backup_library(workspace, place)
        backup_library(workspace, place)
    shutil.rmtree(away)
    reached = forget_in_backups(workspace, stones(made.id, made.consent_id))
    assert (reached.reached, reached.unreachable) == ((folder,), (away,))
    store = open_store(workspace, folder)
    for manifest in store.manifests():
        assert store.keys(manifest.number).keys() == {other.id}
        for entry in manifest.entries:
            assert store.is_there(entry) == (entry.owner not in (made.id, made.consent_id))
    assert {stone.id for stone in read_tombstones(folder)} == {made.id, made.consent_id}
    assert apply_tombstones(workspace, folder, stones(made.id))
    assert len({stone.id for stone in read_tombstones(folder)}) == 2


def test_a_backup_that_was_away_forgets_when_it_is_next_made(workspace: Workspace, folder: Path) -> None:
    made = add(workspace)
    backup_library(workspace, folder)
    library_states.forget(workspace, made.id)
    backup_library(workspace, folder)
    store = open_store(workspace, folder)
    assert [store.keys(number) for number in store.numbers()] == [{}, {}]
    assert {stone.id for stone in read_tombstones(folder)} == {made.id}


def test_the_bare_row_of_a_withdrawn_agreement_stays_in_newer_backups(workspace: Workspace, folder: Path) -> None:
    made = add(workspace)
    backup_library(workspace, folder)
    library_states.forget(workspace, made.id)
    with workspace.library.change(workspace.actor, "consent.withdrawn", made.consent_id) as change:
        consents.withdraw(change, made.consent_id, change.now())
        consents.forget(change, made.consent_id)
        tombstones.add(change, made.consent_id, Reason.WITHDRAWN)
    for _ in range(2):
        backup_library(workspace, folder)
    store = open_store(workspace, folder)
    held = [[store.is_there(e) for e in m.entries if e.kind is Kind.CONSENT] for m in store.manifests()]
    assert held == [[True], [True], [False]]


def test_a_folder_that_is_no_backup_of_this_library_is_not_written_in(workspace: Workspace, folder: Path) -> None:
    assert not apply_tombstones(workspace, folder, stones("x"))
    with builders.new_workspace(folder.with_name("et andet")) as other:
        backup_library(other, folder)
    before = files(folder)
    assert not apply_tombstones(workspace, folder, stones("x"))
    assert files(folder) == before
    made = backup_library(workspace, folder)
    assert made.folder != folder
    with BackupLock(made.folder):
        assert not apply_tombstones(workspace, made.folder, stones("x"))


def test_keys_that_cannot_be_read_do_not_keep_tombstones_out(workspace: Workspace, folder: Path) -> None:
    made = add(workspace)
    backup_library(workspace, folder)
    (folder / "keys" / "00000001.sealed").write_bytes(b"")
    assert apply_tombstones(workspace, folder, stones(made.id))
    assert {stone.id for stone in read_tombstones(folder)} == {made.id}


@pytest.mark.parametrize("spoiled", [["tombstones.json"], ["tombstones.json.bak"]])
def test_one_spoiled_twin_of_the_tombstones_is_mended(workspace: Workspace, folder: Path, spoiled: list[str]) -> None:
    made = add(workspace)
    backup_library(workspace, folder)
    apply_tombstones(workspace, folder, stones(made.id))
    for name in spoiled:
        (folder / name).write_text("{")
    assert {stone.id for stone in read_tombstones(folder)} == {made.id}
    apply_tombstones(workspace, folder, stones("00000000-0000-4000-8000-000000000000"))
    for name in ("tombstones.json", "tombstones.json.bak"):
        assert made.id in (folder / name).read_text()


def test_tombstones_spoiled_beyond_reading_are_written_from_the_library(workspace: Workspace, folder: Path) -> None:
    made = add(workspace)
    backup_library(workspace, folder)
    library_states.forget(workspace, made.id)
    for name in ("tombstones.json", "tombstones.json.bak"):
        (folder / name).write_text("{")
    backup_library(workspace, folder)
    assert {stone.id for stone in read_tombstones(folder)} == {made.id}
