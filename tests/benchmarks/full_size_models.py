"""Makes full-size models with made-up weights, so that speed and memory can be measured where no real model can be had.

The recogniser has the shape of Whisper small (12 + 12 layers, width 768, 12 heads, 51,865 tokens). Its random
weights would never end a sentence, so positions steer it: in each window it "says" `WORDS` words, chosen by
what its random layers make of the sound, then a closing time stamp and the end. The diariser has the layout of
speaker-diarization-community-1: a PyanNet of 1.5 M parameters, a WeSpeaker ResNet34 of 6.6 M and a 256 -> 128 PLDA.
"""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from typing import Any

import numpy as np

WIDTH, LAYERS, HEADS, FEED_FORWARD, MELS = 768, 12, 12, 3072, 80
VOCABULARY = 51_865
WORDS = 90  # about what a person says in 30 s
STEER = 20.0  # how far the steering dimensions stand out of the noise of the random layers


def _linear(layer: Any, out: int, into: int, rng: np.random.Generator, scale: float = 1.0) -> None:
    layer.weight = rng.normal(0, scale / np.sqrt(into), (out, into)).astype(np.float32)
    layer.bias = np.zeros(out, np.float32)


def _norm(layer: Any) -> None:
    layer.gamma = np.ones(WIDTH, np.float32)
    layer.beta = np.zeros(WIDTH, np.float32)


def _attention(spec: Any, rng: np.random.Generator, *, to_self: bool) -> None:
    _norm(spec.layer_norm)
    if to_self:
        _linear(spec.linear[0], 3 * WIDTH, WIDTH, rng)
    else:
        _linear(spec.linear[0], WIDTH, WIDTH, rng)
        _linear(spec.linear[1], 2 * WIDTH, WIDTH, rng)
    _linear(spec.linear[-1], WIDTH, WIDTH, rng, 0.3)


def _layers(stack: Any, rng: np.random.Generator, *, decoder: bool) -> None:
    for layer in stack.layer:
        _attention(layer.self_attention, rng, to_self=True)
        if decoder:
            _attention(layer.attention, rng, to_self=False)
        _norm(layer.ffn.layer_norm)
        _linear(layer.ffn.linear_0, FEED_FORWARD, WIDTH, rng)
        _linear(layer.ffn.linear_1, WIDTH, FEED_FORWARD, rng, 0.3)
    _norm(stack.layer_norm)


def _vocabulary(tiny: Path) -> tuple[list[str], dict[str, Any]]:
    """The tiny model's tokens with made-up words put before its special tokens, and the matching tokenizer."""
    tokens: list[str] = json.loads((tiny / "vocabulary.json").read_text(encoding="utf-8"))
    tokenizer: dict[str, Any] = json.loads((tiny / "tokenizer.json").read_text(encoding="utf-8"))
    first_special = tokens.index("")
    letters = (
        "abcdefghijklmnopqrstuvwxyz0123456789ABCD"  # short words: long ones compress so well that they look like loops
    )
    base = len(letters)
    extra = VOCABULARY - len(tokens)
    taken = set(tokens)
    made_up = [
        "Ġ" + letters[n // base**2 % base] + letters[n // base % base] + letters[n % base] for n in range(base**3)
    ]
    made_up = [token for token in made_up if token not in taken][:extra]
    shift = len(made_up)
    words = tokenizer["model"]["vocab"]
    for token in list(words):
        if words[token] >= first_special:
            words[token] += shift
    words.update({token: first_special + n for n, token in enumerate(made_up)})
    for added in tokenizer["added_tokens"]:
        added["id"] += shift
    return tokens[:first_special] + made_up + tokens[first_special:], tokenizer


def _steer(spec: Any, tokens: list[str], rng: np.random.Generator) -> None:
    """Write into position codes and output rows what is said where: start stamp, words, end stamp, end."""
    positions = rng.normal(0, 0.7, (448, WIDTH)).astype(np.float32)
    positions[:, :4] = 0
    first = 2  # after <|startoftranscript|><|da|><|transcribe|>
    positions[: first + 1, 0] = STEER
    positions[first + 1 : first + 1 + WORDS, 1] = STEER
    positions[first + 1 + WORDS, 2] = STEER
    positions[first + 2 + WORDS :, 3] = STEER
    spec.decoder.position_encodings.encodings = positions
    embeddings = rng.normal(0, 1.0, (len(tokens), WIDTH)).astype(np.float32)
    embeddings[:, :4] = 0
    spec.decoder.embeddings.weight = embeddings
    output = rng.normal(0, 0.6, (len(tokens), WIDTH)).astype(np.float32)
    output[:, :4] = 0
    bias = np.zeros(len(tokens), np.float32)
    special = tokens.index("")
    output[special:] = 0
    bias[special:] = -60
    end, start_stamp = tokens.index("<|endoftext|>"), tokens.index("<|0.00|>")
    output[:special, 1] = 12
    output[start_stamp, 0] = 30
    output[tokens.index("<|28.00|>"), 2] = 40
    output[end, 2], output[end, 3] = 34, 40
    spec.decoder.projection.weight = output
    spec.decoder.projection.bias = bias


def build_recogniser(folder: Path, tiny: Path) -> Path:
    """Write a CTranslate2 int8 Whisper folder of small's shape into `folder`; `tiny` lends the tokenizer."""
    from ctranslate2.specs.whisper_spec import WhisperConfig, WhisperSpec

    rng = np.random.default_rng(1)
    spec = WhisperSpec(LAYERS, HEADS, LAYERS, HEADS)
    tokens, tokenizer = _vocabulary(tiny)
    for convolution, into in ((spec.encoder.conv1, MELS), (spec.encoder.conv2, WIDTH)):
        convolution.weight = rng.normal(0, 1 / np.sqrt(3 * into), (WIDTH, into, 3)).astype(np.float32)
        convolution.bias = np.zeros(WIDTH, np.float32)
    spec.encoder.position_encodings.encodings = rng.normal(0, 0.3, (1500, WIDTH)).astype(np.float32)
    _layers(spec.encoder, rng, decoder=False)
    _layers(spec.decoder, rng, decoder=True)
    spec.decoder.scale_embeddings = np.dtype("float32").type(1.0)
    _steer(spec, tokens, rng)
    languages = [
        n for n, t in enumerate(tokens) if tokens.index("<|startoftranscript|>") < n < tokens.index("<|translate|>")
    ]
    spec._config = WhisperConfig(
        suppress_ids=[],
        suppress_ids_begin=[tokens.index("Ġ")],
        lang_ids=languages,
        alignment_heads=[(9, 0), (9, 5), (10, 3)],
    )
    spec.register_vocabulary(tokens)
    spec.validate()
    spec.optimize(quantization="int8")
    folder.mkdir(parents=True, exist_ok=True)
    spec.save(str(folder))
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer, ensure_ascii=False), encoding="utf-8")
    mel = {"feature_size": MELS, "sampling_rate": 16000, "hop_length": 160, "chunk_length": 30, "n_fft": 400}
    (folder / "preprocessor_config.json").write_text(json.dumps(mel), encoding="utf-8")
    return folder


