"""Random libraries that hold a little of everything, and all that a library holds as one value that can be compared."""

from __future__ import annotations

import hashlib
import random
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from cubb_desktop.audio import chunks
from cubb_desktop.audio.chunks import SegmentWriter, SoundFormat
from cubb_desktop.domain import annotating, corrections
from cubb_desktop.domain.annotating import BlindRound, Reply
from cubb_desktop.domain.codebook import Annotation
from cubb_desktop.domain.consent import Consent, Evidence, EvidenceKind, Purpose
from cubb_desktop.domain.corrections import Hand
from cubb_desktop.domain.editing import EditedText
from cubb_desktop.domain.feedback import Slot
from cubb_desktop.domain.finders import FinderId
from cubb_desktop.domain.ids import ConsentId, EvidenceId, MarkId, RecordingId, ReplyId
from cubb_desktop.domain.job import JobState
from cubb_desktop.domain.recording import Mark, MarkKind, Participant, Recording, RecordingState, Role
from cubb_desktop.domain.tombstone import Reason
from cubb_desktop.library import annotations as marks_of_people
from cubb_desktop.library import (
    blind_rounds,
    bookings,
    codebook,
    collected,
    consents,
    decisions,
    examples,
    packs,
    policies,
    queue,
    recordings,
    revisions,
    tombstones,
    transcripts,
)
from cubb_desktop.library.access import Change
from cubb_desktop.library.decisions import Decision
from cubb_desktop.library.tables import metadata
from cubb_desktop.services.workspace import Workspace
from cubb_desktop.vault import new_recording_key
from tests import builders
from tests.audio import sounds

_WORDS = "æble arbejde praktik måske ikk os man vi ser på det ø århus «citat» 日本 <b>fed</b> 😀".split()
_STATES = (RecordingState.STORED, RecordingState.READY, RecordingState.INTERRUPTED, RecordingState.TRANSCRIBING)


@dataclass(frozen=True)
class Content:
    """All that a library holds; the audit log apart, for it grows."""

    rows: dict[str, list[tuple[Any, ...]]]
    index: list[tuple[Any, ...]]
    audit: list[tuple[Any, ...]]
    keys: dict[RecordingId, bytes]
    sound: dict[str, bytes]


def content(ws: Workspace) -> Content:
    """Return everything in the library: rows, search index, log, keys, sealed sound."""
    with ws.library.read() as reading:

        def rows(query: str) -> list[tuple[Any, ...]]:
            return sorted((tuple(row) for row in reading.connection.exec_driver_sql(query)), key=repr)

        tables = {name: rows(f"SELECT * FROM {name}") for name in metadata.tables}  # noqa: S608 - names of our own tables
        index = rows("SELECT rowid, text FROM turn_texts")
    log = sorted(tables.pop("audit"), key=lambda row: row[0])
    keys = {name: ws.keys.get(name) for name in ws.keys.ids()}
    sound = {
        str(path.relative_to(ws.audio_folder)): path.read_bytes()
        for path in ws.audio_folder.rglob("*")
        if path.suffix in {".cba", ".cbm"}
    }
    return Content(tables, index, log, keys, sound)


def _said(rng: random.Random, words: int) -> str:
    return " ".join(rng.choice(_WORDS) for _ in range(words))


def _consent(change: Change, rng: random.Random) -> Consent:
    purposes = frozenset(rng.sample(list(Purpose), rng.randint(1, 3)))
    made = builders.consent(citizen=_said(rng, 2), purposes=purposes)
    consents.add(change, made)
    if rng.random() < 0.5:
        picture = rng.randbytes(rng.randrange(1, 5_000))
        consents.put_evidence(
            change,
            Evidence(
                id=EvidenceId(builders.new_id()),
                consent_id=made.id,
                kind=EvidenceKind.SIGNATURE,
                media_type="image/png",
                content=picture,
                sha256=hashlib.sha256(picture).hexdigest(),
                author=change.actor,
                created_at=change.now(),
            ),
        )
    return made


def add_recording(ws: Workspace, rng: random.Random, agreement: ConsentId, **fields: Any) -> Recording:
    """Add a recording with key, sound of one or two segments and perhaps text, marks, excerpts and a job."""
    state = rng.choice(_STATES)
    made = builders.recording(**{"consent_id": agreement, "title": _said(rng, 3), "state": state, **fields})
    key = new_recording_key()
    ws.keys.put(made.id, key)
    with ws.library.change(ws.actor, "recording.added", made.id) as change:
        recordings.add(change, made)
        recordings.put_participants(change, made.id, [Participant(Role.CITIZEN, _said(rng, 1), agreement)])
        recordings.put_marks(change, made.id, [Mark(MarkId(builders.new_id()), MarkKind.NOTE, 40, _said(rng, 2), "x")])
        if rng.random() < 0.7:
            _add_work(change, rng, made)
    for segment in range(rng.randint(1, 2)):
        samples = sounds.noise(rng.uniform(0.05, 0.8), seed=rng.randrange(1 << 30))
        with SegmentWriter.create(ws.audio_folder, made.id, segment, key, SoundFormat(sounds.RATE_HZ, 1)) as writer:
            writer.append(samples)
    return made


