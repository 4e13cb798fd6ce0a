"""The audit log's chain: altered, removed, moved, slipped in or cut off lines are found out, and the first is named."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from cubb_desktop.domain.errors import AuditBroken
from cubb_desktop.library import audit
from cubb_desktop.library.access import Reading
from cubb_desktop.library.audit import START, Fault, Head, Verdict
from cubb_desktop.library.keys import KeyStore
from cubb_desktop.library.session import HEAD_EVERY, Library
from tests.builders import ACTOR, AUDIT_KEY, KEY, MORNING, SALT, new_id
from tests.conftest import ROOT

LINES = 12
FIELDS = "at, actor, device, action, object_id, outcome, mac"
TRIGGERS = (
    "audit_stays_update",
    "audit_stays_delete",
    "audit_checkpoints_stay_update",
    "audit_checkpoints_stay_delete",
)


@pytest.fixture
def logged(library: Library) -> Library:
    write_lines(library, LINES)
    return library


def write_lines(library: Library, number: int) -> None:
    for _ in range(number):
        library.note(ACTOR, "recording.opened", new_id())


def tampered(library: Library, *statements: str) -> int | None:
    """Return the first line that breaks the chain after somebody with the key has run `statements`."""
    tamper(library, *statements)
    with library.read() as reading:
        return library.verify_audit(reading)


def tamper(library: Library, *statements: str) -> None:
    with library._engine.connect() as connection:
        for trigger in TRIGGERS:
            connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS {trigger}")
        for statement in statements:
            connection.exec_driver_sql(statement)
        connection.commit()


# --- the chain -------------------------------------------------------------------------------------------------------


def test_a_log_left_alone_is_whole(logged: Library) -> None:
    with logged.read() as reading:
        assert logged.verify_audit(reading) is None
        assert [line.number for line in audit.lines(reading, limit=3)] == [12, 11, 10]
        assert audit.lines(reading)[0].outcome == "done"
        assert audit.lines(reading)[0].at.tzinfo is not None
    verdict = logged.check_log()
    assert (verdict.lines, verdict.head.number, verdict.broken, verdict.fault) == (LINES, LINES, None, None)


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("actor", "'en anden'"),
        ("actor", "x'00ff'"),
        ("at", "'2020-01-01T00:00:00.000000+00:00'"),
        ("action", "'recording.closed'"),
        ("object_id", "NULL"),
        ("outcome", "'refused'"),
        ("device", "'andetsteds'"),
        ("mac", "x'00'"),
        ("mac", "'ingen bytes'"),
    ],
)
def test_a_changed_line_is_named(logged: Library, column: str, value: str) -> None:
    assert tampered(logged, f"UPDATE audit SET {column} = {value} WHERE number = 7") == 7  # noqa: S608 - our own words
    assert logged.check_log().fault is Fault.ALTERED


def test_a_removed_line_is_named(logged: Library) -> None:
    assert tampered(logged, "DELETE FROM audit WHERE number = 5") == 5
    assert logged.check_log().fault is Fault.MISSING


def test_a_removed_line_is_named_when_the_rest_moves_up(logged: Library) -> None:
    moved = "UPDATE audit SET number = number - 1 WHERE number > 5"
    assert tampered(logged, "DELETE FROM audit WHERE number = 5", moved) == 5


def test_two_lines_changing_places_are_named(logged: Library) -> None:
    places = [
        "UPDATE audit SET number = 99 WHERE number = 4",
        "UPDATE audit SET number = 4 WHERE number = 5",
        "UPDATE audit SET number = 5 WHERE number = 99",
    ]
    assert tampered(logged, *places) == 4


def test_a_line_slipped_in_is_named(logged: Library) -> None:
    slipped = f"INSERT INTO audit SELECT 13, {FIELDS} FROM audit WHERE number = 3"  # noqa: S608 - our own words
    assert tampered(logged, slipped) == 13


def test_a_line_slipped_in_before_the_first_is_named(logged: Library) -> None:
    assert tampered(logged, f"INSERT INTO audit SELECT 0, {FIELDS} FROM audit WHERE number = 3") == 0  # noqa: S608 - our own words


def test_the_chain_can_not_be_made_again_without_the_key(logged: Library) -> None:
    with logged.read() as reading:
        assert audit.first_broken(reading, AUDIT_KEY) is None
        assert audit.first_broken(reading, bytes(32)) == 1


@pytest.mark.parametrize("statement", ["UPDATE audit SET actor = 'x'", "DELETE FROM audit"])
def test_the_database_itself_refuses_to_change_the_log(logged: Library, statement: str) -> None:
    with (
        pytest.raises(sa.exc.IntegrityError, match="never changed"),
        logged.change(ACTOR, "library.checked") as change,
    ):
        change.connection.exec_driver_sql(statement)
    with logged.read() as reading:
        assert logged.verify_audit(reading) is None


# --- what a line may hold --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("action", "object_id"),
    [
        ("Jens sagde nej", None),
        ("recording", None),
        ("recording.opened ", None),
        ("recording.opened", "Samtale med Jens"),
        ("recording.opened", "010190-1234"),
        ("recording.opened", "2026-13"),
        ("recording.opened", ""),
    ],
)
def test_what_could_be_content_never_reaches_the_log(library: Library, action: str, object_id: str | None) -> None:
    with pytest.raises(ValueError, match="nothing else"), library.change(ACTOR, action, object_id):
        pass
    with library.read() as reading:
        assert audit.lines(reading) == []


@pytest.mark.parametrize("outcome", ["Jens sagde nej", "010190-1234", "12345", "refused-12345", ""])
def test_an_outcome_is_a_code(library: Library, outcome: str) -> None:
    with pytest.raises(ValueError, match="nothing else"):
        library.note(ACTOR, "library.unlocked", outcome=outcome)


def test_an_id_that_is_known_only_later_is_logged(library: Library) -> None:
    made = new_id()
    with library.change(ACTOR, "recording.added") as change:
        change.object_id = made
    with library.change(ACTOR, "concept.changed", "gribning"):
        pass
    library.note(ACTOR, "audit.signed", "2026-11", "own-acts")
    library.note(ACTOR, "library.unlocked", None, "after-failed-tries-3")
    with library.read() as reading:
        lines = audit.lines(reading)
    assert [line.object_id for line in lines] == [None, "2026-11", "gribning", made]
    assert [line.outcome for line in lines] == ["after-failed-tries-3", "own-acts", "done", "done"]


# --- its head, kept outside ------------------------------------------------------------------------------------------


@pytest.fixture
def store(tmp_path: Path) -> Iterator[KeyStore]:
    made = KeyStore.create(tmp_path, bytes(32), bytes(16), lambda _id, key: key, lambda _id, key: key)
    yield made
    made.close()


@pytest.fixture
def anchored(library: Library, store: KeyStore) -> Library:
    """A library with lines whose head is kept."""
    library.keep_heads(store.heads)
    write_lines(library, LINES)
    return reopened(library, store)


def reopened(library: Library, store: KeyStore) -> Library:
    """Close the library, which keeps its head, and use it again (its engine opens anew)."""
    library.close()
    library.keep_heads(store.heads)
    return library


def test_the_head_is_kept_every_hundred_lines_and_on_closing(library: Library, store: KeyStore) -> None:
    library.keep_heads(store.heads)
    assert store.heads.get() == START
    write_lines(library, HEAD_EVERY - 1)
    assert store.heads.get() == START
    write_lines(library, 2)
    kept = store.heads.get()
    assert kept is not None
    assert kept.number == HEAD_EVERY
    library.close()
    assert store.heads.get() == library.check_log().head


def test_closing_without_a_new_line_writes_nothing(anchored: Library, store: KeyStore, tmp_path: Path) -> None:
    before = (tmp_path / "keys.db").stat().st_mtime_ns, store.heads.get()
    anchored.close()
    assert ((tmp_path / "keys.db").stat().st_mtime_ns, store.heads.get()) == before


@pytest.mark.parametrize("cut", [1, 5, LINES])
def test_lines_cut_off_the_end_are_missed(anchored: Library, cut: int) -> None:
    tamper(anchored, f"DELETE FROM audit WHERE number > {LINES - cut}")  # noqa: S608 - our own words
    verdict = anchored.check_log()
    assert (verdict.broken, verdict.fault, verdict.lines) == (LINES - cut + 1, Fault.CUT_OFF, LINES - cut)


def test_work_that_goes_on_after_the_cut_does_not_hide_it(anchored: Library, store: KeyStore) -> None:
    kept = store.heads.get()
    tamper(anchored, "DELETE FROM audit WHERE number > 10")
    write_lines(anchored, HEAD_EVERY)
    reopened(anchored, store)
    assert store.heads.get() == kept
    verdict = anchored.check_log()
    assert (verdict.broken, verdict.fault) == (LINES, Fault.CUT_OFF)


def test_a_cut_is_noticed_at_the_next_opening_and_its_line_remembered(anchored: Library, store: KeyStore) -> None:
    for cut in (9, 7):
        tamper(anchored, f"DELETE FROM audit WHERE number >= {cut}")  # noqa: S608 - our own words
        reopened(anchored, store)
        write_lines(anchored, 2)
        verdict = reopened(anchored, store).check_log()
        assert (verdict.broken, verdict.fault) == (cut, Fault.CUT_OFF)
    write_lines(anchored, HEAD_EVERY)
    tamper(anchored, "UPDATE audit SET actor = 'en anden' WHERE number = 4")
    assert anchored.check_log().broken == 4
    anchored.anchor_anew(ACTOR)
    assert store.heads.cut() is None


def test_a_head_that_was_taken_away_is_missed(anchored: Library, store: KeyStore) -> None:
    with store._engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM audit_head")
    write_lines(anchored, 1)
    reopened(anchored, store)  # must not put a new one in its place
    verdict = anchored.check_log()
    assert (verdict.broken, verdict.fault) == (LINES + 2, Fault.UNANCHORED)


def test_a_head_that_never_was_the_logs_is_found_out(anchored: Library, store: KeyStore) -> None:
    store.heads.put(Head(LINES, bytes(32)), anew=True)
    assert anchored.check_log().broken == LINES
    store.heads.put(Head(0, b"\1" * 32), anew=True)
    with anchored.read() as reading:
        assert not audit.holds(reading, Head(0, b"\1" * 32))


def test_an_older_process_never_puts_the_head_back(anchored: Library, store: KeyStore) -> None:
    kept = store.heads.get()
    store.heads.put(Head(3, bytes(32)))
    assert store.heads.get() == kept


def test_a_key_store_from_before_gets_its_place_for_the_head(library: Library, store: KeyStore) -> None:
    with store._engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE IF EXISTS audit_head")
    library.keep_heads(store.heads)
    write_lines(library, 1)
    reopened(library, store)
    assert store.heads.get() == library.check_log().head


def test_what_was_committed_stays_when_the_head_can_not_be_kept(
    library: Library, store: KeyStore, tmp_path: Path
) -> None:
    library.keep_heads(store.heads)
    write_lines(library, HEAD_EVERY - 1)
    store.close()
    (tmp_path / "keys.db").unlink()
    (tmp_path / "keys.db").mkdir()
    write_lines(library, 1)
    library.close()
    with library.read() as reading:
        assert len(audit.lines(reading)) == HEAD_EVERY


def test_a_restored_library_begins_a_new_head_and_says_so(anchored: Library, store: KeyStore) -> None:
    tamper(anchored, "DELETE FROM audit WHERE number > 6")  # as an older backup holds it
    assert anchored.check_log().fault is Fault.CUT_OFF
    anchored.anchor_anew(ACTOR)
    with anchored.read() as reading:
        assert audit.lines(reading, limit=1)[0].action == "library.restored"
    assert anchored.check_log().broken is None
    tamper(anchored, "DELETE FROM audit WHERE number > 6")
    assert anchored.check_log().broken == 7


def test_a_library_alone_can_be_restored_too(logged: Library) -> None:
    logged.anchor_anew(ACTOR)
    assert logged.check_log().lines == LINES + 1


# --- random damage ---------------------------------------------------------------------------------------------------

Damage = Callable[[random.Random, int], tuple[list[str], int]]


def _alter(rng: random.Random, lines: int) -> tuple[list[str], int]:
    at, column = rng.randint(1, lines), rng.choice(["actor", "at", "device", "action", "object_id", "outcome", "mac"])
    value = "zeroblob(32)" if column == "mac" else f"'{rng.randbytes(6).hex()}'"
    return [f"UPDATE audit SET {column} = {value} WHERE number = {at}"], at  # noqa: S608 - our own words


def _delete(rng: random.Random, lines: int) -> tuple[list[str], int]:
    first = rng.randint(1, lines)
    last = rng.randint(first, lines)  # up to the end: then it is a cut
    closed = f"UPDATE audit SET number = number - {last - first + 1} WHERE number > {last}"  # noqa: S608 - our own words
    gone = f"DELETE FROM audit WHERE number BETWEEN {first} AND {last}"  # noqa: S608 - our own words
    return [gone, *([closed] if rng.random() < 0.5 else [])], first


def _swap(rng: random.Random, lines: int) -> tuple[list[str], int]:
    first, second = sorted(rng.sample(range(1, lines + 1), 2))
    moves = ((first, 10_000), (second, first), (10_000, second))
    return [f"UPDATE audit SET number = {new} WHERE number = {old}" for old, new in moves], first  # noqa: S608 - our own words


def _insert(rng: random.Random, lines: int) -> tuple[list[str], int]:
    source, at = rng.randint(1, lines), rng.randint(1, lines + 1)
    room = [
        f"UPDATE audit SET number = -number WHERE number >= {at}",  # noqa: S608 - our own words
        "UPDATE audit SET number = 1 - number WHERE number < 0",
    ]
    moved = source if source < at else source + 1
    copy = f"INSERT INTO audit SELECT {at}, {FIELDS} FROM audit WHERE number = {moved}"  # noqa: S608 - our own words
    return [*room, copy], at + (source == at)  # a line's twin before it takes its place; the second is one too many


def _cut(rng: random.Random, lines: int) -> tuple[list[str], int]:
    first = rng.randint(1, lines)
    return [f"DELETE FROM audit WHERE number >= {first}"], first  # noqa: S608 - our own words


@pytest.mark.parametrize("damage", [_alter, _delete, _swap, _insert, _cut], ids=lambda f: f.__name__.strip("_"))
def test_random_damage_is_always_found_and_the_line_named(anchored: Library, store: KeyStore, damage: Damage) -> None:
    rng = random.Random(damage.__name__)
    kept = store.heads.get()
    tamper(anchored)
    with anchored._engine.connect() as connection:
        for _ in range(60):
            statements, expected = damage(rng, LINES)
            connection.exec_driver_sql("BEGIN")
            for statement in statements:
                connection.exec_driver_sql(statement)
            verdict = audit.check(Reading(connection), AUDIT_KEY, kept)
            assert verdict.broken == expected, (statements, verdict)
            connection.rollback()
        foreign = audit.check(Reading(connection), rng.randbytes(32), kept)
    assert (foreign.broken, foreign.fault) == (1, Fault.ALTERED)
    assert anchored.check_log().broken is None


# --- old lines -------------------------------------------------------------------------------------------------------


class Aging:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = MORNING

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Aging:
    return Aging()


@pytest.fixture
def aged(tmp_path: Path, store: KeyStore, clock: Aging) -> Iterator[Library]:
    """A library with a line for each of 20 days, its head kept."""
    made = Library.create(tmp_path, KEY, SALT, AUDIT_KEY, clock=clock)
    made.keep_heads(store.heads)
    for _ in range(20):
        made.note(ACTOR, "recording.opened", new_id())
        clock.now += timedelta(days=1)
    yield reopened(made, store)
    made.close()


def numbers(library: Library) -> list[int]:
    with library.read() as reading:
        return [line.number for line in audit.lines(reading)][::-1]


def test_old_lines_go_and_the_rest_is_whole(aged: Library, store: KeyStore) -> None:
    assert aged.prune_log(ACTOR, MORNING + timedelta(days=8)) == 8
    assert numbers(aged) == list(range(9, 22))
    with aged.read() as reading:
        assert audit.lines(reading, limit=1)[0].action == "audit.pruned"
    verdict = aged.check_log()
    assert (verdict.broken, verdict.lines) == (None, 13)
    assert aged.prune_log(ACTOR, MORNING + timedelta(days=8)) == 0
    assert numbers(aged)[-1] == 21  # nothing to do leaves no line
    assert aged.prune_log(ACTOR, MORNING + timedelta(days=12)) == 4
    assert aged.check_log().broken is None


def test_the_newest_line_stays_however_old(aged: Library) -> None:
    assert aged.prune_log(ACTOR, MORNING + timedelta(days=999)) == 19
    assert numbers(aged) == [20, 21]
    assert aged.check_log().broken is None


def test_the_chain_goes_on_from_the_checkpoint_when_every_line_has_gone(logged: Library) -> None:
    assert logged.prune_log(ACTOR, datetime.now().astimezone() + timedelta(days=1)) == LINES
    assert numbers(logged) == [LINES + 1]
    tamper(logged, "DELETE FROM audit")
    write_lines(logged, 1)
    assert numbers(logged) == [LINES + 1]
    assert logged.check_log().broken is None


def test_an_empty_log_has_nothing_to_remove(library: Library) -> None:
    assert library.prune_log(ACTOR, datetime.now().astimezone()) == 0


def test_a_log_that_was_tampered_with_is_never_shortened(aged: Library) -> None:
    tamper(aged, "UPDATE audit SET actor = 'en anden' WHERE number = 3")
    with pytest.raises(AuditBroken) as refused:
        aged.prune_log(ACTOR, MORNING + timedelta(days=8))
    assert refused.value.params == {"number": 3}
    assert numbers(aged)[0] == 1


def test_a_log_whose_head_was_taken_away_is_never_shortened(aged: Library, store: KeyStore) -> None:
    with store._engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM audit_head")
    with pytest.raises(AuditBroken):
        aged.prune_log(ACTOR, MORNING + timedelta(days=8))


def test_a_line_that_another_process_has_just_removed_is_no_fault(aged: Library) -> None:
    with aged.change(ACTOR, "audit.pruned") as change:
        assert audit.prune(change, AUDIT_KEY, 999) == 0


@pytest.mark.parametrize(
    "forgery",
    [
        "UPDATE audit_checkpoints SET seal = zeroblob(32)",
        "UPDATE audit_checkpoints SET seal = 'ingen bytes'",
        "UPDATE audit_checkpoints SET mac = zeroblob(32)",
        "UPDATE audit_checkpoints SET number = 5",
        "UPDATE audit_checkpoints SET actor = 'en anden'",
        "DELETE FROM audit_checkpoints",
    ],
)
def test_a_forged_checkpoint_does_not_count(aged: Library, forgery: str) -> None:
    aged.prune_log(ACTOR, MORNING + timedelta(days=8))
    tamper(aged, forgery)
    verdict = aged.check_log()
    assert (verdict.broken, verdict.fault) == (1, Fault.MISSING)


def test_lines_removed_behind_a_true_checkpoint_are_missed(aged: Library) -> None:
    aged.prune_log(ACTOR, MORNING + timedelta(days=8))
    tamper(aged, "DELETE FROM audit WHERE number < 12")
    assert aged.check_log().broken == 9


def test_a_removed_line_that_comes_back_is_named(aged: Library) -> None:
    aged.prune_log(ACTOR, MORNING + timedelta(days=8))
    tamper(aged, f"INSERT INTO audit SELECT 4, {FIELDS} FROM audit WHERE number = 9")  # noqa: S608 - our own words
    assert aged.check_log().broken == 4


def test_a_checkpoint_without_a_seal_opens_no_door(aged: Library) -> None:
    """The database lets lines go that a checkpoint covers; one that the program did not seal is found out."""
    with aged.change(ACTOR, "recording.opened") as change:
        change.connection.exec_driver_sql(
            "INSERT INTO audit_checkpoints SELECT number, mac, at, actor, mac FROM audit WHERE number = 5"
        )
        change.connection.exec_driver_sql("DELETE FROM audit WHERE number <= 5")
        with pytest.raises(sa.exc.IntegrityError, match="never changed"):
            change.connection.exec_driver_sql("DELETE FROM audit WHERE number = 6")
    assert aged.check_log().broken == 1


@pytest.mark.parametrize("statement", ["UPDATE audit_checkpoints SET actor = 'x'", "DELETE FROM audit_checkpoints"])
def test_checkpoints_stay(aged: Library, statement: str) -> None:
    aged.prune_log(ACTOR, MORNING + timedelta(days=8))
    with (
        pytest.raises(sa.exc.IntegrityError, match="never changed"),
        aged.change(ACTOR, "library.checked") as change,
    ):
        change.connection.exec_driver_sql(statement)


def test_only_pruning_removes_lines() -> None:
    """No other code of the package deletes from the log, writes checkpoints or drops a trigger."""
    doors = re.compile(
        r"\baudit\.delete\(|DELETE FROM audit\b|audit_checkpoints\.insert|DROP TRIGGER audit", re.IGNORECASE
    )
    package = ROOT / "cubb_desktop"
    found = {p.relative_to(package): doors.findall(p.read_text("utf-8")) for p in package.rglob("*.py")}
    places = {path.as_posix(): len(lines) for path, lines in found.items() if lines}
    assert places == {"library/audit.py": 2, "library/migrations/versions/r0003_trust.py": 2}


# --- looking things up -----------------------------------------------------------------------------------------------


def test_lines_are_found_by_time_and_by_what_they_are_about(aged: Library) -> None:
    with aged.read() as reading:
        since, until = MORNING + timedelta(days=3), MORNING + timedelta(days=6)
        assert [line.number for line in audit.lines(reading, since=since, until=until)] == [6, 5, 4]
        wanted = [line.object_id for line in audit.lines(reading) if line.number in {2, 9}]
        assert [line.number for line in audit.lines(reading, objects=[str(w) for w in wanted])] == [9, 2]
        assert [line.number for line in audit.numbered(reading, [9, 2, 99])] == [2, 9]


def test_a_sample_is_kept_and_signed_once(library: Library) -> None:
    with library.change(ACTOR, "audit.sampled", "2026-11") as change:
        assert audit.get_sample(change, "2026-11") is None
        audit.put_sample(change, "2026-11", [5, 2])
    with library.change("leder", "audit.signed", "2026-11") as change:
        audit.sign_sample(change, "2026-11", "set")
    with library.read() as reading:
        sample = audit.get_sample(reading, "2026-11")
    assert sample is not None
    assert (sample.numbers, sample.signed_by, sample.remark) == ((2, 5), "leder", "set")
    for statement in (
        "UPDATE audit_samples SET remark = 'andet'",
        "UPDATE audit_samples SET numbers = '[1]'",
        "DELETE FROM audit_samples",
    ):
        with (
            pytest.raises(sa.exc.IntegrityError, match="stays as it was"),
            library.change(ACTOR, "library.checked") as change,
        ):
            change.connection.exec_driver_sql(statement)


def test_a_verdict_on_nothing_is_whole(library: Library) -> None:
    assert library.check_log() == Verdict(START, 0)
