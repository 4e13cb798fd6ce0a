"""Make the demo content again: python packaging/demo_models/make.py --all (or some of the stages).

Stages: voices, data, recogniser, diariser, conversation, evaluate. Work files go to build/demo_models, about 3 GB; a
training that is stopped goes on where it was. On two idle cores: voices 1 min, data 4 min, recogniser 45 min, diariser
60 min, conversation 5 s, evaluate 5 min.
"""

from __future__ import annotations

import argparse
import multiprocessing
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(_ROOT), str(_ROOT / "packaging")]

STAGES = ("voices", "data", "recogniser", "diariser", "conversation", "evaluate")
_SENTENCES = 13_000
_COPIES = {"a": (77, 101), "b": (78, 202)}
"""Name of an espeak-ng data copy: (seed of its random voices, seed of the sentences spoken with it)."""


@dataclass(frozen=True, slots=True)
class Folders:
    """Where work files and results are."""

    work: Path
    demo: Path

    def copy(self, name: str) -> Path:
        """An espeak-ng data copy with random voices."""
        return self.work / f"espeak_{name}"

    @property
    def pools(self) -> tuple[Path, ...]:
        """The recogniser's training pools."""
        return tuple(self.work / f"sentences_{name}" for name in _COPIES)

    @property
    def bank(self) -> Path:
        """The diariser's bank."""
        return self.work / "bank"


def _in_processes(*tasks: tuple[Callable[..., object], tuple[object, ...]]) -> None:
    """Run each task in a process of its own (espeak-ng holds one data folder and some state), two at a time."""
    with multiprocessing.get_context("spawn").Pool(2, maxtasksperchild=1) as pool:
        for result in [pool.apply_async(function, arguments) for function, arguments in tasks]:
            result.get()


def make_voices(folders: Folders) -> None:
    """espeak-ng data copies with random voices, checked for voices that sound the same."""
    from demo_models import voices
    from demo_models.espeak import Espeak

    installed = Espeak().data
    for name, (seed, _) in _COPIES.items():
        voices.make_data_copy(installed, folders.copy(name), seed)
    _in_processes(*((_check_voices, (folders.copy(name),)) for name in _COPIES))


def _check_voices(data: Path) -> None:
    from demo_models import voices
    from demo_models.espeak import Espeak

    everyone = (*voices.COMMON, *voices.OTHER, *voices.RANDOM, *voices.UNSEEN, *voices.UNSEEN_MORE)
    if pairs := voices.same_sounding(Espeak(data), everyone):
        raise ValueError(f"voices that sound the same: {pairs}")


def make_data(folders: Folders) -> None:
    """The recogniser's sentences and tokens, and the diariser's bank."""
    from demo_models import diariser_voices, tokeniser, utterances, windows

    tokeniser.write_tokeniser(folders.work / "tokeniser")
    spoken = zip(folders.pools, _COPIES.items(), strict=True)
    _in_processes(
        *(
            (utterances.write_training_pool, (stem, _SENTENCES, seed, folders.copy(name)))
            for stem, (name, (_, seed)) in spoken
        ),
        *((utterances.write_held_out_pool, (folders.work / "held", name)) for name in utterances.HELD_OUT_POOLS),
        (diariser_voices.write_plain_part, (folders.work / "bank_plain",)),
        (diariser_voices.write_random_part, (folders.work / "bank_train", "train", folders.copy("a"))),
        (diariser_voices.write_random_part, (folders.work / "bank_tune", "tune", folders.copy("b"))),
    )
    diariser_voices.join([folders.work / f"bank_{part}" for part in ("plain", "train", "tune")], folders.bank)
    windows.write_phones(folders.work / "phones.json", utterances.Pool(*folders.pools))