_CONFIG = """dependencies:
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
    threshold: 0.6
    Fa: 0.07
    Fb: 0.8
  segmentation:
    min_duration_off: 0.0
"""


def _take_turns(segmentation: Any, sound: Path) -> None:
    """Centre the random classifier on its features of `sound`, so that its seven classes all come up in turn.

    Left alone, random features hardly move and one class wins everywhere: nobody speaks, and no voice is embedded.
    """
    import soundfile
    import torch

    features: list[torch.Tensor] = []
    hook = segmentation.classifier.register_forward_hook(lambda _, given, __: features.append(given[0]))
    samples, _ = soundfile.read(sound, dtype="float32", frames=10 * 16_000)
    with torch.no_grad():
        segmentation(torch.from_numpy(samples)[None, None])
        hook.remove()
        weight = torch.randn_like(segmentation.classifier.weight) * 10
        segmentation.classifier.weight.copy_(weight)
        segmentation.classifier.bias.copy_(-weight @ features[0].mean((0, 1)))


def build_diariser(folder: Path, demo: Path) -> Path:
    """Write a folder in community-1's layout with random weights into `folder`.

    The demo's diariser lends its task description, its conversation the sound the classifier is centred on.
    """
    tiny = demo / "diariser"
    from cubb_desktop.speech import guards

    guards.go_offline()
    guards.allow_torchaudio()
    import torch
    from pyannote.audio.models.embedding import WeSpeakerResNet34
    from pyannote.audio.models.segmentation import PyanNet

    torch.manual_seed(1)
    for part in ("segmentation", "embedding", "plda"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    (folder / "config.yaml").write_text(_CONFIG, encoding="utf-8")
    checkpoint = torch.load(tiny / "segmentation" / "pytorch_model.bin", weights_only=False)
    segmentation = PyanNet(sincnet={"stride": 10}, lstm={"hidden_size": 128, "num_layers": 4, "bidirectional": True})
    segmentation.specifications = checkpoint["pyannote.audio"]["specifications"]
    segmentation.build()
    _take_turns(segmentation, demo / "conversation.flac")
    embedding = WeSpeakerResNet34()
    for name, model in (("segmentation", segmentation), ("embedding", embedding)):
        saved = torch.load(tiny / name / "pytorch_model.bin", weights_only=False)
        saved["state_dict"] = model.state_dict()
        saved["hyper_parameters"] = dict(model.hparams)
        saved["pyannote.audio"]["architecture"] = {"module": type(model).__module__, "class": type(model).__name__}
        torch.save(saved, folder / name / "pytorch_model.bin")
    rng = np.random.default_rng(2)
    lda = rng.normal(0, 1 / 16, (256, 128))
    np.savez(folder / "plda" / "xvec_transform.npz", mean1=np.zeros(256), mean2=np.zeros(128), lda=lda)
    psi = np.sort(rng.uniform(0.1, 10, 128))[::-1]
    np.savez(folder / "plda" / "plda.npz", mu=np.zeros(128), tr=np.linalg.qr(rng.normal(size=(128, 128)))[0], psi=psi)
    return folder


def main(arguments: list[str]) -> int:
    """`full_size_models.py OUT`: make both folders under OUT, anew."""
    out = Path(arguments[0])
    shutil.rmtree(out, ignore_errors=True)
    demo = Path(__file__).resolve().parents[2] / "resources" / "demo"
    build_recogniser(out / "recogniser", demo / "whisper")
    build_diariser(out / "diariser", demo)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
