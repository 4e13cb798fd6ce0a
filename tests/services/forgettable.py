"""A citizen whose words can be looked for everywhere: a recording with text, marks, an excerpt, evidence and copies."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from cubb_desktop.domain.consent import Manner, Purpose
from cubb_desktop.domain.ids import ConceptId, ConsentId, RecordingId
from cubb_desktop.domain.pack import ExportEntry, ExportFormat
from cubb_desktop.services import annotations as marks
from cubb_desktop.services import blind_rounds, collected, concepts, examples, packs, recordings, replies
from cubb_desktop.services.consents import Given, add_consent
from cubb_desktop.services.workspace import Workspace
from tests import builders, residue
from tests.audio import sounds
from tests.services import sealed

FAR = date(2036, 12, 31)
NAME, NUMBER, NOTE, TITLE = "Kanariefuglsen", "010190-1234", "Undulatbjerg", "Papegøjesamtale"
REFERENCE = "Lærkesagen"
PICTURE = b"\x89PNG underskrift " + hashlib.sha256(b"signature").digest()
CANARIES = [*residue.needles(NAME, NUMBER, NOTE, TITLE, REFERENCE), PICTURE]


@dataclass(frozen=True)
class Citizen:
    """What there is of a citizen, and the marked sound they were recorded with."""

    consent_id: ConsentId
    recording_id: RecordingId
    pcm: bytes
    copies: tuple[ExportEntry, ...] = ()


def citizen(ws: Workspace, place: Path, *purposes: Purpose, export: bool = False, minutes: float = 0.05) -> Citizen:
    """Put a citizen into the library, with everything that can hang on a recording."""
    agreed = purposes or (Purpose.OWN_LEARNING, Purpose.FLIP, Purpose.LEARNING_ROOM)
    consent = add_consent(
        ws, REFERENCE, agreed, FAR, given=Given(Manner.SIGNATURE, evidence=[("image/png", PICTURE)], form=REFERENCE)
    )
    samples = sounds.noise(minutes * 60, channels=1)
    path = sealed.wav(place, samples, name=f"{TITLE}.wav")
    recording = recordings.import_file(ws, path, consent.id, TITLE)
    path.unlink()
    turns = (
        builders.turn(f"jeg hedder {NAME} og bor på {NOTE}", 0, builders.WORKER.id),
        builders.turn(f"mit nummer er {NUMBER}", 2_000, builders.CITIZEN.id),
    )
    with ws.library.change(builders.ACTOR, "transcript.made", recording.id) as change:
        builders.store_transcript(change, builders.transcript(recording.id, turns, duration_ms=recording.duration_ms))
    concept = concepts.list_concepts(ws)[0].id
    mark = marks.annotate(ws, recording.id, 0, 1_000, ConceptId(concept), f"her siger {NAME} noget")
    replies.reply(ws, mark.id, f"og her bor {NAME} på {NOTE}")
    blind_rounds.begin_round(ws, recording.id, [ws.actor])
    examples.add_example(ws, ConceptId(concept), recording.id, 0, 1_500, note=f"sådan siger {NAME} det")
    excerpt = packs.add_excerpt(ws, recording.id, 0, 1_500, f"{NAME} fortæller")
    gathered = collected.add_collection(ws, "Når nogen siger sit navn")
    collected.add_passage(ws, gathered.id, recording.id, 0, 1_000, note=f"{NAME} nævner {NOTE}", deviant=True)
    copies: tuple[ExportEntry, ...] = ()
    if export:
        for number, (form, recipient) in enumerate(((ExportFormat.DOCX, "Vidensmægleren"), (ExportFormat.WAV, None))):
            out = place / f"{number} {TITLE}.{form.value}"
            copies += (packs.export(ws, excerpt.id, form, out, Purpose.LEARNING_ROOM, recipient=recipient),)
            out.unlink()
    return Citizen(consent.id, recording.id, samples[:4_000].tobytes(), copies)


def plain_database(ws: Workspace) -> bytes:
    """Return the library's database without its cipher, page by page."""
    key, _salt = ws.vault.database_key()
    return residue.decrypted(ws.folder / "library.db", key)
