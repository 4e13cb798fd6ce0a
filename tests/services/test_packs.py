"""Excerpts and exports: only what the agreement allows leaves, and never unregistered."""

from __future__ import annotations

import hashlib
import io
import json
import wave
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
import soundfile
from docx import Document

from cubb_desktop.domain.consent import Purpose
from cubb_desktop.domain.errors import ConsentLacksPurpose, OutsideRecording, TargetExists, TargetUnwritable
from cubb_desktop.domain.ids import RecordingId
from cubb_desktop.domain.pack import Excerpt, ExportFormat
from cubb_desktop.services import packs
from cubb_desktop.services.consents import add_consent
from cubb_desktop.services.recordings import import_file
from cubb_desktop.services.workspace import Workspace
from tests import builders


@pytest.fixture
def recording_id(workspace: Workspace, tmp_path: Path) -> RecordingId:
    """Eight seconds of noise in stereo with a transcript, agreed for learning and the learning room."""
    samples = np.random.default_rng(1).integers(-9000, 9000, (8 * 16_000, 2), dtype=np.int16)
    soundfile.write(tmp_path / "støj.wav", samples, 16_000)
    until = workspace.today() + timedelta(days=9)
    consent = add_consent(workspace, "B-2", [Purpose.LEARNING_ROOM, Purpose.FEEDBACK], until)
    recording = import_file(workspace, tmp_path / "støj.wav", consent.id, "Samtale <b>om</b> støj")
    with workspace.library.change("Mette", "transcript.made", recording.id) as change:
        builders.store_transcript(change, builders.transcript(recording.id, duration_ms=8_000))
    return recording.id


@pytest.fixture
def excerpt(workspace: Workspace, recording_id: RecordingId) -> Excerpt:
    """What the citizen says, from 2.4 to 4.6 seconds."""
    return packs.add_excerpt(workspace, recording_id, 2_400, 4_600, "  Ud at   køre ")


def test_an_excerpt_has_a_tidy_title_and_lies_inside(workspace: Workspace, excerpt: Excerpt) -> None:
    assert excerpt.title == "Ud at køre"
    assert packs.list_excerpts(workspace) == [excerpt]
    with pytest.raises(OutsideRecording):
        packs.add_excerpt(workspace, excerpt.recording_id, 7_000, 8_001, "for langt")


def test_the_wav_holds_exactly_the_passage_in_all_channels(
    workspace: Workspace, excerpt: Excerpt, tmp_path: Path
) -> None:
    out = tmp_path / "uddrag.wav"
    packs.export(workspace, excerpt.id, ExportFormat.WAV, out)
    with wave.open(io.BytesIO(out.read_bytes())) as written:
        assert (written.getnchannels(), written.getframerate(), written.getnframes()) == (2, 16_000, 35_200)
        found = np.frombuffer(written.readframes(35_200), np.int16).reshape(-1, 2)
    source, _rate = soundfile.read(tmp_path / "støj.wav", dtype="int16")
    assert np.array_equal(found, source[38_400:73_600])


def test_the_json_holds_only_the_words_of_the_passage(workspace: Workspace, excerpt: Excerpt, tmp_path: Path) -> None:
    out = tmp_path / "uddrag.json"
    packs.export(workspace, excerpt.id, ExportFormat.JSON, out)
    document = json.loads(out.read_text(encoding="utf-8"))
    said = [word["text"] for turn in document["turns"] for word in turn["words"]]
    assert said == ["jeg", "vil", "gerne", "ud", "at", "køre", "ja"]
    assert len(document["overlaps"]) == 1


def test_the_word_document_shows_numbered_lines_and_says_how_the_text_was_made(
    workspace: Workspace, excerpt: Excerpt, tmp_path: Path
) -> None:
    out = tmp_path / "uddrag.docx"
    packs.export(workspace, excerpt.id, ExportFormat.DOCX, out)
    document = Document(str(out))
    text = "\n".join(paragraph.text for paragraph in document.paragraphs)
    assert "Ud at køre" in text
    assert "Maskinel udskrift" in text
    assert "demomodeller" in text
    assert "køre" in text
    assert "skriver" not in text
    assert document.core_properties.author == ""


def test_the_register_has_the_line_and_the_sum_of_what_was_written(
    workspace: Workspace, excerpt: Excerpt, tmp_path: Path
) -> None:
    out = tmp_path / "uddrag.json"
    entry = packs.export(workspace, excerpt.id, ExportFormat.JSON, out)
    assert packs.list_exports(workspace) == [entry]
    assert entry.sha256 == hashlib.sha256(out.read_bytes()).hexdigest()
    assert entry.purpose is Purpose.FEEDBACK
    assert [path.name for path in tmp_path.iterdir() if path.name.endswith(".part")] == []


def test_a_purpose_that_was_not_agreed_stops_the_export(workspace: Workspace, excerpt: Excerpt, tmp_path: Path) -> None:
    with pytest.raises(ConsentLacksPurpose):
        packs.export(workspace, excerpt.id, ExportFormat.WAV, tmp_path / "x.wav", Purpose.FLIP)
    assert packs.list_exports(workspace) == []
    assert not (tmp_path / "x.wav").exists()


def test_nothing_is_overwritten_and_a_bad_place_leaves_no_line(
    workspace: Workspace, excerpt: Excerpt, tmp_path: Path
) -> None:
    there = tmp_path / "findes.wav"
    there.write_bytes(b"andres arbejde")
    with pytest.raises(TargetExists):
        packs.export(workspace, excerpt.id, ExportFormat.WAV, there)
    assert there.read_bytes() == b"andres arbejde"
    for place in (tmp_path / "ingen mappe" / "x.wav", tmp_path, there / "x.wav"):
        with pytest.raises(TargetUnwritable):
            packs.export(workspace, excerpt.id, ExportFormat.WAV, place)
    assert packs.list_exports(workspace) == []


def test_case_documentation_alone_is_never_chosen_by_itself(workspace: Workspace, tmp_path: Path) -> None:
    until = workspace.today() + timedelta(days=9)
    consent = add_consent(workspace, "B-3", [Purpose.CASE_DOCUMENTATION], until)
    with pytest.raises(ConsentLacksPurpose):
        packs.allowed_purpose(consent.purposes, None)
    assert packs.allowed_purpose(consent.purposes, Purpose.CASE_DOCUMENTATION) is Purpose.CASE_DOCUMENTATION
