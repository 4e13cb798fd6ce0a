"""What this machine remembers: whole after a crash, kind to what it does not know, never thrown away."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from cubb_desktop import settings
from cubb_desktop.domain.errors import DiskFull, FolderReadOnly
from cubb_desktop.settings import Settings, load_settings, read_settings, save_settings

ALL_SET = Settings(
    language="en",
    appearance="dark",
    text_scale=1.5,
    library=Path("/data/samtaler æøå"),
    recogniser=Path("/models/whisper"),
    diariser=Path("/models/diariser"),
    speech_language="auto",
    speakers=3,
    microphone="Bordmikrofon 🎙",
    output="Hovedtelefoner",
    person="Mette",
)


def written(text: str) -> Path:
    path = settings.settings_file()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def test_a_first_start_has_the_defaults_and_writes_nothing() -> None:
    loaded = load_settings()
    assert loaded == Settings()
    assert (loaded.language, loaded.speakers, loaded.library) == ("da", 2, None)
    assert not settings.config_folder().exists()


def test_everything_comes_back_as_it_was_saved() -> None:
    save_settings(ALL_SET)
    assert load_settings() == ALL_SET


def test_a_choice_that_is_taken_back_is_gone_from_the_file() -> None:
    save_settings(ALL_SET)
    save_settings(Settings())
    assert load_settings() == Settings()
    assert "microphone" not in settings.settings_file().read_text(encoding="utf-8")


def test_keys_and_comments_of_another_version_stay() -> None:
    path = written('# min note\nlanguage = "da"\nnew_in_version_9 = [1, 2]\n\n[shortcuts]\nplay = "Esc"\n')
    save_settings(Settings(language="en"))
    text = path.read_text(encoding="utf-8")
    assert "# min note" in text
    assert "new_in_version_9 = [1, 2]" in text
    assert 'play = "Esc"' in text
    assert load_settings() == Settings(language="en")


def test_a_new_key_goes_above_the_tables_of_another_version() -> None:
    written('[shortcuts]\nplay = "Esc"\n')
    save_settings(Settings(person="Mette"))
    assert load_settings().person == "Mette"


@pytest.mark.expected_log("cannot be read")
@pytest.mark.parametrize("content", [b"language = [unclosed", b"\xff\xfe\x00broken", b"\x00" * 400])
def test_a_broken_file_is_moved_aside_and_kept(content: bytes) -> None:
    path = written("")
    path.write_bytes(content)
    loaded = read_settings()
    assert loaded.settings == Settings()
    assert loaded.moved_aside is not None
    assert loaded.moved_aside.read_bytes() == content
    assert not path.exists()
    assert read_settings().moved_aside is None


@pytest.mark.expected_log("cannot be read")
def test_saving_over_a_broken_file_keeps_it_aside() -> None:
    written("language = [unclosed")
    save_settings(Settings(language="en"))
    assert load_settings().language == "en"
    kept = list(settings.config_folder().glob("settings.broken-*.toml"))
    assert [path.read_text(encoding="utf-8") for path in kept] == ["language = [unclosed"]


@pytest.mark.expected_log("is not usable")
@pytest.mark.parametrize(
    "line",
    [
        'language = "fr"',
        'appearance = "pink"',
        "text_scale = 40",
        'text_scale = "big"',
        "text_scale = true",
        "speakers = 0",
        "speakers = 2.5",
        "speakers = true",
        "library = 7",
        'library = ""',
        "person = 1",
        "lock_minutes = 7",
        "unsure_below = 2.0",
        "unsure_below = true",
        "lock_minutes = 15.0",
        "lock_minutes = false",
    ],
)
def test_one_unusable_value_falls_back_alone(line: str) -> None:
    extra = "" if line.startswith("microphone") else 'microphone = "M"\n'
    written(f"{extra}{line}\n")
    assert load_settings() == Settings(microphone="M")


def test_a_whole_number_is_a_text_scale() -> None:
    written("text_scale = 2\n")
    assert load_settings().text_scale == 2.0


def test_a_crash_while_saving_leaves_the_old_file(monkeypatch: pytest.MonkeyPatch) -> None:
    save_settings(Settings(person="før"))

    def fail(_handle: int) -> None:
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(DiskFull):
        save_settings(Settings(person="efter"))
    assert load_settings().person == "før"
    assert [path.name for path in settings.config_folder().iterdir()] == ["settings.toml"]


@pytest.mark.expected_log("cannot be read")
def test_a_place_that_cannot_be_written_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    monkeypatch.setenv(settings.CONFIG_VARIABLE, str(tmp_path / "file"))
    with pytest.raises(FolderReadOnly):
        save_settings(Settings())


@pytest.mark.expected_log("cannot be read")
def test_a_settings_file_that_cannot_be_opened_gives_defaults() -> None:
    settings.settings_file().mkdir(parents=True)
    assert load_settings() == Settings()


def test_the_environment_decides_where_settings_lie(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(settings.CONFIG_VARIABLE, str(tmp_path / "her"))
    assert settings.settings_file() == tmp_path / "her" / "settings.toml"
    assert settings.state_folder() == tmp_path / "her" / "state"


def test_without_the_environment_they_lie_where_the_system_says(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(settings.CONFIG_VARIABLE)
    assert home in settings.settings_file().parents
    assert home in settings.state_folder().parents
    assert home in settings.default_library_folder().parents


def test_the_library_is_the_chosen_one_or_the_default() -> None:
    assert Settings(library=Path("/x")).library_folder == Path("/x")
    assert Settings().library_folder == settings.default_library_folder()


def test_the_actor_is_the_persons_own_name_or_the_account(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Settings(person="Mette").actor == "Mette"
    for variable in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.setenv(variable, "konto")
    assert Settings().actor == "konto"


def test_the_bundled_resources_are_found() -> None:
    assert (settings.resources_folder() / "demo").is_dir()
