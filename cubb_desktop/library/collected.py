"""Collections and their passages; a passage goes with its recording."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from cubb_desktop.domain.collection import Collection, Passage
from cubb_desktop.domain.errors import CollectionNotFound, NotFound
from cubb_desktop.domain.ids import CollectionId, PassageId, RecordingId, WordId
from cubb_desktop.library.access import Change, Reading
from cubb_desktop.library.tables import collections, passage_words, passages

# --- collections -----------------------------------------------------------------------------------------------------


def add(change: Change, collection: Collection) -> None:
    """Store a new collection."""
    change.connection.execute(
        collections.insert().values(
            id=collection.id,
            name=collection.name,
            question=collection.question,
            author=collection.author,
            created_at=collection.created_at,
            version=collection.version,
        )
    )
    change.touched(collections=True)


def get(reading: Reading, collection_id: CollectionId) -> Collection:
    """Return one collection, or raise `CollectionNotFound`."""
    row = reading.connection.execute(sa.select(collections).where(collections.c.id == collection_id)).first()
    if row is None:
        raise CollectionNotFound
    return _collection(row)


def all(reading: Reading) -> list[Collection]:  # noqa: A001 - `collected.all(...)`
    """Return every collection by name."""
    found = [_collection(row) for row in reading.connection.execute(sa.select(collections))]
    return sorted(found, key=lambda collection: (collection.name.casefold(), collection.id))


def word(change: Change, collection_id: CollectionId, name: str, question: str) -> Collection:
    """Give a collection a name and a question; returns it as it is now."""
    here = collections.c.id == collection_id
    values = {"name": name, "question": question}
    change.connection.execute(collections.update().where(here).values(**values, version=collections.c.version + 1))
    change.touched(collections=True)
    return get(change, collection_id)


def remove(change: Change, collection_id: CollectionId) -> None:
    """Remove a collection and its passages; the conversations stay."""
    get(change, collection_id)
    change.connection.execute(passages.delete().where(passages.c.collection_id == collection_id))
    change.connection.execute(collections.delete().where(collections.c.id == collection_id))
    change.touched(collections=True)


# --- passages --------------------------------------------------------------------------------------------------------


def add_passage(change: Change, passage: Passage, position: int | None = None) -> None:
    """Store a new passage as the last of its collection, or at a position (from 0)."""
    of_collection = passages.c.collection_id == passage.collection_id
    ids = list(passage_ids(change, passage.collection_id))
    change.connection.execute(
        passages.insert().values(
            id=passage.id,
            collection_id=passage.collection_id,
            recording_id=passage.recording_id,
            position=sa.select(sa.func.coalesce(sa.func.max(passages.c.position), -1) + 1)
            .where(of_collection)
            .scalar_subquery(),
            start_ms=passage.start_ms,
            end_ms=passage.end_ms,
            deviant=passage.deviant,
            note=passage.note,
            author=passage.author,
            created_at=passage.created_at,
            version=passage.version,
        )
    )
    rows = [{"passage_id": passage.id, "position": n, "word_id": word} for n, word in enumerate(passage.word_ids)]
    if rows:
        change.connection.execute(passage_words.insert(), rows)
    if position is not None:
        ids.insert(position, passage.id)
        put_in_order(change, passage.collection_id, ids)
    change.touched(collections=True)


def get_passage(reading: Reading, passage_id: PassageId) -> Passage:
    """Return one passage, or raise `NotFound`."""
    row = reading.connection.execute(sa.select(passages).where(passages.c.id == passage_id)).first()
    if row is None:
        raise NotFound
    query = sa.select(passage_words.c.word_id).where(passage_words.c.passage_id == passage_id)
    words = reading.connection.execute(query.order_by(passage_words.c.position)).scalars()
    return _passage(row, tuple(WordId(word) for word in words))


def passages_of(reading: Reading, collection_id: CollectionId) -> list[Passage]:
    """Return a collection's passages in order."""
    of_collection = passages.c.collection_id == collection_id
    words: dict[str, list[WordId]] = {}
    marked = sa.select(passage_words.c.passage_id, passage_words.c.word_id).join(passages).where(of_collection)
    for passage_id, word_id in reading.connection.execute(marked.order_by(passage_words.c.position)):
        words.setdefault(passage_id, []).append(WordId(word_id))
    query = sa.select(passages).where(of_collection).order_by(passages.c.position, passages.c.id)
    return [_passage(row, tuple(words.get(row.id, ()))) for row in reading.connection.execute(query)]


def passage_ids(reading: Reading, collection_id: CollectionId) -> list[PassageId]:
    """Return the ids of a collection's passages in order."""
    query = sa.select(passages.c.id).where(passages.c.collection_id == collection_id)
    rows = reading.connection.execute(query.order_by(passages.c.position, passages.c.id)).scalars()
    return [PassageId(id_) for id_ in rows]


def put_in_order(change: Change, collection_id: CollectionId, ids: Sequence[PassageId]) -> None:
    """Let a collection's passages stand in the order of `ids`."""
    for position, passage_id in enumerate(ids):
        change.connection.execute(passages.update().where(passages.c.id == passage_id).values(position=position))
    change.touched(collections=True)


def set_passage(change: Change, passage_id: PassageId, *, deviant: bool, note: str) -> None:
    """Say whether a passage is a deviant case, and what is noted about it."""
    values: dict[str, Any] = {"deviant": deviant, "note": note, "version": passages.c.version + 1}
    change.connection.execute(passages.update().where(passages.c.id == passage_id).values(values))
    change.touched(collections=True)


def remove_passage(change: Change, passage_id: PassageId) -> None:
    """Take one passage out of its collection, or raise `NotFound`."""
    if not change.connection.execute(passages.delete().where(passages.c.id == passage_id)).rowcount:
        raise NotFound
    change.touched(collections=True)


def _collection(row: sa.Row[Any]) -> Collection:
    return Collection(
        id=CollectionId(row.id),
        name=row.name,
        question=row.question,
        author=row.author,
        created_at=row.created_at,
        version=row.version,
    )


def _passage(row: sa.Row[Any], word_ids: tuple[WordId, ...]) -> Passage:
    return Passage(
        id=PassageId(row.id),
        collection_id=CollectionId(row.collection_id),
        recording_id=RecordingId(row.recording_id),
        start_ms=row.start_ms,
        end_ms=row.end_ms,
        word_ids=word_ids,
        deviant=row.deviant,
        note=row.note,
        author=row.author,
        created_at=row.created_at,
        version=row.version,
    )
