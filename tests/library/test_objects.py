"""Rows as bytes: every table is somebody's, the same rows give the same bytes, and what does not fit is refused."""

from __future__ import annotations

import json
import zlib
from pathlib import Path

import pytest

from cubb_desktop.domain.errors import LibraryExists, LibraryNewer
from cubb_desktop.library import objects
from cubb_desktop.library.objects import DumpUnreadable, dump_recording, dump_rest, load, unpack
from cubb_desktop.library.session import Library
from cubb_desktop.library.tables import REVISION, consents, metadata, recordings
from tests import builders


def pack(document: object) -> bytes:
    return zlib.compress(json.dumps(document).encode())


def test_every_table_is_dumped_exactly_once(library: Library) -> None:
    made = builders.stored_recording(library)
    with library.read() as reading:
        dumps = [
            dump_recording(reading, made.id),
            objects.dump_consent(reading, made.consent_id),
            dump_rest(reading),
        ]
    tables = [table for dump in dumps for table in unpack(dump)[1]]
    assert sorted(tables) == sorted(metadata.tables)


def test_what_goes_with_a_recording_follows_from_the_tables() -> None:
    of_recording = {table.name for table, _where in objects._scopes(recordings)}
    assert {"words", "annotation_words", "waveforms", "jobs", "participants", "marks"} < of_recording
    assert not of_recording & {"slots", "exports", "tombstones", "audit", "consents", "policies"}
    assert {table.name for table, _where in objects._scopes(consents)} == {
        "consents",
        "consent_purposes",
        "consent_evidence",
    }


def test_the_same_rows_give_the_same_bytes(library: Library) -> None:
    made, other = builders.stored_recording(library), builders.stored_recording(library)
    with library.change("x", None) as change:
        builders.store_transcript(change, builders.transcript(made.id))
    with library.read() as reading:
        first = dump_recording(reading, made.id)
        assert dump_recording(reading, made.id) == first != dump_recording(reading, other.id)


@pytest.mark.parametrize(
    "dump",
    [b"", b"noget", pack([]), pack({}), pack({"revision": REVISION}), pack({"revision": "1", "tables": 1})[:-6]],
)
def test_bytes_that_are_no_dump_are_refused(dump: bytes) -> None:
    with pytest.raises(DumpUnreadable):
        unpack(dump)


def test_a_dump_that_unpacks_without_end_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(objects, "_LARGEST_DUMP", 1_000)
    with pytest.raises(DumpUnreadable):
        unpack(zlib.compress(bytes(1_000_000)))


@pytest.mark.parametrize(
    "tables",
    [
        {"findes_ikke": {"columns": ["a"], "rows": [[1]]}},
        {"policies": {"columns": ["name; DROP TABLE audit"], "rows": [[1]]}},
        {"policies": {"columns": ["name"], "rows": [["a", "b"]]}},
        {"policies": {"columns": ["name"], "rows": [[None]]}},
        {"policies": {"columns": ["name"]}},
        {"policies": {"columns": ["name"], "rows": [[{"base64": "!"}]]}},
        {"waveforms": {"columns": ["recording_id", "peaks"], "rows": [["x", {"base64": "AAAA"}]]}},
    ],
)
def test_rows_that_do_not_fit_the_tables_are_refused(tmp_path: Path, tables: object) -> None:
    dump = pack({"revision": REVISION, "tables": tables})
    with pytest.raises(DumpUnreadable):
        load(tmp_path, builders.KEY, builders.SALT, [dump], REVISION)


def test_a_dump_of_another_revision_than_the_others_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DumpUnreadable):
        load(tmp_path, builders.KEY, builders.SALT, [pack({"revision": "0001", "tables": {}})], REVISION)


def test_a_newer_revision_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LibraryNewer):
        load(tmp_path, builders.KEY, builders.SALT, [], "9999")
    assert list(tmp_path.iterdir()) == []


def test_an_existing_database_is_never_loaded_into(tmp_path: Path, library: Library) -> None:
    with pytest.raises((LibraryExists, FileExistsError)):
        load(tmp_path, builders.KEY, builders.SALT, [], REVISION)
    assert library.verify() == []
