"""Conversations to review, for the page's tests, pictures and measurements; every word in them is made up."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from cubb_desktop.audio.peaks import Peaks
from cubb_desktop.domain.codebook import MarkStatus
from cubb_desktop.domain.ids import ConceptId, RecordingId, SpeakerId, TurnId
from cubb_desktop.domain.recording import Recording, RecordingState, Role
from cubb_desktop.domain.transcript import Overlap, Silence, Speaker, Transcript, Turn, Unheard, Word
from cubb_desktop.library import annotations as library_marks
from cubb_desktop.library import consents, recordings, transcripts
from cubb_desktop.services.annotations import annotate, list_annotations, set_status
from cubb_desktop.services.blind_rounds import begin_round, say_ready
from cubb_desktop.services.concepts import get_concept, keep
from cubb_desktop.services.recordings import import_file
from cubb_desktop.services.replies import reply
from cubb_desktop.services.workspace import Workspace
from tests import builders

DEMO = Path(__file__).resolve().parents[2] / "resources" / "demo"
ROLES = {"sagsbehandler": Role.WORKER, "borger": Role.CITIZEN}


def truth() -> dict[str, Any]:
    """Return the bundled conversation as it was made."""
    found: dict[str, Any] = json.loads((DEMO / "conversation.json").read_text(encoding="utf-8"))
    return found


def duration_ms() -> int:
    """Return how long the bundled conversation is."""
    return int(truth()["duration_ms"])


def first_line() -> list[str]:
    """Return the words of the bundled conversation's first line."""
    return [str(word["text"]) for word in truth()["utterances"][0]["words"]]


def demo_transcript(recording_id: RecordingId, *, named: bool = True) -> Transcript:
    """Return the bundled conversation's transcript as a perfect machine would give it, with one guess and one gap."""
    said = truth()
    speakers = tuple(
        Speaker(
            SpeakerId(row["id"]),
            row["label"] if named else f"Taler {n}",
            ROLES[row["role"]] if named else Role.OTHER,
        )
        for n, row in enumerate(said["speakers"], 1)
    )
    turns = tuple(_turn(row) for row in said["utterances"])
    overlaps = tuple(
        Overlap(row["start_ms"], row["end_ms"], pair)
        for row in said["overlaps"]
        if (pair := _pair(turns, row["start_ms"], row["end_ms"])) is not None
    )
    silences = tuple(Silence(row["start_ms"], row["end_ms"]) for row in said["silences"])
    return builders.transcript(
        recording_id,
        _with_guess(turns),
        speakers=speakers,
        silences=silences,
        overlaps=overlaps,
        unheard=(Unheard(silences[3].end_ms - 700, silences[3].end_ms - 100),),
        duration_ms=said["duration_ms"],
        flagged=(),
    )


def _turn(row: dict[str, Any]) -> Turn:
    speaker = SpeakerId(row["speaker"])
    words = tuple(builders.word(w["text"], w["start_ms"], w["end_ms"], speaker=speaker) for w in row["words"])
    return Turn(TurnId(builders.new_id()), speaker, row["start_ms"], row["end_ms"], words)


def _pair(turns: Sequence[Turn], start_ms: int, end_ms: int) -> tuple[TurnId, TurnId] | None:
    sounding = [turn.id for turn in turns if turn.start_ms < end_ms and turn.end_ms > start_ms]
    return (sounding[0], sounding[1]) if len(sounding) > 1 else None


def _with_guess(turns: tuple[Turn, ...]) -> tuple[Turn, ...]:
    """Let the machine be unsure of one word of the fourth turn that has enough of them."""
    at = [n for n, turn in enumerate(turns) if len(turn.words) > 4][3]
    words: list[Word] = list(turns[at].words)
    words[1] = replace(words[1], confidence=0.31)
    return (*turns[:at], replace(turns[at], words=tuple(words)), *turns[at + 1 :])


def store(ws: Workspace, transcript: Transcript, *, final: bool = True) -> None:
    """Put a transcript into the library, as the worker does; a draft stays open for more words."""
    with ws.library.change("worker", "transcript.stored", transcript.recording_id) as change:
        started = transcripts.start_draft(change, transcript)
        if final:
            transcripts.replace_with(change, replace(transcript, id=started.id, number=started.number))
            recording = recordings.get(change, transcript.recording_id)
            recordings.update(change, recording, state=RecordingState.READY)
        else:
            transcripts.append_words(change, started.id, transcript.turns)


