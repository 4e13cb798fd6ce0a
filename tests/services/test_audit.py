"""The log for people: openings, the month's sample and its signature, the extract, plain words, how long it is kept."""

from __future__ import annotations

import csv
import json
import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cubb_desktop import i18n
from cubb_desktop.domain.audit import AuditLine
from cubb_desktop.domain.errors import (
    DiskFull,
    InvalidInput,
    RecordingNotFound,
    SampleMissing,
    SampleSigned,
    TargetExists,
    TargetUnwritable,
)
from cubb_desktop.domain.ids import RecordingId
from cubb_desktop.library import audit
from cubb_desktop.library.audit import START, Fault, Verdict
from cubb_desktop.services import audit as log
from cubb_desktop.services import openings
from cubb_desktop.services.audit_words import ACTS, act_sentence, outcome_words
from cubb_desktop.services.backup import backup_library
from cubb_desktop.services.restore import restore_library
from cubb_desktop.services.transcripts import get_transcript
from cubb_desktop.services.workspace import Workspace, open_workspace
from tests import builders
from tests.conftest import ROOT

FIRST = datetime(2026, 10, 5, 9, 0, tzinfo=UTC)
ONE, TWO = RecordingId(builders.new_id()), RecordingId(builders.new_id())


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = FIRST

    def __call__(self) -> datetime:
        return self.now

    def later(self, **step: float) -> None:
        self.now += timedelta(**step)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def ws(tmp_path: Path, clock: Clock) -> Iterator[Workspace]:
    made = builders.new_workspace(tmp_path / "bibliotek", clock=clock)
    yield made
    made.close()


def lines(ws: Workspace) -> list[tuple[str, str | None]]:
    with ws.library.read() as reading:
        return [(line.action, line.object_id) for line in audit.lines(reading)][::-1][1:]  # but the creation


# --- openings --------------------------------------------------------------------------------------------------------


def test_going_back_to_a_conversation_is_another_opening(ws: Workspace) -> None:
    for recording in (ONE, ONE, TWO, ONE):
        openings.opened(ws, recording)
    assert [which for _action, which in lines(ws)] == [ONE, TWO, ONE]


def test_coming_back_after_half_an_hour_is_another_opening(ws: Workspace, clock: Clock) -> None:
    for minutes in (0, 29, 29, 31):
        clock.later(minutes=minutes)
        openings.opened(ws, ONE)
    assert len(lines(ws)) == 2


def test_a_clock_that_goes_back_begins_another_opening(ws: Workspace, clock: Clock) -> None:
    openings.opened(ws, ONE)
    clock.later(minutes=-5)
    openings.opened(ws, ONE)
    assert len(lines(ws)) == 2


def test_listening_is_logged_once_in_an_opening_and_does_not_hide_the_opening(ws: Workspace) -> None:
    for act in (openings.played, openings.played, openings.opened):
        act(ws, ONE)
    assert [action for action, _which in lines(ws)] == ["recording.played", "recording.opened"]


def test_typing_on_is_one_search_and_another_word_another(ws: Workspace, clock: Clock) -> None:
    for query in ("arb", "arbejde", "arbej", " ARBEJDE", "kantine"):
        openings.searched(ws, query)
    assert lines(ws) == [("transcripts.searched", None)] * 2
    clock.later(minutes=31)
    openings.searched(ws, "kantine")
    assert len(lines(ws)) == 3