def _add_work(change: Change, rng: random.Random, made: Recording) -> None:
    recordings.put_peaks(change, made.id, rng.randbytes(rng.randrange(1, 400)))
    for _ in range(rng.randint(0, 2)):
        turns = tuple(builders.turn(_said(rng, rng.randint(1, 6)), n * 4_000) for n in range(rng.randint(1, 5)))
        engine = builders.engine(recogniser_fingerprint=str(rng.random()))
        whole = builders.transcript(made.id, turns, engine=engine)
        if rng.random() < 0.2:
            draft = transcripts.start_draft(change, whole)
            transcripts.append_words(change, draft.id, turns)
        else:
            builders.store_transcript(change, whole)
            transcripts.choose(change, made.id, transcripts.numbers(change, made.id)[-1])
            transcripts.set_speaker(change, made.id, builders.WORKER.id, _said(rng, 1), Role.WORKER)
            _correct(change, rng, made.id)
    word_ids = tuple(word.id for word in builders.turn(_said(rng, 2), 0).words)
    mark = builders.annotation(made.id, note=_said(rng, 4), word_ids=word_ids)
    marks_of_people.add(change, mark)
    _talk(change, rng, mark)
    examples.add(change, builders.example(made.id, note=_said(rng, 4), word_ids=word_ids))
    packs.add_excerpt(change, builders.excerpt(made.id, title=_said(rng, 2)))
    packs.add_export(change, builders.export_entry(made.id, made.consent_id))
    state = rng.choice([JobState.TODO, JobState.DOING, JobState.SUCCEEDED])
    queue.add(change, builders.job(made.id, state=state))


def _talk(change: Change, rng: random.Random, mark: Annotation) -> None:
    """Reply to a mark, decide about a suggested place, perhaps let each mark alone first."""
    for author in ("Anders", "Bodil"):
        reply = Reply(ReplyId(builders.new_id()), mark.id, _said(rng, 3), author, change.now())
        marks_of_people.add_reply(change, reply, mark.recording_id)
        decided = Decision("silence:100", FinderId.SILENCE, rng.random() < 0.5, {}, mark.id, author)
        decisions.put(change, mark.recording_id, decided)
    if rng.random() < 0.5:
        people = (annotating.Participant("Anders"), annotating.Participant("Bodil", change.now()))
        blind_rounds.add(change, BlindRound(mark.recording_id, people, "Anders", change.now()))


def _correct(change: Change, rng: random.Random, recording_id: RecordingId) -> None:
    """Correct the text that people see a few times, each act stored, some undone."""
    machine = transcripts.machine(change, recording_id)
    assert machine is not None
    text = EditedText(machine)
    hand = Hand(change.actor, change.now(), builders.new_id)
    for number in range(1, rng.randint(1, 4)):
        turn = rng.choice(text.turns)
        edit = corrections.retype(text, turn.id, f"{_said(rng, 3)} {number}", hand)
        assert edit is not None
        text.apply(edit)
        revisions.add(change, machine.id, edit, {turn.id: text.turn(turn.id)}, number - 1)
        if rng.random() < 0.3:
            text.undo(edit)
            revisions.set_state(
                change, machine.id, number, revisions.State.UNDONE, {turn.id: text.turn(turn.id)}, number
            )
            break


def forget(ws: Workspace, recording_id: RecordingId) -> None:
    """Forget a recording as an erasure does: tombstone, key, rows, sound."""
    with ws.library.change(ws.actor, "recording.deleted", recording_id) as change:
        tombstones.add(change, recording_id, Reason.DELETED)
        recordings.remove(change, recording_id)
    ws.keys.destroy(recording_id)
    chunks.erase(ws.audio_folder, recording_id)


def populate(ws: Workspace, rng: random.Random) -> list[Recording]:
    """Fill a library with up to four agreements and six recordings, forget some; return those that are left."""
    with ws.library.change(ws.actor, "consent.added") as change:
        agreements = [_consent(change, rng) for _ in range(rng.randint(1, 4))]
        codebook.put(change, builders.concept())
        gathered = builders.collection(name=_said(rng, 2))
        collected.add(change, gathered)
        policies.put(change, "retention", {"audio_days": rng.randint(1, 400)})
    made = [add_recording(ws, rng, rng.choice(agreements).id) for _ in range(rng.randint(0, 6))]
    with ws.library.change(ws.actor, "passage.added") as change:
        for recording in made:
            spoken = tuple(word.id for word in builders.turn(_said(rng, 2), 0).words)
            passage = builders.passage(gathered.id, recording.id, word_ids=spoken, note=_said(rng, 3))
            collected.add_passage(change, passage)
    gone = [recording for recording in made if rng.random() < 0.2]
    with ws.library.change(ws.actor, "slot.booked") as change:
        for _ in range(rng.randint(0, 2)):
            about = rng.choice(made).id if made and rng.random() < 0.6 else None
            bookings.add(change, _slot(rng, about))
    for recording in gone:
        forget(ws, recording.id)
    return [recording for recording in made if recording not in gone]


def _slot(rng: random.Random, about: RecordingId | None) -> Slot:
    later = timedelta(hours=rng.randint(1, 99))
    return builders.slot(recording_id=about, starts_at=builders.MORNING + later, ends_at=builders.MORNING + 2 * later)