def make_recogniser(folders: Folders) -> None:
    """Train (or go on training) and export to resources/demo/whisper."""
    from demo_models import export_recogniser, train_recogniser

    tokeniser = folders.work / "tokeniser"
    checkpoint = folders.work / "recogniser.ckpt"
    plan = train_recogniser.Plan(folders.pools, tokeniser / "tokenizer.json", folders.work / "phones.json", checkpoint)
    train_recogniser.train(plan)
    size = export_recogniser.export(checkpoint, tokeniser, folders.demo / "whisper")
    print(f"recogniser: {size / 1e6:.2f} MB")


def make_diariser(folders: Folders) -> None:
    """Train both networks side by side, fit the PLDA, choose the settings; into resources/demo/diariser."""
    out = folders.demo / "diariser"
    segmentation, embedding = folders.work / "segmentation.ckpt", folders.work / "embedding.ckpt"
    _in_processes((_train_segmentation, (folders.bank, segmentation)), (_train_embedding, (folders.bank, embedding)))
    _in_processes((_build_diariser, (segmentation, embedding, folders.bank, out)))
    _in_processes((_tune_diariser, (out, folders.copy("b"))))


def _train_segmentation(bank: Path, checkpoint: Path) -> None:
    from demo_models import train_diariser as t

    t.SegmentationTrainer(t.Plan(bank, checkpoint, t.SEGMENTATION_STEPS, 40, 3e-3)).run()


def _train_embedding(bank: Path, checkpoint: Path) -> None:
    from demo_models import train_diariser as t

    t.EmbeddingTrainer(t.Plan(bank, checkpoint, t.EMBEDDING_STEPS, 24, 2e-3)).run()


def _build_diariser(segmentation: Path, embedding: Path, bank: Path, out: Path) -> None:
    from demo_models import offline

    offline.prepare()
    from demo_models import build_diariser

    print("PLDA fitted on", build_diariser.build(segmentation, embedding, bank, out), "vectors")


def _tune_diariser(out: Path, data: Path) -> None:
    from demo_models import offline

    offline.prepare()
    from demo_models import tune_diariser

    print(*tune_diariser.tune(out, data)[:10], sep="\n")


def make_conversation(folders: Folders) -> None:
    """The demo conversation into resources/demo."""
    from demo_models import conversation

    print(f"conversation: {conversation.write(folders.demo).duration_ms / 1000:.0f} s")


def evaluate(folders: Folders) -> None:
    """Measure the models in resources/demo on held-out sets; ends with status 1 when a bar is missed."""
    from demo_models import offline

    offline.prepare()
    from demo_models import evaluate as evaluation
    from demo_models import utterances

    held_out = folders.work / "held"
    missing = [name for name in utterances.HELD_OUT_POOLS if not (held_out / name).with_suffix(".jsonl").is_file()]
    _in_processes(*((utterances.write_held_out_pool, (held_out, name)) for name in missing))
    if evaluation.evaluate(folders.demo, held_out):
        sys.exit(1)


_MAKERS: dict[str, Callable[[Folders], None]] = {
    "voices": make_voices,
    "data": make_data,
    "recogniser": make_recogniser,
    "diariser": make_diariser,
    "conversation": make_conversation,
    "evaluate": evaluate,
}


def main() -> None:
    """Run the wanted stages in their order."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("stages", nargs="*", metavar="STAGE", help=f"some of: {', '.join(STAGES)}")
    parser.add_argument("--all", action="store_true", help="all stages")
    parser.add_argument("--work", type=Path, default=_ROOT / "build" / "demo_models", help="folder for work files")
    parser.add_argument("--demo", type=Path, default=_ROOT / "resources" / "demo", help="folder for the results")
    arguments = parser.parse_args()
    wanted = STAGES if arguments.all else tuple(arguments.stages)
    if not wanted or not set(wanted) <= set(STAGES):
        parser.error("name at least one stage, or --all")
    arguments.work.mkdir(parents=True, exist_ok=True)
    folders = Folders(arguments.work.resolve(), arguments.demo.resolve())
    for stage in STAGES:
        if stage in wanted:
            print(f"== {stage}", flush=True)
            _MAKERS[stage](folders)


if __name__ == "__main__":
    main()
