"""The one door to every conversation: each start and each later use asks here, for everybody who is heard.

`gate_start` stands before recording and import, `gate` before everything done with what is stored; the forms that end
in `_in` ask inside a view or a change that is open already. `domain.consent.may` is the rule itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from cubb_desktop.domain.consent import Consent, Purpose, Use, require_use
from cubb_desktop.domain.errors import ConsentMissing, LegalBasisMissing
from cubb_desktop.domain.ids import ConsentId, RecordingId
from cubb_desktop.domain.recording import Role
from cubb_desktop.library import consents, recordings
from cubb_desktop.library.access import Reading
from cubb_desktop.library.policies import policy_in
from cubb_desktop.services.workspace import Workspace


def gate_start(ws: Workspace, consent_ids: Iterable[ConsentId | None], use: Use) -> list[Consent]:
    """Return the agreements of all who are present, in the order given, if a recording or an import may start today.

    Raises `LegalBasisMissing` where the municipality demands one, `ConsentMissing`, `ConsentNotFound` and what
    `require_use` raises.
    """
    with ws.library.read() as reading:
        return gate_start_in(reading, consent_ids, use)


def gate_start_in(reading: Reading, consent_ids: Iterable[ConsentId | None], use: Use) -> list[Consent]:
    """The same as `gate_start` in a view or a change that is open."""
    agreed = []
    for consent_id in consent_ids:
        if not consent_id:
            raise ConsentMissing
        agreed.append(consents.get(reading, consent_id))
    require_use(use, agreed, _today(reading))
    policy = policy_in(reading)
    if policy.require_legal_basis and not policy.is_settled:
        raise LegalBasisMissing
    return agreed


def gate(
    ws: Workspace, recording_id: RecordingId, use: Use, purpose: Purpose | None = None, recipient: str | None = None
) -> list[Consent]:
    """Return the agreements of everybody heard in a recording, the recording's own first, if `use` is allowed today.

    Raises `RecordingNotFound` and the `NotAllowed` family; `purpose` and `recipient` as in `domain.consent.may`.
    """
    with ws.library.read() as reading:
        return gate_in(reading, recording_id, use, purpose, recipient)


def gate_in(
    reading: Reading,
    recording_id: RecordingId,
    use: Use,
    purpose: Purpose | None = None,
    recipient: str | None = None,
) -> list[Consent]:
    """The same as `gate` in a view or a change that is open."""
    agreed = heard_in(reading, recording_id)
    require_use(use, agreed, _today(reading), purpose, recipient)
    return agreed


def heard_in(reading: Reading, recording_id: RecordingId) -> list[Consent]:
    """Return the agreements of everybody heard; only the one who records needs none. Raises `ConsentMissing`."""
    present = recordings.get_participants(reading, recording_id)
    if any(person.consent_id is None and person.role is not Role.WORKER for person in present):
        raise ConsentMissing
    first = recordings.get(reading, recording_id).consent_id
    ids = dict.fromkeys([first, *(person.consent_id for person in present if person.consent_id is not None)])
    return [consents.get(reading, consent_id) for consent_id in ids]


def common_purposes(agreed: Sequence[Consent]) -> frozenset[Purpose]:
    """Return the purposes that everybody heard has agreed to."""
    return frozenset.intersection(*(consent.purposes for consent in agreed)) if agreed else frozenset()


def _today(reading: Reading) -> date:
    return reading.now().astimezone().date()
