"""Model folders looked at: what they are, whether they are whole, and what is said when they aren't."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from cubb_desktop.domain.errors import ModelIncomplete, ModelNotFound, ModelWrongKind
from cubb_desktop.domain.job import TranscribeOptions
from cubb_desktop.i18n import sentence
from cubb_desktop.services.models import (
    DIARISER,
    RECOGNISER,
    add_model,
    bundled_models,
    chosen_models,
    demo_notice,
    find_model,
    inspect_model,
    list_models,
    model_document,
)
from cubb_desktop.settings import Settings

LFS = b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 12\n"


@pytest.fixture
def recogniser(tmp_path: Path) -> Path:
    return Path(shutil.copytree(bundled_models()[0], tmp_path / "mine modeller æøå" / "whisper 🎧"))


@pytest.fixture
def diariser(tmp_path: Path) -> Path:
    return Path(shutil.copytree(bundled_models()[1], tmp_path / "mine modeller æøå" / "diariser"))


# --- whole folders ---------------------------------------------------------------------------------------------------


def test_the_bundled_models_are_whole_trusted_and_say_that_they_are_a_demo() -> None:
    for path, kind in zip(bundled_models(), (RECOGNISER, DIARISER), strict=True):
        info = inspect_model(path)
        assert (info.kind, info.demo, info.trusted, info.languages) == (kind, True, True, ("da",))
        assert "Demomodel" in info.notes[0]
        assert len(info.fingerprint) == 64
        assert info.size_bytes > 1_000_000
    assert "demomodeller" in (demo_notice([inspect_model(p) for p in bundled_models()]) or "")


def test_a_folder_from_elsewhere_is_named_after_itself_and_not_a_demo(recogniser: Path) -> None:
    (recogniser / "cubb_model.json").unlink()
    info = inspect_model(recogniser)
    assert (info.name, info.demo, info.languages, info.notes) == ("whisper 🎧", False, (), ())
    assert demo_notice([info]) is None


def test_the_fingerprint_follows_what_the_model_does_and_nothing_else(recogniser: Path) -> None:
    original = inspect_model(bundled_models()[0]).fingerprint
    assert inspect_model(recogniser).fingerprint == original
    (recogniser / "README.md").write_text("hej")
    assert inspect_model(recogniser).fingerprint == original
    content = bytearray((recogniser / "model.bin").read_bytes())
    content[-100] ^= 1
    (recogniser / "model.bin").write_bytes(content)
    assert inspect_model(recogniser).fingerprint != original


def test_very_large_files_are_told_apart_by_samples(diariser: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cubb_desktop.services.models._SAMPLED_FROM", 1000)
    monkeypatch.setattr("cubb_desktop.services.models._SAMPLE", 64)
    before = inspect_model(diariser).fingerprint
    checkpoint = diariser / "embedding" / "pytorch_model.bin"
    content = bytearray(checkpoint.read_bytes())
    content[-10] ^= 1
    checkpoint.write_bytes(content)
    assert inspect_model(diariser).fingerprint != before


def test_a_folder_of_the_hubs_cache_leads_to_its_only_version(recogniser: Path, tmp_path: Path) -> None:
    cache = tmp_path / "models--someone--whisper-da"
    shutil.copytree(recogniser, cache / "snapshots" / "abc123")
    assert inspect_model(cache).path == cache / "snapshots" / "abc123"


def test_looking_at_models_loads_no_model_library() -> None:
    code = (
        "import sys; from cubb_desktop.services import models; "
        "[models.inspect_model(p) for p in models.bundled_models()]; "
        "print({'torch', 'ctranslate2', 'faster_whisper', 'pyannote', 'numpy'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


# --- folders that can't be used --------------------------------------------------------------------------------------


def remove(name: str) -> Callable[[Path], object]:
    def work(folder: Path) -> None:
        target = folder / name
        shutil.rmtree(target) if target.is_dir() else target.unlink()

    return work


def put(name: str, content: bytes) -> Callable[[Path], object]:
    return lambda folder: (folder / name).write_bytes(content)


def half(name: str) -> Callable[[Path], object]:
    def work(folder: Path) -> None:
        content = (folder / name).read_bytes()
        (folder / name).write_bytes(content[: len(content) // 2])

    return work


@pytest.mark.parametrize(
    ("harm", "missing"),
    [
        (remove("model.bin"), "model.bin"),
        (half("model.bin"), "model.bin"),
        (put("model.bin", LFS), "model.bin"),
        (put("model.bin", b""), "model.bin"),
        (remove("tokenizer.json"), "tokenizer.json"),
        (put("tokenizer.json", LFS), "tokenizer.json"),
        (remove("vocabulary.json"), "vocabulary.json"),
    ],
)
def test_a_recogniser_that_is_not_whole_names_what_is_missing(
    recogniser: Path, harm: Callable[[Path], object], missing: str
) -> None:
    harm(recogniser)
    with pytest.raises(ModelIncomplete) as caught:
        inspect_model(recogniser)
    assert missing in sentence(caught.value)


def config_without(part: str) -> Callable[[Path], object]:
    def work(folder: Path) -> None:
        lines = (folder / "config.yaml").read_text().splitlines()
        (folder / "config.yaml").write_text(
            "\n".join(line for line in lines if not line.strip().startswith(f"{part}:"))
        )

    return work


@pytest.mark.parametrize(
    ("harm", "missing"),
    [
        (remove("segmentation"), "segmentation/pytorch_model.bin"),
        (put("embedding/pytorch_model.bin", LFS), "embedding/pytorch_model.bin"),
        (remove("plda"), "plda/xvec_transform.npz"),
        (config_without("plda"), "plda"),
        (put("config.yaml", b"pipeline: [oops"), "config.yaml"),
        (put("config.yaml", b"pipeline:\n  name: x"), "config.yaml"),
        (remove("config.yaml"), "config.yaml"),
    ],
)
def test_a_diariser_that_is_not_whole_names_what_is_missing(
    diariser: Path, harm: Callable[[Path], object], missing: str
) -> None:
    harm(diariser)
    with pytest.raises(ModelIncomplete) as caught:
        inspect_model(diariser)
    assert missing in sentence(caught.value)


def test_parts_that_would_be_fetched_from_the_hub_count_as_missing(diariser: Path) -> None:
    config = diariser / "config.yaml"
    config.write_text(config.read_text().replace("$model/segmentation", "pyannote/segmentation-3.0"))
    with pytest.raises(ModelIncomplete):
        inspect_model(diariser)


def test_a_pipeline_may_not_name_other_classes_to_load(diariser: Path) -> None:
    config = diariser / "config.yaml"
    original = config.read_text()
    config.write_text(original.replace("pyannote.audio.pipelines.SpeakerDiarization", "somewhere.SpeakerDiarization"))
    with pytest.raises(ModelWrongKind):
        inspect_model(diariser)
    config.write_text(original + "\npreprocessors:\n  audio:\n    name: os.system\n")
    with pytest.raises(ModelWrongKind):
        inspect_model(diariser)


@pytest.mark.parametrize(
    "names", [["config.json", "model.safetensors"], ["small.pt"], ["ggml-small.bin"], ["model.gguf"]]
)
def test_a_whisper_in_another_format_is_told_to_be_converted(tmp_path: Path, names: list[str]) -> None:
    for name in names:
        (tmp_path / name).write_text(json.dumps({"model_type": "whisper"}))
    with pytest.raises(ModelWrongKind) as caught:
        inspect_model(tmp_path, RECOGNISER)
    assert "omsættes" in sentence(caught.value)
    assert "CTranslate2" in sentence(caught.value)


def test_a_ctranslate2_model_for_something_else_is_the_wrong_kind(recogniser: Path) -> None:
    content = (recogniser / "model.bin").read_bytes().replace(b"WhisperSpec", b"TransformSp", 1)
    (recogniser / "model.bin").write_bytes(content)
    with pytest.raises(ModelWrongKind):
        inspect_model(recogniser)


def test_the_one_cannot_be_used_as_the_other() -> None:
    recogniser, diariser = bundled_models()
    with pytest.raises(ModelWrongKind) as caught:
        inspect_model(diariser, RECOGNISER)
    assert "genkende tale" in sentence(caught.value)
    with pytest.raises(ModelWrongKind) as caught:
        inspect_model(recogniser, DIARISER)
    assert "skelne stemmer" in sentence(caught.value)


def test_a_folder_with_something_else_and_no_folder_at_all(tmp_path: Path) -> None:
    (tmp_path / "brev.txt").write_text("hej")
    with pytest.raises(ModelWrongKind):
        inspect_model(tmp_path)
    with pytest.raises(ModelNotFound):
        inspect_model(tmp_path / "findes ikke")
    with pytest.raises(ModelNotFound):
        inspect_model(tmp_path / "brev.txt")


# --- choosing --------------------------------------------------------------------------------------------------------


def test_added_models_are_listed_once_and_found_by_name_and_path(recogniser: Path, diariser: Path) -> None:
    add_model(recogniser)
    add_model(recogniser)
    added = add_model(diariser, trust=True)
    assert added.trusted
    listed = list_models(Settings(recogniser=recogniser))
    assert [m.path for m in listed] == [*bundled_models(), recogniser, diariser]
    assert [m.trusted for m in listed] == [True, True, True, True]
    assert find_model("whisper 🎧", RECOGNISER).path == recogniser
    assert find_model(str(diariser), DIARISER).trusted
    with pytest.raises(ModelNotFound):
        find_model("whisper 🎧", DIARISER)


def test_a_diariser_from_outside_is_not_trusted_until_somebody_says_so(diariser: Path) -> None:
    assert not inspect_model(diariser).trusted
    assert not add_model(diariser).trusted
    assert not find_model(str(diariser), DIARISER).trusted


def test_a_model_that_broke_later_leaves_the_list(recogniser: Path) -> None:
    add_model(recogniser)
    (recogniser / "model.bin").unlink()
    assert recogniser not in [m.path for m in list_models()]


def test_options_win_over_settings_and_settings_over_the_bundled(recogniser: Path, diariser: Path) -> None:
    assert [m.path for m in chosen_models(Settings())] == list(bundled_models())
    assert chosen_models(Settings(recogniser=recogniser))[0].path == recogniser
    options = TranscribeOptions(diariser=str(diariser))
    assert [m.path for m in chosen_models(Settings(recogniser=recogniser), options)] == [recogniser, diariser]


def test_a_model_is_one_json_object(recogniser: Path) -> None:
    document = model_document(inspect_model(recogniser))
    assert json.loads(json.dumps(document))["path"] == str(recogniser)
