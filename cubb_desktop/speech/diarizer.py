"""Who speaks when: pyannote.audio's SpeakerDiarization from a folder on this machine, in memory and offline."""

from __future__ import annotations

import itertools
import logging
import timeit
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cubb_desktop.domain.errors import N_, ModelIncomplete, ModelWrongKind
from cubb_desktop.domain.transcript import Diarisation, SpeakerSegment
from cubb_desktop.speech.checkpoints import check_checkpoints
from cubb_desktop.speech.deferral import defer_compiler
from cubb_desktop.speech.guards import allow_torchaudio, give_memory_back, leave_out_telemetry

RATE_HZ = 16_000
LEAST_SAMPLES = RATE_HZ // 10  # with less there is nobody to tell apart

_SMALL_BATCH = 4  # a large one holds progress and cancel for minutes and takes gigabytes
_CHUNKS_AT_ONCE = 2
_BATCHES_BETWEEN_TRIMS = 40  # costs 3 % with the demo's models, nothing with large ones

_log = logging.getLogger(__name__)
Samples = NDArray[np.float32]


def prepare_imports() -> None:
    """Everything that takes seconds before a folder can be loaded; may be called early, while nothing else is known."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import torch  # noqa: F401 - loaded before its compiler is deferred

        defer_compiler()
        leave_out_telemetry()
        allow_torchaudio()
        import pyannote.audio.pipelines  # noqa: F401 - loaded for later


@dataclass(frozen=True, slots=True)
class SpeakerCount:
    """How many voices to look for: exactly `exactly`, or between the two others."""

    exactly: int | None = 2
    least: int | None = None
    most: int | None = None

    @classmethod
    def of(cls, speakers: int | None, least: int | None, most: int | None) -> SpeakerCount:
        """Two people talk, unless something else was said."""
        if speakers is None and least is None and most is None:
            return cls()
        return cls(speakers, least, most)

    def arguments(self) -> dict[str, int]:
        """As pyannote's pipeline takes them."""
        if self.exactly is not None:
            return {"num_speakers": self.exactly}
        bounds = {"min_speakers": self.least, "max_speakers": self.most}
        return {name: count for name, count in bounds.items() if count is not None}


class Diarizer:
    """A loaded pipeline; use it in one thread. Import and load cost seconds, so make it beside the recogniser."""

    def __init__(self, folder: Path, *, threads: int, trust: bool = False) -> None:
        """Raises ModelUntrusted, ModelIncomplete or ModelWrongKind for a folder that can't be used."""
        prepare_imports()
        import torch
        from pyannote.audio import Pipeline

        torch.set_num_threads(threads)
        self._threads = threads
        check_checkpoints(folder, trust=trust)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                pipeline = Pipeline.from_pretrained(folder)
        except (OSError, KeyError, ValueError, RuntimeError, ImportError, TypeError, AttributeError) as error:
            # pyannote lets whatever its parts raise through; each of these means that the folder isn't whole
            raise ModelIncomplete(missing=_what_failed(error)) from error
        if not hasattr(pipeline, "segmentation_batch_size"):
            raise ModelWrongKind(use=N_("skelne stemmer"), expected=N_("en SpeakerDiarization-model"))
        pipeline.segmentation_batch_size = _SMALL_BATCH
        pipeline.embedding_batch_size = _SMALL_BATCH
        _share_frames(pipeline)
        self._pipeline = pipeline
        self._segmentation_share: float | None = None

    def diarise(
        self,
        samples: Samples,
        count: SpeakerCount,
        *,
        on_progress: Callable[[float], None] | None = None,
        threads: Callable[[], int] | None = None,
    ) -> Diarisation:
        """Find the voices in mono samples (n,) at 16 kHz.

        `on_progress` gets the share done, in this thread; it may raise, which stops the run at once. `threads` is
        asked between batches how many threads to use from then on.
        """
        if len(samples) < LEAST_SAMPLES or not np.any(samples):
            return Diarisation((), ())
        import torch

        if self._segmentation_share is None:
            self._segmentation_share = _segmentation_share(self._pipeline)
        segmentation = self._segmentation_share
        batches = itertools.count(1)

        def hook(step: str, _artefact: Any, file: Any = None, total: Any = None, completed: Any = None) -> None:
            if next(batches) % _BATCHES_BETWEEN_TRIMS == 0:
                give_memory_back()
            if threads is not None:
                self._use_threads(threads())
            if on_progress is not None and total and completed is not None:
                done = min(1.0, float(completed / total))
                on_progress(segmentation * done if step == "segmentation" else segmentation + (1 - segmentation) * done)

        waveform = torch.from_numpy(np.ascontiguousarray(samples, np.float32))[None]
        with warnings.catch_warnings(), torch.inference_mode():
            warnings.simplefilter("ignore")
            output = self._pipeline(
                {"waveform": waveform, "sample_rate": RATE_HZ, "uri": "recording"}, hook=hook, **count.arguments()
            )
        return Diarisation(_segments(output.speaker_diarization), _segments(output.exclusive_speaker_diarization))

    def _use_threads(self, threads: int) -> None:
        if threads != self._threads:
            import torch

            torch.set_num_threads(threads)
            self._threads = threads


def _share_frames(pipeline: Any) -> None:
    """Let each chunk be heard once for all its voices, where the embedding model can."""
    from cubb_desktop.speech.shared_frames import SharedFrames, can_share

    model = getattr(pipeline._embedding, "model_", None)
    if can_share(model):
        pipeline._embedding = SharedFrames(model)
        voices_in_chunk = len(pipeline._segmentation.model.specifications.classes)
        pipeline.embedding_batch_size = _CHUNKS_AT_ONCE * voices_in_chunk


def _segmentation_share(pipeline: Any) -> float:
    """The share of the time that telling apart takes before the voices are compared, tried on one chunk of silence.

    It is half with the demo's models and a twelfth with pyannote's own, so that no fixed figure would be honest.
    """
    import torch

    segmentation = pipeline._segmentation.model
    chunk = torch.zeros(1, 1, round(segmentation.specifications.duration * RATE_HZ))
    whole = torch.ones(1, segmentation.num_frames(chunk.shape[-1]))
    with torch.inference_mode():
        tell_apart = min(timeit.repeat(lambda: segmentation(chunk), number=1, repeat=2))
        compare = min(timeit.repeat(lambda: pipeline._embedding(chunk, masks=whole), number=1, repeat=2))
    return tell_apart / (tell_apart + compare)


def _segments(annotation: Any) -> tuple[SpeakerSegment, ...]:
    segments = (
        SpeakerSegment(round(stretch.start * 1000), round(stretch.end * 1000), str(voice))
        for stretch, _, voice in annotation.itertracks(yield_label=True)
    )
    return tuple(sorted((s for s in segments if s.end_ms > s.start_ms), key=lambda s: (s.start_ms, s.end_ms, s.voice)))


def _what_failed(error: Exception) -> str:
    name = getattr(error, "filename", None)
    return Path(str(name)).name if name else type(error).__name__