def test_what_can_not_be_logged_is_not_shown_and_is_tried_again(ws: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    recording = builders.stored_recording(ws.library)
    with ws.library.change(builders.ACTOR, "transcript.finished", recording.id) as change:
        builders.store_transcript(change, builders.transcript(recording.id))

    def full(*_: object) -> None:
        raise DiskFull

    with monkeypatch.context() as patched:
        patched.setattr(ws.library, "note", full)
        with pytest.raises(DiskFull):
            get_transcript(ws, recording.id)
    get_transcript(ws, recording.id)
    assert lines(ws)[-1] == ("recording.opened", recording.id)


# --- the month's sample ----------------------------------------------------------------------------------------------


@pytest.fixture
def october(ws: Workspace, clock: Clock) -> Workspace:
    """Thirty openings by two colleagues in October, unlocking and looking at the log between them; now 2 November."""
    for number in range(30):
        ws.library.note("Mette" if number % 2 else "Sanne", "recording.opened", ONE)
        ws.library.note("Mette", "library.unlocked", ws.vault.library_id)
        ws.library.note("Leder", "audit.verified", outcome="whole")
    clock.now = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
    return ws


def test_each_line_is_as_likely_to_be_drawn(ws: Workspace) -> None:
    """Chi-square on 4,000 draws of 5 from 20: 19 degrees of freedom, p < 1e-6 above 62."""
    drawn = Counter(number for _ in range(4_000) for number in log.drawn(range(20), 5))
    expected = 4_000 * 5 / 20
    assert sum((drawn[number] - expected) ** 2 / expected for number in range(20)) < 62
    assert sorted(log.drawn(range(3), 20)) == [0, 1, 2]


def test_only_acts_on_conversations_are_drawn_and_what_was_drawn_stays(october: Workspace) -> None:
    view = log.draw_sample(october, "2026-10", 8)
    assert {told.line.action for told in view.lines} <= {"recording.opened", "library.created"}
    assert (len(view.lines), view.final, view.removed) == (8, True, 0)
    again = log.draw_sample(october, size=20)
    assert again.sample == view.sample
    assert lines(october)[-1] == ("audit.sampled", "2026-10")


def test_a_month_that_is_not_over_is_neither_kept_nor_signed(october: Workspace) -> None:
    october.library.note("Mette", "recording.opened", ONE)
    view = log.draw_sample(october, "2026-11")
    assert ([told.who for told in view.lines], view.final) == (["Mette"], False)
    assert "ikke slut" in log.sample_notes(view)[0]
    with pytest.raises(SampleMissing):
        log.sign_sample(october, "2026-11")


def test_a_sample_is_signed_once_and_stays(october: Workspace, clock: Clock) -> None:
    log.draw_sample(october)
    october.actor = "Leder"
    view = log.sign_sample(october, "2026-10", "  Set igennem. ")
    assert (view.sample.signed_by, view.sample.remark) == ("Leder", "Set igennem.")
    assert log.sample_notes(view) == ["Skrevet under af Leder 2. november 2026. Set igennem."]
    with october.library.read() as reading:
        assert audit.lines(reading, limit=1)[0].outcome == "done"
    with pytest.raises(SampleSigned):
        log.sign_sample(october, "2026-10")


def test_signing_for_lines_of_ones_own_is_said_in_the_log(october: Workspace) -> None:
    log.draw_sample(october, size=31)
    october.actor = "Sanne"
    log.sign_sample(october, "2026-10")
    with october.library.read() as reading:
        assert audit.lines(reading, limit=1)[0].outcome == "own-acts"


def test_a_sample_waits_until_it_is_signed(october: Workspace, clock: Clock) -> None:
    before = len(lines(october))
    assert log.unsigned_month(october) == "2026-10"
    assert len(lines(october)) == before
    log.draw_sample(october)
    assert log.unsigned_month(october) == "2026-10"
    log.sign_sample(october, "2026-10")
    assert log.unsigned_month(october) is None
    clock.now = datetime(2027, 1, 2, tzinfo=UTC)
    assert log.unsigned_month(october) is None  # nothing happened in December


def test_lines_that_were_removed_since_are_told(october: Workspace, clock: Clock) -> None:
    log.draw_sample(october, size=31)
    clock.later(days=400)
    log.set_log_kept_years(october, 1)
    assert log.prune_log(october) > 0
    view = log.draw_sample(october, "2026-10")
    assert view.removed == len(view.sample.numbers) - len(view.lines) > 0
    assert "fjernet efter reglerne" in log.sample_notes(view)[0]


@pytest.mark.parametrize("month", ["2026-13", "2026-1", "oktober", "", "26-10", "2027-01", "9999-12"])
def test_what_is_no_month_yet_is_refused(october: Workspace, month: str) -> None:
    with pytest.raises(InvalidInput):
        log.draw_sample(october, month or " ")


@pytest.mark.parametrize("size", [0, -1, 501])
def test_a_sample_has_a_sensible_size(october: Workspace, size: int) -> None:
    with pytest.raises(InvalidInput):
        log.draw_sample(october, size=size)


def test_a_remark_has_an_end(october: Workspace) -> None:
    with pytest.raises(InvalidInput):
        log.sign_sample(october, "2026-10", "x" * 2001)


def test_nothing_counts_people(october: Workspace) -> None:
    """What a leader gets is lines; no field adds up what one person did."""
    document = [told.document() for told in log.draw_sample(october).lines]
    assert {frozenset(line) for line in document} == {
        frozenset({"number", "at", "who", "action", "object", "outcome", "what"})
    }


# --- looking at it ---------------------------------------------------------------------------------------------------


def test_the_log_is_listed_newest_first_from_a_day_and_about_a_conversation(october: Workspace) -> None:
    october.library.note("Sanne", "recording.played", TWO)
    assert [told.line.action for told in log.list_log(october, TWO)] == ["recording.played"]
    assert [told.line.action for told in log.list_log(october, since=october.today())] == [
        "audit.listed", "recording.played",
    ]  # fmt: skip
    told = log.list_log(october, TWO)[-1]
    assert (told.who, told.what) == ("Sanne", f"lyttede til samtalen {TWO[:8]}")


@pytest.mark.parametrize("fault", Fault)
def test_each_fault_is_told_with_its_line_and_what_to_do(fault: Fault) -> None:
    told = log.fault_sentence(Verdict(START, 0, 7, fault))
    assert " 7" in told
    assert "bed om hjælp" in told


def test_a_whole_log_has_no_fault_to_tell() -> None:
    assert "linje" not in log.fault_sentence(Verdict(START, 0))


def test_checking_is_logged_with_what_came_of_it(ws: Workspace) -> None:
    assert log.verify_log(ws).broken is None
    with ws.library._engine.begin() as connection:
        connection.exec_driver_sql("DROP TRIGGER audit_stays_update")
        connection.exec_driver_sql("UPDATE audit SET device = 'x'")
    assert log.verify_log(ws).broken == 1
    with ws.library.read() as reading:
        assert [line.outcome for line in audit.lines(reading, limit=2)] == ["broken", "whole"]


# --- its words -------------------------------------------------------------------------------------------------------


def test_every_act_of_the_program_has_its_words() -> None:
    groups = "|".join(sorted({action.split(".")[0] for action in ACTS}))
    literal = re.compile(rf'"((?:{groups})\.[a-z]+(?:_[a-z]+)*)"')
    sources = [path.read_text(encoding="utf-8") for path in (ROOT / "cubb_desktop").rglob("*.py")]
    used = {name for source in sources for name in literal.findall(source)}
    names_of_other_things = {"library.db", "library.json", "transcripts.id", "transcripts.key"}
    assert used - names_of_other_things - set(ACTS) == set()


def line(action: str, object_id: str | None) -> AuditLine:
    return AuditLine(1, FIRST, "Mette", "pc", action, object_id, "done")


def test_acts_are_said_with_the_day_of_the_conversation_or_the_month() -> None:
    day = FIRST.date()
    assert act_sentence(line("recording.opened", ONE), day) == f"åbnede samtalen fra 5. oktober 2026 ({ONE[:8]})"
    assert act_sentence(line("recording.opened", ONE)) == f"åbnede samtalen {ONE[:8]}"
    assert act_sentence(line("audit.signed", "2026-10")) == "skrev under på stikprøven for oktober 2026"
    assert act_sentence(line("library.locked", None)) == "låste biblioteket"
    assert act_sentence(line("something.newer", None)) == "something.newer"


def test_outcomes_are_said_too() -> None:
    assert outcome_words("done") == ""
    assert "aftalen tillod det ikke" in outcome_words("refused")
    assert outcome_words("after-failed-tries-3") == " efter 3 forkerte forsøg"
    assert outcome_words("something-newer") == " (something-newer)"


def test_months_have_names_in_both_languages() -> None:
    assert log.month_name("2026-10") == "oktober 2026"
    i18n.set_language("en")
    assert log.month_name("2026-10") == "October 2026"


# --- the extract -----------------------------------------------------------------------------------------------------


@pytest.fixture
def about_one(ws: Workspace) -> Workspace:
    """Three lines about one conversation, by two people, the first with a name that a spreadsheet would work out."""
    for actor, action in (
        ("=Mette", "recording.imported"),
        ("Sanne", "recording.opened"),
        ("=Mette", "recording.played"),
    ):
        ws.library.note(actor, action, ONE)
    ws.library.note("Sanne", "recording.opened", TWO)
    return ws


def read_csv(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(path.read_text(encoding="utf-8-sig").splitlines(), delimiter=";"))


def test_staff_are_numbered_unless_their_names_are_asked_for(about_one: Workspace, tmp_path: Path) -> None:
    assert log.extract(about_one, ONE, tmp_path / "uden.csv") == 3
    rows = read_csv(tmp_path / "uden.csv")
    assert [row["Hvem"] for row in rows] == ["medarbejder 1", "medarbejder 2", "medarbejder 1"]
    assert [row["Hvad"].split()[0] for row in rows] == ["hentede", "åbnede", "lyttede"]
    log.extract(about_one, ONE, tmp_path / "med.csv", with_names=True)
    assert [row["Hvem"] for row in read_csv(tmp_path / "med.csv")][:2] == ["'=Mette", "Sanne"]
    log.extract(about_one, ONE, tmp_path / "med.json", with_names=True)
    document = json.loads((tmp_path / "med.json").read_text(encoding="utf-8"))
    assert [(told["who"], told["action"]) for told in document][:2] == [
        ("=Mette", "recording.imported"), ("Sanne", "recording.opened"),
    ]  # fmt: skip
    assert {told["object"] for told in document} == {ONE}


def test_an_extract_goes_with_what_hangs_on_the_conversation(ws: Workspace, tmp_path: Path) -> None:
    recording = builders.stored_recording(ws.library)
    ws.library.note("Sanne", "consent.withdrawn", recording.consent_id)
    log.extract(ws, recording.id, tmp_path / "ud.json")
    actions = [told["action"] for told in json.loads((tmp_path / "ud.json").read_text(encoding="utf-8"))]
    assert actions == ["recording.added", "consent.withdrawn"]


def test_what_can_not_be_extracted_leaves_no_file_and_no_line(about_one: Workspace, tmp_path: Path) -> None:
    before = lines(about_one)
    (tmp_path / "er der.csv").write_text("et ældre", encoding="utf-8")
    for recording, name, fault in (
        (RecordingId(builders.new_id()), "ud.csv", RecordingNotFound),
        (ONE, "ud.pdf", InvalidInput),
        (ONE, "bibliotek/ud.csv", TargetUnwritable),
        (ONE, "er der.csv", TargetExists),
    ):
        with pytest.raises(fault):
            log.extract(about_one, recording, tmp_path / name)
    assert lines(about_one) == before
    assert {path.name for path in tmp_path.iterdir()} == {"bibliotek", "er der.csv"}
    assert log.extract(about_one, ONE, tmp_path / "er der.csv", replace_existing=True) == 3


# --- how long it is kept ---------------------------------------------------------------------------------------------


def test_lines_are_kept_for_five_years_or_as_decided(ws: Workspace, clock: Clock) -> None:
    ws.library.note("Mette", "recording.opened", ONE)
    assert log.log_kept_years(ws) == 5
    clock.now = datetime(2028, 2, 29, 9, 0, tzinfo=UTC)
    assert log.prune_log(ws) == 0
    log.set_log_kept_years(ws, 1)
    assert log.log_kept_years(ws) == 1
    assert log.prune_log(ws) == 2
    assert [action for action, _which in [("library.created", None), *lines(ws)]][-1] == "audit.pruned"
    assert ws.library.check_log().broken is None


@pytest.mark.parametrize("years", [0, 16, -3])
def test_lines_are_kept_for_a_sensible_time(ws: Workspace, years: int) -> None:
    with pytest.raises(InvalidInput):
        log.set_log_kept_years(ws, years)


def test_a_restored_library_has_a_whole_log_and_a_head_of_its_own(ws: Workspace, clock: Clock, tmp_path: Path) -> None:
    """Also where old lines were removed: their checkpoint comes back; what came after the backup is not missed."""
    ws.library.note("Mette", "recording.opened", ONE)
    clock.later(days=6 * 365)
    ws.library.note("Mette", "recording.opened", TWO)
    ws.library.close()
    assert log.prune_log(ws) == 2
    backup_library(ws, tmp_path / "kopi")
    ws.library.note("Mette", "recording.opened", ONE)
    restore_library(tmp_path / "kopi", tmp_path / "ny", passphrase=builders.PASSPHRASE, actor="Sanne", clock=clock)
    with open_workspace(tmp_path / "ny", builders.PASSPHRASE, actor="Sanne", clock=clock) as restored:
        with restored.library.read() as reading:
            actions = [line.action for line in audit.lines(reading)]
        assert "library.restored" in actions
        assert restored.library.check_log().broken is None
        head = restored.keys.heads.get()
    assert head is not None
    assert head.number > 3
