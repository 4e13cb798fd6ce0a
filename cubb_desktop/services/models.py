"""The models on this machine: what a folder holds, whether it is whole, and which two are chosen.

Nothing is loaded here: window and command line look at file names, headers and sizes only. A recogniser is a Whisper
folder in CTranslate2's format, a diariser a pyannote pipeline folder (the layout of speaker-diarization-community-1).
"""

from __future__ import annotations

import hashlib
import json
import struct
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, BinaryIO

import yaml

from cubb_desktop.domain.errors import N_, FolderReadOnly, ModelIncomplete, ModelNotFound, ModelWrongKind
from cubb_desktop.domain.job import TranscribeOptions
from cubb_desktop.i18n import _, current_language
from cubb_desktop.settings import Settings, config_folder, resources_folder

RECOGNISER, DIARISER = "recogniser", "diariser"
CARD_FILE = "cubb_model.json"
CATALOGUE_FILE = "models.json"

_USE = {RECOGNISER: N_("genkende tale"), DIARISER: N_("skelne stemmer")}
_EXPECTED = {
    RECOGNISER: N_("en Whisper-model i CTranslate2-format"),
    DIARISER: N_("en pyannote-model (speaker-diarization)"),
}
_EXPECTED_CONVERTED = N_(
    "en Whisper-model, der er omsat til CTranslate2-format; denne er i et andet format og skal omsættes først"
)
DEMO_NOTE = N_(
    "Lavet med demomodeller: de kender kun demoens ord og syntetiske stemmer. Brug dem ikke til rigtige samtaler."
)
_GIT_LFS = b"version https://git-lfs"
_SAMPLED_FROM = 32 * 2**20  # larger files are told apart by size and samples, so that choosing a model stays quick
_SAMPLE, _SAMPLES = 2**20, 16
_PLDA_FILES = ("xvec_transform.npz", "plda.npz")
_CHECKPOINT = "pytorch_model.bin"


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """One usable model folder. `trusted`: its checkpoints may be loaded even if they hold more than weights."""

    path: Path
    kind: str
    name: str
    fingerprint: str
    demo: bool
    languages: tuple[str, ...]  # empty when the folder does not say
    size_bytes: int
    trusted: bool
    notes: tuple[str, ...]


# --- looking at a folder ---------------------------------------------------------------------------------------------


def inspect_model(path: Path, kind: str | None = None) -> ModelInfo:
    """Say what the folder is; raises ModelNotFound, ModelIncomplete or ModelWrongKind (also when not of `kind`)."""
    folder = _snapshot(path)
    found = _kind_of(folder, kind)
    if kind is not None and found != kind:
        raise _wrong(kind)
    files = _check_diariser(folder) if found == DIARISER else _check_recogniser(folder)
    card = _card(folder)
    bundled = folder.resolve().is_relative_to((resources_folder() / "demo").resolve())
    note = card.get(f"note_{current_language()}")
    return ModelInfo(
        path=folder,
        kind=found,
        name=str(card.get("name") or path.name),
        fingerprint=fingerprint(folder, files),
        demo=bool(card.get("demo", False)),
        languages=_languages(card),
        size_bytes=sum(file.stat().st_size for file in files),
        trusted=bundled or found == RECOGNISER,
        notes=(str(note),) if note else (),
    )


