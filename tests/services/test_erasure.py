"""Forgetting: what a person deletes, what has had its time, what was taken back, held back or crashed into."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from cubb_desktop.audio import chunks
from cubb_desktop.domain.consent import Manner, Purpose
from cubb_desktop.domain.errors import (
    AudioMissing,
    ConsentLacksPurpose,
    ConsentNotFound,
    ConsentWithdrawn,
    ExportNotFound,
    HeldBack,
    InvalidInput,
    NotJournalised,
    RecordingNotFound,
)
from cubb_desktop.domain.ids import ConsentId, ExportId, RecordingId
from cubb_desktop.domain.job import JobState, TranscribeOptions
from cubb_desktop.domain.pack import ExportFormat
from cubb_desktop.domain.recording import Participant, RecordingState, Role, Source
from cubb_desktop.domain.tombstone import Reason
from cubb_desktop.library import queue, search_index, tombstones
from cubb_desktop.library import recordings as stored
from cubb_desktop.services import erasure, keeping, packs, recordings, tombstone_file, transcripts
from cubb_desktop.services.consents import add_consent, get_consent, list_evidence
from cubb_desktop.services.new_recordings import OwnerLock, begin, new_recording, participant_of
from cubb_desktop.services.workspace import Workspace, open_workspace
from tests import builders, residue
from tests.services import forgettable, sealed
from tests.services.forgettable import CANARIES, FAR, citizen, plain_database

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now

    def go(self, days: int) -> None:
        self.now += timedelta(days=days)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def ws(tmp_path: Path, clock: Clock):  # type: ignore[no-untyped-def]
    opened = builders.new_workspace(tmp_path / "bibliotek", clock=clock)
    yield opened
    opened.close()


def agree(ws: Workspace, *purposes: Purpose, until: date = FAR, role: Role = Role.CITIZEN) -> ConsentId:
    return add_consent(ws, "B-17", purposes or [Purpose.OWN_LEARNING], until, role=role).id


def bring(ws: Workspace, place: Path, consent_id: ConsentId, *also: ConsentId) -> RecordingId:
    return recordings.import_sound(ws, sealed.wav(place), consent_id, also=also).recording.id


def there(ws: Workspace) -> set[RecordingId]:
    return {recording.id for recording in recordings.list_recordings(ws)}


def stones(ws: Workspace) -> dict[str, Reason]:
    with ws.library.read() as reading:
        return {stone.id: stone.reason for stone in tombstones.all(reading)}


def machine(ws: Workspace) -> set[str]:
    return {stone.id for stone in tombstone_file.read_machine(ws.vault.library_id)}


# --- the last day ----------------------------------------------------------------------------------------------------


def test_a_recording_goes_the_day_after_its_last_and_leaves_a_tombstone(
    ws: Workspace, clock: Clock, tmp_path: Path
) -> None:
    goes = bring(ws, tmp_path, agree(ws, until=ws.today() + timedelta(days=10)))
    stays = bring(ws, tmp_path, agree(ws))
    clock.go(10)
    assert erasure.due(ws) == []
    assert erasure.erase_due(ws).gone == ()
    clock.go(1)
    assert [one.recording.id for one in erasure.due(ws)] == [goes]
    erased = erasure.erase_due(ws)
    assert [gone.id for gone in erased.gone] == [goes]
    assert erased.changes.recordings == {goes}
    assert there(ws) == {stays}
    assert stones(ws) == {goes: Reason.EXPIRED}
    assert machine(ws) == {goes}
    assert goes not in ws.keys.ids()
    assert not chunks.recording_folder(ws.audio_folder, goes).exists()


def test_after_one_year_and_after_three_everything_due_is_gone_and_what_is_held_is_kept_and_listed(
    ws: Workspace, clock: Clock, tmp_path: Path
) -> None:
    with ws.library.change(ws.actor, "policy.set") as change:
        from cubb_desktop.library import policies

        for name in ("audio_days", "transcript_days", "excerpt_days"):
            policies.put(change, name, 3 * 365)
    half_a_year = bring(ws, tmp_path, agree(ws, until=ws.today() + timedelta(days=180)))
    three_years = bring(ws, tmp_path, agree(ws))
    case = bring(ws, tmp_path, agree(ws, Purpose.OWN_LEARNING, Purpose.CASE_DOCUMENTATION))
    asked_for = bring(ws, tmp_path, agree(ws, until=ws.today() + timedelta(days=5)))
    keeping.hold(ws, asked_for, "aktindsigt")
    clock.go(366)
    first = erasure.erase_due(ws)
    assert {gone.id for gone in first.gone} == {half_a_year}
    assert set(first.held) == {asked_for}
    clock.go(2 * 366)
    second = erasure.erase_due(ws)
    assert {gone.id for gone in second.gone} == {three_years}
    assert set(second.held) == {asked_for, case}
    assert there(ws) == {asked_for, case}
    waiting = [one.recording.id for one in keeping.kept(ws) if one.waits(ws.today())]
    assert set(waiting) == {asked_for, case}


def test_what_is_being_recorded_is_left_until_it_is_stopped(ws: Workspace, clock: Clock, tmp_path: Path) -> None:
    consent_id = agree(ws)
    busy = bring(ws, tmp_path, consent_id)
    with OwnerLock(ws, busy):
        withdrawal = erasure.withdraw(ws, consent_id)
        assert withdrawal.erased.busy == (busy,)
        assert get_consent(ws, consent_id).citizen == "B-17"  # it is still needed to know what is to go
        with pytest.raises(ConsentWithdrawn):
            recordings.open_sound(ws, busy)
    assert [gone.id for gone in erasure.erase_due(ws).gone] == [busy]
    assert get_consent(ws, consent_id).citizen == ""


def test_what_another_process_has_deleted_meanwhile_is_no_fault(ws: Workspace, tmp_path: Path) -> None:
    consent_id = agree(ws)
    bring(ws, tmp_path, consent_id)
    listed = keeping.kept(ws)
    erasure.erase(ws, listed[0].recording.id)
    assert erasure._erase_all(ws, listed) == erasure.Erased()


def test_one_conversation_is_deleted_by_a_person(ws: Workspace, tmp_path: Path) -> None:
    recording_id = bring(ws, tmp_path, agree(ws))
    erased = erasure.erase(ws, recording_id)
    assert [gone.id for gone in erased.gone] == [recording_id]
    assert stones(ws) == {recording_id: Reason.DELETED}
    assert machine(ws) == {recording_id}
    with pytest.raises(RecordingNotFound):
        erasure.erase(ws, recording_id)


def test_a_file_whose_agreement_is_withdrawn_on_the_way_in_leaves_nothing(ws: Workspace, tmp_path: Path) -> None:
    consent_id = agree(ws)
    begun: list[erasure.Withdrawal] = []

    def on_progress(_share: float) -> None:
        if not begun:
            begun.append(erasure.withdraw(ws, consent_id))

    with pytest.raises(ConsentWithdrawn):
        recordings.import_sound(ws, sealed.wav(tmp_path), consent_id, on_progress=on_progress)
    assert len(begun[0].erased.busy) == 1
    sealed.assert_nothing_left(ws)


def test_every_recording_gets_its_last_day_in_the_one_place_that_makes_rows(ws: Workspace, tmp_path: Path) -> None:
    package = Path(recordings.__file__).parent.parent
    adding = [path.name for path in package.rglob("*.py") if "recordings.add(" in path.read_text(encoding="utf-8")]
    assert adding == ["new_recordings.py"]
    usual = ws.today() + timedelta(days=180)
    for until, last in ((FAR, usual), (ws.today() + timedelta(days=20), ws.today() + timedelta(days=20))):
        made = recordings.import_sound(ws, sealed.wav(tmp_path), agree(ws, until=until)).recording
        assert made.delete_after == last
        consent = get_consent(ws, made.consent_id)
        live = new_recording(ws, [consent], "Samtale", Source.MICROPHONE)
        lock, _key = begin(ws, live, [participant_of(consent)])
        assert recordings.get_recording(ws, live.id).delete_after == last
        lock.release()


# --- what holds back -------------------------------------------------------------------------------------------------


def test_case_documentation_stays_until_it_is_journalised(ws: Workspace, clock: Clock, tmp_path: Path) -> None:
    consent_id = agree(ws, Purpose.CASE_DOCUMENTATION, Purpose.OWN_LEARNING, until=ws.today() + timedelta(days=3))
    recording_id = bring(ws, tmp_path, consent_id)
    for delete in (erasure.erase, recordings.delete_recording):
        with pytest.raises(NotJournalised):
            delete(ws, recording_id)
    clock.go(4)
    assert erasure.erase_due(ws).held == (recording_id,)
    erased = erasure.journalise(ws, recording_id, ws.today())
    assert [gone.id for gone in erased.gone] == [recording_id]
    assert there(ws) == set()
    assert get_consent(ws, consent_id).citizen == "B-17"  # it has run out, nobody has taken it back


def test_journalising_in_time_changes_nothing_but_that_it_may_go(ws: Workspace, tmp_path: Path) -> None:
    recording_id = bring(ws, tmp_path, agree(ws, Purpose.CASE_DOCUMENTATION, Purpose.OWN_LEARNING))
    erased = erasure.journalise(ws, recording_id, ws.today())
    assert erased.gone == ()
    assert erased.changes.recordings == {recording_id}
    assert recordings.get_recording(ws, recording_id).journalised_on == ws.today()
    assert erasure.erase(ws, recording_id).gone


def test_a_held_conversation_waits_for_its_release_whatever_is_withdrawn(ws: Workspace, tmp_path: Path) -> None:
    consent_id = agree(ws)
    recording_id = bring(ws, tmp_path, consent_id)
    keeping.hold(ws, recording_id, "  aktindsigt   er søgt ")
    assert recordings.get_recording(ws, recording_id).hold_reason == "aktindsigt er søgt"
    with pytest.raises(HeldBack):
        erasure.erase(ws, recording_id)
    withdrawal = erasure.withdraw(ws, consent_id)
    assert withdrawal.erased.held == (recording_id,)
    for use in (recordings.open_sound, recordings.peaks):
        with pytest.raises(ConsentWithdrawn):
            use(ws, recording_id)
    erased = erasure.release(ws, recording_id)
    assert [gone.id for gone in erased.gone] == [recording_id]
    assert erased.changes.consents
    assert stones(ws) == {recording_id: Reason.WITHDRAWN, consent_id: Reason.WITHDRAWN}


def test_a_release_in_time_lets_it_stay(ws: Workspace, tmp_path: Path) -> None:
    recording_id = bring(ws, tmp_path, agree(ws))
    keeping.hold(ws, recording_id, "aktindsigt")
    assert erasure.release(ws, recording_id).gone == ()
    assert recordings.get_recording(ws, recording_id).hold_reason is None


def test_a_hold_that_ends_while_another_goes_on_keeps_it(ws: Workspace, tmp_path: Path) -> None:
    consent_id = agree(ws, Purpose.CASE_DOCUMENTATION, Purpose.OWN_LEARNING)
    recording_id = bring(ws, tmp_path, consent_id)
    keeping.hold(ws, recording_id, "aktindsigt")
    erasure.withdraw(ws, consent_id)
    assert erasure.journalise(ws, recording_id, ws.today()).held == (recording_id,)
    assert erasure.release(ws, recording_id).gone


# --- withdrawal ------------------------------------------------------------------------------------------------------


def test_a_withdrawal_takes_every_conversation_under_the_agreement_and_no_other(ws: Workspace, tmp_path: Path) -> None:
    consent_id, other = agree(ws), agree(ws)
    first, second = bring(ws, tmp_path, consent_id), bring(ws, tmp_path, consent_id)
    stays = bring(ws, tmp_path, other)
    withdrawal = erasure.withdraw(ws, consent_id)
    assert withdrawal.whole
    assert {gone.id for gone in withdrawal.erased.gone} == {first, second}
    assert there(ws) == {stays}
    assert ws.keys.ids() == {stays}
    assert machine(ws) == {first, second, consent_id}
    assert erasure.withdraw(ws, consent_id).erased.gone == ()


def test_a_colleague_who_is_heard_may_withdraw_as_well(ws: Workspace, tmp_path: Path) -> None:
    consent_id = agree(ws)
    colleague = agree(ws, role=Role.COLLEAGUE)
    both = bring(ws, tmp_path, consent_id, colleague)
    alone = bring(ws, tmp_path, consent_id)
    assert {gone.id for gone in erasure.withdraw(ws, colleague).erased.gone} == {both}
    assert there(ws) == {alone}
    assert get_consent(ws, consent_id).withdrawn_at is None


def test_what_proves_the_agreement_stays_and_nothing_that_says_whose_it_was(ws: Workspace, tmp_path: Path) -> None:
    someone = citizen(ws, tmp_path)
    before = get_consent(ws, someone.consent_id)
    erasure.withdraw(ws, someone.consent_id)
    after = get_consent(ws, someone.consent_id)
    assert (after.citizen, after.form, after.named) == ("", None, ())
    assert list_evidence(ws, someone.consent_id) == []
    assert after.manner is Manner.SIGNATURE
    assert (after.given_at, after.until, after.author) == (before.given_at, before.until, before.author)
    assert after.withdrawn_at is not None
    assert after.taken_back == before.purposes


def test_one_purpose_is_taken_back_and_the_rest_stands(ws: Workspace, tmp_path: Path) -> None:
    someone = citizen(ws, tmp_path, export=True)
    withdrawal = erasure.withdraw(ws, someone.consent_id, [Purpose.LEARNING_ROOM])
    assert not withdrawal.whole
    assert {copy.id for copy in withdrawal.copies} == {copy.id for copy in someone.copies}
    assert there(ws) == {someone.recording_id}
    assert get_consent(ws, someone.consent_id).withdrawn_at is None
    with pytest.raises(ConsentLacksPurpose):
        packs.export(
            ws, someone.recording_id, ExportFormat.JSON, tmp_path / "x.json", Purpose.LEARNING_ROOM, recipient="M"
        )
    assert {copy.id for copy in erasure.recalls(ws)} == {copy.id for copy in someone.copies}
    rest = erasure.withdraw(ws, someone.consent_id, [Purpose.OWN_LEARNING, Purpose.FLIP])
    assert rest.whole
    assert there(ws) == set()


@pytest.mark.parametrize("purposes", [[], [Purpose.RESEARCH], [Purpose.OWN_LEARNING, Purpose.RESEARCH]])
def test_a_purpose_that_was_not_agreed_to_cannot_be_taken_back(ws: Workspace, purposes: list[Purpose]) -> None:
    consent_id = agree(ws)
    with pytest.raises(InvalidInput):
        erasure.withdraw(ws, consent_id, purposes)
    assert get_consent(ws, consent_id).purposes == {Purpose.OWN_LEARNING}


def test_an_unknown_agreement_is_told(ws: Workspace) -> None:
    with pytest.raises(ConsentNotFound):
        erasure.withdraw(ws, ConsentId("findes ikke"))


def test_the_loss_is_told_beforehand(ws: Workspace, tmp_path: Path) -> None:
    someone = citizen(ws, tmp_path, export=True)
    other = add_consent(ws, forgettable.REFERENCE, [Purpose.FLIP], FAR).id
    held = bring(ws, tmp_path, someone.consent_id)
    keeping.hold(ws, held, "aktindsigt")
    loss = erasure.preview(ws, someone.consent_id)
    assert {recording.id for recording in loss.recordings} == {someone.recording_id, held}
    assert loss.duration_ms == sum(recording.duration_ms for recording in loss.recordings)
    assert (loss.with_text, loss.marks, loss.excerpts, loss.others) == (1, 1, 1, 1)
    assert loss.held == {held}
    assert len(loss.copies) == 2
    erasure.withdraw(ws, other)
    assert erasure.preview(ws, someone.consent_id).others == 0
    assert erasure.preview(ws, other).others == 0


def test_a_waiting_transcription_is_gone_with_its_conversation(ws: Workspace, tmp_path: Path) -> None:
    consent_id = agree(ws)
    recording_id = bring(ws, tmp_path, consent_id)
    transcripts.request_transcription(ws, recording_id, TranscribeOptions())
    erasure.withdraw(ws, consent_id)
    with ws.library.read() as reading:
        assert queue.all(reading) == []


def test_a_transcription_of_what_is_held_back_is_stopped(ws: Workspace, tmp_path: Path) -> None:
    consent_id = agree(ws)
    recording_id = bring(ws, tmp_path, consent_id)
    transcripts.request_transcription(ws, recording_id, TranscribeOptions())
    keeping.hold(ws, recording_id, "aktindsigt")
    erasure.withdraw(ws, consent_id)
    with ws.library.read() as reading:
        assert [job.state for job in queue.all(reading)] == [JobState.CANCELLED]


# --- copies ----------------------------------------------------------------------------------------------------------


def test_every_copy_that_left_is_listed_until_it_is_called_back_and_then_loses_its_name(
    ws: Workspace, tmp_path: Path
) -> None:
    someone = citizen(ws, tmp_path, export=True)
    assert erasure.recalls(ws) == []
    withdrawal = erasure.withdraw(ws, someone.consent_id)
    assert {(copy.recipient, copy.sha256) for copy in withdrawal.copies} == {
        (copy.recipient, copy.sha256) for copy in someone.copies
    }
    assert list(withdrawal.copies) == erasure.recalls(ws)
    first, second = withdrawal.copies
    changes = erasure.mark_recalled(ws, [first.id])
    assert changes.exports
    assert erasure.recalls(ws) == [second]
    listed = {entry.id: entry for entry in packs.list_exports(ws)}
    assert listed[first.id].recalled_at is not None
    assert listed[first.id].file_name == ""
    for unknown in (first.id, ExportId("findes ikke")):
        with pytest.raises(ExportNotFound):
            erasure.mark_recalled(ws, [second.id, unknown])
    assert erasure.recalls(ws) == [second]


def test_copies_of_what_a_colleague_took_back_are_called_back_too(ws: Workspace, tmp_path: Path) -> None:
    consent_id, colleague = agree(ws), agree(ws, role=Role.COLLEAGUE)
    recording_id = bring(ws, tmp_path, consent_id, colleague)
    copy = packs.export(ws, recording_id, ExportFormat.WAV, tmp_path / "kopi.wav")
    assert erasure.withdraw(ws, colleague).copies == (copy,)
    assert erasure.recalls(ws) == [copy]


def test_an_export_that_is_overtaken_by_a_withdrawal_leaves_no_file(
    ws: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    consent_id = agree(ws)
    recording_id = bring(ws, tmp_path, consent_id)

    def overtaken(*_: object):  # type: ignore[no-untyped-def]
        erasure.withdraw(ws, consent_id)
        yield b"det der blev sagt"

    monkeypatch.setitem(packs._MAKERS, ExportFormat.JSON, overtaken)
    out = tmp_path / "ud"
    out.mkdir()
    with pytest.raises(RecordingNotFound):
        packs.export(ws, recording_id, ExportFormat.JSON, out / "x.json")
    assert list(out.iterdir()) == []
    assert packs.list_exports(ws) == []


# --- nothing is left -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("whole_index_pays", [0, 200], ids=["word by word", "the whole index anew"])
def test_no_word_no_name_and_no_sound_is_left_anywhere_and_the_scan_would_have_found_them(
    ws: Workspace, tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch, whole_index_pays: int
) -> None:
    monkeypatch.setattr(search_index, "_WHOLE_INDEX_PAYS", whole_index_pays)
    bystander = bring(ws, tmp_path, agree(ws))
    with ws.library.change(builders.ACTOR, "transcript.made", bystander) as change:
        builders.store_transcript(change, builders.long_transcript(bystander, words=2_000))
    someone = citizen(ws, tmp_path)
    key = ws.keys.get(someone.recording_id)
    wrapped = ws.vault.wrap_recording_key(someone.recording_id, key)
    sought = [*CANARIES, someone.pcm, key]
    before = plain_database(ws)
    assert {needle for needle in CANARIES if needle in before} >= {
        text.encode() for text in (forgettable.NAME, forgettable.NUMBER, forgettable.NOTE, forgettable.TITLE)
    }
    assert residue.hits(before, [forgettable.NAME.lower().encode()]) > 0  # the search index writes in small letters
    assert wrapped[:8] not in before
    erasure.withdraw(ws, someone.consent_id)
    assert residue.hits(plain_database(ws), sought) == 0
    key_file = residue.decrypted(ws.folder / "keys.db", ws.vault.keystore_key()[0])
    assert residue.hits(key_file, [someone.recording_id.encode(), key]) == 0
    assert bystander.encode() in key_file
    folders = [ws.folder, home, tmp_path]
    assert residue.scan(folders, [*sought, *residue.OPEN_FILES, someone.recording_id.encode()]).keys() <= {
        str(tombstone_file.machine_file(ws.vault.library_id)),
        f"{tombstone_file.machine_file(ws.vault.library_id)}.bak",
        str(tmp_path / "Samtale æøå.wav"),  # what the bystander's conversation was brought in from
    }
    assert ws.library.verify() == []
    with pytest.raises(AudioMissing):
        ws.keys.get(someone.recording_id)


# --- crashes ---------------------------------------------------------------------------------------------------------


def test_what_a_crash_left_is_done_at_the_next_opening(ws: Workspace, tmp_path: Path) -> None:
    consent_id = agree(ws)
    first, second = bring(ws, tmp_path, consent_id), bring(ws, tmp_path, consent_id)
    assert not keeping.is_unfinished(ws)
    with ws.library.change(ws.actor, "consent.withdrawn", consent_id) as change:
        erasure._stop(change, consent_id, {first, second})
    assert keeping.is_unfinished(ws)
    erased = erasure.complete(ws)
    assert {gone.id for gone in erased.gone} == {first, second}
    assert not keeping.is_unfinished(ws)
    assert get_consent(ws, consent_id).citizen == ""
    assert erasure.complete(ws).gone == ()


def test_a_folder_that_was_marked_goes_and_a_machine_that_was_not_told_is_told(ws: Workspace, tmp_path: Path) -> None:
    recording_id = bring(ws, tmp_path, agree(ws))
    folder = chunks.recording_folder(ws.audio_folder, recording_id)
    folder.with_name(folder.name + recordings.ERASING).mkdir()
    assert keeping.is_unfinished(ws)
    erasure.complete(ws)
    assert there(ws) == set()
    assert list(ws.audio_folder.iterdir()) == []
    tombstone_file.machine_file(ws.vault.library_id).unlink()
    tombstone_file.machine_file(ws.vault.library_id).with_suffix(".json.bak").unlink()
    assert keeping.is_unfinished(ws)
    erasure.complete(ws)
    assert machine(ws) == {recording_id}


def test_a_withdrawn_agreement_without_conversations_is_reduced_to_its_proof(ws: Workspace) -> None:
    consent_id = agree(ws)
    erasure.withdraw(ws, consent_id)
    assert get_consent(ws, consent_id).citizen == ""
    assert stones(ws) == {consent_id: Reason.WITHDRAWN}


def test_backups_that_can_be_reached_forget_too(ws: Workspace, tmp_path: Path) -> None:
    from cubb_desktop.services.backup import backup_library

    someone = citizen(ws, tmp_path)
    result = backup_library(ws, tmp_path / "kopi")
    sizes = sum(path.stat().st_size for path in result.folder.rglob("*") if path.is_file())
    erasure.withdraw(ws, someone.consent_id)
    forgotten = erasure.forget_elsewhere(ws)
    assert forgotten.reached == (result.folder,)
    assert sum(path.stat().st_size for path in result.folder.rglob("*") if path.is_file()) < sizes


def test_a_backup_from_before_brings_nothing_back(ws: Workspace, tmp_path: Path) -> None:
    from cubb_desktop.services.backup import backup_library
    from cubb_desktop.services.restore import restore_library

    bystander = bring(ws, tmp_path, agree(ws))
    someone = citizen(ws, tmp_path)
    made = backup_library(ws, tmp_path / "kopi").folder
    made.rename(tmp_path / "drevet er taget ud")  # so that only this machine knows what was forgotten
    erasure.withdraw(ws, someone.consent_id)
    assert erasure.forget_elsewhere(ws).reached == ()
    target = tmp_path / "gendannet"
    restore_library(tmp_path / "drevet er taget ud", target, passphrase=builders.PASSPHRASE, actor=builders.ACTOR)
    with open_workspace(target, builders.PASSPHRASE, actor=builders.ACTOR) as again:
        assert there(again) == {bystander}
        assert again.keys.ids() == {bystander}
        assert residue.hits(plain_database(again), CANARIES) == 0
        assert stones(again) == {someone.recording_id: Reason.WITHDRAWN, someone.consent_id: Reason.WITHDRAWN}


def test_an_unfinished_recording_of_a_withdrawn_agreement_is_not_listed_for_reading(
    ws: Workspace, tmp_path: Path
) -> None:
    consent_id = agree(ws)
    recording_id = bring(ws, tmp_path, consent_id)
    with ws.library.change(ws.actor, None) as change:
        stored.update(change, stored.get(change, recording_id), state=RecordingState.INTERRUPTED)
        stored.put_participants(change, recording_id, [Participant(Role.CITIZEN, "B-17", consent_id)])
    folder = ws.folder
    assert erasure.withdraw(ws, consent_id).erased.gone
    with open_workspace(folder, builders.PASSPHRASE, actor=builders.ACTOR) as again:
        assert recordings.list_recordings(again) == []
