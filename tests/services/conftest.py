"""An agreement that is valid for long."""

from __future__ import annotations

from datetime import date

import pytest

from cubb_desktop.domain.consent import Purpose
from cubb_desktop.domain.ids import ConsentId
from cubb_desktop.services.consents import add_consent
from cubb_desktop.services.workspace import Workspace


@pytest.fixture
def consent_id(workspace: Workspace) -> ConsentId:
    return add_consent(workspace, "B-17", [Purpose.OWN_LEARNING], date(2036, 12, 31)).id
