"""Agreements are kept as they were given, renewed with what rests on them, and a full no leaves nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from cubb_desktop.domain.consent import EvidenceKind, Manner, Purpose, ReadingAid
from cubb_desktop.domain.errors import ConsentNotFound, ConsentWithdrawn, InvalidInput
from cubb_desktop.domain.ids import ConsentId
from cubb_desktop.domain.recording import Participant, Recording, Role
from cubb_desktop.library import consents as stored
from cubb_desktop.library import recordings
from cubb_desktop.services import consents as service
from cubb_desktop.services.consents import Given, add_consent, get_consent, list_consents, withdraw_consent
from cubb_desktop.services.workspace import Workspace
from tests import builders

FAR = date(2036, 12, 31)
SIGNED = ("image/png", b"et billede")


def resting(workspace: Workspace, consent_id: ConsentId, also: Iterable[Participant] = ()) -> Recording:
    """Store a recording that rests on an agreement, with everybody who is heard."""
    made = builders.stored_recording(workspace.library, consent_id=consent_id, delete_after=date(2027, 1, 1))
    consent = get_consent(workspace, consent_id)
    with workspace.library.change(builders.ACTOR, None) as change:
        people = [Participant(consent.role, consent.citizen, consent.id), *also]
        recordings.put_participants(change, made.id, people)
    return made


def test_an_agreement_is_kept_as_it_was_made(workspace: Workspace) -> None:
    made = add_consent(workspace, "  B-17 æøå ", [Purpose.FLIP, Purpose.FEEDBACK], FAR, form="Underskrevet ark nr. 4")
    assert made.citizen == "B-17 æøå"
    assert made.author == builders.ACTOR
    assert (made.role, made.manner, made.wording) == (Role.CITIZEN, Manner.UNSPECIFIED, None)
    assert made.informed == frozenset()
    assert get_consent(workspace, made.id) == made
    assert list_consents(workspace) == [made]
    assert service.list_evidence(workspace, made.id) == []


def test_how_it_was_given_is_kept_with_it(workspace: Workspace) -> None:
    given = Given(Manner.SIGNATURE, "2026-11", "ar", ReadingAid.INTERPRETER, [SIGNED, ("image/jpeg", b"side 2")])
    made = add_consent(
        workspace,
        "Sidsel",
        [Purpose.FEEDBACK],
        FAR,
        role=Role.COLLEAGUE,
        given=given,
        named=["Anders Holm", " anders  holm ", "", "Mette"],
        refused=[Purpose.RESEARCH],
    )
    kept = get_consent(workspace, made.id)
    assert kept == made
    assert (kept.role, kept.manner, kept.reading_aid) == (Role.COLLEAGUE, Manner.SIGNATURE, ReadingAid.INTERPRETER)
    assert (kept.wording, kept.wording_language) == ("2026-11", "ar")
    assert kept.named == ("anders holm", "Mette")
    assert kept.refused == {Purpose.RESEARCH}
    assert kept.informed == {Purpose.OWN_LEARNING, Purpose.LEARNING_ROOM, Purpose.FLIP}
    first, second = service.list_evidence(workspace, made.id)
    assert (first.kind, first.content, second.kind) == (EvidenceKind.SIGNATURE, b"et billede", EvidenceKind.PAPER)
    assert first.sha256 == hashlib.sha256(b"et billede").hexdigest()


def test_names_are_kept_for_feedback_only(workspace: Workspace) -> None:
    made = add_consent(workspace, "B-17", [Purpose.FLIP], FAR, named=["Anders"])
    assert made.named == ()
    assert get_consent(workspace, made.id).named == ()


def test_the_newest_agreement_is_listed_first(tmp_path: Path) -> None:
    moments = iter(datetime(2026, 11, 1, 9, minute, tzinfo=UTC) for minute in range(60))
    with builders.new_workspace(tmp_path / "bibliotek", clock=lambda: next(moments)) as workspace:
        first = add_consent(workspace, "B-1", [Purpose.FLIP], FAR)
        second = add_consent(workspace, "B-2", [Purpose.FEEDBACK], FAR, named=["Anders"])
        found = list_consents(workspace)
        assert [consent.id for consent in found] == [second.id, first.id]
        assert service.usual_names(found) == ("Anders",)
        assert service.usual_names([first]) == ()


@pytest.mark.parametrize(
    ("citizen", "purposes", "until", "more"),
    [
        ("", [Purpose.FLIP], FAR, {}),
        ("   ", [Purpose.FLIP], FAR, {}),
        ("x" * 201, [Purpose.FLIP], FAR, {}),
        ("010190-1234", [Purpose.FLIP], FAR, {}),
        ("Jens 0101901234", [Purpose.FLIP], FAR, {}),
        ("B-17", [], FAR, {}),
        ("B-17", [], FAR, {"refused": list(Purpose)}),
        ("B-17", [Purpose.FLIP], date(2020, 1, 1), {}),
        ("B-17", [Purpose.FLIP], FAR, {"refused": [Purpose.FLIP]}),
        ("B-17", [Purpose.FEEDBACK], FAR, {"named": ["010190-1234"]}),
        ("B-17", [Purpose.FEEDBACK], FAR, {"named": [f"Kollega {n}" for n in range(13)]}),
        ("B-17", [Purpose.FEEDBACK], FAR, {"named": ["x" * 201]}),
    ],
)
def test_what_is_no_agreement_is_refused_and_nothing_is_kept_of_it(
    workspace: Workspace, citizen: str, purposes: list[Purpose], until: date, more: dict[str, list[Purpose]]
) -> None:
    before = workspace.library.data_version()
    with pytest.raises(InvalidInput) as refused:
        add_consent(workspace, citizen, purposes, until, **more)  # type: ignore[arg-type]
    assert refused.value.params["field"]
    assert "0101" not in str(refused.value)
    assert list_consents(workspace) == []
    assert workspace.library.data_version() == before  # not even a line in the log


def test_what_rests_on_an_agreement_is_known(workspace: Workspace) -> None:
    citizen = add_consent(workspace, "B-17", [Purpose.FLIP], FAR)
    colleague = add_consent(workspace, "Anders", [Purpose.FLIP], FAR, role=Role.COLLEAGUE)
    alone = add_consent(workspace, "B-18", [Purpose.FLIP], FAR)
    one = resting(workspace, citizen.id, [Participant(Role.COLLEAGUE, "Anders", colleague.id)])
    two = resting(workspace, citizen.id)
    assert {recording.id for recording in service.resting_on(workspace, citizen.id)} == {one.id, two.id}
    assert [recording.id for recording in service.resting_on(workspace, colleague.id)] == [one.id]
    assert service.resting_counts(workspace) == {citizen.id: 2, colleague.id: 1}
    assert service.resting_on(workspace, alone.id) == []
    for look in (service.resting_on, service.list_evidence, get_consent):
        with pytest.raises(ConsentNotFound):
            look(workspace, ConsentId("findes ikke"))


def test_a_renewal_takes_over_what_rests_on_the_older_agreement(workspace: Workspace) -> None:
    today = workspace.today()
    old = add_consent(workspace, "B-17", [Purpose.FLIP, Purpose.RESEARCH], today + timedelta(days=3))
    colleague = add_consent(workspace, "Anders", [Purpose.FLIP], FAR, role=Role.COLLEAGUE)
    made = resting(workspace, old.id, [Participant(Role.COLLEAGUE, "Anders", colleague.id)])
    new = add_consent(workspace, "B-17b", [Purpose.FLIP], today + timedelta(days=90), renews=old.id)
    with workspace.library.read() as reading:
        moved = recordings.get(reading, made.id)
        people = recordings.get_participants(reading, made.id)
    assert moved.consent_id == new.id
    assert moved.delete_after == today + timedelta(days=90)
    assert [(person.label, person.consent_id) for person in people] == [("B-17b", new.id), ("Anders", colleague.id)]
    assert service.resting_on(workspace, old.id) == []
    assert get_consent(workspace, old.id).until == today - timedelta(days=1)  # nothing new is made under it


def test_what_was_withdrawn_or_never_was_cannot_be_renewed(workspace: Workspace) -> None:
    old = add_consent(workspace, "B-17", [Purpose.FLIP], FAR)
    withdraw_consent(workspace, old.id)
    with pytest.raises(ConsentWithdrawn):
        add_consent(workspace, "B-17", [Purpose.FLIP], FAR, renews=old.id)
    with pytest.raises(ConsentNotFound):
        add_consent(workspace, "B-17", [Purpose.FLIP], FAR, renews=ConsentId("findes ikke"))
    assert [consent.id for consent in list_consents(workspace)] == [old.id]


def test_a_withdrawn_agreement_stays_on_record(workspace: Workspace) -> None:
    made = add_consent(workspace, "B-17", [Purpose.FLIP], FAR)
    withdrawn = withdraw_consent(workspace, made.id)
    assert withdrawn.withdrawn_at is not None
    assert withdrawn.purposes == made.purposes
    assert withdraw_consent(workspace, made.id) == withdrawn
    with pytest.raises(ConsentNotFound):
        withdraw_consent(workspace, ConsentId("findes ikke"))


def test_one_purpose_can_be_taken_back_while_the_others_stay(workspace: Workspace) -> None:
    made = add_consent(workspace, "B-17", [Purpose.FLIP, Purpose.RESEARCH], FAR)
    with workspace.library.change(builders.ACTOR, "consent.withdrawn", made.id) as change:
        after = stored.take_back(change, made.id, Purpose.RESEARCH, workspace.clock())
        assert change.changes.consents
    assert after.purposes == {Purpose.FLIP}
    assert after.taken_back == {Purpose.RESEARCH}
    assert get_consent(workspace, made.id) == after


def test_an_agreement_without_purposes_and_one_that_was_forgotten_can_be_read(workspace: Workspace) -> None:
    empty = builders.consent(purposes=frozenset())
    made = add_consent(workspace, "B-17", [Purpose.FEEDBACK], FAR, named=["Anders"], given=Given(evidence=[SIGNED]))
    with workspace.library.change(builders.ACTOR, "consent.added") as change:
        stored.add(change, empty)
        stored.withdraw(change, made.id, workspace.clock())
        stored.forget(change, made.id)
    assert get_consent(workspace, empty.id) == empty
    forgotten = get_consent(workspace, made.id)
    assert (forgotten.citizen, forgotten.named, forgotten.form) == ("", (), None)
    assert service.list_evidence(workspace, made.id) == []


def test_a_stored_agreement_with_everything_said_comes_back_whole(workspace: Workspace) -> None:
    said = replace(
        builders.consent(purposes=frozenset({Purpose.FEEDBACK})),
        named=("Anders",),
        refused=frozenset({Purpose.FLIP}),
        informed=frozenset({Purpose.RESEARCH}),
        taken_back=frozenset({Purpose.LEARNING_ROOM}),
    )
    with workspace.library.change(builders.ACTOR, "consent.added", said.id) as change:
        stored.add(change, said)
    assert get_consent(workspace, said.id) == said