def fingerprint(folder: Path, files: Iterable[Path]) -> str:
    """64 hex digits over the names, sizes and contents of `files`; of very large files over evenly spaced samples."""
    digest = hashlib.sha256()
    for file in sorted(files):
        size = file.stat().st_size
        digest.update(f"{file.relative_to(folder).as_posix()}\0{size}\0".encode())
        with file.open("rb") as content:
            if size <= _SAMPLED_FROM:
                digest.update(hashlib.file_digest(content, "sha256").digest())
                continue
            for number in range(_SAMPLES):
                content.seek((size - _SAMPLE) * number // (_SAMPLES - 1))
                digest.update(content.read(_SAMPLE))
    return digest.hexdigest()


def _snapshot(path: Path) -> Path:
    """The folder itself, or the one version inside a folder of the model hub's cache."""
    if not path.is_dir():
        raise ModelNotFound
    versions = [p for p in (path / "snapshots").glob("*") if p.is_dir()] if (path / "snapshots").is_dir() else []
    return versions[0] if len(versions) == 1 else path


def _kind_of(folder: Path, wanted: str | None) -> str:
    names = {p.name for p in folder.iterdir()}
    if "config.yaml" in names:
        return DIARISER
    config = _json(folder / "config.json")
    if _needs_converting(names, config):
        raise ModelWrongKind(use=_USE[RECOGNISER], expected=_EXPECTED_CONVERTED)
    if "model.bin" in names or "lang_ids" in config or "alignment_heads" in config:
        return RECOGNISER
    if {"segmentation", "embedding"} & names:
        raise ModelIncomplete(missing="config.yaml")
    raise _wrong(wanted or RECOGNISER)


def _needs_converting(names: set[str], config: dict[str, Any]) -> bool:
    """A Whisper as transformers, OpenAI or whisper.cpp keep it."""
    of_transformers = "model_type" in config and "model.bin" not in names
    other_files = any(
        n.endswith((".safetensors", ".pt", ".gguf", ".h5")) or n.startswith("ggml-") or n == _CHECKPOINT for n in names
    )
    return of_transformers or (other_files and "model.bin" not in names)


def _wrong(kind: str) -> ModelWrongKind:
    return ModelWrongKind(use=_USE[kind], expected=_EXPECTED[kind])


def _check_recogniser(folder: Path) -> list[Path]:
    files = [_whole(folder, name) for name in ("model.bin", "config.json", "tokenizer.json")]
    vocabulary = [folder / n for n in ("vocabulary.json", "vocabulary.txt") if (folder / n).is_file()]
    if not vocabulary:
        raise ModelIncomplete(missing="vocabulary.json")
    with files[0].open("rb") as content:
        _check_ctranslate2(content, files[0].stat().st_size)
    optional = [folder / "preprocessor_config.json"]
    return [*files, *vocabulary, *(p for p in optional if p.is_file())]


def _check_ctranslate2(content: BinaryIO, size: int) -> None:
    """Walk over the headers of a CTranslate2 file, so that a half copied one is found before it is loaded."""
    try:
        (version,) = struct.unpack("<I", content.read(4))
        name = _ctranslate2_text(content)
        if name != "WhisperSpec":
            raise ModelWrongKind(use=_USE[RECOGNISER], expected=_EXPECTED[RECOGNISER])
        (_revision, variables) = struct.unpack("<II", content.read(8))
        for _number in range(variables):
            _ctranslate2_text(content)
            (rank,) = struct.unpack("<B", content.read(1))
            content.read(4 * rank)
            (_type, length) = struct.unpack("<BI", content.read(5)) if version >= 4 else (0, 0)
            content.seek(length, 1)
            if version < 4 or content.tell() > size:
                break
    except (struct.error, UnicodeDecodeError):
        raise ModelIncomplete(missing="model.bin") from None
    if content.tell() > size:
        raise ModelIncomplete(missing="model.bin")


def _ctranslate2_text(content: BinaryIO) -> str:
    (length,) = struct.unpack("<H", content.read(2))
    return content.read(length).rstrip(b"\0").decode("ascii")


def _check_diariser(folder: Path) -> list[Path]:
    config_file = _whole(folder, "config.yaml")
    try:
        config = yaml.safe_load(config_file.read_text(encoding="utf-8"))
        pipeline = config["pipeline"]
        params = pipeline["params"]
    except (yaml.YAMLError, UnicodeDecodeError, KeyError, TypeError):
        raise ModelIncomplete(missing="config.yaml") from None
    name = str(pipeline.get("name", ""))
    if not (name.startswith("pyannote.audio.pipelines.") and name.endswith("SpeakerDiarization")):
        raise _wrong(DIARISER)
    if "preprocessors" in config:  # these name any class on the machine
        raise _wrong(DIARISER)
    models = [_whole(folder, f"{_part(params, part)}/{_CHECKPOINT}") for part in ("segmentation", "embedding")]
    plda = _part(params, "plda")  # without it pyannote asks the model hub, whatever the clustering
    return [config_file, *models, *(_whole(folder, f"{plda}/{file}") for file in _PLDA_FILES)]


def _part(params: Any, part: str) -> str:
    """The sub-folder that holds a part of the pipeline; only parts inside the folder can be found without a network."""
    value = params.get(part) if isinstance(params, dict) else None
    if not isinstance(value, str) or not value.startswith("$model/") or ".." in value:
        raise ModelIncomplete(missing=part)
    return value.removeprefix("$model/").strip("/")


def _whole(folder: Path, name: str) -> Path:
    """The file, if it is there, holds something and is no pointer that git-lfs left in its place."""
    file = folder / name
    try:
        with file.open("rb") as content:
            start = content.read(len(_GIT_LFS))
    except OSError:
        raise ModelIncomplete(missing=name) from None
    if not start or start == _GIT_LFS:
        raise ModelIncomplete(missing=name)
    return file


def _card(folder: Path) -> dict[str, Any]:
    return _json(folder / CARD_FILE)


def _json(file: Path) -> dict[str, Any]:
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def _languages(card: dict[str, Any]) -> tuple[str, ...]:
    language = card.get("language", ())
    return (language,) if isinstance(language, str) else tuple(str(one) for one in language)


# --- the catalogue ---------------------------------------------------------------------------------------------------


def bundled_models() -> tuple[Path, Path]:
    """The demo recogniser and the demo diariser."""
    demo = resources_folder() / "demo"
    return demo / "whisper", demo / "diariser"


def list_models(settings: Settings | None = None) -> list[ModelInfo]:
    """The bundled models, those chosen in the settings and those added, each once; folders that broke are left out."""
    chosen = [p for p in (settings.recogniser, settings.diariser) if p] if settings else []
    trusted = _catalogue()
    models: dict[Path, ModelInfo] = {}
    for path in [*bundled_models(), *chosen, *trusted]:
        try:
            info = inspect_model(path)
        except (ModelNotFound, ModelIncomplete, ModelWrongKind):
            continue
        models[info.path.resolve()] = replace(info, trusted=info.trusted or trusted.get(path, False))
    return list(models.values())


def add_model(folder: Path, *, trust: bool = False) -> ModelInfo:
    """Remember a model folder on this machine; `trust` allows checkpoints that can run code.

    Raises what `inspect_model` raises, and FolderReadOnly when the catalogue can't be written.
    """
    info = inspect_model(folder)
    catalogue = _catalogue()
    catalogue[folder.absolute()] = trust
    entries = [{"path": str(path), "trust": allowed} for path, allowed in catalogue.items()]
    try:
        config_folder().mkdir(parents=True, exist_ok=True)
        (config_folder() / CATALOGUE_FILE).write_text(
            json.dumps({"models": entries}, indent=2, ensure_ascii=False), encoding="utf-8"
        )
    except OSError:
        raise FolderReadOnly from None
    return replace(info, trusted=info.trusted or trust)


def _catalogue() -> dict[Path, bool]:
    entries = _json(config_folder() / CATALOGUE_FILE).get("models", [])
    if not isinstance(entries, list):
        return {}
    return {
        Path(str(entry["path"])): entry.get("trust") is True
        for entry in entries
        if isinstance(entry, dict) and "path" in entry
    }


def find_model(name_or_path: str, kind: str) -> ModelInfo:
    """The model that a person named: a folder, or the name of a model on the list."""
    path = Path(name_or_path).expanduser()
    if not path.is_dir():
        by_name = [m for m in list_models() if m.kind == kind and name_or_path in {m.name, m.path.name}]
        if not by_name:
            raise ModelNotFound
        return by_name[0]
    info = inspect_model(path, kind)
    return replace(info, trusted=info.trusted or _catalogue().get(path.absolute(), False))


def chosen_models(settings: Settings, options: TranscribeOptions | None = None) -> tuple[ModelInfo, ModelInfo]:
    """The recogniser and the diariser to use: those of `options`, else of the settings, else the bundled ones."""
    options = options or TranscribeOptions()
    recogniser = options.recogniser or settings.recogniser or bundled_models()[0]
    diariser = options.diariser or settings.diariser or bundled_models()[1]
    return find_model(str(recogniser), RECOGNISER), find_model(str(diariser), DIARISER)


def model_document(info: ModelInfo) -> dict[str, Any]:
    """The model as one JSON object, for `models list --json`."""
    return {**asdict(info), "path": str(info.path), "languages": list(info.languages), "notes": list(info.notes)}


def demo_notice(models: Iterable[ModelInfo]) -> str | None:
    """What must be said, plainly, wherever a demo model was used; None when none was."""
    return _(DEMO_NOTE) if any(model.demo for model in models) else None
