"""Put the two networks, a PLDA fitted on the training voices and the settings into a folder for pyannote.audio."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from pyannote.audio import Model
from scipy.linalg import eigh

from demo_models.chunks import ChunkMaker
from demo_models.diariser_voices import Bank
from demo_models.espeak import RATE_HZ

PLDA_SIZE = 32
_CHUNKS = 900
_CHUNK_S = 5.0
_MASKS = 147
_LEAST_ALONE_S = 0.8
_LEAST_VECTORS = 4
_MODULE = "cubb_desktop.speech.tiny_embedding"

Matrix = NDArray[np.float64]

_CONFIG = """\
# Demo diariser: tiny networks trained on synthetic voices, for trying out and tests. Not for real recordings.
dependencies:
  pyannote.audio: 4.0.0
pipeline:
  name: pyannote.audio.pipelines.SpeakerDiarization
  params:
    clustering: VBxClustering
    segmentation: $model/segmentation
    segmentation_batch_size: 8
    embedding: $model/embedding
    embedding_batch_size: 8
    embedding_exclude_overlap: true
    plda: $model/plda
params:
  clustering:
    threshold: {threshold}
    Fa: {fa}
    Fb: {fb}
  segmentation:
    min_duration_off: {min_duration_off}
"""


def build(segmentation: Path, embedding: Path, bank: Path, out: Path) -> int:
    """Write networks and PLDA into `out`; returns how many vectors the PLDA was fitted on. `tune` sets the settings."""
    for part, checkpoint in (("segmentation", segmentation), ("embedding", embedding)):
        (out / part).mkdir(parents=True, exist_ok=True)
        shutil.copyfile(checkpoint, out / part / "pytorch_model.bin")
    state = torch.load(out / "embedding" / "pytorch_model.bin", weights_only=False)  # made here, a moment ago
    if state["pyannote.audio"]["architecture"]["module"] != _MODULE:
        raise ValueError(f"the embedding must be loadable from {_MODULE}")
    vectors, voices = _vectors(out, Bank(bank, "train"))
    (out / "plda").mkdir(exist_ok=True)
    fit_plda(vectors, voices, out / "plda")
    write_settings(out, threshold=0.6, fa=0.07, fb=0.8)  # until they are tuned: pyannote loads no folder without
    return len(vectors)


def write_settings(out: Path, threshold: float, fa: float, fb: float, min_duration_off: float = 0.0) -> None:
    """Write config.yaml with the clustering's settings."""
    text = _CONFIG.format(threshold=threshold, fa=fa, fb=fb, min_duration_off=min_duration_off)
    (out / "config.yaml").write_text(text, encoding="utf-8")


def _vectors(folder: Path, bank: Bank) -> tuple[Matrix, NDArray[np.str_]]:
    """Speaker vectors as the pipeline will take them: of short chunks, from where a voice sounds alone."""
    model = Model.from_pretrained(folder, subfolder="embedding")
    model.eval()
    maker = ChunkMaker(bank, _CHUNK_S, seed=77)
    middles = ((np.arange(_MASKS) + 0.5) / _MASKS * _CHUNK_S * RATE_HZ).astype(int)
    vectors, voices = [], []
    with torch.inference_mode():
        for _ in range(_CHUNKS):
            chunk = maker.chunk((0.1, 0.5, 0.4))
            active = chunk.active[:, middles].astype(np.float32)
            alone = active * (active.sum(0, keepdims=True) < 2)
            found = model(torch.from_numpy(chunk.samples)[None, None], weights=torch.from_numpy(alone)[None])[0].numpy()
            for number, voice in enumerate(chunk.voices):
                if alone[number].sum() >= _LEAST_ALONE_S / _CHUNK_S * _MASKS:
                    vectors.append(found[number].astype(np.float64))
                    voices.append(voice)
    names = np.array(voices)
    often = [name for name, count in zip(*np.unique(names, return_counts=True), strict=True) if count >= _LEAST_VECTORS]
    kept = np.isin(names, often)
    return np.array(vectors)[kept], names[kept]


def _spread(vectors: Matrix, voices: NDArray[np.str_]) -> tuple[Matrix, Matrix, float]:
    """Covariance within voices, covariance of their means, vectors per voice."""
    size = vectors.shape[1]
    mean = vectors.mean(0)
    within, between = np.zeros((size, size)), np.zeros((size, size))
    names = np.unique(voices)
    for name in names:
        own = vectors[voices == name]
        centred = own - own.mean(0)
        within += centred.T @ centred
        between += np.outer(own.mean(0) - mean, own.mean(0) - mean)
    return within / (len(vectors) - len(names)), between / (len(names) - 1), len(vectors) / len(names)


def _unit(vectors: Matrix) -> Matrix:
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True))


def fit_plda(vectors: Matrix, voices: NDArray[np.str_], out: Path) -> None:
    """Write xvec_transform.npz (centre, LDA) and plda.npz (two-covariance PLDA) as pyannote's VBx reads them."""
    centre = vectors.mean(0)
    scaled = np.sqrt(vectors.shape[1]) * _unit(vectors - centre)
    within, between, _ = _spread(scaled, voices)
    within += 1e-3 * np.trace(within) / len(within) * np.eye(len(within))
    lda = eigh(between, within)[1][:, ::-1][:, :PLDA_SIZE]
    reduced = scaled @ lda
    second_centre = reduced.mean(0)
    final = np.sqrt(PLDA_SIZE) * _unit(reduced - second_centre)
    within, between, per_voice = _spread(final, voices)
    within += 1e-4 * np.trace(within) / PLDA_SIZE * np.eye(PLDA_SIZE)
    weights, axes = eigh(between - within / per_voice, within)
    np.savez(out / "xvec_transform.npz", mean1=centre, mean2=second_centre, lda=lda)
    np.savez(out / "plda.npz", mu=final.mean(0), tr=axes[:, ::-1].T, psi=np.maximum(weights[::-1], 1e-3))