def demo_recording(ws: Workspace, title: str = "Opfølgning: lageret og ydelsen", **fields: Any) -> Recording:
    """Bring the bundled conversation's sound in, under an agreement (`fields` are the agreement's)."""
    with ws.library.change(ws.actor, "consent.added") as change:
        agreed = builders.consent(**fields)
        consents.add(change, agreed)
    return import_file(ws, DEMO / "conversation.flac", agreed.id, title)


def demo_conversation(ws: Workspace, *, named: bool = True) -> Recording:
    """Bring the bundled conversation in with its transcript."""
    recording = demo_recording(ws)
    store(ws, demo_transcript(recording.id, named=named))
    return recording


def another_version(ws: Workspace, recording_id: RecordingId, changes: dict[str, str]) -> None:
    """Let a second model have transcribed the bundled conversation, with some words heard as others."""
    made = demo_transcript(recording_id)
    turns = tuple(
        replace(turn, words=tuple(replace(word, text=changes.get(word.text, word.text)) for word in turn.words))
        for turn in made.turns
    )
    engine = builders.engine(recogniser="stor model", recogniser_fingerprint="c3", demo=False, notes=())
    store(ws, replace(made, turns=turns, engine=engine))


def marked_conversation(ws: Workspace) -> Recording:
    """Bring the bundled conversation in with its transcript and three marks, one of them the partner's."""
    recording = demo_conversation(ws)
    turns = demo_transcript(recording.id).turns
    for first, last, concept, note in (
        (2, 2, "gribning", "Her spørger jeg videre til det, borgeren selv nævner."),
        (6, 8, "arbejdsmarkedsperspektiv", "Lageret kommer op. Hvad gør jeg med det i næste tur?"),
    ):
        annotate(ws, recording.id, turns[first].start_ms, turns[last].end_ms, ConceptId(concept), note)
    ws.actor, own = "Anders", ws.actor
    annotate(ws, recording.id, turns[8].start_ms, turns[8].end_ms, ConceptId("pronominer"), "Hvem er »man« her?")
    ws.actor = own
    return recording


def talked_conversation(ws: Workspace) -> Recording:
    """Bring the marked conversation in with replies by three people, one mark that is talked about, and mentions."""
    recording = marked_conversation(ws)
    first, second, third = list_annotations(ws, recording.id)
    said = (
        ("Anders", first.id, "Jeg hørte det som et spørgsmål. Hvad hørte du, @Bodil Krogh?"),
        ("Bodil Krogh", first.id, "Hun trækker vejret ind, før hun svarer. @mette, prøv at lytte til linje 6 igen."),
        ("Anders", third.id, "»Man« er både hende og alle andre her."),
    )
    own = ws.actor
    for author, mark, text in said:
        ws.actor = author
        reply(ws, mark, text)
    ws.actor = own
    reply(ws, third.id, "Det er jeg enig i, @Anders. Sig lidt mere om, hvad du lagde mærke til i næste tur.")
    set_status(ws, second.id, MarkStatus.DISCUSSED)
    return recording


def blind_conversation(ws: Workspace) -> Recording:
    """Bring the marked conversation in while three people mark it each by themselves; one of them is done."""
    recording = marked_conversation(ws)
    begin_round(ws, recording.id, [ws.actor, "Anders", "Bodil Krogh"])
    ws.actor, own = "Anders", ws.actor
    say_ready(ws, recording.id)
    ws.actor = own
    return recording


def long_conversation(ws: Workspace, words: int = 9_000, marks: int = 0) -> Recording:
    """Store an hour's transcript and its waveform, and marks all along it; its sound is not there."""
    duration_ms = words * 400
    recording = builders.stored_recording(
        ws.library, title="En time om arbejde", duration_ms=duration_ms, state=RecordingState.READY
    )
    store(ws, builders.long_transcript(recording.id, words))
    loud = np.random.default_rng(7).integers(8, 90, duration_ms // 10, dtype=np.int8)
    with ws.library.change(ws.actor, None) as change:
        recordings.put_peaks(change, recording.id, Peaks(100, np.stack([-loud, loud], axis=1)).to_bytes())
        keep(change, get_concept(ws, ConceptId("gribning")))
        for n in range(marks):
            start_ms = n * duration_ms // marks
            mark = builders.annotation(
                recording.id, id=builders.new_id(), start_ms=start_ms, end_ms=start_ms + 6_000 * (1 + n % 3)
            )
            library_marks.add(change, mark)
    return recording
