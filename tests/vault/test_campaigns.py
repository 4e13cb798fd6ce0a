"""A thousand wrong keys open nothing and write nothing; a damaged key file is mended or told of (more in the bench)."""

from __future__ import annotations

from pathlib import Path

import pytest

from cubb_desktop.vault import KEY_FILE, unlock_with_keyring_secret
from tests.vault import campaigns

GUESSES = 1_000
EVERY = 23  # bytes


@pytest.mark.campaign
def test_a_thousand_wrong_keys_open_nothing_and_write_nothing(tmp_path: Path) -> None:
    outcome = campaigns.guess(campaigns.make(tmp_path / "bibliotek"), GUESSES)
    assert outcome.told == outcome.tries == GUESSES
    assert (outcome.opened, outcome.odd, outcome.written) == ([], [], [])


@pytest.mark.campaign
def test_a_key_file_damaged_anywhere_is_mended_from_its_twin_or_told_of(tmp_path: Path) -> None:
    library = campaigns.make(tmp_path / "bibliotek")
    bytes_in_it = (library.folder / KEY_FILE).stat().st_size
    outcome = campaigns.damage(library, EVERY)
    assert outcome.tries == -(-bytes_in_it // EVERY) * 6
    assert (outcome.opened, outcome.odd, outcome.written) == ([], [], [])
    assert outcome.healed > outcome.tries * 0.6
    assert outcome.told > outcome.tries * 0.25


def test_the_guesses_would_notice_an_open_door(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    library = campaigns.make(tmp_path / "bibliotek")

    def right(given: campaigns.Library, _chance: object) -> None:
        unlock_with_keyring_secret(given.folder, given.secret)
        (given.folder / KEY_FILE).touch()

    monkeypatch.setattr(campaigns, "_passphrase", right)
    outcome = campaigns.guess(library, 2)
    assert outcome.opened == ["right #0"]
    assert KEY_FILE in outcome.written
