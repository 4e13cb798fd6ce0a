"""Turn a training checkpoint into the folder that faster-whisper loads: CTranslate2, int8."""

from __future__ import annotations

import json
import shutil
import tempfile
from pathlib import Path

import torch
from tokenizers import Tokenizer

from demo_models import offline
from demo_models.network import MAX_POSITIONS, MAX_TOKENS, Shape, TinyWhisper
from demo_models.tokeniser import required_id
from demo_models.train_recogniser import load_average
from demo_models.windows import WINDOW_S

ALIGNMENT_HEADS = [[2, 0]]
"""Decoder layer and head that faster-whisper reads word times from: a head that was told to look at the next token."""
_TOLERANCE = 1e-3


def export(checkpoint: Path, tokeniser_folder: Path, out: Path) -> int:
    """Write `out` anew (cubb_model.json in it stays); returns its size in bytes."""
    offline.prepare()
    model, _ = load_average(checkpoint)
    tokeniser = Tokenizer.from_file(str(tokeniser_folder / "tokenizer.json"))
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        converted = _convert(_as_transformers(model, tokeniser, tokeniser_folder), tokeniser_folder, Path(folder))
        for file in converted.iterdir():
            shutil.copyfile(file, out / file.name)
    shutil.copyfile(tokeniser_folder / "tokenizer.json", out / "tokenizer.json")
    front_end = {
        "feature_size": 80,
        "sampling_rate": 16000,
        "hop_length": 160,
        "chunk_length": int(WINDOW_S),
        "n_fft": 400,
    }
    (out / "preprocessor_config.json").write_text(json.dumps(front_end) + "\n", encoding="utf-8")
    expected = json.loads((tokeniser_folder / "vocabulary.json").read_text(encoding="utf-8"))
    if json.loads((out / "vocabulary.json").read_text(encoding="utf-8")) != expected:
        raise ValueError("the converter changed the vocabulary's order")
    return sum(file.stat().st_size for file in out.iterdir())


def _config(shape: Shape, end: int, start: int) -> object:
    from transformers import WhisperConfig

    return WhisperConfig(
        vocab_size=shape.tokens,
        num_mel_bins=80,
        d_model=shape.width,
        encoder_layers=shape.encoder_layers,
        decoder_layers=shape.decoder_layers,
        encoder_attention_heads=shape.heads,
        decoder_attention_heads=shape.heads,
        encoder_ffn_dim=shape.inner,
        decoder_ffn_dim=shape.inner,
        max_source_positions=MAX_POSITIONS,
        max_target_positions=MAX_TOKENS,
        activation_function="gelu",
        pad_token_id=end,
        bos_token_id=end,
        eos_token_id=end,
        decoder_start_token_id=start,
        suppress_tokens=None,
        begin_suppress_tokens=None,
    )


def _as_transformers(model: TinyWhisper, tokeniser: Tokenizer, tokeniser_folder: Path) -> object:
    from transformers import GenerationConfig, WhisperForConditionalGeneration

    end, start = (required_id(tokeniser, f"<|{name}|>") for name in ("endoftext", "startoftranscript"))
    whisper = WhisperForConditionalGeneration(_config(model.shape, end, start)).eval()
    missing, unexpected = whisper.load_state_dict(model.whisper_state(), strict=False)
    if missing or unexpected:
        raise ValueError(f"parameters do not match: {missing} {unexpected}")
    with torch.no_grad():
        features, tokens = torch.randn(1, 80, 2 * MAX_POSITIONS), torch.randint(0, 500, (1, 20))
        theirs = whisper(input_features=features, decoder_input_ids=tokens).logits
        if float((theirs - model(features, tokens)[0]).abs().max()) > _TOLERANCE:
            raise ValueError("transformers computes something else from the same weights")
    vocabulary = json.loads((tokeniser_folder / "vocabulary.json").read_text(encoding="utf-8"))
    languages = range(start + 1, required_id(tokeniser, "<|translate|>"))
    whisper.generation_config = GenerationConfig(
        suppress_tokens=[],
        begin_suppress_tokens=[required_id(tokeniser, "Ġ")],  # not the end: an empty answer to silence must be possible
        alignment_heads=ALIGNMENT_HEADS,
        lang_to_id={vocabulary[number]: number for number in languages},
        decoder_start_token_id=start,
        eos_token_id=end,
    )
    return whisper


def _convert(whisper: object, tokeniser_folder: Path, folder: Path) -> Path:
    from ctranslate2.converters import TransformersConverter
    from transformers import PreTrainedTokenizerFast

    source, out = folder / "transformers", folder / "ctranslate2"
    whisper.save_pretrained(source)  # type: ignore[attr-defined]
    file = str(tokeniser_folder / "tokenizer.json")
    PreTrainedTokenizerFast(tokenizer_file=file, eos_token="<|endoftext|>").save_pretrained(source)
    TransformersConverter(str(source)).convert(str(out), quantization="int8")
    return out
