"""Lines kept once they were used in a meeting: stored, shown, exported, backed up, deleted with their talk."""

from __future__ import annotations

import io
import random
from pathlib import Path

import pytest
import sqlalchemy as sa
from docx import Document

from cubb_desktop.domain import corrections
from cubb_desktop.domain.errors import ConsentWithdrawn, LinesFrozen, TranscriptGrowing, TranscriptNotFound
from cubb_desktop.domain.ids import ConsentId, RecordingId
from cubb_desktop.domain.pack import ExportFormat
from cubb_desktop.domain.reading import read
from cubb_desktop.library import codebook
from cubb_desktop.library import transcripts as library_transcripts
from cubb_desktop.services import lines
from cubb_desktop.services.audit import list_log
from cubb_desktop.services.backup import backup_library
from cubb_desktop.services.consents import withdraw_consent
from cubb_desktop.services.corrections import Editing
from cubb_desktop.services.packs import add_excerpt, export
from cubb_desktop.services.recordings import delete_recording
from cubb_desktop.services.restore import restore_library
from cubb_desktop.services.transcripts import get_transcript
from cubb_desktop.services.workspace import Workspace, open_workspace
from tests import builders
from tests.library_states import add_recording


@pytest.fixture
def recording_id(workspace: Workspace, consent_id: ConsentId) -> RecordingId:
    made = builders.stored_recording(workspace.library, consent_id=consent_id).id
    with workspace.library.change(builders.ACTOR, "transcript.finished", made) as change:
        builders.store_transcript(change, builders.transcript(made))
    return made


def remove_first_turn(workspace: Workspace, recording_id: RecordingId) -> None:
    editing = Editing(workspace, recording_id)
    edit = corrections.retype(editing.text, editing.text.turns[0].id, "", editing.hand())
    assert edit is not None
    editing.do(edit).save()


def numerals(workspace: Workspace, recording_id: RecordingId) -> list[str]:
    return [row.numeral for row in lines.sheet_of(workspace, get_transcript(workspace, recording_id)).rows]


def test_lines_move_until_they_are_frozen_and_never_again(workspace: Workspace, recording_id: RecordingId) -> None:
    assert lines.frozen_of(workspace, recording_id) is None
    before = numerals(workspace, recording_id)
    frozen = lines.freeze_lines(workspace, recording_id)
    assert lines.frozen_of(workspace, recording_id) == frozen
    assert (frozen.by, [str(line.number) for line in frozen.lines]) == (workspace.actor, before)
    remove_first_turn(workspace, recording_id)
    assert numerals(workspace, recording_id) == before[1:]
    assert [row.numeral for row in read(get_transcript(workspace, recording_id)).rows] == before[:-1]


def test_they_are_frozen_once_and_the_log_says_so(workspace: Workspace, recording_id: RecordingId) -> None:
    lines.freeze_lines(workspace, recording_id)
    with pytest.raises(LinesFrozen):
        lines.freeze_lines(workspace, recording_id)
    assert [told.line.action for told in list_log(workspace)].count("lines.frozen") == 1


def test_a_draft_nothing_and_a_withdrawn_talk_are_not_frozen(workspace: Workspace, consent_id: ConsentId) -> None:
    made = builders.stored_recording(workspace.library, consent_id=consent_id)
    with pytest.raises(TranscriptNotFound):
        lines.freeze_lines(workspace, made.id)
    with workspace.library.change(builders.ACTOR, "transcription.started", made.id) as change:
        library_transcripts.start_draft(change, builders.transcript(made.id))
    with pytest.raises(TranscriptGrowing):
        lines.freeze_lines(workspace, made.id)
    withdraw_consent(workspace, consent_id)
    with pytest.raises(ConsentWithdrawn):
        lines.freeze_lines(workspace, made.id)


def test_an_exported_passage_has_the_frozen_numbers(
    workspace: Workspace, recording_id: RecordingId, tmp_path: Path
) -> None:
    excerpt = add_excerpt(workspace, recording_id, 2_400, 4_900, "Om at køre")
    assert printed(workspace, excerpt.id, tmp_path / "før.docx")[:2] == ["   1", "   2"]
    lines.freeze_lines(workspace, recording_id)
    remove_first_turn(workspace, recording_id)
    assert printed(workspace, excerpt.id, tmp_path / "efter.docx") == ["   2", "   3", "   4", "   5"]


def printed(workspace: Workspace, target: str, out: Path) -> list[str]:
    """Return the numbers in an exported document."""
    export(workspace, target, ExportFormat.DOCX, out)
    texts = [paragraph.text for paragraph in Document(io.BytesIO(out.read_bytes())).paragraphs]
    return [text[:4] for text in texts if text[:4].strip().isdigit() and text[4:6] == "  "]


def test_deleting_a_conversation_deletes_its_lines(workspace: Workspace, recording_id: RecordingId) -> None:
    lines.freeze_lines(workspace, recording_id)
    delete_recording(workspace, recording_id)
    with workspace.library.read() as reading:
        for table in ("frozen_transcripts", "frozen_lines"):
            count = reading.connection.execute(sa.select(sa.func.count()).select_from(sa.table(table)))
            assert count.scalar() == 0, table


def test_a_backup_brings_frozen_lines(workspace: Workspace, consent_id: ConsentId, tmp_path: Path) -> None:
    with workspace.library.change(builders.ACTOR, "concept.put") as change:
        codebook.put(change, builders.concept())
    recording_id = add_recording(workspace, random.Random(1), consent_id).id
    with workspace.library.change(builders.ACTOR, "transcript.finished", recording_id) as change:
        builders.store_transcript(change, builders.transcript(recording_id, engine=builders.engine(language="en")))
    frozen = lines.freeze_lines(workspace, recording_id)
    remove_first_turn(workspace, recording_id)
    shown = numerals(workspace, recording_id)
    backup_library(workspace, tmp_path / "kopi")
    restore_library(tmp_path / "kopi", tmp_path / "igen", passphrase=builders.PASSPHRASE, actor=builders.ACTOR)
    with open_workspace(tmp_path / "igen", builders.PASSPHRASE, actor=builders.ACTOR) as restored:
        assert lines.frozen_of(restored, recording_id) == frozen
        assert numerals(restored, recording_id) == shown
